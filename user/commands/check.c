// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace check: the verdicts of recordings. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/replay.h"
#include "commands/stop.h"
#include "emit/emit.h"
#include "emit/object.h"

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
	const struct watch_options *options = checked->options;
	struct stack stack;

	/* results count what is right, too */
	if (options->common.quiet && !options->results && change->verdict == VERDICT_MATCH)
		return;
	if (is_full(ctx) || !filter_pass(&options->filter, change))
		return;
	replay_stack(checked->replay, change, &stack);
	emit_change(checked->emitter, change, &stack);
	checked->shown++;
}

static void add_up(const struct summary *summary, struct checked_sum *sum)
{
	sum->read = true;
	sum->changes = summary->stats->changes;
	sum->shown = summary->shown;
	sum->own = summary->stats->own;
	sum->records = summary->stats->records;
	sum->records_lost = summary->records_lost_total;
	sum->probes_missed = summary->probes_missed;
	memcpy(sum->verdicts, summary->stats->verdicts, sizeof(sum->verdicts));
}

static void conclude(struct checked *checked, const char *path, bool several,
		     struct checked_sum *sum)
{
	const struct watch_options *options = checked->options;
	struct summary summary;
	char damage[200];

	replay_summary(checked->replay, &summary);
	summary.shown = checked->shown;
	summary.file = several ? path : NULL;
	sum->damaged = replay_damage(checked->replay, damage, sizeof(damage));
	summary.damage = sum->damaged ? damage : NULL;
	summary.too_much_lost = options->limit_losses &&
				(sum->damaged || summary.records_lost_total > options->max_lost);
	emit_summary(checked->emitter, &summary);
	if (!options->common.quiet) {
		if (several)
			fprintf(stderr, "%s: ", path);
		emit_summary_text(stderr, &summary);
	}
	/* that is said whatever else is not */
	if (sum->damaged)
		fprintf(stderr, "pwtrace check: %s: %s\n", path, damage);
	add_up(&summary, sum);
	sum->status = summary.stats->verdicts[VERDICT_MISMATCH] ? EXIT_MISMATCH :
		      summary.too_much_lost			? EXIT_LOST :
								  EXIT_FINE;
}

static int open_emitter(struct checked *checked, const char *path, unsigned int number)
{
	const struct common_options *common = &checked->options->common;
	const struct emit_options emit = {
		.json = common->json,
		.results = checked->options->results,
		.pretty = common->pretty,
		.color = common->color,
		.verbose = common->verbose,
	};

	checked->emitter = emitter_new(replay_kernel(checked->replay), &emit, stdout);
	if (!checked->emitter) {
		fprintf(stderr, "pwtrace check: out of memory\n");
		return EXIT_INTERNAL;
	}
	checked->emitter->range_function = replay_function(checked->replay, PWT_FN_RANGE);
	checked->emitter->name = path;
	checked->emitter->number = number;
	return EXIT_FINE;
}

/* Whose changes follow. */
static void announce(const struct watch_options *options, const char *path)
{
	json *object;

	if (options->common.json) {
		object = object_of("recording");
		put_string(object, "file", path);
		print_object(stdout, object, options->common.pretty);
	} else if (!options->results && !options->common.quiet) {
		printf("%s:\n", path);
	}
}

void check_recording(const struct watch_options *options, const struct to_check *what,
		     unsigned int number, bool several, struct checked_sum *sum)
{
	static const struct session_events events = { on_change, on_record };
	struct checked checked = { .options = options };
	const char *path = what->paths[0];
	struct problem why;

	*sum = (struct checked_sum){};
	if (several)
		announce(options, path);
	if (replay_open(&checked.replay, what->paths, what->nr, options->rules_off, &events,
			&checked, &why)) {
		emit_results_none(options->results, stdout, path, number, why.text);
		sum->status = cannot_run(&options->common, why.text);
		return;
	}
	sum->status = open_emitter(&checked, path, number);
	if (sum->status == EXIT_FINE && replay_run(checked.replay, is_full, &why)) {
		fprintf(stderr, "pwtrace check: %s: %s\n", path, why.text);
		sum->status = EXIT_INTERNAL;
	}
	if (sum->status == EXIT_FINE)
		conclude(&checked, path, several, sum);
	emitter_free(checked.emitter);
	replay_close(checked.replay);
}

