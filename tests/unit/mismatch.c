// SPDX-License-Identifier: GPL-2.0-only
/* What a kernel can do wrong to entries, and the reason that each of it has. */
#include <errno.h>
#include <string.h>

#include "check/check.h"
#include "play.h"

#define LEAF(addr) (*tables_entry(&world->tables, PGTABLE_LEVEL_PTE, (addr)))

static const struct request invalid = { VMALLOC + 5 * PAGE, PAGE, PTE_PRESENT_INVALID, PTE_VALID };
static const struct request valid = { VMALLOC + 5 * PAGE, PAGE, PTE_VALID, PTE_PRESENT_INVALID };
static const struct request valid_ng = { VMALLOC + 5 * PAGE, PAGE, PTE_VALID | PTE_NG, PTE_NG };
static const struct request old_invalid = { VMALLOC + 5 * PAGE, PAGE, 0, PTE_VALID };
static const struct request rw = { VMALLOC + 5 * PAGE, PAGE, PTE_WRITE, PTE_RDONLY };
static const struct request nx = { VMALLOC + 5 * PAGE, PAGE, PTE_PXN, PTE_GP };
static const struct request in_block = { VMALLOC + BLOCK, PAGE, PTE_RDONLY, PTE_WRITE };
static const struct request whole_block = { VMALLOC + BLOCK, BLOCK, PTE_RDONLY, PTE_WRITE };
static const struct request in_run = { VMALLOC, 8 * PAGE, PTE_RDONLY, PTE_WRITE };
static const struct request run = { VMALLOC, 16 * PAGE, PTE_RDONLY, PTE_WRITE };

/* Kernels: the right thing, and then @what to an entry. */
#define SPOILS(name, what)                                                               \
	static void name(struct world *world, const struct request *request)             \
	{                                                                                \
		uint64_t *entry __attribute__((unused));                                 \
		world_apply(world, request);                                             \
		entry = tables_entry(&world->tables, PGTABLE_LEVEL_PTE, request->start); \
		what;                                                                    \
	}

SPOILS(flips_uxn, *entry ^= PTE_UXN)
SPOILS(sets_foreign, *entry |= 1ULL << 55)
SPOILS(clears_af, *entry &= ~PTE_AF)
SPOILS(sets_write, *entry |= PTE_WRITE)
SPOILS(sets_rdonly, *entry |= PTE_RDONLY)
SPOILS(clears_write, *entry &= ~PTE_WRITE)
SPOILS(clears_rdonly, *entry &= ~PTE_RDONLY)
SPOILS(left_and_set, *entry ^= PTE_RDONLY | PTE_WRITE)
SPOILS(clears_pxn, *entry &= ~PTE_PXN)
SPOILS(moves, *entry += PAGE)
SPOILS(no_bit_11, *entry &= ~PTE_PRESENT_INVALID)
SPOILS(bit_11, *entry |= PTE_PRESENT_INVALID)
SPOILS(no_bit_0, *entry &= ~PTE_VALID)
SPOILS(bit_0, *entry |= PTE_VALID)
SPOILS(drops_cont, *entry &= ~PTE_CONT)
SPOILS(sets_cont, *entry |= PTE_CONT)
SPOILS(neighbour_too, LEAF(request->start + request->size) |= PTE_RDONLY)
SPOILS(neighbour_cont, LEAF(request->start + request->size) |= PTE_CONT)

static void set_before_clear(struct world *world, const struct request *request)
{
	uint64_t *entry = &LEAF(request->start);

	*entry = (*entry | request->set) & ~request->clear;
}

static void next_page(struct world *world, const struct request *request)
{
	const struct request next = { request->start + request->size, PAGE, request->set,
				      request->clear };

	world_apply(world, &next);
}

static void half(struct world *world, const struct request *request)
{
	const struct request first = { request->start, request->size / 2, request->set,
				       request->clear };

	world_apply(world, &first);
}

static void redirects(struct world *world, const struct request *request)
{
	uint64_t copy[512];

	world_apply(world, request);
	for (unsigned int i = 0; i < 512; i++)
		copy[i] = LEAF((request->start & ~(BLOCK - 1)) + i * PAGE);
	tables_new(&world->tables, PGTABLE_LEVEL_PMD, request->start);
	for (unsigned int i = 0; i < 512; i++)
		LEAF((request->start & ~(BLOCK - 1)) + i * PAGE) = copy[i];
}

static void table_pxn(struct world *world, const struct request *request)
{
	world_apply(world, request);
	*tables_entry(&world->tables, PGTABLE_LEVEL_PMD, request->start) &= ~TABLE_PXN;
}

