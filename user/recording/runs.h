/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs in a recording, where the tables are not there: what 'pwtrace import' made of a text. They
 * have no physical addresses, and of the tables above nothing is known.
 */
#ifndef PWTRACE_RECORDING_RUNS_H
#define PWTRACE_RECORDING_RUNS_H

#include "dump/leaves.h"
#include "dump/markers.h"
#include "recording/read.h"
#include "recording/write.h"

#define MOST_MARKS  64
#define MARK_LENGTH 48

/* Where the parts of the address space begin, as the text has it. */
struct run_mark {
	uint64_t start; /* of the run that follows; -1: none does */
	char name[MARK_LENGTH];
};

struct run_writer;

int run_writer_new(struct run_writer **out, struct recorder *recorder);
void run_writer_free(struct run_writer *writer);

/* 0 or a negative errno. */
int run_writer_add(struct run_writer *writer, const struct leaf_run *run);
int run_writer_mark(struct run_writer *writer, const char *name, size_t len);

/* The rest, and what is known of the kernel. @release: may be NULL. */
int run_writer_end(struct run_writer *writer, const struct geometry *geo, const char *release);

struct runs;

/**
 * runs_open() - look for runs in a recording
 * @kernel: filled in, if there are any; kernel_close() it
 * @why: filled in on failure
 *
 * @recording has to stay, and is not to be read by others.
 * Return: 0 with *@out NULL: it has none; or a negative errno.
 */
int runs_open(struct runs **out, struct recording *recording, struct kernel *kernel,
	      struct problem *why);
void runs_close(struct runs *runs);

/* Behind the last a name that is NULL. */
const struct marker *runs_markers(const struct runs *runs);

/*
 * Each run between @start and @end (0: the end of the address space), cut to that, with the mark
 * STREAM_NO_ADDRESS. 0, or a negative errno of reading.
 */
int runs_each(struct runs *runs, uint64_t start, uint64_t end, bool holes, leaf_run_fn run,
	      void *ctx);

#endif
