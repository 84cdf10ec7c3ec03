/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside 'pwtrace check': one recording, and several of them side by side. */
#ifndef PWTRACE_CHECK_COMMAND_H
#define PWTRACE_CHECK_COMMAND_H

#include "commands/watch_options.h"

/* One of those that are to be checked: its parts, in order. */
struct to_check {
	char *const *paths;
	size_t nr;
};

/* What came of one, or of all. */
struct checked_sum {
	int status;
	bool read; /* it could be */
	bool damaged;
	uint64_t changes, shown, own, records, records_lost, probes_missed;
	uint64_t verdicts[VERDICT_NR];
};

/* One, which is number @number of those that are checked; @several: it is not the only one. */
void check_recording(const struct watch_options *options, const struct to_check *what,
		     unsigned int number, bool several, struct checked_sum *sum);

/*
 * All of them, up to @jobs at a time, what they say in their order. @sums: one for each. 0, or a
 * negative errno.
 */
int check_all(const struct watch_options *options, const struct to_check *all, size_t nr,
	      unsigned int jobs, struct checked_sum *sums);

#endif
