/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stream of a recording: events in a row, gathered into records and taken out of them again.
 * What the BPF programs leave uninitialised is not kept. Packing is the work of a thread of its
 * own, which leaves it when it cannot keep up.
 */
#ifndef PWTRACE_EVENTS_H
#define PWTRACE_EVENTS_H

#include <stdbool.h>

#include "pwtrace/wire.h"
#include "recording/redact.h"
#include "recording/write.h"

struct event_writer;

/* Return: 0 or -ENOMEM. @recorder has to stay; @page_shift: of the kernel's pages. */
int event_writer_new(struct event_writer **out, struct recorder *recorder, unsigned int page_shift);

/* Records of capture are redacted. @redaction has to stay. */
void event_writer_redact(struct event_writer *writer, const struct redaction *redaction);
void event_writer_free(struct event_writer *writer);

/* A record of capture, as it came from the ring. 0, or a negative errno: it is not written. */
int event_writer_record(struct event_writer *writer, const void *record, size_t size);

/* Another one, with @size bytes behind its kind. */
int event_writer_add(struct event_writer *writer, enum pwt_event event, const void *data,
		     size_t size);

/*
 * Is the state of the checker (PWT_EVENT_STATE) to come before the next record of capture? Whoever
 * has lost what was before begins there.
 */
bool event_writer_wants_state(struct event_writer *writer);

/* Let a record be made of what there is, in a while; or now, with all that was before. */
void event_writer_push(struct event_writer *writer);
void event_writer_flush(struct event_writer *writer);

/* Bytes that are still to be packed, at most; and wait until there are none. */
size_t event_writer_waiting(struct event_writer *writer);
void event_writer_settle(struct event_writer *writer);

/* Records of capture that made no sense. */
uint64_t event_writer_dropped(const struct event_writer *writer);

struct event {
	uint8_t kind; /* enum pwt_type or enum pwt_event */
	size_t size;
	const void *data; /* the wire record, or what follows the kind; aligned to 8 */
};

struct event_reader;

int event_reader_new(struct event_reader **out);
void event_reader_free(struct event_reader *reader);

/*
 * Begin with the events of a PWT_REC_EVENTS, which has to stay. 0, or -EBADMSG: it makes no sense.
 */
int event_reader_begin(struct event_reader *reader, const void *data, size_t size);

/* 1: @event is the next one, until the next call. 0: there is none. -EBADMSG: it makes no sense. */
int event_reader_next(struct event_reader *reader, struct event *event);

/*
 * How many bytes of a record of capture mean something: what is behind its entries is room that was
 * reserved. 0: it makes no sense.
 */
size_t wire_size(const void *record, size_t size);

#endif
