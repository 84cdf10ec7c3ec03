/* SPDX-License-Identifier: GPL-2.0-only */
/* Showing changes: one interface, a back end for people and one for programs. */
#ifndef PWTRACE_EMIT_H
#define PWTRACE_EMIT_H

#include <stdbool.h>
#include <stdio.h>

#include "capture/capture.h"
#include "check/check.h"
#include "kernel/kernel.h"

/* What is told: the changes, or, at the end, what became of them. */
enum emit_results { EMIT_CHANGES, EMIT_KTAP, EMIT_JUNIT };

struct emit_options {
	bool json;
	enum emit_results results;
	bool pretty; /* JSON over several lines */
	bool color;
	bool verbose; /* text: no line is folded into a count, all entries are shown */
};

/* A kernel stack that goes with a change; nr 0: none was taken. */
struct stack {
	size_t nr;
	uint64_t addrs[32];
};

/* The end of a run. */
struct summary {
	const struct check_stats *stats;
	uint64_t shown;		      /* changes that passed the filters */
	const uint64_t *records_lost; /* by type, PWT_NR_TYPES of them */
	uint64_t records_lost_total;
	uint64_t probes_missed;
	const char *kernel;
	const char *backend;
	const struct hook_status *hooks;
	size_t nr_hooks;
	const char *file; /* it is one of several; NULL: it is not */
	/* of results: what is wrong with the recording, NULL: nothing; more than allowed is lost */
	const char *damage;
	bool too_much_lost;
};

struct emitter;

/* What a back end does. A NULL member: it has nothing to say about that. */
struct emitter_ops {
	void (*change)(struct emitter *emitter, const struct change *change,
		       const struct stack *stack);
	void (*walk)(struct emitter *emitter, const struct pwt_walk *walk);
	void (*summary)(struct emitter *emitter, const struct summary *summary);
	void (*idle)(struct emitter *emitter); /* nothing is coming: show what was held back */
	void (*free)(struct emitter *emitter);
};

struct emitter {
	const struct emitter_ops *ops;
	const struct kernel *kernel;
	struct emit_options options;
	FILE *out;
	const char *range_function; /* that PWT_FN_RANGE is in this kernel */
	const char *name;	    /* of results: whose */
	unsigned int number;	    /* ... and which one of several, from 1 */
	uint64_t left_out;	    /* for which there was no memory, or no place */
	bool failed;		    /* what was written is not whole */
};

/* NULL where there is no memory. @range_function may be set later. */
struct emitter *emitter_new(const struct kernel *kernel, const struct emit_options *options,
			    FILE *out);

/* Of a back end that is made by its own function: NULL where that gave none. */
struct emitter *emitter_set_up(struct emitter *emitter, const struct kernel *kernel,
			       const struct emit_options *options, FILE *out);

static inline void emit_change(struct emitter *emitter, const struct change *change,
			       const struct stack *stack)
{
	emitter->ops->change(emitter, change, stack);
}

static inline void emit_walk(struct emitter *emitter, const struct pwt_walk *walk)
{
	emitter->ops->walk(emitter, walk);
}

static inline void emit_summary(struct emitter *emitter, const struct summary *summary)
{
	emitter->ops->summary(emitter, summary);
}

static inline void emit_idle(struct emitter *emitter)
{
	if (emitter->ops->idle)
		emitter->ops->idle(emitter);
}

static inline void emitter_free(struct emitter *emitter)
{
	if (emitter)
		emitter->ops->free(emitter);
}

/* The back ends */
struct emitter *emit_text_new(void);
struct emitter *emit_json_new(void);
struct emitter *emit_ktap_new(void);
struct emitter *emit_junit_new(void);

/* Results, before and behind those of @nr recordings; and of one that cannot be read, @why. */
void emit_results_begin(enum emit_results results, FILE *out, size_t nr);
void emit_results_end(enum emit_results results, FILE *out);
void emit_results_none(enum emit_results results, FILE *out, const char *name, unsigned int number,
		       const char *why);

/* The name of the task, without what a terminal would obey and what is no UTF-8. */
#define EMIT_COMM (PWT_COMM_LEN + 1)
const char *emit_comm(const struct change *change, char buf[EMIT_COMM]);

/* For other people's viewers: all is written with the summary. */
struct emitter *emit_perfetto_new(void);

struct folded_options {
	bool by_time;	 /* ns, and not how often */
	bool root_first; /* the operation last */
};

struct emitter *emit_folded_new(const struct folded_options *options);

/* Not a MISMATCH, but nothing was done: its entries are shown, and what the findings mean. */
static inline bool emit_nothing_done(const struct change *change)
{
	return change->has_ret &&
	       (change->ret < 0 || change->findings & 1U << FINDING_STILL_INVALID);
}

/* Words that back ends share. */
const char *emit_function(const struct emitter *emitter, enum pwt_func func);
const char *emit_record_type(enum pwt_type type);      /* NULL for PWT_NONE */
const char *emit_context(const struct change *change); /* "task", "softirq", "hardirq", "nmi" */
/* The largest block that may be used: a size, or "any" where nothing limits it. */
void emit_asked(const struct emitter *emitter, uint64_t asked, char *buf, size_t size);
void emit_size(uint64_t bytes, char *buf, size_t size); /* "4K", "2M", "36K" */
/*
 * What kallsyms knows of a change's range: the symbol that it lies in, in the kernel image, or the
 * first that begins inside it elsewhere (an allocation lies behind the last symbol and belongs to
 * none). False where there is none.
 */
bool emit_range_symbol(const struct emitter *emitter, const struct change *change, char *buf,
		       size_t size);
void emit_symbol(const struct emitter *emitter, uint64_t addr, char *buf, size_t size);
void emit_time(const struct emitter *emitter, uint64_t monotonic, bool date, char *buf,
	       size_t size);

/* The summary for people, on stderr in every format. */
void emit_summary_text(FILE *out, const struct summary *summary);

#endif
