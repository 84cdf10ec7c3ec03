// SPDX-License-Identifier: GPL-2.0-only
/* The checker: records in, verdicts out. Each reason that it can give is provoked. */
#include "check/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

/* MATCH */

TEST(match)
{
	static const uint32_t empty = 1U << FINDING_EMPTY_RANGE;
	static const struct {
		struct request request;
		int ret;
		bool changes;
		uint32_t findings;
	} cases[] = {
		{ { VMALLOC, PAGE, PTE_RDONLY, PTE_WRITE }, 0, true, 0 },
		{ { VMALLOC + 5 * PAGE, PAGE, PTE_RDONLY, PTE_WRITE }, 0, true, 0 },
		{ { VMALLOC + 511 * PAGE, PAGE, PTE_RDONLY, PTE_WRITE }, 0, true, 0 },
		{ { VMALLOC + 5 * PAGE, PAGE, 0, PTE_PXN }, 0, true, 1U << FINDING_WX },
		{ { VMALLOC + 2 * PAGE, 7 * PAGE, PTE_PXN, PTE_GP }, 0, true, 0 },
		{ { VMALLOC, BLOCK, PTE_RDONLY, PTE_WRITE }, 0, true, 0 },
		{ { VMALLOC, 2 * BLOCK, PTE_RDONLY, PTE_WRITE }, 0, true, 0 },
		{ { VMALLOC + BLOCK, BLOCK, PTE_PRESENT_INVALID, PTE_VALID }, 0, true, 0 },
		/* nothing there: passed over */
		{ { VMALLOC + 2 * BLOCK, PAGE, PTE_RDONLY, PTE_WRITE }, 0, false, 0 },
		{ { VMALLOC + 2 * BLOCK, 3 * BLOCK, PTE_RDONLY, PTE_WRITE }, 0, false, 0 },
		/* a part of the block: refused */
		{ { VMALLOC + BLOCK, PAGE, PTE_RDONLY, PTE_WRITE },
		  -EINVAL,
		  false,
		  1U << FINDING_BLOCK_BOUNDARY },
		{ { VMALLOC + BLOCK + PAGE, BLOCK, PTE_RDONLY, PTE_WRITE },
		  -EINVAL,
		  false,
		  1U << FINDING_BLOCK_BOUNDARY },
		{ { VMALLOC, 0, PTE_RDONLY, PTE_WRITE }, -EINVAL, false, empty },
		/* a tag in the address */
		{ { VMALLOC - (8ULL << 56) + PAGE, PAGE, PTE_RDONLY, PTE_WRITE },
		  0,
		  true,
		  1U << FINDING_TAGGED },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;
		struct change change;

		test_case("case %u", i);
		usual_world(&world);
		change = play(&world, &cases[i].request, cases[i].ret,
			      cases[i].changes ? NULL : do_nothing);
		EXPECT_VERDICT(&change, MATCH, NONE);
		EXPECT_EQ(change.ret, cases[i].ret);
		EXPECT_EQ(change.expected_ret, cases[i].ret);
		EXPECT_EQ(change.findings, cases[i].findings);
		EXPECT_EQ(world.nr, 1);
		EXPECT_EQ(check_stats(world.check)->malformed, 0);
		world_release(&world);
	}
}

TEST(what_is_known_of_a_change)
{
	struct change change;
	struct world world;

	usual_world(&world);
	change = play(&world, &one_page_ro, 0, NULL);
	EXPECT_EQ(change.addr, one_page_ro.start);
	EXPECT_EQ(change.size, PAGE);
	EXPECT_EQ(change.set_mask, PTE_RDONLY);
	EXPECT_EQ(change.clear_mask, PTE_WRITE);
	EXPECT(change.has_masks);
	EXPECT(change.has_ret);
	EXPECT(!change.own);
	EXPECT_EQ(change.seq, 1);
	EXPECT_EQ(change.parent_seq, 0);
	EXPECT_EQ(change.pid, 77);
	EXPECT_EQ(change.duration, 100);
	EXPECT_EQ(change.zone, ZONE_VMALLOC);
	EXPECT_EQ(change.leaves[PGTABLE_LEVEL_PTE], 1);
	EXPECT_STR(change.comm, "provoke");
	EXPECT_STR(change.op, "set_memory_ro");
	EXPECT_EQ(check_stats(world.check)->changes, 1);
	EXPECT_EQ(check_stats(world.check)->verdicts[VERDICT_MATCH], 1);
	world_release(&world);
}

TEST(own_changes)
{
	struct change change;
	struct world world;

	usual_world(&world);
	world.config.own_tgid = actor.pid;
	change = play(&world, &one_page_ro, 0, NULL);
	EXPECT(change.own);
	EXPECT_EQ(check_stats(world.check)->own, 1);
	world_release(&world);
}

TEST(unaligned_addresses_are_a_finding)
{
	const struct request request = { VMALLOC + PAGE + 0x10, PAGE, PTE_RDONLY, PTE_WRITE };
	struct change change;
	struct world world;

	usual_world(&world);
	world_begin(&world, &actor, &request);
	*pte(&world, 1) = (*pte(&world, 1) | PTE_RDONLY) & ~PTE_WRITE;
	world_end(&world, &actor, &request, 0);
	change = *world_last(&world);
	EXPECT_VERDICT(&change, MATCH, NONE);
	EXPECT_EQ(change.findings, 1U << FINDING_UNALIGNED);
	world_release(&world);
}

/* MISMATCH */

TEST(return_value)
{
	struct change change;
	struct world world;

	usual_world(&world);
	change = play(&world, &one_page_ro, -ENOMEM, NULL);
	EXPECT_VERDICT(&change, MISMATCH, RETURN_VALUE);
	EXPECT_EQ(change.expected_ret, 0);
	world_release(&world);

	test_case("success where there is no page");
	usual_world(&world);
	change = play(&world, &(struct request){ VMALLOC, 0, PTE_RDONLY, PTE_WRITE }, 0,
		      do_nothing);
	EXPECT_VERDICT(&change, MISMATCH, ERROR_AS_SUCCESS);
	EXPECT_EQ(change.expected_ret, -EINVAL);
	world_release(&world);
}

TEST(partial_block)
{
	const struct request request = { VMALLOC + BLOCK, PAGE, PTE_RDONLY, PTE_WRITE };
	struct change change;
	struct world world;

	usual_world(&world);
	change = play(&world, &request, 0, do_nothing);
	EXPECT_VERDICT(&change, MISMATCH, ERROR_AS_SUCCESS);
	EXPECT(change.boundary.found);
	EXPECT_EQ(change.boundary.start, VMALLOC + BLOCK);
	EXPECT_EQ(change.boundary.end, VMALLOC + 2 * BLOCK);
	EXPECT_EQ(change.boundary.level, PGTABLE_LEVEL_PMD);
	world_release(&world);

	test_case("the whole block is changed");
	usual_world(&world);
	change = play(&world, &request, 0, NULL);
	EXPECT_VERDICT(&change, MISMATCH, PARTIAL_BLOCK);
	world_release(&world);

	test_case("the whole block is changed, and an error returned");
	usual_world(&world);
	change = play(&world, &request, -EINVAL, NULL);
	EXPECT_VERDICT(&change, MISMATCH, PARTIAL_BLOCK);
	world_release(&world);
}

TEST(entry_not_changed)
{
	static const struct request requests[] = {
		{ VMALLOC + 5 * PAGE, PAGE, PTE_RDONLY, PTE_WRITE },
		{ VMALLOC + 4 * PAGE, 4 * PAGE, PTE_RDONLY, PTE_WRITE },
		{ VMALLOC + BLOCK, BLOCK, PTE_RDONLY, PTE_WRITE },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(requests); i++) {
		struct change change;
		struct world world;

		test_case("request %u", i);
		usual_world(&world);
		change = play(&world, &requests[i], 0, do_nothing);
		EXPECT_VERDICT(&change, MISMATCH, ENTRY_NOT_CHANGED);
		EXPECT(change.diff.found);
		EXPECT_EQ(change.diff.addr, requests[i].start);
		EXPECT_EQ(change.diff.before, change.diff.after);
		EXPECT_EQ(change.diff.expected, (change.diff.before | PTE_RDONLY) & ~PTE_WRITE);
		world_release(&world);
	}
}

static void two_of_four(struct world *world, const struct request *request)
{
	const struct request half = { request->start, request->size / 2, request->set,
				      request->clear };

	world_apply(world, &half);
}

TEST(partial_application)
{
	struct change change;
	struct world world;

	usual_world(&world);
	change = play(&world, &four_pages_ro, 0, two_of_four);
	EXPECT_VERDICT(&change, MISMATCH, PARTIAL_APPLICATION);
	EXPECT_EQ(change.diff.addr, four_pages_ro.start + 2 * PAGE);
	EXPECT_EQ(change.diff.level, PGTABLE_LEVEL_PTE);
	world_release(&world);
}

static void one_page_only(struct world *world, const struct request *request)
{
	const struct request first = { request->start, PAGE, request->set, request->clear };

	world_apply(world, &first);
}

/* A refusal leaves behind what was changed before it; a kernel that did not change it is wrong. */
TEST(refused_but_not_applied_before)
{
	const struct request request = { VMALLOC + 510 * PAGE, 3 * PAGE, PTE_RDONLY, PTE_WRITE };
	struct change change;
	struct world world;

	usual_world(&world);
	world_pages(&world, VMALLOC + 510 * PAGE, PA + 510 * PAGE, 2, PAGE_BITS);
	change = play(&world, &request, -EINVAL, do_nothing);
	EXPECT_VERDICT(&change, MISMATCH, ENTRY_NOT_CHANGED);
	world_release(&world);

	usual_world(&world);
	world_pages(&world, VMALLOC + 510 * PAGE, PA + 510 * PAGE, 2, PAGE_BITS);
	change = play(&world, &request, -EINVAL, one_page_only);
	EXPECT_VERDICT(&change, MISMATCH, PARTIAL_APPLICATION);
	world_release(&world);
}

static void neighbour_too(struct world *world, const struct request *request)
{
	const struct request wider = { request->start, request->size + PAGE, request->set,
				       request->clear };

	world_apply(world, &wider);
}

