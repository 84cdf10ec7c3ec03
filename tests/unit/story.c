// SPDX-License-Identifier: GPL-2.0-only
/* Rules over more than one entry or change, and calls with what they are made of. */
#include <errno.h>
#include <string.h>

#include "check/check.h"
#include "check/call.h"
#include "play.h"

#define BIT(finding) (1U << FINDING_##finding)

static const struct request ro = { VMALLOC + 5 * PAGE, PAGE, PTE_RDONLY, PTE_WRITE };
static const struct request rw = { VMALLOC + 5 * PAGE, PAGE, PTE_WRITE, PTE_RDONLY };
static const struct request x = { VMALLOC + 5 * PAGE, PAGE, PTE_GP, PTE_PXN };
static const struct request nx = { VMALLOC + 5 * PAGE, PAGE, PTE_PXN, PTE_GP };
static const struct request ro4 = { VMALLOC + 4 * PAGE, 4 * PAGE, PTE_RDONLY, PTE_WRITE };
static const struct request x4 = { VMALLOC + 4 * PAGE, 4 * PAGE, PTE_GP, PTE_PXN };

/* Writable and executable */

static void written_unseen(struct world *world)
{
	*pte(world, 5) = (*pte(world, 5) & ~PTE_RDONLY) | PTE_WRITE;
}

static void another_page(struct world *world)
{
	written_unseen(world);
	*pte(world, 5) += 64 * PAGE;
}

struct sequence {
	const char *what;
	const struct request *first, *second; /* @second may be NULL */
	void (*between)(struct world *world);
	const struct request *last;
	enum reason reason;
	uint32_t findings;
};

static const struct sequence sequences[] = {
	{ "rox", &ro, NULL, NULL, &x, REASON_NONE, 0 },
	{ "rox of four", &ro4, NULL, NULL, &x4, REASON_NONE, 0 },
	{ "x, then ro", &x, NULL, NULL, &ro, REASON_NONE, 0 },
	{ "x alone", &nx, NULL, NULL, &x, REASON_NONE, BIT(WX) },
	{ "rw of text", &ro, &x, NULL, &rw, REASON_NONE, BIT(WX) },
	{ "rw and x, asked for", &ro, &rw, NULL, &x, REASON_NONE, BIT(WX) },
	{ "x of one in four", &ro4, NULL, NULL, &x, REASON_NONE, 0 },
	{ "written in between", &ro, NULL, written_unseen, &x, REASON_WX_AFTER_SUCCESS, BIT(WX) },
	{ "one of four was", &ro4, NULL, written_unseen, &x4, REASON_WX_AFTER_SUCCESS, BIT(WX) },
	{ "freed and made anew", &ro, NULL, another_page, &x, REASON_NONE, BIT(WX) },
	{ "another range", &ro4, NULL, written_unseen, &x, REASON_NONE, BIT(WX) },
	{ "nx is nothing", &ro, NULL, written_unseen, &nx, REASON_NONE, 0 },
};

static struct change play_sequence(struct world *world, const struct sequence *sequence)
{
	play(world, sequence->first, 0, NULL);
	if (sequence->second)
		play(world, sequence->second, 0, NULL);
	if (sequence->between)
		sequence->between(world);
	return play(world, sequence->last, 0, NULL);
}

TEST(writable_and_executable)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(sequences); i++) {
		const struct sequence *sequence = &sequences[i];
		struct change change;
		struct world world;

		test_case("%s", sequence->what);
		usual_world(&world);
		change = play_sequence(&world, sequence);
		expect_verdict(__FILE__, __LINE__, &change,
			       sequence->reason ? VERDICT_MISMATCH : VERDICT_MATCH,
			       sequence->reason);
		EXPECT_EQ(change.findings, sequence->findings);
		EXPECT_EQ(change.diff.found, sequence->reason != REASON_NONE);
		world_release(&world);

		test_case("%s, switched off", sequence->what);
		usual_world(&world);
		world.config.rules_off = 1U << RULE_WX;
		change = play_sequence(&world, sequence);
		EXPECT_VERDICT(&change, MATCH, NONE);
		EXPECT_EQ(change.findings, 0);
		world_release(&world);

		test_case("%s, under PXNTable", sequence->what);
		usual_world(&world);
		*tables_entry(&world.tables, PGTABLE_LEVEL_PMD, VMALLOC) |= TABLE_PXN;
		change = play_sequence(&world, sequence);
		EXPECT_VERDICT(&change, MATCH, NONE);
		EXPECT_EQ(change.findings, 0);
		world_release(&world);
	}
}

