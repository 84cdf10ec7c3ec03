/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a function of the running kernel is made of, where nothing else tells: a constant that it
 * has, a member that it loads.
 */
#ifndef PWTRACE_CODE_H
#define PWTRACE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/kcore.h"
#include "kernel/kernel.h"

#define CODE_MAX (16 << 10)

struct code {
	uint32_t *insns;
	size_t nr;
};

/* Read a function, to free() its insns. 0; -ENOENT: no such, or none that is readable. */
int code_read(const struct kernel *kernel, struct kcore *kcore, const char *function,
	      struct code *code);

/* Is @value moved into a register by one MOVZ? */
bool code_has_constant(const struct code *code, uint16_t value);

/* Is there a load of @size bytes (4 or 8) at @offset from what is not the stack? */
bool code_loads(const struct code *code, uint32_t offset, uint32_t size);

#endif