TEST(outside_range_changed)
{
	struct change change;
	struct world world;

	for (unsigned int n = 0; n < 2; n++) {
		const struct request *request = n ? &four_pages_ro : &one_page_ro;

		usual_world(&world);
		change = play(&world, request, 0, neighbour_too);
		EXPECT_VERDICT(&change, MISMATCH, OUTSIDE_RANGE_CHANGED);
		EXPECT_EQ(change.diff.addr, request->start + request->size);
		world_release(&world);
	}
}

static uint64_t neighbour_bits; /* that hide_neighbour() flips */

static void hide_neighbour(struct world *world, const struct request *request)
{
	world_apply(world, request);
	*tables_entry(&world->tables, PGTABLE_LEVEL_PTE, request->start + PAGE) ^= neighbour_bits;
}

/* Where set_direct_map_*() are not seen, what they do beside a range of the linear map is no fault.
 */
TEST(neighbours_that_no_hook_sees)
{
	const struct request request = { world_alias(PA + PAGE), PAGE, PTE_RDONLY, PTE_WRITE };
	static const struct {
		bool apply_to_page_range;
		uint64_t bits;
		enum verdict verdict;
	} cases[] = {
		{ true, PTE_VALID, VERDICT_MATCH },
		{ true, PTE_RDONLY | PTE_WRITE, VERDICT_MATCH },
		{ true, PTE_PXN, VERDICT_MISMATCH },
		{ false, PTE_VALID, VERDICT_MISMATCH },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct change change;
		struct world world;

		test_case("case %u", i);
		usual_world(&world);
		world_pages(&world, world_alias(PA), PA, 16, PAGE_BITS);
		world.config.rules.apply_to_page_range = cases[i].apply_to_page_range;
		neighbour_bits = cases[i].bits;
		change = play(&world, &request, 0, hide_neighbour);
		EXPECT_EQ(change.verdict, cases[i].verdict);
		world_release(&world);
	}
}

static uint64_t unseen(void *ctx)
{
	return *(uint64_t *)ctx;
}

/*
 * A neighbour that changed may be the doing of a change that was not seen; but only until the next
 * look, for what went unseen long ago explains nothing.
 */
TEST(neighbours_and_what_was_not_seen)
{
	uint64_t nr = 3;
	struct change change;
	struct world world;

	usual_world(&world);
	world.config.unseen = unseen;
	world.config.unseen_ctx = &nr;
	change = play(&world, &one_page_ro, 0, neighbour_too);
	EXPECT_VERDICT(&change, LOST, PROBE_MISSED);
	*pte(&world, 6) = PAGE_BITS | (PA + 6 * PAGE);
	change = play(&world, &one_page_ro, 0, neighbour_too);
	EXPECT_VERDICT(&change, MISMATCH, OUTSIDE_RANGE_CHANGED);
	world_release(&world);
}

static void remap_neighbour(struct world *world, const struct request *request)
{
	world_apply(world, request);
	*pte(world, 6) = (PA + 0x100000) | PAGE_BITS;
}

static void unmap_neighbour(struct world *world, const struct request *request)
{
	world_apply(world, request);
	*pte(world, 4) = 0;
}

/* vmalloc() and vfree() of a neighbour are not this change's doing. */
TEST(remapped_neighbours_are_no_mismatch)
{
	static void (*const kernels[])(struct world *, const struct request *) = {
		remap_neighbour,
		unmap_neighbour,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct change change;
		struct world world;

		test_case("kernel %u", i);
		usual_world(&world);
		change = play(&world, &one_page_ro, 0, kernels[i]);
		EXPECT_VERDICT(&change, MATCH, NONE);
		world_release(&world);

		test_case("kernel %u, a page is mapped", i);
		usual_world(&world);
		*pte(&world, 6) = 0;
		change = play(&world, &one_page_ro, 0, kernels[i]);
		EXPECT_VERDICT(&change, MATCH, NONE);
		world_release(&world);
	}
}

static void table_bits(struct world *world, const struct request *request)
{
	world_apply(world, request);
	*tables_entry(&world->tables, PGTABLE_LEVEL_PMD, request->start) |= TABLE_PXN;
}

TEST(table_changed)
{
	struct change change;
	struct world world;

	usual_world(&world);
	change = play(&world, &one_page_ro, 0, table_bits);
	EXPECT_VERDICT(&change, MISMATCH, TABLE_CHANGED);
	EXPECT_EQ(change.diff.level, PGTABLE_LEVEL_PMD);
	EXPECT_EQ(change.diff.addr, VMALLOC);
	world_release(&world);
}

static void split_block(struct world *world, const struct request *request)
{
	uint64_t addr = request->start & ~(BLOCK - 1);

	tables_new(&world->tables, PGTABLE_LEVEL_PMD, addr);
	for (unsigned int i = 0; i < 512; i++)
		*tables_entry(&world->tables, PGTABLE_LEVEL_PTE,
			      addr + i * PAGE) = (0xa0000000 + i * PAGE) | PAGE_BITS;
	world_apply(world, request);
}

TEST(unexpected_split)
{
	struct change change;
	struct world world;

	usual_world(&world);
	change = play(&world, &(struct request){ VMALLOC + BLOCK, BLOCK, PTE_RDONLY, PTE_WRITE }, 0,
		      split_block);
	EXPECT_VERDICT(&change, MISMATCH, UNEXPECTED_SPLIT);
	EXPECT_EQ(change.diff.addr, VMALLOC + BLOCK);
	world_release(&world);
}

/* A table that appears in a hole is another mapping being made there. */
static void map_in_hole(struct world *world, const struct request *request)
{
	tables_new(&world->tables, PGTABLE_LEVEL_PMD, request->start);
}

TEST(a_table_in_a_hole_is_no_mismatch)
{
	struct change change;
	struct world world;

	usual_world(&world);
	change = play(&world,
		      &(struct request){ VMALLOC + 2 * BLOCK, BLOCK, PTE_RDONLY, PTE_WRITE }, 0,
		      map_in_hole);
	EXPECT(change.verdict == VERDICT_MATCH || change.verdict == VERDICT_RACED);
	world_release(&world);
}

struct call_back {
	enum pwt_func func;
	uint64_t addr, next;
};

static void send_callbacks(struct world *world, const struct call_back *calls, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct pwt_callback record = {
			.hdr = { .type = PWT_CALLBACK,
				 .func = calls[i].func,
				 .task = actor.task,
				 .frame = actor.frame - 0x100 - i * 0x10 },
			.addr = calls[i].addr,
			.next = calls[i].next,
		};

		world_send(world, &record, sizeof(record));
	}
}

TEST(callback_order)
{
#define AT(page) (VMALLOC + (page)*PAGE)
#define PUD_CALL                               \
	{                                      \
		PWT_FN_PUD_ENTRY, AT(4), AT(6) \
	}
#define PMD_CALL                               \
	{                                      \
		PWT_FN_PMD_ENTRY, AT(4), AT(6) \
	}
#define PTE_CALL(n)                                  \
	{                                            \
		PWT_FN_PTE_ENTRY, AT(n), AT((n) + 1) \
	}
	static const struct {
		const char *name;
		unsigned int nr;
		struct call_back calls[6];
		bool match;
	} cases[] = {
		{ "right", 4, { PUD_CALL, PMD_CALL, PTE_CALL(4), PTE_CALL(5) }, true },
		{ "none", 0, {}, false },
		{ "one missing", 3, { PUD_CALL, PMD_CALL, PTE_CALL(4) }, false },
		{ "one missing at first", 3, { PMD_CALL, PTE_CALL(4), PTE_CALL(5) }, false },
		{ "one too many",
		  5,
		  { PUD_CALL, PMD_CALL, PTE_CALL(4), PTE_CALL(5), PTE_CALL(6) },
		  false },
		{ "other order", 4, { PUD_CALL, PMD_CALL, PTE_CALL(5), PTE_CALL(4) }, false },
		{ "other end",
		  4,
		  { PUD_CALL, { PWT_FN_PMD_ENTRY, AT(4), AT(7) }, PTE_CALL(4), PTE_CALL(5) },
		  false },
		{ "other level", 4, { PUD_CALL, PUD_CALL, PTE_CALL(4), PTE_CALL(5) }, false },
	};
	const struct request request = { AT(4), 2 * PAGE, PTE_RDONLY, PTE_WRITE };

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct change *change;
		struct world world;

		test_case("%s", cases[i].name);
		usual_world(&world);
		world.config.callbacks = true;
		world_begin(&world, &actor, &request);
		send_callbacks(&world, cases[i].calls, cases[i].nr);
		world_apply(&world, &request);
		world_end(&world, &actor, &request, 0);
		change = world_last(&world);
		if (cases[i].match)
			EXPECT_VERDICT(change, MATCH, NONE);
		else
			EXPECT_VERDICT(change, MISMATCH, CALLBACK_ORDER);
		world_release(&world);
	}
}

TEST(many_callbacks)
{
	const struct request request = { AT(0), 512 * PAGE, PTE_RDONLY, PTE_WRITE };
	struct world world;

	usual_world(&world);
	world.config.callbacks = true;
	world_begin(&world, &actor, &request);
	send_callbacks(&world,
		       (struct call_back[]){ { PWT_FN_PUD_ENTRY, AT(0), AT(512) },
					     { PWT_FN_PMD_ENTRY, AT(0), AT(512) } },
		       2);
	for (unsigned int i = 0; i < 512; i++)
		send_callbacks(&world, &(struct call_back)PTE_CALL(i), 1);
	world_apply(&world, &request);
	world_end(&world, &actor, &request, 0);
	EXPECT_VERDICT(world_last(&world), MATCH, NONE);
	world_release(&world);
}

/* UNKNOWN */

/* What the split made of the block is spoilt. */
static void split_badly(struct world *world, const struct request *request)
{
	split_as_the_kernel(world, request);
	*tables_entry(&world->tables, PGTABLE_LEVEL_PTE, request->start + PAGE) ^= PTE_PXN;
}

static void split_drops_pxn(struct world *world, const struct request *request)
{
	split_as_the_kernel(world, request);
	*tables_entry(&world->tables, PGTABLE_LEVEL_PMD, request->start) ^= TABLE_PXN;
}

