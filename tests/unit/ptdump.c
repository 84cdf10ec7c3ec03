// SPDX-License-Identifier: GPL-2.0-only
/* mm/ptdump.c's text read back: line by line, by way of a recording, and when it is none. */
#include "dump/ptdump.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"
#include "dump/sizes.h"
#include "emit/table.h"
#include "memory_of.h"
#include "recording/import.h"
#include "source/stream.h"
#include "test.h"

#define B 0xffff800080000000ULL

TEST(lines)
{
	static const struct {
		const char *text;
		uint64_t start, size, desc;
		enum pgtable_level level;
	} cases[] = {
		{ "0xffff800080000000-0xffff800080002000           8K PTE", B, 0x2000, 0,
		  PGTABLE_LEVEL_PTE },
		{ "0xffffffffff800000-0x0000000000000000           8M PMD", 0xffffffffff800000,
		  0x800000, 0, PGTABLE_LEVEL_PMD },
		/* 7.3 with LPA2, which has no SHD; not valid; a block */
		{ "0xffff800080000000-0xffff800080002000           8K PTE       RW NX     AF        "
		  "    UXN    MEM/NORMAL-TAGGED",
		  B, 0x2000, PTE_VALID | PTE_TABLE_BIT | PTE_PXN | PTE_AF | PTE_UXN | 1 << 2,
		  PGTABLE_LEVEL_PTE },
		{ "0xffff800080000000-0xffff800080002000           8K PTE F     RW NX     AF NG     "
		  "    UXN    MEM/NORMAL",
		  B, 0x2000, PTE_NG | PTE_PXN | PTE_AF | PTE_UXN, PGTABLE_LEVEL_PTE },
		{ "0xffff800080000000-0xffff800080200000           2M PMD       ro x  SHD AF    CON "
		  "BLK UXN GP MEM/NORMAL",
		  B, 0x200000,
		  PMD_TYPE_SECT | PTE_RDONLY | PTE_SHARED | PTE_AF | PTE_CONT | PTE_UXN | PTE_GP,
		  PGTABLE_LEVEL_PMD },
		/* before PMD_TYPE_MASK was looked at, what is not valid had the word, too */
		{ "0xffff800080000000-0xffff800080200000           2M PMD F     ro NX SHD AF        "
		  "BLK UXN    DEVICE/nGnRE",
		  B, 0x200000, PTE_RDONLY | PTE_PXN | PTE_SHARED | PTE_AF | PTE_UXN | 4 << 2,
		  PGTABLE_LEVEL_PMD },
		{ "0xffff800080000000-0xffff800080001000           4K PTE   USR RW NX AF NG UXN "
		  "DEVICE/nGnRnE \r",
		  B, 0x1000,
		  PTE_VALID | PTE_TABLE_BIT | PTE_USER | PTE_PXN | PTE_AF | PTE_NG | PTE_UXN |
			  3 << 2,
		  PGTABLE_LEVEL_PTE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ptdump_line line;

		test_case("'%s'", cases[i].text);
		ptdump_parse(cases[i].text, strlen(cases[i].text), &line);
		if (!EXPECT_EQ(line.kind, PTDUMP_RUN))
			continue;
		EXPECT_EQ(line.run.start, cases[i].start);
		EXPECT_EQ(line.run.size, cases[i].size);
		EXPECT_EQ(line.run.desc, cases[i].desc);
		EXPECT_EQ(line.run.level, cases[i].level);
	}
}

static enum ptdump_kind kind_of(const char *text, struct ptdump_line *line)
{
	test_case("'%s'", text);
	ptdump_parse(text, strlen(text), line);
	EXPECT_EQ(!line->why, line->kind != PTDUMP_NONSENSE);
	return line->kind;
}

TEST(other_lines)
{
	static const char *const nonsense[] = {
		"a text",
		"---[ x ---",
		"---[  ]---",
		"---[ \033[2J ]---",
		"0xffff800080000000",
		"0xffff800080000000-",
		"0xffff800080000000-0xffff800080002000",
		"0xffff800080000000-0xffff800080002000 8K",
		"0xffff800080000000-0xffff800080002000 9K PTE",
		"0xffff800080000000-0xffff800080002000 8 PTE",
		"0xffff800080000000-0xffff800080002000 8X PTE",
		"0xffff800080000000-0xffff800080002000 99999999999999999999K PTE",
		"0xffff800080000000-0xffff800080002000 8E PTE",
		"0xffff800080000000-0xffff800080002000 8K XYZ",
		"0xffff800080000000-0xffff800080000000 0K PTE",
		"0xffff800080002000-0xffff800080000000 8K PTE",
		"0xffff800080000800-0xffff800080002800 8K PTE",
		"0x0000000000000000-0x0000000000002000 8K PTE",
		"0xFFFF800080000000-0xFFFF800080002000 8K PTE",
		"0xffff800080000000-0xffff800080002000 8K PTE RW",
		"0xffff800080000000-0xffff800080002000 8K PTE RW ro NX",
		"0xffff800080000000-0xffff800080002000 8K PTE RW RW NX",
		"0xffff800080000000-0xffff800080002000 8K PTE RW NX word",
		"0xffff800080000000-0xffff800080002000 8K PTE RW NX MEM/NORMAL DEVICE/nGnRE",
		"0xffff800080000000-0xffff800080002000 8K PTE F RW x MEM/NORMAL",
		"0xffff800080000000-0xffff800080200000 2M PMD RW NX AF UXN",
	};
	struct ptdump_line line;

	EXPECT_EQ(kind_of("", &line), PTDUMP_BLANK);
	EXPECT_EQ(kind_of("   \t ", &line), PTDUMP_BLANK);
	EXPECT_EQ(kind_of("---[ vmalloc() area ]---", &line), PTDUMP_MARKER);
	EXPECT(line.marker_len == 14 && !memcmp(line.marker, "vmalloc() area", 14));
	for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++)
		EXPECT_EQ(kind_of(nonsense[i], &line), PTDUMP_NONSENSE);
}

