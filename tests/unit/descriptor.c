// SPDX-License-Identifier: GPL-2.0-only
/* What an entry is. pte_present(), p?d_table() and p?d_leaf() of arch/arm64 are the truth. */
#include "geometry/descriptor.h"
#include "geometry/fields.h"

#include <stdlib.h>
#include <string.h>

#include "tables.h"
#include "test.h"

#define OLD DESC_BIT(11) /* PTE_PRESENT_INVALID, where PTE_VALID is clear */

/* By bits 0, 1 and 11, with an address and without. */
TEST(truth_table)
{
	static const struct {
		uint64_t bits;
		bool valid, present;
		bool table; /* above the last level */
		bool leaf;  /* above the last level */
		bool page;  /* a leaf of the last level */
	} cases[] = {
		{ 0, false, false, false, false, false },
		{ 1, true, true, false, true, true },
		{ 2, false, false, false, false, false },
		{ 3, true, true, true, false, true },
		{ OLD, false, true, false, true, true },
		{ OLD | 1, true, true, false, true, true },
		{ OLD | 3, true, true, true, false, true },
	};
	static const uint64_t more[] = { 0, PTE_AF | PTE_RDONLY | PTE_UXN, 0x80000000, PTE_CONT };

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		for (unsigned int n = 0; n < ARRAY_SIZE(more); n++)
			for (int level = 0; level < PGTABLE_NR_LEVELS; level++) {
				uint64_t desc = cases[i].bits | more[n];

				test_case("%#llx level %d", (unsigned long long)desc, level);
				EXPECT_EQ(desc_valid(desc), cases[i].valid);
				EXPECT_EQ(desc_present(desc), cases[i].present);
				EXPECT_EQ(desc_table(desc, level), level && cases[i].table);
				EXPECT_EQ(desc_leaf(desc, level),
					  level ? cases[i].leaf : cases[i].page);
			}
}

/*
 * pmd_leaf() is pmd_present() and not pmd_table(), and pmd_table() looks at both type bits (Linux
 * v6.18 to v7.3, arch/arm64/include/asm/pgtable.h): an invalid entry with bit 1 set is a leaf.
 */
TEST(invalid_table_is_a_leaf)
{
	EXPECT_EQ(desc_table(OLD | 2, PGTABLE_LEVEL_PMD), false);
	EXPECT_EQ(desc_leaf(OLD | 2, PGTABLE_LEVEL_PMD), true);
	EXPECT_EQ(desc_leaf(OLD | 2, PGTABLE_LEVEL_PUD), true);
	EXPECT_EQ(desc_leaf(OLD | 2, PGTABLE_LEVEL_PTE), true);
}

TEST(mask_names)
{
	static const struct {
		uint64_t mask;
		const char *names[4];
	} cases[] = {
		{ 0, { NULL } },
		{ PTE_RDONLY, { "PTE_RDONLY" } },
		{ PTE_WRITE, { "PTE_WRITE" } },
		{ PTE_VALID, { "PTE_VALID" } },
		{ PTE_PRESENT_INVALID, { "PTE_PRESENT_INVALID" } },
		{ PTE_VALID | PTE_NG, { "PTE_VALID", "PTE_NG" } },
		{ PTE_PRESENT_INVALID | PTE_RDONLY, { "PTE_RDONLY", "PTE_PRESENT_INVALID" } },
		{ PTE_PXN | PTE_GP, { "PTE_GP", "PTE_PXN" } },
		{ DESC_BIT(5), { "bit 5" } },
		{ DESC_BIT(63) | DESC_BIT(12), { "bit 12", "bit 63" } },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *names[4] = {};
		unsigned int want = 0;

		test_case("%#llx", (unsigned long long)cases[i].mask);
		while (cases[i].names[want])
			want++;
		EXPECT_EQ(desc_mask_names(cases[i].mask, names, 4), want);
		for (unsigned int n = 0; n < want; n++)
			EXPECT_STR(names[n], cases[i].names[n]);
	}
}

TEST(every_bit_has_a_name_of_its_own)
{
	const char *names[64];

	EXPECT_EQ(desc_mask_names(~0ULL, names, 64), 64);
	for (unsigned int i = 0; i < 64; i++) {
		EXPECT(names[i] && *names[i]);
		for (unsigned int n = 0; n < i; n++)
			EXPECT(strcmp(names[i], names[n]));
	}
}

TEST(no_room_for_names)
{
	const char *names[2] = { NULL, NULL };

	EXPECT_EQ(desc_mask_names(~0ULL, names, 1), 64);
	EXPECT_STR(names[0], "PTE_VALID");
	EXPECT_STR(names[1], NULL);
	EXPECT_EQ(desc_mask_names(~0ULL, NULL, 0), 64);
}

