// SPDX-License-Identifier: GPL-2.0-only
/* Accounts of random areas, against a count page by page. */
#include <stdlib.h>

#include "accounts.h"
#include "areas/flags.h"
#include "test.h"

#define MOST_PAGES 24576
#define MOST_AREAS 8

struct slot {
	uint64_t pa; /* 0: none */
	enum leaf_size leaf;
	bool rdonly;
	int area; /* -1: none */
};

struct random_world {
	struct accounts_world world;
	struct vm_area areas[MOST_AREAS];
	size_t nr_areas, nr_pages;
	struct slot pages[MOST_PAGES];
};

static void make_areas(struct random_world *random, uint64_t *seed)
{
	uint64_t page = random->world.page, run = random->world.geo.cont_ptes;
	uint64_t most = random->nr_pages / MOST_AREAS;
	size_t at = 0;

	for (size_t i = 0; i < random->nr_pages; i++)
		random->pages[i].area = -1;
	random->nr_areas = 0;
	for (int i = 0; i < MOST_AREAS; i++) {
		uint64_t pages = 1 + test_random_below(seed, most - 2);

		at += test_random_below(seed, 3);
		/* most begin at a boundary, or are of no use */
		if (test_random_below(seed, 4))
			at = (at + run - 1) / run * run;
		if (at + pages > random->nr_pages)
			break;
		random->areas[i] = accounts_area(BASE + at * page, pages * page, VM_ALLOC);
		random->nr_areas++;
		for (size_t n = at; n < at + pages; n++)
			random->pages[n].area = i;
		at += pages;
	}
}

static void make_pages(struct random_world *random, uint64_t *seed)
{
	uint64_t page = random->world.page, run = random->world.geo.cont_ptes, pa = PA;
	enum leaf_size leaf = LEAF_PTE;
	size_t left = 0;
	bool rdonly = false;

	for (size_t i = 0; i < random->nr_pages; i++, left--, pa += page) {
		struct slot *one = &random->pages[i];

		if (!left) {
			/* elsewhere, aligned as the address is, or on with other attributes */
			if (test_random_below(seed, 3))
				pa = PA + (test_random_below(seed, 1000) * random->nr_pages + i +
					   !test_random_below(seed, 3)) *
						  page;
			leaf = test_random_below(seed, LEAF_PUD);
			rdonly = !test_random_below(seed, 4);
			left = 1 +
			       test_random_below(seed, test_random_below(seed, 2) ? run : 40 * run);
		}
		*one = (struct slot){ test_random_below(seed, 8 * run) ? pa : 0, leaf, rdonly,
				      one->area };
	}
}

static void feed(struct random_world *random)
{
	uint64_t page = random->world.page;
	size_t i = 0, end;

	for (; i < random->nr_pages; i = end) {
		const struct slot *first = &random->pages[i];

		for (end = i + 1; end < random->nr_pages; end++) {
			const struct slot *next = &random->pages[end];

			if (!first->pa != !next->pa || first->leaf != next->leaf ||
			    first->rdonly != next->rdonly ||
			    (first->pa && next->pa != first->pa + (end - i) * page))
				break;
		}
		if (first->pa)
			accounts_map(&random->world, first->leaf, BASE + i * page, (end - i) * page,
				     first->pa, first->rdonly ? PTE_RDONLY : 0);
		else
			accounts_run(&random->world.accounts,
				     &(struct leaf_run){ .start = BASE + i * page,
							 .size = (end - i) * page });
	}
}

/* What stands against the block of @pages pages around page @i? WHY_NR: nothing. */
static enum account_why against(const struct random_world *random, size_t i, size_t pages)
{
	const struct vm_area *area = &random->areas[random->pages[i].area];
	uint64_t page = random->world.page;
	size_t start = i / pages * pages, first = (area->va_start - BASE) / page;
	size_t end = (area->va_end - BASE) / page;
	bool hole = false, jump = false;

	if (end - first < pages)
		return WHY_TOO_SMALL;
	if (start < first)
		return WHY_VIRTUAL;
	if (start + pages > end)
		return WHY_TOO_SMALL;
	/* what is next to the page on either side decides */
	for (size_t n = i; n > start && !hole && !jump; n--) {
		hole = !random->pages[n - 1].pa;
		jump = !hole && random->pages[n - 1].pa + page != random->pages[n].pa;
	}
	for (size_t n = i, stop = 0; n + 1 < start + pages && !stop; n++) {
		bool none = !random->pages[n + 1].pa;

		stop = none || random->pages[n].pa + page != random->pages[n + 1].pa;
		hole |= none;
		jump |= stop && !none;
	}
	if (jump)
		return WHY_SCATTERED;
	if (hole)
		return WHY_NOT_MAPPED;
	return random->pages[start].pa % (pages * page) ? WHY_PHYSICAL : WHY_NR;
}

