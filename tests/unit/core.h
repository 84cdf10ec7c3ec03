/* SPDX-License-Identifier: GPL-2.0-only */
/* Files made up for a test: ELF cores, and files without a name. */
#ifndef PWTRACE_TEST_CORE_H
#define PWTRACE_TEST_CORE_H

#include <stddef.h>
#include <stdint.h>

#include "tables.h"

struct core_piece {
	uint64_t pa, va, size;
	const void *data;
};

#define CORE_PIECES (TABLES_MAX + 16)

struct core_file {
	uint8_t *data;
	size_t size;
};

/* What it is made of. */
struct core_parts {
	struct core_piece pieces[CORE_PIECES];
	unsigned int nr;
	const char *note; /* VMCOREINFO; NULL: none */
	unsigned int other_notes;
	bool many;	     /* the number of headers is told by a section header */
	unsigned int skewed; /* bytes that the memory is off a page in the file */
};

void core_build(struct core_file *file, const struct core_parts *parts);
void core_release(struct core_file *file);

/* The pages of @tables, whole ones. */
void core_add_tables(struct core_parts *parts, const struct tables *tables);

/* Padded with zeros; they are of the test, which ends with them. */
void *core_page(const void *data, size_t size, size_t page);

/* VMCOREINFO of a kernel with these tables, whose topmost lies in the image. */
#define CORE_ROOT_VA 0xffff800082a10000ULL
char *core_info(const struct tables *tables, const char *release);

/* A path of what has @size bytes of @data, until the test ends. */
const char *path_of(const void *data, size_t size);

#endif
