// SPDX-License-Identifier: GPL-2.0-only
#include "seen.h"

#include <stdlib.h>
#include <string.h>

static bool one_page(const struct change *change, uint64_t page_size)
{
	return change->size == page_size;
}

static bool many_pages(const struct change *change, uint64_t page_size)
{
	return change->size > page_size && change->leaves[PGTABLE_LEVEL_PTE] > 1;
}

static bool whole_block(const struct change *change, uint64_t page_size)
{
	(void)page_size;
	return change->leaves[PGTABLE_LEVEL_PMD] || change->leaves[PGTABLE_LEVEL_PUD];
}

static bool split(const struct change *change, uint64_t page_size)
{
	(void)page_size;
	return change->splits[PGTABLE_LEVEL_PMD] || change->splits[PGTABLE_LEVEL_PUD];
}

static const char nobody[] = "only a caller in the kernel, such as a module, could ask for it";
static const char nothing[] = "nothing asked for it";
static const char past[] = "nothing asked for it, or this kernel does it past the hook";

/* clang-format off */
const struct seen_rule seen_rules[] = {
	{ "a range of one page", PWT_FN_RANGE, .also = one_page, .missing = nothing },
	{ "a range of many pages", PWT_FN_RANGE, .also = many_pages, .missing = nothing },
	{ "a whole block", PWT_FN_RANGE, .also = whole_block, .missing = nobody },
	{ "split a block", PWT_FN_RANGE, .also = split,
	  .missing = "this kernel splits none, or those met were split before" },
	{ "set_memory_ro", PWT_FN_COMMON, .op = "set_memory_ro", .missing = nothing },
	{ "set_memory_rw", PWT_FN_COMMON, .op = "set_memory_rw", .missing = nobody },
	{ "set_memory_x", PWT_FN_COMMON, .op = "set_memory_x", .missing = nothing },
	{ "set_memory_nx", PWT_FN_COMMON, .op = "set_memory_nx", .missing = nobody },
	{ "linear alias of set_memory_ro", PWT_FN_RANGE, .alias = true, .op = "set_memory_ro",
	  .missing = "rodata_full is off, or nothing asked for it" },
	{ "linear alias of set_memory_rw", PWT_FN_RANGE, .alias = true, .op = "set_memory_rw",
	  .missing = nobody },
	{ "set_direct_map_invalid_noflush", PWT_FN_RANGE, .op = "set_direct_map_invalid_noflush",
	  .missing = past },
	{ "set_direct_map_default_noflush", PWT_FN_RANGE, .op = "set_direct_map_default_noflush",
	  .missing = past },
	{ "set_memory_valid", PWT_FN_RANGE, .op = "set_memory_valid",
	  .missing = "its caller is KFENCE, which is off or took nothing" },
	{ "refuse a wrong area", PWT_FN_COMMON, .refused = true, .missing = nobody },
	{ "refuse an empty range", .refused = true, .findings = 1U << FINDING_EMPTY_RANGE,
	  .missing = nobody },
	{ "refuse a part of a block", .refused = true, .findings = 1U << FINDING_BLOCK_BOUNDARY,
	  .missing = nobody },
};
/* clang-format on */

static bool comes_under(const struct change *change, const struct seen_rule *rule,
			uint64_t page_size)
{
	if (rule->func && change->func != rule->func)
		return false;
	if (rule->refused != (change->ret != 0))
		return false;
	if (rule->alias && (!change->parent_seq || change->zone != ZONE_LINEAR))
		return false;
	if (rule->op && strcmp(change->op, rule->op))
		return false;
	if (rule->findings && !(change->findings & rule->findings))
		return false;
	return !rule->also || rule->also(change, page_size);
}

const size_t nr_seen_rules = sizeof(seen_rules) / sizeof(*seen_rules);
_Static_assert(sizeof(seen_rules) / sizeof(*seen_rules) <= MAX_RULES, "seen: rules");

static struct seen_change *next(struct seen *seen)
{
	if (seen->nr == seen->room) {
		size_t room = seen->room ? 2 * seen->room : 1024;
		struct seen_change *bigger = realloc(seen->changes, room * sizeof(*bigger));

		if (!bigger)
			return NULL;
		seen->changes = bigger;
		seen->room = room;
	}
	return &seen->changes[seen->nr++];
}

void seen_add(struct seen *seen, const struct change *change, uint8_t step, bool ours)
{
	struct seen_change *entry = next(seen);
	bool match = change->verdict == VERDICT_MATCH;

	for (size_t i = 0; i < nr_seen_rules; i++) {
		if (!comes_under(change, &seen_rules[i], seen->page_size))
			continue;
		seen->rules[i].match += match;
		seen->rules[i].other += !match;
	}
	if (!entry) {
		seen->incomplete = true;
		return;
	}
	*entry = (struct seen_change){
		.seq = change->seq,
		.parent_seq = change->parent_seq,
		.addr = change->addr,
		.size = change->size,
		.op = change->op,
		.func = change->func,
		.zone = change->zone,
		.step = step,
		.ours = ours,
		.match = match,
	};
}

void seen_free(struct seen *seen)
{
	free(seen->changes);
}

static bool page_by(const struct seen *seen, const struct seen_change *change, const char *op)
{
	return change->func == PWT_FN_RANGE && change->size == seen->page_size &&
	       !strcmp(change->op, op);
}

size_t seen_pages(const struct seen *seen, uint8_t step, const char *op)
{
	size_t nr = 0;

	for (size_t i = 0; i < seen->nr; i++)
		nr += seen->changes[i].ours && seen->changes[i].step == step &&
		      page_by(seen, &seen->changes[i], op);
	return nr;
}

struct seen_parts seen_parts(const struct seen *seen, const struct seen_change *common)
{
	struct seen_parts parts = {};

	for (size_t i = 0; i < seen->nr; i++) {
		const struct seen_change *part = &seen->changes[i];

		if (part->parent_seq != common->seq)
			continue;
		if (part->addr == common->addr && part->size == common->size)
			parts.ranges++;
		else if (part->zone == ZONE_LINEAR && part->size == seen->page_size)
			parts.aliases++;
		else
			parts.others++;
	}
	return parts;
}

static bool alias_of(const struct seen *seen, const struct seen_change *common, uint64_t addr)
{
	for (size_t i = 0; i < seen->nr; i++)
		if (seen->changes[i].parent_seq == common->seq && seen->changes[i].addr == addr &&
		    seen->changes[i].zone == ZONE_LINEAR)
			return true;
	return false;
}

size_t seen_aliases_again(const struct seen *seen, const struct seen_change *common, const char *op)
{
	size_t nr = 0;

	for (size_t i = 0; i < seen->nr; i++)
		nr += seen->changes[i].seq > common->seq && page_by(seen, &seen->changes[i], op) &&
		      alias_of(seen, common, seen->changes[i].addr);
	return nr;
}
