/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was changed while it was read, as the hooks saw it: for a table of the last level, reading
 * it once more would not tell. Memory is bounded: where there is too much to remember, more is
 * said to have been changed.
 */
#ifndef PWTRACE_CHANGES_H
#define PWTRACE_CHANGES_H

#include "change_log.h"
#include "source/stream.h"

struct changes;

struct changes_config {
	const struct pwt_changes *log; /* has to stay */
	const struct geometry *geo;
	bool splits; /* a change may split the contiguous runs that it begins or ends in */
	/* How many calls the hooks have not seen up to now; may be NULL. */
	uint64_t (*missed)(void *ctx);
	void *ctx;
};

/* Return: 0 or -ENOMEM. */
int changes_new(struct changes **out, const struct changes_config *config);
void changes_free(struct changes *changes);

/* A new walk begins: what was read before is forgotten. */
void changes_begin(struct changes *changes);

/* Before a lot of tables is read, and behind it; the arguments are a stream_watch's. */
void changes_before(void *changes);
void changes_behind(void *changes, enum pgtable_level level, uint64_t start, uint64_t last);

/**
 * changes_extent() - what is to be said of @start and what follows
 * @level: of the entries that map it
 * @size: how much of it is asked for, in bytes
 * @unit: that changes as one: an entry, or a contiguous run
 * @changed: was it?
 *
 * To be asked in the order of addresses: what lies before @start is forgotten.
 * Return: for how many bytes that holds.
 */
uint64_t changes_extent(struct changes *changes, enum pgtable_level level, uint64_t start,
			uint64_t size, uint64_t unit, bool *changed);

/* Lots since the beginning of the walk of which it is not known what was changed: all is. */
uint64_t changes_unknown(const struct changes *changes);

#endif
