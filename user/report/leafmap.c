// SPDX-License-Identifier: GPL-2.0-only
#include "leafmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "geometry/descriptor.h"

#define BUCKETS	   8192
#define MOST_BYTES (32U << 20)

/* What one entry of a PMD table maps, or one of a level above. */
struct leafmap_cell {
	struct leafmap_cell *next; /* in the bucket */
	uint64_t addr;
	uint8_t level;
	leaf_code whole[LEAFMAP_SIDES];	 /* a leaf or a hole of that level; LEAF_UNSEEN: none */
	leaf_code *pages[LEAFMAP_SIDES]; /* NULL: none was seen */
};

void leafmap_init(struct leafmap *map, const struct geometry *geo)
{
	*map = (struct leafmap){ .geo = geo };
}

void leafmap_release(struct leafmap *map)
{
	for (size_t i = 0; map->buckets && i < BUCKETS; i++) {
		struct leafmap_cell *cell = map->buckets[i], *next;

		for (; cell; cell = next) {
			next = cell->next;
			free(cell->pages[LEAFMAP_FIRST]);
			free(cell->pages[LEAFMAP_LAST]);
			free(cell);
		}
	}
	free(map->buckets);
	map->buckets = NULL;
}

static struct leafmap_cell **bucket(const struct leafmap *map, uint64_t addr, unsigned int level)
{
	uint64_t hash = ((addr >> map->geo->page_shift) + level) * 0x9e3779b97f4a7c15ULL;

	return &map->buckets[hash >> 51];
}

static struct leafmap_cell *find(const struct leafmap *map, uint64_t addr, unsigned int level)
{
	struct leafmap_cell *cell = map->recent;

	if (cell && cell->addr == addr && cell->level == level)
		return cell;
	cell = *bucket(map, addr, level);
	while (cell && (cell->addr != addr || cell->level != level))
		cell = cell->next;
	return cell;
}

static bool has_room(struct leafmap *map, size_t bytes)
{
	if (map->bytes + bytes > MOST_BYTES)
		return false;
	map->bytes += bytes;
	return true;
}

/* NULL: no memory, or no room, which is counted. */
static struct leafmap_cell *cell_of(struct leafmap *map, uint64_t addr, enum pgtable_level level)
{
	struct leafmap_cell *cell, **head;

	addr &= ~(geometry_size(map->geo, level) - 1);
	cell = find(map, addr, level);
	if (cell || !has_room(map, sizeof(*cell)))
		return map->recent = cell;
	cell = calloc(1, sizeof(*cell));
	if (!cell)
		return NULL;
	head = bucket(map, addr, level);
	*cell = (struct leafmap_cell){ *head, addr, level, { LEAF_UNSEEN, LEAF_UNSEEN }, {} };
	*head = map->recent = cell;
	map->nr++;
	map->nr_huge += level > PGTABLE_LEVEL_PMD;
	return cell;
}

static unsigned int pages_of(const struct leafmap *map)
{
	return 1U << map->geo->table_bits;
}

static leaf_code *pages(struct leafmap *map, struct leafmap_cell *cell, enum leafmap_side side)
{
	if (!cell->pages[side] && has_room(map, pages_of(map))) {
		cell->pages[side] = malloc(pages_of(map));
		if (cell->pages[side])
			memset(cell->pages[side], LEAF_UNSEEN, pages_of(map));
	}
	return cell->pages[side];
}

/* The leaf above was seen first; there is none any more where one below was seen last. */
static bool hidden(struct leafmap *map, uint64_t addr, enum pgtable_level level,
		   enum leafmap_side side)
{
	for (int above = level + 1; map->nr_huge && above < PGTABLE_NR_LEVELS; above++) {
		uint64_t start = addr & ~(geometry_size(map->geo, above) - 1);
		struct leafmap_cell *cell = above > PGTABLE_LEVEL_PMD ? find(map, start, above) :
									NULL;

		if (!cell || cell->whole[side] == LEAF_UNSEEN)
			continue;
		if (side == LEAFMAP_FIRST)
			return true;
		cell->whole[side] = LEAF_UNSEEN;
	}
	return false;
}

static void note_whole(struct leafmap_cell *cell, enum leafmap_side side, leaf_code code)
{
	if (side == LEAFMAP_FIRST && (cell->whole[side] != LEAF_UNSEEN || cell->pages[side]))
		return;
	cell->whole[side] = code;
	if (cell->pages[side]) {
		free(cell->pages[side]);
		cell->pages[side] = NULL;
	}
}

