/* SPDX-License-Identifier: GPL-2.0-only */
/* What lies where in physical address space. */
#ifndef PWTRACE_IOMEM_H
#define PWTRACE_IOMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The innermost resource of /proc/iomem that @pa is in: "System RAM", "Kernel code". False: it is
 * in none. @ram: it is memory.
 */
bool iomem_name(uint64_t pa, char *buf, size_t size, bool *ram);

#endif
