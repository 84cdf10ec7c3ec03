/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording given to the checker: what a session is for the running kernel, with the same
 * verdicts.
 */
#ifndef PWTRACE_REPLAY_H
#define PWTRACE_REPLAY_H

#include "commands/session.h"
#include "recording/kernel.h"

struct replay;

/**
 * replay_open() - get ready to replay a recording
 * @paths: its parts, in order; have to stay
 * @rules_off: bits: 1 << enum rule; those that were off when it was recorded are off, too
 * @events: as of a session
 * @why: filled in on failure
 *
 * Return: 0 or a negative errno.
 */
int replay_open(struct replay **out, char *const *paths, size_t nr, uint32_t rules_off,
		const struct session_events *events, void *ctx, struct problem *why);
void replay_close(struct replay *replay);

/* All of it, until @stop says so; may be NULL. 0, or a negative errno with @why filled in. */
int replay_run(struct replay *replay, bool (*stop)(void *ctx), struct problem *why);

const struct kernel *replay_kernel(const struct replay *replay);
const struct recorded_info *replay_info(const struct replay *replay);
const char *replay_function(const struct replay *replay, enum pwt_func func);
void replay_stack(const struct replay *replay, const struct change *change, struct stack *stack);
void replay_summary(const struct replay *replay, struct summary *summary);

/* Events that were captured, and found no way into the file. */
uint64_t replay_unwritten(const struct replay *replay);

/* What is wrong with the file, for people; false: nothing. */
bool replay_damage(const struct replay *replay, char *buf, size_t size);

#endif
