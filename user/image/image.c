// SPDX-License-Identifier: GPL-2.0-only
#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "geometry/descriptor.h"

/* In a table of 64K pages. */
#define MOST_ENTRIES 8192

/* The slices as pieces of physical memory. */
static bool find(struct pagewalk_memory *memory, uint64_t pa, struct pagewalk_window *window)
{
	const struct image *image = (const struct image *)memory;
	uint64_t table = pa & ~(geometry_page_size(image->geo) - 1);
	const struct image_slice *slice;

	slice = image_find(image, table, (pa - table) / sizeof(uint64_t));
	if (!slice)
		return false;
	window->pa = table + slice->first * sizeof(uint64_t);
	window->size = slice->nr * sizeof(uint64_t);
	window->entries = image_slice_entries(image, slice);
	return true;
}

void image_init(struct image *image, const struct geometry *geo, uint64_t root)
{
	image->memory = (struct pagewalk_memory){ .find = find };
	image->geo = geo;
	image->root = root;
	image->slices = image->small_slices;
	image->entries = image->small_entries;
	image->nr_slices = image->nr_entries = 0;
	image->room_slices = IMAGE_SMALL_SLICES;
	image->room_entries = IMAGE_SMALL_ENTRIES;
	image->torn = false;
}

void image_release(struct image *image)
{
	if (image->slices != image->small_slices)
		free(image->slices);
	if (image->entries != image->small_entries)
		free(image->entries);
	image_init(image, image->geo, image->root);
}

/*
 * Room for @need elements; leaves the array that is part of the image behind when it is too small.
 */
static int make_room(void **array, void *small, uint32_t *room, uint32_t need, size_t elem)
{
	uint32_t want = *room;
	void *bigger;

	if (need <= *room)
		return 0;
	while (want < need)
		want *= 2;
	bigger = *array == small ? malloc(want * elem) : realloc(*array, want * elem);
	if (!bigger)
		return -ENOMEM;
	if (*array == small)
		memcpy(bigger, small, *room * elem);
	*array = bigger;
	*room = want;
	return 0;
}

static int room_for(struct image *image, uint32_t slices, uint32_t entries)
{
	int err;

	if (slices <= image->room_slices && entries <= image->room_entries)
		return 0;
	err = make_room((void **)&image->slices, image->small_slices, &image->room_slices, slices,
			sizeof(*image->slices));
	return err ? err :
		     make_room((void **)&image->entries, image->small_entries, &image->room_entries,
			       entries, sizeof(*image->entries));
}

int image_copy(struct image *copy, const struct image *image)
{
	int err;

	image_init(copy, image->geo, image->root);
	err = room_for(copy, image->nr_slices, image->nr_entries);
	if (err) {
		image_release(copy);
		return err;
	}
	for (uint32_t i = 0; i < image->nr_slices; i++)
		copy->slices[i] = image->slices[i];
	memcpy(copy->entries, image->entries, image->nr_entries * sizeof(*image->entries));
	copy->nr_slices = image->nr_slices;
	copy->nr_entries = image->nr_entries;
	copy->torn = image->torn;
	return 0;
}

static int append(struct image *image, enum pgtable_level level, uint64_t table, uint64_t addr,
		  unsigned int first, unsigned int nr, const uint64_t *entries)
{
	int err = room_for(image, image->nr_slices + 1, image->nr_entries + nr);

	if (err)
		return err;
	image->slices[image->nr_slices++] = (struct image_slice){
		.table = table,
		.addr = addr & ~(geometry_size(image->geo, level) - 1),
		.offset = image->nr_entries,
		.first = first,
		.nr = nr,
		.level = level,
	};
	for (unsigned int i = 0; i < nr; i++)
		image->entries[image->nr_entries++] = entries[i];
	return 0;
}

static bool has_table(const struct image *image, uint64_t table)
{
	for (uint32_t i = 0; i < image->nr_slices; i++)
		if (image->slices[i].table == table)
			return true;
	return false;
}

/* Entries of the slice that the image has already, as bits; where they differ it is torn. */
static void find_known(struct image *image, uint64_t table, unsigned int first, unsigned int nr,
		       const uint64_t *entries, uint64_t *known)
{
	for (uint32_t n = 0; n < image->nr_slices; n++) {
		const struct image_slice *slice = &image->slices[n];
		unsigned int from = slice->first > first ? slice->first : first;
		unsigned int to = slice->first + slice->nr;

		if (slice->table != table)
			continue;
		for (unsigned int i = from; i < to && i < first + nr; i++) {
			uint64_t bit = 1ULL << (i - first) % 64;

			known[(i - first) / 64] |= bit;
			image->torn |= image->entries[slice->offset + i - slice->first] !=
				       entries[i - first];
		}
	}
}

static bool is_known(const uint64_t *known, unsigned int i)
{
	return known[i / 64] >> i % 64 & 1;
}

int image_add(struct image *image, enum pgtable_level level, uint64_t table, uint64_t addr,
	      unsigned int first, unsigned int nr, const uint64_t *entries)
{
	uint64_t size = geometry_size(image->geo, level), known[MOST_ENTRIES / 64];
	unsigned int run;
	int err = 0;

	if (!nr || first >= geometry_entries(image->geo, level) ||
	    nr > geometry_entries(image->geo, level) - first)
		return -EINVAL;
	if (!has_table(image, table))
		return append(image, level, table, addr, first, nr, entries);
	memset(known, 0, (nr + 63) / 64 * sizeof(*known));
	find_known(image, table, first, nr, entries, known);
	for (unsigned int i = 0; i < nr && !err; i += run) {
		run = 1;
		if (is_known(known, i))
			continue;
		while (i + run < nr && !is_known(known, i + run))
			run++;
		err = append(image, level, table, addr + i * size, first + i, run, entries + i);
	}
	return err;
}

const struct image_slice *image_find(const struct image *image, uint64_t table, unsigned int index)
{
	/* the slice added last is the one asked for most */
	for (uint32_t i = image->nr_slices; i-- > 0;) {
		const struct image_slice *slice = &image->slices[i];

		if (slice->table == table && index - slice->first < slice->nr)
			return slice;
	}
	return NULL;
}

uint64_t *image_entry(const struct image *image, uint64_t table, unsigned int index)
{
	const struct image_slice *slice = image_find(image, table, index);

	return slice ? image->entries + slice->offset + (index - slice->first) : NULL;
}

uint64_t *image_lookup(const struct image *image, uint64_t addr, enum pgtable_level *level)
{
	const struct geometry *geo = image->geo;
	uint64_t table = image->root;

	for (int at = geometry_top(geo);; at--) {
		uint64_t *entry = image_entry(image, table, geometry_index(geo, at, addr));

		*level = at;
		if (!entry || !desc_table(*entry, at))
			return entry;
		table = desc_address(geo, *entry);
	}
}
