// SPDX-License-Identifier: GPL-2.0-only
/* A recording says what the session said, and where a part of it is missing nothing else. */
#include "commands/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recording/chunk.h"
#include "scenario.h"
#include "test.h"

#define STEPS	   1200
#define MOST_BYTES (4U << 20)

/* A recording in memory, and where its chunks are. */
struct tape_file {
	char *data;
	size_t size;
	size_t chunk[512]; /* offsets; the end behind the last */
	unsigned int nr;
};

static char path[64], cut_path[64];
static char *whole_path = path, *part_path = cut_path;

/* SEEDS=n: n times as many as usual. */
static unsigned int longer(void)
{
	const char *seeds = getenv("SEEDS");

	return seeds ? atoi(seeds) : 1;
}

static void choose_paths(void)
{
	const char *dir = getenv("TMPDIR");

	snprintf(path, sizeof(path), "%.40s/pwt-replay.%d", dir ? dir : "/tmp", getpid());
	snprintf(cut_path, sizeof(cut_path), "%.40s/pwt-cut.%d", dir ? dir : "/tmp", getpid());
}

static void load(struct tape_file *file)
{
	FILE *in = fopen(path, "rb");
	struct pwt_chunk chunk;
	size_t at = sizeof(struct pwt_file);

	*file = (struct tape_file){ .data = malloc(MOST_BYTES) };
	if (!EXPECT(in))
		exit(1);
	file->size = fread(file->data, 1, MOST_BYTES, in);
	fclose(in);
	while (at + sizeof(chunk) <= file->size) {
		memcpy(&chunk, file->data + at, sizeof(chunk));
		if (chunk_check(&chunk) || file->nr == ARRAY_SIZE(file->chunk) - 1)
			break;
		file->chunk[file->nr++] = at;
		at += sizeof(chunk) + chunk_stored(&chunk);
	}
	file->chunk[file->nr] = at;
}

