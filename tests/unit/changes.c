// SPDX-License-Identifier: GPL-2.0-only
/* What hooks saw while tables were read: what is marked, how it is cut, and what is not known. */
#include "source/changes.h"

#include <string.h>

#include "dump/parts.h"
#include "geometry/descriptor.h"
#include "memory_of.h"
#include "test.h"

#define PA	 0x40000000ULL
#define PAGE	 4096ULL
#define PMD_SPAN (2ULL << 20)

/* A range that is changed, as its call begins and ends at pages that are read. */
struct call {
	uint64_t start, last;
	unsigned int begin, end;
};

struct world {
	struct geometry geo;
	struct tables tables;
	struct source_of source;
	struct stream *stream;
	struct mm_struct mm;
	uint64_t base;
	struct pwt_changes log;
	struct changes *changes;
	struct parts parts;
	struct call calls[4];
	uint64_t missed;
	/* seen */
	uint64_t marked_start, marked_size, marked, all, whole, desc_of_marked;
	unsigned int levels; /* with marks */
};

static uint64_t missed(void *ctx)
{
	return ((struct world *)ctx)->missed;
}

static unsigned int marks(void *ctx, enum pgtable_level level)
{
	return stream_marks(((struct world *)ctx)->stream, level);
}

static void add(void *ctx, const struct leaf_run *run)
{
	struct world *world = ctx;

	world->all++;
	world->whole += run->size;
	if (!(run->marks & STREAM_CHANGED))
		return;
	if (!world->marked++) {
		world->marked_start = run->start;
		world->desc_of_marked = run->desc;
	}
	world->marked_size += run->size;
	world->levels |= 1U << run->level;
}

static void log_begin(struct world *world, const struct call *call)
{
	struct pwt_change_slot *slot = &world->log.slots[call - world->calls];

	*slot = (struct pwt_change_slot){ 0x1000, call->start, call->last };
}

static void log_end(struct world *world, const struct call *call)
{
	uint64_t nr = world->log.head++;

	world->log.log[nr % PWT_CHANGE_LOG] = (struct pwt_change){ nr + 1, call->start,
								   call->last };
	world->log.slots[call - world->calls].key = 0;
}

static void before_page(void *ctx, unsigned int nr)
{
	struct world *world = ctx;

	for (size_t i = 0; i < ARRAY_SIZE(world->calls); i++) {
		const struct call *call = &world->calls[i];

		if (call->last && call->begin == nr)
			log_begin(world, call);
		if (call->last && call->end == nr)
			log_end(world, call);
	}
}

/*
 * Four tables of pages next to each other. They are read in lots of the three levels above and
 * them: page 0, 1 and 0 again, 2, 1 and 0, then 3 to 6 and what is above.
 */
#define TABLES	   4
#define FIRST_READ 6 /* of those tables, all pages read counted */

static void open_world(struct world *world)
{
	static const struct shape shape = { 12, 48, 48 };
	struct changes_config config = { .log = &world->log, .geo = &world->geo };

	memset(world, 0, sizeof(*world));
	world->geo = shape_geometry(&shape);
	world->base = -(1ULL << 48);
	tables_init(&world->tables, &world->geo);
	source_of(&world->source, &world->tables);
	world->source.before = before_page;
	world->source.ctx = world;
	EXPECT_EQ(stream_open(&world->stream, &world->source.source, &world->geo,
			      world->tables.root, world->base),
		  0);
	world->mm = (struct mm_struct){
		.geo = &world->geo,
		.memory = stream_memory(world->stream),
		.root = world->tables.root,
		.mmap_lock.count = -1,
	};
	for (uint64_t page = 0; page < TABLES * 512; page++)
		*tables_entry(&world->tables, PGTABLE_LEVEL_PTE,
			      world->base + page * PAGE) = desc_of(&world->geo, PA + page * PAGE) |
							   PAGE_BITS;
	config.missed = missed;
	config.ctx = world;
	EXPECT_EQ(changes_new(&world->changes, &config), 0);
	stream_watch(world->stream,
		     &(struct stream_watch){ changes_before, changes_behind, world->changes });
}

static void close_world(struct world *world)
{
	changes_free(world->changes);
	stream_close(world->stream);
	source_of_release(&world->source);
	tables_release(&world->tables);
}

static void walk(struct world *world)
{
	const struct leaves_options options = { .marks = marks, .marks_ctx = world };

	world->parts = (struct parts){ world->changes, &world->geo, add, world, NULL, 0 };
	world->marked = world->marked_size = world->all = world->whole = world->levels = 0;
	world->source.nr = 0;
	stream_begin(world->stream, 0);
	changes_begin(world->changes);
	leaves_walk(&world->mm, world->base, -1UL, &options, parts_of, &world->parts);
	EXPECT_EQ(world->marked, world->parts.marked);
	EXPECT_EQ(world->whole, TABLES * PMD_SPAN);
}

