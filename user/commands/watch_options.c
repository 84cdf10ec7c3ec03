// SPDX-License-Identifier: GPL-2.0-only
#include "watch_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check/change.h"

/* clang-format off */
#define FILTER_HELP \
	"What is shown (! before the value denies, and wins; options may be repeated):\n" \
	"  -z, --zone ZONE      linear, modules, image, vmalloc, vmemmap, other\n" \
	"  -r, --range RANGE    START-END or START+SIZE\n" \
	"  -o, --op NAME        operation, such as set_memory_ro or 'set_direct_map_*'\n" \
	"  -P, --pid PID        process or thread\n" \
	"  -c, --comm NAME      task name, a shell pattern\n" \
	"  -R, --ret VALUE      return value, such as -22\n" \
	"  -V, --verdict NAME   MATCH, MISMATCH, UNKNOWN, RACED, LOST\n"

#define CAPTURE_HELP \
	"What is captured:\n" \
	"  -s, --stack          kernel stacks\n" \
	"      --callbacks      the walk's callbacks, and check their order\n" \
	"      --calls          set_memory_valid() and set_direct_map_*() as changes of their own\n" \
	"      --walks          pageattr's own page walks, too\n" \
	"      --births         mappings that vmalloc(), vmap() and ioremap() make, as changes of\n" \
	"                       their own: the blocks asked for, those made, and why none larger\n" \
	"      --backend NAME   auto, fentry, kprobe.multi or kprobe\n" \
	"      --ring SIZE      ring buffer, a power of two: 64K to 1G (8M)\n" \
	"      --no-rule NAME   leave out wx-after-success, break-before-make, contiguous-run or\n" \
	"                       alias-writable\n"
/* clang-format on */

static const char help[] =
	"Usage: pwtrace watch [OPTION]... [-- COMMAND [ARG]...]\n"
	"\n"
	"Show each change of a kernel mapping with a verdict, until Ctrl-C, or until COMMAND ends.\n"
	"\n" FILTER_HELP "\n"
	"When it ends:\n"
	"  -d, --duration SEC   after this long\n"
	"  -n, --limit N        after N changes were shown\n"
	"      --fail           exit 1 if there was a MISMATCH\n"
	"      --max-lost N     exit 4 if more than N records were lost\n"
	"      --output FILE    write the changes to FILE, so that COMMAND has stdout for itself\n"
	"      --record FILE    record them, too: see 'pwtrace record'\n"
	"\n" CAPTURE_HELP "\n" COMMON_HELP "\n"
	"Exit status: 0 fine, 1 a MISMATCH with --fail, 2 wrong usage, 3 this system cannot run it,\n"
	"4 more was lost than --max-lost allows, 5 internal error, 128+N by signal N.\n";

static const char record_help[] =
	"Usage: pwtrace record -o FILE [OPTION]... [-- COMMAND [ARG]...]\n"
	"\n"
	"Record each change of a kernel mapping, until Ctrl-C, or until COMMAND ends; 'pwtrace check'\n"
	"gives the same verdicts of it, on any machine.\n"
	"\n"
	"  -o, --output FILE    the recording; - for a pipe\n"
	"      --print          show the changes as well, as 'pwtrace watch' does, with its filters\n"
	"      --snapshot       all tables at the beginning and at the end, for 'pwtrace diff'\n"
	"      --redact         without physical addresses and the kernel's place in memory\n"
	"      --rotate AMOUNT  another file after 64K, 16M or 1G, or 30s, 10m or 1h: FILE.0000 ...\n"
	"      --keep N         of these files, only the last N\n"
	"      --ring-only      write nothing but what was captured lately, when a trigger says so\n"
	"      --trigger WHAT   mismatch (the one without this option), unknown, raced, lost or\n"
	"                       refused; may be repeated\n"
	"      --memory SIZE    for what was captured lately (16M)\n"
	"      --after SECONDS  of what comes behind a trigger, too (2)\n"
	"\n"
	"When it ends:\n"
	"  -d, --duration SEC   after this long\n"
	"  -n, --limit N        after N changes\n"
	"      --fail           exit 1 if there was a MISMATCH\n"
	"      --max-lost N     exit 4 if more than N records were lost\n"
	"\n" CAPTURE_HELP "\n" COMMON_HELP "\n"
	"Exit status: 0 fine, 1 a MISMATCH with --fail, 2 wrong usage, 3 this system cannot run it,\n"
	"4 more was lost than --max-lost allows or not all was written, 5 internal error, 128+N by\n"
	"signal N.\n";

