// SPDX-License-Identifier: GPL-2.0-only
/* A recording: what is written is read, from files that are whole, cut off and damaged. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forge.h"
#include "recording/chunk.h"
#include "recording/events.h"
#include "recording/read.h"
#include "recording/sink.h"
#include "recording/write.h"
#include "test.h"

#define MOST_BYTES (8U << 20)
#define ALL	   (~0ULL)

static char folder[64];

/* A name in a folder of its own. */
static const char *name(const char *file)
{
	static char path[128];
	const char *dir = getenv("TMPDIR");

	if (!*folder) {
		snprintf(folder, sizeof(folder), "%.32s/pwt-recording.XXXXXX", dir ? dir : "/tmp");
		if (!EXPECT(mkdtemp(folder)))
			exit(1);
	}
	snprintf(path, sizeof(path), "%s/%s", folder, file);
	return path;
}

static void clean_up(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	EXPECT_EQ(system(command), 0);
}

/* The records that were written, to compare with. */
struct written {
	struct {
		enum pwt_record_type type;
		size_t size;
		uint64_t seed;
	} records[4096];
	size_t nr;
};

static void fill(uint8_t *data, size_t size, uint64_t seed)
{
	/* compresses a little, as what is recorded does */
	for (size_t i = 0; i < size; i++)
		data[i] = i % 3 ? seed >> 8 : test_random(&seed);
}

static struct recording *open_recording(const char *path)
{
	struct recording *recording = NULL;
	struct problem why;

	if (!EXPECT_EQ(recording_open(&recording, path, &why), 0)) {
		test_note("%s", why.text);
		exit(1);
	}
	return recording;
}

static bool is_record(const struct recorded *record, const struct written *written, size_t nr)
{
	static uint8_t want[PWT_CHUNK_MAX];

	if (!EXPECT(nr < written->nr) || !EXPECT_EQ(record->type, written->records[nr].type) ||
	    !EXPECT_EQ(record->size, written->records[nr].size))
		return false;
	fill(want, record->size, written->records[nr].seed);
	return EXPECT(!memcmp(record->data, want, record->size));
}

static void add_record(struct recorder *recorder, struct written *written,
		       enum pwt_record_type type, size_t size, uint64_t *random)
{
	static uint8_t data[PWT_CHUNK_MAX];
	size_t half = test_random_below(random, size + 1);
	uint64_t seed = test_random(random);

	fill(data, size, seed);
	/* recorder_add2() counts events by their head */
	EXPECT_EQ(recorder_add2(recorder, type, data, half, data + half, size - half), 0);
	written->records[written->nr].type = type;
	written->records[written->nr].size = size;
	written->records[written->nr++].seed = seed;
}

static enum pwt_record_type some_type(uint64_t *random)
{
	enum pwt_record_type type = PWT_REC_INFO + test_random_below(random, PWT_REC_INDEX - 1);

	return type == PWT_REC_EVENTS ? PWT_REC_STACK : type;
}

/* Every type, and sizes from none to what just fits. */
static void write_some(const char *path, struct written *written, size_t nr, size_t most,
		       uint64_t *random, uint64_t *chunks)
{
	struct recorder_stats stats;
	struct recorder *recorder;

	written->nr = 0;
	if (!EXPECT_EQ(recorder_open(&recorder, path), 0))
		exit(1);
	for (size_t i = 0; i < nr; i++) {
		add_record(recorder, written, some_type(random), test_random_below(random, most),
			   random);
		if (!test_random_below(random, 8))
			EXPECT_EQ(recorder_flush(recorder), 0);
	}
	EXPECT_EQ(recorder_close(recorder, &stats), 0);
	EXPECT_EQ(stats.unwritten, 0);
	EXPECT_EQ(stats.error, 0);
	*chunks = stats.chunks;
}