/* Tables, their text, and what became of it. */
struct world {
	struct geometry geo;
	struct tables tables;
	struct memory_of memory;
	struct marker markers[4];
	char *text, *again;
	struct sizes sizes, sizes_again;
	char path[64];
};

static void random_tables(struct world *world, uint64_t *random)
{
	const struct geometry *geo = &world->geo;
	uint64_t base = -(1ULL << geo->va_bits), page = geometry_page_size(geo);
	uint64_t block = geometry_size(geo, PGTABLE_LEVEL_PMD);
	static const uint64_t bits[] = { PAGE_BITS,
					 PAGE_BITS | PTE_RDONLY,
					 PAGE_BITS & ~PTE_PXN,
					 PAGE_BITS | PTE_CONT,
					 PAGE_BITS | 4 << 2,
					 (PAGE_BITS & ~PTE_VALID) | PTE_PRESENT_INVALID,
					 PAGE_BITS & ~PTE_VALID };

	for (int i = 0; i < 200; i++)
		*tables_entry(&world->tables, PGTABLE_LEVEL_PTE,
			      base + test_random_below(random, 3) * block +
				      test_random_below(random, 60) * page) =
			desc_of(geo, i * page) | bits[test_random_below(random, ARRAY_SIZE(bits))];
	for (int i = 0; i < 20; i++)
		*tables_entry(&world->tables, PGTABLE_LEVEL_PMD,
			      base + (4 + test_random_below(random, 40)) * block) =
			desc_of(geo, i * block) |
			(test_random_below(random, 2) ? BLOCK_BITS : BLOCK_BITS & ~PTE_VALID);
	world->markers[0] = (struct marker){ base, "Linear Mapping start" };
	world->markers[1] = (struct marker){ base + 7 * page, "Linear Mapping end" };
	world->markers[2] = (struct marker){ base + 30 * block, "vmalloc() area" };
	world->markers[3] = (struct marker){ -1ULL, NULL };
}

struct both {
	struct table_printer printer;
	struct sizes *sizes;
};

static void take(void *ctx, const struct leaf_run *run)
{
	struct both *both = ctx;

	table_print(&both->printer, run);
	sizes_add(both->sizes, run);
}

static void print_tables(struct world *world)
{
	static const struct leaves_options options = { .holes = true };
	struct both both = { .printer = { .format = TABLE_PTDUMP }, .sizes = &world->sizes };
	struct mm_struct mm = {
		.geo = &world->geo,
		.memory = &world->memory.memory,
		.root = world->tables.root,
		.mmap_lock.count = -1,
	};
	size_t size;

	both.printer.out = open_memstream(&world->text, &size);
	both.printer.geo = &world->geo;
	both.printer.markers = world->markers;
	leaves_walk(&mm, -(1ULL << world->geo.va_bits), -1UL, &options, take, &both);
	table_print_end(&both.printer, 0);
	fclose(both.printer.out);
}

