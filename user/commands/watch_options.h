/* SPDX-License-Identifier: GPL-2.0-only */
/* What 'pwtrace watch', 'record' and 'check' were asked for. */
#ifndef PWTRACE_WATCH_OPTIONS_H
#define PWTRACE_WATCH_OPTIONS_H

#include "capture/capture.h"
#include "commands/commands.h"
#include "commands/filter.h"
#include "emit/emit.h"
#include "recording/tape.h"

enum watch_kind { FOR_WATCH, FOR_RECORD, FOR_CHECK };

struct watch_options {
	enum watch_kind kind;
	struct common_options common;
	struct capture_options capture;
	struct filter filter;
	double duration; /* seconds, 0: no end */
	uint64_t limit;	 /* changes shown, 0: no end */
	bool fail;
	bool limit_losses;
	uint64_t max_lost;
	uint32_t rules_off;	  /* bits: 1 << enum rule */
	const char *output;	  /* file for the changes, NULL: stdout */
	char **command;		  /* NULL: none */
	struct tape_options tape; /* path NULL: nothing is recorded */
	uint32_t triggers;	  /* of what is kept in memory; bits: 1 << enum verdict */
	bool ring_only;
	bool snapshot;	      /* of the tables, at the beginning and at the end */
	uint64_t keep;	      /* files */
	bool trigger_refused; /* ... and a request that was refused */
	bool silent;	      /* changes are recorded, and not shown */
	char **files;	      /* to check */
	enum emit_results results;
	uint64_t jobs; /* files that are checked at a time, 0: as many as there are processors */
	int nr_files;
};

/**
 * watch_parse_options() - read the command line
 * @options: zeroed but for kind; filled in, with pointers into @argv
 *
 * Return: 0; 1 if help was asked for and given; a negative errno after a message.
 */
int watch_parse_options(struct watch_options *options, int argc, char **argv);

#endif
