/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables in a recording: written as they are read, and read again as if they were the kernel's. */
#ifndef PWTRACE_SNAPSHOT_H
#define PWTRACE_SNAPSHOT_H

#include "recording/read.h"
#include "recording/write.h"
#include "source/stream.h"

struct snapshot_writer {
	struct recorder *recorder;
	size_t page_size;
};

/* Begin a snapshot; number and time are filled in. 0 or a negative errno. */
int snapshot_begin(struct snapshot_writer *writer, struct pwt_snapshot *snapshot);

/* A stream_table_fn. @ctx: the writer. What is not written the recorder counts. */
void snapshot_table(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa,
		    const void *page, unsigned int marks);

/* Where this machine has memory, as /proc/iomem tells it. 0 or a negative errno. */
int snapshot_ram(struct recorder *recorder);

/* All of the running kernel's tables, as they are. 0, or a negative errno with @why filled in. */
int snapshot_take(struct recorder *recorder, const struct kernel *kernel, struct problem *why);

#define SNAPSHOT_LAST (~0U)

/**
 * snapshot_open() - read a snapshot's tables
 * @number: which one, from 0; or SNAPSHOT_LAST
 * @snapshot: filled in
 * @why: filled in on failure
 *
 * @recording has to stay, and is not to be read by others.
 * Return: 0; -ENOENT: there is no such snapshot; or another negative errno.
 */
int snapshot_open(struct source **out, struct recording *recording, const struct geometry *geo,
		  unsigned int number, struct pwt_snapshot *snapshot, struct problem *why);

/*
 * The first table of a snapshot at @pa or behind: its address in @pa. False: there is none.
 * @readable: it could be read when the snapshot was made.
 */
bool snapshot_next(const struct source *source, uint64_t *pa, bool *readable);

#endif
