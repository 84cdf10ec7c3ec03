/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside areas.h: the trees of struct vmap_area, and how their nodes are read. */
#ifndef PWTRACE_AREA_TREE_H
#define PWTRACE_AREA_TREE_H

#include "areas.h"

/* A tree of a million areas is 40 deep at most; one that is longer has changed under the feet. */
#define MAX_DEPTH 64
/* Looks at a tree that was seen while it changed. */
#define ATTEMPTS 8

enum field {
	VA_START,
	VA_END,
	VA_RB_NODE,
	VA_VM,
	VM_ADDR,
	VM_SIZE,
	VM_FLAGS,
	VM_PAGES,
	VM_NR_PAGES,
	VM_PAGE_ORDER,
	VM_PHYS_ADDR,
	VM_CALLER,
	VM_REQUESTED,
	RB_LEFT,
	RB_RIGHT,
	NR_FIELDS,
};

struct areas {
	const struct kernel *kernel;
	struct kcore *kcore;
	struct member fields[NR_FIELDS];
	uint32_t va_size, vm_size, page_size; /* of the structs */
	/* where the roots of the trees are: one in vmap_area_root, or one in each of vmap_nodes[]
	 */
	uint64_t root, step, nr;
	uint64_t zone_size; /* of addresses that go to one node; 0: there is one tree */
};

struct node {
	struct vm_area area;
	uint64_t left, right;
};

/* The root of tree @nr. */
int area_read_root(const struct areas *areas, uint64_t nr, uint64_t *root);

/* A node, without what vm_struct tells. Errors: zeros, or no pointer: it has changed meanwhile. */
int area_read_node(const struct areas *areas, uint64_t rb_node, struct node *node);

/* What vm_struct tells, where there is one. */
int area_read_vm(const struct areas *areas, struct vm_area *area);

#endif
