// SPDX-License-Identifier: GPL-2.0-only
/* update_range_prot() for a request, and change_memory_common() above it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "geometry/descriptor.h"
#include "model/run.h"

static void *add(struct run *run, void **array, uint32_t *nr, uint32_t *room, size_t elem)
{
	if (*nr == *room) {
		uint32_t want = *room ? *room * 2 : 16;
		void *bigger = realloc(*array, want * elem);

		if (!bigger) {
			run->result->out_of_memory = run->stop = true;
			return NULL;
		}
		*array = bigger;
		*room = want;
	}
	return (char *)*array + elem * (*nr)++;
}

#define ADD(run, kind)                                                     \
	add(run, (void **)&(run)->result->kind, &(run)->result->nr_##kind, \
	    &(run)->result->room_##kind, sizeof(*(run)->result->kind))

/* Tables that the kernel would allocate: where no memory is in the tables looked at. */
static uint64_t new_table(void *ctx, enum pgtable_level level, uint64_t addr)
{
	struct run *run = ctx;

	(void)level, (void)addr;
	return (1ULL << 47) + ((uint64_t)run->result->nr_tables++ << 16);
}

static void changed(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t before,
		    uint64_t after)
{
	struct run *run = ctx;
	struct op_part *part = &run->result->parts[run->result->nr_parts - 1];
	struct op_entry *entry = ADD(run, entries);

	if (!before)
		note(run, OP_FINDING_EMPTY_ENTRIES);
	if (part->alias && before && !desc_valid(before))
		note(run, OP_FINDING_ALIAS_INVALID);
	if (entry)
		*entry = (struct op_entry){ run->result->nr_parts - 1, level, addr, before, after };
}

static void split(void *ctx, enum pgtable_level level, uint64_t addr, bool of_run, uint64_t before)
{
	struct run *run = ctx;
	struct op_split *one = ADD(run, splits);

	if (one)
		*one = (struct op_split){ run->result->nr_parts - 1, level, of_run, addr, before };
}

static enum op_decision decision_of_step(const struct model_rules *rules, enum model_step step)
{
	switch (step) {
	case MODEL_STEP_WALK:
		return OP_DONE;
	case MODEL_STEP_EMPTY:
		return OP_EMPTY_RANGE;
	case MODEL_STEP_PARTIAL_LEAF:
		return rules->apply_to_page_range ? OP_BLOCK_REFUSED : OP_PARTIAL_LEAF;
	case MODEL_STEP_SPLIT_UNALIGNED:
		return OP_SPLIT_UNALIGNED;
	case MODEL_STEP_SPLIT_NO_ALLOC:
	case MODEL_STEP_SPLIT_CPUS:
		return OP_SPLIT_BOOT;
	case MODEL_STEP_SPLIT_NO_MEMORY:
		return OP_NO_MEMORY;
	}
	return OP_GAP_TABLES;
}

static enum op_decision decision_of_gap(enum model_gap gap)
{
	switch (gap) {
	case MODEL_GAP_ALLOCATES:
		return OP_GAP_ALLOCATES;
	case MODEL_GAP_BAD_ENTRY:
		return OP_GAP_BAD_ENTRY;
	default:
		return OP_GAP_TABLES;
	}
}

/*
 * __change_memory_common(): without a flush where an invalid mapping became valid and nothing else
 * changed. Whether a kernel with apply_to_page_range() does so, its parts do not tell.
 */
static enum op_flush flush_of(struct run *run, struct masks masks)
{
	uint64_t valid = PTE_VALID | (ask(run, OP_RULE_NG) ? PTE_NG : 0);
	bool skips;

	if (ask(run, OP_RULE_PRESENT_INVALID))
		skips = masks.set == valid && masks.clear == PTE_PRESENT_INVALID;
	else
		skips = masks.set == PTE_VALID && !masks.clear;
	if (skips && !ask(run, OP_RULE_CALLBACKS))
		return OP_FLUSH_UNKNOWN;
	return skips ? OP_FLUSH_SKIPPED : OP_FLUSH_RANGE;
}

/* A rule asked for only what it says of validity: masks without it have no flush to skip. */
static enum op_flush flush_behind(struct run *run, struct masks masks, bool flushes)
{
	if (!flushes)
		return OP_FLUSH_NONE;
	return (masks.set | masks.clear) & PTE_VALID ? flush_of(run, masks) : OP_FLUSH_RANGE;
}

static int cover(struct run *run, uint64_t addr, uint64_t size)
{
	int err = run_cover(run, addr, addr + size);

	if (err == -ENOMEM)
		run->result->out_of_memory = run->stop = true;
	else if (err)
		decide(run, err == -E2BIG ? OP_GAP_TOO_LARGE : OP_GAP_TABLES, err);
	return err;
}

