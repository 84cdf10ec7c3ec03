// SPDX-License-Identifier: GPL-2.0-only
/* What the tables of a process map, by its areas. */
#include "dump/process.h"

#include <string.h>

#include "dump/sizes.h"
#include "dump/softleaf.h"
#include "memory_of.h"
#include "test.h"

#define BASE 0x10000000000ULL
#define PA   0x40000000ULL
#define PAGE 4096ULL
#define PMD  (2ULL << 20)

#define USER_BITS \
	(PTE_VALID | PTE_TABLE_BIT | PTE_AF | PTE_NG | PTE_USER | PTE_PXN | PTE_UXN | PTE_WRITE)
#define SWAP(type, offset) ((type) << 6 | (uint64_t)(offset) << 12)

#define MOST 64

struct world {
	struct geometry geo;
	struct tables tables;
	struct memory_of memory;
	struct mm_struct mm;
	struct vma vma[8];
	struct vmas vmas;
	struct process_areas areas;
	struct process_run runs[MOST];
	const struct vma *told[MOST];
	unsigned int nr, nr_told;
	unsigned long faults;
};

static const struct shape four_levels = { 12, 48, 48 };

static void open_world(struct world *world, const struct shape *shape)
{
	memset(world, 0, sizeof(*world));
	world->geo = shape_geometry(shape);
	tables_init(&world->tables, &world->geo);
	memory_of(&world->memory, &world->tables);
	world->mm = (struct mm_struct){
		.geo = &world->geo,
		.memory = &world->memory.memory,
		.root = world->tables.root,
		.mmap_lock.count = -1,
	};
	world->vmas = (struct vmas){ .vma = world->vma, .fd = -1 };
}

static void close_world(struct world *world)
{
	process_areas_free(&world->areas);
	tables_release(&world->tables);
}

static const struct vma *area(struct world *world, uint64_t start, uint64_t size, uint64_t flags,
			      uint64_t page_size)
{
	struct vma *vma = &world->vma[world->vmas.nr++];

	*vma = (struct vma){ .start = start,
			     .end = start + size,
			     .flags = flags,
			     .page_size = page_size,
			     .name = "" };
	return vma;
}

static uint64_t *map(struct world *world, enum pgtable_level level, uint64_t addr, uint64_t desc)
{
	uint64_t *entry = tables_entry(&world->tables, level, addr);

	*entry = desc;
	return entry;
}

static uint64_t leaf(const struct world *world, uint64_t pa, uint64_t bits)
{
	return desc_of(&world->geo, pa) | bits;
}

static void add(void *ctx, const struct process_run *run)
{
	struct world *world = ctx;

	if (world->nr < MOST)
		world->runs[world->nr++] = *run;
}

static void tell(void *ctx, const struct vma *vma, uint64_t start, uint64_t end)
{
	struct world *world = ctx;

	EXPECT(start < end);
	EXPECT(!vma || (start >= vma->start && end <= vma->end));
	if (world->nr_told < MOST)
		world->told[world->nr_told++] = vma;
}

static void walk(struct world *world, uint64_t start, uint64_t end, struct process_options options)
{
	options.area = tell;
	world->nr = world->nr_told = 0;
	process_areas_free(&world->areas);
	EXPECT_EQ(process_areas_of(&world->areas, &world->mm, &world->vmas), 0);
	world->faults = process_walk(&world->mm, start, end, &options, add, world);
}

#define EXPECT_RUN(run, start_, size_, desc_)         \
	do {                                          \
		EXPECT_EQ((run)->leaf.start, start_); \
		EXPECT_EQ((run)->leaf.size, size_);   \
		EXPECT_EQ((run)->leaf.desc, desc_);   \
	} while (0)

static const struct process_options plain = {}, with_holes = { .holes = true },
				    each = { .entry_by_entry = true }, all = { .pfnmap = true };

