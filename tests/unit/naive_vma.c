// SPDX-License-Identifier: GPL-2.0-only
#include "naive_vma.h"

#include <errno.h>

#define BIT(n) (1ULL << (n))

enum { PTE, PMD, PUD, P4D, PGD };

struct mm_struct *naive_init_mm;

/* An entry, and where it is. */
struct place {
	uint64_t *p;
	uint64_t pa; /* RAM_NOWHERE: in a table of the caller's, or nowhere at all */
};

struct walker {
	struct mm_walk walk; /* first: what callbacks get */
	uint64_t table[5];   /* on the way down */
	struct {
		const uint64_t *entry;
		int times;
	} again[PUD + 1];
};

static struct ram *ram_of(const struct mm_struct *mm)
{
	return mm->private;
}

/*
 * Geometry. All that is taken from struct geometry is the size of a page, the bits of an index and
 * the address bits.
 */

static unsigned int levels_for(const struct mm_struct *mm, unsigned int va_bits)
{
	const struct geometry *geo = mm->geo;

	return (va_bits - geo->page_shift + geo->table_bits - 1) / geo->table_bits;
}

static int built(const struct mm_struct *mm)
{
	return levels_for(mm, mm->geo->va_bits_config);
}

static int used(const struct mm_struct *mm)
{
	return levels_for(mm, mm->geo->va_bits);
}

static unsigned int shift_of(const struct mm_struct *mm, int level)
{
	int at = level < built(mm) ? level : built(mm) - 1;

	return mm->geo->page_shift + at * mm->geo->table_bits;
}

static unsigned long size_of(const struct mm_struct *mm, int level)
{
	return 1UL << shift_of(mm, level);
}

static unsigned long page_size(const struct mm_struct *mm)
{
	return 1UL << mm->geo->page_shift;
}

static unsigned int index_bits(const struct mm_struct *mm, int level)
{
	/* the root's page where a level is folded at run time has as many as any */
	if (level == used(mm) - 1 && used(mm) < built(mm))
		return mm->geo->table_bits;
	if (level >= built(mm) - 1)
		return mm->geo->va_bits_config - shift_of(mm, level);
	return mm->geo->table_bits;
}

static unsigned long index_of(const struct mm_struct *mm, int level, unsigned long addr)
{
	return addr >> shift_of(mm, level) & (BIT(index_bits(mm, level)) - 1);
}

static bool folded(const struct mm_struct *mm, int level)
{
	return level >= used(mm);
}

static unsigned long addr_end(const struct mm_struct *mm, int level, unsigned long addr,
			      unsigned long end)
{
	unsigned long size = size_of(mm, level), boundary = (addr + size) & ~(size - 1);

	return boundary - 1 < end - 1 ? boundary : end;
}

static int real_depth(const struct mm_struct *mm, int depth)
{
	if (depth == 3 && built(mm) < 3)
		depth = 2;
	if (depth == 2 && built(mm) < 4)
		depth = 1;
	if (depth == 1 && built(mm) < 5)
		depth = 0;
	return depth;
}

/* With 52 bits of physical address some are in odd places. */
static bool lpa2(const struct mm_struct *mm)
{
	return mm->geo->page_shift < 16 && mm->geo->va_bits == 52;
}

static uint64_t to_phys(const struct mm_struct *mm, uint64_t desc)
{
	uint64_t pa = desc & (BIT(lpa2(mm) ? 50 : 48) - 1) & ~(page_size(mm) - 1);

	if (lpa2(mm))
		return pa | (desc >> 8 & 3) << 50;
	return mm->geo->page_shift == 16 ? pa | (desc >> 12 & 15) << 48 : pa;
}

static uint64_t from_phys(const struct mm_struct *mm, uint64_t pa)
{
	uint64_t desc = pa & (BIT(lpa2(mm) ? 50 : 48) - 1) & ~(page_size(mm) - 1);

	if (lpa2(mm))
		return desc | (pa >> 50 & 3) << 8;
	return mm->geo->page_shift == 16 ? desc | (pa >> 48 & 15) << 12 : desc;
}

static unsigned long pfn_of(const struct mm_struct *mm, uint64_t desc, int level)
{
	return to_phys(mm, desc) >> mm->geo->page_shift & ~(BIT(level * mm->geo->table_bits) - 1);
}

static uint64_t with_pfn(const struct mm_struct *mm, uint64_t desc, unsigned long pfn)
{
	return (desc & ~from_phys(mm, ~0ULL)) | from_phys(mm, (uint64_t)pfn << mm->geo->page_shift);
}

/* Descriptors. */

static bool valid(uint64_t desc)
{
	return desc & 1;
}

static bool present(uint64_t desc)
{
	return (desc & 1) || (desc & 0x801) == 0x800;
}

static bool table(uint64_t desc)
{
	return (desc & 3) == 3;
}

static bool leaf(uint64_t desc)
{
	return present(desc) && !table(desc);
}

static bool trans_huge(uint64_t desc)
{
	return present(desc) && !table(desc | 1);
}

static bool young(uint64_t desc)
{
	return desc & BIT(10);
}

static bool hw_dirty(uint64_t desc)
{
	return (desc & BIT(51)) && !(desc & BIT(7));
}

static bool dirty(uint64_t desc)
{
	return (desc & BIT(55)) || hw_dirty(desc);
}

static uint64_t mkwrite(uint64_t pte)
{
	pte |= BIT(51);
	return pte & BIT(55) ? pte & ~BIT(7) : pte;
}

static uint64_t mkdirty(uint64_t pte)
{
	pte |= BIT(55);
	return pte & BIT(51) ? pte & ~BIT(7) : pte;
}

static uint64_t wrprotect(uint64_t pte)
{
	if (hw_dirty(pte))
		pte |= BIT(55);
	return (pte & ~BIT(51)) | BIT(7);
}

