/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1 descriptors: Arm ARM D8.3 as Linux uses it
 * (arch/arm64/include/asm/pgtable-{hwdef,prot}.h). Names are the kernel's.
 *
 *   valid  bits 1:0                       is
 *   0      any, bit 11 clear              none if all zero; else an old kernel's invalid leaf
 *   0      any, bit 11 set                present but invalid: PTE_PRESENT_INVALID, since
 *                                         15bfba1ad77f for kernel mappings too
 *   1      01, above the last level       block
 *   1      11, above the last level       table
 *   1      11, at the last level          page
 */
#ifndef PWTRACE_DESCRIPTOR_H
#define PWTRACE_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geometry/geometry.h"

#define DESC_BIT(n) (1ULL << (n))

/* Hierarchical bits of a table descriptor (Arm ARM D8.4.3). */
#define TABLE_PXN    PMD_TABLE_PXN
#define TABLE_UXN    PMD_TABLE_UXN
#define TABLE_RDONLY DESC_BIT(62) /* APTable[1] */
#define TABLE_NOUSER DESC_BIT(61) /* APTable[0] */
#define TABLE_NS     DESC_BIT(63)
#define TABLE_ATTRS  (31ULL << 59)

static inline bool desc_valid(uint64_t desc)
{
	return desc & PTE_VALID;
}

static inline bool desc_present(uint64_t desc)
{
	return desc_valid(desc) || (desc & PTE_PRESENT_INVALID);
}

static inline bool desc_table(uint64_t desc, enum pgtable_level level)
{
	return level != PGTABLE_LEVEL_PTE && (desc & PTE_TYPE_MASK) == PTE_TYPE_MASK;
}

/* p?d_leaf(): present and no table. The kernel's pmd_table() looks at both type bits. */
static inline bool desc_leaf(uint64_t desc, enum pgtable_level level)
{
	return desc_present(desc) && !desc_table(desc, level);
}

/* The output address: a table's or a page's physical address, in bytes. */
static inline uint64_t desc_address(const struct geometry *geo, uint64_t desc)
{
	return geometry_desc_to_phys(geo, desc);
}

/* The other way round: the descriptor bits that hold a physical address. */
static inline uint64_t desc_from_address(const struct geometry *geo, uint64_t pa)
{
	return geometry_phys_to_desc(geo, pa);
}

/**
 * desc_mask_names() - name the bits of a set or clear mask
 * @mask: as passed to update_range_prot()
 * @names: filled with at most @room pointers to constant strings, lowest bit first
 *
 * Bits without a name are given as "bit N". Return: how many there are.
 */
size_t desc_mask_names(uint64_t mask, const char *names[], size_t room);

/* The attributes of one entry in words, ptdump's where it has one; always NUL-terminated. */
void desc_describe(const struct geometry *geo, enum pgtable_level level, uint64_t desc, char *buf,
		   size_t size);

/* Memory type by MAIR_EL1 as Linux sets it up. */
const char *desc_memory_type(uint64_t desc);

#define DESC_MAX_WORDS 20

/**
 * desc_words() - what a leaf allows and is, in words
 * @table_bits: hierarchical bits of the tables above it, joined
 * @words: constant strings, ptdump's first, in its order
 *
 * Return: how many there are, at most DESC_MAX_WORDS.
 */
size_t desc_words(const struct geometry *geo, enum pgtable_level level, uint64_t desc,
		  uint64_t table_bits, const char *words[DESC_MAX_WORDS]);

/* What the kernel may do there, tables above included. Hardware does nothing with one not valid. */
static inline bool desc_writable(uint64_t desc, uint64_t table_bits)
{
	return desc_valid(desc) && !(desc & PTE_RDONLY) && !(table_bits & TABLE_RDONLY);
}

static inline bool desc_executable(uint64_t desc, uint64_t table_bits)
{
	return desc_valid(desc) && !(desc & PTE_PXN) && !(table_bits & TABLE_PXN);
}

/*
 * What a process may do there. PTE_WRITE says so of a page that is clean, too; what is only to be
 * executed is not for it to read (arch/arm64/include/asm/pgtable-prot.h).
 */
static inline bool desc_user_readable(uint64_t desc, uint64_t table_bits)
{
	return desc_valid(desc) && (desc & PTE_USER) && !(table_bits & TABLE_NOUSER);
}

static inline bool desc_user_writable(uint64_t desc, uint64_t table_bits)
{
	return desc_user_readable(desc, table_bits) &&
	       ((desc & PTE_WRITE) || !(desc & PTE_RDONLY)) && !(table_bits & TABLE_RDONLY);
}

static inline bool desc_user_executable(uint64_t desc, uint64_t table_bits)
{
	return desc_valid(desc) && !(desc & PTE_UXN) && !(table_bits & TABLE_UXN);
}

#endif
