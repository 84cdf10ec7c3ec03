/* SPDX-License-Identifier: GPL-2.0-only */
/* A process whose tables are looked at, as the commands that do so have it in common. */
#ifndef PWTRACE_COMMANDS_PROCESS_H
#define PWTRACE_COMMANDS_PROCESS_H

#include "commands/live.h"
#include "dump/process.h"
#include "kernel/task.h"

struct process {
	const struct live *live;
	struct tasks *tasks;
	struct task task;
	int pid; /* that was asked for */
	struct vmas vmas;
	struct stream *stream;
	struct mm_struct mm;
	struct process_areas areas;
};

/* --pid. 0 or -EINVAL after a message. */
int process_pid(const char *text, int *pid);

/**
 * process_open() - find a process and its areas, and get ready to read its tables
 * @process: process_close() it, after a failure too
 * @live, @tasks: have to stay
 *
 * Return: 0, or a negative errno with @why filled in. -ESRCH: there is none, or it has no address
 * space of its own.
 */
int process_open(struct process *process, const struct live *live, struct tasks *tasks, int pid,
		 struct problem *why);
/* The same of a task that was found already, without its areas. */
int process_open_task(struct process *process, const struct live *live, struct tasks *tasks,
		      const struct task *task, struct problem *why);
void process_close(struct process *process);

/* The first address behind what a process can have. */
static inline uint64_t process_end(const struct process *process)
{
	return 1ULL << process->live->kernel.geo.va_bits;
}

/* What the topmost table takes: a page, or less (pgdir_is_page_size() of arch/arm64/mm/pgd.c). */
static inline uint64_t process_pgd_bytes(const struct geometry *geo)
{
	return geo->levels < geo->levels_config ?
		       geometry_page_size(geo) :
		       geometry_entries(geo, geometry_top(geo)) * sizeof(uint64_t);
}

/*
 * Have all tables been those of the process, and could they be read? 0, or a negative errno with
 * @why filled in: it has ended or become another program meanwhile, or the source failed.
 */
int process_check(struct process *process, struct problem *why);

/* A range of a process's addresses: START-END, START+SIZE or the name of areas; NULL: all. */
int process_range(const struct process *process, struct range *range, const char *text,
		  struct problem *why);

/* Marks of the tables that a walk of its stream is in. @ctx: the stream. */
unsigned int process_marks(void *ctx, enum pgtable_level level);

#endif
