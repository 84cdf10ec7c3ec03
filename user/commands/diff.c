// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace diff: what two snapshots map differently, and which change did it. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "commands/commands.h"
#include "commands/live.h"
#include "commands/replay.h"
#include "dump/compare.h"
#include "emit/difference.h"

static const char help[] =
	"Usage: pwtrace diff [OPTION]... BEFORE [AFTER]\n"
	"\n"
	"Compare the tables of two snapshots: what was split, merged, mapped, unmapped, moved, or has\n"
	"other attributes; and with which traced change, where AFTER is a recording that has them.\n"
	"BEFORE and AFTER: files of 'pwtrace dump -o' or 'pwtrace record --snapshot', FILE:N for\n"
	"number N in it (from 0). Without AFTER the first and the last one of a file are compared.\n"
	"\n"
	"  -r, --range RANGE    only there, as for dump\n"
	"\n" COMMON_HELP "\n"
	"Exit status: 0 fine, 2 wrong usage, 3 a file cannot be read, 5 internal error.\n";

static const struct option long_options[] = { { "range", required_argument, NULL, 'r' },
					      COMMON_LONG,
					      {} };

/* One side. */
struct side {
	char *path;
	unsigned int number;
	struct live live;
	struct leaf_runs runs;
};

struct diff {
	struct common_options common;
	const char *range_text;
	struct side before, after;
	struct traced_difference *found;
	size_t nr, room;
	struct replay *replay; /* NULL: no changes are known */
	int error;
};

/* "FILE:2" */
static int parse_side(struct side *side, const char *text)
{
	const char *colon = strrchr(text, ':');
	char *end;

	side->path = strdup(text);
	if (!side->path)
		return -ENOMEM;
	if (!colon || !colon[1] || !access(text, F_OK))
		return 0;
	side->number = strtoul(colon + 1, &end, 10);
	if (*end)
		side->number = 0;
	else
		side->path[colon - text] = 0;
	return 0;
}

static void ignore_fault(struct mm_struct *mm)
{
	mm->nr_faults = 0;
}

static int open_side(const struct diff *diff, struct side *side, struct problem *why)
{
	const struct source_choice choice = { .path = side->path, .snapshot = side->number };
	const struct leaves_options options = {};
	struct range range;
	int err = live_open(&side->live, &choice, why);

	if (!err)
		err = live_range(&side->live, &range, diff->range_text, why);
	if (!err)
		err = live_walk(&side->live, &range, &options, leaf_runs_add, &side->runs, why);
	ignore_fault(&side->live.mm);
	if (!err && side->runs.incomplete)
		err = problem(why, -ENOMEM, "out of memory");
	return err;
}

static void close_side(struct side *side)
{
	live_close(&side->live);
	leaf_runs_free(&side->runs);
	free(side->path);
}

/* Page tables of one kind, or what is said of them means nothing. */
static int compatible(const struct diff *diff, struct problem *why)
{
	const struct geometry *a = &diff->before.live.kernel.geo, *b = &diff->after.live.kernel.geo;

	if (a->page_shift != b->page_shift || a->va_bits != b->va_bits || a->levels != b->levels)
		return problem(why, -EINVAL,
			       "%s has %uK pages and %u bits, %s has %uK and %u: they cannot be "
			       "compared",
			       diff->before.path, 1U << (a->page_shift - 10), a->va_bits,
			       diff->after.path, 1U << (b->page_shift - 10), b->va_bits);
	return 0;
}

static void on_difference(void *ctx, const struct table_difference *difference)
{
	struct diff *diff = ctx;

	if (diff->nr == diff->room) {
		size_t room = diff->room ? diff->room * 2 : 256;
		struct traced_difference *more = realloc(diff->found, room * sizeof(*more));

		if (!more) {
			diff->error = -ENOMEM;
			return;
		}
		diff->found = more;
		diff->room = room;
	}
	diff->found[diff->nr++] = (struct traced_difference){ .table = *difference };
}

