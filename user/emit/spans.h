/* SPDX-License-Identifier: GPL-2.0-only */
/* Changes put aside until all are there, as a time line needs them in the order of their calls. */
#ifndef PWTRACE_SPANS_H
#define PWTRACE_SPANS_H

#include "check/change.h"

struct span {
	uint64_t time, duration, seq, parent, addr, size, set_mask, clear_mask, caller;
	const char *op;
	uint32_t pid, tgid, cpu, findings;
	int32_t ret;
	uint8_t func, verdict, reason, zone;
	bool has_ret, has_masks;
	uint32_t splits[PGTABLE_NR_LEVELS];
	char comm[PWT_COMM_LEN + 1];
	struct difference diff;
};

struct spans {
	struct span *span;
	size_t nr, room;
	uint64_t lost; /* for which there was no memory */
};

/* @caller: of the change, 0: unknown. */
void spans_add(struct spans *spans, const struct change *change, uint64_t caller);

/* By the time of the call, callers before what they call. */
void spans_sort(struct spans *spans);
void spans_release(struct spans *spans);

static inline uint64_t span_end(const struct span *span)
{
	return span->time + span->duration;
}

/*
 * Spans side by side that nest: on one processor changes of several threads may reach into one
 * another, and what does not fit into one lane goes to another.
 */
#define LANE_DEPTH 32
#define MOST_LANES 16

struct lane {
	uint64_t track; /* 0: it has none yet */
	unsigned int depth;
	uint64_t ends[LANE_DEPTH];
};

struct lanes {
	struct lane *lane;
	unsigned int nr;
};

/*
 * The lane that @span goes to, NULL: there is none. Spans have to come sorted. @ended: called for
 * each span in that lane that has ended before, with when.
 */
struct lane *lanes_place(struct lanes *lanes, const struct span *span,
			 void (*ended)(void *ctx, const struct lane *lane, uint64_t time),
			 void *ctx);

#endif
