// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole API against a second walker (naive_vma.c): random address spaces, callbacks, answers,
 * locks and behaviours; what both did has to be the same to the byte.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "naive_vma.h"
#include "tables.h"
#include "test.h"

#define PERCENT(state, n)   (test_random_below(state, 100) < (n))
#define CHOOSE(state, list) ((list)[test_random_below(state, ARRAY_SIZE(list))])

/* The page model: pages by themselves, small folios, and one as large as any huge page. */

#define PFN_BASE 0x40000UL
#define NR_PAGES 16384UL
#define NO_PFN	 0x900000UL

static struct page pages[NR_PAGES];
static struct folio folios[NR_PAGES];

static struct page *model_page(const struct pagewalk_pages *model, unsigned long pfn)
{
	(void)model;
	return pfn - PFN_BASE < NR_PAGES ? &pages[pfn - PFN_BASE] : NULL;
}

static void make_pages(void)
{
	for (unsigned long i = 0; i < NR_PAGES;) {
		unsigned long nr = i < 4096 ? 1 : i < 8192 ? 64 : 8192;

		folios[i] = (struct folio){ .page.pfn = PFN_BASE + i, .nr_pages = nr };
		for (unsigned long n = 0; n < nr; n++)
			pages[i + n] = (struct page){ PFN_BASE + i + n, &folios[i].page };
		i += nr;
	}
}

static struct page *find_page(struct vm_area_struct *vma, unsigned long addr)
{
	return &pages[(addr >> vma->vm_mm->geo->page_shift) % NR_PAGES];
}

static const struct vm_operations_struct file_ops;
static const struct vm_operations_struct special_ops = { .find_normal_page = find_page };

struct trial {
	uint64_t random;
	struct geometry geo;
	struct pagewalk_pages model;
	struct side side[2]; /* the library's first */
	struct hstate hstates[SIDE_MMS * SIDE_VMAS];
	unsigned long points[64]; /* addresses where something begins or ends */
	unsigned int nr_points;
	struct mm_walk_ops ops;
};

/* Entries. */

static uint64_t random_bits(uint64_t *random)
{
	static const uint64_t bits[] = { PTE_AF,   PTE_WRITE,	PTE_RDONLY, PTE_DIRTY,
					 PTE_CONT, PTE_UFFD,	PTE_USER,   PTE_UXN,
					 PTE_PXN,  PTE_SPECIAL, PTE_DEVMAP };
	uint64_t desc = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(bits); i++)
		if (PERCENT(random, i < 4 ? 50 : 25))
			desc |= bits[i];
	return desc;
}

static uint64_t random_pfn(uint64_t *random, const struct mm_struct *mm)
{
	if (PERCENT(random, 8))
		return mm->pages->zero_pfn;
	if (PERCENT(random, 8))
		return mm->pages->huge_zero_pfn;
	if (PERCENT(random, 8))
		return NO_PFN;
	return PFN_BASE + test_random_below(random, NR_PAGES);
}

static uint64_t random_swap(uint64_t *random, const struct mm_struct *mm)
{
	uint64_t desc = test_random_below(random, 32) << 6 | random_pfn(random, mm) << 12;

	if (PERCENT(random, 30))
		desc |= 1ULL << (12 + 48 - mm->geo->page_shift);
	if (PERCENT(random, 20))
		desc |= PTE_SWP_EXCLUSIVE;
	return PERCENT(random, 20) ? desc | PTE_SWP_UFFD : desc;
}

static uint64_t random_entry(uint64_t *random, const struct mm_struct *mm, int level,
			     unsigned long addr)
{
	uint64_t desc;

	if (level < 0 && PERCENT(random, 60)) /* to be installed: part of a run, often */
		return desc_of(mm->geo, (PFN_BASE + (addr >> mm->geo->page_shift) % NR_PAGES)
						<< mm->geo->page_shift) |
		       PTE_VALID | PTE_TABLE_BIT | PTE_USER |
		       (random_bits(random) & (PTE_AF | PTE_DIRTY));
	if (level >= PGTABLE_LEVEL_P4D)
		return PERCENT(random, 60) ?
			       0 :
			       CHOOSE(random, ((uint64_t[]){ 0x40000001, 2, 0x40000800 }));
	switch (test_random_below(random, 8)) {
	case 0:
	case 1:
		return 0;
	case 2:
		return random_swap(random, mm);
	case 3:
		/* PROT_NONE: a huge page has bit 1 clear then, what has it set is bad */
		desc = PTE_PRESENT_INVALID |
		       (PERCENT(random, level > 0 ? 25 : 90) ? PTE_TABLE_BIT : 0);
		break;
	default:
		desc = PTE_VALID | (level > 0 ? 0 : PTE_TABLE_BIT);
	}
	desc |= random_bits(random);
	return desc | desc_of(mm->geo, random_pfn(random, mm) << mm->geo->page_shift);
}

