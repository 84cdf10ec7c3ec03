// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace stat: by which leaves the kernel's address space is mapped. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/live.h"
#include "commands/stop.h"
#include "dump/sizes.h"
#include "emit/object.h"

static const char help[] =
	"Usage: pwtrace stat [OPTION]...\n"
	"\n"
	"Count what is mapped by pages, contiguous runs and blocks, by zone of the kernel's address\n"
	"space, and what the tables themselves take.\n"
	"\n"
	"  -i, --interval SECS  again and again, with what has changed since\n"
	"  -n, --count N        so many times (1, with --interval without end)\n" SOURCE_HELP
	"\n" COMMON_HELP "\n"
	"Exit status: 0 fine, 2 wrong usage, 3 this system cannot run it, 5 internal error.\n";

static const struct option long_options[] = { { "interval", required_argument, NULL, 'i' },
					      { "count", required_argument, NULL, 'n' },
					      SOURCE_LONG,
					      COMMON_LONG,
					      {} };

struct counts {
	struct sizes zone[ZONE_NR];
	uint64_t tables[PGTABLE_NR_LEVELS];
};

struct stat {
	struct common_options common;
	struct source_choice source;
	double interval; /* seconds, 0: once */
	uint64_t count;	 /* 0: without end */
	struct live live;
	struct counts now, before;
	bool has_before;
	bool repaint; /* over what was printed before */
	unsigned int lines;
};

static void add_run(void *ctx, const struct leaf_run *run)
{
	const struct zones *zones = &((struct stat *)ctx)->live.kernel.zones;
	struct leaf_run rest = *run, part;
	struct stat *stat = ctx;

	/* a run may go through more than one zone: the image lies among what surrounds it */
	while (rest.size) {
		enum zone zone = zone_of(zones, rest.start);

		part = rest;
		part.size = zone_room(zones, rest.start, rest.size);
		sizes_add(&stat->now.zone[zone], &part);
		rest.start += part.size;
		rest.size -= part.size;
	}
}

static void add_table(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa)
{
	struct stat *stat = ctx;

	(void)addr, (void)pa;
	stat->now.tables[level]++;
}

static void line(struct stat *stat, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void line(struct stat *stat, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	/* what stood there may be longer */
	puts(stat->repaint ? "\033[K" : "");
	stat->lines++;
}

/* Right-aligned in 11 columns: "1.50G", "64K", "-" for nothing. */
static const char *amount(uint64_t bytes, char buf[16])
{
	static const char units[] = "KMGTPE";
	const char *unit = units;
	double value = bytes / 1024.0;

	if (!bytes)
		return "-";
	for (; value >= 1024 && unit[1]; unit++)
		value /= 1024;
	snprintf(buf, 16, value == (uint64_t)value ? "%.0f%c" : "%.2f%c", value, *unit);
	return buf;
}

static void cell(char *text, size_t size, uint64_t now, const uint64_t *before)
{
	size_t len = strlen(text);
	char buf[16];

	len += snprintf(text + len, size - len, " %10s", amount(now, buf));
	if (!before)
		return;
	if (now != *before)
		snprintf(text + len, size - len, " %c%-8s", now > *before ? '+' : '-',
			 amount(now > *before ? now - *before : *before - now, buf));
	else
		snprintf(text + len, size - len, " %9s", "");
}

#define ROW(stat, name, member)                                                               \
	do {                                                                                  \
		char text_[200];                                                              \
                                                                                              \
		snprintf(text_, sizeof(text_), "%-16s", name);                                \
		for (enum zone zone_ = 0; zone_ < ZONE_NR; zone_++)                           \
			cell(text_, sizeof(text_), (stat)->now.zone[zone_].member,            \
			     (stat)->has_before ? &(stat)->before.zone[zone_].member : NULL); \
		line(stat, "%s", text_);                                                      \
	} while (0)

/* The topmost table is the kernel's pgd, whatever levels are folded away below it. */
static const char *table_name(const struct geometry *geo, int level)
{
	return geometry_level_name(level == (int)geometry_top(geo) ? PGTABLE_LEVEL_PGD : level);
}

static void print_text(struct stat *stat)
{
	const struct geometry *geo = &stat->live.kernel.geo;
	uint64_t tables = 0;
	char text[200], buf[16];

	if (stat->repaint && stat->lines)
		printf("\033[%uA", stat->lines);
	stat->lines = 0;
	snprintf(text, sizeof(text), "%-16s", "");
	for (enum zone zone = 0; zone < ZONE_NR; zone++) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, " %10s%s", zone_name(zone),
			 stat->has_before ? "          " : "");
	}
	line(stat, "%s", text);
	for (enum leaf_size size = 0; size < LEAF_NR_SIZES; size++) {
		bool cont = size == LEAF_CONT_PTE || size == LEAF_CONT_PMD;
		char name[24], leaf[8];

		if (!leaf_bytes(geo, size))
			continue;
		snprintf(name, sizeof(name), "%s%s", leaf_name(geo, size, leaf),
			 cont ? " contiguous" : "");
		ROW(stat, name, mapped[size]);
	}
	ROW(stat, "invalid leaves", invalid);
	ROW(stat, "bad entries", bad);
	ROW(stat, "W+X", wx);
	if (stat->live.runs) {
		line(stat, "tables: not known, it was imported");
		fflush(stdout);
		return;
	}
	for (int level = 0; level < PGTABLE_NR_LEVELS; level++)
		tables += stat->now.tables[level];
	snprintf(text, sizeof(text), "%" PRIu64 " tables", tables);
	for (int level = geometry_top(geo); level >= 0; level--) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s %" PRIu64 " %s",
			 level == (int)geometry_top(geo) ? ":" : ",", stat->now.tables[level],
			 table_name(geo, level));
	}
	line(stat, "%s; %s", text, amount(tables * geometry_page_size(geo), buf));
	fflush(stdout);
}

