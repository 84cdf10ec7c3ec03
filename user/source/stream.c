// SPDX-License-Identifier: GPL-2.0-only
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "geometry/descriptor.h"

#define MOST_TABLES 512

/* Tables of one level that follow each other in one table above. */
struct batch {
	size_t nr;
	size_t at; /* the one that the walk is in */
	uint64_t pa[MOST_TABLES];
	uint64_t va[MOST_TABLES];    /* where what it maps begins */
	uint16_t index[MOST_TABLES]; /* of its descriptor in the table above */
	uint8_t marks[MOST_TABLES];
	const char *pages;
	char *own; /* of upper levels, which outlive the next read */
	size_t room;
};

struct stream {
	struct pagewalk_memory memory; /* first: what find() gets */
	struct source *source;
	const struct geometry *geo;
	uint64_t root, base, end;
	size_t page_size;
	struct batch batch[PGTABLE_NR_LEVELS];
	uint64_t wanted[MOST_TABLES + PGTABLE_NR_LEVELS];
	uint8_t states[MOST_TABLES + PGTABLE_NR_LEVELS];
	struct stream_stats stats;
	stream_table_fn table; /* may be NULL */
	void *table_ctx;
	struct stream_watch watch;
	int error;
};

/*
 * The root of a process may be smaller than a page, and lie inside one. It does not lie across its
 * end, whatever a file says.
 */
static size_t offset_of(const struct stream *stream, enum pgtable_level level)
{
	enum pgtable_level top = geometry_top(stream->geo);
	size_t size = geometry_entries(stream->geo, top) * sizeof(uint64_t);
	size_t offset = stream->root & (stream->page_size - 1);

	return level == top && !(offset % sizeof(uint64_t)) && offset + size <= stream->page_size ?
		       offset :
		       0;
}

static const uint64_t *current(const struct stream *stream, enum pgtable_level level)
{
	const struct batch *batch = &stream->batch[level];

	return (const uint64_t *)(batch->pages + batch->at * stream->page_size +
				  offset_of(stream, level));
}

static void leave_below(struct stream *stream, enum pgtable_level level)
{
	for (int below = 0; below < (int)level; below++)
		stream->batch[below].nr = 0;
}

static int keep(struct stream *stream, struct batch *batch, const char *pages)
{
	size_t size = batch->nr * stream->page_size;

	if (size > batch->room) {
		char *more = realloc(batch->own, size);

		if (!more)
			return -ENOMEM;
		batch->own = more;
		batch->room = size;
	}
	memcpy(batch->own, pages, size);
	batch->pages = batch->own;
	return 0;
}

/* The tables that are pointed to by the current one above, from entry @from on. */
static void choose(struct stream *stream, enum pgtable_level level, unsigned int from)
{
	const struct batch *above = &stream->batch[level + 1];
	const uint64_t *entries = current(stream, level + 1);
	unsigned int nr = geometry_entries(stream->geo, level + 1);
	uint64_t size = geometry_size(stream->geo, level + 1);
	struct batch *batch = &stream->batch[level];
	size_t most = stream->source->most - PGTABLE_NR_LEVELS;

	batch->nr = batch->at = 0;
	for (unsigned int i = from; i < nr && batch->nr < most && batch->nr < MOST_TABLES; i++) {
		uint64_t va = above->va[above->at] + i * size;

		if (!desc_table(entries[i], level + 1))
			continue;
		if (batch->nr && stream->end && va >= stream->end)
			break;
		batch->pa[batch->nr] = desc_address(stream->geo, entries[i]);
		batch->va[batch->nr] = va;
		batch->index[batch->nr] = i;
		batch->marks[batch->nr++] = 0;
	}
}

static void choose_root(struct stream *stream)
{
	struct batch *batch = &stream->batch[geometry_top(stream->geo)];

	batch->nr = 1;
	batch->at = 0;
	batch->pa[0] = stream->root & ~(stream->page_size - 1);
	batch->va[0] = stream->base;
	batch->marks[0] = 0;
}

