// SPDX-License-Identifier: GPL-2.0-only
/* Joining: from records to calls, from finished calls to changes with a verdict. */
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "geometry/descriptor.h"
#include "story.h"

int check_new(struct check **out, const struct check_config *config, change_fn emit, void *ctx)
{
	struct check *check = calloc(1, sizeof(*check));

	if (!check)
		return -ENOMEM;
	check->config = *config;
	check->emit = emit;
	check->ctx = ctx;
	check->deferred_end = &check->deferred;
	check->preempt_share = UINT32_MAX;
	*out = check;
	return 0;
}

void check_free(struct check *check)
{
	struct call *call;

	if (!check)
		return;
	while ((call = check->open)) {
		call_close(check, call);
		call_put(check, call);
	}
	while ((call = check->deferred)) {
		check->deferred = call->next_task;
		call_put(check, call);
	}
	while ((call = check->spare)) {
		check->spare = call->next_task;
		free(call);
	}
	free(check);
}

/* What is read in one phase brings a slice of the last level each, and of that above it. */
#define MOST_SLICES (4 * PWT_MAX_STEPS)
/* Each of those slices may have that many leaves. */
#define MOST_CALLBACKS (PWT_MAX_STEPS * PWT_SLICE_ENTRIES)

/* Entries that a record brings: the path from the root and the run of entries at its end. */
static int add_entries(struct check *check, struct image *image, uint64_t addr,
		       const struct pwt_path *at, const uint64_t *entries, unsigned int nr)
{
	const struct geometry *geo = check->config.geo;
	uint64_t table = image->root;
	enum pgtable_level level = geometry_top(geo);
	unsigned int index, most;

	addr = geometry_untag(addr);
	if (at->depth < 1 || at->depth > geo->levels || image->nr_slices > MOST_SLICES)
		return -EINVAL;
	for (unsigned int i = 0; i + 1 < at->depth; i++, level--) {
		int err = image_add(image, level, table, addr, geometry_index(geo, level, addr), 1,
				    (const uint64_t *)&at->path[i]);

		if (err)
			return err;
		table = desc_address(geo, at->path[i]);
	}
	most = geometry_entries(geo, level);
	index = geometry_index(geo, level, addr);
	if (at->first > index || at->first >= most)
		return -EINVAL;
	if (nr > most - at->first)
		nr = most - at->first;
	if (at->first + nr <= index)
		return -EINVAL;
	if (entries[index - at->first] != at->path[at->depth - 1])
		image->torn = true;
	return image_add(image, level, table,
			 addr - (index - at->first) * geometry_size(geo, level), at->first, nr,
			 entries);
}

/* For the calls that were under way at the same time. */
static void remember(struct check *check, const struct call *call)
{
	uint64_t start = geometry_untag(call->change.addr);

	if (call->change.func != PWT_FN_RANGE)
		return;
	check->past[check->nr_past++ % HISTORY] = (struct past){
		start,
		start + call->change.size,
		call->change.time,
		call->end_time,
	};
}

static void hand_out(struct check *check, struct call *call)
{
	story_end(&call->change);
	check->stats.changes++;
	check->stats.verdicts[call->change.verdict]++;
	check->stats.own += call->change.own;
	check->emit(check->ctx, &call->change);
	call_put(check, call);
}

static void defer(struct check *check, struct call *call)
{
	call->next_task = NULL;
	call->nr_past = check->nr_past;
	*check->deferred_end = call;
	check->deferred_end = &call->next_task;
}

static bool judge(struct check *check, struct call *call, bool final)
{
	switch (call->change.func) {
	case PWT_FN_RANGE:
		return judge_range(check, call, final);
	case PWT_FN_COMMON:
		return judge_common(check, call, final);
	case PWT_FN_VMAP_PAGES:
	case PWT_FN_VMAP_SMALL:
	case PWT_FN_VMAP_RANGE:
		return judge_birth(check, call, final);
	case PWT_FN_VMALLOC:
		judge_vmalloc(check, call);
		return true;
	default:
		judge_entry_point(call);
		return true;
	}
}

