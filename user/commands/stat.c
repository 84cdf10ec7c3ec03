// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace stat: by which leaves address spaces are mapped. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/stat.h"
#include "commands/stop.h"

static const char help[] =
	"Usage: pwtrace stat [OPTION]...\n"
	"\n"
	"Count what is mapped by pages, contiguous runs and blocks, by zone of the kernel's address\n"
	"space, and what the tables themselves take; or the same of processes.\n"
	"\n"
	"      --pid PID        of a process, by kinds of areas\n"
	"      --processes      of all processes, a line each\n"
	"  -i, --interval SECS  again and again, with what has changed since\n"
	"  -n, --count N        so many times (1, with --interval without end)\n"
	"      --no-hooks       do not watch what changes meanwhile\n" SOURCE_HELP "\n" COMMON_HELP
	"\n"
	"Exit status: 0 fine, 2 wrong usage, 3 this system cannot run it, 5 internal error.\n";

enum {
	OPT_PID = 0x2000,
	OPT_PROCESSES,
	OPT_NO_HOOKS,
};

static const struct option long_options[] = { { "interval", required_argument, NULL, 'i' },
					      { "count", required_argument, NULL, 'n' },
					      SOURCE_LONG,
					      { "pid", required_argument, NULL, OPT_PID },
					      { "processes", no_argument, NULL, OPT_PROCESSES },
					      { "no-hooks", no_argument, NULL, OPT_NO_HOOKS },
					      COMMON_LONG,
					      {} };

void stat_begin(struct stat *stat)
{
	for (unsigned int i = 0; i < stat->columns; i++)
		stat->column[i].now = (struct sizes){};
	memset(stat->tables, 0, sizeof(stat->tables));
	stat->tables[geometry_top(&stat->live.kernel.geo)] = 1;
}

void stat_end(struct stat *stat)
{
	for (unsigned int i = 0; i < stat->columns; i++)
		stat->column[i].before = stat->column[i].now;
	stat->has_before = true;
}

void stat_table(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa)
{
	(void)addr, (void)pa;
	((struct stat *)ctx)->tables[level]++;
}

static int look(struct stat *stat, struct problem *why)
{
	if (stat->processes)
		return stat_processes(stat, why);
	return stat->pid ? stat_process(stat, why) : stat_kernel(stat, why);
}

static int open_all(struct stat *stat, struct problem *why)
{
	int err;

	/* neither does it take symbols to tell zones */
	stat->live.watch = !stat->no_hooks && !stat->pid && !stat->processes && !stat->source.path;
	stat->live.verbose = stat->common.verbose;
	stat->live.no_symbols = !stat->pid && !stat->processes;
	err = live_open(&stat->live, &stat->source, why);
	if (err || (!stat->pid && !stat->processes))
		return err;
	err = reader_open(&stat->reader, &stat->live.kernel, why);
	return err ? err : tasks_open(&stat->tasks, &stat->reader, why);
}

static int run(struct stat *stat)
{
	struct problem why;
	int err = open_all(stat, &why);

	stat->repaint = stat->interval && !stat->common.json && isatty(STDOUT_FILENO);
	stop_on_signals();
	for (uint64_t n = 0; !err && !stop_signal(); n++) {
		err = look(stat, &why);
		if (stat->count && n + 1 == stat->count)
			break;
		if (!err)
			stop_sleep(stat->interval);
	}
	tasks_close(stat->tasks);
	reader_close(&stat->reader);
	live_close(&stat->live);
	return err ? cannot_run(&stat->common, why.text) : EXIT_FINE;
}

static int parse_option(struct stat *stat, int opt)
{
	char *end;

	switch (opt) {
	case 'i':
		stat->interval = strtod(optarg, &end);
		if (*end || end == optarg || !(stat->interval > 0 && stat->interval < 1e6))
			return option_refused("interval", optarg, "seconds, more than 0");
		return 0;
	case 'n':
		return option_count("count", optarg, &stat->count);
	case OPT_PID:
		return process_pid(optarg, &stat->pid);
	case OPT_NO_HOOKS:
		stat->no_hooks = true;
		return 0;
	case OPT_PROCESSES:
		stat->processes = true;
		return 0;
	default:
		return common_option(&stat->common, opt) ? 0 :
							   live_option(&stat->source, opt, optarg);
	}
}

int cmd_stat(int argc, char **argv)
{
	struct stat stat = {};
	int opt;

	common_init(&stat.common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT "i:n:", long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (parse_option(&stat, opt))
			return usage_error("stat");
	}
	if (optind < argc) {
		fprintf(stderr, "pwtrace stat: unexpected argument '%s'\n", argv[optind]);
		return usage_error("stat");
	}
	if (stat.pid && stat.processes) {
		fprintf(stderr, "pwtrace stat: --pid is one process, --processes are all\n");
		return usage_error("stat");
	}
	if (stat.source.path && (stat.pid || stat.processes || stat.interval)) {
		fprintf(stderr,
			"pwtrace stat: a recording has no processes and does not change: no "
			"--pid, --processes or --interval with it\n");
		return usage_error("stat");
	}
	if (!stat.interval && !stat.count)
		stat.count = 1;
	return run(&stat);
}