TEST(runs_end_with_their_area)
{
	const struct vma *first, *second;
	struct world world;

	open_world(&world, &four_levels);
	first = area(&world, BASE, 4 * PAGE, VM_READ, PAGE);
	second = area(&world, BASE + 4 * PAGE, 4 * PAGE, VM_READ, PAGE);
	area(&world, BASE + PMD, PAGE, VM_READ, PAGE);
	for (unsigned int i = 0; i < 8; i++)
		map(&world, PGTABLE_LEVEL_PTE, BASE + i * PAGE,
		    leaf(&world, PA + i * PAGE, USER_BITS));
	map(&world, PGTABLE_LEVEL_PTE, BASE + PAGE, 0);
	walk(&world, 0, 1ULL << 48, plain);
	EXPECT_EQ(world.nr, 3);
	EXPECT_RUN(&world.runs[0], BASE, PAGE, leaf(&world, PA, USER_BITS));
	EXPECT_RUN(&world.runs[1], BASE + 2 * PAGE, 2 * PAGE,
		   leaf(&world, PA + 2 * PAGE, USER_BITS));
	EXPECT(world.runs[1].vma == first);
	EXPECT_RUN(&world.runs[2], BASE + 4 * PAGE, 4 * PAGE,
		   leaf(&world, PA + 4 * PAGE, USER_BITS));
	EXPECT(world.runs[2].vma == second);
	/* the empty one, too */
	EXPECT_EQ(world.nr_told, 3);
	EXPECT_EQ(world.faults, 0);

	test_case("holes");
	walk(&world, BASE - PAGE, BASE + PMD + 2 * PAGE, with_holes);
	EXPECT_EQ(world.nr, 8);
	EXPECT_RUN(&world.runs[0], BASE - PAGE, PAGE, 0);
	EXPECT_EQ(world.runs[0].leaf.depth, -1);
	EXPECT(!world.runs[0].vma);
	EXPECT_RUN(&world.runs[2], BASE + PAGE, PAGE, 0);
	EXPECT_EQ(world.runs[2].leaf.depth, 4);
	EXPECT_RUN(&world.runs[5], BASE + 8 * PAGE, PMD - 8 * PAGE, 0);
	EXPECT_RUN(&world.runs[6], BASE + PMD, PAGE, 0);
	EXPECT_EQ(world.runs[6].leaf.depth, 3);
	EXPECT_RUN(&world.runs[7], BASE + PMD + PAGE, PAGE, 0);
	EXPECT_EQ(world.nr_told, 6);

	test_case("a part");
	walk(&world, BASE + 3 * PAGE, BASE + 5 * PAGE, plain);
	EXPECT_EQ(world.nr, 2);
	EXPECT_EQ(world.runs[0].leaf.size, PAGE);
	test_case("entries");
	walk(&world, 0, 1ULL << 48, each);
	EXPECT_EQ(world.nr, 7);
	close_world(&world);
}

