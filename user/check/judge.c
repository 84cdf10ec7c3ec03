// SPDX-License-Identifier: GPL-2.0-only
/* The verdict on a change of a range: the model's entries against those that were read. */
#include <errno.h>

#include "explain.h"
#include "geometry/descriptor.h"
#include "story.h"

static bool overlaps(uint64_t a_start, uint64_t a_end, uint64_t b_start, uint64_t b_end)
{
	return a_start < b_end && b_start < a_end;
}

/* What a change of [start, end) may touch: splitting reaches to the ends of a contiguous run. */
struct reach {
	uint64_t start, end;
	uint64_t align; /* of what others were asked for */
};

static bool reached(const struct reach *reach, uint64_t start, uint64_t end)
{
	return overlaps(start & ~(reach->align - 1), (end + reach->align - 1) & ~(reach->align - 1),
			reach->start, reach->end);
}

/* Was another change of these addresses under way while this one was? */
static bool others_reach(const struct comparison *cmp, const struct reach *reach)
{
	const struct check *check = cmp->check;
	const struct change *self = &cmp->call->change;
	uint64_t nr = check->nr_past < HISTORY ? check->nr_past : HISTORY;

	for (const struct call *other = check->open; other; other = other->next_open) {
		uint64_t addr = geometry_untag(other->change.addr);

		if (other != cmp->call && other->change.func == PWT_FN_RANGE &&
		    other->change.time <= cmp->call->end_time &&
		    reached(reach, addr, addr + other->change.size))
			return true;
	}
	for (uint64_t i = 0; i < nr; i++) {
		const struct past *past = &check->past[i];

		if (past->from <= cmp->call->end_time && past->to >= self->time &&
		    !(past->from == self->time && past->to == cmp->call->end_time) &&
		    reached(reach, past->start, past->end))
			return true;
	}
	return false;
}

/* Only the contiguous bit is gone, or a block became a table: that is what splitting does. */
static bool split_like(enum pgtable_level level, uint64_t before, uint64_t after)
{
	return (before & ~after) == PTE_CONT ||
	       (desc_leaf(before, level) && desc_table(after, level));
}

static bool others_doing(const struct comparison *cmp, enum pgtable_level level, uint64_t addr,
			 uint64_t before, uint64_t after)
{
	const struct check_config *config = &cmp->check->config;
	const struct geometry *geo = config->geo;
	struct reach reach = { addr, addr + geometry_size(geo, level), 1 };

	if ((config->rules.splits_leaves || config->rules.splits_unknown) &&
	    split_like(level, before, after))
		reach.align = geometry_size(geo, PGTABLE_LEVEL_PMD) * geo->cont_pmds;
	return others_reach(cmp, &reach);
}

bool others_changed(const struct comparison *cmp, uint64_t start, uint64_t end)
{
	return others_reach(cmp, &(struct reach){ start, end, 1 });
}

static void note(struct noted *noted, enum pgtable_level level, uint64_t addr, uint64_t before,
		 uint64_t expected, uint64_t after, bool fresh)
{
	if (noted->diff.found)
		return;
	noted->diff = (struct difference){ true, level, addr, before, expected, after };
	noted->fresh = fresh;
}

/* A neighbour that was mapped, unmapped or mapped elsewhere: vmalloc's doing, not a permission. */
static bool remapped(const struct geometry *geo, uint64_t before, uint64_t after)
{
	return !before || !after || desc_address(geo, before) != desc_address(geo, after);
}

static void compare_table(struct comparison *cmp, enum pgtable_level level, uint64_t addr,
			  uint64_t before, uint64_t expected, uint64_t after)
{
	/*
	 * FEAT_HAFT sets the access flag of tables; a table where there was a hole is another
	 * mapping's
	 */
	if (!before || ((expected ^ after) & ~PTE_AF) == 0)
		return;
	if (others_doing(cmp, level, addr, before, after)) {
		cmp->raced = true;
		return;
	}
	note(&cmp->table, level, addr, before, expected, after, false);
}

