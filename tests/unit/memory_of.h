/* SPDX-License-Identifier: GPL-2.0-only */
/* Made-up tables, as a walk of the library's and as a source read them. */
#ifndef PWTRACE_TEST_MEMORY_OF_H
#define PWTRACE_TEST_MEMORY_OF_H

#include "source/source.h"
#include "tables.h"

struct memory_of {
	struct pagewalk_memory memory; /* first */
	const struct tables *tables;
};

void memory_of(struct memory_of *memory, const struct tables *tables);

/* Whole pages, zeros behind a table that is smaller. */
struct source_of {
	struct source source; /* first */
	const struct tables *tables;
	uint64_t unreadable; /* this page is */
	/* Called before page @nr of a read is read, all reads counted; may be NULL. */
	void (*before)(void *ctx, unsigned int nr);
	void *ctx;
	unsigned int nr; /* pages read */
	char *pages;
};

void source_of(struct source_of *source, const struct tables *tables);
void source_of_release(struct source_of *source);

#endif
