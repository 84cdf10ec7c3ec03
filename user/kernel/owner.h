/* SPDX-License-Identifier: GPL-2.0-only */
/* Whom a page of physical memory belongs to, as far as the kernel's structs tell. */
#ifndef PWTRACE_OWNER_H
#define PWTRACE_OWNER_H

#include "kernel/page.h"

enum owner_kind {
	OWNER_UNKNOWN, /* nothing is known */
	OWNER_NO_PAGE, /* there is no struct page: no memory, or not the kernel's */
	OWNER_FREE,    /* the page allocator */
	OWNER_IMAGE,   /* the kernel image: name is the section */
	OWNER_SLAB,    /* name is the cache's; object and size of the object there */
	OWNER_KFENCE,  /* KFENCE's pool: object is its page, name "object" or "guard" */
	OWNER_PAGE_TABLE,
	OWNER_ANON,	 /* anonymous memory of processes */
	OWNER_FILE,	 /* page cache: name is the file system, with device and inode */
	OWNER_SECRETMEM, /* the same, of memfd_secret() */
	OWNER_ZERO,	 /* the zero page, or the huge one */
	OWNER_OFFLINE,
	OWNER_NR_KINDS,
};

struct owner {
	enum owner_kind kind;
	char name[64];
	uint64_t object, size; /* address and bytes */
	uint64_t inode;	       /* 0: not told */
	char device[33];
};

struct owners;

/* @reader: has to stay. 0 or -ENOMEM. Where types are missing, less is known. */
int owners_open(struct owners **out, const struct reader *reader);
void owners_close(struct owners *owners);

/* The owner of the byte at @pa, in the page of @facts. */
void owners_find(struct owners *owners, const struct page_facts *facts, uint64_t pa,
		 struct owner *owner);

/* "slab", "file" ... */
const char *owner_kind_name(enum owner_kind kind);

#endif
