/* SPDX-License-Identifier: GPL-2.0-only */
/* What tables map, printed: for people, in mm/ptdump.c's own format, or for programs. */
#ifndef PWTRACE_EMIT_TABLE_H
#define PWTRACE_EMIT_TABLE_H

#include <stdio.h>

#include "dump/leaves.h"
#include "dump/markers.h"

enum table_format { TABLE_TEXT, TABLE_PTDUMP, TABLE_JSON };

struct table_printer {
	FILE *out;
	enum table_format format;
	const struct geometry *geo;
	const struct marker *markers; /* ends with a name that is NULL */
	bool entries;		      /* an entry each */
	bool lines;		      /* each run is a line of ptdump's, as it was read */
	bool pretty;
	/* inside */
	const struct marker *at; /* that the last line came under; NULL: none yet */
	struct leaf_run line;	 /* ptdump's: what it is saying */
	bool begun;
};

/* A leaf_run_fn. @ctx: the printer. */
void table_print(void *ctx, const struct leaf_run *run);

/* Behind the last one. @end: of the range that was asked for, 0 as the end of the address space. */
void table_print_end(struct table_printer *printer, uint64_t end);

#endif