static const struct {
	enum pgtable_level level;
	uint64_t desc;
	const char *text;
} described[] = {
	{ PGTABLE_LEVEL_PTE, 0, "none" },
	{ PGTABLE_LEVEL_PMD, 0, "none" },
	{ PGTABLE_LEVEL_PMD, 0x80001003, "table pa 0x80001000" },
	{ PGTABLE_LEVEL_PTE, 0x80001000 | PAGE_BITS,
	  "page pa 0x80001000 RW NX AF UXN DBM MEM/NORMAL" },
	{ PGTABLE_LEVEL_PTE, 0x80001003 | PTE_AF | PTE_RDONLY | PTE_UXN,
	  "page pa 0x80001000 ro x AF UXN MEM/NORMAL" },
	{ PGTABLE_LEVEL_PMD, (0x80200000 | BLOCK_BITS | PTE_CONT) & ~PTE_PXN,
	  "block pa 0x80200000 RW x AF UXN CON DBM MEM/NORMAL" },
	{ PGTABLE_LEVEL_PTE, ((0x80001000 | PAGE_BITS) & ~PTE_VALID) | PTE_PRESENT_INVALID,
	  "invalid page pa 0x80001000 F RW NX AF UXN DBM MEM/NORMAL" },
	{ PGTABLE_LEVEL_PMD, 0x80200000 | PTE_PRESENT_INVALID | PTE_AF | PTE_GP | 4 << 2,
	  "invalid block pa 0x80200000 F RW x AF GP DEVICE/nGnRE" },
	{ PGTABLE_LEVEL_PUD, 0x40000001 | PTE_USER | 1 << 2,
	  "block pa 0x40000000 USR RW x MEM/NORMAL-TAGGED" },
};

TEST(descriptions)
{
	const struct shape shape = { 12, 48, 48 };
	struct geometry geo = shape_geometry(&shape);

	for (unsigned int i = 0; i < ARRAY_SIZE(described); i++) {
		char text[128];

		desc_describe(&geo, described[i].level, described[i].desc, text, sizeof(text));
		EXPECT_STR(text, described[i].text);
	}
}

/* A text that does not fit is cut, and always ends. */
TEST(descriptions_cut_short)
{
	const struct shape shape = { 12, 48, 48 };
	struct geometry geo = shape_geometry(&shape);

	for (unsigned int i = 0; i < ARRAY_SIZE(described); i++)
		for (size_t size = 1; size < 80; size++) {
			size_t want = strlen(described[i].text);
			char *text = malloc(size);

			test_case("%s size %zu", described[i].text, size);
			desc_describe(&geo, described[i].level, described[i].desc, text, size);
			EXPECT_EQ(strlen(text), want < size ? want : size - 1);
			EXPECT(!strncmp(text, described[i].text, size - 1));
			free(text);
		}
}

/* Every bit of a descriptor is in one field, with its value. */
TEST(fields_hold_every_bit)
{
	uint64_t random = test_seed();

	for (int round = 0; round < 2000; round++) {
		const struct shape *shape = &shapes[test_random_below(&random, nr_shapes)];
		const struct geometry geo = shape_geometry(shape);
		enum pgtable_level level = test_random_below(&random, geo.levels);
		uint64_t desc = test_random(&random), sum = 0;
		struct field fields[MAX_FIELDS];
		size_t nr = fields_of(&geo, level, desc, fields);
		int next = 63;

		for (size_t i = 0; i < nr; i++) {
			EXPECT_EQ(fields[i].high, next);
			EXPECT(fields[i].low <= fields[i].high);
			sum |= fields[i].value << fields[i].low;
			next = fields[i].low - 1;
		}
		EXPECT_EQ(next, -1);
		EXPECT_EQ(sum, desc);
	}
}

static const struct field *field_at(const struct field *fields, size_t nr, unsigned int low)
{
	for (size_t i = 0; i < nr; i++)
		if (fields[i].low == low)
			return &fields[i];
	return NULL;
}

TEST(fields_say_what_they_mean)
{
	struct field fields[MAX_FIELDS];
	struct geometry geo;
	size_t nr;

	geometry_init(&geo, 12, 48, 48);
	nr = fields_of(&geo, PGTABLE_LEVEL_PTE, 0x00e8000045d1a707, fields);
	EXPECT_STR(field_at(fields, nr, 0)->meaning, "page");
	EXPECT_STR(field_at(fields, nr, 2)->meaning, "MEM/NORMAL-TAGGED");
	EXPECT_STR(field_at(fields, nr, 6)->meaning, "kernel read and write");
	EXPECT_STR(field_at(fields, nr, 8)->meaning, "inner shareable");
	EXPECT_STR(field_at(fields, nr, 12)->meaning, "0x45d1a000");
	EXPECT_STR(field_at(fields, nr, 53)->meaning, "the kernel may not execute");
	nr = fields_of(&geo, PGTABLE_LEVEL_PMD, 0x1800000042ab3003, fields);
	EXPECT_STR(field_at(fields, nr, 0)->meaning, "table");
	EXPECT_STR(field_at(fields, nr, 59)->meaning, "the kernel may execute nothing below");
	nr = fields_of(&geo, PGTABLE_LEVEL_PMD, 0x00e8000045c00f00, fields);
	EXPECT_STR(field_at(fields, nr, 0)->meaning, "present, not valid");
	EXPECT_STR(field_at(fields, nr, 11)->meaning, "PTE_PRESENT_INVALID");
}
