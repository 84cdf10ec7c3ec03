/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs cut where what was changed while it was read begins and ends. */
#ifndef PWTRACE_PARTS_H
#define PWTRACE_PARTS_H

#include "dump/leaves.h"
#include "source/changes.h"

/* Goes between leaves_walk() and whom its runs are for. */
struct parts {
	struct changes *changes;
	const struct geometry *geo;
	leaf_run_fn run;
	void *ctx;
	void (*table)(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa);
	uint64_t marked; /* parts with the mark */
};

/* A leaf_run_fn, and a leaves_options' table(). @ctx: the parts. */
void parts_of(void *ctx, const struct leaf_run *run);
void parts_table(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa);

#endif
