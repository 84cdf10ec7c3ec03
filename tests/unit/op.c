// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entry points: each early return of arch/arm64/mm/pageattr.c and of
 * split_kernel_leaf_mapping() (arch/arm64/mm/mmu.c), with what the source says comes of it.
 */
#include "model/op.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/split.h"
#include "tables.h"
#include "test.h"

/*
 * An area of eight pages and a guard page; its first page has the linear address ALIAS, the next
 * are 16 pages on each. HUGE is a block of 2M, BLOCK one that is contiguous with its neighbours up
 * to 32M.
 */
#define PAGE	0x1000ULL
#define PAGES	8
#define AREA	0xffff800080200000ULL
#define HUGE	0xffff800080400000ULL
#define NOTHING 0xffff800080900000ULL
#define LINEAR	0xffff000000000000ULL
#define ALIAS	(LINEAR + 0x100000)
#define BLOCK	(LINEAR + 0x200000)

struct world {
	struct geometry geo;
	struct tables tables;
	struct pagewalk_memory memory;
	struct op_area area;
	int area_error;
	uint64_t alias_limit; /* pages from here on cannot be read */
	struct op_kernel kernel;
	struct op_rules rules;
	struct op_result result;
};

static struct world *world_of_memory(struct pagewalk_memory *memory)
{
	return (struct world *)((char *)memory - offsetof(struct world, memory));
}

static bool find(struct pagewalk_memory *memory, uint64_t pa, struct pagewalk_window *window)
{
	struct tables *tables = &world_of_memory(memory)->tables;

	for (unsigned int i = 0; i < tables->nr; i++) {
		const struct table_page *page = &tables->pages[i];

		if (pa - page->pa >= page->nr * sizeof(uint64_t))
			continue;
		*window = (struct pagewalk_window){ page->pa, page->nr * sizeof(uint64_t),
						    page->entries };
		return true;
	}
	return false;
}

static int find_area(void *ctx, uint64_t addr, struct op_area *area)
{
	struct world *world = ctx;

	if (world->area_error)
		return world->area_error;
	if (addr - world->area.addr >= world->area.size)
		return -ENOENT;
	*area = world->area;
	return 0;
}

static int find_alias(void *ctx, const struct op_area *area, uint64_t index, uint64_t *linear)
{
	struct world *world = ctx;

	EXPECT(index < area->nr_pages);
	*linear = ALIAS + index * 16 * PAGE;
	return index < world->alias_limit ? 0 : -EFAULT;
}

#define YES OP_YES
#define NO  OP_NO

static void world_init(struct world *world)
{
	const struct shape shape = { 12, 48, 48 };

	memset(world, 0, sizeof(*world));
	world->geo = shape_geometry(&shape);
	tables_init(&world->tables, &world->geo);
	world->memory.find = find;
	world->area = (struct op_area){ AREA, (PAGES + 1) * PAGE, VM_ALLOC, PAGES, 1 };
	world->alias_limit = PAGES;
	world->kernel = (struct op_kernel){
		.geo = &world->geo,
		.root_pa = world->tables.root,
		.linear_start = LINEAR,
		.linear_end = LINEAR + (1ULL << 47),
		.source = { &world->memory, find_area, find_alias, world },
	};
	for (int rule = 0; rule < OP_NR_RULES; rule++)
		world->rules.answer[rule] = OP_NO;
	world->rules.answer[OP_RULE_CALLBACKS] = OP_YES;
	world->rules.answer[OP_RULE_PRESENT_INVALID] = OP_YES;
	world->rules.answer[OP_RULE_REFUSES_HUGE] = OP_YES;
	world->rules.answer[OP_RULE_RODATA_FULL] = OP_YES;
	world->rules.answer[OP_RULE_ALIAS_ERROR] = OP_YES;
	world->rules.answer[OP_RULE_SET_DIRECT_MAP] = OP_YES;
	for (unsigned int i = 0; i < PAGES; i++) {
		uint64_t alias = ALIAS + i * 16 * PAGE;

		*tables_entry(&world->tables, PGTABLE_LEVEL_PTE,
			      AREA + i * PAGE) = (0x40000000 + alias - LINEAR) | PAGE_BITS;
		*tables_entry(&world->tables, PGTABLE_LEVEL_PTE,
			      alias) = (0x40000000 + alias - LINEAR) | PAGE_BITS;
	}
	*tables_entry(&world->tables, PGTABLE_LEVEL_PMD, HUGE) = 0x80000000 | BLOCK_BITS;
	for (unsigned int i = 1; i < 16; i++)
		*tables_entry(&world->tables, PGTABLE_LEVEL_PMD,
			      LINEAR + i * 0x200000) = (0x40000000 + i * 0x200000) | BLOCK_BITS |
						       PTE_CONT;
}

static void world_release(struct world *world)
{
	op_result_release(&world->result);
	tables_release(&world->tables);
}

static void ask_for(struct world *world, enum op op, uint64_t addr, int pages)
{
	const struct op_request request = { op, addr, pages };

	op_result_release(&world->result);
	EXPECT_EQ(op_run(&world->kernel, &world->rules, &request, &world->result), 0);
}

static unsigned int count_parts(const struct op_result *result, bool alias)
{
	unsigned int nr = 0;

	for (uint32_t i = 0; i < result->nr_parts; i++)
		nr += result->parts[i].alias == alias;
	return nr;
}

