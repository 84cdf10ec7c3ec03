// SPDX-License-Identifier: GPL-2.0-only
/* The state of a walk, its faults, and single steps down for who does not go by levels.c. */
#include "walk.h"

#include <errno.h>

const char *pagewalk_fault_name(enum pagewalk_fault_kind kind)
{
	static const char *const names[] = {
		[PAGEWALK_OK] = "none",
		[PAGEWALK_NOT_IN_IMAGE] = "not-in-image",
		[PAGEWALK_TABLE_LOOP] = "table-loop",
		[PAGEWALK_ENDLESS_AGAIN] = "endless-again",
		[PAGEWALK_NO_TABLE] = "no-table",
		[PAGEWALK_BEYOND_TABLE] = "beyond-table",
		[PAGEWALK_READ_ONLY] = "read-only",
		[PAGEWALK_NO_MEMORY] = "no-memory",
		[PAGEWALK_BAD_ENTRY] = "bad-entry",
		[PAGEWALK_ILLEGAL_BLOCK] = "illegal-block",
		[PAGEWALK_WRONG_LOCK] = "wrong-lock",
		[PAGEWALK_OUTSIDE_VMA] = "outside-vma",
		[PAGEWALK_BAD_PAGE] = "bad-page",
	};

	return kind < sizeof(names) / sizeof(*names) ? names[kind] : "?";
}

int walk_fault(struct mm_struct *mm, enum pagewalk_fault_kind kind, unsigned long addr, int level,
	       uint64_t entry, int err)
{
	struct pagewalk_fault fault = { kind, addr, level, entry };

	if (err || !mm->nr_faults)
		mm->fault = fault;
	mm->nr_faults++;
	if (mm->report)
		mm->report(mm, &fault);
	return err;
}

unsigned int pagewalk_behaviours_by_symbols(bool (*has)(void *ctx, const char *name), void *ctx)
{
	unsigned int behaviours = 0;

	if (has(ctx, "arm64_ptdump_lock_key"))
		behaviours |= PAGEWALK_DEBUG_DELEGATES;
	if (!has(ctx, "walk_kernel_page_table_range_lockless"))
		behaviours |= PAGEWALK_KERNEL_RANGE_FIRST;
	if (!has(ctx, "vm_normal_page_pud"))
		behaviours |= PAGEWALK_FOLIO_PLAIN_PUD | PAGEWALK_PMD_BY_AREA;
	return behaviours;
}

bool walk_find_window(struct walk *walk, uint64_t pa)
{
	struct pagewalk_window window = {};

	if (walk->memory->find && walk->memory->find(walk->memory, pa, &window)) {
		walk_use_window(walk, &window);
		if (pa - walk->window_pa < walk->window_size)
			return true;
	}
	walk->window_size = 0;
	return false;
}

pte_t *walk_run_at(struct walk *walk, uint64_t pa, unsigned int nr)
{
	uint64_t *entry = walk_entry_at(walk, pa);

	if (!entry || walk->window_pa + walk->window_size - pa < nr * sizeof(uint64_t))
		return NULL;
	return (pte_t *)entry;
}

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	size_t from = 0, to = mm->nr_vmas;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (mm->vmas[middle]->vm_end > addr)
			to = middle;
		else
			from = middle + 1;
	}
	return from < mm->nr_vmas ? mm->vmas[from] : NULL;
}

void mmap_write_unlock(struct mm_struct *mm)
{
	mm->mmap_lock.count = 0;
	for (size_t i = 0; i < mm->nr_vmas; i++)
		if (mm->vmas[i]->vm_lock.count < 0)
			mm->vmas[i]->vm_lock.count = 0;
}
