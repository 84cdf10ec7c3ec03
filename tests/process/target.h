/* SPDX-License-Identifier: GPL-2.0-only */
/* A process to look at, and what the kernel's own files say of it. */
#ifndef PROCESS_TARGET_H
#define PROCESS_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* An entry of /proc/PID/pagemap. */
#define PAGEMAP_PRESENT (1ULL << 63)
#define PAGEMAP_SWAP	(1ULL << 62)
#define PAGEMAP_FRAME	((1ULL << 55) - 1)

/* @nr entries from the page at @addr on. False: they cannot be read. */
bool pagemap_read(int fd, uint64_t addr, uint64_t *entries, unsigned long nr);

/* Does every page of a process have in /proc/PID/pagemap what a dump of its entries says? */
int check_dump(pid_t pid, const char *path);

/* What pagemap and /proc/kpageflags have of addresses. */
int print_pages(pid_t pid, char **addresses, int nr);

#endif