/* What the source says of requests to change_memory_common(), in the order of its checks. */
TEST(requests_for_an_area)
{
	static const struct {
		const char *what;
		uint64_t addr;
		int pages;
		uint64_t flags;
		int ret;
		enum op_decision decision;
		unsigned int aliases, ranges;
		uint32_t findings;
	} cases[] = {
		{ "one page", AREA, 1, VM_ALLOC, 0, OP_DONE, 1, 1,
		  1U << OP_FINDING_UNMAPS_ALIASES },
		{ "all pages", AREA, 8, VM_ALLOC, 0, OP_DONE, 8, 1,
		  1U << OP_FINDING_UNMAPS_ALIASES },
		{ "the last page", AREA + 7 * PAGE, 1, VM_ALLOC, 0, OP_DONE, 1, 1,
		  1U << OP_FINDING_UNMAPS_ALIASES },
		{ "unaligned", AREA + PAGE + 24, 1, VM_ALLOC, 0, OP_DONE, 1, 1,
		  1U << OP_FINDING_UNALIGNED | 1U << OP_FINDING_UNMAPS_ALIASES },
		{ "unaligned, to the guard page", AREA + 6 * PAGE + 24, 2, VM_ALLOC, 0, OP_DONE, 2,
		  1, 1U << OP_FINDING_UNALIGNED | 1U << OP_FINDING_UNMAPS_ALIASES },
		{ "no area", NOTHING, 1, VM_ALLOC, -EINVAL, OP_NO_AREA, 0, 0, 0 },
		{ "no area and no page", NOTHING, 0, VM_ALLOC, -EINVAL, OP_NO_AREA, 0, 0, 0 },
		{ "unaligned, no area", NOTHING + 1, 1, VM_ALLOC, -EINVAL, OP_NO_AREA, 0, 0,
		  1U << OP_FINDING_UNALIGNED },
		{ "past the guard page", AREA, 10, VM_ALLOC, -EINVAL, OP_PAST_AREA_END, 0, 0, 0 },
		{ "the guard page and on", AREA + 8 * PAGE, 2, VM_ALLOC, -EINVAL, OP_PAST_AREA_END,
		  0, 0, 0 },
		{ "past the end, with flags that are refused", AREA, 10, 0, -EINVAL,
		  OP_PAST_AREA_END, 0, 0, 0 },
		{ "not of vmalloc()", AREA, 1, 4, -EINVAL, OP_NOT_VM_ALLOC, 0, 0, 0 },
		{ "not of vmalloc(), and no page", AREA, 0, 4, -EINVAL, OP_NOT_VM_ALLOC, 0, 0, 0 },
		{ "huge", AREA, 1, VM_ALLOC | VM_ALLOW_HUGE_VMAP, -EINVAL, OP_HUGE_AREA, 0, 0, 0 },
		{ "huge without vmalloc()", AREA, 1, VM_ALLOW_HUGE_VMAP, -EINVAL, OP_NOT_VM_ALLOC,
		  0, 0, 0 },
		{ "huge, and no page", AREA, 0, VM_ALLOC | VM_ALLOW_HUGE_VMAP, -EINVAL,
		  OP_HUGE_AREA, 0, 0, 0 },
		{ "no page", AREA, 0, VM_ALLOC, 0, OP_NO_PAGES, 0, 0, 0 },
		{ "no page at the end", AREA + 8 * PAGE, 0, VM_ALLOC, 0, OP_NO_PAGES, 0, 0, 0 },
	};
	struct world world;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].what);
		world_init(&world);
		world.area.flags = cases[i].flags;
		ask_for(&world, OP_SET_MEMORY_RO, cases[i].addr, cases[i].pages);
		EXPECT_EQ(world.result.ret, cases[i].ret);
		EXPECT_EQ(world.result.decision, cases[i].decision);
		EXPECT_EQ(count_parts(&world.result, true), cases[i].aliases);
		EXPECT_EQ(count_parts(&world.result, false), cases[i].ranges);
		EXPECT_EQ(world.result.findings, cases[i].findings);
		world_release(&world);
	}
}

/* The guard page is part of area->size: its entry is empty, and gets bits. */
TEST(the_guard_page)
{
	struct world world;

	world_init(&world);
	ask_for(&world, OP_SET_MEMORY_NX, AREA + 7 * PAGE, 2);
	EXPECT_EQ(world.result.ret, 0);
	EXPECT_EQ(world.result.decision, OP_DONE);
	EXPECT_EQ(world.result.nr_entries, 2);
	EXPECT_EQ(world.result.entries[1].before, 0);
	EXPECT_EQ(world.result.entries[1].after, PTE_PXN);
	EXPECT(world.result.findings & 1U << OP_FINDING_GUARD_PAGE);
	EXPECT(world.result.findings & 1U << OP_FINDING_EMPTY_ENTRIES);
	/* it has no struct page: nobody knows what is behind area->pages[] */
	ask_for(&world, OP_SET_MEMORY_RO, AREA + 7 * PAGE, 2);
	EXPECT_EQ(world.result.decision, OP_GAP_PAGES);
	world_release(&world);
}

TEST(areas_that_cannot_be_read)
{
	struct world world;

	world_init(&world);
	world.area_error = -EIO;
	ask_for(&world, OP_SET_MEMORY_NX, AREA, 1);
	EXPECT_EQ(world.result.decision, OP_GAP_AREA);
	world.area_error = 0;
	world.alias_limit = 1;
	ask_for(&world, OP_SET_MEMORY_RO, AREA, 1);
	EXPECT_EQ(world.result.decision, OP_DONE);
	ask_for(&world, OP_SET_MEMORY_RO, AREA, 2);
	EXPECT_EQ(world.result.decision, OP_GAP_PAGES);
	/* nx has no alias */
	ask_for(&world, OP_SET_MEMORY_NX, AREA, 2);
	EXPECT_EQ(world.result.decision, OP_DONE);
	world_release(&world);
}