static uint64_t one_more(void *ctx)
{
	return ++*(uint64_t *)ctx;
}

/* What was not seen may have made it writable by right. */
TEST(writable_and_executable_by_others)
{
	struct actor other = actor;
	struct change change;
	struct world world;
	uint64_t unseen = 0;

	other.task += 0x8000;
	other.pid++;

	test_case("another task made it read-only");
	usual_world(&world);
	world_begin(&world, &other, &ro);
	world_apply(&world, &ro);
	world_end(&world, &other, &ro, 0);
	written_unseen(&world);
	change = play(&world, &x, 0, NULL);
	EXPECT_VERDICT(&change, MATCH, NONE);
	world_release(&world);

	test_case("another task makes it writable meanwhile");
	usual_world(&world);
	play(&world, &ro, 0, NULL);
	world_begin(&world, &actor, &x);
	world_begin(&world, &other, &rw);
	world_apply(&world, &x);
	world_apply(&world, &rw);
	world_end(&world, &actor, &x, 0);
	world_end(&world, &other, &rw, 0);
	world_last(&world);
	for (unsigned int i = 0; i < world.nr; i++)
		EXPECT(world.changes[i].verdict != VERDICT_MISMATCH);
	world_release(&world);

	test_case("probes were missed");
	usual_world(&world);
	world.config.unseen = one_more;
	world.config.unseen_ctx = &unseen;
	play(&world, &ro, 0, NULL);
	written_unseen(&world);
	change = play(&world, &x, 0, NULL);
	EXPECT_VERDICT(&change, LOST, PROBE_MISSED);
	world_release(&world);

	test_case("much later");
	usual_world(&world);
	play(&world, &ro, 0, NULL);
	written_unseen(&world);
	world.now += 2000000000;
	change = play(&world, &x, 0, NULL);
	EXPECT_VERDICT(&change, MATCH, NONE);
	world_release(&world);

	test_case("ro failed");
	usual_world(&world);
	play(&world, &ro, -ENOMEM, do_nothing);
	change = play(&world, &x, 0, NULL);
	EXPECT_VERDICT(&change, MATCH, NONE);
	world_release(&world);
}

/* The table is of a fixed size: what is pushed out of it is forgotten, and nothing is made up. */
TEST(many_read_only_ranges)
{
	struct change change;
	struct world world;

	usual_world(&world);
	play(&world, &ro, 0, NULL);
	for (unsigned int i = 0; i < 2 * MADE_RO; i++) {
		const struct request other = { VMALLOC + (6 + i) * PAGE, PAGE, PTE_RDONLY,
					       PTE_WRITE };

		if (i >= 10)
			world_pages(&world, other.start, PA + (6 + i) * PAGE, 1, PAGE_BITS);
		if (other.start < VMALLOC + BLOCK)
			play(&world, &other, 0, NULL);
	}
	written_unseen(&world);
	change = play(&world, &x, 0, NULL);
	EXPECT_VERDICT(&change, MATCH, NONE);
	EXPECT_EQ(change.findings, BIT(WX));
	world_release(&world);
}

/* Break before make */

static void loses_cont(struct world *world, const struct request *request)
{
	world_apply(world, request);
	*pte(world, 5) &= ~PTE_CONT;
}

static void moves(struct world *world, const struct request *request)
{
	world_apply(world, request);
	*pte(world, 5) += PAGE;
}

static void other_bits(struct world *world, const struct request *request)
{
	world_apply(world, request);
	*pte(world, 5) ^= PTE_UXN;
}

static void becomes_invalid(struct world *world, const struct request *request)
{
	world_apply(world, request);
	*pte(world, 5) = (*pte(world, 5) & ~PTE_VALID) + PAGE;
}

static void becomes_a_table(struct world *world, const struct request *request)
{
	tables_new(&world->tables, PGTABLE_LEVEL_PMD, request->start);
	for (unsigned int i = 0; i < 512; i++)
		*tables_entry(&world->tables, PGTABLE_LEVEL_PTE,
			      request->start + i * PAGE) = (0xa0000000 + i * PAGE) | PAGE_BITS;
	world_apply(world, request);
}

