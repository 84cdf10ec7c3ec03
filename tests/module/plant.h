/* SPDX-License-Identifier: GPL-2.0-only */
/* One fault, from the command that plants it to the one that takes it back. */
#ifndef PLANT_H
#define PLANT_H

#include "pwt_test.h"

enum fault {
	FAULT_NONE,
	/* when the walk of the range is over */
	FAULT_WRONG_BIT,   /* one bit of an entry inside the range */
	FAULT_OUTSIDE,	   /* one bit of an entry beside the range */
	FAULT_EMPTY,	   /* an entry, inside or beside, is 0 */
	FAULT_NOT_CHANGED, /* an entry inside the range is what it was before the walk */
	FAULT_HALF,	   /* so are all from the middle on */
	FAULT_WRONG_PAGE,  /* so is one, and the page behind the range is changed instead */
	FAULT_MASK_ORDER,  /* set, then cleared */
	FAULT_BLOCK,	   /* a block that the range covers in part is changed */
	FAULT_SPLIT,	   /* a block is a table */
	FAULT_REDIRECT,	   /* the table above is a copy */
	FAULT_TABLE_BIT,   /* one bit of the descriptor of the table above */
	FAULT_RET,	   /* the walk returns something else */
	/* around the change of the range */
	FAULT_SWALLOW,	  /* the walk returns an error, the change of the range 0 */
	FAULT_CALLER_RET, /* the caller of the change of the range gets something else */
	FAULT_WRITABLE,	  /* when all have looked, an entry is writable again */
	FAULT_OTHER_PAGE, /* the change is made to the alias of another page of the slot */
	FAULT_EXTRA_PAGE, /* and another one to that, too */
	FAULT_NO_CALL,	  /* no change is made, and that is called a success */
	FAULT_NO_SPLIT,	  /* nothing is split, and that is called a success */
	NR_FAULTS,
};

/* Where it is planted. */
enum place {
	AT_WALK,  /* return from the page walk */
	AT_RANGE, /* entry to and return from the change of a range */
	AT_SKIP,  /* a function that is not to run */
};

/* An entry that is made wrong. */
struct edit {
	unsigned long addr;
	u64 *entry; /* NULL: looked up again, and only the masks' bits are given back */
	u64 before; /* as found on entry to the walk */
	u64 right;  /* as the kernel left it */
	u64 wrong;  /* as planted */
};

struct plant {
	enum fault fault;
	unsigned long start, end, target;
	unsigned long other; /* alias of another page */
	long bit;
	long ret;
	atomic_t armed;
	bool fired;
	u64 set, clear; /* masks of the walk */
	long right_ret;
	unsigned long table; /* a page for a table */
	long nr, room;
	struct edit *edits;
};

extern struct plant plant;

/* fault.c: what happens when a probe is hit */
bool fault_matches(unsigned long start, unsigned long end);
bool fault_before(u64 set, u64 clear);
void fault_after(long *ret);
void fault_masks(unsigned long addr);

#endif
