// SPDX-License-Identifier: GPL-2.0-only
/* The model: tables before, a request, tables after. arch/arm64/mm/pageattr.c is the truth. */
#include "model/model.h"

#include <errno.h>
#include <stdlib.h>

#include "naive.h"
#include "tables.h"
#include "test.h"

#define ADDR 0xffff800080000000ULL

#define INVALID_OF_BLOCK(desc) (((desc) & ~PTE_VALID) | PTE_PRESENT_INVALID)

static const struct model_rules walks = {};
static const struct model_rules applies = { .apply_to_page_range = true };

/* The masks of the kernel's functions. */
struct masks {
	uint64_t set, clear;
};

static const struct masks ro = { PTE_RDONLY, PTE_WRITE };
static const struct masks rw = { PTE_WRITE, PTE_RDONLY };
static const struct masks invalid = { PTE_PRESENT_INVALID, PTE_VALID };
static const struct masks valid = { PTE_VALID, PTE_PRESENT_INVALID };
/* arm64_use_ng_mappings: PTE_MAYBE_NG is PTE_NG, which is the bit of PTE_PRESENT_INVALID */
static const struct masks ng_invalid = { PTE_PRESENT_INVALID, PTE_VALID | PTE_NG };
static const struct masks ng_valid = { PTE_VALID | PTE_NG, PTE_PRESENT_INVALID };

struct bench {
	struct geometry geo;
	struct tables tables;
	struct image image;
	struct model_result result;
	struct model_callback calls[64];
	unsigned int nr_calls;
};

static void bench_init(struct bench *bench, unsigned int page_shift, unsigned int va_bits)
{
	const struct shape shape = { page_shift, va_bits, va_bits };

	bench->geo = shape_geometry(&shape);
	tables_init(&bench->tables, &bench->geo);
	image_init(&bench->image, &bench->geo, bench->tables.root);
}

static void bench_release(struct bench *bench)
{
	image_release(&bench->image);
	tables_release(&bench->tables);
}

static void called(void *ctx, const struct model_callback *callback)
{
	struct bench *bench = ctx;

	if (bench->nr_calls < ARRAY_SIZE(bench->calls))
		bench->calls[bench->nr_calls] = *callback;
	bench->nr_calls++;
}

static void change(struct bench *bench, const struct model_rules *rules, uint64_t start,
		   uint64_t size, const struct masks *masks)
{
	const struct model_request request = {
		.start = start,
		.size = size,
		.set_mask = masks->set,
		.clear_mask = masks->clear,
	};

	image_release(&bench->image);
	image_init(&bench->image, &bench->geo, bench->tables.root);
	tables_image(&bench->tables, &bench->image, start, start + (size ? size : 1));
	bench->nr_calls = 0;
	model_update_range_prot(&bench->image, rules, &request, &bench->result, called, bench);
}

/* What the model made of the entry. */
static uint64_t entry_after(const struct bench *bench, enum pgtable_level level, uint64_t addr)
{
	enum pgtable_level at;
	const uint64_t *entry = image_lookup(&bench->image, addr, &at);

	if (!EXPECT(entry))
		return ~0ULL;
	EXPECT_EQ(at, level);
	return *entry;
}

static uint64_t masked(uint64_t desc, const struct masks *masks)
{
	return (desc & ~masks->clear) | masks->set;
}

static void map_pages(struct bench *bench, uint64_t start, unsigned int nr, uint64_t bits)
{
	uint64_t size = geometry_page_size(&bench->geo);

	for (unsigned int i = 0; i < nr; i++)
		*tables_entry(&bench->tables, PGTABLE_LEVEL_PTE,
			      start + i * size) = (0x40000000 + i * size) | bits;
}

