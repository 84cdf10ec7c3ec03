/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libpagewalk: the kernel's page walk (mm/pagewalk.c) in user space, over arm64 translation tables
 * that were captured from somewhere. Names, argument types and return values are those of
 * linux/pagewalk.h, so that callbacks written for the kernel compile as they are. libpagewalk(3) is
 * the manual; what differs between kernels is in its table of behaviours.
 *
 * Sizes are in bytes, addresses are virtual unless they are called physical (pa), errors are
 * negative errno values.
 *
 *	1. geometry		page size, address bits, levels
 *	2. entries		pXd_t and the kernel's accessors
 *	3. memory		where table entries are found
 *	4. address spaces	mm_struct, vm_area_struct, address_space, locks, struct page
 *	5. the walk		linux/pagewalk.h
 *	6. inside a callback	PAGE_SIZE, pmd_offset(), pte_offset_map_lock() ...
 *
 * What kernel code uses besides (READ_ONCE(), cond_resched(), min() ...) is in pagewalk_kernel.h.
 */
#ifndef PWTRACE_PAGEWALK_H
#define PWTRACE_PAGEWALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A member that is called private, which C++ does not allow. */
#ifdef __cplusplus
#define __pagewalk_private private_
#else
#define __pagewalk_private private
#endif

/* Inlined always: with a geometry that the compiler knows these are constants. */
#define __pagewalk_inline inline __attribute__((always_inline))

/*
 * 1. Geometry: VMSAv8-64 (Arm ARM D8.2) as Linux sets it up. Everything is known at run time only:
 * a kernel built for 52-bit addresses folds a level away on a CPU without FEAT_LPA2.
 */

/* The kernel's enum pgtable_level (include/linux/pgtable.h): counted from the last level up. */
enum pgtable_level {
	PGTABLE_LEVEL_PTE,
	PGTABLE_LEVEL_PMD,
	PGTABLE_LEVEL_PUD,
	PGTABLE_LEVEL_P4D,
	PGTABLE_LEVEL_PGD,
	PGTABLE_NR_LEVELS,
};

struct geometry {
	unsigned int page_shift;     /* 12, 14 or 16 */
	unsigned int table_bits;     /* of the index into a table below the top one */
	unsigned int va_bits;	     /* in use: 64 - TCR_EL1.T1SZ */
	unsigned int va_bits_config; /* CONFIG_ARM64_VA_BITS */
	unsigned int levels;	     /* that the hardware walks */
	unsigned int levels_config;  /* CONFIG_PGTABLE_LEVELS: more than @levels where one is
				      * folded away at run time */
	unsigned int top_index_bits; /* of the index into swapper_pg_dir */
	bool lpa2;		     /* descriptor bits 9:8 hold PA[51:50] (4K and 16K pages) */
	uint64_t oa_mask;	     /* descriptor bits that are output address bits in place */
	unsigned int cont_ptes;	     /* entries in a contiguous run of PTEs */
	unsigned int cont_pmds;
	unsigned int shape; /* set by geometry_init(): which copy of the walk is made for it */
};

/**
 * geometry_init() - the shape that goes with a page size and address sizes
 * @geo: filled in
 * @page_shift: 12, 14 or 16
 * @va_bits: virtual address bits in use (64 - T1SZ)
 * @va_bits_config: the kernel's CONFIG_ARM64_VA_BITS, at least @va_bits
 *
 * Return: 0, or -EINVAL for a combination that arm64 Linux does not have.
 */
int geometry_init(struct geometry *geo, unsigned int page_shift, unsigned int va_bits,
		  unsigned int va_bits_config);

/* The level whose table the hardware begins with. */
static __pagewalk_inline enum pgtable_level geometry_top(const struct geometry *geo)
{
	return (enum pgtable_level)(geo->levels - 1);
}

static __pagewalk_inline uint64_t geometry_page_size(const struct geometry *geo)
{
	return 1ULL << geo->page_shift;
}

/* log2 of the bytes that one entry of @level maps */
static __pagewalk_inline unsigned int geometry_shift(const struct geometry *geo,
						     enum pgtable_level level)
{
	return geo->page_shift + level * geo->table_bits;
}

static __pagewalk_inline uint64_t geometry_size(const struct geometry *geo,
						enum pgtable_level level)
{
	return 1ULL << geometry_shift(geo, level);
}

static __pagewalk_inline unsigned int geometry_entries(const struct geometry *geo,
						       enum pgtable_level level)
{
	return 1U << (level == geometry_top(geo) ? geo->top_index_bits : geo->table_bits);
}

static __pagewalk_inline unsigned int geometry_index(const struct geometry *geo,
						     enum pgtable_level level, uint64_t addr)
{
	return (addr >> geometry_shift(geo, level)) & (geometry_entries(geo, level) - 1);
}

/* May an entry of @level be a block? PUD blocks exist with 4K pages only (pud_sect_supported()). */
static __pagewalk_inline bool geometry_block_level(const struct geometry *geo,
						   enum pgtable_level level)
{
	return level == PGTABLE_LEVEL_PMD || (level == PGTABLE_LEVEL_PUD && geo->page_shift == 12);
}

/*
 * P?D_SHIFT of the kernel's configuration: a level that is folded when the kernel is built is as
 * large as the one below; one that is folded at run time is not.
 */
static __pagewalk_inline unsigned int geometry_config_shift(const struct geometry *geo, int level)
{
	return geo->page_shift +
	       (level < (int)geo->levels_config ? level : (int)geo->levels_config - 1) *
		       geo->table_bits;
}

/* PTRS_PER_P?D of the kernel's configuration. */
static __pagewalk_inline unsigned long geometry_config_entries(const struct geometry *geo,
							       int level)
{
	if (level == PGTABLE_LEVEL_PGD)
		return 1UL << (geo->va_bits_config - geometry_config_shift(geo, level));
	return level < (int)geo->levels_config - 1 ? 1UL << geo->table_bits : 1;
}

/*
 * 2. Entries: stage 1 descriptors (Arm ARM D8.3), bits by arch/arm64/include/asm/pgtable-hwdef.h
 * and pgtable-prot.h.
 */

typedef uint64_t phys_addr_t;
typedef uint64_t pteval_t, pmdval_t, pudval_t, p4dval_t, pgdval_t, ptval_t;
typedef uint64_t pgoff_t; /* in pages */

typedef struct {
	pteval_t pte;
} pte_t;
typedef struct {
	pmdval_t pmd;
} pmd_t;
typedef struct {
	pudval_t pud;
} pud_t;
typedef struct {
	p4dval_t p4d;
} p4d_t;
typedef struct {
	pgdval_t pgd;
} pgd_t;
typedef struct {
	pteval_t pgprot;
} pgprot_t;
typedef struct {
	unsigned long val;
} swp_entry_t;
typedef swp_entry_t softleaf_t; /* its name since v6.19 */

#define pte_val(x)    ((x).pte)
#define pmd_val(x)    ((x).pmd)
#define pud_val(x)    ((x).pud)
#define p4d_val(x)    ((x).p4d)
#define pgd_val(x)    ((x).pgd)
#define pgprot_val(x) ((x).pgprot)
#define __pte(x)      ((pte_t){ (x) })
#define __pmd(x)      ((pmd_t){ (x) })
#define __pud(x)      ((pud_t){ (x) })
#define __p4d(x)      ((p4d_t){ (x) })
#define __pgd(x)      ((pgd_t){ (x) })
#define __pgprot(x)   ((pgprot_t){ (x) })

#define PTE_VALID	    (1ULL << 0)
#define PTE_TABLE_BIT	    (1ULL << 1)
#define PTE_TYPE_MASK	    (3ULL << 0)
#define PTE_TYPE_PAGE	    (3ULL << 0)
#define PMD_TYPE_MASK	    (3ULL << 0)
#define PMD_TYPE_TABLE	    (3ULL << 0)
#define PMD_TYPE_SECT	    (1ULL << 0)
#define PUD_TYPE_MASK	    (3ULL << 0)
#define PUD_TYPE_TABLE	    (3ULL << 0)
#define PUD_TYPE_SECT	    (1ULL << 0)
#define P4D_TYPE_MASK	    (3ULL << 0)
#define P4D_TYPE_TABLE	    (3ULL << 0)
#define PGD_TYPE_MASK	    (3ULL << 0)
#define PGD_TYPE_TABLE	    (3ULL << 0)
#define PTE_ATTRINDX(t)	    ((uint64_t)(t) << 2)
#define PTE_ATTRINDX_MASK   (7ULL << 2)
#define PTE_USER	    (1ULL << 6) /* AP[1] */
#define PTE_RDONLY	    (1ULL << 7) /* AP[2] */
#define PTE_SHARED	    (3ULL << 8) /* SH[1:0]; PA[51:50] with LPA2 */
#define PTE_AF		    (1ULL << 10)
#define PTE_NG		    (1ULL << 11)
#define PTE_PRESENT_INVALID (1ULL << 11) /* where PTE_VALID is clear */
#define PTE_GP		    (1ULL << 50)
#define PTE_DBM		    (1ULL << 51)
#define PTE_WRITE	    PTE_DBM
#define PTE_CONT	    (1ULL << 52)
#define PMD_SECT_CONT	    PTE_CONT
#define PTE_PXN		    (1ULL << 53)
#define PTE_UXN		    (1ULL << 54)
#define PTE_DIRTY	    (1ULL << 55) /* software */
#define PTE_SPECIAL	    (1ULL << 56) /* software */
#define PTE_DEVMAP	    (1ULL << 57) /* software, up to v6.16 */
#define PTE_UFFD	    (1ULL << 58) /* software; PTE_UFFD_WP before v7.3 */
#define PTE_SWP_EXCLUSIVE   (1ULL << 2)	 /* of swap entries */
#define PTE_SWP_UFFD	    (1ULL << 3)	 /* of swap entries */

