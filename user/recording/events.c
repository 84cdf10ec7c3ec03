// SPDX-License-Identifier: GPL-2.0-only
#include "events.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "recording/columns.h"

/* Packed at once. */
#define ROOM COLUMNS_ROW_MAX
/* An event is its size and so many bytes. */
#define MOST_SIZE (8U << 10)
/* Less than that is left: a record of capture, and what was asked because of it, may be torn. */
#define LITTLE (MOST_SIZE + 1024)

/* Rows that wait to be packed; when half of them do, there is no time to pack. */
#define MOST_ROWS 32

struct row {
	size_t used;
	uint32_t nr;
	char data[ROOM];
};

struct event_writer {
	struct recorder *recorder;
	unsigned int page_shift;
	const struct redaction *redaction; /* may be NULL */
	uint64_t dropped;
	struct row *row; /* the one that is filled */
	bool has_state;	 /* it does */
	/* the thread's */
	struct columns *columns;
	char *packed;
	pthread_t thread;
	/* between the two */
	pthread_mutex_t lock;
	pthread_cond_t come, gone;
	struct row *waiting[MOST_ROWS], *spare[MOST_ROWS];
	unsigned int nr_waiting, nr_spare;
	bool busy, end;
};

/* A record of a row. What does not get into the file the recorder counts. */
static void write_row(struct event_writer *writer, const struct row *row, bool hurry)
{
	struct pwt_events events = { PWT_EVENTS_ROW, row->nr, row->used, 0 };
	const char *data = row->data;
	size_t size = 0;

	if (!hurry)
		size = columns_pack(writer->columns, row->data, row->used, row->nr,
				    writer->page_shift, writer->packed);
	if (size) {
		events.coding = PWT_EVENTS_COLUMNS;
		data = writer->packed;
	} else {
		size = row->used;
	}
	recorder_hurry(writer->recorder, hurry);
	recorder_add2(writer->recorder, PWT_REC_EVENTS, &events, sizeof(events), data, size);
}

/* The oldest, NULL: it is the end. */
static struct row *next_row(struct event_writer *writer, bool *hurry)
{
	struct row *row = NULL;

	pthread_mutex_lock(&writer->lock);
	writer->busy = false;
	while (!writer->nr_waiting && !writer->end) {
		pthread_cond_signal(&writer->gone);
		pthread_cond_wait(&writer->come, &writer->lock);
	}
	*hurry = writer->nr_waiting > MOST_ROWS / 2;
	if (writer->nr_waiting) {
		row = writer->waiting[0];
		memmove(writer->waiting, writer->waiting + 1,
			--writer->nr_waiting * sizeof(*writer->waiting));
		writer->busy = true;
	}
	pthread_mutex_unlock(&writer->lock);
	return row;
}

static void give_back(struct event_writer *writer, struct row *row)
{
	pthread_mutex_lock(&writer->lock);
	if (writer->nr_spare < MOST_ROWS)
		writer->spare[writer->nr_spare++] = row;
	else
		free(row);
	pthread_cond_signal(&writer->gone);
	pthread_mutex_unlock(&writer->lock);
}

static void *pack_rows(void *ctx)
{
	struct event_writer *writer = ctx;
	struct row *row;
	bool hurry;

	while ((row = next_row(writer, &hurry))) {
		write_row(writer, row, hurry);
		give_back(writer, row);
	}
	return NULL;
}

static void free_writer(struct event_writer *writer)
{
	while (writer->nr_spare)
		free(writer->spare[--writer->nr_spare]);
	columns_free(writer->columns);
	free(writer->packed);
	free(writer->row);
	free(writer);
}

int event_writer_new(struct event_writer **out, struct recorder *recorder, unsigned int page_shift)
{
	struct event_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return -ENOMEM;
	writer->recorder = recorder;
	writer->page_shift = page_shift;
	writer->packed = malloc(columns_bound(ROOM, ROOM / 3));
	writer->row = malloc(sizeof(*writer->row));
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->come, NULL);
	pthread_cond_init(&writer->gone, NULL);
	if (!writer->packed || !writer->row || columns_new(&writer->columns) ||
	    pthread_create(&writer->thread, NULL, pack_rows, writer)) {
		free_writer(writer);
		return -ENOMEM;
	}
	writer->row->used = writer->row->nr = 0;
	*out = writer;
	return 0;
}

void event_writer_free(struct event_writer *writer)
{
	if (!writer)
		return;
	event_writer_flush(writer);
	pthread_mutex_lock(&writer->lock);
	writer->end = true;
	pthread_cond_signal(&writer->come);
	pthread_mutex_unlock(&writer->lock);
	pthread_join(writer->thread, NULL);
	free_writer(writer);
}

void event_writer_redact(struct event_writer *writer, const struct redaction *redaction)
{
	writer->redaction = redaction;
}

/* An empty row; until there is one the ring has to do. Called with the lock held. */
static struct row *take_spare(struct event_writer *writer)
{
	struct row *row = NULL;

	if (!writer->nr_spare)
		row = malloc(sizeof(*row));
	while (!row && !writer->nr_spare)
		pthread_cond_wait(&writer->gone, &writer->lock);
	if (!row)
		row = writer->spare[--writer->nr_spare];
	row->used = row->nr = 0;
	return row;
}

void event_writer_push(struct event_writer *writer)
{
	if (!writer->row->nr)
		return;
	pthread_mutex_lock(&writer->lock);
	while (writer->nr_waiting == MOST_ROWS)
		pthread_cond_wait(&writer->gone, &writer->lock);
	writer->waiting[writer->nr_waiting++] = writer->row;
	pthread_cond_signal(&writer->come);
	writer->row = take_spare(writer);
	writer->has_state = false;
	pthread_mutex_unlock(&writer->lock);
}

