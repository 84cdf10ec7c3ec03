// SPDX-License-Identifier: GPL-2.0-only
/* Accounts of vmalloc areas: each size of leaf, each reason. */
#include "accounts.h"

#include <string.h>

#include "areas/flags.h"
#include "areas/refusal.h"
#include "check/change.h"
#include "source/stream.h"
#include "test.h"

#define NO_HUGE VM_ALLOC
#define HUGE	(VM_ALLOC | VM_ALLOW_HUGE_VMAP)

/* One area with one piece of memory, in units of a page, a run, a block. */
enum unit { P, R, B };

struct one {
	const char *name;
	enum unit unit;
	int nr;
	enum unit pa_unit; /* how far from PA the memory begins */
	int pa;
	uint64_t flags;
	enum leaf_size leaf;
	enum vmap_block best; /* of all of it */
	enum account_why limit, loss;
	unsigned int page_order;
	struct account_rules rules;
	bool runs_elsewhere;
};

#define ONE(name_, unit_, nr_, pa_unit_, pa_, flags_, leaf_, best_, limit_, loss_, ...)  \
	{                                                                                \
		.name = name_, .unit = unit_, .nr = nr_, .pa_unit = pa_unit_, .pa = pa_, \
		.flags = flags_, .leaf = LEAF_##leaf_, .best = VMAP_##best_,             \
		.limit = WHY_##limit_, .loss = WHY_##loss_, ##__VA_ARGS__                \
	}
#define PAGES_ONLY .rules.vmalloc_pages = true
#define NO_BLOCKS  .rules.no_blocks = true
#define SHIFT(n)   .rules.ioremap_shift = (n)
#define ELSEWHERE  .runs_elsewhere = true

static const struct one ones[] = {
	/* as good as it gets */
	ONE("a page", P, 1, P, 0, NO_HUGE, PTE, PAGE, TOO_SMALL, NR),
	ONE("a run", R, 1, P, 0, HUGE, CONT_PTE, CONT_PTE, TOO_SMALL, NR),
	ONE("a block", B, 1, P, 0, HUGE, PMD, PMD, TOO_SMALL, NR),
	ONE("a run of blocks", B, 32, P, 0, VM_MAP, CONT_PMD, PMD, TOO_SMALL, NR),
	/* what stands against more */
	ONE("memory off by a page", R, 4, P, 1, VM_IOREMAP, PTE, PAGE, PHYSICAL, NR),
	ONE("memory off by a run", B, 2, R, 1, VM_IOREMAP, CONT_PTE, CONT_PTE, PHYSICAL, NR),
	/* what is lost, and for what */
	ONE("vmalloc()", R, 2, P, 0, NO_HUGE, PTE, CONT_PTE, TOO_SMALL, NO_HUGE),
	ONE("of blocks", B, 2, P, 0, NO_HUGE, PTE, PMD, TOO_SMALL, NO_HUGE),
	ONE("of blocks, by runs", B, 2, P, 0, NO_HUGE, CONT_PTE, PMD, TOO_SMALL, NO_HUGE),
	ONE("nohugevmalloc", B, 2, P, 0, HUGE, PTE, PMD, TOO_SMALL, HUGE_OFF, PAGES_ONLY),
	ONE("smaller pages", B, 2, P, 0, HUGE, PTE, PMD, TOO_SMALL, FALLBACK, .page_order = 4),
	ONE("a table", B, 2, P, 0, HUGE, PTE, PMD, TOO_SMALL, TABLE, .page_order = 13),
	ONE("vmap()", R, 1, P, 0, VM_MAP, PTE, CONT_PTE, TOO_SMALL, NOT_ASKED, ELSEWHERE),
	ONE("vm_map_ram()", R, 1, P, 0, 0, PTE, CONT_PTE, TOO_SMALL, NOT_ASKED, ELSEWHERE),
	ONE("ioremap()", B, 1, P, 0, VM_IOREMAP, PTE, PMD, TOO_SMALL, TABLE, SHIFT(30)),
	ONE("ioremap(), any", B, 1, P, 0, VM_IOREMAP, PTE, PMD, TOO_SMALL, TABLE, SHIFT(0)),
	ONE("nohugeiomap", B, 1, P, 0, VM_IOREMAP, PTE, PMD, TOO_SMALL, NOT_ASKED, SHIFT(12)),
	ONE("no runs made", R, 1, P, 0, VM_IOREMAP, PTE, CONT_PTE, TOO_SMALL, LEVEL, SHIFT(30)),
	ONE("others have runs", R, 1, P, 0, VM_IOREMAP, PTE, CONT_PTE, TOO_SMALL, NOT_ASKED,
	    SHIFT(30), ELSEWHERE),
	ONE("no blocks made", B, 1, P, 0, VM_IOREMAP, PTE, PMD, TOO_SMALL, LEVEL, NO_BLOCKS),
};

