/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events in columns: of each kind and size the first words of all, then the second ones, each as
 * its difference from what was to be expected, so that a compressor finds little but zeros.
 */
#ifndef PWTRACE_COLUMNS_H
#define PWTRACE_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

/* Of a row of events, in bytes. */
#define COLUMNS_ROW_MAX (192U << 10)

struct columns;

/* Return: 0 or -ENOMEM. */
int columns_new(struct columns **out);
void columns_free(struct columns *columns);

/* Room for what columns_pack() makes of @nr events in a row of @raw bytes. */
size_t columns_bound(size_t raw, uint32_t nr);

/**
 * columns_pack() - put a row of events into columns
 * @row: each a size in two bytes and so many bytes; @nr of them, @raw bytes
 * @page_shift: of the kernel's pages
 * @out: with room for columns_bound()
 *
 * Return: bytes in @out; 0: they are too many kinds, or too long.
 */
size_t columns_pack(struct columns *columns, const char *row, size_t raw, uint32_t nr,
		    unsigned int page_shift, char *out);

/* The row again, @raw bytes of it. 0, or -EBADMSG: it is none. */
int columns_unpack(struct columns *columns, const char *in, size_t size, uint32_t nr, char *row,
		   size_t raw);

#endif
