/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tables map, as runs: leaves of one level that follow each other in both address spaces with
 * the same attributes, and holes. Found by libpagewalk's walk_page_range_debug(), as
 * mm/ptdump.c does.
 */
#ifndef PWTRACE_LEAVES_H
#define PWTRACE_LEAVES_H

#include "pwtrace/pagewalk.h"

struct leaf_run {
	uint64_t start, size; /* bytes */
	enum pgtable_level level;
	/*
	 * The first entry, 0: a hole. What is no table and not present is a run of its own, as
	 * it has an output address only by habit.
	 */
	uint64_t desc;
	uint64_t table_bits; /* 63:59 of the descriptors above, joined (Arm ARM D8.4.3) */
	int depth;	     /* of a hole, as pte_hole() has it */
	unsigned int marks;  /* enum stream_mark */
};

struct leaves_options {
	bool holes;	     /* wanted, too */
	bool entry_by_entry; /* no runs: an entry each */
	/* What is wrong with the tables that the walk is in, from @level up; may be NULL. */
	unsigned int (*marks)(void *ctx, enum pgtable_level level);
	void *marks_ctx;
	/* A table of @level at @pa, which maps from @addr on, is gone into; may be NULL. */
	void (*table)(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa);
};

typedef void (*leaf_run_fn)(void *ctx, const struct leaf_run *run);

/**
 * leaves_walk() - go through what @mm maps from @start to @end
 * @mm: its memory may be one that forgets what the walk has left
 * @end: -1UL: to the end of the address space
 * @run: called for each, in order, with @ctx, as is options->table
 *
 * Return: what walk_page_range_debug() does; mm->fault tells what was wrong with the tables.
 */
int leaves_walk(struct mm_struct *mm, uint64_t start, uint64_t end,
		const struct leaves_options *options, leaf_run_fn run, void *ctx);

#endif
