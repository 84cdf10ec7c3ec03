// SPDX-License-Identifier: GPL-2.0-only
/* Events in columns: they come back as they were, whatever they are, and nonsense is refused. */
#include "recording/columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pwtrace/wire.h"
#include "test.h"

struct row {
	size_t used;
	uint32_t nr;
	char data[COLUMNS_ROW_MAX];
};

static void add(struct row *row, const void *event, uint16_t size)
{
	memcpy(row->data + row->used, &size, sizeof(size));
	memcpy(row->data + row->used + sizeof(size), event, size);
	row->used += sizeof(size) + size;
	row->nr++;
}

/* Packed into memory of just its size, and out again. Return: how many bytes it had become. */
static size_t there_and_back(const struct row *row, unsigned int page_shift)
{
	struct columns *columns;
	char *packed = malloc(columns_bound(row->used, row->nr));
	char *again = malloc(row->used + 1);
	size_t size;

	EXPECT_EQ(columns_new(&columns), 0);
	size = columns_pack(columns, row->data, row->used, row->nr, page_shift, packed);
	EXPECT(size > 0);
	packed = realloc(packed, size);
	EXPECT_EQ(columns_unpack(columns, packed, size, row->nr, again, row->used), 0);
	EXPECT(!memcmp(again, row->data, row->used));
	free(packed);
	free(again);
	columns_free(columns);
	return size;
}

/* A change of one page of the linear map, as capture tells it. */
static void add_change(struct row *row, uint64_t task, uint64_t time, uint64_t page)
{
	uint64_t addr = 0xffff000000000000ULL + page * 4096, leaf = (page << 12) + 0xe8000040000403;
	unsigned int index = page % 512, first = index == 511 ? 509 : index ? index - 1 : 0;
	struct pwt_enter enter = {
		.hdr = { .type = PWT_ENTER, .func = PWT_FN_RANGE, .time = time, .task = task },
		.args = { addr, 4096, 0x800, 1 },
		.stack_id = -1,
		.at = { .depth = 4, .nr = 3, .first = first },
	};
	struct pwt_exit exit = { .hdr = enter.hdr, .args = { addr, 4096 }, .at = enter.at };

	for (int i = 0; i < 3; i++)
		enter.at.path[i] = 0x1000000041000003 + i * 4096 + page / 512 * 8192;
	enter.at.path[3] = leaf;
	for (int i = 0; i < 3; i++)
		enter.entries[i] = leaf + (first + i - (uint64_t)index) * 4096;
	memcpy(&exit.at, &enter.at, sizeof(exit.at));
	memcpy(exit.entries, enter.entries, sizeof(exit.entries));
	exit.hdr.type = PWT_EXIT;
	exit.hdr.time += 700;
	exit.at.path[3] ^= 0x801;
	exit.entries[index - first] ^= 0x801;
	add(row, &enter, sizeof(enter));
	add(row, &exit, sizeof(exit));
}

TEST(changes_come_back)
{
	uint64_t state = test_seed();
	struct row *row = calloc(1, sizeof(*row));

	for (unsigned int i = 0; i < 300; i++)
		add_change(row, 0xffff000001000000 + test_random_below(&state, 5) * 0x1040,
			   1000 * i + test_random_below(&state, 500),
			   test_random_below(&state, 4096));
	for (unsigned int shift = 12; shift <= 16; shift += 2)
		there_and_back(row, shift);
	free(row);
}

/* What is expected of it is right: but for time, task and page there is nothing in the columns. */
TEST(what_is_expected_is_zero)
{
	uint64_t state = test_seed();
	struct row *row = calloc(1, sizeof(*row));
	struct columns *columns;
	size_t size, zeros = 0;
	char *packed;

	for (unsigned int i = 0; i < 400; i++)
		add_change(row, 0xffff000001000000, 5000 * i, test_random_below(&state, 512));
	packed = malloc(columns_bound(row->used, row->nr));
	EXPECT_EQ(columns_new(&columns), 0);
	size = columns_pack(columns, row->data, row->used, row->nr, 12, packed);
	for (size_t i = 0; i < size; i++)
		zeros += !packed[i];
	test_note("%zu of %zu bytes are zero", zeros, size);
	/* the class of each event, and some twelve bytes a change */
	EXPECT(size - zeros < 800 + 400 * 14);
	columns_free(columns);
	free(packed);
	free(row);
}

/* Any kind and size, any content. */
TEST(anything_comes_back)
{
	uint64_t state = test_seed();

	for (unsigned int round = 0; round < 200; round++) {
		struct row *row = calloc(1, sizeof(*row));
		unsigned int nr = 1 + test_random_below(&state, 60);

		for (unsigned int i = 0; i < nr; i++) {
			static const uint16_t sizes[] = { 200, 144, 104, 80, 64, 72, 40, 616 };
			uint16_t size = test_random_below(&state, 4) ?
						sizes[test_random_below(&state, 8)] :
						1 + test_random_below(&state, 900);
			uint64_t event[128];

			for (unsigned int n = 0; n < 128; n++)
				event[n] = test_random_below(&state, 3) ? test_random(&state) : n;
			*(uint8_t *)event = test_random_below(&state, PWT_NR_TYPES + 3) +
					    (test_random_below(&state, 5) ? 0 : 0x80);
			add(row, event, size);
		}
		there_and_back(row, 12 + 2 * test_random_below(&state, 3));
		free(row);
	}
}

/* Cut off, or with bits that flipped: refused, or some other row; never out of bounds. */
TEST(nonsense_is_refused)
{
	uint64_t state = test_seed();
	struct row *row = calloc(1, sizeof(*row));
	struct columns *columns;
	char *packed, *again;
	size_t size;

	for (unsigned int i = 0; i < 20; i++)
		add_change(row, i % 3, i * 100, i);
	packed = malloc(columns_bound(row->used, row->nr));
	again = malloc(row->used);
	EXPECT_EQ(columns_new(&columns), 0);
	size = columns_pack(columns, row->data, row->used, row->nr, 12, packed);
	for (size_t cut = 0; cut < size; cut++) {
		char *part = malloc(cut ? cut : 1);

		memcpy(part, packed, cut);
		EXPECT_EQ(columns_unpack(columns, part, cut, row->nr, again, row->used), -EBADMSG);
		free(part);
	}
	for (unsigned int i = 0; i < 20000; i++) {
		size_t at = test_random_below(&state, i % 2 ? 120 : size);

		packed[at] ^= 1 << test_random_below(&state, 8);
		columns_unpack(columns, packed, size, row->nr, again, row->used);
		if (i % 8 == 7)
			columns_pack(columns, row->data, row->used, row->nr, 12, packed);
	}
	EXPECT_EQ(columns_unpack(columns, packed, size, row->nr + 1, again, row->used), -EBADMSG);
	EXPECT_EQ(columns_unpack(columns, packed, size, row->nr, again, row->used - 1), -EBADMSG);
	EXPECT_EQ(columns_unpack(columns, packed, size, row->nr, again, 1U << 31), -EBADMSG);
	columns_free(columns);
	free(packed);
	free(again);
	free(row);
}