TEST(what_is_not_present)
{
	struct world world;

	open_world(&world, &four_levels);
	area(&world, BASE, 32 * PAGE, VM_READ, PAGE);
	/* two of one file, one of it elsewhere, one of another, a marker twice, a page that
	 * migrates */
	map(&world, PGTABLE_LEVEL_PTE, BASE, SWAP(0, 7));
	map(&world, PGTABLE_LEVEL_PTE, BASE + PAGE, SWAP(0, 8));
	map(&world, PGTABLE_LEVEL_PTE, BASE + 2 * PAGE, SWAP(0, 10));
	map(&world, PGTABLE_LEVEL_PTE, BASE + 3 * PAGE, SWAP(1, 11));
	map(&world, PGTABLE_LEVEL_PTE, BASE + 4 * PAGE, SWAP(31, PTE_MARKER_GUARD));
	map(&world, PGTABLE_LEVEL_PTE, BASE + 5 * PAGE, SWAP(31, PTE_MARKER_GUARD));
	map(&world, PGTABLE_LEVEL_PTE, BASE + 6 * PAGE, SWAP(27, PA / PAGE));
	/* PROT_NONE is a page all the same */
	map(&world, PGTABLE_LEVEL_PTE, BASE + 7 * PAGE,
	    leaf(&world, PA, (USER_BITS & ~(PTE_VALID | PTE_USER)) | PTE_PRESENT_INVALID));
	walk(&world, 0, 1ULL << 48, plain);
	EXPECT_EQ(world.nr, 6);
	EXPECT_RUN(&world.runs[0], BASE, 2 * PAGE, SWAP(0, 7));
	EXPECT_RUN(&world.runs[1], BASE + 2 * PAGE, PAGE, SWAP(0, 10));
	EXPECT_RUN(&world.runs[2], BASE + 3 * PAGE, PAGE, SWAP(1, 11));
	EXPECT_RUN(&world.runs[3], BASE + 4 * PAGE, 2 * PAGE, SWAP(31, PTE_MARKER_GUARD));
	EXPECT_RUN(&world.runs[4], BASE + 6 * PAGE, PAGE, SWAP(27, PA / PAGE));
	EXPECT_EQ(world.runs[5].leaf.start, BASE + 7 * PAGE);
	EXPECT_STR(softleaf_name(pagewalk_softleaf_type(&world.mm, (softleaf_t){ SWAP(27, 1) })),
		   "migration-write");
	EXPECT_STR(marker_name((softleaf_t){ SWAP(31, PTE_MARKER_GUARD) }), "guard");
	EXPECT_STR(marker_name((softleaf_t){ SWAP(31, PTE_MARKER_POISONED) }), "poisoned");

	test_case("sizes");
	struct sizes sizes = {};

	for (unsigned int i = 0; i < world.nr; i++)
		sizes_add_user(&sizes, &world.mm, &world.runs[i].leaf);
	EXPECT_EQ(sizes.swapped, 4 * PAGE);
	EXPECT_EQ(sizes.other, 3 * PAGE);
	EXPECT_EQ(sizes.invalid, PAGE);
	EXPECT_EQ(sizes.bad, 0);
	EXPECT_EQ(sizes_total(&sizes), 0);
	close_world(&world);
}