TEST(what_is_written_is_read)
{
	uint64_t random = test_seed(), chunks;
	static struct written written;
	const char *path = name("file");
	struct recording *recording;
	struct recorded record;
	struct stat st;
	char damage[200];
	size_t nr = 0;

	write_some(path, &written, 600, 4000, &random, &chunks);
	recording = open_recording(path);
	while (recording_next(recording, &record) == 1) {
		if (record.type == PWT_REC_INDEX)
			continue;
		EXPECT(!record.gap);
		if (!is_record(&record, &written, nr++))
			break;
	}
	EXPECT_EQ(nr, written.nr);
	EXPECT(recording_stats(recording)->complete);
	EXPECT(!recording_damage(recording, damage, sizeof(damage)));
	EXPECT_EQ(stat(path, &st), 0);
	EXPECT_EQ(st.st_mode & 07777, 0600);
	recording_close(recording);
	clean_up();
}

/* What is not asked for is passed over, and what has been read can be read again. */
TEST(by_type_and_by_place)
{
	uint64_t random = test_seed(), chunks;
	static struct written written;
	struct {
		uint64_t chunk;
		uint32_t position;
	} places[600];
	struct recording *recording;
	struct recorded record;
	size_t nr = 0;

	write_some(name("file"), &written, ARRAY_SIZE(places), 600, &random, &chunks);
	recording = open_recording(name("file"));
	for (size_t i = 0; recording_next(recording, &record) == 1 && i < ARRAY_SIZE(places); i++) {
		places[i].chunk = record.chunk;
		places[i].position = record.position;
	}
	for (int i = 0; i < 2000; i++) {
		nr = test_random_below(&random, ARRAY_SIZE(places));
		if (!EXPECT_EQ(recording_at(recording, places[nr].chunk, places[nr].position,
					    &record),
			       0) ||
		    !is_record(&record, &written, nr))
			break;
	}
	/* chunks have more than what is asked for, but no fewer */
	recording_begin(recording, 1ULL << PWT_REC_STACK);
	nr = 0;
	while (recording_next(recording, &record) == 1)
		nr += record.type == PWT_REC_STACK;
	for (size_t i = 0; i < written.nr; i++)
		nr -= written.records[i].type == PWT_REC_STACK;
	EXPECT_EQ(nr, 0);
	EXPECT(recording_at(recording, places[0].chunk + 8, 0, &record) < 0);
	EXPECT(recording_at(recording, places[0].chunk, PWT_CHUNK_MAX, &record) < 0);
	EXPECT(recording_at(recording, ~0ULL, 0, &record) < 0);
	recording_close(recording);
	clean_up();
}

TEST(sizes_at_their_ends)
{
	static struct written written;
	static char data[PWT_CHUNK_MAX];
	uint64_t random = 1;
	struct recorder_stats stats;
	struct recorder *recorder;
	struct recording *recording;
	struct recorded record;
	size_t nr = 0;

	EXPECT_EQ(recorder_open(&recorder, name("file")), 0);
	for (size_t size = 0; size < 20; size++)
		add_record(recorder, &written, PWT_REC_INFO, size, &random);
	add_record(recorder, &written, PWT_REC_TABLE, PWT_CHUNK_MAX - sizeof(struct pwt_record),
		   &random);
	add_record(recorder, &written, PWT_REC_TABLE, 1, &random);
	EXPECT_EQ(recorder_add(recorder, PWT_REC_TABLE, data, PWT_CHUNK_MAX), -E2BIG);
	EXPECT_EQ(recorder_close(recorder, &stats), -E2BIG);
	EXPECT_EQ(stats.unwritten, 1);
	recording = open_recording(name("file"));
	while (recording_next(recording, &record) == 1)
		if (record.type != PWT_REC_INDEX && !is_record(&record, &written, nr++))
			break;
	EXPECT_EQ(nr, written.nr);
	recording_close(recording);
	clean_up();
}

/* Events */

