// SPDX-License-Identifier: GPL-2.0-only
/* What a report collects and how it is written: room/report, without a recording. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"
#include "report/html.h"
#include "report/intervals.h"
#include "report/leafmap.h"
#include "report/ops.h"
#include "report/redact.h"
#include "report/sha256.h"
#include "report/sheet.h"
#include "report/timeline.h"

/* Text */

static char *written(void (*write)(FILE *out, const void *arg), const void *arg)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	write(out, arg);
	fclose(out);
	return text;
}

static void write_text(FILE *out, const void *text)
{
	html(out, "<b title=\"%s\">%s</b>", (const char *)text, (const char *)text);
}

#define BAD "\xef\xbf\xbd"

TEST(text_is_no_markup)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{ "plain", "plain" },
		{ "<script>", "&lt;script&gt;" },
		{ "\"' onload='x", "&quot;&#39; onload=&#39;x" },
		{ "&lt;", "&amp;lt;" },
		{ "\xc2\xb5s \xe2\x80\xa6 \xf0\x9f\x90\xa7",
		  "\xc2\xb5s \xe2\x80\xa6 \xf0\x9f\x90\xa7" },
		{ "\x01\x1b[31m\x7f\n", BAD BAD "[31m" BAD BAD },
		/* alone, cut off, too long, a surrogate, behind the last one */
		{ "\x80|\xc3|\xe2\x80", BAD "|" BAD "|" BAD BAD },
		{ "\xc0\xbc|\xe0\x80\xbc|\xf0\x80\x80\xbc",
		  BAD BAD "|" BAD BAD BAD "|" BAD BAD BAD BAD },
		{ "\xed\xa0\x80|\xf4\x90\x80\x80", BAD BAD BAD "|" BAD BAD BAD BAD },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *got = written(write_text, cases[i].text), want[256];

		test_case("case %zu", i);
		snprintf(want, sizeof(want), "<b title=\"%s\">%s</b>", cases[i].shown,
			 cases[i].shown);
		EXPECT_STR(got, want);
		free(got);
	}
}

static void write_all_kinds(FILE *out, const void *unused)
{
	(void)unused;
	html(out, "%d %u %llx %zu %#lx %.2f%% %c %.3s %.*s|", -1, 7U, 0xfffffffffffULL, sizeof(int),
	     16UL, 1.5, '<', "abc<def", 2, "<>x");
}

TEST(conversions)
{
	char *got = written(write_all_kinds, NULL);

	EXPECT_STR(got, "-1 7 fffffffffff 4 0x10 1.50% &lt; abc &lt;&gt;|");
	free(got);
}

TEST(words)
{
	EXPECT_STR(word_count(0).s, "0");
	EXPECT_STR(word_count(999).s, "999");
	EXPECT_STR(word_count(1000).s, "1,000");
	EXPECT_STR(word_count(UINT64_MAX).s, "18,446,744,073,709,551,615");
	EXPECT_STR(word_bytes(4096).s, "4K");
	EXPECT_STR(word_bytes(36 << 10).s, "36K");
	EXPECT_STR(word_bytes(6019072).s, "5.74M");
	EXPECT_STR(word_time(97400).s, "97.4 \xc2\xb5s");
	EXPECT_STR(word_time(999).s, "999 ns");
	EXPECT_STR(word_time(61000000000).s, "61 s");
	EXPECT_STR(word_part(1, 3).s, "33.3%");
	EXPECT_STR(word_part(0, 0).s, "0%");
}

