// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recordings that are made to do harm: sizes that do not fit, texts that are none, streams that no
 * kernel has. Nothing crashes, nothing goes on for ever, and memory has its bounds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/replay.h"
#include "forge.h"
#include "play.h"
#include "stage.h"

#define MOST_MEMORY (600UL << 20)

/* Of the address sanitizer, whose header comes with clang only. */
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void *, size_t),
					      void (*)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *);

/* What is allocated, and the most that was. */
static size_t allocated, most;

static void on_malloc(const volatile void *p, size_t size)
{
	(void)p;
	allocated += size;
	if (allocated > most)
		most = allocated;
}

static void on_free(const volatile void *p)
{
	size_t size = p ? __sanitizer_get_allocated_size(p) : 0;

	allocated -= size < allocated ? size : allocated;
}

static void watch_memory(void)
{
	allocated = most = 0;
	__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
}

static void send(void *ctx, const void *record, size_t size)
{
	forge_event(ctx, record, size);
}

/* A file that tells of a kernel, and a world whose records go into it. */
struct scene {
	struct forge forge;
	struct world world;
};

static void hooks(struct forge *forge)
{
	static const char text[] = "backend=fentry\nrules_off=0\nhook=1 3 0 0 update_range_prot\n"
				   "hook=2 3 0 0 change_memory_common\n";

	forge_record(forge, PWT_REC_HOOKS, text, strlen(text));
}

static void begin_with(struct scene *scene, const char *info, const char *vmcoreinfo)
{
	struct forge *forge = &scene->forge;

	common_world(&scene->world);
	scene->world.send = send;
	scene->world.ctx = forge;
	if (!vmcoreinfo)
		vmcoreinfo = stage_vmcoreinfo(&scene->world);
	forge_begin(forge);
	forge_chunk(forge);
	forge_record(forge, PWT_REC_INFO, info, strlen(info));
	forge_record(forge, PWT_REC_VMCOREINFO, vmcoreinfo, strlen(vmcoreinfo));
	forge_record(forge, PWT_REC_SYMBOLS, stage_symbols, strlen(stage_symbols));
	hooks(forge);
	forge_chunk_end(forge, PWT_ZSTD);
}

static const char info[] = "pwtrace=0.1\nrelease=7.3.4\nmonotonic=1\nrealtime=2\ntgid=3\n"
			   "rodata_full=1\nioremap_shift=30\n";

static void begin(struct scene *scene)
{
	begin_with(scene, info, NULL);
}

static void release(struct scene *scene)
{
	forge_release(&scene->forge);
	world_release(&scene->world);
}

/* A change that is right, in a chunk of its own. */
static void good_change(struct scene *scene)
{
	forge_chunk(&scene->forge);
	forge_events(&scene->forge);
	world_begin(&scene->world, &actor, &one_page_ro);
	world_apply(&scene->world, &one_page_ro);
	world_end(&scene->world, &actor, &one_page_ro, 0);
	forge_events_end(&scene->forge);
	forge_chunk_end(&scene->forge, PWT_PLAIN);
}

static int replay(const struct scene *scene, struct told_run *run)
{
	char *path = forge_save(scene->forge.data, scene->forge.size);
	struct problem why;
	int err = stage_replay(&path, 1, run, &why);

	return err;
}

/* One chunk of something else between two changes that are right. */
struct evil {
	const char *name;
	void (*make)(struct scene *scene);
	bool damage;	/* it is told to be */
	uint64_t match; /* of the changes, how many are said to be right */
};

static void plain_chunk(struct scene *scene, const void *data, size_t size)
{
	forge_chunk(&scene->forge);
	forge_bytes(&scene->forge, data, size);
	forge_header(&scene->forge)->types = ~(1ULL << PWT_REC_INDEX);
	forge_chunk_end(&scene->forge, PWT_PLAIN);
}

static void raw_too_large(struct scene *scene)
{
	plain_chunk(scene, "12345678", 8);
	forge_header(&scene->forge)->raw = PWT_CHUNK_MAX + 1;
	forge_seal(&scene->forge);
}

static void stored_too_large(struct scene *scene)
{
	plain_chunk(scene, "12345678", 8);
	forge_header(&scene->forge)->stored = UINT32_MAX - 3;
	forge_seal(&scene->forge);
}

