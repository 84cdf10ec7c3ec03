// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace dump: what the kernel's page tables map. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "commands/commands.h"
#include "commands/live.h"
#include "dump/markers.h"
#include "emit/object.h"
#include "emit/table.h"
#include "kernel/types.h"

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
	"      --source NAME    auto, bpf or kcore: how tables are read\n"
	"      --no-hooks       do not watch what changes meanwhile\n"
	"\n" COMMON_HELP "\n"
	"Exit status: 0 fine, 2 wrong usage, 3 this system cannot run it, 5 internal error.\n";

enum {
	OPT_PTDUMP = 0x2000,
	OPT_ENTRIES,
	OPT_HOLES,
	OPT_SOURCE,
	OPT_NO_HOOKS,
};

static const struct option long_options[] = { { "ptdump", no_argument, NULL, OPT_PTDUMP },
					      { "entries", no_argument, NULL, OPT_ENTRIES },
					      { "holes", no_argument, NULL, OPT_HOLES },
					      { "source", required_argument, NULL, OPT_SOURCE },
					      { "no-hooks", no_argument, NULL, OPT_NO_HOOKS },
					      COMMON_LONG,
					      {} };

struct dump {
	struct common_options common;
	bool ptdump, entries, holes, no_hooks;
	enum source_kind source_kind;
	const char *range_text; /* NULL: all */
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
	case OPT_SOURCE:
		return live_source(optarg, &dump->source_kind);
	case OPT_NO_HOOKS:
		dump->no_hooks = true;
		return 0;
	default:
		return common_option(&dump->common, opt) ? 0 : -EINVAL;
	}
}

/* Where BTF does not tell, a marker is missing or is not where ptdump has it. */
static struct marker_facts marker_facts(void)
{
	struct marker_facts facts = { .page_struct = 64 };
	struct types *types;

	if (types_open(&types, NULL))
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
		put_number(object, "faults", dump->live.faults);
		live_put_changes(&dump->live, object);
		print_object(stdout, object, dump->common.pretty);
	}
	if (dump->common.quiet)
		return;
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
	const struct marker_facts facts = marker_facts();
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

	markers_of(&dump->live.kernel, &facts, markers);
	dump->live.mm.report = say_fault;
	err = live_walk(&dump->live, &dump->range, &options, table_print, &printer, &why);
	table_print_end(&printer, dump->range.end);
	fflush(stdout);
	summary(dump);
	return err ? cannot_run(&dump->common, why.text) : EXIT_FINE;
}

static int run(struct dump *dump)
{
	struct problem why;
	int status;

	dump->live.watch = !dump->no_hooks;
	dump->live.verbose = dump->common.verbose;
	if (live_open(&dump->live, dump->source_kind, &why)) {
		status = cannot_run(&dump->common, why.text);
	} else if (range_parse(&dump->range, dump->range_text, &dump->live.kernel, &why)) {
		fprintf(stderr, "pwtrace dump: %s\n", why.text);
		status = EXIT_USAGE;
	} else {
		status = print_tables(dump);
	}
	live_close(&dump->live);
	return status;
}

int cmd_dump(int argc, char **argv)
{
	struct dump dump = {};
	int opt;

	common_init(&dump.common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT, long_options, NULL)) != -1) {
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
