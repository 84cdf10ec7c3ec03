// SPDX-License-Identifier: GPL-2.0-only
/* Each rule of the audit: what it finds, and what it lets pass. */
#include "audit/audit.h"

#include <string.h>

#include "geometry/descriptor.h"
#include "source/stream.h"
#include "test.h"

#define LINEAR	0xffff000000000000ULL
#define VMALLOC 0xffff800080000000ULL
#define PA	0x40000000ULL
#define RAM	0x40000000ULL /* bytes */
#define IMAGE	0x41000000ULL
#define PAGE	4096ULL
#define GOOD	(PTE_VALID | PTE_TABLE_BIT | PTE_AF | PTE_UXN | PTE_PXN | PTE_WRITE)

static const struct zones zones = {
	.range[ZONE_LINEAR] = { LINEAR, 0xffff800000000000 },
	.range[ZONE_VMALLOC] = { VMALLOC, 0xffffc00000000000 },
};
static const struct audit_range ram = { PA, RAM };

struct found {
	struct audit_finding findings[8];
	unsigned int nr;
};

static void add(void *ctx, const struct audit_finding *finding)
{
	struct found *found = ctx;

	if (found->nr < 8)
		found->findings[found->nr++] = *finding;
}

/* The image has 256 pages, those of KFENCE lie behind it. */
static enum audit_owner owner(void *ctx, uint64_t pa)
{
	(void)ctx;
	if (pa >= IMAGE && pa < IMAGE + 256 * PAGE)
		return OWNER_IMAGE;
	return pa >= IMAGE + 256 * PAGE && pa < IMAGE + 260 * PAGE ? OWNER_KFENCE : OWNER_NONE;
}

static bool hides_alias(void *ctx, uint64_t addr)
{
	(void)ctx;
	return addr >= VMALLOC + (1 << 20);
}

static struct geometry geo;

static struct audit *begin(struct found *found)
{
	const struct audit_config config = {
		.geo = &geo,
		.zones = &zones,
		.ram = &ram,
		.nr_ram = 1,
		.owner = owner,
		.hides_alias = hides_alias,
		.pa_bits = 48,
	};
	struct audit *audit;

	memset(found, 0, sizeof(*found));
	EXPECT_EQ(audit_new(&audit, &config, add, found), 0);
	return audit;
}

static void end(struct audit *audit)
{
	EXPECT_EQ(audit_end(audit), 0);
	audit_free(audit);
}

struct one {
	const char *name;
	enum audit_rule rule; /* AUDIT_NR_RULES: nothing is found */
	struct leaf_run run;
};

#define RUN(start_, size_, level_, desc_, ...)                                                  \
	{                                                                                       \
		.start = start_, .size = size_, .level = PGTABLE_LEVEL_##level_, .desc = desc_, \
		##__VA_ARGS__                                                                   \
	}

