// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace dump: what the kernel's page tables map. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/live.h"
#include "dump/markers.h"
#include "emit/object.h"
#include "emit/table.h"
#include "kernel/types.h"
#include "recording/kernel.h"

static const char help[] =
	"Usage: pwtrace dump [OPTION]... [RANGE]\n"
	"\n"
	"Print what the page tables of the running kernel map, as they are read without a lock.\n"
	"RANGE: linear, vmalloc, modules, vmemmap, image, START-END, START+SIZE, a symbol, or\n"
	"module:NAME; without one: all.\n"
	"\n"
	"      --ptdump         mm/ptdump.c's own format, as in kernel_page_tables\n"
	"      --entries        each entry, not runs of equal ones\n"
	"      --holes          what is not mapped, too\n"
	"  -o, --output FILE    nothing printed: the tables themselves, for --source\n" SOURCE_HELP
	"\n" COMMON_HELP "\n"
	"Exit status: 0 fine, 2 wrong usage, 3 this system cannot run it, 5 internal error.\n";

enum {
	OPT_PTDUMP = 0x2000,
	OPT_ENTRIES,
	OPT_HOLES,
};

static const struct option long_options[] = { { "ptdump", no_argument, NULL, OPT_PTDUMP },
					      { "entries", no_argument, NULL, OPT_ENTRIES },
					      { "holes", no_argument, NULL, OPT_HOLES },
					      { "output", required_argument, NULL, 'o' },
					      SOURCE_LONG,
					      COMMON_LONG,
					      {} };

struct dump {
	struct common_options common;
	bool ptdump, entries, holes;
	struct source_choice source;
	const char *range_text; /* NULL: all */
	const char *output;	/* a snapshot; NULL: none */
	struct range range;
	struct live live;
};

static int parse_option(struct dump *dump, int opt)
{
	switch (opt) {
	case OPT_PTDUMP:
		dump->ptdump = true;
		return 0;
	case OPT_ENTRIES:
		dump->entries = true;
		return 0;
	case OPT_HOLES:
		dump->holes = true;
		return 0;
	case 'o':
		dump->output = optarg;
		return 0;
	default:
		if (common_option(&dump->common, opt))
			return 0;
		return live_option(&dump->source, opt, optarg);
	}
}

/* Where BTF does not tell, a marker is missing or is not where ptdump has it. */
static struct marker_facts marker_facts(const struct live *live)
{
	struct marker_facts facts = { .page_struct = live->kernel.struct_page ?: 64 };
	struct types *types;

	if (live_is_file(live) || types_open(&types, NULL))
		return facts;
	if (types_enumerator(types, "fixed_addresses", "__end_of_fixed_addresses",
			     &facts.fixed_pages))
		facts.fixed_pages = 0;
	if (types_size(types, "page"))
		facts.page_struct = types_size(types, "page");
	types_close(types);
	return facts;
}

static void summary(const struct dump *dump)
{
	const struct stream_stats *stats = stream_stats(dump->live.stream);

	if (dump->common.json) {
		json *object = object_of("summary");

		put_string(object, "kernel", dump->live.kernel.release);
		put_string(object, "source", dump->live.source->name);
		put_number(object, "tables", stats->pages);
		put_number(object, "torn", stats->torn);
		put_number(object, "unreadable", stats->unreadable);
		put_number(object, "faults", dump->live.mm.nr_faults);
		print_object(stdout, object, dump->common.pretty);
	}
	live_tell_missing(&dump->live);
	if (dump->common.quiet)
		return;
	if (dump->live.runs)
		fprintf(stderr, "%s: imported, without tables\n", dump->live.kernel.release);
	else
		fprintf(stderr, "%s: %llu tables by %s, %llu torn, %llu unreadable\n",
			dump->live.kernel.release, (unsigned long long)stats->pages,
			dump->live.source->name, (unsigned long long)stats->torn,
			(unsigned long long)stats->unreadable);
}