/* Pages of each size that there is, with what tables above forbid. */
TEST(hugetlb)
{
	const uint64_t cont = USER_BITS | PTE_CONT, block = USER_BITS & ~PTE_TABLE_BIT;
	struct world world;

	open_world(&world, &four_levels);
	area(&world, BASE, 64 << 10, VM_READ | VM_HUGETLB, 64 << 10);
	area(&world, BASE + PMD, 2 * PMD, VM_READ | VM_HUGETLB, PMD);
	area(&world, BASE + 16 * PMD, 32 * PMD, VM_READ | VM_HUGETLB, 16 * PMD);
	for (unsigned int i = 0; i < 16; i++)
		map(&world, PGTABLE_LEVEL_PTE, BASE + i * PAGE, leaf(&world, PA + i * PAGE, cont));
	map(&world, PGTABLE_LEVEL_PMD, BASE + PMD, leaf(&world, PA + PMD, block));
	for (unsigned int i = 16; i < 32; i++)
		map(&world, PGTABLE_LEVEL_PMD, BASE + i * PMD,
		    leaf(&world, PA + i * PMD, block | PTE_CONT));
	*tables_entry(&world.tables, PGTABLE_LEVEL_PMD, BASE) |= TABLE_PXN;
	*tables_entry(&world.tables, PGTABLE_LEVEL_PUD, BASE) |= TABLE_UXN;
	walk(&world, 0, 1ULL << 48, plain);
	EXPECT_EQ(world.nr, 3);
	EXPECT_RUN(&world.runs[0], BASE, 64 << 10, leaf(&world, PA, cont));
	EXPECT(world.runs[0].hugetlb);
	EXPECT_EQ(world.runs[0].each, 64 << 10);
	EXPECT_EQ(world.runs[0].leaf.level, PGTABLE_LEVEL_PTE);
	EXPECT_EQ(world.runs[0].leaf.table_bits, TABLE_PXN | TABLE_UXN);
	EXPECT_RUN(&world.runs[1], BASE + PMD, PMD, leaf(&world, PA + PMD, block));
	EXPECT_EQ(world.runs[1].leaf.level, PGTABLE_LEVEL_PMD);
	EXPECT_EQ(world.runs[1].leaf.table_bits, TABLE_UXN);
	EXPECT_RUN(&world.runs[2], BASE + 16 * PMD, 16 * PMD,
		   leaf(&world, PA + 16 * PMD, block | PTE_CONT));
	EXPECT_EQ(world.runs[2].each, 16 * PMD);

	test_case("from the middle");
	walk(&world, BASE + 17 * PMD + 3 * PAGE, BASE + 18 * PMD, plain);
	EXPECT_EQ(world.nr, 1);
	EXPECT_RUN(&world.runs[0], BASE + 17 * PMD + 3 * PAGE, PMD - 3 * PAGE,
		   leaf(&world, PA + 17 * PMD + 3 * PAGE, block | PTE_CONT));
	test_case("holes");
	walk(&world, BASE + PMD, BASE + 3 * PMD, with_holes);
	EXPECT_EQ(world.nr, 2);
	EXPECT_RUN(&world.runs[1], BASE + 2 * PMD, PMD, 0);
	EXPECT_EQ(world.runs[1].leaf.depth, -1);
	close_world(&world);
}

TEST(areas_that_are_passed_over)
{
	const struct vma *vma;
	struct world world;

	open_world(&world, &four_levels);
	vma = area(&world, BASE, 4 * PAGE, VM_READ | VM_PFNMAP, PAGE);
	area(&world, BASE + 4 * PAGE, PAGE, VM_READ, PAGE);
	for (unsigned int i = 0; i < 5; i++)
		map(&world, PGTABLE_LEVEL_PTE, BASE + i * PAGE,
		    leaf(&world, PA + i * PAGE, USER_BITS));
	walk(&world, 0, 1ULL << 48, plain);
	EXPECT_EQ(world.nr, 2);
	EXPECT_RUN(&world.runs[0], BASE, 4 * PAGE, 0);
	EXPECT(world.runs[0].passed_over);
	EXPECT(world.runs[0].vma == vma);
	EXPECT_RUN(&world.runs[1], BASE + 4 * PAGE, PAGE, leaf(&world, PA + 4 * PAGE, USER_BITS));
	test_case("if wanted they are not");
	walk(&world, 0, 1ULL << 48, all);
	EXPECT_EQ(world.nr, 2);
	EXPECT_RUN(&world.runs[0], BASE, 4 * PAGE, leaf(&world, PA, USER_BITS));
	EXPECT(!world.runs[0].passed_over);
	close_world(&world);
}

