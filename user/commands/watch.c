// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace watch: each change of a kernel mapping as it happens, with its verdict. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/capture.h"
#include "check/check.h"
#include "commands/child.h"
#include "commands/commands.h"
#include "commands/filter.h"
#include "emit/emit.h"
#include "kernel/needs.h"

#define POLL_MS 200
/* The output goes out at the end of a change, so that what COMMAND prints never comes between. */
#define OUTPUT_BUFFER (1 << 20)
#define OUTPUT_FLUSH  (64 << 10)
/* Looks for the end of calls that were under way, BATCH apart, before the hooks go away. */
#define DRAIN_LOOKS 6

struct watch_options {
	struct common_options common;
	struct capture_options capture;
	struct filter filter;
	double duration; /* seconds, 0: no end */
	uint64_t limit;	 /* changes shown, 0: no end */
	bool fail;
	bool limit_losses;
	uint64_t max_lost;
	const char *output; /* file for the changes, NULL: stdout */
	char **command;	    /* NULL: none */
};

struct watch {
	const struct watch_options *options;
	struct kernel kernel;
	struct capture *capture;
	struct check *check;
	struct emitter *emitter;
	FILE *out;
	uint64_t shown;
	bool full; /* the limit is reached */
};

static volatile sig_atomic_t stopped;

/* The first signal ends the watch in order, the second at once. */
static void on_signal(int sig)
{
	if (stopped)
		_exit(128 + sig);
	stopped = sig;
}

static void on_child(int sig)
{
	(void)sig; /* only to end a sleep */
}

static const char help[] =
	"Usage: pwtrace watch [OPTION]... [-- COMMAND [ARG]...]\n"
	"\n"
	"Show each change of a kernel mapping with a verdict, until Ctrl-C, or until COMMAND ends.\n"
	"\n"
	"What is shown (! before the value denies, and wins; options may be repeated):\n"
	"  -z, --zone ZONE      linear, modules, image, vmalloc, vmemmap, other\n"
	"  -r, --range RANGE    START-END or START+SIZE\n"
	"  -o, --op NAME        operation, such as set_memory_ro or 'set_direct_map_*'\n"
	"  -P, --pid PID        process or thread\n"
	"  -c, --comm NAME      task name, a shell pattern\n"
	"  -R, --ret VALUE      return value, such as -22\n"
	"  -V, --verdict NAME   MATCH, MISMATCH, UNKNOWN, RACED, LOST\n"
	"\n"
	"When it ends:\n"
	"  -d, --duration SEC   after this long\n"
	"  -n, --limit N        after N changes were shown\n"
	"      --fail           exit 1 if there was a MISMATCH\n"
	"      --max-lost N     exit 4 if more than N records were lost\n"
	"      --output FILE    write the changes to FILE, so that COMMAND has stdout for itself\n"
	"\n"
	"What is captured:\n"
	"  -s, --stack          kernel stacks\n"
	"      --callbacks      the walk's callbacks, and check their order\n"
	"      --calls          set_memory_valid() and set_direct_map_*() as changes of their own\n"
	"      --walks          pageattr's own page walks, too\n"
	"      --backend NAME   auto, fentry, kprobe.multi or kprobe\n"
	"      --ring SIZE      ring buffer, a power of two: 64K to 1G (8M)\n"
	"\n" COMMON_HELP "\n"
	"Exit status: 0 fine, 1 a MISMATCH with --fail, 2 wrong usage, 3 this system cannot run it,\n"
	"4 more was lost than --max-lost allows, 5 internal error, 128+N by signal N.\n";

enum {
	OPT_FAIL = 0x100,
	OPT_MAX_LOST,
	OPT_CALLBACKS,
	OPT_CALLS,
	OPT_WALKS,
	OPT_BACKEND,
	OPT_RING,
	OPT_OUTPUT,
};

static const struct option long_options[] = { { "zone", required_argument, NULL, 'z' },
					      { "range", required_argument, NULL, 'r' },
					      { "op", required_argument, NULL, 'o' },
					      { "pid", required_argument, NULL, 'P' },
					      { "comm", required_argument, NULL, 'c' },
					      { "ret", required_argument, NULL, 'R' },
					      { "verdict", required_argument, NULL, 'V' },
					      { "duration", required_argument, NULL, 'd' },
					      { "limit", required_argument, NULL, 'n' },
					      { "fail", no_argument, NULL, OPT_FAIL },
					      { "max-lost", required_argument, NULL, OPT_MAX_LOST },
					      { "stack", no_argument, NULL, 's' },
					      { "callbacks", no_argument, NULL, OPT_CALLBACKS },
					      { "calls", no_argument, NULL, OPT_CALLS },
					      { "walks", no_argument, NULL, OPT_WALKS },
					      { "backend", required_argument, NULL, OPT_BACKEND },
					      { "ring", required_argument, NULL, OPT_RING },
					      { "output", required_argument, NULL, OPT_OUTPUT },
					      COMMON_LONG,
					      {} };

