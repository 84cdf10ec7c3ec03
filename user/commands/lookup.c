// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace lookup: one address, every level, explained. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "commands/lookup.h"

static const char help[] =
	"Usage: pwtrace lookup [OPTION]... ADDRESS|SYMBOL[+OFFSET]|pa:PHYSICAL|PID:ADDRESS...\n"
	"\n"
	"Follow the translation of addresses of the kernel or of a process through every level: the\n"
	"table, the entry and what its bits mean, what is mapped in the end, what area it is in, and\n"
	"whose the page behind it is.\n"
	"\n" SOURCE_HELP "\n" COMMON_HELP "\n"
	"Exit status: 0 fine, 2 wrong usage, 3 this system cannot run it, 5 internal error.\n";

static const struct option long_options[] = { SOURCE_LONG, COMMON_LONG, {} };

static int print(struct lookup *lookup, struct looked_up *found, struct problem *why)
{
	int err = lookup_find(lookup, found, why);

	if (err)
		return err;
	if (lookup->common.json)
		lookup_print_json(lookup, found);
	else
		lookup_print_text(lookup, found);
	return 0;
}

static int look_up_process(struct lookup *lookup, int pid, struct looked_up *found,
			   struct problem *why)
{
	struct process process;
	int err;

	if (live_is_file(&lookup->live))
		return problem(why, -EINVAL,
			       "of a file the kernel's tables are read, and no process's");
	if (!lookup->reader.types)
		return problem(why, -EIO, "a process is found by /proc/kcore and BTF only");
	if (!lookup->tasks && tasks_open(&lookup->tasks, &lookup->reader, why))
		return -EIO;
	err = process_open(&process, &lookup->live, lookup->tasks, pid, why);
	found->process = &process;
	/* what is wrong with the process is not wrong usage */
	if (err == -EINVAL)
		err = -EIO;
	if (!err)
		err = print(lookup, found, why);
	process_close(&process);
	return err;
}

static int look_up(struct lookup *lookup, const char *text, struct problem *why)
{
	struct looked_up found = {};
	int pid, err = lookup_parse(&lookup->live.kernel, text, &pid, &found.addr, why);

	if (err)
		return err;
	return pid ? look_up_process(lookup, pid, &found, why) : print(lookup, &found, why);
}

/* Without them the rest can be told all the same. */
static void open_more(struct lookup *lookup)
{
	const struct kernel *kernel = &lookup->live.kernel;
	struct reader *reader = &lookup->reader;
	struct problem why;

	if (reader_open(reader, kernel, &why)) {
		fprintf(stderr, "pwtrace lookup: areas and pages are left out: %s\n", why.text);
		return;
	}
	if (areas_open(&lookup->areas, kernel, reader->kcore, reader->types, &why)) {
		lookup->areas = NULL;
		fprintf(stderr, "pwtrace lookup: areas of vmalloc are left out: %s\n", why.text);
	}
	/* /proc tells of the pages of the machine that this runs on */
	if (lookup->live.dump)
		return;
	if (pages_open(&lookup->pages, reader))
		lookup->pages = NULL;
	if (owners_open(&lookup->owners, reader))
		lookup->owners = NULL;
}

static void close_more(struct lookup *lookup)
{
	tasks_close(lookup->tasks);
	owners_close(lookup->owners);
	pages_close(lookup->pages);
	areas_close(lookup->areas);
	reader_close(&lookup->reader);
}

static int run(struct lookup *lookup, char **texts, int nr)
{
	struct problem why;
	int status = EXIT_FINE;

	if (live_open(&lookup->live, &lookup->source, &why)) {
		live_close(&lookup->live);
		return cannot_run(&lookup->common, why.text);
	}
	if (lookup->live.runs) {
		live_close(&lookup->live);
		return cannot_run(&lookup->common, "what was imported has no tables to look up "
						   "anything in: see 'pwtrace dump'");
	}
	if (!lookup->live.recording)
		open_more(lookup);
	for (int i = 0; i < nr && status == EXIT_FINE; i++) {
		int err = look_up(lookup, texts[i], &why);

		if (err == -EINVAL) {
			fprintf(stderr, "pwtrace lookup: %s\n", why.text);
			status = EXIT_USAGE;
		} else if (err) {
			status = cannot_run(&lookup->common, why.text);
		}
	}
	close_more(lookup);
	live_close(&lookup->live);
	return status;
}

int cmd_lookup(int argc, char **argv)
{
	struct lookup lookup = {};
	int opt;

	common_init(&lookup.common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT, long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (!common_option(&lookup.common, opt) && live_option(&lookup.source, opt, optarg))
			return usage_error("lookup");
	}
	if (optind == argc) {
		fprintf(stderr, "pwtrace lookup: wants an address or a symbol\n");
		return usage_error("lookup");
	}
	return run(&lookup, argv + optind, argc - optind);
}
