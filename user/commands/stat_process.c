// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace stat --pid: of one process, by kinds of areas. */
#include <errno.h>
#include <string.h>

#include "commands/stat.h"

enum kind { KIND_ANON, KIND_FILE, KIND_HUGETLB, KIND_OTHER, NR_KINDS };

static const char *const kind_names[NR_KINDS] = { "anon", "file", "hugetlb", "other" };

static enum kind kind_of(const struct vma *vma)
{
	if (!vma || (vma->flags & VM_PFNMAP))
		return KIND_OTHER;
	if (vma->flags & VM_HUGETLB)
		return KIND_HUGETLB;
	if (vma->inode || vma->major || vma->minor)
		return KIND_FILE;
	/* "[vdso]" and its kind are the kernel's */
	return !*vma->name || !strcmp(vma->name, "[heap]") || !strncmp(vma->name, "[stack", 6) ||
			       !strncmp(vma->name, "[anon", 5) ?
		       KIND_ANON :
		       KIND_OTHER;
}

struct look {
	struct stat *stat;
	const struct process *process;
};

/* How much of the @size bytes at @addr lies in one area, or in none. */
static uint64_t room(const struct vma *vma, uint64_t addr, uint64_t size)
{
	uint64_t end;

	if (!vma)
		return size;
	end = vma->start > addr ? vma->start : vma->end;
	return end - addr < size ? end - addr : size;
}

static void add_run(void *ctx, const struct leaf_run *run)
{
	struct look *look = ctx;
	const struct process *process = look->process;
	struct leaf_run rest = *run, part;

	while (rest.size) {
		const struct vma *vma = vmas_next(&process->vmas, rest.start);
		bool inside = vma && vma->start <= rest.start;

		part = rest;
		part.size = room(vma, rest.start, rest.size);
		sizes_add_user(&look->stat->column[kind_of(inside ? vma : NULL)].now, &process->mm,
			       &part);
		rest.start += part.size;
		rest.size -= part.size;
	}
}

static void add_table(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa)
{
	stat_table(((struct look *)ctx)->stat, level, addr, pa);
}

static int walk(struct stat *stat, struct process *process, struct problem *why)
{
	struct look look = { stat, process };
	const struct leaves_options options = {
		.marks = process_marks,
		.marks_ctx = process->stream,
		.table = add_table,
	};

	stat->columns = NR_KINDS;
	for (enum kind kind = 0; kind < NR_KINDS; kind++)
		stat->column[kind].name = kind_names[kind];
	stat_begin(stat);
	stream_begin(process->stream, process_end(process));
	leaves_walk(&process->mm, 0, process_end(process), &options, add_run, &look);
	return process_check(process, why);
}

int stat_process(struct stat *stat, struct problem *why)
{
	struct process process;
	int err = process_open(&process, &stat->live, stat->tasks, stat->pid, why);

	if (!err && stat->has_before && process.task.start != stat->start)
		err = problem(why, -ESRCH, "process %d has ended, and another has its number",
			      stat->pid);
	if (!err)
		err = walk(stat, &process, why);
	if (!err) {
		stat->start = process.task.start;
		stat_print(stat, &process);
		stat_end(stat);
	}
	process_close(&process);
	return err;
}
