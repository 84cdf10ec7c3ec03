// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fuzz target: libpagewalk over any image. The input is read as a list of numbers that say what
 * is in memory, what areas there are, and what is walked how. Beside what the sanitizers see, calls
 * have to lie in the range and in order, memory stays as it is if nobody writes, and an error is
 * one that the fault explains.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pwtrace/pagewalk.h"

#define PIECES	   6
#define SLOTS	   12 /* where pieces can be, in pages */
#define VMAS	   3
#define CALLS_MAX  1500
#define MODEL_BASE 0x40000UL
#define MODEL_NR   1024UL
#define ENDED	   77

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is wrong with the library ends the process. */
#define REQUIRE(what)                                                              \
	do {                                                                       \
		if (!(what)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			abort();                                                   \
		}                                                                  \
	} while (0)

struct input {
	const uint8_t *at, *end;
};

static uint64_t take(struct input *in, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes-- && in->at < in->end)
		value = value << 8 | *in->at++;
	return value;
}

struct piece {
	uint64_t pa, nr;
	uint64_t *entries, *copy;
};

static struct {
	struct input in;
	struct geometry geo;
	struct pagewalk_image *below, *image;
	struct piece pieces[PIECES];
	unsigned int nr_pieces;
	struct mm_struct mm, other;
	struct vm_area_struct vma[VMAS], *list[VMAS];
	struct hstate hstates[VMAS];
	struct mm_walk_ops ops;
	pgd_t *pgd;
	/* the walk that runs */
	unsigned long start, end, last;
	unsigned int calls, depth;
	bool ordered, writes;
} f;

static struct page pages[MODEL_NR];
static struct folio folio;

static struct page *model_page(const struct pagewalk_pages *model, unsigned long pfn)
{
	(void)model;
	return pfn - MODEL_BASE < MODEL_NR ? &pages[pfn - MODEL_BASE] : NULL;
}

static const struct pagewalk_pages model = { model_page, MODEL_BASE + 3, MODEL_BASE + 512 };
static const struct pagewalk_pages *const models[] = { &model, NULL };

static void make_model(void)
{
	folio = (struct folio){ .page.pfn = MODEL_BASE, .nr_pages = MODEL_NR };
	for (unsigned long i = 0; i < MODEL_NR; i++)
		pages[i] = (struct page){ MODEL_BASE + i, &folio.page };
}

static uint64_t slot(unsigned int nr)
{
	uint64_t base = f.geo.page_shift == 16 || f.geo.lpa2 ? 0xd000000000000 : 0;

	return base + ((uint64_t)(nr % SLOTS + 1) << f.geo.page_shift);
}

/* Two bytes for what is usual, nine for anything. */
static uint64_t take_entry(void)
{
	static const uint64_t kinds[] = { 0,
					  3,
					  1,
					  PTE_PRESENT_INVALID,
					  PTE_PRESENT_INVALID | 2,
					  25 << 6,
					  28 << 6,
					  2,
					  PTE_VALID | PTE_CONT | PTE_TABLE_BIT | PTE_WRITE,
					  PTE_SPECIAL | 3 };
	unsigned int kind = take(&f.in, 1), n = take(&f.in, 1);

	if (kind >= 0xf0)
		return take(&f.in, 8);
	kind %= sizeof(kinds) / sizeof(*kinds);
	if (kind == 1)
		return kinds[kind] | geometry_phys_to_desc(&f.geo, slot(n));
	if (kind == 5 || kind == 6)
		return kinds[kind] | (MODEL_BASE + n * 4) << 12;
	return kind ? kinds[kind] | (uint64_t)(n & 0x83) << 3 |
			       (MODEL_BASE + n * 4) << f.geo.page_shift :
		      0;
}

