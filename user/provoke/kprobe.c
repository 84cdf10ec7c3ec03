// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "provoke.h"

#define PMU_TYPE "/sys/bus/event_source/devices/kprobe/type"
#define FUNCTION "__arm64_sys_sethostname"
/*
 * A probe on an instruction that has to be stepped out of line gets a slot in a page that is made
 * read-only and executable; one that the kernel simulates gets none. Several in a row are tried,
 * for one of the first kind to be among them.
 */
#define FIRST_BYTES 32

static int set_probe(int type, int offset)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config1 = (uintptr_t)FUNCTION,
		.config2 = offset,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int provoke_kprobe(struct outcome *o)
{
	int fds[FIRST_BYTES / 4], set = 0, err = 0;
	char type[16];

	if (read_text(PMU_TYPE, type, sizeof(type)))
		return outcome(o, PROVOKE_CANNOT,
			       "the kernel has no kprobe events (CONFIG_KPROBE_EVENTS)");
	for (int offset = 0; offset < FIRST_BYTES; offset += 4) {
		int fd = set_probe(atoi(type), offset);

		if (fd >= 0)
			fds[set++] = fd;
		else
			err = fd;
	}
	for (int i = 0; i < set; i++)
		close(fds[i]);
	o->count = set;
	if (!set)
		return outcome(o, err == -EACCES || err == -EPERM ? PROVOKE_CANNOT : err,
			       "no probe in " FUNCTION ": %s", strerror(-err));
	return outcome(o, 0, "%d probes in " FUNCTION ", the first since boot make 3 changes", set);
}
