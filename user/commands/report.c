// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace report: a recording as one page to look at. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/commands.h"
#include "commands/replay.h"
#include "commands/report_tables.h"
#include "commands/stop.h"
#include "emit/object.h"
#include "recording/sink.h"

#define EXHIBITS      40
#define MOST_EXHIBITS 1000

static const char help[] =
	"Usage: pwtrace report [OPTION]... FILE -o PAGE\n"
	"\n"
	"Make one HTML page of a recording: verdicts and losses, each mismatch entry by entry, the\n"
	"address space, a time line, callers, operations. It needs nothing but a browser.\n"
	"\n"
	"  -o, --output PAGE    the page; -: standard output\n"
	"  -n, --limit N        draw the first N mismatches, and the first of each reason (40)\n"
	"      --no-redact      with physical addresses, and where the kernel lies\n"
	"\n" COMMON_HELP "\n"
	"Exit status: 0 fine, whatever the verdicts are, 2 wrong usage, 3 the file cannot be read,\n"
	"5 internal error, 128+N by signal N.\n";

enum { OPT_NO_REDACT = 0x2000 };

static const struct option long_options[] = { { "output", required_argument, NULL, 'o' },
					      { "limit", required_argument, NULL, 'n' },
					      { "no-redact", no_argument, NULL, OPT_NO_REDACT },
					      COMMON_LONG,
					      {} };

struct report_command {
	struct common_options common;
	char *file;
	const char *output;
	uint64_t limit;
	bool redact;
	struct replay *replay;
	struct report report;
	struct sheet_input input;
	struct summary summary;
	char damage[REPORT_DAMAGE];
	int err; /* of collecting */
};

static bool is_over(void *ctx)
{
	return stop_signal() || ((struct report_command *)ctx)->err;
}