/* Tables. */

static uint64_t *entry_at(struct trial *trial, struct ram *ram, uint64_t root, int level,
			  unsigned long addr)
{
	const struct geometry *geo = &trial->geo;
	uint64_t table = root;

	for (int at = geometry_top(geo);; at--) {
		uint64_t *entry = ram_at(ram, table + geometry_index(geo, at, addr) * 8);

		if (at == level || !entry)
			return entry;
		if ((*entry & 3) != 3) {
			uint64_t pa = (geo->lpa2 || geo->page_shift == 16 ? 0xd000000000000 :
									    0x80000000000) +
				      ((ram->nr + 1ULL) << geo->page_shift);

			if (ram->nr > 24)
				return NULL;
			*entry = desc_of(geo, pa) | 3;
			ram_add(ram, pa, geometry_entries(geo, at - 1));
		}
		table = geometry_desc_to_phys(geo, *entry);
	}
}

static void add_point(struct trial *trial, unsigned long addr)
{
	if (trial->nr_points < ARRAY_SIZE(trial->points))
		trial->points[trial->nr_points++] = addr;
}

/* What is mapped around an address. */
static void fill_around(struct trial *trial, int m, unsigned long addr)
{
	struct side *side = &trial->side[0];
	struct mm_struct *mm = &side->mm[m];
	unsigned int times = 1 + test_random_below(&trial->random, 4);

	for (unsigned int i = 0; i < times; i++) {
		int level = test_random_below(&trial->random,
					      PERCENT(&trial->random, 80) ? 2 : trial->geo.levels);
		unsigned long size = geometry_size(&trial->geo, level);
		unsigned long at = addr + (test_random_below(&trial->random, 3) - 1) * size;
		uint64_t *entry = entry_at(trial, &side->ram[m], mm->root, level, at);
		unsigned int nr = level ? 1 : 1 + test_random_below(&trial->random, 40);

		for (; entry && nr; nr--, entry++, at += size) {
			if (level && (*entry & 3) == 3 && PERCENT(&trial->random, 95))
				break;
			*entry = random_entry(&trial->random, mm, level, at);
			/* now and then a table that leads back up */
			if (level && PERCENT(&trial->random, 2))
				*entry = desc_of(&trial->geo, mm->root) | 3;
			if (ram_pa(&side->ram[m], entry + 1) != ram_pa(&side->ram[m], entry) + 8)
				break;
		}
	}
}

/* A run of contiguous pages, so that something is young and dirty somewhere else. */
static void fill_run(struct trial *trial, int m, unsigned long addr)
{
	const struct geometry *geo = &trial->geo;
	struct side *side = &trial->side[0];
	unsigned long first = addr & ~(geo->cont_ptes * geometry_page_size(geo) - 1);
	uint64_t *entry = entry_at(trial, &side->ram[m], side->mm[m].root, 0, first);

	/* not where a loop leads to another level's table */
	if (!entry || ram_pa(&side->ram[m], entry + geo->cont_ptes - 1) == RAM_NOWHERE)
		return;
	for (unsigned int i = 0; i < geo->cont_ptes; i++)
		entry[i] = desc_of(geo, (PFN_BASE + 4096 + i) << geo->page_shift) | PTE_VALID |
			   PTE_TABLE_BIT | PTE_CONT | PTE_RDONLY |
			   (PERCENT(&trial->random, 5) ? PTE_AF : 0) |
			   (PERCENT(&trial->random, 5) ? PTE_WRITE : 0);
}

/* Areas. */

