/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a word of an event is likely to be, by the events before it and the words of it that are
 * known. A guess costs nothing but bytes when it is wrong; who packs and who unpacks make the same.
 */
#ifndef PWTRACE_EXPECT_H
#define PWTRACE_EXPECT_H

#include <stdint.h>

#define EXPECT_SLOTS   512
#define EXPECT_REGIONS 1024

struct expect {
	unsigned int page_shift;
	uint64_t time, task; /* of the event before */
	struct {
		const char *event;
		uint64_t task;
		uint16_t size;
		uint8_t kind;
	} slots[EXPECT_SLOTS]; /* the last of a kind and size of a task */
	const char *last[256]; /* of a kind, whoever made it */
	uint16_t last_size[256];
	struct {
		uint64_t region, table;
	} regions[EXPECT_REGIONS]; /* the table that maps what was changed last there */
	/* the event that is at hand */
	const char *event;
	uint16_t size;
	uint8_t kind;
	const char *same;  /* the one before of its kind, size and task, or of its kind and size */
	const char *enter; /* of an exit */
};

void expect_init(struct expect *expect, unsigned int page_shift);

/* @event: its words are read as far as they are known, and has to stay until expect_init(). */
void expect_begin(struct expect *expect, uint8_t kind, uint16_t size, const char *event);

/* The words in the order in which they become known: the task comes first. */
static inline unsigned int expect_order(unsigned int n, unsigned int words)
{
	if (words <= 2)
		return n;
	return n == 0 ? 2 : n <= 2 ? n - 1 : n;
}

uint64_t expect_word(struct expect *expect, unsigned int word);

/* All words are known. */
void expect_end(struct expect *expect);

#endif
