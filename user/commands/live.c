// SPDX-License-Identifier: GPL-2.0-only
#include "live.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands/commands.h"
#include "kernel/needs.h"
#include "recording/kernel.h"

static int parse_source(struct source_choice *choice, const char *text)
{
	int found = source_find(text);

	choice->kind = found;
	choice->path = NULL;
	if (found >= 0)
		return 0;
	if (access(text, F_OK))
		return option_refused("source", text,
				      "auto, bpf or kcore, or the file of a recording or a core");
	choice->path = text;
	return 0;
}

static int parse_snapshot(struct source_choice *choice, const char *text)
{
	uint64_t number = SNAPSHOT_LAST;

	if (strcmp(text, "last") && option_count("snapshot", text, &number))
		return -EINVAL;
	choice->snapshot = number < SNAPSHOT_LAST ? number : SNAPSHOT_LAST;
	return 0;
}

int live_option(struct source_choice *choice, int opt, const char *text)
{
	switch (opt) {
	case OPT_SOURCE:
		return parse_source(choice, text);
	case OPT_VMCOREINFO:
		choice->hints.vmcoreinfo = text;
		return 0;
	case OPT_SYMBOLS:
		choice->hints.symbols = text;
		return 0;
	case OPT_SNAPSHOT:
		return parse_snapshot(choice, text);
	default:
		return -ENOENT;
	}
}

void live_from_top(struct live *live)
{
	live->snapshot = (struct pwt_snapshot){
		.root = live->kernel.root_pa,
		.base = live->kernel.zones.range[ZONE_LINEAR].start,
	};
}