static void stored_behind_the_file(struct scene *scene)
{
	plain_chunk(scene, "12345678", 8);
	forge_header(&scene->forge)->stored = forge_header(&scene->forge)->raw = PWT_CHUNK_MAX;
	forge_seal(&scene->forge);
}

static void unknown_coding(struct scene *scene)
{
	plain_chunk(scene, "12345678", 8);
	forge_header(&scene->forge)->coding = 77;
	forge_seal(&scene->forge);
}

static void no_zstd(struct scene *scene)
{
	plain_chunk(scene, "12345678", 8);
	forge_header(&scene->forge)->coding = PWT_ZSTD;
	forge_header(&scene->forge)->raw = 100000;
	forge_seal(&scene->forge);
}

/* Unpacks to more than it says, and to less. */
static void bomb(struct scene *scene, uint32_t raw)
{
	static char zeros[PWT_CHUNK_MAX];

	forge_chunk(&scene->forge);
	forge_bytes(&scene->forge, zeros, sizeof(zeros));
	forge_header(&scene->forge)->types = ~(1ULL << PWT_REC_INDEX);
	forge_chunk_end(&scene->forge, PWT_ZSTD);
	forge_header(&scene->forge)->raw = raw;
	forge_seal(&scene->forge);
}

static void unpacks_to_more(struct scene *scene)
{
	bomb(scene, 4096);
}

static void unpacks_to_less(struct scene *scene)
{
	bomb(scene, PWT_CHUNK_MAX - 1);
	forge_header(&scene->forge)->raw = PWT_CHUNK_MAX;
	forge_header(&scene->forge)->stored -= 2;
	forge_seal(&scene->forge);
}

static void record_larger_than_chunk(struct scene *scene)
{
	const struct pwt_record record = { .type = PWT_REC_EVENTS, .size = 4096 };

	plain_chunk(scene, &record, sizeof(record));
}

static void record_of_everything(struct scene *scene)
{
	const struct pwt_record record = { .type = PWT_REC_EVENTS, .size = UINT32_MAX };

	plain_chunk(scene, &record, sizeof(record));
}

static void half_a_record(struct scene *scene)
{
	plain_chunk(scene, "\5\0\0\0", 4);
}

static void empty_chunk(struct scene *scene)
{
	plain_chunk(scene, "", 0);
}

static void events_of(struct scene *scene, const void *data, size_t size)
{
	forge_chunk(&scene->forge);
	forge_events(&scene->forge);
	forge_bytes(&scene->forge, data, size);
	forge_events_end(&scene->forge);
	forge_chunk_end(&scene->forge, PWT_PLAIN);
}

static void event_of_no_size(struct scene *scene)
{
	events_of(scene, "\0\0\0\0\0\0\0\0", 8);
}

static void event_too_large(struct scene *scene)
{
	events_of(scene, "\377\377\1", 3);
}

static void half_an_event(struct scene *scene)
{
	events_of(scene, "\1", 1);
}

static void events_without_head(struct scene *scene)
{
	forge_chunk(&scene->forge);
	forge_record(&scene->forge, PWT_REC_EVENTS, "1234", 4);
	forge_chunk_end(&scene->forge, PWT_PLAIN);
}

static void events_of_another_coding(struct scene *scene)
{
	const struct pwt_events events = { .coding = 99, .nr = 1, .raw = 8 };

	forge_chunk(&scene->forge);
	forge_record(&scene->forge, PWT_REC_EVENTS, &events, sizeof(events));
	forge_chunk_end(&scene->forge, PWT_PLAIN);
}

static void columns_of_nothing(struct scene *scene)
{
	struct {
		struct pwt_events events;
		uint8_t head[24];
	} record = { { PWT_EVENTS_COLUMNS, UINT32_MAX, UINT32_MAX, 0 }, { 12, 255 } };

	forge_chunk(&scene->forge);
	forge_record(&scene->forge, PWT_REC_EVENTS, &record, sizeof(record));
	forge_chunk_end(&scene->forge, PWT_PLAIN);
}

static void columns_that_do_not_fit(struct scene *scene)
{
	struct {
		struct pwt_events events;
		uint8_t head[8], class[8], of[8];
	} record = { { PWT_EVENTS_COLUMNS, 8, 1000, 0 }, { 12, 1 }, { 1, 0, 200, 0, 8 }, { 9, 9 } };

	forge_chunk(&scene->forge);
	forge_record(&scene->forge, PWT_REC_EVENTS, &record, sizeof(record));
	forge_chunk_end(&scene->forge, PWT_PLAIN);
}

