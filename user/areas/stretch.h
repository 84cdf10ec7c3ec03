/* SPDX-License-Identifier: GPL-2.0-only */
/* A part of an area whose memory is in one piece, with the leaves that map it. */
#ifndef PWTRACE_STRETCH_H
#define PWTRACE_STRETCH_H

#include "areas/account.h"

/* Leaves of one size with the same attributes. */
struct stretch_piece {
	uint64_t end; /* virtual address */
	enum leaf_size leaf;
	uint64_t attributes; /* but for the output address and what tells sizes apart */
};

struct stretch {
	struct account *account; /* NULL: there is none */
	uint64_t start, end;	 /* virtual addresses */
	uint64_t pa;		 /* of start */
	bool hole_before;	 /* what is before it is not mapped, or another area's */
	struct stretch_piece *pieces;
	size_t nr, room;
};

/*
 * Add a part of a run of valid leaves, which continues the stretch or begins one that is empty.
 * Return: 0 or -ENOMEM.
 */
int stretch_add(struct stretch *stretch, const struct geometry *geo, const struct leaf_run *part,
		uint64_t pa);

/*
 * Enter into its account what the stretch could be mapped by, and empty it.
 * @size: of the area, as account_size()
 * @hole_after: as hole_before
 */
void stretch_settle(struct stretch *stretch, const struct geometry *geo, uint64_t size,
		    bool hole_after);

#endif
