// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every table there is, as long as tables are small: of geometries with two entries a table, and of
 * the two entries beside a boundary in the real ones. Every range, several sets of callbacks; each
 * walk is compared with that of naive_vma.c, to the byte.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "naive_vma.h"
#include "tables.h"
#include "test.h"

/* None, table, block, what is bad in user space, an invalid leaf, and neither. */
static const uint64_t kinds[] = { 0, 3, 1, 0x802, 0x800, 0x400 };
#define NR_KINDS  ARRAY_SIZE(kinds)
#define OUTPUT	  0x40000000UL
#define ROOT	  0x100000UL
#define UNALIGNED 0x123

/* Sets of callbacks. */
static const struct mm_walk_ops *op_sets(unsigned int *nr)
{
	static struct mm_walk_ops sets[6];
	static const unsigned int masks[] = { 0x3f, 0x1c, 0x10, 0x30, 0x28, 0x24 };

	for (unsigned int i = 0; i < ARRAY_SIZE(masks); i++)
		sets[i] = (struct mm_walk_ops){
			.pgd_entry = masks[i] & 1 ? calls_ops.pgd_entry : NULL,
			.p4d_entry = masks[i] & 2 ? calls_ops.p4d_entry : NULL,
			.pud_entry = masks[i] & 4 ? calls_ops.pud_entry : NULL,
			.pmd_entry = masks[i] & 8 ? calls_ops.pmd_entry : NULL,
			.pte_entry = masks[i] & 16 ? calls_ops.pte_entry : NULL,
			.pte_hole = masks[i] & 32 ? calls_ops.pte_hole : NULL,
		};
	*nr = ARRAY_SIZE(masks);
	return sets;
}

struct world {
	struct geometry geo;
	struct side side[2];
	unsigned long base; /* what the root maps begins there */
	size_t contents, walks;
};

static void world_init(struct world *world)
{
	struct side *lib = &world->side[0], *naive = &world->side[1];

	for (unsigned int i = 0; i < 2; i++) {
		struct side *side = &world->side[i];

		ram_init(&side->ram[0]);
		side->mm[0] = (struct mm_struct){
			.geo = &world->geo, .root = ROOT, .report = calls_report, .mmap_lock = { 1 }
		};
		side->mm[0].vmas = side->list[0];
	}
	lib->library = true;
	lib->mm[0].memory = &lib->ram[0].memory;
	naive->mm[0].private = &naive->ram[0];
}

static void world_release(struct world *world)
{
	for (unsigned int i = 0; i < 2; i++) {
		ram_release(&world->side[i].ram[0]);
		calls_clear(&world->side[i]);
	}
}

static void set(struct world *world, uint64_t pa, uint64_t desc)
{
	*ram_at(&world->side[0].ram[0], pa) = desc;
	*ram_at(&world->side[1].ram[0], pa) = desc;
}

/* Forget what was said, and the tables that were made. */
static void restart(struct side *side)
{
	struct ram *ram = &side->ram[0];

	side->nr = 0;
	side->mm[0].nr_faults = 0;
	side->mm[0].fault = (struct pagewalk_fault){ .kind = PAGEWALK_OK };
	while (ram->nr > ram->original)
		free(ram->pieces[--ram->nr].entries);
	calls_begin(side);
}

static bool same(struct world *world, int a, int b, unsigned long start, unsigned long end,
		 const struct mm_walk_ops *ops)
{
	struct side *lib = &world->side[0], *naive = &world->side[1];

	world->walks++;
	/* faults are in the log */
	if (a == b && lib->nr == naive->nr &&
	    (!lib->nr || !memcmp(lib->calls, naive->calls, lib->nr * sizeof(*lib->calls))))
		return true;
	test_note("contents %zu, %u levels of %u bits: %#lx-%#lx, callbacks %d%d%d%d%d%d",
		  world->contents, world->geo.levels, world->geo.table_bits, start, end,
		  !!ops->pgd_entry, !!ops->p4d_entry, !!ops->pud_entry, !!ops->pmd_entry,
		  !!ops->pte_entry, !!ops->pte_hole);
	EXPECT_EQ(a, b);
	return calls_same(lib, naive);
}

static bool try_kernel(struct world *world, unsigned long start, unsigned long end,
		       const struct mm_walk_ops *ops)
{
	struct side *lib = &world->side[0], *naive = &world->side[1];
	int a, b;

	pagewalk_init_mm = &lib->mm[0];
	naive_init_mm = &naive->mm[0];
	restart(lib);
	a = walk_kernel_page_table_range_lockless(start, end, ops, NULL, lib);
	restart(naive);
	b = naive_kernel_range_lockless(start, end, ops, NULL, naive);
	pagewalk_init_mm = naive_init_mm = NULL;
	return same(world, a, b, start, end, ops);
}

