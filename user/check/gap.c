// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records that are missing, of any task, as they are where a recording is damaged. What is learnt
 * from records is recorded now and then, and so are the calls that are open: behind a gap all is as
 * it was for the checker that saw what is in it, but for a few things that are LOST.
 */
#include <errno.h>
#include <string.h>

#include "call.h"
#include "story.h"

/*
 * By how much the times of records may differ from the order that they are in, ns: one that is
 * missing may have come after one that is there.
 */
#define JITTER 10000000ULL
/* How long a call is taken to go on of which nothing is known, ns. */
#define CALL_TIME 2000000000ULL

static void later(uint64_t *until, uint64_t time)
{
	if (time > *until)
		*until = time;
}

void check_gap(struct check *check)
{
	check->gap.now = true;
	for (struct call *call = check->open; call; call = call->next_open)
		call->in_gap = call->record_lost = true;
	check_idle(check);
	/* what was read-only may have become writable */
	memset(check->made_ro, 0, sizeof(check->made_ro));
}

/* The first record behind it. */
void gap_over(struct check *check, uint64_t time)
{
	check->gap.just_over = false;
	later(&check->gap.dark_until, time + (check->gap.unknown_calls ? CALL_TIME : JITTER));
	later(&check->gap.unsure_until, time + JITTER + STORY_ROX_TIME);
}

/* A call returned that nobody knew of: it was under way until now. */
void gap_orphan(struct check *check, const struct pwt_exit *exit)
{
	if (check->gap.unknown_calls)
		later(&check->gap.dark_until, exit->hdr.time + JITTER);
}

/* One that went on through it may have made something read-only, and settled rules. */
void gap_returned(struct check *check, const struct call *call)
{
	if (!call->resumed)
		return;
	later(&check->gap.unsure_until, call->end_time + JITTER + STORY_ROX_TIME);
	check->gap.unknown_rules = true;
}

/* Nothing can be kept any longer of calls that are open, or wait. */
int gap_drop(struct check *check, uint64_t time)
{
	int err = 0;

	check->gap.unknown_calls = true;
	later(&check->gap.dark_until, time + CALL_TIME);
	later(&check->gap.unsure_until, time + STORY_ROX_TIME);
	while (!err && check->open)
		err = call_lost(check, check->open);
	check_idle(check);
	return err;
}

static void save_open(const struct call *call, struct check_open *open)
{
	const struct change *change = &call->change;

	*open = (struct check_open){
		.seq = change->seq,
		.enter = {
			.hdr = {
				.type = PWT_ENTER,
				.func = change->func,
				.flags = call->flags,
				.cpu = change->cpu,
				.time = change->time,
				.task = call->task,
				.frame = call->frame,
				.lost_by_task = call->lost_at_entry,
				.pid = change->pid,
			},
			.tgid = change->tgid,
			.preempt_count = change->preempt_count,
			.stack_id = change->stack_id,
			.lazy_mmu = change->lazy_mmu,
		},
	};
	memcpy((void *)open->enter.args, call->args, sizeof(open->enter.args));
	memcpy((void *)open->enter.callers, change->callers, sizeof(open->enter.callers));
	memcpy(open->enter.comm, change->comm, sizeof(open->enter.comm));
}

size_t check_save(const struct check *check, struct check_state *state, struct check_open *open,
		  size_t room)
{
	const struct call *call = check->open;
	size_t nr = 0;

	for (; call && nr < room; call = call->next_open)
		nr++;
	*state = (struct check_state){
		.seq = check->seq,
		.alias_area = check->stats.alias_area,
		.refuses_huge = check->stats.refuses_huge,
		.runs = check->runs,
		.preempt_share = check->preempt_share,
		.more = call,
	};
	call = check->open;
	for (size_t i = nr; i-- > 0; call = call->next_open)
		save_open(call, &open[i]);
	return nr;
}

static void learn(struct check *check, const struct check_state *state)
{
	check->seq = state->seq;
	check->stats.alias_area = state->alias_area;
	check->stats.refuses_huge = state->refuses_huge;
	check->runs = state->runs;
	check->preempt_share = state->preempt_share;
	check->gap.unknown_rules = state->unknown;
}

/* Was it open before the gap? */
static struct call *find_open(struct check *check, const struct check_open *open)
{
	struct call *call = check->open;

	while (call && (call->change.seq != open->seq || call->task != open->enter.hdr.task))
		call = call->next_open;
	return call;
}

static void keep(struct check *check, const struct check_open *open, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		struct call *call = find_open(check, &open[i]);

		if (!call)
			continue;
		call->in_gap = false;
		call->resumed = true;
	}
}

static struct call *first_in_gap(struct check *check)
{
	struct call *call = check->open;

	while (call && !call->in_gap)
		call = call->next_open;
	return call;
}

static int resume(struct check *check, const struct check_open *open)
{
	struct call *call = find_open(check, open);

	if (call)
		return 0;
	check->seq = open->seq - 1;
	call = call_begin(check, &open->enter);
	if (!call)
		return -ENOMEM;
	call->resumed = call->record_lost = true;
	return 0;
}

int check_restore(struct check *check, const struct check_state *state,
		  const struct check_open *open, size_t nr)
{
	struct call *call;
	int err = 0;

	if (check->gap.now) {
		check->gap.now = false;
		check->gap.just_over = true;
		check->gap.unknown_calls = state->more || state->unknown;
		keep(check, open, nr);
		while (!err && (call = first_in_gap(check)))
			err = call_lost(check, call);
		for (size_t i = 0; i < nr && !err; i++)
			err = resume(check, &open[i]);
	}
	learn(check, state);
	return err;
}
