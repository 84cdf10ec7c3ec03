/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the checker: a call in flight and the state that the parts share. */
#ifndef PWTRACE_CALL_H
#define PWTRACE_CALL_H

#include "check/check.h"

#define CALL_BUCKETS 256
#define HISTORY	     8192
#define MADE_RO	     256

/* What change_memory_common() is known to have done, from the records inside it. */
struct common {
	unsigned int aliases; /* changes of one page in the linear map */
	unsigned int own;     /* changes of the range itself */
	int own_ret;
	int first_error;     /* of a change inside, in order */
	bool alias_wrong;    /* an alias of the range was not among them */
	bool alias_writable; /* one can be written after all */
	uint64_t *alias_addrs;
	unsigned int room;
};

/* The pages that a mapping is made of, by the records before it. */
struct birth_pages {
	uint64_t *pa;
	uint64_t nr; /* from the first on, without a gap */
	uint64_t room;
};

/* What is known of the mapping that a vmalloc() made. */
struct birth_part {
	bool seen;
	uint64_t addr, size, asked;
};

struct call {
	struct change change; /* first: what is handed out */
	uint64_t task;
	uint64_t frame;
	uint32_t lost_at_entry;
	uint8_t flags; /* PWT_F_* of any of its records */
	uint64_t end_time;
	uint64_t args[4];
	bool in_gap;  /* whether it is still open is not known */
	bool resumed; /* it went on through a gap */
	bool record_lost;
	bool probe_missed;
	uint64_t nr_past;	/* check->nr_past when it was deferred */
	struct call *parent;	/* the call that this one is a part of */
	struct call *next_task; /* in the bucket, innermost first */
	struct call *prev_open, *next_open;
	bool was_ro;	      /* by what this task did before, and is writable and executable */
	bool unsure_ro;	      /* ... or not: that was in a gap */
	unsigned int waiting; /* parts whose verdict is put off */
	struct call *story;   /* the call that waits for this one's verdict */
	struct common common;
	struct birth_pages pages;
	uint64_t phys; /* of a range of physical addresses */
	struct birth_part part;
	struct model_callback *callbacks;
	unsigned int nr_callbacks, room_callbacks;
	size_t words; /* of check->words */
};

/* A finished change, to tell whose doing a difference is. */
struct past {
	uint64_t start, end; /* addresses */
	uint64_t from, to;   /* times */
};

/* A range that was made read-only. */
struct made_ro {
	uint64_t task;	      /* 0: none */
	uint64_t start, size; /* bytes */
	uint64_t pa;	      /* of its first page */
	uint64_t time;	      /* when, ns */
};

/* What is known of a gap, and of the last one when it is over. */
struct gap {
	bool now, just_over;   /* since check_gap(); since check_restore(), and no record yet */
	bool unknown_calls;    /* began in it and have not returned, that is all */
	bool unknown_rules;    /* may be settled by a call that went on through it */
	uint64_t dark_until;   /* what begins before may have met what was not seen; 0: no gap */
	uint64_t unsure_until; /* ... and may have been made read-only */
};

struct check {
	struct check_config config;
	change_fn emit;
	void *ctx;
	struct check_stats stats;
	uint64_t seq;
	struct call *tasks[CALL_BUCKETS];
	struct call *open; /* all that are in flight */
	/* finished, the verdict waits for what others did; oldest first */
	struct call *deferred, **deferred_end;
	struct call *spare;
	size_t nr_calls, words; /* open or waiting; of 8 bytes each, that they have grown by */
	enum vmap_runs runs;	/* as far as mappings have shown it */
	uint64_t unseen, unseen_before; /* config.unseen(), at this look and at the one before */
	struct gap gap;
	struct past past[HISTORY];
	/* by address, the newest of those that share a place */
	struct made_ro made_ro[MADE_RO];
	uint32_t preempt_share; /* least preempt_count seen, which the tracer's own is part of */
	uint64_t nr_past;	/* all that ever were; the last HISTORY are kept */
};

/* calls.c: calls in flight */
struct call *call_begin(struct check *check, const struct pwt_enter *enter);
struct call *call_find(struct check *check, const struct pwt_hdr *hdr);
struct call *call_innermost(struct check *check, uint64_t task);
void call_close(struct check *check, struct call *call);
void call_put(struct check *check, struct call *call);
void call_weigh(struct check *check, struct call *call);
bool calls_too_many(const struct check *check);

/* gap.c: records that are missing */
void gap_over(struct check *check, uint64_t time);
void gap_orphan(struct check *check, const struct pwt_exit *exit);
void gap_returned(struct check *check, const struct call *call);
int gap_drop(struct check *check, uint64_t time);

/* op.c: names */
const char *op_of(const struct check *check, const struct call *call);
bool in_code(const struct code_range *range, const struct geometry *geo, uint64_t caller);
bool is_part_of(const struct check *check, const struct call *inner, const struct call *outer);

/* birth.c: mappings that are made. */
bool is_birth(enum pwt_func func);
void birth_describe(const struct check *check, struct call *call, const uint64_t *args);
int birth_take_pages(struct check *check, struct call *call, const struct pwt_pages *pages);
void birth_take_part(struct check *check, struct call *vmalloc, const struct call *part);
void birth_returned(const struct check *check, struct call *vmalloc, uint64_t addr);
const char *birth_op(const struct check *check, const struct call *call);
bool judge_birth(struct check *check, struct call *call, bool final);
void judge_vmalloc(struct check *check, struct call *call);

/* check.c */
int call_lost(struct check *check, struct call *call);

/* judge.c: what forbids a verdict before the model is asked */
bool unusable(struct change *change, struct call *call);

/* judge.c: a change of a range. Returns false if the verdict has to wait. */
bool judge_range(struct check *check, struct call *call, bool final);

/* common.c: change_memory_common() and other calls that are made of changes of ranges */
int common_take_child(struct check *check, struct call *parent, const struct call *child);
bool judge_common(struct check *check, struct call *call, bool final);
void judge_entry_point(struct call *call);

static inline void set_verdict(struct change *change, enum verdict verdict, enum reason reason)
{
	change->verdict = verdict;
	change->reason = reason;
}

/* Is the story of @call incomplete? Then that is its verdict. */
static inline bool is_lost(struct call *call)
{
	if (call->record_lost)
		set_verdict(&call->change, VERDICT_LOST, REASON_RECORD_LOST);
	else if (call->probe_missed)
		set_verdict(&call->change, VERDICT_LOST, REASON_PROBE_MISSED);
	else
		return false;
	return true;
}

/* Did a call that began at @time meet one of which nothing is known? */
static inline bool in_dark(const struct check *check, uint64_t time)
{
	return check->gap.now || time < check->gap.dark_until;
}

/*
 * Did anything go unseen since verdicts were last waited for, or in a gap? It may explain what is
 * wrong: then that is the verdict.
 */
static inline bool is_unseen(const struct check *check, struct change *change)
{
	if (in_dark(check, change->time))
		set_verdict(change, VERDICT_LOST, REASON_RECORD_LOST);
	else if (check->unseen != check->unseen_before)
		set_verdict(change, VERDICT_LOST, REASON_PROBE_MISSED);
	else
		return false;
	return true;
}

static inline void add_finding(struct change *change, enum finding finding)
{
	change->findings |= 1U << finding;
}

#endif