/* @call has returned, or will not be heard of again. */
static int finish(struct check *check, struct call *call)
{
	struct call *parent = call->parent;
	int err = 0;

	if (parent && parent->change.func == PWT_FN_VMALLOC)
		birth_take_part(check, parent, call);
	else if (parent)
		err = common_take_child(check, parent, call);
	if (parent)
		call_weigh(check, parent);
	call_close(check, call);
	remember(check, call);
	gap_returned(check, call);
	if (call->change.func == PWT_FN_RANGE && story_concerns(&call->change))
		story_take(check, call);
	/* what it is made of comes first */
	if (!judge(check, call, false) || call->waiting) {
		call->story = parent;
		if (parent)
			parent->waiting++;
		defer(check, call);
		return err;
	}
	if (parent)
		story_join(check, parent, call);
	hand_out(check, call);
	return err;
}

/* Its end was not heard of: @lost_by_task tells whether because records of its task were lost. */
static int finish_lost(struct check *check, struct call *call, uint32_t lost_by_task)
{
	if (lost_by_task != call->lost_at_entry)
		call->record_lost = true;
	else
		call->probe_missed = true;
	return finish(check, call);
}

int call_lost(struct check *check, struct call *call)
{
	return finish_lost(check, call, call->lost_at_entry + 1);
}

/* What began inside @call and has not ended lost its end. */
static int finish_inner(struct check *check, const struct call *call, uint32_t lost_by_task)
{
	struct call *inner;
	int err = 0;

	while (!err && (inner = call_innermost(check, call->task)) != call)
		err = finish_lost(check, inner, lost_by_task);
	return err;
}

static int take_enter(struct check *check, const struct pwt_enter *enter)
{
	struct call *call = call_find(check, &enter->hdr);
	int err = 0;

	/* it has ended unheard; what began after it need not have been inside */
	if (call)
		err = finish_lost(check, call, enter->hdr.lost_by_task);
	if (err)
		return err;
	call = call_begin(check, enter);
	if (!call)
		return -ENOMEM;
	if (enter->at.depth && enter->at.nr > PWT_SMALL_ENTRIES)
		return -EINVAL;
	if (enter->at.depth)
		err = add_entries(check, &call->change.before, enter->args[0], &enter->at,
				  (const uint64_t *)enter->entries, enter->at.nr);
	return err;
}

/* The entry was lost, all that is known is in the exit. */
static int take_orphan(struct check *check, const struct pwt_exit *exit)
{
	struct pwt_enter enter = { .hdr = exit->hdr };
	struct call *call;

	gap_orphan(check, exit);
	if (exit->hdr.func == PWT_FN_RANGE)
		story_forget(check, geometry_untag(exit->args[0]), exit->args[1]);
	/* nothing was ever lost by this task: it was called before the hooks were there, or in a
	 * gap */
	if (!exit->hdr.lost_by_task)
		return 0;
	enter.hdr.flags = 0;
	enter.args[0] = exit->args[0];
	enter.args[1] = exit->args[1];
	enter.stack_id = enter.lazy_mmu = -1;
	/* not known, and so nothing is to be learned of the tracer's share in it */
	enter.preempt_count = check->preempt_share & 0xff;
	call = call_begin(check, &enter);
	if (!call)
		return -ENOMEM;
	call->change.preempt_count = 0;
	call->change.has_masks = false;
	call->change.has_ret = true;
	call->change.ret = exit->ret;
	call->end_time = exit->hdr.time;
	call->record_lost = true;
	return finish(check, call);
}

static int take_exit(struct check *check, const struct pwt_exit *exit)
{
	struct call *call = call_find(check, &exit->hdr);
	int err = 0;

	/* of another call in the same frame, whose entry went unseen as did the end of this one */
	if (call && call->change.addr != exit->args[0]) {
		err = finish_lost(check, call, exit->hdr.lost_by_task);
		call = NULL;
	}
	if (err)
		return err;
	if (!call)
		return take_orphan(check, exit);
	err = finish_inner(check, call, exit->hdr.lost_by_task);
	if (err)
		return err;
	call->change.ret = exit->ret;
	call->change.has_ret = true;
	if (call->change.func == PWT_FN_VMALLOC)
		birth_returned(check, call, exit->ret);
	call->change.duration = exit->hdr.time - call->change.time;
	call->end_time = exit->hdr.time;
	call->flags |= exit->hdr.flags;
	if (exit->hdr.lost_by_task != call->lost_at_entry)
		call->record_lost = true;
	if (exit->at.depth && exit->at.nr > PWT_SMALL_ENTRIES)
		err = -EINVAL;
	else if (exit->at.depth)
		err = add_entries(check, &call->change.after, exit->args[0], &exit->at,
				  (const uint64_t *)exit->entries, exit->at.nr);
	/* entries that make no sense: the call has ended all the same */
	if (err == -EINVAL)
		call->flags |= PWT_F_READ_FAULT;
	if (!err || err == -EINVAL) {
		int failed = finish(check, call);

		err = failed ? failed : err;
	}
	return err;
}

