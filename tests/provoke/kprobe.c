// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "provoke.h"

static const char *tracefs(void)
{
	static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char path[100];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/kprobe_events", places[i]);
		if (!access(path, W_OK))
			return places[i];
	}
	return NULL;
}

static int set_probe(const char *dir, int offset)
{
	char path[120], text[80];
	int err;

	snprintf(path, sizeof(path), "%s/kprobe_events", dir);
	snprintf(text, sizeof(text), "p:pwtrace/at%d do_sys_openat2+%d\n", offset, offset);
	err = write_text(path, O_APPEND, text);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/events/pwtrace/at%d/enable", dir, offset);
	return write_text(path, 0, "1\n");
}

static void remove_probe(const char *dir, int offset)
{
	char path[120], text[80];

	snprintf(path, sizeof(path), "%s/events/pwtrace/at%d/enable", dir, offset);
	write_text(path, 0, "0\n");
	snprintf(path, sizeof(path), "%s/kprobe_events", dir);
	snprintf(text, sizeof(text), "-:pwtrace/at%d\n", offset);
	write_text(path, O_APPEND, text);
}

/*
 * A probe on an instruction that has to be stepped out of line gets a slot in a page that is made
 * read-only and executable; one that the kernel simulates gets none. Several in a row are tried,
 * for one of the first kind to be among them. The kernel keeps the page, so that only the first
 * probe since boot makes changes.
 */
#define FIRST_BYTES 32

int kprobe(struct outcome *o)
{
	const char *dir = tracefs();
	int set = 0, err = 0;

	if (!dir)
		return complain(CANNOT_RUN, "kprobe: no kprobe_events below /sys/kernel/tracing "
					    "(is tracefs mounted, is this root?)");
	for (int offset = 0; offset < FIRST_BYTES; offset += 4) {
		int ret = set_probe(dir, offset);

		set += !ret;
		err = ret ?: err;
	}
	for (int offset = 0; offset < FIRST_BYTES; offset += 4)
		remove_probe(dir, offset);
	if (!set)
		return complain(err, "kprobe: no probe in do_sys_openat2: %s", strerror(-err));
	outcome(o, 0,
		"%d probes in do_sys_openat2, come and gone: 3 changes if they "
		"are the first since boot",
		set);
	return 0;
}