/* Neither old nor new, neither clean nor dirty: what members of a run have to have in common. */
static uint64_t mkold_clean(uint64_t pte)
{
	return (pte & ~BIT(55) & ~BIT(10)) | BIT(7);
}

static unsigned int swap_type(const struct mm_struct *mm, uint64_t desc)
{
	unsigned int type = desc >> 6 & 31;

	(void)mm;
	return desc && !present(desc) ? type : 0;
}

static unsigned int first_special(const struct mm_struct *mm)
{
	return mm->max_swapfiles ? mm->max_swapfiles : 24;
}

static bool is_migration(const struct mm_struct *mm, uint64_t desc)
{
	unsigned int type = swap_type(mm, desc), first = first_special(mm);

	return type > first && type <= first + 3 && type < 31;
}

static bool is_device_private(const struct mm_struct *mm, uint64_t desc)
{
	unsigned int type = swap_type(mm, desc), first = first_special(mm);

	return (type == first + 4 || type == first + 5) && type < 31;
}

/* Faults: the library's way to say what the kernel warns of, or cannot meet. */

static int say(struct mm_struct *mm, enum pagewalk_fault_kind kind, unsigned long addr, int level,
	       uint64_t entry, int err)
{
	struct pagewalk_fault fault = { kind, addr, level, entry };

	if (err || mm->nr_faults == 0)
		mm->fault = fault;
	mm->nr_faults++;
	if (mm->report)
		mm->report(mm, &fault);
	return err;
}

static void forget(struct mm_struct *mm)
{
	mm->fault = (struct pagewalk_fault){ .kind = PAGEWALK_OK };
	mm->nr_faults = 0;
}

static bool endless(struct walker *w, int level, unsigned long addr, const uint64_t *entry)
{
	if (w->again[level].entry != entry)
		w->again[level].times = 0;
	w->again[level].entry = entry;
	if (w->again[level].times++ < PAGEWALK_MAX_AGAIN)
		return false;
	say(w->walk.mm, PAGEWALK_ENDLESS_AGAIN, addr, level, *entry, -ELOOP);
	return true;
}

/* p?d_offset() and p?d++. */

static int look_up(struct walker *w, int level, unsigned long addr, struct place *at)
{
	static uint64_t nothing;
	struct mm_struct *mm = w->walk.mm;
	int top = used(mm) - 1;

	at->p = ram_at(ram_of(mm), at->pa);
	if (at->p)
		return 0;
	if (level > top && built(mm) != used(mm)) {
		nothing = 0;
		*at = (struct place){ &nothing, RAM_NOWHERE };
		return 0;
	}
	return say(mm, PAGEWALK_NOT_IN_IMAGE, addr, level < top ? level : top, 0, -ENODATA);
}

static int offset(struct walker *w, int level, const struct place *above, unsigned long addr,
		  struct place *at)
{
	struct mm_struct *mm = w->walk.mm;
	unsigned long index = index_of(mm, level, addr);
	int top = used(mm) - 1;
	uint64_t base = mm->root;

	if (level != PGD && level >= built(mm) - 1) {
		*at = *above;
		return 0;
	}
	if (level >= top) {
		w->table[top] = w->walk.pgd ? RAM_NOWHERE : base;
		if (w->walk.pgd) {
			*at = (struct place){ &w->walk.pgd[index].pgd, RAM_NOWHERE };
			return 0;
		}
	} else {
		base = to_phys(mm, *above->p);
		for (int up = level + 1; up <= top; up++)
			if (w->table[up] == base)
				return say(mm, PAGEWALK_TABLE_LOOP, addr, level + 1, *above->p,
					   -ELOOP);
		w->table[level] = base;
	}
	at->pa = base + index * sizeof(uint64_t);
	return look_up(w, level, addr, at);
}

/* On to the entry for @addr, which is the next one. */
static int advance(struct walker *w, int level, unsigned long addr, struct place *at)
{
	struct mm_struct *mm = w->walk.mm;

	if (level == PGD && !index_of(mm, PGD, addr))
		return say(mm, PAGEWALK_BEYOND_TABLE, addr, used(mm) - 1, 0, -EUCLEAN);
	if (w->walk.pgd && level >= used(mm) - 1) {
		at->p++;
		return 0;
	}
	/* what is not there comes from the root's page, too */
	if (at->pa == RAM_NOWHERE)
		at->pa = mm->root + index_of(mm, level, addr) * sizeof(uint64_t);
	else
		at->pa += sizeof(uint64_t);
	return look_up(w, level, addr, at);
}

/* Writing: p?d_alloc(), put_pte_at(), split_huge_pmd(). */

static int new_table(struct mm_struct *mm, int level, unsigned long addr, uint64_t *pa)
{
	struct ram *ram = ram_of(mm);
	int err;

	if (!ram->memory.alloc)
		return say(mm, PAGEWALK_READ_ONLY, addr, level, 0, -EROFS);
	err = ram_new(ram, page_size(mm), pa);
	return err ? say(mm, PAGEWALK_NO_MEMORY, addr, level, 0, err) : 0;
}

static uint64_t table_desc(const struct mm_struct *mm, uint64_t pa)
{
	uint64_t desc = from_phys(mm, pa) | 3 | (mm == naive_init_mm ? BIT(60) : BIT(59));

	return mm->behaviours & PAGEWALK_TABLES_WITHOUT_AF ? desc : desc | BIT(10);
}

static int populate(struct walker *w, int level, unsigned long addr, struct place *at)
{
	struct mm_struct *mm = w->walk.mm;
	uint64_t pa;
	int err = new_table(mm, level, addr, &pa);

	if (!err)
		*at->p = table_desc(mm, pa);
	return err;
}

