// SPDX-License-Identifier: GPL-2.0-only
#include "compare.h"

#include <stdlib.h>

#include "dump/sizes.h"
#include "geometry/descriptor.h"

const char *difference_name(enum difference_kind kind)
{
	static const char *const names[DIFFERENCE_NR] = {
		[DIFFERENCE_MAPPED] = "mapped", [DIFFERENCE_UNMAPPED] = "unmapped",
		[DIFFERENCE_SPLIT] = "split",	[DIFFERENCE_MERGED] = "merged",
		[DIFFERENCE_MOVED] = "moved",	[DIFFERENCE_ATTRIBUTES] = "attributes",
	};

	return names[kind];
}

void leaf_runs_add(void *ctx, const struct leaf_run *run)
{
	struct leaf_runs *runs = ctx;

	if (!run->desc)
		return;
	if (runs->nr == runs->room) {
		size_t room = runs->room ? runs->room * 2 : 1024;
		struct leaf_run *more = realloc(runs->run, room * sizeof(*more));

		if (!more) {
			runs->incomplete = true;
			return;
		}
		runs->run = more;
		runs->room = room;
	}
	runs->run[runs->nr++] = *run;
}

void leaf_runs_free(struct leaf_runs *runs)
{
	free(runs->run);
}

struct compare {
	const struct geometry *geo;
	difference_fn found;
	void *ctx;
	struct table_difference last; /* size 0: none; it may grow */
};

static uint64_t attributes(const struct compare *compare, uint64_t desc)
{
	/* the contiguous bit and the type are a matter of size */
	return desc & ~desc_from_address(compare->geo, ~0ULL) & ~(PTE_CONT | PTE_TABLE_BIT);
}

static uint64_t address_at(const struct compare *compare, const struct leaf_run *run, uint64_t addr)
{
	return desc_address(compare->geo, run->desc) + (addr - run->start);
}

/* The part of @run from @start on; NULL: nothing. */
static struct leaf_run part_of(const struct compare *compare, const struct leaf_run *run,
			       uint64_t start, uint64_t size)
{
	struct leaf_run part = {};

	if (!run)
		return part;
	part = *run;
	part.desc = (run->desc & ~desc_from_address(compare->geo, ~0ULL)) |
		    desc_from_address(compare->geo, address_at(compare, run, start));
	part.start = start;
	part.size = size;
	return part;
}

static unsigned int kinds_of(const struct compare *compare, const struct leaf_run *before,
			     const struct leaf_run *after, uint64_t addr)
{
	unsigned int kinds = 0;

	if (!before || !after)
		return before ? 1U << DIFFERENCE_UNMAPPED : 1U << DIFFERENCE_MAPPED;
	if (leaf_size_of(before) > leaf_size_of(after))
		kinds |= 1U << DIFFERENCE_SPLIT;
	if (leaf_size_of(before) < leaf_size_of(after))
		kinds |= 1U << DIFFERENCE_MERGED;
	if (address_at(compare, before, addr) != address_at(compare, after, addr))
		kinds |= 1U << DIFFERENCE_MOVED;
	if (attributes(compare, before->desc) != attributes(compare, after->desc) ||
	    before->table_bits != after->table_bits)
		kinds |= 1U << DIFFERENCE_ATTRIBUTES;
	return kinds;
}

/* Do two runs that follow each other say the same? */
static bool continues(const struct compare *compare, const struct leaf_run *first,
		      const struct leaf_run *next)
{
	if (!first->desc || !next->desc)
		return first->desc == next->desc;
	return first->level == next->level && first->table_bits == next->table_bits &&
	       (first->desc & PTE_CONT) == (next->desc & PTE_CONT) &&
	       attributes(compare, first->desc) == attributes(compare, next->desc);
}

static void flush(struct compare *compare)
{
	if (compare->last.size)
		compare->found(compare->ctx, &compare->last);
	compare->last.size = 0;
}

static void note(struct compare *compare, const struct table_difference *difference)
{
	struct table_difference *last = &compare->last;

	if (last->size && last->start + last->size == difference->start &&
	    last->kinds == difference->kinds && last->marks == difference->marks &&
	    continues(compare, &last->before, &difference->before) &&
	    continues(compare, &last->after, &difference->after)) {
		last->size += difference->size;
		last->before.size = last->after.size = last->size;
		return;
	}
	flush(compare);
	*last = *difference;
}

static void look_at(struct compare *compare, const struct leaf_run *before,
		    const struct leaf_run *after, uint64_t start, uint64_t size)
{
	struct table_difference difference = {
		.start = start,
		.size = size,
		.kinds = kinds_of(compare, before, after, start),
		.before = part_of(compare, before, start, size),
		.after = part_of(compare, after, start, size),
		.marks = (before ? before->marks : 0) | (after ? after->marks : 0),
	};

	if (difference.kinds)
		note(compare, &difference);
}

/* The first of @runs that ends behind @addr. */
static const struct leaf_run *advance(const struct leaf_runs *runs, size_t *at, uint64_t addr)
{
	while (*at < runs->nr && runs->run[*at].start + runs->run[*at].size - 1 < addr)
		++*at;
	return *at < runs->nr ? &runs->run[*at] : NULL;
}

/* Where what is known from @addr on changes: @run begins, or ends. 0: nowhere. */
static uint64_t next_change(const struct leaf_run *run, uint64_t addr)
{
	if (!run)
		return 0;
	return run->start > addr ? run->start : run->start + run->size;
}

void runs_compare(const struct geometry *geo, const struct leaf_runs *before,
		  const struct leaf_runs *after, difference_fn found, void *ctx)
{
	struct compare compare = { .geo = geo, .found = found, .ctx = ctx };
	size_t i = 0, j = 0;
	uint64_t addr = 0;

	for (;;) {
		const struct leaf_run *x = advance(before, &i, addr);
		const struct leaf_run *y = advance(after, &j, addr);
		uint64_t from = next_change(x, addr), to = next_change(y, addr), end;
		bool in_x = x && x->start <= addr, in_y = y && y->start <= addr;

		if (!x && !y)
			break;
		/* 0 is the end of the address space */
		end = from - 1 < to - 1 ? from : to;
		if (in_x || in_y)
			look_at(&compare, in_x ? x : NULL, in_y ? y : NULL, addr, end - addr);
		if (!end)
			break;
		addr = end;
	}
	flush(&compare);
}