/* FIPS 180-4's examples, and a message that ends just before and behind a block. */
TEST(sha256)
{
	static const struct {
		size_t nr;
		const char *text, *base64;
	} cases[] = {
		{ 1, "", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" },
		{ 1, "abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=" },
		{ 1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE=" },
		{ 55, "a", "n0OQ+NMMLdkuyfCVtl4rmumwqSWlJY4kHJ8ekQ9zQxg=" },
		{ 64, "a", "/+BU/nrgy23GXDr5th1SCfQ5hR20PQulmXM33xVGaOs=" },
		{ 1000000, "a", "zcduXJkU+5KBocfihNc+Z/GAmkiklyAOBG05zMcRLNA=" },
	};
	char base64[SHA256_BASE64];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = strlen(cases[i].text);
		char *data = malloc(cases[i].nr * length + 1);

		test_case("case %zu", i);
		for (size_t n = 0; n < cases[i].nr; n++)
			memcpy(data + n * length, cases[i].text, length);
		sha256_base64(data, cases[i].nr * length, base64);
		EXPECT_STR(base64, cases[i].base64);
		free(data);
	}
}

/* Times */

static unsigned int drawn(const struct timeline *timeline)
{
	unsigned int sum = 0;

	for (unsigned int cpu = 0; cpu < TIMELINE_CPUS; cpu++)
		for (unsigned int op = 0; op < TIMELINE_OPS; op++)
			for (unsigned int i = 0; timeline->changes[cpu][op] && i < timeline->nr;
			     i++)
				sum += timeline->changes[cpu][op][i];
	return sum;
}

/* The step that @time falls into has a change of @op. */
static bool has(const struct timeline *timeline, uint64_t time, unsigned int op)
{
	uint64_t step = (time >> timeline->shift) - timeline->first;

	return step < timeline->nr && timeline->changes[0][op] && timeline->changes[0][op][step];
}

TEST(timeline_keeps_every_change_where_it_was)
{
	uint64_t state = test_seed(), times[TIMELINE_OPS - 1];
	struct timeline *timeline = malloc(sizeof(*timeline));

	for (int round = 0; round < 300; round++) {
		uint64_t span = 1ULL << test_random_below(&state, 62);
		uint64_t from = test_random(&state) >> 1;

		timeline_init(timeline);
		for (unsigned int i = 0; i < ARRAY_SIZE(times); i++) {
			struct change change = { .time = from + test_random_below(&state, span) };

			times[i] = change.time;
			EXPECT_EQ(timeline_add(timeline, &change, i), 0);
		}
		test_case("round %d", round);
		EXPECT(timeline->nr <= TIMELINE_BINS);
		EXPECT_EQ(drawn(timeline), ARRAY_SIZE(times));
		for (unsigned int i = 0; i < ARRAY_SIZE(times); i++)
			EXPECT(has(timeline, times[i], i));
		/* no coarser than it need be */
		if (timeline->shift > 10)
			EXPECT(timeline->nr > TIMELINE_BINS / 4);
		timeline_release(timeline);
		if (test_failed())
			break;
	}
	free(timeline);
}

TEST(timeline_from_one_end_to_the_other)
{
	struct timeline *timeline = malloc(sizeof(*timeline));
	struct change change = { .time = UINT64_MAX, .cpu = UINT32_MAX, .splits = { 0, 3 } };

	timeline_init(timeline);
	EXPECT_EQ(timeline_add(timeline, &change, 0), 0);
	change.time = 0;
	EXPECT_EQ(timeline_add(timeline, &change, 0), 0);
	EXPECT(timeline->nr <= TIMELINE_BINS);
	EXPECT_EQ(drawn(timeline), 2);
	EXPECT_EQ(timeline->changes[TIMELINE_CPUS - 1][0][0], 1);
	EXPECT_EQ(timeline->splits[1][0], 3);
	timeline_release(timeline);
	free(timeline);
}

/* Durations */

TEST(durations_are_known_to_three_per_cent)
{
	uint64_t state = test_seed();

	for (int i = 0; i < 20000; i++) {
		uint64_t ns = test_random(&state) >> test_random_below(&state, 64), got;
		struct ops *ops = calloc(1, sizeof(*ops));
		struct change change = { .op = "x", .duration = ns };
		unsigned int name;

		EXPECT_EQ(ops_add(ops, &change, &name), 0);
		/* a longer one, so that the longest does not tell */
		change.duration = UINT64_MAX;
		ops_add(ops, &change, &name);
		got = op_duration(ops->stat[0], 50);
		test_case("%llu ns, got %llu", (unsigned long long)ns, (unsigned long long)got);
		EXPECT((got > ns ? got - ns : ns - got) <= ns / 32);
		ops_release(ops);
		free(ops);
		if (test_failed())
			break;
	}
}

TEST(more_operations_and_answers_than_there_is_room_for)
{
	static char names[2 * OPS_MOST][16];
	struct ops *ops = calloc(1, sizeof(*ops));
	unsigned int name;
	uint64_t sum = 0;

	for (int i = 0; i < 2 * OPS_MOST; i++) {
		struct change change = { .op = names[i], .has_ret = true };

		snprintf(names[i], sizeof(names[i]), "op%d", i);
		for (change.ret = 0; change.ret < 2 * OPS_RETS; change.ret++) {
			EXPECT_EQ(ops_add(ops, &change, &name), 0);
			EXPECT(name < OPS_MOST);
		}
	}
	EXPECT_EQ(ops->nr, OPS_MOST);
	EXPECT_STR(ops->stat[OPS_MOST - 1]->op, "others");
	for (unsigned int i = 0; i < ops->nr; i++) {
		sum += ops->stat[i]->nr;
		EXPECT_EQ(ops->stat[i]->nr_rets, OPS_RETS);
		EXPECT_EQ(ops->stat[i]->other_rets, ops->stat[i]->nr / 2);
	}
	EXPECT_EQ(sum, 2 * OPS_MOST * 2 * OPS_RETS);
	ops_release(ops);
	free(ops);
}

/* Strips */

#define RW	 leaf_code_make(LEAF_PTE, ALLOWS_READ_WRITE)
#define RO	 leaf_code_make(LEAF_PTE, ALLOWS_READ)
#define BLOCK_RW leaf_code_make(LEAF_PMD, ALLOWS_READ_WRITE)

TEST(what_is_alike_is_one_run)
{
	struct strip strip = {};

	for (int i = 0; i < 8; i++)
		EXPECT_EQ(strip_add(&strip, PAGE, VMALLOC + i * PAGE, PAGE, i < 5 ? RW : RO), 0);
	/* what is there is not changed, what goes beyond it is added */
	EXPECT_EQ(strip_add(&strip, PAGE, VMALLOC + 6 * PAGE, 4 * PAGE, RO), 0);
	EXPECT_EQ(strip_add(&strip, PAGE, VMALLOC + 6 * PAGE, PAGE, RW), 0);
	EXPECT_EQ(strip.nr, 2);
	EXPECT_EQ(strip.runs[0].size, 5 * PAGE);
	EXPECT_EQ(strip.runs[1].size, 5 * PAGE);
	EXPECT_EQ(strip.bytes[RW], 5 * PAGE);
	EXPECT_EQ(strip.bytes[RO], 5 * PAGE);
	strip_release(&strip);
}

TEST(a_strip_has_an_end)
{
	uint64_t state = test_seed(), at = VMALLOC, mapped = 0, shown = 0;
	struct strip strip = {};

	for (int i = 0; i < 200000; i++) {
		uint64_t size = PAGE << test_random_below(&state, 4);

		EXPECT_EQ(strip_add(&strip, PAGE, at, size, i & 1 ? RW : RO), 0);
		mapped += size;
		at += size + (test_random_below(&state, 4) ? 0 : PAGE);
	}
	EXPECT(strip.nr <= STRIP_MOST);
	EXPECT(strip.nr > STRIP_MOST / 8);
	EXPECT_EQ(strip.bytes[RW] + strip.bytes[RO], mapped);
	for (size_t i = 0; i < strip.nr; i++) {
		shown += strip.runs[i].size;
		if (i)
			EXPECT(strip.runs[i].start >=
			       strip.runs[i - 1].start + strip.runs[i - 1].size);
	}
	EXPECT(shown >= mapped);
	EXPECT_EQ(leaf_code_allows(strip.runs[0].look.code), ALLOWS_MIXED);
	EXPECT(strip.runs[0].look.share[ALLOWS_READ] > 80);
	EXPECT(strip.runs[0].look.share[ALLOWS_READ_WRITE] > 80);
	strip_release(&strip);
}

TEST(two_strips_side_by_side)
{
	struct strip before = {}, after = {};
	struct intervals all;

	strip_add(&before, PAGE, VMALLOC, 4 * PAGE, RW);
	strip_add(&before, PAGE, VMALLOC + 16 * PAGE, PAGE, LEAF_HOLE);
	strip_add(&after, PAGE, VMALLOC + PAGE, PAGE, RO);
	strip_add(&after, PAGE, VMALLOC + 8 * PAGE, PAGE, RO);
	EXPECT_EQ(intervals_make(&all, &before, &after), 0);
	EXPECT_EQ(all.nr, 4);
	EXPECT_EQ(all.interval[0].size, PAGE);
	EXPECT_EQ(all.interval[0].after.code, LEAF_UNSEEN);
	EXPECT_EQ(all.interval[1].before.code, RW);
	EXPECT_EQ(all.interval[1].after.code, RO);
	EXPECT_EQ(all.interval[2].size, 2 * PAGE);
	EXPECT(!all.interval[2].apart);
	EXPECT_EQ(all.interval[3].before.code, LEAF_UNSEEN);
	EXPECT(all.interval[3].apart);
	intervals_release(&all);
	EXPECT_EQ(intervals_make(&all, &before, NULL), 0);
	EXPECT_EQ(all.nr, 1);
	intervals_release(&all);
	strip_release(&before);
	strip_release(&after);
	EXPECT_EQ(intervals_make(&all, &before, &after), 0);
	EXPECT_EQ(all.nr, 0);
}

TEST(the_whole_address_space)
{
	struct strip strip = {};
	struct intervals all;

	strip_add(&strip, PAGE, 0, PAGE, RW);
	strip_add(&strip, PAGE, -PAGE, PAGE, RO);
	EXPECT_EQ(strip.nr, 2);
	EXPECT_EQ(intervals_make(&all, &strip, NULL), 0);
	EXPECT_EQ(all.nr, 2);
	EXPECT_EQ(intervals_shuffle(&all, 21), 0);
	EXPECT_EQ(all.nr, 2);
	intervals_release(&all);
	strip_release(&strip);
}

/* Two address spaces that differ by where they are alone, and in the order of their blocks. */
TEST(shuffled_is_without_order)
{
	static const unsigned int orders[][4] = { { 0, 1, 2, 3 }, { 3, 1, 0, 2 }, { 2, 3, 1, 0 } };
	struct intervals first = {};

	for (size_t n = 0; n < ARRAY_SIZE(orders); n++) {
		uint64_t base = LINEAR + n * 40 * BLOCK;
		struct strip strip = {};
		struct intervals all;

		for (int i = 0; i < 4; i++) {
			uint64_t addr = base + i * 3 * BLOCK;
			unsigned int kind = orders[n][i];

			/* whole, whole, the fifth page read-only, the ninth page only */
			if (kind < 2)
				strip_add(&strip, PAGE, addr, BLOCK, BLOCK_RW);
			for (int page = 0; kind == 2 && page < 512; page++)
				strip_add(&strip, PAGE, addr + page * PAGE, PAGE,
					  page == 5 ? RO : RW);
			if (kind == 3)
				strip_add(&strip, PAGE, addr + 9 * PAGE, PAGE, RO);
		}
		EXPECT_EQ(intervals_make(&all, &strip, NULL), 0);
		EXPECT_EQ(intervals_shuffle(&all, 21), 0);
		test_case("order %zu", n);
		EXPECT_EQ(all.nr, 5);
		EXPECT(all.interval[0].anywhere);
		EXPECT_EQ(all.interval[0].size, 2 * BLOCK);
		for (size_t i = 0; n && i < all.nr && i < first.nr; i++) {
			EXPECT_EQ(all.interval[i].start % BLOCK, first.interval[i].start % BLOCK);
			EXPECT_EQ(all.interval[i].size, first.interval[i].size);
			EXPECT_EQ(all.interval[i].before.code, first.interval[i].before.code);
		}
		if (n)
			intervals_release(&all);
		else
			first = all;
		strip_release(&strip);
	}
	intervals_release(&first);
}

/* What changes tell of the address space */

static void take_leaves(void *ctx, const struct change *change)
{
	EXPECT_EQ(leafmap_change(ctx, change), 0);
}

/* The piece that has @addr; one that was not seen: NULL. */
static const struct strip_run *run_at(const struct strips *strips, const struct zones *zones,
				      uint64_t addr)
{
	const struct strip *strip = &strips->zone[zone_of(zones, addr)];

	for (size_t i = 0; i < strip->nr; i++)
		if (addr - strip->runs[i].start < strip->runs[i].size)
			return &strip->runs[i];
	return NULL;
}

static void expect_code(const struct leafmap *map, const struct world *world,
			enum leafmap_side side, uint64_t addr, int code)
{
	const struct strip_run *run;
	struct strips strips = {};

	EXPECT_EQ(leafmap_space(map, side, &world->zones, &strips), 0);
	run = run_at(&strips, &world->zones, addr);
	EXPECT_EQ(run ? run->look.code : LEAF_UNSEEN, code);
	strips_release(&strips);
}

TEST(first_and_last_that_was_seen)
{
	const struct request ro = { VMALLOC + 5 * PAGE, PAGE, PTE_RDONLY, PTE_WRITE };
	const struct request nothing = { VMALLOC + 5 * PAGE, PAGE, PTE_WRITE, PTE_RDONLY };
	const struct request split = { VMALLOC + BLOCK, PAGE, PTE_RDONLY, PTE_WRITE };
	struct leafmap map;
	struct world world;

	usual_world(&world);
	leafmap_init(&map, &world.geo);
	world.config.rules.splits_leaves = true;
	EXPECT_EQ(check_new(&world.check, &world.config, take_leaves, &map), 0);
	world_begin(&world, &actor, &ro);
	world_apply(&world, &ro);
	world_end(&world, &actor, &ro, 0);
	expect_code(&map, &world, LEAFMAP_FIRST, ro.start, RW);
	expect_code(&map, &world, LEAFMAP_LAST, ro.start, RO);
	expect_code(&map, &world, LEAFMAP_LAST, ro.start + PAGE, RW);
	expect_code(&map, &world, LEAFMAP_FIRST, ro.start + 3 * PAGE, LEAF_UNSEEN);
	world_begin(&world, &actor, &nothing);
	world_apply(&world, &nothing);
	world_end(&world, &actor, &nothing, 0);
	expect_code(&map, &world, LEAFMAP_FIRST, ro.start, RW);
	expect_code(&map, &world, LEAFMAP_LAST, ro.start, RW);
	/* a block becomes a table */
	world_begin(&world, &actor, &split);
	split_as_the_kernel(&world, &split);
	world_end(&world, &actor, &split, 0);
	check_idle(world.check);
	expect_code(&map, &world, LEAFMAP_FIRST, split.start + 7 * PAGE, BLOCK_RW);
	expect_code(&map, &world, LEAFMAP_LAST, split.start, RO);
	expect_code(&map, &world, LEAFMAP_LAST, split.start + 7 * PAGE, LEAF_UNSEEN);
	EXPECT_EQ(map.left_out, 0);
	leafmap_release(&map);
	world_release(&world);
}

/* Only tables were read of a change, and no leaf. */
TEST(nothing_that_is_mapped)
{
	uint64_t desc = TABLE_BITS | 0x41000000;
	struct change change = {};
	struct leafmap map;
	struct world world;

	world_init(&world);
	image_init(&change.before, &world.geo, world.tables.root);
	image_init(&change.after, &world.geo, world.tables.root);
	image_add(&change.before, PGTABLE_LEVEL_PMD, 0x50000000, VMALLOC, 0, 1, &desc);
	leafmap_init(&map, &world.geo);
	EXPECT_EQ(leafmap_change(&map, &change), 0);
	EXPECT_EQ(map.nr, 0);
	leafmap_release(&map);
	image_release(&change.before);
	image_release(&change.after);
	world_release(&world);
}

/* Redaction */

static void made_up_kernel(struct kernel *kernel, struct world *world)
{
	*kernel = (struct kernel){
		.release = "7.3.0",
		.geo = world->geo,
		.zones = world->zones,
		.phys_to_virt = LINEAR - PHYS_OFFSET,
		.phys_offset = PHYS_OFFSET,
		.struct_page = STRUCT_PAGE,
	};
	kernel->zones.range[ZONE_IMAGE] = (struct zone_range){ VMALLOC + 0x12340000,
							       VMALLOC + 0x14340000 };
	kernel->zones.range[ZONE_VMEMMAP] = (struct zone_range){ VMEMMAP, VMEMMAP + (1ULL << 40) };
	EXPECT_EQ(kallsyms_new(&kernel->syms), 0);
	EXPECT_EQ(kallsyms_add(kernel->syms, "ffff800092340000 T some_function\n", 33), 0);
	kallsyms_finish(kernel->syms);
}

TEST(redacted_addresses)
{
	struct world world;
	struct kernel kernel;
	struct redactor redactor;
	char a[REDACT_TEXT], b[REDACT_TEXT];

	world_init(&world);
	made_up_kernel(&kernel, &world);
	redactor_init(&redactor, &kernel, true);
	redact_expect(&redactor, 0xffff800012345000);
	redact_pa(&redactor, 0x9051b000, a);
	EXPECT_STR(a, "M1+0x11b000");
	redact_pa(&redactor, 0x40000000, a);
	EXPECT_STR(a, "M2+0x0");
	/* the alias of the first, and its struct page */
	redact_va(&redactor, world_alias(0x9051b010), a);
	EXPECT_STR(a, "linear M1+0x11b010");
	redact_va(&redactor, VMEMMAP + (0x9051b000 - PHYS_OFFSET) / PAGE * STRUCT_PAGE, a);
	EXPECT_STR(a, "struct page of M1+0x11b000");
	/* a tag is not an address */
	redact_va(&redactor, world_alias(0x9051b000) & ~(0xfULL << 56), b);
	EXPECT_STR(b, "linear M1+0x11b000");
	redact_va(&redactor, VMALLOC + 0x12341000, a);
	EXPECT_STR(a, "image+0x1000");
	redact_va(&redactor, VMALLOC + 0x5000, a);
	EXPECT_STR(a, "vmalloc+0x5000");
	redact_va(&redactor, 0xffff800012346000, a);
	EXPECT_STR(a, "modules+0x1000");
	redact_code(&redactor, VMALLOC + 0x12340010, a);
	EXPECT_STR(a, "some_function+0x10");
	redact_va(&redactor, 0xffffffff12345000, a);
	EXPECT_STR(a, "other \xe2\x80\xa6"
		      "45000");
	/* without the image's place none in vmalloc's zone is told */
	kernel.zones.range[ZONE_IMAGE] = (struct zone_range){};
	redact_va(&redactor, VMALLOC + 0x12341000, a);
	EXPECT_STR(a, "vmalloc \xe2\x80\xa6"
		      "41000");
	redactor_release(&redactor);
	redactor_init(&redactor, &kernel, false);
	redact_va(&redactor, VMALLOC + 0x12341000, a);
	EXPECT_STR(a, "0xffff800092341000");
	kallsyms_free(kernel.syms);
	world_release(&world);
}

TEST(names_of_many_blocks)
{
	struct world world;
	struct kernel kernel;
	struct redactor redactor;
	char text[REDACT_TEXT], want[REDACT_TEXT];

	world_init(&world);
	made_up_kernel(&kernel, &world);
	redactor_init(&redactor, &kernel, true);
	for (int round = 0; round < 2; round++)
		for (uint64_t i = 0; i < 5000; i++) {
			redact_pa(&redactor, (i * 7919 % 5000) << 21 | i, text);
			snprintf(want, sizeof(want), "M%llu+0x%llx", (unsigned long long)i + 1,
				 (unsigned long long)i);
			EXPECT_STR(text, want);
		}
	redactor_release(&redactor);
	kallsyms_free(kernel.syms);
	world_release(&world);
}

/* Of any descriptor nothing is shown that tells which block of memory it leads to. */
TEST(redacted_descriptors)
{
	uint64_t state = test_seed();

	for (unsigned int i = 0; i < nr_shapes; i++) {
		struct geometry geo = shape_geometry(&shapes[i]);
		struct kernel kernel = { .geo = geo };
		struct redactor redactor;

		redactor_init(&redactor, &kernel, true);
		for (int n = 0; n < 200; n++) {
			uint64_t attributes = test_random(&state) & ~desc_from_address(&geo, ~0ULL);
			uint64_t low = test_random(&state) & 0x1fffff &
				       ~((1ULL << geo.page_shift) - 1);
			uint64_t one = test_random(&state) & 0x0000ffffffe00000 & geo.oa_mask;
			uint64_t other = test_random(&state) & 0x0000ffffffe00000 & geo.oa_mask;
			char a[17], b[17];

			if (!desc_address(&geo, desc_from_address(&geo, one)))
				continue;
			test_case("shape %u, %llx and %llx", i, (unsigned long long)one,
				  (unsigned long long)other);
			redact_desc(&redactor, attributes | desc_from_address(&geo, one | low), a);
			redact_desc(&redactor, attributes | desc_from_address(&geo, other | low),
				    b);
			EXPECT_STR(a, b);
		}
		redactor_release(&redactor);
	}
}

/* A page */

struct collected {
	struct report report;
	const char *comm;
};

static void take_change(void *ctx, const struct change *change)
{
	struct collected *collected = ctx;
	struct change copy = *change;
	struct stack stack = { 3, { VMALLOC + 0x12340010, VMALLOC + 0x12340020, 77 } };

	snprintf(copy.comm, sizeof(copy.comm), "%s", collected->comm);
	copy.stack_id = change->seq % 2 ? 3 : -1;
	EXPECT_EQ(report_change(&collected->report, &copy, &stack), 0);
}

static void wrong_bit(struct world *world, const struct request *request)
{
	world_apply(world, request);
	*pte(world, 5) ^= 1ULL << 55;
}

/* One that is right, one that is wrong, and one that is refused. */
static void happen(struct world *world)
{
	const struct request rw = { VMALLOC + 5 * PAGE, PAGE, PTE_WRITE, PTE_RDONLY };
	const struct request part = { VMALLOC + BLOCK + PAGE, PAGE, PTE_RDONLY, PTE_WRITE };

	world_begin(world, &actor, &one_page_ro);
	world_apply(world, &one_page_ro);
	world_end(world, &actor, &one_page_ro, 0);
	world_begin(world, &actor, &rw);
	wrong_bit(world, &rw);
	world_end(world, &actor, &rw, 0);
	world_begin(world, &actor, &part);
	world_end(world, &actor, &part, -22);
	check_idle(world->check);
	check_idle(world->check);
}

static char *page_of(struct sheet_input *input)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	EXPECT_EQ(sheet_print(out, input), 0);
	fclose(out);
	return text;
}

