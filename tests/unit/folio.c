// SPDX-License-Identifier: GPL-2.0-only
/* From an address to its folio: folio_walk_start() and vm_normal_page(). */
#include <string.h>

#include "space.h"
#include "test.h"

#define VALID (PTE_TYPE_PAGE | PTE_AF | PTE_USER)
#define BLOCK (PTE_VALID | PTE_AF | PTE_USER)

static const struct {
	unsigned int page_shift, va_bits;
} shapes[] = { { 12, 48 }, { 12, 52 }, { 14, 47 }, { 16, 48 } };

/* An area of two entries of the level, at the second of which there is one. */
struct place {
	struct space space;
	struct vm_area_struct *vma;
	unsigned long addr, size;
	uint64_t *entry;
};

static void make(struct place *place, unsigned int shape, int level)
{
	struct space *space = &place->space;

	space_init(space, shapes[shape].page_shift, shapes[shape].va_bits, shapes[shape].va_bits);
	place->size = geometry_size(&space->geo, level);
	place->addr = place->size * 5;
	place->vma = space_vma(space, place->addr - place->size, place->addr + place->size, 0);
	place->entry = space_entry(space, level, place->addr);
}

static struct folio *look(struct place *place, unsigned long addr, folio_walk_flags_t flags,
			  struct folio_walk *fw)
{
	struct folio *folio;

	memset(fw, 0x5a, sizeof(*fw));
	space_restart(&place->space);
	folio = folio_walk_start(fw, place->vma, addr, flags);
	EXPECT_EQ(place->space.mm.page_table_lock.locked, !!folio);
	EXPECT(!pagewalk_mm);
	if (folio)
		folio_walk_end(fw, place->vma);
	EXPECT_EQ(place->space.mm.page_table_lock.locked, 0);
	EXPECT_EQ(place->vma->hugetlb_lock.count, 0);
	return folio;
}

/* With an entry whose low bits say nothing of the page: those of a block are aligned. */
TEST(folios_of_each_level)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(shapes); i++) {
		for (int level = 0; level < 3; level++) {
			/* blocks of the pud are the 4K geometries' */
			if (level == 2 && shapes[i].page_shift != 12)
				continue;
			struct place p;
			struct folio_walk fw;
			unsigned long page, offset;

			test_case("%u/%u level %d", shapes[i].page_shift, shapes[i].va_bits, level);
			make(&p, i, level);
			page = geometry_page_size(&p.space.geo);
			*p.entry = space_desc(&p.space, level ? 0 : 77, level ? BLOCK : VALID);
			/* a page frame number that a block of the pud may have */
			if (level == 2)
				*p.entry = SPACE_PFN << 12 | BLOCK;
			offset = level ? 3 : 0;
			EXPECT_EQ((uintptr_t)look(&p, p.addr + offset * page + 8, 0, &fw),
				  (uintptr_t)p.space.folio);
			EXPECT_EQ(fw.level, level);
			EXPECT_EQ((uintptr_t)fw.ptep, (uintptr_t)p.entry);
			EXPECT_EQ(pte_val(fw.pte), *p.entry);
			EXPECT_EQ((uintptr_t)fw.page,
				  (uintptr_t)&p.space.pages[(level ? 0 : 77) + offset]);
			EXPECT_EQ(folio_page_idx(p.space.folio, fw.page),
				  (level ? 0 : 77) + offset);
			EXPECT_EQ(p.space.reports, 0);
			/* the entry before is empty */
			EXPECT(!look(&p, p.addr - 1, 0, &fw));
			/* present to software alone */
			*p.entry = (*p.entry & ~(PTE_VALID | (level ? PTE_TABLE_BIT : 0))) |
				   PTE_PRESENT_INVALID;
			EXPECT(look(&p, p.addr, 0, &fw));
			/* outside */
			EXPECT(!look(&p, p.vma->vm_end, 0, &fw));
			EXPECT_EQ(p.space.mm.fault.kind, PAGEWALK_OUTSIDE_VMA);
			EXPECT_EQ(p.space.mm.fault.level, -1);
			EXPECT(!look(&p, p.vma->vm_start - 1, 0, &fw));
			EXPECT_EQ(p.space.mm.fault.kind, PAGEWALK_OUTSIDE_VMA);
			/* without the lock it is looked for all the same */
			p.space.mm.mmap_lock.count = 0;
			EXPECT(look(&p, p.addr, 0, &fw));
			EXPECT_EQ(p.space.mm.fault.kind, PAGEWALK_WRONG_LOCK);
			p.space.mm.mmap_lock.count = 1;
			/* a page frame that has no page */
			*p.entry = (*p.entry & 0xfff) | 3UL << 40 | (level ? PTE_VALID : VALID);
			EXPECT(!look(&p, p.addr, 0, &fw));
			EXPECT_EQ(p.space.mm.fault.kind, PAGEWALK_BAD_PAGE);
			EXPECT_EQ(p.space.mm.fault.level, level);
			EXPECT_EQ(p.space.mm.fault.entry, *p.entry);
			EXPECT_EQ(p.space.mm.fault.addr, p.addr);
			/* the walk has told what it saw although there is no folio */
			EXPECT_EQ(pte_val(fw.pte), *p.entry);
			space_release(&p.space);
		}
	}
}

