// SPDX-License-Identifier: GPL-2.0-only
#include "commands/filter.h"

#include <errno.h>
#include <string.h>

#include "test.h"

static const struct change sample = {
	.op = "set_memory_ro",
	.addr = 0xffff800080010000,
	.size = 0x4000,
	.has_ret = true,
	.ret = -22,
	.pid = 101,
	.tgid = 100,
	.comm = "modprobe",
	.zone = ZONE_VMALLOC,
	.verdict = VERDICT_MISMATCH,
};

TEST(syntax)
{
	static const struct {
		enum filter_kind kind;
		const char *text;
		int err;
	} cases[] = {
		{ FILTER_ZONE, "linear", 0 },
		{ FILTER_ZONE, "!other", 0 },
		{ FILTER_ZONE, "", -EINVAL },
		{ FILTER_ZONE, "!", -EINVAL },
		{ FILTER_ZONE, "line", -EINVAL },
		{ FILTER_ZONE, "!!linear", -EINVAL },
		{ FILTER_RANGE, "0x1000-0x2000", 0 },
		{ FILTER_RANGE, "4096+1", 0 },
		{ FILTER_RANGE, "!0+0x1000", 0 },
		{ FILTER_RANGE, "0xffff000000000000-0xffffffffffffffff", 0 },
		{ FILTER_RANGE, "", -EINVAL },
		{ FILTER_RANGE, "0x1000", -EINVAL },
		{ FILTER_RANGE, "0x1000-", -EINVAL },
		{ FILTER_RANGE, "-0x1000", -EINVAL },
		{ FILTER_RANGE, "0x1000-0x1000", -EINVAL },
		{ FILTER_RANGE, "0x2000-0x1000", -EINVAL },
		{ FILTER_RANGE, "0x1000+0", -EINVAL },
		{ FILTER_RANGE, "0x1000-0x2000x", -EINVAL },
		{ FILTER_RANGE, "0x1000:0x2000", -EINVAL },
		{ FILTER_RANGE, "0x10000000000000000-1", -EINVAL },
		{ FILTER_RANGE, "1+0xffffffffffffffff", -EINVAL },
		{ FILTER_OP, "set_memory_*", 0 },
		{ FILTER_OP, "", -EINVAL },
		{ FILTER_OP, "!", -EINVAL },
		{ FILTER_PID, "1", 0 },
		{ FILTER_PID, "!1", 0 },
		{ FILTER_PID, "one", -EINVAL },
		{ FILTER_PID, "1x", -EINVAL },
		{ FILTER_PID, "", -EINVAL },
		{ FILTER_PID, "99999999999999999999", -EINVAL },
		{ FILTER_COMM, "mod*", 0 },
		{ FILTER_COMM, "", -EINVAL },
		{ FILTER_RET, "-22", 0 },
		{ FILTER_RET, "0", 0 },
		{ FILTER_RET, "EINVAL", -EINVAL },
		{ FILTER_VERDICT, "MISMATCH", 0 },
		{ FILTER_VERDICT, "mismatch", 0 },
		{ FILTER_VERDICT, "!match", 0 },
		{ FILTER_VERDICT, "mis", -EINVAL },
		{ FILTER_VERDICT, "", -EINVAL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct filter filter = {};

		test_case("kind %u \"%s\"", cases[i].kind, cases[i].text);
		EXPECT_EQ(filter_add(&filter, cases[i].kind, cases[i].text), cases[i].err);
		EXPECT_EQ(filter.nr[cases[i].kind], !cases[i].err);
		EXPECT(filter_syntax(cases[i].kind) && *filter_syntax(cases[i].kind));
	}
}

TEST(terms)
{
	static const struct {
		enum filter_kind kind;
		const char *texts[3];
		bool pass;
	} cases[] = {
		{ FILTER_ZONE, { "vmalloc" }, true },
		{ FILTER_ZONE, { "linear" }, false },
		{ FILTER_ZONE, { "linear", "vmalloc" }, true },
		{ FILTER_ZONE, { "!vmalloc" }, false },
		{ FILTER_ZONE, { "!linear" }, true },
		{ FILTER_ZONE, { "vmalloc", "!vmalloc" }, false },
		{ FILTER_ZONE, { "!linear", "!modules" }, true },
		{ FILTER_ZONE, { "!linear", "modules" }, false },
		{ FILTER_RANGE, { "0xffff800080010000-0xffff800080014000" }, true },
		{ FILTER_RANGE, { "0xffff800080013fff+1" }, true },
		{ FILTER_RANGE, { "0xffff800080014000+0x1000" }, false },
		{ FILTER_RANGE, { "0xffff80008000f000+0x1000" }, false },
		{ FILTER_RANGE, { "0xffff80008000f000+0x1001" }, true },
		{ FILTER_RANGE, { "!0xffff80008000f000+0x1001" }, false },
		{ FILTER_RANGE, { "0-1", "0xffff000000000000-0xffffffffffffffff" }, true },
		{ FILTER_OP, { "set_memory_ro" }, true },
		{ FILTER_OP, { "set_*" }, true },
		{ FILTER_OP, { "set_memory_r?" }, true },
		{ FILTER_OP, { "set_memory" }, false },
		{ FILTER_OP, { "!set_memory_*" }, false },
		{ FILTER_PID, { "100" }, true },
		{ FILTER_PID, { "101" }, true },
		{ FILTER_PID, { "102" }, false },
		{ FILTER_PID, { "!100" }, false },
		{ FILTER_COMM, { "modprobe" }, true },
		{ FILTER_COMM, { "mod" }, false },
		{ FILTER_COMM, { "!mod*" }, false },
		{ FILTER_RET, { "-22" }, true },
		{ FILTER_RET, { "0" }, false },
		{ FILTER_RET, { "!0" }, true },
		{ FILTER_VERDICT, { "mismatch" }, true },
		{ FILTER_VERDICT, { "match", "lost" }, false },
		{ FILTER_VERDICT, { "!match" }, true },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct filter filter = {};

		test_case("kind %u %s %s", cases[i].kind, cases[i].texts[0],
			  cases[i].texts[1] ? cases[i].texts[1] : "");
		for (unsigned int n = 0; cases[i].texts[n]; n++)
			EXPECT_EQ(filter_add(&filter, cases[i].kind, cases[i].texts[n]), 0);
		EXPECT_EQ(filter_pass(&filter, &sample), cases[i].pass);
	}
}

TEST(kinds_are_joined_by_and)
{
	struct filter filter = {};

	EXPECT(filter_pass(&filter, &sample));
	EXPECT_EQ(filter_add(&filter, FILTER_ZONE, "vmalloc"), 0);
	EXPECT_EQ(filter_add(&filter, FILTER_OP, "set_*"), 0);
	EXPECT(filter_pass(&filter, &sample));
	EXPECT_EQ(filter_add(&filter, FILTER_PID, "7"), 0);
	EXPECT(!filter_pass(&filter, &sample));
}

TEST(a_tag_is_not_part_of_an_address)
{
	struct change tagged = sample;
	struct filter filter = {};

	tagged.addr = 0xf3ff800080010000;
	EXPECT_EQ(filter_add(&filter, FILTER_RANGE, "0xffff800080010000+0x1000"), 0);
	EXPECT(filter_pass(&filter, &tagged));
}

TEST(a_change_that_has_not_returned_has_no_return_value)
{
	struct change open = sample;
	struct filter filter = {};

	open.has_ret = false;
	open.ret = 0;
	EXPECT_EQ(filter_add(&filter, FILTER_RET, "0"), 0);
	EXPECT(!filter_pass(&filter, &open));
}

TEST(too_many_terms)
{
	struct filter filter = {};

	for (unsigned int i = 0; i < FILTER_MAX; i++)
		EXPECT_EQ(filter_add(&filter, FILTER_VERDICT, "match"), 0);
	EXPECT_EQ(filter_add(&filter, FILTER_VERDICT, "match"), -E2BIG);
	EXPECT_EQ(filter_add(&filter, FILTER_ZONE, "linear"), 0);
}