static void count_told(void *ctx, uint64_t line, const char *why)
{
	uint64_t *told = ctx;

	EXPECT(line && *why);
	++*told;
}

/* The first @size bytes of the text. */
static int import_part(const struct world *world, size_t size, struct import *import,
		       uint64_t *told)
{
	FILE *file = size ? fmemopen(world->text, size, "r") : fopen("/dev/null", "r");
	struct recorder *recorder;
	int err;

	*import = (struct import){ .page_shift = world->geo.page_shift,
				   .release = "7.3.4-test",
				   .tell = count_told,
				   .ctx = told };
	*told = 0;
	EXPECT_EQ(recorder_open(&recorder, world->path), 0);
	err = import_text(import, file, recorder);
	EXPECT_EQ(recorder_close(recorder, NULL), 0);
	fclose(file);
	return err;
}

static void import(struct world *world)
{
	struct import import;
	uint64_t told;

	EXPECT_EQ(import_part(world, strlen(world->text), &import, &told), 0);
	EXPECT_EQ(told + import.bad + import.gaps, 0);
	EXPECT_EQ(import.geo.va_bits, world->geo.va_bits);
}

static void import_by_hand(struct world *world)
{
	struct run_writer *writer;
	struct recorder *recorder;
	struct ptdump_line line;

	EXPECT_EQ(recorder_open(&recorder, world->path), 0);
	EXPECT_EQ(run_writer_new(&writer, recorder), 0);
	for (char *at = world->text, *nl; (nl = strchr(at, '\n')); at = nl + 1) {
		ptdump_parse(at, nl - at, &line);
		if (line.kind == PTDUMP_RUN)
			EXPECT_EQ(run_writer_add(writer, &line.run), 0);
		else if (line.kind == PTDUMP_MARKER)
			EXPECT_EQ(run_writer_mark(writer, line.marker, line.marker_len), 0);
		else
			test_note("%s: %.*s", line.why, (int)(nl - at), at);
		EXPECT(line.kind == PTDUMP_RUN || line.kind == PTDUMP_MARKER);
	}
	EXPECT_EQ(run_writer_end(writer, &world->geo, "7.3.4-test"), 0);
	run_writer_free(writer);
	EXPECT_EQ(recorder_close(recorder, NULL), 0);
}

static void print_import(struct world *world)
{
	struct both both = {
		.printer = { .format = TABLE_PTDUMP, .lines = true },
		.sizes = &world->sizes_again,
	};
	struct recording *recording;
	struct kernel kernel;
	struct problem why;
	struct runs *runs;
	size_t size;

	EXPECT_EQ(recording_open(&recording, world->path, &why), 0);
	EXPECT_EQ(runs_open(&runs, recording, &kernel, &why), 0);
	if (!EXPECT(runs))
		exit(1);
	EXPECT_STR(kernel.release, "7.3.4-test");
	EXPECT_EQ(kernel.geo.page_shift, world->geo.page_shift);
	EXPECT_EQ(kernel.geo.va_bits, world->geo.va_bits);
	both.printer.out = open_memstream(&world->again, &size);
	both.printer.geo = &kernel.geo;
	both.printer.markers = runs_markers(runs);
	EXPECT_EQ(runs_each(runs, 0, 0, true, take, &both), 0);
	table_print_end(&both.printer, 0);
	fclose(both.printer.out);
	runs_close(runs);
	kernel_close(&kernel);
	recording_close(recording);
}

static void open_world(struct world *world, const struct shape *shape, uint64_t *random)
{
	int fd;

	memset(world, 0, sizeof(*world));
	world->geo = shape_geometry(shape);
	tables_init(&world->tables, &world->geo);
	memory_of(&world->memory, &world->tables);
	random_tables(world, random);
	strcpy(world->path, "/tmp/pwtrace-ptdump.XXXXXX");
	fd = mkstemp(world->path);
	EXPECT(fd >= 0);
	close(fd);
	print_tables(world);
}

