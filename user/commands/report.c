// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace report: a recording as one page to look at. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/commands.h"
#include "commands/report_collect.h"
#include "commands/stop.h"
#include "emit/object.h"
#include "recording/sink.h"

#define EXHIBITS      40
#define MOST_EXHIBITS 1000

static const char help[] =
	"Usage: pwtrace report [OPTION]... FILE... -o PAGE\n"
	"\n"
	"Make one HTML page of a recording: verdicts and losses, each mismatch entry by entry, the\n"
	"address space, a time line, callers, operations. It needs nothing but a browser. Several\n"
	"files are the parts of one recording, in order.\n"
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
	const char *output;
	uint64_t limit;
	bool redact;
	struct collected collected;
};

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
	int err = out ? sheet_print(out, &command->collected.input) : -ENOMEM;

	if (out && fclose(out))
		err = -ENOMEM;
	err = err ? problem(why, err, "out of memory") : write_page(command, page, *size, why);
	free(page);
	return err;
}

static void say(const struct report_command *command, size_t size)
{
	const struct collected *collected = &command->collected;

	if (command->common.json) {
		json *object = object_of("report");

		put_string(object, "output", command->output);
		put_number(object, "bytes", size);
		put_bool(object, "redacted", command->redact);
		put_number(object, "mismatches", collected->report.mismatches.nr);
		put_number(object, "refused", collected->report.refusals.total);
		put_string(object, "damage", collected->input.damage);
		print_object(stdout, object, command->common.pretty);
	}
	if (collected->input.damage)
		fprintf(stderr, "pwtrace report: %s: %s\n", collected->files[0],
			collected->input.damage);
	if (command->common.quiet)
		return;
	emit_summary_text(stderr, &collected->summary);
	fprintf(stderr, "%s: %zu bytes\n", command->output, size);
}

static void summarize(const struct report_command *command)
{
	const struct emit_options options = { .json = true, .pretty = command->common.pretty };
	struct emitter *emitter;

	if (!command->common.json)
		return;
	emitter = emitter_new(collected_kernel(&command->collected), &options, stdout);
	if (emitter)
		emit_summary(emitter, &command->collected.summary);
	emitter_free(emitter);
}

static int run(struct report_command *command)
{
	struct problem why;
	size_t size;
	int err;

	if (collected_open(&command->collected, command->limit, &why))
		return cannot_run(&command->common, why.text);
	err = collected_run(&command->collected, &why);
	command->collected.input.redact = command->redact;
	if (!err && !stop_signal())
		err = make_page(command, &size, &why);
	if (err) {
		fprintf(stderr, "pwtrace report: %s\n", why.text);
		return EXIT_INTERNAL;
	}
	if (stop_signal())
		return 128 + stop_signal();
	say(command, size);
	summarize(command);
	return EXIT_FINE;
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

static bool takes_its_place(const struct report_command *command)
{
	const struct collected *collected = &command->collected;

	for (size_t i = 0; i < collected->nr_files; i++)
		if (same_file(collected->files[i], command->output))
			return true;
	return false;
}

static int parse_operands(struct report_command *command, char **files, int nr)
{
	int parts = nr ? recording_parts(files, nr) : 0;

	command->collected.files = files;
	command->collected.nr_files = nr;
	if (!nr)
		fprintf(stderr, "pwtrace report: wants a recording\n");
	else if (parts < nr)
		fprintf(stderr,
			"pwtrace report: '%s' is not the next part of the recording that "
			"'%s' is one of: takes one, its parts in order\n",
			files[parts], files[parts - 1]);
	else if (!command->output)
		fprintf(stderr, "pwtrace report: wants a name for the page of '%s': -o PAGE\n",
			files[0]);
	else if (command->common.json && !strcmp(command->output, "-"))
		fprintf(stderr, "pwtrace report: --json and -o - both want standard output\n");
	else if (takes_its_place(command))
		fprintf(stderr, "pwtrace report: the page would take the place of its recording\n");
	else
		return 0;
	return -EINVAL;
}

int cmd_report(int argc, char **argv)
{
	struct report_command command = { .limit = EXHIBITS, .redact = true };
	int opt, status;

	common_init(&command.common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT "o:n:", long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (parse_option(&command, opt))
			return usage_error("report");
	}
	if (parse_operands(&command, argv + optind, argc - optind))
		return usage_error("report");
	stop_on_signals();
	status = run(&command);
	collected_close(&command.collected);
	return status;
}
