/* SPDX-License-Identifier: GPL-2.0-only */
/* All that the page of a recording is made of, collected from its files. */
#ifndef PWTRACE_REPORT_COLLECT_H
#define PWTRACE_REPORT_COLLECT_H

#include "commands/replay.h"
#include "report/sheet.h"

#define REPORT_DAMAGE 200

struct collected {
	char **files; /* the parts of a recording */
	size_t nr_files;
	struct replay *replay; /* NULL: there is no capture in it */
	/* without one; else the replay's */
	struct kernel kernel;
	struct recorded_info info;
	struct check_stats stats;
	uint64_t no_losses[PWT_NR_TYPES];
	bool begun;
	struct report report;
	struct summary summary;
	struct sheet_input input;
	char damage[REPORT_DAMAGE];
	int err; /* in the middle of it */
};

/**
 * collected_open() - learn what a recording is of
 * @collected: zeroed but for its files; collected_close() it, after a failure too
 * @limit: of mismatches that are drawn
 *
 * Return: 0, or a negative errno with @why filled in.
 */
int collected_open(struct collected *collected, unsigned int limit, struct problem *why);
void collected_close(struct collected *collected);

/*
 * Go through it until stop_signal(): input is filled in but for redact. 0, or a negative errno with
 * @why filled in.
 */
int collected_run(struct collected *collected, struct problem *why);

/**
 * collected_tables() - the address space in the first and in the last snapshot
 *
 * Fills in input.from, strips and times if there is a snapshot; input.moved; and input.damage, if
 * there is no capture whose end is to be missed.
 * Return: how many snapshots there are, or a negative errno with @why filled in.
 */
int collected_tables(struct collected *collected, struct problem *why);

const struct kernel *collected_kernel(const struct collected *collected);

#endif
