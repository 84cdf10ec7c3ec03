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
void kallsyms_free(struct kallsyms *syms);

/* The address of @name, 0 if there is none. Of several copies the first in the file. */
uint64_t kallsyms_find(const struct kallsyms *syms, const char *name);

/* The symbol that @addr lies in and its distance from it; NULL below the first. */
const char *kallsyms_name(const struct kallsyms *syms, uint64_t addr, uint64_t *offset);

/* The address of the first symbol above @addr, 0 if there is none. */
uint64_t kallsyms_next(const struct kallsyms *syms, uint64_t addr);

size_t kallsyms_count(const struct kallsyms *syms);

#endif