static int bad_value(const char *option, const char *value, const char *wants)
{
	fprintf(stderr, "pwtrace: --%s %s: give %s\n", option, value, wants);
	return -EINVAL;
}

static int parse_count(const char *option, const char *text, uint64_t *count)
{
	char *end;

	errno = 0;
	*count = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		return bad_value(option, text, "a number");
	return 0;
}

static int parse_duration(const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	if (end == text || *end || !(*seconds > 0 && *seconds < 1e9))
		return bad_value("duration", text, "seconds, more than 0");
	return 0;
}

static int parse_ring(const char *text, size_t *size)
{
	static const char wants[] = "a power of two from 64K to 1G, such as 16M";
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text)
		return bad_value("ring", text, wants);
	switch (*end) {
	case 'G':
	case 'g':
		value <<= 10;
		/* fall through */
	case 'M':
	case 'm':
		value <<= 10;
		/* fall through */
	case 'K':
	case 'k':
		value <<= 10;
		end++;
	}
	if (*end || value < 64 << 10 || value > 1 << 30 || (value & (value - 1)))
		return bad_value("ring", text, wants);
	*size = value;
	return 0;
}

static int parse_backend(const char *text, enum backend *backend)
{
	for (*backend = 0; *backend < BACKEND_NR; (*backend)++)
		if (!strcmp(text, backend_name(*backend)))
			return 0;
	return bad_value("backend", text, "auto, fentry, kprobe.multi or kprobe");
}

static int parse_filter(struct filter *filter, enum filter_kind kind, const char *option,
			const char *text)
{
	int err = filter_add(filter, kind, text);

	if (err == -E2BIG)
		return bad_value(option, text, "fewer of this option");
	return err ? bad_value(option, text, filter_syntax(kind)) : 0;
}

static int parse_option(struct watch_options *options, int opt)
{
	switch (opt) {
	case 'z':
		return parse_filter(&options->filter, FILTER_ZONE, "zone", optarg);
	case 'r':
		return parse_filter(&options->filter, FILTER_RANGE, "range", optarg);
	case 'o':
		return parse_filter(&options->filter, FILTER_OP, "op", optarg);
	case 'P':
		return parse_filter(&options->filter, FILTER_PID, "pid", optarg);
	case 'c':
		return parse_filter(&options->filter, FILTER_COMM, "comm", optarg);
	case 'R':
		return parse_filter(&options->filter, FILTER_RET, "ret", optarg);
	case 'V':
		return parse_filter(&options->filter, FILTER_VERDICT, "verdict", optarg);
	case 'd':
		return parse_duration(optarg, &options->duration);
	case 'n':
		return parse_count("limit", optarg, &options->limit);
	case OPT_FAIL:
		options->fail = true;
		return 0;
	case OPT_MAX_LOST:
		options->limit_losses = true;
		return parse_count("max-lost", optarg, &options->max_lost);
	case 's':
		options->capture.stack = true;
		return 0;
	case OPT_CALLBACKS:
		options->capture.callbacks = true;
		return 0;
	case OPT_CALLS:
		options->capture.calls = true;
		return 0;
	case OPT_WALKS:
		options->capture.walks = true;
		return 0;
	case OPT_BACKEND:
		return parse_backend(optarg, &options->capture.backend);
	case OPT_OUTPUT:
		options->output = optarg;
		return 0;
	case OPT_RING:
		return parse_ring(optarg, &options->capture.ring_size);
	default:
		return common_option(&options->common, opt) ? 0 : -EINVAL;
	}
}

