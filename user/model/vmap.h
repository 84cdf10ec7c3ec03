/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How mm/vmalloc.c maps memory: which leaf it makes for each address of a range, from what it was
 * given, and why none larger.
 */
#ifndef PWTRACE_VMAP_H
#define PWTRACE_VMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "geometry/geometry.h"

/* What memory is mapped by, from the smallest on. */
enum vmap_block {
	VMAP_PAGE,
	VMAP_CONT_PTE, /* a contiguous run of PTEs, since 06fc959fcff7 (v6.16) */
	VMAP_PMD,
	VMAP_PUD,
	VMAP_NR,
};

/* Why the next larger kind of block was not used. Bits: 1 << enum vmap_why. */
enum vmap_why {
	VMAP_WHY_SIZE,	    /* there is less than that to map */
	VMAP_WHY_NOT_ASKED, /* the caller allows no more than it has (page_shift) */
	VMAP_WHY_VIRTUAL,   /* the virtual address is not aligned to it */
	VMAP_WHY_PHYSICAL,  /* the physical address is not */
	VMAP_WHY_SCATTERED, /* the pages are not side by side */
	VMAP_WHY_LEVEL,	    /* the kernel makes none of that kind */
	VMAP_WHY_TABLE, /* a table of an earlier mapping stayed (mmap_lock of init_mm was taken) */
	VMAP_WHY_NR,
};

/* Of the kernel: what cannot be known beforehand is settled by the first mapping that shows it. */
enum vmap_runs {
	VMAP_RUNS_UNKNOWN,
	VMAP_RUNS_MADE, /* arch_vmap_pte_range_map_size() is there */
	VMAP_RUNS_NONE,
};

struct vmap_request {
	const struct geometry *geo;
	uint64_t start; /* virtual address */
	uint64_t size;	/* bytes */
	uint64_t prot;	/* pgprot_t */
	/*
	 * Of an array of pages: how large the blocks are that it is made of, log2. For a physical
	 * range: the largest that may be used (ioremap_max_page_shift).
	 */
	unsigned int shift;
	bool no_blocks; /* above the last level, by arch_vmap_pmd_supported() */
	bool is_range;	/* of physical addresses, from phys on */
	uint64_t phys;
	/* Physical address of page @nr of the array; false: it is not known. */
	bool (*page)(void *ctx, uint64_t nr, uint64_t *pa);
	void *ctx;
};

struct vmap_leaf {
	uint64_t addr;
	uint64_t size; /* bytes, of a run those of the whole run */
	enum vmap_block block;
	bool pa_known;
	uint64_t pa;
	uint32_t why;
};

/* Bytes; 0: there is no such block in this geometry. */
uint64_t vmap_block_size(const struct geometry *geo, enum vmap_block block);
enum pgtable_level vmap_block_level(enum vmap_block block);

/**
 * vmap_leaf_at() - the leaf that maps an address
 * @addr: in the range, where a leaf begins
 * @largest: that may be used here, below what the request allows
 * @runs: are contiguous runs of PTEs made
 */
void vmap_leaf_at(const struct vmap_request *request, uint64_t addr, enum vmap_block largest,
		  enum vmap_runs runs, struct vmap_leaf *leaf);

/* Entry @nr of the leaf: of a run there are more than one. */
uint64_t vmap_entry(const struct vmap_request *request, const struct vmap_leaf *leaf,
		    unsigned int nr);

#endif