static void make_vma(struct trial *trial, int m, unsigned long start, unsigned long pages_in_it)
{
	static const vm_flags_t flags[] = {
		0, VM_SHARED, VM_MAYWRITE, VM_PFNMAP, VM_PFNMAP | VM_MAYWRITE, VM_MIXEDMAP
	};
	static const int locks[] = { 0, 1, -1 };
	const struct geometry *geo = &trial->geo;
	struct side *side = &trial->side[0];
	struct mm_struct *mm = &side->mm[m];
	int index = m * SIDE_VMAS + mm->nr_vmas;
	struct vm_area_struct *vma = &side->vma[index];

	*vma = (struct vm_area_struct){
		.vm_start = start,
		.vm_end = start + (pages_in_it << geo->page_shift),
		.vm_mm = mm,
		.vm_flags = PERCENT(&trial->random, 60) ? 0 : CHOOSE(&trial->random, flags),
		.vm_pgoff = test_random_below(&trial->random, 3) * 16,
		.vm_page_prot = { PTE_AF | PTE_USER | PTE_TABLE_BIT | PTE_RDONLY |
				  (PERCENT(&trial->random, 80) ? PTE_VALID : PTE_PRESENT_INVALID) },
		.vm_lock = { PERCENT(&trial->random, 60) ? -1 : CHOOSE(&trial->random, locks) },
	};
	if (PERCENT(&trial->random, 40))
		vma->vm_ops = PERCENT(&trial->random, 80) ? &file_ops : &special_ops;
	if (PERCENT(&trial->random, 5))
		vma->vm_pgoff = PFN_BASE;
	if (PERCENT(&trial->random, 2))
		vma->vm_pgoff = -pages_in_it;
	mm->vmas[mm->nr_vmas++] = vma;
	add_point(trial, vma->vm_start);
	add_point(trial, vma->vm_end);
}

static void make_hugetlb(struct trial *trial, int m, unsigned long *at)
{
	const struct geometry *geo = &trial->geo;
	unsigned int orders[] = { __builtin_ctz(geo->cont_ptes), geo->table_bits,
				  geo->table_bits + __builtin_ctz(geo->cont_pmds),
				  2 * geo->table_bits };
	unsigned int order =
		orders[test_random_below(&trial->random, geo->page_shift == 12 ? 4 : 3)];
	unsigned long size = geometry_page_size(geo) << order;
	struct mm_struct *mm = &trial->side[0].mm[m];
	int index = m * SIDE_VMAS + mm->nr_vmas;
	struct vm_area_struct *vma = &trial->side[0].vma[index];

	*at = (*at + size - 1) & ~(size - 1);
	make_vma(trial, m, *at, (1 + test_random_below(&trial->random, 2)) << order);
	trial->hstates[index].order = order;
	vma->vm_flags |= VM_HUGETLB;
	vma->vm_hstate = &trial->hstates[index];
	if (PERCENT(&trial->random, 50))
		fill_run(trial, m, *at);
}

static unsigned long some_size(struct trial *trial)
{
	const struct geometry *geo = &trial->geo;
	unsigned long pmd_pages = 1UL << geo->table_bits;

	switch (test_random_below(&trial->random, 5)) {
	case 0:
		return pmd_pages;
	case 1:
		return pmd_pages + test_random_below(&trial->random, 8);
	case 2:
		return geo->cont_ptes;
	default:
		return 1 + test_random_below(&trial->random, 40);
	}
}

static void make_areas(struct trial *trial, int m, unsigned long base)
{
	const struct geometry *geo = &trial->geo;
	unsigned int nr = test_random_below(&trial->random, SIDE_VMAS + 1);
	unsigned long at = base;

	for (unsigned int i = 0; i < nr; i++) {
		struct mm_struct *mm = &trial->side[0].mm[m];

		if (PERCENT(&trial->random, 60))
			at += some_size(trial) << geo->page_shift;
		if (PERCENT(&trial->random, 25))
			at = (at + geometry_size(geo, 1) - 1) & ~(geometry_size(geo, 1) - 1);
		if (PERCENT(&trial->random, 25))
			make_hugetlb(trial, m, &at);
		else
			make_vma(trial, m, at, some_size(trial));
		fill_around(trial, m, at);
		at = mm->vmas[i]->vm_end;
		fill_around(trial, m, at);
		if (PERCENT(&trial->random, 10))
			fill_run(trial, m, at - 1);
	}
}