static bool one_folio(const struct mm_struct *mm, unsigned long pfn, unsigned int nr)
{
	struct page *page = mm->pages ? mm->pages->pfn_to_page(mm->pages, pfn) : NULL;
	struct folio *folio;

	if (!page)
		return false;
	folio = (struct folio *)(page->head ? page->head : page);
	return pfn >= folio->page.pfn &&
	       pfn + nr <= folio->page.pfn + (folio->nr_pages ? folio->nr_pages : 1);
}

static void put_pte_at(struct mm_struct *mm, unsigned long addr, const struct place *at,
		       uint64_t pte)
{
	unsigned int nr = mm->geo->cont_ptes;
	unsigned long first = pfn_of(mm, pte, PTE) & ~(nr - 1UL);
	uint64_t *run;

	pte &= ~BIT(52);
	*at->p = pte;
	/* contpte_try_fold(): with the last page of a run */
	if ((addr >> mm->geo->page_shift) % nr != nr - 1 || pfn_of(mm, pte, PTE) % nr != nr - 1)
		return;
	if (!valid(pte) || (pte & BIT(56)) || mm == naive_init_mm || !one_folio(mm, first, nr))
		return;
	run = ram_run(ram_of(mm), at->pa - (nr - 1) * sizeof(uint64_t), nr);
	if (!run)
		return;
	for (unsigned int i = 0; i < nr; i++)
		if (mkold_clean(run[i]) != with_pfn(mm, mkold_clean(pte), first + i))
			return;
	for (unsigned int i = 0; i < nr; i++) {
		if (dirty(run[i]))
			pte = mkdirty(pte);
		if (young(run[i]))
			pte |= BIT(10);
	}
	for (unsigned int i = 0; i < nr; i++)
		run[i] = with_pfn(mm, pte, first + i) | BIT(52);
}

static bool huge_zero(const struct mm_struct *mm, unsigned long pfn)
{
	unsigned long first = mm->pages ? mm->pages->huge_zero_pfn : 0;

	return first && (pfn & ~(BIT(mm->geo->table_bits) - 1)) == first;
}

static void split_present(struct vm_area_struct *vma, uint64_t old, uint64_t *ptes)
{
	const struct mm_struct *mm = vma->vm_mm;
	unsigned long pfn = pfn_of(mm, old, PMD);
	bool zero = huge_zero(mm, pfn);
	uint64_t entry = with_pfn(mm, pgprot_val(vma->vm_page_prot),
				  zero ? mm->pages->zero_pfn : pfn);

	if (zero) {
		entry |= BIT(56);
	} else {
		if (old & BIT(51))
			entry = mkwrite(entry);
		if (!young(old))
			entry &= ~BIT(10);
		if (dirty(old))
			entry = mkdirty(entry);
	}
	if (old & BIT(58))
		entry = wrprotect(entry | BIT(58));
	entry &= ~BIT(52);
	if (!zero && (valid(entry) || (mm->behaviours & PAGEWALK_CONT_ON_INVALID))) {
		entry |= BIT(52);
		if (mm->behaviours & PAGEWALK_CONT_SETS_TYPE)
			entry |= 3;
	}
	for (unsigned int i = 0; i < BIT(mm->geo->table_bits); i++)
		ptes[i] = zero ? entry : with_pfn(mm, entry, pfn + i);
}

/* Of a migration or device private entry: type, offset and the mark of userfaultfd are kept. */
static void split_softleaf(const struct mm_struct *mm, uint64_t old, uint64_t *ptes)
{
	uint64_t type = old >> 6 & 31, at = old >> 12 & (BIT(50) - 1);

	for (unsigned int i = 0; i < BIT(mm->geo->table_bits); i++) {
		ptes[i] = (type << 6 | (at + i) << 12 | (old & BIT(3))) & ~BIT(52);
		/* the offset ends below bit 62 */
		ptes[i] &= BIT(62) - 1;
	}
}

static int split_huge(struct vm_area_struct *vma, uint64_t *pmd, unsigned long addr)
{
	struct mm_struct *mm = vma->vm_mm;
	struct ram *ram = ram_of(mm);
	uint64_t old = *pmd, pa, *ptes;
	int err;

	if (!trans_huge(old) && !is_migration(mm, old) &&
	    !(is_device_private(mm, old) && !(mm->behaviours & PAGEWALK_KEEPS_DEVICE_PRIVATE)))
		return 0;
	if (!ram->memory.alloc)
		return say(mm, PAGEWALK_READ_ONLY, addr, PMD, old, -EROFS);
	if (vma->vm_ops) {
		*pmd = 0;
		return 0;
	}
	err = new_table(mm, PMD, addr, &pa);
	if (err)
		return err;
	ptes = ram_at(ram, pa);
	if (present(old))
		split_present(vma, old, ptes);
	else
		split_softleaf(mm, old, ptes);
	*pmd = table_desc(mm, pa);
	return 0;
}

/* mm/pagewalk.c: the levels. */

static int walk_pte_range_inner(struct walker *w, struct place *at, unsigned long addr,
				unsigned long end)
{
	const struct mm_walk_ops *ops = w->walk.ops;
	unsigned long size = page_size(w->walk.mm);
	int err = 0;

	for (;;) {
		if (ops->install_pte && !*at->p) {
			pte_t new = { 0 };

			err = ops->install_pte(addr, addr + size, &new, &w->walk);
			if (err)
				break;
			put_pte_at(w->walk.mm, addr, at, new.pte);
		} else if (ops->pte_entry) {
			err = ops->pte_entry((pte_t *)at->p, addr, addr + size, &w->walk);
			if (err)
				break;
		}
		/* of the very first page of all the kernel does not find the end */
		if (end < size || addr >= end - size)
			break;
		addr += size;
		err = advance(w, PTE, addr, at);
		if (err)
			break;
	}
	return err;
}

