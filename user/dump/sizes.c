// SPDX-License-Identifier: GPL-2.0-only
#include "sizes.h"

#include <stdio.h>

#include "geometry/descriptor.h"
#include "source/stream.h"

uint64_t leaf_bytes(const struct geometry *geo, enum leaf_size size)
{
	switch (size) {
	case LEAF_PTE:
		return geometry_page_size(geo);
	case LEAF_CONT_PTE:
		return geo->cont_ptes * geometry_page_size(geo);
	case LEAF_PMD:
		return geometry_size(geo, PGTABLE_LEVEL_PMD);
	case LEAF_CONT_PMD:
		return geo->cont_pmds * geometry_size(geo, PGTABLE_LEVEL_PMD);
	case LEAF_PUD:
		return geometry_block_level(geo, PGTABLE_LEVEL_PUD) ?
			       geometry_size(geo, PGTABLE_LEVEL_PUD) :
			       0;
	case LEAF_NR_SIZES:
		break;
	}
	return 0;
}

const char *leaf_name(const struct geometry *geo, enum leaf_size size, char *buf)
{
	uint64_t bytes = leaf_bytes(geo, size) >> 10;
	const char *unit = "KMGT";

	for (; bytes && !(bytes & 1023) && unit[1]; unit++)
		bytes >>= 10;
	snprintf(buf, 8, "%u%c", (unsigned int)bytes, *unit);
	return buf;
}

enum leaf_size leaf_size_of(const struct leaf_run *run)
{
	bool cont = run->desc & PTE_CONT;

	switch (run->level) {
	case PGTABLE_LEVEL_PTE:
		return cont ? LEAF_CONT_PTE : LEAF_PTE;
	case PGTABLE_LEVEL_PMD:
		return cont ? LEAF_CONT_PMD : LEAF_PMD;
	default:
		return LEAF_PUD;
	}
}

void sizes_add(struct sizes *sizes, const struct leaf_run *run)
{
	if (!run->desc)
		return;
	if (run->marks & STREAM_TORN)
		sizes->torn += run->size;
	if (run->marks & STREAM_CHANGED)
		sizes->changed += run->size;
	if (!desc_present(run->desc)) {
		sizes->bad += run->size;
	} else if (!desc_valid(run->desc)) {
		sizes->invalid += run->size;
	} else {
		sizes->mapped[leaf_size_of(run)] += run->size;
		if (desc_writable(run->desc, run->table_bits) &&
		    desc_executable(run->desc, run->table_bits))
			sizes->wx += run->size;
	}
}

void sizes_sum(struct sizes *to, const struct sizes *from)
{
	for (enum leaf_size size = 0; size < LEAF_NR_SIZES; size++)
		to->mapped[size] += from->mapped[size];
	to->invalid += from->invalid;
	to->bad += from->bad;
	to->wx += from->wx;
	to->torn += from->torn;
	to->swapped += from->swapped;
	to->other += from->other;
}

void sizes_add_user(struct sizes *sizes, const struct mm_struct *mm, const struct leaf_run *run)
{
	softleaf_t entry = softleaf_from_pte(__pte(run->desc));

	if (!run->desc)
		return;
	if (run->marks & STREAM_TORN)
		sizes->torn += run->size;
	if (!desc_present(run->desc)) {
		if (pagewalk_softleaf_type(mm, entry) == SOFTLEAF_SWAP)
			sizes->swapped += run->size;
		else
			sizes->other += run->size;
	} else if (!desc_valid(run->desc)) {
		sizes->invalid += run->size;
	} else {
		sizes->mapped[leaf_size_of(run)] += run->size;
		if (desc_user_writable(run->desc, run->table_bits) &&
		    desc_user_executable(run->desc, run->table_bits))
			sizes->wx += run->size;
	}
}

uint64_t sizes_total(const struct sizes *sizes)
{
	uint64_t total = 0;

	for (enum leaf_size size = 0; size < LEAF_NR_SIZES; size++)
		total += sizes->mapped[size];
	return total;
}

uint64_t sizes_huge(const struct sizes *sizes)
{
	return sizes_total(sizes) - sizes->mapped[LEAF_PTE];
}
