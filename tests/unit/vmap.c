// SPDX-License-Identifier: GPL-2.0-only
/* The model of mm/vmalloc.c: which leaves a mapping is made of, and why of none larger. */
#include "model/vmap.h"

#include <stdlib.h>

#include "geometry/descriptor.h"
#include "tables.h"
#include "test.h"

#define BASE   0xffff800080000000ULL /* aligned to 1 GiB */
#define PA     0x8000000000ULL
#define WHY(x) (1U << VMAP_WHY_##x)

static const struct shape four_k = { 12, 48, 48 }, sixteen_k = { 14, 47, 47 };

/* An array of pages: side by side from @pa on, but for one. */
struct array {
	uint64_t pa, page;
	uint64_t odd; /* its number */
};

static bool array_page(void *ctx, uint64_t nr, uint64_t *pa)
{
	const struct array *array = ctx;

	*pa = array->pa + nr * array->page;
	if (nr == array->odd)
		*pa += 1ULL << 30;
	return true;
}

/* mm/vmalloc.c, level by level: the kinds of block of a range, in order. */
struct walk {
	const struct geometry *geo;
	enum vmap_runs runs;
	unsigned int shift;
	unsigned int nr;
	uint64_t addrs[4096];
	enum vmap_block blocks[4096];
};

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t made(struct walk *walk, uint64_t addr, enum vmap_block block)
{
	walk->addrs[walk->nr % 4096] = addr;
	walk->blocks[walk->nr++ % 4096] = block;
	return vmap_block_size(walk->geo, block);
}

static void pte_range(struct walk *walk, uint64_t addr, uint64_t end, uint64_t phys)
{
	uint64_t run = walk->geo->cont_ptes << walk->geo->page_shift;

	while (addr != end) {
		bool whole = walk->runs == VMAP_RUNS_MADE && (1ULL << walk->shift) >= run &&
			     end - addr >= run && !(addr % run) && !(phys % run);
		uint64_t size = made(walk, addr, whole ? VMAP_CONT_PTE : VMAP_PAGE);

		addr += size;
		phys += size;
	}
}

static void level_range(struct walk *walk, int level, uint64_t addr, uint64_t end, uint64_t phys)
{
	uint64_t size = geometry_size(walk->geo, level), next;

	for (; addr != end; phys += next - addr, addr = next) {
		next = min_u64(end, (addr / size + 1) * size);
		if (geometry_block_level(walk->geo, level) && (1ULL << walk->shift) >= size &&
		    next - addr == size && !(addr % size) && !(phys % size))
			made(walk, addr, level == PGTABLE_LEVEL_PUD ? VMAP_PUD : VMAP_PMD);
		else if (level == PGTABLE_LEVEL_PMD)
			pte_range(walk, addr, next, phys);
		else
			level_range(walk, level - 1, addr, next, phys);
	}
}

static void expect_walk(const struct vmap_request *request, const struct walk *walk)
{
	uint64_t addr = request->start;
	unsigned int nr = 0;

	for (; addr < request->start + request->size; nr++) {
		struct vmap_leaf leaf;

		vmap_leaf_at(request, addr, VMAP_PUD, walk->runs, &leaf);
		if (nr < walk->nr && (walk->addrs[nr] != addr || walk->blocks[nr] != leaf.block))
			break;
		addr += leaf.size;
	}
	EXPECT_EQ(addr, request->start + request->size);
	EXPECT_EQ(nr, walk->nr);
}

static const uint64_t offsets[] = { 0, 1, 3, 16, 32, 127, 128, 256, 511, 512, 2048, 2049 };

