/* SPDX-License-Identifier: GPL-2.0-only */
/* Scope guards: what a variable holds is released when it goes out of scope. */
#ifndef PWTRACE_CLEANUP_H
#define PWTRACE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define __free	 __attribute__((cleanup(cleanup_free)))
#define __fclose __attribute__((cleanup(cleanup_file)))
#define __close	 __attribute__((cleanup(cleanup_fd)))

#endif
