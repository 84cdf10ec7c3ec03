/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a recording, which may be cut off, damaged or made to do harm: what can be read is, what
 * cannot is counted and told. Memory is bounded by one chunk.
 */
#ifndef PWTRACE_RECORDING_READ_H
#define PWTRACE_RECORDING_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"
#include "recording/format.h"

struct recording;

/* One record. */
struct recorded {
	enum pwt_record_type type;
	size_t size;
	const void *data;  /* aligned to 8; until the next call */
	uint64_t chunk;	   /* offset of its chunk */
	uint32_t position; /* in the chunk, unpacked */
	bool gap;	   /* what was before it is not there, or could not be read */
};

struct recording_stats {
	uint64_t chunks;  /* read, or passed over as not asked for */
	uint64_t missing; /* that are not there, by their numbers and by how many were written */
	uint64_t damaged; /* that could not be read, and other places that make no sense */
	uint64_t skipped; /* bytes of all that */
	bool complete;	  /* it was closed: its end is there */
};

/**
 * recording_open() - open a recording
 * @why: filled in on failure
 *
 * Return: 0; -ENOEXEC: it is no recording; or another negative errno.
 */
int recording_open(struct recording **out, const char *path, struct problem *why);
void recording_close(struct recording *recording);

/* How many of the files, from the first on, are parts of one recording that follow each other. */
size_t recording_parts(char *const *paths, size_t nr);

const struct pwt_file *recording_file(const struct recording *recording);

/* From the beginning again, and only chunks with some of @types, bits: 1 << enum pwt_record_type.
 */
void recording_begin(struct recording *recording, uint64_t types);

/* 1: @record is the next one. 0: there is none. Or -errno of reading the file, -ENOMEM. */
int recording_next(struct recording *recording, struct recorded *record);

/*
 * The record at a place that recording_next() gave; the order of the others is lost by it. 0, or a
 * negative errno.
 */
int recording_at(struct recording *recording, uint64_t chunk, uint32_t position,
		 struct recorded *record);

/* The number that the next chunk should have: at the end, that of the next part's first. */
uint64_t recording_number(const struct recording *recording);

/* Of what was read since recording_begin(). */
const struct recording_stats *recording_stats(const struct recording *recording);

/* "cut off after 12 chunks", for people; false: there is nothing to say. */
bool recording_damage(const struct recording *recording, char *buf, size_t size);

#endif