TEST(bits_of_a_page)
{
	static const struct {
		uint64_t before, set, clear, after;
	} cases[] = {
		{ 0, 0, 0, 0 },
		{ PAGE_BITS, 0, 0, PAGE_BITS },
		{ PAGE_BITS, PTE_RDONLY, PTE_WRITE, (PAGE_BITS | PTE_RDONLY) & ~PTE_WRITE },
		{ PAGE_BITS, PTE_WRITE, PTE_RDONLY, PAGE_BITS },
		{ PAGE_BITS, 0, PTE_PXN, PAGE_BITS & ~PTE_PXN },
		{ PAGE_BITS, PTE_GP, PTE_PXN, (PAGE_BITS | PTE_GP) & ~PTE_PXN },
		{ PAGE_BITS, PTE_PRESENT_INVALID, PTE_VALID,
		  (PAGE_BITS | PTE_PRESENT_INVALID) & ~PTE_VALID },
		{ (PAGE_BITS | PTE_PRESENT_INVALID) & ~PTE_VALID, PTE_VALID, PTE_PRESENT_INVALID,
		  PAGE_BITS },
		/* a bit in both masks: cleared, then set */
		{ PAGE_BITS | PTE_NG, PTE_PRESENT_INVALID, PTE_VALID | PTE_NG,
		  (PAGE_BITS | PTE_NG) & ~PTE_VALID },
		{ (PAGE_BITS | PTE_NG) & ~PTE_VALID, PTE_VALID | PTE_NG, PTE_PRESENT_INVALID,
		  PAGE_BITS | PTE_NG },
		/* an old kernel's way, bit 0 alone */
		{ PAGE_BITS, 0, PTE_VALID, PAGE_BITS & ~PTE_VALID },
		{ PAGE_BITS & ~PTE_VALID, PTE_VALID, 0, PAGE_BITS },
		/* nothing is looked at: an empty entry gets the bits */
		{ 0, PTE_RDONLY, PTE_WRITE, PTE_RDONLY },
		{ 0, PTE_VALID | PTE_WRITE, PTE_PRESENT_INVALID | PTE_RDONLY,
		  PTE_VALID | PTE_WRITE },
		{ ~0ULL, 0, ~0ULL, 0 },
		{ 0, ~0ULL, ~0ULL, ~0ULL },
	};

	for (unsigned int old = 0; old < 2; old++)
		for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
			const struct masks masks = { cases[i].set, cases[i].clear };
			struct bench bench;

			test_case("case %u, %s", i, old ? "apply" : "walk");
			bench_init(&bench, 12, 48);
			*tables_entry(&bench.tables, PGTABLE_LEVEL_PTE, ADDR) = cases[i].before;
			change(&bench, old ? &applies : &walks, ADDR, 0x1000, &masks);
			EXPECT_EQ(bench.result.ret, 0);
			EXPECT_EQ(bench.result.gap, MODEL_NO_GAP);
			EXPECT_EQ(entry_after(&bench, PGTABLE_LEVEL_PTE, ADDR), cases[i].after);
			EXPECT_EQ(bench.result.leaves[PGTABLE_LEVEL_PTE], 1);
			/* the neighbour that was captured along */
			EXPECT_EQ(entry_after(&bench, PGTABLE_LEVEL_PTE, ADDR + 0x1000), 0);
			bench_release(&bench);
		}
}

TEST(ranges_of_pages)
{
	static const struct {
		unsigned int first, nr;
	} cases[] = {
		{ 0, 1 }, { 0, 4 }, { 3, 2 }, { 7, 1 }, { 0, 8 }, { 6, 4 }, { 8, 2 },
	};
	struct bench bench;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t base = ADDR + 0x1f8000; /* 8 pages in this table, more in the next */

		test_case("pages %u+%u", cases[i].first, cases[i].nr);
		bench_init(&bench, 12, 48);
		map_pages(&bench, base, 12, PAGE_BITS);
		change(&bench, &walks, base + cases[i].first * 0x1000, cases[i].nr * 0x1000, &ro);
		EXPECT_EQ(bench.result.ret, 0);
		EXPECT_EQ(bench.result.leaves[PGTABLE_LEVEL_PTE], cases[i].nr);
		EXPECT(!bench.result.boundary.found);
		for (unsigned int n = 0; n < 12; n++) {
			bool in = n - cases[i].first < cases[i].nr;
			enum pgtable_level level;
			const uint64_t *entry = image_lookup(&bench.image, base + n * 0x1000,
							     &level);
			uint64_t before = (0x40000000 + n * 0x1000) | PAGE_BITS;

			if (in || entry)
				EXPECT_EQ(entry ? *entry : 0, in ? masked(before, &ro) : before);
		}
		bench_release(&bench);
	}
}

TEST(empty_ranges_are_refused)
{
	struct bench bench;

	bench_init(&bench, 12, 48);
	map_pages(&bench, ADDR, 2, PAGE_BITS);
	change(&bench, &walks, ADDR, 0, &ro);
	EXPECT_EQ(bench.result.ret, -EINVAL);
	EXPECT(!bench.result.boundary.found);
	change(&bench, &applies, ADDR, 0, &ro);
	EXPECT_EQ(bench.result.ret, -EINVAL);
	bench_release(&bench);
}

