// SPDX-License-Identifier: GPL-2.0-only
/* From the PID that a user gives to the kernel's task. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/task.h"

/* Looks at a list that was seen while it changed. */
#define ATTEMPTS 8

static int proc_tgid(int pid, int *tgid)
{
	FILE *file __fclose = NULL;
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Tgid: %d", tgid) == 1)
			return 0;
	return -ESRCH;
}

/* When it began, in clock ticks since boot: field 22, counted from behind the name. */
static int proc_start(int pid, uint64_t *ticks)
{
	FILE *file __fclose = NULL;
	char path[64], line[1024], *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file || !fgets(line, sizeof(line), file))
		return -ESRCH;
	at = strrchr(line, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return -ESRCH;
	*ticks = strtoull(at, NULL, 10);
	return 0;
}

static int no_process(int pid, struct problem *why)
{
	return problem(why, -ESRCH, "there is no process %d", pid);
}

/* /proc counts as the PID namespace does that it was mounted in, the kernel's list as the first. */
static int check_namespace(const struct task *task, int tgid, struct problem *why)
{
	uint64_t ticks = 0, per_tick = 1000000000 / sysconf(_SC_CLK_TCK);

	if (proc_start(tgid, &ticks))
		return no_process(tgid, why);
	if (ticks == task->start / per_tick)
		return 0;
	return problem(why, -ESRCH,
		       "PID %d of /proc and of the kernel are not the same process: run pwtrace in "
		       "the first PID and time namespaces, outside of containers",
		       tgid);
}

static int find_leader(struct tasks *tasks, int tgid, struct task *leader)
{
	struct task_list list;
	int err = tasks_list(tasks, &list);

	if (err)
		return err;
	err = -ESRCH;
	for (size_t i = 0; i < list.nr && err; i++) {
		if (list.task[i].pid != tgid)
			continue;
		*leader = list.task[i];
		err = 0;
	}
	free(list.task);
	return err;
}

static int find_once(struct tasks *tasks, int pid, struct task *task, struct problem *why)
{
	struct task leader;
	int tgid, err;

	if (proc_tgid(pid, &tgid))
		return no_process(pid, why);
	err = find_leader(tasks, tgid, &leader);
	if (err == -ESRCH)
		return problem(why, -EAGAIN,
			       "process %d is not among the kernel's tasks: run pwtrace in the first "
			       "PID namespace, outside of containers",
			       pid);
	if (err)
		return problem(why, err, "the kernel's list of tasks cannot be read: %s",
			       strerror(-err));
	err = check_namespace(&leader, tgid, why);
	if (err)
		return err;
	if (task_is_kernel_thread(&leader))
		return problem(why, -ESRCH,
			       "%d (%s) is a kernel thread: it has no address space of its own",
			       pid, leader.comm);
	*task = leader;
	if (leader.mm && pid == tgid)
		return 0;
	err = tasks_thread(tasks, &leader, pid, task);
	if (err == -ESRCH)
		return problem(why, err,
			       "process %d (%s) has ended: it has no address space any more", pid,
			       leader.comm);
	return err ? problem(why, err, "the threads of process %d cannot be read: %s", pid,
			     strerror(-err)) :
		     0;
}

int tasks_find(struct tasks *tasks, int pid, struct task *task, struct problem *why)
{
	int err = -EAGAIN;

	for (int i = 0; i < ATTEMPTS && err == -EAGAIN; i++)
		err = find_once(tasks, pid, task, why);
	return err;
}
