// SPDX-License-Identifier: GPL-2.0-only
#include "chunk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

/* What the reader of a live stream has time for: higher levels cost more than they save. */
#define LEVEL 1

struct chunk_packer {
	ZSTD_CCtx *zstd;
	size_t room; /* for what is stored */
	char buf[];  /* the header in front */
};

uint32_t pwt_crc(const void *data, size_t size)
{
	return crc32(0, data, size);
}

int chunk_packer_new(struct chunk_packer **out)
{
	size_t room = ZSTD_compressBound(PWT_CHUNK_MAX) + 8;
	struct chunk_packer *packer = calloc(1, sizeof(*packer) + sizeof(struct pwt_chunk) + room);

	if (!packer)
		return -ENOMEM;
	packer->room = room;
	packer->zstd = ZSTD_createCCtx();
	if (!packer->zstd) {
		free(packer);
		return -ENOMEM;
	}
	ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_compressionLevel, LEVEL);
	*out = packer;
	return 0;
}

void chunk_packer_free(struct chunk_packer *packer)
{
	if (!packer)
		return;
	ZSTD_freeCCtx(packer->zstd);
	free(packer);
}

static uint32_t header_crc(const struct pwt_chunk *chunk)
{
	size_t from = offsetof(struct pwt_chunk, data_crc);

	return pwt_crc((const char *)chunk + from, sizeof(*chunk) - from);
}

const void *chunk_pack(struct chunk_packer *packer, struct pwt_chunk *chunk, const void *data,
		       size_t raw, bool plain, size_t *size)
{
	char *stored = packer->buf + sizeof(*chunk);
	size_t packed = raw;

	if (!plain)
		packed = ZSTD_compress2(packer->zstd, stored, packer->room, data, raw);
	chunk->coding = PWT_ZSTD;
	if (ZSTD_isError(packed) || packed >= raw) {
		memcpy(stored, data, raw);
		chunk->coding = PWT_PLAIN;
		packed = raw;
	}
	chunk->magic = PWT_CHUNK_MAGIC;
	chunk->raw = raw;
	chunk->stored = packed;
	chunk->data_crc = pwt_crc(stored, packed);
	chunk->crc = header_crc(chunk);
	memcpy(packer->buf, chunk, sizeof(*chunk));
	memset(stored + packed, 0, chunk_stored(chunk) - packed);
	*size = sizeof(*chunk) + chunk_stored(chunk);
	return packer->buf;
}

int chunk_check(const struct pwt_chunk *chunk)
{
	if (chunk->magic != PWT_CHUNK_MAGIC || chunk->crc != header_crc(chunk))
		return -EBADMSG;
	if (chunk->raw > PWT_CHUNK_MAX || chunk->stored > ZSTD_COMPRESSBOUND(PWT_CHUNK_MAX))
		return -EBADMSG;
	if (chunk->coding == PWT_PLAIN ? chunk->raw != chunk->stored : chunk->coding != PWT_ZSTD)
		return -EBADMSG;
	return 0;
}

int chunk_unpack(const struct pwt_chunk *chunk, const void *stored, void *raw)
{
	if (pwt_crc(stored, chunk->stored) != chunk->data_crc)
		return -EBADMSG;
	if (chunk->coding == PWT_PLAIN)
		memcpy(raw, stored, chunk->raw);
	else if (ZSTD_decompress(raw, chunk->raw, stored, chunk->stored) != chunk->raw)
		return -EBADMSG;
	return 0;
}
