/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table image: entries of a set of table pages, as slices of consecutive entries. It does not
 * know where they came from, and it need not hold all of a page.
 */
#ifndef PWTRACE_IMAGE_H
#define PWTRACE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "geometry/geometry.h"

/* Enough for a page's path and window: such an image never allocates. */
#define IMAGE_SMALL_SLICES  8
#define IMAGE_SMALL_ENTRIES 16

struct image_slice {
	uint64_t table;	 /* physical address of the table page */
	uint64_t addr;	 /* virtual address that the first entry maps */
	uint32_t offset; /* of the first entry in image->entries */
	uint16_t first;	 /* its index in the table */
	uint16_t nr;
	uint8_t level; /* enum pgtable_level */
};

struct image {
	struct pagewalk_memory memory; /* first: what the page walk asks */
	const struct geometry *geo;
	uint64_t root; /* physical address of the top level table */
	struct image_slice *slices;
	uint64_t *entries;
	uint32_t nr_slices, room_slices;
	uint32_t nr_entries, room_entries;
	bool torn; /* one entry was read twice with two values */
	struct image_slice small_slices[IMAGE_SMALL_SLICES];
	uint64_t small_entries[IMAGE_SMALL_ENTRIES];
};

void image_init(struct image *image, const struct geometry *geo, uint64_t root);
void image_release(struct image *image);

/* Make @copy an image with the same content, to be written to. Return: 0 or -ENOMEM. */
int image_copy(struct image *copy, const struct image *image);

/**
 * image_add() - put a slice into the image
 * @level: of the table
 * @table: its physical address
 * @addr: any virtual address that the first entry maps
 * @first: index of the first entry
 * @nr: entries, at least 1; the slice lies in the table
 *
 * Entries that the image has already are not added again; where they differ the image is torn.
 * Return: 0, -EINVAL for a slice that does not fit the table, -ENOMEM.
 */
int image_add(struct image *image, enum pgtable_level level, uint64_t table, uint64_t addr,
	      unsigned int first, unsigned int nr, const uint64_t *entries);

/* The slice that has entry @index of @table, NULL if it is not in the image. */
const struct image_slice *image_find(const struct image *image, uint64_t table, unsigned int index);

/* The entry itself, to be read and, in a copy, written; NULL if it is not in the image. */
uint64_t *image_entry(const struct image *image, uint64_t table, unsigned int index);

/*
 * Where @addr leads: the entry that its walk ends at (a leaf, a hole or an entry of the last level)
 * and, in @level, that entry's level. NULL if an entry on the way is not in the image.
 */
uint64_t *image_lookup(const struct image *image, uint64_t addr, enum pgtable_level *level);

static inline uint64_t *image_slice_entries(const struct image *image,
					    const struct image_slice *slice)
{
	return image->entries + slice->offset;
}

#endif
