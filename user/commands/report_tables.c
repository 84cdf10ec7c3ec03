// SPDX-License-Identifier: GPL-2.0-only
#include "report_tables.h"

#include <errno.h>
#include <string.h>

#include "dump/leaves.h"
#include "recording/snapshot.h"
#include "source/stream.h"

/* More are not looked for: the last of them is. */
#define MOST_SNAPSHOTS 1000000

struct reading {
	struct recording *recording;
	const struct kernel *kernel;
	struct strips *strips;
	int err;
};

static void take_run(void *ctx, const struct leaf_run *run)
{
	struct reading *reading = ctx;
	const struct kernel *kernel = reading->kernel;

	if (!reading->err && run->desc)
		reading->err = strips_add(reading->strips, &kernel->zones,
					  geometry_page_size(&kernel->geo), run->start, run->size,
					  leaf_code_of(run->level, run->desc, run->table_bits));
}

static int walk(struct reading *reading, struct source *source, const struct pwt_snapshot *snapshot)
{
	const struct geometry *geo = &reading->kernel->geo;
	const struct leaves_options options = {};
	struct stream *stream;
	struct mm_struct mm;
	int err = stream_open(&stream, source, geo, snapshot->root, snapshot->base);

	if (err)
		return err;
	mm = (struct mm_struct){
		.geo = geo,
		.memory = stream_memory(stream),
		.root = snapshot->root,
		.mmap_lock.count = -1,
	};
	stream_begin(stream, snapshot->end);
	leaves_walk(&mm, snapshot->start, snapshot->end ? snapshot->end : -1UL, &options, take_run,
		    reading);
	err = stream_error(stream) ?: reading->err;
	stream_close(stream);
	return err;
}

static int read_one(struct reading *reading, unsigned int number, struct sheet_input *input,
		    enum leafmap_side side, struct problem *why)
{
	struct pwt_snapshot snapshot;
	struct source *source;
	int err = snapshot_open(&source, reading->recording, &reading->kernel->geo, number,
				&snapshot, why);

	if (err)
		return err;
	reading->strips = &input->strips[side];
	input->times[side] = snapshot.time;
	err = walk(reading, source, &snapshot);
	source_close(source);
	return err ? problem(why, err, "cannot read the tables of snapshot %u: %s", number,
			     strerror(-err)) :
		     0;
}

/* @all: look at everything, so that what is damaged is found. */
static int count(struct recording *recording, bool all, unsigned int *nr)
{
	struct recorded record;
	int more;

	*nr = 0;
	recording_begin(recording, all ? ~0ULL : 1ULL << PWT_REC_SNAPSHOT);
	while ((more = recording_next(recording, &record)) > 0 && *nr < MOST_SNAPSHOTS)
		*nr += record.type == PWT_REC_SNAPSHOT &&
		       record.size >= sizeof(struct pwt_snapshot);
	return more < 0 ? more : 0;
}

static int read_both(struct reading *reading, struct sheet_input *input, unsigned int nr,
		     struct problem *why)
{
	int err = read_one(reading, 0, input, LEAFMAP_FIRST, why);

	input->from = nr > 1 ? SPACE_SNAPSHOTS : SPACE_SNAPSHOT;
	if (!err && nr > 1)
		err = read_one(reading, nr - 1, input, LEAFMAP_LAST, why);
	return err;
}

int report_tables(const char *path, const struct kernel *kernel, struct sheet_input *input,
		  char damage[REPORT_DAMAGE], struct problem *why)
{
	struct reading reading = { .kernel = kernel };
	unsigned int nr;
	int err = recording_open(&reading.recording, path, why);

	if (err)
		return err;
	err = count(reading.recording, !input->captured, &nr);
	if (!err && !input->captured)
		input->damage = recording_damage(reading.recording, damage, REPORT_DAMAGE) ?
					damage :
					NULL;
	if (err)
		problem(why, err, "cannot read %s: %s", path, strerror(-err));
	else if (nr)
		err = read_both(&reading, input, nr, why);
	recording_close(reading.recording);
	return err ? err : (int)nr;
}