TEST(each_rule_of_one_run)
{
	static const struct one ones[] = {
		{ "as it should be", AUDIT_NR_RULES, RUN(LINEAR, 9 * PAGE, PTE, PA | GOOD) },
		{ "executable", AUDIT_NR_RULES,
		  RUN(VMALLOC, PAGE, PTE, PA | (GOOD & ~PTE_PXN) | PTE_RDONLY) },
		{ "wx", AUDIT_WX, RUN(VMALLOC, PAGE, PTE, PA | (GOOD & ~PTE_PXN)) },
		{ "wx, but for the table above", AUDIT_NR_RULES,
		  RUN(VMALLOC, PAGE, PTE, PA | (GOOD & ~PTE_PXN), .table_bits = TABLE_PXN) },
		{ "run", AUDIT_NR_RULES, RUN(LINEAR, 16 * PAGE, PTE, PA | GOOD | PTE_CONT) },
		{ "two runs", AUDIT_NR_RULES, RUN(LINEAR, 32 * PAGE, PTE, PA | GOOD | PTE_CONT) },
		{ "half a run", AUDIT_BROKEN_RUN,
		  RUN(LINEAR, 8 * PAGE, PTE, PA | GOOD | PTE_CONT) },
		{ "run at a wrong address", AUDIT_BROKEN_RUN,
		  RUN(LINEAR + PAGE, 16 * PAGE, PTE, PA | GOOD | PTE_CONT) },
		{ "run of misaligned memory", AUDIT_BROKEN_RUN,
		  RUN(LINEAR, 16 * PAGE, PTE, (PA + PAGE) | GOOD | PTE_CONT) },
		{ "a block above the PUD", AUDIT_ILLEGAL_BLOCK,
		  RUN(VMALLOC, 1ULL << 39, P4D, GOOD & ~PTE_TABLE_BIT) },
		{ "invalid", AUDIT_INVALID_LEAF,
		  RUN(LINEAR, PAGE, PTE, PA | (GOOD & ~PTE_VALID) | PTE_PRESENT_INVALID) },
		{ "invalid elsewhere", AUDIT_INVALID_LEAF,
		  RUN(VMALLOC, PAGE, PTE, IMAGE | (GOOD & ~PTE_VALID) | PTE_PRESENT_INVALID) },
		{ "user may execute, but for the table above", AUDIT_NR_RULES,
		  RUN(LINEAR, PAGE, PTE, PA | (GOOD & ~PTE_UXN), .table_bits = TABLE_UXN) },
		{ "changed", AUDIT_TORN,
		  RUN(LINEAR, PAGE, PTE, PA | (GOOD & ~PTE_PXN), .marks = STREAM_CHANGED) },
		{ "bad", AUDIT_BAD_ENTRY, RUN(LINEAR, PAGE, PTE, PA | (GOOD & ~PTE_VALID)) },
		{ "no access flag", AUDIT_NO_AF, RUN(LINEAR, PAGE, PTE, PA | (GOOD & ~PTE_AF)) },
		{ "user", AUDIT_USER, RUN(LINEAR, PAGE, PTE, PA | GOOD | PTE_USER) },
		{ "user, but for the table above", AUDIT_NR_RULES,
		  RUN(LINEAR, PAGE, PTE, PA | GOOD | PTE_USER, .table_bits = TABLE_NOUSER) },
		{ "user may execute", AUDIT_USER_EXECUTABLE,
		  RUN(LINEAR, PAGE, PTE, PA | (GOOD & ~PTE_UXN)) },
		{ "ignored bits", AUDIT_RESERVED_BITS,
		  RUN(LINEAR, PAGE, PTE, PA | GOOD | DESC_BIT(60)) },
		{ "address below a block", AUDIT_RESERVED_BITS,
		  RUN(LINEAR, 2ULL << 20, PMD, (PA + PAGE) | (GOOD & ~PTE_TABLE_BIT)) },
		{ "no memory", AUDIT_OUTSIDE_RAM, RUN(LINEAR, PAGE, PTE, (PA + RAM) | GOOD) },
		{ "partly no memory", AUDIT_OUTSIDE_RAM,
		  RUN(LINEAR, 2 * PAGE, PTE, (PA + RAM - PAGE) | GOOD) },
		{ "a device elsewhere", AUDIT_NR_RULES, RUN(VMALLOC, PAGE, PTE, 0x9000000 | GOOD) },
		{ "torn", AUDIT_TORN,
		  RUN(LINEAR, PAGE, PTE, PA | (GOOD & ~PTE_PXN), .marks = STREAM_TORN) },
	};

	geometry_init(&geo, 12, 48, 48);
	for (size_t i = 0; i < ARRAY_SIZE(ones); i++) {
		const struct one *one = &ones[i];
		struct found found;
		struct audit *audit = begin(&found);

		test_case("%s", one->name);
		audit_run(audit, &one->run);
		end(audit);
		if (!EXPECT_EQ(found.nr, one->rule != AUDIT_NR_RULES) || !found.nr)
			continue;
		EXPECT_STR(audit_rule_name(found.findings[0].rule), audit_rule_name(one->rule));
		EXPECT_EQ(found.findings[0].addr, one->run.start);
		EXPECT_EQ(found.findings[0].size, one->run.size);
	}
}

