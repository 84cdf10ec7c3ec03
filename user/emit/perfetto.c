// SPDX-License-Identifier: GPL-2.0-only
/* For ui.perfetto.dev: changes as slices, by thread and by processor. */
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "geometry/descriptor.h"
#include "spans.h"
#include "trackevent.h"

/* The tracks of a thread or of a processor. */
struct row {
	uint64_t key; /* 0: none */
	struct lanes lanes;
};

struct rows {
	struct row *row; /* by key, a power of two */
	size_t nr, room;
};

struct perfetto {
	struct emitter emitter; /* first */
	struct spans spans;
	struct trackevent trace;
	struct rows threads, cpus;
	uint64_t cpu_group, left_out;
};

static struct row *slot_of(const struct rows *rows, uint64_t key)
{
	size_t at = key * 0x9e3779b97f4a7c15ULL >> 32;

	while (rows->row[at & (rows->room - 1)].key && rows->row[at & (rows->room - 1)].key != key)
		at++;
	return &rows->row[at & (rows->room - 1)];
}

static bool grow(struct rows *rows)
{
	struct rows larger = { .room = rows->room ? rows->room * 2 : 64 };

	larger.row = calloc(larger.room, sizeof(*larger.row));
	if (!larger.row)
		return false;
	larger.nr = rows->nr;
	for (size_t i = 0; i < rows->room; i++)
		if (rows->row[i].key)
			*slot_of(&larger, rows->row[i].key) = rows->row[i];
	free(rows->row);
	*rows = larger;
	return true;
}

/* NULL: no memory. */
static struct row *row_of(struct rows *rows, uint64_t key)
{
	struct row *row;

	if (rows->nr * 2 >= rows->room && !grow(rows))
		return NULL;
	row = slot_of(rows, key);
	rows->nr += !row->key;
	row->key = key;
	return row;
}

static void release_rows(struct rows *rows)
{
	for (size_t i = 0; i < rows->room; i++)
		free(rows->row[i].lanes.lane);
	free(rows->row);
}

/* What is shown of a change in each row that it is in. */
static void note_change(struct perfetto *perfetto, const struct span *span)
{
	struct trackevent *trace = &perfetto->trace;

	trackevent_note_number(trace, NOTE_SEQ, span->seq);
	trackevent_note_address(trace, NOTE_ADDR, span->addr);
	trackevent_note_number(trace, NOTE_SIZE, span->size);
	trackevent_note_string(trace, NOTE_VERDICT, verdict_name(span->verdict));
	if (span->reason)
		trackevent_note_string(trace, NOTE_REASON, reason_name(span->reason));
	if (span->has_ret)
		trackevent_note_number(trace, NOTE_RET, span->ret);
}

static void note_mask(struct trackevent *trace, enum annotation note, uint64_t mask)
{
	const char *names[64];
	size_t nr = desc_mask_names(mask, names, 64), len = 0;
	char text[64 * 20] = "";

	for (size_t i = 0; i < nr && len < sizeof(text); i++)
		len += snprintf(text + len, sizeof(text) - len, "%s%s", i ? "|" : "", names[i]);
	if (mask)
		trackevent_note_string(trace, note, text);
}

static void note_findings(struct trackevent *trace, uint32_t findings)
{
	char text[FINDING_NR * 24] = "";
	size_t len = 0;

	for (int i = 0; i < FINDING_NR && len < sizeof(text); i++)
		if (findings & 1U << i)
			len += snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "",
					finding_name(i));
	if (len)
		trackevent_note_string(trace, NOTE_FINDINGS, text);
}

/* And what is shown of it once. */
static void note_call(struct perfetto *perfetto, const struct span *span)
{
	const struct emitter *emitter = &perfetto->emitter;
	struct trackevent *trace = &perfetto->trace;
	char symbol[128];

	if (span->parent)
		trackevent_note_number(trace, NOTE_PARENT, span->parent);
	trackevent_note_string(trace, NOTE_HOOK, emit_function(emitter, span->func));
	trackevent_note_string(trace, NOTE_ZONE, zone_name(span->zone));
	trackevent_note_number(trace, NOTE_CPU, span->cpu);
	if (span->caller) {
		emit_symbol(emitter, span->caller, symbol, sizeof(symbol));
		trackevent_note_string(trace, NOTE_CALLER, symbol);
	}
	if (span->has_masks) {
		note_mask(trace, NOTE_SET, span->set_mask);
		note_mask(trace, NOTE_CLEAR, span->clear_mask);
	}
	note_findings(trace, span->findings);
}

