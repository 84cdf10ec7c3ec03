// SPDX-License-Identifier: GPL-2.0-only
#include "trackevent.h"

#include <stdlib.h>
#include <string.h>

/* Numbers of fields, each in its message. */
enum { TRACE_PACKET = 1 };
enum {
	PACKET_CLOCK_SNAPSHOT = 6,
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE_ID = 10,
	PACKET_TRACK_EVENT = 11,
	PACKET_INTERNED_DATA = 12,
	PACKET_SEQUENCE_FLAGS = 13,
	PACKET_CLOCK_ID = 58,
	PACKET_TRACK_DESCRIPTOR = 60,
};
enum { SNAPSHOT_CLOCKS = 1, SNAPSHOT_PRIMARY = 2 };
enum { CLOCK_ID = 1, CLOCK_TIMESTAMP = 2 };
enum { INTERNED_EVENT_NAMES = 2, INTERNED_ANNOTATION_NAMES = 3 };
enum { NAME_IID = 1, NAME_NAME = 2 };
enum {
	TRACK_UUID = 1,
	TRACK_NAME = 2,
	TRACK_THREAD = 4,
	TRACK_PARENT = 5,
	TRACK_COUNTER = 8,
};
enum { THREAD_PID = 1, THREAD_TID = 2, THREAD_NAME = 5 };
enum { COUNTER_UNIT = 3, UNIT_COUNT = 2 };
enum {
	EVENT_ANNOTATIONS = 4,
	EVENT_TYPE = 9,
	EVENT_NAME_IID = 10,
	EVENT_TRACK = 11,
	EVENT_COUNTER_VALUE = 30,
};
enum { ANNOTATION_NAME_IID = 1, ANNOTATION_INT = 4, ANNOTATION_STRING = 6, ANNOTATION_POINTER = 7 };

/* Of perfetto's builtin clocks. */
enum { REALTIME = 1, MONOTONIC = 3 };

/* All that is interned is told once, and never forgotten. */
enum { STATE_CLEARED = 1, NEEDS_STATE = 2 };
#define SEQUENCE 1

static const char *const note_names[NOTE_NR] = {
	[NOTE_ADDR] = "addr",
	[NOTE_SIZE] = "size",
	[NOTE_VERDICT] = "verdict",
	[NOTE_REASON] = "reason",
	[NOTE_RET] = "ret",
	[NOTE_SEQ] = "seq",
	[NOTE_PARENT] = "parent",
	[NOTE_HOOK] = "hook",
	[NOTE_ZONE] = "zone",
	[NOTE_COMM] = "comm",
	[NOTE_PID] = "pid",
	[NOTE_CPU] = "cpu",
	[NOTE_CALLER] = "caller",
	[NOTE_SET] = "set",
	[NOTE_CLEAR] = "clear",
	[NOTE_FINDINGS] = "findings",
	[NOTE_OP] = "op",
	[NOTE_LEVEL] = "level",
	[NOTE_ENTRY_ADDR] = "entry_addr",
	[NOTE_BEFORE] = "before",
	[NOTE_EXPECTED] = "expected",
	[NOTE_AFTER] = "after",
	[NOTE_KERNEL] = "kernel",
	[NOTE_BACKEND] = "backend",
	[NOTE_CHANGES] = "changes",
	[NOTE_RECORDS_LOST] = "records_lost",
	[NOTE_PROBES_MISSED] = "probes_missed",
};

static void begin_packet(struct trackevent *trace, unsigned int flags)
{
	struct protobuf *pb = &trace->packet;

	protobuf_clear(pb);
	trace->packet_begun = protobuf_begin(pb, TRACE_PACKET);
	protobuf_uint(pb, PACKET_SEQUENCE_ID, SEQUENCE);
	protobuf_uint(pb, PACKET_SEQUENCE_FLAGS, flags);
}

static void end_packet(struct trackevent *trace)
{
	struct protobuf *pb = &trace->packet;

	protobuf_end(pb, trace->packet_begun);
	if (pb->failed || fwrite(pb->data, 1, pb->used, trace->out) != pb->used)
		trace->failed = true;
}

static void clock_at(struct protobuf *pb, unsigned int id, uint64_t time)
{
	size_t clock = protobuf_begin(pb, SNAPSHOT_CLOCKS);

	protobuf_uint(pb, CLOCK_ID, id);
	protobuf_uint(pb, CLOCK_TIMESTAMP, time);
	protobuf_end(pb, clock);
}

static void intern(struct protobuf *pb, unsigned int field, uint64_t iid, const char *name)
{
	size_t entry = protobuf_begin(pb, field);

	protobuf_uint(pb, NAME_IID, iid);
	protobuf_string(pb, NAME_NAME, name);
	protobuf_end(pb, entry);
}

void trackevent_begin(struct trackevent *trace, FILE *out, uint64_t monotonic, uint64_t realtime)
{
	struct protobuf *pb = &trace->packet;
	size_t message;

	*trace = (struct trackevent){ .out = out };
	begin_packet(trace, STATE_CLEARED | NEEDS_STATE);
	message = protobuf_begin(pb, PACKET_CLOCK_SNAPSHOT);
	clock_at(pb, MONOTONIC, monotonic);
	clock_at(pb, REALTIME, realtime);
	/* or times would be taken for those of CLOCK_BOOTTIME, which is not known */
	protobuf_uint(pb, SNAPSHOT_PRIMARY, MONOTONIC);
	protobuf_end(pb, message);
	message = protobuf_begin(pb, PACKET_INTERNED_DATA);
	for (enum annotation note = 1; note < NOTE_NR; note++)
		intern(pb, INTERNED_ANNOTATION_NAMES, note, note_names[note]);
	protobuf_end(pb, message);
	end_packet(trace);
}