TEST(an_alias_that_can_be_written)
{
	const struct leaf_run linear[] = {
		RUN(LINEAR, 8 * PAGE, PTE, PA | GOOD),
		RUN(LINEAR + 8 * PAGE, 2 * PAGE, PTE, (PA + 8 * PAGE) | GOOD | PTE_RDONLY),
		RUN(LINEAR + 10 * PAGE, 8 * PAGE, PTE, (PA + 10 * PAGE) | GOOD),
	};
	/* read-only pages 7 to 10, and one far away; 2 can be written here, too */
	const struct leaf_run areas[] = {
		RUN(VMALLOC, 4 * PAGE, PTE, (PA + 7 * PAGE) | GOOD | PTE_RDONLY),
		RUN(VMALLOC + 8 * PAGE, PAGE, PTE, (PA + 100 * PAGE) | GOOD | PTE_RDONLY),
		RUN(VMALLOC + 10 * PAGE, PAGE, PTE, (PA + 2 * PAGE) | GOOD),
	};
	struct found found;
	struct audit *audit;

	geometry_init(&geo, 12, 48, 48);
	audit = begin(&found);
	for (size_t i = 0; i < ARRAY_SIZE(linear); i++)
		audit_run(audit, &linear[i]);
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		audit_run(audit, &areas[i]);
	EXPECT_EQ(found.nr, 0);
	end(audit);
	EXPECT_EQ(found.nr, 2);
	EXPECT_EQ(found.findings[0].rule, AUDIT_ALIAS_WRITABLE);
	EXPECT_EQ(found.findings[0].addr, LINEAR + 7 * PAGE);
	EXPECT_EQ(found.findings[0].size, PAGE);
	EXPECT_EQ(found.findings[0].other, VMALLOC);
	EXPECT_EQ(found.findings[1].addr, LINEAR + 10 * PAGE);
	EXPECT_EQ(found.findings[1].size, PAGE);
	EXPECT_EQ(found.findings[1].other, VMALLOC + 3 * PAGE);
}

#define INVALID	    ((GOOD & ~PTE_VALID) | PTE_PRESENT_INVALID)
#define OLD_INVALID (GOOD & ~PTE_VALID)

/* One run, cut by who answers for it. */
TEST(who_wants_it_invalid)
{
	static const struct {
		enum audit_owner owner;
		uint64_t addr, size, pa;
	} wanted[] = {
		{ OWNER_IMAGE, LINEAR + 2 * PAGE, 256 * PAGE, IMAGE },
		{ OWNER_KFENCE, LINEAR + 258 * PAGE, 4 * PAGE, IMAGE + 256 * PAGE },
		{ OWNER_NONE, LINEAR, 2 * PAGE, IMAGE - 2 * PAGE },
		{ OWNER_NONE, LINEAR + 262 * PAGE, PAGE, IMAGE + 260 * PAGE },
	};
	const struct leaf_run run = RUN(LINEAR, 263 * PAGE, PTE, (IMAGE - 2 * PAGE) | INVALID);
	struct found found;
	struct audit *audit;

	geometry_init(&geo, 12, 48, 48);
	audit = begin(&found);
	audit_run(audit, &run);
	end(audit);
	EXPECT_EQ(found.nr, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const struct audit_finding *finding = &found.findings[i];

		test_case("part %zu", i);
		EXPECT_EQ(finding->rule, AUDIT_INVALID_LEAF);
		EXPECT_EQ(finding->owner, wanted[i].owner);
		EXPECT_EQ(finding->addr, wanted[i].addr);
		EXPECT_EQ(finding->size, wanted[i].size);
		EXPECT_EQ(finding->pa, wanted[i].pa);
		EXPECT_EQ(desc_address(&geo, finding->desc), wanted[i].pa);
		EXPECT_EQ(finding->other, 0);
	}
}

