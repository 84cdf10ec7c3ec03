/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where table pages are read from: the running kernel, in one of two ways, or a file. They are
 * asked for by physical address, many at a time.
 */
#ifndef PWTRACE_SOURCE_H
#define PWTRACE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "kernel/kernel.h"

/* How a page was read. */
enum page_state {
	PAGE_READ,
	PAGE_UNREADABLE, /* the kernel cannot read it itself; it reads as zeros */
	PAGE_ABSENT,	 /* a file has not got it */
	PAGE_TORN,	 /* it was read while one above it changed, when the file was made */
};

/* Tables above the others, by which tears are found. */
#define SOURCE_LAST (PGTABLE_NR_LEVELS - 1)

/*
 * What one call of the running kernel reads at most: 64 tables of 4K with those above. Each page of
 * what they are read into has to be mapped once, which costs as much as reading it.
 */
#define SOURCE_MOST (64 + PGTABLE_NR_LEVELS)

struct source {
	const char *name; /* of the way, as --source takes it */
	size_t most;	  /* pages that read() takes at once */
	uint64_t ns;	  /* that it took, all in all */
	/*
	 * Read the pages at @pa[0] to @pa[nr - 1]. *@pages is set to where they lie, one behind the
	 * other, until the next call. The last SOURCE_LAST are read in order, behind all others. 0
	 * or a negative errno.
	 */
	int (*read)(struct source *source, const uint64_t *pa, size_t nr, const void **pages,
		    uint8_t *states);
	void (*close)(struct source *source);
};

static inline size_t source_most(size_t page_size)
{
	return page_size == 4096 ? SOURCE_MOST : SOURCE_MOST / 2;
}

/* source->read(), timed. */
static inline int source_read(struct source *source, const uint64_t *pa, size_t nr,
			      const void **pages, uint8_t *states)
{
	uint64_t from = clock_ns();
	int err = source->read(source, pa, nr, pages, states);

	source->ns += clock_ns() - from;
	return err;
}

enum source_kind { SOURCE_AUTO, SOURCE_BPF, SOURCE_KCORE };

/**
 * source_open() - read the running kernel's tables
 * @kind: SOURCE_AUTO: by BPF, and if that cannot be, by /proc/kcore
 * @kernel: has to stay
 * @why: filled in on failure
 *
 * Return: 0 or a negative errno.
 */
int source_open(struct source **out, enum source_kind kind, const struct kernel *kernel,
		struct problem *why);

int source_open_bpf(struct source **out, const struct kernel *kernel, struct problem *why);
int source_open_kcore(struct source **out, const struct kernel *kernel, struct problem *why);

static inline void source_close(struct source *source)
{
	if (source)
		source->close(source);
}

/* The kind of that name, -1: none. */
int source_find(const char *name);

#endif