static int walk_pte_range(struct walker *w, struct place *pmd, unsigned long addr,
			  unsigned long end, bool *cleared)
{
	struct mm_struct *mm = w->walk.mm;
	uint64_t desc = *pmd->p;
	struct place pte;
	int err;

	if (table(desc)) {
		err = offset(w, PTE, pmd, addr, &pte);
		return err ? err : walk_pte_range_inner(w, &pte, addr, end);
	}
	/* pte_offset_map(): what is bad is cleared there */
	if (present(desc) ? !trans_huge(desc) :
			    desc && (mm->behaviours & PAGEWALK_CLEARS_SWAP_PMD) &&
				    !is_migration(mm, desc)) {
		say(mm, PAGEWALK_BAD_ENTRY, addr, PMD, desc, 0);
		*cleared = true;
	}
	w->walk.action = ACTION_AGAIN;
	return 0;
}

static int hole(struct walker *w, unsigned long addr, unsigned long next, int depth)
{
	const struct mm_walk_ops *ops = w->walk.ops;

	if (depth >= 0)
		depth = real_depth(w->walk.mm, depth);
	return ops->pte_hole ? ops->pte_hole(addr, next, depth, &w->walk) : 0;
}

static int walk_pmd_range(struct walker *w, struct place *pud, unsigned long addr,
			  unsigned long end)
{
	struct mm_struct *mm = w->walk.mm;
	const struct mm_walk_ops *ops = w->walk.ops;
	bool late = mm->behaviours & PAGEWALK_HOLE_SEES_OLD_ACTION;
	unsigned long next;
	struct place pmd;
	int err;

	if (!folded(mm, PUD) && (!present(*pud->p) || leaf(*pud->p))) {
		/* without the check the kernel takes it for a table */
		if (mm->behaviours & PAGEWALK_PUD_NONE_RECHECK)
			return say(mm, PAGEWALK_NO_TABLE, addr, PUD, *pud->p, -EUCLEAN);
		w->walk.action = ACTION_AGAIN;
		return 0;
	}
	err = offset(w, PMD, pud, addr, &pmd);
	while (!err) {
		bool cleared = false;

again:
		if (!late)
			w->walk.action = ACTION_SUBTREE;
		next = addr_end(mm, PMD, addr, end);
		if (!*pmd.p || cleared) {
			err = ops->install_pte ? populate(w, PMD, addr, &pmd) :
						 hole(w, addr, next, 3);
			if (err)
				break;
			cleared = false;
			if (!ops->install_pte)
				goto next;
		}
		w->walk.action = ACTION_SUBTREE;
		if (ops->pmd_entry)
			err = ops->pmd_entry((pmd_t *)pmd.p, addr, next, &w->walk);
		if (err)
			break;
		if (w->walk.action == ACTION_AGAIN) {
			if (endless(w, PMD, addr, pmd.p))
				return -ELOOP;
			goto again;
		}
		if (w->walk.action == ACTION_CONTINUE)
			goto next;
		if (!ops->pte_entry &&
		    (!ops->install_pte || (present(*pmd.p) && trans_huge(*pmd.p))))
			goto next;
		if (w->walk.vma) {
			err = split_huge(w->walk.vma, pmd.p, addr);
			if (err)
				break;
		} else if (leaf(*pmd.p) || !present(*pmd.p)) {
			goto next;
		}
		err = walk_pte_range(w, &pmd, addr, next, &cleared);
		if (err)
			break;
		if (w->walk.action == ACTION_AGAIN) {
			if (endless(w, PMD, addr, pmd.p))
				return -ELOOP;
			goto again;
		}
next:
		addr = next;
		if (addr == end)
			break;
		err = advance(w, PMD, addr, &pmd);
	}
	return err;
}

static int walk_pud_range(struct walker *w, struct place *p4d, unsigned long addr,
			  unsigned long end)
{
	struct mm_struct *mm = w->walk.mm;
	const struct mm_walk_ops *ops = w->walk.ops;
	bool late = mm->behaviours & PAGEWALK_HOLE_SEES_OLD_ACTION;
	unsigned long next;
	struct place pud;
	int err = offset(w, PUD, p4d, addr, &pud);

	while (!err) {
again:
		if (!late)
			w->walk.action = ACTION_SUBTREE;
		next = addr_end(mm, PUD, addr, end);
		if (!folded(mm, PUD) && !*pud.p) {
			err = ops->install_pte ? populate(w, PUD, addr, &pud) :
						 hole(w, addr, next, 2);
			if (err)
				break;
			if (!ops->install_pte)
				goto next;
		}
		w->walk.action = ACTION_SUBTREE;
		if (ops->pud_entry)
			err = ops->pud_entry((pud_t *)pud.p, addr, next, &w->walk);
		if (err)
			break;
		if (w->walk.action == ACTION_AGAIN) {
			if (endless(w, PUD, addr, pud.p))
				return -ELOOP;
			goto again;
		}
		if (w->walk.action == ACTION_CONTINUE)
			goto next;
		if (!ops->pmd_entry && !ops->pte_entry && !ops->install_pte)
			goto next;
		if (!w->walk.vma && !folded(mm, PUD) && (leaf(*pud.p) || !present(*pud.p))) {
			if (leaf(*pud.p) && mm->geo->page_shift != 12)
				say(mm, PAGEWALK_ILLEGAL_BLOCK, addr, PUD, *pud.p, 0);
			goto next;
		}
		if ((mm->behaviours & PAGEWALK_PUD_NONE_RECHECK) && !folded(mm, PUD) && !*pud.p) {
			if (endless(w, PUD, addr, pud.p))
				return -ELOOP;
			goto again;
		}
		err = walk_pmd_range(w, &pud, addr, next);
		if (err)
			break;
		if (w->walk.action == ACTION_AGAIN &&
		    !(mm->behaviours & PAGEWALK_PUD_NONE_RECHECK)) {
			if (endless(w, PUD, addr, pud.p))
				return -ELOOP;
			goto again;
		}
next:
		addr = next;
		if (addr == end)
			break;
		/* folded, it is the p4d's one and only */
		err = advance(w, PUD, addr, &pud);
	}
	return err;
}

