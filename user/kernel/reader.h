/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Structs of the kernel, read from /proc/kcore or from a dump by the members that BTF tells of.
 * Nothing is locked: what is read may be gone already, so every pointer is looked at before it is
 * followed.
 */
#ifndef PWTRACE_READER_H
#define PWTRACE_READER_H

#include "kernel/kcore.h"
#include "kernel/kernel.h"
#include "kernel/types.h"

struct reader {
	const struct kernel *kernel;
	struct kcore *kcore;
	struct types *types;
	bool borrowed; /* kcore is the kernel's */
};

/**
 * reader_open() - open /proc/kcore, or take kernel->memory, and the kernel's BTF
 * @reader: reader_close() it, after a failure too
 * @kernel: has to stay
 *
 * Return: 0 or a negative errno with @why filled in.
 */
int reader_open(struct reader *reader, const struct kernel *kernel, struct problem *why);
void reader_close(struct reader *reader);

/* A member of a struct, by which it is asked for. */
struct wanted {
	const char *type, *path;
	bool optional; /* size 0 where the kernel has not got it */
};

/* Find @nr members. 0, or -ENOENT with @why filled in: one that is not optional is missing. */
int reader_members(const struct reader *reader, const struct wanted *wanted, size_t nr,
		   struct member *members, struct problem *why);

/* Could a struct of the kernel's be there? Aligned to eight bytes, in the kernel's half. */
bool reader_pointer(const struct reader *reader, uint64_t addr);

/* @size bytes at @addr. 0, -EFAULT: nothing can be there, or an error of reading. */
int reader_get(const struct reader *reader, uint64_t addr, void *buf, size_t size);

/* A member of up to eight bytes of the struct at @addr. As reader_get(). */
int reader_field(const struct reader *reader, uint64_t addr, const struct member *member,
		 uint64_t *value);

/* A member of a struct that was read to @buf, where byte @from of it lies. */
uint64_t reader_value(const void *buf, uint32_t from, const struct member *member);

/* A string of at most @size - 1 printable characters. 0, or -EFAULT: it is none. */
int reader_string(const struct reader *reader, uint64_t addr, char *buf, size_t size);

#endif
