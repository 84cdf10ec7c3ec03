// SPDX-License-Identifier: GPL-2.0-only
/* The checker, of mappings that are made: records in, verdicts out. */
#include <errno.h>

#include "check/check.h"
#include "geometry/descriptor.h"
#include "play.h"

#define ARRAY_PA   0xa0000000ULL /* aligned to a block */
#define RUN	   (16 * PAGE)
#define FINDING(x) (1U << FINDING_##x)

static const struct actor outer = { .task = 0xffff000012340000,
				    .frame = 0xffff800081003f00,
				    .pid = 77 };

static void births_world(struct world *world)
{
	world_init(world);
	world->config.births = (struct birth_config){
		.vmemmap = VMEMMAP,
		.struct_page = STRUCT_PAGE,
		.phys_offset = PHYS_OFFSET,
		.ioremap_shift = 63,
	};
}

static void map_pages(struct world *world, uint64_t addr, uint64_t pa, unsigned int nr,
		      uint64_t bits)
{
	for (unsigned int i = 0; i < nr; i++)
		*tables_entry(&world->tables, PGTABLE_LEVEL_PTE,
			      addr + i * PAGE) = (pa + i * PAGE) | PAGE_BITS | bits;
}

/* What is mapped, by whom: the kernel's doing is between. */
struct mapping {
	enum pwt_func func;
	uint64_t args[4];
	bool reverse;
};

static void begin(struct world *world, const struct mapping *mapping)
{
	world_birth(world, &actor, mapping->func, mapping->args);
	if (mapping->func == PWT_FN_VMAP_RANGE)
		return;
	for (unsigned int at = 0, nr = mapping->args[1] / PAGE; at < nr; at += 512)
		world_array(world, &actor, mapping->func, at, nr - at < 512 ? nr - at : 512,
			    ARRAY_PA + at * PAGE, mapping->reverse);
}

static struct change end(struct world *world, const struct mapping *mapping, int ret)
{
	world_born(world, &actor, mapping->func, mapping->args, ret);
	return *world_last(world);
}

static const struct mapping small = { PWT_FN_VMAP_SMALL,
				      { VMALLOC + RUN, RUN, PAGE_BITS, 12 },
				      false };
static const struct mapping run = { PWT_FN_VMAP_PAGES,
				    { VMALLOC + RUN, RUN, PAGE_BITS, 16 },
				    false };
static const struct mapping blocks = { PWT_FN_VMAP_PAGES,
				       { VMALLOC, 2 * BLOCK, PAGE_BITS, 21 },
				       false };
static const struct mapping range = { PWT_FN_VMAP_RANGE,
				      { VMALLOC, BLOCK, PAGE_BITS, ARRAY_PA },
				      false };

static void two_blocks(struct world *world)
{
	for (int i = 0; i < 2; i++)
		*tables_entry(&world->tables, PGTABLE_LEVEL_PMD,
			      VMALLOC + i * BLOCK) = (ARRAY_PA + i * BLOCK) | BLOCK_BITS;
}

TEST(pages)
{
	struct change change;
	struct world world;

	births_world(&world);
	begin(&world, &small);
	map_pages(&world, VMALLOC + RUN, ARRAY_PA, 16, 0);
	change = end(&world, &small, 0);
	EXPECT_VERDICT(&change, MATCH, NONE);
	EXPECT_EQ(change.birth.asked, PAGE);
	EXPECT_EQ(change.birth.pages, 16);
	EXPECT_EQ(change.birth.mapped[VMAP_PAGE].nr, 16);
	EXPECT_EQ(change.findings, FINDING(NOT_ASKED));
	EXPECT_EQ(change.leaves[PGTABLE_LEVEL_PTE], 16);
	EXPECT_EQ(change.zone, ZONE_VMALLOC);
	EXPECT_EQ(change.addr, small.args[0]);
	EXPECT_EQ(change.size, RUN);
	EXPECT_STR(change.op, "vmap_pages_range_noflush");
	EXPECT_EQ(check_stats(world.check)->malformed, 0);
	world_release(&world);
}

