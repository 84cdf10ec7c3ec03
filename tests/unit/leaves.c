// SPDX-License-Identifier: GPL-2.0-only
/* Runs of leaves, sizes, and mm/ptdump.c's format. */
#include "dump/leaves.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump/sizes.h"
#include "emit/table.h"
#include "memory_of.h"
#include "test.h"

#define BASE 0xffff000000000000ULL
#define PA   0x40000000ULL
#define PAGE 4096ULL
#define PMD  (2ULL << 20)
#define PUD  (1ULL << 30)

#define MOST_RUNS 4096

struct world {
	struct geometry geo;
	struct tables tables;
	struct memory_of memory;
	struct mm_struct mm;
	struct leaf_run runs[MOST_RUNS];
	unsigned int nr, nr_tables;
};

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
}

static void close_world(struct world *world)
{
	tables_release(&world->tables);
}

static const struct shape four_levels = { 12, 48, 48 };

static void add(void *ctx, const struct leaf_run *run)
{
	struct world *world = ctx;

	if (world->nr < MOST_RUNS)
		world->runs[world->nr++] = *run;
}

static void add_table(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa)
{
	struct world *world = ctx;

	EXPECT_EQ(tables_target(&world->tables, *tables_entry(&world->tables, level + 1, addr)),
		  pa);
	world->nr_tables++;
}

static void walk(struct world *world, uint64_t start, uint64_t end,
		 const struct leaves_options *options)
{
	world->nr = world->nr_tables = 0;
	EXPECT_EQ(leaves_walk(&world->mm, start, end, options, add, world), 0);
}

static void map(struct world *world, enum pgtable_level level, uint64_t addr, uint64_t pa,
		uint64_t bits)
{
	*tables_entry(&world->tables, level, addr) = desc_of(&world->geo, pa) | bits;
}