static void table_uxn(struct world *world, const struct request *request)
{
	world_apply(world, request);
	*tables_entry(&world->tables, PGTABLE_LEVEL_PMD, request->start) ^= TABLE_UXN;
}

static void makes_a_table(struct world *world, const struct request *request)
{
	uint64_t addr = request->start & ~(BLOCK - 1);

	tables_new(&world->tables, PGTABLE_LEVEL_PMD, addr);
	for (unsigned int i = 0; i < 512; i++)
		LEAF(addr + i * PAGE) = (0xa0000000 + i * PAGE) | PAGE_BITS;
	world_apply(world, request);
}

/* Splits, and what they lose: of the range's own page, of the one behind it, of the table. */
#define SPLITS(name, what)                                                   \
	static void name(struct world *world, const struct request *request) \
	{                                                                    \
		split_as_the_kernel(world, request);                         \
		what;                                                        \
	}

SPLITS(split_own_uxn, LEAF(request->start) &= ~PTE_UXN)
SPLITS(split_own_empty, LEAF(request->start) = PTE_RDONLY)
SPLITS(split_own_left, LEAF(request->start) ^= PTE_RDONLY | PTE_WRITE)
SPLITS(split_own_foreign, LEAF(request->start) |= 1ULL << 55)
SPLITS(split_next_ro, LEAF(request->start + PAGE) ^= PTE_RDONLY | PTE_WRITE)
SPLITS(split_next_empty, LEAF(request->start + PAGE) = 0)
SPLITS(split_next_elsewhere, LEAF(request->start + PAGE) += PAGE)
SPLITS(split_next_cont, LEAF(request->start + PAGE) |= PTE_CONT)
SPLITS(split_table_pxn,
       *tables_entry(&world->tables, PGTABLE_LEVEL_PMD, request->start) ^= TABLE_PXN)

/* The run that begins at VMALLOC loses its bits first, as split_contpte() does it. */
static void breaks_run(struct world *world, const struct request *request)
{
	for (unsigned int i = 0; i < 16; i++)
		*pte(world, i) &= ~PTE_CONT;
	world_apply(world, request);
}

static void breaks_run_but_one(struct world *world, const struct request *request)
{
	breaks_run(world, request);
	*pte(world, 3) |= PTE_CONT;
}

static void breaks_run_but_the_neighbour(struct world *world, const struct request *request)
{
	breaks_run(world, request);
	*pte(world, 8) |= PTE_CONT;
}

/* Worlds to begin with. */
static void with_run(struct world *world)
{
	for (unsigned int i = 0; i < 16; i++)
		*pte(world, i) |= PTE_CONT;
}

static void with_invalid(struct world *world)
{
	*pte(world, 5) ^= PTE_VALID | PTE_PRESENT_INVALID;
}

static void with_ro(struct world *world)
{
	*pte(world, 5) ^= PTE_WRITE | PTE_RDONLY;
}

static void with_executable(struct world *world)
{
	*pte(world, 5) &= ~PTE_PXN;
}

static void with_executable_ro(struct world *world)
{
	with_executable(world);
	with_ro(world);
}

static void with_table_pxn(struct world *world)
{
	*tables_entry(&world->tables, PGTABLE_LEVEL_PMD, VMALLOC) |= TABLE_PXN;
}

struct wrong {
	const char *what;
	const struct request *request;
	int ret;
	kernel_fn kernel;
	enum reason reason;
	void (*before)(struct world *world);
	bool splits;
};