TEST(scattered_pages)
{
	struct mapping mapping = small;
	struct change change;
	struct world world;

	mapping.reverse = true;
	births_world(&world);
	begin(&world, &mapping);
	for (unsigned int i = 0; i < 16; i++)
		map_pages(&world, VMALLOC + RUN + i * PAGE, ARRAY_PA + (15 - i) * PAGE, 1, 0);
	change = end(&world, &mapping, 0);
	EXPECT_VERDICT(&change, MATCH, NONE);
	EXPECT_EQ(change.findings, FINDING(NOT_ASKED) | FINDING(SCATTERED_PAGES));
	world_release(&world);
}

TEST(one_page)
{
	static const struct mapping mapping = { PWT_FN_VMAP_SMALL,
						{ VMALLOC + PAGE, PAGE, PAGE_BITS, 12 },
						false };
	struct change change;
	struct world world;

	births_world(&world);
	begin(&world, &mapping);
	map_pages(&world, VMALLOC + PAGE, ARRAY_PA, 1, 0);
	change = end(&world, &mapping, 0);
	EXPECT_VERDICT(&change, MATCH, NONE);
	EXPECT_EQ(change.findings, FINDING(TOO_SMALL));
	world_release(&world);
}

TEST(two_blocks_and_a_range)
{
	struct change change;
	struct world world;

	births_world(&world);
	begin(&world, &blocks);
	two_blocks(&world);
	change = end(&world, &blocks, 0);
	EXPECT_VERDICT(&change, MATCH, NONE);
	EXPECT_EQ(change.birth.asked, BLOCK);
	EXPECT_EQ(change.birth.mapped[VMAP_PMD].nr, 2);
	EXPECT_EQ(change.leaves[PGTABLE_LEVEL_PMD], 2);
	world_release(&world);

	births_world(&world);
	begin(&world, &range);
	two_blocks(&world);
	change = end(&world, &range, 0);
	EXPECT_VERDICT(&change, MATCH, NONE);
	EXPECT_EQ(change.birth.asked, 1ULL << 63);
	EXPECT_STR(change.op, "vmap_range_noflush");
	world_release(&world);
}

/* The first run tells whether runs are made; then the other is wrong. */
TEST(runs_are_settled_by_the_first)
{
	for (int made = 0; made < 2; made++) {
		uint64_t bits = made ? PTE_CONT : 0;
		struct change change;
		struct world world;

		test_case("made %d", made);
		births_world(&world);
		begin(&world, &run);
		map_pages(&world, VMALLOC + RUN, ARRAY_PA, 16, bits);
		change = end(&world, &run, 0);
		EXPECT_VERDICT(&change, MATCH, NONE);
		EXPECT_EQ(change.birth.mapped[made ? VMAP_CONT_PTE : VMAP_PAGE].nr, made ? 1 : 16);
		map_pages(&world, VMALLOC + RUN, ARRAY_PA, 16, 0);
		begin(&world, &run);
		map_pages(&world, VMALLOC + RUN, ARRAY_PA, 16, bits ^ PTE_CONT);
		change = end(&world, &run, 0);
		test_case("made %d, and then not", made);
		EXPECT(change.verdict == VERDICT_MISMATCH);
		EXPECT_EQ(change.reason, made ? REASON_MAPPED_SMALLER : REASON_MAPPED_LARGER);
		world_release(&world);
	}
}

static void vmalloc_begins(struct world *world, uint64_t size, uint64_t flags)
{
	const uint64_t args[4] = { 0, size, PAGE_BITS, flags };

	world_birth(world, &outer, PWT_FN_VMALLOC, args);
}

static struct change vmalloc_ends(struct world *world, uint64_t size, uint64_t addr)
{
	const uint64_t args[4] = { 0, size };

	world_born(world, &outer, PWT_FN_VMALLOC, args, addr);
	return *world_last(world);
}

