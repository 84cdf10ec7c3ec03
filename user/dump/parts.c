// SPDX-License-Identifier: GPL-2.0-only
#include "parts.h"

#include "geometry/descriptor.h"

/* A contiguous run is left whole: half of one would be a broken one. */
static uint64_t unit_of(const struct geometry *geo, enum pgtable_level level, uint64_t desc)
{
	uint64_t size = geometry_size(geo, level);

	if (!(desc & PTE_CONT))
		return size;
	if (level == PGTABLE_LEVEL_PTE)
		return size * geo->cont_ptes;
	return level == PGTABLE_LEVEL_PMD ? size * geo->cont_pmds : size;
}

static void skip(const struct geometry *geo, struct leaf_run *run, uint64_t bytes)
{
	run->start += bytes;
	run->size -= bytes;
	if (run->desc)
		run->desc = (run->desc & ~desc_from_address(geo, ~0ULL)) |
			    desc_from_address(geo, desc_address(geo, run->desc) + bytes);
}

void parts_of(void *ctx, const struct leaf_run *run)
{
	struct parts *parts = ctx;
	enum pgtable_level top = geometry_top(parts->geo), level = run->level;
	struct leaf_run rest = *run;

	/* a hole in a level that is folded away is one in the topmost table */
	if (level > top)
		level = top;
	while (rest.size) {
		struct leaf_run part = rest;
		bool changed;

		part.size = changes_extent(parts->changes, level, rest.start, rest.size,
					   unit_of(parts->geo, level, rest.desc), &changed);
		if (changed) {
			part.marks |= STREAM_CHANGED;
			parts->marked++;
		}
		parts->run(parts->ctx, &part);
		skip(parts->geo, &rest, part.size);
	}
}

void parts_table(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa)
{
	struct parts *parts = ctx;

	parts->table(parts->ctx, level, addr, pa);
}
