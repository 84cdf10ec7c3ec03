// SPDX-License-Identifier: GPL-2.0-only
/* Tables read as a walk goes through them: what is read, what is remembered, tears. */
#include "source/stream.h"

#include <errno.h>
#include <string.h>

#include "dump/leaves.h"
#include "memory_of.h"
#include "test.h"

#define PA 0x40000000ULL

struct world {
	struct geometry geo;
	struct tables tables;
	struct source_of source;
	struct stream *stream;
	struct mm_struct mm;
	uint64_t base, nr, sum, marked;
	unsigned int marks;
	/* what happens while page @when is read */
	unsigned int when;
	uint64_t *entry, value;
};

static unsigned int marks(void *ctx, enum pgtable_level level)
{
	return stream_marks(((struct world *)ctx)->stream, level);
}

static void add(void *ctx, const struct leaf_run *run)
{
	struct world *world = ctx;

	world->nr++;
	/* of what is where, in order */
	world->sum = world->sum * 31 + run->start + run->desc + run->size;
	if (run->marks && !world->marks)
		world->marked = run->start;
	world->marks |= run->marks;
}

static void open_world(struct world *world, const struct shape *shape)
{
	memset(world, 0, sizeof(*world));
	world->geo = shape_geometry(shape);
	world->base = -(1ULL << shape->va_bits);
	tables_init(&world->tables, &world->geo);
	source_of(&world->source, &world->tables);
	EXPECT_EQ(stream_open(&world->stream, &world->source.source, &world->geo,
			      world->tables.root, world->base),
		  0);
	world->mm = (struct mm_struct){
		.geo = &world->geo,
		.memory = stream_memory(world->stream),
		.root = world->tables.root,
		.mmap_lock.count = -1,
	};
}

static void close_world(struct world *world)
{
	stream_close(world->stream);
	source_of_release(&world->source);
	tables_release(&world->tables);
}

static void walk(struct world *world, uint64_t start, uint64_t end, bool entries)
{
	const struct leaves_options options = {
		.marks = marks,
		.marks_ctx = world,
		.entry_by_entry = entries,
	};

	world->nr = world->sum = world->marks = 0;
	stream_begin(world->stream, end);
	leaves_walk(&world->mm, start, end ? end : -1UL, &options, add, world);
}

/* Leaves here and there: in many tables, next to each other and far apart. */
static void fill(struct world *world, uint64_t *random)
{
	uint64_t page = geometry_page_size(&world->geo);

	for (int i = 0; i < 60; i++) {
		enum pgtable_level level = test_random_below(random, 6) == 0 ? PGTABLE_LEVEL_PMD :
									       PGTABLE_LEVEL_PTE;
		uint64_t span = test_random_below(random, 2) ? 1ULL << (world->geo.va_bits - 1) :
							       64 * geometry_size(&world->geo, 1);
		uint64_t addr = world->base + test_random_below(random, span / page) * page;
		uint64_t *entry;

		if (world->tables.nr + 5 > TABLES_MAX)
			break;
		entry = tables_entry(&world->tables, level, addr);
		if (!desc_table(*entry, level))
			*entry = desc_of(&world->geo, PA + i * page) |
				 (level ? BLOCK_BITS : PAGE_BITS);
	}
}

/* Walks through the stream and through the tables themselves give the same. */
TEST(the_same_as_the_tables)
{
	uint64_t random = test_seed();

	for (unsigned int round = 0; round < 200 && !test_failed(); round++) {
		const struct shape *shape = &shapes[round % nr_shapes];
		struct memory_of memory;
		struct world world;
		uint64_t sum, nr;

		test_case("page shift %u, %u bits, round %u", shape->page_shift, shape->va_bits,
			  round);
		open_world(&world, shape);
		fill(&world, &random);
		walk(&world, world.base, 0, false);
		sum = world.sum;
		nr = world.nr;
		EXPECT_EQ(stream_stats(world.stream)->pages, world.tables.nr);
		EXPECT_EQ(world.marks, 0);
		EXPECT_EQ(stream_error(world.stream), 0);
		memory_of(&memory, &world.tables);
		world.mm.memory = &memory.memory;
		walk(&world, world.base, 0, false);
		EXPECT_EQ(world.sum, sum);
		EXPECT_EQ(world.nr, nr);
		close_world(&world);
	}
}

/* What lies behind the end is not read. */
TEST(a_range_reads_its_own_tables)
{
	static const struct shape shape = { 12, 48, 48 };
	struct world world;

	open_world(&world, &shape);
	for (int i = 0; i < 20; i++)
		*tables_entry(&world.tables, PGTABLE_LEVEL_PTE,
			      world.base + i * (2ULL << 20)) = desc_of(&world.geo, PA) | PAGE_BITS;
	walk(&world, world.base + (5ULL << 21), world.base + (7ULL << 21), false);
	EXPECT_EQ(world.nr, 2);
	/* three above, two below */
	EXPECT_EQ(stream_stats(world.stream)->pages, 5);
	/* and a hole costs nothing */
	walk(&world, world.base + (1ULL << 40), world.base + (2ULL << 40), false);
	EXPECT_EQ(world.nr, 0);
	EXPECT_EQ(stream_stats(world.stream)->pages, 1);
	close_world(&world);
}

static void change(void *ctx, unsigned int nr)
{
	struct world *world = ctx;

	if (nr == world->when)
		*world->entry = world->value;
}

/* Whenever a descriptor above changes between two reads, what lies below it is marked. */
TEST(a_change_above_is_a_tear)
{
	static const struct shape shape = { 12, 48, 48 };

	for (enum pgtable_level level = PGTABLE_LEVEL_PMD; level <= PGTABLE_LEVEL_P4D; level++) {
		unsigned int torn = 0;

		for (unsigned int when = 0; when < 24; when++) {
			struct world world;

			test_case("%s entry, page %u", geometry_level_name(level), when);
			open_world(&world, &shape);
			for (int i = 0; i < 3; i++)
				*tables_entry(&world.tables, PGTABLE_LEVEL_PTE,
					      world.base + i * (2ULL << 20)) = desc_of(&world.geo,
										       PA) |
									       PAGE_BITS;
			world.entry = tables_entry(&world.tables, level, world.base);
			world.value = 0;
			world.when = when;
			world.source.before = change;
			world.source.ctx = &world;
			walk(&world, world.base, 0, false);
			/* either it was seen from the beginning, or it is marked, or it came late
			 */
			torn += !!(world.marks & STREAM_TORN);
			if (world.marks & STREAM_TORN)
				EXPECT_EQ(world.marked, world.base);
			if (world.nr == 3 && !world.marks)
				EXPECT(when >= world.source.nr - 4);
			close_world(&world);
		}
		EXPECT(torn >= 3);
	}
}

TEST(an_unreadable_table_is_no_empty_one)
{
	static const struct shape shape = { 12, 48, 48 };
	struct world world;

	open_world(&world, &shape);
	*tables_entry(&world.tables, PGTABLE_LEVEL_PTE, world.base) = desc_of(&world.geo, PA) |
								      PAGE_BITS;
	world.source.unreadable = tables_target(&world.tables,
						*tables_entry(&world.tables, PGTABLE_LEVEL_PMD,
							      world.base));
	walk(&world, world.base, 0, false);
	EXPECT_EQ(world.nr, 0);
	EXPECT_EQ(stream_stats(world.stream)->unreadable, 1);
	close_world(&world);
}
