// SPDX-License-Identifier: GPL-2.0-only
#include "model.h"

#include <errno.h>
#include <string.h>

#include "geometry/descriptor.h"
#include "model/split.h"

/* The kernel's struct page_change_data, and what the model wants to know besides. */
struct change {
	const struct model_request *request;
	const struct geometry *geo;
	struct model_result *result;
	model_callback_fn callback;
	void *ctx;
};

/*
 * set_pageattr_masks(): masks may share bits (PTE_NG, PTE_PRESENT_INVALID), so clear comes first.
 */
static uint64_t apply_masks(uint64_t desc, const struct model_request *request)
{
	return (desc & ~request->clear_mask) | request->set_mask;
}

static void tell(struct change *change, enum pgtable_level level, uint64_t addr, uint64_t next)
{
	if (change->callback)
		change->callback(change->ctx, &(struct model_callback){ level, addr, next });
}

static void write_entry(struct change *change, enum pgtable_level level, uint64_t addr,
			uint64_t *entry)
{
	const struct model_request *request = change->request;
	uint64_t before = *entry;

	*entry = apply_masks(before, request);
	change->result->leaves[level]++;
	if (request->changed)
		request->changed(request->ctx, level, addr, before, *entry);
}

static int refuse(struct change *change, enum pgtable_level level, uint64_t addr)
{
	uint64_t size = geometry_size(change->geo, level);

	change->result->step = MODEL_STEP_PARTIAL_LEAF;
	change->result->boundary = (struct model_boundary){
		.found = true,
		.level = level,
		.start = addr & ~(size - 1),
		.end = (addr & ~(size - 1)) + size,
	};
	return -EINVAL;
}

/*
 * Before 15bfba1ad77f the kernel made a mapping invalid by clearing PTE_VALID alone, and then did
 * not take the block for a leaf any more (pmd_sect()). A request of that kind shows by its masks.
 */
static bool old_encoding(const struct model_request *request)
{
	uint64_t masks = request->set_mask | request->clear_mask;

	return (masks & PTE_VALID) && !(masks & PTE_PRESENT_INVALID);
}

/* pageattr_pud_entry() and pageattr_pmd_entry() */
static int change_block(uint64_t *entry, enum pgtable_level level, unsigned long addr,
			unsigned long next, struct mm_walk *walk)
{
	struct change *change = walk->private;

	tell(change, level, addr, next);
	/* pud_leaf() of a folded pud */
	if (level > geometry_top(change->geo))
		return 0;
	if (!desc_leaf(*entry, level) || (!desc_valid(*entry) && old_encoding(change->request)))
		return 0;
	if (next - addr != geometry_size(change->geo, level))
		return refuse(change, level, addr);
	write_entry(change, level, addr, entry);
	walk->action = ACTION_CONTINUE;
	return 0;
}

static int pageattr_pud_entry(pud_t *pud, unsigned long addr, unsigned long next,
			      struct mm_walk *walk)
{
	return change_block(&pud->pud, PGTABLE_LEVEL_PUD, addr, next, walk);
}

static int pageattr_pmd_entry(pmd_t *pmd, unsigned long addr, unsigned long next,
			      struct mm_walk *walk)
{
	return change_block(&pmd->pmd, PGTABLE_LEVEL_PMD, addr, next, walk);
}

/* Neither presence nor the contiguous bit is looked at: an empty entry gets the bits, too. */
static int pageattr_pte_entry(pte_t *pte, unsigned long addr, unsigned long next,
			      struct mm_walk *walk)
{
	struct change *change = walk->private;

	tell(change, PGTABLE_LEVEL_PTE, addr, next);
	write_entry(change, PGTABLE_LEVEL_PTE, addr, &pte->pte);
	return 0;
}

static const struct mm_walk_ops pageattr_ops = {
	.pud_entry = pageattr_pud_entry,
	.pmd_entry = pageattr_pmd_entry,
	.pte_entry = pageattr_pte_entry,
};