/* p4d_none_or_clear_bad(), pgd_none_or_clear_bad(); what is bad stays, here. */
static bool none_or_bad(struct mm_struct *mm, int level, unsigned long addr, uint64_t desc)
{
	if (folded(mm, level))
		return false;
	if (!desc)
		return true;
	if (mm->behaviours & PAGEWALK_BAD_BY_TABLE_BIT ? desc & 2 : table(desc))
		return false;
	say(mm, PAGEWALK_BAD_ENTRY, addr, level, desc, 0);
	return true;
}

static int no_table(struct walker *w, int level, unsigned long addr, const struct place *at)
{
	if (folded(w->walk.mm, level) || table(*at->p))
		return 0;
	return say(w->walk.mm, PAGEWALK_NO_TABLE, addr, level, *at->p, -EUCLEAN);
}

static int walk_p4d_range(struct walker *w, struct place *pgd, unsigned long addr,
			  unsigned long end)
{
	struct mm_struct *mm = w->walk.mm;
	const struct mm_walk_ops *ops = w->walk.ops;
	unsigned long next;
	struct place p4d;
	int err = offset(w, P4D, pgd, addr, &p4d);

	while (!err) {
		next = addr_end(mm, P4D, addr, end);
		if (none_or_bad(mm, P4D, addr, *p4d.p)) {
			err = ops->install_pte ? populate(w, P4D, addr, &p4d) :
						 hole(w, addr, next, 1);
			if (err)
				break;
			if (!ops->install_pte)
				goto next;
		}
		if (ops->p4d_entry)
			err = ops->p4d_entry((p4d_t *)p4d.p, addr, next, &w->walk);
		if (err)
			break;
		if (ops->pud_entry || ops->pmd_entry || ops->pte_entry || ops->install_pte) {
			err = no_table(w, P4D, addr, &p4d);
			if (!err)
				err = walk_pud_range(w, &p4d, addr, next);
		}
		if (err)
			break;
next:
		addr = next;
		if (addr == end)
			break;
		err = advance(w, P4D, addr, &p4d);
	}
	return err;
}

static int walk_pgd_range(struct walker *w, unsigned long addr, unsigned long end)
{
	struct mm_struct *mm = w->walk.mm;
	const struct mm_walk_ops *ops = w->walk.ops;
	unsigned long next;
	struct place pgd;
	int err = offset(w, PGD, NULL, addr, &pgd);

	while (!err) {
		next = addr_end(mm, PGD, addr, end);
		if (none_or_bad(mm, PGD, addr, *pgd.p)) {
			err = ops->install_pte ? populate(w, PGD, addr, &pgd) :
						 hole(w, addr, next, 0);
			if (err)
				break;
			if (!ops->install_pte)
				goto next;
		}
		if (ops->pgd_entry)
			err = ops->pgd_entry((pgd_t *)pgd.p, addr, next, &w->walk);
		if (err)
			break;
		if (ops->p4d_entry || ops->pud_entry || ops->pmd_entry || ops->pte_entry ||
		    ops->install_pte) {
			err = no_table(w, PGD, addr, &pgd);
			if (!err)
				err = walk_p4d_range(w, &pgd, addr, next);
		}
		if (err)
			break;
next:
		addr = next;
		if (addr == end)
			break;
		err = advance(w, PGD, addr, &pgd);
	}
	return err;
}

/* arch/arm64/mm/hugetlbpage.c: huge_pte_offset(). */
static int huge_pte_offset(struct walker *w, unsigned long addr, unsigned long size, uint64_t **pte)
{
	struct mm_struct *mm = w->walk.mm;
	unsigned long pmd_size = size_of(mm, PMD);
	bool cont_pmd = size == pmd_size * mm->geo->cont_pmds;
	struct place pgd, p4d, pud, pmd, at;
	int err;

	*pte = NULL;
	err = offset(w, PGD, NULL, addr, &pgd);
	if (err)
		return err;
	if (!folded(mm, PGD) && !*pgd.p)
		return 0;
	err = no_table(w, PGD, addr, &pgd);
	if (err)
		return err;
	err = offset(w, P4D, &pgd, addr, &p4d);
	if (err)
		return err;
	if (!folded(mm, P4D) && !*p4d.p)
		return 0;
	err = no_table(w, P4D, addr, &p4d);
	if (err)
		return err;
	err = offset(w, PUD, &p4d, addr, &pud);
	if (err)
		return err;
	if (!folded(mm, PUD)) {
		if (size != size_of(mm, PUD) && !*pud.p)
			return 0;
		if (leaf(*pud.p) || !present(*pud.p)) {
			*pte = pud.p;
			return 0;
		}
	}
	if (cont_pmd)
		addr &= ~(size - 1);
	err = offset(w, PMD, &pud, addr, &pmd);
	if (err)
		return err;
	if (size != pmd_size && !cont_pmd && !*pmd.p)
		return 0;
	if (leaf(*pmd.p) || !present(*pmd.p)) {
		*pte = pmd.p;
		return 0;
	}
	if (size != page_size(mm) * mm->geo->cont_ptes)
		return 0;
	err = offset(w, PTE, &pmd, addr & ~(size - 1), &at);
	if (!err)
		*pte = at.p;
	return err;
}

static int walk_hugetlb_range(struct walker *w, unsigned long addr, unsigned long end)
{
	struct vm_area_struct *vma = w->walk.vma;
	unsigned long size = page_size(w->walk.mm) << vma->vm_hstate->order, hmask = ~(size - 1);
	int err = 0;

	vma->hugetlb_lock.count++;
	do {
		unsigned long boundary = (addr & hmask) + size;
		unsigned long next = boundary < end ? boundary : end;
		uint64_t *pte;

		err = huge_pte_offset(w, addr & hmask, size, &pte);
		if (err)
			break;
		if (pte)
			err = w->walk.ops->hugetlb_entry((pte_t *)pte, hmask, addr, next, &w->walk);
		else
			err = hole(w, addr, next, -1);
		if (err)
			break;
		addr = next;
	} while (addr != end);
	vma->hugetlb_lock.count--;
	return err;
}