static void close_world(struct world *world)
{
	unlink(world->path);
	tables_release(&world->tables);
	free(world->text);
	free(world->again);
}

/* Text, recording, text: not a line differs. And as much is mapped by as large leaves. */
TEST(there_and_back)
{
	uint64_t random = test_seed();

	for (unsigned int round = 0; round < 3 * nr_shapes && !test_failed(); round++) {
		const struct shape *shape = &shapes[round % nr_shapes];
		struct world world;

		test_case("%u/%u/%u", shape->page_shift, shape->va_bits, shape->va_bits_config);
		/* of what is folded away the text says nothing */
		if (shape->va_bits != shape->va_bits_config)
			continue;
		open_world(&world, shape, &random);
		if (round % 2)
			import(&world);
		else
			import_by_hand(&world);
		print_import(&world);
		EXPECT_STR(world.again, world.text);
		EXPECT(strlen(world.text) > 2000);
		EXPECT(!memcmp(&world.sizes, &world.sizes_again, sizeof(world.sizes)));
		EXPECT(sizes_total(&world.sizes) && world.sizes.invalid);
		close_world(&world);
	}
}

TEST(the_page_size_is_found_out)
{
	uint64_t random = test_seed();

	for (unsigned int i = 0; i < nr_shapes; i++) {
		const struct shape *shape = &shapes[i];
		struct ptdump_shape seen = {};
		struct ptdump_line line;
		struct geometry geo;
		struct world world;

		test_case("%u/%u", shape->page_shift, shape->va_bits);
		open_world(&world, shape, &random);
		for (char *at = world.text, *nl; (nl = strchr(at, '\n')); at = nl + 1) {
			ptdump_parse(at, nl - at, &line);
			if (line.kind == PTDUMP_RUN)
				ptdump_shape_add(&seen, &line.run);
		}
		EXPECT_EQ(ptdump_geometry(&seen, 0, &geo), 0);
		EXPECT_EQ(geo.page_shift, shape->page_shift);
		EXPECT_EQ(geo.va_bits, shape->va_bits);
		EXPECT_EQ(ptdump_geometry(&seen, shape->page_shift, &geo), 0);
		/* where it does not fit it is refused */
		if (shape->page_shift < 16)
			EXPECT_EQ(ptdump_geometry(&seen, 16, &geo), -EINVAL);
		close_world(&world);
	}
}

/* Cut at any byte: whole lines are taken, and a line that is not whole is told. */
TEST(a_text_that_was_cut_off)
{
	uint64_t random = test_seed(), told;
	struct world world;
	size_t size;

	open_world(&world, &shapes[1], &random);
	size = strlen(world.text);
	for (size_t cut = 0; cut < size && !test_failed(); cut += cut < 600 ? 1 : 37) {
		bool whole = !cut || world.text[cut - 1] == '\n' || world.text[cut] == '\n';
		struct import import;
		int err = import_part(&world, cut, &import, &told);

		test_case("cut to %zu bytes", cut);
		EXPECT_EQ(told, import.bad);
		EXPECT(!told || (told == 1 && err == -EBADMSG && !whole));
		if (whole)
			EXPECT(!err || err == -ENODATA);
	}
	close_world(&world);
}

static void within(void *ctx, const struct leaf_run *run)
{
	uint64_t *range = ctx;

	EXPECT(run->start >= range[0] && run->start + run->size - 1 <= range[1] - 1);
	EXPECT(run->marks & STREAM_NO_ADDRESS);
	EXPECT_EQ(desc_address(&(struct geometry){ .oa_mask = 0xfffffffff000 }, run->desc), 0);
	range[2] += run->size;
}

static void record_runs(const char *path, const void *data, size_t size, const char *info)
{
	struct recorder *recorder;

	EXPECT_EQ(recorder_open(&recorder, path), 0);
	if (size)
		EXPECT_EQ(recorder_add(recorder, PWT_REC_RUNS, data, size), 0);
	EXPECT_EQ(recorder_add(recorder, PWT_REC_INFO, info, strlen(info)), 0);
	EXPECT_EQ(recorder_close(recorder, NULL), 0);
}

#define INFO "pwtrace=0.1\nrelease=x\npage_size=4096\nva_bits=48\nlevels=4\n"

