// SPDX-License-Identifier: GPL-2.0-only
#include "space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static struct page *model_page(const struct pagewalk_pages *model, unsigned long pfn)
{
	const struct space *space = (const struct space *)((const char *)model -
							   offsetof(struct space, model));

	return pfn - SPACE_PFN < SPACE_PAGES ? &space->pages[pfn - SPACE_PFN] : NULL;
}

static void report(struct mm_struct *mm, const struct pagewalk_fault *fault)
{
	struct space *space = (struct space *)((char *)mm - offsetof(struct space, mm));

	if (!space->reports++)
		space->first = *fault;
	space->last = *fault;
}

void space_init(struct space *space, unsigned int page_shift, unsigned int va_bits,
		unsigned int va_bits_config)
{
	memset(space, 0, sizeof(*space));
	EXPECT_EQ(geometry_init(&space->geo, page_shift, va_bits, va_bits_config), 0);
	ram_init(&space->ram);
	ram_add(&space->ram, 0x10000000, geometry_entries(&space->geo, geometry_top(&space->geo)));
	space->pages = calloc(SPACE_PAGES, sizeof(*space->pages));
	space->folio = calloc(1, sizeof(*space->folio));
	*space->folio = (struct folio){ .page.pfn = SPACE_PFN, .nr_pages = SPACE_PAGES };
	for (unsigned long i = 0; i < SPACE_PAGES; i++)
		space->pages[i] = (struct page){ SPACE_PFN + i, &space->folio->page };
	space->model = (struct pagewalk_pages){ .pfn_to_page = model_page,
						.zero_pfn = SPACE_PFN + 1 };
	space->mm = (struct mm_struct){
		.geo = &space->geo,
		.memory = &space->ram.memory,
		.root = 0x10000000,
		.vmas = space->list,
		.mmap_lock = { 1 },
		.pages = &space->model,
		.report = report,
	};
}

void space_release(struct space *space)
{
	ram_release(&space->ram);
	free(space->pages);
	free(space->folio);
}

void space_restart(struct space *space)
{
	space->calls = space->reports = 0;
	space->story[0] = '\0';
}

void space_writable(struct space *space, unsigned int tables)
{
	ram_allow(&space->ram, 0x90000000, geometry_page_size(&space->geo), tables);
}

uint64_t *space_entry(struct space *space, int level, unsigned long addr)
{
	const struct geometry *geo = &space->geo;
	uint64_t table = space->mm.root;

	for (int at = geometry_top(geo);; at--) {
		uint64_t *entry = ram_at(&space->ram, table + geometry_index(geo, at, addr) * 8);

		if (at == level)
			return entry;
		table = geometry_desc_to_phys(geo, *entry);
		if ((*entry & 3) != 3) {
			table = 0x20000000 + ((uint64_t)space->ram.nr << geo->page_shift);
			*entry = geometry_phys_to_desc(geo, table) | 3;
			ram_add(&space->ram, table, geometry_entries(geo, at - 1));
		}
	}
}

struct vm_area_struct *space_vma(struct space *space, unsigned long start, unsigned long end,
				 vm_flags_t flags)
{
	struct vm_area_struct *vma = &space->vma[space->mm.nr_vmas];

	*vma = (struct vm_area_struct){
		.vm_start = start,
		.vm_end = end,
		.vm_mm = &space->mm,
		.vm_flags = flags,
		.vm_page_prot = { PTE_TYPE_PAGE | PTE_AF | PTE_USER | PTE_RDONLY },
	};
	space->list[space->mm.nr_vmas++] = vma;
	return vma;
}

struct vm_area_struct *space_huge(struct space *space, unsigned long start, unsigned long end,
				  unsigned long size)
{
	struct hstate *h = &space->hstate[space->mm.nr_vmas];
	struct vm_area_struct *vma = space_vma(space, start, end, VM_HUGETLB);

	h->order = __builtin_ctzl(size) - space->geo.page_shift;
	vma->vm_hstate = h;
	return vma;
}

uint64_t space_desc(const struct space *space, unsigned long n, uint64_t bits)
{
	return geometry_phys_to_desc(&space->geo, (SPACE_PFN + n) << space->geo.page_shift) | bits;
}

static int called(struct mm_walk *walk, const char *what, uint64_t *entry, unsigned long addr,
		  unsigned long next)
{
	struct space *space = walk->private;
	size_t len = strlen(space->story);

	space->calls++;
	EXPECT(pagewalk_mm == walk->mm);
	if (len < sizeof(space->story) - 100)
		snprintf(space->story + len, sizeof(space->story) - len, "%s%s+%lx-%lx",
			 len ? " " : "", what, addr - space->base, next - space->base);
	return space->react ? space->react(space, what, entry, walk) : 0;
}

#define ENTRY(level)                                                                    \
	static int on_##level(level##_t *entry, unsigned long addr, unsigned long next, \
			      struct mm_walk *walk)                                     \
	{                                                                               \
		return called(walk, #level, &entry->level, addr, next);                 \
	}

ENTRY(pgd)
ENTRY(p4d)
ENTRY(pud)
ENTRY(pmd)
ENTRY(pte)

static int on_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	static const char *const names[] = { "gap", "hole0", "hole1", "hole2", "hole3" };

	return called(walk, names[depth + 1], NULL, addr, next);
}

static int on_hugetlb(pte_t *pte, unsigned long hmask, unsigned long addr, unsigned long next,
		      struct mm_walk *walk)
{
	struct space *space = walk->private;

	EXPECT_EQ(~hmask + 1, huge_page_size(hstate_vma(walk->vma)));
	EXPECT_EQ(walk->vma->hugetlb_lock.count, 1);
	(void)space;
	return called(walk, "huge", &pte->pte, addr, next);
}

static int on_test(unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return called(walk, "test", NULL, addr, next);
}

static int on_pre(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	return called(walk, "pre", NULL, start, end);
}

static void on_post(struct mm_walk *walk)
{
	struct space *space = walk->private;

	called(walk, "post", NULL, space->base, space->base);
}

static int on_install(unsigned long addr, unsigned long next, pte_t *pte, struct mm_walk *walk)
{
	return called(walk, "install", &pte->pte, addr, next);
}

const struct mm_walk_ops space_ops = {
	.pgd_entry = on_pgd,
	.p4d_entry = on_p4d,
	.pud_entry = on_pud,
	.pmd_entry = on_pmd,
	.pte_entry = on_pte,
	.pte_hole = on_hole,
	.hugetlb_entry = on_hugetlb,
	.test_walk = on_test,
	.pre_vma = on_pre,
	.post_vma = on_post,
	.install_pte = on_install,
};
