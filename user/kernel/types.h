/* SPDX-License-Identifier: GPL-2.0-only */
/* Where members lie in the structs of the running kernel, from its BTF. */
#ifndef PWTRACE_TYPES_H
#define PWTRACE_TYPES_H

#include <stddef.h>
#include <stdint.h>

struct types;

/* @path: a file of BTF, NULL for /sys/kernel/btf/vmlinux. Return: 0 or a negative errno. */
int types_open(struct types **out, const char *path);
/* @data: BTF, which is copied. */
int types_open_data(struct types **out, const void *data, size_t size);
void types_close(struct types *types);

/* A member's place in a struct. */
struct member {
	uint32_t offset; /* bytes */
	uint32_t size;
};

/*
 * The member of struct @name at @path, "busy.root.rb_node"; members of unnamed structs and unions
 * are found by their own name. Return: 0, or -ENOENT: there is no such, or it is a bit field.
 */
int types_member(const struct types *types, const char *name, const char *path,
		 struct member *member);

/* sizeof(struct @name), 0: no such. */
uint32_t types_size(const struct types *types, const char *name);

/* The value of one of enum @name. Return: 0, or -ENOENT: there is no such. */
int types_enumerator(const struct types *types, const char *name, const char *enumerator,
		     uint64_t *value);

#endif