static uint64_t bytes(const struct accounts_world *world, enum unit unit, int nr)
{
	return nr * (unit == B ? world->pmd : unit == R ? world->run : world->page);
}

static void one_area(const struct shape *shape, const struct one *one)
{
	struct account *account;
	struct vm_area areas[2];
	uint64_t losses[WHY_NR];
	struct accounts_world world;
	uint64_t size;

	accounts_world(&world, shape, NULL, 0);
	accounts_close(&world.accounts);
	size = bytes(&world, one->unit, one->nr);
	areas[0] = accounts_area(BASE, size, one->flags);
	areas[0].page_order = one->page_order;
	areas[1] = accounts_area(BASE + (16ULL << 30), world.run, VM_IOREMAP);
	accounts_world(&world, shape, areas, 2);
	world.accounts.rules = one->rules;
	accounts_map(&world, one->leaf, BASE, size, PA + bytes(&world, one->pa_unit, one->pa), 0);
	if (one->runs_elsewhere)
		accounts_map(&world, LEAF_CONT_PTE, areas[1].va_start, world.run, PA, 0);
	EXPECT_EQ(accounts_end(&world.accounts), 0);
	account = &world.accounts.all[0];
	EXPECT_EQ(account->mapped.mapped[one->leaf], size);
	EXPECT_EQ(account->best[one->best], size);
	EXPECT_EQ(account->limits[one->limit], size);
	EXPECT_EQ(account_lost(account), one->loss == WHY_NR ? 0 : size);
	account_losses(&world.accounts, account, losses);
	for (enum account_why why = 0; why < WHY_NR; why++)
		if (!EXPECT_EQ(losses[why], why == one->loss ? size : 0))
			test_note("%s", account_why_name(why));
	accounts_close(&world.accounts);
}

TEST(each_reason)
{
	static const struct shape *const all[] = { &four_k, &sixteen_k, &sixty_four_k };

	for (size_t shape = 0; shape < ARRAY_SIZE(all); shape++)
		for (size_t i = 0; i < ARRAY_SIZE(ones); i++) {
			test_case("%s, page shift %u", ones[i].name, all[shape]->page_shift);
			one_area(all[shape], &ones[i]);
		}
}

/* PUD blocks are there with 4K pages only. */
TEST(a_block_of_a_pud)
{
	struct vm_area areas[2];
	uint64_t losses[WHY_NR];
	struct accounts_world world;

	accounts_world(&world, &four_k, NULL, 0);
	accounts_close(&world.accounts);
	areas[0] = accounts_area(BASE, 2 * world.pud, VM_IOREMAP);
	areas[1] = accounts_area(BASE + 4 * world.pud, world.pud, HUGE);
	accounts_world(&world, &four_k, areas, 2);
	accounts_map(&world, LEAF_PUD, BASE, world.pud, PA, 0);
	accounts_map(&world, LEAF_PMD, BASE + world.pud, world.pud, PA + world.pud, 0);
	accounts_map(&world, LEAF_PMD, areas[1].va_start, world.pud, PA, 0);
	EXPECT_EQ(accounts_end(&world.accounts), 0);
	EXPECT_EQ(world.accounts.all[0].best[VMAP_PUD], 2 * world.pud);
	EXPECT_EQ(account_lost(&world.accounts.all[0]), world.pud);
	account_losses(&world.accounts, &world.accounts.all[0], losses);
	EXPECT_EQ(losses[WHY_TABLE], world.pud);
	/* vmalloc() never asks for so much */
	account_losses(&world.accounts, &world.accounts.all[1], losses);
	EXPECT_EQ(losses[WHY_NOT_ASKED], world.pud);
	for (int why = 0; why < NR_LIMITS; why++)
		EXPECT_EQ(world.accounts.all[0].limits[why], 0);
	accounts_close(&world.accounts);
	/* of 16K it is 64 GiB */
	accounts_world(&world, &sixteen_k, NULL, 0);
	accounts_close(&world.accounts);
	areas[0] = accounts_area(BASE - BASE % (64ULL << 30) + (64ULL << 30), 64ULL << 30,
				 VM_IOREMAP);
	accounts_world(&world, &sixteen_k, areas, 1);
	accounts_map(&world, LEAF_PMD, areas[0].va_start, 64ULL << 30, 64ULL << 30, 0);
	EXPECT_EQ(accounts_end(&world.accounts), 0);
	EXPECT_EQ(world.accounts.all[0].limits[WHY_LEVEL], 64ULL << 30);
	accounts_close(&world.accounts);
}

