/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Perfetto's TrackEvent format (protos/perfetto/trace/ of its sources; the fields used here are in
 * tests/data/trackevent.proto): packets in a row, which ui.perfetto.dev opens.
 */
#ifndef PWTRACE_TRACKEVENT_H
#define PWTRACE_TRACKEVENT_H

#include <stdio.h>

#include "emit/protobuf.h"

/* Annotations of events, by name in the file once. */
enum annotation {
	NOTE_NONE,
	NOTE_ADDR,
	NOTE_SIZE,
	NOTE_VERDICT,
	NOTE_REASON,
	NOTE_RET,
	NOTE_SEQ,
	NOTE_PARENT,
	NOTE_HOOK,
	NOTE_ZONE,
	NOTE_COMM,
	NOTE_PID,
	NOTE_CPU,
	NOTE_CALLER,
	NOTE_SET,
	NOTE_CLEAR,
	NOTE_FINDINGS,
	NOTE_OP,
	NOTE_LEVEL,
	NOTE_ENTRY_ADDR,
	NOTE_BEFORE,
	NOTE_EXPECTED,
	NOTE_AFTER,
	NOTE_KERNEL,
	NOTE_BACKEND,
	NOTE_CHANGES,
	NOTE_RECORDS_LOST,
	NOTE_PROBES_MISSED,
	NOTE_NR,
};

enum event_type { SLICE_BEGIN = 1, SLICE_END, INSTANT, COUNTER };

struct trackevent {
	FILE *out;
	struct protobuf packet;
	size_t packet_begun, event_begun;
	uint64_t tracks; /* so many, and the id of the last */
	const char **names;
	size_t nr_names, room_names;
	bool failed;
};

/* The first packet: the clocks, both at one time, ns. */
void trackevent_begin(struct trackevent *trace, FILE *out, uint64_t monotonic, uint64_t realtime);
void trackevent_release(struct trackevent *trace);

/* What a track is: each its id. @parent: 0: none. */
uint64_t trackevent_track(struct trackevent *trace, const char *name, uint64_t parent);
uint64_t trackevent_thread(struct trackevent *trace, uint32_t pid, uint32_t tid, const char *name);
uint64_t trackevent_counter(struct trackevent *trace, const char *name, uint64_t parent);

/*
 * An event, with what trackevent_note_*() say of it in between. @name: a string that stays, NULL:
 * it has none.
 */
void trackevent_event(struct trackevent *trace, enum event_type type, uint64_t track, uint64_t time,
		      const char *name);
void trackevent_end(struct trackevent *trace);

void trackevent_note_string(struct trackevent *trace, enum annotation note, const char *text);
void trackevent_note_address(struct trackevent *trace, enum annotation note, uint64_t addr);
void trackevent_note_number(struct trackevent *trace, enum annotation note, int64_t number);

/* A counter has a new value. */
void trackevent_count(struct trackevent *trace, uint64_t track, uint64_t time, int64_t value);

#endif
