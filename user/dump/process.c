// SPDX-License-Identifier: GPL-2.0-only
#include "process.h"

#include <errno.h>
#include <stdlib.h>

#include "geometry/descriptor.h"

struct process_dump {
	const struct mm_struct *mm;
	const struct geometry *geo;
	const struct process_options *options;
	process_run_fn emit;
	void *ctx;
	struct process_run run; /* the one that grows; leaf.size 0: none */
	uint64_t next;		/* the entry that would make it grow */
	uint64_t above[PGTABLE_NR_LEVELS];
	bool told; /* what area the walk is in */
	const struct vma *vma;
};

static void flush(struct process_dump *dump)
{
	if (dump->run.leaf.size)
		dump->emit(dump->ctx, &dump->run);
	dump->run.leaf.size = 0;
}

static void enter(struct process_dump *dump, const struct vma *vma, uint64_t start, uint64_t end)
{
	if (dump->told && dump->vma == vma && vma)
		return;
	flush(dump);
	dump->told = true;
	dump->vma = vma;
	if (dump->options->area)
		dump->options->area(dump->ctx, vma, start, end);
}

/* What the entry behind @desc has in the same run; markers are all the same. */
static uint64_t following(const struct process_dump *dump, uint64_t desc, uint64_t each)
{
	uint64_t address = desc_from_address(dump->geo, ~0ULL), pa;
	softleaf_t entry = softleaf_from_pte(__pte(desc));

	if (!entry.val) {
		pa = desc_address(dump->geo, desc) + each;
		return (desc & ~address) | desc_from_address(dump->geo, pa);
	}
	if (pagewalk_softleaf_type(dump->mm, entry) == SOFTLEAF_MARKER)
		return desc;
	/* offsets and page frames count pages */
	return desc + (each >> dump->geo->page_shift << 12);
}

static bool grows(const struct process_dump *dump, const struct process_run *run)
{
	const struct leaf_run *before = &dump->run.leaf, *leaf = &run->leaf;

	if (!before->size || dump->options->entry_by_entry || run->passed_over || run->fault ||
	    dump->run.fault || before->start + before->size != leaf->start ||
	    before->level != leaf->level || dump->run.vma != run->vma ||
	    dump->run.each != run->each)
		return false;
	if (!leaf->desc)
		return !before->desc && before->depth == leaf->depth && !dump->run.passed_over;
	return before->desc && before->table_bits == leaf->table_bits && leaf->desc == dump->next;
}

static void note(struct process_dump *dump, struct process_run *run, struct mm_walk *walk)
{
	const struct process_options *options = dump->options;
	struct leaf_run *leaf = &run->leaf;

	run->vma = walk && walk->vma ? walk->vma->vm_private_data : NULL;
	if (!run->vma && options->holes)
		enter(dump, NULL, leaf->start, leaf->start + leaf->size);
	if (!leaf->desc && !options->holes && !run->passed_over && !run->fault) {
		flush(dump);
		return;
	}
	leaf->marks = options->marks ? options->marks(options->marks_ctx, leaf->level) : 0;
	leaf->table_bits = leaf->desc ? dump->above[leaf->level] : 0;
	if (grows(dump, run)) {
		dump->run.leaf.size += leaf->size;
		dump->run.leaf.marks |= leaf->marks;
	} else {
		flush(dump);
		dump->run = *run;
	}
	dump->next = leaf->desc ? following(dump, leaf->desc, run->each) : 0;
}

static int entry(struct mm_walk *walk, enum pgtable_level level, uint64_t desc, uint64_t addr,
		 uint64_t next)
{
	struct process_dump *dump = walk->private;

	if (level > geometry_top(dump->geo)) /* folded away */
		return 0;
	if (desc_table(desc, level)) {
		dump->above[level - 1] = dump->above[level] | (desc & TABLE_ATTRS);
		return 0;
	}
	note(dump,
	     &(struct process_run){
		     .leaf = { .start = addr, .size = next - addr, .level = level, .desc = desc },
		     .each = geometry_size(dump->geo, level),
	     },
	     walk);
	/* not to be split, or looked at again */
	walk->action = ACTION_CONTINUE;
	return 0;
}

static int pgd_entry(pgd_t *pgd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return entry(walk, PGTABLE_LEVEL_PGD, pgd_val(*pgd), addr, next);
}