/* Whose alias: of ro and rw only, with rodata_full only, of the range or of the area. */
TEST(aliases)
{
	static const struct {
		enum op op;
		enum op_answer full, area;
		uint64_t first;
		int pages;
		unsigned int from, nr;
	} cases[] = {
		{ OP_SET_MEMORY_RO, YES, NO, 0, 1, 0, 1 },
		{ OP_SET_MEMORY_RO, YES, NO, 3, 2, 3, 2 },
		{ OP_SET_MEMORY_RW, YES, NO, 7, 1, 7, 1 },
		{ OP_SET_MEMORY_RW, YES, NO, 0, 8, 0, 8 },
		{ OP_SET_MEMORY_RO, YES, YES, 3, 2, 0, 8 },
		{ OP_SET_MEMORY_RW, YES, YES, 0, 1, 0, 8 },
		{ OP_SET_MEMORY_RO, YES, YES, 0, 8, 0, 8 },
		{ OP_SET_MEMORY_RO, NO, NO, 0, 8, 0, 0 },
		{ OP_SET_MEMORY_RW, NO, YES, 0, 1, 0, 0 },
		{ OP_SET_MEMORY_X, YES, YES, 0, 1, 0, 0 },
		{ OP_SET_MEMORY_NX, YES, NO, 0, 8, 0, 0 },
		{ OP_SET_MEMORY_ROX, YES, NO, 1, 2, 1, 2 },
	};
	struct world world;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int aliases = 0;
		bool wide = cases[i].nr > (unsigned int)cases[i].pages;

		test_case("case %u", i);
		world_init(&world);
		world.rules.answer[OP_RULE_RODATA_FULL] = cases[i].full;
		world.rules.answer[OP_RULE_ALIAS_AREA] = cases[i].area;
		ask_for(&world, cases[i].op, AREA + cases[i].first * PAGE, cases[i].pages);
		EXPECT_EQ(world.result.ret, 0);
		for (uint32_t n = 0; n < world.result.nr_parts; n++) {
			const struct op_part *part = &world.result.parts[n];

			if (!part->alias)
				continue;
			EXPECT_EQ(part->addr, ALIAS + (cases[i].from + aliases++) * 16 * PAGE);
			EXPECT_EQ(part->size, PAGE);
		}
		EXPECT_EQ(aliases, cases[i].nr);
		EXPECT_EQ(count_parts(&world.result, false),
			  cases[i].op == OP_SET_MEMORY_ROX ? 2 : 1);
		EXPECT_EQ(!!(world.result.findings & 1U << OP_FINDING_WIDE_ALIAS), wide);
		world_release(&world);
	}
}

/* An alias that is a block without splitting is refused: returned since e5efd56fa157. */
TEST(errors_of_the_alias)
{
	for (enum op_answer returned = NO; returned <= YES; returned++) {
		struct world world;

		test_case("returned: %d", returned == YES);
		world_init(&world);
		world.rules.answer[OP_RULE_ALIAS_ERROR] = returned;
		/* the alias of the fourth page is inside of a block */
		*tables_entry(&world.tables, PGTABLE_LEVEL_PMD, LINEAR) = 0x40000000 | BLOCK_BITS;
		ask_for(&world, OP_SET_MEMORY_RO, AREA + 3 * PAGE, 2);
		EXPECT_EQ(world.result.ret, returned == YES ? -EINVAL : 0);
		EXPECT_EQ(world.result.decision, returned == YES ? OP_ALIAS_REFUSED : OP_DONE);
		EXPECT_EQ(count_parts(&world.result, true), returned == YES ? 1 : 2);
		EXPECT_EQ(count_parts(&world.result, false), returned == YES ? 0 : 1);
		EXPECT_EQ(!!(world.result.findings & 1U << OP_FINDING_ALIAS_ERROR), returned == NO);
		EXPECT(world.result.findings & 1U << OP_FINDING_WARNS);
		world_release(&world);
	}
}

#define V   PTE_VALID
#define I   PTE_PRESENT_INVALID
#define NG  PTE_NG
#define RO_ PTE_RDONLY
#define W   PTE_WRITE

