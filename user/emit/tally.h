/* SPDX-License-Identifier: GPL-2.0-only */
/* What became of all changes: counts, and what is to be shown of those that went wrong. */
#ifndef PWTRACE_TALLY_H
#define PWTRACE_TALLY_H

#include "emit/emit.h"

/* Told one by one; the rest is counted. */
#define TALLY_MISMATCHES 500
#define TALLY_OPS	 64

struct tally_mismatch {
	unsigned int op; /* of tally.ops */
	enum reason reason;
	uint64_t addr;
	char *text; /* as text has it, several lines */
};

struct tally_op {
	const char *name;
	uint64_t verdicts[VERDICT_NR];
	uint64_t time; /* ns, of all calls */
};

struct tally {
	uint64_t classes[VERDICT_NR][REASON_NR];
	struct tally_op ops[TALLY_OPS]; /* the last one is all others, if there are so many */
	unsigned int nr_ops;
	struct tally_mismatch mismatches[TALLY_MISMATCHES];
	unsigned int nr_mismatches;
	bool incomplete; /* memory was short */
};

/* @emitter: whose kernel and options are. Stories with parts are their parts. */
void tally_add(struct tally *tally, const struct emitter *emitter, const struct change *change,
	       const struct stack *stack);
void tally_release(struct tally *tally);

/* MISMATCHes of @op that are not told one by one; -1: of all. */
uint64_t tally_untold(const struct tally *tally, int op);

/* An emitter that does no more than count, until the summary. */
struct results {
	struct emitter base;
	struct emitter_ops ops;
	struct tally tally;
};

/* @print: the summary; base of a struct results. NULL: no memory. */
struct emitter *results_new(void (*print)(struct emitter *emitter, const struct summary *summary));

/* changes_ktap.c, changes_junit.c: what emit_results_*() are for each. */
void ktap_begin(FILE *out, size_t nr);
void ktap_none(FILE *out, const char *name, unsigned int number, const char *why);
void junit_begin(FILE *out);
void junit_end(FILE *out);
void junit_none(FILE *out, const char *name, unsigned int number, const char *why);

#endif