static const char check_help[] =
	"Usage: pwtrace check [OPTION]... FILE...\n"
	"\n"
	"Give the changes of recordings to the checker, which gives the verdicts that it gave when\n"
	"they were made.\n"
	"\n" FILTER_HELP "\n"
	"  -n, --limit N        end after N changes were shown\n"
	"      --format NAME    text, json (-j), or results: ktap or junit\n"
	"      --jobs N         of several recordings, check N at a time (as many as processors)\n"
	"      --max-lost N     exit 4 if more than N records were lost, or a part of a file was\n"
	"      --no-rule NAME   leave out wx-after-success, break-before-make, contiguous-run or\n"
	"                       alias-writable\n"
	"\n" COMMON_HELP "\n"
	"Exit status: 0 fine, 1 a MISMATCH, 2 wrong usage, 3 a file cannot be read, 4 more was lost\n"
	"than --max-lost allows, 5 internal error, 128+N by signal N.\n";

static const char *const helps[] = { help, record_help, check_help };

enum {
	OPT_FAIL = 0x100,
	OPT_OP,
	OPT_MAX_LOST,
	OPT_CALLBACKS,
	OPT_CALLS,
	OPT_WALKS,
	OPT_BIRTHS,
	OPT_BACKEND,
	OPT_RING,
	OPT_OUTPUT,
	OPT_NO_RULE,
	OPT_RECORD,
	OPT_PRINT,
	OPT_SNAPSHOT,
	OPT_REDACT,
	OPT_ROTATE,
	OPT_KEEP,
	OPT_RING_ONLY,
	OPT_TRIGGER,
	OPT_MEMORY,
	OPT_AFTER,
	OPT_FORMAT,
	OPT_JOBS,
};

/* clang-format off */
#define FILTER_LONG \
	{ "zone", required_argument, NULL, 'z' }, { "range", required_argument, NULL, 'r' }, \
	{ "op", required_argument, NULL, OPT_OP }, { "pid", required_argument, NULL, 'P' }, \
	{ "comm", required_argument, NULL, 'c' }, { "ret", required_argument, NULL, 'R' }, \
	{ "verdict", required_argument, NULL, 'V' }, { "limit", required_argument, NULL, 'n' }, \
	{ "max-lost", required_argument, NULL, OPT_MAX_LOST }, \
	{ "no-rule", required_argument, NULL, OPT_NO_RULE }

#define CAPTURE_LONG \
	{ "duration", required_argument, NULL, 'd' }, { "fail", no_argument, NULL, OPT_FAIL }, \
	{ "stack", no_argument, NULL, 's' }, { "callbacks", no_argument, NULL, OPT_CALLBACKS }, \
	{ "calls", no_argument, NULL, OPT_CALLS }, { "walks", no_argument, NULL, OPT_WALKS }, \
	{ "births", no_argument, NULL, OPT_BIRTHS }, \
	{ "backend", required_argument, NULL, OPT_BACKEND }, \
	{ "ring", required_argument, NULL, OPT_RING }, \
	{ "output", required_argument, NULL, OPT_OUTPUT }
/* clang-format on */

static const struct option watch_long[] = { FILTER_LONG,
					    CAPTURE_LONG,
					    { "record", required_argument, NULL, OPT_RECORD },
					    COMMON_LONG,
					    {} };
static const struct option record_long[] = { FILTER_LONG,
					     CAPTURE_LONG,
					     { "print", no_argument, NULL, OPT_PRINT },
					     { "snapshot", no_argument, NULL, OPT_SNAPSHOT },
					     { "redact", no_argument, NULL, OPT_REDACT },
					     { "rotate", required_argument, NULL, OPT_ROTATE },
					     { "keep", required_argument, NULL, OPT_KEEP },
					     { "ring-only", no_argument, NULL, OPT_RING_ONLY },
					     { "trigger", required_argument, NULL, OPT_TRIGGER },
					     { "memory", required_argument, NULL, OPT_MEMORY },
					     { "after", required_argument, NULL, OPT_AFTER },
					     COMMON_LONG,
					     {} };
static const struct option check_long[] = { FILTER_LONG,
					    { "format", required_argument, NULL, OPT_FORMAT },
					    { "jobs", required_argument, NULL, OPT_JOBS },
					    COMMON_LONG,
					    {} };

static const struct {
	const char *letters;
	const struct option *words;
} known[] = {
	{ "+z:r:o:P:c:R:V:d:n:s" COMMON_SHORT, watch_long },
	{ "+z:r:o:P:c:R:V:d:n:s" COMMON_SHORT, record_long },
	{ "z:r:o:P:c:R:V:n:" COMMON_SHORT, check_long },
};