/* Take something out of the image. */
static void hide(struct trial *trial, struct ram *ram)
{
	struct ram_piece *piece = &ram->pieces[test_random_below(&trial->random, ram->nr)];
	unsigned int keep = test_random_below(&trial->random, piece->nr + 1);

	if (PERCENT(&trial->random, 50)) { /* the end */
		piece->nr = keep;
	} else { /* the beginning */
		memmove(piece->entries, piece->entries + keep, (piece->nr - keep) * 8);
		piece->pa += keep * 8;
		piece->nr -= keep;
	}
}

static void make_mm(struct trial *trial, int m, unsigned long base)
{
	static const int locks[] = { 0, 1, 2, -1 };
	static const unsigned int first_special[] = { 0, 0, 23, 27 };
	static const unsigned int chunks[] = { 1, 8, 64, 128 };
	struct geometry *geo = &trial->geo;
	struct side *side = &trial->side[0];
	struct mm_struct *mm = &side->mm[m];
	struct ram *ram = &side->ram[m];

	ram_init(ram);
	*mm = (struct mm_struct){
		.geo = geo,
		.root = 0x70000000,
		.vmas = side->list[m],
		.mmap_lock = { PERCENT(&trial->random, 70) ? -1 : CHOOSE(&trial->random, locks) },
		.pages = &trial->model,
		.max_swapfiles = CHOOSE(&trial->random, first_special),
		.report = calls_report,
	};
	if (PERCENT(&trial->random, 50))
		mm->behaviours = test_random(&trial->random) & (PAGEWALK_PMD_BY_AREA * 2 - 1);
	ram_add(ram, mm->root, geometry_entries(geo, geometry_top(geo)));
	add_point(trial, base);
	fill_around(trial, m, base);
	make_areas(trial, m, base);
	if (PERCENT(&trial->random, 30))
		ram->chunk = CHOOSE(&trial->random, chunks);
	if (PERCENT(&trial->random, 10))
		hide(trial, ram);
	if (PERCENT(&trial->random, 90))
		ram_allow(ram, 0x100000000, geometry_page_size(geo),
			  PERCENT(&trial->random, 90) ? 60 : test_random_below(&trial->random, 4));
}

/* The other side is the same. */
static void copy_side(struct trial *trial)
{
	struct side *from = &trial->side[0], *to = &trial->side[1];

	*to = *from;
	for (int m = 0; m < SIDE_MMS; m++) {
		ram_copy(&to->ram[m], &from->ram[m]);
		from->mm[m].memory = &from->ram[m].memory;
		/* the naive walk has its own way to memory */
		to->mm[m].memory = NULL;
		to->mm[m].private = &to->ram[m];
		to->mm[m].vmas = to->list[m];
		for (size_t i = 0; i < to->mm[m].nr_vmas; i++) {
			to->list[m][i] = &to->vma[from->list[m][i] - from->vma];
			to->list[m][i]->vm_mm = &to->mm[m];
		}
	}
	if (from->pgd) {
		to->pgd = malloc(SIDE_TABLE * 8);
		memcpy(to->pgd, from->pgd, SIDE_TABLE * 8);
	}
	from->library = true;
}

static unsigned long some_point(struct trial *trial)
{
	const struct geometry *geo = &trial->geo;
	unsigned long at = trial->points[test_random_below(&trial->random, trial->nr_points)];
	unsigned long page = geometry_page_size(geo);

	switch (test_random_below(&trial->random, 6)) {
	case 0:
		at += (test_random_below(&trial->random, 41) - 20) * page;
		break;
	case 1:
		at += (test_random_below(&trial->random, 5) - 2) *
		      geometry_size(geo, test_random_below(&trial->random, geo->levels));
		break;
	case 2:
		at &= ~(geometry_size(geo, test_random_below(&trial->random, geo->levels)) - 1);
		break;
	}
	if (PERCENT(&trial->random, 15))
		at += test_random_below(&trial->random, page);
	return at;
}

