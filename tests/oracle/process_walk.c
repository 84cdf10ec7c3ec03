// SPDX-License-Identifier: GPL-2.0-only
/* One walk as it was asked for: by the kernel's functions or by the library's, which are the same.
 */
#include "process.h"

#ifdef __KERNEL__

#include <linux/hugetlb.h>

#include "pwt_test.h"

/* not exported */
#define walk_page_range		   kc.walk_page_range
#define walk_page_range_vma	   kc.walk_page_range_vma
#define walk_page_vma		   kc.walk_page_vma
#define walk_page_mapping	   kc.walk_page_mapping
#define walk_page_range_debug	   kc.walk_page_range_debug
#define walk_page_range_mm_unsafe  kc.walk_page_range_mm_unsafe
#define walk_page_range_vma_unsafe kc.walk_page_range_vma_unsafe
#define folio_walk_start	   kc.folio_walk_start
#define vma_pgtable_walk_end	   kc.vma_pgtable_walk_end
#define has(function)		   (function)

static struct mm_struct *the_init_mm(void)
{
	return kc.init_mm;
}

#else

#define has(function) true

static struct mm_struct *the_init_mm(void)
{
	return pagewalk_init_mm;
}

#endif

static void walk_folio(struct oracle *o, struct vm_area_struct *vma, unsigned long addr)
{
	struct oracle_record *record = &o->log[o->nr++];
	struct folio_walk fw;
	struct folio *folio = folio_walk_start(&fw, vma, addr, FW_ZEROPAGE);

	memset(record, 0, sizeof(*record));
	record->call = ORACLE_FOLIO;
	record->addr = addr;
	record->vma = vma->vm_start;
	record->where = ORACLE_NOWHERE;
	if (!folio)
		return;
	record->ret = 1;
	record->depth = fw.level;
	record->entry = pte_val(fw.pte);
	record->where = o->where(o, fw.ptep);
	record->pfn = page_to_pfn((struct page *)folio);
	record->target = fw.page ? page_to_pfn(fw.page) : ORACLE_NOWHERE;
	folio_walk_end(&fw, vma);
}

static s64 walk_folios(const struct walk_request *r, struct oracle *o, struct mm_struct *mm)
{
	unsigned long words = (r->end - r->start) / sizeof(u64);

	for (u32 i = 0; i < r->limit && o->nr < o->max; i++) {
		unsigned long addr = r->start + oracle_random(&o->random) % words * sizeof(u64);
		struct vm_area_struct *vma = find_vma(mm, addr);

		if (vma && vma->vm_start <= addr)
			walk_folio(o, vma, addr);
	}
	return 0;
}

s64 oracle_walk(const struct walk_request *r, struct oracle *o, struct mm_struct *mm,
		struct address_space *mapping)
{
	struct vm_area_struct *vma = find_vma(mm, r->start);
	struct mm_walk_ops ops;
	s64 ret;

	oracle_ops(&ops, r->calls);
	ops.walk_lock = r->walk_lock;
	switch (r->kind) {
	case WALK_RANGE:
		return has(walk_page_range) ? walk_page_range(mm, r->start, r->end, &ops, o) :
					      -EOPNOTSUPP;
	case WALK_RANGE_VMA:
		return vma && has(walk_page_range_vma) ?
			       walk_page_range_vma(vma, r->start, r->end, &ops, o) :
			       -EOPNOTSUPP;
	case WALK_VMA:
		return vma && has(walk_page_vma) ? walk_page_vma(vma, &ops, o) : -EOPNOTSUPP;
	case WALK_MAPPING:
		return mapping && has(walk_page_mapping) ?
			       walk_page_mapping(mapping, r->start, r->end, &ops, o) :
			       -EOPNOTSUPP;
	case WALK_DEBUG:
		if (!has(walk_page_range_debug) || !the_init_mm())
			return -EOPNOTSUPP;
		mmap_write_lock(the_init_mm());
		ret = walk_page_range_debug(mm, r->start, r->end, &ops, NULL, o);
		mmap_write_unlock(the_init_mm());
		return ret;
	case WALK_RANGE_UNSAFE:
		return has(walk_page_range_mm_unsafe) ?
			       walk_page_range_mm_unsafe(mm, r->start, r->end, &ops, o) :
			       -EOPNOTSUPP;
	case WALK_VMA_UNSAFE:
		return vma && has(walk_page_range_vma_unsafe) ?
			       walk_page_range_vma_unsafe(vma, r->start, r->end, &ops, o) :
			       -EOPNOTSUPP;
	case WALK_FOLIO:
		return has(folio_walk_start) && has(vma_pgtable_walk_end) ? walk_folios(r, o, mm) :
									    -EOPNOTSUPP;
	}
	return -EINVAL;
}