/* In a hugetlb area the lock of its tables is held for as long. */
TEST(the_hugetlb_lock)
{
	struct folio_walk fw;
	struct space space;
	struct vm_area_struct *vma;

	space_init(&space, 12, 48, 48);
	vma = space_huge(&space, 0x200000, 0x400000, 0x200000);
	*space_entry(&space, 1, 0x200000) = space_desc(&space, 0, BLOCK);
	EXPECT(folio_walk_start(&fw, vma, 0x201000, 0));
	EXPECT_EQ(vma->hugetlb_lock.count, 1);
	folio_walk_end(&fw, vma);
	EXPECT_EQ(vma->hugetlb_lock.count, 0);
	*space_entry(&space, 1, 0x200000) = 0;
	EXPECT(!folio_walk_start(&fw, vma, 0x201000, 0));
	EXPECT_EQ(vma->hugetlb_lock.count, 0);
	space_release(&space);
}

TEST(zero_pages)
{
	struct folio_walk fw;
	struct place p;

	make(&p, 0, 0);
	*p.entry = space_desc(&p.space, 1, VALID | PTE_SPECIAL);
	EXPECT(!look(&p, p.addr, 0, &fw));
	EXPECT_EQ(p.space.reports, 0);
	EXPECT(look(&p, p.addr, FW_ZEROPAGE, &fw));
	EXPECT(!fw.page);
	space_release(&p.space);

	make(&p, 0, 1);
	*p.entry = space_desc(&p.space, 512, BLOCK | PTE_SPECIAL);
	/* a special one that is no zero page says that it is one */
	EXPECT(!look(&p, p.addr, FW_ZEROPAGE, &fw));
	EXPECT_EQ(p.space.mm.fault.kind, PAGEWALK_BAD_PAGE);
	p.space.model.huge_zero_pfn = SPACE_PFN + 512;
	EXPECT(!look(&p, p.addr, 0, &fw));
	EXPECT_EQ(p.space.reports, 0);
	EXPECT(look(&p, p.addr + 0x5000, FW_ZEROPAGE, &fw));
	EXPECT(!fw.page);
	EXPECT_EQ(fw.level, FW_LEVEL_PMD);
	space_release(&p.space);
}

