/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tables of a process map, by its areas: libpagewalk's walk_page_range(), with hugetlb
 * pages whole, and what stands where no page is named.
 */
#ifndef PWTRACE_DUMP_PROCESS_H
#define PWTRACE_DUMP_PROCESS_H

#include "dump/leaves.h"
#include "kernel/vmas.h"

/* An area's leaves, entries that are not present, and holes. */
struct process_run {
	struct leaf_run leaf;
	const struct vma *vma; /* NULL: outside of areas */
	uint64_t each;	       /* bytes that one entry is for, a hugetlb page's whole run of them */
	bool hugetlb;
	bool passed_over; /* a VM_PFNMAP area, which is not walked: a hole */
	/* what ended the walk of this area here: nothing is known of the rest of it, a hole */
	enum pagewalk_fault_kind fault;
};

struct process_options {
	bool holes;	     /* wanted, too */
	bool entry_by_entry; /* no runs: an entry each */
	bool pfnmap;	     /* VM_PFNMAP areas are walked as others are */
	unsigned int (*marks)(void *ctx, enum pgtable_level level); /* as leaves_options has it */
	void *marks_ctx;
	/* Before the first run of each area, also of one without any; NULL: a gap. May be NULL. */
	void (*area)(void *ctx, const struct vma *vma, uint64_t start, uint64_t end);
};

typedef void (*process_run_fn)(void *ctx, const struct process_run *run);

/* Areas as libpagewalk takes them. */
struct process_areas {
	struct vm_area_struct *area;
	struct vm_area_struct **list;
	struct hstate *hstate;
};

/* Make @mm one with the areas of @vmas, which has to stay. 0 or -ENOMEM; process_areas_free() it.
 */
int process_areas_of(struct process_areas *areas, struct mm_struct *mm, const struct vmas *vmas);
void process_areas_free(struct process_areas *areas);

/**
 * process_walk() - go through what @mm maps from @start to @end
 * @mm: with areas of process_areas_of()
 * @run: called for each, in order, with @ctx
 *
 * An area whose walk ends early is told of as one that has a fault, and the walk goes on behind it.
 * Return: how many faults there were, those that end no walk among them.
 */
unsigned long process_walk(struct mm_struct *mm, uint64_t start, uint64_t end,
			   const struct process_options *options, process_run_fn run, void *ctx);

#endif
