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

/* What only the kernel's types tell. */
struct marker_facts {
	uint64_t fixed_pages; /* slots of the fixmap (enum fixed_addresses); 0: it has no marker */
	uint64_t page_struct; /* sizeof(struct page) */
};

void markers_of(const struct kernel *kernel, const struct marker_facts *facts,
		struct marker markers[MAX_MARKERS]);

#endif
