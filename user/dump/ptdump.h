/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/ptdump.c's own text, as kernel_page_tables of debugfs and 'pwtrace dump --ptdump' have it,
 * read back. It has no physical addresses, and no tables: what is left is what was mapped where, by
 * which leaves and with which attributes.
 */
#ifndef PWTRACE_PTDUMP_H
#define PWTRACE_PTDUMP_H

#include "dump/leaves.h"

enum ptdump_kind {
	PTDUMP_BLANK,
	PTDUMP_MARKER, /* ---[ vmalloc() area ]--- */
	PTDUMP_RUN,    /* a hole, too */
	PTDUMP_NONSENSE,
};

struct ptdump_line {
	enum ptdump_kind kind;
	/*
	 * @run: with a descriptor that has the attributes, and no output address; 0 is a hole. It
	 * may end at the end of the address space, where start + size is 0.
	 */
	struct leaf_run run;
	const char *marker; /* in the line */
	size_t marker_len;
	const char *why; /* that it makes no sense */
};

/* @text: without what ends the line. */
void ptdump_parse(const char *text, size_t len, struct ptdump_line *line);

/*
 * Page sizes and address bits that fit what is seen of runs: each has to begin at a multiple of
 * what an entry of its level maps.
 */
struct ptdump_shape {
	uint64_t starts[PGTABLE_NR_LEVELS]; /* of runs, by level, or-ed */
	uint64_t first;			    /* where the first begins */
	bool any;
};

void ptdump_shape_add(struct ptdump_shape *shape, const struct leaf_run *run);

/*
 * The geometry with the largest pages that fits; @page_shift: the one that it has to have, 0: any.
 * 0; -EINVAL: there is none.
 */
int ptdump_geometry(const struct ptdump_shape *shape, unsigned int page_shift,
		    struct geometry *geo);

#endif
