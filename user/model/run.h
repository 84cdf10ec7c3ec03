/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the model: one request on its way through the entry points. */
#ifndef PWTRACE_MODEL_RUN_H
#define PWTRACE_MODEL_RUN_H

#include "model/op.h"

struct run {
	const struct op_kernel *kernel;
	const struct op_rules *rules;
	struct op_result *result;
	bool stop; /* nothing more can be said: a gap, or no memory */
};

struct masks {
	uint64_t set, clear;
};

static inline bool ask(struct run *run, enum op_rule rule)
{
	run->result->asked |= 1U << rule;
	return run->rules->answer[rule] == OP_YES;
}

static inline void note(struct run *run, enum op_finding finding)
{
	run->result->findings |= 1U << finding;
}

/* The end of a request: returns @ret. */
static inline int decide(struct run *run, enum op_decision decision, int ret)
{
	run->result->decision = decision;
	run->stop |= op_decision_is_gap(decision);
	return ret;
}

static inline uint64_t page_size(const struct run *run)
{
	return geometry_page_size(run->kernel->geo);
}

/* update_range_prot(). @flushes: with the TLB maintenance of __change_memory_common(). */
int run_range(struct run *run, uint64_t addr, uint64_t size, struct masks masks, bool alias,
	      bool flushes);

/* change_memory_common() */
int run_common(struct run *run, uint64_t addr, int pages, struct masks masks);

/*
 * Have every table in the image that maps any of @start to @end, and the entries beside them.
 * 0; -ENODATA: a table cannot be read; -E2BIG: too many; -ENOMEM.
 */
int run_cover(struct run *run, uint64_t start, uint64_t end);

#endif
