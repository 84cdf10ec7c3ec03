/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running kernel's vmalloc areas (mm/vmalloc.c), read from /proc/kcore without a lock: trees
 * that change meanwhile may hide an area, so every loop ends and every pointer is looked at first.
 */
#ifndef PWTRACE_AREAS_H
#define PWTRACE_AREAS_H

#include "kernel/kcore.h"
#include "kernel/kernel.h"
#include "kernel/types.h"

/* struct vmap_area and, where it has one, its struct vm_struct. */
struct vm_area {
	uint64_t va_start, va_end; /* of the address space that is taken */
	uint64_t vm;		   /* its vm_struct; 0: vm_map_ram() has none */
	uint64_t addr;
	uint64_t size; /* with the guard page */
	uint64_t flags;
	uint64_t pages; /* its struct page pointers; 0: none */
	uint64_t nr_pages;
	uint64_t page_order; /* of the pages it was allocated in; 0 where there is no such member */
	uint64_t phys_addr;  /* of ioremap() */
	uint64_t caller;
	uint64_t requested_size; /* 0 where there is no such member */
	bool unread;		 /* its vm_struct: nothing is known but where it lies */
};

struct areas;

/**
 * areas_open() - find out where the kernel keeps its areas
 * @kcore: has to stay, as @kernel has
 * @types: of that kernel
 *
 * Return: 0 or a negative errno with @why filled in: a member is missing, or it is not one of the
 * two ways known (vmap_nodes, and vmap_area_root before).
 */
int areas_open(struct areas **out, const struct kernel *kernel, struct kcore *kcore,
	       const struct types *types, struct problem *why);
void areas_close(struct areas *areas);

/* find_vm_area() and its vmap_area. 0; -ENOENT: none there; another error: it cannot be told. */
int areas_find(struct areas *areas, uint64_t addr, struct vm_area *area);

/*
 * Call @area for each area by address, of those with and without vm_struct, until it returns
 * something else than 0. Return: that, 0 at the end, or an error of reading.
 */
int areas_each(struct areas *areas, int (*area)(void *ctx, const struct vm_area *area), void *ctx);

/**
 * areas_list() - all areas by address, as far as they can be read
 * @list: of @nr areas; free() it
 * @missed: places in the trees, areas or subtrees of them, that changed each time they were read
 *
 * Return: 0 or a negative errno: no tree can be read at all.
 */
int areas_list(struct areas *areas, struct vm_area **list, size_t *nr, unsigned int *missed);

/* page_address(area->pages[index]). 0; -ERANGE: it has no such page; an error of reading. */
int areas_page(struct areas *areas, const struct vm_area *area, uint64_t index, uint64_t *linear);

#endif