/* Holes above the last level are passed over in silence. */
TEST(holes)
{
	static const struct {
		uint64_t start, size;
		unsigned int changed;
	} cases[] = {
		{ ADDR, 0x200000, 0 },
		{ ADDR + 0x600000, 0x200000, 0 },
		{ ADDR + 0x3ff000, 0x201000, 2 },
		{ ADDR, 0x402000, 2 },
		{ ADDR + (1ULL << 31), 1ULL << 31, 0 },
		{ ADDR + (1ULL << 40), 1ULL << 31, 0 },
	};
	struct bench bench;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%#llx+%#llx", (unsigned long long)cases[i].start,
			  (unsigned long long)cases[i].size);
		bench_init(&bench, 12, 48);
		/* the last page of one table and all of the next entry's first two */
		*tables_entry(&bench.tables, PGTABLE_LEVEL_PTE, ADDR + 0x400000) = PAGE_BITS;
		*tables_entry(&bench.tables, PGTABLE_LEVEL_PTE, ADDR + 0x401000) = PAGE_BITS;
		change(&bench, &walks, cases[i].start, cases[i].size, &ro);
		EXPECT_EQ(bench.result.ret, 0);
		EXPECT_EQ(bench.result.gap, MODEL_NO_GAP);
		if (cases[i].changed)
			EXPECT_EQ(entry_after(&bench, PGTABLE_LEVEL_PTE, ADDR + 0x400000),
				  masked(PAGE_BITS, &ro));
		else
			EXPECT_EQ(bench.result.leaves[PGTABLE_LEVEL_PTE], 0);
		bench_release(&bench);
	}
}

static const struct {
	unsigned int page_shift, va_bits;
	enum pgtable_level level;
} blocks[] = {
	{ 12, 39, PGTABLE_LEVEL_PMD }, { 12, 48, PGTABLE_LEVEL_PMD }, { 12, 52, PGTABLE_LEVEL_PMD },
	{ 12, 39, PGTABLE_LEVEL_PUD }, { 12, 48, PGTABLE_LEVEL_PUD }, { 12, 52, PGTABLE_LEVEL_PUD },
	{ 14, 47, PGTABLE_LEVEL_PMD }, { 14, 48, PGTABLE_LEVEL_PMD }, { 14, 52, PGTABLE_LEVEL_PMD },
	{ 16, 48, PGTABLE_LEVEL_PMD }, { 16, 52, PGTABLE_LEVEL_PMD },
};

static uint64_t half_of(const struct geometry *geo)
{
	return -(1ULL << (geo->va_bits - 1));
}

static void whole_blocks(unsigned int page_shift, unsigned int va_bits, enum pgtable_level level,
			 uint64_t bits, const struct masks *masks)
{
	struct bench bench;
	uint64_t addr, size;

	test_case("%u/%u level %u bits %#llx", page_shift, va_bits, level,
		  (unsigned long long)bits);
	bench_init(&bench, page_shift, va_bits);
	addr = half_of(&bench.geo);
	size = geometry_size(&bench.geo, level);
	for (unsigned int i = 0; i < 4; i++)
		*tables_entry(&bench.tables, level, addr + i * size) = i * size | bits;
	change(&bench, &walks, addr + size, 2 * size, masks);
	EXPECT_EQ(bench.result.ret, 0);
	EXPECT_EQ(bench.result.gap, MODEL_NO_GAP);
	EXPECT_EQ(bench.result.leaves[level], 2);
	EXPECT_EQ(bench.result.leaves[PGTABLE_LEVEL_PTE], 0);
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_EQ(entry_after(&bench, level, addr + i * size),
			  i == 1 || i == 2 ? masked(i * size | bits, masks) : i * size | bits);
	bench_release(&bench);
}

TEST(whole_blocks_are_changed)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(blocks); i++) {
		whole_blocks(blocks[i].page_shift, blocks[i].va_bits, blocks[i].level, BLOCK_BITS,
			     &ro);
		whole_blocks(blocks[i].page_shift, blocks[i].va_bits, blocks[i].level, BLOCK_BITS,
			     &invalid);
		/* present but invalid is a leaf as well */
		whole_blocks(blocks[i].page_shift, blocks[i].va_bits, blocks[i].level,
			     INVALID_OF_BLOCK(BLOCK_BITS), &valid);
		whole_blocks(blocks[i].page_shift, blocks[i].va_bits, blocks[i].level,
			     INVALID_OF_BLOCK(BLOCK_BITS), &ng_valid);
	}
}

/* The pud is folded: pageattr_pud_entry() is called for it, but pud_leaf() is never true. */
TEST(whole_blocks_with_a_folded_pud)
{
	whole_blocks(14, 36, PGTABLE_LEVEL_PMD, BLOCK_BITS, &ro);
	whole_blocks(16, 42, PGTABLE_LEVEL_PMD, BLOCK_BITS, &ro);
}

