// SPDX-License-Identifier: GPL-2.0-only
#include "spans.h"

#include <stdlib.h>
#include <string.h>

void spans_add(struct spans *spans, const struct change *change, uint64_t caller)
{
	struct span *span;

	if (spans->nr == spans->room) {
		size_t room = spans->room ? spans->room * 2 : 1024;
		struct span *more = realloc(spans->span, room * sizeof(*more));

		if (!more) {
			spans->lost++;
			return;
		}
		spans->span = more;
		spans->room = room;
	}
	span = &spans->span[spans->nr++];
	*span = (struct span){
		.time = change->time,
		.duration = change->duration,
		.seq = change->seq,
		.parent = change->parent_seq,
		.addr = change->addr,
		.size = change->size,
		.set_mask = change->set_mask,
		.clear_mask = change->clear_mask,
		.caller = caller,
		.op = change->op,
		.pid = change->pid,
		.tgid = change->tgid,
		.cpu = change->cpu,
		.findings = change->findings,
		.ret = change->ret,
		.func = change->func,
		.verdict = change->verdict,
		.reason = change->reason,
		.zone = change->zone,
		.has_ret = change->has_ret,
		.has_masks = change->has_masks,
		.diff = change->diff,
	};
	/* what makes no sense has no end */
	if (span->time + span->duration < span->time)
		span->duration = 0;
	for (int level = 0; level < PGTABLE_NR_LEVELS; level++)
		span->splits[level] = change->splits[level];
	memcpy(span->comm, change->comm, sizeof(span->comm));
}

static int by_time(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->duration != y->duration)
		return x->duration > y->duration ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

void spans_sort(struct spans *spans)
{
	if (spans->nr)
		qsort(spans->span, spans->nr, sizeof(*spans->span), by_time);
}

void spans_release(struct spans *spans)
{
	free(spans->span);
	*spans = (struct spans){};
}

static struct lane *add_lane(struct lanes *lanes)
{
	struct lane *more;

	if (lanes->nr == MOST_LANES)
		return NULL;
	more = realloc(lanes->lane, (lanes->nr + 1) * sizeof(*more));
	if (!more)
		return NULL;
	lanes->lane = more;
	lanes->lane[lanes->nr] = (struct lane){};
	return &lanes->lane[lanes->nr++];
}

struct lane *lanes_place(struct lanes *lanes, const struct span *span,
			 void (*ended)(void *ctx, const struct lane *lane, uint64_t time),
			 void *ctx)
{
	struct lane *lane = NULL;

	for (unsigned int i = 0; i < lanes->nr; i++) {
		lane = &lanes->lane[i];
		while (lane->depth && lane->ends[lane->depth - 1] <= span->time)
			ended(ctx, lane, lane->ends[--lane->depth]);
		if (!lane->depth ||
		    (lane->depth < LANE_DEPTH && lane->ends[lane->depth - 1] >= span_end(span)))
			break;
		lane = NULL;
	}
	if (!lane)
		lane = add_lane(lanes);
	if (lane)
		lane->ends[lane->depth++] = span_end(span);
	return lane;
}