/*
 * Up to v6.17 set_direct_map_*() call apply_to_page_range() themselves, past every hook: what they
 * do to a page of the linear map beside the range is nothing to hold against this change.
 */
static bool past_the_hooks(const struct check_config *config, uint64_t addr, uint64_t before,
			   uint64_t after)
{
	return config->rules.apply_to_page_range && zone_of(config->zones, addr) == ZONE_LINEAR &&
	       !((before ^ after) & ~(PTE_VALID | PTE_NG | PTE_RDONLY | PTE_WRITE));
}

/* @fresh: in a table that a split of this change made, where nothing was before */
static void compare_leaf(struct comparison *cmp, enum pgtable_level level, uint64_t addr,
			 uint64_t before, uint64_t expected, uint64_t after, bool fresh)
{
	const struct geometry *geo = cmp->check->config.geo;
	uint64_t end = addr + geometry_size(geo, level);
	bool inside = overlaps(addr, end, cmp->start, cmp->end);

	if (before & ~expected & PTE_CONT) {
		cmp->cont_due++;
		cmp->cont_kept += !!(after & PTE_CONT);
	}
	if (expected == after) {
		cmp->right += inside && (before != after || fresh);
		return;
	}
	if (!inside && !fresh &&
	    (remapped(geo, before, after) ||
	     past_the_hooks(&cmp->check->config, addr, before, after)))
		return;
	if (others_doing(cmp, level, addr, before, after)) {
		cmp->raced |= inside;
		return;
	}
	if (!inside) {
		note(&cmp->outside, level, addr, before, expected, after, fresh);
		return;
	}
	/* as the split left it, and the walk did not come by */
	if (fresh && apply_masks(&cmp->call->change, after) == expected)
		before = after;
	cmp->wrong++;
	cmp->unchanged += before == after;
	note(&cmp->inside, level, addr, before, expected, after, fresh);
}

static void compare_entry(struct comparison *cmp, enum pgtable_level level, uint64_t addr,
			  uint64_t before, uint64_t expected, uint64_t after, bool fresh)
{
	if (desc_table(before, level) || desc_table(expected, level) || desc_table(after, level))
		compare_table(cmp, level, addr, before, expected, after);
	else
		compare_leaf(cmp, level, addr, before, expected, after, fresh);
}

/* Slice @nr of both images, if it is of the same entries: mostly it is. NULL if not. */
static const struct image_slice *twin_slice(const struct image *image, const struct image *other,
					    uint32_t nr)
{
	const struct image_slice *slice = &image->slices[nr], *twin = &other->slices[nr];

	if (nr >= other->nr_slices || twin->table != slice->table || twin->first != slice->first ||
	    twin->nr != slice->nr)
		return NULL;
	return twin;
}

static void compare_twin(struct comparison *cmp, const struct image *expected,
			 const struct image_slice *slice, const struct image_slice *twin)
{
	const struct change *change = &cmp->call->change;
	const uint64_t *after = image_slice_entries(&change->after, slice);
	const uint64_t *want = image_slice_entries(expected, twin);
	/* the model's copy has the entries before in their order, new tables behind */
	bool fresh = twin->offset >= change->before.nr_entries;
	const uint64_t *before = fresh ? want : change->before.entries + twin->offset;
	uint64_t size = geometry_size(expected->geo, slice->level), any = 0;

	for (unsigned int i = 0; i < slice->nr; i++) {
		any |= after[i];
		if (before[i] != want[i] || want[i] != after[i] || fresh)
			compare_entry(cmp, slice->level, slice->addr + i * size, before[i], want[i],
				      after[i], fresh);
	}
	cmp->any |= any;
}