static void partial_block(unsigned int page_shift, unsigned int va_bits, enum pgtable_level level,
			  int from, int to)
{
	struct bench bench;
	uint64_t addr, size, page, start, end;

	test_case("%u/%u level %u %d %d", page_shift, va_bits, level, from, to);
	bench_init(&bench, page_shift, va_bits);
	addr = half_of(&bench.geo) + geometry_size(&bench.geo, level);
	size = geometry_size(&bench.geo, level);
	page = geometry_page_size(&bench.geo);
	*tables_entry(&bench.tables, level, addr) = BLOCK_BITS;
	start = addr + from * page;
	end = addr + size + to * page;
	change(&bench, &walks, start, end - start, &ro);
	EXPECT_EQ(bench.result.ret, -EINVAL);
	EXPECT_EQ(bench.result.gap, MODEL_NO_GAP);
	EXPECT(bench.result.boundary.found);
	EXPECT_EQ(bench.result.boundary.level, level);
	EXPECT_EQ(bench.result.boundary.start, addr);
	EXPECT_EQ(bench.result.boundary.end, addr + size);
	EXPECT_EQ(bench.result.leaves[level], 0);
	EXPECT_EQ(entry_after(&bench, level, addr), BLOCK_BITS);
	bench_release(&bench);
}

TEST(a_part_of_a_block_is_refused)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(blocks); i++) {
		partial_block(blocks[i].page_shift, blocks[i].va_bits, blocks[i].level, 0, -1);
		partial_block(blocks[i].page_shift, blocks[i].va_bits, blocks[i].level, 1, 0);
		partial_block(blocks[i].page_shift, blocks[i].va_bits, blocks[i].level, 1, -1);
		partial_block(blocks[i].page_shift, blocks[i].va_bits, blocks[i].level, 1, 1);
	}
}

TEST(a_part_of_a_block_with_a_folded_pud)
{
	partial_block(14, 36, PGTABLE_LEVEL_PMD, 1, 0);
	partial_block(16, 42, PGTABLE_LEVEL_PMD, 0, -1);
}

/* What came before the block stays changed, what comes behind is not reached. */
TEST(nothing_is_rolled_back)
{
	struct bench bench;

	bench_init(&bench, 12, 48);
	map_pages(&bench, ADDR + 0x1fe000, 2, PAGE_BITS);
	*tables_entry(&bench.tables, PGTABLE_LEVEL_PMD, ADDR + 0x200000) = 0x200000 | BLOCK_BITS;
	*tables_entry(&bench.tables, PGTABLE_LEVEL_PMD, ADDR + 0x400000) = 0x400000 | BLOCK_BITS;
	change(&bench, &walks, ADDR + 0x1fe000, 0x202000 + 0x1ff000, &ro);
	EXPECT_EQ(bench.result.ret, -EINVAL);
	EXPECT_EQ(bench.result.boundary.start, ADDR + 0x400000);
	EXPECT_EQ(bench.result.boundary.end, ADDR + 0x600000);
	EXPECT_EQ(bench.result.leaves[PGTABLE_LEVEL_PTE], 2);
	EXPECT_EQ(bench.result.leaves[PGTABLE_LEVEL_PMD], 1);
	EXPECT_EQ(entry_after(&bench, PGTABLE_LEVEL_PTE, ADDR + 0x1fe000),
		  masked(0x40000000 | PAGE_BITS, &ro));
	EXPECT_EQ(entry_after(&bench, PGTABLE_LEVEL_PMD, ADDR + 0x200000),
		  masked(0x200000 | BLOCK_BITS, &ro));
	EXPECT_EQ(entry_after(&bench, PGTABLE_LEVEL_PMD, ADDR + 0x400000), 0x400000 | BLOCK_BITS);
	bench_release(&bench);
}

/*
 * Before 15bfba1ad77f validity was bit 0 alone, and an invalid
 * block no leaf. The masks of the request tell which kernel it is.
 */