/* Hierarchical bits of a table descriptor (Arm ARM D8.4.3), and its access flag (FEAT_HAFT). */
#define PMD_TABLE_PXN (1ULL << 59)
#define PMD_TABLE_UXN (1ULL << 60)
#define PMD_TABLE_AF  (1ULL << 10)

/* The output address of a page, block or table descriptor: __pte_to_phys(). */
static __pagewalk_inline uint64_t geometry_desc_to_phys(const struct geometry *geo, uint64_t desc)
{
	uint64_t pa = desc & geo->oa_mask;

	if (geo->lpa2)
		pa |= (desc & PTE_SHARED) << 42;
	else if (geo->page_shift == 16)
		pa |= (desc & 0xf000) << 36;
	return pa;
}

/* The other way round, __phys_to_pte_val(). */
static __pagewalk_inline uint64_t geometry_phys_to_desc(const struct geometry *geo, uint64_t pa)
{
	uint64_t desc = pa & geo->oa_mask;

	if (geo->lpa2)
		desc |= pa >> 42 & PTE_SHARED;
	else if (geo->page_shift == 16)
		desc |= pa >> 36 & 0xf000;
	return desc;
}

static inline bool pte_none(pte_t pte)
{
	return !pte_val(pte);
}
static inline bool pte_valid(pte_t pte)
{
	return pte_val(pte) & PTE_VALID;
}
/* Present to software, a fault to hardware. Kernel mappings use it since 15bfba1ad77f, too. */
static inline bool pte_present_invalid(pte_t pte)
{
	return (pte_val(pte) & (PTE_VALID | PTE_PRESENT_INVALID)) == PTE_PRESENT_INVALID;
}
static inline bool pte_present(pte_t pte)
{
	return pte_valid(pte) || pte_present_invalid(pte);
}
/* Those that follow mean something only for a pte_present(). */
static inline bool pte_young(pte_t pte)
{
	return pte_val(pte) & PTE_AF;
}
static inline bool pte_special(pte_t pte)
{
	return pte_val(pte) & PTE_SPECIAL;
}
static inline bool pte_write(pte_t pte)
{
	return pte_val(pte) & PTE_WRITE;
}
static inline bool pte_rdonly(pte_t pte)
{
	return pte_val(pte) & PTE_RDONLY;
}
static inline bool pte_user(pte_t pte)
{
	return pte_val(pte) & PTE_USER;
}
static inline bool pte_user_exec(pte_t pte)
{
	return !(pte_val(pte) & PTE_UXN);
}
static inline bool pte_cont(pte_t pte)
{
	return pte_val(pte) & PTE_CONT;
}
static inline bool pte_valid_cont(pte_t pte)
{
	return pte_valid(pte) && pte_cont(pte);
}
static inline bool pte_hw_dirty(pte_t pte)
{
	return pte_write(pte) && !pte_rdonly(pte);
}
static inline bool pte_sw_dirty(pte_t pte)
{
	return pte_val(pte) & PTE_DIRTY;
}
static inline bool pte_dirty(pte_t pte)
{
	return pte_sw_dirty(pte) || pte_hw_dirty(pte);
}
static inline bool pte_protnone(pte_t pte)
{
	return pte_present_invalid(pte) && !pte_user(pte) && !pte_user_exec(pte);
}
static inline bool pte_uffd(pte_t pte)
{
	return pte_val(pte) & PTE_UFFD;
}
static inline bool pte_same(pte_t a, pte_t b)
{
	return pte_val(a) == pte_val(b);
}
#define pte_uffd_wp(pte) pte_uffd(pte)
/* arm64 has no bit for it */
#define pte_soft_dirty(pte)	      ((void)(pte), false)
#define pgtable_supports_soft_dirty() false

static inline pte_t clear_pte_bit(pte_t pte, pgprot_t prot)
{
	return __pte(pte_val(pte) & ~pgprot_val(prot));
}
static inline pte_t set_pte_bit(pte_t pte, pgprot_t prot)
{
	return __pte(pte_val(pte) | pgprot_val(prot));
}
static inline pte_t pte_mkwrite_novma(pte_t pte)
{
	pte = set_pte_bit(pte, __pgprot(PTE_WRITE));
	return pte_sw_dirty(pte) ? clear_pte_bit(pte, __pgprot(PTE_RDONLY)) : pte;
}
#define pte_mkwrite(pte, vma) ((void)(vma), pte_mkwrite_novma(pte))
static inline pte_t pte_mkclean(pte_t pte)
{
	return set_pte_bit(clear_pte_bit(pte, __pgprot(PTE_DIRTY)), __pgprot(PTE_RDONLY));
}
static inline pte_t pte_mkdirty(pte_t pte)
{
	pte = set_pte_bit(pte, __pgprot(PTE_DIRTY));
	return pte_write(pte) ? clear_pte_bit(pte, __pgprot(PTE_RDONLY)) : pte;
}
static inline pte_t pte_wrprotect(pte_t pte)
{
	if (pte_hw_dirty(pte))
		pte = set_pte_bit(pte, __pgprot(PTE_DIRTY));
	return set_pte_bit(clear_pte_bit(pte, __pgprot(PTE_WRITE)), __pgprot(PTE_RDONLY));
}
static inline pte_t pte_mkold(pte_t pte)
{
	return clear_pte_bit(pte, __pgprot(PTE_AF));
}
static inline pte_t pte_mkyoung(pte_t pte)
{
	return set_pte_bit(pte, __pgprot(PTE_AF));
}
static inline pte_t pte_mkspecial(pte_t pte)
{
	return set_pte_bit(pte, __pgprot(PTE_SPECIAL));
}
static inline pte_t pte_mkcont(pte_t pte)
{
	return set_pte_bit(pte, __pgprot(PTE_CONT));
}
static inline pte_t pte_mknoncont(pte_t pte)
{
	return clear_pte_bit(pte, __pgprot(PTE_CONT));
}
static inline pte_t pte_mkinvalid(pte_t pte)
{
	return clear_pte_bit(set_pte_bit(pte, __pgprot(PTE_PRESENT_INVALID)), __pgprot(PTE_VALID));
}

static inline pte_t pmd_pte(pmd_t pmd)
{
	return __pte(pmd_val(pmd));
}
static inline pmd_t pte_pmd(pte_t pte)
{
	return __pmd(pte_val(pte));
}
static inline pte_t pud_pte(pud_t pud)
{
	return __pte(pud_val(pud));
}
static inline pud_t pte_pud(pte_t pte)
{
	return __pud(pte_val(pte));
}
static inline pte_t p4d_pte(p4d_t p4d)
{
	return __pte(p4d_val(p4d));
}
static inline pte_t pgd_pte(pgd_t pgd)
{
	return __pte(pgd_val(pgd));
}

#define pmd_none(pmd)		 (!pmd_val(pmd))
#define pmd_present(pmd)	 pte_present(pmd_pte(pmd))
#define pmd_present_invalid(pmd) pte_present_invalid(pmd_pte(pmd))
#define pmd_valid(pmd)		 pte_valid(pmd_pte(pmd))
#define pmd_dirty(pmd)		 pte_dirty(pmd_pte(pmd))
#define pmd_young(pmd)		 pte_young(pmd_pte(pmd))
#define pmd_write(pmd)		 pte_write(pmd_pte(pmd))
#define pmd_user(pmd)		 pte_user(pmd_pte(pmd))
#define pmd_user_exec(pmd)	 pte_user_exec(pmd_pte(pmd))
#define pmd_cont(pmd)		 pte_cont(pmd_pte(pmd))
#define pmd_special(pmd)	 pte_special(pmd_pte(pmd))
#define pmd_protnone(pmd)	 pte_protnone(pmd_pte(pmd))
#define pmd_uffd(pmd)		 pte_uffd(pmd_pte(pmd))
#define pmd_uffd_wp(pmd)	 pmd_uffd(pmd)
#define pmd_soft_dirty(pmd)	 pte_soft_dirty(pmd_pte(pmd))
#define pmd_mkwrite(pmd, vma)	 ((void)(vma), pmd_mkwrite_novma(pmd))
#define pmd_same(a, b)		 pte_same(pmd_pte(a), pmd_pte(b))
#define pmd_wrprotect(pmd)	 pte_pmd(pte_wrprotect(pmd_pte(pmd)))
#define pmd_mkold(pmd)		 pte_pmd(pte_mkold(pmd_pte(pmd)))
#define pmd_mkyoung(pmd)	 pte_pmd(pte_mkyoung(pmd_pte(pmd)))
#define pmd_mkwrite_novma(pmd)	 pte_pmd(pte_mkwrite_novma(pmd_pte(pmd)))
#define pmd_mkclean(pmd)	 pte_pmd(pte_mkclean(pmd_pte(pmd)))
#define pmd_mkdirty(pmd)	 pte_pmd(pte_mkdirty(pmd_pte(pmd)))
#define pmd_mkinvalid(pmd)	 pte_pmd(pte_mkinvalid(pmd_pte(pmd)))
#define pmd_mkcont(pmd)		 pte_pmd(pte_mkcont(pmd_pte(pmd)))
#define pmd_mknoncont(pmd)	 pte_pmd(pte_mknoncont(pmd_pte(pmd)))
#define pud_cont(pud)		 pte_cont(pud_pte(pud))
#define pud_young(pud)		 pte_young(pud_pte(pud))
#define pud_dirty(pud)		 pte_dirty(pud_pte(pud))
#define pud_write(pud)		 pte_write(pud_pte(pud))
#define pud_special(pud)	 pte_special(pud_pte(pud))
#define pud_valid(pud)		 pte_valid(pud_pte(pud))
#define pud_mkyoung(pud)	 pte_pud(pte_mkyoung(pud_pte(pud)))
#define pud_mkwrite_novma(pud)	 pte_pud(pte_mkwrite_novma(pud_pte(pud)))

