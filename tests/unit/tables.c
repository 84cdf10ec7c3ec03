// SPDX-License-Identifier: GPL-2.0-only
#include "tables.h"

#include <stdlib.h>

#include "test.h"

const struct shape shapes[] = {
	{ 12, 39, 39 }, { 12, 48, 48 }, { 12, 52, 52 }, { 12, 48, 52 }, { 14, 36, 36 },
	{ 14, 47, 47 }, { 14, 48, 48 }, { 14, 52, 52 }, { 14, 47, 52 }, { 16, 42, 42 },
	{ 16, 48, 48 }, { 16, 52, 52 }, { 16, 48, 52 },
};

const unsigned int nr_shapes = ARRAY_SIZE(shapes);

struct geometry shape_geometry(const struct shape *shape)
{
	struct geometry geo = {};

	EXPECT_EQ(geometry_init(&geo, shape->page_shift, shape->va_bits, shape->va_bits_config), 0);
	return geo;
}

uint64_t desc_of(const struct geometry *geo, uint64_t pa)
{
	uint64_t low = pa & ~(~0ULL << (geo->lpa2 ? 50 : 48));

	if (geo->lpa2)
		return low | (pa >> 50 & 3) << 8;
	return geo->page_shift == 16 ? low | (pa >> 48 & 15) << 12 : low;
}

/* Table pages lie where address bits are in unusual places, as far as the geometry has such. */
static uint64_t page_address(const struct tables *tables)
{
	const struct geometry *geo = tables->geo;
	uint64_t base = geo->lpa2 || geo->page_shift == 16 ? 0xd000000000000 : 0x80000000000;

	return base + ((tables->nr + 1ULL) << geo->page_shift);
}

static uint64_t add_page(struct tables *tables, enum pgtable_level level, uint64_t addr)
{
	struct table_page *page = &tables->pages[tables->nr];
	unsigned int nr = geometry_entries(tables->geo, level);
	unsigned int bits = geometry_shift(tables->geo, level) + __builtin_ctz(nr);

	if (tables->nr == TABLES_MAX)
		abort();
	*page = (struct table_page){
		.pa = page_address(tables),
		.addr = addr & (~0ULL << bits),
		.level = level,
		.nr = nr,
		.entries = calloc(nr, sizeof(uint64_t)),
	};
	tables->nr++;
	return page->pa;
}

void tables_init(struct tables *tables, const struct geometry *geo)
{
	tables->geo = geo;
	tables->nr = 0;
	tables->root = add_page(tables, geometry_top(geo), -(1ULL << geo->va_bits));
}

void tables_release(struct tables *tables)
{
	for (unsigned int i = 0; i < tables->nr; i++)
		free(tables->pages[i].entries);
	tables->nr = 0;
}

uint64_t *tables_at(const struct tables *tables, uint64_t pa, unsigned int index)
{
	for (unsigned int i = 0; i < tables->nr; i++)
		if (tables->pages[i].pa == pa)
			return index < tables->pages[i].nr ? tables->pages[i].entries + index :
							     NULL;
	return NULL;
}

uint64_t tables_target(const struct tables *tables, uint64_t desc)
{
	const struct geometry *geo = tables->geo;
	uint64_t pa = desc & (~0ULL >> (geo->lpa2 ? 14 : 16)) & (~0ULL << geo->page_shift);

	if (geo->lpa2)
		return pa | (desc >> 8 & 3) << 50;
	return geo->page_shift == 16 ? pa | (desc >> 12 & 15) << 48 : pa;
}

uint64_t tables_new(struct tables *tables, enum pgtable_level level, uint64_t addr)
{
	uint64_t *entry = tables_entry(tables, level, addr);
	uint64_t pa = add_page(tables, level - 1, addr);

	*entry = desc_of(tables->geo, pa) | TABLE_BITS;
	return pa;
}

uint64_t *tables_entry(struct tables *tables, enum pgtable_level level, uint64_t addr)
{
	const struct geometry *geo = tables->geo;
	uint64_t table = tables->root;

	for (enum pgtable_level at = geometry_top(geo);; at--) {
		uint64_t *entry = tables_at(tables, table, geometry_index(geo, at, addr));

		if (at == level)
			return entry;
		table = (*entry & TABLE_BITS) == TABLE_BITS ? tables_target(tables, *entry) :
							      tables_new(tables, at, addr);
	}
}

void tables_window(const struct tables *tables, const struct table_page *page, uint64_t start,
		   uint64_t end, unsigned int *first, unsigned int *nr)
{
	unsigned int shift = geometry_shift(tables->geo, page->level);
	/* counted from the page's start, which may be the end of the address space */
	uint64_t last = page->nr - 1, from, to;

	*nr = 0;
	if (end - 1 < page->addr || (start > page->addr && (start - page->addr) >> shift > last))
		return;
	from = start > page->addr ? (start - page->addr) >> shift : 0;
	to = (end - 1 - page->addr) >> shift;
	if (to > last)
		to = last;
	*first = from ? from - 1 : 0;
	*nr = (to < last ? to + 1 : to) - *first + 1;
}

void tables_image(const struct tables *tables, struct image *image, uint64_t start, uint64_t end)
{
	for (unsigned int i = 0; i < tables->nr; i++) {
		const struct table_page *page = &tables->pages[i];
		unsigned int first, nr;

		tables_window(tables, page, start, end, &first, &nr);
		if (nr)
			EXPECT_EQ(image_add(image, page->level, page->pa,
					    page->addr +
						    ((uint64_t)first
						     << geometry_shift(tables->geo, page->level)),
					    first, nr, page->entries + first),
				  0);
	}
}

bool tables_same(const struct tables *tables, const struct image *image)
{
	bool same = true;

	for (unsigned int i = 0; i < tables->nr; i++) {
		const struct table_page *page = &tables->pages[i];

		for (unsigned int index = 0; index < page->nr; index++) {
			const uint64_t *entry = image_entry(image, page->pa, index);

			if (entry)
				same &= EXPECT_EQ(*entry, page->entries[index]);
		}
	}
	return same;
}
