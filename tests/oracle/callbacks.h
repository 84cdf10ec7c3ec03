/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Callbacks for a walk that write down each call, and then do by chance what a callback may do: end
 * the walk, set an action, write to an entry. The same seed makes the same choices as long as the
 * calls are the same.
 */
#ifndef ORACLE_CALLBACKS_H
#define ORACLE_CALLBACKS_H

#include "types.h"

enum oracle_call {
	ORACLE_PGD,
	ORACLE_P4D,
	ORACLE_PUD,
	ORACLE_PMD,
	ORACLE_PTE,
	ORACLE_HOLE,
	ORACLE_HUGETLB,
	ORACLE_TEST_WALK,
	ORACLE_PRE_VMA,
	ORACLE_POST_VMA,
	ORACLE_INSTALL_PTE,
	ORACLE_NR_CALLS,
};

/* What the accessors say about an entry, those that its level has. */
enum oracle_is {
	ORACLE_NONE = 1 << 0,
	ORACLE_PRESENT = 1 << 1,
	ORACLE_LEAF = 1 << 2,
	ORACLE_BAD = 1 << 3,
	ORACLE_TABLE = 1 << 4,
	ORACLE_VALID = 1 << 5,
	ORACLE_YOUNG = 1 << 6,
	ORACLE_DIRTY = 1 << 7,
	ORACLE_WRITE = 1 << 8,
	ORACLE_CONT = 1 << 9,
	ORACLE_USER = 1 << 10,
	ORACLE_USER_EXEC = 1 << 11,
	ORACLE_TRANS_HUGE = 1 << 12,
	ORACLE_SPECIAL = 1 << 13,
	ORACLE_RDONLY = 1 << 14,
};

/* No entry, or one that nobody knows the place of. */
#define ORACLE_NOWHERE (~0ULL)

/**
 * struct oracle_record - one call of a callback
 * @call: enum oracle_call
 * @action_before, @action_after: walk->action
 * @depth: of pte_hole
 * @ret: what the callback returned
 * @is: enum oracle_is, or'ed
 * @no_vma: walk->no_vma
 * @addr, @next: as given
 * @entry: its value
 * @where: the place of the entry, by oracle.where()
 * @pfn: of a present pud, pmd or pte
 * @target, @written: what oracle.meddle() wrote, and where
 * @vma: walk->vma by oracle.area(), ORACLE_NOWHERE if there is none
 * @hmask: of hugetlb_entry
 */
struct oracle_record {
	u8 call;
	u8 action_before;
	u8 action_after;
	s8 depth;
	s32 ret;
	u32 is;
	u32 no_vma;
	u64 addr;
	u64 next;
	u64 entry;
	u64 where;
	u64 pfn;
	u64 target;
	u64 written;
	u64 vma;
	u64 hmask;
};

/* How often it happens: once in so many calls; 0: never. */
struct oracle_odds {
	u32 stop;   /* a value other than 0 is returned */
	u32 skip;   /* test_walk returns a positive one */
	u32 action; /* the action is set */
	u32 meddle; /* an entry is written */
};

/* Returned when the log has oracle.limit records: the walk has been long enough. */
#define ORACLE_ENOUGH 0x7ffffff

/**
 * struct oracle - walk->private
 * @log: @nr records, there is room for @max
 * @limit: so many calls are enough; a few may follow to finish the walk
 * @overflow: there were more than @max, which is a fault of the test
 * @agains: how many ACTION_AGAIN are left
 * @random: state of the generator
 * @install, @install_span: install_pte puts in @install + the address modulo @install_span
 * @area: gives an area a number that does not depend on who walks. NULL: it is its start
 * @where: gives an entry's place a number that does not depend on who walks. NULL: nobody knows
 * @meddle: write to some entry, put down in @target and @written. NULL: nothing is written
 * @private: of those two
 */
struct oracle {
	struct oracle_record *log;
	u32 nr;
	u32 limit;
	u32 max;
	bool overflow;
	u32 agains;
	u64 random;
	struct oracle_odds odds;
	u64 install;
	u64 install_span;
	u64 (*area)(const struct vm_area_struct *vma);
	u64 (*where)(const struct oracle *o, const void *entry);
	void (*meddle)(struct oracle *o, struct oracle_record *r);
	void *private;
	struct oracle_record spare;
};

/* The callbacks of @calls, 1 << enum oracle_call or'ed; walk_lock is left alone. */
void oracle_ops(struct mm_walk_ops *ops, u32 calls);

#endif