TEST(splits)
{
	static const struct {
		const char *name;
		int ret;
		void (*change)(struct world *world, const struct request *request);
		enum verdict verdict;
		enum reason reason;
	} cases[] = {
		{ "split", 0, split_as_the_kernel, VERDICT_MATCH, REASON_NONE },
		{ "not split, nothing changed", 0, do_nothing, VERDICT_MISMATCH,
		  REASON_MISSING_SPLIT },
		{ "not split, all of the block changed", 0, NULL, VERDICT_MISMATCH,
		  REASON_MISSING_SPLIT },
		{ "split, a neighbour lost a permission", 0, split_badly, VERDICT_MISMATCH,
		  REASON_SPLIT_LOST_PERMISSION },
		{ "split, another PXNTable", 0, split_drops_pxn, VERDICT_MISMATCH,
		  REASON_SPLIT_LOST_PERMISSION },
		{ "not split, and so refused", -EINVAL, do_nothing, VERDICT_MISMATCH,
		  REASON_MISSING_SPLIT },
		{ "refused while booting", -EBUSY, do_nothing, VERDICT_MISMATCH,
		  REASON_RETURN_VALUE },
		{ "no memory for a table", -ENOMEM, do_nothing, VERDICT_UNKNOWN, REASON_SPLIT },
	};
	const struct request request = { VMALLOC + BLOCK, PAGE, PTE_RDONLY, PTE_WRITE };
	struct change change;
	struct world world;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		usual_world(&world);
		world.config.rules.splits_leaves = true;
		change = play(&world, &request, cases[i].ret, cases[i].change);
		EXPECT_EQ(change.verdict, cases[i].verdict);
		EXPECT_EQ(change.reason, cases[i].reason);
		world_release(&world);
	}

	test_case("no memory for what takes none");
	usual_world(&world);
	world.config.rules.splits_leaves = true;
	change = play(&world, &one_page_ro, -ENOMEM, NULL);
	EXPECT_VERDICT(&change, MISMATCH, RETURN_VALUE);
	world_release(&world);

	for (unsigned int i = 0; i < 2; i++) {
		const struct request empty = { VMALLOC + BLOCK, 0, PTE_RDONLY, PTE_WRITE };

		test_case("no page, %s", i ? "not refused" : "refused");
		usual_world(&world);
		world.config.rules.splits_leaves = true;
		change = play(&world, &empty, i ? 0 : -EINVAL, do_nothing);
		if (i)
			EXPECT_VERDICT(&change, MISMATCH, ERROR_AS_SUCCESS);
		else
			EXPECT_VERDICT(&change, MATCH, NONE);
		world_release(&world);
	}

	test_case("not known whether it splits");
	usual_world(&world);
	world.config.rules.splits_unknown = true;
	change = play(&world, &request, 0, split_as_the_kernel);
	EXPECT_VERDICT(&change, UNKNOWN, SPLIT_STATE);
	world_release(&world);
}

TEST(allocates_table)
{
	struct change change;
	struct world world;

	usual_world(&world);
	world.config.rules.apply_to_page_range = true;
	change = play(&world, &(struct request){ VMALLOC + 2 * BLOCK, PAGE, PTE_RDONLY, PTE_WRITE },
		      0, map_in_hole);
	EXPECT_VERDICT(&change, UNKNOWN, ALLOCATES_TABLE);
	world_release(&world);
}

static void begin_without_entries(struct world *world, const struct request *request)
{
	const uint64_t args[4] = { request->start, request->size, request->set, request->clear };
	struct pwt_enter enter;

	world_fill_enter(world, &actor, PWT_FN_RANGE, args, &enter);
	memset(&enter.at, 0, sizeof(enter.at));
	world_send(world, &enter, sizeof(enter));
}

TEST(not_captured)
{
	struct world world;

	test_case("no entries before");
	usual_world(&world);
	begin_without_entries(&world, &one_page_ro);
	world_apply(&world, &one_page_ro);
	world_end(&world, &actor, &one_page_ro, 0);
	EXPECT_VERDICT(world_last(&world), UNKNOWN, NOT_CAPTURED);
	world_release(&world);

	test_case("some entries before");
	usual_world(&world);
	begin_without_entries(&world, &four_pages_ro);
	world_slices(&world, &actor, PWT_BEFORE, four_pages_ro.start, 2 * PAGE);
	world_apply(&world, &four_pages_ro);
	world_end(&world, &actor, &four_pages_ro, 0);
	EXPECT_VERDICT(world_last(&world), UNKNOWN, NOT_CAPTURED);
	world_release(&world);
}

/* MATCH says that every entry is what the model gives: that has to have been seen. */
TEST(not_captured_after)
{
	struct pwt_exit exit;
	struct world world;

	test_case("no entries after");
	usual_world(&world);
	world_begin(&world, &actor, &one_page_ro);
	world_apply(&world, &one_page_ro);
	world_fill_exit(&world, &actor, PWT_FN_RANGE, one_page_ro.start, PAGE, 0, &exit);
	memset(&exit.at, 0, sizeof(exit.at));
	world_send(&world, &exit, sizeof(exit));
	EXPECT_VERDICT(world_last(&world), UNKNOWN, NOT_CAPTURED);
	world_release(&world);

	test_case("some entries after");
	usual_world(&world);
	world_begin(&world, &actor, &four_pages_ro);
	world_apply(&world, &four_pages_ro);
	world_slices(&world, &actor, PWT_AFTER, four_pages_ro.start, 2 * PAGE);
	world_fill_exit(&world, &actor, PWT_FN_RANGE, four_pages_ro.start, 4 * PAGE, 0, &exit);
	world_send(&world, &exit, sizeof(exit));
	EXPECT_VERDICT(world_last(&world), UNKNOWN, NOT_CAPTURED);
	world_release(&world);
}

TEST(unreadable)
{
	struct pwt_slice slice = {
		.hdr = { .type = PWT_SLICE,
			 .func = PWT_FN_RANGE,
			 .phase = PWT_BEFORE,
			 .flags = PWT_F_READ_FAULT,
			 .task = actor.task,
			 .frame = actor.frame },
		.addr = VMALLOC,
	};
	struct world world;

	usual_world(&world);
	world_begin(&world, &actor, &four_pages_ro);
	world_send(&world, &slice, sizeof(slice));
	world_apply(&world, &four_pages_ro);
	world_end(&world, &actor, &four_pages_ro, 0);
	EXPECT_VERDICT(world_last(&world), UNKNOWN, UNREADABLE);
	world_release(&world);
}

TEST(range_too_large)
{
	struct pwt_exit exit;
	struct world world;

	usual_world(&world);
	world_begin(&world, &actor, &four_pages_ro);
	world_apply(&world, &four_pages_ro);
	world_slices(&world, &actor, PWT_AFTER, four_pages_ro.start, 4 * PAGE);
	world_fill_exit(&world, &actor, PWT_FN_RANGE, four_pages_ro.start, 4 * PAGE, 0, &exit);
	exit.hdr.flags |= PWT_F_TRUNCATED;
	world_send(&world, &exit, sizeof(exit));
	EXPECT_VERDICT(world_last(&world), UNKNOWN, RANGE_TOO_LARGE);
	world_release(&world);
}

/* RACED */

TEST(torn_read)
{
	const uint64_t args[4] = { one_page_ro.start, PAGE, PTE_RDONLY, PTE_WRITE };
	struct pwt_enter enter;
	struct world world;

	test_case("path and window differ");
	usual_world(&world);
	world_fill_enter(&world, &actor, PWT_FN_RANGE, args, &enter);
	enter.at.path[enter.at.depth - 1] ^= PTE_DIRTY;
	world_send(&world, &enter, sizeof(enter));
	world_apply(&world, &one_page_ro);
	world_end(&world, &actor, &one_page_ro, 0);
	EXPECT_VERDICT(world_last(&world), RACED, TORN_READ);
	world_release(&world);

	test_case("two slices differ");
	usual_world(&world);
	world_begin(&world, &actor, &four_pages_ro);
	*pte(&world, 5) ^= PTE_DIRTY;
	world_slices(&world, &actor, PWT_BEFORE, four_pages_ro.start, 4 * PAGE);
	world_apply(&world, &four_pages_ro);
	world_end(&world, &actor, &four_pages_ro, 0);
	EXPECT_VERDICT(world_last(&world), RACED, TORN_READ);
	world_release(&world);
}

static const struct actor other = {
	.task = 0xffff0000abcd0000,
	.frame = 0xffff800082003e00,
	.pid = 78,
};

/* Another change of one of the pages: pages 5 to 7 become executable. */
static const struct request rival = { VMALLOC + 5 * PAGE, 3 * PAGE, 0, PTE_PXN };

/*
 * In which order the two calls begin and end. Whatever the order, what the rival did inside the
 * range of the first is a race, not an error.
 */
TEST(concurrent_change_inside)
{
	struct world world;

	test_case("rival is still open");
	usual_world(&world);
	world_begin(&world, &actor, &one_page_ro);
	world_begin(&world, &other, &rival);
	world_apply(&world, &one_page_ro);
	world_apply(&world, &rival);
	world_end(&world, &actor, &one_page_ro, 0);
	EXPECT_VERDICT(world_last(&world), RACED, CONCURRENT_CHANGE);
	world_end(&world, &other, &rival, 0);
	EXPECT_VERDICT(world_last(&world), RACED, CONCURRENT_CHANGE);
	world_release(&world);

	test_case("rival began and ended in between");
	usual_world(&world);
	world_begin(&world, &actor, &one_page_ro);
	world_begin(&world, &other, &rival);
	world_apply(&world, &rival);
	world_end(&world, &other, &rival, 0);
	world_apply(&world, &one_page_ro);
	world_end(&world, &actor, &one_page_ro, 0);
	EXPECT_EQ(world.nr, 2);
	EXPECT_VERDICT(&world.changes[0], MATCH, NONE);
	EXPECT_VERDICT(world_last(&world), RACED, CONCURRENT_CHANGE);
	world_release(&world);

	test_case("rival began before");
	usual_world(&world);
	world_begin(&world, &other, &rival);
	world_begin(&world, &actor, &one_page_ro);
	world_apply(&world, &rival);
	world_end(&world, &other, &rival, 0);
	world_apply(&world, &one_page_ro);
	world_end(&world, &actor, &one_page_ro, 0);
	EXPECT_VERDICT(world_last(&world), RACED, CONCURRENT_CHANGE);
	world_release(&world);
}

