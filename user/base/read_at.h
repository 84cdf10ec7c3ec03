/* SPDX-License-Identifier: GPL-2.0-only */
/* A piece of a file, whole. */
#ifndef PWTRACE_READ_AT_H
#define PWTRACE_READ_AT_H

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

/* @size bytes at @offset. 0; -ENODATA: the file ends before; or -errno. */
static inline int read_at(int fd, void *buf, size_t size, uint64_t offset)
{
	char *to = buf;

	if (size > INT64_MAX || offset > INT64_MAX - size)
		return -ENODATA;
	while (size) {
		ssize_t got = pread(fd, to, size, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -ENODATA;
		to += got;
		offset += got;
		size -= got;
	}
	return 0;
}

#endif