/* Of a range no more than that; runs that make no sense are none; nor have they an address. */
TEST(runs_that_lie)
{
	static const struct pwt_run lies[] = {
		{ B, 0x10000, ~0ULL, 0, {} },	  /* a table above the last level ... */
		{ B, 0x10000, ~0ULL, 1, {} },	  /* ... is none */
		{ B, 0, PTE_VALID, 0, {} },	  /* nothing */
		{ B, -B + 1, PTE_VALID, 0, {} },  /* beyond the end */
		{ B, 0x10000, PTE_VALID, 9, {} }, /* no level */
		{ B + 0x4000, -B - 0x4000, 0x40000000 | PTE_VALID | PTE_TABLE_BIT, 0, {} },
	};
	static const char *const infos[] = {
		INFO,
		INFO "mark=ffff000000000000 Linear Mapping start\nmark=xyz\nmark=\nmark=1\n",
		"page_size=4095\nva_bits=48\n",
		"page_size=4096\nva_bits=99999999999999999999999999\n",
		"page_size=18446744073709551615\nva_bits=48\n",
		"nothing\n",
	};
	uint64_t range[3] = { B + 0x1000, B + 0x5000, 0 };
	char path[64] = "/tmp/pwtrace-ptdump.XXXXXX";
	int fd = mkstemp(path);

	close(fd);
	for (size_t i = 0; i < ARRAY_SIZE(infos); i++) {
		struct recording *recording;
		struct kernel kernel = {};
		struct problem why;
		struct runs *runs;

		test_case("%zu", i);
		record_runs(path, lies, sizeof(lies), infos[i]);
		EXPECT_EQ(recording_open(&recording, path, &why), 0);
		EXPECT_EQ(runs_open(&runs, recording, &kernel, &why), i < 2 ? 0 : -EBADMSG);
		range[2] = 0;
		if (runs) {
			EXPECT_EQ(runs_each(runs, range[0], range[1], true, within, range), 0);
			EXPECT_EQ(range[2], 0x4000 + 0x1000);
		}
		runs_close(runs);
		kernel_close(&kernel);
		recording_close(recording);
	}
	unlink(path);
}

TEST(no_runs)
{
	char path[64] = "/tmp/pwtrace-ptdump.XXXXXX";
	struct recording *recording;
	int fd = mkstemp(path);
	struct kernel kernel;
	struct problem why;
	struct runs *runs;

	close(fd);
	record_runs(path, NULL, 0, INFO);
	EXPECT_EQ(recording_open(&recording, path, &why), 0);
	EXPECT_EQ(runs_open(&runs, recording, &kernel, &why), 0);
	EXPECT(!runs);
	recording_close(recording);
	unlink(path);
}

/* Any bytes: each line is one thing or another, and none is read behind its end. */
TEST(any_bytes)
{
	static const char pieces[][24] = { "0xffff800080000000",
					   "-0xffff800080002000",
					   " 8K",
					   " PTE",
					   " RW",
					   " NX",
					   " AF",
					   "---[ ",
					   " ]---",
					   " F",
					   " BLK",
					   " MEM/NORMAL",
					   "\xff\xfe",
					   "0x",
					   " 99999999999K" };
	uint64_t random = test_seed(), runs = 0;

	for (int round = 0; round < 200000; round++) {
		char text[256] = "", *exact;
		struct ptdump_line line;
		size_t len;

		for (int n = test_random_below(&random, 9); n; n--)
			strcat(text, pieces[test_random_below(&random, ARRAY_SIZE(pieces))]);
		if (!test_random_below(&random, 4))
			snprintf(text, sizeof(text), "%s%s%s%s%s%s", pieces[0], pieces[1],
				 pieces[2], pieces[3], pieces[4], pieces[5]);
		len = strlen(text);
		if (len && test_random_below(&random, 2))
			text[test_random_below(&random, len)] = test_random(&random);
		len = test_random_below(&random, len + 1);
		exact = malloc(len ? len : 1);
		memcpy(exact, text, len);
		ptdump_parse(exact, len, &line);
		EXPECT_EQ(!line.why, line.kind != PTDUMP_NONSENSE);
		if (line.kind == PTDUMP_RUN) {
			EXPECT(line.run.size && line.run.level < PGTABLE_NR_LEVELS);
			runs++;
		}
		free(exact);
	}
	EXPECT(runs > 100);
}
