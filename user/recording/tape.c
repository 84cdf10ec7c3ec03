// SPDX-License-Identifier: GPL-2.0-only
#include "tape.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "recording/events.h"
#include "recording/kernel.h"

#define TICK_NS	    1000000000ULL
#define MOST_STACKS 16384 /* of the map of stacks */

struct tape {
	struct recorder *recorder;
	struct event_writer *events;
	struct symbol_writer *symbols;
	uint64_t last_tick;
	uint64_t stacks[MOST_STACKS / 64]; /* written; bits */
};

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void release(struct tape *tape)
{
	symbol_writer_free(tape->symbols);
	event_writer_free(tape->events);
	free(tape);
}

int tape_open(struct tape **out, const char *path, const struct kernel *kernel, struct problem *why)
{
	struct tape *tape = calloc(1, sizeof(*tape));
	int err;

	if (!tape)
		return problem(why, -ENOMEM, "out of memory");
	err = recorder_open(&tape->recorder, path);
	if (err) {
		recorder_problem(err, path, why);
		free(tape);
		return err;
	}
	err = recorder_kernel(tape->recorder, kernel, false, why);
	if (!err && (event_writer_new(&tape->events, tape->recorder, kernel->geo.page_shift) ||
		     symbol_writer_new(&tape->symbols, tape->recorder, kernel)))
		err = problem(why, -ENOMEM, "out of memory");
	if (err) {
		recorder_close(tape->recorder, NULL);
		release(tape);
		return err;
	}
	tape->last_tick = now();
	*out = tape;
	return 0;
}

static int write_text(struct recorder *recorder, enum pwt_record_type type, char *text, size_t size)
{
	int err = recorder_add(recorder, type, text, size);

	free(text);
	return err;
}

int tape_hooks(struct tape *tape, struct capture *capture, uint32_t rules_off)
{
	const struct hook_status *hooks;
	char *text = NULL;
	size_t size, nr;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return -ENOMEM;
	capture_missed(capture);
	hooks = capture_hooks(capture, &nr);
	fprintf(file, "backend=%s\nrules_off=%u\n", backend_name(capture_backend(capture)),
		rules_off);
	for (size_t i = 0; i < nr; i++)
		fprintf(file, "hook=%d %d %d %llu %s\n", hooks[i].func, hooks[i].state,
			hooks[i].error, (unsigned long long)hooks[i].missed, hooks[i].function);
	if (fclose(file)) {
		free(text);
		return -ENOMEM;
	}
	return write_text(tape->recorder, PWT_REC_HOOKS, text, size);
}

void tape_record(struct tape *tape, const void *record, size_t size)
{
	event_writer_record(tape->events, record, size);
}

void tape_idle(struct tape *tape)
{
	event_writer_add(tape->events, PWT_EVENT_IDLE, NULL, 0);
}

void tape_unseen(struct tape *tape, uint64_t answer)
{
	event_writer_add(tape->events, PWT_EVENT_UNSEEN, &answer, sizeof(answer));
}

void tape_kfence(struct tape *tape, const struct pwt_kfence *pool)
{
	event_writer_add(tape->events, PWT_EVENT_KFENCE, pool, sizeof(*pool));
}

bool tape_wants_state(struct tape *tape)
{
	return event_writer_wants_state(tape->events);
}

void tape_state(struct tape *tape, const struct pwt_state *state, size_t size)
{
	event_writer_add(tape->events, PWT_EVENT_STATE, state, size);
}

void tape_stack(struct tape *tape, int32_t id, const uint64_t *addrs, size_t nr)
{
	struct pwt_stack stack = { .id = id, .nr = nr };

	if (id < 0)
		return;
	if (id < MOST_STACKS) {
		uint64_t *word = &tape->stacks[id / 64], bit = 1ULL << id % 64;

		if (*word & bit)
			return;
		*word |= bit;
	}
	recorder_add2(tape->recorder, PWT_REC_STACK, &stack, sizeof(stack), addrs,
		      nr * sizeof(*addrs));
}

void tape_symbol(struct tape *tape, uint64_t addr)
{
	symbol_writer_add(tape->symbols, addr);
}

static void write_losses(struct tape *tape, struct capture *capture, bool last)
{
	const uint64_t *records = capture_lost(capture);
	struct pwt_losses losses = {
		.total = capture_lost_total(capture),
		.missed = capture_missed(capture),
		.unwritten = recorder_stats(tape->recorder)->unwritten +
			     event_writer_dropped(tape->events),
	};
	const uint32_t *by_task = NULL;
	size_t nr = 0;

	for (int type = 0; type < PWT_NR_TYPES && type < 16; type++)
		losses.records[type] = records[type];
	if (last)
		by_task = capture_lost_by_task(capture, &nr);
	losses.nr_tasks = nr;
	recorder_add2(tape->recorder, PWT_REC_LOSSES, &losses, sizeof(losses), by_task,
		      nr * sizeof(*by_task));
}

void tape_tick(struct tape *tape, struct capture *capture)
{
	uint64_t time = now();

	if (time - tape->last_tick < TICK_NS)
		return;
	tape->last_tick = time;
	write_losses(tape, capture, false);
	event_writer_flush(tape->events);
	recorder_flush(tape->recorder);
}

/* What the checker asks for at the end is known before the end. */
void tape_end(struct tape *tape, struct capture *capture, uint32_t rules_off)
{
	write_losses(tape, capture, true);
	tape_hooks(tape, capture, rules_off);
	event_writer_add(tape->events, PWT_EVENT_END, NULL, 0);
	event_writer_flush(tape->events);
}

int tape_error(const struct tape *tape)
{
	return recorder_stats(tape->recorder)->error;
}

int tape_close(struct tape *tape, struct recorder_stats *stats)
{
	int err;

	*stats = (struct recorder_stats){};
	if (!tape)
		return 0;
	err = recorder_close(tape->recorder, stats);
	stats->unwritten += event_writer_dropped(tape->events);
	release(tape);
	return err;
}
