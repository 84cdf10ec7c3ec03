// SPDX-License-Identifier: GPL-2.0-only
#include "report_collect.h"

#include <errno.h>
#include <string.h>

#include "commands/stop.h"

#ifndef PWTRACE_VERSION
#define PWTRACE_VERSION "0.1"
#endif

static bool is_over(void *ctx)
{
	return stop_signal() || ((struct collected *)ctx)->err;
}

static void on_change(void *ctx, const struct change *change)
{
	struct collected *collected = ctx;
	struct stack stack;

	if (collected->err)
		return;
	replay_stack(collected->replay, change, &stack);
	collected->err = report_change(&collected->report, change, &stack);
}

const struct kernel *collected_kernel(const struct collected *collected)
{
	return collected->replay ? replay_kernel(collected->replay) : &collected->kernel;
}

/* Is there anything that a checker could be given, whole or not? */
static int has_capture(const char *path, bool *has, struct problem *why)
{
	struct recording *recording;
	struct recorded record;
	int more, err = recording_open(&recording, path, why);

	if (err)
		return err;
	recording_begin(recording, 1ULL << PWT_REC_HOOKS | 1ULL << PWT_REC_EVENTS);
	while ((more = recording_next(recording, &record)) > 0 && !*has)
		*has = record.type == PWT_REC_HOOKS || record.type == PWT_REC_EVENTS;
	recording_close(recording);
	return more < 0 ? problem(why, more, "cannot read %s: %s", path, strerror(-more)) : 0;
}

static int open_tables_only(struct collected *collected, struct problem *why)
{
	struct recording *recording;
	int err = recording_open(&recording, collected->files[0], why);

	if (err)
		return err;
	err = recording_kernel(recording, &collected->kernel, &collected->info, why);
	recording_close(recording);
	return err;
}

int collected_open(struct collected *collected, unsigned int limit, struct problem *why)
{
	static const struct session_events events = { on_change, NULL };
	bool captured = false;
	int err = 0;

	for (size_t i = 0; i < collected->nr_files && !err && !captured; i++)
		err = has_capture(collected->files[i], &captured, why);
	if (!err && captured)
		err = replay_open(&collected->replay, collected->files, collected->nr_files, 0,
				  &events, collected, why);
	else if (!err)
		err = open_tables_only(collected, why);
	if (err)
		return err;
	report_init(&collected->report, collected_kernel(collected), limit);
	collected->begun = true;
	return 0;
}

void collected_close(struct collected *collected)
{
	for (int side = 0; side < LEAFMAP_SIDES; side++)
		strips_release(&collected->input.strips[side]);
	if (collected->begun)
		report_release(&collected->report);
	replay_close(collected->replay);
	kernel_close(&collected->kernel);
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void fill_summary(struct collected *collected)
{
	if (collected->replay)
		replay_summary(collected->replay, &collected->summary);
	else
		collected->summary = (struct summary){
			.stats = &collected->stats,
			.records_lost = collected->no_losses,
			.kernel = collected->kernel.release,
			.backend = "",
		};
	collected->summary.shown = collected->report.changes;
}

static void fill_input(struct collected *collected)
{
	struct replay *replay = collected->replay;
	struct sheet_input *input = &collected->input;

	*input = (struct sheet_input){
		.report = &collected->report,
		.summary = &collected->summary,
		.info = replay ? replay_info(replay) : &collected->info,
		.version = PWTRACE_VERSION,
		.file = name_of(collected->files[0]),
		.parts = collected->nr_files,
		.range_function = replay ? replay_function(replay, PWT_FN_RANGE) : "?",
		.unwritten = replay ? replay_unwritten(replay) : 0,
		.captured = replay,
	};
	if (replay && replay_damage(replay, collected->damage, sizeof(collected->damage)))
		input->damage = collected->damage;
}

int collected_run(struct collected *collected, struct problem *why)
{
	const struct zones *zones = &collected_kernel(collected)->zones;
	struct sheet_input *input = &collected->input;
	int err = 0, snapshots;

	if (collected->replay)
		err = replay_run(collected->replay, is_over, why);
	if (!err && collected->err)
		err = problem(why, collected->err, "out of memory");
	if (err || stop_signal())
		return err;
	fill_summary(collected);
	fill_input(collected);
	snapshots = collected_tables(collected, why);
	if (snapshots)
		return snapshots < 0 ? snapshots : 0;
	for (int side = 0; side < LEAFMAP_SIDES && !err; side++)
		err = leafmap_space(&collected->report.leafmap, side, zones, &input->strips[side]);
	return err ? problem(why, err, "out of memory") : 0;
}
