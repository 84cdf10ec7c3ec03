// SPDX-License-Identifier: GPL-2.0-only
#include "leafcode.h"

#include "geometry/descriptor.h"

static enum leaf_size size_of(enum pgtable_level level, uint64_t desc)
{
	bool cont = desc & PTE_CONT;

	switch (level) {
	case PGTABLE_LEVEL_PTE:
		return cont ? LEAF_CONT_PTE : LEAF_PTE;
	case PGTABLE_LEVEL_PMD:
		return cont ? LEAF_CONT_PMD : LEAF_PMD;
	default:
		return LEAF_PUD;
	}
}

static enum leaf_allows allows(uint64_t desc, uint64_t table_bits)
{
	bool writable = desc_writable(desc, table_bits);

	if (!desc_present(desc))
		return ALLOWS_BAD;
	if (!desc_valid(desc))
		return ALLOWS_INVALID;
	if (desc_executable(desc, table_bits))
		return writable ? ALLOWS_ALL : ALLOWS_READ_EXECUTE;
	return writable ? ALLOWS_READ_WRITE : ALLOWS_READ;
}

leaf_code leaf_code_of(enum pgtable_level level, uint64_t desc, uint64_t table_bits)
{
	if (!desc)
		return LEAF_HOLE;
	return leaf_code_make(size_of(level, desc), allows(desc, table_bits));
}

leaf_code leaf_code_join(leaf_code a, leaf_code b)
{
	unsigned int size = leaf_code_size(a);
	enum leaf_allows allows = leaf_code_allows(a);

	if (size != leaf_code_size(b))
		size = LEAF_MIXED;
	if (allows != leaf_code_allows(b))
		allows = ALLOWS_MIXED;
	return leaf_code_make(size, allows);
}
