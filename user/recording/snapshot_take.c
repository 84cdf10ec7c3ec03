// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "dump/leaves.h"
#include "kernel/iomem.h"
#include "recording/areas.h"
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

#define MOST_RAM 256

int snapshot_ram(struct recorder *recorder)
{
	struct iomem_range ranges[MOST_RAM];
	size_t nr = iomem_ram("/proc/iomem", ranges, MOST_RAM);

	_Static_assert(sizeof(struct iomem_range) == sizeof(struct pwt_range), "the same");
	/* half of it would make something else of the other half */
	if (!nr || nr > MOST_RAM)
		return 0;
	return recorder_add(recorder, PWT_REC_RAM, ranges, nr * sizeof(*ranges));
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
	struct problem unused;
	int err = source_open(&source, SOURCE_AUTO, kernel, why);

	if (err)
		return err;
	err = stream_open(&stream, source, &kernel->geo, snapshot.root, snapshot.base);
	if (!err)
		err = snapshot_ram(recorder);
	if (!err)
		err = snapshot_begin(&writer, &snapshot);
	/* without them it is a snapshot all the same */
	if (!err && recorder_areas_now(recorder, kernel, &unused))
		fprintf(stderr, "pwtrace: the snapshot has no areas: %s\n", unused.text);
	if (!err)
		err = walk_all(&writer, stream, kernel);
	stream_close(stream);
	source_close(source);
	return err ? problem(why, err, "cannot take a snapshot: %s", strerror(-err)) : 0;
}