static void on_change(void *ctx, const struct change *change)
{
	struct report_command *command = ctx;
	struct stack stack;

	if (command->err)
		return;
	replay_stack(command->replay, change, &stack);
	command->err = report_change(&command->report, change, &stack);
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What the replay knows when it is over. */
static void conclude(struct report_command *command)
{
	struct sheet_input *input = &command->input;

	replay_summary(command->replay, &command->summary);
	command->summary.shown = command->report.changes;
	*input = (struct sheet_input){
		.report = &command->report,
		.summary = &command->summary,
		.info = replay_info(command->replay),
		.version = PWTRACE_VERSION,
		.file = name_of(command->file),
		.range_function = replay_function(command->replay, PWT_FN_RANGE),
		.unwritten = replay_unwritten(command->replay),
		.captured = command->summary.nr_hooks || command->summary.stats->records,
		.redact = command->redact,
	};
	if (replay_damage(command->replay, command->damage, sizeof(command->damage)))
		input->damage = command->damage;
}

static int collect(struct report_command *command, struct problem *why)
{
	const struct kernel *kernel = replay_kernel(command->replay);
	struct sheet_input *input = &command->input;
	int err = replay_run(command->replay, is_over, why);

	if (!err && command->err)
		err = problem(why, command->err, "out of memory");
	if (err)
		return err;
	conclude(command);
	err = report_tables(command->file, kernel, input, command->damage, why);
	/* err: how many snapshots there are */
	for (int side = 0; !err && side < LEAFMAP_SIDES; side++)
		if (leafmap_space(&command->report.leafmap, side, &kernel->zones,
				  &input->strips[side]))
			err = problem(why, -ENOMEM, "out of memory");
	return err < 0 ? err : 0;
}

static int write_page(const struct report_command *command, const void *page, size_t size,
		      struct problem *why)
{
	struct sink sink;
	int err = sink_open(&sink, command->output);
	bool opened = !err, closed;

	if (!err)
		err = sink_write(&sink, page, size);
	closed = opened && !sink_close(&sink);
	if (opened && !err && !closed)
		err = -EIO;
	if (err == -EMLINK)
		return problem(why, err, "%s is a link or no regular file: give another name",
			       command->output);
	if (err == -ENOTTY)
		return problem(why, err, "a page is not for a terminal: give a file, or a pipe");
	return err ? problem(why, err, "cannot write to %s: %s", command->output, strerror(-err)) :
		     0;
}

static int make_page(struct report_command *command, size_t *size, struct problem *why)
{
	char *page = NULL;
	FILE *out = open_memstream(&page, size);
	int err = out ? sheet_print(out, &command->input) : -ENOMEM;

	if (out && fclose(out))
		err = -ENOMEM;
	err = err ? problem(why, err, "out of memory") : write_page(command, page, *size, why);
	free(page);
	return err;
}

static void say(const struct report_command *command, size_t size)
{
	if (command->common.json) {
		json *object = object_of("report");

		put_string(object, "output", command->output);
		put_number(object, "bytes", size);
		put_bool(object, "redacted", command->redact);
		put_number(object, "mismatches", command->report.mismatches.nr);
		put_number(object, "refused", command->report.refusals.total);
		put_string(object, "damage", command->input.damage);
		print_object(stdout, object, command->common.pretty);
	}
	if (command->input.damage)
		fprintf(stderr, "pwtrace report: %s: %s\n", command->file, command->input.damage);
	if (command->common.quiet)
		return;
	emit_summary_text(stderr, &command->summary);
	fprintf(stderr, "%s: %zu bytes\n", command->output, size);
}

static void summarize(const struct report_command *command)
{
	const struct emit_options options = { .json = true, .pretty = command->common.pretty };
	struct emitter *emitter;

	if (!command->common.json)
		return;
	emitter = emitter_new(replay_kernel(command->replay), &options, stdout);
	if (emitter)
		emit_summary(emitter, &command->summary);
	emitter_free(emitter);
}

static int run(struct report_command *command)
{
	struct problem why;
	size_t size;

	report_init(&command->report, replay_kernel(command->replay), command->limit);
	if (collect(command, &why) || (!stop_signal() && make_page(command, &size, &why))) {
		fprintf(stderr, "pwtrace report: %s\n", why.text);
		return EXIT_INTERNAL;
	}
	if (!stop_signal()) {
		say(command, size);
		summarize(command);
	}
	return stop_signal() ? 128 + stop_signal() : EXIT_FINE;
}

static int open_and_run(struct report_command *command)
{
	static const struct session_events events = { on_change, NULL };
	struct problem why;
	int status;

	if (replay_open(&command->replay, &command->file, 1, 0, &events, command, &why))
		return cannot_run(&command->common, why.text);
	status = run(command);
	for (int side = 0; side < LEAFMAP_SIDES; side++)
		strips_release(&command->input.strips[side]);
	report_release(&command->report);
	replay_close(command->replay);
	return status;
}

static int parse_option(struct report_command *command, int opt)
{
	switch (opt) {
	case 'o':
		command->output = optarg;
		return 0;
	case 'n':
		if (option_count("limit", optarg, &command->limit))
			return -EINVAL;
		if (command->limit > MOST_EXHIBITS)
			return option_refused("limit", optarg, "1000 at most");
		return 0;
	case OPT_NO_REDACT:
		command->redact = false;
		return 0;
	default:
		return common_option(&command->common, opt) ? 0 : -EINVAL;
	}
}

/* What is written to is made anew: it must not be what is read. */
static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int parse_operands(struct report_command *command, int argc, char **argv)
{
	if (argc - optind > 1) {
		fprintf(stderr, "pwtrace report: unexpected argument '%s': takes one recording\n",
			argv[optind + 1]);
		return -EINVAL;
	}
	command->file = argv[optind];
	if (!command->file)
		fprintf(stderr, "pwtrace report: wants a recording\n");
	else if (!command->output)
		fprintf(stderr, "pwtrace report: wants a name for the page of '%s': -o PAGE\n",
			command->file);
	else if (command->common.json && !strcmp(command->output, "-"))
		fprintf(stderr, "pwtrace report: --json and -o - both want standard output\n");
	else if (same_file(command->file, command->output))
		fprintf(stderr, "pwtrace report: the page would take the place of %s\n",
			command->file);
	else
		return 0;
	return -EINVAL;
}

int cmd_report(int argc, char **argv)
{
	struct report_command command = { .limit = EXHIBITS, .redact = true };
	int opt;

	common_init(&command.common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT "o:n:", long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (parse_option(&command, opt))
			return usage_error("report");
	}
	if (parse_operands(&command, argc, argv))
		return usage_error("report");
	stop_on_signals();
	return open_and_run(&command);
}