/* Of a report of happen(), whose recording has @text wherever it may have one. */
static char *page_with(const char *text, bool redact)
{
	struct collected collected = { .comm = text };
	uint64_t lost[PWT_NR_TYPES] = { [PWT_SLICE] = 9 };
	struct hook_status hook = { text, PWT_FN_RANGE, HOOK_ATTACHED, 0, 2 };
	struct recorded_info info = {};
	struct summary summary = { .records_lost = lost, .hooks = &hook, .nr_hooks = 1 };
	struct sheet_input input = { .report = &collected.report,
				     .summary = &summary,
				     .info = &info,
				     .version = "0.1",
				     .file = text,
				     .range_function = text,
				     .damage = text,
				     .captured = true,
				     .redact = redact };
	struct kernel kernel;
	struct world world;
	char *page;

	usual_world(&world);
	made_up_kernel(&kernel, &world);
	snprintf(kernel.release, sizeof(kernel.release), "%s", text);
	snprintf(info.build_id, sizeof(info.build_id), "%s", text);
	snprintf(info.boot_id, sizeof(info.boot_id), "%s", text);
	snprintf(info.version, sizeof(info.version), "%s", text);
	report_init(&collected.report, &kernel, 10);
	EXPECT_EQ(check_new(&world.check, &world.config, take_change, &collected), 0);
	happen(&world);
	summary.stats = check_stats(world.check);
	summary.backend = summary.kernel = text;
	EXPECT_EQ(collected.report.mismatches.nr, 1);
	EXPECT_EQ(collected.report.refusals.total, 1);
	for (int side = 0; side < LEAFMAP_SIDES; side++)
		EXPECT_EQ(leafmap_space(&collected.report.leafmap, side, &kernel.zones,
					&input.strips[side]),
			  0);
	page = page_of(&input);
	for (int side = 0; side < LEAFMAP_SIDES; side++)
		strips_release(&input.strips[side]);
	report_release(&collected.report);
	kallsyms_free(kernel.syms);
	world_release(&world);
	return page;
}

