// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace watch and record: each change of a kernel mapping as it happens, with its verdict. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commands/child.h"
#include "commands/session.h"
#include "commands/stop.h"
#include "commands/watch_options.h"
#include "emit/emit.h"

#define POLL_MS 200
/*
 * The output goes out at the end of a change, so that what COMMAND prints does not come between;
 * into a pipe one by one, as a write of more than PIPE_BUF bytes may be cut in two there.
 */
#define OUTPUT_BUFFER (1 << 20)
#define OUTPUT_FLUSH  (64 << 10)

struct watch {
	const struct watch_options *options;
	struct session session;
	struct emitter *emitter;
	FILE *out;
	size_t flush_at; /* bytes that may wait for the next flush */
	uint64_t shown;
	bool full;	/* the limit is reached */
	bool triggered; /* what is in memory is wanted */
};

static void on_record(void *ctx, const struct pwt_hdr *hdr, size_t size)
{
	struct watch *watch = ctx;

	if (hdr->type != PWT_WALK || size < sizeof(struct pwt_walk))
		return;
	if (!watch->options->silent)
		emit_walk(watch->emitter, (const struct pwt_walk *)hdr);
}

static bool is_trigger(const struct watch_options *options, const struct change *change)
{
	return options->triggers >> change->verdict & 1 ||
	       (options->trigger_refused && change->has_ret && change->ret < 0);
}

static void on_change(void *ctx, const struct change *change)
{
	struct watch *watch = ctx;
	struct stack stack = {};

	if (watch->session.tape)
		watch->triggered |= is_trigger(watch->options, change);
	if (watch->options->common.quiet && change->verdict == VERDICT_MATCH)
		return;
	if (watch->full || !filter_pass(&watch->options->filter, change))
		return;
	if (change->stack_id >= 0)
		session_stack(&watch->session, change, &stack);
	if (!watch->options->silent)
		emit_change(watch->emitter, change, &stack);
	if (__fpending(watch->out) > watch->flush_at)
		fflush(watch->out);
	watch->shown++;
	if (watch->options->limit && watch->shown >= watch->options->limit)
		watch->full = true;
}

static int start_emitter(struct watch *watch)
{
	const struct common_options *common = &watch->options->common;
	struct emit_options options = {
		.json = common->json,
		.pretty = common->pretty,
		.color = common->color,
		.verbose = common->verbose,
	};

	watch->emitter = emitter_new(&watch->session.kernel, &options, watch->out);
	if (!watch->emitter)
		return -ENOMEM;
	watch->emitter->range_function = capture_function(watch->session.capture, PWT_FN_RANGE);
	return 0;
}

static size_t flush_limit(const struct watch *watch)
{
	struct stat st;

	if (!watch->options->command || fstat(fileno(watch->out), &st) || S_ISREG(st.st_mode))
		return OUTPUT_FLUSH;
	return 0;
}

static int open_output(struct watch *watch)
{
	static char buffer[OUTPUT_BUFFER]; /* stdout's has to outlive main() */
	const char *path = watch->options->output;

	watch->out = path ? fopen(path, "we") : stdout;
	if (!watch->out) {
		fprintf(stderr, "pwtrace: cannot write to %s: %s\n", path, strerror(errno));
		return -errno;
	}
	setvbuf(watch->out, buffer, _IOFBF, sizeof(buffer));
	watch->flush_at = flush_limit(watch);
	return 0;
}

