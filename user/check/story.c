// SPDX-License-Identifier: GPL-2.0-only
#include "story.h"

#include "geometry/descriptor.h"

/* linux/preempt.h: anything but preemption, which the tracer may take part in. */
#define ATOMIC_CONTEXT 0x00ffff00U
#define PREEMPT_BITS   0x000000ffU

static bool makes_ro(const struct change *change)
{
	return change->set_mask & PTE_RDONLY;
}

static bool makes_executable(const struct change *change)
{
	return change->clear_mask & PTE_PXN;
}

/* Does a table above @addr forbid what the leaf allows? */
static bool table_forbids(const struct image *image, uint64_t addr)
{
	uint64_t table = image->root;

	for (int at = geometry_top(image->geo); at > PGTABLE_LEVEL_PTE; at--) {
		const uint64_t *entry = image_entry(image, table,
						    geometry_index(image->geo, at, addr));

		if (!entry || !desc_table(*entry, at))
			return false;
		if (*entry & TABLE_PXN)
			return true;
		table = desc_address(image->geo, *entry);
	}
	return false;
}

bool story_wx(const struct image *image, uint64_t addr, uint64_t leaf)
{
	return writable_executable(leaf) && !table_forbids(image, addr);
}

/* What is looked for among the leaves of a range: @image has @leaf for @addr. */
typedef bool (*leaf_test)(const struct image *image, uint64_t addr, uint64_t leaf);

/* The first leaf of the range, as it is after the change, that @is_it is true of. */
static bool leaves_any(const struct change *change, leaf_test is_it, struct difference *where)
{
	const struct image *image = &change->after;
	uint64_t start = geometry_untag(change->addr), end = start + change->size;

	for (uint32_t i = 0; i < image->nr_slices; i++) {
		const struct image_slice *slice = &image->slices[i];
		const uint64_t *entries = image_slice_entries(image, slice);
		uint64_t size = geometry_size(image->geo, slice->level);

		for (unsigned int n = 0; n < slice->nr; n++) {
			uint64_t addr = slice->addr + n * size;

			if (addr + size <= start || addr >= end ||
			    desc_table(entries[n], slice->level) || !is_it(image, addr, entries[n]))
				continue;
			*where = (struct difference){ .found = true,
						      .level = slice->level,
						      .addr = addr,
						      .after = entries[n] };
			return true;
		}
	}
	return false;
}

/* Is any of the range writable and executable after the change? */
static bool leaves_wx(const struct change *change, struct difference *where)
{
	return leaves_any(change, story_wx, where);
}

static bool invalid_leaf(const struct image *image, uint64_t addr, uint64_t leaf)
{
	(void)image;
	(void)addr;
	return leaf && !desc_valid(leaf);
}

/* Are all pages of the range in leaves that the model changed, and the kernel as it did? */
static bool is_all_changed(const struct change *change)
{
	uint64_t bytes = 0;

	if (change->verdict != VERDICT_MATCH)
		return false;
	for (enum pgtable_level level = 0; level < PGTABLE_NR_LEVELS; level++)
		bytes += (uint64_t)change->leaves[level]
			 << geometry_shift(change->after.geo, level);
	return bytes == change->size;
}

/*
 * Before 15bfba1ad77f the walk takes an invalid block for a hole, and says that it made it valid.
 * Something is mapped there as long as the entry is not 0.
 */
static bool leaves_invalid(const struct change *change)
{
	struct difference where;

	return (change->set_mask & PTE_VALID) && !change->ret && !is_all_changed(change) &&
	       leaves_any(change, invalid_leaf, &where);
}

static struct made_ro *place(struct check *check, uint64_t start)
{
	return &check->made_ro[(start >> check->config.geo->page_shift) % MADE_RO];
}

/* The physical address behind @start after the change, and whether it is read-only; 0: not known.
 */
static uint64_t read_only_page(const struct change *change, uint64_t start)
{
	enum pgtable_level level;
	const uint64_t *entry = image_lookup(&change->after, start, &level);

	if (!entry || !desc_valid(*entry) || !(*entry & PTE_RDONLY))
		return 0;
	return desc_address(change->after.geo, *entry);
}