static void make_world(struct trial *trial)
{
	const struct shape *shape;
	uint64_t *random = &trial->random;
	struct geometry *geo = &trial->geo;
	unsigned int level;
	unsigned long base;

	shape = &shapes[test_random_below(random, nr_shapes)];
	/* large tables take long */
	if (PERCENT(random, shape->page_shift == 16 ? 85 : shape->page_shift == 14 ? 60 : 0))
		shape = &shapes[test_random_below(random, 4)];
	*geo = shape_geometry(shape);
	trial->model = (struct pagewalk_pages){
		.pfn_to_page = model_page,
		.zero_pfn = PFN_BASE + 5,
		.huge_zero_pfn = PERCENT(random, 70) ? PFN_BASE + 8192 : 0,
	};
	level = test_random_below(random, geo->levels);
	base = test_random_below(random, 1UL << (geo->va_bits - 1));
	base &= ~(geometry_size(geo, level) - 1);
	if (PERCENT(random, 15))
		base = 0;
	if (PERCENT(random, 5))
		base = (1UL << geo->va_bits) - 4 * geometry_page_size(geo);
	for (int m = 0; m < SIDE_MMS; m++)
		make_mm(trial, m, base);
	if (PERCENT(random, 20)) {
		uint64_t *root = trial->side[0].ram[0].pieces[0].entries;

		trial->side[0].pgd = calloc(SIDE_TABLE, 8);
		memcpy(trial->side[0].pgd, root, trial->side[0].ram[0].pieces[0].nr * 8);
	}
}

static void choose_ops(struct trial *trial, bool install)
{
	uint64_t *random = &trial->random;
	struct mm_walk_ops *ops = &trial->ops;

	*ops = calls_ops;
#define MAYBE_NOT(op, percent)        \
	if (PERCENT(random, percent)) \
		ops->op = NULL;
	MAYBE_NOT(pgd_entry, 40)
	MAYBE_NOT(p4d_entry, 40)
	MAYBE_NOT(pud_entry, 35)
	MAYBE_NOT(pmd_entry, 30)
	MAYBE_NOT(pte_entry, 25)
	MAYBE_NOT(pte_hole, 25)
	MAYBE_NOT(hugetlb_entry, 25)
	MAYBE_NOT(test_walk, 60)
	MAYBE_NOT(pre_vma, 50)
	MAYBE_NOT(post_vma, 50)
	if (!install)
		ops->install_pte = NULL;
	ops->walk_lock = test_random_below(random, 4);
}

/* The walks. */

struct range {
	unsigned long start, end;
};

enum walk_of {
	WALK_RANGE,
	WALK_RANGE_UNSAFE,
	WALK_KERNEL,
	WALK_KERNEL_LOCKLESS,
	WALK_DEBUG,
	WALK_RANGE_VMA,
	WALK_RANGE_VMA_UNSAFE,
	WALK_VMA,
	WALK_MAPPING,
	NR_WALKS,
};

static struct vm_area_struct *area(struct side *side, unsigned int index)
{
	struct mm_struct *mm = &side->mm[0];

	return mm->nr_vmas ? mm->vmas[index % mm->nr_vmas] : NULL;
}

/* All areas of files, as the interval tree has them. */
static void make_mapping(struct side *side, struct address_space *mapping,
			 struct vm_area_struct **list)
{
	mapping->i_mmap = list;
	for (int m = 0; m < SIDE_MMS; m++)
		for (size_t i = 0; i < side->mm[m].nr_vmas; i++) {
			struct vm_area_struct *vma = side->mm[m].vmas[i];
			size_t at = mapping->nr++;

			for (; at && list[at - 1]->vm_pgoff > vma->vm_pgoff; at--)
				list[at] = list[at - 1];
			list[at] = vma;
		}
}