/* The first difference that ends behind @addr. */
static size_t first_behind(const struct diff *diff, uint64_t addr)
{
	size_t low = 0, high = diff->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct table_difference *table = &diff->found[mid].table;

		if (table->start + table->size - 1 < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* One that the kernel carried out, between the two snapshots, explains what it covers. */
static void on_change(void *ctx, const struct change *change)
{
	struct diff *diff = ctx;
	uint64_t start = geometry_untag(change->addr), last = start + change->size - 1;

	if (!change->size || !change->has_ret || change->ret < 0 ||
	    change->time < diff->before.live.snapshot.time ||
	    change->time > diff->after.live.snapshot.time)
		return;
	for (size_t i = first_behind(diff, start);
	     i < diff->nr && diff->found[i].table.start <= last; i++) {
		struct traced_difference *found = &diff->found[i];

		if (!found->nr_changes)
			found->first_seq = change->seq;
		found->nr_changes++;
		traced_note(found, change);
		replay_stack(diff->replay, change, &found->stack);
	}
}

/* Is it of the time between the two? */
static bool has_changes(const struct diff *diff)
{
	return !strcmp(diff->before.live.boot_id, diff->after.live.boot_id) && diff->nr;
}

static int trace(struct diff *diff, struct problem *why)
{
	static const struct session_events events = { on_change, NULL };
	char *const paths[] = { diff->after.path };
	int err;

	if (!has_changes(diff))
		return 0;
	err = replay_open(&diff->replay, paths, 1, 0, &events, diff, why);
	return err ? err : replay_run(diff->replay, NULL, why);
}

static int show(struct diff *diff)
{
	const struct difference_printer printer = {
		.out = stdout,
		.json = diff->common.json,
		.pretty = diff->common.pretty,
		.verbose = diff->common.verbose,
		.kernel = diff->replay ? replay_kernel(diff->replay) : &diff->after.live.kernel,
	};
	struct difference_sums sums = {};

	for (size_t i = 0; i < diff->nr; i++)
		difference_print(&printer, &diff->found[i], &sums);
	difference_summary(&printer, &sums);
	if (!diff->common.quiet)
		difference_summary_text(stderr, &sums);
	return EXIT_FINE;
}

static int run(struct diff *diff)
{
	struct problem why;
	int err = open_side(diff, &diff->before, &why);

	if (!err)
		err = open_side(diff, &diff->after, &why);
	if (!err)
		err = compatible(diff, &why);
	if (err)
		return cannot_run(&diff->common, why.text);
	runs_compare(&diff->after.live.kernel.geo, &diff->before.runs, &diff->after.runs,
		     on_difference, diff);
	if (diff->error)
		return cannot_run(&diff->common, "out of memory");
	if (trace(diff, &why))
		return cannot_run(&diff->common, why.text);
	return show(diff);
}

static int parse_operands(struct diff *diff, char **operands, int nr)
{
	int err;

	if (!nr)
		fprintf(stderr, "pwtrace diff: wants a snapshot, or two\n");
	if (nr > 2)
		fprintf(stderr, "pwtrace diff: unexpected argument '%s': takes two snapshots\n",
			operands[2]);
	if (nr < 1 || nr > 2)
		return -EINVAL;
	err = parse_side(&diff->before, operands[0]);
	if (!err)
		err = parse_side(&diff->after, operands[nr - 1]);
	if (!err && nr == 1)
		diff->after.number = SNAPSHOT_LAST;
	return err;
}

int cmd_diff(int argc, char **argv)
{
	struct diff *diff __free = calloc(1, sizeof(*diff));
	int opt, status;

	if (!diff)
		return EXIT_INTERNAL;
	common_init(&diff->common);
	while ((opt = getopt_long(argc, argv, "r:" COMMON_SHORT, long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (opt == 'r')
			diff->range_text = optarg;
		else if (!common_option(&diff->common, opt))
			return usage_error("diff");
	}
	if (parse_operands(diff, argv + optind, argc - optind))
		return usage_error("diff");
	status = run(diff);
	replay_close(diff->replay);
	close_side(&diff->before);
	close_side(&diff->after);
	free(diff->found);
	return status;
}