void story_forget(struct check *check, uint64_t start, uint64_t size)
{
	uint64_t end = start + size;

	for (unsigned int i = 0; i < MADE_RO; i++) {
		struct made_ro *made = &check->made_ro[i];

		if (made->task && start < made->start + made->size && made->start < end)
			made->task = 0;
	}
}

/* Was it this task that made just this memory read-only, with nothing seen to undo it? */
static bool was_made_ro(struct check *check, const struct call *call, uint64_t start)
{
	const struct change *change = &call->change;
	const struct made_ro *made = place(check, start);
	enum pgtable_level level;
	const uint64_t *entry;

	if (made->task != call->task || made->start != start || made->size != change->size ||
	    change->time - made->time > STORY_ROX_TIME)
		return false;
	/* an area that was freed and made anew is of other pages */
	entry = image_lookup(&change->after, start, &level);
	return entry && desc_address(change->after.geo, *entry) == made->pa;
}

void story_take(struct check *check, struct call *call)
{
	const struct change *change = &call->change;
	uint64_t start = geometry_untag(change->addr), pa;
	struct difference where;

	/* the linear map has no executable pages, and changes more often than all the rest */
	if (change->zone == ZONE_LINEAR || rule_off(check, RULE_WX))
		return;
	if (makes_executable(change)) {
		if (change->ret || !leaves_wx(change, &where))
			return;
		call->was_ro = was_made_ro(check, call, start);
		call->unsure_ro = !call->was_ro && change->time < check->gap.unsure_until;
		return;
	}
	story_forget(check, start, change->size);
	pa = makes_ro(change) && !change->ret ? read_only_page(change, start) : 0;
	if (pa)
		*place(check, start) = (struct made_ro){ call->task, start, change->size, pa,
							 call->end_time };
}

void story_was_ro(const struct comparison *cmp, struct change *change)
{
	struct difference where;

	if (others_changed(cmp, cmp->start, cmp->end) || !leaves_wx(change, &where))
		return;
	if (cmp->call->unsure_ro) {
		set_verdict(change, VERDICT_LOST, REASON_RECORD_LOST);
		return;
	}
	where.before = where.after | (change->clear_mask & PTE_PXN);
	where.expected = (where.after & ~PTE_WRITE) | PTE_RDONLY;
	change->diff = where;
	set_verdict(change, VERDICT_MISMATCH, REASON_WX_AFTER_SUCCESS);
}

static bool run_differs(const struct image *image, const struct image_slice *slice)
{
	const uint64_t *entries = image_slice_entries(image, slice);
	unsigned int run = geometry_run(image->geo, slice->level);
	uint64_t alike = ~(desc_from_address(image->geo, ~0ULL) | PTE_AF | PTE_DIRTY);

	if (run == 1)
		return false;
	for (unsigned int n = 1; n < slice->nr; n++)
		if ((slice->first + n) % run && ((entries[n] | entries[n - 1]) & PTE_CONT) &&
		    !desc_table(entries[n], slice->level) &&
		    ((entries[n] ^ entries[n - 1]) & alike))
			return true;
	return false;
}

/* Members of a contiguous run that were read, side by side, and are not alike. */
static bool has_broken_run(const struct image *image)
{
	for (uint32_t i = 0; i < image->nr_slices; i++)
		if (run_differs(image, &image->slices[i]))
			return true;
	return false;
}

/* Was a live entry changed in what may only be changed by way of an invalid one (Arm ARM D8.17)? */
static bool breaks_before_make(const struct geometry *geo, const struct difference *diff)
{
	bool was_table = desc_table(diff->before, diff->level);
	bool is_table = desc_table(diff->after, diff->level);

	if (!diff->found || !desc_valid(diff->before) || !desc_valid(diff->after))
		return false;
	if (was_table || is_table)
		return was_table != is_table;
	return ((diff->before ^ diff->after) & PTE_CONT) ||
	       desc_address(geo, diff->before) != desc_address(geo, diff->after);
}

/*
 * The preempt_count that was recorded may have a share of the tracer's own. It is the same for each
 * call, so that the least that was ever seen is at least that share, and what is more than that
 * is the kernel's. Interrupts that are merely masked do not show in it.
 */
static bool is_atomic(const struct check *check, const struct change *change)
{
	return (change->preempt_count & ATOMIC_CONTEXT) ||
	       (change->preempt_count & PREEMPT_BITS) > check->preempt_share;
}