static void random_record(uint64_t *random, uint8_t *record, size_t *size)
{
	static const uint16_t sizes[] = {
		[PWT_ENTER] = sizeof(struct pwt_enter),
		[PWT_EXIT] = sizeof(struct pwt_exit),
		[PWT_SLICE] = sizeof(struct pwt_slice),
		[PWT_WALK] = sizeof(struct pwt_walk),
		[PWT_CALLBACK] = sizeof(struct pwt_callback),
		[PWT_SPLIT] = sizeof(struct pwt_split),
		[PWT_AREA] = sizeof(struct pwt_area),
		[PWT_PAGES] = sizeof(struct pwt_pages),
	};
	enum pwt_type type = 1 + test_random_below(random, PWT_NR_TYPES - 1);
	unsigned int nr = test_random_below(random, 8) ? test_random_below(random, 8) :
							 PWT_SLICE_ENTRIES;

	*size = sizes[type];
	for (size_t i = 0; i < 5000; i++)
		record[i] = test_random_below(random, 4) ? 0 : test_random(random);
	record[0] = type;
	if (type == PWT_SLICE) {
		((struct pwt_slice *)record)->nr = nr;
		*size += nr * 8;
	} else if (type == PWT_PAGES) {
		((struct pwt_pages *)record)->nr = nr;
		*size += nr * 8;
	}
}

/* What the programs leave uninitialised is zeros when it is read. */
static void clear(uint8_t *record)
{
	struct pwt_enter *enter = (struct pwt_enter *)record;
	struct pwt_exit *exit = (struct pwt_exit *)record;
	struct pwt_slice *slice = (struct pwt_slice *)record;
	struct pwt_path *at = record[0] == PWT_ENTER ? &enter->at :
			      record[0] == PWT_EXIT  ? &exit->at :
			      record[0] == PWT_SLICE ? &slice->at :
						       NULL;
	uint64_t *entries = record[0] == PWT_ENTER ? (uint64_t *)enter->entries :
			    record[0] == PWT_EXIT  ? (uint64_t *)exit->entries :
						     NULL;

	if (!at)
		return;
	if (at->depth > PWT_MAX_LEVELS || !at->depth)
		memset(at, 0, sizeof(*at));
	at->pad = 0;
	for (int i = at->depth; i < PWT_MAX_LEVELS; i++)
		at->path[i] = 0;
	for (int i = at->nr <= PWT_SMALL_ENTRIES ? at->nr : 0; entries && i < PWT_SMALL_ENTRIES;
	     i++)
		entries[i] = 0;
	if (record[0] == PWT_SLICE)
		slice->pad = 0;
}

TEST(events_are_read_as_they_were)
{
	uint64_t seed = test_seed(), random = seed;
	uint64_t record[640], want[640];
	struct recording *recording;
	struct event_writer *writer;
	struct event_reader *reader;
	struct recorder *recorder;
	struct recorded recorded;
	unsigned int nr = 0;
	size_t size;

	EXPECT_EQ(recorder_open(&recorder, name("file")), 0);
	EXPECT_EQ(event_writer_new(&writer, recorder, 12), 0);
	for (int i = 0; i < 3000; i++) {
		uint64_t answer = i;

		if (event_writer_wants_state(writer))
			EXPECT_EQ(event_writer_add(writer, PWT_EVENT_STATE, record, 48), 0);
		random_record(&random, (uint8_t *)record, &size);
		if (!(i % 5))
			EXPECT_EQ(event_writer_add(writer, PWT_EVENT_UNSEEN, &answer, 8), 0);
		EXPECT_EQ(event_writer_record(writer, record, size), 0);
		/* the ring has reserved more */
		if (!(i % 7))
			EXPECT_EQ(event_writer_add(writer, PWT_EVENT_IDLE, NULL, 0), 0);
	}
	EXPECT_EQ(event_writer_dropped(writer), 0);
	event_writer_flush(writer);
	EXPECT_EQ(recorder_close(recorder, NULL), 0);
	event_writer_free(writer);

	random = seed;
	recording = open_recording(name("file"));
	EXPECT_EQ(event_reader_new(&reader), 0);
	while (recording_next(recording, &recorded) == 1) {
		bool first = true;
		struct event event;

		if (recorded.type != PWT_REC_EVENTS)
			continue;
		if (!EXPECT_EQ(event_reader_begin(reader, recorded.data, recorded.size), 0))
			break;
		for (; event_reader_next(reader, &event) == 1; first = false) {
			EXPECT_EQ(event.kind == PWT_EVENT_STATE, first);
			if (event.kind >= PWT_EVENT_IDLE)
				continue;
			random_record(&random, (uint8_t *)want, &size);
			clear((uint8_t *)want);
			nr++;
			if (!EXPECT_EQ(event.size, size) ||
			    !EXPECT(!memcmp(event.data, want, size)))
				break;
		}
	}
	EXPECT_EQ(nr, 3000);
	event_reader_free(reader);
	recording_close(recording);
	clean_up();
}