/* 0: go on; 1: help was given; a negative errno after a message. */
static int parse_options(struct watch_options *options, int argc, char **argv)
{
	int opt, err;

	common_init(&options->common);
	while ((opt = getopt_long(argc, argv, "+z:r:o:P:c:R:V:d:n:s" COMMON_SHORT, long_options,
				  NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return 1;
		}
		err = parse_option(options, opt);
		if (err)
			return err;
	}
	options->capture.verbose = options->common.verbose;
	if (optind == argc)
		return 0;
	if (strcmp(argv[optind - 1], "--")) {
		fprintf(stderr, "pwtrace: unexpected argument '%s' (a command goes behind --)\n",
			argv[optind]);
		return -EINVAL;
	}
	options->command = argv + optind;
	return 0;
}

static int on_record(void *ctx, const void *record, size_t size)
{
	struct watch *watch = ctx;
	const struct pwt_hdr *hdr = record;

	if (hdr->type == PWT_WALK && size >= sizeof(struct pwt_walk))
		emit_walk(watch->emitter, record);
	return check_record(watch->check, record, size);
}

/* The stack from the traced function on: above it stand the trampoline and the program itself. */
static void take_stack(const struct watch *watch, const struct change *change, struct stack *stack)
{
	uint64_t addrs[32], start, end;
	size_t nr = capture_stack(watch->capture, change->stack_id, addrs, 32), top = 0;

	if (!kernel_code(&watch->kernel, capture_function(watch->capture, change->func), &start,
			 &end))
		while (top < nr && (addrs[top] < start || addrs[top] >= end))
			top++;
	if (top == nr)
		top = 0;
	stack->nr = nr - top;
	memcpy(stack->addrs, addrs + top, stack->nr * sizeof(*addrs));
}

static void on_change(void *ctx, const struct change *change)
{
	struct watch *watch = ctx;
	struct stack stack = {};

	if (watch->options->common.quiet && change->verdict == VERDICT_MATCH)
		return;
	if (watch->full || !filter_pass(&watch->options->filter, change))
		return;
	if (change->stack_id >= 0)
		take_stack(watch, change, &stack);
	emit_change(watch->emitter, change, &stack);
	if (__fpending(watch->out) > OUTPUT_FLUSH)
		fflush(watch->out);
	watch->shown++;
	if (watch->options->limit && watch->shown >= watch->options->limit)
		watch->full = true;
}

static void code_range(const struct kernel *kernel, const char *name, struct code_range *range)
{
	kernel_code(kernel, name, &range->start, &range->end);
}

static uint64_t missed(void *ctx)
{
	struct watch *watch = ctx;

	return capture_missed(watch->capture);
}

static void configure_check(struct watch *watch, struct check_config *config)
{
	const struct kernel *kernel = &watch->kernel;

	*config = (struct check_config){
		.geo = &kernel->geo,
		.zones = &kernel->zones,
		.root_pa = kernel->root_pa,
		.phys_to_virt = kernel->phys_to_virt,
		.rules = {
			.apply_to_page_range = !kernel->pageattr_ops,
			.splits_leaves = kernel->splits_leaves,
			.splits_unknown = kernel->splits_unknown,
			.rodata_full = kernel->rodata_full,
			.rodata_full_unknown = kernel->rodata_full_unknown,
		},
		.callbacks = watch->options->capture.callbacks,
		.exclusive_hook = kallsyms_find(kernel->syms, "__change_memory_common"),
		.own_tgid = getpid(),
		.missed = missed,
		.missed_ctx = watch,
	};
	code_range(kernel, "change_memory_common", &config->change_memory_common);
	code_range(kernel, "__change_memory_common", &config->__change_memory_common);
	code_range(kernel, "set_memory_valid", &config->set_memory_valid);
	code_range(kernel, "__set_memory_enc_dec", &config->set_memory_enc_dec);
	if (!config->set_memory_enc_dec.start)
		code_range(kernel, "__set_memory_enc_dec.part.0", &config->set_memory_enc_dec);
}

static int start_check(struct watch *watch)
{
	struct check_config config;

	configure_check(watch, &config);
	return check_new(&watch->check, &config, on_change, watch);
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

	watch->emitter = emitter_new(&watch->kernel, &options, watch->out);
	return watch->emitter ? 0 : -ENOMEM;
}

static int open_output(struct watch *watch)
{
	const char *path = watch->options->output;

	watch->out = path ? fopen(path, "we") : stdout;
	if (watch->out)
		setvbuf(watch->out, NULL, _IOFBF, OUTPUT_BUFFER);
	else
		fprintf(stderr, "pwtrace: cannot write to %s: %s\n", path, strerror(errno));
	return watch->out ? 0 : -errno;
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

static void catch_signals(void)
{
	struct sigaction stop = { .sa_handler = on_signal };
	struct sigaction child = { .sa_handler = on_child };

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	sigaction(SIGCHLD, &child, NULL);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static int look(struct watch *watch, int timeout_ms)
{
	int nr = capture_poll(watch->capture, timeout_ms);

	if (!nr) {
		check_idle(watch->check);
		emit_idle(watch->emitter);
	}
	return nr;
}

/* Until the end that was asked for. */
static int follow(struct watch *watch, pid_t *child)
{
	const struct watch_options *options = watch->options;
	double end = options->duration ? now() + options->duration : 0;
	int nr = 0, status;

	while (!stopped && !watch->full && nr >= 0) {
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
	}
	return nr < 0 ? nr : 0;
}

/* No new calls; what is under way ends, what is in the ring is read. */
static int drain(struct watch *watch)
{
	size_t buckets;
	const uint32_t *lost;
	int nr, looks = DRAIN_LOOKS;

	capture_stop(watch->capture);
	do {
		nr = look(watch, 10);
	} while (nr > 0 || (!nr && --looks));
	lost = capture_lost_by_task(watch->capture, &buckets);
	check_finish(watch->check, lost, buckets);
	return nr < 0 ? nr : 0;
}

static int conclude(struct watch *watch)
{
	const struct watch_options *options = watch->options;
	struct summary summary = {
		.stats = check_stats(watch->check),
		.shown = watch->shown,
		.records_lost = capture_lost(watch->capture),
		.records_lost_total = capture_lost_total(watch->capture),
		.probes_missed = capture_missed(watch->capture),
		.kernel = watch->kernel.release,
		.backend = backend_name(capture_backend(watch->capture)),
	};

	summary.hooks = capture_hooks(watch->capture, &summary.nr_hooks);
	emit_summary(watch->emitter, &summary);
	if (!options->common.quiet)
		emit_summary_text(stderr, &summary);
	if (options->fail && summary.stats->verdicts[VERDICT_MISMATCH])
		return EXIT_MISMATCH;
	if (options->limit_losses && summary.records_lost_total > options->max_lost)
		return EXIT_LOST;
	return EXIT_FINE;
}

/* Say what is watched, so that silence is not taken for a fault. */
static void announce(const struct watch *watch)
{
	size_t nr;
	const struct hook_status *hooks = capture_hooks(watch->capture, &nr);

	if (watch->options->common.quiet)
		return;
	fprintf(stderr, "pwtrace: watching %s by %s on %s", watch->emitter->range_function,
		backend_name(capture_backend(watch->capture)), watch->kernel.release);
	for (size_t i = 0; i < nr; i++)
		if (hooks[i].state == HOOK_ABSENT || hooks[i].state == HOOK_FAILED)
			fprintf(stderr, "; %s is %s", hooks[i].function,
				hooks[i].state == HOOK_ABSENT ? "absent" : "not attached");
	fprintf(stderr, "%s\n", watch->options->command ? "" : "; Ctrl-C ends it");
}

static int run(struct watch *watch)
{
	const struct watch_options *options = watch->options;
	pid_t child = 0;
	int err, status;

	announce(watch);
	if (options->command) {
		child = child_start(options->command);
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
		err = drain(watch);
	if (err) {
		fprintf(stderr, "pwtrace: cannot go on: %s\n", strerror(-err));
		return EXIT_INTERNAL;
	}
	return conclude(watch);
}

static int open_and_run(struct watch *watch)
{
	const struct watch_options *options = watch->options;
	struct problem why;
	int err;

	if (needs_check(&why) || kernel_open(&watch->kernel, &why))
		return cannot_run(&options->common, why.text);
	err = start_emitter(watch);
	if (!err)
		err = start_check(watch);
	if (err) {
		fprintf(stderr, "pwtrace: out of memory\n");
		return EXIT_INTERNAL;
	}
	err = capture_open(&watch->capture, &watch->kernel, &options->capture, on_record, watch,
			   &why);
	if (err)
		return cannot_run(&options->common, why.text);
	watch->emitter->range_function = capture_function(watch->capture, PWT_FN_RANGE);
	return run(watch);
}

int cmd_watch(int argc, char **argv)
{
	struct watch_options options = {};
	struct watch watch = { .options = &options };
	int status = parse_options(&options, argc, argv);

	if (status)
		return status > 0 ? EXIT_FINE : usage_error("watch");
	catch_signals();
	if (open_output(&watch))
		return EXIT_USAGE;
	if (options.output)
		options.common.color = false;
	status = open_and_run(&watch);
	capture_close(watch.capture);
	check_free(watch.check);
	emitter_free(watch.emitter);
	kernel_close(&watch.kernel);
	return close_output(&watch) ?: status;
}
