/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc/kcore (fs/proc/kcore.c): the kernel's memory as an ELF core file. Its VMCOREINFO note tells
 * of the kernel's address space in lines of KEY=VALUE.
 */
#ifndef PWTRACE_KCORE_H
#define PWTRACE_KCORE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define VMCOREINFO_MAX (64 << 10)

/**
 * vmcoreinfo_read_elf() - find the note in an ELF core file
 * @path: /proc/kcore, or a core file
 * @out: its text, NUL-terminated; free() it
 *
 * Return: 0; -errno of opening or reading; -EBADMSG: not an ELF64 little endian file; -ENOENT: it
 * has no such note.
 */
int vmcoreinfo_read_elf(const char *path, char **out);

/*
 * The value of @key, for example "NUMBER(VA_BITS)". @base 0 takes decimal and 0x, 16 plain
 * hexadecimal as in SYMBOL(...) lines. Return: 0, or -ENOENT, or -EINVAL for a value that is none.
 */
int vmcoreinfo_number(const char *text, const char *key, int base, uint64_t *value);

/* The file kept open, for many reads. */
struct kcore;

/* Return: 0 or a negative errno. */
int kcore_open(struct kcore **out, const char *path);
void kcore_close(struct kcore *kcore);

/* As kcore_get(). What a read that fails leaves in @buf is not looked at. */
typedef int (*kcore_get_fn)(void *ctx, uint64_t addr, void *buf, size_t size);

/*
 * Kernel memory that something else has than an ELF file: what is asked of it @get answers. 0 or
 * -ENOMEM. @close: of @ctx; may be NULL.
 */
int kcore_wrap(struct kcore **out, kcore_get_fn get, void (*close)(void *ctx), void *ctx);

/* kcore_read() of it. */
int kcore_get(struct kcore *kcore, uint64_t addr, void *buf, size_t size);

/*
 * The same into several places: @nr @parts of memory that follow each other from @addr on. All of
 * it or nothing.
 */
int kcore_get_parts(struct kcore *kcore, uint64_t addr, const struct iovec *parts, size_t nr);

/**
 * kcore_read() - read kernel memory
 * @path: /proc/kcore
 * @addr: kernel virtual address
 * @buf: @size bytes, which lie in one segment
 *
 * Zeros may mean that the kernel could not read there itself.
 * Return: 0, -errno, or -ENOENT where no segment has the address.
 */
int kcore_read(const char *path, uint64_t addr, void *buf, size_t size);

#endif