TEST(records_that_make_no_sense_are_counted)
{
	uint64_t record[640] = {};
	struct pwt_slice *slice = (struct pwt_slice *)record;
	struct event_writer *writer;
	struct recorder *recorder;

	EXPECT_EQ(recorder_open(&recorder, name("file")), 0);
	EXPECT_EQ(event_writer_new(&writer, recorder, 12), 0);
	EXPECT_EQ(event_writer_record(writer, record, 3), -EINVAL);
	EXPECT_EQ(event_writer_record(writer, record, sizeof(record)), -EINVAL);
	slice->hdr.type = PWT_NR_TYPES;
	EXPECT_EQ(event_writer_record(writer, record, sizeof(record)), -EINVAL);
	slice->hdr.type = PWT_SLICE;
	slice->nr = PWT_SLICE_ENTRIES + 1;
	EXPECT_EQ(event_writer_record(writer, record, sizeof(record)), -EINVAL);
	slice->nr = 8;
	EXPECT_EQ(event_writer_record(writer, record, sizeof(*slice) + 63), -EINVAL);
	slice->hdr.type = PWT_EXIT;
	EXPECT_EQ(event_writer_record(writer, record, sizeof(struct pwt_exit) - 1), -EINVAL);
	EXPECT_EQ(event_writer_dropped(writer), 6);
	EXPECT_EQ(recorder_close(recorder, NULL), 0);
	event_writer_free(writer);
	clean_up();
}

/* Damage */

static char *load(const char *path, size_t *size)
{
	char *data = malloc(MOST_BYTES);
	FILE *in = fopen(path, "rb");

	if (!EXPECT(in))
		exit(1);
	*size = fread(data, 1, MOST_BYTES, in);
	fclose(in);
	return data;
}

/* How many records are in chunks that end at @end or before. */
static size_t records_before(const char *data, size_t end)
{
	size_t at = sizeof(struct pwt_file), nr = 0;
	struct pwt_chunk chunk;

	while (at + sizeof(chunk) <= end) {
		static char raw[PWT_CHUNK_MAX];
		struct pwt_record record;

		memcpy(&chunk, data + at, sizeof(chunk));
		if (chunk_check(&chunk) || at + sizeof(chunk) + chunk.stored > end ||
		    chunk_unpack(&chunk, data + at + sizeof(chunk), raw))
			break;
		for (size_t used = 0; used < chunk.raw;
		     used += sizeof(record) + ((record.size + 7) & ~7U)) {
			memcpy(&record, raw + used, sizeof(record));
			nr += record.type != PWT_REC_INDEX;
		}
		at += sizeof(chunk) + chunk_stored(&chunk);
	}
	return nr;
}

/* Up to the last whole chunk, and it says so. */
TEST(cut_off_at_every_byte)
{
	uint64_t random = test_seed(), chunks;
	static struct written written;
	size_t size;
	char *data;

	write_some(name("file"), &written, 60, 120, &random, &chunks);
	data = load(name("file"), &size);
	EXPECT(chunks > 4 && size < 20000);
	for (size_t end = 0; end <= size && !test_failed(); end++) {
		char *path = forge_save(data, end), damage[200];
		struct recording *recording;
		struct recorded record;
		struct problem why;
		size_t nr = 0;
		int err;

		test_case("%zu of %zu bytes", end, size);
		err = recording_open(&recording, path, &why);
		EXPECT_EQ(err, end < sizeof(struct pwt_file) ? -ENOEXEC : 0);
		if (err)
			continue;
		while (recording_next(recording, &record) == 1)
			if (record.type != PWT_REC_INDEX && !is_record(&record, &written, nr++))
				break;
		EXPECT_EQ(nr, records_before(data, end));
		EXPECT_EQ(recording_stats(recording)->complete, end == size);
		EXPECT_EQ(recording_damage(recording, damage, sizeof(damage)), end < size);
		recording_close(recording);
	}
	free(data);
	clean_up();
}

