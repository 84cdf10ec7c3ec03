/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations: how often, with which answers, and how long they took. */
#ifndef PWTRACE_REPORT_OPS_H
#define PWTRACE_REPORT_OPS_H

#include "check/change.h"

#define OPS_MOST	48 /* names, and names with a function; the last stands for all others */
#define OPS_RETS	8
#define OPS_SUB_BUCKETS 32 /* of each power of two: a duration is known to 3 per cent */
#define OPS_BUCKETS	(61 * OPS_SUB_BUCKETS)

struct op_ret {
	int ret;
	uint64_t nr;
};

/* One operation, as one function has carried it out. */
struct op_stat {
	const char *op;
	unsigned int name; /* index in ops.names */
	uint8_t func;	   /* enum pwt_func */
	uint64_t nr;
	uint64_t verdicts[VERDICT_NR];
	struct op_ret rets[OPS_RETS]; /* in the order in which they came */
	unsigned int nr_rets;
	uint64_t other_rets, no_ret;
	uint64_t total, longest; /* ns */
	uint64_t durations[OPS_BUCKETS];
};

struct ops {
	struct op_stat *stat[OPS_MOST];
	unsigned int nr;
	const char *names[OPS_MOST];
	unsigned int nr_names;
};

/* @name: set to the number of the operation's name. 0 or -ENOMEM. */
int ops_add(struct ops *ops, const struct change *change, unsigned int *name);
void ops_release(struct ops *ops);

/* The duration that @percent of them did not exceed, ns. */
uint64_t op_duration(const struct op_stat *stat, unsigned int percent);

#endif
