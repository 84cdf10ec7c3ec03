// SPDX-License-Identifier: GPL-2.0-only
#include "image/image.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "tables.h"
#include "test.h"

#define ROOT 0x1000
#define ADDR 0xffff800080000000

static struct geometry geometry_4k(void)
{
	const struct shape shape = { 12, 48, 48 };

	return shape_geometry(&shape);
}

static const uint64_t values[] = { 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 };

TEST(an_empty_image_has_nothing)
{
	struct geometry geo = geometry_4k();
	enum pgtable_level level;
	struct image image;

	image_init(&image, &geo, ROOT);
	EXPECT(!image_find(&image, ROOT, 0));
	EXPECT(!image_entry(&image, ROOT, 0));
	EXPECT(!image_lookup(&image, ADDR, &level));
	EXPECT(!image.torn);
	image_release(&image);
}

TEST(a_slice_is_found)
{
	struct geometry geo = geometry_4k();
	const struct image_slice *slice;
	struct image image;

	image_init(&image, &geo, ROOT);
	EXPECT_EQ(image_add(&image, PGTABLE_LEVEL_PTE, 0x5000, ADDR + 0x7008, 7, 3, values), 0);
	for (unsigned int index = 0; index < 12; index++) {
		const uint64_t *entry = image_entry(&image, 0x5000, index);

		test_case("index %u", index);
		EXPECT_EQ(!!entry, index >= 7 && index < 10);
		EXPECT_EQ(!!image_find(&image, 0x5000, index), !!entry);
		if (entry)
			EXPECT_EQ(*entry, values[index - 7]);
	}
	EXPECT(!image_entry(&image, 0x6000, 7));
	EXPECT(!image_entry(&image, 0x5000, UINT_MAX));

	slice = image_find(&image, 0x5000, 8);
	EXPECT_EQ(slice->table, 0x5000);
	EXPECT_EQ(slice->addr, ADDR + 0x7000);
	EXPECT_EQ(slice->first, 7);
	EXPECT_EQ(slice->nr, 3);
	EXPECT_EQ(slice->level, PGTABLE_LEVEL_PTE);
	EXPECT_EQ(image_slice_entries(&image, slice)[1], values[1]);
	image_release(&image);
}

/* Slices that overlap: each entry is kept once, the first value stays. */
TEST(overlaps)
{
	static const struct {
		unsigned int first, nr;
		int shift;	      /* of the values: other than 0 makes them differ */
		unsigned int entries; /* in the image then */
		bool torn;
	} cases[] = {
		{ 10, 4, 0, 4, false }, /* the same again */
		{ 11, 2, 0, 4, false }, /* inside */
		{ 8, 4, 0, 6, false },	/* before and over */
		{ 12, 4, 0, 6, false }, /* over and behind */
		{ 8, 8, 0, 8, false },	/* all around */
		{ 14, 2, 0, 6, false }, /* behind */
		{ 8, 2, 1, 6, false },	/* beside: no entry twice */
		{ 13, 1, 1, 4, true },	{ 8, 4, 1, 6, true }, { 8, 8, 1, 8, true },
	};
	struct geometry geo = geometry_4k();

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t others[8];
		struct image image;

		test_case("%u+%u shift %d", cases[i].first, cases[i].nr, cases[i].shift);
		for (unsigned int n = 0; n < cases[i].nr; n++)
			others[n] = 100 + cases[i].first + n + cases[i].shift;
		image_init(&image, &geo, ROOT);
		EXPECT_EQ(image_add(&image, PGTABLE_LEVEL_PTE, 0x5000, ADDR + 0xa000, 10, 4,
				    (const uint64_t[]){ 110, 111, 112, 113 }),
			  0);
		EXPECT_EQ(image_add(&image, PGTABLE_LEVEL_PTE, 0x5000,
				    ADDR + cases[i].first * 0x1000, cases[i].first, cases[i].nr,
				    others),
			  0);
		EXPECT_EQ(image.nr_entries, cases[i].entries);
		EXPECT_EQ(image.torn, cases[i].torn);
		for (unsigned int n = 0; n < 4; n++)
			EXPECT_EQ(*image_entry(&image, 0x5000, 10 + n), 110 + n);
		for (unsigned int n = 0; n < image.nr_slices; n++)
			EXPECT_EQ(image.slices[n].addr, ADDR + image.slices[n].first * 0x1000);
		image_release(&image);
	}
}