static void compare_slice(struct comparison *cmp, const struct image *expected, uint32_t nr)
{
	const struct change *change = &cmp->call->change;
	const struct image_slice *slice = &change->after.slices[nr];
	const struct image_slice *twin = twin_slice(&change->after, expected, nr);
	const uint64_t *after = image_slice_entries(&change->after, slice);
	uint64_t size = geometry_size(change->after.geo, slice->level);

	if (twin) {
		compare_twin(cmp, expected, slice, twin);
		return;
	}
	for (unsigned int i = 0; i < slice->nr; i++) {
		const uint64_t *want = image_entry(expected, slice->table, slice->first + i);
		bool fresh;

		cmp->any |= after[i];
		if (!want)
			continue;
		fresh = want - expected->entries >= change->before.nr_entries;
		compare_entry(cmp, slice->level, slice->addr + i * size,
			      fresh ? *want : change->before.entries[want - expected->entries],
			      *want, after[i], fresh);
	}
}

/*
 * Was every entry of the range that was read before read after, too? Not where a table is another
 * one now, but that is a difference of its own.
 */
static bool read_again(const struct comparison *cmp, const struct image *expected)
{
	const struct image *after = &cmp->call->change.after;

	for (uint32_t n = 0; n < expected->nr_slices; n++) {
		const struct image_slice *slice = &expected->slices[n];
		uint64_t size = geometry_size(expected->geo, slice->level);

		if (twin_slice(expected, after, n))
			continue;
		for (unsigned int i = 0; i < slice->nr; i++)
			if (overlaps(slice->addr + i * size, slice->addr + (i + 1) * size,
				     cmp->start, cmp->end) &&
			    !image_entry(after, slice->table, slice->first + i))
				return false;
	}
	return true;
}

/* Callbacks as captured, against those of the model's walk. */
struct callback_check {
	const struct call *call;
	unsigned int seen;
	bool wrong;
};

static void check_callback(void *ctx, const struct model_callback *want)
{
	struct callback_check *check = ctx;
	const struct model_callback *got;

	if (check->seen >= check->call->nr_callbacks) {
		check->seen++;
		check->wrong = true;
		return;
	}
	got = &check->call->callbacks[check->seen++];
	if (got->level != want->level || got->addr != want->addr || got->next != want->next)
		check->wrong = true;
}

static enum reason gap_reason(enum model_gap gap)
{
	switch (gap) {
	case MODEL_GAP_SPLIT_STATE:
		return REASON_SPLIT_STATE;
	case MODEL_GAP_ALLOCATES:
		return REASON_ALLOCATES_TABLE;
	default:
		return REASON_NOT_CAPTURED;
	}
}

static void conclude(struct change *change, const struct comparison *cmp,
		     const struct model_result *model, const struct callback_check *callbacks)
{
	bool differs = cmp->table.diff.found || cmp->inside.diff.found || cmp->outside.diff.found;

	change->expected_ret = model->ret;
	change->boundary = model->boundary;
	for (int level = 0; level < PGTABLE_NR_LEVELS; level++)
		change->leaves[level] = model->leaves[level];

	if (cmp->raced)
		set_verdict(change, VERDICT_RACED, REASON_CONCURRENT_CHANGE);
	else if (change->ret != model->ret)
		set_verdict(change, VERDICT_MISMATCH, explain_return(cmp, model, &change->diff));
	else if (differs)
		set_verdict(change, VERDICT_MISMATCH,
			    explain_difference(cmp, model, &change->diff));
	else if (callbacks->wrong)
		set_verdict(change, VERDICT_MISMATCH, REASON_CALLBACK_ORDER);
	else
		set_verdict(change, VERDICT_MATCH, REASON_NONE);

	if (model->boundary.found && change->ret == -EINVAL)
		add_finding(change, FINDING_BLOCK_BOUNDARY);
	if (!change->size && change->ret == -EINVAL)
		add_finding(change, FINDING_EMPTY_RANGE);
	story_findings(cmp, change);
}