/* Nothing is read but what was written; in what is read in order nothing is missing unsaid. */
static void read_damaged(const char *data, size_t size, const struct written *written)
{
	static uint8_t want[PWT_CHUNK_MAX];
	struct recording *recording;
	struct recorded record;
	struct problem why;
	size_t next = 0;

	if (recording_open(&recording, forge_save(data, size), &why))
		return;
	while (recording_next(recording, &record) == 1) {
		size_t nr = next;

		if (record.type == PWT_REC_INDEX)
			continue;
		for (; nr < written->nr; nr++) {
			if (record.type != written->records[nr].type ||
			    record.size != written->records[nr].size)
				continue;
			fill(want, record.size, written->records[nr].seed);
			if (!memcmp(record.data, want, record.size))
				break;
		}
		if (!EXPECT(nr < written->nr))
			break;
		/* two that are empty are the same */
		EXPECT(record.gap || nr == next);
		next = nr + 1;
	}
	recording_close(recording);
}

TEST(a_thousand_flipped_bits)
{
	uint64_t random = test_seed(), chunks;
	static struct written written;
	size_t size;
	char *data;

	write_some(name("file"), &written, 800, 300, &random, &chunks);
	data = load(name("file"), &size);
	for (int i = 0; i < 1000 && !test_failed(); i++) {
		size_t at = test_random_below(&random, size);
		char bit = 1 << test_random_below(&random, 8);

		test_case("bit %#x of byte %zu of %zu", bit & 0xff, at, size);
		data[at] ^= bit;
		read_damaged(data, size, &written);
		data[at] ^= bit;
	}
	free(data);
	clean_up();
}

/* Whole sectors of something else, as a disk leaves them. */
TEST(sectors_that_are_lost)
{
	uint64_t random = test_seed(), chunks;
	static struct written written;
	size_t size;
	char *data, *copy;

	write_some(name("file"), &written, 800, 300, &random, &chunks);
	data = load(name("file"), &size);
	copy = malloc(size);
	for (int i = 0; i < 300 && !test_failed(); i++) {
		size_t at = test_random_below(&random, size) & ~511ULL;
		size_t length = size - at < 512 ? size - at : 512;

		test_case("sector at %zu", at);
		memcpy(copy, data, size);
		if (i % 2)
			memset(copy + at, 0, length);
		else
			memcpy(copy + at,
			       data + (test_random_below(&random, size - length) & ~7ULL), length);
		read_damaged(copy, size, &written);
	}
	free(copy);
	free(data);
	clean_up();
}

TEST(something_behind_the_end)
{
	uint64_t random = test_seed(), chunks;
	static struct written written;
	struct recording *recording;
	struct recorded record;
	char damage[200], *data;
	size_t size, nr = 0;

	write_some(name("file"), &written, 20, 300, &random, &chunks);
	data = load(name("file"), &size);
	memcpy(data + size, data, size);
	recording = open_recording(forge_save(data, 2 * size));
	while (recording_next(recording, &record) == 1)
		nr += record.type != PWT_REC_INDEX;
	EXPECT_EQ(nr, written.nr);
	EXPECT(recording_damage(recording, damage, sizeof(damage)));
	recording_close(recording);
	free(data);
	clean_up();
}

/* What cannot be a recording, or is of a time to come. */
TEST(no_recordings)
{
	struct recording *recording;
	struct problem why;
	struct pwt_file file = { .magic = PWT_FILE_MAGIC, .version = 99, .readable = 99 };
	char path[128];

	EXPECT_EQ(recording_open(&recording, "/proc/self/nothing", &why), -ENOENT);
	EXPECT_EQ(recording_open(&recording, "/", &why), -EINVAL);
	EXPECT_EQ(recording_open(&recording, "/dev/null", &why), -EINVAL);
	EXPECT_EQ(recording_open(&recording, forge_save("\177ELF", 4), &why), -ENOEXEC);
	snprintf(path, sizeof(path), "%s", name("fifo"));
	EXPECT_EQ(mkfifo(path, 0600), 0);
	EXPECT_EQ(recording_open(&recording, path, &why), -EINVAL);
	file.crc = pwt_crc(&file, offsetof(struct pwt_file, crc));
	EXPECT_EQ(recording_open(&recording, forge_save(&file, sizeof(file)), &why),
		  -EPROTONOSUPPORT);
	EXPECT(strstr(why.text, "99"));
	/* newer, but for everybody */
	file.readable = PWT_FILE_READABLE;
	file.crc = pwt_crc(&file, offsetof(struct pwt_file, crc));
	EXPECT_EQ(recording_open(&recording, forge_save(&file, sizeof(file)), &why), 0);
	recording_close(recording);
	clean_up();
}

