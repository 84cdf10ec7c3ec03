// SPDX-License-Identifier: GPL-2.0-only
#include "split.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "geometry/descriptor.h"

/* A descriptor's attributes: all but its output address. */
static uint64_t attributes(const struct geometry *geo, uint64_t desc)
{
	return desc & ~desc_from_address(geo, ~0ULL);
}

/*
 * The entries that split_pud() and split_pmd() fill the new table with. @to_cont: of contiguous
 * runs.
 */
static uint64_t child_attributes(const struct geometry *geo, enum pgtable_level child,
				 uint64_t block, bool to_cont)
{
	uint64_t prot = attributes(geo, block) & ~(PTE_TYPE_MASK | PTE_CONT);

	if (to_cont)
		prot |= PTE_CONT;
	prot |= child == PGTABLE_LEVEL_PTE ? PTE_VALID | PTE_TABLE_BIT : PTE_VALID;
	/* pte_mkinvalid() and pmd_mkinvalid() */
	if (!desc_valid(block))
		prot = (prot & ~PTE_VALID) | PTE_PRESENT_INVALID;
	return prot;
}

static uint64_t where(const struct model_request *request, enum pgtable_level level, uint64_t addr)
{
	uint64_t table = request->new_table ? request->new_table(request->ctx, level, addr) : 0;

	/* any address that no table has does: nothing of it will be compared */
	return table ? table :
		       1ULL << 46 | (uint64_t)level << 42 |
			       (addr & ((1ULL << 42) - 1) & ~0xffffULL);
}

static void tell(const struct model_request *request, enum pgtable_level level, uint64_t addr,
		 bool run, uint64_t before)
{
	if (request->split)
		request->split(request->ctx, level, addr, run, before);
}

/* split_pud() and split_pmd(): the block becomes a table. */
static int split_block(struct image *tables, const struct model_request *request,
		       enum pgtable_level level, uint64_t addr, uint64_t block, bool to_cont)
{
	const struct geometry *geo = tables->geo;
	unsigned int nr = geometry_entries(geo, level - 1);
	uint64_t size = geometry_size(geo, level - 1), table = where(request, level, addr);
	uint64_t prot = child_attributes(geo, level - 1, block, to_cont);
	uint64_t start = addr & ~(geometry_size(geo, level) - 1);
	uint64_t *entries __free = malloc(nr * sizeof(*entries));
	enum pgtable_level found;
	uint64_t *entry;
	int err;

	if (!entries)
		return -ENOMEM;
	for (unsigned int i = 0; i < nr; i++)
		entries[i] = prot | desc_from_address(geo, desc_address(geo, block) + i * size);
	err = image_add(tables, level - 1, table, start, 0, nr, entries);
	if (err)
		return err;
	/* the image may have moved */
	entry = image_lookup(tables, addr, &found);
	*entry = desc_from_address(geo, table) | PTE_VALID | PTE_TABLE_BIT | PTE_AF | TABLE_UXN |
		 (block & PTE_PXN ? TABLE_PXN : 0);
	tell(request, level, start, false, block);
	return 0;
}

/* split_contpmd() and split_contpte(), as far as the run's entries are in the image. */
static void split_run(struct image *tables, const struct model_request *request,
		      enum pgtable_level level, uint64_t addr, uint64_t desc)
{
	uint64_t size = geometry_size(tables->geo, level);
	unsigned int run = geometry_run(tables->geo, level);
	uint64_t first = addr & ~(run * size - 1);

	for (unsigned int i = 0; i < run; i++) {
		enum pgtable_level found;
		uint64_t *entry = image_lookup(tables, first + i * size, &found);

		if (!entry || found != level)
			continue;
		if (!i)
			desc = *entry;
		*entry &= ~PTE_CONT;
	}
	tell(request, level, first, true, desc);
}

static bool aligned(uint64_t addr, uint64_t size)
{
	return !(addr & (size - 1));
}

/*
 * split_kernel_leaf_mapping_locked(): make @boundary the boundary of a leaf. @inside is an address
 * of the range next to it: in the same leaf, if the boundary is inside of one.
 */
