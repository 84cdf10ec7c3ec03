/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Struct pages of the running kernel, read from /proc/kcore without a lock: what the kernel uses
 * memory for, as far as it matters to who took it out of the linear map.
 */
#ifndef PWTRACE_PAGE_USES_H
#define PWTRACE_PAGE_USES_H

#include "kernel/kcore.h"
#include "kernel/kernel.h"
#include "kernel/types.h"

enum page_use {
	PAGE_USED, /* by anything else */
	PAGE_FREE,
	PAGE_SECRET, /* of memfd_secret(): its mapping has secretmem_aops */
};

struct page_uses;

/**
 * page_uses_open() - find out what struct page_uses look like
 * @kcore: has to stay, as @kernel has
 * @types: of that kernel
 *
 * Return: 0 or a negative errno with @why filled in.
 */
int page_uses_open(struct page_uses **out, const struct kernel *kernel, struct kcore *kcore,
		   const struct types *types, struct problem *why);
void page_uses_close(struct page_uses *pages);

/* Of the page at physical address @pa. 0, or an error of reading: it has no struct page. */
int page_uses_of(struct page_uses *pages, uint64_t pa, enum page_use *use);

#endif