/* The masks of each function in either encoding, with and without PTE_MAYBE_NG and PTE_MAYBE_GP. */
TEST(masks)
{
	static const struct {
		enum op op;
		enum op_answer encoding, ng, gp;
		uint64_t addr, set, clear;
		enum op_flush flush;
	} cases[] = {
		{ OP_SET_MEMORY_RO, YES, NO, NO, AREA, RO_, W, OP_FLUSH_RANGE },
		{ OP_SET_MEMORY_RW, NO, NO, NO, AREA, W, RO_, OP_FLUSH_RANGE },
		{ OP_SET_MEMORY_NX, YES, NO, NO, AREA, PTE_PXN, 0, OP_FLUSH_RANGE },
		{ OP_SET_MEMORY_NX, YES, NO, YES, AREA, PTE_PXN, PTE_GP, OP_FLUSH_RANGE },
		{ OP_SET_MEMORY_X, YES, NO, NO, AREA, 0, PTE_PXN, OP_FLUSH_RANGE },
		{ OP_SET_MEMORY_X, YES, YES, YES, AREA, PTE_GP, PTE_PXN, OP_FLUSH_RANGE },
		{ OP_SET_MEMORY_VALID, NO, NO, NO, ALIAS, V, 0, OP_FLUSH_SKIPPED },
		{ OP_SET_MEMORY_VALID, NO, YES, NO, ALIAS, V, 0, OP_FLUSH_SKIPPED },
		{ OP_SET_MEMORY_VALID, YES, NO, NO, ALIAS, V, I, OP_FLUSH_SKIPPED },
		{ OP_SET_MEMORY_VALID, YES, YES, NO, ALIAS, V | NG, I, OP_FLUSH_SKIPPED },
		{ OP_SET_MEMORY_INVALID, NO, YES, NO, ALIAS, 0, V, OP_FLUSH_RANGE },
		{ OP_SET_MEMORY_INVALID, YES, NO, NO, ALIAS, I, V, OP_FLUSH_RANGE },
		{ OP_SET_MEMORY_INVALID, YES, YES, NO, ALIAS, I, V | NG, OP_FLUSH_RANGE },
		{ OP_SET_DIRECT_MAP_INVALID, NO, NO, NO, ALIAS, 0, V, OP_FLUSH_NONE },
		{ OP_SET_DIRECT_MAP_INVALID, YES, YES, NO, ALIAS, I, V | NG, OP_FLUSH_NONE },
		{ OP_SET_DIRECT_MAP_DEFAULT, NO, NO, NO, ALIAS, V | W, RO_, OP_FLUSH_NONE },
		{ OP_SET_DIRECT_MAP_DEFAULT, YES, NO, NO, ALIAS, V | W, I | RO_, OP_FLUSH_NONE },
		{ OP_SET_DIRECT_MAP_DEFAULT, YES, YES, NO, ALIAS, V | NG | W, I | RO_,
		  OP_FLUSH_NONE },
		{ OP_SET_DIRECT_MAP_VALID, YES, NO, NO, ALIAS, V, I, OP_FLUSH_SKIPPED },
		{ OP_SET_DIRECT_MAP_NOT_VALID, YES, NO, NO, ALIAS, I, V, OP_FLUSH_RANGE },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;
		const struct op_part *part;

		test_case("case %u, %s", i, op_name(cases[i].op));
		world_init(&world);
		world.rules.answer[OP_RULE_RODATA_FULL] = OP_NO;
		world.rules.answer[OP_RULE_PRESENT_INVALID] = cases[i].encoding;
		world.rules.answer[OP_RULE_NG] = cases[i].ng;
		world.rules.answer[OP_RULE_GP] = cases[i].gp;
		ask_for(&world, cases[i].op, cases[i].addr, 1);
		EXPECT_EQ(world.result.ret, 0);
		if (EXPECT_EQ(world.result.nr_parts, 1)) {
			part = &world.result.parts[0];
			EXPECT_EQ(part->set_mask, cases[i].set);
			EXPECT_EQ(part->clear_mask, cases[i].clear);
			EXPECT_EQ(part->flush, cases[i].flush);
		}
		world_release(&world);
	}
}

/* Functions that ask for no area, and where they end early. */
TEST(requests_without_an_area)
{
	static const struct {
		const char *what;
		enum op op;
		uint64_t addr;
		int pages;
		enum op_answer direct_map, realm;
		int ret;
		enum op_decision decision;
	} cases[] = {
		{ "valid asks nobody", OP_SET_MEMORY_VALID, NOTHING, 1, NO, NO, 0, OP_DONE },
		{ "valid, no page", OP_SET_MEMORY_VALID, ALIAS, 0, YES, NO, -EINVAL,
		  OP_EMPTY_RANGE },
		{ "a part of a block", OP_SET_MEMORY_INVALID, HUGE, 1, YES, NO, -EINVAL,
		  OP_PARTIAL_LEAF },
		{ "a block", OP_SET_MEMORY_INVALID, HUGE, 512, YES, NO, 0, OP_DONE },
		{ "direct map", OP_SET_DIRECT_MAP_INVALID, ALIAS, 1, YES, NO, 0, OP_DONE },
		{ "direct map, not to be set", OP_SET_DIRECT_MAP_INVALID, ALIAS, 1, NO, NO, 0,
		  OP_CANNOT_SET_DIRECT_MAP },
		{ "default, not to be set", OP_SET_DIRECT_MAP_DEFAULT, ALIAS, 1, NO, NO, 0,
		  OP_CANNOT_SET_DIRECT_MAP },
		{ "valid of the direct map, not to be set", OP_SET_DIRECT_MAP_VALID, ALIAS, 0, NO,
		  NO, 0, OP_CANNOT_SET_DIRECT_MAP },
		{ "valid of the direct map, no page", OP_SET_DIRECT_MAP_VALID, ALIAS, 0, YES, NO,
		  -EINVAL, OP_EMPTY_RANGE },
		{ "part of a block of the direct map", OP_SET_DIRECT_MAP_INVALID, BLOCK, 1, YES, NO,
		  -EINVAL, OP_PARTIAL_LEAF },
		{ "no realm", OP_SET_MEMORY_DECRYPTED, ALIAS, 1, YES, NO, 0, OP_NO_REALM },
		{ "no realm, no linear address", OP_SET_MEMORY_DECRYPTED, AREA, 1, YES, NO, 0,
		  OP_NO_REALM },
		{ "a realm, no linear address", OP_SET_MEMORY_ENCRYPTED, AREA, 1, YES, YES, -EINVAL,
		  OP_NOT_LINEAR },
		{ "a realm", OP_SET_MEMORY_DECRYPTED, ALIAS, 1, YES, YES, 0, OP_DONE },
		{ "a realm, part of a block", OP_SET_MEMORY_DECRYPTED, BLOCK, 1, YES, YES, -EINVAL,
		  OP_PARTIAL_LEAF },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;

		test_case("%s", cases[i].what);
		world_init(&world);
		world.rules.answer[OP_RULE_SET_DIRECT_MAP] = cases[i].direct_map;
		world.rules.answer[OP_RULE_REALM] = cases[i].realm;
		world.rules.ns_shared = 1ULL << 47;
		ask_for(&world, cases[i].op, cases[i].addr, cases[i].pages);
		EXPECT_EQ(world.result.ret, cases[i].ret);
		EXPECT_EQ(world.result.decision, cases[i].decision);
		world_release(&world);
	}
}