static void ranges(const struct shape *shape, enum vmap_runs runs)
{
	static const unsigned int lengths[] = { 1, 15, 16, 17, 128, 300, 512, 1023, 1100, 2048 };
	struct geometry geo = shape_geometry(shape);
	struct walk *walk = calloc(1, sizeof(*walk));

	for (unsigned int v = 0; v < ARRAY_SIZE(offsets); v++)
		for (unsigned int p = 0; p < ARRAY_SIZE(offsets); p++)
			for (unsigned int n = 0; n < ARRAY_SIZE(lengths); n++) {
				uint64_t page = geometry_page_size(&geo);
				struct vmap_request request = {
					.geo = &geo,
					.start = BASE + offsets[v] * page,
					.size = lengths[n] * page,
					.shift = n % 3 == 0 ? 63 :
						 n % 3 == 1 ? 21 :
							      16,
					.is_range = true,
					.phys = PA + offsets[p] * page,
				};

				test_case("%u pages at %llu of %llu", lengths[n],
					  (unsigned long long)offsets[v],
					  (unsigned long long)offsets[p]);
				walk->geo = &geo;
				walk->runs = runs;
				walk->shift = request.shift;
				walk->nr = 0;
				level_range(walk, geometry_top(&geo), request.start,
					    request.start + request.size, request.phys);
				expect_walk(&request, walk);
			}
	free(walk);
}

TEST(ranges_are_mapped_as_the_kernel_does)
{
	ranges(&four_k, VMAP_RUNS_MADE);
	ranges(&four_k, VMAP_RUNS_NONE);
	ranges(&sixteen_k, VMAP_RUNS_MADE);
	ranges(&sixteen_k, VMAP_RUNS_NONE);
}

TEST(arrays_are_mapped_step_by_step)
{
	struct geometry geo = shape_geometry(&four_k);
	struct walk *walk = calloc(1, sizeof(*walk));

	for (unsigned int v = 0; v < ARRAY_SIZE(offsets); v++)
		for (unsigned int p = 0; p < ARRAY_SIZE(offsets); p++)
			for (unsigned int shift = 12; shift <= 21; shift += shift == 12 ? 4 : 5) {
				struct array array = { PA + offsets[p] * 4096, 4096, 512 };
				struct vmap_request request = {
					.geo = &geo,
					.start = BASE + offsets[v] * 4096,
					.size = 1024 * 4096,
					.shift = shift,
					.page = array_page,
					.ctx = &array,
				};

				test_case("shift %u", shift);
				*walk = (struct walk){ .geo = &geo, .runs = VMAP_RUNS_MADE };
				walk->shift = shift;
				for (uint64_t at = 0; at < request.size; at += 1ULL << shift) {
					uint64_t pa;

					array_page(&array, at / 4096, &pa);
					level_range(walk, geometry_top(&geo), request.start + at,
						    request.start + at + (1ULL << shift), pa);
				}
				expect_walk(&request, walk);
			}
	free(walk);
}

