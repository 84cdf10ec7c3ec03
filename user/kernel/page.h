/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel says of a page of physical memory: its flags, who counts on it, its struct page.
 */
#ifndef PWTRACE_PAGE_H
#define PWTRACE_PAGE_H

#include "kernel/reader.h"

/* Of /proc/kpageflags (include/uapi/linux/kernel-page-flags.h), as far as they are asked for. */
enum {
	KPF_SLAB = 7,
	KPF_BUDDY = 10,
	KPF_ANON = 12,
	KPF_COMPOUND_TAIL = 16,
	KPF_HUGE = 17,
	KPF_NOPAGE = 20,
	KPF_KSM = 21,
	KPF_OFFLINE = 23,
	KPF_ZERO_PAGE = 24,
	KPF_PGTABLE = 26,
	KPF_RESERVED = 32,
};

struct page_facts {
	uint64_t pfn;
	uint64_t head;	   /* the first page of the compound page that it is part of, or itself */
	bool ram;	   /* by /proc/iomem */
	char resource[64]; /* there; "": none */
	bool has_flags;
	uint64_t flags;
	bool has_mapcount, has_refcount; /* the latter of @head */
	uint64_t mapcount;
	int32_t refcount;
};

struct pages;

/* @reader: has to stay. 0 or -ENOMEM; what cannot be told is left out of the facts then. */
int pages_open(struct pages **out, const struct reader *reader);
void pages_close(struct pages *pages);

void pages_look(struct pages *pages, uint64_t pfn, struct page_facts *facts);

static inline bool page_has(const struct page_facts *facts, unsigned int flag)
{
	return facts->has_flags && facts->flags >> flag & 1;
}

/* The name of a flag, as tools/mm/page-types.c has it; NULL: it has none. */
const char *page_flag_name(unsigned int flag);

/* The address of a page's struct page, 0: it cannot be told. */
uint64_t page_struct_address(const struct kernel *kernel, uint64_t pfn);

#endif