void event_writer_settle(struct event_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	while (writer->nr_waiting || writer->busy)
		pthread_cond_wait(&writer->gone, &writer->lock);
	pthread_mutex_unlock(&writer->lock);
}

void event_writer_flush(struct event_writer *writer)
{
	event_writer_push(writer);
	event_writer_settle(writer);
}

size_t event_writer_waiting(struct event_writer *writer)
{
	size_t rows;

	pthread_mutex_lock(&writer->lock);
	rows = writer->nr_waiting + writer->busy;
	pthread_mutex_unlock(&writer->lock);
	return rows * ROOM;
}

bool event_writer_wants_state(struct event_writer *writer)
{
	if (writer->row->used + LITTLE > ROOM)
		event_writer_push(writer);
	return !writer->has_state;
}

/* Room for an event of @size bytes, which is filled in by the caller. */
static char *reserve(struct event_writer *writer, uint16_t size)
{
	struct row *row = writer->row;
	char *at;

	if (row->used + sizeof(size) + size > ROOM) {
		event_writer_push(writer);
		row = writer->row;
	}
	at = row->data + row->used;
	memcpy(at, &size, sizeof(size));
	row->used += sizeof(size) + size;
	row->nr++;
	return at + sizeof(size);
}

static void clear_path(struct pwt_path *at, uint64_t *entries)
{
	unsigned int depth = at->depth <= PWT_MAX_LEVELS ? at->depth : 0;
	unsigned int nr = depth && at->nr <= PWT_SMALL_ENTRIES ? at->nr : 0;

	if (!depth)
		*at = (struct pwt_path){};
	at->pad = 0;
	memset(at->path + depth, 0, (PWT_MAX_LEVELS - depth) * sizeof(*at->path));
	if (entries)
		memset(entries + nr, 0, (PWT_SMALL_ENTRIES - nr) * sizeof(*entries));
}

/* Pads, and entries that were not read. */
static void clear_unused(struct pwt_hdr *hdr)
{
	struct pwt_enter *enter = (struct pwt_enter *)hdr;
	struct pwt_exit *exit = (struct pwt_exit *)hdr;
	struct pwt_slice *slice = (struct pwt_slice *)hdr;

	switch (hdr->type) {
	case PWT_ENTER:
		clear_path(&enter->at, (uint64_t *)enter->entries);
		break;
	case PWT_EXIT:
		clear_path(&exit->at, (uint64_t *)exit->entries);
		break;
	case PWT_SLICE:
		slice->pad = 0;
		clear_path(&slice->at, NULL);
		break;
	}
}

int event_writer_record(struct event_writer *writer, const void *record, size_t size)
{
	uint64_t copy[MOST_SIZE / sizeof(uint64_t)];

	size = wire_size(record, size);
	if (!size || size > sizeof(copy)) {
		writer->dropped++;
		return -EINVAL;
	}
	memcpy(copy, record, size);
	clear_unused((struct pwt_hdr *)copy);
	if (writer->redaction)
		redact_record(writer->redaction, (struct pwt_hdr *)copy, size);
	memcpy(reserve(writer, size), copy, size);
	return 0;
}

int event_writer_add(struct event_writer *writer, enum pwt_event event, const void *data,
		     size_t size)
{
	char *at = reserve(writer, size + 1);

	*at = event;
	if (size)
		memcpy(at + 1, data, size);
	writer->has_state |= event == PWT_EVENT_STATE;
	return 0;
}

uint64_t event_writer_dropped(const struct event_writer *writer)
{
	return writer->dropped;
}

struct event_reader {
	struct columns *columns;
	const char *at, *end;
	char row[ROOM]; /* unpacked */
	uint64_t data[MOST_SIZE / sizeof(uint64_t)];
};

int event_reader_new(struct event_reader **out)
{
	struct event_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	if (columns_new(&reader->columns)) {
		free(reader);
		return -ENOMEM;
	}
	*out = reader;
	return 0;
}

void event_reader_free(struct event_reader *reader)
{
	if (!reader)
		return;
	columns_free(reader->columns);
	free(reader);
}

int event_reader_begin(struct event_reader *reader, const void *data, size_t size)
{
	struct pwt_events events;

	reader->at = reader->end = NULL;
	if (size < sizeof(events))
		return -EBADMSG;
	memcpy(&events, data, sizeof(events));
	data = (const char *)data + sizeof(events);
	size -= sizeof(events);
	if (events.coding == PWT_EVENTS_COLUMNS) {
		if (columns_unpack(reader->columns, data, size, events.nr, reader->row, events.raw))
			return -EBADMSG;
		data = reader->row;
	} else if (events.coding != PWT_EVENTS_ROW || events.raw != size) {
		return -EBADMSG;
	}
	reader->at = data;
	reader->end = reader->at + events.raw;
	return 0;
}

int event_reader_next(struct event_reader *reader, struct event *event)
{
	size_t left = reader->end - reader->at;
	uint16_t size;

	if (!left)
		return 0;
	if (left >= sizeof(size))
		memcpy(&size, reader->at, sizeof(size));
	if (left < sizeof(size) || !size || size > left - sizeof(size) || size > MOST_SIZE)
		return -EBADMSG;
	reader->at += sizeof(size);
	*event = (struct event){ .kind = *reader->at, .size = size, .data = reader->data };
	if (event->kind >= PWT_EVENT_IDLE)
		event->size--;
	memcpy(reader->data, reader->at + (size - event->size), event->size);
	reader->at += size;
	return 1;
}