TEST(concurrent_change_outside)
{
	const struct request next = { VMALLOC + 6 * PAGE, PAGE, 0, PTE_PXN };
	struct world world;

	test_case("next to it");
	usual_world(&world);
	world_begin(&world, &actor, &one_page_ro);
	world_begin(&world, &other, &next);
	world_apply(&world, &next);
	world_apply(&world, &one_page_ro);
	world_end(&world, &actor, &one_page_ro, 0);
	EXPECT_VERDICT(world_last(&world), MATCH, NONE);
	world_end(&world, &other, &next, 0);
	EXPECT_VERDICT(world_last(&world), MATCH, NONE);
	world_release(&world);

	test_case("at another time");
	usual_world(&world);
	world_begin(&world, &other, &rival);
	world_apply(&world, &rival);
	world_end(&world, &other, &rival, 0);
	world_begin(&world, &actor, &one_page_ro);
	world_end(&world, &actor, &one_page_ro, 0);
	EXPECT_VERDICT(world_last(&world), MISMATCH, ENTRY_NOT_CHANGED);
	world_release(&world);
}

/* Somebody else's walk, such as one that splits: what changed where it was is its doing. */
TEST(walks_of_others)
{
	static const struct {
		uint64_t start, end;
		bool explains;
	} cases[] = {
		{ VMALLOC, VMALLOC + 16 * PAGE, true },
		{ VMALLOC + 5 * PAGE, VMALLOC + 6 * PAGE, true },
		{ VMALLOC + 6 * PAGE, VMALLOC + 16 * PAGE, false },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pwt_walk walk = {
			.hdr = { .type = PWT_WALK,
				 .func = PWT_FN_WALK_LOCKLESS,
				 .task = other.task },
			.start = cases[i].start,
			.end = cases[i].end,
		};
		struct world world;

		test_case("walk %u", i);
		usual_world(&world);
		world_begin(&world, &actor, &one_page_ro);
		world_apply(&world, &one_page_ro);
		*pte(&world, 5) &= ~PTE_PXN;
		walk.hdr.time = world.now + 10;
		world_send(&world, &walk, sizeof(walk));
		world_end(&world, &actor, &one_page_ro, 0);
		if (cases[i].explains)
			EXPECT_VERDICT(world_last(&world), RACED, CONCURRENT_CHANGE);
		else
			EXPECT_VERDICT(world_last(&world), MISMATCH, PXN_LOST);
		world_release(&world);
	}
}

/* The record of a rival may come behind that of the change it explains: the verdict waits. */
TEST(a_verdict_waits_for_its_explanation)
{
	const uint64_t args[4] = { rival.start, rival.size, rival.set, rival.clear };
	struct pwt_enter enter;
	struct world world;

	usual_world(&world);
	world_begin(&world, &actor, &one_page_ro);
	world_fill_enter(&world, &other, PWT_FN_RANGE, args, &enter);
	world_apply(&world, &rival);
	world_apply(&world, &one_page_ro);
	world_end(&world, &actor, &one_page_ro, 0);
	EXPECT_EQ(world.nr, 0);
	world_send(&world, &enter, sizeof(enter));
	EXPECT_EQ(world.nr, 0);
	check_idle(world.check);
	EXPECT_EQ(world.nr, 1);
	EXPECT_VERDICT(&world.changes[0], RACED, CONCURRENT_CHANGE);
	check_idle(world.check);
	EXPECT_EQ(world.nr, 1);
	world_release(&world);
}

TEST(deferred_verdicts_come_at_the_end)
{
	struct world world;

	usual_world(&world);
	world_begin(&world, &actor, &one_page_ro);
	world_end(&world, &actor, &one_page_ro, 0);
	EXPECT_EQ(world.nr, 0);
	check_finish(world.check, NULL, 0);
	EXPECT_EQ(world.nr, 1);
	EXPECT_VERDICT(&world.changes[0], MISMATCH, ENTRY_NOT_CHANGED);
	world_release(&world);
}

TEST(deferred_verdicts_keep_their_order)
{
	struct world world;

	usual_world(&world);
	for (unsigned int i = 0; i < 5; i++) {
		const struct request request = { VMALLOC + i * PAGE, PAGE, PTE_RDONLY, PTE_WRITE };

		world_begin(&world, &actor, &request);
		world_end(&world, &actor, &request, 0);
	}
	world_last(&world);
	EXPECT_EQ(world.nr, 5);
	for (unsigned int i = 0; i < 5; i++)
		EXPECT_EQ(world.changes[i].seq, i + 1);
	world_release(&world);
}

/* A machine that never rests gets its verdicts, too. */
TEST(verdicts_do_not_wait_for_ever)
{
	const struct request idle = { VMALLOC + 9 * PAGE, PAGE, 0, 0 };
	bool seen = false;
	struct world world;

	usual_world(&world);
	world_begin(&world, &actor, &one_page_ro);
	world_end(&world, &actor, &one_page_ro, 0);
	EXPECT_EQ(world.nr, 0);
	for (unsigned int i = 0; i < 20000 && !seen; i++) {
		unsigned int before = world.nr;

		world_begin(&world, &actor, &idle);
		world_end(&world, &actor, &idle, 0);
		for (unsigned int n = before; n < world.nr && !seen; n++) {
			seen = world.changes[n % CHANGES_MAX].seq == 1;
			if (seen)
				EXPECT_VERDICT(&world.changes[n % CHANGES_MAX], MISMATCH,
					       ENTRY_NOT_CHANGED);
		}
	}
	EXPECT(seen);
	world_release(&world);
}

/* Thrown away while a verdict waits, the checker leaks nothing. */
TEST(free_while_a_verdict_waits)
{
	struct world world;

	usual_world(&world);
	world_begin(&world, &actor, &four_pages_ro);
	world_end(&world, &actor, &four_pages_ro, 0);
	EXPECT_EQ(world.nr, 0);
	world_begin(&world, &actor, &one_page_ro);
	world_release(&world);
}

/* LOST */

TEST(loss_counter_differs)
{
	struct actor late = actor;
	struct world world;

	usual_world(&world);
	world_begin(&world, &actor, &one_page_ro);
	world_apply(&world, &one_page_ro);
	late.lost = 1;
	world_end(&world, &late, &one_page_ro, 0);
	EXPECT_VERDICT(world_last(&world), LOST, RECORD_LOST);
	/* nothing was lost in the next */
	world_begin(&world, &late, &one_page_ro);
	world_end(&world, &late, &one_page_ro, 0);
	EXPECT_VERDICT(world_last(&world), MATCH, NONE);
	world_release(&world);
}

/* Its first call's end was not heard of: a record was lost, or a probe did not run. */
TEST(a_frame_is_entered_again)
{
	for (unsigned int lost = 0; lost < 2; lost++) {
		struct actor late = actor;
		struct world world;

		test_case("%u records lost", lost);
		usual_world(&world);
		world_begin(&world, &actor, &one_page_ro);
		late.lost += lost;
		world_begin(&world, &late, &four_pages_ro);
		EXPECT_EQ(world.nr, 1);
		if (lost)
			EXPECT_VERDICT(world_last(&world), LOST, RECORD_LOST);
		else
			EXPECT_VERDICT(world_last(&world), LOST, PROBE_MISSED);
		EXPECT_EQ(world.changes[0].size, PAGE);
		EXPECT(!world.changes[0].has_ret);
		world_apply(&world, &four_pages_ro);
		world_end(&world, &late, &four_pages_ro, 0);
		EXPECT_VERDICT(world_last(&world), MATCH, NONE);
		EXPECT_EQ(world.nr, 2);
		world_release(&world);
	}
}

TEST(exits_without_an_entry)
{
	struct actor lossy = actor;
	const struct change *change;
	struct world world;

	usual_world(&world);
	/* it was called before the hooks were there */
	world_end(&world, &actor, &one_page_ro, 0);
	EXPECT_EQ(world.nr, 0);
	lossy.lost = 3;
	world_end(&world, &lossy, &one_page_ro, -EINVAL);
	change = world_last(&world);
	EXPECT_EQ(world.nr, 1);
	EXPECT_VERDICT(change, LOST, RECORD_LOST);
	EXPECT_EQ(change->addr, one_page_ro.start);
	EXPECT_EQ(change->size, PAGE);
	EXPECT(!change->has_masks);
	EXPECT(change->has_ret);
	EXPECT_EQ(change->ret, -EINVAL);
	EXPECT_EQ(check_stats(world.check)->malformed, 0);
	world_release(&world);
}

TEST(open_at_the_end)
{
	uint32_t lost[64] = {};
	struct world world;

	usual_world(&world);
	world_begin(&world, &actor, &one_page_ro);
	world_begin(&world, &other, &rival);
	lost[actor.pid & 63] = 1;
	check_finish(world.check, lost, 64);
	EXPECT_EQ(world.nr, 1);
	EXPECT_VERDICT(&world.changes[0], LOST, RECORD_LOST);
	EXPECT_EQ(world.changes[0].pid, actor.pid);
	EXPECT_EQ(check_stats(world.check)->unfinished, 1);
	world_release(&world);

	usual_world(&world);
	world_begin(&world, &actor, &one_page_ro);
	check_finish(world.check, NULL, 0);
	EXPECT_EQ(world.nr, 0);
	EXPECT_EQ(check_stats(world.check)->unfinished, 1);
	world_release(&world);
}

/* What began inside a call and has not ended when the call does has lost its end. */
TEST(inner_calls_that_never_ended)
{
	struct actor inner = actor;
	struct world world;

	usual_world(&world);
	inner.frame -= 0x200;
	/* a struct page, which is aligned to nothing */
	world_call(&world, &actor, PWT_FN_SET_DIRECT_MAP_VALID, VMALLOC + 0x40, 1, 1, 0);
	world_begin(&world, &inner, &one_page_ro);
	world_return(&world, &actor, PWT_FN_SET_DIRECT_MAP_VALID, VMALLOC + 0x40, 1, 0);
	EXPECT_EQ(world.nr, 2);
	EXPECT_VERDICT(&world.changes[0], LOST, PROBE_MISSED);
	EXPECT_EQ(world.changes[0].func, PWT_FN_RANGE);
	EXPECT_EQ(world.changes[1].func, PWT_FN_SET_DIRECT_MAP_VALID);
	EXPECT_EQ(world.changes[1].findings, 0);
	world_release(&world);
}

