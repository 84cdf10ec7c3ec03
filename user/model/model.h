/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel should do: arch/arm64/mm/pageattr.c, written as mm_walk_ops that run on the page
 * walk, over a copy of the entries that were there before.
 */
#ifndef PWTRACE_MODEL_H
#define PWTRACE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"
#include "pwtrace/pagewalk.h"

/* Which of the kernels' ways this one has. Found from its symbols and variables. */
struct model_rules {
	/*
	 * Up to v6.17 a change goes through apply_to_page_range() and change_page_range(), which
	 * refuse every block and allocate missing tables; since a660194dd101 through pageattr_ops.
	 */
	bool apply_to_page_range;
	/*
	 * Leaves are split where a range begins or ends inside one (a166563e7ec3): the kernel's
	 * linear_map_requires_bbml2 (bbml3 since v7.3) is set.
	 */
	bool splits_leaves;
	bool splits_unknown; /* the variable could not be read */
	bool rodata_full;    /* ro and rw changes of an area are made to its linear alias too */
	bool rodata_full_unknown;
	/* is_kfence_address(): nothing is split for these (ce2b3a50ad92); size 0: no pool */
	uint64_t kfence_pool, kfence_pool_size;
	/*
	 * The two windows of boot in which nothing may be split (f12b435de2f2): CPU capabilities
	 * are not final, and there is no page allocator or more than one CPU is up.
	 */
	bool caps_pending;
	bool no_page_alloc;
	bool many_cpus;
};

struct model_request {
	uint64_t start; /* virtual address */
	uint64_t size;	/* bytes */
	uint64_t set_mask;
	uint64_t clear_mask;
	/*
	 * Splitting takes new table pages from the allocator, whose choice the model cannot know:
	 * the physical address of the table that now stands at @level in the place of @addr's
	 * block, 0 if there is none. May be NULL.
	 */
	uint64_t (*new_table)(void *ctx, enum pgtable_level level, uint64_t addr);
	/* Told of each entry that was written, in order. May be NULL. */
	void (*changed)(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t before,
			uint64_t after);
	/*
	 * Told of each leaf that was split: at @addr a block of @level, or a contiguous run of its
	 * entries. May be NULL.
	 */
	void (*split)(void *ctx, enum pgtable_level level, uint64_t addr, bool run,
		      uint64_t before);
	void *ctx;
};

/* Why the model gives no answer. */
enum model_gap {
	MODEL_NO_GAP,
	MODEL_GAP_SPLIT_STATE,	/* it is not known whether this kernel splits */
	MODEL_GAP_ALLOCATES,	/* a missing table would be allocated */
	MODEL_GAP_NOT_CAPTURED, /* an entry that decides was not read */
	MODEL_GAP_BAD_ENTRY,	/* apply_to_page_range() would clear what is no table */
};

/* Which step of update_range_prot() gave the return value. */
enum model_step {
	MODEL_STEP_WALK,	    /* the walk, which got to its end */
	MODEL_STEP_EMPTY,	    /* the walk: no page in the range */
	MODEL_STEP_PARTIAL_LEAF,    /* the walk, at result.boundary */
	MODEL_STEP_SPLIT_UNALIGNED, /* split_kernel_leaf_mapping(): no page boundary */
	MODEL_STEP_SPLIT_NO_ALLOC,  /* ... at boot, without a page allocator */
	MODEL_STEP_SPLIT_CPUS,	    /* ... at boot, with CPUs that are not known yet */
	MODEL_STEP_SPLIT_NO_MEMORY, /* ... no page for a table */
};

/* A leaf that a request covers only in part: what the kernel refuses. */
struct model_boundary {
	bool found;
	enum pgtable_level level;
	uint64_t start; /* of the leaf, or of its contiguous run */
	uint64_t end;
};

/* One callback of the walk, in order. */
struct model_callback {
	uint8_t level; /* enum pgtable_level */
	uint64_t addr;
	uint64_t next;
};

struct model_result {
	int ret;
	enum model_gap gap;
	enum model_step step;
	struct model_boundary boundary;
	struct pagewalk_fault fault;
	unsigned int leaves[PGTABLE_NR_LEVELS]; /* changed, by level */
};

typedef void (*model_callback_fn)(void *ctx, const struct model_callback *callback);

/**
 * model_update_range_prot() - change the permissions of a range as the kernel does
 * @tables: the entries before; they become those after
 * @rules: of the kernel
 * @request: the range and the masks
 * @result: filled in
 * @callback: NULL, or called for each callback that the kernel's walk makes
 *
 * Follows update_range_prot() and the pageattr callbacks: clear, then set; holes are passed over; a
 * leaf covered in part is -EINVAL and what was changed before it stays changed.
 */
void model_update_range_prot(struct image *tables, const struct model_rules *rules,
			     const struct model_request *request, struct model_result *result,
			     model_callback_fn callback, void *ctx);

#endif
