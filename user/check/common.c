// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict on change_memory_common(): was the request rightly refused, and if not, did it change
 * its range and, for ro and rw, the linear alias of each of its pages (arch/arm64/mm/pageattr.c).
 */
#include <errno.h>
#include <stdlib.h>

#include "call.h"
#include "geometry/descriptor.h"
#include "story.h"

/* Of 4 GiB of pages. */
#define MOST_ALIASES (1U << 20)

static uint64_t page_start(const struct check *check, const struct change *change)
{
	return geometry_untag(change->addr) & ~(geometry_page_size(check->config.geo) - 1);
}

static int add_alias(struct common *common, uint64_t addr)
{
	if (common->aliases == common->room) {
		unsigned int room = common->room ? common->room * 2 : 64;
		uint64_t *bigger = realloc(common->alias_addrs, room * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		common->alias_addrs = bigger;
		common->room = room;
	}
	common->alias_addrs[common->aliases++] = addr;
	return 0;
}

static int add_aliases(const struct check *check, struct common *common,
		       const struct change *change)
{
	uint64_t page = geometry_page_size(check->config.geo), addr = geometry_untag(change->addr);
	int err = 0;

	if (change->size / page > MOST_ALIASES - common->aliases)
		return -E2BIG;
	for (uint64_t size = 0; !err && size < change->size; size += page)
		err = add_alias(common, addr + size);
	return err;
}

/*
 * The linear address of each page of the range has to be among the aliases changed before. They
 * come in the order of the pages, be it of the range or (up to v6.18) of the whole area.
 */
static bool aliases_cover(const struct check *check, const struct common *common,
			  const struct change *own)
{
	uint64_t page = geometry_page_size(check->config.geo), addr = geometry_untag(own->addr);
	unsigned int next = 0;

	for (uint64_t end = addr + own->size; addr < end; addr += page) {
		enum pgtable_level level;
		const uint64_t *entry = image_lookup(&own->before, addr, &level);
		uint64_t alias;

		if (!entry || level != PGTABLE_LEVEL_PTE)
			return true; /* not known */
		alias = desc_address(check->config.geo, *entry) + check->config.phys_to_virt;
		while (next < common->aliases && common->alias_addrs[next] != alias)
			next++;
		if (next++ >= common->aliases)
			return false;
	}
	return true;
}

int common_take_child(struct check *check, struct call *parent, const struct call *child)
{
	const struct change *change = &child->change;
	struct common *common = &parent->common;

	if (change->has_ret && change->ret && !common->first_error)
		common->first_error = change->ret;
	parent->record_lost |= child->record_lost;
	parent->probe_missed |= child->probe_missed;
	if (parent->change.func == PWT_FN_COMMON &&
	    (geometry_untag(change->addr) != page_start(check, &parent->change) ||
	     change->size != parent->change.size)) {
		int err = add_aliases(check, common, change);

		if (err == -E2BIG)
			parent->flags |= PWT_F_TRUNCATED;
		return err == -E2BIG ? 0 : err;
	}
	common->own++;
	common->own_ret = change->ret;
	if (common->aliases)
		common->alias_wrong = !aliases_cover(check, common, change);
	return 0;
}

/*
 * set_memory_valid() and set_direct_map_*(): what they are made of is judged by itself, and they
 * hand on its return value. Without any (!can_set_direct_map(), or a kernel where the part is not
 * hooked) nothing is known.
 */
void judge_entry_point(struct call *call)
{
	struct change *change = &call->change;

	change->expected_ret = call->common.own_ret;
	if (is_lost(call))
		return;
	if (!call->common.own)
		set_verdict(change, VERDICT_UNKNOWN, REASON_NOTHING_SEEN);
	else if (change->ret != change->expected_ret)
		set_verdict(change, VERDICT_MISMATCH, REASON_RETURN_VALUE);
	else
		set_verdict(change, VERDICT_MATCH, REASON_NONE);
}

static void settle(struct settled *rule, bool yes, uint64_t seq)
{
	if (rule->answer == OP_UNKNOWN)
		*rule = (struct settled){ yes ? OP_YES : OP_NO, seq };
}

/*
 * Is an area with VM_ALLOW_HUGE_VMAP refused (fcf8dda8cc48)? A kernel without that goes on with the
 * walk, whose own verdict tells whether that was right. None does now this and now that.
 */
static bool refuses_huge(struct check *check, const struct call *call)
{
	struct settled *rule = &check->stats.refuses_huge;
	bool refused = call->change.ret == -EINVAL && !call->common.own && !call->common.aliases;

	if (refused || call->common.own)
		settle(rule, refused, call->change.seq);
	return refused || rule->answer == OP_YES;
}

/* Why the request is refused before anything is looked at, FINDING_NR: it is not. */
static enum finding refusal(struct check *check, const struct call *call)
{
	const struct pwt_area *area = &call->change.area;
	uint64_t end = page_start(check, &call->change) + call->change.size;

	if (!area->addr)
		return FINDING_NO_AREA;
	if (end > geometry_untag(area->addr) + area->size)
		return FINDING_PAST_AREA_END;
	if (!(area->flags & VM_ALLOC))
		return FINDING_NOT_VM_ALLOC;
	if ((area->flags & VM_ALLOW_HUGE_VMAP) && refuses_huge(check, call))
		return FINDING_HUGE_AREA;
	return FINDING_NR;
}

static bool changes_alias(const struct check *check, const struct change *change)
{
	return check->config.rules.rodata_full &&
	       (change->set_mask == PTE_RDONLY || change->clear_mask == PTE_RDONLY);
}

static bool whole_area(const struct call *call)
{
	return call->change.has_area && call->common.aliases == call->change.area.nr_pages;
}

/* Does the number of aliases show whether they are those of the range or of the area? */
static bool tells_loop(const struct call *call, unsigned int pages)
{
	return call->change.has_area && call->change.area.nr_pages != pages &&
	       (call->common.aliases == pages || whole_area(call));
}

/* Did the kernel change the other kind of aliases than it did before? */
static enum reason other_loop(const struct check *check, const struct call *call,
			      unsigned int pages)
{
	enum op_answer area = check->stats.alias_area.answer;

	if (area == OP_UNKNOWN || !tells_loop(call, pages) || (area == OP_YES) == whole_area(call))
		return REASON_NONE;
	return area == OP_YES ? REASON_ALIAS_MISSED : REASON_ALIAS_TOO_WIDE;
}

/* What is missing in the story of a request that was not refused. */
static enum reason missing(const struct check *check, const struct call *call)
{
	const struct common *common = &call->common;
	unsigned int pages = call->change.size / geometry_page_size(check->config.geo);

	if (!common->own)
		return common->first_error ? REASON_NONE : REASON_ENTRY_NOT_CHANGED;
	if (!changes_alias(check, &call->change))
		return common->aliases ? REASON_ALIAS_RANGE : REASON_NONE;
	if (common->aliases < pages)
		return REASON_ALIAS_MISSED;
	if (common->aliases == pages || whole_area(call) || !call->change.has_area)
		return common->alias_wrong ? REASON_ALIAS_RANGE : other_loop(check, call, pages);
	/* neither those of the range nor those of the area: which was it to be? */
	return common->alias_wrong ? REASON_ALIAS_MISSED : REASON_ALIAS_TOO_WIDE;
}

static enum reason wrong_return(const struct change *change)
{
	return change->expected_ret && !change->ret ? REASON_ERROR_AS_SUCCESS : REASON_RETURN_VALUE;
}

static void judge_refused(struct call *call, enum finding why)
{
	struct change *change = &call->change;
	bool touched = call->common.own || call->common.aliases;

	change->expected_ret = -EINVAL;
	add_finding(change, why);
	if (change->ret == -EINVAL && !touched)
		set_verdict(change, VERDICT_MATCH, REASON_NONE);
	else
		set_verdict(change, VERDICT_MISMATCH, wrong_return(change));
}

static bool judge_carried_out(struct check *check, struct call *call, bool final)
{
	const struct common *common = &call->common;
	struct change *change = &call->change;
	enum reason gap = change->size ? missing(check, call) : REASON_NONE;

	change->expected_ret = common->own ? common->own_ret : common->first_error;
	if (gap != REASON_NONE) {
		if (!final)
			return false;
		/* a probe that did not run, or nothing that ran? */
		if (!is_unseen(check, change))
			set_verdict(change, VERDICT_MISMATCH, gap);
	} else if (change->ret != change->expected_ret) {
		set_verdict(change, VERDICT_MISMATCH, wrong_return(change));
	} else if (!change->ret && common->alias_writable && changes_alias(check, change)) {
		set_verdict(change, VERDICT_MISMATCH, REASON_ALIAS_WRITABLE);
	} else {
		set_verdict(change, VERDICT_MATCH, REASON_NONE);
		if (changes_alias(check, change) && common->own &&
		    tells_loop(call, change->size / geometry_page_size(check->config.geo)))
			settle(&check->stats.alias_area, whole_area(call), change->seq);
	}
	if (common->first_error && !change->ret)
		add_finding(change, FINDING_ERROR_SWALLOWED);
	if (common->aliases > change->size / geometry_page_size(check->config.geo))
		add_finding(change, FINDING_WIDE_ALIAS);
	return true;
}

/* Does its verdict hang on a rule that may have been settled where nobody looked? */
static bool hangs_on_rules(const struct check *check, const struct call *call)
{
	const struct change *change = &call->change;
	const struct check_stats *stats = &check->stats;
	unsigned int pages = change->size / geometry_page_size(check->config.geo);

	if (stats->refuses_huge.answer == OP_UNKNOWN && change->has_area &&
	    (change->area.flags & VM_ALLOW_HUGE_VMAP))
		return true;
	return stats->alias_area.answer == OP_UNKNOWN && changes_alias(check, change) &&
	       tells_loop(call, pages);
}

bool judge_common(struct check *check, struct call *call, bool final)
{
	const struct common *common = &call->common;
	struct change *change = &call->change;
	enum finding why = FINDING_NR;

	if (check->gap.unknown_rules && hangs_on_rules(check, call))
		call->record_lost = true;
	if (is_lost(call))
		return true;
	if (call->flags & PWT_F_TRUNCATED) {
		set_verdict(change, VERDICT_UNKNOWN, REASON_RANGE_TOO_LARGE);
		return true;
	}
	if (check->config.rules.rodata_full_unknown) {
		set_verdict(change, VERDICT_UNKNOWN, REASON_RODATA_UNKNOWN);
		return true;
	}
	if (change->has_area)
		why = refusal(check, call);
	else if (change->ret && !common->own && !common->aliases) {
		set_verdict(change, VERDICT_UNKNOWN, REASON_NO_AREA);
		return true;
	}
	if (why != FINDING_NR) {
		judge_refused(call, why);
		return true;
	}
	return judge_carried_out(check, call, final);
}
