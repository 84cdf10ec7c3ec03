// SPDX-License-Identifier: GPL-2.0-only
#include "report.h"

void report_init(struct report *report, const struct kernel *kernel, unsigned int most_exhibits)
{
	*report = (struct report){ .kernel = kernel, .most_exhibits = most_exhibits };
	timeline_init(&report->timeline);
	leafmap_init(&report->leafmap, &kernel->geo);
}

void report_release(struct report *report)
{
	exhibits_release(&report->mismatches);
	refusals_release(&report->refusals);
	ops_release(&report->ops);
	timeline_release(&report->timeline);
	callers_release(&report->callers);
	leafmap_release(&report->leafmap);
}

static void count(struct report *report, const struct change *change)
{
	if (!report->changes++ || change->time < report->first)
		report->first = change->time;
	if (change->time + change->duration > report->last)
		report->last = change->time + change->duration;
	report->reasons[change->verdict][change->reason]++;
	for (int i = 0; i < FINDING_NR; i++)
		report->findings[i] += change->findings >> i & 1;
	for (int level = 0; level < PGTABLE_NR_LEVELS; level++)
		report->splits[level] += change->splits[level];
}

/* The first ones, and the first of each reason. */
static int show(struct report *report, const struct change *change, const struct stack *stack)
{
	if (change->verdict != VERDICT_MISMATCH)
		return emit_nothing_done(change) ? refusals_add(&report->refusals, change, stack) :
						   0;
	if (report->mismatches.nr >= report->most_exhibits && report->shown[change->reason])
		return 0;
	report->shown[change->reason] = true;
	return exhibits_add(&report->mismatches, change, stack);
}

int report_change(struct report *report, const struct change *change, const struct stack *stack)
{
	unsigned int op;
	int err;

	count(report, change);
	err = show(report, change, stack);
	if (!err)
		err = ops_add(&report->ops, change, &op);
	if (!err)
		err = timeline_add(&report->timeline, change, op);
	/* what is a part of another call came by that */
	if (!err && !change->parent_seq)
		err = callers_add(&report->callers, change, stack);
	return err ? err : leafmap_change(&report->leafmap, change);
}
