// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where walks begin: by areas, in one area, by the areas that map a file, and without areas. In
 * the order of mm/pagewalk.c of Linux v7.3.
 */
#include <errno.h>

#include "walk.h"

_Thread_local struct mm_struct *pagewalk_init_mm;
_Thread_local struct mm_struct *pagewalk_mm;

static void wrong_lock(struct mm_struct *mm, unsigned long addr)
{
	walk_fault(mm, PAGEWALK_WRONG_LOCK, addr, -1, 0, 0);
}

/* rwsem_assert_held() and rwsem_assert_held_write() */
static void assert_locked(struct mm_struct *mm, const struct rw_semaphore *lock, unsigned long addr)
{
	if (!lock->count)
		wrong_lock(mm, addr);
}

static void assert_write_locked(struct mm_struct *mm, const struct rw_semaphore *lock,
				unsigned long addr)
{
	if (lock->count >= 0)
		wrong_lock(mm, addr);
}

static void process_mm_walk_lock(struct mm_struct *mm, enum page_walk_lock walk_lock,
				 unsigned long addr)
{
	if (walk_lock == PGWALK_RDLOCK)
		assert_locked(mm, &mm->mmap_lock, addr);
	else if (walk_lock != PGWALK_VMA_RDLOCK_VERIFY)
		assert_write_locked(mm, &mm->mmap_lock, addr);
}

static void process_vma_walk_lock(struct vm_area_struct *vma, enum page_walk_lock walk_lock)
{
	struct mm_struct *mm = vma->vm_mm;

	switch (walk_lock) {
	case PGWALK_WRLOCK: /* vma_start_write() */
		assert_write_locked(mm, &mm->mmap_lock, vma->vm_start);
		vma->vm_lock.count = -1;
		break;
	case PGWALK_WRLOCK_VERIFY:
		assert_write_locked(mm, &vma->vm_lock, vma->vm_start);
		break;
	case PGWALK_VMA_RDLOCK_VERIFY:
		assert_locked(mm, &vma->vm_lock, vma->vm_start);
		break;
	case PGWALK_RDLOCK:
		break;
	}
}

static int pte_hole(struct walk *w, unsigned long addr, unsigned long next)
{
	const struct mm_walk_ops *ops = w->walk.ops;

	return ops->pte_hole ? ops->pte_hole(addr, next, -1, &w->walk) : 0;
}

static int walk_hugetlb_range(struct walk *w, unsigned long addr, unsigned long end)
{
	struct vm_area_struct *vma = w->walk.vma;
	unsigned long size = geometry_page_size(w->walk.mm->geo) << hstate_vma(vma)->order;
	unsigned long hmask = ~(size - 1), boundary, next;
	int err;

	hugetlb_vma_lock_read(vma);
	do {
		pte_t *pte;

		boundary = (addr & hmask) + size;
		next = boundary < end ? boundary : end;
		err = walk_huge_entry(w, addr & hmask, size, &pte);
		if (err)
			break;
		err = pte ? w->walk.ops->hugetlb_entry(pte, hmask, addr, next, &w->walk) :
			    pte_hole(w, addr, next);
	} while (!err && (addr = next) != end);
	hugetlb_vma_unlock_read(vma);
	return err;
}

/* > 0: skip the area */
static int walk_page_test(struct walk *w, unsigned long start, unsigned long end)
{
	const struct mm_walk_ops *ops = w->walk.ops;
	int err;

	if (ops->test_walk)
		return ops->test_walk(start, end, &w->walk);
	if (!(w->walk.vma->vm_flags & VM_PFNMAP))
		return 0;
	err = pte_hole(w, start, end);
	return err ? err : 1;
}

static int __walk_page_range(struct walk *w, unsigned long start, unsigned long end)
{
	const struct mm_walk_ops *ops = w->walk.ops;
	bool is_hugetlb = is_vm_hugetlb_page(w->walk.vma);
	int err;

	if (ops->install_pte && is_hugetlb)
		return -EINVAL;
	if (ops->pre_vma) {
		err = ops->pre_vma(start, end, &w->walk);
		if (err)
			return err;
	}
	if (!is_hugetlb)
		err = walk_range(w, start, end);
	else
		err = ops->hugetlb_entry ? walk_hugetlb_range(w, start, end) : 0;
	/* also after an error, whatever linux/pagewalk.h says */
	if (ops->post_vma)
		ops->post_vma(&w->walk);
	return err;
}