/* Broken first, with the bit that says whose memory it is, then valid again. */
TEST(encrypt_and_decrypt)
{
	struct world world;
	uint64_t shared = 1ULL << 47, page = (0x40000000 + ALIAS - LINEAR) | PAGE_BITS;

	world_init(&world);
	world.rules.answer[OP_RULE_REALM] = OP_YES;
	world.rules.ns_shared = shared;
	ask_for(&world, OP_SET_MEMORY_DECRYPTED, ALIAS, 1);
	if (EXPECT_EQ(world.result.nr_parts, 2) && EXPECT_EQ(world.result.nr_entries, 2)) {
		EXPECT_EQ(world.result.parts[0].set_mask, shared | PTE_PRESENT_INVALID);
		EXPECT_EQ(world.result.parts[0].clear_mask, PTE_VALID);
		EXPECT_EQ(world.result.entries[0].after,
			  (page & ~PTE_VALID) | PTE_PRESENT_INVALID | shared);
		EXPECT_EQ(world.result.entries[1].after, page | shared);
		EXPECT_EQ(world.result.parts[1].flush, OP_FLUSH_SKIPPED);
	}
	ask_for(&world, OP_SET_MEMORY_ENCRYPTED, ALIAS, 1);
	if (EXPECT_EQ(world.result.nr_parts, 2)) {
		EXPECT_EQ(world.result.parts[0].set_mask, PTE_PRESENT_INVALID);
		EXPECT_EQ(world.result.parts[0].clear_mask, shared | PTE_VALID);
	}
	/* what PROT_NS_SHARED is could not be read */
	world.rules.ns_shared = 0;
	ask_for(&world, OP_SET_MEMORY_ENCRYPTED, ALIAS, 1);
	EXPECT_EQ(world.result.decision, OP_GAP_REALM);
	world_release(&world);
}

/* What is changed before a refusal stays changed, and set_memory_rox() is two calls. */
TEST(half_way)
{
	struct world world;

	world_init(&world);
	/* the area's second half is a hole with a block behind it */
	ask_for(&world, OP_SET_MEMORY_INVALID, HUGE - PAGE, 2);
	EXPECT_EQ(world.result.ret, -EINVAL);
	EXPECT_EQ(world.result.decision, OP_PARTIAL_LEAF);
	EXPECT_EQ(world.result.boundary.start, HUGE);
	EXPECT_EQ(world.result.nr_entries, 1);
	ask_for(&world, OP_SET_MEMORY_ROX, AREA, 1);
	EXPECT_EQ(world.result.ret, 0);
	EXPECT_EQ(world.result.nr_parts, 3);
	EXPECT_EQ(world.result.entries[2].after, world.result.entries[1].after & ~PTE_PXN);
	ask_for(&world, OP_SET_MEMORY_ROX, NOTHING, 1);
	EXPECT_EQ(world.result.ret, -EINVAL);
	EXPECT_EQ(world.result.nr_parts, 0);
	world_release(&world);
}

/* apply_to_page_range(): blocks are refused even if whole, tables for holes would be allocated. */
TEST(before_the_callbacks)
{
	static const struct {
		uint64_t addr;
		int pages;
		int ret;
		enum op_decision decision;
	} cases[] = {
		{ ALIAS, 1, 0, OP_DONE },
		{ HUGE, 512, -EINVAL, OP_BLOCK_REFUSED },
		{ HUGE, 1, -EINVAL, OP_BLOCK_REFUSED },
		{ ALIAS, 0, -EINVAL, OP_EMPTY_RANGE },
		{ NOTHING, 1, 0, OP_GAP_ALLOCATES },
		{ HUGE + 0x200000, 1, 0, OP_GAP_BAD_ENTRY },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;

		test_case("case %u", i);
		world_init(&world);
		world.rules.answer[OP_RULE_CALLBACKS] = OP_NO;
		world.rules.answer[OP_RULE_PRESENT_INVALID] = OP_NO;
		*tables_entry(&world.tables, PGTABLE_LEVEL_PMD, HUGE + 0x200000) = BLOCK_BITS &
										   ~PTE_VALID;
		ask_for(&world, OP_SET_MEMORY_VALID, cases[i].addr, cases[i].pages);
		EXPECT_EQ(world.result.decision, cases[i].decision);
		if (!op_decision_is_gap(cases[i].decision))
			EXPECT_EQ(world.result.ret, cases[i].ret);
		if (cases[i].decision == OP_DONE)
			EXPECT_EQ(world.result.parts[0].flush, OP_FLUSH_UNKNOWN);
		world_release(&world);
	}
}

