/* SPDX-License-Identifier: GPL-2.0-only */
/* Accounts of areas that are made up, and of leaves in them. */
#ifndef PWTRACE_TEST_ACCOUNTS_H
#define PWTRACE_TEST_ACCOUNTS_H

#include "areas/account.h"
#include "geometry/descriptor.h"
#include "tables.h"

#define MODULES 0xffff800000000000ULL
#define BASE	0xffff800080000000ULL /* of vmalloc; aligned to 1 GiB */
#define IMAGE	0xffff900000000000ULL
#define END	0xffffc00000000000ULL
#define PA	0x40000000ULL

extern const struct shape four_k, sixteen_k, sixty_four_k;

struct accounts_world {
	struct geometry geo;
	struct accounts accounts;
	uint64_t page, run, pmd, pud;
};

/* accounts_close() its accounts. */
void accounts_world(struct accounts_world *world, const struct shape *shape,
		    const struct vm_area *areas, size_t nr);

/* Leaves of one size; @bits: besides those of a kernel mapping. */
void accounts_map(struct accounts_world *world, enum leaf_size leaf, uint64_t start, uint64_t size,
		  uint64_t pa, uint64_t bits);

/* With a vm_struct, and without a guard page. */
struct vm_area accounts_area(uint64_t start, uint64_t size, uint64_t flags);

#endif
