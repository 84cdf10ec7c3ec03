/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Struct pages of the running kernel, read from /proc/kcore without a lock: what the kernel uses
 * memory for, as far as it matters to who took it out of the linear map.
 */
#ifndef PWTRACE_PAGES_H
#define PWTRACE_PAGES_H

#include "kernel/kcore.h"
#include "kernel/kernel.h"
#include "kernel/types.h"

enum page_use {
	PAGE_USED, /* by anything else */
	PAGE_FREE,
	PAGE_SECRET, /* of memfd_secret(): its mapping has secretmem_aops */
};

struct pages;

/**
 * pages_open() - find out what struct pages look like
 * @kcore: has to stay, as @kernel has
 * @types: of that kernel
 *
 * Return: 0 or a negative errno with @why filled in.
 */
int pages_open(struct pages **out, const struct kernel *kernel, struct kcore *kcore,
	       const struct types *types, struct problem *why);
void pages_close(struct pages *pages);

/* Of the page at physical address @pa. 0, or an error of reading: it has no struct page. */
int pages_use(struct pages *pages, uint64_t pa, enum page_use *use);

#endif
