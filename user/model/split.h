/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the model: split_kernel_leaf_mapping() and range_split_to_ptes() (arch/arm64/mm/mmu.c,
 * a166563e7ec3).
 */
#ifndef PWTRACE_SPLIT_H
#define PWTRACE_SPLIT_H

#include "model/model.h"

/**
 * split_leaves() - split what the range begins or ends inside of
 * @tables: changed as the kernel changes its own
 * @request: the range; its new_table() says where the tables are that the kernel allocated
 * @result: gap set to MODEL_GAP_NOT_CAPTURED where an entry that decides is not in the image; step
 *
 * Return: 0; -EINVAL for a range that is not page aligned; -ENOMEM; -EBUSY at boot.
 */
int split_leaves(struct image *tables, const struct model_rules *rules,
		 const struct model_request *request, struct model_result *result);

/**
 * split_range_to_ptes() - range_split_to_ptes(): make pages of every leaf that the range touches
 *
 * The kernel does so at boot where a CPU cannot split, and for a KFENCE pool that is set up late.
 * Return: 0; -EINVAL for an empty range; -ENOMEM.
 */
int split_range_to_ptes(struct image *tables, const struct model_request *request,
			struct model_result *result);

#endif
