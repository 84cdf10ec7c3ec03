// SPDX-License-Identifier: GPL-2.0-only
#include "task.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* PID_MAX_LIMIT of include/linux/threads.h */
#define MOST_TASKS (4 << 20)
/* Looks at a list that was seen while it changed. */
#define ATTEMPTS 8

enum field {
	TASK_FLAGS,
	TASK_NEXT,
	TASK_PREV,
	TASK_MM,
	TASK_PID,
	TASK_TGID,
	TASK_THREAD_NEXT,
	TASK_START,
	TASK_COMM,
	TASK_SIGNAL,
	TASK_EXEC_ID,
	NR_TASK_FIELDS,
	MM_PGD = NR_TASK_FIELDS,
	SIGNAL_THREADS,
	NR_FIELDS,
};

static const struct wanted wanted[NR_FIELDS] = {
	[TASK_FLAGS] = { "task_struct", "flags", false },
	[TASK_NEXT] = { "task_struct", "tasks.next", false },
	[TASK_PREV] = { "task_struct", "tasks.prev", false },
	[TASK_MM] = { "task_struct", "mm", false },
	[TASK_PID] = { "task_struct", "pid", false },
	[TASK_TGID] = { "task_struct", "tgid", false },
	[TASK_THREAD_NEXT] = { "task_struct", "thread_node.next", false },
	[TASK_START] = { "task_struct", "start_boottime", false },
	[TASK_COMM] = { "task_struct", "comm", false },
	[TASK_SIGNAL] = { "task_struct", "signal", false },
	[TASK_EXEC_ID] = { "task_struct", "self_exec_id", true },
	[MM_PGD] = { "mm_struct", "pgd", false },
	[SIGNAL_THREADS] = { "signal_struct", "thread_head", false },
};

struct tasks {
	const struct reader *reader;
	struct member fields[NR_FIELDS];
	uint64_t init_task;
	unsigned int max_swapfiles;
	uint32_t from, size; /* the part of a task_struct that has them all */
	char *buf;
};

/* What else a look at a task gives: where the lists go on. */
struct links {
	uint64_t next, prev, thread_next;
};

static void find_part(struct tasks *tasks)
{
	uint32_t end = 0;

	tasks->from = ~0U;
	for (int i = 0; i < NR_TASK_FIELDS; i++) {
		const struct member *member = &tasks->fields[i];

		if (!member->size)
			continue;
		if (member->offset < tasks->from)
			tasks->from = member->offset;
		if (member->offset + member->size > end)
			end = member->offset + member->size;
	}
	tasks->size = end - tasks->from;
}

/*
 * MAX_SWAPFILES of include/linux/swap.h is what is left of 32 types. Device private memory takes
 * three of them, and took four before c25465eb7630 (v6.15).
 */
static unsigned int max_swapfiles(const struct kernel *kernel)
{
	if (kallsyms_find(kernel->syms, "make_device_exclusive"))
		return 24;
	return kallsyms_find(kernel->syms, "make_device_exclusive_range") ? 23 : 27;
}

int tasks_open(struct tasks **out, const struct reader *reader, struct problem *why)
{
	struct tasks *tasks = calloc(1, sizeof(*tasks));
	int err;

	if (!tasks)
		return problem(why, -ENOMEM, "out of memory");
	tasks->reader = reader;
	tasks->init_task = kallsyms_find(reader->kernel->syms, "init_task");
	tasks->max_swapfiles = max_swapfiles(reader->kernel);
	err = reader_members(reader, wanted, NR_FIELDS, tasks->fields, why);
	if (!err && !tasks->init_task)
		err = problem(why, -ENOENT,
			      "no symbol init_task: the kernel needs CONFIG_KALLSYMS_ALL");
	if (!err) {
		find_part(tasks);
		tasks->buf = malloc(tasks->size);
		if (!tasks->buf)
			err = problem(why, -ENOMEM, "out of memory");
	}
	if (err) {
		tasks_close(tasks);
		return err;
	}
	*out = tasks;
	return 0;
}

void tasks_close(struct tasks *tasks)
{
	if (!tasks)
		return;
	free(tasks->buf);
	free(tasks);
}

unsigned int tasks_max_swapfiles(const struct tasks *tasks)
{
	return tasks->max_swapfiles;
}

static uint64_t value(const struct tasks *tasks, enum field field)
{
	return reader_value(tasks->buf, tasks->from, &tasks->fields[field]);
}