/* split_kernel_leaf_mapping(): every return before the work, in its order. */
TEST(returns_of_a_split)
{
	static const struct {
		const char *what;
		struct model_rules rules;
		uint64_t start, size;
		int ret;
		enum model_step step;
		bool splits;
	} cases[] = {
		{ "splits", { .splits_leaves = true }, BLOCK, PAGE, 0, MODEL_STEP_WALK, true },
		{ "does not", {}, BLOCK, PAGE, -EINVAL, MODEL_STEP_PARTIAL_LEAF, false },
		{ "does not, unaligned",
		  {},
		  BLOCK + 8,
		  PAGE,
		  -EINVAL,
		  MODEL_STEP_PARTIAL_LEAF,
		  false },
		{ "of KFENCE",
		  { .splits_leaves = true, .kfence_pool = BLOCK, .kfence_pool_size = PAGE },
		  BLOCK,
		  PAGE,
		  -EINVAL,
		  MODEL_STEP_PARTIAL_LEAF,
		  false },
		{ "before KFENCE's",
		  { .splits_leaves = true, .kfence_pool = BLOCK + PAGE, .kfence_pool_size = PAGE },
		  BLOCK,
		  PAGE,
		  0,
		  MODEL_STEP_WALK,
		  true },
		{ "behind KFENCE's",
		  { .splits_leaves = true, .kfence_pool = BLOCK, .kfence_pool_size = PAGE },
		  BLOCK + PAGE,
		  PAGE,
		  0,
		  MODEL_STEP_WALK,
		  true },
		{ "no pages yet",
		  { .splits_leaves = true,
		    .caps_pending = true,
		    .no_page_alloc = true,
		    .many_cpus = true },
		  BLOCK,
		  PAGE,
		  -EBUSY,
		  MODEL_STEP_SPLIT_NO_ALLOC,
		  false },
		{ "CPUs not known yet",
		  { .splits_leaves = true, .caps_pending = true, .many_cpus = true },
		  BLOCK + 8,
		  PAGE,
		  -EBUSY,
		  MODEL_STEP_SPLIT_CPUS,
		  false },
		{ "one CPU, not known yet",
		  { .splits_leaves = true, .caps_pending = true },
		  BLOCK,
		  PAGE,
		  0,
		  MODEL_STEP_WALK,
		  true },
		{ "known, whatever else is set",
		  { .splits_leaves = true, .no_page_alloc = true, .many_cpus = true },
		  BLOCK,
		  PAGE,
		  0,
		  MODEL_STEP_WALK,
		  true },
		{ "busy, but not where nothing is split",
		  { .caps_pending = true, .no_page_alloc = true },
		  ALIAS,
		  PAGE,
		  0,
		  MODEL_STEP_WALK,
		  false },
		{ "busy, but not for KFENCE",
		  { .splits_leaves = true,
		    .caps_pending = true,
		    .no_page_alloc = true,
		    .kfence_pool = ALIAS,
		    .kfence_pool_size = PAGE },
		  ALIAS,
		  PAGE,
		  0,
		  MODEL_STEP_WALK,
		  false },
		{ "unaligned start",
		  { .splits_leaves = true },
		  ALIAS + 8,
		  PAGE - 8,
		  -EINVAL,
		  MODEL_STEP_SPLIT_UNALIGNED,
		  false },
		{ "unaligned end",
		  { .splits_leaves = true },
		  ALIAS,
		  PAGE - 8,
		  -EINVAL,
		  MODEL_STEP_SPLIT_UNALIGNED,
		  false },
		{ "nothing, aligned",
		  { .splits_leaves = true },
		  ALIAS,
		  0,
		  -EINVAL,
		  MODEL_STEP_EMPTY,
		  false },
		{ "pages already",
		  { .splits_leaves = true },
		  ALIAS,
		  PAGE,
		  0,
		  MODEL_STEP_WALK,
		  false },
		{ "a hole", { .splits_leaves = true }, NOTHING, PAGE, 0, MODEL_STEP_WALK, false },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct model_request request = {
			.start = cases[i].start,
			.size = cases[i].size,
			.set_mask = PTE_PRESENT_INVALID,
			.clear_mask = PTE_VALID,
		};
		struct model_result result;
		struct image image;
		struct world world;
		uint32_t slices;

		test_case("%s", cases[i].what);
		world_init(&world);
		image_init(&image, &world.geo, world.tables.root);
		for (unsigned int n = 0; n < world.tables.nr; n++) {
			const struct table_page *page = &world.tables.pages[n];

			image_add(&image, page->level, page->pa, page->addr, 0, page->nr,
				  page->entries);
		}
		slices = image.nr_slices;
		model_update_range_prot(&image, &cases[i].rules, &request, &result, NULL, NULL);
		EXPECT_EQ(result.ret, cases[i].ret);
		EXPECT_EQ(result.gap, MODEL_NO_GAP);
		EXPECT_EQ(result.step, cases[i].step);
		EXPECT_EQ(image.nr_slices > slices, cases[i].splits);
		image_release(&image);
		world_release(&world);
	}
}

