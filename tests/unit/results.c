// SPDX-License-Identifier: GPL-2.0-only
/* Results of a stream of changes, and names that could be anything in all formats. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit/plain.h"
#include "emit/tally.h"
#include "play.h"

static const struct {
	const char *text, *plain;
} texts[] = {
	{ "", "" },
	{ "kworker/0:1", "kworker/0:1" },
	{ "\33[2J", "?[2J" },
	{ "a\tb\nc\177", "a?b?c?" },
	{ "\xc3\xbc", "\xc3\xbc" },		    /* an umlaut */
	{ "\xe2\x82\xac", "\xe2\x82\xac" },	    /* three bytes */
	{ "\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7" }, /* four */
	{ "\xc2\x9b", "??" },			    /* C1: as good as ESC [ */
	{ "\xc0\xaf", "??" },			    /* a slash, longer than need be */
	{ "\xed\xa0\x80", "???" },		    /* a surrogate */
	{ "\xef\xbf\xbf", "???" },		    /* no character */
	{ "\xf4\x90\x80\x80", "????" },		    /* behind the last */
	{ "\xe2\x82", "??" },			    /* cut off */
	{ "\x80\xff\xfe", "???" },
};

TEST(plain_text)
{
	char buf[64];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		EXPECT_STR(plain_text(buf, sizeof(buf), texts[i].text, strlen(texts[i].text)),
			   texts[i].plain);
	/* no more than there is room for, and no half of a character */
	EXPECT_STR(plain_text(buf, 4, "abcdef", 6), "abc");
	EXPECT_STR(plain_text(buf, 3, "a\xc3\xbc", 3), "a");
	EXPECT_STR(plain_text(buf, 1, "abc", 3), "");
	EXPECT_STR(plain_text(buf, sizeof(buf), "abcdef", 2), "ab");
}

static struct kernel *a_kernel(void)
{
	static struct kernel kernel;
	const struct shape shape = { 12, 48, 48 };

	kernel.geo = shape_geometry(&shape);
	EXPECT_EQ(kallsyms_new(&kernel.syms), 0);
	return &kernel;
}

/* @nr changes, of which one in seven is wrong, and one in five was lost. */
static char *results_of(enum emit_results results, bool json, unsigned int nr, const char *comm)
{
	const struct emit_options options = { .results = results, .json = json };
	static const char *const ops[] = { "set_memory_ro", "set_memory_x", "a<b>&\"c" };
	const struct summary summary = {
		.stats = &(struct check_stats){},
		.records_lost = (const uint64_t[PWT_NR_TYPES]){},
		.kernel = "7.3",
		.backend = "fentry",
	};
	struct kernel *kernel = a_kernel();
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct emitter *emitter = emitter_new(kernel, &options, out);
	struct change change = { .has_ret = true, .lazy_mmu = -1, .stack_id = -1 };

	emitter->name = "a<&>\"#\n\33.pwt";
	emitter->number = 1;
	image_init(&change.before, &kernel->geo, 0);
	image_init(&change.after, &kernel->geo, 0);
	memcpy(change.comm, comm, strnlen(comm, PWT_COMM_LEN));
	for (unsigned int i = 0; i < nr; i++) {
		change.seq = i;
		change.op = ops[i % ARRAY_SIZE(ops)];
		change.verdict = !(i % 7) ? VERDICT_MISMATCH :
				 !(i % 5) ? VERDICT_LOST :
					    VERDICT_MATCH;
		change.reason = !(i % 7) ? REASON_BIT_LEFT :
				!(i % 5) ? REASON_RECORD_LOST :
					   REASON_NONE;
		emit_change(emitter, &change, NULL);
	}
	emit_summary(emitter, &summary);
	emitter_free(emitter);
	kernel_close(kernel);
	fclose(out);
	return text;
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int nr = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		nr++;
	return nr;
}

static void expect_plain(const char *text)
{
	for (size_t left = strlen(text), size; left; text += size, left -= size) {
		size = *text == '\n' ? 1 : plain_char(text, left);
		if (!EXPECT(size))
			return;
	}
}

TEST(ktap)
{
	char *text = results_of(EMIT_KTAP, false, 70, "evil\33#\xff");

	expect_plain(text);
	/* recording, nothing lost, MATCH, LOST */
	EXPECT_EQ(count(text, "\n  ok "), 4);
	EXPECT_EQ(count(text, "\n  not ok "), 10);
	EXPECT(strstr(text, "  1..14\n"));
	EXPECT(strstr(text, "not ok 1 a<&>\"???.pwt\n"));
	EXPECT(strstr(text, "LOST record-lost # SKIP 12 changes"));
	EXPECT(strstr(text, "  # 48 changes\n"));
	free(text);
	text = results_of(EMIT_KTAP, false, 0, "");
	EXPECT_EQ(count(text, "not ok"), 0);
	EXPECT(strstr(text, "  1..3\n"));
	free(text);
}

TEST(junit)
{
	char *text = results_of(EMIT_JUNIT, false, 70, "evil\33<&\xff");

	expect_plain(text);
	EXPECT_EQ(count(text, "<testcase "), 4);
	EXPECT_EQ(count(text, "<failure "), 3);
	EXPECT_EQ(count(text, "bit-left: "), 10);
	EXPECT(strstr(text, "tests=\"4\" failures=\"3\" errors=\"0\" skipped=\"0\""));
	EXPECT(strstr(text, "<property name=\"mismatch\" value=\"10\"/>"));
	EXPECT(strstr(text, "<property name=\"match\" value=\"48\"/>"));
	EXPECT(strstr(text, "<property name=\"lost\" value=\"12\"/>"));
	EXPECT(strstr(text, "name=\"a&lt;&amp;&gt;&quot;#&#10;?.pwt\""));
	EXPECT(strstr(text, "name=\"a&lt;b&gt;&amp;&quot;c\""));
	EXPECT_EQ(count(text, "evil?&lt;&amp;?"), 10);
	free(text);
}

/* Without end: so many are told, and of the rest there is a count. */
TEST(more_than_can_be_told)
{
	char *text = results_of(EMIT_KTAP, false, 7 * (TALLY_MISMATCHES + 20), "x");

	EXPECT_EQ(count(text, "\n  not ok "), TALLY_MISMATCHES + 1);
	EXPECT(strstr(text, "  # 20 more\n"));
	free(text);
	text = results_of(EMIT_JUNIT, false, 7 * (TALLY_MISMATCHES + 20), "x");
	EXPECT_EQ(count(text, "bit-left: "), TALLY_MISMATCHES);
	free(text);
}

TEST(names_in_lines)
{
	char *text = results_of(EMIT_CHANGES, false, 70, "evil\33[2J\xff");

	expect_plain(text);
	EXPECT(count(text, "evil?[2J?") > 0);
	free(text);
	text = results_of(EMIT_CHANGES, true, 70, "evil\33[2J\xff");
	expect_plain(text);
	EXPECT(count(text, "\"comm\":\"evil?[2J?\"") == 70);
	free(text);
}
