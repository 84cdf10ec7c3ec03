// SPDX-License-Identifier: GPL-2.0-only
#include "process.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"

int process_pid(const char *text, int *pid)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || !isdigit((unsigned char)*text) || *end || value < 1 || value > 4 << 20)
		return option_refused("pid", text, "the number of a process");
	*pid = value;
	return 0;
}

static int open_tables(struct process *process, struct problem *why)
{
	const struct kernel *kernel = &process->live->kernel;
	uint64_t root = task_root(kernel, &process->task);

	if (stream_open(&process->stream, process->live->source, &kernel->geo, root, 0))
		return problem(why, -ENOMEM, "out of memory");
	process->mm = (struct mm_struct){
		.geo = &kernel->geo,
		.memory = stream_memory(process->stream),
		.root = root,
		.mmap_lock.count = -1, /* as far as the walk cares: nobody holds it */
		.max_swapfiles = tasks_max_swapfiles(process->tasks),
	};
	return 0;
}

int process_open_task(struct process *process, const struct live *live, struct tasks *tasks,
		      const struct task *task, struct problem *why)
{
	*process = (struct process){
		.live = live,
		.tasks = tasks,
		.task = *task,
		.pid = task->pid,
		.vmas = NO_VMAS,
	};
	return open_tables(process, why);
}

/*
 * The task is found before and looked at again behind: then areas and tables are those of one
 * address space, which the open file holds on to.
 */
int process_open(struct process *process, const struct live *live, struct tasks *tasks, int pid,
		 struct problem *why)
{
	int err;

	*process = (struct process){ .live = live, .tasks = tasks, .pid = pid, .vmas = NO_VMAS };
	err = tasks_find(tasks, pid, &process->task, why);
	if (!err)
		err = vmas_read(&process->vmas, process->task.pid,
				geometry_page_size(&live->kernel.geo), why);
	if (!err && tasks_same(tasks, &process->task))
		err = problem(why, -ESRCH,
			      "process %d has ended, or become another program, "
			      "before its tables could be read",
			      pid);
	if (!err)
		err = open_tables(process, why);
	if (!err && process_areas_of(&process->areas, &process->mm, &process->vmas))
		err = problem(why, -ENOMEM, "out of memory");
	return err;
}

void process_close(struct process *process)
{
	process_areas_free(&process->areas);
	stream_close(process->stream);
	vmas_free(&process->vmas);
}

int process_check(struct process *process, struct problem *why)
{
	int err = stream_error(process->stream), same;

	if (err)
		return problem(why, err, "tables could not be read by %s: %s",
			       process->live->source->name, strerror(-err));
	same = tasks_same(process->tasks, &process->task);
	if (!same)
		return 0;
	return problem(why, same,
		       "process %d has %s while its tables were read: what was shown may be of tables "
		       "that were freed",
		       process->pid, same == -ESTALE ? "become another program" : "ended");
}

unsigned int process_marks(void *ctx, enum pgtable_level level)
{
	return stream_marks(ctx, level);
}

/* From the first area of that name to the end of the last. */
static int by_name(const struct process *process, struct range *range, const char *text,
		   struct problem *why)
{
	*range = (struct range){};
	for (size_t i = 0; i < process->vmas.nr; i++) {
		const struct vma *vma = &process->vmas.vma[i];

		if (strcmp(vma->name, text))
			continue;
		if (!range->end)
			range->start = vma->start;
		range->end = vma->end;
	}
	return range->end ? 0 :
			    problem(why, -EINVAL,
				    "process %d has no area '%s': give START-END, START+SIZE, or a "
				    "name of /proc/%d/maps",
				    process->pid, text, process->pid);
}

int process_range(const struct process *process, struct range *range, const char *text,
		  struct problem *why)
{
	uint64_t page = geometry_page_size(&process->live->kernel.geo);
	int err;

	*range = (struct range){ 0, process_end(process) };
	if (!text)
		return 0;
	err = isdigit((unsigned char)*text) ? range_by_numbers(range, text, why) :
					      by_name(process, range, text, why);
	if (err)
		return err;
	range->start &= ~(page - 1);
	range->end = (range->end + page - 1) & ~(page - 1);
	if (!range->end || range->end > process_end(process))
		return problem(why, -EINVAL,
			       "'%s' goes beyond the addresses of a process: they end at 0x%llx here",
			       text, (unsigned long long)process_end(process));
	return 0;
}
