// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace areas: by what each vmalloc area is mapped, by what it could be, and why it is not. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "commands/commands.h"
#include "commands/live.h"
#include "emit/area.h"
#include "kernel/reader.h"
#include "kernel/rules.h"
#include "recording/areas.h"

static const char help[] =
	"Usage: pwtrace areas [OPTION]...\n"
	"\n"
	"Show each area of vmalloc space, the leaves that map it, the best ones that its size, its\n"
	"alignment and its memory would allow, and why it has no such; before them, sums of all.\n"
	"\n"
	"      --sort KEY       lost, size, huge or address (lost)\n"
	"      --lost           only areas that could be mapped by larger leaves\n"
	"      --caller TEXT    only areas whose caller has TEXT in its name\n"
	"      --min-size SIZE  only areas of at least so much, such as 64K or 2M\n" SOURCE_HELP
	"\n" COMMON_HELP "\n"
	"Exit status: 0 fine, 2 wrong usage, 3 this system cannot run it, 5 internal error.\n";

enum {
	OPT_SORT = 0x2000,
	OPT_LOST,
	OPT_CALLER,
	OPT_MIN_SIZE,
};

static const struct option long_options[] = { { "sort", required_argument, NULL, OPT_SORT },
					      { "lost", no_argument, NULL, OPT_LOST },
					      { "caller", required_argument, NULL, OPT_CALLER },
					      { "min-size", required_argument, NULL, OPT_MIN_SIZE },
					      SOURCE_LONG,
					      COMMON_LONG,
					      {} };

enum sort_key { BY_LOST, BY_SIZE, BY_HUGE, BY_ADDRESS, NR_SORT_KEYS };

static const char *const sort_keys[NR_SORT_KEYS] = { "lost", "size", "huge", "address" };

struct areas_command {
	struct common_options common;
	struct source_choice source;
	enum sort_key sort;
	bool lost;
	const char *caller;
	uint64_t min_size;
	struct live live;
	struct reader reader;
	struct areas *areas; /* NULL: the recording has them */
	struct op_rules rules;
	struct accounts accounts;
	struct shown_area *shown;
	size_t nr_shown;
	unsigned int missed;
};

/* What it takes to know the areas, and the rule for what is refused. */
static int open_areas(struct areas_command *command, struct problem *why)
{
	const struct kernel *kernel = &command->live.kernel;
	struct reader *reader = &command->reader;
	int err = reader_open(reader, kernel, why);

	if (!err)
		err = areas_open(&command->areas, kernel, reader->kcore, reader->types, why);
	if (!err && rules_read(&command->rules, reader))
		err = problem(why, -ENOMEM, "out of memory");
	return err;
}

static int list(struct areas_command *command, struct vm_area **areas, size_t *nr,
		struct problem *why)
{
	unsigned int missed = 0;
	int err;

	if (command->live.recording)
		return recording_areas(command->live.recording, command->source.snapshot, areas, nr,
				       &command->missed, &command->rules, why);
	err = areas_list(command->areas, areas, nr, &missed);
	if (err)
		return problem(why, err, "vmalloc areas cannot be read: %s", strerror(-err));
	if (missed > command->missed)
		command->missed = missed;
	return 0;
}

/* All of vmalloc and modules, and an area that lies elsewhere. */
static struct range range_of(const struct zones *zones, const struct vm_area *areas, size_t nr)
{
	const struct zone_range *modules = &zones->range[ZONE_MODULES];
	const struct zone_range *vmalloc = &zones->range[ZONE_VMALLOC];
	struct range range = { vmalloc->start, vmalloc->end };

	if (modules->start < modules->end && modules->start < range.start)
		range.start = modules->start;
	if (nr && areas[0].va_start < range.start)
		range.start = areas[0].va_start;
	if (nr && areas[nr - 1].va_end > range.end)
		range.end = areas[nr - 1].va_end;
	return range;
}

/* Areas, then the tables, then areas again. */
static int take_account(struct areas_command *command, struct problem *why)
{
	const struct leaves_options options = { .holes = true };
	struct accounts *accounts = &command->accounts;
	struct vm_area *areas __free = NULL, *later __free = NULL;
	struct range range;
	size_t nr, nr_later;
	int err = list(command, &areas, &nr, why);

	if (err)
		return err;
	if (accounts_open(accounts, areas, nr))
		return problem(why, -ENOMEM, "out of memory");
	range = range_of(accounts->zones, areas, nr);
	err = live_walk(&command->live, &range, &options, accounts_run, accounts, why);
	if (!err && accounts_end(accounts))
		err = problem(why, -ENOMEM, "out of memory");
	if (!err)
		err = list(command, &later, &nr_later, why);
	if (!err && accounts_compare(accounts, later, nr_later))
		err = problem(why, -ENOMEM, "out of memory");
	return err;
}

static bool is_wanted(const struct areas_command *command, const struct account *account)
{
	const struct vm_area *area = &account->area;
	char caller[160];

	if (command->lost && !account_lost(account))
		return false;
	if (area->va_end - area->va_start < command->min_size)
		return false;
	return !command->caller ||
	       (area->caller &&
		kernel_symbol(&command->live.kernel, area->caller, caller, sizeof(caller)) &&
		strstr(caller, command->caller));
}

