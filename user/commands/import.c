// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace import: a saved kernel_page_tables as a recording. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "commands/commands.h"
#include "dump/ptdump.h"
#include "emit/object.h"
#include "recording/runs.h"

/* Lines that make no sense are told, the first of them. */
#define MOST_TOLD   20
#define LINE_LENGTH 512

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

struct import {
	struct common_options common;
	const char *path, *output, *release;
	unsigned int page_shift; /* 0: what fits */
	struct ptdump_shape shape;
	uint64_t end; /* of the run before */
	bool begun, at_end;
	uint64_t line, runs, gaps, bad;
	struct recorder *recorder;
	struct run_writer *writer;
};

static int parse_page_size(struct import *import, const char *text)
{
	static const char *const names[] = { "4K", "16K", "64K" };

	for (unsigned int i = 0; i < 3; i++)
		if (!strcmp(text, names[i])) {
			import->page_shift = 12 + 2 * i;
			return 0;
		}
	return option_refused("page-size", text, "4K, 16K or 64K");
}

static int parse_release(struct import *import, const char *text)
{
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~')
			return option_refused("release", text, "a name such as 6.18.15-arm64");
	if (!*text || strlen(text) > 64)
		return option_refused("release", text, "a name such as 6.18.15-arm64");
	import->release = text;
	return 0;
}

static int parse_option(struct import *import, int opt)
{
	switch (opt) {
	case 'o':
		import->output = optarg;
		return 0;
	case OPT_PAGE_SIZE:
		return parse_page_size(import, optarg);
	case OPT_RELEASE:
		return parse_release(import, optarg);
	default:
		return common_option(&import->common, opt) ? 0 : -EINVAL;
	}
}

static void tell(struct import *import, const char *why)
{
	if (++import->bad <= MOST_TOLD)
		fprintf(stderr, "pwtrace import: %s:%" PRIu64 ": %s\n", import->path, import->line,
			why);
	else if (import->bad == MOST_TOLD + 1)
		fprintf(stderr, "pwtrace import: and more\n");
}

static int take_run(struct import *import, const struct leaf_run *run)
{
	if (import->at_end || (import->begun && run->start < import->end)) {
		tell(import, "it begins before the line before it ends");
		return 0;
	}
	import->gaps += import->begun && run->start != import->end;
	import->begun = true;
	import->end = run->start + run->size;
	import->at_end = !import->end;
	import->runs++;
	ptdump_shape_add(&import->shape, run);
	return run_writer_add(import->writer, run);
}

static int take_line(struct import *import, const char *text, size_t len)
{
	struct ptdump_line line;

	import->line++;
	ptdump_parse(text, len, &line);
	switch (line.kind) {
	case PTDUMP_RUN:
		return take_run(import, &line.run);
	case PTDUMP_MARKER:
		if (run_writer_mark(import->writer, line.marker, line.marker_len))
			tell(import, "its name is too long, or it is one mark too many");
		break;
	case PTDUMP_NONSENSE:
		tell(import, line.why);
		break;
	case PTDUMP_BLANK:
		break;
	}
	return 0;
}

/* A line that is too long is one that makes no sense. */
static int read_lines(struct import *import, FILE *file)
{
	char text[LINE_LENGTH];
	int err = 0;

	while (!err && fgets(text, sizeof(text), file)) {
		size_t len = strcspn(text, "\n");
		int c = text[len];

		if (len == sizeof(text) - 1)
			while ((c = getc(file)) != EOF && c != '\n')
				;
		err = take_line(import, text, len);
	}
	if (!err && ferror(file))
		err = -EIO;
	return err;
}

static int find_geometry(struct import *import, struct geometry *geo, struct problem *why)
{
	if (!import->runs)
		return problem(why, -ENODATA, "%s has no line of ptdump's", import->path);
	if (ptdump_geometry(&import->shape, import->page_shift, geo))
		return problem(why, -EINVAL,
			       "%s: where its lines begin does not go with %s page size",
			       import->path, import->page_shift ? "that" : "any");
	return 0;
}

static int convert(struct import *import, FILE *file, struct geometry *geo, struct problem *why)
{
	int err = run_writer_new(&import->writer, import->recorder);

	if (!err)
		err = read_lines(import, file);
	if (err)
		return problem(why, err, "cannot convert %s: %s", import->path, strerror(-err));
	if (import->bad)
		return problem(why, -EBADMSG, "%s: %" PRIu64 " lines make no sense", import->path,
			       import->bad);
	err = find_geometry(import, geo, why);
	if (err)
		return err;
	err = run_writer_end(import->writer, geo, import->release);
	return err ? problem(why, err, "cannot write %s: %s", import->output, strerror(-err)) : 0;
}

static void summary(const struct import *import, const struct geometry *geo)
{
	if (import->common.json) {
		json *object = object_of("import");

		put_number(object, "runs", import->runs);
		put_number(object, "gaps", import->gaps);
		put_number(object, "page_size", geometry_page_size(geo));
		put_number(object, "va_bits", geo->va_bits);
		print_object(stdout, object, import->common.pretty);
	}
	if (!import->common.quiet)
		fprintf(stderr, "%s: %" PRIu64 " lines, pages of %uK, %u address bits\n",
			import->path, import->runs, 1U << (geo->page_shift - 10), geo->va_bits);
	if (import->gaps)
		fprintf(stderr,
			"pwtrace import: %s: what lies between two lines is missing in %" PRIu64
			" places\n",
			import->path, import->gaps);
}

static int finish(struct import *import, int err, const struct geometry *geo, struct problem *why)
{
	struct recorder_stats stats;
	int failed = recorder_close(import->recorder, &stats);

	run_writer_free(import->writer);
	/* half of it is of no use */
	if (err || failed)
		remove(import->output);
	if (err)
		return cannot_run(&import->common, why->text);
	if (failed) {
		fprintf(stderr, "pwtrace import: writing to %s failed: %s\n", import->output,
			strerror(-failed));
		return EXIT_INTERNAL;
	}
	summary(import, geo);
	return EXIT_FINE;
}

static int run(struct import *import)
{
	FILE *file __fclose = fopen(import->path, "re");
	struct geometry geo;
	struct problem why;
	int err;

	if (!file) {
		problem(&why, -errno, "cannot open %s: %s", import->path, strerror(errno));
		return cannot_run(&import->common, why.text);
	}
	err = recorder_open(&import->recorder, import->output);
	if (err) {
		recorder_problem(err, import->output, &why);
		fprintf(stderr, "pwtrace import: %s\n", why.text);
		return EXIT_USAGE;
	}
	err = convert(import, file, &geo, &why);
	return finish(import, err, &geo, &why);
}

int cmd_import(int argc, char **argv)
{
	struct import import = {};
	int opt;

	common_init(&import.common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT "o:", long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (parse_option(&import, opt))
			return usage_error("import");
	}
	if (!import.output || optind == argc) {
		fprintf(stderr, "pwtrace import: wants %s\n",
			import.output ? "a text" : "a file for the recording: -o FILE");
		return usage_error("import");
	}
	if (optind + 1 < argc) {
		fprintf(stderr, "pwtrace import: unexpected argument '%s': takes one text\n",
			argv[optind + 1]);
		return usage_error("import");
	}
	import.path = argv[optind];
	return run(&import);
}