TEST(vmalloc_that_asks_for_runs_says_that_they_are_made)
{
	struct change change;
	struct world world;

	births_world(&world);
	vmalloc_begins(&world, RUN, VM_HUGE);
	begin(&world, &run);
	map_pages(&world, VMALLOC + RUN, ARRAY_PA, 16, 0);
	end(&world, &run, 0);
	change = vmalloc_ends(&world, RUN, VMALLOC + RUN);
	EXPECT_VERDICT(&change, MATCH, NONE);
	EXPECT_EQ(change.story.verdict, VERDICT_MISMATCH);
	EXPECT_EQ(change.story.reason, REASON_MAPPED_SMALLER);
	world_release(&world);
}

TEST(a_table_that_stayed)
{
	struct change change;
	struct world world;

	births_world(&world);
	map_pages(&world, VMALLOC, 0, 0, 0);
	*tables_entry(&world.tables, PGTABLE_LEVEL_PTE, VMALLOC) = 0;
	begin(&world, &range);
	map_pages(&world, VMALLOC, ARRAY_PA, 512, PTE_CONT);
	change = end(&world, &range, 0);
	EXPECT_VERDICT(&change, MATCH, NONE);
	EXPECT_EQ(change.findings, FINDING(TABLE_KEPT));
	EXPECT_EQ(change.birth.mapped[VMAP_CONT_PTE].nr, 32);
	world_release(&world);

	test_case("a table where there was none");
	births_world(&world);
	begin(&world, &range);
	map_pages(&world, VMALLOC, ARRAY_PA, 512, PTE_CONT);
	change = end(&world, &range, 0);
	EXPECT_VERDICT(&change, MISMATCH, MAPPED_SMALLER);
	EXPECT_EQ(change.diff.level, PGTABLE_LEVEL_PMD);
	world_release(&world);
}

TEST(wrong_entries)
{
	static const struct {
		unsigned int page;
		uint64_t flip;
		bool empty;
		enum reason reason;
	} cases[] = {
		{ 3, 0, true, REASON_NOT_MAPPED },
		{ 0, PTE_VALID, false, REASON_NOT_MAPPED },
		{ 15, PTE_PXN, false, REASON_MAPPED_WRONG_BITS },
		{ 5, PTE_RDONLY | PTE_WRITE, false, REASON_MAPPED_WRONG_BITS },
		{ 7, 1ULL << 20, false, REASON_MAPPED_WRONG_PAGE },
		{ 7, PTE_CONT, false, REASON_PARTIAL_CONTIGUOUS },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t *entry;
		struct change change;
		struct world world;

		test_case("case %u", i);
		births_world(&world);
		begin(&world, &small);
		map_pages(&world, VMALLOC + RUN, ARRAY_PA, 16, 0);
		entry = pte(&world, 16 + cases[i].page);
		*entry = cases[i].empty ? 0 : *entry ^ cases[i].flip;
		change = end(&world, &small, 0);
		EXPECT(change.verdict == VERDICT_MISMATCH);
		EXPECT_EQ(change.reason, cases[i].reason);
		EXPECT_EQ(change.diff.addr, VMALLOC + RUN + cases[i].page * PAGE);
		EXPECT_EQ(change.diff.after, *entry);
		world_release(&world);
	}
}

TEST(one_entry_of_a_run_is_none)
{
	struct change change;
	struct world world;

	births_world(&world);
	begin(&world, &run);
	map_pages(&world, VMALLOC + RUN, ARRAY_PA, 16, PTE_CONT);
	*pte(&world, 16 + 9) &= ~PTE_CONT;
	change = end(&world, &run, 0);
	EXPECT_VERDICT(&change, MISMATCH, CONTIGUOUS_DROPPED);
	EXPECT_EQ(change.diff.addr, VMALLOC + RUN + 9 * PAGE);
	world_release(&world);
}

