// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace selftest: provoke changes on the running kernel and see that each is judged rightly. */
#include "selftest.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/stop.h"
#include "emit/object.h"

#define MOST_SAID 20 /* changes that are not MATCH, shown whole */

static const char help[] =
	"Usage: pwtrace selftest [OPTION]...\n"
	"\n"
	"Make the running kernel change its mappings, in processes of its own and without a module,\n"
	"and see that each change is seen and judged. The results are KTAP.\n"
	"\n"
	"      --dry-run        say what would be done, and do nothing\n"
	"      --max-lost N     bear lost records; exit 4 if more than N were lost\n"
	"      --backend NAME   auto, fentry, kprobe.multi or kprobe\n"
	"\n"
	"  -j, --json           JSON Lines on stdout\n"
	"  -p, --pretty         JSON over several lines\n"
	"  -v, --verbose        libbpf's messages, too\n"
	"  -q, --quiet          nothing beforehand, and no details of tests that passed\n"
	"      --no-color       no colours (there are none)\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0 every test passed or was skipped, 1 one failed, 2 wrong usage, 3 this system\n"
	"cannot run it, 4 more was lost than --max-lost allows, 5 internal error, 128+N by signal N.\n";

enum {
	OPT_DRY_RUN = 0x100,
	OPT_MAX_LOST,
	OPT_BACKEND,
};

static const struct option long_options[] = { { "dry-run", no_argument, NULL, OPT_DRY_RUN },
					      { "max-lost", required_argument, NULL, OPT_MAX_LOST },
					      { "backend", required_argument, NULL, OPT_BACKEND },
					      COMMON_LONG,
					      {} };

static int parse_option(struct selftest *test, int opt)
{
	switch (opt) {
	case OPT_DRY_RUN:
		test->dry_run = true;
		return 0;
	case OPT_MAX_LOST:
		test->limit_losses = true;
		return option_count("max-lost", optarg, &test->max_lost);
	case OPT_BACKEND:
		return option_backend(optarg, &test->capture.backend);
	default:
		return common_option(&test->common, opt) ? 0 : -EINVAL;
	}
}

/* 0; 1 if help was asked for and given; a negative errno after a message. */
static int parse_options(struct selftest *test, int argc, char **argv)
{
	int opt;

	common_init(&test->common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT, long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return 1;
		}
		if (parse_option(test, opt))
			return -EINVAL;
	}
	if (optind < argc) {
		fprintf(stderr, "pwtrace: unexpected argument '%s'\n", argv[optind]);
		return -EINVAL;
	}
	test->capture.verbose = test->common.verbose;
	test->capture.callbacks = test->capture.walks = true;
	return 0;
}

static void plan_json(const struct selftest *test, const char *name, const char *text)
{
	json *object = object_of("step");

	put_string(object, "name", name);
	put_string(object, "text", text);
	print_object(stdout, object, test->common.pretty);
}

/* What is going to happen, before it does. */
static void announce(const struct selftest *test)
{
	char text[400];

	if (test->common.quiet && !test->dry_run)
		return;
	fprintf(stderr, "pwtrace: %s load BPF programs and, in processes of its own:\n",
		test->dry_run ? "selftest would" : "selftest will");
	for (int i = 0; i < NR_STEPS; i++) {
		steps[i].plan(text, sizeof(text));
		fprintf(stderr, "  %s\n", text);
		if (test->dry_run && test->common.json)
			plan_json(test, steps[i].name, text);
	}
}

static void on_change(void *ctx, const struct change *change)
{
	struct selftest *test = ctx;
	static const struct stack none;

	seen_add(&test->seen, change, test->step, !strcmp(change->comm, test->comm));
	if (change->verdict != VERDICT_MATCH && test->emitter && test->nr_said++ < MOST_SAID)
		emit_change(test->emitter, change, &none);
}

static void on_record(void *ctx, const struct pwt_hdr *hdr, size_t size)
{
	struct selftest *test = ctx;

	(void)size;
	if (hdr->func < PWT_NR_FUNCS)
		test->seen.fired[hdr->func]++;
}

