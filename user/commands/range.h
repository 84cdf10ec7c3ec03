/* SPDX-License-Identifier: GPL-2.0-only */
/* Ranges of kernel addresses, as users write them. */
#ifndef PWTRACE_RANGE_H
#define PWTRACE_RANGE_H

#include "kernel/kernel.h"

struct range {
	uint64_t start;
	uint64_t end; /* 0: the end of the address space */
};

/*
 * A number with 0x, or with a K, M, G or T behind it; @text is moved behind it.
 * 0, -EINVAL or -ERANGE.
 */
int number_parse(const char **text, uint64_t *value);

/* Does it take symbols to find what @text means? */
bool range_wants_symbols(const char *text);

/**
 * range_parse() - find what @text means
 * @text: a zone, START-END, START+SIZE, a symbol or module:NAME; NULL: all of the kernel's half
 * @why: filled in on failure
 *
 * Rounded out to whole pages. Return: 0, -EINVAL or -ENOENT.
 */
int range_parse(struct range *range, const char *text, const struct kernel *kernel,
		struct problem *why);

/* Those of START-END and START+SIZE only, as they are written. 0 or -EINVAL. */
int range_by_numbers(struct range *range, const char *text, struct problem *why);

#endif