static int p4d_entry(p4d_t *p4d, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return entry(walk, PGTABLE_LEVEL_P4D, p4d_val(*p4d), addr, next);
}

static int pud_entry(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return entry(walk, PGTABLE_LEVEL_PUD, pud_val(*pud), addr, next);
}

static int pmd_entry(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return entry(walk, PGTABLE_LEVEL_PMD, pmd_val(*pmd), addr, next);
}

static int hole(struct mm_walk *walk, uint64_t addr, uint64_t next, enum pgtable_level level,
		int depth)
{
	note(walk->private,
	     &(struct process_run){
		     .leaf = { .start = addr, .size = next - addr, .level = level, .depth = depth },
	     },
	     walk);
	return 0;
}

/*
 * Most entries go on with the run of the one before. The first of a table does not do so unasked,
 * as the table's marks are its own.
 */
static bool goes_on(struct process_dump *dump, uint64_t desc, uint64_t addr)
{
	uint64_t page = geometry_page_size(dump->geo);
	struct leaf_run *leaf = &dump->run.leaf;

	if (desc != dump->next || dump->options->entry_by_entry || !leaf->size ||
	    leaf->start + leaf->size != addr || dump->run.each != page || dump->run.hugetlb ||
	    !(addr & (geometry_size(dump->geo, PGTABLE_LEVEL_PMD) - 1)))
		return false;
	leaf->size += page;
	dump->next = following(dump, desc, page);
	return true;
}

static int pte_entry(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	struct process_dump *dump = walk->private;

	if (pte_none(*pte) && !dump->options->holes)
		flush(dump);
	else if (pte_none(*pte))
		return hole(walk, addr, next, PGTABLE_LEVEL_PTE, 4);
	else if (!goes_on(dump, pte_val(*pte), addr))
		return entry(walk, PGTABLE_LEVEL_PTE, pte_val(*pte), addr, next);
	return 0;
}

static int pte_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	return hole(walk, addr, next, depth < 0 ? PGTABLE_LEVEL_PGD : 4 - depth, depth);
}

/* At which level an entry for @size bytes is, alone or with those that continue it. */
static enum pgtable_level huge_level(const struct geometry *geo, uint64_t size)
{
	for (int level = PGTABLE_LEVEL_PUD; level > PGTABLE_LEVEL_PTE; level--)
		if (size >= geometry_size(geo, level))
			return level;
	return PGTABLE_LEVEL_PTE;
}

/* What tables above @level forbid: of hugetlb pages the walk shows the entry alone. */
static uint64_t bits_above(struct mm_struct *mm, enum pgtable_level level, unsigned long addr)
{
	const int top = geometry_top(mm->geo);
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d = pgd ? p4d_offset(pgd, addr) : NULL;
	pud_t *pud = p4d ? pud_offset(p4d, addr) : NULL;
	pmd_t *pmd = pud && level == PGTABLE_LEVEL_PTE ? pmd_offset(pud, addr) : NULL;
	const uint64_t descs[PGTABLE_NR_LEVELS] = {
		[PGTABLE_LEVEL_PMD] = pmd ? pmd_val(*pmd) : 0,
		[PGTABLE_LEVEL_PUD] = pud ? pud_val(*pud) : 0,
		[PGTABLE_LEVEL_P4D] = p4d ? p4d_val(*p4d) : 0,
		[PGTABLE_LEVEL_PGD] = pgd ? pgd_val(*pgd) : 0,
	};
	uint64_t bits = 0;

	for (int above = level + 1; above <= top; above++)
		if (desc_table(descs[above], above))
			bits |= descs[above] & TABLE_ATTRS;
	return bits;
}

static int hugetlb_entry(pte_t *pte, unsigned long hmask, unsigned long addr, unsigned long next,
			 struct mm_walk *walk)
{
	struct process_dump *dump = walk->private;
	uint64_t size = ~hmask + 1;
	struct process_run run = {
		.leaf = { .start = addr,
			  .size = next - addr,
			  .level = huge_level(dump->geo, size),
			  .desc = pte_val(*pte) },
		.each = size,
		.hugetlb = true,
	};
	uint64_t into = addr & ~hmask;