static int split_at(struct image *tables, const struct model_request *request, uint64_t boundary,
		    uint64_t inside, struct model_result *result)
{
	const struct geometry *geo = tables->geo;

	for (;;) {
		enum pgtable_level level;
		uint64_t *entry = image_lookup(tables, inside, &level), desc;
		uint64_t size = geometry_size(geo, level);
		int err;

		if (aligned(boundary, size * geometry_run(geo, level)))
			return 0;
		if (!entry) {
			result->gap = MODEL_GAP_NOT_CAPTURED;
			return 0;
		}
		desc = *entry;
		if (!desc_present(desc))
			return 0;
		if ((desc & PTE_CONT) && geometry_run(geo, level) > 1)
			split_run(tables, request, level, inside, desc);
		if (level == PGTABLE_LEVEL_PTE || aligned(boundary, size))
			return 0;
		err = split_block(tables, request, level, inside, desc & ~PTE_CONT, true);
		if (err)
			return err;
	}
}

static int refuse(struct model_result *result, enum model_step step, int err)
{
	result->step = step;
	return err;
}

static int no_memory(struct model_result *result, int err)
{
	return err ? refuse(result, MODEL_STEP_SPLIT_NO_MEMORY, err) : 0;
}

int split_leaves(struct image *tables, const struct model_rules *rules,
		 const struct model_request *request, struct model_result *result)
{
	uint64_t page = geometry_page_size(tables->geo);
	uint64_t start = request->start, end = start + request->size;
	int err;

	/* a KFENCE pool is mapped by pages, and changed where nobody may sleep */
	if (!rules->splits_leaves || start - rules->kfence_pool < rules->kfence_pool_size)
		return 0;
	if (rules->caps_pending && rules->no_page_alloc)
		return refuse(result, MODEL_STEP_SPLIT_NO_ALLOC, -EBUSY);
	if (rules->caps_pending && rules->many_cpus)
		return refuse(result, MODEL_STEP_SPLIT_CPUS, -EBUSY);
	if (!aligned(start, page) || !aligned(end, page))
		return refuse(result, MODEL_STEP_SPLIT_UNALIGNED, -EINVAL);
	/*
	 * of a single page the less aligned end is enough: it splits to pages, which is what both
	 * want
	 */
	if (end - start == page) {
		bool at_start = __builtin_ctzll(start | 1ULL << 63) <
				__builtin_ctzll(end | 1ULL << 63);

		return no_memory(result,
				 split_at(tables, request, at_start ? start : end, start, result));
	}
	err = split_at(tables, request, start, start, result);
	return no_memory(result, err ? err : split_at(tables, request, end, end - 1, result));
}

/* split_to_ptes_{pud,pmd,pte}_entry() for what maps @addr. Returns the end of it in @next. */
static int split_to_ptes(struct image *tables, const struct model_request *request, uint64_t addr,
			 uint64_t *next, struct model_result *result)
{
	const struct geometry *geo = tables->geo;

	for (;;) {
		enum pgtable_level level;
		uint64_t *entry = image_lookup(tables, addr, &level), desc;
		uint64_t size = geometry_size(geo, level);
		int err;

		*next = (addr & ~(size - 1)) + size;
		if (!entry) {
			result->gap = MODEL_GAP_NOT_CAPTURED;
			return 0;
		}
		desc = *entry;
		if (level != PGTABLE_LEVEL_PTE && !desc_leaf(desc, level))
			return 0;
		/* pte_cont() does not ask whether the entry is there */
		if ((desc & PTE_CONT) && geometry_run(geo, level) > 1)
			split_run(tables, request, level, addr, desc);
		if (level == PGTABLE_LEVEL_PTE)
			return 0;
		err = split_block(tables, request, level, addr, desc & ~PTE_CONT, false);
		if (err)
			return err;
		/* a block of pmds is gone through next, one of ptes is done */
		if (level == PGTABLE_LEVEL_PMD)
			return 0;
	}
}

int split_range_to_ptes(struct image *tables, const struct model_request *request,
			struct model_result *result)
{
	uint64_t addr = request->start, end = addr + request->size;

	if (addr >= end)
		return refuse(result, MODEL_STEP_EMPTY, -EINVAL);
	while (addr < end) {
		uint64_t next;
		int err = split_to_ptes(tables, request, addr, &next, result);

		if (err || result->gap)
			return no_memory(result, err);
		if (next <= addr) /* the end of the address space */
			break;
		addr = next;
	}
	return 0;
}
