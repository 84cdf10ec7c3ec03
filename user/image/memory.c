// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ready-made memory of the library: mapped pieces, kept sorted, and copied pages in a hash
 * table by their physical address.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "geometry/geometry.h"

struct page_slot {
	uint64_t pa;
	void *page; /* NULL: the slot is free */
};

struct piece {
	struct pagewalk_window window;
	bool own; /* its memory is the image's */
};

struct pagewalk_image {
	struct pagewalk_memory memory;
	struct pagewalk_memory *below;
	uint64_t page_size;
	struct piece *pieces; /* by address */
	size_t nr_pieces;
	struct page_slot *slots; /* 1 << slot_bits of them, at most half of them taken */
	unsigned int slot_bits;
	size_t nr_pages;
	uint64_t reserved, reserved_end;
};

static struct pagewalk_image *image_of(struct pagewalk_memory *memory)
{
	return (struct pagewalk_image *)memory;
}

/* The slot of the page at @pa, or the free one where it belongs. */
static struct page_slot *slot_of(const struct pagewalk_image *image, uint64_t pa)
{
	size_t mask = (1UL << image->slot_bits) - 1;
	size_t at = pa * 0x9e3779b97f4a7c15ULL >> (64 - image->slot_bits);

	while (image->slots[at].page && image->slots[at].pa != pa)
		at = (at + 1) & mask;
	return &image->slots[at];
}

static int more_slots(struct pagewalk_image *image)
{
	struct page_slot *old = image->slots;
	size_t nr = 1UL << image->slot_bits;

	image->slots = calloc(nr * 2, sizeof(*image->slots));
	if (!image->slots) {
		image->slots = old;
		return -ENOMEM;
	}
	image->slot_bits++;
	for (size_t i = 0; i < nr; i++)
		if (old[i].page)
			*slot_of(image, old[i].pa) = old[i];
	free(old);
	return 0;
}

/* The page at @pa, a new one if there is none. */
static void *page_at(struct pagewalk_image *image, uint64_t pa)
{
	struct page_slot *slot = slot_of(image, pa);

	if (slot->page)
		return slot->page;
	if (image->nr_pages >= 1UL << (image->slot_bits - 1)) {
		if (more_slots(image))
			return NULL;
		slot = slot_of(image, pa);
	}
	/* as aligned as a table is, for contiguous runs */
	slot->page = aligned_alloc(image->page_size, image->page_size);
	if (!slot->page)
		return NULL;
	slot->pa = pa;
	image->nr_pages++;
	return slot->page;
}

/* The number of pieces that begin at or before @pa. */
static size_t pieces_before(const struct pagewalk_image *image, uint64_t pa)
{
	size_t from = 0, to = image->nr_pieces;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (image->pieces[middle].window.pa > pa)
			to = middle;
		else
			from = middle + 1;
	}
	return from;
}

/* The piece that holds @pa, NULL if none does. */
static const struct pagewalk_window *piece_at(const struct pagewalk_image *image, uint64_t pa)
{
	size_t before = pieces_before(image, pa);
	const struct pagewalk_window *window;

	if (!before)
		return NULL;
	window = &image->pieces[before - 1].window;
	return pa - window->pa < window->size ? window : NULL;
}

static bool overlaps(const struct pagewalk_image *image, uint64_t pa, uint64_t size)
{
	size_t before = pieces_before(image, pa + size - 1);

	if (before &&
	    image->pieces[before - 1].window.pa + image->pieces[before - 1].window.size > pa)
		return true;
	for (size_t i = 0; image->nr_pages && i < 1UL << image->slot_bits; i++)
		if (image->slots[i].page && image->slots[i].pa < pa + size &&
		    pa < image->slots[i].pa + image->page_size)
			return true;
	return false;
}