static const struct wrong wrongs[] = {
	{ "success as an error", &one_page_ro, -ENOMEM, NULL, REASON_RETURN_VALUE, NULL, false },
	{ "an error as success", &in_block, 0, do_nothing, REASON_ERROR_AS_SUCCESS, NULL, false },
	{ "a block for a part", &in_block, 0, NULL, REASON_PARTIAL_BLOCK, NULL, false },
	{ "and refused", &in_block, -EINVAL, NULL, REASON_PARTIAL_BLOCK, NULL, false },
	{ "nothing", &one_page_ro, 0, do_nothing, REASON_ENTRY_NOT_CHANGED, NULL, false },
	{ "half of it", &four_pages_ro, 0, half, REASON_PARTIAL_APPLICATION, NULL, false },
	{ "half of a run", &run, 0, half, REASON_PARTIAL_APPLICATION, with_run, false },
	{ "another bit", &one_page_ro, 0, flips_uxn, REASON_BITS_OUTSIDE_MASKS, NULL, false },
	{ "of one in four", &four_pages_ro, 0, flips_uxn, REASON_BITS_OUTSIDE_MASKS, NULL, false },
	{ "a software bit", &one_page_ro, 0, sets_foreign, REASON_BITS_OUTSIDE_MASKS, NULL, false },
	{ "access flag", &one_page_ro, 0, clears_af, REASON_BITS_OUTSIDE_MASKS, NULL, false },
	{ "moved", &one_page_ro, 0, moves, REASON_BITS_OUTSIDE_MASKS, NULL, false },
	{ "clear left", &one_page_ro, 0, sets_write, REASON_BIT_LEFT, NULL, false },
	{ "set left", &one_page_ro, 0, clears_rdonly, REASON_BIT_LEFT, NULL, false },
	{ "set", &rw, 0, sets_rdonly, REASON_BIT_SET, NULL, false },
	{ "cleared", &rw, 0, clears_write, REASON_BIT_CLEARED, NULL, false },
	{ "one left, one set", &rw, 0, left_and_set, REASON_ENTRY_WRONG_BITS, NULL, false },
	{ "left, of an executable page", &one_page_ro, 0, clears_rdonly, REASON_WX_AFTER_SUCCESS,
	  with_executable, false },
	{ "PXN", &one_page_ro, 0, clears_pxn, REASON_PXN_LOST, NULL, false },
	{ "PXN, of nx", &nx, 0, clears_pxn, REASON_ENTRY_NOT_CHANGED, with_executable_ro, false },
	{ "PXN of the table", &one_page_ro, 0, table_pxn, REASON_PXN_LOST, with_table_pxn, false },
	{ "set before clear", &valid_ng, 0, set_before_clear, REASON_MASK_ORDER, with_invalid,
	  false },
	{ "no bit 11", &invalid, 0, no_bit_11, REASON_INVALID_ENCODING, NULL, false },
	{ "bit 0 and 11", &invalid, 0, bit_0, REASON_INVALID_ENCODING, NULL, false },
	{ "valid with bit 11", &valid, 0, bit_11, REASON_INVALID_ENCODING, with_invalid, false },
	{ "neither", &valid, 0, no_bit_0, REASON_INVALID_ENCODING, with_invalid, false },
	{ "the other encoding", &old_invalid, 0, bit_11, REASON_INVALID_ENCODING, NULL, false },
	{ "a member of a run", &run, 0, drops_cont, REASON_CONTIGUOUS_DROPPED, with_run, false },
	{ "a run of one", &one_page_ro, 0, sets_cont, REASON_PARTIAL_CONTIGUOUS, NULL, false },
	{ "beside it", &one_page_ro, 0, neighbour_cont, REASON_PARTIAL_CONTIGUOUS, NULL, false },
	{ "one kept", &in_run, 0, breaks_run_but_one, REASON_PARTIAL_CONTIGUOUS, with_run, true },
	{ "the neighbour kept", &in_run, 0, breaks_run_but_the_neighbour, REASON_PARTIAL_CONTIGUOUS,
	  with_run, true },
	{ "all kept", &in_run, 0, NULL, REASON_MISSING_SPLIT, with_run, true },
	{ "all left", &in_run, 0, do_nothing, REASON_MISSING_SPLIT, with_run, true },
	{ "the wrong page", &one_page_ro, 0, next_page, REASON_WRONG_PAGE, NULL, false },
	{ "the wrong pages", &four_pages_ro, 0, next_page, REASON_WRONG_PAGE, NULL, false },
	{ "one too many", &one_page_ro, 0, neighbour_too, REASON_OUTSIDE_RANGE_CHANGED, NULL,
	  false },
	{ "table bits", &one_page_ro, 0, table_uxn, REASON_TABLE_CHANGED, NULL, false },
	{ "another table", &one_page_ro, 0, redirects, REASON_TABLE_REDIRECTED, NULL, false },
	{ "of a range", &four_pages_ro, 0, redirects, REASON_TABLE_REDIRECTED, NULL, false },
	{ "a split", &whole_block, 0, makes_a_table, REASON_UNEXPECTED_SPLIT, NULL, false },
	{ "by one who may", &whole_block, 0, makes_a_table, REASON_UNEXPECTED_SPLIT, NULL, true },
	{ "no split", &in_block, 0, do_nothing, REASON_MISSING_SPLIT, NULL, true },
	{ "no split, refused", &in_block, -EINVAL, do_nothing, REASON_MISSING_SPLIT, NULL, true },
	{ "no split, changed", &in_block, 0, NULL, REASON_MISSING_SPLIT, NULL, true },
	{ "a permission", &in_block, 0, split_own_uxn, REASON_SPLIT_LOST_PERMISSION, NULL, true },
	{ "of the next", &in_block, 0, split_next_ro, REASON_SPLIT_LOST_PERMISSION, NULL, true },
	{ "of all", &in_block, 0, split_table_pxn, REASON_SPLIT_LOST_PERMISSION, NULL, true },
	{ "its own page", &in_block, 0, split_own_empty, REASON_SPLIT_LOST_ENTRY, NULL, true },
	{ "the next page", &in_block, 0, split_next_empty, REASON_SPLIT_LOST_ENTRY, NULL, true },
	{ "to the page behind", &in_block, 0, split_next_elsewhere, REASON_SPLIT_LOST_ENTRY, NULL,
	  true },
	{ "too contiguous", &in_block, 0, split_next_cont, REASON_OUTSIDE_RANGE_CHANGED, NULL,
	  true },
	{ "split, not changed", &in_block, 0, split_own_left, REASON_ENTRY_NOT_CHANGED, NULL,
	  true },
	{ "split, other bits", &in_block, 0, split_own_foreign, REASON_BITS_OUTSIDE_MASKS, NULL,
	  true },
};

