/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which ranges of the kernel's tables are being changed, and were lately: what bpf/changes.bpf.c
 * writes and user/source/changes.c reads, in memory that both have.
 */
#ifndef PWTRACE_BPF_CHANGE_LOG_H
#define PWTRACE_BPF_CHANGE_LOG_H

/* powers of two */
#define PWT_CHANGE_SLOTS 64
#define PWT_CHANGE_LOG	 4096

/* How a function says what range it changes: a part of its hook's cookie. */
#define PWT_CHANGE_INDEX  15ULL /* of the hook */
#define PWT_CHANGE_SECOND 16ULL /* the range is told from the second argument on */
#define PWT_CHANGE_SIZE	  32ULL /* by start and size, not by start and end */

/* A call that is under way. Free with a key of 0, being filled with PWT_CHANGE_BUSY. */
#define PWT_CHANGE_BUSY 1ULL

struct pwt_change_slot {
	unsigned long long key; /* frame and hook: no two live calls have the same */
	unsigned long long start, last;
};

/* One that has ended. */
struct pwt_change {
	unsigned long long nr; /* its number, from 1 on: written last */
	unsigned long long start, last;
};

struct pwt_changes {
	unsigned long long head;	  /* how many have ended */
	unsigned long long without_slot;  /* began, and all slots were taken */
	unsigned long long without_range; /* ended, and their beginning was not seen */
	struct pwt_change_slot slots[PWT_CHANGE_SLOTS];
	struct pwt_change log[PWT_CHANGE_LOG];
};

/* Functions by name, which the kernel finds without going through all its symbols. */
#define PWT_CHANGE_NAMES     16
#define PWT_CHANGE_NAME_SIZE 64

struct pwt_change_name {
	char name[PWT_CHANGE_NAME_SIZE];
	unsigned long long size; /* of the name, with its NUL */
	unsigned long long addr; /* filled in; 0: there is no such */
};

#endif