static int parse_seconds(const char *option, const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	if (end == text || *end || !(*seconds > 0 && *seconds < 1e9))
		return option_refused(option, text, "seconds, more than 0");
	return 0;
}

/* "16M". 0: it is none. */
static uint64_t parse_size(const char *text)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || value >= 1ULL << 32)
		return 0;
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
	return *end ? 0 : value;
}

static int parse_ring(const char *text, size_t *size)
{
	uint64_t value = parse_size(text);

	if (value < 64 << 10 || value > 1 << 30 || (value & (value - 1)))
		return option_refused("ring", text, "a power of two from 64K to 1G, such as 16M");
	*size = value;
	return 0;
}

/* Lower case letters are of time, as elsewhere upper case ones are of sizes. */
static int parse_rotate(const char *text, struct tape_options *tape)
{
	static const char units[] = "smh";
	static const double seconds[] = { 1, 60, 3600 };
	size_t digits = strspn(text, "0123456789");
	const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;

	if (unit && digits && digits < 8 && !text[digits + 1] && atoi(text)) {
		tape->rotate_time = atoi(text) * seconds[unit - units];
		return 0;
	}
	tape->rotate_size = digits && !unit ? parse_size(text) : 0;
	if (tape->rotate_size >= 64 << 10)
		return 0;
	return option_refused("rotate", text,
			      "a size of 64K at least, or a time: 16M, 30s, 10m, 1h");
}

static int parse_trigger(struct watch_options *options, const char *text)
{
	for (enum verdict verdict = VERDICT_MISMATCH; verdict < VERDICT_NR; verdict++)
		if (!strcasecmp(text, verdict_name(verdict))) {
			options->triggers |= 1U << verdict;
			return 0;
		}
	if (strcasecmp(text, "refused"))
		return option_refused("trigger", text, "mismatch, unknown, raced, lost or refused");
	options->trigger_refused = true;
	return 0;
}

static int parse_memory(const char *text, size_t *memory)
{
	uint64_t size = parse_size(text);

	if (size < 64 << 10 || size > 16ULL << 30)
		return option_refused("memory", text, "a size from 64K to 16G");
	*memory = size;
	return 0;
}

static int parse_format(const char *text, struct watch_options *options)
{
	options->common.json = !strcmp(text, "json");
	options->results = !strcmp(text, "ktap")  ? EMIT_KTAP :
			   !strcmp(text, "junit") ? EMIT_JUNIT :
						    EMIT_CHANGES;
	if (options->common.json || options->results || !strcmp(text, "text"))
		return 0;
	return option_refused("format", text, "text, json, ktap or junit");
}

static int parse_jobs(const char *text, uint64_t *jobs)
{
	int err = option_count("jobs", text, jobs);

	if (err)
		return err;
	return *jobs && *jobs <= 1024 ? 0 : option_refused("jobs", text, "a number from 1 to 1024");
}

static int parse_rule(const char *text, uint32_t *rules_off)
{
	enum rule rule = rule_find(text);

	if (rule == RULE_NR)
		return option_refused("no-rule", text,
				      "wx-after-success, break-before-make, contiguous-run or "
				      "alias-writable");
	*rules_off |= 1U << rule;
	return 0;
}

static int parse_filter(struct filter *filter, enum filter_kind kind, const char *option,
			const char *text)
{
	int err = filter_add(filter, kind, text);

	if (err == -E2BIG)
		return option_refused(option, text, "fewer of this option");
	return err ? option_refused(option, text, filter_syntax(kind)) : 0;
}