/* Splits change tables, so both sides begin with the same ones each time. */
static bool try_user(struct world *world, const struct ram *before, unsigned long start,
		     unsigned long end, const struct mm_walk_ops *ops)
{
	struct side *lib = &world->side[0], *naive = &world->side[1];
	bool good;
	int a, b;

	for (unsigned int i = 0; i < 2; i++) {
		struct ram *ram = &world->side[i].ram[0];

		restart(&world->side[i]);
		ram->next = before->next;
		for (unsigned int n = 0; n < before->nr; n++)
			memcpy(ram->pieces[n].entries, before->pieces[n].entries,
			       before->pieces[n].nr * sizeof(uint64_t));
	}
	calls_begin(lib);
	a = walk_page_range(&lib->mm[0], start, end, ops, lib);
	calls_begin(naive);
	b = naive_range(&naive->mm[0], start, end, ops, naive);
	good = same(world, a, b, start, end, ops);
	/* the tables, too, and those that were made */
	for (unsigned int n = 0; good && n < lib->ram[0].nr; n++)
		good = EXPECT(!memcmp(lib->ram[0].pieces[n].entries,
				      naive->ram[0].pieces[n].entries,
				      lib->ram[0].pieces[n].nr * sizeof(uint64_t)));
	return good;
}

/* Geometries with two entries a table, which have the copy of the walk for any geometry. */

static struct geometry small_geometry(unsigned int levels)
{
	return (struct geometry){
		.page_shift = 12,
		.table_bits = 1,
		.va_bits = 12 + levels,
		.va_bits_config = 12 + levels,
		.levels = levels,
		.levels_config = levels,
		.top_index_bits = 1,
		.oa_mask = 0xfffffffff000,
		.cont_ptes = 2,
		.cont_pmds = 2,
	};
}

/* A table at each place of the tree, whether it is used or not. */
static void add_tables(struct world *world)
{
	unsigned int nr = (1U << world->geo.levels) - 1;

	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int i = 0; i < nr; i++)
			ram_add(&world->side[side].ram[0], ROOT + i * 4096UL, 2);
}

/* Those below table @i of the tree are 2 * @i + 1 and + 2. */
static uint64_t table_at(unsigned int i)
{
	return ROOT + i * 4096UL;
}

/*
 * A content as a number with digits, as many as it needs: one for what kind each entry is, from the
 * root down. The next content is found as an odometer turns.
 */
struct digits {
	unsigned char digit[64], base[64];
	unsigned int nr;
	unsigned int alphabet, ptes; /* how many kinds there are to choose from */
	unsigned int top_alphabet;   /* of the root, if not 0 */
};

static unsigned int next_digit(struct digits *digits, unsigned int *at, unsigned int base)
{
	if (*at == digits->nr) {
		digits->digit[digits->nr] = 0;
		digits->base[digits->nr++] = base;
	}
	return digits->digit[(*at)++];
}

static void set_tree(struct world *world, unsigned int i, int level, struct digits *digits,
		     unsigned int *at)
{
	unsigned int alphabet = !i && digits->top_alphabet ? digits->top_alphabet :
							     digits->alphabet;

	for (unsigned int n = 0; n < 2; n++) {
		uint64_t pa = table_at(i) + n * 8, desc;

		if (!level) {
			unsigned int digit = digits->ptes > 1 ?
						     next_digit(digits, at, digits->ptes) :
						     1;

			set(world, pa, digit ? OUTPUT + (pa << 4) + 3 : 0);
			continue;
		}
		desc = kinds[next_digit(digits, at, alphabet)];
		if (desc == 3) {
			desc |= table_at(2 * i + 1 + n);
			set_tree(world, 2 * i + 1 + n, level - 1, digits, at);
		} else if (desc) {
			desc |= OUTPUT + (pa << 4);
		}
		set(world, pa, desc);
	}
}

/* On to the next content; false: that was the last. */
static bool turn(struct digits *digits)
{
	while (digits->nr) {
		unsigned int last = digits->nr - 1;

		if (++digits->digit[last] < digits->base[last])
			return true;
		digits->nr--;
	}
	return false;
}

