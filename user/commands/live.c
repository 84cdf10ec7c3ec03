// SPDX-License-Identifier: GPL-2.0-only
#include "live.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
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
	default:
		return -ENOENT;
	}
}

static void from_top(struct live *live)
{
	live->snapshot = (struct pwt_snapshot){
		.root = live->kernel.root_pa,
		.base = live->kernel.zones.range[ZONE_LINEAR].start,
	};
}

static int open_running(struct live *live, enum source_kind kind, struct problem *why)
{
	int err = needs_check(why);

	if (!err)
		err = kernel_open(&live->kernel, why);
	if (!err)
		err = source_open(&live->source, kind, &live->kernel, why);
	from_top(live);
	return err;
}

static int nothing_to_read(struct source *source, const uint64_t *pa, size_t nr, const void **pages,
			   uint8_t *states)
{
	(void)source, (void)pa, (void)nr, (void)pages, (void)states;
	return -ENODATA;
}

static void nothing_to_close(struct source *source)
{
	(void)source;
}

/* Without tables: it is not asked for any. */
static void open_runs(struct live *live)
{
	static struct source imported = { "import", 520, nothing_to_read, nothing_to_close };

	live->source = &imported;
	live->snapshot = (struct pwt_snapshot){ .start = -(1ULL << live->kernel.geo.va_bits) };
}

static int open_recorded(struct live *live, struct problem *why)
{
	int err = runs_open(&live->runs, live->recording, &live->kernel, why);

	if (live->runs)
		open_runs(live);
	if (err || live->runs)
		return err;
	err = recording_kernel(live->recording, &live->kernel, NULL, why);
	if (!err)
		err = snapshot_open(&live->source, live->recording, &live->kernel.geo, 0,
				    &live->snapshot, why);
	return err;
}

static int open_dump(struct live *live, const struct source_choice *choice, struct problem *why)
{
	int err = dumpfile_open(&live->dump, choice->path, why);

	if (!err)
		err = dumpfile_kernel(live->dump, &choice->hints, &live->kernel, why);
	if (!err)
		err = dumpfile_source(&live->source, live->dump, &live->kernel.geo, why);
	if (!err && live->dump->missing)
		fprintf(stderr, "pwtrace: %s was cut off: %llu bytes of memory are missing\n",
			choice->path, (unsigned long long)live->dump->missing);
	from_top(live);
	return err;
}

/* By what is in it. */
static int open_file(struct live *live, const struct source_choice *choice, struct problem *why)
{
	const struct dump_hints *hints = &choice->hints;
	int err = recording_open(&live->recording, choice->path, why);

	if (err == -ENOEXEC)
		return open_dump(live, choice, why);
	if (err)
		return err;
	if (hints->vmcoreinfo || hints->symbols)
		return problem(why, -EINVAL,
			       "%s is a recording, which has what --vmcoreinfo and --symbols are "
			       "to tell: leave them out",
			       choice->path);
	return open_recorded(live, why);
}

int live_open(struct live *live, const struct source_choice *choice, struct problem *why)
{
	const struct kernel *kernel = &live->kernel;
	int err;

	if (choice->path)
		err = open_file(live, choice, why);
	else if (choice->hints.vmcoreinfo || choice->hints.symbols)
		err = problem(why, -EINVAL,
			      "--vmcoreinfo and --symbols go with a core: --source FILE");
	else
		err = open_running(live, choice->kind, why);
	if (!err && stream_open(&live->stream, live->source, &kernel->geo, live->snapshot.root,
				live->snapshot.base))
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
	stream_close(live->stream);
	source_close(live->source);
	runs_close(live->runs);
	recording_close(live->recording);
	dumpfile_close(live->dump);
	kernel_close(&live->kernel);
}

void live_tell_missing(const struct live *live)
{
	uint64_t missing = stream_stats(live->stream)->unreadable;

	if (live_is_file(live) && missing)
		fprintf(stderr,
			"pwtrace: %llu tables are not in the file: nothing is said of what they "
			"map\n",
			(unsigned long long)missing);
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

static unsigned int marks(void *ctx, enum pgtable_level level)
{
	return stream_marks(ctx, level);
}

int live_walk(struct live *live, const struct range *range, const struct leaves_options *options,
	      leaf_run_fn run, void *ctx, struct problem *why)
{
	struct leaves_options with_marks = *options;
	int err;

	if (live->runs) {
		err = runs_each(live->runs, range->start, range->end, options->holes, run, ctx);
		return err ? problem(why, err, "the recording cannot be read: %s", strerror(-err)) :
			     0;
	}
	with_marks.marks = marks;
	with_marks.marks_ctx = live->stream;
	stream_begin(live->stream, range->end);
	leaves_walk(&live->mm, range->start, range->end ? range->end : -1UL, &with_marks, run, ctx);
	err = stream_error(live->stream);
	return err ? problem(why, err, "tables could not be read by %s: %s", live->source->name,
			     strerror(-err)) :
		     0;
}
