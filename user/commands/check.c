// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace check: the verdicts of recordings. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/replay.h"
#include "commands/stop.h"
#include "commands/watch_options.h"
#include "emit/emit.h"

struct checked {
	const struct watch_options *options;
	struct replay *replay;
	struct emitter *emitter;
	uint64_t shown;
};

static void on_record(void *ctx, const struct pwt_hdr *hdr, size_t size)
{
	struct checked *checked = ctx;

	if (hdr->type == PWT_WALK && size >= sizeof(struct pwt_walk))
		emit_walk(checked->emitter, (const struct pwt_walk *)hdr);
}

static bool is_full(void *ctx)
{
	const struct checked *checked = ctx;

	return stop_signal() ||
	       (checked->options->limit && checked->shown >= checked->options->limit);
}

static void on_change(void *ctx, const struct change *change)
{
	struct checked *checked = ctx;
	struct stack stack;

	if (checked->options->common.quiet && change->verdict == VERDICT_MATCH)
		return;
	if (is_full(ctx) || !filter_pass(&checked->options->filter, change))
		return;
	replay_stack(checked->replay, change, &stack);
	emit_change(checked->emitter, change, &stack);
	checked->shown++;
}

static int conclude(struct checked *checked, const char *path)
{
	const struct watch_options *options = checked->options;
	struct summary summary;
	char damage[200];
	bool damaged = replay_damage(checked->replay, damage, sizeof(damage));

	replay_summary(checked->replay, &summary);
	summary.shown = checked->shown;
	emit_summary(checked->emitter, &summary);
	if (!options->common.quiet)
		emit_summary_text(stderr, &summary);
	/* that is said whatever else is not */
	if (damaged)
		fprintf(stderr, "pwtrace check: %s: %s\n", path, damage);
	if (summary.stats->verdicts[VERDICT_MISMATCH])
		return EXIT_MISMATCH;
	if (options->limit_losses && (damaged || summary.records_lost_total > options->max_lost))
		return EXIT_LOST;
	return EXIT_FINE;
}

static int check_open(struct checked *checked, char *const *paths, size_t nr)
{
	static const struct session_events events = { on_change, on_record };
	const struct common_options *common = &checked->options->common;
	const struct emit_options emit = {
		.json = common->json,
		.pretty = common->pretty,
		.color = common->color,
		.verbose = common->verbose,
	};
	struct problem why;

	if (replay_open(&checked->replay, paths, nr, checked->options->rules_off, &events, checked,
			&why))
		return cannot_run(common, why.text);
	checked->emitter = emitter_new(replay_kernel(checked->replay), &emit, stdout);
	if (!checked->emitter) {
		fprintf(stderr, "pwtrace check: out of memory\n");
		return EXIT_INTERNAL;
	}
	checked->emitter->range_function = replay_function(checked->replay, PWT_FN_RANGE);
	return EXIT_FINE;
}

/* The parts of one recording. */
static int check_recording(const struct watch_options *options, char *const *paths, size_t nr)
{
	struct checked checked = { .options = options };
	int status = check_open(&checked, paths, nr);
	const char *path = paths[0];
	struct problem why;

	if (status == EXIT_FINE && replay_run(checked.replay, is_full, &why)) {
		fprintf(stderr, "pwtrace check: %s: %s\n", path, why.text);
		status = EXIT_INTERNAL;
	}
	if (status == EXIT_FINE)
		status = conclude(&checked, path);
	emitter_free(checked.emitter);
	replay_close(checked.replay);
	return status;
}

int cmd_check(int argc, char **argv)
{
	struct watch_options options = { .kind = FOR_CHECK };
	int status = watch_parse_options(&options, argc, argv);

	if (status)
		return status > 0 ? EXIT_FINE : usage_error("check");
	stop_on_signals();
	for (int i = 0, nr; i < options.nr_files && !stop_signal(); i += nr) {
		int one;

		nr = recording_parts(options.files + i, options.nr_files - i);
		one = check_recording(&options, options.files + i, nr);
		if (one > status)
			status = one;
	}
	return stop_signal() ? 128 + stop_signal() : status;
}
