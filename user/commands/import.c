// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace import: a saved kernel_page_tables as a recording. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "commands/commands.h"
#include "emit/object.h"
#include "recording/import.h"

/* Lines that make no sense are told, the first of them. */
#define MOST_TOLD 20

static const char help[] =
	"Usage: pwtrace import -o FILE [OPTION]... TEXT\n"
	"\n"
	"Make a recording of what kernel_page_tables of debugfs, or 'pwtrace dump --ptdump', gave: for\n"
	"--source of dump, stat and audit. It has no physical addresses and no tables.\n"
	"\n"
	"  -o, --output FILE    the recording\n"
	"      --page-size SIZE 4K, 16K or 64K, where the text does not tell (the largest that fits)\n"
	"      --release NAME   of the kernel, as uname -r gives it\n"
	"\n" COMMON_HELP "\n"
	"Exit status: 0 fine, 2 wrong usage, 3 the text cannot be read or a line makes no sense,\n"
	"5 internal error.\n";

enum {
	OPT_PAGE_SIZE = 0x2000,
	OPT_RELEASE,
};

static const struct option long_options[] = { { "output", required_argument, NULL, 'o' },
					      { "page-size", required_argument, NULL,
						OPT_PAGE_SIZE },
					      { "release", required_argument, NULL, OPT_RELEASE },
					      COMMON_LONG,
					      {} };

struct import_command {
	struct common_options common;
	const char *path, *output;
	struct import import;
	uint64_t told;
};

static int parse_page_size(struct import_command *command, const char *text)
{
	static const char *const names[] = { "4K", "16K", "64K" };

	for (unsigned int i = 0; i < 3; i++)
		if (!strcmp(text, names[i])) {
			command->import.page_shift = 12 + 2 * i;
			return 0;
		}
	return option_refused("page-size", text, "4K, 16K or 64K");
}

static int parse_release(struct import_command *command, const char *text)
{
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~')
			return option_refused("release", text, "a name such as 6.18.15-arm64");
	if (!*text || strlen(text) > 64)
		return option_refused("release", text, "a name such as 6.18.15-arm64");
	command->import.release = text;
	return 0;
}

static int parse_option(struct import_command *command, int opt)
{
	switch (opt) {
	case 'o':
		command->output = optarg;
		return 0;
	case OPT_PAGE_SIZE:
		return parse_page_size(command, optarg);
	case OPT_RELEASE:
		return parse_release(command, optarg);
	default:
		return common_option(&command->common, opt) ? 0 : -EINVAL;
	}
}

static void tell(void *ctx, uint64_t line, const char *why)
{
	struct import_command *command = ctx;

	if (++command->told <= MOST_TOLD)
		fprintf(stderr, "pwtrace import: %s:%" PRIu64 ": %s\n", command->path, line, why);
	else if (command->told == MOST_TOLD + 1)
		fprintf(stderr, "pwtrace import: and more\n");
}

static int explain(const struct import_command *command, int err, struct problem *why)
{
	const struct import *import = &command->import;

	switch (err) {
	case -EBADMSG:
		return problem(why, err, "%s: %" PRIu64 " lines make no sense", command->path,
			       import->bad);
	case -ENODATA:
		return problem(why, err, "%s has no line of ptdump's", command->path);
	case -EDOM:
		return problem(why, err, "%s: where its lines begin does not go with %s page size",
			       command->path, import->page_shift ? "that" : "any");
	default:
		return problem(why, err, "cannot make a recording of %s: %s", command->path,
			       strerror(-err));
	}
}

static void summary(const struct import_command *command)
{
	const struct import *import = &command->import;
	const struct geometry *geo = &import->geo;

	if (command->common.json) {
		json *object = object_of("import");

		put_number(object, "runs", import->runs);
		put_number(object, "gaps", import->gaps);
		put_number(object, "page_size", geometry_page_size(geo));
		put_number(object, "va_bits", geo->va_bits);
		print_object(stdout, object, command->common.pretty);
	}
	if (!command->common.quiet)
		fprintf(stderr, "%s: %" PRIu64 " lines, pages of %uK, %u address bits\n",
			command->path, import->runs, 1U << (geo->page_shift - 10), geo->va_bits);
	if (import->gaps)
		fprintf(stderr,
			"pwtrace import: %s: what lies between two lines is missing in %" PRIu64
			" places\n",
			command->path, import->gaps);
}

static int finish(struct import_command *command, struct recorder *recorder, int err,
		  struct problem *why)
{
	int failed = recorder_close(recorder, NULL);

	/* half of it is of no use */
	if ((err || failed) && strcmp(command->output, "-"))
		remove(command->output);
	if (err)
		return cannot_run(&command->common, why->text);
	if (failed) {
		fprintf(stderr, "pwtrace import: writing to %s failed: %s\n", command->output,
			strerror(-failed));
		return EXIT_INTERNAL;
	}
	summary(command);
	return EXIT_FINE;
}

static int run(struct import_command *command)
{
	FILE *file __fclose = fopen(command->path, "re");
	struct recorder *recorder;
	struct problem why;
	int err;

	if (!file) {
		problem(&why, -errno, "cannot open %s: %s", command->path, strerror(errno));
		return cannot_run(&command->common, why.text);
	}
	err = recorder_open(&recorder, command->output);
	if (err) {
		recorder_problem(err, command->output, &why);
		fprintf(stderr, "pwtrace import: %s\n", why.text);
		return EXIT_USAGE;
	}
	err = import_text(&command->import, file, recorder);
	return finish(command, recorder, err ? explain(command, err, &why) : 0, &why);
}

int cmd_import(int argc, char **argv)
{
	struct import_command command = { .import.tell = tell };
	int opt;

	common_init(&command.common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT "o:", long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (parse_option(&command, opt))
			return usage_error("import");
	}
	command.import.ctx = &command;
	if (!command.output || optind == argc) {
		fprintf(stderr, "pwtrace import: wants %s\n",
			command.output ? "a text" : "a file for the recording: -o FILE");
		return usage_error("import");
	}
	if (optind + 1 < argc) {
		fprintf(stderr, "pwtrace import: unexpected argument '%s': takes one text\n",
			argv[optind + 1]);
		return usage_error("import");
	}
	command.path = argv[optind];
	return run(&command);
}