/* Without damage: what makes no sense in them is left out. */
static void odd_events(struct scene *scene)
{
	static const uint8_t garbage[300] = { PWT_EXIT, 0xff, 0xff, 0xff };
	struct forge *forge = &scene->forge;

	forge_chunk(forge);
	forge_events(forge);
	for (unsigned int kind = 0; kind < 256; kind++) {
		uint8_t event[40] = { kind };

		if (kind != PWT_EVENT_END)
			forge_event(forge, event, 1 + kind % sizeof(event));
	}
	for (size_t size = 1; size < sizeof(garbage); size++)
		forge_event(forge, garbage, size);
	forge_mark(forge, PWT_EVENT_STATE, garbage, 8);
	forge_mark(forge, PWT_EVENT_STATE, garbage, 200);
	forge_mark(forge, PWT_EVENT_UNSEEN, garbage, 3);
	forge_mark(forge, PWT_EVENT_KFENCE, garbage, 3);
	forge_events_end(forge);
	forge_chunk_end(forge, PWT_PLAIN);
}

static void odd_hooks(struct scene *scene)
{
	struct forge *forge = &scene->forge;
	char text[32 * 2000];

	forge_chunk(forge);
	memset(text, 'x', sizeof(text));
	forge_record(forge, PWT_REC_HOOKS, text, sizeof(text));
	memset(text, '\n', sizeof(text));
	forge_record(forge, PWT_REC_HOOKS, text, sizeof(text));
	for (size_t i = 0; i < sizeof(text); i += 32)
		memcpy(text + i, "hook=1 3 0 0 update_range_prot \n", 32);
	forge_record(forge, PWT_REC_HOOKS, text, sizeof(text));
	forge_record(forge, PWT_REC_HOOKS, "hook=4294967295 -1 99999999999999999999 x \1\2\3", 40);
	forge_record(forge, PWT_REC_HOOKS, "backend=", 8);
	forge_record(forge, PWT_REC_HOOKS, "rules_off=99999999999999999999999999\n", 37);
	forge_record(forge, PWT_REC_HOOKS, "", 0);
	hooks(forge);
	forge_chunk_end(forge, PWT_ZSTD);
}

static void odd_stacks(struct scene *scene)
{
	static const struct pwt_stack stacks[] = { { 1, UINT32_MAX }, { -1, 1 },
						   { INT32_MAX, 0 },  { 16384, 0 },
						   { 0, 33 },	      { 0, 0x20000001 },
						   { 2, 0 },	      { INT32_MIN, 1 } };
	struct forge *forge = &scene->forge;

	forge_chunk(forge);
	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++)
		forge_record(forge, PWT_REC_STACK, &stacks[i], sizeof(stacks[i]));
	forge_record(forge, PWT_REC_STACK, stacks, 3);
	forge_chunk_end(forge, PWT_PLAIN);
}

static void odd_losses(struct scene *scene)
{
	static const uint32_t nrs[] = {
		1, 3, 1023, 1025, 65537, 0x40000000, 0x80000000, UINT32_MAX
	};
	struct forge *forge = &scene->forge;
	struct pwt_losses losses = {};

	forge_chunk(forge);
	forge_record(forge, PWT_REC_LOSSES, &losses, sizeof(losses) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(nrs); i++) {
		losses.nr_tasks = nrs[i];
		forge_record(forge, PWT_REC_LOSSES, &losses, sizeof(losses));
	}
	forge_chunk_end(forge, PWT_PLAIN);
}

static void odd_symbols(struct scene *scene)
{
	static const char *const texts[] = {
		"",
		"\n\n\n",
		"no symbols at all",
		"0000000000000000000000000000 T too_long\n",
		"ffffc00080000000",
		"ffffc00080000000 T",
		"ffffc00080000000 T \n",
		"ffffc00080000000 ? \t[module]\nffffc00080000000 T x\n",
		"\377\377\377\377 T \377\n",
		"ffffc00080900000 T \33[31mred\n",
	};
	struct forge *forge = &scene->forge;

	forge_chunk(forge);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		forge_record(forge, PWT_REC_SYMBOLS, texts[i], strlen(texts[i]));
	forge_record(forge, PWT_REC_SYMBOLS, "\0\0\0\0 T \0\n", 9);
	forge_chunk_end(forge, PWT_PLAIN);
}