/* A full disk shows here at the latest. */
static int close_output(struct watch *watch)
{
	const char *path = watch->options->output ? watch->options->output : "stdout";
	bool failed = ferror(watch->out) |
		      (watch->out == stdout ? fflush(stdout) : fclose(watch->out));

	if (failed)
		fprintf(stderr, "pwtrace: writing to %s failed: %s\n", path, strerror(errno));
	return failed ? EXIT_INTERNAL : 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static int look(struct watch *watch, int timeout_ms)
{
	int nr = session_look(&watch->session, timeout_ms);

	if (!nr)
		emit_idle(watch->emitter);
	/* the records of the change are in memory by now */
	if (watch->triggered)
		tape_trigger(watch->session.tape);
	watch->triggered = false;
	return nr;
}

/* Until the end that was asked for. */
static int follow(struct watch *watch, pid_t *child)
{
	const struct watch_options *options = watch->options;
	double end = options->duration ? now() + options->duration : 0;
	int nr = 0, status;

	while (!stop_signal() && !watch->full && nr >= 0) {
		int timeout = POLL_MS;

		if (*child && child_ended(*child, &status)) {
			*child = 0;
			if (WIFSIGNALED(status) || WEXITSTATUS(status))
				fprintf(stderr, "pwtrace: '%s' ended with %s %d\n",
					options->command[0],
					WIFSIGNALED(status) ? "signal" : "status",
					WIFSIGNALED(status) ? WTERMSIG(status) :
							      WEXITSTATUS(status));
			break;
		}
		if (end) {
			double left = end - now();

			if (left <= 0)
				break;
			if (left * 1000 < timeout)
				timeout = left * 1000 + 1;
		}
		nr = look(watch, timeout);
		if (watch->session.tape && tape_error(watch->session.tape))
			break;
	}
	return nr < 0 ? nr : 0;
}

/* The file is finished. True: all of it is there. */
static bool close_tape(struct watch *watch)
{
	struct recorder_stats stats;
	char path[PATH_MAX];
	int err;

	if (!watch->session.tape)
		return true;
	snprintf(path, sizeof(path), "%s", tape_path(watch->session.tape));
	err = tape_close(watch->session.tape, &stats);
	watch->session.tape = NULL;
	if (err)
		fprintf(stderr,
			"pwtrace: writing to %s failed: %s; %llu records did not get there, what "
			"did can be read\n",
			path, strerror(-err), (unsigned long long)stats.unwritten);
	else if (!stats.files)
		fprintf(stderr, "pwtrace: no trigger: nothing was written\n");
	else if (!watch->options->common.quiet)
		fprintf(stderr, "%s: %llu bytes; %llu files were written\n", path,
			(unsigned long long)stats.size, (unsigned long long)stats.files);
	return !err && !stats.unwritten;
}

/* Nothing was checked: what was captured, and what was not. */
static int conclude_unchecked(struct watch *watch)
{
	const struct watch_options *options = watch->options;
	uint64_t lost = capture_lost_total(watch->session.capture);
	uint64_t calls = watch->session.calls;
	bool whole = close_tape(watch);

	if (!options->common.quiet)
		fprintf(stderr, "%llu calls recorded; %llu records lost, %llu probes missed\n",
			(unsigned long long)calls, (unsigned long long)lost,
			(unsigned long long)capture_missed(watch->session.capture));
	return !whole || (options->limit_losses && lost > options->max_lost) ? EXIT_LOST :
									       EXIT_FINE;
}

static int conclude(struct watch *watch)
{
	const struct watch_options *options = watch->options;
	struct summary summary;
	bool whole = close_tape(watch);

	session_summary(&watch->session, &summary);
	summary.shown = watch->shown;
	emit_summary(watch->emitter, &summary);
	if (!options->common.quiet)
		emit_summary_text(stderr, &summary);
	if (options->fail && summary.stats->verdicts[VERDICT_MISMATCH])
		return EXIT_MISMATCH;
	if (!whole || (options->limit_losses && summary.records_lost_total > options->max_lost))
		return EXIT_LOST;
	return EXIT_FINE;
}

/* Standard output is the recording's. */
static bool to_pipe(const struct watch_options *options)
{
	return options->tape.path && !strcmp(options->tape.path, "-");
}

/* Say what is watched, so that silence is not taken for a fault. */
static void announce(const struct watch *watch)
{
	size_t nr;
	const struct session *session = &watch->session;
	const struct hook_status *hooks = capture_hooks(session->capture, &nr);

	if (watch->options->common.quiet)
		return;
	fprintf(stderr, "pwtrace: watching %s by %s on %s", watch->emitter->range_function,
		backend_name(capture_backend(session->capture)), session->kernel.release);
	for (size_t i = 0; i < nr; i++)
		if (hooks[i].state == HOOK_ABSENT || hooks[i].state == HOOK_FAILED)
			fprintf(stderr, "; %s is %s", hooks[i].function,
				hooks[i].state == HOOK_ABSENT ? "absent" : "not attached");
	fprintf(stderr, "%s\n", watch->options->command ? "" : "; Ctrl-C ends it");
}

static int run(struct watch *watch)
{
	const struct watch_options *options = watch->options;
	struct problem why;
	pid_t child = 0;
	int err, status;

	announce(watch);
	if (options->command) {
		child = child_start(options->command, to_pipe(options));
		if (child < 0) {
			fprintf(stderr, "pwtrace: cannot run '%s': %s\n", options->command[0],
				strerror(-child));
			return EXIT_USAGE;
		}
	}
	err = follow(watch, &child);
	/* the command goes with the watch that ends before it */
	if (child && !child_ended(child, &status))
		kill(child, SIGTERM);
	if (!err)
		err = session_drain(&watch->session);
	if (watch->triggered)
		tape_trigger(watch->session.tape);
	if (options->snapshot && tape_snapshot(watch->session.tape, &why))
		fprintf(stderr, "pwtrace: %s\n", why.text);
	if (err) {
		fprintf(stderr, "pwtrace: cannot go on: %s\n", strerror(-err));
		return EXIT_INTERNAL;
	}
	return watch->session.unchecked ? conclude_unchecked(watch) : conclude(watch);
}

static int open_and_run(struct watch *watch)
{
	static const struct session_events events = { on_change, on_record };
	const struct watch_options *options = watch->options;
	struct problem why;

	watch->session.rules_off = options->rules_off;
	watch->session.unchecked = options->tape.unchecked;
	if (session_open(&watch->session, &why))
		return cannot_run(&options->common, why.text);
	if (options->tape.path &&
	    tape_open(&watch->session.tape, &options->tape, &watch->session.kernel, &why)) {
		fprintf(stderr, "pwtrace: %s\n", why.text);
		return EXIT_USAGE;
	}
	if (session_attach(&watch->session, &options->capture, &events, watch, &why))
		return cannot_run(&options->common, why.text);
	if (options->snapshot && tape_snapshot(watch->session.tape, &why))
		return cannot_run(&options->common, why.text);
	if (start_emitter(watch)) {
		fprintf(stderr, "pwtrace: out of memory\n");
		return EXIT_INTERNAL;
	}
	return run(watch);
}

static int watch_or_record(enum watch_kind kind, int argc, char **argv)
{
	struct watch_options options = { .kind = kind };
	struct watch watch = { .options = &options };
	int status = watch_parse_options(&options, argc, argv);

	if (status)
		return status > 0 ? EXIT_FINE : usage_error(argv[0]);
	stop_on_signals();
	stop_not_on_writes(to_pipe(&options));
	if (open_output(&watch))
		return EXIT_USAGE;
	if (options.output)
		options.common.color = false;
	status = open_and_run(&watch);
	close_tape(&watch);
	emitter_free(watch.emitter);
	session_close(&watch.session);
	return close_output(&watch) ?: status;
}

int cmd_watch(int argc, char **argv)
{
	return watch_or_record(FOR_WATCH, argc, argv);
}

int cmd_record(int argc, char **argv)
{
	return watch_or_record(FOR_RECORD, argc, argv);
}
