// SPDX-License-Identifier: GPL-2.0-only
#include "live.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "kernel/needs.h"
#include "recording/kernel.h"

int live_source(const char *text, struct source_choice *choice)
{
	int found = source_find(text);

	*choice = (struct source_choice){ .kind = found };
	if (found >= 0)
		return 0;
	if (access(text, F_OK))
		return option_refused("source", text, "auto, bpf or kcore, or a recording's file");
	choice->path = text;
	return 0;
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
	live->snapshot = (struct pwt_snapshot){
		.root = live->kernel.root_pa,
		.base = live->kernel.zones.range[ZONE_LINEAR].start,
	};
	return err;
}

static int open_recorded(struct live *live, const struct source_choice *choice, struct problem *why)
{
	int err = recording_open(&live->recording, choice->path, why);
	struct recorded_info info;
	char damage[160];

	if (!err)
		err = recording_kernel(live->recording, &live->kernel, &info, why);
	if (!err)
		err = snapshot_open(&live->source, live->recording, &live->kernel.geo,
				    choice->snapshot, &live->snapshot, why);
	if (err)
		return err;
	memcpy(live->boot_id, info.boot_id, sizeof(live->boot_id));
	if (recording_damage(live->recording, damage, sizeof(damage)))
		fprintf(stderr, "pwtrace: %s: %s\n", choice->path, damage);
	return 0;
}

int live_open(struct live *live, const struct source_choice *choice, struct problem *why)
{
	const struct kernel *kernel = &live->kernel;
	int err = choice->path ? open_recorded(live, choice, why) :
				 open_running(live, choice->kind, why);

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
	recording_close(live->recording);
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
	if (live->recording && !strncmp(text, "module:", 7))
		return problem(why, -EINVAL, "'%s': a recording does not tell where modules are",
			       text);
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

	with_marks.marks = marks;
	with_marks.marks_ctx = live->stream;
	stream_begin(live->stream, range->end);
	leaves_walk(&live->mm, range->start, range->end ? range->end : -1UL, &with_marks, run, ctx);
	err = stream_error(live->stream);
	return err ? problem(why, err, "tables could not be read by %s: %s", live->source->name,
			     strerror(-err)) :
		     0;
}
