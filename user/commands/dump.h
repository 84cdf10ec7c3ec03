/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two kinds of dump share: the kernel's tables, and a process's. */
#ifndef PWTRACE_DUMP_H
#define PWTRACE_DUMP_H

#include "commands/commands.h"
#include "commands/cost.h"
#include "commands/live.h"

struct dump {
	struct common_options common;
	bool ptdump, entries, holes, pfnmap, no_hooks;
	struct source_choice source;
	int pid;		/* 0: the kernel */
	const char *range_text; /* NULL: all */
	const char *output;	/* a snapshot; NULL: none */
	struct range range;
	struct live live;
	struct cost cost;
};

/* What was read, and what it cost. */
void dump_summary(const struct dump *dump);

/* live->kernel.fixed_pages; where it is not told, the fixmap has no marker. */
void dump_find_fixmap(struct live *live);

/* Into dump->output. Return: the exit status. */
int dump_snapshot(struct dump *dump);

/* Of a process; @dump->live is open. Return: the exit status. */
int dump_process(struct dump *dump);

#endif