static void mark_all(struct batch *batch, uint8_t mark)
{
	for (size_t i = 0; i < batch->nr; i++)
		batch->marks[i] |= mark;
}

/*
 * Are the descriptors that led here still the same? @now: the tables above, from the one right
 * above on, as they were read behind the batch.
 */
static void look_for_tears(struct stream *stream, enum pgtable_level level, const char *now)
{
	struct batch *batch = &stream->batch[level];

	for (int above = level + 1; above <= (int)geometry_top(stream->geo); above++) {
		const uint64_t *before = current(stream, above);
		const uint64_t *after = (const void *)(now + offset_of(stream, above));

		if (above == (int)level + 1) {
			for (size_t i = 0; i < batch->nr; i++)
				if (before[batch->index[i]] != after[batch->index[i]])
					batch->marks[i] |= STREAM_TORN;
		} else {
			const struct batch *below = &stream->batch[above - 1];
			unsigned int index = below->index[below->at];

			if (before[index] != after[index])
				mark_all(batch, STREAM_TORN);
		}
		now += stream->page_size;
	}
}

static void count(struct stream *stream, const struct batch *batch)
{
	stream->stats.reads++;
	stream->stats.pages += batch->nr;
	for (size_t i = 0; i < batch->nr; i++) {
		stream->stats.torn += !!(batch->marks[i] & STREAM_TORN);
		stream->stats.unreadable += !!(batch->marks[i] & STREAM_UNREADABLE);
	}
}

static void tell(struct stream *stream, enum pgtable_level level, const char *pages)
{
	const struct batch *batch = &stream->batch[level];

	for (size_t i = 0; i < batch->nr && stream->table; i++)
		stream->table(stream->table_ctx, level, batch->va[i], batch->pa[i],
			      pages + i * stream->page_size, batch->marks[i]);
}

static uint8_t mark_of(enum page_state state)
{
	switch (state) {
	case PAGE_READ:
		return 0;
	case PAGE_TORN:
		return STREAM_TORN;
	default:
		return STREAM_UNREADABLE;
	}
}

static int read_watched(struct stream *stream, enum pgtable_level level, size_t nr,
			const void **pages)
{
	const struct stream_watch *watch = &stream->watch;
	const struct batch *batch = &stream->batch[level];
	uint64_t table = geometry_entries(stream->geo, level) * geometry_size(stream->geo, level);
	int err;

	if (watch->before)
		watch->before(watch->ctx);
	err = source_read(stream->source, stream->wanted, nr, pages, stream->states);
	if (!err && watch->behind)
		watch->behind(watch->ctx, level, batch->va[0],
			      batch->va[batch->nr - 1] + table - 1);
	return err;
}

/* Read what was chosen, and the tables above behind it. */
static int load(struct stream *stream, enum pgtable_level level)
{
	struct batch *batch = &stream->batch[level];
	size_t nr = batch->nr;
	const void *pages;
	int err;

	memcpy(stream->wanted, batch->pa, nr * sizeof(*batch->pa));
	for (int above = level + 1; above <= (int)geometry_top(stream->geo); above++)
		stream->wanted[nr++] = stream->batch[above].pa[stream->batch[above].at];
	err = read_watched(stream, level, nr, &pages);
	leave_below(stream, level);
	if (!err && level)
		err = keep(stream, batch, pages);
	if (err) {
		batch->nr = 0;
		stream->error = err;
		return err;
	}
	if (!level)
		batch->pages = pages;
	for (size_t i = 0; i < batch->nr; i++)
		batch->marks[i] |= mark_of(stream->states[i]);
	look_for_tears(stream, level, (const char *)pages + batch->nr * stream->page_size);
	count(stream, batch);
	tell(stream, level, pages);
	return 0;
}

