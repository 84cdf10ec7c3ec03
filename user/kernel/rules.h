/* SPDX-License-Identifier: GPL-2.0-only */
/* Which of the model's rules are in force in the running kernel, and what that was seen by. */
#ifndef PWTRACE_RULES_H
#define PWTRACE_RULES_H

#include "kernel/reader.h"
#include "kernel/tables.h"
#include "kernel/types.h"
#include "model/op.h"

struct rules {
	struct op_rules known;
	char from[OP_NR_RULES][112]; /* what settled each, or why nothing did */
};

/*
 * Look at symbols, variables, entries and code. What none of them tells stays unknown. @types may
 * be NULL.
 */
void rules_find(struct rules *rules, const struct kernel *kernel, struct kcore *kcore,
		struct tables *tables, const struct types *types);

/* What is known, by a reader, and not by what. 0 or -ENOMEM. */
int rules_read(struct op_rules *known, const struct reader *reader);

#endif