/*
 * A call whose end was lost looks as if it were still there when its frame is used again. What
 * began since then was not inside of it and goes on.
 */
TEST(a_stale_call_takes_no_other_with_it)
{
	struct actor stale = actor, outer = actor;
	struct world world;

	usual_world(&world);
	stale.frame -= 0x200;
	world_begin(&world, &stale, &one_page_ro);
	stale.lost = outer.lost = 1;
	outer.frame += 0x200;
	world_call(&world, &outer, PWT_FN_SET_DIRECT_MAP_VALID, VMALLOC, 1, 1, 0);
	world_begin(&world, &stale, &one_page_ro);
	EXPECT_EQ(world.nr, 1);
	EXPECT_VERDICT(&world.changes[0], LOST, RECORD_LOST);
	world_apply(&world, &one_page_ro);
	world_end(&world, &stale, &one_page_ro, 0);
	world_return(&world, &outer, PWT_FN_SET_DIRECT_MAP_VALID, VMALLOC, 1, 0);
	EXPECT_EQ(world.nr, 3);
	EXPECT_VERDICT(&world.changes[1], MATCH, NONE);
	EXPECT_VERDICT(&world.changes[2], MATCH, NONE);
	world_release(&world);
}

/* The ring is not zeroed: with depth 0 the rest of a path is what was there before. */
TEST(stale_bytes_are_no_path)
{
	const uint64_t args[4] = { VMALLOC, BLOCK, PTE_RDONLY, PTE_WRITE };
	struct pwt_enter enter;
	struct pwt_exit exit;
	struct world world;

	usual_world(&world);
	world_fill_enter(&world, &actor, PWT_FN_COMMON, args, &enter);
	world_fill_exit(&world, &actor, PWT_FN_COMMON, args[0], args[1], 0, &exit);
	memset(&enter.at, 0xff, sizeof(enter.at));
	memset(&exit.at, 0xff, sizeof(exit.at));
	enter.at.depth = exit.at.depth = 0;
	world_send(&world, &enter, sizeof(enter));
	world_send(&world, &exit, sizeof(exit));
	EXPECT_EQ(check_stats(world.check)->malformed, 0);
	world_last(&world);
	EXPECT_EQ(world.nr, 1);
	world_release(&world);
}

/* change_memory_common() */

struct common_story {
	unsigned int pages;
	uint64_t set, clear;
	uint64_t area_flags;
	uint64_t area_addr, area_size;
	bool no_area_record;
	unsigned int aliases; /* that are changed */
	uint64_t alias_pa;    /* of the first */
	bool no_own;	      /* the range itself is not changed */
	int alias_ret;	      /* of the last one */
	int own_ret;
	int ret;
	uint32_t inner_preempt;
	uint64_t inner_caller;
};

static const struct common_story good_ro = {
	.pages = 2,
	.set = PTE_RDONLY,
	.clear = PTE_WRITE,
	.area_flags = VM_ALLOC,
	.area_addr = VMALLOC,
	.area_size = 17 * PAGE,
	.aliases = 2,
	.alias_pa = PA + 4 * PAGE,
};

static void tell_common(struct world *world, const struct common_story *story)
{
	const uint64_t start = VMALLOC + 4 * PAGE;
	struct actor inner = actor;

	inner.frame -= 0x100;
	inner.preempt_count = story->inner_preempt;
	inner.caller = story->inner_caller;
	world_call(world, &actor, PWT_FN_COMMON, start, story->pages, story->set, story->clear);
	if (!story->no_area_record)
		world_area(world, &actor, story->area_addr, story->area_size, story->area_flags);
	for (unsigned int i = 0; i < story->aliases; i++) {
		const struct request alias = { world_alias(story->alias_pa + i * PAGE), PAGE,
					       story->set, story->clear };
		bool last = i + 1 == story->aliases;

		world_begin(world, &inner, &alias);
		world_apply(world, &alias);
		world_end(world, &inner, &alias, last ? story->alias_ret : 0);
	}
	if (!story->no_own) {
		const struct request own = { start, story->pages * PAGE, story->set, story->clear };

		world_begin(world, &inner, &own);
		world_apply(world, &own);
		world_end(world, &inner, &own, story->own_ret);
	}
	world_return(world, &actor, PWT_FN_COMMON, start, story->pages, story->ret);
}

TEST(common_verdicts)
{
#define STORY(...)                                \
	({                                        \
		struct common_story s_ = good_ro; \
		__VA_ARGS__;                      \
		s_;                               \
	})
	static struct {
		const char *name;
		enum verdict verdict;
		enum reason reason;
		uint32_t findings;
		struct common_story story;
	} cases[20];
	unsigned int nr = 0;

#define ADD(text, verdict_, reason_, findings_, ...)    \
	do {                                            \
		cases[nr].name = text;                  \
		cases[nr].verdict = VERDICT_##verdict_; \
		cases[nr].reason = REASON_##reason_;    \
		cases[nr].findings = findings_;         \
		cases[nr++].story = STORY(__VA_ARGS__); \
	} while (0)
#define BIT(finding) (1U << FINDING_##finding)

	ADD("ro", MATCH, NONE, 0, );
	ADD("nx has no alias", MATCH, NONE, 0, s_.set = PTE_PXN, s_.clear = 0, s_.aliases = 0);
	ADD("nx with an alias", MISMATCH, ALIAS_RANGE, 0, s_.set = PTE_PXN, s_.clear = 0,
	    s_.aliases = 1);
	ADD("one alias too few", MISMATCH, ALIAS_MISSED, 0, s_.aliases = 1);
	ADD("no alias", MISMATCH, ALIAS_MISSED, 0, s_.aliases = 0);
	ADD("other aliases", MISMATCH, ALIAS_RANGE, 0, s_.alias_pa = PA + 5 * PAGE);
	ADD("aliases of the whole area", MATCH, NONE, BIT(WIDE_ALIAS), s_.aliases = 16,
	    s_.alias_pa = PA);
	ADD("some aliases too many", MISMATCH, ALIAS_TOO_WIDE, BIT(WIDE_ALIAS), s_.aliases = 4);
	ADD("the range was left out", MISMATCH, ENTRY_NOT_CHANGED, 0, s_.no_own = true);
	ADD("other return value", MISMATCH, RETURN_VALUE, 0, s_.ret = -ENOMEM);
	ADD("no area: refused", MATCH, NONE, BIT(NO_AREA), s_.area_addr = 0, s_.area_size = 0,
	    s_.aliases = 0, s_.no_own = true, s_.ret = -EINVAL);
	ADD("no area: not refused", MISMATCH, ERROR_AS_SUCCESS, BIT(NO_AREA), s_.area_addr = 0,
	    s_.area_size = 0);
	ADD("past the end: refused", MATCH, NONE, BIT(PAST_AREA_END), s_.area_size = 5 * PAGE,
	    s_.aliases = 0, s_.no_own = true, s_.ret = -EINVAL);
	ADD("past the end: not refused", MISMATCH, ERROR_AS_SUCCESS, BIT(PAST_AREA_END),
	    s_.area_size = 5 * PAGE);
	ADD("no VM_ALLOC", MATCH, NONE, BIT(NOT_VM_ALLOC), s_.area_flags = 1, s_.aliases = 0,
	    s_.no_own = true, s_.ret = -EINVAL);
	ADD("huge area", MATCH, NONE, BIT(HUGE_AREA), s_.area_flags = VM_ALLOC | VM_HUGE,
	    s_.aliases = 0, s_.no_own = true, s_.ret = -EINVAL);
	ADD("refused for nothing", MISMATCH, ENTRY_NOT_CHANGED, 0, s_.aliases = 0, s_.no_own = true,
	    s_.ret = -EINVAL);
	ADD("area not seen: refused", UNKNOWN, NO_AREA, 0, s_.no_area_record = true, s_.aliases = 0,
	    s_.no_own = true, s_.ret = -EINVAL);
	ADD("area not seen: done", MATCH, NONE, 0, s_.no_area_record = true);
	ADD("no pages", MATCH, NONE, 0, s_.pages = 0, s_.aliases = 0, s_.no_own = true);

	for (unsigned int i = 0; i < nr; i++) {
		const struct change *change;
		struct world world;

		test_case("%s", cases[i].name);
		common_world(&world);
		tell_common(&world, &cases[i].story);
		/* every other change is handed out by now, so the last is the outer call */
		check_idle(world.check);
		change = NULL;
		for (unsigned int n = 0; n < world.nr; n++)
			if (world.changes[n].func == PWT_FN_COMMON)
				change = &world.changes[n];
		if (EXPECT(change)) {
			expect_verdict(__FILE__, __LINE__, change, cases[i].verdict,
				       cases[i].reason);
			EXPECT_EQ(change->findings, cases[i].findings);
			EXPECT_EQ(change->has_area, !cases[i].story.no_area_record);
			if (change->has_area) {
				EXPECT_EQ(change->area.addr, cases[i].story.area_addr);
				EXPECT_EQ(change->area.flags, cases[i].story.area_flags);
			}
		}
		world_release(&world);
	}
}

static const struct change *common_change(struct world *world, const struct common_story *story)
{
	const struct change *change = NULL;

	tell_common(world, story);
	check_idle(world->check);
	for (unsigned int n = 0; n < world->nr; n++)
		if (world->changes[n].func == PWT_FN_COMMON)
			change = &world->changes[n];
	return change;
}

