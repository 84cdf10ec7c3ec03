// SPDX-License-Identifier: GPL-2.0-only
/* Two tables side by side: each kind of difference, where it begins and where it ends. */
#include "dump/compare.h"

#include <string.h>

#include "geometry/descriptor.h"
#include "tables.h"
#include "test.h"

#define BASE 0xffff800000000000ULL
#define PMD  (2ULL << 20)
#define PAGE 4096ULL

struct world {
	struct geometry geo;
	struct leaf_runs before, after;
	struct table_difference found[16];
	unsigned int nr;
};

static void add(struct leaf_runs *runs, enum pgtable_level level, uint64_t start, uint64_t size,
		uint64_t desc)
{
	const struct leaf_run run = { .start = start, .size = size, .level = level, .desc = desc };

	leaf_runs_add(runs, &run);
}

static void on_difference(void *ctx, const struct table_difference *difference)
{
	struct world *world = ctx;

	if (world->nr < ARRAY_SIZE(world->found))
		world->found[world->nr++] = *difference;
}

static void compare(struct world *world)
{
	runs_compare(&world->geo, &world->before, &world->after, on_difference, world);
	leaf_runs_free(&world->before);
	leaf_runs_free(&world->after);
}

static void expect(const struct world *world, unsigned int i, uint64_t start, uint64_t size,
		   unsigned int kinds)
{
	test_case("difference %u", i);
	if (!EXPECT(i < world->nr))
		return;
	EXPECT_EQ(world->found[i].start, start);
	EXPECT_EQ(world->found[i].size, size);
	EXPECT_EQ(world->found[i].kinds, kinds);
}

static struct world new_world(void)
{
	struct world world = {};

	geometry_init(&world.geo, 12, 48, 48);
	return world;
}

#define KIND(name) (1U << DIFFERENCE_##name)

TEST(nothing_differs)
{
	struct world world = new_world();

	add(&world.before, PGTABLE_LEVEL_PTE, BASE, 8 * PAGE, 0x40000000 | PAGE_BITS);
	/* the same in two pieces */
	add(&world.after, PGTABLE_LEVEL_PTE, BASE, 3 * PAGE, 0x40000000 | PAGE_BITS);
	add(&world.after, PGTABLE_LEVEL_PTE, BASE + 3 * PAGE, 5 * PAGE, 0x40003000 | PAGE_BITS);
	compare(&world);
	EXPECT_EQ(world.nr, 0);
}

TEST(mapped_and_unmapped)
{
	struct world world = new_world();

	add(&world.before, PGTABLE_LEVEL_PTE, BASE, 4 * PAGE, 0x40000000 | PAGE_BITS);
	add(&world.after, PGTABLE_LEVEL_PTE, BASE + 2 * PAGE, 6 * PAGE, 0x40002000 | PAGE_BITS);
	compare(&world);
	EXPECT_EQ(world.nr, 2);
	expect(&world, 0, BASE, 2 * PAGE, KIND(UNMAPPED));
	expect(&world, 1, BASE + 4 * PAGE, 4 * PAGE, KIND(MAPPED));
	EXPECT_EQ(world.found[1].after.desc, 0x40004000 | PAGE_BITS);
	EXPECT_EQ(world.found[1].before.desc, 0);
}

/* A block becomes pages, of which some have other attributes. */
TEST(split)
{
	struct world world = new_world();

	add(&world.before, PGTABLE_LEVEL_PMD, BASE, PMD, 0x40000000 | BLOCK_BITS);
	add(&world.after, PGTABLE_LEVEL_PTE, BASE, 16 * PAGE, 0x40000000 | PAGE_BITS);
	add(&world.after, PGTABLE_LEVEL_PTE, BASE + 16 * PAGE, PMD - 16 * PAGE,
	    0x40010000 | PAGE_BITS | PTE_RDONLY);
	compare(&world);
	EXPECT_EQ(world.nr, 2);
	expect(&world, 0, BASE, 16 * PAGE, KIND(SPLIT));
	expect(&world, 1, BASE + 16 * PAGE, PMD - 16 * PAGE, KIND(SPLIT) | KIND(ATTRIBUTES));
	EXPECT_EQ(desc_address(&world.geo, world.found[1].before.desc), 0x40010000);
}

TEST(contiguous_bit_is_a_size)
{
	struct world world = new_world();

	add(&world.before, PGTABLE_LEVEL_PTE, BASE, 16 * PAGE, 0x40000000 | PAGE_BITS);
	add(&world.after, PGTABLE_LEVEL_PTE, BASE, 16 * PAGE, 0x40000000 | PAGE_BITS | PTE_CONT);
	compare(&world);
	EXPECT_EQ(world.nr, 1);
	expect(&world, 0, BASE, 16 * PAGE, KIND(MERGED));
}

TEST(moved)
{
	struct world world = new_world();

	add(&world.before, PGTABLE_LEVEL_PTE, BASE, 2 * PAGE, 0x40000000 | PAGE_BITS);
	add(&world.after, PGTABLE_LEVEL_PTE, BASE, PAGE, 0x40000000 | PAGE_BITS);
	add(&world.after, PGTABLE_LEVEL_PTE, BASE + PAGE, PAGE, 0x50000000 | PAGE_BITS);
	compare(&world);
	EXPECT_EQ(world.nr, 1);
	expect(&world, 0, BASE + PAGE, PAGE, KIND(MOVED));
}

/* What a table above forbids is an attribute of what is below. */
TEST(table_bits)
{
	struct world world = new_world();

	add(&world.before, PGTABLE_LEVEL_PTE, BASE, PAGE, 0x40000000 | PAGE_BITS);
	add(&world.after, PGTABLE_LEVEL_PTE, BASE, PAGE, 0x40000000 | PAGE_BITS);
	world.after.run[0].table_bits = TABLE_PXN;
	compare(&world);
	EXPECT_EQ(world.nr, 1);
	expect(&world, 0, BASE, PAGE, KIND(ATTRIBUTES));
}

TEST(the_last_page)
{
	struct world world = new_world();

	add(&world.before, PGTABLE_LEVEL_PTE, -2 * PAGE, 2 * PAGE, 0x40000000 | PAGE_BITS);
	add(&world.after, PGTABLE_LEVEL_PTE, -2 * PAGE, PAGE, 0x40000000 | PAGE_BITS);
	compare(&world);
	EXPECT_EQ(world.nr, 1);
	expect(&world, 0, -PAGE, PAGE, KIND(UNMAPPED));
}
