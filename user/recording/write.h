/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a recording, from any thread: records go into a chunk, and a chunk that is full into the
 * file; or, as long as there is none, it stays in memory, of which there is so much and no more.
 */
#ifndef PWTRACE_RECORDING_WRITE_H
#define PWTRACE_RECORDING_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"
#include "recording/format.h"

struct recorder;

struct recorder_stats {
	uint64_t size;	 /* bytes in the file, or in the last one */
	uint64_t chunks; /* in it */
	uint64_t files;
	uint64_t unwritten; /* records and events that did not get there */
	int error;	    /* the first that kept something from it; 0: none */
};

/* Without a file yet. @memory: bytes that are kept of chunks until there is one. 0 or -ENOMEM. */
int recorder_new(struct recorder **out, size_t memory);

/*
 * A file, see sink_open(); the one before is finished, and this the next part of the recording. 0
 * or a negative errno.
 */
int recorder_next(struct recorder *recorder, const char *path);

/* recorder_new() and recorder_next() */
int recorder_open(struct recorder **out, const char *path);

/*
 * What is added from @begin to the end is true of all of the file, and belongs into each. 0 or a
 * negative errno.
 */
int recorder_preamble(struct recorder *recorder, bool begin);

/* What was kept goes into the file. 0 or a negative errno. */
int recorder_write_kept(struct recorder *recorder);

/* The file is finished; what comes is kept in memory, until there is another. */
int recorder_finish(struct recorder *recorder);
bool recorder_has_file(const struct recorder *recorder);

/* Why recorder_open() failed with @err, and what to do. */
void recorder_problem(int err, const char *path, struct problem *why);

/*
 * Finish the file, which can be read without that too. Return: 0, or the first error there was.
 * @stats: the last; may be NULL.
 */
int recorder_close(struct recorder *recorder, struct recorder_stats *stats);

/*
 * A record of @size bytes and @more behind it. 0, or a negative errno: it is counted as unwritten.
 * -E2BIG: it would not fit into a chunk.
 */
int recorder_add2(struct recorder *recorder, enum pwt_record_type type, const void *data,
		  size_t size, const void *more, size_t more_size);

static inline int recorder_add(struct recorder *recorder, enum pwt_record_type type,
			       const void *data, size_t size)
{
	return recorder_add2(recorder, type, data, size, NULL, 0);
}

/* Chunks are not compressed, or are again: there is no time for it. */
void recorder_hurry(struct recorder *recorder, bool hurry);

/* Write what there is, so that a crash does not take it along. 0 or a negative errno. */
int recorder_flush(struct recorder *recorder);

/* Bytes that recorder_flush() would write, before they are packed. */
size_t recorder_waiting(struct recorder *recorder);

const struct recorder_stats *recorder_stats(const struct recorder *recorder);

#endif
