/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the test module and the program that asks it for walks of a process tell each other. A
 * batch is written to /proc/pwt_mm; what is read back is a snapshot of the address spaces as they
 * were before, and the walks that the kernel made after.
 */
#ifndef ORACLE_PROCESS_H
#define ORACLE_PROCESS_H

#include "callbacks.h"

enum walk_kind {
	WALK_RANGE,
	WALK_RANGE_VMA,
	WALK_VMA,
	WALK_MAPPING,
	WALK_DEBUG,
	WALK_RANGE_UNSAFE, /* the ones that may install */
	WALK_VMA_UNSAFE,
	WALK_FOLIO, /* folio_walk_start() of one page after the other */
	NR_WALK_KINDS,
};

#define BATCH_WALKS  4
#define BATCH_FROZEN 4

/**
 * struct walk_request - one walk
 * @kind: enum walk_kind
 * @calls: which callbacks there are, 1 << enum oracle_call or'ed
 * @walk_lock: enum page_walk_lock
 * @limit, @agains, @odds: as in struct oracle
 * @seed: of what callbacks do
 * @install: the entry that install_pte puts in; 0: entries for pages of the module
 * @start: an address; of WALK_MAPPING a page of the file
 * @end: the same; of WALK_MAPPING how many pages
 */
struct walk_request {
	u32 kind;
	u32 calls;
	u32 walk_lock;
	u32 limit;
	u32 agains;
	struct oracle_odds odds;
	u64 seed;
	u64 install;
	u64 start;
	u64 end;
};

/**
 * struct batch - walks that are made one after the other, with nothing in between
 * @pid: whose address space; 0: one's own
 * @fd: the file of WALK_MAPPING, or -1
 * @nr: number of walks
 * @lock_vmas: write-lock each area first
 * @frozen: addresses whose folios have migration entries meanwhile, 0: none
 */
struct batch {
	s32 pid;
	s32 fd;
	u32 nr;
	u32 lock_vmas;
	u64 frozen[BATCH_FROZEN];
	struct walk_request walk[BATCH_WALKS];
};

/* The answer is records: this, and @size bytes, a multiple of 8. */
struct record {
	u32 type; /* enum record_type */
	u32 size;
};

enum record_type {
	RECORD_KERNEL = 1,
	RECORD_MM,
	RECORD_VMA,   /* of the RECORD_MM before */
	RECORD_TABLE, /* a table's physical address, and the table */
	RECORD_FOLIO,
	RECORD_MAPPING, /* what identifies each area, in the order of i_mmap */
	RECORD_WALK,	/* and its log, struct oracle_record */
	RECORD_AFTER,	/* as RECORD_TABLE, when all walks have been made */
};

struct kernel_record {
	u32 page_shift;
	u32 va_bits;
	u32 va_bits_config;
	u32 max_swapfiles;
	u64 zero_pfn;
	u64 huge_zero_pfn; /* 0: none */
};

struct mm_record {
	u64 root;
	u64 nr_vmas;
};

struct vma_record {
	u64 id;
	u64 start;
	u64 end;
	u64 flags;
	u64 pgoff;
	u64 prot;
	u32 has_ops;
	u32 order; /* of a hugetlb area's pages */
	u64 locked;
};

struct folio_record {
	u64 pfn;
	u64 nr_pages;
};

struct walk_record {
	struct walk_request request;
	u64 install; /* as in struct oracle */
	u64 install_span;
	s64 ret;
};

/* What WALK_FOLIO writes down instead of a callback's call. */
#define ORACLE_FOLIO 64

/* One walk, and what it returned; -EOPNOTSUPP if this kernel has no such walk. */
s64 oracle_walk(const struct walk_request *r, struct oracle *o, struct mm_struct *mm,
		struct address_space *mapping);

#endif