/* All ranges of whole pages, and some that are not whole. */
static bool try_ranges(struct world *world, const struct ram *before, unsigned int step)
{
	const struct mm_walk_ops *sets;
	unsigned int nr_sets, nr_pages = 1U << world->geo.levels;

	sets = op_sets(&nr_sets);
	for (unsigned int from = 0; from < nr_pages; from += step)
		for (unsigned int to = from; to <= nr_pages; to += step)
			for (unsigned int i = 0; i < nr_sets; i++) {
				unsigned long start = world->base + from * 4096UL;
				unsigned long end = world->base + to * 4096UL;

				/* a part of a page at one end, at the other, at both */
				if (i % 4 == 1 && (from + to) % 3 == 0)
					start += UNALIGNED;
				if (i % 4 == 2 && (from + to) % 3 == 1 && to < nr_pages)
					end += UNALIGNED;
				if (before ? !try_user(world, before, start, end, &sets[i]) :
					     !try_kernel(world, start, end, &sets[i]))
					return false;
			}
	return true;
}

static void small(unsigned int levels, unsigned int alphabet, unsigned int ptes, unsigned int step,
		  unsigned int chunk)
{
	struct world world = { .geo = small_geometry(levels), .base = 0x1000000 };
	struct digits digits = { .alphabet = alphabet, .ptes = ptes };

	world_init(&world);
	add_tables(&world);
	world.side[0].ram[0].chunk = chunk;
	do {
		unsigned int at = 0;

		set_tree(&world, 0, levels - 1, &digits, &at);
		world.contents++;
	} while (try_ranges(&world, NULL, step) && turn(&digits));
	test_note("%zu contents of all tables, %zu walks", world.contents, world.walks);
	world_release(&world);
}

TEST(three_levels_of_two_entries)
{
	small(3, NR_KINDS, 2, 1, 0);
}

/* An entry in each piece of memory. */
TEST(three_levels_in_pieces)
{
	small(3, 4, 1, 1, 1);
}

/* Of four levels there are too many: none and table with ranges of two pages, block with four. */
TEST(four_levels_of_two_entries)
{
	small(4, 2, 1, 2, 0);
	small(4, 3, 1, 4, 0);
}

/* Areas: anonymous and of a file, a gap, and a PFN mapping. */
static void add_areas(struct world *world, unsigned int file)
{
	static const struct vm_operations_struct ops;
	static const struct {
		unsigned int from, to;
		vm_flags_t flags;
	} areas[] = { { 0, 3, 0 }, { 4, 6, 0 }, { 6, 7, VM_PFNMAP } };

	for (unsigned int side = 0; side < 2; side++) {
		struct mm_struct *mm = &world->side[side].mm[0];

		mm->nr_vmas = 0;
		for (unsigned int i = 0; i < ARRAY_SIZE(areas); i++) {
			struct vm_area_struct *vma = &world->side[side].vma[i];

			*vma = (struct vm_area_struct){
				.vm_mm = mm,
				.vm_start = world->base + areas[i].from * 4096UL,
				.vm_end = world->base + areas[i].to * 4096UL,
				.vm_flags = areas[i].flags,
				.vm_ops = file >> i & 1 ? &ops : NULL,
				.vm_page_prot = { PTE_AF | 3 },
			};
			mm->vmas[mm->nr_vmas++] = vma;
		}
	}
}

TEST(three_levels_with_areas)
{
	for (unsigned int file = 0; file < 4 && !test_failed(); file += 3) {
		struct world world = { .geo = small_geometry(3), .base = 0x1000000 };
		/* a block of the pud is never split, but looked at without end: there is a test */
		struct digits digits = { .alphabet = 4, .ptes = 1, .top_alphabet = 2 };
		struct ram before;
		bool good;

		world_init(&world);
		add_tables(&world);
		add_areas(&world, file);
		for (unsigned int side = 0; side < 2; side++) {
			ram_allow(&world.side[side].ram[0], 0x80000000, 4096, 16);
			/* without, what is not present is looked at without end, too */
			world.side[side].mm[0].behaviours = PAGEWALK_CLEARS_SWAP_PMD;
		}
		do {
			unsigned int at = 0;

			set_tree(&world, 0, 2, &digits, &at);
			ram_copy(&before, &world.side[0].ram[0]);
			world.contents++;
			good = try_ranges(&world, &before, 1);
			ram_release(&before);
		} while (good && turn(&digits));
		test_note("%zu contents of all tables, %zu walks", world.contents, world.walks);
		world_release(&world);
	}
}

/*
 * The real geometries, each of which has a copy of the walk made for it: what is on both sides of a
 * boundary of each level, down to the pages beside it.
 */

struct window {
	struct world world;
	unsigned long boundary;
	int level;			      /* of the boundary */
	uint64_t entry[2][PGTABLE_NR_LEVELS]; /* before it and behind it: where they are */
	uint64_t table[2][PGTABLE_NR_LEVELS];
};