static uint64_t key_of(enum sort_key key, const struct account *account)
{
	switch (key) {
	case BY_LOST:
		return account_lost(account);
	case BY_SIZE:
		return account->area.va_end - account->area.va_start;
	case BY_HUGE:
		return sizes_huge(&account->mapped);
	default:
		return 0;
	}
}

/* The most first, and where that is the same by address. */
static int by_key(const void *a, const void *b, void *ctx)
{
	const struct account *x = ((const struct shown_area *)a)->account;
	const struct account *y = ((const struct shown_area *)b)->account;
	uint64_t of_x = key_of(*(enum sort_key *)ctx, x), of_y = key_of(*(enum sort_key *)ctx, y);

	if (of_x != of_y)
		return of_x > of_y ? -1 : 1;
	return x->area.va_start < y->area.va_start ? -1 : x->area.va_start > y->area.va_start;
}

static int choose(struct areas_command *command, struct problem *why)
{
	const struct kernel *kernel = &command->live.kernel;
	const struct accounts *accounts = &command->accounts;
	const struct op_kernel op_kernel = { .geo = &kernel->geo, .root_pa = kernel->root_pa };

	command->shown = calloc(accounts->nr + 1, sizeof(*command->shown));
	if (!command->shown)
		return problem(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < accounts->nr; i++) {
		struct shown_area *shown = &command->shown[command->nr_shown];

		shown->account = &accounts->all[i];
		if (!is_wanted(command, shown->account))
			continue;
		if (refusal_of(&op_kernel, &command->rules, &shown->account->area, &shown->refusal))
			return problem(why, -ENOMEM, "out of memory");
		command->nr_shown++;
	}
	qsort_r(command->shown, command->nr_shown, sizeof(*command->shown), by_key, &command->sort);
	return 0;
}

static void print(const struct areas_command *command)
{
	const struct stream_stats *stats = stream_stats(command->live.stream);
	const struct shown_areas shown = {
		.kernel = &command->live.kernel,
		.accounts = &command->accounts,
		.areas = command->shown,
		.nr = command->nr_shown,
		.missed = command->missed,
		.stats = stats,
		.source = command->live.source->name,
	};

	if (command->common.json)
		areas_json(stdout, &shown, command->common.pretty);
	else
		areas_text(stdout, &shown);
	fflush(stdout);
	if (!command->common.quiet)
		fprintf(stderr,
			"%s: %zu of %zu areas, %llu tables by %s, %llu torn, %llu unreadable\n",
			command->live.kernel.release, shown.nr, command->accounts.nr,
			(unsigned long long)stats->pages, shown.source,
			(unsigned long long)stats->torn, (unsigned long long)stats->unreadable);
}

static int run(struct areas_command *command)
{
	const struct kernel *kernel = &command->live.kernel;
	struct problem why;
	int err = live_open(&command->live, &command->source, &why);

	if (!err && !command->live.recording)
		err = open_areas(command, &why);
	command->accounts.geo = &kernel->geo;
	command->accounts.zones = &kernel->zones;
	command->accounts.rules = (struct account_rules){
		.vmalloc_pages = kernel->vmalloc_pages,
		.no_blocks = kernel->no_blocks,
		.ioremap_shift = kernel->ioremap_shift,
	};
	if (!err)
		err = take_account(command, &why);
	if (!err)
		err = choose(command, &why);
	if (!err)
		print(command);
	free(command->shown);
	accounts_close(&command->accounts);
	areas_close(command->areas);
	reader_close(&command->reader);
	live_close(&command->live);
	return err ? cannot_run(&command->common, why.text) : EXIT_FINE;
}

static int parse_sort(struct areas_command *command, const char *text)
{
	for (enum sort_key key = 0; key < NR_SORT_KEYS; key++) {
		command->sort = key;
		if (!strcmp(text, sort_keys[key]))
			return 0;
	}
	return option_refused("sort", text, "lost, size, huge or address");
}

static int parse_size(struct areas_command *command, const char *text)
{
	const char *at = text;

	if (number_parse(&at, &command->min_size) || *at)
		return option_refused("min-size", text, "bytes, such as 64K or 2M");
	return 0;
}

static int parse_option(struct areas_command *command, int opt)
{
	switch (opt) {
	case OPT_SORT:
		return parse_sort(command, optarg);
	case OPT_LOST:
		command->lost = true;
		return 0;
	case OPT_CALLER:
		command->caller = optarg;
		return 0;
	case OPT_MIN_SIZE:
		return parse_size(command, optarg);
	default:
		return common_option(&command->common, opt) ?
			       0 :
			       live_option(&command->source, opt, optarg);
	}
}

int cmd_areas(int argc, char **argv)
{
	struct areas_command command = {};
	int opt;

	common_init(&command.common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT, long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (parse_option(&command, opt))
			return usage_error("areas");
	}
	if (optind < argc) {
		fprintf(stderr, "pwtrace areas: unexpected argument '%s'\n", argv[optind]);
		return usage_error("areas");
	}
	return run(&command);
}