/* As older kernels have it. */
TEST(who_wants_it_bad)
{
	const struct leaf_run run = RUN(LINEAR, 257 * PAGE, PTE, IMAGE | OLD_INVALID);
	struct found found;
	struct audit *audit;

	geometry_init(&geo, 12, 48, 48);
	audit = begin(&found);
	audit_run(audit, &run);
	end(audit);
	EXPECT_EQ(found.nr, 2);
	EXPECT_EQ(found.findings[0].owner, OWNER_IMAGE);
	EXPECT_EQ(found.findings[0].size, 256 * PAGE);
	EXPECT_EQ(found.findings[1].owner, OWNER_KFENCE);
	EXPECT_EQ(found.findings[1].rule, AUDIT_BAD_ENTRY);
}

/* The memory of areas, of which some are to have no alias. */
TEST(invalid_and_mapped_elsewhere)
{
	const struct leaf_run linear[] = {
		RUN(LINEAR, PAGE, PTE, PA | INVALID),
		RUN(LINEAR + 4 * PAGE, 2 * PAGE, PTE, (PA + 4 * PAGE) | INVALID),
		RUN(LINEAR + 9 * PAGE, PAGE, PTE, (PA + 9 * PAGE) | INVALID),
	};
	const struct leaf_run areas[] = {
		RUN(VMALLOC, 8 * PAGE, PTE, (PA + PAGE) | GOOD),
		RUN(VMALLOC + (1 << 20), PAGE, PTE, (PA + 9 * PAGE) | GOOD),
		RUN(VMALLOC + (2 << 20), PAGE, PTE, (PA + 10 * PAGE) | GOOD),
	};
	struct found found;
	struct audit *audit;

	geometry_init(&geo, 12, 48, 48);
	audit = begin(&found);
	for (size_t i = 0; i < ARRAY_SIZE(linear); i++)
		audit_run(audit, &linear[i]);
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		audit_run(audit, &areas[i]);
	end(audit);
	EXPECT_EQ(found.nr, 3);
	EXPECT_EQ(found.findings[0].owner, OWNER_NONE);
	EXPECT_EQ(found.findings[0].other, 0);
	EXPECT_EQ(found.findings[1].owner, OWNER_NONE);
	EXPECT_EQ(found.findings[1].other, VMALLOC + 3 * PAGE);
	EXPECT_EQ(found.findings[2].owner, OWNER_AREA);
	EXPECT_EQ(found.findings[2].other, VMALLOC + (1 << 20));
}

TEST(a_table_that_is_reached_twice)
{
	struct found found;
	struct audit *audit;

	geometry_init(&geo, 12, 48, 48);
	audit = begin(&found);
	audit_table(audit, PGTABLE_LEVEL_PTE, LINEAR, PA);
	audit_table(audit, PGTABLE_LEVEL_PTE, LINEAR + (2 << 20), PA + PAGE);
	audit_table(audit, PGTABLE_LEVEL_PTE, VMALLOC, PA);
	/* by the same way: another walk */
	audit_table(audit, PGTABLE_LEVEL_PTE, LINEAR + (2 << 20), PA + PAGE);
	end(audit);
	EXPECT_EQ(found.nr, 1);
	EXPECT_EQ(found.findings[0].rule, AUDIT_TABLE_SHARED);
	EXPECT_EQ(found.findings[0].pa, PA);
	EXPECT_EQ(found.findings[0].addr, VMALLOC);
	EXPECT_EQ(found.findings[0].other, LINEAR);
}

TEST(names)
{
	for (enum audit_rule rule = 0; rule < AUDIT_NR_RULES; rule++) {
		EXPECT_EQ(audit_rule_find(audit_rule_name(rule)), rule);
		EXPECT(strlen(audit_rule_text(rule)) > 10);
	}
	EXPECT_EQ(audit_rule_find("no-such"), AUDIT_NR_RULES);
	for (enum audit_owner owner = 0; owner < OWNER_NR; owner++)
		EXPECT(strlen(audit_owner_name(owner)) > 3);
}
