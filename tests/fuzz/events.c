// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fuzz target: the events of one record. What can be read in one coding is packed and unpacked in
 * the other, and is the same.
 */
#include "recording/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording/columns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(what)                                                              \
	do {                                                                       \
		if (!(what)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			abort();                                                   \
		}                                                                  \
	} while (0)

/* A row of what is read, up to where it makes no sense. */
struct row {
	char data[COLUMNS_ROW_MAX];
	size_t size;
	uint32_t nr;
};

static void append(struct row *row, const struct event *event)
{
	bool with_kind = event->kind >= PWT_EVENT_IDLE;
	uint16_t size = event->size + with_kind;

	if (row->size + sizeof(size) + size > sizeof(row->data))
		return;
	memcpy(row->data + row->size, &size, sizeof(size));
	row->size += sizeof(size);
	if (with_kind)
		row->data[row->size++] = event->kind;
	memcpy(row->data + row->size, event->data, event->size);
	row->size += event->size;
	row->nr++;
}

static void read_all(const uint8_t *data, size_t size, struct row *row)
{
	struct event_reader *reader;
	struct event event;

	row->size = row->nr = 0;
	REQUIRE(!event_reader_new(&reader));
	if (!event_reader_begin(reader, data, size))
		while (event_reader_next(reader, &event) == 1) {
			if (event.kind < PWT_EVENT_IDLE)
				REQUIRE(wire_size(event.data, event.size) <= event.size);
			append(row, &event);
		}
	event_reader_free(reader);
}

static void pack_and_unpack(const struct row *row)
{
	static char again[COLUMNS_ROW_MAX];
	struct columns *columns;
	char *packed = malloc(columns_bound(row->size, row->nr));
	size_t size;

	REQUIRE(packed && !columns_new(&columns));
	size = columns_pack(columns, row->data, row->size, row->nr, 12 + row->nr % 5, packed);
	REQUIRE(size <= columns_bound(row->size, row->nr));
	if (size) {
		REQUIRE(!columns_unpack(columns, packed, size, row->nr, again, row->size));
		REQUIRE(!memcmp(again, row->data, row->size));
	}
	columns_free(columns);
	free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct row row;

	read_all(data, size, &row);
	pack_and_unpack(&row);
	return 0;
}
