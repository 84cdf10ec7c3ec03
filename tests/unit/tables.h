/* SPDX-License-Identifier: GPL-2.0-only */
/* Translation tables made up for a test: table pages in a small physical memory of their own. */
#ifndef PWTRACE_TEST_TABLES_H
#define PWTRACE_TEST_TABLES_H

#include "geometry/descriptor.h"
#include "image/image.h"

#define TABLES_MAX 128

struct table_page {
	uint64_t pa;
	uint64_t addr; /* that its first entry maps */
	enum pgtable_level level;
	unsigned int nr;
	uint64_t *entries;
};

struct tables {
	const struct geometry *geo;
	uint64_t root;
	unsigned int nr;
	struct table_page pages[TABLES_MAX];
};

/* Every combination that arm64 Linux has, va_bits_config last. */
struct shape {
	unsigned int page_shift, va_bits, va_bits_config;
};

extern const struct shape shapes[];
extern const unsigned int nr_shapes;

struct geometry shape_geometry(const struct shape *shape);

void tables_init(struct tables *tables, const struct geometry *geo);
void tables_release(struct tables *tables);

/* Entry @index of the table at @pa. */
uint64_t *tables_at(const struct tables *tables, uint64_t pa, unsigned int index);

/* The entry of @level that maps @addr; tables above it are made. */
uint64_t *tables_entry(struct tables *tables, enum pgtable_level level, uint64_t addr);

/* The address of the table that a descriptor points to. */
uint64_t tables_target(const struct tables *tables, uint64_t desc);

/* A new, empty table behind the entry of @level that maps @addr: the table's address. */
uint64_t tables_new(struct tables *tables, enum pgtable_level level, uint64_t addr);

/* Put into @image what a capture of the range reads: its entries and one beside each end. */
void tables_image(const struct tables *tables, struct image *image, uint64_t start, uint64_t end);

/* As above, but for the entries of one table page. */
void tables_window(const struct tables *tables, const struct table_page *page, uint64_t start,
		   uint64_t end, unsigned int *first, unsigned int *nr);

/* Entries of all the tables that @image has, too, are the same in both. */
bool tables_same(const struct tables *tables, const struct image *image);

/* A descriptor's address bits: desc_address() the other way round. */
uint64_t desc_of(const struct geometry *geo, uint64_t pa);

/* Kernel mappings. */
#define PAGE_BITS  (PTE_VALID | PTE_TABLE_BIT | PTE_AF | PTE_UXN | PTE_PXN | PTE_WRITE)
#define BLOCK_BITS (PTE_VALID | PTE_AF | PTE_UXN | PTE_PXN | PTE_WRITE)
#define TABLE_BITS (PTE_VALID | PTE_TABLE_BIT)

#endif