/* mm/pagewalk.c: areas and locks. */

static int walk_page_test(struct walker *w, unsigned long start, unsigned long end)
{
	const struct mm_walk_ops *ops = w->walk.ops;

	if (ops->test_walk)
		return ops->test_walk(start, end, &w->walk);
	if (w->walk.vma->vm_flags & VM_PFNMAP) {
		int err = 1;

		if (ops->pte_hole)
			err = ops->pte_hole(start, end, -1, &w->walk);
		return err ? err : 1;
	}
	return 0;
}

static int __walk_page_range(struct walker *w, unsigned long start, unsigned long end)
{
	const struct mm_walk_ops *ops = w->walk.ops;
	bool is_hugetlb = w->walk.vma->vm_flags & VM_HUGETLB;
	int err = 0;

	if (ops->install_pte && is_hugetlb)
		return -EINVAL;
	if (ops->pre_vma) {
		err = ops->pre_vma(start, end, &w->walk);
		if (err)
			return err;
	}
	if (is_hugetlb) {
		if (ops->hugetlb_entry)
			err = walk_hugetlb_range(w, start, end);
	} else {
		err = walk_pgd_range(w, start, end);
	}
	if (ops->post_vma)
		ops->post_vma(&w->walk);
	return err;
}

static void want_lock(struct mm_struct *mm, const struct rw_semaphore *lock, bool write,
		      unsigned long addr)
{
	if (write ? lock->count >= 0 : lock->count == 0)
		say(mm, PAGEWALK_WRONG_LOCK, addr, -1, 0, 0);
}

static void lock_mm(struct mm_struct *mm, enum page_walk_lock lock, unsigned long addr)
{
	if (lock != PGWALK_VMA_RDLOCK_VERIFY)
		want_lock(mm, &mm->mmap_lock, lock != PGWALK_RDLOCK, addr);
}

static void lock_vma(struct vm_area_struct *vma, enum page_walk_lock lock)
{
	if (lock == PGWALK_WRLOCK) {
		want_lock(vma->vm_mm, &vma->vm_mm->mmap_lock, true, vma->vm_start);
		vma->vm_lock.count = -1;
	} else if (lock != PGWALK_RDLOCK) {
		want_lock(vma->vm_mm, &vma->vm_lock, lock == PGWALK_WRLOCK_VERIFY, vma->vm_start);
	}
}

static struct vm_area_struct *area_behind(const struct mm_struct *mm, unsigned long addr)
{
	for (size_t i = 0; i < mm->nr_vmas; i++)
		if (mm->vmas[i]->vm_end > addr)
			return mm->vmas[i];
	return NULL;
}

int naive_range_unsafe(struct mm_struct *mm, unsigned long start, unsigned long end,
		       const struct mm_walk_ops *ops, void *private)
{
	struct walker w = { .walk = { .ops = ops, .mm = mm, .private = private } };
	struct vm_area_struct *vma;
	unsigned long next;
	int err = 0;

	if (start >= end || !mm)
		return -EINVAL;
	forget(mm);
	lock_mm(mm, ops->walk_lock, start);
	vma = area_behind(mm, start);
	do {
		if (!vma) {
			w.walk.vma = NULL;
			next = end;
			err = hole(&w, start, next, -1);
		} else if (start < vma->vm_start) {
			w.walk.vma = NULL;
			next = end < vma->vm_start ? end : vma->vm_start;
			err = hole(&w, start, next, -1);
		} else {
			lock_vma(vma, ops->walk_lock);
			w.walk.vma = vma;
			next = end < vma->vm_end ? end : vma->vm_end;
			vma = area_behind(mm, vma->vm_end);
			err = walk_page_test(&w, start, next);
			if (err > 0) {
				err = 0;
				continue;
			}
			if (err < 0)
				break;
			err = __walk_page_range(&w, start, next);
		}
		if (err)
			break;
	} while (start = next, start < end);
	return err;
}

int naive_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		const struct mm_walk_ops *ops, void *private)
{
	if (ops->install_pte)
		return -EINVAL;
	return naive_range_unsafe(mm, start, end, ops, private);
}

static int no_vma(struct mm_struct *mm, unsigned long start, unsigned long end,
		  const struct mm_walk_ops *ops, pgd_t *pgd, void *private)
{
	struct walker w = {
		.walk = { .ops = ops, .mm = mm, .pgd = pgd, .no_vma = true, .private = private },
	};

	if (start >= end || ops->install_pte)
		return -EINVAL;
	return walk_pgd_range(&w, start, end);
}

int naive_kernel_range_lockless(unsigned long start, unsigned long end,
				const struct mm_walk_ops *ops, pgd_t *pgd, void *private)
{
	forget(naive_init_mm);
	return no_vma(naive_init_mm, start, end, ops, pgd, private);
}

int naive_kernel_range(unsigned long start, unsigned long end, const struct mm_walk_ops *ops,
		       pgd_t *pgd, void *private)
{
	struct mm_struct *mm = naive_init_mm;

	forget(mm);
	if ((mm->behaviours & PAGEWALK_KERNEL_RANGE_FIRST) && start >= end)
		return -EINVAL;
	want_lock(mm, &mm->mmap_lock, false, start);
	return no_vma(mm, start, end, ops, pgd, private);
}

