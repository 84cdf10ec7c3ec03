// SPDX-License-Identifier: GPL-2.0-only
#include "read.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/read_at.h"
#include "recording/chunk.h"

#define SCAN_SIZE (64U << 10)

struct recording {
	int fd;
	uint64_t size; /* of the file */
	struct pwt_file file;
	bool damaged_header;
	uint64_t types;		/* asked for */
	uint64_t at;		/* offset of what comes next */
	uint64_t next_number;	/* that the next chunk should have */
	uint64_t seen;		/* chunks, without those of the index */
	bool gap;		/* for the next record */
	struct pwt_chunk chunk; /* the one that is unpacked; raw 0: none */
	uint64_t chunk_at;
	size_t used; /* of it */
	struct recording_stats stats;
	char *stored, *raw;
};

/* Of the file as it was when it was opened: one that is written to has no end. */
static int read_piece(const struct recording *recording, uint64_t offset, void *buf, size_t size)
{
	if (offset > recording->size || size > recording->size - offset)
		return -ENODATA;
	return read_at(recording->fd, buf, size, offset);
}

static int open_file(struct recording *recording, const char *path, struct problem *why)
{
	struct stat st;

	/* what has the name may be a FIFO that nobody writes to */
	recording->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (recording->fd < 0 || fstat(recording->fd, &st))
		return problem(why, -errno, "cannot open %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return problem(why, -EINVAL, "%s is no regular file", path);
	recording->size = st.st_size;
	return 0;
}

static int check_header(struct recording *recording, const char *path, struct problem *why)
{
	struct pwt_file *file = &recording->file;
	int err = read_piece(recording, 0, file, sizeof(*file));

	if (err && err != -ENODATA)
		return problem(why, err, "cannot read %s: %s", path, strerror(-err));
	if (err || memcmp(file->magic, PWT_FILE_MAGIC, sizeof(file->magic)))
		return problem(why, -ENOEXEC, "%s is no recording of pwtrace%s", path,
			       err ? ", or was cut off in its first bytes" : "");
	recording->damaged_header = file->crc != pwt_crc(file, offsetof(struct pwt_file, crc));
	if (!recording->damaged_header && file->readable > PWT_FILE_VERSION)
		return problem(why, -EPROTONOSUPPORT,
			       "%s has the format version %u, of which this pwtrace reads up to "
			       "%u: use a newer one",
			       path, file->readable, PWT_FILE_VERSION);
	return 0;
}

int recording_open(struct recording **out, const char *path, struct problem *why)
{
	struct recording *recording = calloc(1, sizeof(*recording));
	int err;

	if (!recording)
		return problem(why, -ENOMEM, "out of memory");
	recording->fd = -1;
	err = open_file(recording, path, why);
	if (!err)
		err = check_header(recording, path, why);
	if (!err) {
		recording->stored = malloc(ZSTD_COMPRESSBOUND(PWT_CHUNK_MAX));
		recording->raw = malloc(PWT_CHUNK_MAX);
		if (!recording->stored || !recording->raw)
			err = problem(why, -ENOMEM, "out of memory");
	}
	if (err) {
		recording_close(recording);
		return err;
	}
	recording_begin(recording, ~0ULL);
	*out = recording;
	return 0;
}

void recording_close(struct recording *recording)
{
	if (!recording)
		return;
	if (recording->fd >= 0)
		close(recording->fd);
	free(recording->stored);
	free(recording->raw);
	free(recording);
}

/* 0: there is one. */
static int read_header(const char *path, struct pwt_file *file)
{
	struct recording *recording;
	struct problem why;

	if (recording_open(&recording, path, &why))
		return -ENOENT;
	*file = recording->file;
	recording_close(recording);
	return 0;
}

size_t recording_parts(char *const *paths, size_t nr)
{
	struct pwt_file first, next;
	size_t parts = 1;

	if (read_header(paths[0], &first))
		return 1;
	while (parts < nr && !read_header(paths[parts], &next) &&
	       !memcmp(next.id, first.id, sizeof(first.id)) && next.part == first.part + 1) {
		first.part++;
		parts++;
	}
	return parts;
}

const struct pwt_file *recording_file(const struct recording *recording)
{
	return &recording->file;
}

void recording_begin(struct recording *recording, uint64_t types)
{
	recording->types = types;
	recording->at = sizeof(struct pwt_file);
	recording->next_number = recording->damaged_header ? 0 : recording->file.first;
	recording->seen = 0;
	recording->gap = false;
	recording->chunk.raw = 0;
	recording->used = 0;
	recording->stats = (struct recording_stats){ .damaged = recording->damaged_header };
}

static void skip(struct recording *recording, uint64_t bytes)
{
	recording->stats.skipped += bytes;
	recording->at += bytes;
	recording->gap = true;
}

/*
 * What is at recording->at is no chunk: find the next one, or the end. Chunks are aligned to 8
 * bytes.
 */
static int resync(struct recording *recording)
{
	uint64_t begin = recording->at, at = begin + 8;

	recording->stats.damaged++;
	while (at < recording->size) {
		uint64_t left = recording->size - at;
		size_t size = left < SCAN_SIZE ? left : SCAN_SIZE;
		int err = read_piece(recording, at, recording->stored, size);

		if (err)
			return err;
		for (size_t i = 0; i + sizeof(struct pwt_end) <= size; i += 8) {
			struct pwt_chunk chunk;

			memcpy(&chunk.magic, recording->stored + i, sizeof(chunk.magic));
			if (chunk.magic != PWT_CHUNK_MAGIC ||
			    read_piece(recording, at + i, &chunk, sizeof(chunk)) ||
			    chunk_check(&chunk))
				continue;
			skip(recording, at + i - begin);
			return 0;
		}
		/* a header may lie across the end of what was read */
		at += size > sizeof(struct pwt_end) ? size - sizeof(struct pwt_end) : size;
		at = (at + 7) & ~7ULL;
	}
	skip(recording, recording->size - begin);
	return 0;
}

/* 1: this is the end, and nothing is behind it. */
static int at_end(struct recording *recording)
{
	struct pwt_end end;

	if (read_piece(recording, recording->at, &end, sizeof(end)) || end.magic != PWT_END_MAGIC ||
	    end.crc != pwt_crc(&end.index, sizeof(end) - offsetof(struct pwt_end, index)) ||
	    end.size != recording->at + sizeof(end))
		return 0;
	recording->stats.complete = true;
	/* those of the preamble have no numbers */
	if (end.chunks > recording->seen && end.chunks - recording->seen > recording->stats.missing)
		recording->stats.missing = end.chunks - recording->seen;
	recording->at = recording->size;
	if (recording->size != end.size) {
		recording->stats.damaged++;
		recording->stats.skipped += recording->size - end.size;
	}
	return 1;
}

/* False: it is of a time before the one that was read last, and is not to be read behind it. */
static bool note_number(struct recording *recording)
{
	uint64_t number = recording->chunk.number;

	if (!(recording->chunk.flags & PWT_CHUNK_PREAMBLE) && number < recording->next_number)
		return false;
	recording->stats.chunks++;
	recording->seen += !(recording->chunk.types & 1ULL << PWT_REC_INDEX);
	if (recording->chunk.flags & PWT_CHUNK_PREAMBLE)
		return true;
	if (number > recording->next_number) {
		recording->gap = true;
		recording->stats.missing += number - recording->next_number;
	}
	recording->next_number = number + 1;
	return true;
}

/* Read and unpack what recording->chunk is the header of. -EBADMSG: it is damaged. */
static int unpack(struct recording *recording)
{
	int err = read_piece(recording, recording->chunk_at + sizeof(recording->chunk),
			     recording->stored, recording->chunk.stored);

	if (!err)
		err = chunk_unpack(&recording->chunk, recording->stored, recording->raw);
	recording->used = 0;
	if (err)
		recording->chunk.raw = 0;
	return err == -ENODATA ? -EBADMSG : err;
}

/* 1: the next chunk that was asked for is unpacked. 0: there is none. */
static int next_chunk(struct recording *recording)
{
	while (recording->at < recording->size) {
		struct pwt_chunk *chunk = &recording->chunk;
		uint64_t whole;
		int err;

		chunk->raw = 0;
		err = read_piece(recording, recording->at, chunk, sizeof(*chunk));
		if (err && err != -ENODATA)
			return err;
		if (err || chunk_check(chunk)) {
			chunk->raw = 0;
			err = at_end(recording) ? 0 : resync(recording);
			if (err)
				return err;
			continue;
		}
		recording->chunk_at = recording->at;
		whole = sizeof(*chunk) + chunk_stored(chunk);
		if (whole > recording->size - recording->at)
			whole = recording->size - recording->at;
		if (!note_number(recording)) {
			chunk->raw = 0;
			recording->stats.damaged++;
			skip(recording, whole);
			continue;
		}
		if (!(chunk->types & recording->types)) {
			recording->at += whole;
			continue;
		}
		err = unpack(recording);
		if (!err) {
			recording->at += whole;
			return 1;
		}
		if (err != -EBADMSG)
			return err;
		recording->stats.damaged++;
		skip(recording, whole);
	}
	recording->chunk.raw = 0;
	return 0;
}

/* 1: the next record of the chunk. 0: there is none. */
static int take(struct recording *recording, struct recorded *record)
{
	size_t left = recording->chunk.raw - recording->used;
	const char *at = recording->raw + recording->used;
	struct pwt_record header;

	if (!left)
		return 0;
	if (left >= sizeof(header))
		memcpy(&header, at, sizeof(header));
	if (left < sizeof(header) || header.size > left - sizeof(header)) {
		recording->stats.damaged++;
		recording->stats.skipped += left;
		recording->gap = true;
		recording->used = recording->chunk.raw;
		return 0;
	}
	*record = (struct recorded){
		.type = header.type < PWT_REC_NR ? header.type : PWT_REC_NONE,
		.size = header.size,
		.data = at + sizeof(header),
		.chunk = recording->chunk_at,
		.position = recording->used,
		.gap = recording->gap,
	};
	left -= sizeof(header);
	recording->used += sizeof(header);
	recording->used += ((header.size + 7ULL) & ~7ULL) < left ? (header.size + 7ULL) & ~7ULL :
								   left;
	recording->gap = false;
	return 1;
}

int recording_next(struct recording *recording, struct recorded *record)
{
	for (;;) {
		int found = take(recording, record);

		/* what this version does not know is not its to read */
		if (found && record->type == PWT_REC_NONE)
			continue;
		if (found)
			return 1;
		found = next_chunk(recording);
		if (found <= 0)
			return found;
	}
}

int recording_at(struct recording *recording, uint64_t chunk, uint32_t position,
		 struct recorded *record)
{
	int err;

	if (recording->chunk_at != chunk || !recording->chunk.raw) {
		err = read_piece(recording, chunk, &recording->chunk, sizeof(recording->chunk));
		if (!err)
			err = chunk_check(&recording->chunk);
		recording->chunk_at = chunk;
		if (!err)
			err = unpack(recording);
		if (err) {
			recording->chunk.raw = 0;
			return err;
		}
	}
	if (position >= recording->chunk.raw)
		return -EBADMSG;
	recording->used = position;
	return take(recording, record) ? 0 : -EBADMSG;
}

uint64_t recording_number(const struct recording *recording)
{
	return recording->next_number;
}

const struct recording_stats *recording_stats(const struct recording *recording)
{
	return &recording->stats;
}

bool recording_damage(const struct recording *recording, char *buf, size_t size)
{
	const struct recording_stats *stats = &recording->stats;

	if (stats->complete && !stats->damaged && !stats->missing)
		return false;
	snprintf(buf, size,
		 "%s after %" PRIu64 " chunks; %" PRIu64 " damaged, %" PRIu64 " missing, %" PRIu64
		 " bytes passed over",
		 stats->complete ? "it ends" : "it is cut off", stats->chunks, stats->damaged,
		 stats->missing, stats->skipped);
	return true;
}