TEST(why_not_larger)
{
	static const struct {
		const char *what;
		uint64_t start, size; /* pages */
		uint64_t phys;	      /* pages; of an array those of the first */
		unsigned int shift;
		bool is_range;
		uint64_t odd;
		enum vmap_runs runs;
		enum vmap_block largest, block;
		uint32_t why;
	} cases[] = {
		{ "a page", 0, 1, 0, 12, false, ~0ULL, VMAP_RUNS_MADE, VMAP_PUD, VMAP_PAGE,
		  WHY(SIZE) },
		{ "15 pages", 0, 15, 0, 12, false, ~0ULL, VMAP_RUNS_MADE, VMAP_PUD, VMAP_PAGE,
		  WHY(SIZE) },
		{ "none asked", 0, 16, 0, 12, false, ~0ULL, VMAP_RUNS_MADE, VMAP_PUD, VMAP_PAGE,
		  WHY(NOT_ASKED) },
		{ "none asked, and scattered", 0, 16, 0, 12, false, 7, VMAP_RUNS_MADE, VMAP_PUD,
		  VMAP_PAGE, WHY(NOT_ASKED) | WHY(SCATTERED) },
		{ "none asked, and not aligned", 0, 16, 1, 12, false, ~0ULL, VMAP_RUNS_MADE,
		  VMAP_PUD, VMAP_PAGE, WHY(NOT_ASKED) | WHY(PHYSICAL) },
		{ "a run", 0, 16, 0, 16, false, ~0ULL, VMAP_RUNS_MADE, VMAP_PUD, VMAP_CONT_PTE,
		  WHY(SIZE) },
		{ "a run, of which there are none", 0, 16, 0, 16, false, ~0ULL, VMAP_RUNS_NONE,
		  VMAP_PUD, VMAP_PAGE, WHY(LEVEL) | WHY(SIZE) },
		{ "runs where a block would fit", 0, 512, 0, 16, false, ~0ULL, VMAP_RUNS_MADE,
		  VMAP_PUD, VMAP_CONT_PTE, WHY(NOT_ASKED) },
		{ "an address that is not aligned", 16, 512, 16, 63, true, ~0ULL, VMAP_RUNS_MADE,
		  VMAP_PUD, VMAP_CONT_PTE, WHY(VIRTUAL) },
		{ "memory that is not", 0, 512, 16, 63, true, ~0ULL, VMAP_RUNS_MADE, VMAP_PUD,
		  VMAP_CONT_PTE, WHY(PHYSICAL) },
		{ "memory that is not aligned to anything", 0, 512, 1, 63, true, ~0ULL,
		  VMAP_RUNS_MADE, VMAP_PUD, VMAP_PAGE, WHY(PHYSICAL) },
		{ "not to a block, and no runs", 0, 512, 16, 63, true, ~0ULL, VMAP_RUNS_NONE,
		  VMAP_PUD, VMAP_PAGE, WHY(LEVEL) | WHY(PHYSICAL) },
		{ "a table that stayed", 0, 512, 0, 63, true, ~0ULL, VMAP_RUNS_MADE, VMAP_CONT_PTE,
		  VMAP_CONT_PTE, WHY(TABLE) },
		{ "a block that may not be", 0, 512, 0, 63, true, ~0ULL, VMAP_RUNS_MADE, VMAP_NR,
		  VMAP_CONT_PTE, WHY(LEVEL) | WHY(SIZE) },
		{ "a block", 0, 512, 0, 21, false, ~0ULL, VMAP_RUNS_MADE, VMAP_PUD, VMAP_PMD,
		  WHY(SIZE) },
		{ "the largest", 0, 1 << 18, 0, 63, true, ~0ULL, VMAP_RUNS_MADE, VMAP_PUD, VMAP_PUD,
		  0 },
	};
	struct geometry geo = shape_geometry(&four_k);

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct array array = { PA + cases[i].phys * 4096, 4096, cases[i].odd };
		struct vmap_request request = {
			.geo = &geo,
			.start = BASE + cases[i].start * 4096,
			.size = cases[i].size * 4096,
			.shift = cases[i].shift,
			.no_blocks = cases[i].largest == VMAP_NR,
			.is_range = cases[i].is_range,
			.phys = array.pa,
			.page = array_page,
			.ctx = &array,
		};
		struct vmap_leaf leaf;

		test_case("%s", cases[i].what);
		vmap_leaf_at(&request, request.start,
			     cases[i].largest < VMAP_NR ? cases[i].largest : VMAP_PUD,
			     cases[i].runs, &leaf);
		EXPECT_EQ(leaf.block, cases[i].block);
		EXPECT_EQ(leaf.why, cases[i].why);
		EXPECT_EQ(leaf.pa, array.pa);
	}
}

TEST(entries)
{
	struct geometry geo = shape_geometry(&four_k);
	struct vmap_request request = { .geo = &geo, .prot = PAGE_BITS };
	struct vmap_leaf leaf = { .block = VMAP_PMD, .pa = 0x40000000 };

	EXPECT_EQ(vmap_entry(&request, &leaf, 0), 0x40000000 | BLOCK_BITS);
	leaf.block = VMAP_CONT_PTE;
	EXPECT_EQ(vmap_entry(&request, &leaf, 3), 0x40003000 | PAGE_BITS | PTE_CONT);
	leaf.block = VMAP_PAGE;
	EXPECT_EQ(vmap_entry(&request, &leaf, 0), 0x40000000 | PAGE_BITS);
}