TEST(failures)
{
	struct change change;
	struct world world;

	births_world(&world);
	begin(&world, &small);
	change = end(&world, &small, -ENOMEM);
	EXPECT_VERDICT(&change, UNKNOWN, NO_MEMORY);
	begin(&world, &small);
	change = end(&world, &small, -EINVAL);
	EXPECT_VERDICT(&change, MISMATCH, RETURN_VALUE);
	begin(&world, &range);
	EXPECT(world.nr == 2);
	world_release(&world);
}

TEST(what_was_not_captured)
{
	struct actor later = actor;
	struct change change;
	struct world world;

	births_world(&world);
	begin(&world, &small);
	map_pages(&world, VMALLOC + RUN, ARRAY_PA, 16, 0);
	later.lost = 1;
	world_born(&world, &later, small.func, small.args, 0);
	change = *world_last(&world);
	EXPECT_VERDICT(&change, LOST, RECORD_LOST);
	world_release(&world);

	test_case("no array: the entries tell");
	births_world(&world);
	world_birth(&world, &actor, small.func, small.args);
	map_pages(&world, VMALLOC + RUN, ARRAY_PA, 16, 0);
	change = end(&world, &small, 0);
	EXPECT_VERDICT(&change, MATCH, NONE);
	EXPECT_EQ(change.birth.pages, 0);
	world_release(&world);

	test_case("a part of the array that is not the next");
	births_world(&world);
	world_birth(&world, &actor, small.func, small.args);
	world_array(&world, &actor, small.func, 8, 8, ARRAY_PA, false);
	map_pages(&world, VMALLOC + RUN, ARRAY_PA, 16, 0);
	change = end(&world, &small, 0);
	EXPECT_VERDICT(&change, MATCH, NONE);
	EXPECT_EQ(change.birth.pages, 0);
	world_release(&world);

	test_case("the largest block of ioremap() is not known");
	births_world(&world);
	world.config.births.ioremap_shift = 0;
	begin(&world, &range);
	two_blocks(&world);
	change = end(&world, &range, 0);
	EXPECT_VERDICT(&change, UNKNOWN, NOT_CAPTURED);
	world_release(&world);
}