TEST(invalid_blocks_of_older_kernels)
{
	static const struct masks old_valid = { PTE_VALID, 0 };
	static const struct {
		const struct masks *masks;
		uint64_t before, after;
		unsigned int changed;
	} cases[] = {
		{ &old_valid, BLOCK_BITS & ~PTE_VALID, BLOCK_BITS & ~PTE_VALID, 0 },
		{ &old_valid, BLOCK_BITS, BLOCK_BITS, 1 },
		{ &valid, BLOCK_BITS & ~PTE_VALID, BLOCK_BITS & ~PTE_VALID, 0 },
		{ &valid, INVALID_OF_BLOCK(BLOCK_BITS), BLOCK_BITS, 1 },
		{ &ro, INVALID_OF_BLOCK(BLOCK_BITS),
		  (INVALID_OF_BLOCK(BLOCK_BITS) | PTE_RDONLY) & ~PTE_WRITE, 1 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench;

		test_case("case %u", i);
		bench_init(&bench, 12, 48);
		*tables_entry(&bench.tables, PGTABLE_LEVEL_PMD, ADDR) = cases[i].before;
		change(&bench, &walks, ADDR, 0x200000, cases[i].masks);
		EXPECT_EQ(bench.result.ret, 0);
		EXPECT_EQ(bench.result.leaves[PGTABLE_LEVEL_PMD], cases[i].changed);
		EXPECT_EQ(entry_after(&bench, PGTABLE_LEVEL_PMD, ADDR), cases[i].after);
		bench_release(&bench);
	}
}

/* Members of a contiguous run are changed one by one; the bit stays, partial or not. */
TEST(contiguous_runs)
{
	static const struct {
		unsigned int first, nr;
	} cases[] = { { 0, 16 }, { 0, 1 }, { 5, 3 }, { 15, 1 }, { 8, 8 } };
	struct bench bench;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%u+%u", cases[i].first, cases[i].nr);
		bench_init(&bench, 12, 48);
		map_pages(&bench, ADDR, 16, PAGE_BITS | PTE_CONT);
		change(&bench, &walks, ADDR + cases[i].first * 0x1000, cases[i].nr * 0x1000, &ro);
		EXPECT_EQ(bench.result.ret, 0);
		EXPECT_EQ(bench.result.leaves[PGTABLE_LEVEL_PTE], cases[i].nr);
		for (unsigned int n = cases[i].first; n < cases[i].first + cases[i].nr; n++)
			EXPECT_EQ(entry_after(&bench, PGTABLE_LEVEL_PTE, ADDR + n * 0x1000),
				  masked((0x40000000 + n * 0x1000) | PAGE_BITS | PTE_CONT, &ro));
		bench_release(&bench);
	}

	test_case("one PMD of a run");
	bench_init(&bench, 12, 48);
	for (unsigned int n = 0; n < 16; n++)
		*tables_entry(&bench.tables, PGTABLE_LEVEL_PMD,
			      ADDR + n * 0x200000ULL) = n * 0x200000ULL | BLOCK_BITS | PTE_CONT;
	change(&bench, &walks, ADDR + 0x400000, 0x200000, &rw);
	EXPECT_EQ(bench.result.ret, 0);
	EXPECT_EQ(bench.result.leaves[PGTABLE_LEVEL_PMD], 1);
	bench_release(&bench);
}

TEST(callbacks_are_told_in_order)
{
	static const struct model_callback want[] = {
		{ PGTABLE_LEVEL_PUD, ADDR + 0x1fe000, ADDR + 0x600000 },
		{ PGTABLE_LEVEL_PMD, ADDR + 0x1fe000, ADDR + 0x200000 },
		{ PGTABLE_LEVEL_PTE, ADDR + 0x1fe000, ADDR + 0x1ff000 },
		{ PGTABLE_LEVEL_PTE, ADDR + 0x1ff000, ADDR + 0x200000 },
		{ PGTABLE_LEVEL_PMD, ADDR + 0x200000, ADDR + 0x400000 },
		/* a hole has none */
	};
	struct bench bench;

	bench_init(&bench, 12, 48);
	map_pages(&bench, ADDR + 0x1fe000, 2, PAGE_BITS);
	*tables_entry(&bench.tables, PGTABLE_LEVEL_PMD, ADDR + 0x200000) = BLOCK_BITS;
	change(&bench, &walks, ADDR + 0x1fe000, 0x402000, &ro);
	EXPECT_EQ(bench.result.ret, 0);
	EXPECT_EQ(bench.nr_calls, ARRAY_SIZE(want));
	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		test_case("call %u", i);
		EXPECT_EQ(bench.calls[i].level, want[i].level);
		EXPECT_EQ(bench.calls[i].addr, want[i].addr);
		EXPECT_EQ(bench.calls[i].next, want[i].next);
	}
	bench_release(&bench);
}

TEST(entries_that_were_not_read)
{
	const struct model_request request = {
		.start = ADDR,
		.size = 0x3000,
		.set_mask = PTE_RDONLY,
		.clear_mask = PTE_WRITE,
	};
	struct bench bench;

	bench_init(&bench, 12, 48);
	map_pages(&bench, ADDR, 4, PAGE_BITS);
	tables_image(&bench.tables, &bench.image, ADDR, ADDR + 0x1000);
	model_update_range_prot(&bench.image, &walks, &request, &bench.result, NULL, NULL);
	EXPECT_EQ(bench.result.gap, MODEL_GAP_NOT_CAPTURED);
	EXPECT_EQ(bench.result.fault.kind, PAGEWALK_NOT_IN_IMAGE);
	EXPECT_EQ(bench.result.fault.addr, ADDR + 0x2000);
	EXPECT_EQ(bench.result.fault.level, PGTABLE_LEVEL_PTE);
	bench_release(&bench);
}