static void take_geometry(void)
{
	static const unsigned char shapes[][3] = {
		{ 12, 39, 39 }, { 12, 48, 48 }, { 12, 52, 52 }, { 12, 48, 52 }, { 14, 36, 36 },
		{ 14, 47, 47 }, { 14, 48, 48 }, { 14, 52, 52 }, { 14, 47, 52 }, { 16, 42, 42 },
		{ 16, 48, 48 }, { 16, 52, 52 }, { 16, 48, 52 },
	};
	unsigned int nr = take(&f.in, 1) % 14;

	if (nr < 13) {
		REQUIRE(!geometry_init(&f.geo, shapes[nr][0], shapes[nr][1], shapes[nr][2]));
		return;
	}
	/* two entries a table */
	f.geo = (struct geometry){
		.page_shift = 12,
		.table_bits = 1,
		.va_bits = 15,
		.va_bits_config = 15,
		.levels = 3,
		.levels_config = 3,
		.top_index_bits = 1,
		.oa_mask = 0xfffffffff000,
		.cont_ptes = 2,
		.cont_pmds = 2,
	};
}

/* A piece of memory with some entries in it, copied or mapped, here or in the memory below. */
static void take_piece(void)
{
	struct piece *piece = &f.pieces[f.nr_pieces];
	unsigned int how = take(&f.in, 1), where = take(&f.in, 1), nr = take(&f.in, 1) % 24;
	struct pagewalk_image *image = how & 1 && f.below ? f.below : f.image;
	uint64_t in_page = 1UL << (f.geo.page_shift - 3), *entries;

	piece->pa = slot(where);
	piece->nr = in_page;
	if (how & 2) { /* a part of a page, or of two */
		piece->pa += (take(&f.in, 1) * 8) % (in_page * 8);
		piece->nr = 1 + take(&f.in, 2) % in_page;
	}
	entries = calloc(piece->nr, sizeof(*entries));
	if (how & 4) { /* the same over and over */
		uint64_t entry = take_entry();

		for (uint64_t i = 0; i < piece->nr; i++)
			entries[i] = entry;
	}
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t index = take(&f.in, how & 8 ? 2 : 1) % piece->nr;

		entries[how & 16 ? piece->nr - 1 - index : index] = take_entry();
	}
	if (how & 2 ? !pagewalk_image_map(image, piece->pa, piece->nr * 8, entries) : false) {
		piece->entries = entries;
		piece->copy = malloc(piece->nr * 8);
		memcpy(piece->copy, entries, piece->nr * 8);
		f.nr_pieces++;
		return;
	}
	if (!(how & 2))
		pagewalk_image_add(image, piece->pa, entries);
	free(entries);
}

/* The same address often: a number of units of some level from a base. */
static unsigned long take_addr(void)
{
	unsigned int how = take(&f.in, 1);
	int level = how % f.geo.levels;
	unsigned long addr = (unsigned long)take(&f.in, 1) << geometry_shift(&f.geo, level);

	if (how & 0x10)
		addr += geometry_size(&f.geo, geometry_top(&f.geo));
	if (how & 0x20)
		addr |= -(1UL << f.geo.va_bits);
	if (how & 0x40)
		addr += take(&f.in, 2);
	if (how & 0x80)
		addr = -addr;
	return addr;
}

/* A length that is not too long to walk: a few entries of a level. */
static unsigned long take_length(void)
{
	unsigned int how = take(&f.in, 1);
	unsigned int level = how % f.geo.levels, most = level < 2 ? 64 : level == 2 ? 8 : 2;

	if (level > 3)
		level = 3;
	return (take(&f.in, 1) % most) * geometry_size(&f.geo, level) +
	       (how & 0x40 ? take(&f.in, 2) : 0);
}

static const struct vm_operations_struct file_ops;