static inline bool pmd_table(pmd_t pmd)
{
	return (pmd_val(pmd) & PMD_TYPE_MASK) == PMD_TYPE_TABLE;
}
#define pmd_bad(pmd) (!pmd_table(pmd))
static inline bool pmd_leaf(pmd_t pmd)
{
	return pmd_present(pmd) && !pmd_table(pmd);
}
/* A present-invalid entry keeps its type in bit 1 only. */
static inline bool pmd_trans_huge(pmd_t pmd)
{
	return pmd_present(pmd) && !pmd_table(__pmd(pmd_val(pmd) | PTE_VALID));
}
/* A huge page, or an entry that stands for one that is not present. */
static inline bool pmd_is_huge(pmd_t pmd)
{
	return pmd_present(pmd) ? pmd_trans_huge(pmd) : !pmd_none(pmd);
}
/* arm64 has no transparent huge pages of this size. */
static inline bool pud_trans_huge(pud_t pud)
{
	(void)pud;
	return false;
}

static inline pte_t __ptep_get(const pte_t *ptep)
{
	return *ptep;
}
/*
 * The entry as it stands: the kernel gathers the access flag and dirtiness of a user mapping's
 * contiguous run in its ptep_get(), for which entries beside @ptep have to be in the image.
 */
static inline pte_t ptep_get(const pte_t *ptep)
{
	return *ptep;
}
static inline pte_t ptep_get_lockless(const pte_t *ptep)
{
	return *ptep;
}
static inline pmd_t pmdp_get(const pmd_t *pmdp)
{
	return *pmdp;
}
static inline pmd_t pmdp_get_lockless(const pmd_t *pmdp)
{
	return *pmdp;
}
static inline pud_t pudp_get(const pud_t *pudp)
{
	return *pudp;
}
static inline p4d_t p4dp_get(const p4d_t *p4dp)
{
	return *p4dp;
}
static inline pgd_t pgdp_get(const pgd_t *pgdp)
{
	return *pgdp;
}
static inline void __set_pte(pte_t *ptep, pte_t pte)
{
	*ptep = pte;
}
static inline void set_pte(pte_t *ptep, pte_t pte)
{
	*ptep = pte_mknoncont(pte);
}
static inline void set_pmd(pmd_t *pmdp, pmd_t pmd)
{
	*pmdp = pmd;
}
static inline void set_pud(pud_t *pudp, pud_t pud)
{
	*pudp = pud;
}
static inline void set_p4d(p4d_t *p4dp, p4d_t p4d)
{
	*p4dp = p4d;
}
static inline void set_pgd(pgd_t *pgdp, pgd_t pgd)
{
	*pgdp = pgd;
}
#define pmd_clear(pmdp) set_pmd(pmdp, __pmd(0))
#define pud_clear(pudp) set_pud(pudp, __pud(0))

/*
 * Of user mappings: each of one entry. The kernel's unfold and fold the contiguous run around it;
 * these do not. (An install_pte callback's entry is folded, by the walk.)
 */
#define pte_clear(mm, addr, ptep)	    ((void)(mm), (void)(addr), __set_pte(ptep, __pte(0)))
#define set_pte_at(mm, addr, ptep, pte)	    ((void)(mm), (void)(addr), set_pte(ptep, pte))
#define set_pmd_at(mm, addr, pmdp, pmd)	    ((void)(mm), (void)(addr), set_pmd(pmdp, pmd))
#define ptep_get_and_clear(mm, addr, ptep)  pagewalk_clear_pte(ptep)
#define ptep_clear_flush(vma, addr, ptep)   pagewalk_clear_pte(ptep)
#define ptep_modify_prot_start(vma, a, pte) pagewalk_clear_pte(pte)
#define ptep_modify_prot_commit(vma, addr, ptep, old, pte) \
	((void)(vma), (void)(addr), (void)(old), set_pte(ptep, pte))
#define ptep_test_and_clear_young(vma, addr, ptep) pagewalk_clear_young(ptep)
#define pmdp_test_and_clear_young(vma, addr, pmdp) pagewalk_clear_young((pte_t *)(pmdp))
#define ptep_set_wrprotect(mm, addr, ptep)	   __set_pte(ptep, pte_wrprotect(ptep_get(ptep)))

static inline pte_t pagewalk_clear_pte(pte_t *ptep)
{
	pte_t pte = *ptep;

	*ptep = __pte(0);
	return pte;
}
static inline bool pagewalk_clear_young(pte_t *ptep)
{
	bool young = pte_young(*ptep);

	*ptep = pte_mkold(*ptep);
	return young;
}

/* Entries that are not present: arch/arm64's swap entries. Their types are in section 6. */
static inline swp_entry_t __pte_to_swp_entry(pte_t pte)
{
	return (swp_entry_t){ pte_val(pte) };
}
static inline unsigned int __swp_type(swp_entry_t entry)
{
	return entry.val >> 6 & 31;
}
static inline unsigned long __swp_offset(swp_entry_t entry)
{
	return entry.val >> 12 & ((1UL << 50) - 1);
}
#define swp_type(entry)	  __swp_type(entry)
#define swp_offset(entry) __swp_offset(entry)

static inline swp_entry_t swp_entry(unsigned long type, unsigned long offset)
{
	return (swp_entry_t){ type << 6 | offset << 12 };
}
static inline pte_t swp_entry_to_pte(swp_entry_t entry)
{
	return __pte(entry.val);
}
#define softleaf_to_pte(entry) swp_entry_to_pte(entry)

/* Without the flags; empty if the entry is present, or empty itself. */
static inline softleaf_t softleaf_from_pte(pte_t pte)
{
	uint64_t val = pte_none(pte) || pte_present(pte) ? 0 : pte_val(pte);

	return (softleaf_t){ (unsigned long)(val & 0x3ffffffffffff7c0ULL) };
}
#define softleaf_from_pmd(pmd)	softleaf_from_pte(pmd_pte(pmd))
#define pte_to_swp_entry(pte)	softleaf_from_pte(pte)
#define pmd_to_swp_entry(pmd)	softleaf_from_pmd(pmd)
#define is_swap_pte(pte)	(!pte_none(pte) && !pte_present(pte))
#define is_swap_pmd(pmd)	(!pmd_none(pmd) && !pmd_present(pmd))
#define pte_swp_mkuffd(pte)	set_pte_bit(pte, __pgprot(PTE_SWP_UFFD))
#define pte_swp_uffd(pte)	(!!(pte_val(pte) & PTE_SWP_UFFD))
#define pte_swp_uffd_wp(pte)	pte_swp_uffd(pte)
#define pte_swp_exclusive(pte)	(!!(pte_val(pte) & PTE_SWP_EXCLUSIVE))
#define pte_swp_soft_dirty(pte) pte_soft_dirty(pte)
#define pmd_swp_uffd(pmd)	pte_swp_uffd(pmd_pte(pmd))
#define pmd_swp_soft_dirty(pmd) pmd_soft_dirty(pmd)

/*
 * 3. Memory: a walk asks for table entries by physical address. Whoever holds captured memory gives
 * it pieces of it, and need not hold all.
 */

/* A piece of physical memory, in the caller's memory. */
struct pagewalk_window {
	uint64_t pa;	   /* physical address, a multiple of 8 */
	uint64_t size;	   /* bytes, a multiple of 8; 0: none */
	uint64_t *entries; /* what is at @pa */
};

/**
 * struct pagewalk_memory - where table entries are found
 * @window: the piece that is looked at first; may be empty
 * @find: fill in the piece that holds the eight bytes at @pa, or return false. Pieces stay where
 *	they are as long as a walk runs. May be NULL: @window is all there is
 * @alloc: a new table of @size bytes, zeroed, whose physical address is a multiple of @size and
 *	that @find knows from now on. Returns 0, -ENOMEM, or another error that ends the walk. NULL:
 *	the memory is read only, and a walk that has to split or to install ends with -EROFS
 *
 * A walk does not write through it but to split a huge page or to install an entry. Callbacks may
 * write the entries that they are given.
 */
