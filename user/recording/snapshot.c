// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dump/leaves.h"

/* Asked for at once: as many as a table has entries, and those above. */
#define MOST_PAGES 520
/* Tables of a terabyte that is mapped by pages; a file that has more is not believed. */
#define MOST_TABLES (1U << 20)

int snapshot_begin(struct snapshot_writer *writer, struct pwt_snapshot *snapshot)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snapshot->time = ts.tv_sec * 1000000000ULL + ts.tv_nsec;
	return recorder_add(writer->recorder, PWT_REC_SNAPSHOT, snapshot, sizeof(*snapshot));
}

void snapshot_table(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa,
		    const void *page, unsigned int marks)
{
	struct snapshot_writer *writer = ctx;
	struct pwt_table table = {
		.pa = pa,
		.addr = addr,
		.level = level,
		.size = writer->page_size,
	};

	if (marks & STREAM_TORN)
		table.marks |= PWT_TABLE_TORN;
	if (marks & STREAM_UNREADABLE)
		table.marks |= PWT_TABLE_UNREADABLE;
	recorder_add2(writer->recorder, PWT_REC_TABLE, &table, sizeof(table), page,
		      writer->page_size);
}

/* Where a table is in the file. */
struct place {
	uint64_t pa, chunk;
	uint32_t position;
	uint32_t order; /* in the file */
	uint8_t marks;
};

struct by_file {
	struct source source; /* first */
	struct recording *recording;
	size_t page_size;
	struct place *places; /* by pa */
	size_t nr, room;
	uint64_t reads;
	char *pages;
};

/*
 * A walk comes to a table as often as it is pointed to, and it takes a few pages of them to make
 * that more often than anybody can wait for.
 */
static bool too_often(struct by_file *by, size_t nr)
{
	by->reads += nr;
	return by->reads > 16 * by->nr + (4U << 20);
}

static int by_pa(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->pa != y->pa)
		return x->pa < y->pa ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* The first at @pa or behind, by->nr: none. */
static size_t first_from(const struct by_file *by, uint64_t pa)
{
	size_t low = 0, high = by->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by->places[mid].pa < pa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const struct place *find(const struct by_file *by, uint64_t pa)
{
	size_t at = first_from(by, pa);

	return at < by->nr && by->places[at].pa == pa ? &by->places[at] : NULL;
}

bool snapshot_next(const struct source *source, uint64_t *pa, bool *readable)
{
	const struct by_file *by = (const struct by_file *)source;
	size_t at = first_from(by, *pa);

	if (at == by->nr)
		return false;
	*pa = by->places[at].pa;
	*readable = !(by->places[at].marks & PWT_TABLE_UNREADABLE);
	return true;
}

/* 0, or -errno of reading the file. */
static int read_page(struct by_file *by, uint64_t pa, char *page, uint8_t *state)
{
	const struct place *place = find(by, pa);
	struct recorded record;
	int err;

	*state = PAGE_ABSENT;
	memset(page, 0, by->page_size);
	if (!place)
		return 0;
	err = recording_at(by->recording, place->chunk, place->position, &record);
	if (err)
		return err == -EBADMSG || err == -ENODATA ? 0 : err;
	if (record.size != sizeof(struct pwt_table) + by->page_size)
		return 0;
	memcpy(page, (const char *)record.data + sizeof(struct pwt_table), by->page_size);
	*state = place->marks & PWT_TABLE_UNREADABLE ? PAGE_UNREADABLE :
		 place->marks & PWT_TABLE_TORN	     ? PAGE_TORN :
						       PAGE_READ;
	return 0;
}

static int read_pages(struct source *source, const uint64_t *pa, size_t nr, const void **pages,
		      uint8_t *states)
{
	struct by_file *by = (struct by_file *)source;
	int err = 0;

	*pages = by->pages;
	if (too_often(by, nr))
		return -ELOOP;
	for (size_t i = 0; i < nr && !err; i++)
		err = read_page(by, pa[i], by->pages + i * by->page_size, &states[i]);
	return err;
}

static void close_file(struct source *source)
{
	struct by_file *by = (struct by_file *)source;

	free(by->places);
	free(by->pages);
	free(by);
}

static int note_table(struct by_file *by, const struct recorded *record)
{
	struct pwt_table table;

	if (record->size != sizeof(table) + by->page_size || by->nr == MOST_TABLES)
		return 0;
	if (by->nr == by->room) {
		size_t room = by->room ? by->room * 2 : 1024;
		struct place *more = realloc(by->places, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		by->places = more;
		by->room = room;
	}
	memcpy(&table, record->data, sizeof(table));
	by->places[by->nr] = (struct place){
		.pa = table.pa,
		.chunk = record->chunk,
		.position = record->position,
		.order = by->nr,
		.marks = table.marks,
	};
	by->nr++;
	return 0;
}

/* Find the snapshot and note where its tables are. */
static int look_through(struct by_file *by, unsigned int number, struct pwt_snapshot *snapshot,
			struct problem *why)
{
	unsigned int snapshots = 0;
	struct recorded record;
	int err = 0, more;

	recording_begin(by->recording, 1ULL << PWT_REC_SNAPSHOT | 1ULL << PWT_REC_TABLE);
	while (!err && (more = recording_next(by->recording, &record)) > 0) {
		if (record.type == PWT_REC_SNAPSHOT && record.size >= sizeof(*snapshot)) {
			bool last = number == SNAPSHOT_LAST;

			if (last || snapshots == number)
				memcpy(snapshot, record.data, sizeof(*snapshot));
			by->nr = last ? 0 : by->nr;
			snapshots++;
		} else if (record.type == PWT_REC_TABLE && snapshots &&
			   (number == SNAPSHOT_LAST || snapshots == number + 1))
			err = note_table(by, &record);
	}
	if (!err && more < 0)
		err = more;
	if (err)
		return problem(why, err, "cannot read the recording: %s", strerror(-err));
	if (!snapshots || (number != SNAPSHOT_LAST && snapshots <= number))
		return problem(why, -ENOENT,
			       "the recording has %u snapshots of tables: it takes one that dump -o "
			       "or record --snapshot made",
			       snapshots);
	return 0;
}

int snapshot_open(struct source **out, struct recording *recording, const struct geometry *geo,
		  unsigned int number, struct pwt_snapshot *snapshot, struct problem *why)
{
	struct by_file *by = calloc(1, sizeof(*by));
	int err;

	if (!by)
		return problem(why, -ENOMEM, "out of memory");
	by->source = (struct source){
		.name = "file",
		.most = MOST_PAGES,
		.read = read_pages,
		.close = close_file,
	};
	by->recording = recording;
	by->page_size = geometry_page_size(geo);
	by->pages = malloc(MOST_PAGES * by->page_size);
	err = by->pages ? look_through(by, number, snapshot, why) :
			  problem(why, -ENOMEM, "out of memory");
	if (err) {
		close_file(&by->source);
		return err;
	}
	if (by->nr)
		qsort(by->places, by->nr, sizeof(*by->places), by_pa);
	*out = &by->source;
	return 0;
}
