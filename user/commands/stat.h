/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kinds of pwtrace stat share: the kernel by zones, a process by kinds of areas, all. */
#ifndef PWTRACE_STAT_H
#define PWTRACE_STAT_H

#include "commands/commands.h"
#include "commands/process.h"
#include "dump/sizes.h"

/* What the table has side by side. */
struct stat_column {
	const char *name;
	struct sizes now, before;
};

#define STAT_MAX_COLUMNS 8

struct stat {
	struct common_options common;
	struct source_choice source;
	int pid; /* 0: the kernel */
	bool processes;
	bool no_hooks;	 /* all of them */
	double interval; /* seconds, 0: once */
	uint64_t count;	 /* 0: without end */
	struct live live;
	struct reader reader; /* of processes */
	struct tasks *tasks;
	struct stat_column column[STAT_MAX_COLUMNS];
	unsigned int columns;
	uint64_t tables[PGTABLE_NR_LEVELS];
	uint64_t start; /* of the process that was looked at before */
	bool has_before;
	bool repaint; /* over what was printed before */
	unsigned int lines;
};

/* One look, printed. 0 or a negative errno with @why filled in. */
int stat_kernel(struct stat *stat, struct problem *why);
int stat_process(struct stat *stat, struct problem *why);
int stat_processes(struct stat *stat, struct problem *why);

/* A new look at what stands in the columns. */
void stat_begin(struct stat *stat);
/* It is over: what it saw is what was before. */
void stat_end(struct stat *stat);

/* A leaves_options' table, which @ctx, the stat, counts. */
void stat_table(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa);

/* stat_print.c. @process: NULL for the kernel. */
void stat_print(struct stat *stat, const struct process *process);

/* A line of text. stat_top() goes back to the first, to paint over what was there. */
void stat_line(struct stat *stat, const char *format, ...) __attribute__((format(printf, 2, 3)));
void stat_top(struct stat *stat);

/* The name of a size of leaf in text: "64K contiguous". False: this geometry has none. */
bool stat_leaf_name(const struct geometry *geo, enum leaf_size size, char buf[24]);

/* The topmost table is the pgd, whatever levels are folded away below it. */
const char *stat_table_name(const struct geometry *geo, int level);

#endif