/* Which of the files are parts of one recording. Return: how many recordings there are. */
static size_t find_recordings(const struct watch_options *options, struct to_check *all)
{
	size_t nr = 0;

	for (int i = 0; i < options->nr_files; i += all[nr++].nr)
		all[nr] = (struct to_check){
			options->files + i,
			recording_parts(options->files + i, options->nr_files - i),
		};
	return nr;
}

static struct checked_sum add_all(const struct checked_sum *sums, size_t nr)
{
	struct checked_sum all = {};

	for (size_t i = 0; i < nr; i++) {
		const struct checked_sum *sum = &sums[i];

		if (sum->status > all.status)
			all.status = sum->status;
		all.changes += sum->changes;
		all.shown += sum->shown;
		all.own += sum->own;
		all.records += sum->records;
		all.records_lost += sum->records_lost;
		all.probes_missed += sum->probes_missed;
		for (enum verdict verdict = 0; verdict < VERDICT_NR; verdict++)
			all.verdicts[verdict] += sum->verdicts[verdict];
	}
	return all;
}

static void summarize_json(const struct watch_options *options, const struct checked_sum *all,
			   size_t nr, unsigned int damaged, unsigned int unread)
{
	static const char *const names[VERDICT_NR] = {
		"match", "mismatch", "unknown", "raced", "lost",
	};
	json *object = object_of("summary");

	put_number(object, "recordings", nr);
	put_number(object, "damaged", damaged);
	put_number(object, "unreadable", unread);
	put_number(object, "changes", all->changes);
	for (enum verdict verdict = 0; verdict < VERDICT_NR; verdict++)
		put_number(object, names[verdict], all->verdicts[verdict]);
	put_number(object, "shown", all->shown);
	put_number(object, "own", all->own);
	put_number(object, "records", all->records);
	put_number(object, "records_lost", all->records_lost);
	put_number(object, "probes_missed", all->probes_missed);
	print_object(stdout, object, options->common.pretty);
}

/* Of several: what all of them come to. */
static void summarize(const struct watch_options *options, const struct checked_sum *sums,
		      size_t nr, const struct checked_sum *all)
{
	unsigned int damaged = 0, unread = 0;

	for (size_t i = 0; i < nr; i++) {
		damaged += sums[i].damaged;
		unread += !sums[i].read;
	}
	if (options->common.json)
		summarize_json(options, all, nr, damaged, unread);
	if (options->common.quiet)
		return;
	fprintf(stderr, "%zu recordings: %llu changes", nr, (unsigned long long)all->changes);
	for (enum verdict verdict = 0; verdict < VERDICT_NR; verdict++)
		if (all->verdicts[verdict])
			fprintf(stderr, ", %llu %s", (unsigned long long)all->verdicts[verdict],
				verdict_name(verdict));
	if (damaged)
		fprintf(stderr, "; %u damaged", damaged);
	if (unread)
		fprintf(stderr, "; %u could not be read", unread);
	fputc('\n', stderr);
}

static unsigned int default_jobs(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 1 ? 1 : cores;
}

static int check_files(const struct watch_options *options, struct to_check *all,
		       struct checked_sum *sums)
{
	size_t nr = find_recordings(options, all);
	struct checked_sum sum;
	int err;

	emit_results_begin(options->results, stdout, nr);
	err = check_all(options, all, nr, options->jobs ? options->jobs : default_jobs(), sums);
	emit_results_end(options->results, stdout);
	if (err) {
		fprintf(stderr, "pwtrace check: cannot go on: %s\n", strerror(-err));
		return EXIT_INTERNAL;
	}
	sum = add_all(sums, nr);
	if (nr > 1)
		summarize(options, sums, nr, &sum);
	return stop_signal() ? 128 + stop_signal() : sum.status;
}

int cmd_check(int argc, char **argv)
{
	struct watch_options options = { .kind = FOR_CHECK };
	int status = watch_parse_options(&options, argc, argv);
	struct checked_sum *sums;
	struct to_check *all;

	if (status)
		return status > 0 ? EXIT_FINE : usage_error("check");
	stop_on_signals();
	all = calloc(options.nr_files, sizeof(*all));
	sums = calloc(options.nr_files, sizeof(*sums));
	if (!all || !sums) {
		fprintf(stderr, "pwtrace check: out of memory\n");
		status = EXIT_INTERNAL;
	} else {
		status = check_files(&options, all, sums);
	}
	free(all);
	free(sums);
	return status;
}
