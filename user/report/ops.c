// SPDX-License-Identifier: GPL-2.0-only
#include "ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char others[] = "others";

/* Durations below OPS_SUB_BUCKETS have a bucket each, those above share one of 32 in an octave. */
static unsigned int bucket_of(uint64_t ns)
{
	unsigned int octave;

	if (ns < OPS_SUB_BUCKETS)
		return ns;
	octave = 63 - __builtin_clzll(ns) - 5;
	return (octave + 1) * OPS_SUB_BUCKETS + (ns >> octave) % OPS_SUB_BUCKETS;
}

/* The middle of a bucket. */
static uint64_t duration_of(unsigned int bucket)
{
	unsigned int octave = bucket / OPS_SUB_BUCKETS;

	if (!octave)
		return bucket;
	octave--;
	return ((uint64_t)(OPS_SUB_BUCKETS + bucket % OPS_SUB_BUCKETS) << octave) +
	       (1ULL << octave) / 2;
}

uint64_t op_duration(const struct op_stat *stat, unsigned int percent)
{
	uint64_t seen = 0, want = (stat->nr * percent + 99) / 100;

	for (unsigned int i = 0; i < OPS_BUCKETS; i++) {
		seen += stat->durations[i];
		if (seen && seen >= want) {
			uint64_t ns = duration_of(i);

			return ns < stat->longest ? ns : stat->longest;
		}
	}
	return 0;
}

static unsigned int name_of(struct ops *ops, const char *op)
{
	unsigned int i = 0;

	while (i < ops->nr_names && strcmp(ops->names[i], op))
		i++;
	if (i < ops->nr_names)
		return i;
	if (i == OPS_MOST)
		return OPS_MOST - 1;
	ops->names[i] = i == OPS_MOST - 1 ? others : op;
	ops->nr_names++;
	return i;
}

static struct op_stat *stat_of(struct ops *ops, const char *op, uint8_t func)
{
	unsigned int i = 0;

	while (i < ops->nr && (ops->stat[i]->func != func || strcmp(ops->stat[i]->op, op)))
		i++;
	if (i < ops->nr)
		return ops->stat[i];
	if (i == OPS_MOST)
		return ops->stat[OPS_MOST - 1];
	ops->stat[i] = calloc(1, sizeof(**ops->stat));
	if (!ops->stat[i])
		return NULL;
	ops->nr++;
	ops->stat[i]->op = i == OPS_MOST - 1 ? others : op;
	ops->stat[i]->func = func;
	ops->stat[i]->name = name_of(ops, op);
	return ops->stat[i];
}

static void add_ret(struct op_stat *stat, int ret)
{
	unsigned int i = 0;

	while (i < stat->nr_rets && stat->rets[i].ret != ret)
		i++;
	if (i == OPS_RETS) {
		stat->other_rets++;
		return;
	}
	stat->rets[i].ret = ret;
	stat->rets[i].nr++;
	if (i == stat->nr_rets)
		stat->nr_rets++;
}

int ops_add(struct ops *ops, const struct change *change, unsigned int *name)
{
	struct op_stat *stat = stat_of(ops, change->op, change->func);

	if (!stat)
		return -ENOMEM;
	*name = stat->name;
	stat->nr++;
	stat->verdicts[change->verdict]++;
	if (change->has_ret)
		add_ret(stat, change->ret);
	else
		stat->no_ret++;
	stat->total += change->duration;
	if (change->duration > stat->longest)
		stat->longest = change->duration;
	stat->durations[bucket_of(change->duration)]++;
	return 0;
}

void ops_release(struct ops *ops)
{
	for (unsigned int i = 0; i < ops->nr; i++)
		free(ops->stat[i]);
}
