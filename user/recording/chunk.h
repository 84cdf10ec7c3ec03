/* SPDX-License-Identifier: GPL-2.0-only */
/* One chunk: records put together, packed, with its header in front; and back again. */
#ifndef PWTRACE_CHUNK_H
#define PWTRACE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recording/format.h"

struct chunk_packer;

/* Return: 0 or -ENOMEM. */
int chunk_packer_new(struct chunk_packer **out);
void chunk_packer_free(struct chunk_packer *packer);

/**
 * chunk_pack() - make a chunk
 * @data: its records, @raw bytes, at most PWT_CHUNK_MAX
 * @chunk: number, time, types and flags are given, the rest is filled in
 * @plain: there is no time to compress it
 * @size: of the chunk with its header and what pads it
 *
 * Return: the chunk, until the next call.
 */
const void *chunk_pack(struct chunk_packer *packer, struct pwt_chunk *chunk, const void *data,
		       size_t raw, bool plain, size_t *size);

/* Is it the header of a chunk that may be read? */
int chunk_check(const struct pwt_chunk *chunk);

/* The bytes that follow the header, with what pads them. */
static inline uint64_t chunk_stored(const struct pwt_chunk *chunk)
{
	return ((uint64_t)chunk->stored + 7) & ~7ULL;
}

/*
 * Unpack @stored, chunk->stored bytes, into @raw, chunk->raw of them. 0, or -EBADMSG: they are not
 * what the header says.
 */
int chunk_unpack(const struct pwt_chunk *chunk, const void *stored, void *raw);

uint32_t pwt_crc(const void *data, size_t size);

#endif