	if (pte_none(*pte))
		return pte_hole(addr, next, -1, walk);
	/* the walk begins in the middle of it */
	if (into && desc_present(run.leaf.desc))
		run.leaf.desc = (run.leaf.desc & ~desc_from_address(dump->geo, ~0ULL)) |
				desc_from_address(dump->geo,
						  desc_address(dump->geo, run.leaf.desc) + into);
	dump->above[run.leaf.level] = bits_above(walk->mm, run.leaf.level, addr);
	note(dump, &run, walk);
	return 0;
}

/* Instead of the test for VM_PFNMAP that the walk would make. */
static int test_walk(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	struct process_dump *dump = walk->private;

	enter(dump, walk->vma->vm_private_data, start, end);
	if (!(walk->vma->vm_flags & VM_PFNMAP) || dump->options->pfnmap)
		return 0;
	note(dump,
	     &(struct process_run){
		     .leaf = { .start = start,
			       .size = end - start,
			       .level = PGTABLE_LEVEL_PGD,
			       .depth = -1 },
		     .passed_over = true,
	     },
	     walk);
	return 1;
}

static const struct mm_walk_ops ops = {
	.pgd_entry = pgd_entry,
	.p4d_entry = p4d_entry,
	.pud_entry = pud_entry,
	.pmd_entry = pmd_entry,
	.pte_entry = pte_entry,
	.pte_hole = pte_hole,
	.hugetlb_entry = hugetlb_entry,
	.test_walk = test_walk,
	.walk_lock = PGWALK_RDLOCK,
};

/* The walk ended in an area: say so. Where it goes on, 0: there is nothing behind. */
static uint64_t broken_off(struct process_dump *dump, struct mm_struct *mm, uint64_t end)
{
	struct vm_area_struct *vma = find_vma(mm, mm->fault.addr);
	struct mm_walk walk = { .vma = vma };
	uint64_t from = mm->fault.addr, to;

	if (!vma)
		return 0;
	to = vma->vm_end < end ? vma->vm_end : end;
	if (dump->run.leaf.size && dump->run.leaf.start + dump->run.leaf.size > from)
		from = dump->run.leaf.start + dump->run.leaf.size;
	if (from < to)
		note(dump,
		     &(struct process_run){
			     .leaf = { .start = from,
				       .size = to - from,
				       .level = PGTABLE_LEVEL_PGD,
				       .depth = -1 },
			     .fault = mm->fault.kind,
		     },
		     &walk);
	return to < end ? to : 0;
}

unsigned long process_walk(struct mm_struct *mm, uint64_t start, uint64_t end,
			   const struct process_options *options, process_run_fn run, void *ctx)
{
	struct process_dump dump = {
		.mm = mm,
		.geo = mm->geo,
		.options = options,
		.emit = run,
		.ctx = ctx,
	};
	unsigned long faults = 0;

	do {
		int err = walk_page_range(mm, start, end, &ops, &dump);

		faults += mm->nr_faults;
		start = err && err != -EINVAL ? broken_off(&dump, mm, end) : 0;
	} while (start);
	flush(&dump);
	return faults;
}

int process_areas_of(struct process_areas *areas, struct mm_struct *mm, const struct vmas *vmas)
{
	*areas = (struct process_areas){
		.area = calloc(vmas->nr + 1, sizeof(*areas->area)),
		.list = calloc(vmas->nr + 1, sizeof(*areas->list)),
		.hstate = calloc(vmas->nr + 1, sizeof(*areas->hstate)),
	};
	if (!areas->area || !areas->list || !areas->hstate) {
		process_areas_free(areas);
		return -ENOMEM;
	}
	for (size_t i = 0; i < vmas->nr; i++) {
		const struct vma *vma = &vmas->vma[i];
		uint64_t pages = vma->page_size >> mm->geo->page_shift;

		areas->hstate[i].order = pages ? __builtin_ctzll(pages) : 0;
		areas->area[i] = (struct vm_area_struct){
			.vm_start = vma->start,
			.vm_end = vma->end,
			.vm_mm = mm,
			.vm_flags = vma->flags,
			.vm_hstate = &areas->hstate[i],
			.vm_private_data = (void *)vma,
		};
		areas->list[i] = &areas->area[i];
	}
	mm->vmas = areas->list;
	mm->nr_vmas = vmas->nr;
	return 0;
}

void process_areas_free(struct process_areas *areas)
{
	free(areas->area);
	free(areas->list);
	free(areas->hstate);
	*areas = (struct process_areas){};
}