/*
 * apply_to_pmd_range(), apply_to_pud_range(): WARN_ON_ONCE() and -EINVAL for every leaf. What is
 * not empty and no table either, as a block made invalid by bit 0 alone, is cleared.
 */
static int apply_entry(struct change *change, enum pgtable_level level, uint64_t entry,
		       uint64_t addr)
{
	if (level > geometry_top(change->geo) || !entry)
		return 0;
	if (desc_leaf(entry, level))
		return refuse(change, level, addr);
	if (desc_table(entry, level))
		return 0;
	change->result->gap = MODEL_GAP_BAD_ENTRY;
	return -ENODATA;
}

static int apply_pud_entry(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)next;
	return apply_entry(walk->private, PGTABLE_LEVEL_PUD, pud->pud, addr);
}

static int apply_pmd_entry(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)next;
	return apply_entry(walk->private, PGTABLE_LEVEL_PMD, pmd->pmd, addr);
}

/* It is called with create == true: tables are allocated for holes. */
static int apply_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	struct change *change = walk->private;

	(void)addr, (void)next, (void)depth;
	change->result->gap = MODEL_GAP_ALLOCATES;
	return -ENODATA;
}

static const struct mm_walk_ops apply_ops = {
	.pud_entry = apply_pud_entry,
	.pmd_entry = apply_pmd_entry,
	.pte_entry = pageattr_pte_entry, /* change_page_range() */
	.pte_hole = apply_hole,
};

/*
 * The leaf that maps @addr and its contiguous run; false for a hole or an entry that was not read.
 */
static bool leaf_at(const struct image *tables, uint64_t addr, uint64_t *start, uint64_t *end)
{
	enum pgtable_level level;
	const uint64_t *entry = image_lookup(tables, addr, &level);
	uint64_t size;

	if (!entry || !desc_present(*entry))
		return false;
	size = geometry_size(tables->geo, level);
	if (*entry & PTE_CONT)
		size *= geometry_run(tables->geo, level);
	*start = addr & ~(size - 1);
	*end = *start + size;
	return true;
}

/* Would split_kernel_leaf_mapping() find a leaf that @request begins or ends inside of? */
static bool wants_split(const struct image *tables, const struct model_request *request)
{
	uint64_t last = request->start + request->size - 1, start, end;

	if (leaf_at(tables, request->start, &start, &end) && start != request->start)
		return true;
	return leaf_at(tables, last, &start, &end) && end != last + 1;
}

/* What split_kernel_leaf_mapping() does before the walk. Returns its return value. */
static int split_first(struct image *tables, const struct model_rules *rules,
		       const struct model_request *request, struct model_result *result)
{
	if (rules->splits_leaves)
		return split_leaves(tables, rules, request, result);
	if (rules->splits_unknown && request->size && wants_split(tables, request))
		result->gap = MODEL_GAP_SPLIT_STATE;
	return 0;
}

void model_update_range_prot(struct image *tables, const struct model_rules *rules,
			     const struct model_request *request, struct model_result *result,
			     model_callback_fn callback, void *ctx)
{
	struct mm_struct mm = { .geo = tables->geo,
				.memory = &tables->memory,
				.root = tables->root };
	struct mm_struct *before = pagewalk_init_mm;
	struct change change = {
		.request = request,
		.geo = tables->geo,
		.result = result,
		.callback = callback,
		.ctx = ctx,
	};

	memset(result, 0, sizeof(*result));
	result->ret = split_first(tables, rules, request, result);
	if (result->ret || result->gap)
		return;
	pagewalk_init_mm = &mm;
	result->ret = walk_kernel_page_table_range_lockless(request->start,
							    request->start + request->size,
							    rules->apply_to_page_range ?
								    &apply_ops :
								    &pageattr_ops,
							    NULL, &change);
	pagewalk_init_mm = before;
	if (!request->size)
		result->step = MODEL_STEP_EMPTY;
	result->fault = mm.fault;
	if (mm.fault.kind == PAGEWALK_NOT_IN_IMAGE)
		result->gap = MODEL_GAP_NOT_CAPTURED;
}