TEST(migration_entries)
{
	static const struct {
		unsigned int max_swapfiles, type;
		bool migrates;
	} cases[] = {
		{ 0, 24, false },  { 0, 25, true },  { 0, 26, true },  { 0, 27, true },
		{ 0, 28, false },  { 0, 31, false }, { 23, 24, true }, { 23, 26, true },
		{ 23, 27, false }, { 27, 28, true }, { 27, 30, true }, { 27, 31, false },
		{ 27, 27, false }, { 0, 3, false },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		for (int level = 0; level < 3; level++) {
			struct folio_walk fw;
			struct place p;

			test_case("first %u type %u level %d", cases[i].max_swapfiles,
				  cases[i].type, level);
			make(&p, 0, level);
			p.space.mm.max_swapfiles = cases[i].max_swapfiles;
			/* with the page's age above its number */
			*p.entry = cases[i].type << 6 | (SPACE_PFN + 5) << 12 | 1UL << 48;
			EXPECT(!look(&p, p.addr, FW_MIGRATION, &fw));
			p.space.mm.behaviours = PAGEWALK_FOLIO_MIGRATION;
			EXPECT(!look(&p, p.addr, FW_ZEROPAGE, &fw));
			EXPECT_EQ(!!look(&p, p.addr, FW_MIGRATION, &fw),
				  cases[i].migrates && level < 2);
			EXPECT_EQ(p.space.reports, 0);
			if (cases[i].migrates && level < 2)
				EXPECT(!fw.page);
			space_release(&p.space);
		}
}

static struct page hooked;

static struct page *find_page(struct vm_area_struct *vma, unsigned long addr)
{
	(void)vma, (void)addr;
	return &hooked;
}

static const struct vm_operations_struct hook_ops = { .find_normal_page = find_page };

TEST(special_pages)
{
	for (int level = 0; level < 2; level++) {
		struct folio_walk fw;
		struct place p;

		test_case("level %d", level);
		make(&p, 0, level);
		*p.entry = space_desc(&p.space, 512, (level ? BLOCK : VALID) | PTE_SPECIAL);
		p.vma->vm_flags = VM_PFNMAP;
		EXPECT(!look(&p, p.addr, 0, &fw));
		EXPECT_EQ(p.space.reports, 0);
		p.vma->vm_flags = VM_MIXEDMAP;
		EXPECT(!look(&p, p.addr, 0, &fw));
		EXPECT_EQ(p.space.reports, 0);
		p.vma->vm_ops = &hook_ops;
		EXPECT_EQ((uintptr_t)look(&p, p.addr, 0, &fw), (uintptr_t)&hooked);
		EXPECT_EQ((uintptr_t)fw.page, (uintptr_t)&hooked);
		p.vma->vm_ops = NULL;
		/* what is not special has a page, whatever the area is */
		*p.entry &= ~PTE_SPECIAL;
		p.vma->vm_flags = VM_PFNMAP;
		EXPECT(look(&p, p.addr, 0, &fw));
		p.vma->vm_flags = 0;
		*p.entry |= PTE_SPECIAL;
		EXPECT(!look(&p, p.addr, 0, &fw));
		EXPECT_EQ(p.space.mm.fault.kind, PAGEWALK_BAD_PAGE);
		space_release(&p.space);
	}
}

/* Before af38538801c6 a pmd went by the area; a pud does to this day. */
TEST(pages_by_area)
{
	static const struct {
		vm_flags_t flags;
		unsigned long pgoff; /* of the entry's first page */
		uint64_t bits;
		bool page, pmd, pud; /* is there one in the model; a folio */
	} cases[] = {
		{ 0, 0, 0, true, true, true },
		{ VM_PFNMAP, 0, 0, true, false, false },
		{ VM_PFNMAP | VM_MAYWRITE, 0, 0, true, true, true },
		{ VM_PFNMAP | VM_MAYWRITE, SPACE_PFN, 0, true, false, false },
		{ VM_PFNMAP | VM_MAYWRITE | VM_SHARED, 0, 0, true, false, false },
		{ VM_MIXEDMAP, 0, 0, true, true, true },
		{ VM_MIXEDMAP, 0, 0, false, false, false },
		{ 0, 0, PTE_SPECIAL, true, false, true },
		{ 0, 0, PTE_DEVMAP, true, false, true },
		{ VM_MIXEDMAP, 0, PTE_DEVMAP, true, true, true },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		for (int level = 1; level < 3; level++) {
			struct folio_walk fw;
			struct place p;

			test_case("case %u level %d", i, level);
			make(&p, 0, level);
			p.space.mm.behaviours = PAGEWALK_PMD_BY_AREA;
			*p.entry = (cases[i].page ? SPACE_PFN << 12 : 3UL << 40) | BLOCK |
				   cases[i].bits;
			p.vma->vm_flags = cases[i].flags;
			/* the area begins an entry earlier */
			p.vma->vm_pgoff = cases[i].pgoff ? cases[i].pgoff - (p.size >> 12) : 7;
			EXPECT_EQ(!!look(&p, p.addr, 0, &fw),
				  level == 1 ? cases[i].pmd : cases[i].pud);
			EXPECT_EQ(p.space.reports, 0);
			if (level == 2 && cases[i].page) {
				p.space.mm.behaviours = PAGEWALK_FOLIO_PLAIN_PUD;
				EXPECT(look(&p, p.addr, 0, &fw));
			}
			space_release(&p.space);
		}
}

/* Of pmds without a page nothing was said then, and a mixed mapping's zero page was a page. */
TEST(pmds_that_nothing_is_said_of)
{
	struct folio_walk fw;
	struct place p;

	make(&p, 0, 1);
	*p.entry = 3UL << 40 | BLOCK;
	EXPECT(!look(&p, p.addr, 0, &fw));
	EXPECT_EQ(p.space.reports, 1);
	p.space.mm.behaviours = PAGEWALK_PMD_BY_AREA;
	EXPECT(!look(&p, p.addr, 0, &fw));
	EXPECT_EQ(p.space.reports, 0);
	*p.entry = space_desc(&p.space, 512, BLOCK);
	p.space.model.huge_zero_pfn = SPACE_PFN + 512;
	EXPECT(!look(&p, p.addr, 0, &fw));
	p.vma->vm_flags = VM_MIXEDMAP;
	EXPECT(look(&p, p.addr, 0, &fw));
	space_release(&p.space);
}

/* ptep_get(): each entry of a run is young or dirty if one is. */
TEST(runs_are_gathered)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(shapes); i++) {
		for (unsigned int bits = 0; bits < 4; bits++) {
			struct folio_walk fw;
			struct place p;
			uint64_t plain, want;
			unsigned int nr;

			test_case("%u/%u bits %u", shapes[i].page_shift, shapes[i].va_bits, bits);
			make(&p, i, 1);
			p.entry = space_entry(&p.space, 0, p.addr);
			nr = p.space.geo.cont_ptes;
			plain = (VALID & ~PTE_AF) | PTE_RDONLY | PTE_CONT;
			for (unsigned int n = 0; n < nr; n++)
				p.entry[n] = space_desc(&p.space, n, plain);
			/* beside the run: not of it */
			p.entry[nr] = space_desc(&p.space, nr, plain | PTE_AF | PTE_DIRTY);
			p.entry[nr - 1] |= bits & 1 ? PTE_AF : 0;
			p.entry[nr / 2] |= bits & 2 ? PTE_DIRTY : 0;
			want = p.entry[1] | (bits & 1 ? PTE_AF : 0) | (bits & 2 ? PTE_DIRTY : 0);
			EXPECT(look(&p, p.addr + geometry_page_size(&p.space.geo), 0, &fw));
			EXPECT_EQ(pte_val(fw.pte), want);
			EXPECT_EQ((uintptr_t)fw.ptep, (uintptr_t)&p.entry[1]);
			/* an invalid one is by itself */
			p.entry[1] = (p.entry[1] & ~PTE_VALID) | PTE_PRESENT_INVALID;
			EXPECT(look(&p, p.addr + geometry_page_size(&p.space.geo), 0, &fw));
			EXPECT_EQ(pte_val(fw.pte), p.entry[1]);
			space_release(&p.space);
		}
	}
}