/* Up to v6.17: apply_to_page_range() refuses every block, in whole or in part. */
TEST(apply_refuses_blocks)
{
	static const struct {
		enum pgtable_level level;
		uint64_t bits, start, size;
		int ret;
	} cases[] = {
		{ PGTABLE_LEVEL_PMD, BLOCK_BITS, 0, 0x200000, -EINVAL },
		{ PGTABLE_LEVEL_PMD, BLOCK_BITS, 0x1000, 0x1000, -EINVAL },
		{ PGTABLE_LEVEL_PMD, INVALID_OF_BLOCK(BLOCK_BITS), 0, 0x200000, -EINVAL },
		{ PGTABLE_LEVEL_PUD, BLOCK_BITS, 0, 1ULL << 30, -EINVAL },
		{ PGTABLE_LEVEL_PUD, BLOCK_BITS, 0x1000, 0x1000, -EINVAL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench;

		test_case("case %u", i);
		bench_init(&bench, 12, 48);
		*tables_entry(&bench.tables, cases[i].level, ADDR) = cases[i].bits;
		change(&bench, &applies, ADDR + cases[i].start, cases[i].size, &ro);
		EXPECT_EQ(bench.result.gap, MODEL_NO_GAP);
		EXPECT_EQ(bench.result.ret, -EINVAL);
		EXPECT(bench.result.boundary.found);
		EXPECT_EQ(bench.result.boundary.level, cases[i].level);
		EXPECT_EQ(bench.result.boundary.start, ADDR);
		EXPECT_EQ(bench.result.boundary.end,
			  ADDR + geometry_size(&bench.geo, cases[i].level));
		EXPECT_EQ(entry_after(&bench, cases[i].level, ADDR), cases[i].bits);
		bench_release(&bench);
	}
}

TEST(apply_changes_pages_up_to_a_block)
{
	struct bench bench;

	bench_init(&bench, 12, 48);
	map_pages(&bench, ADDR + 0x1fe000, 2, PAGE_BITS);
	*tables_entry(&bench.tables, PGTABLE_LEVEL_PMD, ADDR + 0x200000) = BLOCK_BITS;
	change(&bench, &applies, ADDR + 0x1fe000, 0x3000, &ro);
	EXPECT_EQ(bench.result.ret, -EINVAL);
	EXPECT_EQ(bench.result.leaves[PGTABLE_LEVEL_PTE], 2);
	EXPECT_EQ(entry_after(&bench, PGTABLE_LEVEL_PTE, ADDR + 0x1ff000),
		  masked(0x40001000 | PAGE_BITS, &ro));
	bench_release(&bench);
}

/* It allocates what is missing: no answer. */
TEST(apply_allocates_tables)
{
	static const uint64_t holes[] = { 0x200000, 1ULL << 31, 1ULL << 40 };

	for (unsigned int i = 0; i < ARRAY_SIZE(holes); i++) {
		struct bench bench;

		test_case("hole at %#llx", (unsigned long long)holes[i]);
		bench_init(&bench, 12, 48);
		map_pages(&bench, ADDR, 2, PAGE_BITS);
		change(&bench, &applies, ADDR + holes[i], 0x1000, &ro);
		EXPECT_EQ(bench.result.gap, MODEL_GAP_ALLOCATES);
		bench_release(&bench);
	}
}

/*
 * A kernel that splits leaves (a166563e7ec3): what needs no split has an answer, and what does need
 * one has either an answer or none.
 */
TEST(requests_that_need_no_split)
{
	static const struct model_rules rules[] = {
		{ .splits_leaves = true },
		{ .splits_unknown = true },
	};
	struct bench bench;

	for (unsigned int i = 0; i < ARRAY_SIZE(rules); i++) {
		test_case("%s", i ? "unknown" : "splits");
		bench_init(&bench, 12, 48);
		map_pages(&bench, ADDR, 16, PAGE_BITS | PTE_CONT);
		map_pages(&bench, ADDR + 0x20000, 2, PAGE_BITS);
		*tables_entry(&bench.tables, PGTABLE_LEVEL_PMD, ADDR + 0x200000) = BLOCK_BITS;

		change(&bench, &rules[i], ADDR + 0x20000, 0x1000, &ro);
		EXPECT_EQ(bench.result.gap, MODEL_NO_GAP);
		EXPECT_EQ(bench.result.ret, 0);
		EXPECT_EQ(entry_after(&bench, PGTABLE_LEVEL_PTE, ADDR + 0x20000),
			  masked(0x40000000 | PAGE_BITS, &ro));
		change(&bench, &rules[i], ADDR, 0x10000, &ro);
		EXPECT_EQ(bench.result.gap, MODEL_NO_GAP);
		EXPECT_EQ(bench.result.ret, 0);
		EXPECT_EQ(entry_after(&bench, PGTABLE_LEVEL_PTE, ADDR),
			  masked(0x40000000 | PAGE_BITS | PTE_CONT, &ro));
		change(&bench, &rules[i], ADDR + 0x200000, 0x200000, &ro);
		EXPECT_EQ(bench.result.gap, MODEL_NO_GAP);
		EXPECT_EQ(bench.result.ret, 0);
		EXPECT_EQ(entry_after(&bench, PGTABLE_LEVEL_PMD, ADDR + 0x200000),
			  masked(BLOCK_BITS, &ro));
		bench_release(&bench);
	}
}

TEST(requests_that_need_a_split)
{
	static const struct {
		uint64_t start, size;
	} cases[] = {
		{ 0x200000, 0x1000 }, { 0x3ff000, 0x1000 }, { 0x281000, 0x8000 },
		{ 0, 0x1000 },	      { 0x1000, 0x1000 },   { 0x4000, 0xc000 },
	};
	static const struct model_rules unknown = { .splits_unknown = true };
	static const struct model_rules splits = { .splits_leaves = true };
	struct bench bench;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%#llx+%#llx", (unsigned long long)cases[i].start,
			  (unsigned long long)cases[i].size);
		bench_init(&bench, 12, 48);
		map_pages(&bench, ADDR, 16, PAGE_BITS | PTE_CONT);
		*tables_entry(&bench.tables, PGTABLE_LEVEL_PMD, ADDR + 0x200000) = BLOCK_BITS;
		change(&bench, &unknown, ADDR + cases[i].start, cases[i].size, &ro);
		EXPECT_EQ(bench.result.gap, MODEL_GAP_SPLIT_STATE);
		change(&bench, &splits, ADDR + cases[i].start, cases[i].size, &ro);
		EXPECT(bench.result.gap != MODEL_GAP_SPLIT_STATE);
		if (!bench.result.gap) {
			enum pgtable_level level;
			const uint64_t *entry = image_lookup(&bench.image, ADDR + cases[i].start,
							     &level);

			EXPECT_EQ(bench.result.ret, 0);
			EXPECT(!bench.result.boundary.found);
			EXPECT_EQ(level, PGTABLE_LEVEL_PTE);
			if (EXPECT(entry))
				EXPECT_EQ(*entry & (PTE_RDONLY | PTE_WRITE | PTE_CONT), PTE_RDONLY);
		}
		bench_release(&bench);
	}
}

