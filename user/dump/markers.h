/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the parts of the kernel's address space begin and end, as arch/arm64/mm/ptdump.c names
 * them. */
#ifndef PWTRACE_MARKERS_H
#define PWTRACE_MARKERS_H

#include "kernel/kernel.h"

struct marker {
	uint64_t start;
	const char *name; /* NULL: the last, behind everything */
};

#define MAX_MARKERS 16

/* Without the fixmap's where kernel->fixed_pages is not known. */
void markers_of(const struct kernel *kernel, struct marker markers[MAX_MARKERS]);

#endif
