/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the model: split_kernel_leaf_mapping() (arch/arm64/mm/mmu.c, a166563e7ec3). */
#ifndef PWTRACE_SPLIT_H
#define PWTRACE_SPLIT_H

#include "model/model.h"

/**
 * split_leaves() - split what the range begins or ends inside of
 * @tables: changed as the kernel changes its own
 * @request: the range; its new_table() says where the tables are that the kernel allocated
 * @gap: set to MODEL_GAP_NOT_CAPTURED where an entry that decides is not in the image
 *
 * Return: 0; -EINVAL for a range that is not page aligned; -ENOMEM.
 */
int split_leaves(struct image *tables, const struct model_request *request, enum model_gap *gap);

#endif
