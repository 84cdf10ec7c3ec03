// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace stat --processes: of all processes, a line each. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/stat.h"
#include "emit/amount.h"
#include "emit/object.h"

struct amounts {
	struct sizes sizes;
	uint64_t tables, table_bytes;
};

struct all {
	struct stat *stat;
	const struct geometry *geo;
	struct amounts total, now; /* of all, and of the one that is looked at */
	const struct mm_struct *mm;
	unsigned int processes, gone, shared;
};

static void add_run(void *ctx, const struct leaf_run *run)
{
	struct all *all = ctx;

	sizes_add_user(&all->now.sizes, all->mm, run);
}

static void add_table(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa)
{
	struct all *all = ctx;

	(void)level, (void)addr, (void)pa;
	all->now.tables++;
	all->now.table_bytes += geometry_page_size(all->geo);
}

static void add_up(struct amounts *total, const struct amounts *now)
{
	for (enum leaf_size size = 0; size < LEAF_NR_SIZES; size++)
		total->sizes.mapped[size] += now->sizes.mapped[size];
	total->sizes.invalid += now->sizes.invalid;
	total->sizes.swapped += now->sizes.swapped;
	total->sizes.other += now->sizes.other;
	total->sizes.wx += now->sizes.wx;
	total->sizes.torn += now->sizes.torn;
	total->tables += now->tables;
	total->table_bytes += now->table_bytes;
}

/* Text */

static void cell(char *text, size_t size, uint64_t bytes)
{
	size_t len = strlen(text);
	char buf[16];

	snprintf(text + len, size - len, " %10s", amount(bytes, buf));
}

static void print_heads(const struct all *all)
{
	char text[200], name[24];

	snprintf(text, sizeof(text), "%7s %-15s", "PID", "COMM");
	for (enum leaf_size size = 0; size < LEAF_NR_SIZES; size++) {
		size_t len = strlen(text);

		if (!stat_leaf_name(all->geo, size, name))
			continue;
		/* "64K cont" */
		if (strlen(name) > 10)
			strcpy(strchr(name, ' '), " cont");
		snprintf(text + len, sizeof(text) - len, " %10s", name);
	}
	stat_line(all->stat, "%s %10s %10s %10s", text, "swapped", "tables", "torn");
}

static void print_amounts(const struct all *all, const char *who, const struct amounts *amounts)
{
	char text[200];

	snprintf(text, sizeof(text), "%-23s", who);
	for (enum leaf_size size = 0; size < LEAF_NR_SIZES; size++)
		if (leaf_bytes(all->geo, size))
			cell(text, sizeof(text), amounts->sizes.mapped[size]);
	cell(text, sizeof(text), amounts->sizes.swapped);
	cell(text, sizeof(text), amounts->table_bytes);
	cell(text, sizeof(text), amounts->sizes.torn);
	stat_line(all->stat, "%s", text);
}

/* JSON */

static void put_amounts(json *object, const struct all *all, const struct amounts *amounts)
{
	json *leaves = json_object_new_object();
	char name[8];

	put_number(object, "mapped", sizes_total(&amounts->sizes));
	for (enum leaf_size size = 0; size < LEAF_NR_SIZES; size++)
		if (leaf_bytes(all->geo, size))
			put_number(leaves, leaf_name(all->geo, size, name),
				   amounts->sizes.mapped[size]);
	put(object, "leaves", leaves);
	put_number(object, "invalid", amounts->sizes.invalid);
	put_number(object, "swapped", amounts->sizes.swapped);
	put_number(object, "other", amounts->sizes.other);
	put_number(object, "wx", amounts->sizes.wx);
	put_number(object, "torn", amounts->sizes.torn);
	put_number(object, "tables", amounts->tables);
	put_number(object, "table_bytes", amounts->table_bytes);
}

static void print_process(const struct all *all, const struct task *task, bool shared)
{
	char who[48];
	json *object;

	if (!all->stat->common.json) {
		snprintf(who, sizeof(who), "%7d %s%s", task->tgid, task->comm, shared ? " *" : "");
		print_amounts(all, who, &all->now);
		return;
	}
	object = object_of("process");
	put_number(object, "pid", task->tgid);
	put_string(object, "comm", task->comm);
	put_bool(object, "shared", shared);
	put_amounts(object, all, &all->now);
	print_object(stdout, object, all->stat->common.pretty);
}

static void print_total(const struct all *all)
{
	json *object;

	if (!all->stat->common.json) {
		print_amounts(all, "  total", &all->total);
		stat_line(all->stat, "%u processes%s; %u gone meanwhile", all->processes,
			  all->shared ? ", those with * share another's address space" : "",
			  all->gone);
		return;
	}
	object = object_of("total");
	put_number(object, "processes", all->processes);
	put_number(object, "gone", all->gone);
	put_number(object, "shared", all->shared);
	put_amounts(object, all, &all->total);
	put_number(object, "page_size", geometry_page_size(all->geo));
	put_string(object, "kernel", all->stat->live.kernel.release);
	put_string(object, "source", all->stat->live.source->name);
	print_object(stdout, object, all->stat->common.pretty);
}

static int look(struct all *all, const struct task *task, bool shared, struct problem *why)
{
	struct leaves_options options = { .marks = process_marks, .table = add_table };
	struct stat *stat = all->stat;
	struct process process;
	int err = process_open_task(&process, &stat->live, stat->tasks, task, why);

	all->now = (struct amounts){ .tables = 1, .table_bytes = process_pgd_bytes(all->geo) };
	all->mm = &process.mm;
	if (!err) {
		options.marks_ctx = process.stream;
		stream_begin(process.stream, process_end(&process));
		leaves_walk(&process.mm, 0, process_end(&process), &options, add_run, all);
		err = process_check(&process, why);
	}
	process_close(&process);
	/* that one of many has ended is no failure */
	if (err == -ESRCH || err == -ESTALE) {
		all->gone++;
		return 0;
	}
	if (err)
		return err;
	all->processes++;
	all->shared += shared;
	if (!shared)
		add_up(&all->total, &all->now);
	print_process(all, task, shared);
	return 0;
}

/* Has one before it in the list the same address space? */
static bool is_shared(const struct task_list *list, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (list->task[i].mm == list->task[at].mm)
			return true;
	return false;
}

/* Of those whose first thread has ended, one that lives stands for the process. */
static void find_threads(struct tasks *tasks, struct task_list *list)
{
	for (size_t i = 0; i < list->nr; i++) {
		struct task *task = &list->task[i], thread;

		if (!task->mm && !task_is_kernel_thread(task) &&
		    !tasks_thread(tasks, task, task->pid, &thread))
			*task = thread;
	}
}

int stat_processes(struct stat *stat, struct problem *why)
{
	struct all all = { .stat = stat, .geo = &stat->live.kernel.geo };
	struct task_list list;
	int err = tasks_list(stat->tasks, &list);

	if (err)
		return problem(why, err, "the kernel's list of tasks cannot be read: %s",
			       strerror(-err));
	find_threads(stat->tasks, &list);
	stat_top(stat);
	if (!stat->common.json)
		print_heads(&all);
	for (size_t i = 0; i < list.nr && !err; i++)
		if (list.task[i].mm && !task_is_kernel_thread(&list.task[i]))
			err = look(&all, &list.task[i], is_shared(&list, i), why);
	free(list.task);
	if (!err)
		print_total(&all);
	fflush(stdout);
	return err;
}