static unsigned int times(const char *page, const char *what)
{
	unsigned int nr = 0;

	for (; (page = strstr(page, what)); page += strlen(what))
		nr++;
	return nr;
}

TEST(a_page_has_every_section)
{
	static const char *const ids[] = { "verdicts", "losses", "mismatches", "refused",
					   "space",    "time",	 "callers",    "operations",
					   "kernel",   "m1",	 "r1-1",       "splits" };
	char *page = page_with("text", true), id[40];

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		snprintf(id, sizeof(id), "id=\"%s\"", ids[i]);
		test_case("%s", ids[i]);
		EXPECT_EQ(times(page, id), 1);
	}
	EXPECT(strstr(page, "1 of 3 changes is not what the kernel"));
	EXPECT(strstr(page, "bits-outside-masks"));
	EXPECT(strstr(page, "block-boundary"));
	EXPECT(strstr(page, "some_function"));
	free(page);
}

/* However a string looks, the page has the same elements. */
TEST(no_string_becomes_markup)
{
	static const char *const hostile[] = {
		"<script>alert(1)</script>",
		"\"><img src=x>",
		"' onload='x",
		"</title></style>",
		"--><!--",
		"&lt;",
		"\xff\xfe<",
		"%s%n",
	};
	char *plain = page_with("text", true);
	static const char *const marks[] = { "<", ">", "\"" };

	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		char *page = page_with(hostile[i], true);

		for (size_t n = 0; n < ARRAY_SIZE(marks); n++) {
			test_case("%s in a page with %s", marks[n], hostile[i]);
			EXPECT_EQ(times(page, marks[n]), times(plain, marks[n]));
		}
		EXPECT(!strstr(page, "<script>alert"));
		free(page);
	}
	free(plain);
}

