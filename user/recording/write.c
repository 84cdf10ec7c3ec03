// SPDX-License-Identifier: GPL-2.0-only
#include "write.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "pwtrace/wire.h"
#include "recording/chunk.h"
#include "recording/sink.h"

/* Full enough: what is packed at once, and what a crash may cost. */
#define CHUNK_GOAL (256U << 10)

/* A chunk that waits for a file. */
struct kept {
	struct kept *next;
	struct pwt_index index; /* without the offset */
	unsigned int nr;	/* records in it */
	size_t size;
	char data[];
};

struct recorder {
	pthread_mutex_t lock; /* of all that follows */
	struct sink sink;     /* fd -1: there is no file */
	uint8_t id[16];
	uint32_t part;
	struct chunk_packer *packer;
	struct pwt_chunk chunk; /* the one that is filled */
	size_t used;
	unsigned int nr; /* records in it, and of events each */
	struct pwt_index *index;
	size_t room_index;
	struct kept *kept, **kept_end; /* oldest first */
	size_t memory, kept_size;
	bool hurry;
	struct recorder_stats stats;
	char data[PWT_CHUNK_MAX];
};

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int write_header(struct recorder *recorder)
{
	const struct kept *oldest = recorder->kept;
	struct pwt_file file = {
		.magic = PWT_FILE_MAGIC,
		.version = PWT_FILE_VERSION,
		.readable = PWT_FILE_READABLE,
		.wire = PWT_WIRE_VERSION,
		.part = recorder->part,
		.first = oldest ? oldest->index.number : recorder->chunk.number,
	};

	memcpy(file.id, recorder->id, sizeof(file.id));
	file.crc = pwt_crc(&file, offsetof(struct pwt_file, crc));
	return sink_write(&recorder->sink, &file, sizeof(file));
}

static void drop_oldest(struct recorder *recorder)
{
	struct kept *kept = recorder->kept;

	recorder->kept = kept->next;
	if (!recorder->kept)
		recorder->kept_end = &recorder->kept;
	recorder->kept_size -= kept->size;
	free(kept);
}

static void release(struct recorder *recorder)
{
	while (recorder->kept)
		drop_oldest(recorder);
	sink_close(&recorder->sink);
	chunk_packer_free(recorder->packer);
	free(recorder->index);
	free(recorder);
}

static void init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

static struct recorder *lock(struct recorder *recorder)
{
	pthread_mutex_lock(&recorder->lock);
	return recorder;
}

static void unlock(struct recorder **recorder)
{
	pthread_mutex_unlock(&(*recorder)->lock);
}

/* Until the end of the scope. */
#define LOCKED(recorder) \
	struct recorder *locked_ __attribute__((cleanup(unlock), unused)) = lock(recorder)

int recorder_new(struct recorder **out, size_t memory)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	int err;

	if (!recorder)
		return -ENOMEM;
	init_lock(&recorder->lock);
	recorder->sink.fd = -1;
	recorder->memory = memory;
	recorder->kept_end = &recorder->kept;
	err = chunk_packer_new(&recorder->packer);
	if (!err && getrandom(recorder->id, sizeof(recorder->id), 0) != sizeof(recorder->id))
		err = -EIO;
	if (err) {
		release(recorder);
		return err;
	}
	*out = recorder;
	return 0;
}

int recorder_open(struct recorder **out, const char *path)
{
	struct recorder *recorder = NULL;
	int err = recorder_new(&recorder, 0);

	if (!err)
		err = recorder_next(recorder, path);
	if (err) {
		if (recorder)
			release(recorder);
		return err;
	}
	*out = recorder;
	return 0;
}

bool recorder_has_file(const struct recorder *recorder)
{
	return recorder->sink.fd >= 0;
}

void recorder_problem(int err, const char *path, struct problem *why)
{
	switch (err) {
	case -ENOTTY:
		problem(why, err, "standard output is a terminal: give a file, or a pipe");
		return;
	case -EMLINK:
		problem(why, err,
			"cannot write to %s: it is a link or no regular file, and a recording is "
			"never written through one: give another name",
			path);
		return;
	default:
		problem(why, err, "cannot write to %s: %s", path, strerror(-err));
	}
}

