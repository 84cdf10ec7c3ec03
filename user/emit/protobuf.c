// SPDX-License-Identifier: GPL-2.0-only
#include "protobuf.h"

#include <stdlib.h>
#include <string.h>

enum wire_type { VARINT = 0, LENGTH = 2 };

#define MOST_VARINT 10

static bool reserve(struct protobuf *pb, size_t size)
{
	size_t room = pb->room ? pb->room : 1024;
	uint8_t *more;

	while (room - pb->used < size)
		room *= 2;
	if (room == pb->room)
		return true;
	more = realloc(pb->data, room);
	if (!more) {
		pb->failed = true;
		return false;
	}
	pb->data = more;
	pb->room = room;
	return true;
}

void protobuf_release(struct protobuf *pb)
{
	free(pb->data);
	*pb = (struct protobuf){};
}

/* Seven bits a byte, the lowest first, and a bit that says that there are more. */
static size_t encode(uint8_t *to, uint64_t value)
{
	size_t size = 0;

	for (; value >= 0x80; value >>= 7)
		to[size++] = value | 0x80;
	to[size++] = value;
	return size;
}

static void varint(struct protobuf *pb, uint64_t value)
{
	if (reserve(pb, MOST_VARINT))
		pb->used += encode(pb->data + pb->used, value);
}

static void tag(struct protobuf *pb, unsigned int field, enum wire_type type)
{
	varint(pb, (uint64_t)field << 3 | type);
}

void protobuf_uint(struct protobuf *pb, unsigned int field, uint64_t value)
{
	tag(pb, field, VARINT);
	varint(pb, value);
}

void protobuf_string(struct protobuf *pb, unsigned int field, const char *text)
{
	size_t size = strlen(text);

	tag(pb, field, LENGTH);
	varint(pb, size);
	if (!reserve(pb, size))
		return;
	for (size_t i = 0; i < size; i++)
		pb->data[pb->used + i] = text[i] & 0x80 ? '?' : text[i];
	pb->used += size;
}

/* Most messages are short: one byte is left for the length, and made more where it takes more. */
size_t protobuf_begin(struct protobuf *pb, unsigned int field)
{
	tag(pb, field, LENGTH);
	varint(pb, 0);
	return pb->used;
}

void protobuf_end(struct protobuf *pb, size_t begun)
{
	uint8_t length[MOST_VARINT];
	size_t size;

	if (pb->failed || !reserve(pb, MOST_VARINT))
		return;
	size = encode(length, pb->used - begun);
	memmove(pb->data + begun + size - 1, pb->data + begun, pb->used - begun);
	memcpy(pb->data + begun - 1, length, size);
	pb->used += size - 1;
}