int walk_page_range_mm_unsafe(struct mm_struct *mm, unsigned long start, unsigned long end,
			      const struct mm_walk_ops *ops, void *private)
{
	struct vm_area_struct *vma;
	unsigned long next;
	int err = 0;

	if (start >= end || !mm)
		return -EINVAL;

	struct walk w __walk_scope;

	walk_reset(mm);
	walk_begin(&w, mm, ops, NULL, NULL, false, private);
	process_mm_walk_lock(mm, ops->walk_lock, start);
	vma = find_vma(mm, start);
	do {
		if (!vma || start < vma->vm_start) {
			w.walk.vma = NULL;
			next = vma && vma->vm_start < end ? vma->vm_start : end;
			err = pte_hole(&w, start, next);
		} else {
			process_vma_walk_lock(vma, ops->walk_lock);
			w.walk.vma = vma;
			next = end < vma->vm_end ? end : vma->vm_end;
			vma = find_vma(mm, vma->vm_end);
			err = walk_page_test(&w, start, next);
			if (err > 0) {
				/* for the walk alone, never the caller's */
				err = 0;
				continue;
			}
			if (!err)
				err = __walk_page_range(&w, start, next);
		}
		if (err)
			break;
	} while (start = next, start < end);
	return err;
}

int walk_page_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		    const struct mm_walk_ops *ops, void *private)
{
	return ops->install_pte ? -EINVAL : walk_page_range_mm_unsafe(mm, start, end, ops, private);
}

static inline int walk_no_vma(struct mm_struct *mm, unsigned long start, unsigned long end,
			      const struct mm_walk_ops *ops, pgd_t *pgd, void *private,
			      void (*check_locks)(struct mm_struct *mm, unsigned long addr))
{
	if (!mm)
		return -EINVAL;

	struct walk w __walk_scope;

	walk_reset(mm);
	walk_begin(&w, mm, ops, NULL, pgd, true, private);
	if (check_locks)
		check_locks(mm, start);
	if (start >= end || ops->install_pte)
		return -EINVAL;
	return walk_range(&w, start, end);
}

static void kernel_locks(struct mm_struct *mm, unsigned long addr)
{
	assert_locked(mm, &mm->mmap_lock, addr);
}

int walk_kernel_page_table_range(unsigned long start, unsigned long end,
				 const struct mm_walk_ops *ops, pgd_t *pgd, void *private)
{
	if (pagewalk_init_mm && (pagewalk_init_mm->behaviours & PAGEWALK_KERNEL_RANGE_FIRST) &&
	    start >= end)
		return -EINVAL;
	return walk_no_vma(pagewalk_init_mm, start, end, ops, pgd, private, kernel_locks);
}

int walk_kernel_page_table_range_lockless(unsigned long start, unsigned long end,
					  const struct mm_walk_ops *ops, pgd_t *pgd, void *private)
{
	return walk_no_vma(pagewalk_init_mm, start, end, ops, pgd, private, NULL);
}

static void debug_locks(struct mm_struct *mm, unsigned long addr)
{
	assert_write_locked(mm, &mm->mmap_lock, addr);
	/* of kernel tables, those of a huge vmap are freed under it */
	if (!(mm->behaviours & PAGEWALK_DEBUG_DELEGATES) && pagewalk_init_mm)
		assert_write_locked(mm, &pagewalk_init_mm->mmap_lock, addr);
}

int walk_page_range_debug(struct mm_struct *mm, unsigned long start, unsigned long end,
			  const struct mm_walk_ops *ops, pgd_t *pgd, void *private)
{
	if (mm && (mm->behaviours & PAGEWALK_DEBUG_DELEGATES)) {
		if (mm == pagewalk_init_mm)
			return walk_kernel_page_table_range(start, end, ops, pgd, private);
		if (start >= end || ops->install_pte)
			return -EINVAL;
	}
	return walk_no_vma(mm, start, end, ops, pgd, private, debug_locks);
}