struct pagewalk_memory {
	struct pagewalk_window window;
	bool (*find)(struct pagewalk_memory *memory, uint64_t pa, struct pagewalk_window *window);
	int (*alloc)(struct pagewalk_memory *memory, uint64_t size, uint64_t *pa);
};

/* A ready-made memory: large pieces that are somebody else's, and copied pages. */
struct pagewalk_image;

/**
 * pagewalk_image_new() - a memory with nothing in it
 * @page_size: of the table pages: 4096, 16384 or 65536
 * @below: NULL, or a memory to lie over: what is not here is copied from there when it is first
 *	looked at, a table page at a time, so that what is written is written here only
 *
 * Return: the memory, NULL with errno EINVAL or ENOMEM.
 */
struct pagewalk_image *pagewalk_image_new(uint64_t page_size, struct pagewalk_memory *below);
void pagewalk_image_free(struct pagewalk_image *image);
struct pagewalk_memory *pagewalk_image_memory(struct pagewalk_image *image);

/**
 * pagewalk_image_map() - make a piece of the caller's memory part of the image
 * @pa: physical address; @pa and @size are multiples of 8
 * @entries: stays the caller's and is not copied; not changed by a walk that only reads
 *
 * Return: 0, -EINVAL, -EEXIST where it meets what is in the image already, -ENOMEM.
 */
int pagewalk_image_map(struct pagewalk_image *image, uint64_t pa, uint64_t size, void *entries);

/**
 * pagewalk_image_add() - copy a table page into the image
 * @pa: physical address, a multiple of the page size; a page that is there already is replaced
 *
 * Return: 0, -EINVAL, -EEXIST where a mapped piece is, -ENOMEM.
 */
int pagewalk_image_add(struct pagewalk_image *image, uint64_t pa, const void *page);

/**
 * pagewalk_image_reserve() - physical addresses that new tables may have
 * @pa: a multiple of the page size; @size: in bytes
 *
 * Without it the image is read only. Return: 0, -EINVAL.
 */
int pagewalk_image_reserve(struct pagewalk_image *image, uint64_t pa, uint64_t size);

/* What is at @pa, and in @room how many bytes follow there. NULL: it is not in the image. */
void *pagewalk_image_at(struct pagewalk_image *image, uint64_t pa, uint64_t *room);

/*
 * 4. Address spaces.
 */

struct mm_struct;
struct mm_walk;
struct vm_area_struct;

/* A lock as far as the walk asks for it: -1 held for writing, n > 0 by n readers, 0 free. */
struct rw_semaphore {
	int count;
};

typedef struct {
	int locked;
} spinlock_t;

static inline void spin_lock(spinlock_t *lock)
{
	lock->locked++;
}
static inline void spin_unlock(spinlock_t *lock)
{
	lock->locked--;
}

/**
 * struct page - the kernel's, as far as the walk asks
 * @pfn: page frame number
 * @head: the first page of the folio that it is part of; NULL: it is that page itself
 *
 * The struct pages of what one entry maps lie one behind the other, as in the vmemmap.
 */
struct page {
	unsigned long pfn;
	struct page *head;
};

/**
 * struct folio - a folio is its first page
 * @nr_pages: in it; asked for where a write completes a contiguous run of PTEs. 0 counts as 1
 */
struct folio {
	struct page page;
	unsigned long nr_pages;
};

static inline struct folio *page_folio(const struct page *page)
{
	return (struct folio *)(page->head ? page->head : page);
}
static inline unsigned long page_to_pfn(const struct page *page)
{
	return page->pfn;
}
static inline unsigned long folio_pfn(const struct folio *folio)
{
	return folio->page.pfn;
}
static inline unsigned long folio_nr_pages(const struct folio *folio)
{
	return folio->nr_pages ? folio->nr_pages : 1;
}
static inline struct page *folio_page(struct folio *folio, unsigned long n)
{
	return &folio->page + n;
}
static inline size_t folio_page_idx(const struct folio *folio, const struct page *page)
{
	return page->pfn - folio->page.pfn;
}

/**
 * struct pagewalk_pages - the page model: what physical memory is
 * @pfn_to_page: NULL for a page frame that has no struct page
 * @zero_pfn: of the shared zero page
 * @huge_zero_pfn: the first one of the shared huge zero folio; 0: there is none
 */
struct pagewalk_pages {
	struct page *(*pfn_to_page)(const struct pagewalk_pages *pages, unsigned long pfn);
	unsigned long zero_pfn;
	unsigned long huge_zero_pfn;
};

/*
 * In what kernels differ. None of them is Linux v7.3; libpagewalk(3) has the table of commits. The
 * release is the one that ended the behaviour.
 */
enum pagewalk_behaviours {
	/* pte_hole sees, and leaves, the action of the entry before (aedf2efd1897, v7.3) */
	PAGEWALK_HOLE_SEES_OLD_ACTION = 1 << 0,
	/*
	 * before its pmds are walked a pud is tested for being empty only, and what they leave as
	 * the action means nothing to it (3b89863c3fa4, v7.0)
	 */
	PAGEWALK_PUD_NONE_RECHECK = 1 << 1,
	/* walk_page_range_debug() of init_mm is walk_kernel_page_table_range() (27c32e553834, v7.2)
	 */
	PAGEWALK_DEBUG_DELEGATES = 1 << 2,
	/* walk_kernel_page_table_range() looks at the range before the lock (a660194dd101, v6.18)
	 */
	PAGEWALK_KERNEL_RANGE_FIRST = 1 << 3,
	/* a p4d or pgd is bad by bit 1 alone (4fa8a9c0fc99, v6.15) */
	PAGEWALK_BAD_BY_TABLE_BIT = 1 << 4,
	/* a pmd that is neither present nor migrating is cleared as bad (368076f52ebe, v6.19) */
	PAGEWALK_CLEARS_SWAP_PMD = 1 << 5,
	/* a device private pmd is not split (146287290023, v6.19) */
	PAGEWALK_KEEPS_DEVICE_PRIVATE = 1 << 6,
	/* a split into entries that are not valid makes them contiguous (v7.3) */
	PAGEWALK_CONT_ON_INVALID = 1 << 7,
	/* and valid pages (ced841702ee7, v6.13) */
	PAGEWALK_CONT_SETS_TYPE = 1 << 8,
	/* new tables have no access flag (efe72541355d, v6.13) */
	PAGEWALK_TABLES_WITHOUT_AF = 1 << 9,
	/* folio_walk_start() knows FW_MIGRATION (99573ef4ac30, v7.1) */
	PAGEWALK_FOLIO_MIGRATION = 1 << 10,
	/* folio_walk_start() takes every PUD leaf's page (2db308160b5a, v6.18) */
	PAGEWALK_FOLIO_PLAIN_PUD = 1 << 11,
	/* vm_normal_page_pmd() goes by the area's flags, not by PTE_SPECIAL (af38538801c6, v6.18)
	 */
	PAGEWALK_PMD_BY_AREA = 1 << 12,
};

/**
 * pagewalk_behaviours_by_symbols() - what the symbols of a kernel say about its behaviours
 * @has: has the kernel's symbol table this name?
 *
 * Only behaviours that symbols tell of are in it: PAGEWALK_DEBUG_DELEGATES, _KERNEL_RANGE_FIRST,
 * _FOLIO_PLAIN_PUD and _PMD_BY_AREA. The others are for the caller to know.
 */
unsigned int pagewalk_behaviours_by_symbols(bool (*has)(void *ctx, const char *name), void *ctx);

/* What a walk met that it cannot go on from, or that should not be. */
enum pagewalk_fault_kind {
	PAGEWALK_OK,
	/* These end the walk, with the error in brackets. */
	PAGEWALK_NOT_IN_IMAGE,	/* an entry that is needed is not in the image (-ENODATA) */
	PAGEWALK_TABLE_LOOP,	/* a table that is its own ancestor (-ELOOP) */
	PAGEWALK_ENDLESS_AGAIN, /* ACTION_AGAIN without end (-ELOOP) */
	PAGEWALK_NO_TABLE,	/* the walk goes down where there is no table (-EUCLEAN) */
	PAGEWALK_BEYOND_TABLE,	/* the range goes on behind the end of the top level (-EUCLEAN) */
	PAGEWALK_READ_ONLY,	/* a split or a new table in read-only memory (-EROFS) */
	PAGEWALK_NO_MEMORY,	/* pagewalk_memory's alloc failed (its error) */
	/* These are reported, and the walk goes on as the kernel's does. */
	PAGEWALK_BAD_ENTRY, /* p?d_bad(): the kernel says so and clears it; here it is walked as a
			     * hole and left as it is */
	PAGEWALK_ILLEGAL_BLOCK, /* a block at a level that has none: passed over */
	PAGEWALK_WRONG_LOCK,	/* a lock that the walk asks for is not held (@level is -1) */
	PAGEWALK_OUTSIDE_VMA,	/* folio_walk_start() at an address outside the VMA */
	PAGEWALK_BAD_PAGE,	/* an entry maps a page frame that the page model does not have */
};

struct pagewalk_fault {
	enum pagewalk_fault_kind kind;
	unsigned long addr;
	int level;	/* enum pgtable_level; -1: none */
	uint64_t entry; /* descriptor */
};

