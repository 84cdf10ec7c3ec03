// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace dump --output: the tables themselves, with what it takes to read them elsewhere. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/dump.h"
#include "commands/stop.h"
#include "kernel/enumerator.h"
#include "recording/areas.h"
#include "recording/kernel.h"

/* Where it is not told, the fixmap has no marker. */
void dump_find_fixmap(struct live *live)
{
	if (!live_is_file(live) &&
	    enumerator_find(NULL, "fixed_addresses", "__end_of_fixed_addresses",
			    &live->kernel.fixed_pages))
		live->kernel.fixed_pages = 0;
}

static void ignore_run(void *ctx, const struct leaf_run *run)
{
	(void)ctx, (void)run;
}

/* Walked as if they were to be printed, so that what is torn is found out. */
static int fill_snapshot(struct dump *dump, struct recorder *recorder, struct problem *why)
{
	struct snapshot_writer writer = { recorder, geometry_page_size(&dump->live.kernel.geo) };
	struct pwt_snapshot snapshot = dump->live.snapshot;
	const struct leaves_options options = {};
	int err;

	dump_find_fixmap(&dump->live);
	err = recorder_kernel(recorder, &dump->live.kernel, NULL, true, why);
	snapshot.start = dump->range.start;
	snapshot.end = dump->range.end;
	if (!err && (snapshot_ram(recorder) || snapshot_begin(&writer, &snapshot)))
		err = problem(why, -EIO, "cannot write the recording");
	if (err)
		return err;
	/* without them it is a snapshot all the same */
	if (recorder_areas_now(recorder, &dump->live.kernel, why))
		fprintf(stderr, "pwtrace dump: the snapshot has no areas: %s\n", why->text);
	stream_tell(dump->live.stream, snapshot_table, &writer);
	return live_walk(&dump->live, &dump->range, &options, ignore_run, NULL, why);
}

int dump_snapshot(struct dump *dump)
{
	struct recorder_stats stats;
	struct recorder *recorder;
	struct problem why;
	int err, failed;

	if (live_is_file(&dump->live)) {
		fprintf(stderr, "pwtrace dump: --output wants the running kernel, and --source is "
				"a file: copy it\n");
		return EXIT_USAGE;
	}
	stop_not_on_writes(!strcmp(dump->output, "-"));
	err = recorder_open(&recorder, dump->output);
	if (err) {
		recorder_problem(err, dump->output, &why);
		fprintf(stderr, "pwtrace dump: %s\n", why.text);
		return EXIT_USAGE;
	}
	err = fill_snapshot(dump, recorder, &why);
	failed = recorder_close(recorder, &stats);
	if (err)
		return cannot_run(&dump->common, why.text);
	if (failed) {
		fprintf(stderr, "pwtrace dump: writing to %s failed: %s\n", dump->output,
			strerror(-failed));
		return EXIT_INTERNAL;
	}
	dump_summary(dump);
	return EXIT_FINE;
}
