/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a recording: records go into a chunk, and a chunk that is full into the file. Memory is
 * bounded by one chunk.
 */
#ifndef PWTRACE_RECORDING_WRITE_H
#define PWTRACE_RECORDING_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"
#include "recording/format.h"

struct recorder;

struct recorder_stats {
	uint64_t size;	    /* bytes in the file */
	uint64_t chunks;    /* in it */
	uint64_t unwritten; /* records and events that did not get there */
	int error;	    /* the first that kept something from it; 0: none */
};

/**
 * recorder_open() - make a recording
 * @path: see sink_open()
 *
 * Return: 0 or a negative errno.
 */
int recorder_open(struct recorder **out, const char *path);

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

/* Write what there is, so that a crash does not take it along. 0 or a negative errno. */
int recorder_flush(struct recorder *recorder);

const struct recorder_stats *recorder_stats(const struct recorder *recorder);

#endif
