// SPDX-License-Identifier: GPL-2.0-only
#include "expect.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "pwtrace/wire.h"

#define WORD(type, member) (offsetof(struct type, member) / 8)

enum {
	TIME = WORD(pwt_hdr, time),
	TASK = WORD(pwt_hdr, task),
	HDR_WORDS = sizeof(struct pwt_hdr) / 8,
};

static uint64_t load(const char *event, unsigned int word)
{
	uint64_t value;

	memcpy(&value, event + word * 8, sizeof(value));
	return value;
}

static uint64_t cur(const struct expect *expect, unsigned int word)
{
	return load(expect->event, word);
}

void expect_init(struct expect *expect, unsigned int page_shift)
{
	memset(expect, 0, sizeof(*expect));
	expect->page_shift = page_shift;
}

void expect_begin(struct expect *expect, uint8_t kind, uint16_t size, const char *event)
{
	expect->event = event;
	expect->kind = kind;
	expect->size = size;
	expect->same = expect->enter = NULL;
}

static unsigned int slot_of(uint8_t kind, uint16_t size, uint64_t task)
{
	return ((task >> 6 ^ task >> 14) * 31 + kind * 7 + size) % EXPECT_SLOTS;
}

static const char *find(const struct expect *expect, uint8_t kind, uint16_t size, uint64_t task)
{
	unsigned int slot = slot_of(kind, size, task);

	return expect->slots[slot].event && expect->slots[slot].kind == kind &&
			       expect->slots[slot].size == size &&
			       expect->slots[slot].task == task ?
		       expect->slots[slot].event :
		       NULL;
}

/* Once the task is known. */
static void find_references(struct expect *expect)
{
	uint64_t task = cur(expect, TASK);

	expect->same = find(expect, expect->kind, expect->size, task);
	if (!expect->same && expect->last_size[expect->kind] == expect->size)
		expect->same = expect->last[expect->kind];
	if (expect->kind == PWT_EXIT && expect->size == sizeof(struct pwt_exit))
		expect->enter = find(expect, PWT_ENTER, sizeof(struct pwt_enter), task);
}

static uint64_t as_before(const struct expect *expect, unsigned int word)
{
	return expect->same ? load(expect->same, word) : 0;
}

/* A path: what its first word tells. */
static unsigned int depth_of(uint64_t word)
{
	return (word & 0xff) <= PWT_MAX_LEVELS ? word & 0xff : 0;
}

static unsigned int first_of(uint64_t word)
{
	return word >> 16 & 0xffff;
}

static unsigned int index_of(const struct expect *expect, uint64_t addr)
{
	return addr >> expect->page_shift & ((1U << (expect->page_shift - 3)) - 1);
}

/* The window of three entries, as read_window() of bpf/table.bpf.h places it. */
static uint64_t expect_window(const struct expect *expect, uint64_t before, uint64_t addr)
{
	unsigned int index = index_of(expect, addr), last = (1U << (expect->page_shift - 3)) - 1;
	uint64_t first = !index ? 0 : index == last ? index - 2 : index - 1;

	return (before & ~0xffff0000ULL) | first << 16;
}

static uint64_t region_of(const struct expect *expect, uint64_t addr)
{
	return addr >> (2 * expect->page_shift - 3);
}

/* An entry of the path of an entry record. */
static uint64_t expect_path(const struct expect *expect, unsigned int at, unsigned int level)
{
	const unsigned int addr_word = WORD(pwt_enter, args);
	uint64_t addr = cur(expect, addr_word), region = region_of(expect, addr);
	unsigned int depth = depth_of(cur(expect, at));

	if (level >= depth)
		return 0;
	/* leaves of the linear map differ as their addresses do */
	if (level + 1 == depth && expect->same && depth_of(load(expect->same, at)) == depth)
		return load(expect->same, at + 1 + level) + addr - load(expect->same, addr_word);
	if (level + 2 == depth && expect->regions[region % EXPECT_REGIONS].region == region)
		return expect->regions[region % EXPECT_REGIONS].table;
	return as_before(expect, at + 1 + level);
}

/* Neighbours are likely to follow each other. */
static uint64_t expect_entry(const struct expect *expect, unsigned int at, unsigned int i)
{
	uint64_t word = cur(expect, at), addr = cur(expect, WORD(pwt_enter, args));
	unsigned int depth = depth_of(word);

	if (!depth || i >= (word >> 8 & 0xff))
		return 0;
	return cur(expect, at + depth) +
	       ((uint64_t)(first_of(word) + i - index_of(expect, addr)) << expect->page_shift);
}