void trackevent_release(struct trackevent *trace)
{
	protobuf_release(&trace->packet);
	free(trace->names);
}

static size_t begin_track(struct trackevent *trace, uint64_t parent, const char *name)
{
	struct protobuf *pb = &trace->packet;
	size_t message;

	begin_packet(trace, NEEDS_STATE);
	message = protobuf_begin(pb, PACKET_TRACK_DESCRIPTOR);
	protobuf_uint(pb, TRACK_UUID, ++trace->tracks);
	if (parent)
		protobuf_uint(pb, TRACK_PARENT, parent);
	if (name)
		protobuf_string(pb, TRACK_NAME, name);
	return message;
}

static uint64_t end_track(struct trackevent *trace, size_t message)
{
	protobuf_end(&trace->packet, message);
	end_packet(trace);
	return trace->tracks;
}

uint64_t trackevent_track(struct trackevent *trace, const char *name, uint64_t parent)
{
	return end_track(trace, begin_track(trace, parent, name));
}

uint64_t trackevent_thread(struct trackevent *trace, uint32_t pid, uint32_t tid, const char *name)
{
	struct protobuf *pb = &trace->packet;
	size_t message = begin_track(trace, 0, NULL);
	size_t thread = protobuf_begin(pb, TRACK_THREAD);

	protobuf_int(pb, THREAD_PID, (int32_t)pid);
	protobuf_int(pb, THREAD_TID, (int32_t)tid);
	protobuf_string(pb, THREAD_NAME, name);
	protobuf_end(pb, thread);
	return end_track(trace, message);
}

uint64_t trackevent_counter(struct trackevent *trace, const char *name, uint64_t parent)
{
	struct protobuf *pb = &trace->packet;
	size_t message = begin_track(trace, parent, name);
	size_t counter = protobuf_begin(pb, TRACK_COUNTER);

	protobuf_uint(pb, COUNTER_UNIT, UNIT_COUNT);
	protobuf_end(pb, counter);
	return end_track(trace, message);
}

/* Names are few. The id of one that was not told yet is behind the last. 0: no memory. */
static uint64_t name_iid(struct trackevent *trace, const char *name, bool *is_new)
{
	*is_new = false;
	for (size_t i = 0; i < trace->nr_names; i++)
		if (!strcmp(trace->names[i], name))
			return i + 1;
	if (trace->nr_names == trace->room_names) {
		size_t room = trace->room_names ? trace->room_names * 2 : 16;
		const char **more = realloc(trace->names, room * sizeof(*more));

		if (!more) {
			trace->failed = true;
			return 0;
		}
		trace->names = more;
		trace->room_names = room;
	}
	*is_new = true;
	trace->names[trace->nr_names++] = name;
	return trace->nr_names;
}

void trackevent_event(struct trackevent *trace, enum event_type type, uint64_t track, uint64_t time,
		      const char *name)
{
	struct protobuf *pb = &trace->packet;
	bool is_new = false;
	uint64_t iid = name ? name_iid(trace, name, &is_new) : 0;

	begin_packet(trace, NEEDS_STATE);
	protobuf_uint(pb, PACKET_TIMESTAMP, time);
	protobuf_uint(pb, PACKET_CLOCK_ID, MONOTONIC);
	if (is_new) {
		size_t message = protobuf_begin(pb, PACKET_INTERNED_DATA);

		intern(pb, INTERNED_EVENT_NAMES, iid, name);
		protobuf_end(pb, message);
	}
	trace->event_begun = protobuf_begin(pb, PACKET_TRACK_EVENT);
	protobuf_uint(pb, EVENT_TYPE, type);
	protobuf_uint(pb, EVENT_TRACK, track);
	if (iid)
		protobuf_uint(pb, EVENT_NAME_IID, iid);
}

void trackevent_end(struct trackevent *trace)
{
	protobuf_end(&trace->packet, trace->event_begun);
	end_packet(trace);
}

static size_t begin_note(struct trackevent *trace, enum annotation note)
{
	size_t message = protobuf_begin(&trace->packet, EVENT_ANNOTATIONS);

	protobuf_uint(&trace->packet, ANNOTATION_NAME_IID, note);
	return message;
}

void trackevent_note_string(struct trackevent *trace, enum annotation note, const char *text)
{
	size_t message = begin_note(trace, note);

	protobuf_string(&trace->packet, ANNOTATION_STRING, text);
	protobuf_end(&trace->packet, message);
}

void trackevent_note_address(struct trackevent *trace, enum annotation note, uint64_t addr)
{
	size_t message = begin_note(trace, note);

	protobuf_uint(&trace->packet, ANNOTATION_POINTER, addr);
	protobuf_end(&trace->packet, message);
}

void trackevent_note_number(struct trackevent *trace, enum annotation note, int64_t number)
{
	size_t message = begin_note(trace, note);

	protobuf_int(&trace->packet, ANNOTATION_INT, number);
	protobuf_end(&trace->packet, message);
}

void trackevent_count(struct trackevent *trace, uint64_t track, uint64_t time, int64_t value)
{
	trackevent_event(trace, COUNTER, track, time, NULL);
	protobuf_int(&trace->packet, EVENT_COUNTER_VALUE, value);
	trackevent_end(trace);
}
