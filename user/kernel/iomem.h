/* SPDX-License-Identifier: GPL-2.0-only */
/* What lies where in physical address space. */
#ifndef PWTRACE_IOMEM_H
#define PWTRACE_IOMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * iomem_image() - where the kernel's image lies
 * @path: /proc/iomem, or a file of that format
 * @start: physical address of the first byte of its code
 * @end: and behind the last of its data
 *
 * Return: 0; -errno of reading; -ENOENT: it does not say, or shows no addresses.
 */
int iomem_image(const char *path, uint64_t *start, uint64_t *end);

/*
 * Pieces of "System RAM", by address, as far as @path shows them; those that touch are one. Return:
 * how many there are, which may be more than @room.
 */
struct iomem_range {
	uint64_t start, size;
};

size_t iomem_ram(const char *path, struct iomem_range *ranges, size_t room);

/*
 * The innermost resource of /proc/iomem that @pa is in: "System RAM", "Kernel code". False: it is
 * in none. @ram: it is memory.
 */
bool iomem_name(uint64_t pa, char *buf, size_t size, bool *ram);

#endif
