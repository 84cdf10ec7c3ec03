// SPDX-License-Identifier: GPL-2.0-only
#include "strip.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t last_of(const struct strip_run *run)
{
	return run->start + run->size - 1;
}

/* Can the two not be told apart, or are they too small to be? */
static bool is_one(const struct strip *strip, const struct strip_run *a, const struct strip_run *b)
{
	if (last_of(a) + 1 == b->start && a->look.code == b->look.code &&
	    leaf_code_allows(a->look.code) != ALLOWS_MIXED)
		return true;
	return a->size < strip->joined && b->size < strip->joined &&
	       last_of(a) / strip->joined == last_of(b) / strip->joined;
}

static void join(struct strip_run *run, const struct strip_run *next)
{
	double all = (double)run->size + next->size, part = run->size / all;

	for (int i = 0; i < ALLOWS_NR; i++)
		run->look.share[i] = run->look.share[i] * part + next->look.share[i] * (1 - part) +
				     0.5;
	run->size = last_of(next) - run->start + 1;
	run->look.code = leaf_code_join(run->look.code, next->look.code);
}

static void append(struct strip *strip, const struct strip_run *run)
{
	struct strip_run *last = strip->nr ? &strip->runs[strip->nr - 1] : NULL;

	if (last && is_one(strip, last, run))
		join(last, run);
	else
		strip->runs[strip->nr++] = *run;
}

/* Look less closely, until there is room again. */
static void coarsen(struct strip *strip, uint64_t page)
{
	while (strip->nr > STRIP_MOST - STRIP_MOST / 8 && strip->joined <= 1ULL << 62) {
		size_t nr = strip->nr;

		strip->joined = strip->joined ? strip->joined * 2 : page * 2;
		strip->nr = 0;
		for (size_t i = 0; i < nr; i++)
			append(strip, &strip->runs[i]);
	}
	/* runs that are larger than all that */
	if (strip->nr == STRIP_MOST) {
		strip->nr--;
		join(&strip->runs[strip->nr - 1], &strip->runs[strip->nr]);
	}
}

int strip_add(struct strip *strip, uint64_t page, uint64_t start, uint64_t size, leaf_code code)
{
	struct strip_run run = { start, size, { .code = code } };

	if (!strip->runs) {
		strip->runs = malloc(STRIP_MOST * sizeof(*strip->runs));
		if (!strip->runs)
			return -ENOMEM;
	}
	if (strip->nr && last_of(&strip->runs[strip->nr - 1]) >= start) {
		uint64_t seen = last_of(&strip->runs[strip->nr - 1]) - start + 1;

		if (!seen || seen >= size)
			return 0;
		run.start += seen;
		run.size -= seen;
	}
	if (!run.size || last_of(&run) < run.start)
		return 0;
	run.look.share[leaf_code_allows(code)] = UINT8_MAX;
	strip->bytes[code % LEAF_CODES] += run.size;
	if (strip->nr == STRIP_MOST)
		coarsen(strip, page);
	append(strip, &run);
	return 0;
}

void strip_release(struct strip *strip)
{
	free(strip->runs);
	*strip = (struct strip){};
}

int strips_add(struct strips *strips, const struct zones *zones, uint64_t page, uint64_t start,
	       uint64_t size, leaf_code code)
{
	int err = 0;

	while (size && !err) {
		enum zone zone = zone_of(zones, start);
		uint64_t part = zone_room(zones, start, size);

		err = strip_add(&strips->zone[zone], page, start, part, code);
		start += part;
		size -= part;
	}
	return err;
}

void strips_release(struct strips *strips)
{
	for (enum zone zone = 0; zone < ZONE_NR; zone++)
		strip_release(&strips->zone[zone]);
}