static void take_vma(void)
{
	unsigned int i = f.mm.nr_vmas, how = take(&f.in, 1), order;
	unsigned long page = geometry_page_size(&f.geo);
	unsigned long start = take_addr() & ~(page - 1);
	unsigned long length = take_length() & ~(page - 1);
	const unsigned int orders[] = { __builtin_ctz(f.geo.cont_ptes),
					f.geo.table_bits,
					f.geo.table_bits + __builtin_ctz(f.geo.cont_pmds),
					2 * f.geo.table_bits,
					0,
					3 };
	struct vm_area_struct *vma = &f.vma[i];

	order = orders[how % 6];
	*vma = (struct vm_area_struct){
		.vm_mm = &f.mm,
		.vm_flags = take(&f.in, 4) & ~VM_HUGETLB,
		.vm_pgoff = take(&f.in, 1),
		.vm_page_prot = { take(&f.in, 1) | PTE_TABLE_BIT |
				  (how & 8 ? PTE_PRESENT_INVALID : 1) },
		.vm_ops = how & 0x40 ? &file_ops : NULL,
		.vm_lock = { (int)(take(&f.in, 1) % 3) - 1 },
	};
	if (how & 0x80) {
		unsigned long size = page << order;

		start &= ~(size - 1);
		length = (take(&f.in, 1) % 16 + 1) * size;
		vma->vm_flags |= VM_HUGETLB;
		f.hstates[i].order = order;
		vma->vm_hstate = &f.hstates[i];
	}
	/* areas are in order and have a length */
	if (i && start < f.vma[i - 1].vm_end)
		start = f.vma[i - 1].vm_end +
			(vma->vm_hstate ? -f.vma[i - 1].vm_end & ((page << order) - 1) : 0);
	vma->vm_start = start;
	vma->vm_end = start + (length ? length : page);
	if (vma->vm_end <= vma->vm_start || (i && start < f.vma[i - 1].vm_end))
		return;
	f.list[f.mm.nr_vmas++] = vma;
}

/* Callbacks. */

static void check_call(const struct mm_walk *walk, unsigned long addr, unsigned long next,
		       int level)
{
	REQUIRE(pagewalk_mm == walk->mm);
	if (f.depth)
		return;
	REQUIRE(addr >= f.start && addr < f.end);
	REQUIRE(next - 1 >= addr);
	if (level == PGTABLE_LEVEL_PTE)
		REQUIRE(next - addr == PAGE_SIZE);
	else
		REQUIRE(next - 1 <= f.end - 1);
	/* the last level and holes cover the range from its start to its end, once */
	if (level <= PGTABLE_LEVEL_PTE) {
		/* from a start within a page on each entry's end is within one, too */
		REQUIRE(!f.ordered || addr >= (f.last & PAGE_MASK));
		f.last = next - 1;
	}
}

/* What a callback may look at on its way. */
static void look_around(struct mm_walk *walk, int level, void *entry, unsigned long addr)
{
	struct mm_struct *mm = walk->mm;
	uint64_t below = 0;
	spinlock_t *ptl;
	pte_t *pte;

	switch (level) {
	case PGTABLE_LEVEL_PGD: {
		p4d_t *p4d = p4d_offset(entry, addr);

		below = p4d ? p4d_val(*p4d) : 0;
		break;
	}
	case PGTABLE_LEVEL_P4D: {
		pud_t *pud = pud_offset(entry, addr);

		below = pud ? pud_leaf(*pud) + pud_pfn(*pud) : 0;
		break;
	}
	case PGTABLE_LEVEL_PUD: {
		pmd_t *pmd = pmd_offset(entry, addr);

		below = pmd ? pmd_leaf(*pmd) + pmd_pfn(*pmd) : 0;
		break;
	}
	case PGTABLE_LEVEL_PMD:
		pte = pte_offset_map_lock(mm, entry, addr, &ptl);
		if (pte) {
			below = pte_pfn(*pte);
			pte_unmap_unlock(pte, ptl);
		}
		if (walk->vma && pmd_trans_huge(*(pmd_t *)entry))
			vm_normal_page_pmd(walk->vma, addr, *(pmd_t *)entry);
		break;
	default:
		if (walk->vma && pte_present(*(pte_t *)entry))
			vm_normal_page(walk->vma, addr, *(pte_t *)entry);
	}
	__asm__ volatile("" ::"r"(below));
}

static void nested(struct mm_walk *walk, unsigned long addr)
{
	static const struct mm_walk_ops none;
	struct mm_struct *init = pagewalk_init_mm;

	f.depth++;
	if (addr & PAGE_SIZE)
		walk_page_range(&f.other, addr, addr + PAGE_SIZE + !addr, &none, NULL);
	else
		walk_kernel_page_table_range_lockless(addr, addr + PAGE_SIZE, &none, NULL, NULL);
	f.depth--;
	REQUIRE(pagewalk_mm == walk->mm && pagewalk_init_mm == init);
}