/* Address and memory are aligned to each other, and the area begins and ends inside a run. */
TEST(at_both_ends)
{
	const struct vm_area area = accounts_area(BASE + 0x3000, 0x20000, VM_IOREMAP);
	const struct account *account;
	struct accounts_world world;

	accounts_world(&world, &four_k, &area, 1);
	accounts_map(&world, LEAF_PTE, area.va_start, 0x20000, PA + 0x3000, 0);
	EXPECT_EQ(accounts_end(&world.accounts), 0);
	account = &world.accounts.all[0];
	EXPECT_EQ(account->best[VMAP_CONT_PTE], 0x10000);
	EXPECT_EQ(account->best[VMAP_PAGE], 0x10000);
	EXPECT_EQ(account->limits[WHY_VIRTUAL], 0xd000);
	EXPECT_EQ(account->limits[WHY_TOO_SMALL], 0x13000);
	EXPECT_EQ(account->smaller[VMAP_CONT_PTE], 0x10000);
	accounts_close(&world.accounts);
}

/* Pieces of memory, holes, entries that are not valid and other permissions within one block. */
TEST(what_breaks_a_block)
{
	const struct vm_area area = accounts_area(BASE, 16 << 16, NO_HUGE);
	uint64_t losses[WHY_NR], at = BASE, pa = PA;
	struct account *account;
	struct accounts_world world;

	accounts_world(&world, &four_k, &area, 1);
	/* 64K in one piece; in two; with a page missing; with one not valid */
	accounts_map(&world, LEAF_PTE, at, 64 << 10, pa, 0);
	at += 64 << 10, pa += 64 << 10;
	accounts_map(&world, LEAF_PTE, at, 32 << 10, pa, 0);
	accounts_map(&world, LEAF_PTE, at + (32 << 10), 32 << 10, pa + (1 << 20), 0);
	at += 64 << 10, pa += 2 << 20;
	accounts_map(&world, LEAF_PTE, at, 60 << 10, pa, 0);
	at += 64 << 10, pa += 64 << 10;
	accounts_map(&world, LEAF_PTE, at, 32 << 10, pa, 0);
	accounts_run(&world.accounts,
		     &(struct leaf_run){ .start = at + (32 << 10),
					 .size = 4096,
					 .desc = desc_of(&world.geo, pa + (32 << 10)) |
						 (PAGE_BITS & ~PTE_VALID) | PTE_PRESENT_INVALID });
	accounts_map(&world, LEAF_PTE, at + (36 << 10), 28 << 10, pa + (36 << 10), 0);
	at += 64 << 10, pa += 64 << 10;
	/* with one page that is read-only, in a run as in pages */
	accounts_map(&world, LEAF_PTE, at, 4096, pa, PTE_RDONLY);
	accounts_map(&world, LEAF_PTE, at + 4096, 60 << 10, pa + 4096, 0);
	at += 64 << 10, pa += 64 << 10;
	accounts_map(&world, LEAF_CONT_PTE, at, 64 << 10, pa, PTE_RDONLY);
	EXPECT_EQ(accounts_end(&world.accounts), 0);
	account = &world.accounts.all[0];
	EXPECT_EQ(account->best[VMAP_CONT_PTE], 3 * (64 << 10));
	EXPECT_EQ(account->best[VMAP_PAGE], (64 + 60 + 60) << 10);
	EXPECT_EQ(account->limits[WHY_SCATTERED], 64 << 10);
	EXPECT_EQ(account->limits[WHY_NOT_MAPPED], (60 + 60) << 10);
	EXPECT_EQ(account->limits[WHY_TOO_SMALL], 3 * (64 << 10));
	EXPECT_EQ(account->mapped.invalid, 4096);
	EXPECT_EQ(account_lost(account), 2 * (64 << 10));
	account_losses(&world.accounts, account, losses);
	EXPECT_EQ(losses[WHY_NO_HUGE], 64 << 10);
	EXPECT_EQ(losses[WHY_PERMISSIONS], 64 << 10);
	accounts_close(&world.accounts);
}

