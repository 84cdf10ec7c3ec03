// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fuzz target: a recording, read in every way that there is: its changes through the checker to
 * both back ends, its tables through the page walk. The input is the file, whose checksums and
 * sizes are made to be right before, unless the last reserved byte of its header says otherwise:
 * what is behind them is to be reached.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "commands/replay.h"
#include "dump/leaves.h"
#include "recording/chunk.h"
#include "recording/areas.h"
#include "recording/snapshot.h"

#define AS_IT_IS 0x80

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fix_header(uint8_t *data)
{
	struct pwt_file file;

	memcpy(&file, data, sizeof(file));
	memcpy(file.magic, PWT_FILE_MAGIC, sizeof(file.magic));
	file.readable = PWT_FILE_READABLE;
	file.crc = pwt_crc(&file, offsetof(struct pwt_file, crc));
	memcpy(data, &file, sizeof(file));
}

/* Return: bytes of the chunk. */
static size_t fix_chunk(uint8_t *data, size_t left)
{
	struct pwt_chunk chunk;
	size_t from = offsetof(struct pwt_chunk, data_crc), whole;

	memcpy(&chunk, data, sizeof(chunk));
	chunk.magic = PWT_CHUNK_MAGIC;
	if (chunk.stored > left - sizeof(chunk))
		chunk.stored = left - sizeof(chunk);
	if (chunk.coding != PWT_ZSTD) {
		chunk.coding = PWT_PLAIN;
		chunk.raw = chunk.stored;
	}
	chunk.types |= 1ULL << PWT_REC_EVENTS;
	chunk.data_crc = pwt_crc(data + sizeof(chunk), chunk.stored);
	chunk.crc = pwt_crc((const char *)&chunk + from, sizeof(chunk) - from);
	memcpy(data, &chunk, sizeof(chunk));
	whole = sizeof(chunk) + chunk_stored(&chunk);
	return whole < left ? whole : left;
}

static void fix(uint8_t *data, size_t size)
{
	struct pwt_file file;
	size_t at = sizeof(file);

	if (size < sizeof(file))
		return;
	memcpy(&file, data, sizeof(file));
	if (file.reserved[sizeof(file.reserved) - 1] & AS_IT_IS)
		return;
	fix_header(data);
	while (at + sizeof(struct pwt_chunk) <= size)
		at += fix_chunk(data + at, size - at);
}

/* Text, JSON, and results of both kinds. */
#define EMITTERS 4

struct shown {
	struct replay *replay;
	struct emitter *emitters[EMITTERS];
	FILE *out;
	unsigned int nr;
};

static struct emitter *emitter(struct shown *shown, int nr)
{
	struct emitter **emitter = &shown->emitters[nr];
	const struct emit_options options = {
		.json = nr == 1,
		.verbose = true,
		.results = nr == 2 ? EMIT_KTAP :
			   nr == 3 ? EMIT_JUNIT :
				     EMIT_CHANGES,
	};

	if (!*emitter) {
		*emitter = emitter_new(replay_kernel(shown->replay), &options, shown->out);
		(*emitter)->range_function = replay_function(shown->replay, PWT_FN_RANGE);
		(*emitter)->name = "a recording";
		(*emitter)->number = 1;
	}
	return *emitter;
}

static void on_change(void *ctx, const struct change *change)
{
	struct shown *shown = ctx;
	struct stack stack;

	/* all of a large file would only take time */
	if (shown->nr++ > 2000)
		return;
	replay_stack(shown->replay, change, &stack);
	for (int nr = 0; nr < EMITTERS; nr++)
		emit_change(emitter(shown, nr), change, &stack);
}

static void on_record(void *ctx, const struct pwt_hdr *hdr, size_t size)
{
	struct shown *shown = ctx;

	if (hdr->type != PWT_WALK || size < sizeof(struct pwt_walk) || shown->nr++ > 2000)
		return;
	for (int nr = 0; nr < EMITTERS; nr++)
		emit_walk(emitter(shown, nr), (const struct pwt_walk *)hdr);
}

static void replay(char *path, FILE *out)
{
	static const struct session_events events = { on_change, on_record };
	struct shown shown = { .out = out };
	struct summary summary;
	struct problem why;
	char damage[200];

	if (replay_open(&shown.replay, &path, 1, 0, &events, &shown, &why))
		return;
	if (!replay_run(shown.replay, NULL, &why)) {
		replay_summary(shown.replay, &summary);
		if (replay_damage(shown.replay, damage, sizeof(damage)))
			summary.damage = damage;
		for (int nr = 0; nr < EMITTERS; nr++)
			emit_summary(emitter(&shown, nr), &summary);
		emit_summary_text(out, &summary);
	}
	for (int nr = 0; nr < EMITTERS; nr++)
		emitter_free(shown.emitters[nr]);
	replay_close(shown.replay);
}

static void count_run(void *ctx, const struct leaf_run *run)
{
	(void)run;
	++*(uint64_t *)ctx;
}

static void walk(struct source *source, const struct kernel *kernel,
		 const struct pwt_snapshot *snapshot)
{
	struct leaves_options options = {};
	struct stream *stream;
	struct mm_struct mm = {
		.geo = &kernel->geo,
		.root = snapshot->root,
		.mmap_lock.count = -1,
	};
	uint64_t runs = 0;

	if (stream_open(&stream, source, &kernel->geo, snapshot->root, snapshot->base))
		return;
	mm.memory = stream_memory(stream);
	stream_begin(stream, snapshot->end);
	leaves_walk(&mm, snapshot->start, snapshot->end ? snapshot->end : -1UL, &options, count_run,
		    &runs);
	stream_close(stream);
}

static void dump(const char *path)
{
	struct recording *recording;
	struct pwt_snapshot snapshot;
	struct vm_area *areas = NULL;
	struct op_rules rules;
	unsigned int missed;
	size_t nr;
	struct kernel kernel = {};
	struct source *source;
	struct problem why;

	if (recording_open(&recording, path, &why))
		return;
	if (!recording_areas(recording, 0, &areas, &nr, &missed, &rules, &why))
		free(areas);
	if (!recording_kernel(recording, &kernel, NULL, &why) &&
	    !snapshot_open(&source, recording, &kernel.geo, 0, &snapshot, &why)) {
		walk(source, &kernel, &snapshot);
		source_close(source);
	}
	kernel_close(&kernel);
	recording_close(recording);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *out;
	uint8_t *copy = malloc(size + 1);
	int fd = memfd_create("recording", MFD_CLOEXEC);
	char path[32];

	if (!out)
		out = fopen("/dev/null", "w");
	if (!copy || !out || fd < 0)
		abort();
	memcpy(copy, data, size);
	fix(copy, size);
	if (write(fd, copy, size) != (ssize_t)size)
		abort();
	free(copy);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	replay(path, out);
	dump(path);
	close(fd);
	return 0;
}
