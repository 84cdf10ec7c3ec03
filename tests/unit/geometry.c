// SPDX-License-Identifier: GPL-2.0-only
/* The shapes of the tables: arch/arm64/Kconfig and pgtable-hwdef.h have the numbers. */
#include "geometry/geometry.h"

#include <errno.h>

#include "geometry/descriptor.h"
#include "tables.h"
#include "test.h"

TEST(known_combinations)
{
	/* page shift, VA bits in use, VA bits configured: levels, index bits of the top table */
	static const struct {
		unsigned int page_shift, va_bits, config, levels, top_bits;
		bool lpa2;
	} cases[] = {
		{ 12, 39, 39, 3, 9, false },
		{ 12, 48, 48, 4, 9, false },
		{ 12, 52, 52, 5, 4, true },
		{ 12, 48, 52, 4, 9, false }, /* a level folded away at run time */
		{ 14, 36, 36, 2, 11, false },
		{ 14, 47, 47, 3, 11, false },
		{ 14, 48, 48, 4, 1, false },
		{ 14, 52, 52, 4, 5, true },
		{ 14, 47, 52, 3, 11, false }, /* a level folded away at run time */
		{ 16, 42, 42, 2, 13, false },
		{ 16, 48, 48, 3, 6, false },
		{ 16, 52, 52, 3, 10, false },
		{ 16, 48, 52, 3, 10, false }, /* same levels, the upper end of the table */
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct geometry geo;

		test_case("%u/%u/%u", cases[i].page_shift, cases[i].va_bits, cases[i].config);
		EXPECT_EQ(geometry_init(&geo, cases[i].page_shift, cases[i].va_bits,
					cases[i].config),
			  0);
		EXPECT_EQ(geo.levels, cases[i].levels);
		EXPECT_EQ(geo.top_index_bits, cases[i].top_bits);
		EXPECT_EQ(geo.lpa2, cases[i].lpa2);
		EXPECT_EQ(geometry_top(&geo), cases[i].levels - 1);
		EXPECT_EQ(geometry_page_size(&geo), 1ULL << cases[i].page_shift);
		EXPECT_EQ(geo.table_bits, cases[i].page_shift - 3);
	}
}

TEST(no_other_combination)
{
	for (unsigned int shift = 0; shift < 40; shift++)
		for (unsigned int va = 0; va <= 70; va++)
			for (unsigned int config = 0; config <= 70; config++) {
				bool known = false, listed = false;
				struct geometry geo;
				int err = geometry_init(&geo, shift, va, config);

				test_case("%u/%u/%u", shift, va, config);
				for (unsigned int i = 0; i < nr_shapes; i++) {
					known |= shift == shapes[i].page_shift &&
						 va == shapes[i].va_bits &&
						 config == shapes[i].va_bits_config;
					listed |= shift == shapes[i].page_shift &&
						  va == shapes[i].va_bits;
				}
				if (known)
					EXPECT_EQ(err, 0);
				else if (va > config || !listed)
					EXPECT_EQ(err, -EINVAL);
				else
					EXPECT(err == 0 || err == -EINVAL);
			}
}

TEST(sizes_of_levels)
{
	static const struct {
		unsigned int page_shift, shift[PGTABLE_NR_LEVELS];
	} cases[] = {
		{ 12, { 12, 21, 30, 39, 48 } },
		{ 14, { 14, 25, 36, 47, 58 } },
		{ 16, { 16, 29, 42, 55, 68 } },
	};

	for (unsigned int i = 0; i < nr_shapes; i++) {
		struct geometry geo = shape_geometry(&shapes[i]);

		for (unsigned int at = 0; at < geo.levels; at++) {
			unsigned int want = cases[geo.page_shift / 2 - 6].shift[at];

			test_case("%u/%u level %u", geo.page_shift, geo.va_bits, at);
			EXPECT_EQ(geometry_shift(&geo, at), want);
			EXPECT_EQ(geometry_size(&geo, at), 1ULL << want);
			if (at != geometry_top(&geo))
				EXPECT_EQ(geometry_entries(&geo, at), 1U << (geo.page_shift - 3));
		}
	}
}