static int called(struct mm_walk *walk, int level, uint64_t *entry, unsigned long addr,
		  unsigned long next)
{
	unsigned int answer;

	check_call(walk, addr, next, level);
	if (++f.calls > CALLS_MAX)
		return ENDED;
	if (f.depth)
		return 0;
	answer = take(&f.in, 1);
	if (answer & 0x10 && entry && level >= 0)
		look_around(walk, level, entry, addr);
	switch (answer & 0xf) {
	case 1:
		walk->action = ACTION_CONTINUE;
		break;
	case 2:
		walk->action = ACTION_AGAIN;
		f.ordered = false;
		break;
	case 3:
		if (f.writes && entry)
			*entry = take_entry();
		break;
	case 4:
		return (answer & 0x20) ? -ENOENT : ENDED;
	case 5:
		nested(walk, addr & PAGE_MASK);
		break;
	}
	return 0;
}

static int on_pgd(pgd_t *pgd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return called(walk, PGTABLE_LEVEL_PGD, &pgd->pgd, addr, next);
}
static int on_p4d(p4d_t *p4d, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return called(walk, PGTABLE_LEVEL_P4D, &p4d->p4d, addr, next);
}
static int on_pud(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return called(walk, PGTABLE_LEVEL_PUD, &pud->pud, addr, next);
}
static int on_pmd(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return called(walk, PGTABLE_LEVEL_PMD, &pmd->pmd, addr, next);
}
static int on_pte(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return called(walk, PGTABLE_LEVEL_PTE, &pte->pte, addr, next);
}
static int on_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	REQUIRE(depth >= -1 && depth < PGTABLE_NR_LEVELS);
	/* of a skipped area the whole, in walk_page_mapping() */
	if (depth < 0 && walk->vma && !f.ordered)
		return 0;
	return called(walk, -1, NULL, addr, next);
}
static int on_hugetlb(pte_t *pte, unsigned long hmask, unsigned long addr, unsigned long next,
		      struct mm_walk *walk)
{
	REQUIRE(next - 1 <= (addr | ~hmask));
	/* not of one level: it says less */
	return called(walk, PGTABLE_NR_LEVELS, &pte->pte, addr, next);
}
static int on_test(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	unsigned int answer = take(&f.in, 1);

	REQUIRE(walk->vma && start < end);
	return answer < 16 ? -EPERM : answer < 64;
}
static int on_pre(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	REQUIRE(walk->vma && start >= walk->vma->vm_start && end <= walk->vma->vm_end);
	return take(&f.in, 1) == 1 ? -EPERM : 0;
}
static void on_post(struct mm_walk *walk)
{
	REQUIRE(walk->vma);
}
static int on_install(unsigned long addr, unsigned long next, pte_t *pte, struct mm_walk *walk)
{
	int ret = called(walk, PGTABLE_LEVEL_PTE, NULL, addr, next);

	if (!ret)
		pte->pte = take_entry() | PTE_AF;
	return ret;
}

static void take_ops(void)
{
	unsigned int mask = take(&f.in, 2);

	f.ops = (struct mm_walk_ops){
		.pgd_entry = mask & 1 ? on_pgd : NULL,
		.p4d_entry = mask & 2 ? on_p4d : NULL,
		.pud_entry = mask & 4 ? on_pud : NULL,
		.pmd_entry = mask & 8 ? on_pmd : NULL,
		.pte_entry = mask & 16 ? on_pte : NULL,
		.pte_hole = mask & 32 ? on_hole : NULL,
		.hugetlb_entry = mask & 64 ? on_hugetlb : NULL,
		.test_walk = mask & 128 ? on_test : NULL,
		.pre_vma = mask & 256 ? on_pre : NULL,
		.post_vma = mask & 512 ? on_post : NULL,
		.install_pte = mask & 1024 ? on_install : NULL,
		.walk_lock = mask >> 12 & 3,
	};
}

