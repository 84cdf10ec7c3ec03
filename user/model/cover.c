// SPDX-License-Identifier: GPL-2.0-only
/* Bring the tables of a range into the image that the model works on, whole tables at a time. */
#include <errno.h>

#include "geometry/descriptor.h"
#include "model/run.h"

/* 32 MB of 4K tables: 16 GB of pages */
#define MAX_TABLES 8192

static int add_table(struct run *run, enum pgtable_level level, uint64_t pa, uint64_t addr)
{
	struct pagewalk_memory *memory = run->kernel->source.tables;
	struct image *image = &run->result->tables;
	const struct geometry *geo = image->geo;
	unsigned int nr = geometry_entries(geo, level);
	unsigned int bits = geometry_shift(geo, level) + __builtin_ctz(nr);
	struct pagewalk_window window;

	if (image_find(image, pa, geometry_index(geo, level, addr)))
		return 0;
	if (image->nr_slices >= MAX_TABLES)
		return -E2BIG;
	if (!memory->find(memory, pa, &window) || window.pa > pa ||
	    window.pa + window.size < pa + nr * sizeof(uint64_t))
		return -ENODATA;
	/* of a folded top level the upper part of the addresses is all there is */
	return image_add(image, level, pa, bits < 64 ? addr & (~0ULL << bits) : 0, 0, nr,
			 window.entries + (pa - window.pa) / sizeof(uint64_t));
}

/* The next address behind what the entry maps; @end where that is further. */
static uint64_t entry_end(const struct geometry *geo, enum pgtable_level level, uint64_t addr,
			  uint64_t end)
{
	uint64_t size = geometry_size(geo, level), next = (addr & ~(size - 1)) + size;

	return next - 1 < end - 1 ? next : end;
}

static int cover_table(struct run *run, enum pgtable_level level, uint64_t table, uint64_t addr,
		       uint64_t end)
{
	const struct geometry *geo = run->kernel->geo;
	int err = add_table(run, level, table, addr);

	for (; !err && level != PGTABLE_LEVEL_PTE && addr != end;
	     addr = entry_end(geo, level, addr, end)) {
		const uint64_t *entry = image_entry(&run->result->tables, table,
						    geometry_index(geo, level, addr));

		if (desc_table(*entry, level))
			err = cover_table(run, level - 1, desc_address(geo, *entry), addr,
					  entry_end(geo, level, addr, end));
	}
	return err;
}

int run_cover(struct run *run, uint64_t start, uint64_t end)
{
	const struct geometry *geo = run->kernel->geo;
	uint64_t page = page_size(run), lowest = -(1ULL << geo->va_bits);

	start &= ~(page - 1);
	if (start < lowest)
		return -ENODATA;
	/* a page on each side */
	if (start > lowest)
		start -= page;
	end = end > -2 * page ? 0 : ((end + page - 1) & ~(page - 1)) + page;
	return cover_table(run, geometry_top(geo), run->kernel->root_pa, start, end);
}