static int parse_option(struct watch_options *options, int opt)
{
	switch (opt) {
	case 'z':
		return parse_filter(&options->filter, FILTER_ZONE, "zone", optarg);
	case 'r':
		return parse_filter(&options->filter, FILTER_RANGE, "range", optarg);
	case 'o':
		if (options->kind != FOR_RECORD)
			return parse_filter(&options->filter, FILTER_OP, "op", optarg);
		options->tape.path = optarg;
		return 0;
	case OPT_OP:
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
		return parse_seconds("duration", optarg, &options->duration);
	case 'n':
		return option_count("limit", optarg, &options->limit);
	case OPT_FAIL:
		options->fail = true;
		return 0;
	case OPT_MAX_LOST:
		options->limit_losses = true;
		return option_count("max-lost", optarg, &options->max_lost);
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
	case OPT_BIRTHS:
		options->capture.births = true;
		return 0;
	case OPT_BACKEND:
		return option_backend(optarg, &options->capture.backend);
	case OPT_OUTPUT:
		*(options->kind == FOR_RECORD ? &options->tape.path : &options->output) = optarg;
		return 0;
	case OPT_RECORD:
		options->tape.path = optarg;
		return 0;
	case OPT_PRINT:
		options->silent = false;
		return 0;
	case OPT_SNAPSHOT:
		options->snapshot = true;
		return 0;
	case OPT_REDACT:
		options->tape.redact = true;
		return 0;
	case OPT_ROTATE:
		return parse_rotate(optarg, &options->tape);
	case OPT_KEEP:
		return option_count("keep", optarg, &options->keep);
	case OPT_RING_ONLY:
		options->ring_only = true;
		return 0;
	case OPT_TRIGGER:
		return parse_trigger(options, optarg);
	case OPT_MEMORY:
		return parse_memory(optarg, &options->tape.memory);
	case OPT_AFTER:
		return parse_seconds("after", optarg, &options->tape.after);
	case OPT_FORMAT:
		return parse_format(optarg, options);
	case OPT_JOBS:
		return parse_jobs(optarg, &options->jobs);
	case OPT_NO_RULE:
		return parse_rule(optarg, &options->rules_off);
	case OPT_RING:
		return parse_ring(optarg, &options->capture.ring_size);
	default:
		return common_option(&options->common, opt) ? 0 : -EINVAL;
	}
}

/* Nobody asks for verdicts now: they can be had of the file. */
static bool can_wait(const struct watch_options *options)
{
	return options->silent && !options->common.json && !options->fail && !options->limit &&
	       !options->ring_only;
}

/* Options of record that say something together only. */
static int complete_tape(struct watch_options *options)
{
	struct tape_options *tape = &options->tape;
	bool triggers = options->triggers || options->trigger_refused;
	const char *wrong = NULL;

	if (!tape->path)
		wrong = "record wants a file: -o FILE";
	else if (!options->ring_only && (triggers || tape->memory || tape->after))
		wrong = "--trigger, --memory and --after are for --ring-only";
	else if (options->ring_only && (tape->rotate_size || tape->rotate_time))
		wrong = "--ring-only writes a file for each trigger: there is nothing to --rotate";
	else if (!strcmp(tape->path, "-") &&
		 (options->ring_only || tape->rotate_size || tape->rotate_time))
		wrong = "a pipe is one file: no --rotate and no --ring-only with -o -";
	else if (!strcmp(tape->path, "-") && (options->common.json || !options->silent))
		wrong = "the recording goes to standard output: no -j and no --print with -o -";
	else if (options->snapshot && (options->ring_only || tape->redact))
		wrong = "--snapshot goes with neither --ring-only nor --redact: tables are addresses";
	if (wrong) {
		fprintf(stderr, "pwtrace: %s\n", wrong);
		return -EINVAL;
	}
	tape->keep = options->keep > UINT_MAX ? 0 : options->keep;
	tape->rules_off = options->rules_off;
	if (options->ring_only && !tape->memory)
		tape->memory = 16 << 20;
	if (options->ring_only && !tape->after)
		tape->after = 2;
	if (!triggers)
		options->triggers = 1U << VERDICT_MISMATCH;
	tape->unchecked = can_wait(options);
	return 0;
}

/* What is behind the options. */
static int parse_operands(struct watch_options *options, int argc, char **argv)
{
	if (options->kind == FOR_CHECK) {
		options->files = argv + optind;
		options->nr_files = argc - optind;
		if (options->nr_files)
			return 0;
		fprintf(stderr, "pwtrace: check wants a recording\n");
		return -EINVAL;
	}
	if (options->tape.path || options->kind == FOR_RECORD) {
		int err = complete_tape(options);

		if (err)
			return err;
	}
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

int watch_parse_options(struct watch_options *options, int argc, char **argv)
{
	int opt, err;

	common_init(&options->common);
	options->silent = options->kind == FOR_RECORD;
	while ((opt = getopt_long(argc, argv, known[options->kind].letters,
				  known[options->kind].words, NULL)) != -1) {
		if (opt == 'h') {
			fputs(helps[options->kind], stdout);
			return 1;
		}
		err = parse_option(options, opt);
		if (err)
			return err;
	}
	options->capture.verbose = options->common.verbose;
	options->common.json &= !options->results;
	return parse_operands(options, argc, argv);
}