static int open_running(struct live *live, enum source_kind kind, struct problem *why)
{
	int err = needs_check(why);

	if (!err && live->no_symbols)
		err = kernel_open_tables(&live->kernel, why);
	else if (!err)
		err = kernel_open(&live->kernel, why);
	if (!err)
		err = source_open(&live->source, kind, &live->kernel, why);
	live_from_top(live);
	return err;
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void say_attached(const struct live *live, double ms)
{
	const char *names[MAX_SOURCE_HOOKS];
	size_t nr = source_hooks_names(live->hooks, names);

	fprintf(stderr, "pwtrace: hooks attached in %.0f ms:", ms);
	for (size_t i = 0; i < nr; i++)
		fprintf(stderr, " %s", names[i]);
	fputc('\n', stderr);
}

/* Where it cannot be done the walk is none the worse, and the summary says so. */
static void attach(struct live *live)
{
	double begin = now_ms();
	struct problem why;
	int err = source_hooks_open(&live->hooks, &why);

	live->attached = now_ms();
	if (live->verbose && !err)
		say_attached(live, live->attached - begin);
	else if (live->verbose)
		fprintf(stderr, "pwtrace: no hooks: %s\n", why.text);
}

/* Hooks do not see calls that were under way before: those get this much time to end. */
#define SETTLE_MS 20

static void settle(const struct live *live)
{
	double rest = live->attached + SETTLE_MS - now_ms();
	struct timespec pause = { .tv_nsec = rest > 0 ? rest * 1e6 : 0 };

	if (rest > 0)
		nanosleep(&pause, NULL);
}

/* Only the tables that BPF reads: by /proc/kcore it is to be had without. */
static int watch(struct live *live)
{
	const struct kernel *kernel = &live->kernel;
	struct changes_config config = {
		.geo = &kernel->geo,
		.missed = source_hooks_missed,
	};
	int err;

	if (!live->hooks)
		return 0;
	/* without symbols it is not known whether it does */
	config.splits = live->no_symbols ? source_hooks_split(live->hooks) :
					   kernel->splits_leaves || kernel->splits_unknown;
	config.log = source_hooks_log(live->hooks);
	config.ctx = live->hooks;
	err = changes_new(&live->changes, &config);
	if (err)
		return err;
	stream_watch(live->stream,
		     &(struct stream_watch){ changes_before, changes_behind, live->changes });
	settle(live);
	return 0;
}

static void watch_no_more(struct live *live)
{
	source_hooks_close(live->hooks);
	live->hooks = NULL;
}

int live_open(struct live *live, const struct source_choice *choice, struct problem *why)
{
	const struct kernel *kernel = &live->kernel;
	int err;

	if (choice->path)
		err = live_open_file(live, choice, why);
	else if (choice->hints.vmcoreinfo || choice->hints.symbols || choice->snapshot)
		err = problem(why, -EINVAL,
			      "--vmcoreinfo, --symbols and --snapshot go with --source FILE");
	else
		err = open_running(live, choice->kind, why);
	if (!err && live->watch && !live_is_file(live) && choice->kind != SOURCE_KCORE)
		attach(live);
	if (!err && stream_open(&live->stream, live->source, &kernel->geo, live->snapshot.root,
				live->snapshot.base))
		err = problem(why, -ENOMEM, "out of memory");
	/* only the tables that BPF reads: /proc/kcore is to be had without */
	if (!err && strcmp(live->source->name, "bpf"))
		watch_no_more(live);
	else if (!err && watch(live))
		err = problem(why, -ENOMEM, "out of memory");
	if (err)
		return err;
	live->mm = (struct mm_struct){
		.geo = &kernel->geo,
		.memory = stream_memory(live->stream),
		.root = live->snapshot.root,
		.mmap_lock.count = -1, /* as far as the walk cares: nobody holds it */
	};
	return 0;
}

void live_close(struct live *live)
{
	source_hooks_close(live->hooks);
	changes_free(live->changes);
	stream_close(live->stream);
	source_close(live->source);
	runs_close(live->runs);
	recording_close(live->recording);
	dumpfile_close(live->dump);
	kernel_close(&live->kernel);
}

struct range live_all(const struct live *live)
{
	return live->recording ? (struct range){ live->snapshot.start, live->snapshot.end } :
				 (struct range){ live->kernel.zones.range[ZONE_LINEAR].start, 0 };
}

int live_range(const struct live *live, struct range *range, const char *text, struct problem *why)
{
	*range = live_all(live);
	if (!text)
		return 0;
	if (live_is_file(live) && !strncmp(text, "module:", 7))
		return problem(why, -EINVAL, "'%s': a file does not tell where modules are", text);
	return range_parse(range, text, &live->kernel, why);
}

void live_put_changes(const struct live *live, json *object)
{
	const char *names[MAX_SOURCE_HOOKS];
	size_t nr = live->hooks ? source_hooks_names(live->hooks, names) : 0;
	json *array = json_object_new_array();

	for (size_t i = 0; i < nr; i++)
		json_object_array_add(array, json_object_new_string(names[i]));
	put_number(object, "changed", live->changed);
	put_number(object, "changes_unknown", live->unknown);
	put_number(object, "changes_missed", live->hooks ? source_hooks_missed(live->hooks) : 0);
	put(object, "hooks", array);
}

void live_print_changes(const struct live *live, FILE *out)
{
	uint64_t missed = live->hooks ? source_hooks_missed(live->hooks) : 0;

	if (live_is_file(live))
		return;
	if (!live->hooks) {
		fputs("; hooks: none", out);
		return;
	}
	fprintf(out, ", %" PRIu64 " changed", live->changed);
	if (live->unknown)
		fprintf(out, " (of %" PRIu64 " lots of tables it is not known what changed)",
			live->unknown);
	if (missed)
		fprintf(out, "; hooks: %" PRIu64 " calls missed", missed);
}

static unsigned int marks(void *ctx, enum pgtable_level level)
{
	return stream_marks(ctx, level);
}

/* Where an entry ends the walk, what is behind it is walked all the same, so often. */
#define MOST_ENDS 1000

static void walk(struct live *live, const struct range *range, const struct leaves_options *options,
		 leaf_run_fn run, void *ctx)
{
	uint64_t start = range->start, end = range->end ? range->end : -1UL;
	const struct pagewalk_fault *fault = &live->mm.fault;

	for (int i = 0; i < MOST_ENDS; i++) {
		int err = leaves_walk(&live->mm, start, end, options, run, ctx);
		uint64_t entry;

		live->faults += live->mm.nr_faults;
		if (!err || stream_error(live->stream) || fault->level < 0)
			return;
		entry = geometry_size(&live->kernel.geo, fault->level);
		start = (fault->addr & ~(entry - 1)) + entry;
		if (start <= fault->addr || start >= end)
			return;
	}
}

int live_walk(struct live *live, const struct range *range, const struct leaves_options *options,
	      leaf_run_fn run, void *ctx, struct problem *why)
{
	struct leaves_options with_marks = *options;
	struct parts *parts = &live->parts;
	int err;

	if (live->runs) {
		err = runs_each(live->runs, range->start, range->end, options->holes, run, ctx);
		return err ? problem(why, err, "the recording cannot be read: %s", strerror(-err)) :
			     0;
	}
	with_marks.marks = marks;
	with_marks.marks_ctx = live->stream;
	stream_begin(live->stream, range->end);
	*parts = (struct parts){ live->changes, &live->kernel.geo, run, ctx, options->table, 0 };
	if (live->changes) {
		changes_begin(live->changes);
		with_marks.table = options->table ? parts_table : NULL;
	}
	walk(live, range, &with_marks, live->changes ? parts_of : run, live->changes ? parts : ctx);
	live->changed += parts->marked;
	live->unknown += live->changes ? changes_unknown(live->changes) : 0;
	err = stream_error(live->stream);
	if (!err && live_is_file(live) && stream_stats(live->stream)->unreadable)
		return problem(why, -ENODATA,
			       "%llu tables are not in the file, or could not be read when it was "
			       "made: nothing is known of what they map",
			       (unsigned long long)stream_stats(live->stream)->unreadable);
	return err ? problem(why, err, "tables could not be read by %s: %s", live->source->name,
			     strerror(-err)) :
		     0;
}