TEST(a_quiet_system)
{
	struct world world;

	open_world(&world);
	walk(&world);
	EXPECT_EQ(world.all, 1);
	EXPECT_EQ(world.marked, 0);
	EXPECT_EQ(changes_unknown(world.changes), 0);
	close_world(&world);
}

/* Whenever a call is under way while its table is read, just its range is marked. */
TEST(a_call_while_its_table_is_read)
{
	const unsigned int last_read = FIRST_READ + TABLES + 2;

	for (unsigned int begin = 0; begin < 16; begin++) {
		for (unsigned int end = begin; end < 16; end++) {
			bool meanwhile = begin <= last_read && end >= FIRST_READ;
			struct world world;

			test_case("from page %u to %u", begin, end);
			open_world(&world);
			world.calls[0] = (struct call){ world.base + 700 * PAGE,
							world.base + 710 * PAGE - 1, begin, end };
			walk(&world);
			EXPECT_EQ(world.marked, meanwhile);
			EXPECT_EQ(world.all, meanwhile ? 3 : 1);
			if (!meanwhile)
				goto next;
			EXPECT_EQ(world.marked_start, world.base + 700 * PAGE);
			EXPECT_EQ(world.marked_size, 10 * PAGE);
			EXPECT_EQ(desc_address(&world.geo, world.desc_of_marked), PA + 700 * PAGE);
			EXPECT_EQ(changes_unknown(world.changes), 0);
next:
			close_world(&world);
		}
	}
}

TEST(a_call_beside_what_is_read)
{
	struct world world;

	open_world(&world);
	world.calls[0] = (struct call){ world.base + TABLES * PMD_SPAN,
					world.base + TABLES * PMD_SPAN + PAGE - 1, 0, 20 };
	world.calls[1] = (struct call){ world.base - PAGE, world.base - 1, 0, 20 };
	world.calls[2] = (struct call){ 0x1000, 0x1fff, 0, 20 };
	walk(&world);
	EXPECT_EQ(world.marked, 0);
	close_world(&world);
}

TEST(several_calls)
{
	struct world world;

	open_world(&world);
	/* two that touch, one that ends meanwhile, and the last page of all */
	world.calls[0] = (struct call){ world.base, world.base + PAGE - 1, 0, 20 };
	world.calls[1] = (struct call){ world.base + PAGE, world.base + 3 * PAGE - 1, 0, 20 };
	world.calls[2] = (struct call){ world.base + 512 * PAGE, world.base + 513 * PAGE - 1, 5,
					7 };
	world.calls[3] = (struct call){ world.base + 2047 * PAGE, -1ULL, 8, 20 };
	walk(&world);
	EXPECT_EQ(world.marked, 3);
	EXPECT_EQ(world.marked_size, 5 * PAGE);
	EXPECT_EQ(world.marked_start, world.base);
	/* and the next walk begins anew */
	memset(world.calls, 0, sizeof(world.calls));
	memset(world.log.slots, 0, sizeof(world.log.slots));
	walk(&world);
	EXPECT_EQ(world.marked, 0);
	close_world(&world);
}

/* While the table above is read a change of pages matters to nobody; one of a block does. */
TEST(a_block_and_the_pages_beside_it)
{
	for (int block = 0; block < 2; block++) {
		struct world world;
		uint64_t *entry;

		test_case("block %d", block);
		open_world(&world);
		world.calls[0] = (struct call){ world.base, world.base + TABLES * PMD_SPAN - 1, 4,
						5 };
		entry = tables_entry(&world.tables, PGTABLE_LEVEL_PMD, world.base);
		if (block)
			*entry = desc_of(&world.geo, PA) | BLOCK_BITS;
		walk(&world);
		EXPECT_EQ(world.marked, block);
		EXPECT_EQ(world.levels, block ? 1U << PGTABLE_LEVEL_PMD : 0);
		close_world(&world);
	}
}

/* Half a contiguous run would be a broken one. */
TEST(contiguous_runs_stay_whole)
{
	struct world world;

	open_world(&world);
	for (uint64_t page = 0; page < 64; page++)
		*tables_entry(&world.tables, PGTABLE_LEVEL_PTE,
			      world.base + page * PAGE) |= PTE_CONT;
	world.calls[0] = (struct call){ world.base + 17 * PAGE, world.base + 18 * PAGE - 1, 0, 20 };
	walk(&world);
	EXPECT_EQ(world.marked, 1);
	EXPECT_EQ(world.marked_start, world.base + 16 * PAGE);
	EXPECT_EQ(world.marked_size, 16 * PAGE);
	close_world(&world);
}

