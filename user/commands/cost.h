/* SPDX-License-Identifier: GPL-2.0-only */
/* What it cost to look at tables: from the first read to the last byte written. */
#ifndef PWTRACE_COST_H
#define PWTRACE_COST_H

#include "emit/object.h"
#include "source/source.h"

struct cost {
	const struct source *source;
	uint64_t begun, read_before;
	/* when it has ended, in nanoseconds and bytes */
	uint64_t capture; /* of the total, for reading tables */
	uint64_t total;
	uint64_t memory; /* the most that was ever resident; 0: unknown */
};

void cost_begin(struct cost *cost, const struct source *source);
void cost_end(struct cost *cost);

void cost_put(json *object, const struct cost *cost);

/* "captured in 1.9 ms, written after 6.7 ms, at most 5.2 MiB resident" */
void cost_print(FILE *out, const struct cost *cost);

#endif