/* A split of one page of a contiguous run of blocks, told in its order, and the new entries. */
TEST(what_a_split_makes)
{
	static const struct {
		uint64_t block; /* attributes of it */
		uint64_t table, page;
	} cases[] = {
		{ BLOCK_BITS, TABLE_BITS | PTE_AF | TABLE_UXN | TABLE_PXN, PAGE_BITS },
		{ BLOCK_BITS & ~PTE_PXN, TABLE_BITS | PTE_AF | TABLE_UXN, PAGE_BITS & ~PTE_PXN },
		{ (BLOCK_BITS | PTE_RDONLY) & ~PTE_WRITE,
		  TABLE_BITS | PTE_AF | TABLE_UXN | TABLE_PXN,
		  (PAGE_BITS | PTE_RDONLY) & ~PTE_WRITE },
		{ (BLOCK_BITS | PTE_PRESENT_INVALID) & ~PTE_VALID,
		  TABLE_BITS | PTE_AF | TABLE_UXN | TABLE_PXN,
		  (PAGE_BITS | PTE_PRESENT_INVALID) & ~PTE_VALID },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t pa = 0x40000000 + BLOCK - LINEAR;
		struct world world;
		enum pgtable_level level;
		const uint64_t *entry;

		test_case("case %u", i);
		world_init(&world);
		world.rules.answer[OP_RULE_SPLITS] = OP_YES;
		for (unsigned int n = 1; n < 16; n++)
			*tables_entry(&world.tables, PGTABLE_LEVEL_PMD,
				      LINEAR + n * 0x200000) = (0x40000000 + n * 0x200000) |
							       cases[i].block | PTE_CONT;
		ask_for(&world, OP_SET_MEMORY_VALID, BLOCK + 0x20000, 16);
		EXPECT_EQ(world.result.ret, 0);
		/* 64K on a 64K boundary: the run of blocks, the block, no run of pages */
		if (EXPECT_EQ(world.result.nr_splits, 2)) {
			EXPECT(world.result.splits[0].run);
			EXPECT_EQ(world.result.splits[0].addr, LINEAR);
			EXPECT_EQ(world.result.splits[0].level, PGTABLE_LEVEL_PMD);
			EXPECT(!world.result.splits[1].run);
			EXPECT_EQ(world.result.splits[1].addr, BLOCK);
			EXPECT_EQ(world.result.splits[1].before, pa | cases[i].block);
		}
		entry = image_lookup(&world.result.tables, BLOCK + 0x1000, &level);
		EXPECT_EQ(level, PGTABLE_LEVEL_PTE);
		EXPECT_EQ(*entry, (pa + 0x1000) | cases[i].page | PTE_CONT);
		entry = image_entry(&world.result.tables,
				    tables_target(&world.tables,
						  *tables_entry(&world.tables, PGTABLE_LEVEL_PUD,
								BLOCK)),
				    1);
		EXPECT_EQ(*entry & ~(0xfffffffff000ULL), cases[i].table);
		entry = image_lookup(&world.result.tables, BLOCK + 0x200000, &level);
		EXPECT_EQ(level, PGTABLE_LEVEL_PMD);
		EXPECT_EQ(*entry, (pa + 0x200000) | cases[i].block);
		world_release(&world);
	}
}

/* Two levels at once: the table of each is one of its own, wherever nobody says where. */
TEST(a_page_of_a_pud_block)
{
	uint64_t addr = LINEAR + (1ULL << 30), pa = 0x100000000;
	struct world world;
	enum pgtable_level level;
	const uint64_t *entry;

	world_init(&world);
	world.rules.answer[OP_RULE_SPLITS] = OP_YES;
	*tables_entry(&world.tables, PGTABLE_LEVEL_PUD, addr) = pa | BLOCK_BITS;
	ask_for(&world, OP_SET_MEMORY_INVALID, addr + 0x205000, 1);
	EXPECT_EQ(world.result.ret, 0);
	EXPECT_EQ(world.result.nr_splits, 4);
	entry = image_lookup(&world.result.tables, addr + 0x204000, &level);
	EXPECT_EQ(level, PGTABLE_LEVEL_PTE);
	EXPECT_EQ(*entry, (pa + 0x204000) | PAGE_BITS);
	entry = image_lookup(&world.result.tables, addr + 0x205000, &level);
	EXPECT_EQ(*entry, ((pa + 0x205000) | PAGE_BITS | PTE_PRESENT_INVALID) & ~PTE_VALID);
	entry = image_lookup(&world.result.tables, addr + 0x210000, &level);
	EXPECT_EQ(*entry, (pa + 0x210000) | PAGE_BITS | PTE_CONT);
	entry = image_lookup(&world.result.tables, addr + 0x400000, &level);
	EXPECT_EQ(level, PGTABLE_LEVEL_PMD);
	EXPECT_EQ(*entry, (pa + 0x400000) | BLOCK_BITS);
	entry = image_lookup(&world.result.tables, addr + 0x2000000, &level);
	EXPECT_EQ(*entry, (pa + 0x2000000) | BLOCK_BITS | PTE_CONT);
	world_release(&world);
}

/* range_split_to_ptes(): to pages, without runs, and nothing beyond the leaves that are touched. */
TEST(a_range_to_pages)
{
	const struct model_request request = { .start = BLOCK + 0x1000, .size = 0x200000 };
	const struct model_request nothing = { .start = BLOCK };
	struct model_result result = {};
	struct image image;
	struct world world;
	enum pgtable_level level;

	world_init(&world);
	image_init(&image, &world.geo, world.tables.root);
	for (unsigned int n = 0; n < world.tables.nr; n++) {
		const struct table_page *page = &world.tables.pages[n];

		image_add(&image, page->level, page->pa, page->addr, 0, page->nr, page->entries);
	}
	EXPECT_EQ(split_range_to_ptes(&image, &nothing, &result), -EINVAL);
	EXPECT_EQ(result.step, MODEL_STEP_EMPTY);
	EXPECT_EQ(split_range_to_ptes(&image, &request, &result), 0);
	for (uint64_t addr = BLOCK; addr < BLOCK + 0x400000; addr += PAGE) {
		const uint64_t *entry = image_lookup(&image, addr, &level);

		EXPECT_EQ(level, PGTABLE_LEVEL_PTE);
		EXPECT_EQ(*entry, (0x40000000 + addr - LINEAR) | PAGE_BITS);
	}
	EXPECT_EQ(*image_lookup(&image, BLOCK + 0x400000, &level),
		  (0x40000000 + BLOCK + 0x400000 - LINEAR) | BLOCK_BITS);
	EXPECT_EQ(level, PGTABLE_LEVEL_PMD);
	image_release(&image);
	world_release(&world);
}