static int start_emitter(struct selftest *test)
{
	struct emit_options options = {
		.json = test->common.json,
		.pretty = test->common.pretty,
	};

	test->said = test->common.json ? stdout :
					 open_memstream(&test->said_text, &test->said_size);
	if (test->said)
		test->emitter = emitter_new(&test->session.kernel, &options, test->said);
	if (!test->emitter)
		return -ENOMEM;
	test->emitter->range_function = capture_function(test->session.capture, PWT_FN_RANGE);
	return 0;
}

static void stop_emitter(struct selftest *test)
{
	emitter_free(test->emitter);
	if (test->said && test->said != stdout)
		fclose(test->said);
	free(test->said_text);
}

static void json_end(const struct selftest *test, const struct ktap_counts *counts)
{
	json *object = object_of("selftest");

	put_bool(object, "ok", !counts->failed);
	put_number(object, "passed", counts->passed);
	put_number(object, "failed", counts->failed);
	put_number(object, "skipped", counts->skipped);
	print_object(stdout, object, test->common.pretty);
}

/* Results on stdout; the summary ends the objects, and is for people on stderr. */
static void show(struct selftest *test, const struct ktap *ktap, const struct summary *summary)
{
	struct ktap_counts counts = ktap_counts(ktap);

	if (test->common.json) {
		ktap_print_json(ktap, stdout, test->common.pretty);
		json_end(test, &counts);
		emit_summary(test->emitter, summary);
	} else {
		ktap_print(ktap, stdout, test->common.quiet);
	}
	if (test->common.quiet)
		return;
	emit_summary_text(stderr, summary);
	fprintf(stderr, "%u tests passed, %u failed, %u skipped\n", counts.passed, counts.failed,
		counts.skipped);
}

static int conclude(struct selftest *test)
{
	struct ktap *ktap = ktap_new();
	struct summary summary;
	int status = EXIT_FINE;

	if (!ktap)
		return EXIT_INTERNAL;
	session_summary(&test->session, &summary);
	summary.shown = test->nr_said < MOST_SAID ? test->nr_said : MOST_SAID;
	if (!test->common.json) {
		emit_summary(test->emitter, &summary); /* what it held back */
		fflush(test->said);
	}
	selftest_results(test, ktap);
	show(test, ktap, &summary);
	if (ktap_incomplete(ktap) || test->seen.incomplete)
		status = EXIT_INTERNAL;
	else if (ktap_counts(ktap).failed)
		status = EXIT_MISMATCH;
	else if (test->limit_losses && summary.records_lost_total > test->max_lost)
		status = EXIT_LOST;
	ktap_free(ktap);
	return status;
}

static int run(struct selftest *test)
{
	int err = 0;

	for (int i = 0; i < NR_STEPS && !err && !stop_signal(); i++)
		err = selftest_step(test, i);
	if (!err)
		err = session_drain(&test->session);
	if (err) {
		fprintf(stderr, "pwtrace: cannot go on: %s\n", strerror(-err));
		return EXIT_INTERNAL;
	}
	if (stop_signal()) {
		fprintf(stderr, "pwtrace: the selftest was interrupted\n");
		return 128 + stop_signal();
	}
	return conclude(test);
}

static int open_and_run(struct selftest *test)
{
	static const struct session_events events = { on_change, on_record };
	struct problem why;

	if (session_open(&test->session, &why))
		return cannot_run(&test->common, why.text);
	announce(test);
	/* without pageattr_ops set_direct_map_*() do their walk past the hook, which is not to be
	 * told from none */
	test->capture.calls = test->session.kernel.pageattr_ops;
	if (session_attach(&test->session, &test->capture, &events, test, &why))
		return cannot_run(&test->common, why.text);
	test->seen.page_size = geometry_page_size(&test->session.kernel.geo);
	if (start_emitter(test)) {
		fprintf(stderr, "pwtrace: out of memory\n");
		return EXIT_INTERNAL;
	}
	return run(test);
}

int cmd_selftest(int argc, char **argv)
{
	struct selftest test = { .step = NO_STEP };
	int status = parse_options(&test, argc, argv);

	if (status)
		return status > 0 ? EXIT_FINE : usage_error("selftest");
	if (test.dry_run) {
		announce(&test);
		return EXIT_FINE;
	}
	stop_on_signals();
	snprintf(test.comm, sizeof(test.comm), "pwtrace-%d", getpid());
	status = open_and_run(&test);
	seen_free(&test.seen);
	stop_emitter(&test);
	session_close(&test.session);
	return status;
}
