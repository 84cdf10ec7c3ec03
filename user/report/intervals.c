// SPDX-License-Identifier: GPL-2.0-only
#include "intervals.h"

#include <errno.h>
#include <stdlib.h>

void intervals_release(struct intervals *intervals)
{
	free(intervals->interval);
	*intervals = (struct intervals){};
}

static bool is_shown(leaf_code code)
{
	return code != LEAF_UNSEEN && leaf_code_allows(code) != ALLOWS_NOTHING;
}

static int add(struct intervals *intervals, const struct interval *interval)
{
	struct interval *last;

	if (!is_shown(interval->before.code) && !is_shown(interval->after.code))
		return 0;
	if (intervals->nr == intervals->room) {
		size_t room = intervals->room ? intervals->room * 2 : 256;
		struct interval *more = realloc(intervals->interval, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		intervals->interval = more;
		intervals->room = room;
	}
	last = &intervals->interval[intervals->nr];
	*last = *interval;
	last->apart = intervals->nr && last[-1].start + last[-1].size != last->start;
	intervals->nr++;
	return 0;
}

/* What @strip has at @addr, in run *@at or behind it; *@room: how far that goes at most. */
static struct leaf_look look(const struct strip *strip, size_t *at, uint64_t addr, uint64_t *room)
{
	const struct leaf_look unseen = { .code = LEAF_UNSEEN };
	const struct strip_run *run;

	while (strip && *at < strip->nr && addr - strip->runs[*at].start >= strip->runs[*at].size &&
	       addr >= strip->runs[*at].start)
		++*at;
	if (!strip || *at == strip->nr)
		return unseen;
	run = &strip->runs[*at];
	if (addr < run->start) {
		if (run->start - addr < *room)
			*room = run->start - addr;
		return unseen;
	}
	if (run->size - (addr - run->start) < *room)
		*room = run->size - (addr - run->start);
	return run->look;
}

static const struct strip_run *edge(const struct strip *strip, bool end)
{
	if (!strip || !strip->nr)
		return NULL;
	return &strip->runs[end ? strip->nr - 1 : 0];
}

int intervals_make(struct intervals *intervals, const struct strip *before,
		   const struct strip *after)
{
	const struct strip_run *a = edge(before, false), *b = edge(after, false);
	const struct strip_run *y = edge(before, true), *z = edge(after, true);
	uint64_t addr, last;
	size_t i = 0, j = 0;
	int err = 0;

	*intervals = (struct intervals){};
	if (!a && !b)
		return 0;
	addr = !b || (a && a->start < b->start) ? a->start : b->start;
	last = y ? y->start + y->size - 1 : 0;
	if (z && z->start + z->size - 1 > last)
		last = z->start + z->size - 1;
	while (!err) {
		struct interval piece = { .start = addr, .size = (last - addr + 1) ?: ~0ULL };

		piece.before = look(before, &i, addr, &piece.size);
		piece.after = look(after, &j, addr, &piece.size);
		err = add(intervals, &piece);
		if (piece.size > last - addr)
			break;
		addr += piece.size;
	}
	return err;
}

/* Sums by what is mapped before and after. */
struct sums {
	struct interval sum[LEAF_CODES + 1][LEAF_CODES + 1];
};

static unsigned int index_of(leaf_code code)
{
	return code == LEAF_UNSEEN ? LEAF_CODES : code % LEAF_CODES;
}

static void add_shares(struct leaf_look *sum, const struct leaf_look *look, double part)
{
	for (int i = 0; i < ALLOWS_NR; i++)
		sum->share[i] = sum->share[i] * (1 - part) + look->share[i] * part + 0.5;
}

static void add_sum(struct sums *sums, const struct interval *piece, uint64_t size)
{
	unsigned int before = index_of(piece->before.code), after = index_of(piece->after.code);
	struct interval *sum = &sums->sum[before][after];
	double part = size / ((double)sum->size + size);

	sum->before.code = piece->before.code;
	sum->after.code = piece->after.code;
	add_shares(&sum->before, &piece->before, part);
	add_shares(&sum->after, &piece->after, part);
	sum->size += size;
	sum->anywhere = sum->apart = true;
}

/* Whole blocks of the piece go to the sums, what is left of it at its ends is cut out. */
static int cut(struct intervals *pieces, struct sums *sums, const struct interval *piece,
	       uint64_t block)
{
	uint64_t start = piece->start, size = piece->size, head = -start & (block - 1);
	struct interval part = *piece;
	int err = 0;

	if (head) {
		part.size = head < size ? head : size;
		err = add(pieces, &part);
		start += part.size;
		size -= part.size;
	}
	if (size >= block)
		add_sum(sums, piece, size & ~(block - 1));
	start += size & ~(block - 1);
	size &= block - 1;
	if (!size || err)
		return err;
	part.start = start;
	part.size = size;
	return add(pieces, &part);
}

/* A block with all its pieces. */
struct unit {
	const struct interval *first;
	size_t nr;
	uint64_t block;
};

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* By what is in them and not by where they are. */
static int by_content(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;
	int order = compare(y->nr, x->nr);

	for (size_t i = 0; !order && i < x->nr; i++) {
		const struct interval *p = &x->first[i], *q = &y->first[i];

		order = compare(p->start % x->block, q->start % y->block) ?:
				compare(p->size, q->size)		  ?:
				compare(p->before.code, q->before.code)	  ?:
				compare(p->after.code, q->after.code);
	}
	return order;
}

static int by_size(const void *a, const void *b)
{
	return compare(((const struct interval *)b)->size, ((const struct interval *)a)->size);
}

static size_t units_of(const struct intervals *pieces, uint64_t block, struct unit *units)
{
	size_t nr = 0;

	for (size_t i = 0; i < pieces->nr; i++) {
		const struct interval *piece = &pieces->interval[i];

		if (nr && units[nr - 1].first->start / block == piece->start / block)
			units[nr - 1].nr++;
		else
			units[nr++] = (struct unit){ piece, 1, block };
	}
	return nr;
}

static int add_sums(struct intervals *to, const struct sums *sums)
{
	int err = 0;

	for (unsigned int i = 0; i <= LEAF_CODES; i++)
		for (unsigned int j = 0; j <= LEAF_CODES && !err; j++)
			if (sums->sum[i][j].size)
				err = add(to, &sums->sum[i][j]);
	if (to->nr)
		qsort(to->interval, to->nr, sizeof(*to->interval), by_size);
	return err;
}

static int add_units(struct intervals *to, const struct intervals *pieces, uint64_t block)
{
	struct unit *units = malloc((pieces->nr + 1) * sizeof(*units));
	size_t nr;
	int err = 0;

	if (!units)
		return -ENOMEM;
	nr = units_of(pieces, block, units);
	qsort(units, nr, sizeof(*units), by_content);
	for (size_t i = 0; i < nr; i++)
		for (size_t n = 0; n < units[i].nr && !err; n++) {
			err = add(to, &units[i].first[n]);
			if (!err && !n)
				to->interval[to->nr - 1].apart = to->nr > 1;
		}
	free(units);
	return err;
}

int intervals_shuffle(struct intervals *intervals, unsigned int shift)
{
	uint64_t block = 1ULL << shift;
	struct intervals pieces = {}, shuffled = {};
	struct sums *sums = calloc(1, sizeof(*sums));
	int err = sums ? 0 : -ENOMEM;

	for (size_t i = 0; i < intervals->nr && !err; i++)
		err = cut(&pieces, sums, &intervals->interval[i], block);
	if (!err)
		err = add_sums(&shuffled, sums);
	if (!err)
		err = add_units(&shuffled, &pieces, block);
	free(sums);
	intervals_release(&pieces);
	intervals_release(intervals);
	if (err)
		intervals_release(&shuffled);
	*intervals = shuffled;
	return err;
}