const char *pagewalk_fault_name(enum pagewalk_fault_kind kind);

/* With CONFIG_DEVICE_PRIVATE, since v6.15; 27 without, 23 before. */
#define PAGEWALK_MAX_SWAPFILES 24

/**
 * struct mm_struct - whose tables are walked
 * @geo: their geometry
 * @memory: where they are
 * @root: physical address of the top level table
 * @vmas: its areas by address, not overlapping; @nr_vmas of them
 * @mmap_lock: what is held of it; walks report what they miss
 * @pages: the page model, NULL: there is none
 * @behaviours: enum pagewalk_behaviours, or'ed
 * @max_swapfiles: the kernel's MAX_SWAPFILES, from which on swap types mean something else
 *	(include/linux/swap.h); 0: PAGEWALK_MAX_SWAPFILES
 * @fault: of the last walk, what ended it or else the first that was only reported
 * @nr_faults: of the last walk
 * @report: NULL, or called for each fault
 * @private: the caller's
 */
struct mm_struct {
	const struct geometry *geo;
	struct pagewalk_memory *memory;
	uint64_t root;
	struct vm_area_struct **vmas;
	size_t nr_vmas;
	struct rw_semaphore mmap_lock;
	spinlock_t page_table_lock;
	const struct pagewalk_pages *pages;
	unsigned int behaviours;
	unsigned int max_swapfiles;
	struct pagewalk_fault fault;
	unsigned long nr_faults;
	void (*report)(struct mm_struct *mm, const struct pagewalk_fault *fault);
	void *__pagewalk_private;
	/* the library's: the pgd of the walk that runs */
	const pgd_t *walked_pgd;
};

/*
 * The kernel's init_mm, which walk_kernel_page_table_range() has no argument for: the caller says
 * which it is, for each thread.
 */
extern __thread struct mm_struct *pagewalk_init_mm;
#define init_mm (*pagewalk_init_mm)

/* Flags of a VMA (include/linux/mm.h). */
typedef unsigned long vm_flags_t;
#define VM_NONE		0x00000000UL
#define VM_READ		0x00000001UL
#define VM_WRITE	0x00000002UL
#define VM_EXEC		0x00000004UL
#define VM_SHARED	0x00000008UL
#define VM_MAYREAD	0x00000010UL
#define VM_MAYWRITE	0x00000020UL
#define VM_MAYEXEC	0x00000040UL
#define VM_MAYSHARE	0x00000080UL
#define VM_GROWSDOWN	0x00000100UL
#define VM_UFFD_MISSING 0x00000200UL
#define VM_PFNMAP	0x00000400UL
#define VM_UFFD_WP	0x00001000UL
#define VM_LOCKED	0x00002000UL
#define VM_IO		0x00004000UL
#define VM_SEQ_READ	0x00008000UL
#define VM_RAND_READ	0x00010000UL
#define VM_DONTCOPY	0x00020000UL
#define VM_DONTEXPAND	0x00040000UL
#define VM_LOCKONFAULT	0x00080000UL
#define VM_ACCOUNT	0x00100000UL
#define VM_NORESERVE	0x00200000UL
#define VM_HUGETLB	0x00400000UL
#define VM_SYNC		0x00800000UL
#define VM_WIPEONFORK	0x02000000UL
#define VM_DONTDUMP	0x04000000UL
#define VM_MIXEDMAP	0x10000000UL
#define VM_HUGEPAGE	0x20000000UL
#define VM_NOHUGEPAGE	0x40000000UL
#define VM_MERGEABLE	0x80000000UL
#define VM_SPECIAL	(VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP)

/* The size of a hugetlb area's pages: PAGE_SIZE << order. */
struct hstate {
	unsigned int order;
};

struct vm_operations_struct {
	struct page *(*find_normal_page)(struct vm_area_struct *vma, unsigned long addr);
};

/**
 * struct address_space - a file's pages, and who maps them
 * @i_mmap: the VMAs that map it, by vm_pgoff and those of the same in the order in which they were
 *	mapped, which is the kernel's interval tree's; @nr of them
 * @i_mmap_rwsem: what is held of it
 */
struct address_space {
	struct vm_area_struct **i_mmap;
	size_t nr;
	struct rw_semaphore i_mmap_rwsem;
};

/* An open file, as far as callbacks ask for its pages. */
struct file {
	struct address_space *f_mapping;
	void *private_data;
};

/**
 * struct vm_area_struct - an area of user space
 * @vm_start, @vm_end: multiples of the page size
 * @vm_page_prot: what a split huge page's entries begin with
 * @vm_pgoff: offset in the file, in pages
 * @vm_ops: NULL for anonymous memory
 * @vm_file: of the walk nothing asks for it
 * @vm_hstate: of a VM_HUGETLB area
 * @vm_lock: the VMA's own lock; PGWALK_WRLOCK takes it for writing
 * @hugetlb_lock: of a VM_HUGETLB area, held for reading while its entries are walked
 */
struct vm_area_struct {
	unsigned long vm_start, vm_end;
	struct mm_struct *vm_mm;
	pgprot_t vm_page_prot;
	vm_flags_t vm_flags;
	unsigned long vm_pgoff;
	const struct vm_operations_struct *vm_ops;
	struct file *vm_file;
	const struct hstate *vm_hstate;
	struct rw_semaphore vm_lock;
	struct rw_semaphore hugetlb_lock;
	void *vm_private_data;
};

static inline bool is_vm_hugetlb_page(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_HUGETLB;
}
static inline bool vma_is_anonymous(const struct vm_area_struct *vma)
{
	return !vma->vm_ops;
}
static inline struct hstate *hstate_vma(const struct vm_area_struct *vma)
{
	return (struct hstate *)vma->vm_hstate;
}
static inline unsigned long vma_start_pgoff(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff;
}

/* The first area that ends behind @addr, NULL if there is none. */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
static inline struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma && addr >= vma->vm_start ? vma : NULL;
}

static inline void mmap_read_lock(struct mm_struct *mm)
{
	mm->mmap_lock.count++;
}
static inline void mmap_read_unlock(struct mm_struct *mm)
{
	mm->mmap_lock.count--;
}
static inline void mmap_write_lock(struct mm_struct *mm)
{
	mm->mmap_lock.count = -1;
}
static inline void i_mmap_lock_read(struct address_space *mapping)
{
	mapping->i_mmap_rwsem.count++;
}
static inline void i_mmap_unlock_read(struct address_space *mapping)
{
	mapping->i_mmap_rwsem.count--;
}
static inline void i_mmap_lock_write(struct address_space *mapping)
{
	mapping->i_mmap_rwsem.count = -1;
}
static inline void i_mmap_unlock_write(struct address_space *mapping)
{
	mapping->i_mmap_rwsem.count = 0;
}
/* Lets go of the write locks of the mm's areas, too, as the kernel's does. */
void mmap_write_unlock(struct mm_struct *mm);

/*
 * 5. The walk: linux/pagewalk.h.
 */

/* Locking requirement of a walk. One that is not met is reported and changes nothing else. */
enum page_walk_lock {
	PGWALK_RDLOCK = 0,	      /* mmap_lock at least for reading */
	PGWALK_WRLOCK = 1,	      /* mmap_lock for writing; each VMA is write-locked then */
	PGWALK_WRLOCK_VERIFY = 2,     /* mmap_lock and each VMA are write-locked already */
	PGWALK_VMA_RDLOCK_VERIFY = 3, /* each VMA is locked already, at least for reading */
};

/**
 * struct mm_walk_ops - callbacks of a walk
 * @pgd_entry: for each non-empty entry of the level, folded ones too
 * @p4d_entry: as above
 * @pud_entry: as above; may set walk->action
 * @pmd_entry: as above; may set walk->action
 * @pte_entry: for each entry of the last level, empty ones too unless there is an @install_pte
 * @pte_hole: for each hole; @depth 0: PGD, 1: P4D, 2: PUD, 3: PMD, the number of the uppermost
 *	level that folding, when the kernel is built, lets the hole belong to; -1: not known
 *(outside of areas, in hugetlb and in skipped VM_PFNMAP areas)
 * @hugetlb_entry: for each page of a hugetlb area
 * @test_walk: is the area to be walked? 0: yes, > 0: no, < 0: end the walk. Instead of the test for
 *	VM_PFNMAP. Not asked for a single area (walk_page_vma(), walk_page_range_vma())
 * @pre_vma: before an area is walked; another value than 0 ends the walk, without @post_vma
 * @post_vma: after an area was walked, also when that failed
 * @install_pte: gives the entry to put where there is none; tables are made. Only by the _unsafe
 *	walks, and not for hugetlb areas
 * @walk_lock: enum page_walk_lock
 *
 * A value other than 0 returned by a callback ends the walk and is what the walk returns, but
 * test_walk's positive one.
 */
