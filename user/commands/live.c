// SPDX-License-Identifier: GPL-2.0-only
#include "live.h"

#include <errno.h>
#include <string.h>

#include "commands/commands.h"
#include "kernel/needs.h"

int live_source(const char *text, enum source_kind *kind)
{
	int found = source_find(text);

	if (found < 0)
		return option_refused("source", text, "auto, bpf or kcore");
	*kind = found;
	return 0;
}

int live_open(struct live *live, enum source_kind kind, struct problem *why)
{
	const struct kernel *kernel = &live->kernel;
	int err = needs_check(why);

	if (!err && live->no_symbols)
		err = kernel_open_tables(&live->kernel, why);
	else if (!err)
		err = kernel_open(&live->kernel, why);
	if (!err)
		err = source_open(&live->source, kind, kernel, why);
	if (!err && stream_open(&live->stream, live->source, &kernel->geo, kernel->root_pa,
				kernel->zones.range[ZONE_LINEAR].start))
		err = problem(why, -ENOMEM, "out of memory");
	if (err)
		return err;
	live->mm = (struct mm_struct){
		.geo = &kernel->geo,
		.memory = stream_memory(live->stream),
		.root = kernel->root_pa,
		.mmap_lock.count = -1, /* as far as the walk cares: nobody holds it */
	};
	return 0;
}

void live_close(struct live *live)
{
	stream_close(live->stream);
	source_close(live->source);
	kernel_close(&live->kernel);
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
