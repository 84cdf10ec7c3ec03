// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "dump/leaves.h"
#include "recording/snapshot.h"

static void ignore_run(void *ctx, const struct leaf_run *run)
{
	(void)ctx, (void)run;
}

static unsigned int marks(void *ctx, enum pgtable_level level)
{
	return stream_marks(ctx, level);
}

/* Walked as if they were to be shown, so that what is torn is found out. */
static int walk_all(struct snapshot_writer *writer, struct stream *stream,
		    const struct kernel *kernel)
{
	struct leaves_options options = { .marks = marks, .marks_ctx = stream };
	struct mm_struct mm = {
		.geo = &kernel->geo,
		.memory = stream_memory(stream),
		.root = kernel->root_pa,
		.mmap_lock.count = -1,
	};

	stream_tell(stream, snapshot_table, writer);
	stream_begin(stream, 0);
	leaves_walk(&mm, kernel->zones.range[ZONE_LINEAR].start, -1UL, &options, ignore_run, NULL);
	return stream_error(stream);
}

int snapshot_take(struct recorder *recorder, const struct kernel *kernel, struct problem *why)
{
	struct snapshot_writer writer = { recorder, geometry_page_size(&kernel->geo) };
	struct pwt_snapshot snapshot = {
		.root = kernel->root_pa,
		.base = kernel->zones.range[ZONE_LINEAR].start,
		.start = kernel->zones.range[ZONE_LINEAR].start,
	};
	struct source *source = NULL;
	struct stream *stream = NULL;
	int err = source_open(&source, SOURCE_AUTO, kernel, why);

	if (err)
		return err;
	err = stream_open(&stream, source, &kernel->geo, snapshot.root, snapshot.base);
	if (!err)
		err = snapshot_begin(&writer, &snapshot);
	if (!err)
		err = walk_all(&writer, stream, kernel);
	stream_close(stream);
	source_close(source);
	return err ? problem(why, err, "cannot take a snapshot: %s", strerror(-err)) : 0;
}
