/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Translation tables, a range and callbacks for a walk of kernel page tables, all out of one seed.
 * The tables lie in a pool of pages: in the kernel a piece of its memory, in user space any memory
 * that stands for it. Nothing here is the library's: shapes are worked out anew.
 */
#ifndef ORACLE_TABLES_H
#define ORACLE_TABLES_H

#include "callbacks.h"

#define ORACLE_PAGES   24 /* in the pool */
#define ORACLE_WAYS    8  /* table entries of a table that are remembered */
#define ORACLE_RECORDS 1024

/* From the last level up, as the kernel's enum pgtable_level, which old kernels do not have. */
enum oracle_level {
	ORACLE_LEVEL_PTE,
	ORACLE_LEVEL_PMD,
	ORACLE_LEVEL_PUD,
	ORACLE_LEVEL_P4D,
	ORACLE_LEVEL_PGD,
};

/**
 * struct oracle_tables - the pool and what is in it
 * @page_shift, @va_bits, @va_bits_config: the geometry; given
 * @pa: physical address of the pool, one piece; given
 * @base: page 0 of it here; given
 * @stride: from one page to the next here, in bytes; given
 * @top: level of the table to begin with
 * @lpa2: entries have address bits in 9:8
 * @nr: pages in use
 * @root: of them, the one to begin with
 * @level: of the table that each page is
 * @ways: indices of entries that are tables; @nr_ways of them
 */
struct oracle_tables {
	u32 page_shift, va_bits, va_bits_config;
	u64 pa;
	void *base;
	u64 stride;
	u32 top;
	bool lpa2;
	u32 nr;
	u32 root;
	u8 level[ORACLE_PAGES];
	u8 nr_ways[ORACLE_PAGES];
	u32 ways[ORACLE_PAGES][ORACLE_WAYS];
};

/* What to do with them. */
struct oracle_plan {
	u64 start, end;
	u32 calls; /* 1 << enum oracle_call */
	u32 limit; /* oracle.limit */
	u32 agains;
	struct oracle_odds odds;
};

/* Fill in the pool, and say what to do. */
void oracle_make(struct oracle_tables *t, struct oracle_plan *plan, u64 seed);

/* Make @o ready for a walk of @t by @plan; the log is given. */
void oracle_start(struct oracle *o, struct oracle_tables *t, const struct oracle_plan *plan,
		  u64 seed);

/* A place in the pool, as oracle_record has it, in this memory. */
static inline u64 *oracle_at(const struct oracle_tables *t, u64 where)
{
	return (u64 *)((char *)t->base + (where >> t->page_shift) * t->stride +
		       (where & ((1ULL << t->page_shift) - 1)));
}

/* Of the pages in use. */
u64 oracle_checksum(const struct oracle_tables *t);

/*
 * What the module's /proc/pwt_walk takes and gives: a request is written; what came out is read at
 * the offsets below.
 */
struct oracle_request {
	u64 seed;
};

struct oracle_result {
	u64 seed;
	u64 pa;	      /* oracle_tables.pa */
	u64 checksum; /* of the tables before the walk */
	u32 page_shift, va_bits, va_bits_config;
	u32 pages;
	u32 records;
	s32 ret;
	u32 overflow;
	u32 spare;
};

#define ORACLE_LOG_AT  4096
#define ORACLE_POOL_AT (1 << 20)

#endif
