// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace dump: what page tables map, the kernel's or a process's. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "commands/cost.h"
#include "commands/dump.h"
#include "commands/process.h"
#include "dump/markers.h"
#include "emit/object.h"
#include "emit/table.h"

static const char help[] =
	"Usage: pwtrace dump [OPTION]... [RANGE]\n"
	"\n"
	"Print what the page tables of the running kernel map, as they are read without a lock.\n"
	"RANGE: linear, vmalloc, modules, vmemmap, image, START-END, START+SIZE, a symbol, or\n"
	"module:NAME; without one: all. Of a process: START-END, START+SIZE, or the name of an area\n"
	"as /proc/PID/maps has it.\n"
	"\n"
	"      --pid PID        of a process, by its areas\n"
	"      --ptdump         mm/ptdump.c's own format, as in kernel_page_tables\n"
	"      --entries        each entry, not runs of equal ones\n"
	"      --holes          what is not mapped, too\n"
	"      --pfnmap         of a process: VM_PFNMAP areas, too, which page walks pass over\n"
	"  -o, --output FILE    nothing printed: the tables themselves, for --source\n"
	"      --no-hooks       do not watch what changes meanwhile\n" SOURCE_HELP "\n" COMMON_HELP
	"\n"
	"Exit status: 0 fine, 2 wrong usage, 3 this system cannot run it, 5 internal error.\n";

enum {
	OPT_PTDUMP = 0x2000,
	OPT_ENTRIES,
	OPT_HOLES,
	OPT_PID,
	OPT_PFNMAP,
	OPT_NO_HOOKS,
};

static const struct option long_options[] = { { "ptdump", no_argument, NULL, OPT_PTDUMP },
					      { "entries", no_argument, NULL, OPT_ENTRIES },
					      { "holes", no_argument, NULL, OPT_HOLES },
					      { "output", required_argument, NULL, 'o' },
					      SOURCE_LONG,
					      { "pid", required_argument, NULL, OPT_PID },
					      { "pfnmap", no_argument, NULL, OPT_PFNMAP },
					      { "no-hooks", no_argument, NULL, OPT_NO_HOOKS },
					      COMMON_LONG,
					      {} };

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
	case OPT_PID:
		return process_pid(optarg, &dump->pid);
	case OPT_PFNMAP:
		dump->pfnmap = true;
		return 0;
	case OPT_NO_HOOKS:
		dump->no_hooks = true;
		return 0;
	default:
		return common_option(&dump->common, opt) ? 0 :
							   live_option(&dump->source, opt, optarg);
	}
}

void dump_summary(const struct dump *dump)
{
	const struct stream_stats *stats = stream_stats(dump->live.stream);

	if (dump->common.json) {
		json *object = object_of("summary");

		put_string(object, "kernel", dump->live.kernel.release);
		put_string(object, "source", dump->live.source->name);
		put_number(object, "tables", stats->pages);
		put_number(object, "torn", stats->torn);
		put_number(object, "unreadable", stats->unreadable);
		put_number(object, "faults", dump->live.faults);
		live_put_changes(&dump->live, object);
		cost_put(object, &dump->cost);
		print_object(stdout, object, dump->common.pretty);
	}
	if (dump->common.verbose)
		cost_print(stderr, &dump->cost);
	if (dump->common.quiet)
		return;
	if (dump->live.runs) {
		fprintf(stderr, "%s: imported, without tables\n", dump->live.kernel.release);
		return;
	}
	fprintf(stderr, "%s: %llu tables by %s, %llu torn, %llu unreadable",
		dump->live.kernel.release, (unsigned long long)stats->pages,
		dump->live.source->name, (unsigned long long)stats->torn,
		(unsigned long long)stats->unreadable);
	live_print_changes(&dump->live, stderr);
	fputc('\n', stderr);
}

/* Of the upper levels, where the walk takes what is no table for a hole. */
static void say_fault(struct mm_struct *mm, const struct pagewalk_fault *fault)
{
	(void)mm;
	fprintf(stderr, "pwtrace dump: %s at 0x%016lx: %s entry 0x%016llx\n",
		pagewalk_fault_name(fault->kind), fault->addr,
		fault->level < 0 ? "no" : geometry_level_name(fault->level),
		(unsigned long long)fault->entry);
}

static int print_tables(struct dump *dump)
{
	const struct leaves_options options = {
		.holes = dump->holes || dump->ptdump,
		.entry_by_entry = dump->entries,
	};
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

	printer.lines = dump->live.runs;
	/* JSON has no markers */
	if (dump->live.runs) {
		printer.markers = runs_markers(dump->live.runs);
	} else if (printer.format != TABLE_JSON) {
		dump_find_fixmap(&dump->live);
		markers_of(&dump->live.kernel, markers);
	}
	cost_begin(&dump->cost, dump->live.source);
	dump->live.mm.report = say_fault;
	err = live_walk(&dump->live, &dump->range, &options, table_print, &printer, &why);
	table_print_end(&printer, dump->range.end);
	fflush(stdout);
	cost_end(&dump->cost);
	dump_summary(dump);
	return err ? cannot_run(&dump->common, why.text) : EXIT_FINE;
}

static int run(struct dump *dump)
{
	struct problem why;
	int status;

	dump->live.watch = !dump->no_hooks && !dump->pid && !dump->source.path;
	dump->live.verbose = dump->common.verbose;
	dump->live.no_symbols = !dump->output && !dump->pid &&
				!range_wants_symbols(dump->range_text);
	if (live_open(&dump->live, &dump->source, &why)) {
		status = cannot_run(&dump->common, why.text);
	} else if (dump->pid) {
		status = dump_process(dump);
	} else if (live_range(&dump->live, &dump->range, dump->range_text, &why)) {
		fprintf(stderr, "pwtrace dump: %s\n", why.text);
		status = EXIT_USAGE;
	} else if (dump->live.runs && dump->entries) {
		fprintf(stderr, "pwtrace dump: what was imported has no entries: leave out "
				"--entries\n");
		status = EXIT_USAGE;
	} else {
		status = dump->output ? dump_snapshot(dump) : print_tables(dump);
	}
	live_close(&dump->live);
	return status;
}

static int check_options(const struct dump *dump)
{
	const char *what = NULL;

	if (dump->pid && dump->ptdump)
		what = "--ptdump is a format for the kernel's tables, it does not go with --pid";
	else if (dump->pid && (dump->output || dump->source.path))
		what = "--output and --source FILE are of the kernel's tables, they do not go with "
		       "--pid";
	else if (dump->pfnmap && !dump->pid)
		what = "--pfnmap goes with --pid: the kernel's tables have no areas";
	if (!what)
		return 0;
	fprintf(stderr, "pwtrace dump: %s\n", what);
	return -EINVAL;
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
	if (check_options(&dump))
		return usage_error("dump");
	dump.range_text = argv[optind];
	return run(&dump);
}
