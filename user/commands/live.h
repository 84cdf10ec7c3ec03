/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of the running kernel, as the commands that look at them have them in common. */
#ifndef PWTRACE_LIVE_H
#define PWTRACE_LIVE_H

#include "commands/range.h"
#include "dump/parts.h"
#include "emit/object.h"
#include "source/hooks.h"
#include "source/stream.h"

struct live {
	struct kernel kernel;
	struct source *source;
	struct stream *stream;
	struct mm_struct mm; /* init_mm */
	bool watch;	     /* see what changes meanwhile, by hooks: set before live_open() */
	bool verbose;	     /* say how they were attached */
	/* NULL: nobody tells what changes */
	struct source_hooks *hooks;
	struct changes *changes;
	struct parts parts;
	double attached; /* when they were, in ms */
	/* added up: parts that were changed, lots of which that is not known, faults of the walk */
	uint64_t changed, unknown, faults;
};

/* --source. 0 or -EINVAL after a message. */
int live_source(const char *text, enum source_kind *kind);

/**
 * live_open() - get ready to read the kernel's tables
 * @live: zeroed but for what is to be set; live_close() it, after a failure too
 *
 * Return: 0, or a negative errno with @why filled in.
 */
int live_open(struct live *live, enum source_kind kind, struct problem *why);
void live_close(struct live *live);

/* What the summary says of changes that hooks saw, as JSON and in words. */
void live_put_changes(const struct live *live, json *object);
void live_print_changes(const struct live *live, FILE *out);

/*
 * Walk @range. What is read anew each time. 0, or a negative errno: tables could not be read, with
 * @why filled in.
 */
int live_walk(struct live *live, const struct range *range, const struct leaves_options *options,
	      leaf_run_fn run, void *ctx, struct problem *why);

#endif