/* Among those read: the one that the walk is in, or one behind it. */
static bool go_on(struct stream *stream, enum pgtable_level level, uint64_t pa)
{
	struct batch *batch = &stream->batch[level];

	for (size_t i = batch->at; i < batch->nr; i++) {
		if (batch->pa[i] != pa)
			continue;
		if (i != batch->at)
			leave_below(stream, level);
		batch->at = i;
		return true;
	}
	return false;
}

/* The entry of the current table of @level that points to @pa, -1: none. */
static int entry_to(const struct stream *stream, enum pgtable_level level, uint64_t pa)
{
	const struct batch *below = &stream->batch[level - 1];
	unsigned int nr = geometry_entries(stream->geo, level);
	unsigned int from = below->nr ? below->index[below->at] : 0;
	const uint64_t *entries = current(stream, level);

	for (unsigned int n = 0; n < nr; n++) {
		unsigned int i = (from + n) % nr;

		if (desc_table(entries[i], level) && desc_address(stream->geo, entries[i]) == pa)
			return i;
	}
	return -1;
}

static bool fetch(struct stream *stream, uint64_t pa, enum pgtable_level *level)
{
	const enum pgtable_level top = geometry_top(stream->geo);

	for (*level = 0; *level <= top; ++*level)
		if (go_on(stream, *level, pa))
			return true;
	for (*level = 0; *level < top; ++*level) {
		int entry = stream->batch[*level + 1].nr ? entry_to(stream, *level + 1, pa) : -1;

		if (entry < 0)
			continue;
		choose(stream, *level, entry);
		return !load(stream, *level);
	}
	if (pa != (stream->root & ~(stream->page_size - 1)))
		return false;
	choose_root(stream);
	return !load(stream, top);
}

static bool find(struct pagewalk_memory *memory, uint64_t pa, struct pagewalk_window *window)
{
	struct stream *stream = (struct stream *)memory;
	uint64_t page = pa & ~(stream->page_size - 1);
	const struct batch *batch;
	enum pgtable_level level;

	if (!fetch(stream, page, &level))
		return false;
	batch = &stream->batch[level];
	*window = (struct pagewalk_window){
		.pa = page,
		.size = stream->page_size,
		.entries = (uint64_t *)(batch->pages + batch->at * stream->page_size),
	};
	return true;
}

int stream_open(struct stream **out, struct source *source, const struct geometry *geo,
		uint64_t root, uint64_t base)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return -ENOMEM;
	stream->memory.find = find;
	stream->source = source;
	stream->geo = geo;
	stream->page_size = geometry_page_size(geo);
	stream->root = root;
	stream->base = base;
	*out = stream;
	return 0;
}

void stream_close(struct stream *stream)
{
	if (!stream)
		return;
	for (int level = 0; level < PGTABLE_NR_LEVELS; level++)
		free(stream->batch[level].own);
	free(stream);
}

void stream_watch(struct stream *stream, const struct stream_watch *watch)
{
	stream->watch = *watch;
}

void stream_begin(struct stream *stream, uint64_t end)
{
	stream->end = end;
	stream->stats = (struct stream_stats){};
	stream->error = 0;
	for (int level = 0; level < PGTABLE_NR_LEVELS; level++)
		stream->batch[level].nr = 0;
}

void stream_tell(struct stream *stream, stream_table_fn table, void *ctx)
{
	stream->table = table;
	stream->table_ctx = ctx;
}

struct pagewalk_memory *stream_memory(struct stream *stream)
{
	return &stream->memory;
}

unsigned int stream_marks(const struct stream *stream, enum pgtable_level level)
{
	unsigned int marks = 0;

	for (; level <= geometry_top(stream->geo); level++)
		if (stream->batch[level].nr)
			marks |= stream->batch[level].marks[stream->batch[level].at];
	return marks;
}

const struct stream_stats *stream_stats(const struct stream *stream)
{
	return &stream->stats;
}

int stream_error(const struct stream *stream)
{
	return stream->error;
}