TEST(runs_go_to_their_areas)
{
	const struct vm_area areas[] = {
		accounts_area(MODULES + 0x10000, 0x4000, VM_ALLOC),
		accounts_area(BASE + 0x1000, 0x3000, VM_MAP),
		accounts_area(BASE + 0x4000, 0x2000, VM_ALLOC),
		{ .va_start = BASE + 0x6000, .va_end = BASE + 0x8000 },
		accounts_area(BASE + 0x7000, 0x3000, VM_ALLOC),
		accounts_area(IMAGE, 0x4000, VM_MAP),
		accounts_area(END - 0x4000, 0x4000, 0),
	};
	static const enum account_kind kinds[] = { ACCOUNT_MODULES, ACCOUNT_VMAP,
						   ACCOUNT_VMALLOC, ACCOUNT_MAP_RAM,
						   ACCOUNT_VMALLOC, ACCOUNT_IMAGE,
						   ACCOUNT_OTHER };
	static const uint64_t mapped[] = { 0x2000, 0x3000, 0x2000, 0x2000, 0x2000, 0x2000, 0x1000 };
	struct account_total totals[ACCOUNT_NR_KINDS];
	struct accounts_world world;

	accounts_world(&world, &four_k, areas, ARRAY_SIZE(areas));
	accounts_map(&world, LEAF_PTE, MODULES + 0xf000, 0x3000, PA, 0);
	/* through all of them, and beside them */
	accounts_map(&world, LEAF_PTE, BASE, 0x10000, PA, 0);
	accounts_map(&world, LEAF_PTE, IMAGE - 0x1000, 0x3000, PA, 0);
	accounts_run(&world.accounts, &(struct leaf_run){ .start = IMAGE + 0x2000,
							  .size = 0x2000,
							  .marks = STREAM_UNREADABLE });
	accounts_map(&world, LEAF_PTE, END - 0x1000, 0x2000, PA, 0);
	EXPECT_EQ(accounts_end(&world.accounts), 0);
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		const struct account *account = &world.accounts.all[i];

		test_case("area %zu", i);
		EXPECT_EQ(account->kind, kinds[i]);
		EXPECT_EQ(sizes_total(&account->mapped), mapped[i]);
		EXPECT_EQ(account->state, i == 4 ? ACCOUNT_CHANGED : ACCOUNT_SAME);
		EXPECT_EQ(account->marks, i == 5 ? STREAM_UNREADABLE : 0);
	}
	test_case(NULL);
	EXPECT_EQ(sizes_total(&world.accounts.outside[ZONE_MODULES]), 0x1000);
	EXPECT_EQ(sizes_total(&world.accounts.outside[ZONE_VMALLOC]), 0x1000 + 0x6000 + 0x1000);
	EXPECT_EQ(sizes_total(&world.accounts.outside[ZONE_OTHER]), 0x1000);
	accounts_totals(&world.accounts, totals);
	EXPECT_EQ(totals[ACCOUNT_VMALLOC].areas, 2);
	EXPECT_EQ(sizes_total(&totals[ACCOUNT_VMALLOC].mapped), 0x4000);
	accounts_close(&world.accounts);
}

TEST(what_became_of_areas)
{
	struct vm_area before[] = { accounts_area(BASE, 0x4000, VM_ALLOC),
				    accounts_area(BASE + 0x4000, 0x4000, VM_ALLOC),
				    accounts_area(BASE + 0x8000, 0x4000, VM_ALLOC) };
	struct vm_area after[] = { accounts_area(BASE - 0x4000, 0x4000, VM_MAP),
				   accounts_area(BASE + 0x4000, 0x4000, VM_ALLOC),
				   accounts_area(BASE + 0x8000, 0x4000, VM_ALLOC),
				   accounts_area(BASE + 0xc000, 0x4000, VM_ALLOC) };
	static const enum account_state states[] = { ACCOUNT_NEW, ACCOUNT_GONE, ACCOUNT_SAME,
						     ACCOUNT_CHANGED, ACCOUNT_NEW };
	struct accounts_world world;

	after[2].nr_pages = 3;
	accounts_world(&world, &four_k, before, ARRAY_SIZE(before));
	EXPECT_EQ(accounts_end(&world.accounts), 0);
	EXPECT_EQ(accounts_compare(&world.accounts, after, ARRAY_SIZE(after)), 0);
	EXPECT_EQ(world.accounts.nr, ARRAY_SIZE(states));
	for (size_t i = 0; i < ARRAY_SIZE(states) && i < world.accounts.nr; i++) {
		test_case("area %zu", i);
		EXPECT_EQ(world.accounts.all[i].state, states[i]);
		EXPECT(!i || world.accounts.all[i].area.va_start >
				     world.accounts.all[i - 1].area.va_start);
	}
	accounts_close(&world.accounts);
}

