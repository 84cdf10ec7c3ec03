/* SPDX-License-Identifier: GPL-2.0-only */
/* What a selftest has seen: of the changes that it provoked, of hooks, and of rules. */
#ifndef PWTRACE_SEEN_H
#define PWTRACE_SEEN_H

#include <stddef.h>

#include "check/change.h"
#include "pwtrace/wire.h"

#define NO_STEP 0xff

/* A change, in short. */
struct seen_change {
	uint64_t seq, parent_seq;
	uint64_t addr, size;
	const char *op;
	uint8_t func; /* enum pwt_func */
	uint8_t zone; /* enum zone */
	uint8_t step; /* that was under way */
	bool ours;    /* made by that step's own task */
	bool match;
};

/* A rule of the kernel's, and which changes come under it. */
struct seen_rule {
	const char *name;
	uint8_t func;	   /* enum pwt_func, PWT_FN_NONE: any */
	bool alias;	   /* a part of change_memory_common() in the linear map */
	bool refused;	   /* with an error, else with success */
	const char *op;	   /* NULL: any */
	uint32_t findings; /* bits: one of these, 0: no matter */
	bool (*also)(const struct change *change, uint64_t page_size); /* NULL: nothing else */
	const char *missing; /* why no change may have come under it */
};

extern const struct seen_rule seen_rules[];
extern const size_t nr_seen_rules;
#define MAX_RULES 20

struct seen {
	struct seen_change *changes;
	size_t nr, room;
	bool incomplete; /* for want of memory */
	uint64_t page_size;
	uint64_t fired[PWT_NR_FUNCS]; /* records, by hook */
	struct {
		uint64_t match, other;
	} rules[MAX_RULES];
};

/* @step: the one under way, NO_STEP: none. @ours: its own task made the change. */
void seen_add(struct seen *seen, const struct change *change, uint8_t step, bool ours);
void seen_free(struct seen *seen);

/* How many changes of a range the tasks of @step made by @op, of a page each. */
size_t seen_pages(const struct seen *seen, uint8_t step, const char *op);

/* The parts of one change_memory_common(). */
struct seen_parts {
	size_t aliases; /* pages of the linear map */
	size_t ranges;	/* the request's own range */
	size_t others;
};

struct seen_parts seen_parts(const struct seen *seen, const struct seen_change *common);

/* Of the pages whose aliases @common changed: how many has @op changed since? */
size_t seen_aliases_again(const struct seen *seen, const struct seen_change *common,
			  const char *op);

#endif