static void predict(struct world *world, struct op_prediction *prediction, enum op op,
		    uint64_t addr, int pages)
{
	const struct op_request request = { op, addr, pages };

	EXPECT_EQ(op_predict(&world->kernel, &world->rules, &request, prediction), 0);
}

/* Only rules that matter make alternatives, and only those that differ. */
TEST(alternatives)
{
	static const struct {
		enum op_rule unknown;
		enum op op;
		uint64_t addr;
		int pages;
		unsigned int nr;
	} cases[] = {
		{ OP_RULE_ALIAS_AREA, OP_SET_MEMORY_RO, AREA, 1, 2 },
		{ OP_RULE_ALIAS_AREA, OP_SET_MEMORY_RO, AREA, 8, 1 },
		{ OP_RULE_ALIAS_AREA, OP_SET_MEMORY_X, AREA, 1, 1 },
		{ OP_RULE_ALIAS_AREA, OP_SET_MEMORY_RO, NOTHING, 1, 1 },
		{ OP_RULE_RODATA_FULL, OP_SET_MEMORY_RW, AREA, 1, 2 },
		{ OP_RULE_PRESENT_INVALID, OP_SET_MEMORY_INVALID, ALIAS, 1, 2 },
		{ OP_RULE_PRESENT_INVALID, OP_SET_MEMORY_RO, AREA, 1, 1 },
		{ OP_RULE_SPLITS, OP_SET_MEMORY_INVALID, BLOCK, 1, 2 },
		{ OP_RULE_SPLITS, OP_SET_MEMORY_INVALID, ALIAS, 1, 1 },
		{ OP_RULE_ALIAS_ERROR, OP_SET_MEMORY_RO, AREA, 1, 1 },
		{ OP_RULE_SET_DIRECT_MAP, OP_SET_DIRECT_MAP_INVALID, ALIAS, 1, 2 },
		{ OP_RULE_SET_DIRECT_MAP, OP_SET_DIRECT_MAP_INVALID, ALIAS, 0, 1 },
		{ OP_RULE_GP, OP_SET_MEMORY_X, AREA, 1, 2 },
		{ OP_RULE_REALM, OP_SET_MEMORY_DECRYPTED, AREA, 1, 2 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct op_prediction prediction;
		struct world world;

		test_case("case %u, %s", i, op_rule_name(cases[i].unknown));
		world_init(&world);
		world.rules.answer[cases[i].unknown] = OP_UNKNOWN;
		predict(&world, &prediction, cases[i].op, cases[i].addr, cases[i].pages);
		EXPECT_EQ(prediction.nr, cases[i].nr);
		EXPECT(!prediction.more);
		for (unsigned int n = 0; n < prediction.nr; n++)
			EXPECT_EQ(prediction.alternatives[n].chosen[cases[i].unknown],
				  cases[i].nr == 1 ? OP_UNKNOWN :
				  n		   ? OP_YES :
						     OP_NO);
		op_prediction_release(&prediction);
		world_release(&world);
	}
}

TEST(nothing_known)
{
	struct op_prediction prediction;
	struct world world;

	world_init(&world);
	for (int rule = 0; rule < OP_NR_RULES; rule++)
		world.rules.answer[rule] = OP_UNKNOWN;
	predict(&world, &prediction, OP_SET_MEMORY_RO, AREA, 1);
	/* no alias, of the page, of the area; a table is there already, and no block */
	EXPECT_EQ(prediction.nr, 3);
	op_prediction_release(&prediction);
	predict(&world, &prediction, OP_SET_MEMORY_RO, NOTHING, 1);
	EXPECT_EQ(prediction.nr, 1);
	EXPECT_EQ(prediction.alternatives[0].result.ret, -EINVAL);
	op_prediction_release(&prediction);
	world_release(&world);
}

TEST(names)
{
	static const struct {
		const char *name;
		int enable;
		enum op op;
	} cases[] = {
		{ "set_memory_ro", -1, OP_SET_MEMORY_RO },
		{ "ro", -1, OP_SET_MEMORY_RO },
		{ "rox", -1, OP_SET_MEMORY_ROX },
		{ "ro", 1, OP_NR },
		{ "valid", 1, OP_SET_MEMORY_VALID },
		{ "valid", 0, OP_SET_MEMORY_INVALID },
		{ "valid", -1, OP_NR },
		{ "set_direct_map_invalid_noflush", -1, OP_SET_DIRECT_MAP_INVALID },
		{ "set_direct_map_invalid", -1, OP_SET_DIRECT_MAP_INVALID },
		{ "direct_map_default", -1, OP_SET_DIRECT_MAP_DEFAULT },
		{ "set_direct_map_valid", 0, OP_SET_DIRECT_MAP_NOT_VALID },
		{ "encrypted", -1, OP_SET_MEMORY_ENCRYPTED },
		{ "", -1, OP_NR },
		{ "r", -1, OP_NR },
		{ "set_memory_", -1, OP_NR },
		{ "set_memory_rosy", -1, OP_NR },
		{ "noflush", -1, OP_NR },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s %d", cases[i].name, cases[i].enable);
		EXPECT_EQ(op_find(cases[i].name, cases[i].enable), cases[i].op);
	}
	for (int i = 0; i < OP_NR; i++)
		EXPECT(op_name(i)[0]);
	for (int i = 0; i < OP_NR_RULES; i++)
		EXPECT(op_rule_name(i) && op_rule_text(i, true) && op_rule_text(i, false));
	for (int i = 0; i < OP_NR_DECISIONS; i++)
		EXPECT(op_decision_name(i) && op_decision_text(i));
	for (int i = 0; i < OP_NR_FINDINGS; i++)
		EXPECT(op_finding_name(i) && op_finding_text(i));
}
