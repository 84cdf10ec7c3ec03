// SPDX-License-Identifier: GPL-2.0-only
#include "stretch.h"

#include <errno.h>
#include <stdlib.h>

#include "geometry/descriptor.h"

/* A block and a page with the same permissions differ in bit 1, and a run in the contiguous bit. */
static uint64_t attributes(const struct geometry *geo, const struct leaf_run *run)
{
	uint64_t desc = run->desc & ~(desc_from_address(geo, ~0ULL) | PTE_CONT | PTE_TABLE_BIT);

	return desc | run->table_bits;
}

static int add_piece(struct stretch *stretch, const struct stretch_piece *piece)
{
	if (stretch->nr == stretch->room) {
		size_t room = stretch->room ? stretch->room * 2 : 16;
		struct stretch_piece *bigger = realloc(stretch->pieces, room * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		stretch->pieces = bigger;
		stretch->room = room;
	}
	stretch->pieces[stretch->nr++] = *piece;
	return 0;
}

int stretch_add(struct stretch *stretch, const struct geometry *geo, const struct leaf_run *part,
		uint64_t pa)
{
	const struct stretch_piece piece = { part->start + part->size, leaf_size_of(part),
					     attributes(geo, part) };
	struct stretch_piece *last = stretch->nr ? &stretch->pieces[stretch->nr - 1] : NULL;
	bool first = !last;

	if (last && last->leaf == piece.leaf && last->attributes == piece.attributes)
		last->end = piece.end;
	else if (add_piece(stretch, &piece))
		return -ENOMEM;
	if (first) {
		stretch->start = part->start;
		stretch->pa = pa;
	}
	stretch->end = piece.end;
	return 0;
}

/* As vmap_range_noflush() would map it where all that decides is addresses and size. */
static struct vmap_request request_of(const struct geometry *geo, uint64_t start, uint64_t size,
				      uint64_t pa)
{
	return (struct vmap_request){
		.geo = geo,
		.start = start,
		.size = size,
		.shift = 63,
		.is_range = true,
		.phys = pa,
	};
}

/* The next larger kind of block that this geometry has; VMAP_NR: none. */
static enum vmap_block next_block(const struct geometry *geo, enum vmap_block block)
{
	do
		block++;
	while (block < VMAP_NR && !vmap_block_size(geo, block));
	return block;
}

/* The block around the leaf reaches out of the stretch: to memory elsewhere, or to none? */
static enum account_why why_not_in_one(const struct stretch *stretch, const struct geometry *geo,
				       const struct vmap_leaf *leaf, bool hole_after)
{
	uint64_t size = vmap_block_size(geo, next_block(geo, leaf->block));
	uint64_t start = leaf->addr & ~(size - 1);

	if ((start < stretch->start && !stretch->hole_before) ||
	    (start + size > stretch->end && !hole_after))
		return WHY_SCATTERED;
	return WHY_NOT_MAPPED;
}

/*
 * Why there is no larger leaf than @leaf, which is the best of the stretch. Asked is the model: had
 * all of the area the best memory there is, what would stand against it?
 */
static enum account_why why_no_larger(const struct stretch *stretch, const struct geometry *geo,
				      uint64_t size, const struct vmap_leaf *leaf, bool hole_after)
{
	uint64_t start = stretch->account->area.va_start;
	const struct vmap_request area = request_of(geo, start, size, start);
	struct vmap_leaf ideal;

	vmap_leaf_at(&area, leaf->addr, VMAP_PUD, VMAP_RUNS_MADE, &ideal);
	if (ideal.block == leaf->block) {
		if (ideal.why & 1U << VMAP_WHY_SIZE)
			return WHY_TOO_SMALL;
		if (ideal.why & 1U << VMAP_WHY_VIRTUAL)
			return WHY_VIRTUAL;
		if (next_block(geo, leaf->block) == VMAP_NR)
			return WHY_LEVEL;
	}
	if (leaf->why & 1U << VMAP_WHY_PHYSICAL)
		return WHY_PHYSICAL;
	return why_not_in_one(stretch, geo, leaf, hole_after);
}

/* Of a leaf of the best: what is mapped by smaller ones now. */
static void compare(struct stretch *stretch, const struct geometry *geo,
		    const struct vmap_leaf *leaf, size_t *at)
{
	uint64_t addr = leaf->addr, end = leaf->addr + leaf->size, smaller = 0;
	const struct stretch_piece *first;
	bool mixed = false;

	while (stretch->pieces[*at].end <= addr)
		++*at;
	first = &stretch->pieces[*at];
	for (const struct stretch_piece *piece = first; addr < end; piece++) {
		uint64_t until = piece->end < end ? piece->end : end;

		if (leaf_bytes(geo, piece->leaf) < leaf->size)
			smaller += until - addr;
		mixed |= piece->attributes != first->attributes;
		addr = until;
	}
	if (mixed)
		stretch->account->mixed += smaller;
	else
		stretch->account->smaller[leaf->block] += smaller;
}

/* Where one page is all that can be, so it is up to the end of the run around it. */
static uint64_t pages_alike(const struct stretch *stretch, const struct geometry *geo,
			    uint64_t addr)
{
	uint64_t run = vmap_block_size(geo, VMAP_CONT_PTE), size = run - (addr & (run - 1));

	return size < stretch->end - addr ? size : stretch->end - addr;
}

static void add_aligned(const struct stretch *stretch, const struct geometry *geo)
{
	uint64_t end = stretch->pa + (stretch->end - stretch->start);
	const struct vmap_request memory = request_of(geo, stretch->pa, end - stretch->pa,
						      stretch->pa);
	struct vmap_leaf leaf;

	for (uint64_t pa = stretch->pa; pa < end; pa += leaf.size) {
		vmap_leaf_at(&memory, pa, VMAP_PUD, VMAP_RUNS_MADE, &leaf);
		stretch->account->aligned[leaf.block] += leaf.size;
	}
}

void stretch_settle(struct stretch *stretch, const struct geometry *geo, uint64_t size,
		    bool hole_after)
{
	const struct vmap_request request = request_of(geo, stretch->start,
						       stretch->end - stretch->start, stretch->pa);
	struct account *account = stretch->account;
	struct vmap_leaf leaf;
	size_t at = 0;

	for (uint64_t addr = stretch->start; addr < stretch->end; addr += leaf.size) {
		vmap_leaf_at(&request, addr, VMAP_PUD, VMAP_RUNS_MADE, &leaf);
		if (leaf.block == VMAP_PAGE)
			leaf.size = pages_alike(stretch, geo, addr);
		else
			compare(stretch, geo, &leaf, &at);
		account->best[leaf.block] += leaf.size;
		if (leaf.block != VMAP_PUD)
			account->limits[why_no_larger(stretch, geo, size, &leaf, hole_after)] +=
				leaf.size;
	}
	add_aligned(stretch, geo);
	stretch->nr = 0;
	stretch->account = NULL;
}
