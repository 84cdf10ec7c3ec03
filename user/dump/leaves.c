// SPDX-License-Identifier: GPL-2.0-only
#include "leaves.h"

#include "geometry/descriptor.h"

struct leaves {
	const struct geometry *geo;
	const struct leaves_options *options;
	leaf_run_fn emit;
	void *ctx;
	struct leaf_run run;		   /* the one that grows; size 0: none */
	uint64_t next;			   /* the entry that would make it grow */
	uint64_t above[PGTABLE_NR_LEVELS]; /* hierarchical bits of the table of each level */
	unsigned int marks;		   /* of the tables that the walk is in */
};

static void look_at_marks(struct leaves *leaves, enum pgtable_level level)
{
	const struct leaves_options *options = leaves->options;

	leaves->marks = options->marks ? options->marks(options->marks_ctx, level) : 0;
}

static void flush(struct leaves *leaves)
{
	if (!leaves->run.size)
		return;
	leaves->emit(leaves->ctx, &leaves->run);
	leaves->run.size = 0;
}

/* What the entry behind @desc has in the same run. */
static uint64_t following(const struct leaves *leaves, uint64_t desc, enum pgtable_level level)
{
	uint64_t pa = desc_address(leaves->geo, desc) + geometry_size(leaves->geo, level);

	return (desc & ~desc_from_address(leaves->geo, ~0ULL)) | desc_from_address(leaves->geo, pa);
}

static bool grows(const struct leaves *leaves, enum pgtable_level level, uint64_t addr,
		  uint64_t desc, uint64_t table_bits, int depth)
{
	const struct leaf_run *run = &leaves->run;

	return run->size && !leaves->options->entry_by_entry && run->level == level &&
	       run->start + run->size == addr && run->table_bits == table_bits &&
	       (desc ? run->desc && desc == leaves->next : !run->desc && run->depth == depth);
}

static void note(struct leaves *leaves, enum pgtable_level level, uint64_t addr, uint64_t size,
		 uint64_t desc, int depth)
{
	uint64_t table_bits = desc ? leaves->above[level] : 0;

	if (!desc && !leaves->options->holes) {
		flush(leaves);
		return;
	}
	if (grows(leaves, level, addr, desc, table_bits, depth)) {
		leaves->run.size += size;
	} else {
		flush(leaves);
		leaves->run = (struct leaf_run){ .start = addr,
						 .size = size,
						 .level = level,
						 .desc = desc,
						 .table_bits = table_bits,
						 .depth = depth };
	}
	leaves->run.marks |= leaves->marks;
	leaves->next = desc ? following(leaves, desc, level) : 0;
}

static void descend(struct leaves *leaves, enum pgtable_level level, uint64_t desc, uint64_t addr)
{
	if (leaves->options->table)
		leaves->options->table(leaves->ctx, level - 1, addr,
				       desc_address(leaves->geo, desc));
	leaves->above[level - 1] = leaves->above[level] | (desc & TABLE_ATTRS);
}

/* A block, or what is neither that nor a table; the walk does not go on below it. */
static int entry(struct mm_walk *walk, enum pgtable_level level, uint64_t desc, uint64_t addr,
		 uint64_t next)
{
	struct leaves *leaves = walk->private;

	if (level > geometry_top(leaves->geo)) /* folded away */
		return 0;
	if (desc_table(desc, level)) {
		descend(leaves, level, desc, addr);
		return 0;
	}
	look_at_marks(leaves, level);
	note(leaves, level, addr, next - addr, desc, 0);
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

/* Entries that are compared with one branch. */
#define LOT 8

static inline uint64_t lot_differs(const uint64_t *entries, uint64_t want, uint64_t step)
{
	uint64_t differs = 0;

#pragma GCC unroll 8
	for (int i = 0; i < LOT; i++, want += step)
		differs |= entries[i] ^ want;
	return differs;
}

/*
 * Most entries continue the run of the one before, and differ from it by their address alone: a
 * loop of its own is several times as fast as a callback for each. It relies on an output address
 * that has its low bits in place, which are all that change inside a table.
 */
static size_t same_run(const struct leaves *leaves, const uint64_t *entries, size_t nr)
{
	uint64_t page = geometry_page_size(leaves->geo), want = leaves->next;
	size_t i = 0;

	while (nr - i >= LOT && !lot_differs(entries + i, want, page)) {
		want += LOT * page;
		i += LOT;
	}
	while (i < nr && entries[i] == want) {
		want += page;
		i++;
	}
	return i;
}

static size_t empty(const uint64_t *entries, size_t nr)
{
	size_t i = 0;

	while (nr - i >= LOT && !lot_differs(entries + i, 0, 0))
		i += LOT;
	while (i < nr && !entries[i])
		i++;
	return i;
}

static void table_of_ptes(struct leaves *leaves, const uint64_t *entries, size_t nr, uint64_t addr)
{
	uint64_t page = geometry_page_size(leaves->geo);
	bool runs = !leaves->options->entry_by_entry;

	for (size_t i = 0; i < nr;) {
		size_t more = 0;

		note(leaves, PGTABLE_LEVEL_PTE, addr + i * page, page, entries[i], 4);
		if (entries[i] && runs)
			more = same_run(leaves, entries + i + 1, nr - i - 1);
		else if (!entries[i] && (runs || !leaves->options->holes))
			more = empty(entries + i + 1, nr - i - 1);
		if (more && leaves->run.size) {
			leaves->run.size += more * page;
			if (entries[i])
				leaves->next = following(leaves, entries[i + more],
							 PGTABLE_LEVEL_PTE);
		}
		i += more + 1;
	}
}

static int pmd_entry(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	struct leaves *leaves = walk->private;
	const pte_t *pte;

	entry(walk, PGTABLE_LEVEL_PMD, pmd_val(*pmd), addr, next);
	if (walk->action == ACTION_CONTINUE)
		return 0;
	pte = pte_offset_kernel(pmd, addr);
	if (!pte) /* the walk finds that, too, and says it */
		return 0;
	look_at_marks(leaves, PGTABLE_LEVEL_PTE);
	table_of_ptes(leaves, &pte->pte, (next - addr) >> leaves->geo->page_shift, addr);
	walk->action = ACTION_CONTINUE;
	return 0;
}

static int pte_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	enum pgtable_level level = depth < 0 || depth > 4 ? PGTABLE_LEVEL_PGD : 4 - depth;
	struct leaves *leaves = walk->private;

	look_at_marks(leaves, level);
	note(leaves, level, addr, next - addr, 0, depth);
	return 0;
}

static const struct mm_walk_ops ops = {
	.pgd_entry = pgd_entry,
	.p4d_entry = p4d_entry,
	.pud_entry = pud_entry,
	.pmd_entry = pmd_entry,
	.pte_hole = pte_hole,
	.walk_lock = PGWALK_RDLOCK,
};

int leaves_walk(struct mm_struct *mm, uint64_t start, uint64_t end,
		const struct leaves_options *options, leaf_run_fn run, void *ctx)
{
	struct leaves leaves = { .geo = mm->geo, .options = options, .emit = run, .ctx = ctx };
	struct mm_struct *before = pagewalk_init_mm;
	int err;

	pagewalk_init_mm = mm;
	err = walk_page_range_debug(mm, start, end, &ops, NULL, &leaves);
	pagewalk_init_mm = before;
	flush(&leaves);
	return err;
}