static int take_slice(struct check *check, const struct pwt_slice *slice)
{
	struct call *call = call_find(check, &slice->hdr);
	struct image *image;
	int err;

	if (!call)
		return 0;
	call->flags |= slice->hdr.flags;
	if (slice->hdr.flags & PWT_F_READ_FAULT)
		return 0;
	image = slice->hdr.phase == PWT_AFTER ? &call->change.after : &call->change.before;
	err = add_entries(check, image, slice->addr, &slice->at, (const uint64_t *)slice->entries,
			  slice->nr);
	call_weigh(check, call);
	return err;
}

static int take_pages(struct check *check, const struct pwt_pages *pages)
{
	struct call *call = call_find(check, &pages->hdr);
	int err = call ? birth_take_pages(check, call, pages) : 0;

	if (call)
		call_weigh(check, call);
	return err;
}

static int take_area(struct check *check, const struct pwt_area *area)
{
	struct call *call = call_innermost(check, area->hdr.task);

	if (!call || call->change.func != PWT_FN_COMMON || call->change.has_area)
		return 0;
	call->change.area = *area;
	call->change.has_area = true;
	return 0;
}

/* How long a walk may have taken that is known by its end alone, ns. */
#define WALK_TIME 1000000000ULL

/*
 * A walk of somebody else's, such as split_to_ptes_ops: whatever changed there meanwhile is its
 * doing.
 */
static int take_walk(struct check *check, const struct pwt_walk *walk)
{
	check->past[check->nr_past++ % HISTORY] = (struct past){
		.start = geometry_untag(walk->start),
		.end = geometry_untag(walk->end),
		.from = walk->hdr.time > WALK_TIME ? walk->hdr.time - WALK_TIME : 0,
		.to = walk->hdr.time,
	};
	return 0;
}

/* split_pud() and split_pmd() run inside the change that needs them. */
static int take_split(struct check *check, const struct pwt_split *split)
{
	struct call *call = call_innermost(check, split->hdr.task);

	if (!call || call->change.func != PWT_FN_RANGE || split->ret)
		return 0;
	if (split->hdr.func == PWT_FN_SPLIT_PUD)
		call->change.splits[PGTABLE_LEVEL_PUD]++;
	else if (split->hdr.func == PWT_FN_SPLIT_PMD)
		call->change.splits[PGTABLE_LEVEL_PMD]++;
	return 0;
}