bool unusable(struct change *change, struct call *call)
{
	if (is_lost(call))
		return true;
	if (call->flags & PWT_F_TRUNCATED)
		set_verdict(change, VERDICT_UNKNOWN, REASON_RANGE_TOO_LARGE);
	else if (call->flags & PWT_F_READ_FAULT)
		set_verdict(change, VERDICT_UNKNOWN, REASON_UNREADABLE);
	else if (change->before.torn || change->after.torn)
		set_verdict(change, VERDICT_RACED, REASON_TORN_READ);
	else
		return false;
	return true;
}

/* The table that stands at @level of @addr after the change. */
static uint64_t new_table(void *ctx, enum pgtable_level level, uint64_t addr)
{
	const struct image *after = ctx;
	const struct geometry *geo = after->geo;
	uint64_t table = after->root;

	for (int at = geometry_top(geo); at >= (int)level; at--) {
		const uint64_t *entry = image_entry(after, table, geometry_index(geo, at, addr));

		if (!entry || !desc_table(*entry, at))
			return 0;
		table = desc_address(geo, *entry);
	}
	return table;
}

bool judge_range(struct check *check, struct call *call, bool final)
{
	struct change *change = &call->change;
	struct model_request request = {
		.start = geometry_untag(change->addr),
		.size = change->size,
		.set_mask = change->set_mask,
		.clear_mask = change->clear_mask,
		.new_table = new_table,
		.ctx = &change->after,
	};
	struct callback_check callbacks = { .call = call };
	struct comparison cmp = {
		.check = check,
		.call = call,
		.start = request.start,
		.end = request.start + request.size,
	};
	struct model_result model;
	struct image expected;
	bool seen, wrong;

	if (unusable(change, call))
		return true;
	if (image_copy(&expected, &change->before)) {
		set_verdict(change, VERDICT_UNKNOWN, REASON_NOT_CAPTURED);
		return true;
	}
	model_update_range_prot(&expected, &check->config.rules, &request, &model,
				check->config.callbacks ? check_callback : NULL, &callbacks);
	cmp.split = expected.nr_entries > change->before.nr_entries;
	/* nothing is read of a range without a page, and no walk begins */
	if (!change->size && model.gap == MODEL_GAP_NOT_CAPTURED) {
		model.gap = MODEL_NO_GAP;
		model.ret = -EINVAL;
	}
	/* the allocator's failure is nothing that could be foreseen */
	if (change->ret == -ENOMEM && check->config.rules.splits_leaves &&
	    (cmp.split || model.gap || !change->size)) {
		set_verdict(change, VERDICT_UNKNOWN, REASON_SPLIT);
		image_release(&expected);
		return true;
	}
	if (model.gap) {
		set_verdict(change, VERDICT_UNKNOWN, gap_reason(model.gap));
		image_release(&expected);
		return true;
	}
	for (uint32_t i = 0; i < change->after.nr_slices; i++)
		compare_slice(&cmp, &expected, i);
	seen = read_again(&cmp, &expected);
	image_release(&expected);
	if (check->config.callbacks)
		callbacks.wrong |= callbacks.seen != call->nr_callbacks;
	wrong = !seen || cmp.table.diff.found || cmp.inside.diff.found || cmp.outside.diff.found ||
		callbacks.wrong || change->ret != model.ret || call->was_ro || call->unsure_ro;
	/* what others did, or what was not seen, may yet explain it */
	if (wrong && !final)
		return false;
	if (wrong && is_unseen(check, change))
		return true;
	if (!seen && !cmp.raced && !cmp.table.diff.found) {
		set_verdict(change, VERDICT_UNKNOWN, REASON_NOT_CAPTURED);
		return true;
	}
	conclude(change, &cmp, &model, &callbacks);
	if ((call->was_ro || call->unsure_ro) && change->verdict == VERDICT_MATCH)
		story_was_ro(&cmp, change);
	return true;
}