static void take_comm(const struct tasks *tasks, char comm[TASK_COMM_SIZE])
{
	const struct member *member = &tasks->fields[TASK_COMM];
	size_t size = member->size < TASK_COMM_SIZE ? member->size : TASK_COMM_SIZE - 1;

	memset(comm, 0, TASK_COMM_SIZE);
	memcpy(comm, tasks->buf + (member->offset - tasks->from), size);
	for (char *c = comm; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
}

/* mm->pgd, which lies in the linear map. An mm that is half gone may have anything there. */
static int take_pgd(const struct tasks *tasks, struct task *task)
{
	const struct zone_range *linear = &tasks->reader->kernel->zones.range[ZONE_LINEAR];
	const struct geometry *geo = &tasks->reader->kernel->geo;
	uint64_t size = geometry_entries(geo, geometry_top(geo)) * sizeof(uint64_t);
	int err;

	task->pgd = 0;
	if (!task->mm)
		return 0;
	err = reader_field(tasks->reader, task->mm, &tasks->fields[MM_PGD], &task->pgd);
	if (err)
		return err;
	task->pgd = geometry_untag(task->pgd);
	return task->pgd >= linear->start && task->pgd < linear->end && !(task->pgd & (size - 1)) ?
		       0 :
		       -EAGAIN;
}

/* 0; -EAGAIN: there is none any more. */
static int read_task(const struct tasks *tasks, uint64_t addr, struct task *task,
		     struct links *links)
{
	uint64_t pid;
	int err;

	addr = geometry_untag(addr);
	if (!reader_pointer(tasks->reader, addr))
		return -EAGAIN;
	err = kcore_get(tasks->reader->kcore, addr + tasks->from, tasks->buf, tasks->size);
	if (err)
		return err == -ENOENT ? -EAGAIN : err;
	pid = value(tasks, TASK_PID);
	*links = (struct links){ value(tasks, TASK_NEXT), value(tasks, TASK_PREV),
				 value(tasks, TASK_THREAD_NEXT) };
	*task = (struct task){
		.addr = addr,
		.pid = pid,
		.tgid = value(tasks, TASK_TGID),
		.flags = value(tasks, TASK_FLAGS),
		.signal = value(tasks, TASK_SIGNAL),
		.mm = value(tasks, TASK_MM),
		.start = value(tasks, TASK_START),
		.exec_id = value(tasks, TASK_EXEC_ID),
	};
	take_comm(tasks, task->comm);
	return pid < MOST_TASKS && task->tgid >= 0 && task->tgid < MOST_TASKS &&
			       reader_pointer(tasks->reader, geometry_untag(task->signal)) ?
		       0 :
		       -EAGAIN;
}

static int add(struct task_list *list, const struct task *task)
{
	if (list->nr == list->room) {
		size_t room = list->room ? list->room * 2 : 256;
		struct task *bigger = room > 2 * MOST_TASKS ?
					      NULL :
					      realloc(list->task, room * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		list->task = bigger;
		list->room = room;
	}
	list->task[list->nr++] = *task;
	return 0;
}

/*
 * A list that was bent into a ring of which its head is no part: seen by one of its members turning
 * up again, which is remembered for twice as long each time.
 */
struct ring {
	uint64_t seen;
	uint64_t steps, until;
};

static bool is_ring(struct ring *ring, uint64_t at)
{
	if (at == ring->seen)
		return true;
	if (ring->steps++ < ring->until)
		return false;
	ring->seen = at;
	ring->until = ring->steps * 2;
	return false;
}

/*
 * From init_task around to it. @strict: each has to point back to the one before, which it does but
 * for the moment in which a neighbour comes or goes.
 */
static int go_round(const struct tasks *tasks, struct task_list *list, bool strict)
{
	uint64_t head = tasks->init_task + tasks->fields[TASK_NEXT].offset, at, before = head;
	struct ring ring = {};
	struct links links;
	struct task task;
	int err = read_task(tasks, tasks->init_task, &task, &links);

	list->nr = 0;
	while (!err && geometry_untag(links.next) != head) {
		at = geometry_untag(links.next);
		err = read_task(tasks, at - tasks->fields[TASK_NEXT].offset, &task, &links);
		if (err)
			break;
		if ((strict && geometry_untag(links.prev) != before) || !task.pid ||
		    is_ring(&ring, at) || list->nr == MOST_TASKS)
			return -EAGAIN;
		/* one whose mm goes away right now has none */
		if (take_pgd(tasks, &task))
			task.mm = task.pgd = 0;
		err = add(list, &task);
		before = at;
	}
	return err;
}

static int by_pid(const void *a, const void *b)
{
	const struct task *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

int tasks_list(struct tasks *tasks, struct task_list *list)
{
	int err = -EAGAIN;

	*list = (struct task_list){};
	for (int i = 0; i < 2 * ATTEMPTS && err == -EAGAIN; i++)
		err = go_round(tasks, list, i < ATTEMPTS);
	if (err) {
		free(list->task);
		*list = (struct task_list){};
		return err;
	}
	if (list->nr)
		qsort(list->task, list->nr, sizeof(*list->task), by_pid);
	return 0;
}

int tasks_thread(struct tasks *tasks, const struct task *leader, int pid, struct task *found)
{
	uint64_t head = geometry_untag(leader->signal) + tasks->fields[SIGNAL_THREADS].offset, at;
	struct member first = tasks->fields[SIGNAL_THREADS];
	struct ring ring = {};
	int err;

	first.size = sizeof(at);
	found->addr = 0;
	err = reader_field(tasks->reader, leader->signal, &first, &at);
	for (int i = 0; !err && i < MOST_TASKS && geometry_untag(at) != head; i++) {
		struct links links;
		struct task task;

		err = read_task(tasks, geometry_untag(at) - tasks->fields[TASK_THREAD_NEXT].offset,
				&task, &links);
		if (!err && (task.tgid != leader->tgid || is_ring(&ring, geometry_untag(at))))
			err = -EAGAIN;
		if (err)
			break;
		at = links.thread_next;
		if (take_pgd(tasks, &task) || !task.mm)
			continue;
		if (task.pid == pid || !found->addr)
			*found = task;
		if (task.pid == pid)
			break;
	}
	return err ? err : found->addr ? 0 : -ESRCH;
}

int tasks_same(struct tasks *tasks, const struct task *task)
{
	struct links links;
	struct task now;

	if (read_task(tasks, task->addr, &now, &links) || now.pid != task->pid ||
	    now.start != task->start || !now.mm)
		return -ESRCH;
	if (now.mm != task->mm || now.exec_id != task->exec_id || take_pgd(tasks, &now) ||
	    now.pgd != task->pgd)
		return -ESTALE;
	return 0;
}

uint64_t task_root(const struct kernel *kernel, const struct task *task)
{
	return task->pgd - kernel->phys_to_virt;
}