TEST(vmalloc)
{
	static const struct {
		const char *what;
		uint64_t size, flags, addr;
		bool off;
		const struct mapping *mapping;
		enum verdict verdict;
		enum reason reason;
		uint32_t findings;
	} cases[] = {
		{ "blocks", 2 * BLOCK - 1, VM_HUGE, VMALLOC, false, &blocks, VERDICT_MATCH,
		  REASON_NONE, 0 },
		{ "blocks that were not allowed", 2 * BLOCK, 0, VMALLOC, false, &blocks,
		  VERDICT_MISMATCH, REASON_HUGE_NOT_ALLOWED, FINDING(NO_HUGE_FLAG) },
		{ "blocks of a kernel that makes none", 2 * BLOCK, VM_HUGE, VMALLOC, true, &blocks,
		  VERDICT_MISMATCH, REASON_HUGE_NOT_ALLOWED, FINDING(HUGE_OFF) },
		{ "blocks for less than one", BLOCK - PAGE, VM_HUGE, VMALLOC, false, &blocks,
		  VERDICT_MISMATCH, REASON_HUGE_NOT_ALLOWED, 0 },
		{ "more than was asked for", BLOCK, VM_HUGE, VMALLOC, false, &blocks,
		  VERDICT_MISMATCH, REASON_MAPPED_WRONG_SIZE, 0 },
		{ "elsewhere", 2 * BLOCK, VM_HUGE, VMALLOC + BLOCK, false, &blocks,
		  VERDICT_MISMATCH, REASON_MAPPED_WRONG_SIZE, 0 },
		{ "nothing seen", BLOCK, VM_HUGE, VMALLOC, false, NULL, VERDICT_UNKNOWN,
		  REASON_NOTHING_SEEN, 0 },
		{ "failed", BLOCK, VM_HUGE, 0, false, NULL, VERDICT_UNKNOWN, REASON_NO_MEMORY, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct change change;
		struct world world;

		test_case("%s", cases[i].what);
		births_world(&world);
		world.config.births.vmalloc_pages = cases[i].off;
		vmalloc_begins(&world, cases[i].size, cases[i].flags);
		if (cases[i].mapping) {
			begin(&world, cases[i].mapping);
			two_blocks(&world);
			change = end(&world, cases[i].mapping, 0);
			EXPECT_VERDICT(&change, MATCH, NONE);
			EXPECT_STR(change.op, "vmalloc");
			EXPECT(change.parent_seq == 1);
		}
		change = vmalloc_ends(&world, cases[i].size, cases[i].addr);
		EXPECT_EQ(change.verdict, cases[i].verdict);
		EXPECT_EQ(change.reason, cases[i].reason);
		EXPECT_EQ(change.findings, cases[i].findings);
		EXPECT_EQ(change.addr, cases[i].addr);
		EXPECT_EQ(change.story.parts, cases[i].mapping ? 1 : 0);
		world_release(&world);
	}
}

TEST(vmalloc_falls_back)
{
	struct mapping mapping = small;
	struct change change;
	struct world world;

	mapping.args[1] = BLOCK;
	mapping.args[0] = VMALLOC;
	births_world(&world);
	vmalloc_begins(&world, BLOCK, VM_HUGE);
	begin(&world, &mapping);
	map_pages(&world, VMALLOC, ARRAY_PA, 512, 0);
	end(&world, &mapping, 0);
	change = vmalloc_ends(&world, BLOCK, VMALLOC);
	EXPECT_VERDICT(&change, MATCH, NONE);
	EXPECT_EQ(change.findings, FINDING(HUGE_FALLBACK));
	world_release(&world);
}

/* An array of pages is itself got by vmalloc(), inside the other call. */
TEST(vmalloc_inside_vmalloc)
{
	struct actor inner = outer;
	const uint64_t args[4] = { 0, PAGE, PAGE_BITS, 0 };
	static const struct mapping page = { PWT_FN_VMAP_SMALL,
					     { VMALLOC + 4 * BLOCK, PAGE, PAGE_BITS, 12 },
					     false };
	struct change change;
	struct world world;

	births_world(&world);
	inner.frame -= 0x80;
	vmalloc_begins(&world, 2 * BLOCK, VM_HUGE);
	world_birth(&world, &inner, PWT_FN_VMALLOC, args);
	begin(&world, &page);
	map_pages(&world, VMALLOC + 4 * BLOCK, ARRAY_PA, 1, 0);
	change = end(&world, &page, 0);
	EXPECT_EQ(change.parent_seq, 2);
	world_born(&world, &inner, PWT_FN_VMALLOC, args, VMALLOC + 4 * BLOCK);
	change = *world_last(&world);
	EXPECT_VERDICT(&change, MATCH, NONE);
	EXPECT_EQ(change.parent_seq, 0);
	begin(&world, &blocks);
	two_blocks(&world);
	change = end(&world, &blocks, 0);
	EXPECT_EQ(change.parent_seq, 1);
	change = vmalloc_ends(&world, 2 * BLOCK, VMALLOC);
	EXPECT_VERDICT(&change, MATCH, NONE);
	EXPECT_EQ(change.story.parts, 1);
	world_release(&world);
}

TEST(callers)
{
	struct actor vmap = actor;
	struct change change;
	struct world world;

	births_world(&world);
	world.config.births.callers[0] = (struct birth_caller){
		{ 0xffff800080010000, 0xffff800080010100 }, "vmap"
	};
	vmap.caller = 0xffff800080010040;
	world_birth(&world, &vmap, small.func, small.args);
	map_pages(&world, VMALLOC + RUN, ARRAY_PA, 16, 0);
	change = end(&world, &small, 0);
	EXPECT_STR(change.op, "vmap");
	world_release(&world);
}
