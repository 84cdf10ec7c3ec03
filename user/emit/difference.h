/* SPDX-License-Identifier: GPL-2.0-only */
/* What two snapshots differ in, and who changed it: printed for people or for programs. */
#ifndef PWTRACE_EMIT_DIFFERENCE_H
#define PWTRACE_EMIT_DIFFERENCE_H

#include "check/change.h"
#include "dump/compare.h"
#include "emit/emit.h"

/* With the changes that were traced in it: how many, and the last one. */
struct traced_difference {
	struct table_difference table;
	uint64_t nr_changes, first_seq;
	uint64_t seq, time; /* of the last */
	const char *op;
	uint32_t pid;
	char comm[PWT_COMM_LEN + 1];
	enum verdict verdict;
	struct stack stack;
};

/* @change is the last one, so far. */
void traced_note(struct traced_difference *difference, const struct change *change);

struct difference_printer {
	FILE *out;
	bool json, pretty, verbose;
	const struct kernel *kernel;
};

/* Of what was printed. */
struct difference_sums {
	uint64_t nr, traced;
	uint64_t bytes[DIFFERENCE_NR];
	uint64_t torn;
};

void difference_print(const struct difference_printer *printer,
		      const struct traced_difference *difference, struct difference_sums *sums);

/* A summary object, for programs only; and a line for people. */
void difference_summary(const struct difference_printer *printer,
			const struct difference_sums *sums);
void difference_summary_text(FILE *out, const struct difference_sums *sums);

#endif
