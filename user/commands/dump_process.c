// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace dump --pid: what the page tables of a process map. */
#include <errno.h>
#include <stdio.h>

#include "commands/dump.h"
#include "commands/process.h"
#include "emit/object.h"
#include "emit/process.h"

static void summary(const struct dump *dump, const struct process *process, unsigned long faults,
		    bool whole)
{
	const struct stream_stats *stats = stream_stats(process->stream);
	const char *source = dump->live.source->name;

	if (dump->common.json) {
		json *object = object_of("summary");

		put_string(object, "kernel", dump->live.kernel.release);
		put_string(object, "source", source);
		put_number(object, "pid", process->pid);
		put_string(object, "comm", process->task.comm);
		put_number(object, "areas", process->vmas.nr);
		put_number(object, "tables", stats->pages);
		put_number(object, "torn", stats->torn);
		put_number(object, "unreadable", stats->unreadable);
		put_number(object, "faults", faults);
		put_bool(object, "gone", !whole);
		print_object(stdout, object, dump->common.pretty);
	}
	if (!dump->common.quiet)
		fprintf(stderr,
			"%s: process %d (%s), %zu areas: %llu tables by %s, %llu torn, %llu "
			"unreadable, %lu faults\n",
			dump->live.kernel.release, process->pid, process->task.comm,
			process->vmas.nr, (unsigned long long)stats->pages, source,
			(unsigned long long)stats->torn, (unsigned long long)stats->unreadable,
			faults);
}

static int print_process(struct dump *dump, struct process *process)
{
	struct process_printer printer = {
		.out = stdout,
		.json = dump->common.json,
		.pretty = dump->common.pretty,
		.entries = dump->entries,
		.mm = &process->mm,
	};
	const struct process_options options = {
		.holes = dump->holes,
		.entry_by_entry = dump->entries,
		.pfnmap = dump->pfnmap,
		.marks = process_marks,
		.marks_ctx = process->stream,
		.area = process_print_area,
	};
	unsigned long faults;
	struct problem why;
	int err;

	stream_begin(process->stream, dump->range.end);
	faults = process_walk(&process->mm, dump->range.start, dump->range.end, &options,
			      process_print, &printer);
	err = process_check(process, &why);
	fflush(stdout);
	summary(dump, process, faults, !err);
	return err ? cannot_run(&dump->common, why.text) : EXIT_FINE;
}

static int of_tasks(struct dump *dump, struct tasks *tasks)
{
	struct process process;
	struct problem why;
	int status;

	if (process_open(&process, &dump->live, tasks, dump->pid, &why)) {
		status = cannot_run(&dump->common, why.text);
	} else if (process_range(&process, &dump->range, dump->range_text, &why)) {
		fprintf(stderr, "pwtrace dump: %s\n", why.text);
		status = EXIT_USAGE;
	} else {
		status = print_process(dump, &process);
	}
	process_close(&process);
	return status;
}

int dump_process(struct dump *dump)
{
	struct tasks *tasks = NULL;
	struct reader reader;
	struct problem why;
	int status;

	if (reader_open(&reader, &dump->live.kernel, &why) || tasks_open(&tasks, &reader, &why))
		status = cannot_run(&dump->common, why.text);
	else
		status = of_tasks(dump, tasks);
	tasks_close(tasks);
	reader_close(&reader);
	return status;
}