TEST(refusals)
{
	static const struct {
		uint64_t flags;
		enum op_answer huge_rule, refused;
		enum op_decision by;
	} cases[] = {
		{ VM_ALLOC, OP_YES, OP_NO, OP_NO_PAGES },
		{ VM_ALLOC, OP_UNKNOWN, OP_NO, OP_NO_PAGES },
		{ HUGE, OP_YES, OP_YES, OP_HUGE_AREA },
		{ HUGE, OP_NO, OP_NO, OP_NO_PAGES },
		{ HUGE, OP_UNKNOWN, OP_UNKNOWN, OP_NR_DECISIONS },
		{ VM_MAP, OP_YES, OP_YES, OP_NOT_VM_ALLOC },
		{ VM_IOREMAP, OP_UNKNOWN, OP_YES, OP_NOT_VM_ALLOC },
	};
	const struct geometry geo = shape_geometry(&four_k);
	const struct op_kernel kernel = { .geo = &geo };
	struct refusal refusal;
	struct vm_area area;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct op_rules rules = {};

		test_case("case %zu", i);
		rules.answer[OP_RULE_REFUSES_HUGE] = cases[i].huge_rule;
		area = accounts_area(BASE, 0x4000, cases[i].flags);
		EXPECT_EQ(refusal_of(&kernel, &rules, &area, &refusal), 0);
		EXPECT_EQ(refusal.refused, cases[i].refused);
		if (cases[i].by != OP_NR_DECISIONS)
			EXPECT_STR(op_decision_name(refusal.by), op_decision_name(cases[i].by));
	}
	test_case("vm_map_ram() and one not read");
	area = (struct vm_area){ .va_start = BASE, .va_end = BASE + 0x4000 };
	EXPECT_EQ(refusal_of(&kernel, &(struct op_rules){}, &area, &refusal), 0);
	EXPECT_EQ(refusal.refused, OP_YES);
	EXPECT_EQ(refusal.by, OP_NO_AREA);
	area.vm = 8;
	area.unread = true;
	EXPECT_EQ(refusal_of(&kernel, &(struct op_rules){}, &area, &refusal), 0);
	EXPECT_EQ(refusal.refused, OP_UNKNOWN);
}

/* The words are those of the findings on mappings that are made, where both have one. */
TEST(names)
{
	static const struct {
		enum account_why why;
		enum finding finding;
	} same[] = {
		{ WHY_TOO_SMALL, FINDING_TOO_SMALL },
		{ WHY_NOT_ASKED, FINDING_NOT_ASKED },
		{ WHY_VIRTUAL, FINDING_VIRTUAL_ALIGNMENT },
		{ WHY_PHYSICAL, FINDING_PHYSICAL_ALIGNMENT },
		{ WHY_SCATTERED, FINDING_SCATTERED_PAGES },
		{ WHY_LEVEL, FINDING_LEVEL_UNSUPPORTED },
		{ WHY_TABLE, FINDING_TABLE_KEPT },
		{ WHY_NO_HUGE, FINDING_NO_HUGE_FLAG },
		{ WHY_HUGE_OFF, FINDING_HUGE_OFF },
		{ WHY_FALLBACK, FINDING_HUGE_FALLBACK },
	};

	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		EXPECT_STR(account_why_name(same[i].why), finding_name(same[i].finding));
	for (enum account_why why = 0; why < WHY_NR; why++)
		EXPECT(strlen(account_why_text(why)) > 10 && strlen(account_why_text(why)) < 60);
	for (enum account_kind kind = 0; kind < ACCOUNT_NR_KINDS; kind++)
		EXPECT(account_kind_name(kind));
	for (enum account_state state = 0; state < ACCOUNT_NR_STATES; state++)
		EXPECT(account_state_name(state));
	EXPECT_STR(vm_flag_name(1), "VM_ALLOC");
	EXPECT_STR(vm_flag_name(10), "VM_ALLOW_HUGE_VMAP");
	EXPECT(!vm_flag_name(13));
}