/* A kernel changes the aliases of the range, or those of the area: not now these and now those. */
TEST(the_first_change_settles_the_alias_loop)
{
	struct common_story range = good_ro, area = good_ro, whole = good_ro;

	area.aliases = 16;
	area.alias_pa = PA;
	/* a range that is the area tells nothing */
	whole.area_addr = VMALLOC + 4 * PAGE;
	whole.area_size = 3 * PAGE;
	for (int first = 0; first < 2; first++) {
		const struct common_story *one = first ? &area : &range;
		const struct common_story *other = first ? &range : &area;
		const struct check_stats *stats;
		const struct change *change;
		struct world world;

		test_case("%s first", first ? "area" : "range");
		common_world(&world);
		EXPECT_VERDICT(common_change(&world, &whole), MATCH, NONE);
		stats = check_stats(world.check);
		EXPECT_EQ(stats->alias_area.answer, OP_UNKNOWN);
		change = common_change(&world, one);
		EXPECT_VERDICT(change, MATCH, NONE);
		EXPECT_EQ(stats->alias_area.answer, first ? OP_YES : OP_NO);
		EXPECT_EQ(stats->alias_area.seq, change->seq);
		change = common_change(&world, other);
		if (first)
			EXPECT_VERDICT(change, MISMATCH, ALIAS_MISSED);
		else
			EXPECT_VERDICT(change, MISMATCH, ALIAS_TOO_WIDE);
		EXPECT_VERDICT(common_change(&world, one), MATCH, NONE);
		EXPECT_VERDICT(common_change(&world, &whole), MATCH, NONE);
		world_release(&world);
	}
}

/* fcf8dda8cc48: a kernel that has refused a huge area once refuses all of them. */
TEST(the_first_request_settles_huge_areas)
{
	struct common_story refused = good_ro, done = good_ro;
	struct world world;

	done.area_flags = refused.area_flags = VM_ALLOC | VM_HUGE;
	refused.aliases = 0;
	refused.no_own = true;
	refused.ret = -EINVAL;
	common_world(&world);
	EXPECT_VERDICT(common_change(&world, &refused), MATCH, NONE);
	EXPECT_EQ(check_stats(world.check)->refuses_huge.answer, OP_YES);
	EXPECT_VERDICT(common_change(&world, &done), MISMATCH, ERROR_AS_SUCCESS);
	world_release(&world);
	common_world(&world);
	EXPECT_VERDICT(common_change(&world, &done), MATCH, NONE);
	EXPECT_EQ(check_stats(world.check)->refuses_huge.answer, OP_NO);
	world_release(&world);
}

TEST(an_alias_fails)
{
	struct common_story story = good_ro;
	struct world world;

	common_world(&world);
	story.alias_ret = story.ret = -EINVAL;
	story.no_own = true;
	tell_common(&world, &story);
	/* two aliases and the call around them; the verdict on the second waited */
	world_last(&world);
	EXPECT_EQ(world.nr, 3);
	for (unsigned int n = 0; n < world.nr; n++) {
		const struct change *change = &world.changes[n];

		if (change->func == PWT_FN_COMMON) {
			EXPECT_VERDICT(change, MATCH, NONE);
			EXPECT_EQ(change->expected_ret, -EINVAL);
		} else if (change->ret) {
			EXPECT_VERDICT(change, MISMATCH, RETURN_VALUE);
		} else {
			EXPECT_VERDICT(change, MATCH, NONE);
		}
	}
	world_release(&world);
}

/* Two probes in a row did not run: the end of one call is not that of another in its frame. */
TEST(an_exit_of_another_call)
{
	const struct request next = { VMALLOC + 7 * PAGE, PAGE, PTE_RDONLY, PTE_WRITE };
	struct world world;

	usual_world(&world);
	world_begin(&world, &actor, &one_page_ro);
	world_apply(&world, &next);
	world_end(&world, &actor, &next, 0);
	world_last(&world);
	EXPECT_EQ(world.nr, 1);
	EXPECT_VERDICT(&world.changes[0], LOST, PROBE_MISSED);
	EXPECT_EQ(world.changes[0].addr, one_page_ro.start);
	world_release(&world);
}

TEST(rodata_unknown)
{
	const struct change *change;
	struct world world;

	common_world(&world);
	world.config.rules.rodata_full = false;
	world.config.rules.rodata_full_unknown = true;
	tell_common(&world, &good_ro);
	change = world_last(&world);
	EXPECT_EQ(change->func, PWT_FN_COMMON);
	EXPECT_VERDICT(change, UNKNOWN, RODATA_UNKNOWN);
	world_release(&world);
}

TEST(without_rodata_full_there_is_no_alias)
{
	struct common_story story = good_ro;
	struct world world;

	common_world(&world);
	world.config.rules.rodata_full = false;
	story.aliases = 0;
	tell_common(&world, &story);
	EXPECT_VERDICT(world_last(&world), MATCH, NONE);
	world_release(&world);
}

static uint64_t missed_probes(void *ctx)
{
	return *(const uint64_t *)ctx;
}

/* A probe that did not run is a loss, not an error of the kernel's. */
TEST(missed_probes)
{
	for (uint64_t missed = 0; missed < 2; missed++) {
		struct common_story story = good_ro;
		const struct change *change;
		struct world world;

		test_case("%u missed", (unsigned int)missed);
		common_world(&world);
		world.config.unseen = missed_probes;
		world.config.unseen_ctx = &missed;
		story.aliases = 1;
		tell_common(&world, &story);
		change = world_last(&world);
		EXPECT_EQ(change->func, PWT_FN_COMMON);
		if (missed)
			EXPECT_VERDICT(change, LOST, PROBE_MISSED);
		else
			EXPECT_VERDICT(change, MISMATCH, ALIAS_MISSED);
		world_release(&world);
	}
}

TEST(a_lost_child_makes_its_parent_lost)
{
	struct actor inner = actor, late;
	const struct request alias = { world_alias(PA + 4 * PAGE), PAGE, PTE_RDONLY, PTE_WRITE };
	struct world world;

	common_world(&world);
	inner.frame -= 0x100;
	late = inner;
	late.lost = 1;
	world_call(&world, &actor, PWT_FN_COMMON, VMALLOC + 4 * PAGE, 1, PTE_RDONLY, PTE_WRITE);
	world_area(&world, &actor, VMALLOC, 17 * PAGE, VM_ALLOC);
	world_begin(&world, &inner, &alias);
	world_end(&world, &late, &alias, 0);
	world_return(&world, &actor, PWT_FN_COMMON, VMALLOC + 4 * PAGE, 1, 0);
	EXPECT_VERDICT(world_last(&world), LOST, RECORD_LOST);
	EXPECT_EQ(world.nr, 2);
	EXPECT_VERDICT(&world.changes[0], LOST, RECORD_LOST);
	world_release(&world);
}

TEST(children_know_their_parent)
{
	struct world world;

	common_world(&world);
	tell_common(&world, &good_ro);
	world_last(&world);
	EXPECT_EQ(world.nr, 4);
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(world.changes[i].func, PWT_FN_RANGE);
		EXPECT_EQ(world.changes[i].parent_seq, 1);
		EXPECT_EQ(world.changes[i].seq, 2 + i);
		EXPECT_STR(world.changes[i].op, "set_memory_ro");
	}
	EXPECT_EQ(world.changes[0].zone, ZONE_LINEAR);
	EXPECT_EQ(world.changes[2].zone, ZONE_VMALLOC);
	EXPECT_EQ(world.changes[3].func, PWT_FN_COMMON);
	EXPECT_EQ(world.changes[3].parent_seq, 0);
	EXPECT_EQ(world.changes[3].seq, 1);
	world_release(&world);
}

/* Calls inside that do not belong to the outer one. */
TEST(strangers_inside_a_call)
{
	static const struct {
		const char *name;
		uint64_t set, clear;
		uint32_t preempt_count;
		uint64_t caller, outer_caller;
		bool part;
	} cases[] = {
		{ "a part", PTE_RDONLY, PTE_WRITE, 0, 0, 0, true },
		{ "preemption off", PTE_RDONLY, PTE_WRITE, 1, 0, 0, true },
		{ "softirqs off", PTE_RDONLY, PTE_WRITE, 0x200, 0, 0, true },
		{ "a hardirq", PTE_RDONLY, PTE_WRITE, 0x10000, 0, 0, false },
		{ "an NMI", PTE_RDONLY, PTE_WRITE, 0x100000, 0, 0, false },
		{ "a softirq", PTE_RDONLY, PTE_WRITE, 0x100, 0, 0, false },
		{ "other masks", PTE_WRITE, PTE_RDONLY, 0, 0, 0, false },
		{ "more cleared", PTE_RDONLY, PTE_WRITE | PTE_PXN, 0, 0, 0, false },
		{ "by set_memory_valid()", PTE_RDONLY, PTE_WRITE, 0, 0xffff800080100020, 0, false },
		{ "by that and __change_memory_common()", PTE_RDONLY, PTE_WRITE, 0,
		  0xffff800080300020, 0xffff800080100020, false },
		{ "by __change_memory_common()", PTE_RDONLY, PTE_WRITE, 0, 0xffff800080300020,
		  0xffff800080000020, true },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct request request = { world_alias(PA), PAGE, cases[i].set,
						 cases[i].clear };
		struct actor inner = actor;
		struct world world;

		test_case("%s", cases[i].name);
		common_world(&world);
		inner.frame -= 0x100;
		inner.preempt_count = cases[i].preempt_count;
		inner.caller = cases[i].caller;
		inner.outer_caller = cases[i].outer_caller;
		inner.lazy_mmu = i;
		world_call(&world, &actor, PWT_FN_COMMON, VMALLOC, 1, PTE_RDONLY, PTE_WRITE);
		world_begin(&world, &inner, &request);
		world_apply(&world, &request);
		world_end(&world, &inner, &request, 0);
		EXPECT_EQ(world.nr, 1);
		EXPECT_EQ(world.changes[0].parent_seq, cases[i].part ? 1 : 0);
		EXPECT_EQ(world.changes[0].lazy_mmu, i);
		EXPECT_VERDICT(&world.changes[0], MATCH, NONE);
		world_release(&world);
	}
}

/* Two tasks at once: the calls of one are no part of those of the other. */
TEST(tasks_do_not_mix)
{
	const struct request alias = { world_alias(PA), PAGE, PTE_RDONLY, PTE_WRITE };
	struct world world;

	common_world(&world);
	world_call(&world, &actor, PWT_FN_COMMON, VMALLOC, 1, PTE_RDONLY, PTE_WRITE);
	world_begin(&world, &other, &alias);
	world_apply(&world, &alias);
	world_end(&world, &other, &alias, 0);
	EXPECT_EQ(world.nr, 1);
	EXPECT_EQ(world.changes[0].parent_seq, 0);
	world_release(&world);
}

