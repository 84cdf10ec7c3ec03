/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's page walk (mm/pagewalk.c) in user space, over a table image. Names, argument types
 * and return values are those of linux/pagewalk.h, so that callbacks read as they do in the kernel.
 *
 * This header has the walk of kernel ranges. Levels are pgd, p4d, pud, pmd and pte as in the
 * kernel; the entry callbacks of levels that are folded away are called with the entry of the level
 * below.
 */
#ifndef PWTRACE_PAGEWALK_H
#define PWTRACE_PAGEWALK_H

#include <stdbool.h>
#include <stdint.h>

struct image;

typedef struct {
	uint64_t pgd;
} pgd_t;
typedef struct {
	uint64_t p4d;
} p4d_t;
typedef struct {
	uint64_t pud;
} pud_t;
typedef struct {
	uint64_t pmd;
} pmd_t;
typedef struct {
	uint64_t pte;
} pte_t;

#define pgd_val(x) ((x).pgd)
#define p4d_val(x) ((x).p4d)
#define pud_val(x) ((x).pud)
#define pmd_val(x) ((x).pmd)
#define pte_val(x) ((x).pte)
#define __pud(x)   ((pud_t){ (x) })
#define __pmd(x)   ((pmd_t){ (x) })
#define __pte(x)   ((pte_t){ (x) })

/* arch/arm64/include/asm/pgtable.h: PTE_VALID is bit 0, PTE_PRESENT_INVALID bit 11. */
static inline bool __ptdesc_present(uint64_t desc)
{
	return (desc & 1) || (desc & (1ULL << 11));
}

static inline bool pmd_none(pmd_t pmd)
{
	return !pmd.pmd;
}
static inline bool pmd_present(pmd_t pmd)
{
	return __ptdesc_present(pmd.pmd);
}
static inline bool pmd_leaf(pmd_t pmd)
{
	return pmd_present(pmd) && (pmd.pmd & 3) != 3;
}
static inline bool pud_none(pud_t pud)
{
	return !pud.pud;
}
static inline bool pud_present(pud_t pud)
{
	return __ptdesc_present(pud.pud);
}
static inline bool pud_leaf(pud_t pud)
{
	return pud_present(pud) && (pud.pud & 3) != 3;
}
static inline bool pte_none(pte_t pte)
{
	return !pte.pte;
}
static inline bool pte_present(pte_t pte)
{
	return __ptdesc_present(pte.pte);
}
static inline bool pte_cont(pte_t pte)
{
	return pte.pte & (1ULL << 52);
}

static inline pud_t pudp_get(const pud_t *pudp)
{
	return *pudp;
}
static inline pmd_t pmdp_get(const pmd_t *pmdp)
{
	return *pmdp;
}
static inline pte_t ptep_get(const pte_t *ptep)
{
	return *ptep;
}
static inline void set_pud(pud_t *pudp, pud_t pud)
{
	*pudp = pud;
}
static inline void set_pmd(pmd_t *pmdp, pmd_t pmd)
{
	*pmdp = pmd;
}
static inline void set_pte(pte_t *ptep, pte_t pte)
{
	*ptep = pte;
}

struct mm_walk;

/**
 * struct mm_walk_ops - callbacks of a walk
 * @pgd_entry: for each non-empty entry of the level; its return value other than 0 ends the walk
 * @p4d_entry: as above
 * @pud_entry: as above; may set walk->action
 * @pmd_entry: as above; may set walk->action
 * @pte_entry: for each entry of the last level, empty ones too
 * @pte_hole: for each hole above the last level; @depth 0: PGD, 1: P4D, 2: PUD, 3: PMD, the number
 *	of the uppermost level that folding lets the hole belong to
 */
struct mm_walk_ops {
	int (*pgd_entry)(pgd_t *pgd, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*p4d_entry)(p4d_t *p4d, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pud_entry)(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pmd_entry)(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pte_entry)(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pte_hole)(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk);
};

enum page_walk_action {
	/* Descend to the next level */
	ACTION_SUBTREE = 0,
	/* Go on with the next entry of this level, ignoring what is below */
	ACTION_CONTINUE = 1,
	/* Call again for this entry; more than PAGEWALK_MAX_AGAIN times is an error of the walk */
	ACTION_AGAIN = 2,
};

#define PAGEWALK_MAX_AGAIN 1000

/* What a walk cannot go on from; its address and level are in struct pagewalk_fault. */
enum pagewalk_fault_kind {
	PAGEWALK_OK,
	PAGEWALK_NOT_IN_IMAGE,	/* an entry that is needed is not in the image */
	PAGEWALK_BAD_ENTRY,	/* neither table nor empty where only a table may stand */
	PAGEWALK_ENDLESS_AGAIN, /* ACTION_AGAIN without end */
};

struct pagewalk_fault {
	enum pagewalk_fault_kind kind;
	unsigned long addr;
	int level; /* 0: PTE to 4: PGD */
	uint64_t entry;
};

/**
 * struct mm_struct - whose tables are walked
 * @image: the tables
 * @fault: of the last walk; a bad entry is reported here and walked as a hole, as the kernel (which
 *	clears it) goes on, the others end the walk
 */
struct mm_struct {
	struct image *image;
	struct pagewalk_fault fault;
};

struct mm_walk {
	const struct mm_walk_ops *ops;
	struct mm_struct *mm;
	enum page_walk_action action;
	bool no_vma;
	void *private;
};

/**
 * walk_kernel_page_table_range_lockless() - walk a range of kernel page tables
 * @mm: in place of the kernel's init_mm
 * @start: first virtual address
 * @end: the address behind the last
 * @ops: callbacks; they may write the entries that they are given
 * @private: for the callbacks, as walk->private
 *
 * Follows mm/pagewalk.c of Linux v6.18 (fa93b45fd397 and before), with the pud re-read of
 * 3b89863c3fa4 (v7.0). No VMA is looked at and no lock is modelled.
 *
 * Return: 0; the value other than 0 that ended the walk; -EINVAL if @start >= @end; -ENODATA for an
 * entry that the image does not hold and -ELOOP for an endless ACTION_AGAIN (see @mm->fault).
 */
int walk_kernel_page_table_range_lockless(struct mm_struct *mm, unsigned long start,
					  unsigned long end, const struct mm_walk_ops *ops,
					  void *private);

#endif
