/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the walk share. */
#ifndef PWTRACE_WALK_H
#define PWTRACE_WALK_H

#include "geometry/descriptor.h"
#include "geometry/geometry.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

struct walk {
	struct mm_walk walk; /* first: what callbacks get */
	struct pagewalk_memory *memory;
	/* the piece of memory that was used last; what is at @pa of it lies at @pa + @bias here */
	uint64_t window_pa, window_size, bias;
	uint64_t root;
	uint64_t table[PGTABLE_NR_LEVELS]; /* on the way down to here */
	unsigned int behaviours;
	bool cleared; /* the pmd last looked at is bad: what the kernel would have cleared */
	struct {
		const uint64_t *entry;
		int times;
	} again[PGTABLE_LEVEL_PUD + 1]; /* of the entry of the level that had it last */
	const pgd_t *outer_pgd;
	struct mm_struct *outer_mm;
};

static inline void walk_use_window(struct walk *walk, const struct pagewalk_window *window)
{
	walk->window_pa = window->pa;
	walk->window_size = window->pa % sizeof(uint64_t) ? 0 : window->size & ~7ULL;
	walk->bias = (uintptr_t)window->entries - window->pa;
}

/*
 * Begin to walk @mm: an uninitialized @walk becomes one that ends with its scope. Its members are
 * set one by one, because clearing all of it costs more than a walk of one page.
 */
#define __walk_scope __attribute__((cleanup(walk_end)))

static inline void walk_begin(struct walk *walk, struct mm_struct *mm,
			      const struct mm_walk_ops *ops, struct vm_area_struct *vma, pgd_t *pgd,
			      bool no_vma, void *private)
{
	walk->walk = (struct mm_walk){
		.ops = ops, .mm = mm, .pgd = pgd, .vma = vma, .no_vma = no_vma, .private = private
	};
	walk->memory = mm->memory;
	walk_use_window(walk, &mm->memory->window);
	walk->root = mm->root;
	walk->behaviours = mm->behaviours;
	walk->cleared = false;
	walk->again[PGTABLE_LEVEL_PMD].entry = walk->again[PGTABLE_LEVEL_PUD].entry = NULL;
	walk->outer_mm = pagewalk_mm;
	walk->outer_pgd = mm->walked_pgd;
	pagewalk_mm = mm;
	mm->walked_pgd = pgd;
}

static inline void walk_end(struct walk *walk)
{
	walk->walk.mm->walked_pgd = walk->outer_pgd;
	pagewalk_mm = walk->outer_mm;
}

/* Forget the faults of the walk before. */
static inline void walk_reset(struct mm_struct *mm)
{
	mm->fault.kind = PAGEWALK_OK;
	mm->nr_faults = 0;
}

/* walk.c: use the piece of memory that holds @pa. False: there is none. */
bool walk_find_window(struct walk *walk, uint64_t pa);

/*
 * The entry at physical address @pa, in the walk's window then; NULL if it is not in the image. One
 * addition is all that stands between a descriptor's address and the load of the entry there.
 */
static __pagewalk_inline uint64_t *walk_entry_at(struct walk *walk, uint64_t pa)
{
	if (unlikely(pa - walk->window_pa >= walk->window_size) && !walk_find_window(walk, pa))
		return NULL;
	uint64_t *entry = (uint64_t *)(uintptr_t)(pa + walk->bias);

	if (!entry)
		__builtin_unreachable();
	return entry;
}

/* Folded, when the kernel is built or at run time: never empty, bad or a leaf. */
static __pagewalk_inline bool walk_folded(const struct geometry *geo, int level)
{
	return level >= (int)geo->levels;
}

/* Record a fault; one that ends the walk displaces one that was only reported. Returns @err. */
int walk_fault(struct mm_struct *mm, enum pagewalk_fault_kind kind, unsigned long addr, int level,
	       uint64_t entry, int err);

/* The walk of a range, by the copy made for the mm's geometry. */
int walk_range(struct walk *walk, unsigned long addr, unsigned long end);

/* Is it a migration entry, of whichever kind? */
static inline bool walk_migrating(const struct mm_struct *mm, pte_t pte)
{
	enum softleaf_type type = pagewalk_softleaf_type(mm, softleaf_from_pte(pte));

	return type >= SOFTLEAF_MIGRATION_READ && type <= SOFTLEAF_MIGRATION_WRITE;
}

/*
 * levels.c: p?d_offset(), the entry of @level below *@above that maps @addr. NULL: it is not in the
 * image, or *@above leads back to a table on the way.
 */
uint64_t *walk_offset(struct walk *walk, int level, uint64_t *above, unsigned long addr);

/* levels.c: report why walk_offset() gave nothing. Returns the fault's error. */
int walk_no_entry(struct walk *walk, int level, const uint64_t *above, unsigned long addr);

/*
 * hugetlb.c: huge_pte_offset(), the entry that a hugetlb page of @size bytes begins with, NULL in
 * @pte if nothing is there. 0, or the error of a fault.
 */
int walk_huge_entry(struct walk *walk, unsigned long addr, unsigned long size, pte_t **pte);

/* walk.c: @nr entries at physical address @pa, NULL if they are not in one piece of memory. */
pte_t *walk_run_at(struct walk *walk, uint64_t pa, unsigned int nr);

/* install.c: a new table's address, or a fault's error. */
int walk_alloc_table(struct walk *walk, int level, unsigned long addr, uint64_t *pa);

/* install.c: the descriptor of a new table. */
uint64_t walk_table_entry(const struct walk *walk, uint64_t pa);

/* install.c: a table for the empty entry of @level. 0, or the error of a fault. */
int walk_new_table(struct walk *walk, int level, uint64_t *entry, unsigned long addr);

/* install.c: set_pte_at() of one entry. */
void walk_set_pte(struct walk *walk, unsigned long addr, pte_t *ptep, pte_t pte);

/* split.c: split_huge_pmd(). 0, or the error of a fault. */
int walk_split_pmd(struct walk *walk, struct vm_area_struct *vma, uint64_t *pmd,
		   unsigned long addr);

#endif