/* Types of records that are not known yet are passed over. */
TEST(records_of_later_versions)
{
	struct recording *recording;
	struct recorded record;
	struct forge forge;
	char damage[200];

	forge_begin(&forge);
	forge_chunk(&forge);
	forge_record(&forge, PWT_REC_INFO, "a=1\n", 4);
	forge_record(&forge, PWT_REC_NR, "later", 5);
	forge_record(&forge, 60000, "much later", 10);
	forge_record(&forge, PWT_REC_STACK, "stack", 5);
	forge_chunk_end(&forge, PWT_ZSTD);
	forge_end(&forge);
	recording = open_recording(forge_save(forge.data, forge.size));
	EXPECT_EQ(recording_next(recording, &record), 1);
	EXPECT_EQ(record.type, PWT_REC_INFO);
	EXPECT_EQ(recording_next(recording, &record), 1);
	EXPECT_EQ(record.type, PWT_REC_STACK);
	EXPECT(!record.gap);
	EXPECT_EQ(recording_next(recording, &record), 0);
	EXPECT(!recording_damage(recording, damage, sizeof(damage)));
	recording_close(recording);
	forge_release(&forge);
}

/* Where it is written to */

/* Something of the size of a chunk: 0, or the error. */
static int write_file(const char *path, uint64_t *unwritten)
{
	static char data[PWT_CHUNK_MAX / 4];
	struct recorder_stats stats;
	struct recorder *recorder;
	uint64_t random = 7;
	int err = recorder_open(&recorder, path);

	if (err)
		return err;
	for (int i = 0; i < 64; i++) {
		fill((uint8_t *)data, sizeof(data), test_random(&random));
		recorder_add(recorder, PWT_REC_TABLE, data, sizeof(data));
	}
	err = recorder_close(recorder, &stats);
	EXPECT_EQ(stats.error, err);
	*unwritten = stats.unwritten;
	return err;
}

static size_t count_records(const char *path, bool *damaged)
{
	struct recording *recording = open_recording(path);
	struct recorded record;
	char damage[200];
	size_t nr = 0;

	while (recording_next(recording, &record) == 1)
		nr += record.type == PWT_REC_TABLE;
	*damaged = recording_damage(recording, damage, sizeof(damage));
	recording_close(recording);
	return nr;
}

TEST(a_file_that_can_grow_no_more)
{
	struct rlimit limit = { 1500000, 1500000 };
	const char *path = name("file");
	uint64_t unwritten = 0;
	bool damaged;
	size_t nr;

	signal(SIGXFSZ, SIG_IGN);
	EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
	EXPECT_EQ(write_file(path, &unwritten), -EFBIG);
	nr = count_records(path, &damaged);
	EXPECT(nr > 0 && nr < 64);
	EXPECT_EQ(nr + unwritten, 64);
	EXPECT(damaged);
	clean_up();
}

TEST(nobody_reads_the_pipe)
{
	int fds[2], out = dup(STDOUT_FILENO), err;
	uint64_t unwritten = 0;

	signal(SIGPIPE, SIG_IGN);
	fflush(stdout);
	EXPECT_EQ(pipe(fds), 0);
	close(fds[0]);
	dup2(fds[1], STDOUT_FILENO);
	close(fds[1]);
	err = write_file("-", &unwritten);
	dup2(out, STDOUT_FILENO);
	close(out);
	/* not even the header of the file */
	EXPECT_EQ(err, -EPIPE);
	EXPECT_EQ(unwritten, 0);
}

