// SPDX-License-Identifier: GPL-2.0-only
/* The ready-made memory: pagewalk_image. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "space.h"
#include "test.h"

#define PAGE 4096UL

static uint64_t value_at(struct pagewalk_image *image, uint64_t pa, uint64_t *room)
{
	uint64_t *at = pagewalk_image_at(image, pa, room);

	return at ? *at : 0xdead;
}

TEST(sizes_of_pages)
{
	static const uint64_t sizes[] = { 0, 1, 512, 2048, 8192, 32768, 131072, 4097, -1UL };

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		errno = 0;
		EXPECT(!pagewalk_image_new(sizes[i], NULL));
		EXPECT_EQ(errno, EINVAL);
	}
	pagewalk_image_free(NULL);
}

TEST(mapped_pieces)
{
	static uint64_t memory[512];
	static const struct {
		uint64_t pa, size;
		int err;
	} cases[] = {
		{ 0x10000, 64, 0 },
		{ 0x10004, 64, -EINVAL },
		{ 0x20000, 60, -EINVAL },
		{ 0x20000, 0, -EINVAL },
		{ -64UL, 128, -EINVAL },
		{ -64UL, 64, 0 },
		/* beside, over, inside of, around */
		{ 0x10040, 64, 0 },
		{ 0xfff8, 8, 0 },
		{ 0x10000, 64, -EEXIST },
		{ 0x10008, 8, -EEXIST },
		{ 0x10078, 16, -EEXIST },
		{ 0xfff0, 16, -EEXIST },
		{ 0xf000, 0x2000, -EEXIST },
		{ 0x11000, 64, 0 },
	};
	struct pagewalk_image *image = pagewalk_image_new(PAGE, NULL);
	uint64_t room = 0;

	for (unsigned int i = 0; i < 512; i++)
		memory[i] = 100 + i;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%#lx+%#lx", cases[i].pa, cases[i].size);
		EXPECT_EQ(pagewalk_image_map(image, cases[i].pa, cases[i].size, memory),
			  cases[i].err);
	}
	test_case(NULL);
	EXPECT_EQ(value_at(image, 0x10008, &room), 101);
	EXPECT_EQ(room, 56);
	EXPECT_EQ(value_at(image, 0x10078, &room), 107);
	EXPECT_EQ(room, 8);
	EXPECT_EQ(value_at(image, 0x10080, &room), 0xdead);
	EXPECT_EQ(value_at(image, 0xfff0, &room), 0xdead);
	EXPECT_EQ(value_at(image, 0xfff8, &room), 100);
	EXPECT_EQ(value_at(image, -8UL, &room), 107);
	/* the caller's memory, not a copy */
	memory[1] = 7;
	EXPECT_EQ(value_at(image, 0x10008, &room), 7);
	pagewalk_image_free(image);
}

TEST(copied_pages)
{
	uint64_t page[512] = { 1, 2, 3 }, piece[2] = { 9, 8 }, room;
	struct pagewalk_image *image = pagewalk_image_new(PAGE, NULL);

	EXPECT_EQ(pagewalk_image_add(image, 0x1008, page), -EINVAL);
	EXPECT_EQ(pagewalk_image_add(image, 0x1000, page), 0);
	page[1] = 5;
	EXPECT_EQ(value_at(image, 0x1008, &room), 2);
	EXPECT_EQ(room, PAGE - 8);
	EXPECT_EQ(value_at(image, 0x2000, &room), 0xdead);
	/* once more: it is replaced */
	EXPECT_EQ(pagewalk_image_add(image, 0x1000, page), 0);
	EXPECT_EQ(value_at(image, 0x1008, &room), 5);
	/* pages and pieces do not overlap, whichever was first */
	EXPECT_EQ(pagewalk_image_map(image, 0x1ff8, 16, piece), -EEXIST);
	EXPECT_EQ(pagewalk_image_map(image, 0xff8, 16, piece), -EEXIST);
	EXPECT_EQ(pagewalk_image_map(image, 0x3ff8, 16, piece), 0);
	EXPECT_EQ(pagewalk_image_add(image, 0x3000, page), -EEXIST);
	EXPECT_EQ(pagewalk_image_add(image, 0x4000, page), -EEXIST);
	EXPECT_EQ(pagewalk_image_add(image, 0x2000, page), 0);
	EXPECT_EQ(pagewalk_image_add(image, 0x5000, page), 0);
	/* many, so that what finds them grows */
	for (uint64_t i = 0; i < 1000; i++) {
		page[0] = i;
		EXPECT_EQ(pagewalk_image_add(image, 0x100000 + i * PAGE * 3, page), 0);
	}
	for (uint64_t i = 0; i < 1000; i++)
		if (!EXPECT_EQ(value_at(image, 0x100000 + i * PAGE * 3, &room), i))
			break;
	pagewalk_image_free(image);
}

