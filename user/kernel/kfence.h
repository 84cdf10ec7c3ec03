/* SPDX-License-Identifier: GPL-2.0-only */
/* Where KFENCE has its pages. */
#ifndef PWTRACE_KFENCE_H
#define PWTRACE_KFENCE_H

#include "kernel/tables.h"

/*
 * The pool's first address and its size in bytes; both 0 if there is none, or it could not be
 * read. KFENCE that is turned on later makes it then.
 */
void kfence_pool(const struct kernel *kernel, struct kcore *kcore, struct tables *tables,
		 uint64_t *start, uint64_t *size);

/* The same, for those who read nothing else. Return: 0 or a negative errno: nothing can be read. */
int kfence_pool_now(const struct kernel *kernel, uint64_t *start, uint64_t *size);

#endif