static int walk(struct side *side, const struct trial *trial, enum walk_of what, struct range range,
		unsigned int index)
{
	struct vm_area_struct *vma = area(side, index), *list[SIDE_MMS * SIDE_VMAS];
	struct address_space mapping = { .i_mmap_rwsem.count = index % 8 ? 1 : 0 };
	const struct mm_walk_ops *ops = &trial->ops;
	bool lib = side->library;
	struct mm_struct *mm = &side->mm[0];

	calls_begin(side);
	switch (what) {
	case WALK_RANGE:
		return (lib ? walk_page_range : naive_range)(mm, range.start, range.end, ops, side);
	case WALK_RANGE_UNSAFE:
		return (lib ? walk_page_range_mm_unsafe : naive_range_unsafe)(mm, range.start,
									      range.end, ops, side);
	case WALK_KERNEL:
		return (lib ? walk_kernel_page_table_range :
			      naive_kernel_range)(range.start, range.end, ops, side->pgd, side);
	case WALK_KERNEL_LOCKLESS:
		return (lib ? walk_kernel_page_table_range_lockless :
			      naive_kernel_range_lockless)(range.start, range.end, ops, side->pgd,
							   side);
	case WALK_DEBUG:
		return (lib ? walk_page_range_debug : naive_debug_range)(mm, range.start, range.end,
									 ops, side->pgd, side);
	case WALK_RANGE_VMA:
		return (lib ? walk_page_range_vma : naive_range_vma)(vma, range.start, range.end,
								     ops, side);
	case WALK_RANGE_VMA_UNSAFE:
		return (lib ? walk_page_range_vma_unsafe :
			      naive_range_vma_unsafe)(vma, range.start, range.end, ops, side);
	case WALK_VMA:
		return (lib ? walk_page_vma : naive_vma)(vma, ops, side);
	default:
		make_mapping(side, &mapping, list);
		return (lib ? walk_page_mapping : naive_mapping)(&mapping, range.start % 64,
								 1 + range.end % 128, ops, side);
	}
}

static void same_state(const struct trial *trial)
{
	const struct side *a = &trial->side[0], *b = &trial->side[1];

	for (int m = 0; m < SIDE_MMS; m++) {
		const struct mm_struct *x = &a->mm[m], *y = &b->mm[m];

		test_case("mm %d", m);
		EXPECT_EQ(x->fault.kind, y->fault.kind);
		if (x->fault.kind && x->fault.kind == y->fault.kind) {
			EXPECT_EQ(x->fault.addr, y->fault.addr);
			EXPECT_EQ(x->fault.level, y->fault.level);
			EXPECT_EQ(x->fault.entry, y->fault.entry);
		}
		EXPECT_EQ(x->nr_faults, y->nr_faults);
		EXPECT_EQ(x->mmap_lock.count, y->mmap_lock.count);
		EXPECT_EQ(x->page_table_lock.locked, y->page_table_lock.locked);
		for (size_t i = 0; i < x->nr_vmas; i++) {
			EXPECT_EQ(x->vmas[i]->vm_lock.count, y->vmas[i]->vm_lock.count);
			EXPECT_EQ(x->vmas[i]->hugetlb_lock.count, y->vmas[i]->hugetlb_lock.count);
		}
		ram_same(&a->ram[m], &b->ram[m]);
	}
	test_case(NULL);
	EXPECT(!pagewalk_mm);
	if (a->pgd)
		EXPECT(!memcmp(a->pgd, b->pgd, SIDE_TABLE * 8));
}

static bool vma_walk(enum walk_of what)
{
	return what == WALK_RANGE_VMA || what == WALK_RANGE_VMA_UNSAFE || what == WALK_VMA;
}

static void describe(const struct trial *trial, enum walk_of what, struct range range)
{
	const struct geometry *geo = &trial->geo;

	test_note("%u/%u/%u walk %u %#lx-%#lx behaviours %#x chunk %u", geo->page_shift,
		  geo->va_bits, geo->va_bits_config, what, range.start, range.end,
		  trial->side[0].mm[0].behaviours, trial->side[0].ram[0].chunk);
}

static struct range choose_range(struct trial *trial, enum walk_of what,
				 const struct vm_area_struct *vma)
{
	struct range range = { some_point(trial), some_point(trial) };

	if (range.start > range.end && !PERCENT(&trial->random, 10)) {
		unsigned long start = range.end;

		range.end = range.start;
		range.start = start;
	}
	/* tables are near the points; a walk of all there is may be a long one */
	if (what >= WALK_KERNEL && what <= WALK_DEBUG && PERCENT(&trial->random, 30)) {
		unsigned long high = -(1UL << trial->geo.va_bits);

		range.start |= high;
		range.end |= high;
		if (PERCENT(&trial->random, 10))
			range.end = -1 - test_random_below(&trial->random, 3) * 4096;
	}
	if (vma && PERCENT(&trial->random, 85)) {
		if (range.start < vma->vm_start || range.start >= vma->vm_end)
			range.start = vma->vm_start;
		if (range.end > vma->vm_end || range.end <= range.start)
			range.end = vma->vm_end;
	}
	return range;
}