static int print_tables(struct dump *dump)
{
	const struct leaves_options options = {
		.holes = dump->holes || dump->ptdump,
		.entry_by_entry = dump->entries,
	};
	const struct marker_facts facts = marker_facts(&dump->live);
	struct marker markers[MAX_MARKERS];
	struct table_printer printer = {
		.out = stdout,
		.format = dump->ptdump	    ? TABLE_PTDUMP :
			  dump->common.json ? TABLE_JSON :
					      TABLE_TEXT,
		.geo = &dump->live.kernel.geo,
		.markers = markers,
		.entries = dump->entries,
		.pretty = dump->common.pretty,
	};
	struct problem why;
	int err;

	if (dump->live.runs)
		printer.markers = runs_markers(dump->live.runs);
	else
		markers_of(&dump->live.kernel, &facts, markers);
	printer.lines = dump->live.runs;
	err = live_walk(&dump->live, &dump->range, &options, table_print, &printer, &why);
	table_print_end(&printer, dump->range.end);
	fflush(stdout);
	summary(dump);
	return err ? cannot_run(&dump->common, why.text) : EXIT_FINE;
}

static void ignore_run(void *ctx, const struct leaf_run *run)
{
	(void)ctx, (void)run;
}

/* Walked as if they were to be printed, so that what is torn is found out. */
static int fill_snapshot(struct dump *dump, struct recorder *recorder, struct problem *why)
{
	struct snapshot_writer writer = { recorder, geometry_page_size(&dump->live.kernel.geo) };
	struct pwt_snapshot snapshot = dump->live.snapshot;
	const struct leaves_options options = {};
	int err = recorder_kernel(recorder, &dump->live.kernel, true, why);

	snapshot.start = dump->range.start;
	snapshot.end = dump->range.end;
	if (!err && snapshot_begin(&writer, &snapshot))
		err = problem(why, -EIO, "cannot write the recording");
	if (err)
		return err;
	stream_watch(dump->live.stream, snapshot_table, &writer);
	return live_walk(&dump->live, &dump->range, &options, ignore_run, NULL, why);
}

static int write_tables(struct dump *dump)
{
	struct recorder_stats stats;
	struct recorder *recorder;
	struct problem why;
	int err, failed;

	if (live_is_file(&dump->live)) {
		fprintf(stderr, "pwtrace dump: --output wants the running kernel, and --source is "
				"a file: copy it\n");
		return EXIT_USAGE;
	}
	err = recorder_open(&recorder, dump->output);
	if (err) {
		recorder_problem(err, dump->output, &why);
		fprintf(stderr, "pwtrace dump: %s\n", why.text);
		return EXIT_USAGE;
	}
	err = fill_snapshot(dump, recorder, &why);
	failed = recorder_close(recorder, &stats);
	if (err)
		return cannot_run(&dump->common, why.text);
	if (failed) {
		fprintf(stderr, "pwtrace dump: writing to %s failed: %s\n", dump->output,
			strerror(-failed));
		return EXIT_INTERNAL;
	}
	summary(dump);
	return EXIT_FINE;
}

static int run(struct dump *dump)
{
	struct problem why;
	int status;

	if (live_open(&dump->live, &dump->source, &why)) {
		status = cannot_run(&dump->common, why.text);
	} else if (live_range(&dump->live, &dump->range, dump->range_text, &why)) {
		fprintf(stderr, "pwtrace dump: %s\n", why.text);
		status = EXIT_USAGE;
	} else if (dump->live.runs && dump->entries) {
		fprintf(stderr, "pwtrace dump: what was imported has no entries: leave out "
				"--entries\n");
		status = EXIT_USAGE;
	} else {
		status = dump->output ? write_tables(dump) : print_tables(dump);
	}
	live_close(&dump->live);
	return status;
}

int cmd_dump(int argc, char **argv)
{
	struct dump dump = {};
	int opt;

	common_init(&dump.common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT "o:", long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (parse_option(&dump, opt))
			return usage_error("dump");
	}
	if (argc - optind > 1) {
		fprintf(stderr, "pwtrace dump: unexpected argument '%s': takes one range\n",
			argv[optind + 1]);
		return usage_error("dump");
	}
	dump.range_text = argv[optind];
	return run(&dump);
}