int naive_debug_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		      const struct mm_walk_ops *ops, pgd_t *pgd, void *private)
{
	forget(mm);
	if (mm->behaviours & PAGEWALK_DEBUG_DELEGATES) {
		if (mm == naive_init_mm)
			return naive_kernel_range(start, end, ops, pgd, private);
		if (start >= end || ops->install_pte)
			return -EINVAL;
		want_lock(mm, &mm->mmap_lock, true, start);
	} else {
		want_lock(mm, &mm->mmap_lock, true, start);
		if (naive_init_mm)
			want_lock(mm, &naive_init_mm->mmap_lock, true, start);
	}
	return no_vma(mm, start, end, ops, pgd, private);
}

int naive_range_vma_unsafe(struct vm_area_struct *vma, unsigned long start, unsigned long end,
			   const struct mm_walk_ops *ops, void *private)
{
	struct mm_struct *mm = vma->vm_mm;
	struct walker w = { .walk = { .ops = ops, .mm = mm, .vma = vma, .private = private } };

	if (start >= end || !mm)
		return -EINVAL;
	if (start < vma->vm_start || end > vma->vm_end)
		return -EINVAL;
	forget(mm);
	lock_mm(mm, ops->walk_lock, start);
	lock_vma(vma, ops->walk_lock);
	return __walk_page_range(&w, start, end);
}

int naive_range_vma(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		    const struct mm_walk_ops *ops, void *private)
{
	if (ops->install_pte)
		return -EINVAL;
	return naive_range_vma_unsafe(vma, start, end, ops, private);
}

int naive_vma(struct vm_area_struct *vma, const struct mm_walk_ops *ops, void *private)
{
	struct mm_struct *mm = vma->vm_mm;
	struct walker w = { .walk = { .ops = ops, .mm = mm, .vma = vma, .private = private } };

	if (!mm || ops->install_pte)
		return -EINVAL;
	forget(mm);
	lock_mm(mm, ops->walk_lock, vma->vm_start);
	lock_vma(vma, ops->walk_lock);
	return __walk_page_range(&w, vma->vm_start, vma->vm_end);
}

int naive_mapping(struct address_space *mapping, pgoff_t first, pgoff_t nr,
		  const struct mm_walk_ops *ops, void *private)
{
	struct walker w = { .walk = { .ops = ops, .private = private } };
	int err = 0;

	if (ops->install_pte)
		return -EINVAL;
	for (size_t i = 0; i < mapping->nr; i++)
		forget(mapping->i_mmap[i]->vm_mm);
	for (size_t i = 0; i < mapping->nr; i++) {
		struct vm_area_struct *vma = mapping->i_mmap[i];
		unsigned int shift = vma->vm_mm->geo->page_shift;
		pgoff_t vba = vma->vm_pgoff, vea = vba + ((vma->vm_end - vma->vm_start) >> shift);
		pgoff_t cba = first > vba ? first : vba;
		pgoff_t cea = first + nr < vea ? first + nr : vea;
		unsigned long start = ((cba - vba) << shift) + vma->vm_start;
		unsigned long end = ((cea - vba) << shift) + vma->vm_start;

		/* what the interval tree leaves out */
		if (vba > first + nr - 1 || vea - 1 < first)
			continue;
		if (start >= end)
			continue;
		w.walk.vma = vma;
		w.walk.mm = vma->vm_mm;
		want_lock(vma->vm_mm, &mapping->i_mmap_rwsem, false, start);
		err = walk_page_test(&w, vma->vm_start, vma->vm_end);
		if (err > 0) {
			err = 0;
			break;
		}
		if (err < 0)
			break;
		err = __walk_page_range(&w, start, end);
		if (err)
			break;
	}
	return err;
}

/* folio_walk_start(), and vm_normal_page() and its kind of mm/memory.c. */

static struct page *page_of(const struct mm_struct *mm, unsigned long pfn)
{
	return mm->pages ? mm->pages->pfn_to_page(mm->pages, pfn) : NULL;
}

static bool zero_pfn(const struct mm_struct *mm, unsigned long pfn)
{
	return mm->pages && mm->pages->zero_pfn && pfn == mm->pages->zero_pfn;
}

/* 0: go by the rest, 1: it is not a normal page. */
static int not_normal_by_area(const struct vm_area_struct *vma, unsigned long addr,
			      unsigned long pfn)
{
	const struct mm_struct *mm = vma->vm_mm;

	if (vma->vm_flags & VM_MIXEDMAP)
		return !page_of(mm, pfn);
	if (vma->vm_flags & VM_PFNMAP) {
		unsigned long index = vma->vm_pgoff +
				      ((addr - vma->vm_start) >> mm->geo->page_shift);

		if (pfn == index)
			return 1;
		/* is_cow_mapping() */
		if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) != VM_MAYWRITE)
			return 1;
	}
	return 0;
}

static struct page *normal_page(struct vm_area_struct *vma, unsigned long addr, uint64_t desc,
				int level)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long pfn = pfn_of(mm, desc, level);
	bool by_bit = level != PUD, old_pmd = false, special = desc & BIT(56);
	struct page *page;

	if (level == PMD && (mm->behaviours & PAGEWALK_PMD_BY_AREA)) {
		if (special)
			return NULL;
		by_bit = false;
		old_pmd = true;
	}
	if (by_bit && special) {
		if (vma->vm_ops && vma->vm_ops->find_normal_page)
			return vma->vm_ops->find_normal_page(vma, addr);
		if (vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP))
			return NULL;
		if (zero_pfn(mm, pfn) || huge_zero(mm, pfn))
			return NULL;
		if ((mm->behaviours & PAGEWALK_PMD_BY_AREA) && (desc & BIT(57)))
			return NULL;
		say(mm, PAGEWALK_BAD_PAGE, addr, level, desc, 0);
		return NULL;
	}
	if (!by_bit) {
		if (not_normal_by_area(vma, addr, pfn))
			return NULL;
		/* then a mixed mapping's page was taken at once */
		if (old_pmd && (vma->vm_flags & VM_MIXEDMAP))
			return page_of(mm, pfn);
		if (old_pmd ? desc & BIT(57) : zero_pfn(mm, pfn))
			return NULL;
		if (huge_zero(mm, pfn))
			return NULL;
	}
	page = page_of(mm, pfn);
	/* the old one for pmds did not say so */
	if (!page && !old_pmd)
		say(mm, PAGEWALK_BAD_PAGE, addr, level, desc, 0);
	return page;
}

