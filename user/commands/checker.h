/* SPDX-License-Identifier: GPL-2.0-only */
/* The checker as it has to be for a kernel and what was attached to it, live or recorded. */
#ifndef PWTRACE_CHECKER_H
#define PWTRACE_CHECKER_H

#include "capture/capture.h"
#include "check/check.h"
#include "emit/emit.h"
#include "kernel/kernel.h"
#include "recording/format.h"

/* What they tell; whom to ask while it goes on, and whose changes are its own, is the caller's. */
void checker_config(struct check_config *config, const struct kernel *kernel,
		    const struct hook_status *hooks, size_t nr);

/* Is there a hook on the function that plays @func? */
bool checker_hooked(const struct hook_status *hooks, size_t nr, enum pwt_func func);

/* Where the code of hooked functions lies, by enum pwt_func. */
struct hooked_code {
	struct code_range range[PWT_NR_FUNCS];
};

void checker_code(struct hooked_code *code, const struct kernel *kernel,
		  const struct hook_status *hooks, size_t nr);

/* Of a stack that was taken inside @func, what stands above it: a trampoline, the program. */
void checker_stack(const struct hooked_code *code, enum pwt_func func, struct stack *stack);

/*
 * The walk of a change, which is asked for by --walks: to the checker it would be somebody else's.
 */
bool checker_ignores(const struct kernel *kernel, const void *record, size_t size);

/* Where KFENCE has its pool is not known: nothing is said of any address. */
extern const struct pwt_kfence checker_no_kfence;

/* Room for the state of a checker, as it is recorded. */
union checker_state {
	struct pwt_state state;
	uint8_t room[sizeof(struct pwt_state) + PWT_STATE_OPEN * sizeof(struct pwt_open)];
};

/* Return: bytes of @state. */
size_t checker_save(const struct check *check, const struct pwt_kfence *kfence,
		    struct pwt_state *state);

/* 0; -EBADMSG: what is recorded makes no sense; -ENOMEM. */
int checker_restore(struct check *check, const struct pwt_state *state, size_t size);

#endif