static void note_who(struct perfetto *perfetto, const struct span *span)
{
	trackevent_note_string(&perfetto->trace, NOTE_COMM, span->comm);
	trackevent_note_number(&perfetto->trace, NOTE_PID, span->pid);
}

static void end_slice(void *ctx, const struct lane *lane, uint64_t time)
{
	struct trackevent *trace = ctx;

	trackevent_event(trace, SLICE_END, lane->track, time, NULL);
	trackevent_end(trace);
}

/* The idle tasks of all processors are thread 0. */
static uint64_t thread_track(struct perfetto *perfetto, const struct span *span)
{
	char name[64];

	if (span->pid)
		return trackevent_thread(&perfetto->trace, span->tgid, span->pid, span->comm);
	snprintf(name, sizeof(name), "%s (idle of CPU %u)", span->comm, span->cpu);
	return trackevent_track(&perfetto->trace, name, 0);
}

static uint64_t cpu_track(struct perfetto *perfetto, const struct span *span)
{
	char name[32];

	if (!perfetto->cpu_group)
		perfetto->cpu_group = trackevent_track(&perfetto->trace, "CPUs", 0);
	snprintf(name, sizeof(name), "CPU %u", span->cpu);
	return trackevent_track(&perfetto->trace, name, perfetto->cpu_group);
}

/* Further lanes are below the first. */
static uint64_t track_of(struct perfetto *perfetto, const struct row *row, const struct span *span,
			 bool cpu)
{
	char name[40];

	if (row->lanes.nr > 1) {
		snprintf(name, sizeof(name), "at the same time (%u)", row->lanes.nr);
		return trackevent_track(&perfetto->trace, name, row->lanes.lane[0].track);
	}
	return cpu ? cpu_track(perfetto, span) : thread_track(perfetto, span);
}

static void add_slice(struct perfetto *perfetto, const struct span *span, bool cpu)
{
	struct rows *rows = cpu ? &perfetto->cpus : &perfetto->threads;
	uint64_t key = cpu || !span->pid ? span->cpu + 1ULL : (uint64_t)span->pid << 32;
	struct trackevent *trace = &perfetto->trace;
	struct row *row = row_of(rows, key);
	struct lane *lane = NULL;

	if (row)
		lane = lanes_place(&row->lanes, span, end_slice, trace);
	if (!lane) {
		perfetto->left_out++;
		return;
	}
	if (!lane->track)
		lane->track = track_of(perfetto, row, span, cpu);
	trackevent_event(trace, SLICE_BEGIN, lane->track, span->time, span->op);
	note_change(perfetto, span);
	if (cpu)
		note_who(perfetto, span);
	else
		note_call(perfetto, span);
	trackevent_end(trace);
}

static void end_rows(struct perfetto *perfetto, struct rows *rows)
{
	for (size_t i = 0; i < rows->room; i++)
		for (unsigned int n = 0; n < rows->row[i].lanes.nr; n++) {
			struct lane *lane = &rows->row[i].lanes.lane[n];

			while (lane->depth)
				end_slice(&perfetto->trace, lane, lane->ends[--lane->depth]);
		}
}

static void add_slices(struct perfetto *perfetto)
{
	for (size_t i = 0; i < perfetto->spans.nr; i++)
		add_slice(perfetto, &perfetto->spans.span[i], false);
	end_rows(perfetto, &perfetto->threads);
	for (size_t i = 0; i < perfetto->spans.nr; i++)
		add_slice(perfetto, &perfetto->spans.span[i], true);
	end_rows(perfetto, &perfetto->cpus);
}

static void add_mismatch(struct perfetto *perfetto, const struct span *span, uint64_t track)
{
	struct trackevent *trace = &perfetto->trace;
	const struct difference *diff = &span->diff;

	trackevent_event(trace, INSTANT, track, span_end(span), reason_name(span->reason));
	trackevent_note_string(trace, NOTE_OP, span->op);
	note_change(perfetto, span);
	note_who(perfetto, span);
	if (diff->found) {
		trackevent_note_string(trace, NOTE_LEVEL, geometry_level_name(diff->level));
		trackevent_note_address(trace, NOTE_ENTRY_ADDR, diff->addr);
		trackevent_note_address(trace, NOTE_BEFORE, diff->before);
		trackevent_note_address(trace, NOTE_EXPECTED, diff->expected);
		trackevent_note_address(trace, NOTE_AFTER, diff->after);
	}
	trackevent_end(trace);
}