TEST(break_before_make)
{
	static const struct request block = { VMALLOC + BLOCK, BLOCK, PTE_RDONLY, PTE_WRITE };
	static const struct {
		const char *what;
		const struct request *request;
		kernel_fn kernel;
		bool found;
	} cases[] = {
		{ "contiguous bit", &one_page_ro, loses_cont, true },
		{ "address", &one_page_ro, moves, true },
		{ "size", &block, becomes_a_table, true },
		{ "a permission", &one_page_ro, other_bits, false },
		{ "by way of invalid", &one_page_ro, becomes_invalid, false },
		{ "nothing", &one_page_ro, do_nothing, false },
		{ "what it should", &one_page_ro, NULL, false },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		for (unsigned int how = 0; how < 4; how++) {
			struct change change;
			struct world world;

			test_case("%s %u", cases[i].what, how);
			usual_world(&world);
			*pte(&world, 5) |= PTE_CONT;
			world.config.rules.splits_leaves = how == 1;
			world.config.rules.splits_unknown = how == 2;
			world.config.rules_off = how == 3 ? 1U << RULE_BREAK_BEFORE_MAKE : 0;
			change = play(&world, cases[i].request, 0, cases[i].kernel);
			EXPECT_EQ(!!(change.findings & BIT(BREAK_BEFORE_MAKE)),
				  cases[i].found && !how);
			world_release(&world);
		}
}

/* Contiguous runs */

TEST(contiguous_runs)
{
	static const struct {
		const char *what;
		struct request request;
		bool broken;
	} cases[] = {
		{ "all of a run", { VMALLOC, 16 * PAGE, PTE_RDONLY, PTE_WRITE }, false },
		{ "two runs", { VMALLOC, 32 * PAGE, PTE_RDONLY, PTE_WRITE }, false },
		{ "the second", { VMALLOC + 16 * PAGE, 16 * PAGE, PTE_RDONLY, PTE_WRITE }, false },
		{ "half of a run", { VMALLOC, 8 * PAGE, PTE_RDONLY, PTE_WRITE }, true },
		{ "one page of it", { VMALLOC + 3 * PAGE, PAGE, PTE_RDONLY, PTE_WRITE }, true },
		{ "across runs", { VMALLOC + 8 * PAGE, 16 * PAGE, PTE_RDONLY, PTE_WRITE }, true },
		{ "behind the runs", { VMALLOC + 32 * PAGE, PAGE, PTE_RDONLY, PTE_WRITE }, false },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		for (unsigned int off = 0; off < 2; off++) {
			struct change change;
			struct world world;

			test_case("%s, %s", cases[i].what, off ? "off" : "on");
			usual_world(&world);
			world_pages(&world, VMALLOC, PA, 48, PAGE_BITS);
			for (unsigned int n = 0; n < 32; n++)
				*pte(&world, n) |= PTE_CONT;
			world.config.rules_off = off ? 1U << RULE_CONTIGUOUS_RUN : 0;
			change = play(&world, &cases[i].request, 0, NULL);
			EXPECT_VERDICT(&change, MATCH, NONE);
			EXPECT_EQ(change.findings, cases[i].broken && !off ? BIT(BROKEN_RUN) : 0);
			world_release(&world);
		}
}

/* Invalid after success */

/* The masks of both encodings; a block that is invalid in the old one is a hole (15bfba1ad77f). */
TEST(valid_was_asked_for)
{
	static const struct request block = { VMALLOC + BLOCK, BLOCK, PTE_VALID, 0 };
	static const struct request again = { VMALLOC + BLOCK, BLOCK, PTE_VALID,
					      PTE_PRESENT_INVALID };
	static const struct request hide = { VMALLOC + BLOCK, BLOCK, 0, PTE_VALID };
	static const struct request hole = { VMALLOC + 2 * BLOCK, BLOCK, PTE_VALID, 0 };
	static const struct request part = { VMALLOC + BLOCK, PAGE, PTE_VALID, 0 };
	static const struct request page = { VMALLOC + 5 * PAGE, PAGE, PTE_VALID, 0 };
	static const struct {
		const char *what;
		const struct request *request;
		uint64_t lacks, has; /* of the entry before */
		int ret;
		bool still;
	} cases[] = {
		{ "a block that is a hole to the walk", &block, PTE_VALID, 0, 0, true },
		{ "the same by the new masks", &again, PTE_VALID, 0, 0, true },
		{ "part of it", &part, PTE_VALID, 0, 0, true },
		{ "the new encoding", &again, PTE_VALID, PTE_PRESENT_INVALID, 0, false },
		{ "valid all the time", &block, 0, 0, 0, false },
		{ "refused", &part, 0, 0, -EINVAL, false },
		{ "it was to be invalid", &hide, 0, 0, 0, false },
		{ "it was to be, and is", &hide, PTE_VALID, 0, 0, false },
		{ "nothing is mapped", &hole, 0, 0, 0, false },
		{ "a page", &page, PTE_VALID, 0, 0, false },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct request *request = cases[i].request;
		bool is_page = request == &page, present = !cases[i].lacks || cases[i].has;
		struct change change;
		struct world world;
		uint64_t *entry;

		test_case("%s", cases[i].what);
		usual_world(&world);
		entry = is_page ? pte(&world, 5) :
				  tables_entry(&world.tables, PGTABLE_LEVEL_PMD, request->start);
		*entry = (*entry & ~cases[i].lacks) | cases[i].has;
		change = play(&world, request, cases[i].ret,
			      (is_page || present) && !cases[i].ret ? NULL : do_nothing);
		EXPECT_VERDICT(&change, MATCH, NONE);
		EXPECT_EQ(!!(change.findings & BIT(STILL_INVALID)), cases[i].still);
		world_release(&world);
	}
}

/* Sleeping */

static bool is_that_page(void *ctx, uint64_t addr)
{
	return addr == ((const struct request *)ctx)->start;
}

/* Whether there is something to split or not. Of a split without memory nothing is said. */
TEST(splits_where_nothing_may_sleep)
{
	static const struct {
		const char *what;
		uint32_t before, count;
		int ret;
		bool splits, kfence, found;
	} cases[] = {
		{ "preemptible", 0, 0, 0, true, false, false },
		{ "as always", 1, 1, 0, true, false, false },
		{ "never seen otherwise", 2, 2, 0, true, false, false },
		{ "more than the tracer's", 1, 2, 0, true, false, true },
		{ "softirqs off", 0, 0x200, 0, true, false, true },
		{ "a softirq", 0, 0x100, 0, true, false, true },
		{ "a hardirq", 0, 0x10000, 0, true, false, true },
		{ "no memory for it", 0, 0x10000, -ENOMEM, true, false, true },
		{ "a kernel that splits nothing", 0, 0x10000, 0, false, false, false },
		{ "a page of KFENCE", 0, 0x10000, 0, true, true, false },
	};
	const struct request request = { VMALLOC + BLOCK, PAGE, PTE_RDONLY, PTE_WRITE };

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		for (unsigned int splits = 0; splits < 2; splits++) {
			struct actor task = actor;
			struct world world;

			test_case("%s, %u", cases[i].what, splits);
			usual_world(&world);
			world.config.rules.splits_leaves = cases[i].splits;
			if (cases[i].kfence) {
				world.config.in_kfence_pool = is_that_page;
				world.config.kfence_ctx = (void *)(splits ? &request : &rw);
			}
			task.preempt_count = cases[i].before;
			world_begin(&world, &task, &one_page_ro);
			world_apply(&world, &one_page_ro);
			world_end(&world, &task, &one_page_ro, 0);
			task.preempt_count = cases[i].count;
			if (splits) {
				world_begin(&world, &task, &request);
				split_as_the_kernel(&world, &request);
				world_end(&world, &task, &request, cases[i].ret);
			} else {
				world_begin(&world, &task, &rw);
				world_apply(&world, &rw);
				world_end(&world, &task, &rw, cases[i].ret);
			}
			EXPECT_EQ(!!(world_last(&world)->findings & BIT(SLEEP_IN_ATOMIC)),
				  cases[i].found && !(splits && cases[i].ret));
			world_release(&world);
		}
}

/* Of a call whose entry was lost the context is not known, and nothing is learned of the tracer. */
TEST(lost_entry_tells_no_context)
{
	struct actor task = actor;
	struct pwt_exit exit;
	struct world world;

	usual_world(&world);
	world.config.rules.splits_leaves = true;
	task.lost = 1;
	world_fill_exit(&world, &task, PWT_FN_RANGE, rw.start, PAGE, 0, &exit);
	world_send(&world, &exit, sizeof(exit));
	EXPECT_VERDICT(world_last(&world), LOST, RECORD_LOST);
	task.lost = 0;
	task.preempt_count = 1;
	world_begin(&world, &task, &one_page_ro);
	world_apply(&world, &one_page_ro);
	world_end(&world, &task, &one_page_ro, 0);
	EXPECT(!(world_last(&world)->findings & BIT(SLEEP_IN_ATOMIC)));
	world_release(&world);
}

/* A call and its parts */

struct whole {
	unsigned int pages, aliases;
	int alias_ret; /* of the second alias, which is then in a block */
	bool no_own;
	bool alias_spoilt, own_spoilt;
	int ret;
	uint32_t rules_off;
};

static const struct whole right = { .pages = 2, .aliases = 2 };

static void part(struct world *world, const struct actor *inner, const struct request *request,
		 int ret, bool spoilt)
{
	world_begin(world, inner, request);
	if (!ret)
		world_apply(world, request);
	if (spoilt)
		*tables_entry(&world->tables, PGTABLE_LEVEL_PTE, request->start) |= PTE_DIRTY;
	world_end(world, inner, request, ret);
}

/* set_memory_ro() of pages 4 and 5, whose aliases are pages but where one has to fail. */
static void tell(struct world *world, const struct whole *whole)
{
	const uint64_t start = VMALLOC + 4 * PAGE;
	struct actor inner = actor;

	common_world(world);
	world->config.rules_off = whole->rules_off;
	inner.frame -= 0x100;
	if (whole->alias_ret) {
		*pte(world, 5) = 0xb0000000 | PAGE_BITS;
		world_block(world, world_alias(0xb0000000), 0xb0000000);
	}
	world_call(world, &actor, PWT_FN_COMMON, start, whole->pages, PTE_RDONLY, PTE_WRITE);
	world_area(world, &actor, VMALLOC, 17 * PAGE, VM_ALLOC);
	for (unsigned int i = 0; i < whole->aliases; i++) {
		bool fails = whole->alias_ret && i == 1;
		const struct request alias = { world_alias(fails ? 0xb0000000 :
								   PA + (4 + i) * PAGE),
					       PAGE, PTE_RDONLY, PTE_WRITE };

		part(world, &inner, &alias, fails ? whole->alias_ret : 0,
		     whole->alias_spoilt && !i);
	}
	if (!whole->no_own) {
		const struct request own = { start, whole->pages * PAGE, PTE_RDONLY, PTE_WRITE };

		part(world, &inner, &own, 0, whole->own_spoilt);
	}
}

static const struct change *told(struct world *world, const struct whole *whole)
{
	tell(world, whole);
	world_return(world, &actor, PWT_FN_COMMON, VMALLOC + 4 * PAGE, whole->pages, whole->ret);
	return world_last(world);
}

TEST(stories)
{
	const struct change *change;
	struct world world;
	struct whole whole;

	test_case("all is well");
	change = told(&world, &right);
	EXPECT_VERDICT(change, MATCH, NONE);
	EXPECT_EQ(change->func, PWT_FN_COMMON);
	EXPECT_EQ(change->story.parts, 3);
	EXPECT_EQ(change->story.verdict, VERDICT_MATCH);
	EXPECT_EQ(world.changes[0].story.parts, 0);
	world_release(&world);

	test_case("an alias has another bit");
	whole = right;
	whole.alias_spoilt = true;
	change = told(&world, &whole);
	EXPECT_VERDICT(change, MATCH, NONE);
	EXPECT_EQ(change->func, PWT_FN_COMMON);
	EXPECT_EQ(change->story.verdict, VERDICT_MISMATCH);
	EXPECT_EQ(change->story.reason, REASON_BITS_OUTSIDE_MASKS);
	EXPECT_EQ(change->story.seq, 2);
	EXPECT_EQ(world.nr, 4);
	EXPECT_EQ(check_stats(world.check)->verdicts[VERDICT_MISMATCH], 1);
	world_release(&world);

	test_case("so has the range: the first of them counts");
	whole.own_spoilt = true;
	change = told(&world, &whole);
	EXPECT_EQ(change->story.seq, 2);
	EXPECT_EQ(change->story.parts, 3);
	EXPECT_EQ(check_stats(world.check)->verdicts[VERDICT_MISMATCH], 2);
	world_release(&world);

	test_case("an alias is missing");
	whole = right;
	whole.aliases = 1;
	change = told(&world, &whole);
	EXPECT_VERDICT(change, MISMATCH, ALIAS_MISSED);
	EXPECT_EQ(change->story.verdict, VERDICT_MISMATCH);
	EXPECT_EQ(change->story.reason, REASON_ALIAS_MISSED);
	EXPECT_EQ(change->story.seq, 1);
	EXPECT_EQ(change->story.parts, 2);
	world_release(&world);
}

TEST(an_alias_that_stays_writable)
{
	struct whole whole = right;
	const struct change *change;
	struct world world;

	test_case("its error is swallowed");
	whole.alias_ret = -EINVAL;
	change = told(&world, &whole);
	EXPECT_VERDICT(change, MISMATCH, ALIAS_WRITABLE);
	EXPECT_EQ(change->findings, BIT(ERROR_SWALLOWED));
	EXPECT_EQ(change->story.verdict, VERDICT_MISMATCH);
	EXPECT_EQ(change->story.seq, change->seq);
	world_release(&world);

	test_case("switched off");
	whole.rules_off = 1U << RULE_ALIAS_WRITABLE;
	change = told(&world, &whole);
	EXPECT_VERDICT(change, MATCH, NONE);
	EXPECT_EQ(change->findings, BIT(ERROR_SWALLOWED));
	world_release(&world);

	test_case("its error is handed on");
	whole.rules_off = 0;
	whole.no_own = true;
	whole.ret = -EINVAL;
	change = told(&world, &whole);
	EXPECT_VERDICT(change, MATCH, NONE);
	EXPECT_EQ(change->findings, 0);
	world_release(&world);
}

/* The verdict on a part waits; what it is a part of never ends, or the checker does. */
TEST(parts_of_what_never_ended)
{
	const uint32_t lost[1] = {};
	struct whole whole = right;
	struct world world;

	whole.alias_spoilt = whole.own_spoilt = true;
	tell(&world, &whole);
	EXPECT_EQ(world.nr, 1);
	check_finish(world.check, lost, 1);
	EXPECT_EQ(world.nr, 3);
	EXPECT_EQ(check_stats(world.check)->unfinished, 1);
	EXPECT_EQ(check_stats(world.check)->verdicts[VERDICT_MISMATCH], 2);
	world_release(&world);

	tell(&world, &whole);
	world_release(&world);

	tell(&world, &whole);
	world_return(&world, &actor, PWT_FN_COMMON, VMALLOC + 4 * PAGE, 2, 0);
	world_release(&world);
}

/* With set_memory_valid() as a change of its own there are two levels, with no end to waiting. */
TEST(stories_wait_for_their_parts)
{
	const struct request request = { VMALLOC + 4 * PAGE, 2 * PAGE, PTE_PRESENT_INVALID,
					 PTE_VALID };
	struct actor inner = actor;
	const struct change *change;
	struct world world;

	usual_world(&world);
	inner.frame -= 0x100;
	world_call(&world, &actor, PWT_FN_SET_MEMORY_VALID, request.start, 2, 0, 0);
	world_begin(&world, &inner, &request);
	world_end(&world, &inner, &request, 0);
	world_return(&world, &actor, PWT_FN_SET_MEMORY_VALID, request.start, 2, 0);
	EXPECT_EQ(world.nr, 0);
	change = world_last(&world);
	EXPECT_EQ(world.nr, 2);
	EXPECT_EQ(change->func, PWT_FN_SET_MEMORY_VALID);
	EXPECT_VERDICT(change, MATCH, NONE);
	EXPECT_EQ(change->story.verdict, VERDICT_MISMATCH);
	EXPECT_EQ(change->story.reason, REASON_ENTRY_NOT_CHANGED);
	EXPECT_EQ(change->story.seq, 2);
	world_release(&world);
}
