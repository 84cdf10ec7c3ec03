/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording that is made up byte by byte: its checksums are right, what it says need not be. And
 * what is done to good ones.
 */
#ifndef PWTRACE_TEST_FORGE_H
#define PWTRACE_TEST_FORGE_H

#include <stddef.h>

#include "pwtrace/wire.h"
#include "recording/format.h"

/* Bytes that grow. */
struct forge {
	char *data;
	size_t size, room;
	size_t chunk, events; /* where the last one begins */
	uint64_t number;
};

/* A file header. */
void forge_begin(struct forge *forge);
void forge_release(struct forge *forge);

void forge_bytes(struct forge *forge, const void *data, size_t size);

/* A chunk begins; what is added becomes its content. It ends, as it is or packed. */
void forge_chunk(struct forge *forge);
void forge_chunk_end(struct forge *forge, enum pwt_coding coding);

/* The header of the last chunk, to be changed; forge_seal() makes its checksum right. */
struct pwt_chunk *forge_header(struct forge *forge);
void forge_seal(struct forge *forge);

/* A record, with what pads it. */
void forge_record(struct forge *forge, enum pwt_record_type type, const void *data, size_t size);

/* A record of events in a row: forge_event() and others between these two. */
void forge_events(struct forge *forge);
void forge_event(struct forge *forge, const void *record, size_t size);
void forge_mark(struct forge *forge, enum pwt_event event, const void *data, size_t size);
void forge_events_end(struct forge *forge);

/* The end of a file that was closed. */
void forge_end(struct forge *forge);

/* A file that is gone with the process: its path, until the next call. */
char *forge_save(const void *data, size_t size);

#endif