/* Where the kernel splits leaves the whole run around either end of the change may be new. */
TEST(a_change_may_split)
{
	struct changes_config config = { .splits = true };
	struct world world;

	open_world(&world);
	changes_free(world.changes);
	config.log = &world.log;
	config.geo = &world.geo;
	EXPECT_EQ(changes_new(&world.changes, &config), 0);
	stream_watch(world.stream,
		     &(struct stream_watch){ changes_before, changes_behind, world.changes });
	world.calls[0] = (struct call){ world.base + 17 * PAGE, world.base + 33 * PAGE - 1, 0, 20 };
	walk(&world);
	EXPECT_EQ(world.marked, 1);
	EXPECT_EQ(world.marked_start, world.base + 16 * PAGE);
	EXPECT_EQ(world.marked_size, 32 * PAGE);
	close_world(&world);
}

/* What is not known is never hidden. */

static unsigned int trouble_at;
static enum trouble {
	OVERFLOW,
	NO_SLOT,
	NO_RANGE,
	NOT_SEEN,
	NR_TROUBLES,
} trouble;

static void make_trouble(void *ctx, unsigned int nr)
{
	struct world *world = ctx;

	before_page(ctx, nr);
	if (nr != trouble_at)
		return;
	switch (trouble) {
	case OVERFLOW:
		world->log.head += PWT_CHANGE_LOG + 1;
		break;
	case NO_SLOT:
		world->log.without_slot++;
		break;
	case NO_RANGE:
		world->log.without_range++;
		break;
	default:
		world->missed++;
	}
}

TEST(what_is_not_known_is_marked)
{
	for (trouble = 0; trouble < NR_TROUBLES; trouble++) {
		struct world world;

		test_case("trouble %d", trouble);
		open_world(&world);
		trouble_at = FIRST_READ + 1;
		world.source.before = make_trouble;
		/* a call that was missed comes with one that was not */
		world.calls[0] = (struct call){ 0x1000, 0x1fff, FIRST_READ, FIRST_READ };
		walk(&world);
		EXPECT_EQ(world.marked, 1);
		EXPECT_EQ(world.marked_size, TABLES * PMD_SPAN);
		EXPECT_EQ(changes_unknown(world.changes), 1);
		close_world(&world);
	}
}

/* A log that is as full as it may be says it all. */
TEST(a_full_log)
{
	struct world world;

	open_world(&world);
	world.source.before = NULL;
	changes_before(world.changes);
	for (uint64_t i = 0; i < PWT_CHANGE_LOG; i++) {
		uint64_t start = world.base + (i % 1024) * 2 * PAGE;

		world.log.log[i] = (struct pwt_change){ i + 1, start, start + PAGE - 1 };
	}
	world.log.head = PWT_CHANGE_LOG;
	changes_behind(world.changes, PGTABLE_LEVEL_PTE, world.base,
		       world.base + TABLES * PMD_SPAN - 1);
	EXPECT_EQ(changes_unknown(world.changes), 0);
	for (uint64_t i = 0; i < 2048; i++) {
		bool changed;

		EXPECT_EQ(changes_extent(world.changes, PGTABLE_LEVEL_PTE, world.base + i * PAGE,
					 PAGE, PAGE, &changed),
			  PAGE);
		EXPECT_EQ(changed, !(i & 1));
	}
	close_world(&world);
}

/* More ranges than are kept: those that are too many are one with what lies in between. */
TEST(many_ranges)
{
	uint64_t base = 0xffff000000000000ULL, marked = 0, page = 0, asked;
	struct world world;

	open_world(&world);
	for (uint64_t i = 0; i < 3000; i++) {
		uint64_t start = base + i * 4 * PAGE;

		changes_before(world.changes);
		world.log.slots[0] = (struct pwt_change_slot){ 0x1000, start, start + PAGE - 1 };
		changes_behind(world.changes, PGTABLE_LEVEL_PTE, base, base + 12000 * PAGE - 1);
	}
	while (page < 12000) {
		bool changed;

		asked = changes_extent(world.changes, PGTABLE_LEVEL_PTE, base + page * PAGE,
				       (12000 - page) * PAGE, PAGE, &changed);
		if (!EXPECT(asked >= PAGE && asked % PAGE == 0))
			break;
		/* each page that was changed is among them */
		for (uint64_t i = 0; i < asked / PAGE; i++)
			if (!changed)
				EXPECT((page + i) % 4 != 0);
		marked += changed ? asked / PAGE : 0;
		page += asked / PAGE;
	}
	EXPECT_EQ(page, 12000);
	EXPECT_EQ(marked, 1023 + 4 * (3000 - 1024) + 1);
	close_world(&world);
}