TEST(many_tasks)
{
	struct world world;

	usual_world(&world);
	for (unsigned int i = 0; i < 1000; i++) {
		const struct request request = { VMALLOC + (i % 16) * PAGE, PAGE, 0, 0 };
		struct actor one = { .task = 0xffff000010000000 + i * 0x40, .pid = i };

		world_begin(&world, &one, &request);
	}
	for (unsigned int i = 1000; i-- > 0;) {
		const struct request request = { VMALLOC + (i % 16) * PAGE, PAGE, 0, 0 };
		struct actor one = { .task = 0xffff000010000000 + i * 0x40, .pid = i };

		world_end(&world, &one, &request, 0);
		EXPECT_EQ(world.nr, 1000 - i);
		EXPECT_EQ(world.changes[(world.nr - 1) % CHANGES_MAX].pid, i);
		EXPECT_VERDICT(&world.changes[(world.nr - 1) % CHANGES_MAX], MATCH, NONE);
	}
	world_release(&world);
}

/* Entry points around changes that are judged by themselves. */
TEST(entry_points)
{
	static const struct {
		enum pwt_func func;
		uint64_t pages, size;
		const char *op;
	} cases[] = {
		{ PWT_FN_SET_MEMORY_VALID, 3, 3 * PAGE, "set_memory_valid" },
		{ PWT_FN_SET_DIRECT_MAP_INVALID, 0, PAGE, "set_direct_map_invalid_noflush" },
		{ PWT_FN_SET_DIRECT_MAP_DEFAULT, 0, PAGE, "set_direct_map_default_noflush" },
		{ PWT_FN_SET_DIRECT_MAP_VALID, 2, 2 * PAGE, "set_direct_map_valid_noflush" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct request request = { VMALLOC, PAGE, PTE_VALID, PTE_PRESENT_INVALID };
		struct actor inner = actor;
		struct world world;

		test_case("%s", cases[i].op);
		usual_world(&world);
		inner.frame -= 0x100;
		world_call(&world, &actor, cases[i].func, VMALLOC, cases[i].pages, 1, 0);
		world_begin(&world, &inner, &request);
		world_apply(&world, &request);
		world_end(&world, &inner, &request, 0);
		world_return(&world, &actor, cases[i].func, VMALLOC, cases[i].pages, 0);
		EXPECT_EQ(world.nr, 2);
		EXPECT_EQ(world.changes[0].parent_seq, world.changes[1].seq);
		EXPECT_STR(world.changes[0].op, cases[i].op);
		EXPECT_STR(world.changes[1].op, cases[i].op);
		EXPECT_EQ(world.changes[1].size, cases[i].size);
		EXPECT(!world.changes[1].has_masks);
		EXPECT_VERDICT(&world.changes[1], MATCH, NONE);
		world_release(&world);
	}
}

/* They hand on what their part returned; without a part nothing is known. */
TEST(verdicts_of_entry_points)
{
	static const struct {
		bool part;
		int part_ret, ret;
		enum verdict verdict;
		enum reason reason;
	} cases[] = {
		{ true, 0, 0, VERDICT_MATCH, REASON_NONE },
		{ true, -EINVAL, -EINVAL, VERDICT_MATCH, REASON_NONE },
		{ true, 0, -EINVAL, VERDICT_MISMATCH, REASON_RETURN_VALUE },
		{ true, -EINVAL, 0, VERDICT_MISMATCH, REASON_RETURN_VALUE },
		{ false, 0, 0, VERDICT_UNKNOWN, REASON_NOTHING_SEEN },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct request request = {
			VMALLOC,
			cases[i].part_ret ? 0 : PAGE,
			PTE_VALID,
			PTE_PRESENT_INVALID,
		};
		struct actor inner = actor;
		const struct change *change;
		struct world world;

		test_case("case %u", i);
		usual_world(&world);
		inner.frame -= 0x100;
		world_call(&world, &actor, PWT_FN_SET_DIRECT_MAP_DEFAULT, VMALLOC, 0, 0, 0);
		if (cases[i].part) {
			world_begin(&world, &inner, &request);
			world_apply(&world, &request);
			world_end(&world, &inner, &request, cases[i].part_ret);
		}
		world_return(&world, &actor, PWT_FN_SET_DIRECT_MAP_DEFAULT, VMALLOC, 0,
			     cases[i].ret);
		change = world_last(&world);
		EXPECT_EQ(change->func, PWT_FN_SET_DIRECT_MAP_DEFAULT);
		expect_verdict(__FILE__, __LINE__, change, cases[i].verdict, cases[i].reason);
		world_release(&world);
	}
}

TEST(names_of_operations)
{
#define VALID_CODE   0xffff800080100020
#define ENC_DEC_CODE 0xffff800080200020
	static const struct {
		uint64_t set, clear, caller;
		bool exclusive;
		const char *op;
	} cases[] = {
		{ PTE_RDONLY, PTE_WRITE, 0, false, "set_memory_ro" },
		{ PTE_WRITE, PTE_RDONLY, 0, false, "set_memory_rw" },
		{ PTE_PXN, 0, 0, false, "set_memory_nx" },
		{ PTE_PXN, PTE_GP, 0, false, "set_memory_nx" },
		{ 0, PTE_PXN, 0, false, "set_memory_x" },
		{ PTE_GP, PTE_PXN, 0, false, "set_memory_x" },
		{ PTE_RDONLY, 0, 0, false, "update_range_prot" },
		{ PTE_RDONLY, 0, 0, true, "__change_memory_common" },
		{ PTE_PRESENT_INVALID, PTE_VALID, 0, false, "set_direct_map_invalid_noflush" },
		{ PTE_PRESENT_INVALID, PTE_VALID | PTE_NG, 0, false,
		  "set_direct_map_invalid_noflush" },
		{ PTE_VALID | PTE_WRITE, PTE_PRESENT_INVALID | PTE_RDONLY, 0, false,
		  "set_direct_map_default_noflush" },
		{ PTE_VALID | PTE_NG | PTE_WRITE, PTE_PRESENT_INVALID | PTE_RDONLY, 0, false,
		  "set_direct_map_default_noflush" },
		{ PTE_VALID, PTE_PRESENT_INVALID, 0, false, "set_memory_valid" },
		{ PTE_PRESENT_INVALID, PTE_VALID, VALID_CODE, false, "set_memory_valid" },
		{ PTE_VALID, PTE_PRESENT_INVALID, VALID_CODE, false, "set_memory_valid" },
		/* with a PAC; at the end and behind it */
		{ PTE_PRESENT_INVALID, PTE_VALID, 0x00a5800080100020, false, "set_memory_valid" },
		{ PTE_PRESENT_INVALID, PTE_VALID, 0xffff800080100100, false, "set_memory_valid" },
		{ PTE_PRESENT_INVALID, PTE_VALID, 0xffff800080100101, false,
		  "set_direct_map_invalid_noflush" },
		{ PTE_PRESENT_INVALID, PTE_VALID, 0xffff800080100000, false,
		  "set_direct_map_invalid_noflush" },
		{ PTE_PRESENT_INVALID, PTE_VALID, 0, true, "set_memory_valid" },
		{ DESC_BIT(5) | PTE_PRESENT_INVALID, PTE_VALID, ENC_DEC_CODE, false,
		  "set_memory_decrypted" },
		{ PTE_PRESENT_INVALID, DESC_BIT(5) | PTE_VALID, ENC_DEC_CODE, false,
		  "set_memory_encrypted" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct request request = { VMALLOC, PAGE, cases[i].set, cases[i].clear };
		struct actor one = actor;
		struct world world;

		test_case("set %#llx clear %#llx caller %#llx", (unsigned long long)cases[i].set,
			  (unsigned long long)cases[i].clear, (unsigned long long)cases[i].caller);
		usual_world(&world);
		world.config.exclusive_hook = cases[i].exclusive;
		one.caller = cases[i].caller;
		world_begin(&world, &one, &request);
		world_apply(&world, &request);
		world_end(&world, &one, &request, 0);
		EXPECT_STR(world_last(&world)->op, cases[i].op);
		EXPECT_VERDICT(world_last(&world), MATCH, NONE);
		world_release(&world);
	}
}

/* Where __change_memory_common() is a function of its own, and so is update_range_prot(). */
TEST(names_of_operations_by_who_called_a_part)
{
#define PART_CODE 0xffff800080300020
	static const struct {
		uint64_t set, clear, caller, outer;
		const char *op;
	} cases[] = {
		{ PTE_PRESENT_INVALID, PTE_VALID, PART_CODE, VALID_CODE, "set_memory_valid" },
		{ PTE_PRESENT_INVALID, DESC_BIT(5) | PTE_VALID, PART_CODE, ENC_DEC_CODE,
		  "set_memory_encrypted" },
		{ PTE_PRESENT_INVALID, PTE_VALID, PART_CODE, 0, "set_direct_map_invalid_noflush" },
		/* the frame further out is nobody's business if the nearer one is not that part's
		 */
		{ PTE_PRESENT_INVALID, PTE_VALID, PART_CODE + 0x10000, VALID_CODE,
		  "set_direct_map_invalid_noflush" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct request request = { VMALLOC, PAGE, cases[i].set, cases[i].clear };
		struct actor one = actor;
		struct world world;

		test_case("case %u", i);
		usual_world(&world);
		one.caller = cases[i].caller;
		one.outer_caller = cases[i].outer;
		world_begin(&world, &one, &request);
		world_apply(&world, &request);
		world_end(&world, &one, &request, 0);
		EXPECT_STR(world_last(&world)->op, cases[i].op);
		EXPECT_VERDICT(world_last(&world), MATCH, NONE);
		world_release(&world);
	}
}

TEST(names)
{
	for (enum verdict verdict = 0; verdict < VERDICT_NR; verdict++)
		EXPECT_EQ(verdict_find(verdict_name(verdict)), verdict);
	EXPECT_EQ(verdict_find("nothing"), VERDICT_NR);
	for (enum reason reason = REASON_NONE + 1; reason < REASON_NR; reason++) {
		EXPECT(reason_name(reason) && *reason_name(reason));
		EXPECT(reason_text(reason) && *reason_text(reason));
		for (enum reason before = REASON_NONE + 1; before < reason; before++)
			EXPECT(strcmp(reason_name(before), reason_name(reason)));
	}
	for (enum finding finding = 0; finding < FINDING_NR; finding++) {
		EXPECT(finding_name(finding) && *finding_name(finding));
		EXPECT(finding_text(finding) && *finding_text(finding));
		for (enum finding before = 0; before < finding; before++)
			EXPECT(strcmp(finding_name(before), finding_name(finding)));
	}
}

/* Records that make no sense. */

union any_record {
	struct pwt_hdr hdr;
	struct pwt_enter enter;
	struct pwt_exit exit;
	struct pwt_walk walk;
	struct pwt_callback callback;
	struct pwt_split split;
	struct pwt_area area;
	uint8_t slice[sizeof(struct pwt_slice) + 8 * PWT_SLICE_ENTRIES];
	uint8_t bytes[8192];
};

TEST(truncated_records)
{
	static const struct {
		enum pwt_type type;
		enum pwt_func func;
		size_t size;
	} cases[] = {
		{ PWT_ENTER, PWT_FN_RANGE, sizeof(struct pwt_enter) },
		{ PWT_EXIT, PWT_FN_RANGE, sizeof(struct pwt_exit) },
		{ PWT_SLICE, PWT_FN_RANGE, sizeof(struct pwt_slice) + 8 * 3 },
		{ PWT_WALK, PWT_FN_WALK, sizeof(struct pwt_walk) },
		{ PWT_CALLBACK, PWT_FN_PTE_ENTRY, sizeof(struct pwt_callback) },
		{ PWT_SPLIT, PWT_FN_SPLIT_PMD, sizeof(struct pwt_split) },
		{ PWT_AREA, PWT_FN_AREA, sizeof(struct pwt_area) },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t size = 0; size <= cases[i].size + 8; size++) {
			union any_record record;
			struct world world;

			test_case("type %u size %zu", cases[i].type, size);
			usual_world(&world);
			world_begin(&world, &actor, &four_pages_ro);
			memset(&record, 0, sizeof(record));
			record.hdr = (struct pwt_hdr){ .type = cases[i].type,
						       .func = cases[i].func,
						       .task = actor.task,
						       .frame = actor.frame };
			if (cases[i].type == PWT_SLICE)
				((struct pwt_slice *)&record)->nr = 3;
			world_send(&world, &record, size);
			if (size < cases[i].size)
				EXPECT_EQ(check_stats(world.check)->malformed, 1);
			world_release(&world);
		}
}

TEST(unknown_types)
{
	union any_record record = {};
	struct world world;

	usual_world(&world);
	for (unsigned int type = 0; type < 256; type++) {
		if (type > PWT_NONE && type < PWT_NR_TYPES)
			continue;
		record.hdr.type = type;
		world_send(&world, &record, 4096);
	}
	EXPECT_EQ(check_stats(world.check)->malformed, 256 - (PWT_NR_TYPES - 1));
	EXPECT_EQ(world.nr, 0);
	world_release(&world);
}

/* Paths and windows that cannot be: nothing outside of the record is read. */
TEST(bad_paths)
{
	static const struct {
		unsigned int depth, nr, first;
	} cases[] = {
		{ 6, 3, 4 },  { 255, 3, 4 }, { 4, 0, 4 },     { 4, 1, 4 },
		{ 4, 3, 6 },  { 4, 3, 512 }, { 4, 3, 65535 }, { 4, 5, 4 },
		{ 4, 64, 4 }, { 4, 255, 4 }, { 1, 255, 0 },   { 4, 255, 5 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const uint64_t args[4] = { one_page_ro.start, PAGE, PTE_RDONLY, PTE_WRITE };
		struct pwt_enter enter;
		struct pwt_exit exit;
		struct world world;

		test_case("depth %u nr %u first %u", cases[i].depth, cases[i].nr, cases[i].first);
		usual_world(&world);
		world_fill_enter(&world, &actor, PWT_FN_RANGE, args, &enter);
		enter.at.depth = cases[i].depth;
		enter.at.nr = cases[i].nr;
		enter.at.first = cases[i].first;
		world_send(&world, &enter, sizeof(enter));
		EXPECT_EQ(check_stats(world.check)->malformed, 1);
		world_release(&world);

		usual_world(&world);
		world_begin(&world, &actor, &one_page_ro);
		world_fill_exit(&world, &actor, PWT_FN_RANGE, one_page_ro.start, PAGE, 0, &exit);
		exit.at.depth = cases[i].depth;
		exit.at.nr = cases[i].nr;
		exit.at.first = cases[i].first;
		world_send(&world, &exit, sizeof(exit));
		EXPECT_EQ(check_stats(world.check)->malformed, 1);
		world_release(&world);
	}
}

/* An exit whose entries make no sense still ends its call: no MATCH, and nothing stays open. */
TEST(a_bad_exit_ends_its_call)
{
	struct pwt_exit exit;
	struct world world;

	usual_world(&world);
	world_begin(&world, &actor, &one_page_ro);
	world_fill_exit(&world, &actor, PWT_FN_RANGE, one_page_ro.start, PAGE, 0, &exit);
	exit.at.depth = 200;
	world_send(&world, &exit, sizeof(exit));
	check_finish(world.check, NULL, 0);
	EXPECT_EQ(check_stats(world.check)->malformed, 1);
	EXPECT_EQ(check_stats(world.check)->unfinished, 0);
	if (EXPECT_EQ(world.nr, 1))
		EXPECT(world.changes[0].verdict != VERDICT_MATCH &&
		       world.changes[0].verdict != VERDICT_MISMATCH);
	world_release(&world);
}

TEST(bad_slices)
{
	static const struct {
		uint32_t nr;
		unsigned int depth, first;
		size_t entries;
		bool malformed;
	} cases[] = {
		{ 3, 4, 4, 3, false },
		{ 4, 4, 4, 3, true },
		{ 0, 4, 4, 0, true },
		{ 3, 0, 4, 3, true },
		{ 3, 6, 4, 3, true },
		{ 3, 4, 6, 3, true },
		{ 1, 4, 4, 1, true },
		{ PWT_SLICE_ENTRIES + 1, 4, 4, PWT_SLICE_ENTRIES + 1, true },
		{ ~0U, 4, 4, 3, true },
		{ 0x20000003, 4, 4, 3, true },
		{ PWT_SLICE_ENTRIES, 4, 5, PWT_SLICE_ENTRIES, false }, /* cut at the table's end */
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		union any_record record;
		struct pwt_slice *slice = (struct pwt_slice *)&record;
		struct pwt_enter enter;
		const uint64_t args[4] = { one_page_ro.start, PAGE, PTE_RDONLY, PTE_WRITE };
		struct world world;

		test_case("case %u", i);
		usual_world(&world);
		world_fill_enter(&world, &actor, PWT_FN_RANGE, args, &enter);
		begin_without_entries(&world, &one_page_ro);
		memset(&record, 0, sizeof(record));
		slice->hdr = (struct pwt_hdr){ .type = PWT_SLICE,
					       .func = PWT_FN_RANGE,
					       .task = actor.task,
					       .frame = actor.frame };
		slice->addr = one_page_ro.start;
		slice->at = enter.at;
		slice->at.depth = cases[i].depth;
		slice->at.first = cases[i].first;
		slice->nr = cases[i].nr;
		memcpy(slice->entries, enter.entries, 3 * 8);
		world_send(&world, slice, sizeof(*slice) + 8 * cases[i].entries);
		EXPECT_EQ(check_stats(world.check)->malformed, cases[i].malformed);
		world_release(&world);
	}
}

/* Garbage with a header that makes it go somewhere, mixed with true records. */
TEST(random_garbage)
{
	uint64_t random = test_seed();
	struct world world;

	usual_world(&world);
	for (unsigned int i = 0; i < 1 << 16; i++) {
		union any_record record;
		size_t size = test_random_below(&random, 400);

		if (!test_random_below(&random, 16))
			size = test_random_below(&random, 5000);
		for (size_t n = 0; n < size; n += 8)
			*(uint64_t *)(record.bytes + n) = test_random(&random) &
							  test_random(&random) &
							  test_random(&random);
		if (test_random_below(&random, 8))
			record.hdr.type = test_random_below(&random, PWT_NR_TYPES + 1);
		if (test_random_below(&random, 4))
			record.hdr.func = test_random_below(&random, PWT_NR_FUNCS);
		if (test_random_below(&random, 4)) {
			record.hdr.task = actor.task + test_random_below(&random, 4) * 0x1000;
			record.hdr.frame = actor.frame + test_random_below(&random, 4) * 0x100;
		}
		if (record.hdr.type == PWT_SLICE && test_random_below(&random, 2))
			((struct pwt_slice *)&record)->nr = test_random_below(&random, 40);
		if (record.hdr.type == PWT_ENTER && test_random_below(&random, 2)) {
			record.enter.args[0] = VMALLOC + test_random_below(&random, 32) * PAGE;
			record.enter.args[1] = test_random_below(&random, 8) * PAGE;
			record.enter.at.depth = test_random_below(&random, 6);
		}
		world_send(&world, &record, size);
		if (!test_random_below(&random, 64))
			check_idle(world.check);
	}
	check_finish(world.check, NULL, 0);
	test_note("%u changes, %llu malformed", world.nr,
		  (unsigned long long)check_stats(world.check)->malformed);
	EXPECT(check_stats(world.check)->malformed > 0);
	world_release(&world);
}

/* One bit of a true record is wrong: whatever the verdict, nothing breaks. */
TEST(flipped_bits)
{
	const uint64_t args[4] = { one_page_ro.start, PAGE, PTE_RDONLY, PTE_WRITE };

	for (unsigned int bit = 0; bit < 8 * sizeof(struct pwt_enter); bit++) {
		struct pwt_enter enter;
		struct world world;

		usual_world(&world);
		world_fill_enter(&world, &actor, PWT_FN_RANGE, args, &enter);
		((uint8_t *)&enter)[bit / 8] ^= 1 << bit % 8;
		world_send(&world, &enter, sizeof(enter));
		world_apply(&world, &one_page_ro);
		world_end(&world, &actor, &one_page_ro, 0);
		check_finish(world.check, NULL, 0);
		world_release(&world);
	}
}
