/* SPDX-License-Identifier: GPL-2.0-only */
/* mm/ptdump.c's text into a recording of runs. */
#ifndef PWTRACE_RECORDING_IMPORT_H
#define PWTRACE_RECORDING_IMPORT_H

#include <stdio.h>

#include "recording/runs.h"

struct import {
	/* given */
	unsigned int page_shift;				 /* 0: the largest that fits */
	const char *release;					 /* of the kernel; NULL: unknown */
	void (*tell)(void *ctx, uint64_t line, const char *why); /* a line makes no sense */
	void *ctx;
	/* filled in */
	uint64_t lines, runs;
	uint64_t gaps; /* between two lines something is missing */
	uint64_t bad;  /* lines that make no sense */
	struct geometry geo;
};

/**
 * import_text() - read all of a text
 * @import: zeroed but for what is given
 *
 * Return: 0; -EBADMSG: some lines make no sense; -ENODATA: there are none; -EDOM: where they begin
 * goes with no page size; or another negative errno. Unless it is 0 the recording is of no use.
 */
int import_text(struct import *import, FILE *file, struct recorder *recorder);

#endif