static int take_callback(struct check *check, const struct pwt_callback *record)
{
	struct call *call = call_innermost(check, record->hdr.task);
	static const uint8_t levels[] = {
		[PWT_FN_PUD_ENTRY] = PGTABLE_LEVEL_PUD,
		[PWT_FN_PMD_ENTRY] = PGTABLE_LEVEL_PMD,
		[PWT_FN_PTE_ENTRY] = PGTABLE_LEVEL_PTE,
	};

	if (record->hdr.func < PWT_FN_PUD_ENTRY || record->hdr.func > PWT_FN_PTE_ENTRY)
		return -EINVAL;
	if (!call || call->change.func != PWT_FN_RANGE || call->nr_callbacks >= MOST_CALLBACKS)
		return 0;
	if (call->nr_callbacks == call->room_callbacks) {
		unsigned int room = call->room_callbacks ? call->room_callbacks * 2 : 16;
		struct model_callback *bigger = realloc(call->callbacks, room * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		call->callbacks = bigger;
		call->room_callbacks = room;
		call_weigh(check, call);
	}
	call->callbacks[call->nr_callbacks++] = (struct model_callback){
		levels[record->hdr.func],
		record->addr,
		record->next,
	};
	return 0;
}

/* Before verdicts that waited are given. */
static void look_for_unseen(struct check *check)
{
	check->unseen_before = check->unseen;
	if (check->config.unseen)
		check->unseen = check->config.unseen(check->config.unseen_ctx);
}

/* Is @call so old that what others did at its time will soon be forgotten? */
static bool overdue(const struct check *check, const struct call *call)
{
	return call && check->nr_past - call->nr_past > HISTORY / 2;
}

static void judge_deferred(struct check *check)
{
	struct call *call = check->deferred;

	check->deferred = call->next_task;
	if (!check->deferred)
		check->deferred_end = &check->deferred;
	judge(check, call, true);
	if (call->story) {
		call->story->waiting--;
		story_join(check, call->story, call);
	}
	hand_out(check, call);
}

/* It will not be handed out: what it is made of need not tell it anything. */
static void give_up(struct check *check, struct call *call)
{
	for (struct call *part = check->deferred; part && call->waiting; part = part->next_task)
		if (part->story == call) {
			part->story = NULL;
			call->waiting--;
		}
	call_close(check, call);
	call_put(check, call);
}

static size_t least_size(const struct pwt_hdr *hdr, size_t size)
{
	switch (hdr->type) {
	case PWT_ENTER:
		return sizeof(struct pwt_enter);
	case PWT_EXIT:
		return sizeof(struct pwt_exit);
	case PWT_SLICE:
		if (size < sizeof(struct pwt_slice) ||
		    ((const struct pwt_slice *)hdr)->nr > PWT_SLICE_ENTRIES)
			return SIZE_MAX;
		return sizeof(struct pwt_slice) + ((const struct pwt_slice *)hdr)->nr * 8;
	case PWT_WALK:
		return sizeof(struct pwt_walk);
	case PWT_CALLBACK:
		return sizeof(struct pwt_callback);
	case PWT_SPLIT:
		return sizeof(struct pwt_split);
	case PWT_AREA:
		return sizeof(struct pwt_area);
	case PWT_PAGES:
		if (size < sizeof(struct pwt_pages) ||
		    ((const struct pwt_pages *)hdr)->nr > PWT_SLICE_ENTRIES)
			return SIZE_MAX;
		return sizeof(struct pwt_pages) + ((const struct pwt_pages *)hdr)->nr * 8;
	default:
		return SIZE_MAX;
	}
}

static int take(struct check *check, const struct pwt_hdr *hdr)
{
	switch (hdr->type) {
	case PWT_ENTER:
		return take_enter(check, (const struct pwt_enter *)hdr);
	case PWT_EXIT:
		return take_exit(check, (const struct pwt_exit *)hdr);
	case PWT_SLICE:
		return take_slice(check, (const struct pwt_slice *)hdr);
	case PWT_AREA:
		return take_area(check, (const struct pwt_area *)hdr);
	case PWT_PAGES:
		return take_pages(check, (const struct pwt_pages *)hdr);
	case PWT_WALK:
		return take_walk(check, (const struct pwt_walk *)hdr);
	case PWT_SPLIT:
		return take_split(check, (const struct pwt_split *)hdr);
	case PWT_CALLBACK:
		return take_callback(check, (const struct pwt_callback *)hdr);
	default:
		return 0;
	}
}

int check_record(struct check *check, const void *record, size_t size)
{
	const struct pwt_hdr *hdr = record;
	int err = -EINVAL;

	if (check->gap.now)
		return 0;
	check->stats.records++;
	if (size >= sizeof(*hdr) && size >= least_size(hdr, size)) {
		if (check->gap.just_over && hdr->time)
			gap_over(check, hdr->time);
		err = take(check, hdr);
	}
	if (err == -EINVAL) {
		check->stats.malformed++;
		err = 0;
	}
	/* what others did at the same time is known by now, and will be forgotten */
	if (overdue(check, check->deferred))
		look_for_unseen(check);
	while (overdue(check, check->deferred))
		judge_deferred(check);
	return err ? err : calls_too_many(check) ? gap_drop(check, hdr->time) : 0;
}

void check_idle(struct check *check)
{
	if (check->deferred)
		look_for_unseen(check);
	while (check->deferred)
		judge_deferred(check);
}

void check_finish(struct check *check, const uint32_t *lost_by_task, size_t buckets)
{
	struct call *call;

	/* of what went on into a gap nothing was heard */
	while (check->gap.now && (call = check->open))
		call_lost(check, call);
	while ((call = check->open)) {
		uint32_t lost = lost_by_task ? lost_by_task[call->change.pid & (buckets - 1)] :
					       call->lost_at_entry;

		if (lost != call->lost_at_entry) {
			finish_lost(check, call, lost);
			continue;
		}
		check->stats.unfinished++;
		give_up(check, call);
	}
	check_idle(check);
}

const struct check_stats *check_stats(const struct check *check)
{
	return &check->stats;
}
