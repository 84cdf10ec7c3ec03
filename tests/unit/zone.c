// SPDX-License-Identifier: GPL-2.0-only
#include "geometry/zone.h"

#include "test.h"

static const struct zones zones = {
	.range = {
		[ZONE_LINEAR] = { 0xffff000000000000, 0xffff800000000000 },
		[ZONE_MODULES] = { 0xffff800000000000, 0xffff800080000000 },
		[ZONE_IMAGE] = { 0xffff800080010000, 0xffff800082000000 },
		[ZONE_VMALLOC] = { 0xffff800080000000, 0xfffffdffbf000000 },
		[ZONE_VMEMMAP] = { 0xfffffdffc0000000, 0xffffffffc0000000 },
	},
};

TEST(addresses)
{
	static const struct {
		uint64_t addr;
		enum zone zone;
	} cases[] = {
		{ 0, ZONE_OTHER },
		{ 0xfffeffffffffffff, ZONE_OTHER },
		{ 0xffff000000000000, ZONE_LINEAR },
		{ 0xffff7fffffffffff, ZONE_LINEAR },
		{ 0xffff800000000000, ZONE_MODULES },
		{ 0xffff80007fffffff, ZONE_MODULES },
		{ 0xffff800080000000, ZONE_VMALLOC },
		{ 0xffff80008000ffff, ZONE_VMALLOC },
		{ 0xffff800080010000, ZONE_IMAGE }, /* inside vmalloc */
		{ 0xffff800081ffffff, ZONE_IMAGE },
		{ 0xffff800082000000, ZONE_VMALLOC },
		{ 0xfffffdffbf000000, ZONE_OTHER },
		{ 0xfffffdffc0000000, ZONE_VMEMMAP },
		{ 0xffffffffc0000000, ZONE_OTHER },
		{ ~0ULL, ZONE_OTHER },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%#llx", (unsigned long long)cases[i].addr);
		EXPECT_STR(zone_name(zone_of(&zones, cases[i].addr)), zone_name(cases[i].zone));
	}
}

TEST(unknown_zones_hold_nothing)
{
	static const struct zones none;

	EXPECT_EQ(zone_of(&none, 0), ZONE_OTHER);
	EXPECT_EQ(zone_of(&none, 0xffff800080000000), ZONE_OTHER);
}

TEST(names)
{
	for (enum zone zone = 0; zone < ZONE_NR; zone++)
		EXPECT_EQ(zone_find(zone_name(zone)), zone);
	EXPECT_EQ(zone_find("vmallox"), ZONE_NR);
	EXPECT_EQ(zone_find(""), ZONE_NR);
	EXPECT_STR(zone_name(ZONE_NR), "?");
}
