/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happened when: counts in at most TIMELINE_BINS steps of equal length, which grow with the
 * time that there is to show.
 */
#ifndef PWTRACE_TIMELINE_H
#define PWTRACE_TIMELINE_H

#include "check/change.h"

#define TIMELINE_BINS 256
#define TIMELINE_CPUS 128 /* the last stands for all others */
#define TIMELINE_OPS  48

struct timeline {
	unsigned int shift; /* a step is 1 << shift ns */
	uint64_t first;	    /* time of step 0, in steps */
	unsigned int nr;    /* steps in use; 0: there is nothing */
	/* of changes; NULL: none */
	uint32_t *changes[TIMELINE_CPUS][TIMELINE_OPS];
	uint32_t verdicts[VERDICT_NR][TIMELINE_BINS];
	uint32_t splits[PGTABLE_NR_LEVELS][TIMELINE_BINS];
};

void timeline_init(struct timeline *timeline);
void timeline_release(struct timeline *timeline);

/* @op: a number for its operation, below TIMELINE_OPS. 0 or -ENOMEM. */
int timeline_add(struct timeline *timeline, const struct change *change, unsigned int op);

#endif