static void second_opinion(struct scene *scene)
{
	struct forge *forge = &scene->forge;

	forge_chunk(forge);
	forge_record(forge, PWT_REC_INFO, "release=other\n", 14);
	forge_record(forge, PWT_REC_VMCOREINFO, "PAGESIZE=0\n", 11);
	forge_chunk_end(forge, PWT_PLAIN);
}

static const struct evil evils[] = {
	{ "nothing", empty_chunk, false, 2 },
	{ "a chunk that is too large", raw_too_large, true, 1 },
	{ "a chunk that says to be stored in 4G", stored_too_large, true, 1 },
	{ "a chunk that ends behind the file", stored_behind_the_file, true, 1 },
	{ "a coding that is not known", unknown_coding, true, 1 },
	{ "no zstd", no_zstd, true, 1 },
	{ "unpacks to more", unpacks_to_more, true, 1 },
	{ "unpacks to less", unpacks_to_less, true, 1 },
	{ "a record larger than its chunk", record_larger_than_chunk, true, 1 },
	{ "a record of 4G", record_of_everything, true, 1 },
	{ "half a record", half_a_record, true, 1 },
	{ "an event of no size", event_of_no_size, true, 1 },
	{ "an event that is too large", event_too_large, true, 1 },
	{ "half an event", half_an_event, true, 1 },
	{ "events without a head", events_without_head, true, 1 },
	{ "events of another coding", events_of_another_coding, true, 1 },
	{ "columns of nothing", columns_of_nothing, true, 1 },
	{ "columns that do not fit", columns_that_do_not_fit, true, 1 },
	{ "odd events", odd_events, false, 2 },
	{ "odd hooks", odd_hooks, false, 2 },
	{ "odd stacks", odd_stacks, false, 2 },
	{ "odd losses", odd_losses, false, 2 },
	{ "odd symbols", odd_symbols, false, 2 },
	{ "told twice", second_opinion, false, 2 },
};

TEST(one_bad_chunk)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(evils); i++) {
		const struct evil *evil = &evils[i];
		struct scene scene;
		struct told_run run = {};

		test_case("%s", evil->name);
		begin(&scene);
		good_change(&scene);
		evil->make(&scene);
		good_change(&scene);
		forge_end(&scene.forge);
		if (EXPECT_EQ(replay(&scene, &run), 0)) {
			EXPECT_EQ(run.verdicts[VERDICT_MATCH], evil->match);
			if (!EXPECT_EQ(!!run.damage[0], evil->damage))
				test_note("%s", run.damage);
		}
		told_release(&run);
		release(&scene);
	}
}

/* What a kernel is said to be. */
TEST(no_kernel)
{
	static const char *const infos[] = { "", "release", "release=\n", "=\n=\n", "tgid=-1\n" };
	static const char *const notes[] = {
		"",
		"PAGESIZE=0\n",
		"PAGESIZE=4096",
		"PAGESIZE=18446744073709551615\nNUMBER(VA_BITS)=99\n",
	};
	struct told_run run = {};
	struct scene scene;

	for (unsigned int i = 0; i < ARRAY_SIZE(notes); i++) {
		test_case("note %u", i);
		begin_with(&scene, info, notes[i]);
		EXPECT(replay(&scene, &run) < 0);
		told_release(&run);
		release(&scene);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(infos); i++) {
		test_case("info %u", i);
		begin_with(&scene, infos[i], NULL);
		good_change(&scene);
		EXPECT_EQ(replay(&scene, &run), 0);
		EXPECT_EQ(run.nr, 1);
		told_release(&run);
		release(&scene);
	}
	test_case("no hooks");
	forge_begin(&scene.forge);
	forge_chunk(&scene.forge);
	world_init(&scene.world);
	forge_record(&scene.forge, PWT_REC_INFO, info, strlen(info));
	forge_record(&scene.forge, PWT_REC_VMCOREINFO, stage_vmcoreinfo(&scene.world),
		     strlen(stage_vmcoreinfo(&scene.world)));
	forge_chunk_end(&scene.forge, PWT_PLAIN);
	EXPECT_EQ(replay(&scene, &run), -ENODATA);
	told_release(&run);
	release(&scene);
	test_case("nothing");
	forge_begin(&scene.forge);
	world_init(&scene.world);
	EXPECT_EQ(replay(&scene, &run), -ENODATA);
	told_release(&run);
	release(&scene);
}