/* What walk_page_range_vma() and walk_page_vma() have in common. */
static int walk_one_vma(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			const struct mm_walk_ops *ops, void *private)
{
	struct walk w __walk_scope;

	walk_reset(vma->vm_mm);
	walk_begin(&w, vma->vm_mm, ops, vma, NULL, false, private);
	process_mm_walk_lock(vma->vm_mm, ops->walk_lock, start);
	process_vma_walk_lock(vma, ops->walk_lock);
	return __walk_page_range(&w, start, end);
}

int walk_page_range_vma_unsafe(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			       const struct mm_walk_ops *ops, void *private)
{
	if (start >= end || !vma->vm_mm || start < vma->vm_start || end > vma->vm_end)
		return -EINVAL;
	return walk_one_vma(vma, start, end, ops, private);
}

int walk_page_range_vma(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			const struct mm_walk_ops *ops, void *private)
{
	return ops->install_pte ? -EINVAL :
				  walk_page_range_vma_unsafe(vma, start, end, ops, private);
}

int walk_page_vma(struct vm_area_struct *vma, const struct mm_walk_ops *ops, void *private)
{
	if (!vma->vm_mm || ops->install_pte)
		return -EINVAL;
	return walk_one_vma(vma, vma->vm_start, vma->vm_end, ops, private);
}

/* The part of @vma that maps @nr pages of its file from @first on; false: none. */
static bool clip(const struct vm_area_struct *vma, pgoff_t first, pgoff_t nr, unsigned long *start,
		 unsigned long *end)
{
	unsigned int shift = vma->vm_mm->geo->page_shift;
	pgoff_t begins = vma->vm_pgoff, ends = begins + ((vma->vm_end - vma->vm_start) >> shift);
	pgoff_t from = first > begins ? first : begins;
	pgoff_t to = first + nr < ends ? first + nr : ends;

	*start = ((from - begins) << shift) + vma->vm_start;
	*end = ((to - begins) << shift) + vma->vm_start;
	return *start < *end;
}

/* Does the interval tree of mappings give the area for @nr pages from @first on? */
static bool maps(const struct vm_area_struct *vma, pgoff_t first, pgoff_t nr)
{
	pgoff_t pages = (vma->vm_end - vma->vm_start) >> vma->vm_mm->geo->page_shift;

	return vma->vm_pgoff <= first + nr - 1 && first <= vma->vm_pgoff + pages - 1;
}

int walk_page_mapping(struct address_space *mapping, pgoff_t first_index, pgoff_t nr,
		      const struct mm_walk_ops *ops, void *private)
{
	/* the kernel has one struct mm_walk for all areas, and only entries set it back */
	enum page_walk_action action = ACTION_SUBTREE;
	int err = 0;

	if (ops->install_pte)
		return -EINVAL;
	for (size_t i = 0; i < mapping->nr; i++)
		if (mapping->i_mmap[i]->vm_mm)
			walk_reset(mapping->i_mmap[i]->vm_mm);
	for (size_t i = 0; i < mapping->nr && !err; i++) {
		struct vm_area_struct *vma = mapping->i_mmap[i];
		unsigned long start, end;

		if (!vma->vm_mm || !maps(vma, first_index, nr) ||
		    !clip(vma, first_index, nr, &start, &end))
			continue;

		struct walk w __walk_scope;

		walk_begin(&w, vma->vm_mm, ops, vma, NULL, false, private);
		w.walk.action = action;
		assert_locked(vma->vm_mm, &mapping->i_mmap_rwsem, start);
		/* of the whole area, not of the part that is walked */
		err = walk_page_test(&w, vma->vm_start, vma->vm_end);
		if (err > 0)
			return 0; /* and not on to the next area, as walk_page_range() goes */
		if (!err)
			err = __walk_page_range(&w, start, end);
		action = w.walk.action;
	}
	return err;
}
