// SPDX-License-Identifier: GPL-2.0-only
#include "tape.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include "recording/events.h"
#include "recording/kernel.h"
#include "recording/sink.h"
#include "recording/snapshot.h"

#define TICK_NS	    1000000000ULL
#define MOST_STACKS 16384 /* of the map of stacks */
#define MOST_FRAMES 32
#define NAMED	    1024

struct tape {
	const struct tape_options *options;
	const struct kernel *kernel;
	struct redaction redaction;
	struct capture *capture; /* NULL: nothing is attached yet */
	struct recorder *recorder;
	struct event_writer *events;
	struct symbol_writer *symbols;
	uint64_t last_tick;
	uint64_t file_began, until; /* ns; of a file that was triggered: when it is finished */
	unsigned int files;
	char path[PATH_MAX];		   /* of the file that is written */
	uint64_t stacks[MOST_STACKS / 64]; /* written; bits */
	uint64_t named[NAMED];		   /* addresses whose symbols were written, the last ones */
	bool kfence_known;
	struct pwt_kfence kfence;
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

/* There will be more than one file. */
static bool numbered(const struct tape_options *options)
{
	return options->rotate_size || options->rotate_time || options->memory;
}

static void name_file(const struct tape *tape, unsigned int file, char *path)
{
	if (numbered(tape->options))
		snprintf(path, PATH_MAX, "%s.%04u", tape->options->path, file);
	else
		snprintf(path, PATH_MAX, "%s", tape->options->path);
}

static int write_hooks(struct tape *tape)
{
	const struct hook_status *hooks;
	char *text = NULL;
	size_t size, nr;
	FILE *file = open_memstream(&text, &size);
	int err;

	if (!file)
		return -ENOMEM;
	capture_missed(tape->capture);
	hooks = capture_hooks(tape->capture, &nr);
	fprintf(file, "backend=%s\nrules_off=%u\nunchecked=%d\n",
		backend_name(capture_backend(tape->capture)), tape->options->rules_off,
		tape->options->unchecked);
	for (size_t i = 0; i < nr; i++)
		fprintf(file, "hook=%d %d %d %llu %s\n", hooks[i].func, hooks[i].state,
			hooks[i].error, (unsigned long long)hooks[i].missed, hooks[i].function);
	if (tape->kfence_known)
		fprintf(file, "kfence_start=%llu\nkfence_size=%llu\n",
			(unsigned long long)redact_address(&tape->redaction, tape->kfence.start),
			(unsigned long long)tape->kfence.size);
	err = fclose(file) ? -ENOMEM : recorder_add(tape->recorder, PWT_REC_HOOKS, text, size);
	free(text);
	return err;
}

static void write_stack(struct tape *tape, int32_t id)
{
	uint64_t addrs[MOST_FRAMES];
	size_t nr = capture_stack(tape->capture, id, addrs, MOST_FRAMES);
	struct pwt_stack stack = { .id = id, .nr = nr };

	for (size_t i = 0; i < nr; i++)
		addrs[i] = redact_address(&tape->redaction, addrs[i]);
	recorder_add2(tape->recorder, PWT_REC_STACK, &stack, sizeof(stack), addrs,
		      nr * sizeof(*addrs));
}

static void write_stacks_again(struct tape *tape)
{
	for (int32_t id = 0; id < MOST_STACKS; id++)
		if (tape->stacks[id / 64] >> id % 64 & 1)
			write_stack(tape, id);
}

static const struct redaction *redaction_of(const struct tape *tape)
{
	return tape->options->redact ? &tape->redaction : NULL;
}

/* What each file begins with. */
static int write_preamble(struct tape *tape, struct problem *why)
{
	int err = recorder_preamble(tape->recorder, true);

	if (!err)
		err = recorder_kernel(tape->recorder, tape->kernel, redaction_of(tape), false, why);
	if (!err && tape->capture) {
		err = write_hooks(tape);
		write_stacks_again(tape);
	}
	if (!err)
		err = symbol_writer_again(tape->symbols);
	return err ? err : recorder_preamble(tape->recorder, false);
}

/* The next file; those that are too many go. */
static int next_file(struct tape *tape, struct problem *why)
{
	const struct tape_options *options = tape->options;
	char old[PATH_MAX];
	int err;

	name_file(tape, tape->files, tape->path);
	err = recorder_next(tape->recorder, tape->path);
	if (err) {
		recorder_problem(err, tape->path, why);
		return err;
	}
	tape->file_began = now();
	tape->files++;
	if (options->keep && tape->files > options->keep) {
		name_file(tape, tape->files - options->keep - 1, old);
		unlink(old);
	}
	return write_preamble(tape, why);
}

int tape_open(struct tape **out, const struct tape_options *options, const struct kernel *kernel,
	      struct problem *why)
{
	struct tape *tape = calloc(1, sizeof(*tape));
	int err;

