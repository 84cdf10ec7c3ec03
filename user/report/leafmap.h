/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the entries of changes tell of the address space: how each page was mapped when it was first
 * seen, and how when it was seen last.
 */
#ifndef PWTRACE_LEAFMAP_H
#define PWTRACE_LEAFMAP_H

#include "check/change.h"
#include "report/strip.h"

enum leafmap_side { LEAFMAP_FIRST, LEAFMAP_LAST, LEAFMAP_SIDES };

struct leafmap_cell;

struct leafmap {
	const struct geometry *geo;
	struct leafmap_cell **buckets;
	size_t nr;	   /* cells */
	size_t bytes;	   /* that they take */
	size_t nr_huge;	   /* of them, above PMDs */
	uint64_t left_out; /* entries that there was no room for */
	struct leafmap_cell *recent;
};

void leafmap_init(struct leafmap *map, const struct geometry *geo);
void leafmap_release(struct leafmap *map);

/* All entries that were read for the change. 0 or -ENOMEM. */
int leafmap_change(struct leafmap *map, const struct change *change);

/* What is known, into @strips. 0 or -ENOMEM. */
int leafmap_space(const struct leafmap *map, enum leafmap_side side, const struct zones *zones,
		  struct strips *strips);

#endif