TEST(no_way_down)
{
	struct folio_walk fw;
	struct place p;

	make(&p, 0, 1);
	*space_entry(&p.space, 3, p.addr) = 0x40000001;
	EXPECT(!look(&p, p.addr, 0, &fw));
	EXPECT_EQ(p.space.mm.fault.kind, PAGEWALK_BAD_ENTRY);
	EXPECT_EQ(p.space.mm.fault.level, 3);
	*space_entry(&p.space, 3, p.addr) = 0x77000003;
	EXPECT(!look(&p, p.addr, 0, &fw));
	EXPECT_EQ(p.space.mm.fault.kind, PAGEWALK_NOT_IN_IMAGE);
	EXPECT_EQ(p.space.mm.fault.level, 2);
	*space_entry(&p.space, 3, p.addr) = p.space.mm.root | 3;
	EXPECT(!look(&p, p.addr, 0, &fw));
	EXPECT_EQ(p.space.mm.fault.kind, PAGEWALK_TABLE_LOOP);
	EXPECT_EQ(p.space.mm.fault.level, 3);
	space_release(&p.space);
}

/* By bit 1 alone it is not bad, but it is no table all the same. */
TEST(bad_by_the_table_bit)
{
	struct folio_walk fw;
	struct place p;

	make(&p, 0, 1);
	p.space.mm.behaviours = PAGEWALK_BAD_BY_TABLE_BIT;
	*space_entry(&p.space, 3, p.addr) = 0x40000002;
	EXPECT(!look(&p, p.addr, 0, &fw));
	EXPECT_EQ(p.space.mm.fault.kind, PAGEWALK_NO_TABLE);
	*space_entry(&p.space, 3, p.addr) = 0x40000001;
	EXPECT(!look(&p, p.addr, 0, &fw));
	EXPECT_EQ(p.space.mm.fault.kind, PAGEWALK_BAD_ENTRY);
	space_release(&p.space);
}
