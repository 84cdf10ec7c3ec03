/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log of a walk: every callback with all that it can see, and what it answered. What it answers
 * is a matter of chance, but the same chance for two walks that make the same calls.
 */
#ifndef PWTRACE_TEST_CALLS_H
#define PWTRACE_TEST_CALLS_H

#include "ram.h"

enum call_kind {
	CALL_PTE,
	CALL_PMD,
	CALL_PUD,
	CALL_P4D,
	CALL_PGD,
	CALL_HOLE,
	CALL_HUGETLB,
	CALL_TEST,
	CALL_PRE,
	CALL_POST,
	CALL_INSTALL,
	CALL_FAULT,
	NR_CALLS,
};

/* Padding is zeroed, too: logs are compared as bytes. */
struct call {
	int kind;
	int depth; /* of a hole; of a fault its kind */
	int mm, vma;
	int before, after; /* the action */
	int ret;
	int mmap_lock, vma_lock, hugetlb_lock;
	unsigned long addr, next; /* of a fault its level */
	unsigned long hmask;
	uint64_t entry, changed, pa;
};

#define SIDE_MMS   3
#define SIDE_VMAS  4 /* of each mm */
#define NO_ENTRY   0x6e6f6e65UL
#define SIDE_TABLE 8192

/* One of two worlds that are the same: memories, address spaces, and the log of the walk of them.
 */
struct side {
	bool library;
	struct ram ram[SIDE_MMS];
	struct mm_struct mm[SIDE_MMS];
	struct vm_area_struct vma[SIDE_MMS * SIDE_VMAS];
	struct vm_area_struct *list[SIDE_MMS][SIDE_VMAS];
	pgd_t *pgd; /* a table of one's own */
	struct call *calls;
	size_t nr, room;
	uint64_t random; /* state of the series that decides */
	/* in a thousand: end the walk, go on, again, change the entry, skip an area */
	unsigned int ends, continues, agains, changes, skips;
	uint64_t (*entry)(uint64_t *random, const struct mm_struct *mm, int level,
			  unsigned long addr);
};

/* All callbacks, to choose from. */
extern const struct mm_walk_ops calls_ops;

void calls_report(struct mm_struct *mm, const struct pagewalk_fault *fault);

/* Whose calls they are now. */
void calls_begin(struct side *side);

/* Does @got say what @want does, byte for byte? Tells the first difference if not. */
bool calls_same(const struct side *got, const struct side *want);

void calls_clear(struct side *side);

/* A log as text for a failed test: the last @nr calls. */
void calls_tell(const struct side *side, size_t nr);

#endif