static void save(const void *first, size_t size, const void *second, size_t size2)
{
	int fd = open(cut_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (!EXPECT(fd >= 0))
		exit(1);
	EXPECT_EQ(write(fd, first, size), size);
	if (size2)
		EXPECT_EQ(write(fd, second, size2), size2);
	close(fd);
}

TEST(a_replay_is_what_was_live)
{
	uint64_t seed = test_seed();

	choose_paths();
	for (unsigned int i = 0; i < 6 * longer(); i++) {
		struct told_run live, again = {};
		struct problem why;

		test_case("SEED=%#llx", (unsigned long long)seed);
		scenario_play(seed, STEPS, NULL, path, &live);
		if (!EXPECT_EQ(stage_replay(&whole_path, 1, &again, &why), 0))
			test_note("%s", why.text);
		EXPECT_EQ(again.nr, live.nr);
		for (size_t n = 0; n < live.nr && n < again.nr; n++)
			if (!EXPECT_STR(again.told[n].json, live.told[n].json))
				break;
		EXPECT_STR(again.summary, live.summary);
		EXPECT_STR(again.damage, "");
		if (getenv("VERBOSE"))
			test_note("%zu changes: %lu MATCH %lu MISMATCH %lu UNKNOWN %lu RACED %lu LOST",
				  live.nr, live.verdicts[0], live.verdicts[1], live.verdicts[2],
				  live.verdicts[3], live.verdicts[4]);
		told_release(&live);
		told_release(&again);
		seed = test_random(&seed);
	}
	unlink(path);
}

static const char *verdict_of(struct json_object *object)
{
	struct json_object *verdict = NULL;

	if (object)
		json_object_object_get_ex(object, "verdict", &verdict);
	return verdict ? json_object_get_string(verdict) : "none";
}

/*
 * The same in every field, but that a part may be LOST, and with it the story of the whole; and
 * names may be in what is missing.
 */
static bool same_but_story(const char *got, const char *want, bool stateless)
{
	struct json_object *a = json_tokener_parse(got), *b = json_tokener_parse(want);
	struct json_object *story_a = NULL, *story_b = NULL;
	/*
	 * Behind a gap numbers are those of what is there, unless they were recorded; and where
	 * KFENCE has its pool is told at the end.
	 */
	static const char *const left_out[] = { "story", "caller", "stack",
						"seq",	 "parent", "findings" };
	size_t nr = ARRAY_SIZE(left_out) - (stateless ? 0 : 3);
	bool good = false;

	json_object_object_get_ex(a, "story", &story_a);
	json_object_object_get_ex(b, "story", &story_b);
	/* of several that are wrong the first may be LOST */
	if (!strcmp(verdict_of(story_a), "LOST") ||
	    !strcmp(verdict_of(story_a), verdict_of(story_b))) {
		for (size_t i = 0; i < nr; i++) {
			json_object_object_del(a, left_out[i]);
			json_object_object_del(b, left_out[i]);
		}
		good = json_object_equal(a, b);
	}
	json_object_put(a);
	json_object_put(b);
	return good;
}

/* How much of what was told is told again. */
struct kept {
	bool stateless;
	uint64_t same, lost, absent, mismatches;
	uint64_t files, untold;
};

/*
 * Each change is as in the whole run, or LOST, or absent. True: so it is.
 */
static bool compare(const struct told_run *whole, const struct told_run *part, struct kept *kept)
{
	size_t next = 0, found = 0;

	for (size_t i = 0; i < part->nr; i++) {
		const struct told *got = &part->told[i], *want;

		want = next < whole->nr && whole->told[next].time == got->time ?
			       &whole->told[next] :
			       told_find(whole, got->time);
		/*
		 * It had not returned at the end, which is not known here; or its entry is missing,
		 * and its task had lost something before.
		 */
		if (!want && got->verdict == VERDICT_LOST &&
		    (kept->stateless || strstr(got->json, "\"ret\":null")))
			continue;
		if (!EXPECT(want)) {
			test_note("there was no such change: %s", got->json);
			return false;
		}
		next = want - whole->told + 1;
		found++;
		if (got->verdict == VERDICT_LOST && want->verdict != VERDICT_LOST) {
			kept->lost++;
			continue;
		}
		if (!EXPECT_STR(verdict_name(got->verdict), verdict_name(want->verdict))) {
			test_note("got  %s", got->json);
			test_note("want %s", want->json);
			return false;
		}
		kept->same++;
		kept->mismatches += got->verdict == VERDICT_MISMATCH;
		if (got->verdict == VERDICT_LOST || !strcmp(got->json, want->json))
			continue;
		if (!EXPECT(same_but_story(got->json, want->json, kept->stateless))) {
			test_note("got  %s", got->json);
			test_note("want %s", want->json);
			return false;
		}
	}
	kept->absent += whole->nr - found;
	return true;
}

static bool replay_part(const struct told_run *whole, struct kept *kept)
{
	struct told_run part = {};
	struct problem why;
	int err = stage_replay(&part_path, 1, &part, &why);
	bool good;

	/* it was not even told what was attached */
	if (err == -ENODATA)
		return true;
	if (!EXPECT_EQ(err, 0)) {
		test_note("%s", why.text);
		return false;
	}
	good = compare(whole, &part, kept);
	/* or it was in what pads a chunk, or in the index */
	if (!part.damage[0]) {
		good &= EXPECT_EQ(part.nr, whole->nr) & EXPECT_STR(part.summary, whole->summary);
		kept->untold++;
	}
	told_release(&part);
	return good;
}

static void tell_kept(const struct kept *kept)
{
	test_note("%llu the same, of which %llu MISMATCH, %llu LOST for it, %llu absent",
		  (unsigned long long)kept->same, (unsigned long long)kept->mismatches,
		  (unsigned long long)kept->lost, (unsigned long long)kept->absent);
}

/* A way to do damage. @make: the damaged file; false: there are no more. */
struct damage {
	bool (*make)(const struct tape_file *file, unsigned int nr, uint64_t *random);
	unsigned int seeds;
	double least; /* of the changes, how many are told as before */
};

static void play_and_spoil(uint64_t seed, const struct damage *damage,
			   const struct stage_options *options, struct kept *kept)
{
	struct told_run whole = {};
	struct tape_file file;
	struct problem why;
	uint64_t random = seed;

	scenario_play(seed, STEPS, options, path, &whole);
	if (options && options->unchecked) {
		told_release(&whole);
		EXPECT_EQ(stage_replay(&whole_path, 1, &whole, &why), 0);
	}
	load(&file);
	EXPECT(file.nr > 10);
	for (unsigned int nr = 0; damage->make(&file, nr, &random); nr++) {
		test_case("SEED=%#llx, damage %u", (unsigned long long)seed, nr);
		kept->files++;
		if (!replay_part(&whole, kept))
			break;
	}
	told_release(&whole);
	free(file.data);
}

static void with_damage(const struct damage *damage, const struct stage_options *options)
{
	struct kept kept = { .stateless = options && options->unchecked };
	uint64_t seed = test_seed();

	choose_paths();
	for (unsigned int i = 0; i < damage->seeds * longer() && !test_failed(); i++) {
		play_and_spoil(seed, damage, options, &kept);
		seed = test_random(&seed);
	}
	tell_kept(&kept);
	/* or nothing would be tested: what is behind the damage is judged, too */
	EXPECT(kept.mismatches > 0);
	EXPECT(kept.untold <= kept.files / 10);
	EXPECT(kept.same >= damage->least * (kept.same + kept.lost + kept.absent));
	unlink(path);
	unlink(cut_path);
}

/* Recorded with a checker, which tells what it has learnt, and without. */
#define DAMAGE(id, make, seeds, least)                                                   \
	static const struct damage id##_damage = { make, seeds, least };                 \
	TEST(id)                                                                         \
	{                                                                                \
		with_damage(&id##_damage, NULL);                                         \
	}                                                                                \
	TEST(id##_of_what_was_not_checked)                                               \
	{                                                                                \
		with_damage(&id##_damage, &(struct stage_options){ .unchecked = true }); \
	}

/* All but the first one, which tells of the kernel, and those that have no events. */
static bool one_missing(const struct tape_file *file, unsigned int nr, uint64_t *random)
{
	(void)random;
	if (nr + 2 > file->nr)
		return false;
	save(file->data, file->chunk[nr + 1], file->data + file->chunk[nr + 2],
	     file->size - file->chunk[nr + 2]);
	return true;
}

DAMAGE(a_chunk_is_missing, one_missing, 1, 0.5)

static bool some_missing(const struct tape_file *file, unsigned int nr, uint64_t *random)
{
	unsigned int from = 1 + test_random_below(random, file->nr - 1);
	unsigned int to = from + 1 + test_random_below(random, file->nr - from);

	save(file->data, file->chunk[from], file->data + file->chunk[to],
	     file->size - file->chunk[to]);
	return nr < 40;
}

DAMAGE(some_chunks_are_missing, some_missing, 1, 0.2)

static bool cut_off(const struct tape_file *file, unsigned int nr, uint64_t *random)
{
	size_t head = file->chunk[1];
	size_t at = head + test_random_below(random, file->size - head);

	/* at the end of a chunk, too */
	if (nr % 2)
		at = file->chunk[1 + test_random_below(random, file->nr)];
	save(file->data, at, NULL, 0);
	return nr < 40;
}

DAMAGE(cut_off_anywhere, cut_off, 1, 0.15)

static bool bits_flipped(const struct tape_file *file, unsigned int nr, uint64_t *random)
{
	size_t head = file->chunk[1];

	for (unsigned int i = 0; i <= nr % 3; i++) {
		size_t at = head + test_random_below(random, file->size - head);

		file->data[at] ^= 1 << test_random_below(random, 8);
	}
	save(file->data, file->size, NULL, 0);
	return nr < 3; /* they add up */
}

DAMAGE(flipped_bits, bits_flipped, 4, 0.1)

static bool swapped(const struct tape_file *file, unsigned int nr, uint64_t *random)
{
	unsigned int a = 2 + test_random_below(random, file->nr - 3);
	size_t from = file->chunk[a], middle = file->chunk[a + 1], to = file->chunk[a + 2];
	char *data = malloc(file->size);

	memcpy(data, file->data, from);
	memcpy(data + from, file->data + middle, to - middle);
	memcpy(data + from + to - middle, file->data + from, middle - from);
	memcpy(data + to, file->data + to, file->size - to);
	save(data, file->size, NULL, 0);
	free(data);
	return nr < 20;
}

DAMAGE(chunks_are_swapped, swapped, 1, 0.2)

static bool repeated(const struct tape_file *file, unsigned int nr, uint64_t *random)
{
	unsigned int a = 1 + test_random_below(random, file->nr - 1);

	save(file->data, file->chunk[a + 1], file->data + file->chunk[a],
	     file->size - file->chunk[a]);
	return nr < 20;
}

DAMAGE(a_chunk_is_there_twice, repeated, 1, 0.2)

/* Files of which each is a part */

#define MOST_PARTS 200

static size_t name_parts(char names[MOST_PARTS][80], char **parts)
{
	size_t nr = 0;

	for (; nr < MOST_PARTS; nr++) {
		snprintf(names[nr], sizeof(names[nr]), "%s.%04zu", path, nr);
		if (access(names[nr], F_OK))
			break;
		parts[nr] = names[nr];
	}
	return nr;
}

/* Some of the parts, in order. */
static bool replay_parts(const struct told_run *whole, char *const *parts, size_t nr,
			 struct kept *kept)
{
	struct told_run part = {};
	struct problem why;
	bool good;

	if (!EXPECT_EQ(stage_replay(parts, nr, &part, &why), 0)) {
		test_note("%s", why.text);
		return false;
	}
	good = compare(whole, &part, kept);
	told_release(&part);
	return good;
}

static void play_parts(uint64_t seed, bool unchecked, struct kept *kept)
{
	const struct stage_options options = { .unchecked = unchecked, .rotate_size = 3000 };
	struct told_run whole = {}, all = {};
	char names[MOST_PARTS][80];
	char *parts[MOST_PARTS];
	struct problem why;
	uint64_t random = seed;
	size_t nr;

	scenario_play(seed, STEPS, &options, path, &whole);
	nr = name_parts(names, parts);
	EXPECT(nr > 1 && nr < MOST_PARTS);
	EXPECT_EQ(stage_replay(parts, nr, &all, &why), 0);
	EXPECT_STR(all.damage, "");
	if (!unchecked) {
		EXPECT_EQ(all.nr, whole.nr);
		EXPECT_STR(all.summary, whole.summary);
		compare(&whole, &all, kept);
	}
	for (size_t i = 0; i < nr && !test_failed(); i++)
		replay_parts(&all, parts + i, 1 + test_random_below(&random, nr - i), kept);
	for (size_t i = 0; i + 1 < nr && !test_failed(); i++) {
		memmove(parts + i, parts + i + 1, (nr - i - 1) * sizeof(*parts));
		replay_parts(&all, parts, nr - 1, kept);
		name_parts(names, parts);
	}
	for (size_t i = 0; i < nr; i++)
		unlink(names[i]);
	told_release(&whole);
	told_release(&all);
}

TEST(parts_of_a_recording)
{
	for (int unchecked = 0; unchecked < 2; unchecked++) {
		struct kept kept = { .stateless = unchecked };
		uint64_t seed = test_seed();

		choose_paths();
		for (unsigned int i = 0; i < longer() && !test_failed(); i++) {
			test_case("SEED=%#llx%s", (unsigned long long)seed,
				  unchecked ? ", not checked" : "");
			play_parts(seed, unchecked, &kept);
			seed = test_random(&seed);
		}
		tell_kept(&kept);
		EXPECT(kept.mismatches > 0);
	}
}