TEST(every_wrong_has_its_reason)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(wrongs); i++) {
		const struct wrong *wrong = &wrongs[i];
		struct change change;
		struct world world;

		test_case("%u: %s", i, wrong->what);
		usual_world(&world);
		world.config.rules.splits_leaves = wrong->splits;
		if (wrong->before)
			wrong->before(&world);
		change = play(&world, wrong->request, wrong->ret, wrong->kernel);
		expect_verdict(__FILE__, __LINE__, &change, VERDICT_MISMATCH, wrong->reason);
		EXPECT(!change.diff.found || change.diff.expected != change.diff.after);
		world_release(&world);
	}
}

/* The same worlds and requests, by a kernel that does it right. */
TEST(and_right_is_right)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(wrongs); i++) {
		const struct wrong *wrong = &wrongs[i];
		bool in_part = wrong->request == &in_block;
		struct change change;
		struct world world;

		if (wrong->splits && wrong->request == &whole_block)
			continue;
		test_case("%u: %s", i, wrong->what);
		usual_world(&world);
		world.config.rules.splits_leaves = wrong->splits;
		if (wrong->before)
			wrong->before(&world);
		change = play(&world, wrong->request, in_part && !wrong->splits ? -EINVAL : 0,
			      wrong->request == &in_run ? breaks_run :
			      !in_part			? NULL :
			      wrong->splits		? split_as_the_kernel :
							  do_nothing);
		EXPECT_VERDICT(&change, MATCH, NONE);
		world_release(&world);
	}
}

TEST(a_split_that_keeps_contiguous)
{
	const struct request request = { VMALLOC + BLOCK, 16 * PAGE, PTE_RDONLY, PTE_WRITE };

	for (unsigned int i = 0; i < 3; i++) {
		uint64_t block = 0xa0000000 | PAGE_BITS | PTE_CONT;
		struct world world;
		const struct change *change;

		test_case("entry %u", i);
		usual_world(&world);
		world.config.rules.splits_leaves = true;
		world_begin(&world, &actor, &request);
		tables_new(&world.tables, PGTABLE_LEVEL_PMD, request.start);
		*tables_entry(&world.tables, PGTABLE_LEVEL_PMD,
			      request.start) |= PTE_AF | TABLE_UXN | TABLE_PXN;
		for (unsigned int n = 0; n < 512; n++)
			*tables_entry(&world.tables, PGTABLE_LEVEL_PTE,
				      request.start + n * PAGE) = block + n * PAGE;
		world_apply(&world, &request);
		/* of none, of one inside, of the one behind */
		if (i)
			*tables_entry(&world.tables, PGTABLE_LEVEL_PTE,
				      request.start + (i == 1 ? 3 : 16) * PAGE) &= ~PTE_CONT;
		world_end(&world, &actor, &request, 0);
		change = world_last(&world);
		if (i)
			EXPECT_VERDICT(change, MISMATCH, SPLIT_LOST_CONTIGUOUS);
		else
			EXPECT_VERDICT(change, MATCH, NONE);
		world_release(&world);
	}
}

/* Each reason of the list has a name and a text of its own. */
TEST(reasons_findings_rules)
{
	for (enum reason reason = REASON_NONE + 1; reason < REASON_NR; reason++)
		for (enum reason other = reason + 1; other < REASON_NR; other++)
			if (EXPECT(reason_name(other)) && EXPECT(reason_text(other)))
				EXPECT(strcmp(reason_name(reason), reason_name(other)));
	for (enum finding finding = 0; finding < FINDING_NR; finding++)
		EXPECT(finding_name(finding) && finding_text(finding));
	for (enum rule rule = 0; rule < RULE_NR; rule++)
		EXPECT_EQ(rule_find(rule_name(rule)), rule);
	EXPECT_EQ(rule_find("no-such-rule"), RULE_NR);
	EXPECT_EQ(rule_find(""), RULE_NR);
}
