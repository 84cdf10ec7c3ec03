/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running kernel's translation tables, read from /proc/kcore by physical address through the
 * linear map, a page at a time. No lock of the kernel is held: what changes meanwhile is seen in
 * part.
 */
#ifndef PWTRACE_TABLES_H
#define PWTRACE_TABLES_H

#include "image/image.h"
#include "kernel/kcore.h"
#include "kernel/kernel.h"

struct tables;

/* Return: 0 or a negative errno. @kernel and @kcore have to stay. */
int tables_open(struct tables **out, const struct kernel *kernel, struct kcore *kcore);
void tables_close(struct tables *tables);

/* What a page walk asks. A table page is read once, and kept. */
struct pagewalk_memory *tables_memory(struct tables *tables);

/* Forget what was read, to read it again. Return: 0 or -ENOMEM, and nothing is forgotten. */
int tables_forget(struct tables *tables);

/*
 * Table pages that read as zeros only: /proc/kcore gives zeros, too, where the kernel could not
 * read. Zero if every page had an entry.
 */
unsigned int tables_blank(const struct tables *tables);

/*
 * The entry that the walk of @addr ends at and its level, as image_lookup() does. 0; -ENODATA: a
 * table cannot be read.
 */
int tables_lookup(struct tables *tables, uint64_t addr, enum pgtable_level *level, uint64_t *entry);

#endif