static void add_mismatches(struct perfetto *perfetto)
{
	uint64_t track = 0;

	for (size_t i = 0; i < perfetto->spans.nr; i++) {
		const struct span *span = &perfetto->spans.span[i];

		if (span->verdict != VERDICT_MISMATCH)
			continue;
		if (!track)
			track = trackevent_track(&perfetto->trace, "mismatches", 0);
		add_mismatch(perfetto, span, track);
	}
}

/* So far, by what was split. The call is what has a time; it is split when that ends. */
static void add_splits(struct perfetto *perfetto)
{
	uint64_t tracks[PGTABLE_NR_LEVELS] = {}, sums[PGTABLE_NR_LEVELS] = {};
	struct trackevent *trace = &perfetto->trace;

	for (size_t i = 0; i < perfetto->spans.nr; i++) {
		const struct span *span = &perfetto->spans.span[i];

		for (int level = 0; level < PGTABLE_NR_LEVELS; level++) {
			char name[32];

			if (!span->splits[level])
				continue;
			snprintf(name, sizeof(name), "%s splits", geometry_level_name(level));
			if (!tracks[level])
				tracks[level] = trackevent_counter(trace, name, 0);
			sums[level] += span->splits[level];
			trackevent_count(trace, tracks[level], span->time, sums[level]);
		}
	}
}

static void add_summary(struct perfetto *perfetto, const struct summary *summary)
{
	struct trackevent *trace = &perfetto->trace;
	uint64_t end = 0;

	for (size_t i = 0; i < perfetto->spans.nr; i++)
		if (span_end(&perfetto->spans.span[i]) > end)
			end = span_end(&perfetto->spans.span[i]);
	trackevent_event(trace, INSTANT, trackevent_track(trace, "pwtrace", 0), end, "summary");
	trackevent_note_string(trace, NOTE_KERNEL, summary->kernel);
	trackevent_note_string(trace, NOTE_BACKEND, summary->backend);
	trackevent_note_number(trace, NOTE_CHANGES, summary->stats->changes);
	trackevent_note_number(trace, NOTE_RECORDS_LOST, summary->records_lost_total);
	trackevent_note_number(trace, NOTE_PROBES_MISSED, summary->probes_missed);
	trackevent_end(trace);
}

static void perfetto_change(struct emitter *emitter, const struct change *change,
			    const struct stack *stack)
{
	struct perfetto *perfetto = (struct perfetto *)emitter;

	(void)stack;
	spans_add(&perfetto->spans, change,
		  geometry_strip_pac(&emitter->kernel->geo, change->callers[0]));
}

static void perfetto_summary(struct emitter *emitter, const struct summary *summary)
{
	struct perfetto *perfetto = (struct perfetto *)emitter;
	uint64_t first;

	spans_sort(&perfetto->spans);
	first = perfetto->spans.nr ? perfetto->spans.span[0].time : 0;
	trackevent_begin(&perfetto->trace, emitter->out, first,
			 first + emitter->kernel->realtime_offset);
	add_slices(perfetto);
	add_mismatches(perfetto);
	add_splits(perfetto);
	add_summary(perfetto, summary);
	emitter->left_out += perfetto->left_out + perfetto->spans.lost;
	emitter->failed |= perfetto->trace.failed;
}

static void perfetto_free(struct emitter *emitter)
{
	struct perfetto *perfetto = (struct perfetto *)emitter;

	trackevent_release(&perfetto->trace);
	release_rows(&perfetto->threads);
	release_rows(&perfetto->cpus);
	spans_release(&perfetto->spans);
	free(perfetto);
}

static const struct emitter_ops perfetto_ops = {
	.change = perfetto_change,
	.summary = perfetto_summary,
	.free = perfetto_free,
};

struct emitter *emit_perfetto_new(void)
{
	struct perfetto *perfetto = calloc(1, sizeof(*perfetto));

	if (!perfetto)
		return NULL;
	perfetto->emitter.ops = &perfetto_ops;
	return &perfetto->emitter;
}
