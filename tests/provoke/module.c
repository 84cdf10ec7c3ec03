// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "commands.h"

#define COMPRESSED_FILE 4 /* MODULE_INIT_COMPRESSED_FILE, since Linux 5.17 */

/* dummy.ko.xz -> dummy */
static void module_name(const char *path, char *name, size_t size)
{
	const char *base = strrchr(path, '/');

	snprintf(name, size, "%s", base ? base + 1 : path);
	name[strcspn(name, ".")] = '\0';
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
}

int module(const char *path, struct outcome *o)
{
	const char *dot = strrchr(path, '.');
	int flags = dot && !strcmp(dot, ".ko") ? 0 : COMPRESSED_FILE;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char name[64];
	int err = 0;

	if (fd < 0)
		return outcome(o, -errno, "%s: %m", path);
	module_name(path, name, sizeof(name));
	if (syscall(SYS_finit_module, fd, "", flags))
		err = -errno;
	close(fd);
	if (err)
		return outcome(o, err, "cannot load %s: %s%s", path, strerror(-err),
			       err == -EEXIST ? " (it is loaded already)" : "");
	if (syscall(SYS_delete_module, name, O_NONBLOCK))
		return outcome(o, -errno, "cannot unload %s: %m", name);
	o->changes = 20;
	return outcome(o, 0, "%s loaded and unloaded", name);
}