#define EXPECT_RUN(run, start_, size_, level_, entry_)           \
	do {                                                     \
		EXPECT_EQ((run)->start, start_);                 \
		EXPECT_EQ((run)->size, size_);                   \
		EXPECT_EQ((run)->level, PGTABLE_LEVEL_##level_); \
		EXPECT_EQ((run)->desc, entry_);                  \
	} while (0)

TEST(runs_end_where_something_differs)
{
	static const struct leaves_options options = { .table = add_table };
	struct world world;

	open_world(&world, &four_levels);
	for (int i = 0; i < 8; i++)
		map(&world, PGTABLE_LEVEL_PTE, BASE + i * PAGE, PA + i * PAGE, PAGE_BITS);
	/* another address, another attribute, nothing, not valid, the end of the table */
	map(&world, PGTABLE_LEVEL_PTE, BASE + 2 * PAGE, PA, PAGE_BITS);
	map(&world, PGTABLE_LEVEL_PTE, BASE + 5 * PAGE, PA + 5 * PAGE, PAGE_BITS | PTE_RDONLY);
	*tables_entry(&world.tables, PGTABLE_LEVEL_PTE, BASE + 6 * PAGE) = 0;
	map(&world, PGTABLE_LEVEL_PTE, BASE + 7 * PAGE, PA + 7 * PAGE,
	    (PAGE_BITS & ~PTE_VALID) | PTE_PRESENT_INVALID);
	map(&world, PGTABLE_LEVEL_PTE, BASE + PMD - PAGE, PA + PMD - PAGE, PAGE_BITS);
	map(&world, PGTABLE_LEVEL_PTE, BASE + PMD, PA + PMD, PAGE_BITS);
	map(&world, PGTABLE_LEVEL_PMD, BASE + 4 * PMD, PA + 4 * PMD, BLOCK_BITS);
	map(&world, PGTABLE_LEVEL_PMD, BASE + 5 * PMD, PA + 5 * PMD, BLOCK_BITS);
	map(&world, PGTABLE_LEVEL_PUD, BASE + PUD, PA + PUD, BLOCK_BITS);
	walk(&world, BASE, -1UL, &options);
	EXPECT_EQ(world.nr, 8);
	EXPECT_RUN(&world.runs[0], BASE, 2 * PAGE, PTE, PA | PAGE_BITS);
	EXPECT_RUN(&world.runs[1], BASE + 2 * PAGE, PAGE, PTE, PA | PAGE_BITS);
	EXPECT_RUN(&world.runs[2], BASE + 3 * PAGE, 2 * PAGE, PTE, (PA + 3 * PAGE) | PAGE_BITS);
	EXPECT_RUN(&world.runs[3], BASE + 5 * PAGE, PAGE, PTE,
		   (PA + 5 * PAGE) | PAGE_BITS | PTE_RDONLY);
	EXPECT_EQ(world.runs[4].start, BASE + 7 * PAGE);
	EXPECT(!desc_valid(world.runs[4].desc));
	EXPECT_RUN(&world.runs[5], BASE + PMD - PAGE, 2 * PAGE, PTE, (PA + PMD - PAGE) | PAGE_BITS);
	EXPECT_RUN(&world.runs[6], BASE + 4 * PMD, 2 * PMD, PMD, (PA + 4 * PMD) | BLOCK_BITS);
	EXPECT_RUN(&world.runs[7], BASE + PUD, PUD, PUD, (PA + PUD) | BLOCK_BITS);
	EXPECT_EQ(world.nr_tables, world.tables.nr - 1);
	close_world(&world);
}

TEST(hierarchical_bits_are_joined)
{
	static const struct leaves_options options = {};
	struct world world;

	open_world(&world, &four_levels);
	map(&world, PGTABLE_LEVEL_PTE, BASE, PA, PAGE_BITS);
	map(&world, PGTABLE_LEVEL_PTE, BASE + PMD, PA + PAGE, PAGE_BITS);
	*tables_entry(&world.tables, PGTABLE_LEVEL_P4D, BASE) |= TABLE_UXN;
	*tables_entry(&world.tables, PGTABLE_LEVEL_PMD, BASE) |= TABLE_PXN;
	walk(&world, BASE, -1UL, &options);
	EXPECT_EQ(world.nr, 2);
	EXPECT_EQ(world.runs[0].table_bits, TABLE_PXN | TABLE_UXN);
	EXPECT_EQ(world.runs[1].table_bits, TABLE_UXN);
	EXPECT(!desc_executable(world.runs[0].desc & ~PTE_PXN, world.runs[0].table_bits));
	EXPECT(desc_executable(world.runs[1].desc & ~PTE_PXN, world.runs[1].table_bits));
	close_world(&world);
}

/* Leaves and holes of random tables, run by run, are the entries of the same one by one. */
TEST(runs_are_the_entries)
{
	uint64_t random = test_seed();

	for (int round = 0; round < 300; round++) {
		const struct shape *shape = &shapes[test_random_below(&random, nr_shapes)];
		struct leaves_options options = { .holes = true };
		struct world world, single;
		uint64_t base = -(1ULL << shape->va_bits), next = base, page, covered = 0;
		unsigned int run = 0;

		open_world(&world, shape);
		page = geometry_page_size(&world.geo);
		for (int i = 0; i < 30; i++) {
			uint64_t addr = base + test_random_below(&random, 40) * page;
			uint64_t pa = PA + (test_random_below(&random, 3) ?
						    addr - base :
						    test_random_below(&random, 40) * page);

			if (test_random_below(&random, 4) == 0)
				addr += geometry_size(&world.geo, PGTABLE_LEVEL_PMD);
			map(&world, PGTABLE_LEVEL_PTE, addr, pa,
			    test_random_below(&random, 5) ? PAGE_BITS : PAGE_BITS | PTE_RDONLY);
		}
		memcpy(&single, &world, sizeof(world));
		single.mm.memory = &single.memory.memory;
		walk(&world, base, base + 3 * geometry_size(&world.geo, PGTABLE_LEVEL_PMD),
		     &options);
		options.entry_by_entry = true;
		walk(&single, base, base + 3 * geometry_size(&world.geo, PGTABLE_LEVEL_PMD),
		     &options);
		test_case("page shift %u, %u bits", shape->page_shift, shape->va_bits);
		for (unsigned int i = 0; i < single.nr && i < MOST_RUNS; i++) {
			const struct leaf_run *one = &single.runs[i], *of = &world.runs[run];

			if (!EXPECT_EQ(one->start, next) || !EXPECT(run < world.nr))
				break;
			next = one->start + one->size;
			EXPECT_EQ(of->level, one->level);
			EXPECT_EQ(!of->desc, !one->desc);
			if (one->desc)
				EXPECT_EQ(desc_address(&world.geo, one->desc) -
						  (one->start - of->start),
					  desc_address(&world.geo, of->desc));
			covered += one->size;
			if (covered == of->size) {
				covered = 0;
				run++;
			}
		}
		if (single.nr < MOST_RUNS)
			EXPECT_EQ(run, world.nr);
		close_world(&world);
		if (test_failed())
			break;
	}
}

TEST(sizes_by_contiguous_bit_and_level)
{
	static const struct leaves_options options = {};
	struct sizes sizes = {};
	struct world world;
	char name[8];

	open_world(&world, &four_levels);
	for (int i = 0; i < 16; i++)
		map(&world, PGTABLE_LEVEL_PTE, BASE + i * PAGE, PA + i * PAGE,
		    PAGE_BITS | PTE_CONT);
	map(&world, PGTABLE_LEVEL_PTE, BASE + 16 * PAGE, PA + 16 * PAGE, PAGE_BITS & ~PTE_PXN);
	map(&world, PGTABLE_LEVEL_PTE, BASE + 17 * PAGE, PA,
	    (PAGE_BITS & ~PTE_VALID) | PTE_PRESENT_INVALID);
	map(&world, PGTABLE_LEVEL_PMD, BASE + PMD, PA, BLOCK_BITS);
	map(&world, PGTABLE_LEVEL_PUD, BASE + PUD, PA, BLOCK_BITS);
	walk(&world, BASE, -1UL, &options);
	for (unsigned int i = 0; i < world.nr; i++)
		sizes_add(&sizes, &world.runs[i]);
	EXPECT_EQ(sizes.mapped[LEAF_PTE], PAGE);
	EXPECT_EQ(sizes.mapped[LEAF_CONT_PTE], 16 * PAGE);
	EXPECT_EQ(sizes.mapped[LEAF_PMD], PMD);
	EXPECT_EQ(sizes.mapped[LEAF_CONT_PMD], 0);
	EXPECT_EQ(sizes.mapped[LEAF_PUD], PUD);
	EXPECT_EQ(sizes.invalid, PAGE);
	EXPECT_EQ(sizes.wx, PAGE);
	EXPECT_EQ(sizes_total(&sizes), 17 * PAGE + PMD + PUD);
	EXPECT_STR(leaf_name(&world.geo, LEAF_CONT_PTE, name), "64K");
	EXPECT_STR(leaf_name(&world.geo, LEAF_PUD, name), "1G");
	close_world(&world);
}

/* What arch/arm64/mm/ptdump.c writes of the same. */
TEST(ptdump_format)
{
	static const struct marker markers[] = {
		{ BASE, "first" },
		{ BASE + 4 * PAGE, "second" },
		{ BASE + 8 * PAGE, "third" },
		{ BASE + 2 * PUD + PMD, "in a hole" },
		{ -1ULL, NULL },
	};
	static const struct leaves_options options = { .holes = true };
	static const char want[] =
		"---[ first ]---\n"
		"0xffff000000000000-0xffff000000002000           8K PTE       RW NX     AF     "
		"       UXN    MEM/NORMAL\n"
		"0xffff000000002000-0xffff000000004000           8K PTE\n"
		"---[ second ]---\n"
		"0xffff000000004000-0xffff000000006000           8K PTE F     ro NX     AF NG  "
		"       UXN    MEM/NORMAL\n";
	struct table_printer printer = { .format = TABLE_PTDUMP, .markers = markers };
	char *text = NULL;
	struct world world;
	size_t size;

	open_world(&world, &four_levels);
	map(&world, PGTABLE_LEVEL_PTE, BASE, PA, PAGE_BITS);
	map(&world, PGTABLE_LEVEL_PTE, BASE + PAGE, PA + 9 * PAGE, PAGE_BITS);
	for (int i = 4; i < 6; i++)
		map(&world, PGTABLE_LEVEL_PTE, BASE + i * PAGE, PA + i * PAGE,
		    (PAGE_BITS & ~PTE_VALID) | PTE_PRESENT_INVALID | PTE_RDONLY);
	walk(&world, BASE, BASE + 6 * PAGE, &options);
	printer.geo = &world.geo;
	printer.out = open_memstream(&text, &size);
	for (unsigned int i = 0; i < world.nr; i++)
		table_print(&printer, &world.runs[i]);
	table_print_end(&printer, BASE + 6 * PAGE);
	fclose(printer.out);
	EXPECT_STR(text, want);
	free(text);
	close_world(&world);
}