TEST(indexes)
{
	/* the index at each level from the top one down */
	static const struct {
		unsigned int page_shift, va_bits, config;
		uint64_t addr;
		unsigned int index[PGTABLE_NR_LEVELS];
	} cases[] = {
		{ 12, 39, 39, 0xffffffc000000000, { 256, 0, 0 } },
		{ 12, 39, 39, 0xffffff8040201000, { 1, 1, 1 } },
		{ 12, 39, 39, 0xfffffffffffff000, { 511, 511, 511 } },
		{ 12, 48, 48, 0xffff800080000000, { 256, 2, 0, 0 } },
		{ 12, 48, 48, 0xffff000000000fff, { 0, 0, 0, 0 } },
		{ 12, 52, 52, 0xfff0000000000000, { 0, 0, 0, 0, 0 } },
		{ 12, 52, 52, 0xffff800080201000, { 15, 256, 2, 1, 1 } },
		{ 12, 48, 52, 0xffff800080201000, { 256, 2, 1, 1 } },
		{ 14, 36, 36, 0xfffffff002004000, { 1, 1 } },
		{ 14, 47, 47, 0xffffc00000000000, { 1024, 0, 0 } },
		{ 14, 48, 48, 0xffff800000000000, { 1, 0, 0, 0 } },
		{ 14, 48, 48, 0xffff000002004000, { 0, 0, 1, 1 } },
		{ 14, 52, 52, 0xffff800000004000, { 31, 0, 0, 1 } },
		{ 14, 47, 52, 0xffff800000004000, { 0, 0, 1 } },
		{ 16, 42, 42, 0xfffffe0000000000, { 4096, 0 } },
		{ 16, 48, 48, 0xffff800020010000, { 32, 1, 1 } },
		{ 16, 52, 52, 0xfff0000000010000, { 0, 0, 1 } },
		{ 16, 52, 52, 0xffff000000010000, { 960, 0, 1 } },
		{ 16, 48, 52, 0xffff000000010000, { 960, 0, 1 } },
		{ 16, 48, 52, 0xffffffffffff0000, { 1023, 8191, 8191 } },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct shape shape = { cases[i].page_shift, cases[i].va_bits,
					     cases[i].config };
		struct geometry geo = shape_geometry(&shape);

		for (unsigned int n = 0; n < geo.levels; n++) {
			test_case("%u/%u/%u %#llx level %u", geo.page_shift, geo.va_bits,
				  cases[i].config, (unsigned long long)cases[i].addr,
				  geo.levels - 1 - n);
			EXPECT_EQ(geometry_index(&geo, geo.levels - 1 - n, cases[i].addr),
				  cases[i].index[n]);
		}
	}
}

TEST(contiguous_runs)
{
	/* ARM64_CONT_PTE_SHIFT, ARM64_CONT_PMD_SHIFT */
	static const struct {
		unsigned int page_shift, ptes, pmds;
	} cases[] = {
		{ 12, 16, 16 },
		{ 14, 128, 32 },
		{ 16, 32, 32 },
	};

	for (unsigned int i = 0; i < nr_shapes; i++) {
		struct geometry geo = shape_geometry(&shapes[i]);
		unsigned int at = geo.page_shift / 2 - 6;

		EXPECT_EQ(geometry_run(&geo, PGTABLE_LEVEL_PTE), cases[at].ptes);
		EXPECT_EQ(geometry_run(&geo, PGTABLE_LEVEL_PMD), cases[at].pmds);
		EXPECT_EQ(geometry_run(&geo, PGTABLE_LEVEL_PUD), 1);
		EXPECT_EQ(geometry_block_level(&geo, PGTABLE_LEVEL_PTE), false);
		EXPECT_EQ(geometry_block_level(&geo, PGTABLE_LEVEL_PMD), true);
		EXPECT_EQ(geometry_block_level(&geo, PGTABLE_LEVEL_PUD), geo.page_shift == 12);
		EXPECT_EQ(geometry_block_level(&geo, PGTABLE_LEVEL_P4D), false);
	}
}