static void print_json(struct stat *stat)
{
	const struct geometry *geo = &stat->live.kernel.geo;
	json *object, *tables;

	for (enum zone zone = 0; zone < ZONE_NR; zone++) {
		const struct sizes *sizes = &stat->now.zone[zone];
		json *leaves = json_object_new_object();
		char name[8];

		object = object_of("zone");
		put_string(object, "name", zone_name(zone));
		put_number(object, "mapped", sizes_total(sizes));
		for (enum leaf_size size = 0; size < LEAF_NR_SIZES; size++)
			if (leaf_bytes(geo, size))
				put_number(leaves, leaf_name(geo, size, name), sizes->mapped[size]);
		put(object, "leaves", leaves);
		put_number(object, "invalid", sizes->invalid);
		put_number(object, "bad", sizes->bad);
		put_number(object, "wx", sizes->wx);
		put_number(object, "torn", sizes->torn);
		print_object(stdout, object, stat->common.pretty);
	}
	object = object_of("tables");
	tables = json_object_new_object();
	for (int level = geometry_top(geo); level >= 0; level--)
		put_number(tables, table_name(geo, level), stat->now.tables[level]);
	put(object, "pages", tables);
	if (stat->live.runs) /* what is not known is not 1 and 0 */
		put(object, "pages", NULL);
	put_number(object, "page_size", geometry_page_size(geo));
	put_string(object, "kernel", stat->live.kernel.release);
	put_string(object, "source", stat->live.source->name);
	print_object(stdout, object, stat->common.pretty);
	fflush(stdout);
}

static int look(struct stat *stat, struct problem *why)
{
	const struct leaves_options options = { .table = add_table };
	const struct range all = live_all(&stat->live);
	int err;

	stat->now = (struct counts){};
	stat->now.tables[geometry_top(&stat->live.kernel.geo)] = 1;
	err = live_walk(&stat->live, &all, &options, add_run, stat, why);
	if (err)
		return err;
	live_tell_missing(&stat->live);
	if (stat->common.json)
		print_json(stat);
	else
		print_text(stat);
	stat->before = stat->now;
	stat->has_before = true;
	return 0;
}

static int run(struct stat *stat)
{
	struct problem why;
	int err = live_open(&stat->live, &stat->source, &why);

	stat->repaint = stat->interval && !stat->common.json && isatty(STDOUT_FILENO);
	stop_on_signals();
	for (uint64_t n = 0; !err && !stop_signal(); n++) {
		err = look(stat, &why);
		if (stat->count && n + 1 == stat->count)
			break;
		if (!err)
			stop_sleep(stat->interval);
	}
	live_close(&stat->live);
	return err ? cannot_run(&stat->common, why.text) : EXIT_FINE;
}

static int parse_option(struct stat *stat, int opt)
{
	char *end;

	switch (opt) {
	case 'i':
		stat->interval = strtod(optarg, &end);
		if (*end || end == optarg || !(stat->interval > 0 && stat->interval < 1e6))
			return option_refused("interval", optarg, "seconds, more than 0");
		return 0;
	case 'n':
		return option_count("count", optarg, &stat->count);
	default:
		return common_option(&stat->common, opt) ? 0 :
							   live_option(&stat->source, opt, optarg);
	}
}

int cmd_stat(int argc, char **argv)
{
	struct stat stat = {};
	int opt;

	common_init(&stat.common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT "i:n:", long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (parse_option(&stat, opt))
			return usage_error("stat");
	}
	if (optind < argc) {
		fprintf(stderr, "pwtrace stat: unexpected argument '%s'\n", argv[optind]);
		return usage_error("stat");
	}
	if (!stat.interval && !stat.count)
		stat.count = 1;
	return run(&stat);
}
