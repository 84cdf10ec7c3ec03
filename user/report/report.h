/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is to show of a recording: collected change by change, in memory that does not grow
 * with their number. How it is shown is not known here.
 */
#ifndef PWTRACE_REPORT_H
#define PWTRACE_REPORT_H

#include "report/callers.h"
#include "report/exhibits.h"
#include "report/leafmap.h"
#include "report/ops.h"
#include "report/timeline.h"

struct report {
	const struct kernel *kernel;
	unsigned int most_exhibits; /* and one of each reason more */
	uint64_t changes;
	uint64_t first, last; /* times, ns */
	uint64_t reasons[VERDICT_NR][REASON_NR];
	uint64_t findings[FINDING_NR];
	uint64_t splits[PGTABLE_NR_LEVELS];
	struct exhibits mismatches;
	bool shown[REASON_NR]; /* among them */
	struct refusals refusals;
	struct ops ops;
	struct timeline timeline;
	struct callers callers;
	struct leafmap leafmap;
};

/* @report: to be released by report_release(). */
void report_init(struct report *report, const struct kernel *kernel, unsigned int most_exhibits);
void report_release(struct report *report);

/* @stack: may be NULL. 0 or -ENOMEM. */
int report_change(struct report *report, const struct change *change, const struct stack *stack);

#endif