/* The entry of @level at @addr in a table at @pa, and one on each side. */
static uint64_t add_window(struct window *window, int level, uint64_t pa, unsigned long addr)
{
	const struct geometry *geo = &window->world.geo;
	unsigned int index = geometry_index(geo, level, addr), nr = geometry_entries(geo, level);
	unsigned int first = index ? index - 1 : 0, end = index + 2 < nr ? index + 2 : nr;

	for (unsigned int side = 0; side < 2; side++) {
		struct ram *ram = &window->world.side[side].ram[0];

		if (!ram_at(ram, pa + index * 8))
			ram_add(ram, pa + first * 8, end - first);
	}
	return pa + index * 8;
}

static void make_window(struct window *window)
{
	const struct geometry *geo = &window->world.geo;
	int top = geometry_top(geo);
	uint64_t table = ROOT << 4, next = 0x40000000;

	window->boundary = geometry_entries(geo, window->level) > 3 ?
				   3 * geometry_size(geo, window->level) :
				   geometry_size(geo, window->level);
	for (unsigned int side = 0; side < 2; side++)
		window->world.side[side].mm[0].root = table;
	/* one table for both as far as the boundary's level */
	for (int level = top; level > window->level; level--) {
		uint64_t pa = add_window(window, level, table, window->boundary);

		table = next += 1UL << geo->page_shift;
		set(&window->world, pa, desc_of(geo, table) | 3);
	}
	for (unsigned int behind = 0; behind < 2; behind++) {
		unsigned long addr = window->boundary - !behind;

		window->table[behind][window->level] = table;
		for (int level = window->level; level >= 0; level--) {
			window->entry[behind][level] = add_window(window, level,
								  window->table[behind][level],
								  addr);
			if (level)
				window->table[behind][level - 1] = next += 1UL << geo->page_shift;
		}
	}
}

static void set_window(struct window *window, struct digits *digits)
{
	const struct geometry *geo = &window->world.geo;
	unsigned int at = 0;

	for (unsigned int behind = 0; behind < 2; behind++)
		for (int level = window->level; level >= 0; level--) {
			uint64_t pa = window->entry[behind][level];
			uint64_t desc = kinds[next_digit(digits, &at, level ? NR_KINDS : 2)];

			if (level && desc == 3)
				desc |= desc_of(geo, window->table[behind][level - 1]);
			else if (desc)
				desc |= OUTPUT << 4;
			set(&window->world, pa, desc);
			if (!level || (desc & 3) != 3)
				break;
		}
}

static bool try_window(struct window *window)
{
	const struct geometry *geo = &window->world.geo;
	unsigned long page = geometry_page_size(geo), b = window->boundary;
	unsigned long points[] = { b - geometry_size(geo, window->level),
				   b - geometry_size(geo, 1),
				   b - 2 * page,
				   b - page,
				   b - page + UNALIGNED,
				   b,
				   b + UNALIGNED,
				   b + page,
				   b + geometry_size(geo, 1),
				   b + geometry_size(geo, window->level) };
	const struct mm_walk_ops *sets;
	unsigned int nr_sets;

	sets = op_sets(&nr_sets);
	for (unsigned int from = 0; from < ARRAY_SIZE(points) - 1; from++)
		for (unsigned int to = from + 1; to < ARRAY_SIZE(points); to++)
			for (unsigned int i = 0; i < nr_sets; i += 2)
				if (!try_kernel(&window->world, points[from], points[to],
						&sets[i + (from + to) % 2]))
					return false;
	return true;
}

TEST(beside_boundaries_of_real_geometries)
{
	size_t contents = 0, walks = 0;

	for (unsigned int i = 0; i < nr_shapes && !test_failed(); i++) {
		unsigned int levels = shape_geometry(&shapes[i]).levels;

		for (unsigned int level = 1; level < levels && !test_failed(); level++) {
			struct window window = { .level = level };
			struct digits digits = { .nr = 0 };
			struct world *world = &window.world;

			world->geo = shape_geometry(&shapes[i]);
			world_init(world);
			make_window(&window);
			do {
				set_window(&window, &digits);
				world->contents++;
			} while (try_window(&window) && turn(&digits));
			if (test_failed())
				test_note("%u/%u/%u boundary %u", shapes[i].page_shift,
					  shapes[i].va_bits, shapes[i].va_bits_config, level);
			contents += world->contents;
			walks += world->walks;
			world_release(world);
		}
	}
	test_note("%zu contents, %zu walks", contents, walks);
}