TEST(never_through_a_link)
{
	char target[128], link[128], fifo[128];
	uint64_t unwritten;
	struct stat st;
	FILE *file;

	snprintf(target, sizeof(target), "%s", name("target"));
	snprintf(link, sizeof(link), "%s", name("link"));
	snprintf(fifo, sizeof(fifo), "%s", name("fifo"));
	file = fopen(target, "w");
	fputs("precious", file);
	fclose(file);
	EXPECT_EQ(symlink(target, link), 0);
	EXPECT_EQ(write_file(link, &unwritten), -EMLINK);
	EXPECT_EQ(stat(target, &st), 0);
	EXPECT_EQ(st.st_size, 8);
	/* nor to where one leads that leads nowhere */
	EXPECT_EQ(unlink(target), 0);
	EXPECT_EQ(write_file(link, &unwritten), -EMLINK);
	EXPECT_EQ(stat(target, &st), -1);
	EXPECT_EQ(mkfifo(fifo, 0600), 0);
	EXPECT_EQ(write_file(fifo, &unwritten), -EMLINK);
	EXPECT_EQ(write_file(folder, &unwritten), -EISDIR);
	EXPECT_EQ(write_file("/dev/full", &unwritten), -EMLINK);
	EXPECT_EQ(write_file(name("no/such"), &unwritten), -ENOENT);
	clean_up();
}

TEST(a_file_that_is_there_makes_room)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };
	char path[128], other[128];
	uint64_t unwritten;
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s", name("file"));
	snprintf(other, sizeof(other), "%s", name("other"));
	for (unsigned int i = 0; i < ARRAY_SIZE(masks); i++) {
		test_case("umask %o", masks[i]);
		umask(0);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
		EXPECT_EQ(write(fd, "old", 3), 3);
		close(fd);
		EXPECT_EQ(link(path, other), 0);
		umask(masks[i]);
		EXPECT_EQ(write_file(path, &unwritten), 0);
		umask(022);
		EXPECT_EQ(stat(path, &st), 0);
		EXPECT_EQ(st.st_mode & 07777, 0600);
		/* it is another file, and its other names still have what they had */
		EXPECT_EQ(stat(other, &st), 0);
		EXPECT_EQ(st.st_size, 3);
		EXPECT_EQ(unlink(other), 0);
	}
	clean_up();
}

/* Not as root, who may write everywhere. */
TEST(a_folder_that_cannot_be_written)
{
	uint64_t unwritten;
	int status;
	pid_t pid;

	name("");
	EXPECT_EQ(chmod(folder, 0555), 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (!geteuid() && (setgid(65534) || setuid(65534)))
			_exit(2);
		_exit(write_file(name("file"), &unwritten) != -EACCES);
	}
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(chmod(folder, 0755), 0);
	clean_up();
}

/* A disk that is full for a while: what was lost leaves a gap, and what comes later is there. */
TEST(a_disk_that_was_full)
{
	struct rlimit little = { 300000, RLIM_INFINITY }, enough = { RLIM_INFINITY, RLIM_INFINITY };
	static uint8_t data[20000];
	struct recorder_stats stats;
	struct recording *recording;
	struct recorder *recorder;
	struct recorded record;
	uint64_t random = 5, nr = 0, gaps = 0;

	signal(SIGXFSZ, SIG_IGN);
	EXPECT_EQ(recorder_open(&recorder, name("file")), 0);
	for (int i = 0; i < 300; i++) {
		if (i == 20)
			setrlimit(RLIMIT_FSIZE, &little);
		if (i == 200)
			setrlimit(RLIMIT_FSIZE, &enough);
		for (size_t n = 0; n < sizeof(data); n++)
			data[n] = test_random(&random);
		recorder_add(recorder, PWT_REC_TABLE, data, sizeof(data));
		recorder_flush(recorder);
	}
	EXPECT_EQ(recorder_close(recorder, &stats), -EFBIG);
	recording = open_recording(name("file"));
	while (recording_next(recording, &record) == 1) {
		nr += record.type == PWT_REC_TABLE;
		gaps += record.gap;
	}
	EXPECT(stats.unwritten > 0);
	EXPECT_EQ(nr + stats.unwritten, 300);
	EXPECT_EQ(gaps, 1);
	EXPECT_EQ(recording_stats(recording)->missing, stats.unwritten);
	EXPECT(recording_stats(recording)->complete);
	recording_close(recording);
	clean_up();
}
