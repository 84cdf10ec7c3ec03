/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the bytes of a recording go: a file that is made with care. */
#ifndef PWTRACE_SINK_H
#define PWTRACE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"

struct sink {
	int fd;
	uint64_t size; /* written */
	bool seekable; /* a regular file: what was written in part can be taken back */
};

/**
 * sink_open() - make a file
 * @path: "-": standard output, unless that is a terminal
 *
 * The file is new, and for the user alone (0600). A regular file that has the name is replaced;
 * nothing is ever written through a link, nor to what is no regular file.
 * Return: 0; -EISDIR, -ENOTTY, -EMLINK (it is a link or another kind of file), or -errno.
 */
int sink_open(struct sink *sink, const char *path);

/* Can files be made beside @path? 0, or a negative errno with @why filled in. */
int sink_try(const char *path, struct problem *why);

/* All of it or, in a regular file, nothing. 0 or -errno. */
int sink_write(struct sink *sink, const void *data, size_t size);

/* 0, or the -errno of writing back. */
int sink_close(struct sink *sink);

#endif
