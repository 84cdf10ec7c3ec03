/* SPDX-License-Identifier: GPL-2.0-only */
/* The running kernel's symbols, from /proc/kallsyms. */
#ifndef PWTRACE_KALLSYMS_H
#define PWTRACE_KALLSYMS_H

#include <stddef.h>
#include <stdint.h>

struct kallsyms;

/**
 * kallsyms_load() - read a symbol table
 * @out: the table; kallsyms_free() it
 * @path: /proc/kallsyms, or a file of that format
 *
 * Return: 0; -EPERM where the addresses are all zero (kptr_restrict); -errno of reading the file;
 * -EINVAL where it holds no symbol.
 */
int kallsyms_load(struct kallsyms **out, const char *path);

/*
 * A table that is made of pieces of such text: kallsyms_add() as often as there are any, and
 * kallsyms_finish() before anything is looked for. In a line without a name a symbol ends that has
 * no neighbour here. -EINVAL: that is no such text; -E2BIG: it is out of proportion; -ENOMEM.
 */
int kallsyms_new(struct kallsyms **out);
int kallsyms_add(struct kallsyms *syms, const char *text, size_t size);
void kallsyms_finish(struct kallsyms *syms);

/* Add those of @more, and finish. 0 or -ENOMEM. */
int kallsyms_join(struct kallsyms *syms, const struct kallsyms *more);

void kallsyms_free(struct kallsyms *syms);

/* The address of @name, 0 if there is none. Of several copies the first in the file. */
uint64_t kallsyms_find(const struct kallsyms *syms, const char *name);

/* The symbol that @addr lies in and its distance from it; NULL below the first. */
const char *kallsyms_name(const struct kallsyms *syms, uint64_t addr, uint64_t *offset);

/* The address of the first symbol above @addr, 0 if there is none. */
uint64_t kallsyms_next(const struct kallsyms *syms, uint64_t addr);

/* The address of the first symbol at @addr or above that has a name, 0 if there is none. */
uint64_t kallsyms_first(const struct kallsyms *syms, uint64_t addr);

/* Add @offset to each address of the kernel's half. */
void kallsyms_move(struct kallsyms *syms, uint64_t offset);

/* Call @each for every symbol, by address. */
void kallsyms_each(const struct kallsyms *syms,
		   void (*each)(void *ctx, uint64_t addr, const char *name), void *ctx);

size_t kallsyms_count(const struct kallsyms *syms);

#endif