static int add_piece(struct pagewalk_image *image, uint64_t pa, uint64_t size, void *entries,
		     bool own)
{
	size_t at = pieces_before(image, pa);
	struct piece *more;

	more = realloc(image->pieces, (image->nr_pieces + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	image->pieces = more;
	memmove(more + at + 1, more + at, (image->nr_pieces - at) * sizeof(*more));
	more[at] = (struct piece){ { pa, size, entries }, own };
	image->nr_pieces++;
	/* the largest piece is the one to look at first */
	if (size > image->memory.window.size)
		image->memory.window = more[at].window;
	return 0;
}

/*
 * Copy what is around @pa from the memory below: its table page, or as much of the page as there is
 * in one piece.
 */
static bool copy_up(struct pagewalk_image *image, uint64_t pa, struct pagewalk_window *window)
{
	uint64_t base = pa & ~(image->page_size - 1), first = base, end = base + image->page_size;
	struct pagewalk_memory *below = image->below;
	struct pagewalk_window from = below->window;
	void *copy;

	if (pa - from.pa >= from.size &&
	    (!below->find || !below->find(below, pa, &from) || pa - from.pa >= from.size))
		return false;
	if (first < from.pa)
		first = from.pa;
	if (end > from.pa + from.size)
		end = from.pa + from.size;
	copy = end - first == image->page_size ? page_at(image, base) : malloc(end - first);
	if (!copy)
		return false;
	if (end - first < image->page_size && add_piece(image, first, end - first, copy, true)) {
		free(copy);
		return false;
	}
	memcpy(copy, (char *)from.entries + (first - from.pa), end - first);
	*window = (struct pagewalk_window){ first, end - first, copy };
	return true;
}

static bool find(struct pagewalk_memory *memory, uint64_t pa, struct pagewalk_window *window)
{
	struct pagewalk_image *image = image_of(memory);
	const struct page_slot *slot = slot_of(image, pa & ~(image->page_size - 1));
	const struct pagewalk_window *piece;

	if (slot->page) {
		*window = (struct pagewalk_window){ slot->pa, image->page_size, slot->page };
		return true;
	}
	piece = piece_at(image, pa);
	if (piece)
		*window = *piece;
	return piece || (image->below && copy_up(image, pa, window));
}

static int alloc(struct pagewalk_memory *memory, uint64_t size, uint64_t *pa)
{
	struct pagewalk_image *image = image_of(memory);
	void *page;

	if (size != image->page_size)
		return -EINVAL;
	if (image->reserved_end - image->reserved < size)
		return -ENOMEM;
	page = page_at(image, image->reserved);
	if (!page)
		return -ENOMEM;
	memset(page, 0, size);
	*pa = image->reserved;
	image->reserved += size;
	return 0;
}

struct pagewalk_image *pagewalk_image_new(uint64_t page_size, struct pagewalk_memory *below)
{
	struct pagewalk_image *image;

	if (page_size != 4096 && page_size != 16384 && page_size != 65536) {
		errno = EINVAL;
		return NULL;
	}
	image = calloc(1, sizeof(*image));
	if (!image)
		return NULL;
	image->memory.find = find;
	image->below = below;
	image->page_size = page_size;
	image->slot_bits = 6;
	image->slots = calloc(1UL << image->slot_bits, sizeof(*image->slots));
	if (!image->slots) {
		free(image);
		return NULL;
	}
	return image;
}

void pagewalk_image_free(struct pagewalk_image *image)
{
	if (!image)
		return;
	for (size_t i = 0; i < 1UL << image->slot_bits; i++)
		free(image->slots[i].page);
	for (size_t i = 0; i < image->nr_pieces; i++)
		if (image->pieces[i].own)
			free(image->pieces[i].window.entries);
	free(image->slots);
	free(image->pieces);
	free(image);
}

struct pagewalk_memory *pagewalk_image_memory(struct pagewalk_image *image)
{
	return &image->memory;
}

int pagewalk_image_map(struct pagewalk_image *image, uint64_t pa, uint64_t size, void *entries)
{
	if (pa % sizeof(uint64_t) || size % sizeof(uint64_t) || !size || pa + size - 1 < pa)
		return -EINVAL;
	if (overlaps(image, pa, size))
		return -EEXIST;
	return add_piece(image, pa, size, entries, false);
}

int pagewalk_image_add(struct pagewalk_image *image, uint64_t pa, const void *page)
{
	void *copy;

	if (pa % image->page_size)
		return -EINVAL;
	if (!slot_of(image, pa)->page && image->nr_pieces &&
	    (piece_at(image, pa) ||
	     pieces_before(image, pa) != pieces_before(image, pa + image->page_size - 1)))
		return -EEXIST;
	copy = page_at(image, pa);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, page, image->page_size);
	return 0;
}

int pagewalk_image_reserve(struct pagewalk_image *image, uint64_t pa, uint64_t size)
{
	if (pa % image->page_size || pa + size < pa)
		return -EINVAL;
	image->reserved = pa;
	image->reserved_end = pa + size;
	image->memory.alloc = alloc;
	return 0;
}

void *pagewalk_image_at(struct pagewalk_image *image, uint64_t pa, uint64_t *room)
{
	struct pagewalk_window window;

	if (!find(&image->memory, pa, &window))
		return NULL;
	*room = window.size - (pa - window.pa);
	return (char *)window.entries + (pa - window.pa);
}
