/* SPDX-License-Identifier: GPL-2.0-only */
/* How much is mapped by leaves of which size. */
#ifndef PWTRACE_SIZES_H
#define PWTRACE_SIZES_H

#include "dump/leaves.h"

/* What one TLB entry may hold: a page, a contiguous run of pages, a block ... */
enum leaf_size {
	LEAF_PTE,
	LEAF_CONT_PTE,
	LEAF_PMD,
	LEAF_CONT_PMD,
	LEAF_PUD,
	LEAF_NR_SIZES,
};

/* By what a run is mapped. */
enum leaf_size leaf_size_of(const struct leaf_run *run);

/* Bytes that leaves of the size map, a whole contiguous run where it is one; 0: no such leaves. */
uint64_t leaf_bytes(const struct geometry *geo, enum leaf_size size);

/* "4K", "64K": leaf_bytes() in words. @buf has room for 8 characters. */
const char *leaf_name(const struct geometry *geo, enum leaf_size size, char *buf);

/* By the level and the contiguous bit of its leaves. */
enum leaf_size leaf_size_of(const struct leaf_run *run);

/* All in bytes. */
struct sizes {
	uint64_t mapped[LEAF_NR_SIZES]; /* valid leaves */
	uint64_t invalid;		/* leaves that are present but not valid */
	uint64_t bad;			/* neither present nor empty */
	uint64_t wx;			/* of those mapped: writable and executable */
	uint64_t torn;			/* what was read while tables above it changed */
	uint64_t changed;		/* what was changed while it was read */
	/* of a process, instead of those that are bad */
	uint64_t swapped;
	uint64_t other; /* entries that stand for migration, markers and so on */
};

void sizes_add(struct sizes *sizes, const struct leaf_run *run);
void sizes_sum(struct sizes *to, const struct sizes *from);
/* Of a process: entries that are not present have a meaning, and W+X is user space's. */
void sizes_add_user(struct sizes *sizes, const struct mm_struct *mm, const struct leaf_run *run);

uint64_t sizes_total(const struct sizes *sizes);
/* Of that, what is mapped by more than a page at a time. */
uint64_t sizes_huge(const struct sizes *sizes);

#endif