static size_t try_walks(struct trial *trial)
{
	uint64_t *random = &trial->random;
	struct side *lib = &trial->side[0], *naive = &trial->side[1];
	size_t calls = 0;

	lib->entry = random_entry;
	if (PERCENT(random, 75)) {
		lib->ends = PERCENT(random, 50) ? 3 : 0;
		lib->continues = 40;
		lib->agains = 30;
		lib->changes = 40;
		lib->skips = 150;
	}
	copy_side(trial);
	pagewalk_init_mm = PERCENT(random, 95) ? &lib->mm[PERCENT(random, 30) ? 0 : 1] : NULL;
	naive_init_mm = pagewalk_init_mm ? &naive->mm[pagewalk_init_mm - lib->mm] : NULL;
	for (unsigned int i = 0; i < 3 && !test_failed(); i++) {
		enum walk_of what = test_random_below(random, NR_WALKS);
		bool unsafe = what == WALK_RANGE_UNSAFE || what == WALK_RANGE_VMA_UNSAFE;
		unsigned int index = test_random_below(random, 100);
		struct vm_area_struct *vma = vma_walk(what) ? area(lib, index) : NULL;
		struct range range;
		int a, b;

		if ((vma_walk(what) && !vma) ||
		    (!pagewalk_init_mm && (what == WALK_KERNEL || what == WALK_KERNEL_LOCKLESS)))
			continue;
		choose_ops(trial, unsafe ? PERCENT(random, 70) : PERCENT(random, 3));
		range = choose_range(trial, what, vma);
		lib->random = naive->random = test_random(random);
		lib->nr = naive->nr = 0;
		for (int m = 0; m < SIDE_MMS; m++) {
			lib->mm[m].nr_faults = naive->mm[m].nr_faults = 0;
			lib->mm[m].fault.kind = naive->mm[m].fault.kind = PAGEWALK_OK;
		}
		a = walk(lib, trial, what, range, index);
		b = walk(naive, trial, what, range, index);
		EXPECT_EQ(a, b);
		calls_same(lib, naive);
		same_state(trial);
		if (test_failed())
			describe(trial, what, range);
		calls += lib->nr;
	}
	return calls;
}

static void same_folio(struct trial *trial, struct vm_area_struct *vma, unsigned long addr)
{
	struct side *lib = &trial->side[0], *naive = &trial->side[1];
	struct vm_area_struct *other = &naive->vma[vma - lib->vma];
	folio_walk_flags_t flags = test_random_below(&trial->random, 4);
	struct folio_walk x, y;
	struct folio *a, *b;

	memset(&x, 0, sizeof(x));
	memset(&y, 0, sizeof(y));
	calls_begin(lib);
	a = folio_walk_start(&x, vma, addr, flags);
	calls_begin(naive);
	b = naive_folio_walk(&y, other, addr, flags);
	EXPECT_EQ((uintptr_t)a, (uintptr_t)b);
	EXPECT_EQ(x.level, y.level);
	EXPECT_EQ(x.pte.pte, y.pte.pte);
	if (x.ptep && EXPECT(y.ptep))
		EXPECT_EQ(ram_pa(&lib->ram[0], x.ptep), ram_pa(&naive->ram[0], y.ptep));
	EXPECT_EQ((uintptr_t)x.page, (uintptr_t)y.page);
	EXPECT_EQ(lib->mm[0].page_table_lock.locked, !!a);
	calls_same(lib, naive);
	same_state(trial);
	if (a && b) {
		folio_walk_end(&x, vma);
		folio_walk_end(&y, other);
	}
	EXPECT_EQ(lib->mm[0].page_table_lock.locked, 0);
	EXPECT_EQ(vma->hugetlb_lock.count, 0);
}