static void note_page(struct leafmap *map, struct leafmap_cell *cell, enum leafmap_side side,
		      unsigned int index, leaf_code code)
{
	leaf_code *codes;

	if (side == LEAFMAP_FIRST && cell->whole[side] != LEAF_UNSEEN)
		return;
	codes = pages(map, cell, side);
	if (!codes) {
		map->left_out++;
		return;
	}
	cell->whole[side] = LEAF_UNSEEN;
	if (side == LEAFMAP_LAST || codes[index] == LEAF_UNSEEN)
		codes[index] = code;
}

static void note(struct leafmap *map, uint64_t addr, enum pgtable_level level,
		 enum leafmap_side side, leaf_code code)
{
	bool last = level == PGTABLE_LEVEL_PTE;
	struct leafmap_cell *cell;

	if (hidden(map, addr, level, side))
		return;
	cell = cell_of(map, addr, last ? PGTABLE_LEVEL_PMD : level);
	if (!cell)
		map->left_out++;
	else if (last)
		note_page(map, cell, side, geometry_index(map->geo, level, addr), code);
	else
		note_whole(cell, side, code);
}

/* Hierarchical bits of the tables above what @addr leads to in @image. */
static uint64_t table_bits(const struct image *image, uint64_t addr)
{
	const struct geometry *geo = image->geo;
	uint64_t table = image->root, bits = 0;

	for (int level = geometry_top(geo); level > PGTABLE_LEVEL_PTE; level--) {
		const uint64_t *entry = image_entry(image, table, geometry_index(geo, level, addr));

		if (!entry || !desc_table(*entry, level))
			break;
		bits |= *entry & TABLE_ATTRS;
		table = desc_address(geo, *entry);
	}
	return bits;
}

static void note_slice(struct leafmap *map, const struct image *image,
		       const struct image_slice *slice, unsigned int sides)
{
	const uint64_t *entries = image_slice_entries(image, slice);
	uint64_t size = geometry_size(image->geo, slice->level);
	uint64_t bits = table_bits(image, slice->addr);

	for (unsigned int i = 0; i < slice->nr; i++) {
		leaf_code code;

		if (desc_table(entries[i], slice->level))
			continue;
		code = leaf_code_of(slice->level, entries[i], bits);
		for (enum leafmap_side side = 0; side < LEAFMAP_SIDES; side++)
			if (sides & 1U << side)
				note(map, slice->addr + i * size, slice->level, side, code);
	}
}

static void note_image(struct leafmap *map, const struct image *image, unsigned int sides)
{
	for (uint32_t i = 0; i < image->nr_slices; i++)
		note_slice(map, image, &image->slices[i], sides);
}

int leafmap_change(struct leafmap *map, const struct change *change)
{
	const unsigned int first = 1U << LEAFMAP_FIRST, last = 1U << LEAFMAP_LAST;

	if (!map->buckets)
		map->buckets = calloc(BUCKETS, sizeof(*map->buckets));
	if (!map->buckets)
		return -ENOMEM;
	/* what was seen first may be what a change found, or what it left: a split's table */
	note_image(map, &change->before, change->after.nr_slices ? first : first | last);
	note_image(map, &change->after, change->before.nr_slices ? last : first | last);
	return 0;
}

static int by_addr(const void *a, const void *b)
{
	const struct leafmap_cell *x = *(struct leafmap_cell *const *)a;
	const struct leafmap_cell *y = *(struct leafmap_cell *const *)b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->level > y->level ? -1 : x->level < y->level;
}

static int cell_space(const struct leafmap *map, const struct leafmap_cell *cell,
		      enum leafmap_side side, const struct zones *zones, struct strips *strips)
{
	uint64_t page = geometry_page_size(map->geo);
	int err = 0;

	/* what is empty is told of pages only: above them it goes far beyond what was asked for */
	if (cell->whole[side] == LEAF_HOLE)
		return 0;
	if (cell->whole[side] != LEAF_UNSEEN)
		return strips_add(strips, zones, page, cell->addr,
				  geometry_size(map->geo, cell->level), cell->whole[side]);
	for (unsigned int i = 0; cell->pages[side] && !err && i < pages_of(map); i++)
		if (cell->pages[side][i] != LEAF_UNSEEN)
			err = strips_add(strips, zones, page, cell->addr + i * page, page,
					 cell->pages[side][i]);
	return err;
}

int leafmap_space(const struct leafmap *map, enum leafmap_side side, const struct zones *zones,
		  struct strips *strips)
{
	struct leafmap_cell **cells;
	size_t nr = 0;
	int err = 0;

	if (!map->nr)
		return 0;
	cells = malloc(map->nr * sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct leafmap_cell *cell = map->buckets[i]; cell; cell = cell->next)
			cells[nr++] = cell;
	qsort(cells, nr, sizeof(*cells), by_addr);
	for (size_t i = 0; i < nr && !err; i++)
		err = cell_space(map, cells[i], side, zones, strips);
	free(cells);
	return err;
}
