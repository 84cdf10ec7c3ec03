// SPDX-License-Identifier: GPL-2.0-only
#include "forge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "recording/chunk.h"
#include "test.h"

void forge_bytes(struct forge *forge, const void *data, size_t size)
{
	if (forge->size + size > forge->room) {
		forge->room = (forge->size + size) * 2;
		forge->data = realloc(forge->data, forge->room);
	}
	if (size)
		memcpy(forge->data + forge->size, data, size);
	forge->size += size;
}

static void pad(struct forge *forge)
{
	static const char zeros[8];

	forge_bytes(forge, zeros, -forge->size & 7);
}

void forge_begin(struct forge *forge)
{
	struct pwt_file file = {
		.magic = PWT_FILE_MAGIC,
		.version = PWT_FILE_VERSION,
		.readable = PWT_FILE_READABLE,
		.wire = PWT_WIRE_VERSION,
	};

	*forge = (struct forge){};
	file.crc = pwt_crc(&file, offsetof(struct pwt_file, crc));
	forge_bytes(forge, &file, sizeof(file));
}

void forge_release(struct forge *forge)
{
	free(forge->data);
	*forge = (struct forge){};
}

void forge_chunk(struct forge *forge)
{
	struct pwt_chunk chunk = { .magic = PWT_CHUNK_MAGIC, .number = forge->number++ };

	forge->chunk = forge->size;
	forge_bytes(forge, &chunk, sizeof(chunk));
}

struct pwt_chunk *forge_header(struct forge *forge)
{
	return (struct pwt_chunk *)(forge->data + forge->chunk);
}

void forge_seal(struct forge *forge)
{
	struct pwt_chunk *chunk = forge_header(forge);
	size_t from = offsetof(struct pwt_chunk, data_crc);

	chunk->crc = pwt_crc((const char *)chunk + from, sizeof(*chunk) - from);
}

void forge_chunk_end(struct forge *forge, enum pwt_coding coding)
{
	size_t begin = forge->chunk + sizeof(struct pwt_chunk), raw = forge->size - begin;
	size_t bound = ZSTD_compressBound(raw), stored = raw;
	struct pwt_chunk *chunk;

	if (coding == PWT_ZSTD) {
		char *packed = malloc(bound);

		stored = ZSTD_compress(packed, bound, forge->data + begin, raw, 1);
		forge->size = begin;
		forge_bytes(forge, packed, stored);
		free(packed);
	}
	chunk = forge_header(forge);
	chunk->coding = coding;
	chunk->raw = raw;
	chunk->stored = stored;
	chunk->data_crc = pwt_crc(forge->data + begin, stored);
	forge_seal(forge);
	pad(forge);
}

void forge_record(struct forge *forge, enum pwt_record_type type, const void *data, size_t size)
{
	struct pwt_record record = { .type = type, .size = size };

	forge_bytes(forge, &record, sizeof(record));
	forge_bytes(forge, data, size);
	pad(forge);
	if (type < 64)
		forge_header(forge)->types |= 1ULL << type;
}

void forge_events(struct forge *forge)
{
	struct pwt_events events = { .coding = PWT_EVENTS_ROW };

	forge->events = forge->size;
	forge_record(forge, PWT_REC_EVENTS, &events, sizeof(events));
}

void forge_event(struct forge *forge, const void *record, size_t size)
{
	uint16_t length = size;

	forge_bytes(forge, &length, sizeof(length));
	forge_bytes(forge, record, size);
}

void forge_mark(struct forge *forge, enum pwt_event event, const void *data, size_t size)
{
	uint16_t length = size + 1;
	uint8_t kind = event;

	forge_bytes(forge, &length, sizeof(length));
	forge_bytes(forge, &kind, sizeof(kind));
	forge_bytes(forge, data, size);
}

void forge_events_end(struct forge *forge)
{
	struct pwt_record *record = (struct pwt_record *)(forge->data + forge->events);
	struct pwt_events *events = (struct pwt_events *)(record + 1);

	record->size = forge->size - forge->events - sizeof(*record);
	events->raw = record->size - sizeof(*events);
	pad(forge);
}

void forge_end(struct forge *forge)
{
	struct pwt_end end = { .magic = PWT_END_MAGIC, .chunks = forge->number };

	end.size = forge->size + sizeof(end);
	end.crc = pwt_crc(&end.index, sizeof(end) - offsetof(struct pwt_end, index));
	forge_bytes(forge, &end, sizeof(end));
}

char *forge_save(const void *data, size_t size)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("recording", MFD_CLOEXEC);
	if (!EXPECT(fd >= 0) || !EXPECT_EQ(ftruncate(fd, 0), 0) ||
	    !EXPECT_EQ(pwrite(fd, data, size, 0), size))
		exit(1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}
