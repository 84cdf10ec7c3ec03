// SPDX-License-Identifier: GPL-2.0-only
/* The snapshots of tables in a recording, as far as a report shows them. */
#include "report_collect.h"

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

/* Snapshots of the kernel's tables in one file, by their numbers among all in it. */
struct found {
	unsigned int nr, first, last;
};

static bool is_kernels(const struct recorded *record)
{
	struct pwt_snapshot snapshot;

	memcpy(&snapshot, record->data, sizeof(snapshot));
	return !snapshot.pid;
}

/* @all: look at everything, so that what is damaged is found. */
static int look_for(struct recording *recording, bool all, struct found *found)
{
	struct recorded record;
	unsigned int number = 0;
	int more;

	*found = (struct found){};
	recording_begin(recording, all ? ~0ULL : 1ULL << PWT_REC_SNAPSHOT);
	while ((more = recording_next(recording, &record)) > 0 && number < MOST_SNAPSHOTS) {
		if (record.type != PWT_REC_SNAPSHOT || record.size < sizeof(struct pwt_snapshot))
			continue;
		if (is_kernels(&record)) {
			found->last = number;
			if (!found->nr++)
				found->first = number;
		}
		number++;
	}
	return more < 0 ? more : 0;
}

/* What one part of the recording tells besides its snapshots. */
static int look_at(struct reading *reading, const char *path, struct collected *collected,
		   struct found *found, struct problem *why)
{
	struct sheet_input *input = &collected->input;
	char *damage = collected->damage;
	int err = recording_open(&reading->recording, path, why);

	if (err)
		return err;
	input->moved = recording_file(reading->recording)->flags & PWT_FILE_REDACTED;
	err = look_for(reading->recording, !input->captured, found);
	if (err)
		return problem(why, err, "cannot read %s: %s", path, strerror(-err));
	if (!input->captured && recording_damage(reading->recording, damage, REPORT_DAMAGE))
		input->damage = damage;
	return 0;
}

/* The first of all, and the last one so far. */
static int read_some(struct reading *reading, struct sheet_input *input, const struct found *found,
		     unsigned int before, struct problem *why)
{
	int err = 0;

	if (!before)
		err = read_one(reading, found->first, input, LEAFMAP_FIRST, why);
	if (!err && before + found->nr > 1) {
		strips_release(&input->strips[LEAFMAP_LAST]);
		err = read_one(reading, found->last, input, LEAFMAP_LAST, why);
	}
	return err;
}

int collected_tables(struct collected *collected, struct problem *why)
{
	unsigned int all = 0;
	struct found here;
	int err = 0;

	for (size_t i = 0; i < collected->nr_files && !err; i++) {
		struct reading reading = { .kernel = collected_kernel(collected) };

		err = look_at(&reading, collected->files[i], collected, &here, why);
		if (!err && here.nr)
			err = read_some(&reading, &collected->input, &here, all, why);
		all += err ? 0 : here.nr;
		recording_close(reading.recording);
	}
	if (all)
		collected->input.from = all > 1 ? SPACE_SNAPSHOTS : SPACE_SNAPSHOT;
	return err ? err : (int)all;
}