	if (!tape)
		return problem(why, -ENOMEM, "out of memory");
	tape->options = options;
	tape->kernel = kernel;
	tape->last_tick = now();
	if (recorder_new(&tape->recorder, options->memory) ||
	    event_writer_new(&tape->events, tape->recorder, kernel->geo.page_shift) ||
	    symbol_writer_new(&tape->symbols, tape->recorder, kernel, redaction_of(tape)) ||
	    (options->redact && redaction_init(&tape->redaction, kernel))) {
		recorder_close(tape->recorder, NULL);
		release(tape);
		return problem(why, -ENOMEM, "out of memory");
	}
	event_writer_redact(tape->events, redaction_of(tape));
	/* what is wrong with it shows before anything is wanted */
	err = options->memory ? sink_try(options->path, why) : next_file(tape, why);
	if (err) {
		recorder_close(tape->recorder, NULL);
		release(tape);
		return err;
	}
	*out = tape;
	return 0;
}

int tape_begin(struct tape *tape, struct capture *capture)
{
	int err;

	tape->capture = capture;
	if (!recorder_has_file(tape->recorder))
		return 0;
	/* verdicts hang on it: not in a chunk with what comes and goes */
	err = recorder_preamble(tape->recorder, true);
	if (!err)
		err = write_hooks(tape);
	return err ? err : recorder_preamble(tape->recorder, false);
}

void tape_kfence_pool(struct tape *tape, const struct pwt_kfence *pool)
{
	tape->kfence_known = true;
	tape->kfence = *pool;
}

/* Whole events, and then another file. */
static void rotate(struct tape *tape)
{
	struct problem why;

	event_writer_flush(tape->events);
	next_file(tape, &why);
}

/* Near its end it is waited for what is to be packed: a file is as large as was asked for, and a
 * row. */
static bool is_full(const struct tape *tape)
{
	const struct tape_options *options = tape->options;
	const struct recorder_stats *stats = recorder_stats(tape->recorder);
	size_t waiting;

	if (!options->rotate_size || !recorder_has_file(tape->recorder))
		return false;
	waiting = event_writer_waiting(tape->events) + recorder_waiting(tape->recorder);
	if (waiting && stats->size + waiting >= options->rotate_size) {
		event_writer_settle(tape->events);
		recorder_flush(tape->recorder);
	}
	return stats->size >= options->rotate_size;
}

/* The symbol of @addr, which most likely is one of the last. */
static void note_symbol(struct tape *tape, uint64_t addr)
{
	uint64_t *named = &tape->named[(addr ^ addr >> 10) % NAMED];

	if (!addr || *named == addr)
		return;
	*named = addr;
	symbol_writer_add(tape->symbols, addr);
}

static void note_stack(struct tape *tape, int32_t id)
{
	uint64_t addrs[MOST_FRAMES];
	uint64_t *word, bit;
	size_t nr;

	if (id < 0 || id >= MOST_STACKS)
		return;
	word = &tape->stacks[id / 64];
	bit = 1ULL << id % 64;
	if (*word & bit)
		return;
	*word |= bit;
	nr = capture_stack(tape->capture, id, addrs, MOST_FRAMES);
	for (size_t i = 0; i < nr; i++)
		note_symbol(tape, addrs[i]);
	/* without a file it is asked for when there is one */
	if (recorder_has_file(tape->recorder))
		write_stack(tape, id);
}

/* A symbol that a range begins with, or has in it: nothing in the linear map has a name. */
static void note_range(struct tape *tape, uint64_t addr, uint64_t size)
{
	const struct kallsyms *syms = tape->kernel->syms;
	enum zone zone = zone_of(&tape->kernel->zones, addr);
	uint64_t first;

	if (zone == ZONE_LINEAR || zone == ZONE_VMEMMAP)
		return;
	first = zone == ZONE_IMAGE ? addr : kallsyms_first(syms, addr);
	if (first && (first == addr || first - addr < size))
		note_symbol(tape, first);
}

/* What it takes to show what is recorded, once the kernel is gone. */
static void note_names(struct tape *tape, const struct pwt_hdr *hdr, size_t size)
{
	const struct pwt_enter *enter = (const struct pwt_enter *)hdr;

	if (hdr->type == PWT_WALK && size >= sizeof(struct pwt_walk))
		note_symbol(tape, ((const struct pwt_walk *)hdr)->ops);
	if (hdr->type != PWT_ENTER || size < sizeof(*enter))
		return;
	for (int i = 0; i < PWT_NR_CALLERS; i++)
		note_symbol(tape, geometry_strip_pac(&tape->kernel->geo, enter->callers[i]));
	note_range(tape, geometry_untag(enter->args[0]), enter->args[1]);
	note_stack(tape, enter->stack_id);
}

void tape_record(struct tape *tape, const void *record, size_t size)
{
	if (size >= sizeof(struct pwt_hdr))
		note_names(tape, record, size);
	event_writer_record(tape->events, record, size);
	if (is_full(tape))
		rotate(tape);
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
	struct pwt_kfence told = *pool;

	redact_kfence(&tape->redaction, &told);
	event_writer_add(tape->events, PWT_EVENT_KFENCE, &told, sizeof(told));
}

bool tape_wants_state(struct tape *tape)
{
	return event_writer_wants_state(tape->events);
}

void tape_state(struct tape *tape, struct pwt_state *state, size_t size)
{
	redact_state(&tape->redaction, state);
	event_writer_add(tape->events, PWT_EVENT_STATE, state, size);
}

int tape_snapshot(struct tape *tape, struct problem *why)
{
	return snapshot_take(tape->recorder, tape->kernel, why);
}

static void write_losses(struct tape *tape, bool last)
{
	struct capture *capture = tape->capture;
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

void tape_trigger(struct tape *tape)
{
	const struct tape_options *options = tape->options;
	struct problem why;

	if (!options->memory)
		return;
	tape->until = now() + (uint64_t)(options->after * 1e9);
	if (recorder_has_file(tape->recorder))
		return;
	event_writer_flush(tape->events);
	recorder_flush(tape->recorder);
	if (!next_file(tape, &why))
		recorder_write_kept(tape->recorder);
}

static void finish_triggered(struct tape *tape)
{
	write_losses(tape, false);
	event_writer_flush(tape->events);
	recorder_finish(tape->recorder);
}

void tape_tick(struct tape *tape)
{
	const struct tape_options *options = tape->options;
	uint64_t time = now();

	if (time - tape->last_tick < TICK_NS)
		return;
	tape->last_tick = time;
	write_losses(tape, false);
	event_writer_push(tape->events);
	recorder_flush(tape->recorder);
	if (options->memory && recorder_has_file(tape->recorder) && time >= tape->until)
		finish_triggered(tape);
	else if (options->rotate_time && time - tape->file_began >= options->rotate_time * 1e9)
		rotate(tape);
}

/* What the checker asks for at the end is known before the end. */
void tape_end(struct tape *tape)
{
	write_losses(tape, true);
	if (recorder_has_file(tape->recorder))
		write_hooks(tape);
	event_writer_add(tape->events, PWT_EVENT_END, NULL, 0);
	event_writer_flush(tape->events);
}

int tape_error(const struct tape *tape)
{
	return recorder_stats(tape->recorder)->error;
}

const char *tape_path(const struct tape *tape)
{
	return tape->path;
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