/*
 * Against the naive walk with the kernel's own callbacks, on tables made at random.
 */
struct kernel_change {
	uint64_t set, clear;
	const struct geometry *geo;
	unsigned int changed;
};

static uint64_t set_pageattr_masks(uint64_t val, struct mm_walk *walk)
{
	struct kernel_change *masks = walk->private;

	masks->changed++;
	val &= ~masks->clear;
	val |= masks->set;
	return val;
}

static int kernel_block(uint64_t *entry, enum pgtable_level level, unsigned long size,
			struct mm_walk *walk)
{
	const struct kernel_change *masks = walk->private;

	/* pud_leaf() is false where the pud is folded; where the pmd is, there are no blocks */
	if (level >= masks->geo->levels || !naive_leaf(*entry))
		return 0;
	if (size != geometry_size(masks->geo, level))
		return -EINVAL;
	*entry = set_pageattr_masks(*entry, walk);
	walk->action = ACTION_CONTINUE;
	return 0;
}

static int kernel_pud(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return kernel_block(&pud->pud, PGTABLE_LEVEL_PUD, next - addr, walk);
}

static int kernel_pmd(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	return kernel_block(&pmd->pmd, PGTABLE_LEVEL_PMD, next - addr, walk);
}

static int kernel_pte(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)addr, (void)next;
	pte->pte = set_pageattr_masks(pte->pte, walk);
	return 0;
}

static const struct mm_walk_ops kernel_ops = {
	.pud_entry = kernel_pud,
	.pmd_entry = kernel_pmd,
	.pte_entry = kernel_pte,
};