TEST(output_addresses)
{
	static const struct {
		unsigned int page_shift, va_bits, config;
		uint64_t oa_mask, desc, address;
	} cases[] = {
		{ 12, 48, 48, 0x0000fffffffff000, 0x00ffffffffffffff, 0x0000fffffffff000 },
		{ 12, 48, 48, 0x0000fffffffff000, 0xff00000000000fff, 0 },
		{ 12, 48, 52, 0x0000fffffffff000, 0x0000000000000300, 0 },
		{ 14, 48, 48, 0x0000ffffffffc000, ~0ULL, 0x0000ffffffffc000 },
		{ 14, 47, 52, 0x0000ffffffffc000, 0x300, 0 },
		/* LPA2: PA[49:12] in place, PA[51:50] in bits 9:8 */
		{ 12, 52, 52, 0x0003fffffffff000, ~0ULL, 0x000ffffffffff000 },
		{ 12, 52, 52, 0x0003fffffffff000, 0x0000000000000100, 1ULL << 50 },
		{ 12, 52, 52, 0x0003fffffffff000, 0x0000000000000200, 1ULL << 51 },
		{ 12, 52, 52, 0x0003fffffffff000, 0x0002000000000000, 1ULL << 49 },
		{ 14, 52, 52, 0x0003ffffffffc000, 0x0001000000000300, 0x000d000000000000 },
		/* 64K pages: PA[47:16] in place, PA[51:48] in bits 15:12 */
		{ 16, 52, 52, 0x0000ffffffff0000, ~0ULL, 0x000fffffffff0000 },
		{ 16, 52, 52, 0x0000ffffffff0000, 0x1000, 1ULL << 48 },
		{ 16, 52, 52, 0x0000ffffffff0000, 0x8000, 1ULL << 51 },
		{ 16, 48, 52, 0x0000ffffffff0000, 0x80005000, 0x0005000080000000 },
		{ 16, 52, 52, 0x0000ffffffff0000, 0x0f00, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct shape shape = { cases[i].page_shift, cases[i].va_bits,
					     cases[i].config };
		struct geometry geo = shape_geometry(&shape);

		test_case("%u/%u/%u %#llx", geo.page_shift, geo.va_bits, cases[i].config,
			  (unsigned long long)cases[i].desc);
		EXPECT_EQ(geo.oa_mask, cases[i].oa_mask);
		EXPECT_EQ(desc_address(&geo, cases[i].desc), cases[i].address);
	}
}

TEST(addresses_there_and_back)
{
	uint64_t seed = test_seed();

	for (unsigned int i = 0; i < 1000; i++) {
		struct geometry geo = shape_geometry(&shapes[i % nr_shapes]);
		unsigned int bits = geo.lpa2 || geo.page_shift == 16 ? 52 : 48;
		uint64_t pa = test_random(&seed) >> (64 - bits) & -geometry_page_size(&geo);

		test_case("%u/%u %#llx", geo.page_shift, geo.va_bits, (unsigned long long)pa);
		EXPECT_EQ(desc_address(&geo, desc_of(&geo, pa) | TABLE_BITS | PTE_AF), pa);
	}
}

TEST(tags_and_pacs)
{
	static const struct {
		uint64_t addr, untagged;
	} tags[] = {
		{ 0xffff800080000000, 0xffff800080000000 },
		{ 0xf4ff800080000000, 0xffff800080000000 },
		{ 0x00ff800080000000, 0xffff800080000000 },
		{ 0xff7f800080000000, 0x007f800080000000 },
		{ 0x1200000000001000, 0x0000000000001000 },
		{ 0, 0 },
	};
	static const struct {
		unsigned int va_bits;
		uint64_t addr, stripped;
	} pacs[] = {
		{ 48, 0, 0 },
		{ 48, 0xffff800080001234, 0xffff800080001234 },
		{ 48, 0x12a5800080001234, 0xffff800080001234 },
		{ 39, 0x1234ff8040001234, 0xffffff8040001234 },
		{ 52, 0x12af800080001234, 0xffff800080001234 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(tags); i++)
		EXPECT_EQ(geometry_untag(tags[i].addr), tags[i].untagged);
	for (unsigned int i = 0; i < ARRAY_SIZE(pacs); i++) {
		const struct shape shape = { 12, pacs[i].va_bits, pacs[i].va_bits };
		struct geometry geo = shape_geometry(&shape);

		EXPECT_EQ(geometry_strip_pac(&geo, pacs[i].addr), pacs[i].stripped);
	}
}

TEST(level_names)
{
	static const char *const names[] = { "pte", "pmd", "pud", "p4d", "pgd", "?" };

	for (unsigned int level = 0; level < ARRAY_SIZE(names); level++)
		EXPECT_STR(geometry_level_name(level), names[level]);
}