/* Physical addresses and where the image lies are in the one and not in the other. */
TEST(a_page_is_redacted)
{
	char *redacted = page_with("text", true), *whole = page_with("text", false);
	static const char *const secret[] = { "90005", "a0000", "ffff8000" };

	for (size_t i = 0; i < ARRAY_SIZE(secret); i++) {
		test_case("%s", secret[i]);
		EXPECT(strstr(whole, secret[i]) != NULL);
		EXPECT(!strstr(redacted, secret[i]));
	}
	EXPECT(strstr(redacted, "M1+0x5000"));
	EXPECT(!strstr(whole, "M1+"));
	free(redacted);
	free(whole);
}

TEST(an_empty_page_says_so)
{
	uint64_t lost[PWT_NR_TYPES] = {};
	struct check_stats stats = {};
	struct recorded_info info = {};
	struct summary summary = {
		.stats = &stats, .records_lost = lost, .backend = "", .kernel = ""
	};
	struct report report;
	struct sheet_input input = { .report = &report,
				     .summary = &summary,
				     .info = &info,
				     .version = "0.1",
				     .file = "x",
				     .range_function = "?",
				     .captured = true };
	struct world world;
	struct kernel kernel;
	char *page;

	world_init(&world);
	made_up_kernel(&kernel, &world);
	report_init(&report, &kernel, 10);
	page = page_of(&input);
	EXPECT(strstr(page, "No change in this recording"));
	EXPECT(times(page, "class=\"empty\"") >= 8);
	free(page);
	report_release(&report);
	kallsyms_free(kernel.syms);
	world_release(&world);
}