struct mm_walk_ops {
	int (*pgd_entry)(pgd_t *pgd, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*p4d_entry)(p4d_t *p4d, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pud_entry)(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pmd_entry)(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pte_entry)(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pte_hole)(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk);
	int (*hugetlb_entry)(pte_t *pte, unsigned long hmask, unsigned long addr,
			     unsigned long next, struct mm_walk *walk);
	int (*test_walk)(unsigned long addr, unsigned long next, struct mm_walk *walk);
	int (*pre_vma)(unsigned long start, unsigned long end, struct mm_walk *walk);
	void (*post_vma)(struct mm_walk *walk);
	int (*install_pte)(unsigned long addr, unsigned long next, pte_t *ptep,
			   struct mm_walk *walk);
	enum page_walk_lock walk_lock;
};

/* What pud_entry and pmd_entry may ask for. */
enum page_walk_action {
	ACTION_SUBTREE = 0,  /* go down, splitting a huge page of user space */
	ACTION_CONTINUE = 1, /* go on with the next entry of this level */
	ACTION_AGAIN = 2,    /* call again for this entry, at most PAGEWALK_MAX_AGAIN times */
};

#define PAGEWALK_MAX_AGAIN 1000

/**
 * struct mm_walk - of one walk
 * @pgd: the table to begin with if not the mm's; only with @no_vma
 * @vma: the area that is walked, NULL outside of areas
 * @action: enum page_walk_action
 * @no_vma: areas are not looked at
 */
struct mm_walk {
	const struct mm_walk_ops *ops;
	struct mm_struct *mm;
	pgd_t *pgd;
	struct vm_area_struct *vma;
	enum page_walk_action action;
	bool no_vma;
	void *__pagewalk_private;
};

/*
 * Walks return 0, the value other than 0 of the callback that ended them, -EINVAL for what the
 * kernel refuses (an empty range, install_pte but for the _unsafe ones, no mm), or the error of the
 * fault in mm->fault. @end is the address behind the last; neither has to be aligned.
 */

/* The areas and gaps of @mm in a range. */
int walk_page_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		    const struct mm_walk_ops *ops, void *private_data);

/*
 * The tables of init_mm, or those under @pgd: a whole top level table in the caller's memory
 * (PTRS_PER_PGD entries, or a page where a level is folded away at run time).
 */
int walk_kernel_page_table_range(unsigned long start, unsigned long end,
				 const struct mm_walk_ops *ops, pgd_t *pgd, void *private_data);
int walk_kernel_page_table_range_lockless(unsigned long start, unsigned long end,
					  const struct mm_walk_ops *ops, pgd_t *pgd,
					  void *private_data);

/* A part of one area, or all of it: it is walked even if it is VM_PFNMAP. */
int walk_page_range_vma(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			const struct mm_walk_ops *ops, void *private_data);
int walk_page_vma(struct vm_area_struct *vma, const struct mm_walk_ops *ops, void *private_data);

/* @nr pages of a file from page @first_index on, wherever they are mapped. */
int walk_page_mapping(struct address_space *mapping, pgoff_t first_index, pgoff_t nr,
		      const struct mm_walk_ops *ops, void *private_data);

/* mm/internal.h: any tables, as if there were no areas. */
int walk_page_range_debug(struct mm_struct *mm, unsigned long start, unsigned long end,
			  const struct mm_walk_ops *ops, pgd_t *pgd, void *private_data);

/* mm/internal.h: with install_pte allowed. */
int walk_page_range_mm_unsafe(struct mm_struct *mm, unsigned long start, unsigned long end,
			      const struct mm_walk_ops *ops, void *private_data);
int walk_page_range_vma_unsafe(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			       const struct mm_walk_ops *ops, void *private_data);

typedef int folio_walk_flags_t;

/*
 * FW_MIGRATION was taken away and FW_ZEROPAGE moved. These are the library's values; kernels with
 * PAGEWALK_FOLIO_MIGRATION have 1 << 0 and 1 << 1, those without have FW_ZEROPAGE 1 << 0.
 */
#define FW_MIGRATION ((folio_walk_flags_t)(1 << 0))
#define FW_ZEROPAGE  ((folio_walk_flags_t)(1 << 1))

enum folio_walk_level {
	FW_LEVEL_PTE,
	FW_LEVEL_PMD,
	FW_LEVEL_PUD,
};

/**
 * struct folio_walk - what folio_walk_start() found
 * @page: the page at the address; NULL for a shared zero page
 * @level: of the entry
 * @ptep, @pudp, @pmdp: the entry in the image
 * @pte, @pud, @pmd: its value
 */
struct folio_walk {
	struct page *page;
	enum folio_walk_level level;
	union {
		pte_t *ptep;
		pud_t *pudp;
		pmd_t *pmdp;
	};
	union {
		pte_t pte;
		pud_t pud;
		pmd_t pmd;
	};
	/* private */
	struct vm_area_struct *vma;
	spinlock_t *ptl;
};

/*
 * The folio that @addr is mapped to, with the page table lock held until folio_walk_end(). NULL:
 * nothing is mapped, or nothing that vm_normal_page() has a page for.
 */
struct folio *folio_walk_start(struct folio_walk *fw, struct vm_area_struct *vma,
			       unsigned long addr, folio_walk_flags_t flags);

#define folio_walk_end(__fw, __vma)                \
	do {                                       \
		spin_unlock((__fw)->ptl);          \
		if ((__fw)->level == FW_LEVEL_PTE) \
			pte_unmap((__fw)->ptep);   \
		vma_pgtable_walk_end(__vma);       \
	} while (0)

/* Where the contiguous entries of a hugetlb page of @sz bytes begin: NULL if nothing is there. */
pte_t *hugetlb_walk(struct vm_area_struct *vma, unsigned long addr, unsigned long sz);

static inline void hugetlb_vma_lock_read(struct vm_area_struct *vma)
{
	vma->hugetlb_lock.count++;
}
static inline void hugetlb_vma_unlock_read(struct vm_area_struct *vma)
{
	vma->hugetlb_lock.count--;
}
static inline void vma_pgtable_walk_begin(struct vm_area_struct *vma)
{
	if (is_vm_hugetlb_page(vma))
		hugetlb_vma_lock_read(vma);
}
static inline void vma_pgtable_walk_end(struct vm_area_struct *vma)
{
	if (is_vm_hugetlb_page(vma))
		hugetlb_vma_unlock_read(vma);
}

/*
 * 6. Inside a callback: the kernel's constants and its functions that follow a descriptor are those
 * of the mm that is walked, or of the one that was given to pagewalk_use().
 */

extern __thread struct mm_struct *pagewalk_mm;

/* Returns the one before. */
static inline struct mm_struct *pagewalk_use(struct mm_struct *mm)
{
	struct mm_struct *before = pagewalk_mm;

	pagewalk_mm = mm;
	return before;
}

#ifndef PAGEWALK_NO_CONSTANTS
#define PAGE_SHIFT		     (pagewalk_mm->geo->page_shift)
#define PAGE_SIZE		     (1UL << PAGE_SHIFT)
#define PAGE_MASK		     (~(PAGE_SIZE - 1))
#define PMD_SHIFT		     geometry_config_shift(pagewalk_mm->geo, PGTABLE_LEVEL_PMD)
#define PMD_SIZE		     (1UL << PMD_SHIFT)
#define PMD_MASK		     (~(PMD_SIZE - 1))
#define PUD_SHIFT		     geometry_config_shift(pagewalk_mm->geo, PGTABLE_LEVEL_PUD)
#define PUD_SIZE		     (1UL << PUD_SHIFT)
#define PUD_MASK		     (~(PUD_SIZE - 1))
#define P4D_SHIFT		     geometry_config_shift(pagewalk_mm->geo, PGTABLE_LEVEL_P4D)
#define P4D_SIZE		     (1UL << P4D_SHIFT)
#define P4D_MASK		     (~(P4D_SIZE - 1))
#define PGDIR_SHIFT		     geometry_config_shift(pagewalk_mm->geo, PGTABLE_LEVEL_PGD)
#define PGDIR_SIZE		     (1UL << PGDIR_SHIFT)
#define PGDIR_MASK		     (~(PGDIR_SIZE - 1))
#define PTRS_PER_PTE		     geometry_config_entries(pagewalk_mm->geo, PGTABLE_LEVEL_PTE)
#define PTRS_PER_PMD		     geometry_config_entries(pagewalk_mm->geo, PGTABLE_LEVEL_PMD)
#define PTRS_PER_PUD		     geometry_config_entries(pagewalk_mm->geo, PGTABLE_LEVEL_PUD)
#define PTRS_PER_P4D		     geometry_config_entries(pagewalk_mm->geo, PGTABLE_LEVEL_P4D)
#define PTRS_PER_PGD		     geometry_config_entries(pagewalk_mm->geo, PGTABLE_LEVEL_PGD)
#define CONT_PTES		     (pagewalk_mm->geo->cont_ptes)
#define CONT_PTE_SIZE		     (CONT_PTES * PAGE_SIZE)
#define CONT_PTE_MASK		     (~(CONT_PTE_SIZE - 1))
#define CONT_PMDS		     (pagewalk_mm->geo->cont_pmds)
#define CONT_PMD_SIZE		     (CONT_PMDS * PMD_SIZE)
#define CONT_PMD_MASK		     (~(CONT_PMD_SIZE - 1))
#define HPAGE_PMD_SIZE		     PMD_SIZE
#define HPAGE_PMD_MASK		     PMD_MASK
#define HPAGE_PMD_NR		     (1UL << (PMD_SHIFT - PAGE_SHIFT))
#define HPAGE_PMD_ORDER		     (PMD_SHIFT - PAGE_SHIFT)
#define HPAGE_SIZE		     PMD_SIZE
#define huge_page_order(h)	     ((h)->order)
#define huge_page_shift(h)	     ((h)->order + PAGE_SHIFT)
#define huge_page_size(h)	     (PAGE_SIZE << (h)->order)
#define huge_page_mask(h)	     (~(huge_page_size(h) - 1))
#define folio_size(folio)	     (PAGE_SIZE * folio_nr_pages(folio))
#define vma_pages(vma)		     (((vma)->vm_end - (vma)->vm_start) >> PAGE_SHIFT)
#define linear_page_index(vma, addr) ((((addr) - (vma)->vm_start) >> PAGE_SHIFT) + (vma)->vm_pgoff)