/* What is shown to people does not tell their terminal what to do. */
TEST(nothing_for_the_terminal)
{
	struct told_run run = {};
	struct scene scene;

	begin_with(&scene, "release=7.3\33[2J\rx\n", NULL);
	good_change(&scene);
	EXPECT_EQ(replay(&scene, &run), 0);
	EXPECT(strstr(run.summary, "7.3?[2J?x"));
	told_release(&run);
	release(&scene);
}

/* Streams without end */

/* Records of one kind, each a little different, @nr of them. */
struct flood {
	const char *name;
	void (*record)(struct scene *scene, uint64_t i);
	unsigned int nr;
};

static void many_calls(struct scene *scene, uint64_t i)
{
	struct actor other = actor;

	other.frame += i * 16;
	other.task += i % 7 * 0x8000;
	world_call(&scene->world, &other, PWT_FN_COMMON, VMALLOC, 1, PTE_RDONLY, PTE_WRITE);
}

static void many_that_wait(struct scene *scene, uint64_t i)
{
	(void)i;
	world_call(&scene->world, &actor, PWT_FN_COMMON, VMALLOC, 1, PTE_RDONLY, PTE_WRITE);
	world_area(&scene->world, &actor, VMALLOC, 17 * PAGE, VM_ALLOC);
	world_return(&scene->world, &actor, PWT_FN_COMMON, VMALLOC, 1, 0);
}

static void large_slices(struct scene *scene, uint64_t i)
{
	struct {
		struct pwt_slice slice;
		uint64_t entries[PWT_SLICE_ENTRIES];
	} record = {
		.slice = {
			.hdr = { .type = PWT_SLICE, .func = PWT_FN_RANGE, .phase = i % 2,
				 .task = actor.task, .frame = actor.frame, .pid = actor.pid },
			.addr = VMALLOC,
			.at = { .depth = 4, .path = { 3, 3, i << 12 | 3, PAGE_BITS } },
			.nr = PWT_SLICE_ENTRIES,
		},
	};

	if (!i)
		world_call(&scene->world, &actor, PWT_FN_RANGE, VMALLOC, 1ULL << 40, PTE_RDONLY,
			   PTE_WRITE);
	record.entries[0] = PAGE_BITS;
	world_send(&scene->world, &record, sizeof(record));
}

/* The same table again and again: each takes no longer than the one before. */
static void same_slice(struct scene *scene, uint64_t i)
{
	large_slices(scene, i < 12000 ? i : 0);
}

static void many_callbacks(struct scene *scene, uint64_t i)
{
	const struct pwt_callback record = {
		.hdr = { .type = PWT_CALLBACK, .func = PWT_FN_PTE_ENTRY, .task = actor.task },
	};

	if (!i)
		world_call(&scene->world, &actor, PWT_FN_RANGE, VMALLOC, PAGE * 2, PTE_RDONLY,
			   PTE_WRITE);
	world_send(&scene->world, &record, sizeof(record));
}

static void many_pages(struct scene *scene, uint64_t i)
{
	const uint64_t args[4] = { VMALLOC + 64 * BLOCK, 1ULL << 50, PAGE_BITS, 12 };

	if (!i)
		world_birth(&scene->world, &actor, PWT_FN_VMAP_SMALL,
			    (const uint64_t[4]){ args[0], PAGE, args[2], args[3] });
	world_array(&scene->world, &actor, PWT_FN_VMAP_SMALL, i * 512, 512, PA, false);
}

/* A part of a call that is as large as the address space. */
static void large_parts(struct scene *scene, uint64_t i)
{
	struct actor inner = actor;
	struct pwt_exit exit;

	inner.frame -= 0x100;
	if (!i)
		world_call(&scene->world, &actor, PWT_FN_COMMON, VMALLOC, 1, PTE_RDONLY, PTE_WRITE);
	world_call(&scene->world, &inner, PWT_FN_RANGE, VMALLOC + PAGE, 1ULL << (i % 64),
		   PTE_RDONLY, PTE_WRITE);
	world_fill_exit(&scene->world, &inner, PWT_FN_RANGE, VMALLOC + PAGE, 2 * PAGE, 0, &exit);
	world_send(&scene->world, &exit, sizeof(exit));
}

