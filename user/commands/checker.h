/* SPDX-License-Identifier: GPL-2.0-only */
/* The checker as it has to be for a kernel and what was attached to it, live or recorded. */
#ifndef PWTRACE_CHECKER_H
#define PWTRACE_CHECKER_H

#include "capture/capture.h"
#include "check/check.h"
#include "kernel/kernel.h"

/* What they tell; whom to ask while it goes on, and whose changes are its own, is the caller's. */
void checker_config(struct check_config *config, const struct kernel *kernel,
		    const struct hook_status *hooks, size_t nr);

/* Is there a hook on the function that plays @func? */
bool checker_hooked(const struct hook_status *hooks, size_t nr, enum pwt_func func);

/*
 * The walk of a change, which is asked for by --walks: to the checker it would be somebody else's.
 */
bool checker_ignores(const struct kernel *kernel, const void *record, size_t size);

#endif