/*
 * split_kernel_leaf_mapping() takes a mutex before it looks whether there is something to split;
 * not for KFENCE, which changes its pages anywhere (ce2b3a50ad92).
 */
static bool may_sleep(const struct check *check, const struct change *change)
{
	const struct check_config *config = &check->config;
	uint64_t page = geometry_page_size(config->geo);

	return config->rules.splits_leaves && !((change->addr | change->size) & (page - 1)) &&
	       !(config->in_kfence_pool &&
		 config->in_kfence_pool(config->kfence_ctx, geometry_untag(change->addr)));
}

void story_findings(const struct comparison *cmp, struct change *change)
{
	const struct check *check = cmp->check;
	const struct model_rules *rules = &check->config.rules;
	struct difference where;

	if (change->verdict == VERDICT_RACED)
		return;
	if (is_atomic(check, change) && may_sleep(check, change))
		add_finding(change, FINDING_SLEEP_IN_ATOMIC);
	if ((cmp->any & PTE_CONT) && !rule_off(check, RULE_CONTIGUOUS_RUN) &&
	    has_broken_run(&change->after))
		add_finding(change, FINDING_BROKEN_RUN);
	if (change->verdict == VERDICT_MISMATCH && !rules->splits_leaves &&
	    !rules->splits_unknown && !rule_off(check, RULE_BREAK_BEFORE_MAKE) &&
	    breaks_before_make(check->config.geo, &change->diff))
		add_finding(change, FINDING_BREAK_BEFORE_MAKE);
	if (story_concerns(change) && !change->ret && !rule_off(check, RULE_WX) &&
	    leaves_wx(change, &where))
		add_finding(change, FINDING_WX);
	if (leaves_invalid(change))
		add_finding(change, FINDING_STILL_INVALID);
}

void story_address(const struct check *check, struct change *change)
{
	/* set_direct_map_*() take a struct page */
	if (!change->has_masks && change->func != PWT_FN_SET_MEMORY_VALID)
		return;
	if (change->addr & (geometry_page_size(check->config.geo) - 1))
		add_finding(change, FINDING_UNALIGNED);
	if (change->addr != geometry_untag(change->addr))
		add_finding(change, FINDING_TAGGED);
}

/* From a verdict that says nothing is wrong to the one that says something is. */
static unsigned int weight(enum verdict verdict)
{
	static const unsigned char weights[VERDICT_NR] = {
		[VERDICT_MATCH] = 0, [VERDICT_RACED] = 1,    [VERDICT_UNKNOWN] = 2,
		[VERDICT_LOST] = 3,  [VERDICT_MISMATCH] = 4,
	};

	return weights[verdict];
}

static void worse(struct story *story, const struct change *change)
{
	if (story->parts && weight(change->verdict) <= weight(story->verdict))
		return;
	story->verdict = change->verdict;
	story->reason = change->reason;
	story->seq = change->seq;
}

/* The alias of a page, after ro: read in the call, so that nothing can have come between. */
static bool is_writable_alias(const struct call *whole, const struct change *part)
{
	uint64_t addr = geometry_untag(part->addr);
	enum pgtable_level level;
	const uint64_t *entry;

	if (whole->change.func != PWT_FN_COMMON || !makes_ro(&whole->change) || !part->ret ||
	    part->zone != ZONE_LINEAR || part->verdict != VERDICT_MATCH)
		return false;
	entry = image_lookup(&part->after, addr, &level);
	return entry && desc_valid(*entry) && !desc_table(*entry, level) && !(*entry & PTE_RDONLY);
}

void story_join(const struct check *check, struct call *whole, const struct call *part)
{
	struct story *story = &whole->change.story;
	const struct story *inner = &part->change.story;

	worse(story, &part->change);
	/* with --calls a part has parts, too */
	if (inner->parts && weight(inner->verdict) > weight(story->verdict)) {
		story->verdict = inner->verdict;
		story->reason = inner->reason;
		story->seq = inner->seq;
	}
	story->parts += 1 + inner->parts;
	if (!rule_off(check, RULE_ALIAS_WRITABLE))
		whole->common.alias_writable |= is_writable_alias(whole, &part->change);
}

void story_end(struct change *change)
{
	if (change->story.parts)
		worse(&change->story, change);
}