/* Mappings of sizes that nothing has. */
static void large_births(struct scene *scene, uint64_t i)
{
	static const enum pwt_func funcs[] = { PWT_FN_VMAP_PAGES, PWT_FN_VMAP_RANGE,
					       PWT_FN_VMALLOC };
	enum pwt_func func = funcs[i % ARRAY_SIZE(funcs)];
	uint64_t size = ~0ULL >> (i % 64),
		 args[4] = { VMALLOC + 1000 * BLOCK, size, ~0ULL, i % 99 };
	struct pwt_enter enter;
	struct pwt_exit exit;

	world_fill_enter(&scene->world, &actor, PWT_FN_VMAP_SMALL,
			 (const uint64_t[4]){ args[0], PAGE, 0, 0 }, &enter);
	enter.hdr.func = func;
	memcpy((void *)enter.args, args, sizeof(args));
	world_send(&scene->world, &enter, sizeof(enter));
	world_fill_exit(&scene->world, &actor, PWT_FN_VMAP_SMALL, args[0], PAGE,
			i % 2 ? 0 : -EINVAL, &exit);
	exit.hdr.func = func;
	exit.args[1] = size;
	world_send(&scene->world, &exit, sizeof(exit));
}

static const struct flood floods[] = {
	{ "calls that never return", many_calls, 60000 },
	{ "calls that wait", many_that_wait, 30000 },
	{ "slices", large_slices, 20000 },
	{ "slices that are known", same_slice, 16000 },
	{ "callbacks", many_callbacks, 2300000 },
	{ "pages", many_pages, 30000 },
	{ "large parts", large_parts, 5000 },
	{ "large mappings", large_births, 2000 },
};

static void flood(const struct flood *flood)
{
	struct told_run run = { .terse = true };
	struct scene scene;

	test_case("%s", flood->name);
	begin(&scene);
	for (uint64_t i = 0; i < flood->nr;) {
		size_t from = scene.forge.size;

		forge_chunk(&scene.forge);
		forge_events(&scene.forge);
		while (i < flood->nr && scene.forge.size - from < 180000)
			flood->record(&scene, i++);
		forge_events_end(&scene.forge);
		forge_chunk_end(&scene.forge, PWT_ZSTD);
	}
	good_change(&scene);
	watch_memory();
	EXPECT_EQ(replay(&scene, &run), 0);
	if (getenv("VERBOSE"))
		test_note("%s: %zu KiB for a file of %zu KiB", flood->name, most >> 10,
			  scene.forge.size >> 10);
	EXPECT(most < MOST_MEMORY);
	told_release(&run);
	release(&scene);
}

#define FLOOD(id, nr)               \
	TEST(id)                    \
	{                           \
		flood(&floods[nr]); \
	}

FLOOD(calls_that_never_return, 0)
FLOOD(calls_that_wait, 1)
FLOOD(slices_without_end, 2)
FLOOD(slices_that_are_known, 3)
FLOOD(callbacks_without_end, 4)
FLOOD(pages_without_end, 5)
FLOOD(parts_as_large_as_memory, 6)
FLOOD(mappings_as_large_as_memory, 7)

/* More symbols than any kernel has. */
TEST(symbols_without_end)
{
	static char text[500000];
	struct told_run run = {};
	struct scene scene;

	begin(&scene);
	for (unsigned int chunk = 0; chunk < 80; chunk++) {
		size_t used = 0;

		for (unsigned int i = 0; used < sizeof(text) - 64; i++)
			used += snprintf(text + used, sizeof(text) - used, "%x%05x T name%u\n",
					 chunk, i, i);
		forge_chunk(&scene.forge);
		forge_record(&scene.forge, PWT_REC_SYMBOLS, text, used);
		forge_chunk_end(&scene.forge, PWT_ZSTD);
	}
	good_change(&scene);
	watch_memory();
	EXPECT_EQ(replay(&scene, &run), 0);
	EXPECT_EQ(run.verdicts[VERDICT_MATCH], 1);
	EXPECT(most < MOST_MEMORY);
	if (getenv("VERBOSE"))
		test_note("%zu KiB", most >> 10);
	told_release(&run);
	release(&scene);
}