/* Tables that were freed may hold anything. */
TEST(a_walk_that_ends_early)
{
	struct world world;

	open_world(&world, &four_levels);
	area(&world, BASE, 2 * PMD, VM_READ, PAGE);
	area(&world, BASE + 2 * PMD, PMD, VM_READ, PAGE);
	map(&world, PGTABLE_LEVEL_PTE, BASE, leaf(&world, PA, USER_BITS));
	map(&world, PGTABLE_LEVEL_PTE, BASE + 2 * PMD, leaf(&world, PA, USER_BITS));
	/* to a table above, and to nowhere */
	map(&world, PGTABLE_LEVEL_PMD, BASE + PMD, leaf(&world, world.tables.root, TABLE_BITS));
	walk(&world, 0, 1ULL << 48, plain);
	EXPECT_EQ(world.faults, 1);
	EXPECT_EQ(world.nr, 3);
	EXPECT_RUN(&world.runs[0], BASE, PAGE, leaf(&world, PA, USER_BITS));
	EXPECT_RUN(&world.runs[1], BASE + PMD, PMD, 0);
	EXPECT_EQ(world.runs[1].fault, PAGEWALK_TABLE_LOOP);
	EXPECT_RUN(&world.runs[2], BASE + 2 * PMD, PAGE, leaf(&world, PA, USER_BITS));
	map(&world, PGTABLE_LEVEL_PMD, BASE + PMD, leaf(&world, 0x123456000, TABLE_BITS));
	walk(&world, 0, 1ULL << 48, plain);
	EXPECT_EQ(world.runs[1].fault, PAGEWALK_NOT_IN_IMAGE);
	EXPECT_EQ(world.nr, 3);
	test_case("in the last area");
	world.vmas.nr = 1;
	walk(&world, 0, 1ULL << 48, plain);
	EXPECT_EQ(world.nr, 2);
	EXPECT_EQ(world.faults, 1);
	test_case("an empty range");
	walk(&world, BASE, BASE, plain);
	EXPECT_EQ(world.nr, 0);
	close_world(&world);
}

/* The first and the last page of what a process can have, with every geometry. */
TEST(geometries)
{
	for (unsigned int i = 0; i < nr_shapes; i++) {
		const struct shape *shape = &shapes[i];
		uint64_t page = 1ULL << shape->page_shift, end = 1ULL << shape->va_bits;
		struct world world;

		test_case("%u %u %u", shape->page_shift, shape->va_bits, shape->va_bits_config);
		open_world(&world, shape);
		area(&world, page, page, VM_READ, page);
		area(&world, end - page, page, VM_READ, page);
		map(&world, PGTABLE_LEVEL_PTE, page, leaf(&world, page * 3, USER_BITS));
		map(&world, PGTABLE_LEVEL_PTE, end - page, leaf(&world, page * 7, USER_BITS));
		walk(&world, 0, end, plain);
		EXPECT_EQ(world.nr, 2);
		EXPECT_RUN(&world.runs[0], page, page, leaf(&world, page * 3, USER_BITS));
		EXPECT_RUN(&world.runs[1], end - page, page, leaf(&world, page * 7, USER_BITS));
		EXPECT_EQ(world.faults, 0);
		close_world(&world);
	}
}

TEST(what_a_process_may_do)
{
	static const struct {
		uint64_t desc, table_bits;
		const char *may;
	} cases[] = {
		{ USER_BITS, 0, "rw-" },
		/* clean */
		{ USER_BITS | PTE_RDONLY, 0, "rw-" },
		{ (USER_BITS | PTE_RDONLY) & ~PTE_WRITE, 0, "r--" },
		{ (USER_BITS | PTE_RDONLY) & ~(PTE_WRITE | PTE_UXN), 0, "r-x" },
		/* only to be executed */
		{ (USER_BITS | PTE_RDONLY) & ~(PTE_WRITE | PTE_UXN | PTE_USER), 0, "--x" },
		{ USER_BITS & ~PTE_UXN, TABLE_UXN, "rw-" },
		{ USER_BITS, TABLE_RDONLY, "r--" },
		{ USER_BITS, TABLE_NOUSER, "---" },
		{ (USER_BITS & ~PTE_VALID) | PTE_PRESENT_INVALID, 0, "---" },
		{ 0, 0, "---" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const char may[] = {
			desc_user_readable(cases[i].desc, cases[i].table_bits) ? 'r' : '-',
			desc_user_writable(cases[i].desc, cases[i].table_bits) ? 'w' : '-',
			desc_user_executable(cases[i].desc, cases[i].table_bits) ? 'x' : '-',
			'\0',
		};

		test_case("%u", i);
		EXPECT_STR(may, cases[i].may);
	}
}