/* Something at each of eight consecutive entries of @level. */
static void random_tables(struct bench *bench, uint64_t *random, enum pgtable_level level,
			  uint64_t addr)
{
	static const uint64_t bits[] = {
		0,
		BLOCK_BITS,
		BLOCK_BITS,
		BLOCK_BITS | PTE_CONT,
		BLOCK_BITS | PTE_RDONLY,
		INVALID_OF_BLOCK(BLOCK_BITS),
	};
	uint64_t size = geometry_size(&bench->geo, level);

	for (unsigned int i = 0; i < 8; i++) {
		uint64_t desc = bits[test_random_below(random, ARRAY_SIZE(bits))];

		if (level == PGTABLE_LEVEL_PTE)
			desc |= desc ? PTE_TABLE_BIT : 0;
		else if (!geometry_block_level(&bench->geo, level) || level >= bench->geo.levels)
			desc = 0;
		*tables_entry(&bench->tables, level, addr + i * size) = desc;
		if (level && test_random_below(random, 2)) {
			tables_new(&bench->tables, level, addr + i * size);
			random_tables(bench, random, level - 1, addr + i * size);
		}
	}
}

static void random_request(struct bench *bench, uint64_t *random, uint64_t addr,
			   struct model_request *request)
{
	static const struct masks *const all[] = { &ro,	   &rw,		&invalid,
						   &valid, &ng_invalid, &ng_valid };
	const struct masks *masks = all[test_random_below(random, ARRAY_SIZE(all))];
	enum pgtable_level level = test_random_below(random, 2);
	uint64_t size = geometry_size(&bench->geo, level);

	*request = (struct model_request){
		.start = addr + test_random_below(random, 8) * size,
		.size = test_random_below(random, 6) * size,
		.set_mask = masks->set,
		.clear_mask = masks->clear,
	};
	if (!test_random_below(random, 4))
		request->size += geometry_page_size(&bench->geo);
	if (!test_random_below(random, 8))
		request->start += test_random_below(random, geometry_page_size(&bench->geo));
}

static void compare_with_kernel(unsigned int least, unsigned int most, unsigned int trials)
{
	uint64_t seed = test_seed();
	unsigned int refused = 0, changed = 0;

	for (unsigned int i = 0; i < trials && !test_failed(); i++) {
		uint64_t random = seed + i * 0x1000003ULL, addr;
		struct model_request request;
		struct kernel_change masks;
		struct naive naive;
		struct bench bench;
		int ret;

		do {
			bench.geo = shape_geometry(&shapes[test_random_below(&random, nr_shapes)]);
		} while (bench.geo.levels < least || bench.geo.levels > most);
		tables_init(&bench.tables, &bench.geo);
		image_init(&bench.image, &bench.geo, bench.tables.root);
		addr = half_of(&bench.geo);
		random_tables(&bench, &random, PGTABLE_LEVEL_PMD, addr);
		if (bench.geo.levels > 2 && bench.geo.page_shift == 12)
			*tables_entry(&bench.tables, PGTABLE_LEVEL_PUD,
				      addr + (1ULL << 30)) = test_random_below(&random, 2) ?
								     BLOCK_BITS :
								     0;
		random_request(&bench, &random, addr, &request);

		tables_image(&bench.tables, &bench.image, request.start,
			     request.start + request.size + 1);
		model_update_range_prot(&bench.image, &walks, &request, &bench.result, NULL, NULL);
		naive = (struct naive){ .tables = &bench.tables };
		masks = (struct kernel_change){ request.set_mask, request.clear_mask, &bench.geo,
						0 };
		ret = naive_walk(&naive, request.start, request.start + request.size, &kernel_ops,
				 &masks);

		EXPECT_EQ(bench.result.gap, MODEL_NO_GAP);
		EXPECT_EQ(bench.result.ret, ret);
		EXPECT_EQ(bench.result.boundary.found, ret == -EINVAL && request.size);
		EXPECT_EQ(bench.result.leaves[0] + bench.result.leaves[1] + bench.result.leaves[2],
			  masks.changed);
		tables_same(&bench.tables, &bench.image);
		refused += !!ret;
		changed += masks.changed;
		if (test_failed())
			test_note("trial %u: %u/%u/%u %#llx+%#llx", i, bench.geo.page_shift,
				  bench.geo.va_bits, bench.geo.va_bits_config,
				  (unsigned long long)request.start,
				  (unsigned long long)request.size);
		bench_release(&bench);
	}
	test_note("%u requests refused, %u entries changed", refused, changed);
}

TEST(random_changes)
{
	compare_with_kernel(3, 5, 2000);
}

TEST(random_changes_with_a_folded_pud)
{
	compare_with_kernel(2, 2, 500);
}