#define pte_index(addr) ((addr) >> PAGE_SHIFT & (PTRS_PER_PTE - 1))
#define pmd_index(addr) ((addr) >> PMD_SHIFT & (PTRS_PER_PMD - 1))
#define pud_index(addr) ((addr) >> PUD_SHIFT & (PTRS_PER_PUD - 1))
#define p4d_index(addr) ((addr) >> P4D_SHIFT & (PTRS_PER_P4D - 1))
#define pgd_index(addr) ((addr) >> PGDIR_SHIFT & (PTRS_PER_PGD - 1))

#define pmd_addr_end(addr, end) pagewalk_addr_end(addr, end, PMD_SIZE)
#define pud_addr_end(addr, end) pagewalk_addr_end(addr, end, PUD_SIZE)
#define p4d_addr_end(addr, end) pagewalk_addr_end(addr, end, P4D_SIZE)
#define pgd_addr_end(addr, end) pagewalk_addr_end(addr, end, PGDIR_SIZE)
#endif

/* The end of the entry of @size bytes that @addr is in, or @end. */
static inline unsigned long pagewalk_addr_end(unsigned long addr, unsigned long end,
					      unsigned long size)
{
	unsigned long boundary = (addr + size) & ~(size - 1);

	return boundary - 1 < end - 1 ? boundary : end;
}

/* Folded when the kernel was built; there are no PUD blocks then. */
static inline bool pagewalk_pud_folded(void)
{
	return pagewalk_mm->geo->levels_config < 3;
}
static inline bool pud_table(pud_t pud)
{
	return pagewalk_pud_folded() || pagewalk_mm->geo->page_shift == 16 ||
	       (pud_val(pud) & PUD_TYPE_MASK) == PUD_TYPE_TABLE;
}
static inline bool pud_none(pud_t pud)
{
	return !pagewalk_pud_folded() && !pud_val(pud);
}
static inline bool pud_present(pud_t pud)
{
	return pagewalk_pud_folded() || pte_present(pud_pte(pud));
}
static inline bool pud_leaf(pud_t pud)
{
	return !pagewalk_pud_folded() && pud_present(pud) && !pud_table(pud);
}
static inline bool pud_bad(pud_t pud)
{
	return !pagewalk_pud_folded() && (pud_val(pud) & PUD_TYPE_MASK) != PUD_TYPE_TABLE;
}
static inline bool pud_is_huge(pud_t pud)
{
	return pud_present(pud) ? pud_trans_huge(pud) : !pud_none(pud);
}
/* Those of pgd and p4d are never empty or bad where they are folded, if only at run time. */
static inline bool p4d_none(p4d_t p4d)
{
	return pagewalk_mm->geo->levels > PGTABLE_LEVEL_P4D && !p4d_val(p4d);
}
static inline bool p4d_present(p4d_t p4d)
{
	return !p4d_none(p4d);
}
static inline bool p4d_bad(p4d_t p4d)
{
	return pagewalk_mm->geo->levels > PGTABLE_LEVEL_P4D &&
	       (p4d_val(p4d) & P4D_TYPE_MASK) != P4D_TYPE_TABLE;
}
static inline bool p4d_leaf(p4d_t p4d)
{
	(void)p4d;
	return false;
}
static inline bool pgd_none(pgd_t pgd)
{
	return pagewalk_mm->geo->levels > PGTABLE_LEVEL_PGD && !pgd_val(pgd);
}
static inline bool pgd_present(pgd_t pgd)
{
	return !pgd_none(pgd);
}
static inline bool pgd_bad(pgd_t pgd)
{
	return pagewalk_mm->geo->levels > PGTABLE_LEVEL_PGD &&
	       (pgd_val(pgd) & PGD_TYPE_MASK) != PGD_TYPE_TABLE;
}
static inline bool pgd_leaf(pgd_t pgd)
{
	(void)pgd;
	return false;
}

static inline phys_addr_t __pte_to_phys(pte_t pte)
{
	return geometry_desc_to_phys(pagewalk_mm->geo, pte_val(pte));
}
static inline unsigned long pte_pfn(pte_t pte)
{
	return __pte_to_phys(pte) >> pagewalk_mm->geo->page_shift;
}
static inline pgprot_t pte_pgprot(pte_t pte)
{
	return __pgprot(pte_val(pte) & ~geometry_phys_to_desc(pagewalk_mm->geo, ~0ULL));
}
static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)
{
	return __pte(geometry_phys_to_desc(pagewalk_mm->geo,
					   (uint64_t)pfn << pagewalk_mm->geo->page_shift) |
		     pgprot_val(prot));
}
static inline unsigned long pmd_pfn(pmd_t pmd)
{
	return pte_pfn(pmd_pte(pmd)) & (~0UL << pagewalk_mm->geo->table_bits);
}
static inline unsigned long pud_pfn(pud_t pud)
{
	return pte_pfn(pud_pte(pud)) & (~0UL << 2 * pagewalk_mm->geo->table_bits);
}
static inline pte_t pte_advance_pfn(pte_t pte, unsigned long nr)
{
	return pfn_pte(pte_pfn(pte) + nr, pte_pgprot(pte));
}
#define pte_next_pfn(pte)  pte_advance_pfn(pte, 1)
#define pmd_pgprot(pmd)	   pte_pgprot(pmd_pte(pmd))
#define pud_pgprot(pud)	   pte_pgprot(pud_pte(pud))
#define pfn_pmd(pfn, prot) pte_pmd(pfn_pte(pfn, prot))
#define pfn_pud(pfn, prot) pte_pud(pfn_pte(pfn, prot))
#define __pmd_to_phys(pmd) __pte_to_phys(pmd_pte(pmd))
#define __pud_to_phys(pud) __pte_to_phys(pud_pte(pud))
#define __p4d_to_phys(p4d) __pte_to_phys(p4d_pte(p4d))
#define __pgd_to_phys(pgd) __pte_to_phys(pgd_pte(pgd))

static inline pteval_t __phys_to_pte_val(phys_addr_t phys)
{
	return geometry_phys_to_desc(pagewalk_mm->geo, phys);
}
#define __phys_to_pmd_val(phys) __phys_to_pte_val(phys)
#define __phys_to_pud_val(phys) __phys_to_pte_val(phys)
/* A descriptor for a table at @phys; @prot with its type, PMD_TYPE_TABLE. */
#define __pmd_populate(pmdp, phys, prot) set_pmd(pmdp, __pmd(__phys_to_pmd_val(phys) | (prot)))
#define __pud_populate(pudp, phys, prot) set_pud(pudp, __pud(__phys_to_pud_val(phys) | (prot)))

/* By the page model; NULL where there is none. */
static inline struct page *pfn_to_page(unsigned long pfn)
{
	const struct pagewalk_pages *pages = pagewalk_mm->pages;

	return pages ? pages->pfn_to_page(pages, pfn) : NULL;
}
static inline struct folio *pfn_folio(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);

	return page ? page_folio(page) : NULL;
}
static inline bool is_zero_pfn(unsigned long pfn)
{
	const struct pagewalk_pages *pages = pagewalk_mm->pages;

	return pages && pages->zero_pfn && pfn == pages->zero_pfn;
}
#define pfn_valid(pfn)	      (!!pfn_to_page(pfn))
#define pte_page(pte)	      pfn_to_page(pte_pfn(pte))
#define pmd_page(pmd)	      pfn_to_page(pmd_pfn(pmd))
#define pud_page(pud)	      pfn_to_page(pud_pfn(pud))
#define pmd_folio(pmd)	      pfn_folio(pmd_pfn(pmd))
#define is_huge_zero_pfn(pfn) pagewalk_is_huge_zero_pfn(pagewalk_mm, pfn)
#define is_huge_zero_pmd(pmd) (pmd_present(pmd) && is_huge_zero_pfn(pmd_pfn(pmd)))

/* Does a pmd of this page frame map the shared huge zero folio? */
bool pagewalk_is_huge_zero_pfn(const struct mm_struct *mm, unsigned long pfn);

/*
 * What an entry that is not present stands for (include/linux/leafops.h), by the mm's
 * @max_swapfiles. The names of before, is_migration_entry() and so on, follow.
 */
