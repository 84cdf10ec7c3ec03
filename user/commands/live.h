/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of the running kernel, as the commands that look at them have them in common. */
#ifndef PWTRACE_LIVE_H
#define PWTRACE_LIVE_H

#include "commands/range.h"
#include "dump/leaves.h"
#include "source/stream.h"

struct live {
	bool no_symbols; /* are wanted: it takes a while to load them */
	struct kernel kernel;
	struct source *source;
	struct stream *stream;
	struct mm_struct mm; /* init_mm */
};

/* --source. 0 or -EINVAL after a message. */
int live_source(const char *text, enum source_kind *kind);

/**
 * live_open() - get ready to read the kernel's tables
 * @live: zeroed but for no_symbols; live_close() it, after a failure too
 *
 * Return: 0, or a negative errno with @why filled in.
 */
int live_open(struct live *live, enum source_kind kind, struct problem *why);
void live_close(struct live *live);

/*
 * Walk @range. What is read anew each time. 0, or a negative errno: tables could not be read, with
 * @why filled in.
 */
int live_walk(struct live *live, const struct range *range, const struct leaves_options *options,
	      leaf_run_fn run, void *ctx, struct problem *why);

#endif