TEST(equal_tables_at_other_addresses_are_no_overlap)
{
	struct geometry geo = geometry_4k();
	struct image image;

	image_init(&image, &geo, ROOT);
	EXPECT_EQ(image_add(&image, PGTABLE_LEVEL_PTE, 0x5000, ADDR, 0, 4, values), 0);
	EXPECT_EQ(image_add(&image, PGTABLE_LEVEL_PTE, 0x6000, ADDR, 0, 4, values + 4), 0);
	EXPECT_EQ(image.nr_entries, 8);
	EXPECT(!image.torn);
	EXPECT_EQ(*image_entry(&image, 0x5000, 1), 11);
	EXPECT_EQ(*image_entry(&image, 0x6000, 1), 15);
	image_release(&image);
}

TEST(slices_that_do_not_fit)
{
	static const struct {
		unsigned int page_shift, va_bits;
		enum pgtable_level level;
		unsigned int first, nr;
		int err;
	} cases[] = {
		{ 12, 48, PGTABLE_LEVEL_PTE, 0, 0, -EINVAL },
		{ 12, 48, PGTABLE_LEVEL_PTE, 511, 1, 0 },
		{ 12, 48, PGTABLE_LEVEL_PTE, 512, 1, -EINVAL },
		{ 12, 48, PGTABLE_LEVEL_PTE, 511, 2, -EINVAL },
		{ 12, 48, PGTABLE_LEVEL_PTE, 0, 513, -EINVAL },
		{ 12, 48, PGTABLE_LEVEL_PTE, UINT_MAX, 1, -EINVAL },
		{ 12, 48, PGTABLE_LEVEL_PTE, 2, UINT_MAX, -EINVAL },
		{ 12, 52, PGTABLE_LEVEL_PGD, 15, 1, 0 },
		{ 12, 52, PGTABLE_LEVEL_PGD, 16, 1, -EINVAL },
		{ 14, 48, PGTABLE_LEVEL_P4D, 1, 1, 0 },
		{ 14, 48, PGTABLE_LEVEL_P4D, 2, 1, -EINVAL },
		{ 16, 42, PGTABLE_LEVEL_PMD, 8191, 1, 0 },
		{ 16, 42, PGTABLE_LEVEL_PMD, 8191, 2, -EINVAL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct shape shape = { cases[i].page_shift, cases[i].va_bits,
					     cases[i].va_bits };
		struct geometry geo = shape_geometry(&shape);
		struct image image;

		test_case("%u level %u: %u+%u", geo.page_shift, cases[i].level, cases[i].first,
			  cases[i].nr);
		image_init(&image, &geo, ROOT);
		EXPECT_EQ(image_add(&image, cases[i].level, 0x5000, ADDR, cases[i].first,
				    cases[i].nr, values),
			  cases[i].err);
		EXPECT_EQ(image.nr_entries, !cases[i].err);
		image_release(&image);
	}
}

TEST(growth)
{
	struct geometry geo = geometry_4k();
	struct image image;

	image_init(&image, &geo, ROOT);
	/* every other entry, so that no two make one slice */
	for (unsigned int table = 0; table < 4; table++)
		for (unsigned int index = 0; index < 512; index += 2) {
			uint64_t value = table << 16 | index;

			EXPECT_EQ(image_add(&image, PGTABLE_LEVEL_PTE, 0x5000 + table * 0x1000,
					    ADDR + table * 0x200000 + index * 0x1000, index, 1,
					    &value),
				  0);
		}
	EXPECT_EQ(image.nr_slices, 4 * 256);
	EXPECT_EQ(image.nr_entries, 4 * 256);
	for (unsigned int table = 0; table < 4; table++)
		for (unsigned int index = 0; index < 512; index++) {
			const uint64_t *entry = image_entry(&image, 0x5000 + table * 0x1000, index);

			EXPECT_EQ(!!entry, !(index & 1));
			if (entry)
				EXPECT_EQ(*entry, table << 16 | index);
		}
	image_release(&image);
	EXPECT_EQ(image.nr_slices, 0);
	EXPECT(!image_entry(&image, 0x5000, 0));
}

TEST(one_slice_of_a_whole_table)
{
	const struct shape shape = { 16, 48, 48 };
	struct geometry geo = shape_geometry(&shape);
	static uint64_t entries[8192];
	struct image image;

	for (unsigned int i = 0; i < 8192; i++)
		entries[i] = i;
	image_init(&image, &geo, ROOT);
	EXPECT_EQ(image_add(&image, PGTABLE_LEVEL_PTE, 0x50000, ADDR, 0, 8192, entries), 0);
	EXPECT_EQ(image.nr_slices, 1);
	EXPECT_EQ(*image_entry(&image, 0x50000, 8191), 8191);
	image_release(&image);
}

TEST(a_copy_is_independent)
{
	struct geometry geo = geometry_4k();

	for (unsigned int nr = 0; nr < 40; nr++) {
		struct image image, copy;

		test_case("%u slices", nr);
		image_init(&image, &geo, ROOT);
		for (unsigned int i = 0; i < nr; i++)
			EXPECT_EQ(image_add(&image, PGTABLE_LEVEL_PTE, 0x5000 + i * 0x1000, ADDR, 3,
					    2, values),
				  0);
		image.torn = nr & 1;
		EXPECT_EQ(image_copy(&copy, &image), 0);
		EXPECT_EQ(copy.nr_slices, nr);
		EXPECT_EQ(copy.root, ROOT);
		EXPECT_EQ(copy.torn, nr & 1);
		for (unsigned int i = 0; i < nr; i++) {
			*image_entry(&copy, 0x5000 + i * 0x1000, 4) = 99;
			EXPECT_EQ(*image_entry(&image, 0x5000 + i * 0x1000, 4), 11);
			EXPECT_EQ(*image_entry(&copy, 0x5000 + i * 0x1000, 3), 10);
		}
		/* the copy grows by itself */
		EXPECT_EQ(image_add(&copy, PGTABLE_LEVEL_PTE, 0x4000, ADDR, 0, 10, values), 0);
		EXPECT(!image_entry(&image, 0x4000, 0));
		image_release(&image);
		image_release(&copy);
	}
}

TEST(lookups)
{
	for (unsigned int i = 0; i < nr_shapes; i++) {
		struct geometry geo = shape_geometry(&shapes[i]);
		uint64_t addr = -(1ULL << (geo.va_bits - 1)) + 5 * geometry_page_size(&geo);
		uint64_t page = 0x7000000 | PAGE_BITS;
		enum pgtable_level level;
		struct tables tables;
		struct image image;
		uint64_t *entry;

		test_case("%u/%u", geo.page_shift, geo.va_bits);
		tables_init(&tables, &geo);
		*tables_entry(&tables, PGTABLE_LEVEL_PTE, addr) = page;
		image_init(&image, &geo, tables.root);
		tables_image(&tables, &image, addr, addr + 1);

		entry = image_lookup(&image, addr + 8, &level);
		if (EXPECT(entry))
			EXPECT_EQ(*entry, page);
		EXPECT_EQ(level, PGTABLE_LEVEL_PTE);
		/* a neighbour was captured, too: a hole; its neighbour was not */
		entry = image_lookup(&image, addr + geometry_page_size(&geo), &level);
		if (EXPECT(entry))
			EXPECT_EQ(*entry, 0);
		EXPECT(!image_lookup(&image, addr + 2 * geometry_page_size(&geo), &level));
		image_release(&image);
		tables_release(&tables);
	}
}

TEST(a_lookup_ends_at_blocks_and_holes)
{
	struct geometry geo = geometry_4k();
	uint64_t block = 0x40200000 | BLOCK_BITS;
	enum pgtable_level level;
	struct tables tables;
	struct image image;

	tables_init(&tables, &geo);
	*tables_entry(&tables, PGTABLE_LEVEL_PMD, ADDR + 0x200000) = block;
	*tables_entry(&tables, PGTABLE_LEVEL_PMD, ADDR + 0x400000) = block & ~PTE_VALID;
	image_init(&image, &geo, tables.root);
	tables_image(&tables, &image, ADDR, ADDR + 0x600000);

	EXPECT_EQ(*image_lookup(&image, ADDR + 0x3ff000, &level), block);
	EXPECT_EQ(level, PGTABLE_LEVEL_PMD);
	EXPECT_EQ(*image_lookup(&image, ADDR + 0x400000, &level), block & ~PTE_VALID);
	EXPECT_EQ(level, PGTABLE_LEVEL_PMD);
	EXPECT_EQ(*image_lookup(&image, ADDR, &level), 0);
	EXPECT_EQ(level, PGTABLE_LEVEL_PMD);
	EXPECT_EQ(*image_lookup(&image, ADDR + (1ULL << 30), &level), 0);
	EXPECT_EQ(level, PGTABLE_LEVEL_PUD);
	EXPECT_EQ(*image_lookup(&image, ADDR + (1ULL << 39), &level), 0);
	EXPECT_EQ(level, PGTABLE_LEVEL_P4D);
	image_release(&image);
	tables_release(&tables);
}
