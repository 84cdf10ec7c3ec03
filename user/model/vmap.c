// SPDX-License-Identifier: GPL-2.0-only
#include "vmap.h"

#include "geometry/descriptor.h"

/* What one call of vmap_range_noflush() maps: physically contiguous memory. */
struct stretch {
	uint64_t start, end; /* virtual addresses */
	uint64_t phys;	     /* of start */
	bool known;
	unsigned int shift; /* max_page_shift */
	bool no_blocks;
};

uint64_t vmap_block_size(const struct geometry *geo, enum vmap_block block)
{
	switch (block) {
	case VMAP_PAGE:
		return geometry_page_size(geo);
	case VMAP_CONT_PTE:
		return geometry_page_size(geo) * geo->cont_ptes;
	case VMAP_PMD:
		return geometry_size(geo, PGTABLE_LEVEL_PMD);
	default:
		/* pud_sect_supported() */
		return geometry_block_level(geo, PGTABLE_LEVEL_PUD) &&
				       geometry_top(geo) >= PGTABLE_LEVEL_PUD ?
			       geometry_size(geo, PGTABLE_LEVEL_PUD) :
			       0;
	}
}

enum pgtable_level vmap_block_level(enum vmap_block block)
{
	return block == VMAP_PUD ? PGTABLE_LEVEL_PUD :
	       block == VMAP_PMD ? PGTABLE_LEVEL_PMD :
				   PGTABLE_LEVEL_PTE;
}

static uint64_t align_down(uint64_t value, uint64_t size)
{
	return value & ~(size - 1);
}

/*
 * vmap_try_huge_pud(), vmap_try_huge_pmd(), arch_vmap_pte_range_map_size(): is the block around
 * @addr one to use? 0, or why not.
 */
static uint32_t refused(const struct geometry *geo, const struct stretch *stretch, uint64_t addr,
			enum vmap_block block, enum vmap_runs runs)
{
	uint64_t size = vmap_block_size(geo, block), start;

	if (!size || (block == VMAP_CONT_PTE && runs == VMAP_RUNS_NONE) ||
	    (block >= VMAP_PMD && stretch->no_blocks))
		return 1U << VMAP_WHY_LEVEL;
	if (stretch->shift < 64 && size > 1ULL << stretch->shift)
		return 1U << VMAP_WHY_NOT_ASKED;
	start = align_down(addr, size);
	if (start < stretch->start)
		return 1U << VMAP_WHY_VIRTUAL;
	if (stretch->end - start < size)
		return 1U << VMAP_WHY_SIZE;
	if ((stretch->phys + (start - stretch->start)) & (size - 1))
		return 1U << VMAP_WHY_PHYSICAL;
	return 0;
}

/* Pages that were not asked to be in blocks: would they have allowed the one around @addr? */
static uint32_t small_pages(const struct vmap_request *request, uint64_t addr,
			    enum vmap_block block)
{
	uint64_t page = geometry_page_size(request->geo), first, pa, next;
	uint64_t size = vmap_block_size(request->geo, block), start = align_down(addr, size);

	if (start < request->start || start + size > request->start + request->size)
		return 0;
	first = (start - request->start) / page;
	if (!request->page(request->ctx, first, &pa))
		return 0;
	for (uint64_t i = 1; i < size / page; i++)
		if (request->page(request->ctx, first + i, &next) && next != pa + i * page)
			return 1U << VMAP_WHY_SCATTERED;
	return pa & (size - 1) ? 1U << VMAP_WHY_PHYSICAL : 0;
}

/* __vmap_pages_range_noflush(): a stretch is a step of the array, a physical range is one. */
static struct stretch stretch_at(const struct vmap_request *request, uint64_t addr)
{
	struct stretch stretch = { .shift = request->shift, .no_blocks = request->no_blocks };
	uint64_t step, index;

	if (request->is_range) {
		stretch.start = request->start;
		stretch.end = request->start + request->size;
		stretch.phys = request->phys;
		stretch.known = true;
		return stretch;
	}
	step = 1ULL << request->shift;
	index = (addr - request->start) >> request->shift;
	stretch.start = request->start + index * step;
	stretch.end = stretch.start + step;
	stretch.known = request->page(request->ctx, (index * step) >> request->geo->page_shift,
				      &stretch.phys);
	return stretch;
}

/* Why not the next larger kind of block; where the kernel makes none of that kind, the one after.
 */
static uint32_t why_not_larger(const struct vmap_request *request, const struct stretch *stretch,
			       uint64_t addr, enum vmap_block used, enum vmap_block largest,
			       enum vmap_runs runs)
{
	const struct geometry *geo = request->geo;
	uint32_t why = 0, here = 1U << VMAP_WHY_LEVEL;

	for (int block = used + 1; block < VMAP_NR && here & 1U << VMAP_WHY_LEVEL; block++) {
		uint64_t size = block == VMAP_PUD ? geometry_size(geo, PGTABLE_LEVEL_PUD) :
						    vmap_block_size(geo, block);

		/* less than that in all: that says it */
		if (request->size < size)
			return why | 1U << VMAP_WHY_SIZE;
		here = block > (int)largest ? 1U << VMAP_WHY_TABLE :
					      refused(geo, stretch, addr, block, runs);
		if (here & 1U << VMAP_WHY_NOT_ASKED && !request->is_range)
			here |= small_pages(request, addr, block);
		why |= here;
	}
	return why;
}

void vmap_leaf_at(const struct vmap_request *request, uint64_t addr, enum vmap_block largest,
		  enum vmap_runs runs, struct vmap_leaf *leaf)
{
	const struct geometry *geo = request->geo;
	struct stretch stretch = stretch_at(request, addr);
	int block = largest;

	while (block > VMAP_PAGE && (addr & (vmap_block_size(geo, block) - 1) ||
				     refused(geo, &stretch, addr, block, runs)))
		block--;
	*leaf = (struct vmap_leaf){
		.addr = addr,
		.size = vmap_block_size(geo, block),
		.block = block,
		.pa_known = stretch.known,
		.pa = stretch.phys + (addr - stretch.start),
		.why = why_not_larger(request, &stretch, addr, block, largest, runs),
	};
}

/* pfn_pte(), pte_mkcont(), pmd_set_huge(), pud_set_huge() */
uint64_t vmap_entry(const struct vmap_request *request, const struct vmap_leaf *leaf,
		    unsigned int nr)
{
	const struct geometry *geo = request->geo;
	uint64_t pa = leaf->pa + nr * geometry_page_size(geo);

	switch (leaf->block) {
	case VMAP_PUD:
	case VMAP_PMD:
		return desc_from_address(geo, leaf->pa) |
		       ((request->prot & ~PTE_TYPE_MASK) | PTE_VALID);
	case VMAP_CONT_PTE:
		return desc_from_address(geo, pa) | request->prot | PTE_CONT;
	default:
		return desc_from_address(geo, leaf->pa) | request->prot;
	}
}
