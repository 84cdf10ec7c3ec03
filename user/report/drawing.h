/* SPDX-License-Identifier: GPL-2.0-only */
/* The picture of one zone of the address space: a strip a side, with permissions and sizes. */
#ifndef PWTRACE_DRAWING_H
#define PWTRACE_DRAWING_H

#include "report/intervals.h"
#include "report/sheet.h"

/* One zone that is being drawn. */
struct drawing {
	enum zone zone;
	const struct strip *side[LEAFMAP_SIDES];
	unsigned int sides;
	struct intervals intervals;
	double *x;  /* where each begins; one more: where the last one ends */
	double gap; /* in front of those that stand apart */
};

/* What a side is called. */
const char *drawing_side(const struct sheet *sheet, unsigned int side);

/*
 * Fill in x and gap: to scale, but that nothing is too small to be seen, and gaps are short. 0 or
 * -ENOMEM.
 */
int drawing_place(struct drawing *drawing);
void drawing_print(struct sheet *sheet, const struct drawing *drawing);

#endif