TEST(new_tables)
{
	uint64_t page[512] = { 1, 2, 3 }, pa = 0, room;
	struct pagewalk_image *image = pagewalk_image_new(PAGE, NULL);
	struct pagewalk_memory *memory = pagewalk_image_memory(image);

	EXPECT(!memory->alloc);
	EXPECT_EQ(pagewalk_image_reserve(image, 0x800, PAGE), -EINVAL);
	EXPECT_EQ(pagewalk_image_reserve(image, -PAGE, 2 * PAGE), -EINVAL);
	EXPECT(!memory->alloc);
	EXPECT_EQ(pagewalk_image_reserve(image, 0x8000, 2 * PAGE + 8), 0);
	EXPECT_EQ(memory->alloc(memory, 16384, &pa), -EINVAL);
	EXPECT_EQ(memory->alloc(memory, PAGE, &pa), 0);
	EXPECT_EQ(pa, 0x8000);
	EXPECT_EQ(value_at(image, 0x8ff8, &room), 0);
	EXPECT_EQ(memory->alloc(memory, PAGE, &pa), 0);
	EXPECT_EQ(pa, 0x9000);
	EXPECT_EQ(memory->alloc(memory, PAGE, &pa), -ENOMEM);
	/* where something is already it is zeroed */
	EXPECT_EQ(pagewalk_image_add(image, 0x10000, page), 0);
	EXPECT_EQ(pagewalk_image_reserve(image, 0x10000, PAGE), 0);
	EXPECT_EQ(memory->alloc(memory, PAGE, &pa), 0);
	EXPECT_EQ(value_at(image, 0x10008, &room), 0);
	pagewalk_image_free(image);
}

TEST(overlays)
{
	static uint64_t whole[1024], part[4] = { 11, 12, 13, 14 };
	struct pagewalk_image *below = pagewalk_image_new(PAGE, NULL), *over;
	uint64_t room, page[512] = { 77 };

	for (unsigned int i = 0; i < 1024; i++)
		whole[i] = 1000 + i;
	EXPECT_EQ(pagewalk_image_map(below, 0x10000, sizeof(whole), whole), 0);
	EXPECT_EQ(pagewalk_image_map(below, 0x20ff0, sizeof(part), part), 0);
	over = pagewalk_image_new(PAGE, pagewalk_image_memory(below));
	/* a page of it at a time */
	EXPECT_EQ(value_at(over, 0x10008, &room), 1001);
	EXPECT_EQ(room, PAGE - 8);
	*(uint64_t *)pagewalk_image_at(over, 0x10008, &room) = 5;
	EXPECT_EQ(whole[1], 1001);
	EXPECT_EQ(value_at(over, 0x10008, &room), 5);
	EXPECT_EQ(value_at(below, 0x10008, &room), 1001);
	/* what was not looked at yet is as it is below now */
	whole[512] = 6;
	EXPECT_EQ(value_at(over, 0x11000, &room), 6);
	whole[512] = 7;
	EXPECT_EQ(value_at(over, 0x11000, &room), 6);
	/* parts of two pages: copied each by itself */
	EXPECT_EQ(value_at(over, 0x20ff8, &room), 12);
	EXPECT_EQ(room, 8);
	EXPECT_EQ(value_at(over, 0x21000, &room), 13);
	EXPECT_EQ(room, 16);
	*(uint64_t *)pagewalk_image_at(over, 0x20ff0, &room) = 99;
	*(uint64_t *)pagewalk_image_at(over, 0x21008, &room) = 98;
	EXPECT_EQ(part[0], 11);
	EXPECT_EQ(part[3], 14);
	EXPECT_EQ(value_at(over, 0x20ff0, &room), 99);
	EXPECT_EQ(value_at(over, 0x21008, &room), 98);
	EXPECT_EQ(value_at(over, 0x20fe8, &room), 0xdead);
	/* its own come before those below */
	EXPECT_EQ(pagewalk_image_add(over, 0x30000, page), 0);
	EXPECT_EQ(value_at(over, 0x30000, &room), 77);
	EXPECT_EQ(value_at(below, 0x30000, &room), 0xdead);
	pagewalk_image_free(over);
	pagewalk_image_free(below);
}

/* A walk that splits and installs in an overlay leaves what is below as it is. */
TEST(walks_of_overlays)
{
	struct pagewalk_image *over;
	struct space space;
	struct ram before;
	pte_t *pte;

	space_init(&space, 12, 48, 48);
	space_vma(&space, 0x200000, 0x400000, 0);
	*space_entry(&space, 1, 0x200000) = space_desc(&space, 512, PTE_VALID | PTE_AF);
	ram_copy(&before, &space.ram);
	over = pagewalk_image_new(PAGE, &space.ram.memory);
	space.mm.memory = pagewalk_image_memory(over);
	struct mm_walk_ops ops = { .pte_entry = space_ops.pte_entry };

	EXPECT_EQ(walk_page_range(&space.mm, 0x200000, 0x202000, &ops, &space), -EROFS);
	EXPECT_EQ(pagewalk_image_reserve(over, 0x90000000, 8 * PAGE), 0);
	EXPECT_EQ(walk_page_range(&space.mm, 0x200000, 0x202000, &ops, &space), 0);
	EXPECT_EQ(space.calls, 2);
	pagewalk_use(&space.mm);
	pte = pte_offset_kernel(pmd_offset(pud_offset(p4d_offset(pgd_offset(&space.mm, 0x201000),
								 0x201000),
						      0x201000),
					   0x201000),
				0x201000);
	if (EXPECT(pte))
		EXPECT_EQ(pte_pfn(*pte), SPACE_PFN + 513);
	pagewalk_use(NULL);
	ram_same(&space.ram, &before);
	ram_release(&before);
	pagewalk_image_free(over);
	space_release(&space);
}
