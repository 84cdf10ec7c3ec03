// SPDX-License-Identifier: GPL-2.0-only
#include "accounts.h"

#include "areas/flags.h"
#include "test.h"

const struct shape four_k = { 12, 48, 48 }, sixteen_k = { 14, 47, 47 },
		   sixty_four_k = { 16, 48, 48 };

static const struct zones zones = {
	.range[ZONE_MODULES] = { MODULES, BASE },
	.range[ZONE_IMAGE] = { IMAGE, IMAGE + (64 << 20) },
	.range[ZONE_VMALLOC] = { BASE, END },
};

void accounts_world(struct accounts_world *world, const struct shape *shape,
		    const struct vm_area *areas, size_t nr)
{
	world->geo = shape_geometry(shape);
	world->accounts = (struct accounts){
		.geo = &world->geo,
		.zones = &zones,
		.rules = { .ioremap_shift = 30 },
	};
	world->page = geometry_page_size(&world->geo);
	world->run = vmap_block_size(&world->geo, VMAP_CONT_PTE);
	world->pmd = vmap_block_size(&world->geo, VMAP_PMD);
	world->pud = vmap_block_size(&world->geo, VMAP_PUD);
	EXPECT_EQ(accounts_open(&world->accounts, areas, nr), 0);
}

/* The descriptor of a leaf of that size, and its level. */
static struct leaf_run run_of(const struct accounts_world *world, enum leaf_size leaf,
			      uint64_t start, uint64_t size, uint64_t pa, uint64_t bits)
{
	bool block = leaf >= LEAF_PMD;

	if (leaf == LEAF_CONT_PTE || leaf == LEAF_CONT_PMD)
		bits |= PTE_CONT;
	return (struct leaf_run){
		.start = start,
		.size = size,
		.level = leaf == LEAF_PUD ? PGTABLE_LEVEL_PUD :
			 block		  ? PGTABLE_LEVEL_PMD :
					    PGTABLE_LEVEL_PTE,
		.desc = desc_of(&world->geo, pa) | (block ? BLOCK_BITS : PAGE_BITS) | bits,
	};
}

void accounts_map(struct accounts_world *world, enum leaf_size leaf, uint64_t start, uint64_t size,
		  uint64_t pa, uint64_t bits)
{
	const struct leaf_run run = run_of(world, leaf, start, size, pa, bits);

	accounts_run(&world->accounts, &run);
}

struct vm_area accounts_area(uint64_t start, uint64_t size, uint64_t flags)
{
	return (struct vm_area){
		.va_start = start,
		.va_end = start + size,
		.vm = 0xffff000000001000,
		.addr = start,
		.size = size,
		.flags = flags | VM_NO_GUARD,
	};
}