static uint64_t expect_enter(const struct expect *expect, unsigned int word)
{
	const unsigned int at = WORD(pwt_enter, at), path = at + 1;
	const unsigned int entries = WORD(pwt_enter, entries);

	if (word == at)
		return expect_window(expect, as_before(expect, at),
				     cur(expect, WORD(pwt_enter, args)));
	if (word >= path && word < entries)
		return expect_path(expect, at, word - path);
	if (word >= entries)
		return expect_entry(expect, at, word - entries);
	return as_before(expect, word);
}

/* An exit is of the call that its task began last; but for what it has changed, it is the same. */
static uint64_t expect_exit(const struct expect *expect, unsigned int word)
{
	const unsigned int at = WORD(pwt_exit, at), entries = WORD(pwt_exit, entries);
	const unsigned int args = WORD(pwt_exit, args);
	const char *enter = expect->enter;

	if (!enter || word == WORD(pwt_exit, ret))
		return as_before(expect, word);
	if (!word)
		return (as_before(expect, 0) & 0xffffffff) | (load(enter, 0) & ~0xffffffffULL);
	if (word < HDR_WORDS)
		return load(enter, word);
	if (word < at)
		return load(enter, WORD(pwt_enter, args) + word - args);
	if (word >= entries) {
		uint64_t window = cur(expect, at);
		unsigned int depth = depth_of(window);

		if (depth &&
		    first_of(window) + word - entries == index_of(expect, cur(expect, args)))
			return cur(expect, at + depth);
		return load(enter, WORD(pwt_enter, entries) + word - entries);
	}
	return load(enter, WORD(pwt_enter, at) + word - at);
}

/*
 * Entries in a row: before the call they follow each other; behind it they differ from what they
 * were by the same as the first one does.
 */
static uint64_t expect_slice(const struct expect *expect, unsigned int word)
{
	const unsigned int entries = sizeof(struct pwt_slice) / 8;
	bool after = (cur(expect, 0) >> 16 & 0xff) == PWT_AFTER;

	if (word <= entries)
		return as_before(expect, word);
	if (after && expect->same)
		return load(expect->same, word) + cur(expect, entries) -
		       load(expect->same, entries);
	return cur(expect, word - 1) + (1ULL << expect->page_shift);
}

uint64_t expect_word(struct expect *expect, unsigned int word)
{
	if (expect->kind >= PWT_NR_TYPES || expect->size < sizeof(struct pwt_hdr))
		return 0;
	if (word == TASK)
		return expect->task;
	if (!word)
		find_references(expect);
	if (word == TIME)
		return expect->same && !load(expect->same, TIME) ? 0 : expect->time;
	if (expect->kind == PWT_ENTER && expect->size == sizeof(struct pwt_enter))
		return expect_enter(expect, word);
	if (expect->kind == PWT_EXIT && expect->size == sizeof(struct pwt_exit))
		return expect_exit(expect, word);
	if (expect->kind == PWT_SLICE && expect->size >= sizeof(struct pwt_slice))
		return expect_slice(expect, word);
	return as_before(expect, word);
}

static void note_region(struct expect *expect)
{
	const unsigned int at = WORD(pwt_enter, at);
	unsigned int depth = depth_of(cur(expect, at));
	uint64_t region = region_of(expect, cur(expect, WORD(pwt_enter, args)));

	if (depth < 2)
		return;
	expect->regions[region % EXPECT_REGIONS].region = region;
	expect->regions[region % EXPECT_REGIONS].table = cur(expect, at + depth - 1);
}

void expect_end(struct expect *expect)
{
	unsigned int slot;

	if (expect->kind >= PWT_NR_TYPES || expect->size < sizeof(struct pwt_hdr))
		return;
	expect->task = cur(expect, TASK);
	if (cur(expect, TIME))
		expect->time = cur(expect, TIME);
	slot = slot_of(expect->kind, expect->size, expect->task);
	expect->slots[slot].event = expect->event;
	expect->slots[slot].task = expect->task;
	expect->slots[slot].kind = expect->kind;
	expect->slots[slot].size = expect->size;
	expect->last[expect->kind] = expect->event;
	expect->last_size[expect->kind] = expect->size;
	if (expect->kind == PWT_ENTER && expect->size == sizeof(struct pwt_enter))
		note_region(expect);
}