/* Is it a value that a walk may return? */
static void check_result(int err, bool mapping, const struct mm_struct *mm)
{
	enum pagewalk_fault_kind want = PAGEWALK_OK, kind = mm->fault.kind;

	REQUIRE(!pagewalk_mm);
	REQUIRE(!f.mm.page_table_lock.locked);
	REQUIRE(!mm->nr_faults == (kind == PAGEWALK_OK));
	REQUIRE(kind == PAGEWALK_OK || strcmp(pagewalk_fault_name(kind), "?"));
	switch (err) {
	case 0:
	case ENDED:
	case -EINVAL:
	case -ENOENT:
	case -EPERM:
		return;
	case -ENODATA:
		want = PAGEWALK_NOT_IN_IMAGE;
		break;
	case -ELOOP:
		want = kind == PAGEWALK_TABLE_LOOP ? kind : PAGEWALK_ENDLESS_AGAIN;
		break;
	case -EUCLEAN:
		want = kind == PAGEWALK_BEYOND_TABLE ? kind : PAGEWALK_NO_TABLE;
		break;
	case -EROFS:
		want = PAGEWALK_READ_ONLY;
		break;
	case -ENOMEM:
		want = PAGEWALK_NO_MEMORY;
		break;
	default:
		REQUIRE(!"an error that is known");
	}
	REQUIRE(mapping || kind == want);
	REQUIRE(mapping || (mm->fault.level >= 0 && mm->fault.level < PGTABLE_NR_LEVELS));
}

static void do_folio(struct vm_area_struct *vma)
{
	unsigned long addr = vma->vm_start + take_length();
	struct folio_walk fw = {};
	struct folio *folio;

	folio = folio_walk_start(&fw, vma, addr, take(&f.in, 1) & 3);
	REQUIRE(!pagewalk_mm);
	if (folio) {
		REQUIRE(f.mm.page_table_lock.locked == 1 && fw.ptl && fw.ptep);
		/* a huge page may go on where the model has ended */
		REQUIRE(!fw.page || fw.level != FW_LEVEL_PTE || page_folio(fw.page) == folio);
		folio_walk_end(&fw, vma);
	}
	REQUIRE(!f.mm.page_table_lock.locked && !vma->hugetlb_lock.count);
}

static void do_split(struct vm_area_struct *vma)
{
	pmd_t pmd = { take_entry() }, old = pmd;
	int err = split_huge_pmd(vma, &pmd, vma->vm_start);

	REQUIRE(err == 0 || err == -EROFS || err == -ENOMEM);
	REQUIRE(!err || pmd_val(pmd) == pmd_val(old));
}

static void one_walk(void)
{
	unsigned int what = take(&f.in, 1);
	struct vm_area_struct *vma = f.mm.nr_vmas ? f.list[what / 16 % f.mm.nr_vmas] : NULL;
	struct address_space mapping = { f.list, f.mm.nr_vmas, { what >> 7 } };
	pgd_t *pgd = what & 0x80 ? f.pgd : NULL;
	unsigned long start, end;
	int err;

	what %= 13;
	if (!vma && what > 4)
		what %= 5;
	start = take_addr();
	end = start + take_length();
	if (vma && what >= 5 && what <= 7) {
		start = vma->vm_start + start % (vma->vm_end - vma->vm_start);
		end = end < start || end > vma->vm_end ? vma->vm_end : end;
		if (what == 7)
			start = vma->vm_start, end = vma->vm_end;
	}
	f.start = f.last = start;
	f.end = end;
	f.calls = 0;
	/* areas are looked at again for many a reason */
	/* with an old action left over a pud is walked twice */
	f.ordered = what >= 2 && what <= 4 && !(f.mm.behaviours & PAGEWALK_HOLE_SEES_OLD_ACTION);
	f.mm.fault.kind = f.other.fault.kind = PAGEWALK_OK;
	f.mm.nr_faults = f.other.nr_faults = 0;
	switch (what) {
	case 0:
		err = walk_page_range(&f.mm, start, end, &f.ops, NULL);
		break;
	case 1:
		err = walk_page_range_mm_unsafe(&f.mm, start, end, &f.ops, NULL);
		break;
	case 2:
		err = walk_kernel_page_table_range(start, end, &f.ops, pgd, NULL);
		break;
	case 3:
		err = walk_kernel_page_table_range_lockless(start, end, &f.ops, pgd, NULL);
		break;
	case 4:
		err = walk_page_range_debug(&f.mm, start, end, &f.ops, pgd, NULL);
		break;
	case 5:
		err = walk_page_range_vma(vma, start, end, &f.ops, NULL);
		break;
	case 6:
		err = walk_page_range_vma_unsafe(vma, start, end, &f.ops, NULL);
		break;
	case 7:
		err = walk_page_vma(vma, &f.ops, NULL);
		break;
	case 8:
		f.start = f.last = 0;
		f.end = -1;
		err = walk_page_mapping(&mapping, start % 16, 1 + end % 64, &f.ops, NULL);
		break;
	case 9:
		hugetlb_walk(vma, vma->vm_start,
			     geometry_page_size(&f.geo)
				     << (vma->vm_hstate ? vma->vm_hstate->order : 0));
		return;
	case 10:
		do_split(vma);
		return;
	default:
		do_folio(vma);
		return;
	}
	check_result(err, what == 8, what == 2 || what == 3 ? pagewalk_init_mm : &f.mm);
}

