// SPDX-License-Identifier: GPL-2.0-only
#include "changes.h"

#include <errno.h>
#include <stdlib.h>

#define MOST_RANGES 1024
/* Looks at a slot that is being filled while it is looked at. */
#define MOST_LOOKS 8

struct range {
	uint64_t start, last;
	unsigned int levels; /* of the entries that may mix states, a bit each */
};

/* Tables that are read in one go, and what they map. */
struct lot {
	enum pgtable_level level;
	uint64_t start, last;
};

struct changes {
	struct changes_config config;
	uint64_t head, without_range, missed; /* before the lot */
	uint64_t unknown;
	size_t nr;
	struct range ranges[MOST_RANGES];
};

static uint64_t load(const unsigned long long *where)
{
	return __atomic_load_n(where, __ATOMIC_ACQUIRE);
}

/* What a read before it saw was written before what one behind it sees. */
static void in_order(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static bool touches(const struct range *range, uint64_t start, uint64_t last)
{
	return start <= range->last + (range->last != ~0ULL) &&
	       range->start <= last + (last != ~0ULL);
}

static void stretch(struct range *range, uint64_t start, uint64_t last)
{
	if (start < range->start)
		range->start = start;
	if (last > range->last)
		range->last = last;
}

static void add(struct changes *changes, const struct lot *lot, uint64_t start, uint64_t last)
{
	unsigned int levels = 1U << lot->level;

	if (start < lot->start)
		start = lot->start;
	if (last > lot->last)
		last = lot->last;
	if (start > last)
		return;
	for (size_t i = 0; i < changes->nr; i++)
		if (changes->ranges[i].levels == levels &&
		    touches(&changes->ranges[i], start, last)) {
			stretch(&changes->ranges[i], start, last);
			return;
		}
	if (changes->nr < MOST_RANGES) {
		changes->ranges[changes->nr++] = (struct range){ start, last, levels };
		return;
	}
	stretch(&changes->ranges[MOST_RANGES - 1], start, last);
	changes->ranges[MOST_RANGES - 1].levels |= levels;
}

/* A split takes the contiguous bit from all of a run, of which the change covers a part. */
static uint64_t run_bytes(const struct changes *changes, enum pgtable_level level)
{
	const struct geometry *geo = changes->config.geo;

	if (!changes->config.splits)
		return 1;
	if (level == PGTABLE_LEVEL_PTE)
		return geo->cont_ptes * geometry_page_size(geo);
	if (level == PGTABLE_LEVEL_PMD)
		return geo->cont_pmds * geometry_size(geo, level);
	return 1;
}

static void changed(struct changes *changes, const struct lot *lot, uint64_t start, uint64_t last)
{
	uint64_t run = run_bytes(changes, lot->level);

	add(changes, lot, start & ~(run - 1), last | (run - 1));
}

/* 0: it is free, or its call has not begun to change anything. -EAGAIN: no two looks agree. */
static int look_at(const struct pwt_change_slot *slot, struct pwt_change_slot *seen)
{
	struct pwt_change_slot again = {};

	for (int i = 0; i < MOST_LOOKS; i++) {
		*seen = again;
		again.key = load(&slot->key);
		again.start = load(&slot->start);
		again.last = load(&slot->last);
		if (again.key <= PWT_CHANGE_BUSY)
			return 0;
		if (seen->key == again.key && seen->start == again.start &&
		    seen->last == again.last)
			return 1;
	}
	return -EAGAIN;
}

/* False: what is under way cannot be told. */
static bool under_way(struct changes *changes, const struct lot *lot, bool *any)
{
	const struct pwt_changes *log = changes->config.log;

	for (int i = 0; i < PWT_CHANGE_SLOTS; i++) {
		struct pwt_change_slot seen;
		int nr = look_at(&log->slots[i], &seen);

		if (nr < 0)
			return false;
		*any |= nr;
		if (nr)
			changed(changes, lot, seen.start, seen.last);
	}
	/* when that one ends is not seen: it may be any time */
	return !load(&log->without_slot);
}

/* One that is not there yet still has its slot, or began behind the lot. */
static void take(struct changes *changes, const struct lot *lot, uint64_t at)
{
	const struct pwt_change *change = &changes->config.log->log[at & (PWT_CHANGE_LOG - 1)];

	if (load(&change->nr) == at + 1)
		changed(changes, lot, load(&change->start), load(&change->last));
}

/*
 * What has ended since the lot was begun; those under way have to be looked at before. False: some
 * of it has been written over.
 */
static bool ended(struct changes *changes, const struct lot *lot, bool *any)
{
	const struct pwt_changes *log = changes->config.log;
	uint64_t head = load(&log->head);

	*any |= head != changes->head;
	if (head - changes->head <= PWT_CHANGE_LOG)
		for (uint64_t at = changes->head; at != head; at++)
			take(changes, lot, at);
	in_order();
	return load(&log->head) - changes->head <= PWT_CHANGE_LOG &&
	       load(&log->without_range) == changes->without_range;
}

/* Costs system calls. A call that is missed interrupts another one, which is seen. */
static bool none_missed(struct changes *changes)
{
	uint64_t before = changes->missed;

	if (changes->config.missed)
		changes->missed = changes->config.missed(changes->config.ctx);
	return changes->missed == before;
}

void changes_before(void *ctx)
{
	struct changes *changes = ctx;

	changes->head = load(&changes->config.log->head);
	changes->without_range = load(&changes->config.log->without_range);
	in_order();
}

void changes_behind(void *ctx, enum pgtable_level level, uint64_t start, uint64_t last)
{
	const struct lot lot = { level, start, last };
	struct changes *changes = ctx;
	bool any = false, known;

	in_order();
	known = under_way(changes, &lot, &any);
	known &= ended(changes, &lot, &any);
	if (any)
		known &= none_missed(changes);
	if (known)
		return;
	changes->unknown++;
	add(changes, &lot, start, last);
}

static void forget_before(struct changes *changes, uint64_t addr)
{
	for (size_t i = 0; i < changes->nr;)
		if (changes->ranges[i].last < addr)
			changes->ranges[i] = changes->ranges[--changes->nr];
		else
			i++;
}

/* Is @addr changed? Then *@last is the last address that is, as far as one range tells. */
static bool is_in_range(const struct changes *changes, enum pgtable_level level, uint64_t addr,
			uint64_t unit, uint64_t *last)
{
	for (size_t i = 0; i < changes->nr; i++) {
		const struct range *range = &changes->ranges[i];

		*last = range->last | (unit - 1);
		if ((range->levels >> level & 1) && addr >= (range->start & ~(unit - 1)) &&
		    addr <= *last)
			return true;
	}
	return false;
}

/* The first changed address behind @addr, @last + 1 if there is none up to @last. */
static uint64_t next_range(const struct changes *changes, enum pgtable_level level, uint64_t addr,
			   uint64_t unit, uint64_t last)
{
	uint64_t next = last + 1;

	for (size_t i = 0; i < changes->nr; i++) {
		uint64_t start = changes->ranges[i].start & ~(unit - 1);

		if ((changes->ranges[i].levels >> level & 1) && start > addr && start - 1 < last &&
		    start - 1 < next - 1)
			next = start;
	}
	return next;
}

uint64_t changes_extent(struct changes *changes, enum pgtable_level level, uint64_t start,
			uint64_t size, uint64_t unit, bool *is_changed)
{
	uint64_t last = start + size - 1, upto, more;

	forget_before(changes, start & ~(unit - 1));
	*is_changed = is_in_range(changes, level, start, unit, &upto);
	if (!*is_changed)
		return next_range(changes, level, start, unit, last) - start;
	while (upto < last && is_in_range(changes, level, upto + 1, unit, &more))
		upto = more;
	return (upto < last ? upto : last) - start + 1;
}

void changes_begin(struct changes *changes)
{
	changes->nr = 0;
	changes->unknown = 0;
}

uint64_t changes_unknown(const struct changes *changes)
{
	return changes->unknown;
}

int changes_new(struct changes **out, const struct changes_config *config)
{
	struct changes *changes = calloc(1, sizeof(*changes));

	if (!changes)
		return -ENOMEM;
	changes->config = *config;
	none_missed(changes); /* up to now */
	*out = changes;
	return 0;
}

void changes_free(struct changes *changes)
{
	free(changes);
}