/* Does the block with the page have one set of permissions? */
static bool is_mixed(const struct random_world *random, size_t i, size_t pages)
{
	size_t start = i / pages * pages;

	for (size_t n = start; n < start + pages; n++)
		if (random->pages[n].rdonly != random->pages[start].rdonly)
			return true;
	return false;
}

/* How large is the piece of memory that page @i is in, from its first page on? */
static size_t piece_around(const struct random_world *random, size_t i, size_t *first)
{
	const struct slot *slots = random->pages;
	uint64_t page = random->world.page;
	size_t end = i + 1;

	*first = i;
	while (*first && slots[*first - 1].area == slots[i].area && slots[*first - 1].pa &&
	       slots[*first - 1].pa + page == slots[*first].pa)
		--*first;
	while (end < random->nr_pages && slots[end].area == slots[i].area &&
	       slots[end].pa == slots[end - 1].pa + page)
		end++;
	return end - *first;
}

/* The largest block at physical addresses that has page @i and lies in its piece of memory. */
static enum vmap_block aligned_block(const struct random_world *random, size_t i)
{
	uint64_t page = random->world.page, pa = random->pages[i].pa, start, end;
	int block = VMAP_PMD;
	size_t first, nr = piece_around(random, i, &first);

	start = random->pages[first].pa;
	end = start + nr * page;
	for (; block > VMAP_PAGE; block--) {
		uint64_t size = vmap_block_size(&random->world.geo, block);

		if (pa / size * size >= start && pa / size * size + size <= end)
			break;
	}
	return block;
}

static void count(const struct random_world *random, struct account *counts)
{
	const struct geometry *geo = &random->world.geo;
	uint64_t page = random->world.page;

	for (size_t i = 0; i < random->nr_pages; i++) {
		const struct slot *one = &random->pages[i];
		struct account *account = one->area < 0 ? NULL : &counts[one->area];
		enum account_why why = WHY_NR;
		int block = VMAP_PMD;
		uint64_t size;

		if (!account || !one->pa)
			continue;
		for (; block > VMAP_PAGE; block--)
			if (against(random, i, vmap_block_size(geo, block) / page) == WHY_NR)
				break;
		size = vmap_block_size(geo, block);
		account->mapped.mapped[one->leaf] += page;
		account->best[block] += page;
		account->aligned[aligned_block(random, i)] += page;
		if (block < VMAP_PMD)
			why = against(random, i, vmap_block_size(geo, block + 1) / page);
		account->limits[why == WHY_NR ? WHY_TOO_SMALL : why] += page;
		if (leaf_bytes(geo, one->leaf) >= size)
			continue;
		if (is_mixed(random, i, size / page))
			account->mixed += page;
		else
			account->smaller[block] += page;
	}
}

static void same_account(const struct account *got, const struct account *want)
{
	for (int size = 0; size < LEAF_NR_SIZES; size++)
		EXPECT_EQ(got->mapped.mapped[size], want->mapped.mapped[size]);
	for (int block = 0; block < VMAP_NR; block++) {
		EXPECT_EQ(got->best[block], want->best[block]);
		EXPECT_EQ(got->smaller[block], want->smaller[block]);
		EXPECT_EQ(got->aligned[block], want->aligned[block]);
	}
	for (int why = 0; why < NR_LIMITS; why++)
		if (!EXPECT_EQ(got->limits[why], want->limits[why]))
			test_note("%s", account_why_name(why));
	EXPECT_EQ(got->mixed, want->mixed);
}

TEST(random_areas_page_by_page)
{
	static const struct shape *const all[] = { &four_k, &sixteen_k, &sixty_four_k };
	static const size_t pages[] = { 6 * 1024, 20 * 1024, MOST_PAGES };
	struct random_world *random = calloc(1, sizeof(*random));
	uint64_t seed = test_seed();

	for (int round = 0; random && round < 60 && !test_failed(); round++) {
		struct account counts[MOST_AREAS] = {};
		int shape = round % 3;

		accounts_world(&random->world, all[shape], NULL, 0);
		accounts_close(&random->world.accounts);
		random->nr_pages = pages[shape];
		make_areas(random, &seed);
		make_pages(random, &seed);
		accounts_world(&random->world, all[shape], random->areas, random->nr_areas);
		feed(random);
		EXPECT_EQ(accounts_end(&random->world.accounts), 0);
		count(random, counts);
		for (size_t i = 0; i < random->nr_areas; i++) {
			test_case("round %d, page shift %u, area %zu", round,
				  all[shape]->page_shift, i);
			same_account(&random->world.accounts.all[i], &counts[i]);
		}
		accounts_close(&random->world.accounts);
	}
	free(random);
}
