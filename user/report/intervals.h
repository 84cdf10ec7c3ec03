/* SPDX-License-Identifier: GPL-2.0-only */
/* Two strips side by side: pieces that have one code before and one after. */
#ifndef PWTRACE_INTERVALS_H
#define PWTRACE_INTERVALS_H

#include "report/strip.h"

struct interval {
	uint64_t start, size; /* bytes */
	struct leaf_look before, after;
	bool anywhere; /* many pieces that are alike: start means nothing */
	bool apart;    /* from the one before: what is between is not shown */
};

struct intervals {
	struct interval *interval;
	size_t nr, room;
};

/*
 * Pieces where anything is mapped in one of the two, by address. @after: NULL: there is only one.
 * 0 or -ENOMEM.
 */
int intervals_make(struct intervals *intervals, const struct strip *before,
		   const struct strip *after);
void intervals_release(struct intervals *intervals);

/*
 * Without the order of addresses: blocks of 1 << @shift bytes that are mapped as a whole and alike
 * become one piece, those that are not stand by what is in them. 0 or -ENOMEM.
 */
int intervals_shuffle(struct intervals *intervals, unsigned int shift);

#endif