static int note_in_index(struct recorder *recorder, const struct pwt_index *index)
{
	uint64_t nr = recorder->stats.chunks;

	if (nr == recorder->room_index) {
		size_t room = nr ? nr * 2 : 64;
		struct pwt_index *more = realloc(recorder->index, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		recorder->index = more;
		recorder->room_index = room;
	}
	recorder->index[nr] = *index;
	recorder->index[nr].offset = recorder->sink.size;
	return 0;
}

static int fail(struct recorder *recorder, int err, uint64_t records)
{
	recorder->stats.unwritten += records;
	if (!recorder->stats.error)
		recorder->stats.error = err;
	return err;
}

/* A chunk of @nr records goes into the file. */
static int write_chunk(struct recorder *recorder, const struct pwt_index *index, const void *data,
		       size_t size, unsigned int nr)
{
	int err = note_in_index(recorder, index);

	if (!err)
		err = sink_write(&recorder->sink, data, size);
	if (err)
		return fail(recorder, err, nr);
	recorder->stats.chunks++;
	recorder->stats.size = recorder->sink.size;
	return 0;
}

/* It stays in memory, and the oldest make room for it. */
static int keep(struct recorder *recorder, const struct pwt_index *index, const void *data,
		size_t size, unsigned int nr)
{
	struct kept *kept = malloc(sizeof(*kept) + size);

	if (!kept)
		return fail(recorder, -ENOMEM, nr);
	while (recorder->kept && recorder->kept_size + size > recorder->memory)
		drop_oldest(recorder);
	*kept = (struct kept){ .index = *index, .nr = nr, .size = size };
	memcpy(kept->data, data, size);
	*recorder->kept_end = kept;
	recorder->kept_end = &kept->next;
	recorder->kept_size += size;
	return 0;
}

int recorder_flush(struct recorder *recorder)
{
	LOCKED(recorder);
	struct pwt_chunk *chunk = &recorder->chunk;
	struct pwt_index index = { 0, chunk->number, chunk->time, chunk->types };
	unsigned int nr = recorder->nr;
	const void *packed;
	size_t size;

	if (!nr)
		return 0;
	packed = chunk_pack(recorder->packer, chunk, recorder->data, recorder->used,
			    recorder->hurry, &size);
	/* one that is lost leaves a gap in the numbers */
	recorder->chunk = (struct pwt_chunk){
		.number = chunk->number + !(chunk->flags & PWT_CHUNK_PREAMBLE),
		.flags = chunk->flags,
	};
	recorder->used = recorder->nr = 0;
	return recorder_has_file(recorder) ? write_chunk(recorder, &index, packed, size, nr) :
					     keep(recorder, &index, packed, size, nr);
}

size_t recorder_waiting(struct recorder *recorder)
{
	LOCKED(recorder);

	return recorder->used;
}

void recorder_hurry(struct recorder *recorder, bool hurry)
{
	LOCKED(recorder);

	recorder->hurry = hurry;
}

int recorder_preamble(struct recorder *recorder, bool begin)
{
	LOCKED(recorder);
	int err = recorder_flush(recorder);

	recorder->chunk.flags = begin ? PWT_CHUNK_PREAMBLE : 0;
	return err;
}

int recorder_write_kept(struct recorder *recorder)
{
	LOCKED(recorder);
	int err = 0;

	while (recorder->kept) {
		struct kept *kept = recorder->kept;
		int failed = write_chunk(recorder, &kept->index, kept->data, kept->size, kept->nr);

		err = err ? err : failed;
		drop_oldest(recorder);
	}
	return err;
}

static void append(struct recorder *recorder, const void *data, size_t size)
{
	if (size)
		memcpy(recorder->data + recorder->used, data, size);
	recorder->used += size;
}

static unsigned int weight(enum pwt_record_type type, const void *data)
{
	return type == PWT_REC_EVENTS ? ((const struct pwt_events *)data)->nr : 1;
}

int recorder_add2(struct recorder *recorder, enum pwt_record_type type, const void *data,
		  size_t size, const void *more, size_t more_size)
{
	LOCKED(recorder);
	struct pwt_record record = { .type = type, .size = size + more_size };
	size_t whole = sizeof(record) + ((size + more_size + 7) & ~7ULL);
	size_t pad = whole - sizeof(record) - size - more_size;
	int err = 0;

	if (whole > PWT_CHUNK_MAX)
		return fail(recorder, -E2BIG, 1);
	if (recorder->used + whole > PWT_CHUNK_MAX)
		err = recorder_flush(recorder);
	if (!recorder->nr)
		recorder->chunk.time = now();
	append(recorder, &record, sizeof(record));
	append(recorder, data, size);
	append(recorder, more, more_size);
	append(recorder, "\0\0\0\0\0\0\0", pad);
	recorder->chunk.types |= 1ULL << type;
	recorder->nr += weight(type, data);
	if (recorder->used >= CHUNK_GOAL)
		err = recorder_flush(recorder);
	return err;
}

/* The index is as large as there are chunks: it may take more than one record, and chunk. */
static int write_end(struct recorder *recorder)
{
	const uint64_t most = (CHUNK_GOAL - 64) / sizeof(struct pwt_index);
	struct pwt_end end = { .magic = PWT_END_MAGIC, .index = recorder->sink.size };
	uint64_t nr = recorder->stats.chunks;
	int err = 0;

	end.chunks = nr;
	for (uint64_t i = 0; i < nr && !err; i += most)
		err = recorder_add(recorder, PWT_REC_INDEX, recorder->index + i,
				   (nr - i < most ? nr - i : most) * sizeof(struct pwt_index));
	if (!err)
		err = recorder_flush(recorder);
	end.size = recorder->sink.size + sizeof(end);
	end.crc = pwt_crc(&end.index, sizeof(end) - offsetof(struct pwt_end, index));
	return err ? err : sink_write(&recorder->sink, &end, sizeof(end));
}

int recorder_finish(struct recorder *recorder)
{
	LOCKED(recorder);
	int err = recorder_flush(recorder);

	if (!recorder_has_file(recorder))
		return err;
	if (!err)
		err = write_end(recorder);
	recorder->stats.size = recorder->sink.size;
	if (!err)
		err = sink_close(&recorder->sink);
	sink_close(&recorder->sink);
	return err ? fail(recorder, err, 0) : 0;
}

int recorder_next(struct recorder *recorder, const char *path)
{
	LOCKED(recorder);
	int err = recorder_finish(recorder);

	if (err)
		return err;
	err = sink_open(&recorder->sink, path);
	if (!err)
		err = write_header(recorder);
	if (err)
		return fail(recorder, err, 0);
	recorder->part++;
	recorder->stats.files++;
	recorder->stats.chunks = 0;
	recorder->stats.size = recorder->sink.size;
	return 0;
}

int recorder_close(struct recorder *recorder, struct recorder_stats *stats)
{
	int err;

	if (!recorder)
		return 0;
	recorder_finish(recorder);
	if (stats)
		*stats = recorder->stats;
	err = recorder->stats.error;
	release(recorder);
	return err;
}

const struct recorder_stats *recorder_stats(const struct recorder *recorder)
{
	return &recorder->stats;
}
