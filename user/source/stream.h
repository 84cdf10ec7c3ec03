/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables as a page walk goes through them: read when the walk comes to them, those that follow in
 * the same table along with them, and forgotten when it has gone on. Memory is bounded by the
 * levels, not by what is mapped. No lock of the kernel's is held; what changes meanwhile is found
 * out and marked: behind each lot of tables the ones above are read again.
 */
#ifndef PWTRACE_STREAM_H
#define PWTRACE_STREAM_H

#include "pwtrace/pagewalk.h"
#include "source/source.h"

/* What is wrong with a range. Bits. */
enum stream_mark {
	STREAM_TORN = 1 << 0,	    /* a table above changed while those below were read */
	STREAM_UNREADABLE = 1 << 1, /* the kernel cannot read a table: it reads as empty */
	STREAM_CHANGED = 1 << 2,    /* hooks saw it being changed while it was read */
	STREAM_NO_ADDRESS = 1 << 3, /* there is no table: output addresses are not known */
};

struct stream;

/**
 * stream_open() - a memory for walks that go forward
 * @source: has to stay
 * @root: physical address of the table that they start at
 * @base: virtual address of its first entry
 *
 * Return: 0 or -ENOMEM.
 */
int stream_open(struct stream **out, struct source *source, const struct geometry *geo,
		uint64_t root, uint64_t base);
void stream_close(struct stream *stream);

/* Who wants to know when tables are read, a lot in one go. */
struct stream_watch {
	void (*before)(void *ctx);
	/* They are tables of @level, and map something from @start to @last. */
	void (*behind)(void *ctx, enum pgtable_level level, uint64_t start, uint64_t last);
	void *ctx;
};

void stream_watch(struct stream *stream, const struct stream_watch *watch);

/*
 * Begin a walk that ends at @end: nothing is kept, and no table is read that lies behind it.
 * 0: the end of the address space.
 */
void stream_begin(struct stream *stream, uint64_t end);

/*
 * Called with each table that is read, whether the walk comes to it or not. @page is there until it
 * returns; @marks: enum stream_mark.
 */
typedef void (*stream_table_fn)(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa,
				const void *page, unsigned int marks);
void stream_tell(struct stream *stream, stream_table_fn table, void *ctx);

/* For a walk that goes forward; what it has left is gone. */
struct pagewalk_memory *stream_memory(struct stream *stream);

/* The marks of the tables that the walk is in, from that of @level up. */
unsigned int stream_marks(const struct stream *stream, enum pgtable_level level);

struct stream_stats {
	uint64_t pages; /* tables read, those read again not among them */
	uint64_t reads; /* calls of the source */
	uint64_t torn, unreadable;
};

const struct stream_stats *stream_stats(const struct stream *stream);

/* The error of the last read that failed, 0: none did. */
int stream_error(const struct stream *stream);

#endif