int run_range(struct run *run, uint64_t addr, uint64_t size, struct masks masks, bool alias,
	      bool flushes)
{
	const struct op_rules *known = run->rules;
	struct model_rules rules = {
		.apply_to_page_range = !ask(run, OP_RULE_CALLBACKS),
		.splits_leaves = ask(run, OP_RULE_SPLITS),
		.kfence_pool = known->kfence_pool,
		.kfence_pool_size = known->kfence_pool_size,
	};
	struct model_request request = {
		.start = geometry_untag(addr),
		.size = size,
		.set_mask = masks.set,
		.clear_mask = masks.clear,
		.new_table = new_table,
		.changed = changed,
		.split = split,
		.ctx = run,
	};
	struct op_part *part = ADD(run, parts);
	struct model_result model;

	if (!part)
		return -ENOMEM;
	*part = (struct op_part){
		.addr = request.start,
		.size = size,
		.set_mask = masks.set,
		.clear_mask = masks.clear,
		.alias = alias,
		.flush = flush_behind(run, masks, flushes),
	};
	/* a walk of nothing looks at nothing, but a split of nothing is one at its start */
	if ((size || rules.splits_leaves) && request.start + size >= request.start &&
	    cover(run, request.start, size ? size : 1))
		return -ENODATA;
	model_update_range_prot(&run->result->tables, &rules, &request, &model, NULL, NULL);
	part = &run->result->parts[run->result->nr_parts - 1];
	part->ret = model.ret;
	memcpy(part->leaves, model.leaves, sizeof(part->leaves));
	if (model.gap)
		return decide(run, decision_of_gap(model.gap), -ENODATA);
	run->result->boundary = model.boundary;
	if (model.ret && model.step != MODEL_STEP_EMPTY)
		note(run, OP_FINDING_WARNS);
	return decide(run, decision_of_step(&rules, model.step), model.ret);
}

/* Entries of this kind of request were written before it was refused. */
static void note_partial(struct run *run, uint32_t entries_before)
{
	if (run->result->nr_entries > entries_before)
		note(run, OP_FINDING_PARTIAL_CHANGE);
}

/*
 * The loop over the linear alias: of all pages of the area, or of those of the range; its errors
 * returned or not. An error of it is the answer.
 */
static int run_alias(struct run *run, uint64_t start, uint64_t pages, struct masks masks)
{
	const struct op_area *area = &run->result->area;
	uint64_t index = (start - geometry_untag(area->addr)) / page_size(run);
	bool whole = index || pages != area->nr_pages ? ask(run, OP_RULE_ALIAS_AREA) : false;

	if (whole) {
		if (area->nr_pages > pages)
			note(run, OP_FINDING_WIDE_ALIAS);
		index = 0;
		pages = area->nr_pages;
	}
	for (; pages; index++, pages--) {
		uint64_t linear;
		int ret;

		/* the kernel reads on behind the end of area->pages[] */
		if (index >= area->nr_pages ||
		    run->kernel->source.alias(run->kernel->source.ctx, area, index, &linear))
			return decide(run, OP_GAP_PAGES, -ENODATA);
		ret = run_range(run, linear, page_size(run), masks, true, true);
		if (run->stop)
			return ret;
		if (ret && ask(run, OP_RULE_ALIAS_ERROR))
			return decide(run, OP_ALIAS_REFUSED, ret);
		if (ret)
			note(run, OP_FINDING_ALIAS_ERROR);
	}
	return 0;
}

/* Is the request refused for the area that it is in? OP_DONE: it is not. */
static enum op_decision refusal(struct run *run, uint64_t addr, uint64_t end)
{
	const struct op_source *source = &run->kernel->source;
	struct op_area *area = &run->result->area;
	int err = source->area(source->ctx, geometry_untag(addr), area);

	if (err)
		return err == -ENOENT ? OP_NO_AREA : OP_GAP_AREA;
	run->result->has_area = true;
	if (geometry_untag(end) > geometry_untag(area->addr) + area->size)
		return OP_PAST_AREA_END;
	if (!(area->flags & VM_ALLOC))
		return OP_NOT_VM_ALLOC;
	if ((area->flags & VM_ALLOW_HUGE_VMAP) && ask(run, OP_RULE_REFUSES_HUGE))
		return OP_HUGE_AREA;
	if (!(area->flags & VM_NO_GUARD) &&
	    geometry_untag(end) > geometry_untag(area->addr) + area->size - page_size(run))
		note(run, OP_FINDING_GUARD_PAGE);
	return OP_DONE;
}

int run_common(struct run *run, uint64_t addr, int pages, struct masks masks)
{
	uint64_t size = page_size(run) * (uint64_t)(int64_t)pages;
	uint64_t start = addr & ~(page_size(run) - 1);
	uint32_t entries_before = run->result->nr_entries;
	enum op_decision refused;
	int ret;

	if (start != addr)
		note(run, OP_FINDING_UNALIGNED);
	refused = refusal(run, addr, start + size);
	if (refused != OP_DONE)
		return decide(run, refused, -EINVAL);
	if (!pages)
		return decide(run, OP_NO_PAGES, 0);
	if ((masks.set == PTE_RDONLY || masks.clear == PTE_RDONLY) &&
	    ask(run, OP_RULE_RODATA_FULL)) {
		ret = run_alias(run, geometry_untag(start), (unsigned int)pages, masks);
		if (ret || run->stop) {
			note_partial(run, entries_before);
			return ret;
		}
	}
	note(run, OP_FINDING_UNMAPS_ALIASES);
	ret = run_range(run, start, size, masks, false, true);
	if (ret)
		note_partial(run, entries_before);
	return ret;
}
