/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running kernel's tasks, found by init_task's list and read without a lock: what forks or
 * exits meanwhile may bend the list, so it is gone through again if it does not hold together, and
 * who relies on a task looks at it again afterwards.
 */
#ifndef PWTRACE_TASK_H
#define PWTRACE_TASK_H

#include "kernel/reader.h"

#define TASK_COMM_SIZE 17

struct task {
	uint64_t addr; /* of its task_struct */
	int pid, tgid; /* as the first PID namespace counts */
	uint32_t flags;
	char comm[TASK_COMM_SIZE];
	uint64_t signal;  /* what the threads of a process share */
	uint64_t mm;	  /* 0: a kernel thread, or it has given it up already */
	uint64_t pgd;	  /* mm->pgd, a linear address; 0 without mm */
	uint64_t start;	  /* ns of CLOCK_BOOTTIME */
	uint64_t exec_id; /* counts its execs; 0 where there is no such member */
};

static inline bool task_is_kernel_thread(const struct task *task)
{
	return task->flags & 0x00200000; /* PF_KTHREAD */
}

struct tasks;

/**
 * tasks_open() - find out how the kernel keeps its tasks
 * @reader: has to stay
 *
 * Return: 0 or a negative errno with @why filled in.
 */
int tasks_open(struct tasks **out, const struct reader *reader, struct problem *why);
void tasks_close(struct tasks *tasks);

/* MAX_SWAPFILES: from which type on entries that are not present are no swap entries. */
unsigned int tasks_max_swapfiles(const struct tasks *tasks);

/* The leaders of all thread groups, as read by tasks_list(). */
struct task_list {
	struct task *task;
	size_t nr, room;
};

/*
 * Read them all, by PID. 0, -EAGAIN: the list never held together, -ENOMEM or an error of reading.
 * Free list->task.
 */
int tasks_list(struct tasks *tasks, struct task_list *list);

/*
 * A thread of @leader's process that has an mm: @pid, or if that has given it up, any other. 0;
 * -ESRCH: there is none; another error: it cannot be told.
 */
int tasks_thread(struct tasks *tasks, const struct task *leader, int pid, struct task *found);

/**
 * tasks_find() - the task whose address space /proc/@pid is about
 * @pid: of a process or of one of its threads
 * @why: filled in on failure
 *
 * Return: 0 with @task filled in, of one that has an mm; -ESRCH: there is none, or it is a kernel
 * thread or has ended; another error: it cannot be told.
 */
int tasks_find(struct tasks *tasks, int pid, struct task *task, struct problem *why);

/* Is it still the same, with the same address space? 0; -ESRCH: ended; -ESTALE: another program. */
int tasks_same(struct tasks *tasks, const struct task *task);

/* The physical address of its topmost table. */
uint64_t task_root(const struct kernel *kernel, const struct task *task);

#endif