static uint64_t ptep_get_run(const struct mm_struct *mm, const struct place *at, unsigned long addr)
{
	unsigned int nr = mm->geo->cont_ptes;
	uint64_t pte = *at->p;
	const uint64_t *run;

	if (!valid(pte) || !(pte & BIT(52)))
		return pte;
	run = ram_run(ram_of(mm), at->pa - (addr >> mm->geo->page_shift) % nr * sizeof(uint64_t),
		      nr);
	for (unsigned int i = 0; run && i < nr; i++) {
		if (dirty(run[i]))
			pte = mkdirty(pte);
		if (young(run[i]))
			pte |= BIT(10);
	}
	return pte;
}

static unsigned long migration_pfn(const struct mm_struct *mm, uint64_t desc)
{
	bool wide = lpa2(mm) || (mm->geo->page_shift == 16 && mm->geo->va_bits_config == 52);
	unsigned int bits = (wide ? 52 : 48) - mm->geo->page_shift;

	return desc >> 12 & (BIT(bits) - 1);
}

struct folio *naive_folio_walk(struct folio_walk *fw, struct vm_area_struct *vma,
			       unsigned long addr, folio_walk_flags_t flags)
{
	struct mm_struct *mm = vma->vm_mm;
	struct walker w = { .walk = { .mm = mm, .vma = vma } };
	bool migrating = (mm->behaviours & PAGEWALK_FOLIO_MIGRATION) && (flags & FW_MIGRATION);
	struct place pgd, p4d, pud, pmd, pte;
	struct page *page = NULL;
	bool hidden = false;
	uint64_t desc;
	int level;

	forget(mm);
	want_lock(mm, &mm->mmap_lock, false, addr);
	if (vma->vm_flags & VM_HUGETLB)
		vma->hugetlb_lock.count++;
	if (addr < vma->vm_start || addr >= vma->vm_end) {
		say(mm, PAGEWALK_OUTSIDE_VMA, addr, -1, 0, 0);
		goto not_found;
	}
	if (offset(&w, PGD, NULL, addr, &pgd) || none_or_bad(mm, PGD, addr, *pgd.p) ||
	    no_table(&w, PGD, addr, &pgd))
		goto not_found;
	if (offset(&w, P4D, &pgd, addr, &p4d) || none_or_bad(mm, P4D, addr, *p4d.p) ||
	    no_table(&w, P4D, addr, &p4d))
		goto not_found;
	if (offset(&w, PUD, &p4d, addr, &pud))
		goto not_found;
	if (!folded(mm, PUD)) {
		desc = *pud.p;
		if (!desc)
			goto not_found;
		if (!table(desc)) {
			level = PUD;
			fw->level = FW_LEVEL_PUD;
			fw->pudp = (pud_t *)pud.p;
			fw->pud = __pud(desc);
			if (present(desc))
				page = mm->behaviours & PAGEWALK_FOLIO_PLAIN_PUD ?
					       page_of(mm, pfn_of(mm, desc, PUD)) :
					       normal_page(vma, addr, desc, PUD);
			goto looked;
		}
	}
	if (offset(&w, PMD, &pud, addr, &pmd) || !*pmd.p)
		goto not_found;
	desc = *pmd.p;
	if (!table(desc)) {
		level = PMD;
		fw->level = FW_LEVEL_PMD;
		fw->pmdp = (pmd_t *)pmd.p;
		fw->pmd = __pmd(desc);
		if (present(desc)) {
			page = normal_page(vma, addr, desc, PMD);
			if (!page && (flags & FW_ZEROPAGE) &&
			    huge_zero(mm, pfn_of(mm, desc, PMD))) {
				page = page_of(mm, pfn_of(mm, desc, PMD));
				hidden = true;
			}
		} else if (migrating && is_migration(mm, desc)) {
			page = page_of(mm, migration_pfn(mm, desc));
			hidden = true;
		}
		goto looked;
	}
	if (offset(&w, PTE, &pmd, addr, &pte))
		goto not_found;
	level = PTE;
	desc = ptep_get_run(mm, &pte, addr);
	fw->level = FW_LEVEL_PTE;
	fw->ptep = (pte_t *)pte.p;
	fw->pte = __pte(desc);
	if (present(desc)) {
		page = normal_page(vma, addr, desc, PTE);
		if (!page && (flags & FW_ZEROPAGE) && zero_pfn(mm, pfn_of(mm, desc, PTE))) {
			page = page_of(mm, pfn_of(mm, desc, PTE));
			hidden = true;
		}
	} else if (migrating && is_migration(mm, desc)) {
		page = page_of(mm, migration_pfn(mm, desc));
		hidden = true;
	}
looked:
	if (page) {
		fw->page = hidden ? NULL :
				    page + ((addr & (size_of(mm, level) - 1)) >>
					    mm->geo->page_shift);
		fw->ptl = &mm->page_table_lock;
		mm->page_table_lock.locked++;
		return (struct folio *)(page->head ? page->head : page);
	}
not_found:
	if (vma->vm_flags & VM_HUGETLB)
		vma->hugetlb_lock.count--;
	return NULL;
}

pte_t *naive_hugetlb_walk(struct vm_area_struct *vma, unsigned long addr, unsigned long size)
{
	struct walker w = { .walk = { .mm = vma->vm_mm, .vma = vma } };
	uint64_t *pte;

	return huge_pte_offset(&w, addr, size, &pte) ? NULL : (pte_t *)pte;
}

int naive_split(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr)
{
	return split_huge(vma, &pmd->pmd, addr);
}
