/* SPDX-License-Identifier: GPL-2.0-only */
/* What two tables map differently, by what they map: runs of leaves, side by side. */
#ifndef PWTRACE_COMPARE_H
#define PWTRACE_COMPARE_H

#include "dump/leaves.h"

/* Bits of table_difference.kinds. */
enum difference_kind {
	DIFFERENCE_MAPPED,
	DIFFERENCE_UNMAPPED,
	DIFFERENCE_SPLIT,  /* by smaller leaves than before */
	DIFFERENCE_MERGED, /* by larger ones */
	DIFFERENCE_MOVED,  /* it leads elsewhere */
	DIFFERENCE_ATTRIBUTES,
	DIFFERENCE_NR,
};

const char *difference_name(enum difference_kind kind);

struct table_difference {
	uint64_t start, size; /* bytes */
	unsigned int kinds;   /* bits: 1 << enum difference_kind */
	/* What maps its first byte; desc 0: nothing. Their start and size are the difference's. */
	struct leaf_run before, after;
	unsigned int marks; /* enum stream_mark of either */
};

/* Runs of one walk, by address. */
struct leaf_runs {
	struct leaf_run *run;
	size_t nr, room;
	bool incomplete; /* there was no memory */
};

/* A leaf_run_fn; @ctx: the runs, zeroed. */
void leaf_runs_add(void *ctx, const struct leaf_run *run);
void leaf_runs_free(struct leaf_runs *runs);

typedef void (*difference_fn)(void *ctx, const struct table_difference *difference);

/*
 * Call @found for each difference, by address. Neighbours that differ in the same way are one, but
 * for torn ones. @geo: of both.
 */
void runs_compare(const struct geometry *geo, const struct leaf_runs *before,
		  const struct leaf_runs *after, difference_fn found, void *ctx);

#endif
