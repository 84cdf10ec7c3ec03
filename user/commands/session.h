/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Capture and checker at work on the kernel that is running: what the commands that watch changes
 * have in common. What they do with the changes is theirs.
 */
#ifndef PWTRACE_SESSION_H
#define PWTRACE_SESSION_H

#include "capture/capture.h"
#include "check/check.h"
#include "commands/checker.h"
#include "emit/emit.h"
#include "kernel/kernel.h"
#include "recording/tape.h"

struct session_events {
	change_fn change; /* a finished change */
	/* a record, before the checker gets it; NULL: not asked for */
	void (*record)(void *ctx, const struct pwt_hdr *hdr, size_t size);
};

struct session {
	struct kernel kernel;
	struct capture *capture;
	struct check *check;
	struct tape *tape; /* the caller's to set before it attaches; NULL: nothing is recorded */
	bool unchecked;	   /* the caller's: it is recorded, and not checked now */
	uint64_t records, calls, unseen; /* recorded so far; what went unseen */
	uint32_t rules_off; /* bits: 1 << enum rule; the caller's to set before it attaches */
	struct hooked_code code;
	struct pwt_kfence kfence; /* as far as it was asked for */
	struct session_events events;
	void *ctx;
};

/**
 * session_open() - learn about the running kernel
 * @session: zeroed; session_close() it, after a failure too
 * @why: filled in on failure
 *
 * Return: 0 or a negative errno.
 */
int session_open(struct session *session, struct problem *why);
void session_close(struct session *session);

/**
 * session_attach() - have its changes from here on
 * @options: of capture
 * @events: called from session_look() and session_drain() with @ctx
 * @why: filled in on failure
 *
 * Return: 0 or a negative errno.
 */
int session_attach(struct session *session, const struct capture_options *options,
		   const struct session_events *events, void *ctx, struct problem *why);

/* Is there a hook on the function that plays @func? */
bool session_hooked(const struct session *session, enum pwt_func func);

/**
 * session_look() - take the records that are there, or wait for some
 * @timeout_ms: how long to wait
 *
 * Return: how many there were, 0 after the time out or a signal, or a negative errno.
 */
int session_look(struct session *session, int timeout_ms);

/* No new calls; what is under way ends, what is in the ring is read. 0 or a negative errno. */
int session_drain(struct session *session);

/* The kernel stack of @change, from the traced function on. */
void session_stack(const struct session *session, const struct change *change, struct stack *stack);

/* All of @summary but what was shown. */
void session_summary(const struct session *session, struct summary *summary);

#endif