/* Nobody wrote: all is as it was. Below an overlay that is always so. */
static void check_memory(void)
{
	for (unsigned int i = 0; i < f.nr_pieces; i++) {
		struct piece *piece = &f.pieces[i];
		uint64_t room;

		if (!f.writes ||
		    (f.below && pagewalk_image_at(f.below, piece->pa, &room) == piece->entries))
			REQUIRE(!memcmp(piece->entries, piece->copy, piece->nr * 8));
		free(piece->entries);
		free(piece->copy);
	}
}

static void make_mm(unsigned int how)
{
	f.mm = (struct mm_struct){
		.geo = &f.geo,
		.memory = pagewalk_image_memory(f.image),
		.root = slot(0),
		.vmas = f.list,
		.mmap_lock = { (int)(how >> 4 & 3) - 1 },
		.pages = models[how >> 3 & 1],
		.behaviours = take(&f.in, 2),
		.max_swapfiles = how & 0x40 ? 23 : 0,
	};
	f.other = f.mm;
	f.other.nr_vmas = 0;
	pagewalk_init_mm = how & 0x80 ? &f.other : &f.mm;
	/* of the other there is nothing to check */
	if (how & 0x80)
		f.other.behaviours = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int how, nr;
	uint64_t page_size;

	memset(&f, 0, sizeof(f));
	make_model();
	f.in = (struct input){ data, data + size };
	take_geometry();
	page_size = geometry_page_size(&f.geo);
	how = take(&f.in, 1);
	f.below = how & 1 ? pagewalk_image_new(page_size, NULL) : NULL;
	f.image = pagewalk_image_new(page_size, f.below ? pagewalk_image_memory(f.below) : NULL);
	nr = take(&f.in, 1) % (PIECES + 1);
	while (nr--)
		take_piece();
	f.writes = how & 2;
	if (how & 4)
		pagewalk_image_reserve(f.image, 0x8000000, page_size * (take(&f.in, 1) % 8));
	make_mm(how);
	/* what only reads does not write, even where it could */
	f.writes |= how & 4;
	if (take(&f.in, 1) & 1) {
		f.pgd = calloc(f.geo.va_bits < f.geo.va_bits_config ? page_size / 8 + 1024 : 8192,
			       8);
		for (unsigned int i = 0; i < 4; i++)
			f.pgd[take(&f.in, 1)].pgd = take_entry();
	}
	nr = take(&f.in, 1) % (VMAS + 1);
	while (nr--)
		take_vma();
	for (nr = 0; nr < 3 && f.in.at < f.in.end; nr++) {
		take_ops();
		one_walk();
	}
	mmap_write_unlock(&f.mm);
	check_memory();
	pagewalk_image_free(f.image);
	pagewalk_image_free(f.below);
	free(f.pgd);
	pagewalk_init_mm = NULL;
	return 0;
}
