// SPDX-License-Identifier: GPL-2.0-only
#include "play.h"

const struct actor actor = ACTOR;
const struct request one_page_ro = { VMALLOC + 5 * PAGE, PAGE, PTE_RDONLY, PTE_WRITE };
const struct request four_pages_ro = { VMALLOC + 4 * PAGE, 4 * PAGE, PTE_RDONLY, PTE_WRITE };

void expect_verdict(const char *file, int line, const struct change *change, enum verdict verdict,
		    enum reason reason)
{
	const char *none = "none";

	test_str(file, line, "verdict", verdict_name(change->verdict), verdict_name(verdict));
	test_str(file, line, "reason",
		 reason_name(change->reason) ? reason_name(change->reason) : none,
		 reason_name(reason) ? reason_name(reason) : none);
}

void usual_world(struct world *world)
{
	world_init(world);
	world_pages(world, VMALLOC, PA, 16, PAGE_BITS);
	world_block(world, VMALLOC + BLOCK, 0xa0000000);
}

void common_world(struct world *world)
{
	usual_world(world);
	world_pages(world, world_alias(PA), PA, 16, PAGE_BITS);
}

uint64_t *pte(struct world *world, unsigned int page)
{
	return tables_entry(&world->tables, PGTABLE_LEVEL_PTE, VMALLOC + page * PAGE);
}

struct change play(struct world *world, const struct request *request, int ret, kernel_fn kernel)
{
	world_begin(world, &actor, request);
	if (kernel)
		kernel(world, request);
	else
		world_apply(world, request);
	world_end(world, &actor, request, ret);
	return *world_last(world);
}

void do_nothing(struct world *world, const struct request *request)
{
	(void)world, (void)request;
}

/*
 * split_pmd() and split_contpte() of Linux v7.3, for a first page of a block: contiguous pages, but
 * in the run that the range ends in.
 */
void split_as_the_kernel(struct world *world, const struct request *request)
{
	uint64_t block = *tables_entry(&world->tables, PGTABLE_LEVEL_PMD, request->start);

	tables_new(&world->tables, PGTABLE_LEVEL_PMD, request->start);
	*tables_entry(&world->tables, PGTABLE_LEVEL_PMD,
		      request->start) |= PTE_AF | TABLE_UXN | (block & PTE_PXN ? TABLE_PXN : 0);
	for (unsigned int i = 0; i < 512; i++)
		*tables_entry(&world->tables, PGTABLE_LEVEL_PTE,
			      request->start + i * PAGE) = (block + i * PAGE) | PTE_TABLE_BIT |
							   (i < 16 ? 0 : PTE_CONT);
	world_apply(world, request);
}
