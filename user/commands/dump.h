/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two kinds of dump share: the kernel's tables, and a process's. */
#ifndef PWTRACE_DUMP_H
#define PWTRACE_DUMP_H

#include "commands/commands.h"
#include "commands/live.h"

struct dump {
	struct common_options common;
	bool ptdump, entries, holes, pfnmap;
	enum source_kind source_kind;
	int pid;		/* 0: the kernel */
	const char *range_text; /* NULL: all */
	struct range range;
	struct live live;
};

/* Of a process; @dump->live is open. Return: the exit status. */
int dump_process(struct dump *dump);

#endif
