/* SPDX-License-Identifier: GPL-2.0-only */
/* Would set_memory_ro() and its kind be refused for an area, wherever in it? */
#ifndef PWTRACE_REFUSAL_H
#define PWTRACE_REFUSAL_H

#include "kernel/areas.h"
#include "model/op.h"

struct refusal {
	enum op_answer refused; /* OP_UNKNOWN: the kernel's rule is not known */
	enum op_decision by;	/* where it is */
};

/**
 * refusal_of() - what change_memory_common() says to an area before it looks at any leaf
 * @kernel: its source is not used
 *
 * Return: 0 or -ENOMEM.
 */
int refusal_of(const struct op_kernel *kernel, const struct op_rules *rules,
	       const struct vm_area *area, struct refusal *refusal);

#endif