enum softleaf_type {
	SOFTLEAF_NONE,
	SOFTLEAF_SWAP,
	SOFTLEAF_MIGRATION_READ,
	SOFTLEAF_MIGRATION_READ_EXCLUSIVE,
	SOFTLEAF_MIGRATION_WRITE,
	SOFTLEAF_DEVICE_PRIVATE_READ,
	SOFTLEAF_DEVICE_PRIVATE_WRITE,
	SOFTLEAF_DEVICE_EXCLUSIVE,
	SOFTLEAF_HWPOISON,
	SOFTLEAF_MARKER,
};

enum softleaf_type pagewalk_softleaf_type(const struct mm_struct *mm, softleaf_t entry);
unsigned long pagewalk_softleaf_pfn(const struct mm_struct *mm, softleaf_t entry);

static inline enum softleaf_type softleaf_type(softleaf_t entry)
{
	return pagewalk_softleaf_type(pagewalk_mm, entry);
}
static inline bool softleaf_is_none(softleaf_t entry)
{
	return softleaf_type(entry) == SOFTLEAF_NONE;
}
static inline bool softleaf_is_swap(softleaf_t entry)
{
	return softleaf_type(entry) == SOFTLEAF_SWAP;
}
static inline bool softleaf_is_migration_read(softleaf_t entry)
{
	return softleaf_type(entry) == SOFTLEAF_MIGRATION_READ;
}
static inline bool softleaf_is_migration_read_exclusive(softleaf_t entry)
{
	return softleaf_type(entry) == SOFTLEAF_MIGRATION_READ_EXCLUSIVE;
}
static inline bool softleaf_is_migration_write(softleaf_t entry)
{
	return softleaf_type(entry) == SOFTLEAF_MIGRATION_WRITE;
}
static inline bool softleaf_is_migration(softleaf_t entry)
{
	enum softleaf_type type = softleaf_type(entry);

	return type >= SOFTLEAF_MIGRATION_READ && type <= SOFTLEAF_MIGRATION_WRITE;
}
static inline bool softleaf_is_device_private_write(softleaf_t entry)
{
	return softleaf_type(entry) == SOFTLEAF_DEVICE_PRIVATE_WRITE;
}
static inline bool softleaf_is_device_private(softleaf_t entry)
{
	enum softleaf_type type = softleaf_type(entry);

	return type == SOFTLEAF_DEVICE_PRIVATE_READ || type == SOFTLEAF_DEVICE_PRIVATE_WRITE;
}
static inline bool softleaf_is_device_exclusive(softleaf_t entry)
{
	return softleaf_type(entry) == SOFTLEAF_DEVICE_EXCLUSIVE;
}
static inline bool softleaf_is_hwpoison(softleaf_t entry)
{
	return softleaf_type(entry) == SOFTLEAF_HWPOISON;
}
static inline bool softleaf_is_marker(softleaf_t entry)
{
	return softleaf_type(entry) == SOFTLEAF_MARKER;
}
static inline bool softleaf_has_pfn(softleaf_t entry)
{
	enum softleaf_type type = softleaf_type(entry);

	return type > SOFTLEAF_SWAP && type < SOFTLEAF_MARKER;
}
/* These three mean something only if softleaf_has_pfn(). */
static inline unsigned long softleaf_to_pfn(softleaf_t entry)
{
	return pagewalk_softleaf_pfn(pagewalk_mm, entry);
}
#define softleaf_to_page(entry)	 pfn_to_page(softleaf_to_pfn(entry))
#define softleaf_to_folio(entry) pfn_folio(softleaf_to_pfn(entry))

/* Entries that the kernel has put where no page is: always of the last type. */
typedef unsigned long pte_marker;
#define make_pte_marker(marker) swp_entry_to_pte(swp_entry(31, marker))
#define PTE_MARKER_UFFD_WP	(1UL << 0)
#define PTE_MARKER_POISONED	(1UL << 1)
#define PTE_MARKER_GUARD	(1UL << 2)

#define softleaf_to_marker(entry)	  (swp_offset(entry) & 7)
#define softleaf_is_uffd_wp_marker(entry) pagewalk_is_marker(entry, PTE_MARKER_UFFD_WP)
#define softleaf_is_poison_marker(entry)  pagewalk_is_marker(entry, PTE_MARKER_POISONED)
#define softleaf_is_guard_marker(entry)	  pagewalk_is_marker(entry, PTE_MARKER_GUARD)
#define pte_is_marker(pte)		  softleaf_is_marker(softleaf_from_pte(pte))
#define pte_none_mostly(pte)		  (pte_none(pte) || pte_is_marker(pte))
#define pte_is_uffd_wp_marker(pte)	  softleaf_is_uffd_wp_marker(softleaf_from_pte(pte))
#define pmd_is_migration_entry(pmd)	  softleaf_is_migration(softleaf_from_pmd(pmd))
#define pmd_is_device_private_entry(pmd)  softleaf_is_device_private(softleaf_from_pmd(pmd))
#define non_swap_entry(entry)		  (softleaf_type(entry) > SOFTLEAF_SWAP)
#define is_migration_entry(entry)	  softleaf_is_migration(entry)
#define is_device_private_entry(entry)	  softleaf_is_device_private(entry)
#define is_hwpoison_entry(entry)	  softleaf_is_hwpoison(entry)
#define is_pfn_swap_entry(entry)	  softleaf_has_pfn(entry)
#define is_pmd_migration_entry(pmd)	  pmd_is_migration_entry(pmd)
#define swp_offset_pfn(entry)		  softleaf_to_pfn(entry)
#define pfn_swap_entry_to_page(entry)	  softleaf_to_page(entry)

static inline bool pagewalk_is_marker(softleaf_t entry, pte_marker marker)
{
	return softleaf_is_marker(entry) && (softleaf_to_marker(entry) & marker);
}

/* The entry below that maps @addr; NULL, which the kernel never has, if it is not in the image. */
pgd_t *pgd_offset(struct mm_struct *mm, unsigned long addr);
p4d_t *p4d_offset(pgd_t *pgd, unsigned long addr);
pud_t *pud_offset(p4d_t *p4d, unsigned long addr);
pmd_t *pmd_offset(pud_t *pud, unsigned long addr);
pte_t *pte_offset_kernel(pmd_t *pmd, unsigned long addr);

/* NULL too where @pmd is no table. */
pte_t *pte_offset_map(pmd_t *pmd, unsigned long addr);
pte_t *pte_offset_map_lock(struct mm_struct *mm, pmd_t *pmd, unsigned long addr, spinlock_t **ptl);
#define pte_unmap(pte) ((void)(pte))
#define pte_unmap_unlock(pte, ptl) \
	do {                       \
		spin_unlock(ptl);  \
		pte_unmap(pte);    \
	} while (0)

/* The locked page table lock if @pmd is a huge page or its migration entry, NULL if not. */
spinlock_t *pmd_trans_huge_lock(pmd_t *pmd, struct vm_area_struct *vma);

static inline spinlock_t *pmd_lock(struct mm_struct *mm, pmd_t *pmd)
{
	(void)pmd;
	spin_lock(&mm->page_table_lock);
	return &mm->page_table_lock;
}
#define pud_lock(mm, pud)	      pmd_lock(mm, (pmd_t *)(pud))
#define pte_lockptr(mm, pmd)	      ((void)(pmd), &(mm)->page_table_lock)
#define pmd_lockptr(mm, pmd)	      pte_lockptr(mm, pmd)
#define huge_pte_lock(h, mm, pte)     ((void)(h), pmd_lock(mm, (pmd_t *)(pte)))
#define huge_ptep_get(mm, addr, ptep) ((void)(mm), (void)(addr), ptep_get(ptep))
#define huge_pte_none(pte)	      pte_none(pte)
#define huge_pte_write(pte)	      pte_write(pte)
#define huge_pte_dirty(pte)	      pte_dirty(pte)
#define huge_pte_uffd_wp(pte)	      pte_uffd(pte)
/* There are no transparent huge pages of this size, and none is migrated. */
#define pud_trans_huge_lock(pud, vma) ((void)(pud), (void)(vma), (spinlock_t *)NULL)
#define thp_migration_supported()     true
/* How many entries of a run follow: 1 is always right, and the run need not be in the image. */
#define pte_batch_hint(ptep, pte) ((void)(ptep), (void)(pte), 1U)

/* Make a table of a huge page of user space, as the kernel does. 0 or the fault's error. */
int split_huge_pmd(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr);

/* A mapped page that struct page stands for, NULL for a special one or a zero page. */
struct page *vm_normal_page(struct vm_area_struct *vma, unsigned long addr, pte_t pte);
struct page *vm_normal_page_pmd(struct vm_area_struct *vma, unsigned long addr, pmd_t pmd);
struct page *vm_normal_page_pud(struct vm_area_struct *vma, unsigned long addr, pud_t pud);

static inline struct folio *vm_normal_folio(struct vm_area_struct *vma, unsigned long addr,
					    pte_t pte)
{
	struct page *page = vm_normal_page(vma, addr, pte);

	return page ? page_folio(page) : NULL;
}
static inline struct folio *vm_normal_folio_pmd(struct vm_area_struct *vma, unsigned long addr,
						pmd_t pmd)
{
	struct page *page = vm_normal_page_pmd(vma, addr, pmd);

	return page ? page_folio(page) : NULL;
}

#ifdef __cplusplus
}
#endif

#endif