static void same_huge(struct trial *trial, struct vm_area_struct *vma, unsigned long addr)
{
	struct side *lib = &trial->side[0], *naive = &trial->side[1];
	unsigned long size = geometry_page_size(&trial->geo)
			     << trial->hstates[vma - lib->vma].order;
	pte_t *a, *b;

	addr &= ~(size - 1);
	calls_begin(lib);
	a = hugetlb_walk(vma, addr, size);
	calls_begin(naive);
	b = naive_hugetlb_walk(&naive->vma[vma - lib->vma], addr, size);
	if (EXPECT_EQ(!a, !b) && a)
		EXPECT_EQ(ram_pa(&lib->ram[0], a), ram_pa(&naive->ram[0], b));
	calls_same(lib, naive);
	same_state(trial);
}

static void same_split(struct trial *trial, struct vm_area_struct *vma, unsigned long addr)
{
	struct side *lib = &trial->side[0], *naive = &trial->side[1];
	uint64_t *entry = entry_at(trial, &lib->ram[0], lib->mm[0].root, PGTABLE_LEVEL_PMD, addr);
	uint64_t *other;
	int a, b;

	if (!entry)
		return;
	/* entry_at() may have made a table, on one side */
	ram_release(&naive->ram[0]);
	ram_copy(&naive->ram[0], &lib->ram[0]);
	other = ram_at(&naive->ram[0], ram_pa(&lib->ram[0], entry));
	*entry = *other = random_entry(&trial->random, &lib->mm[0], 1, addr);
	calls_begin(lib);
	a = split_huge_pmd(vma, (pmd_t *)entry, addr);
	calls_begin(naive);
	b = naive_split(&naive->vma[vma - lib->vma], (pmd_t *)other, addr);
	EXPECT_EQ(a, b);
	calls_same(lib, naive);
	same_state(trial);
}

/* Single look-ups in the areas of the first mm. */
static size_t try_addresses(struct trial *trial)
{
	struct side *lib = &trial->side[0];
	unsigned long page = geometry_page_size(&trial->geo);

	size_t lookups = 0;

	copy_side(trial);
	for (unsigned int i = 0; i < 40 && !test_failed(); i++) {
		struct vm_area_struct *vma = area(lib, i);
		unsigned long addr;

		if (!vma)
			break;
		addr = some_point(trial);
		if (PERCENT(&trial->random, 95) && (addr < vma->vm_start || addr >= vma->vm_end))
			addr = vma->vm_start + (addr % (20 * page) % (vma->vm_end - vma->vm_start));
		calls_clear(&trial->side[0]);
		calls_clear(&trial->side[1]);
		lookups++;
		if (i % 10 == 9)
			same_split(trial, vma, addr);
		else if (i % 4 == 3 && is_vm_hugetlb_page(vma))
			same_huge(trial, vma, addr);
		else
			same_folio(trial, vma, addr);
		if (test_failed())
			test_note("%u/%u/%u addr %#lx vma %#lx-%#lx flags %#lx behaviours %#x",
				  trial->geo.page_shift, trial->geo.va_bits,
				  trial->geo.va_bits_config, addr, vma->vm_start, vma->vm_end,
				  vma->vm_flags, lib->mm[0].behaviours);
	}
	return lookups;
}

/* Some walks are long ones. CALLS=n in the environment: go on for longer, without a time limit. */
static size_t calls_max(void)
{
	const char *given = getenv("CALLS");

	if (!given)
		return 1000000;
	alarm(0);
	return strtoull(given, NULL, 0);
}

static void compare(unsigned int trials, size_t (*try)(struct trial *trial))
{
	static struct trial trial;
	uint64_t seed = test_seed();
	size_t calls = 0, most = calls_max();
	unsigned int done = 0;

	make_pages();
	for (unsigned int i = 0; calls < most && (i < trials || most > 1000000) && !test_failed();
	     i++) {
		memset(&trial, 0, sizeof(trial));
		trial.random = seed + i * 0x1000003ULL;
		make_world(&trial);
		done++;
		calls += try(&trial);
		for (unsigned int s = 0; s < 2; s++) {
			for (int m = 0; m < SIDE_MMS; m++)
				ram_release(&trial.side[s].ram[m]);
			calls_clear(&trial.side[s]);
			free(trial.side[s].pgd);
		}
		if (test_failed())
			test_note("trial %u", i);
	}
	test_note("%zu calls compared in %u trials", calls, done);
}

TEST(random_walks)
{
	compare(2000, try_walks);
}

TEST(random_addresses)
{
	compare(2000, try_addresses);
}
