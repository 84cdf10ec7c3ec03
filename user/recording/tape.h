/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A capture that is recorded: what the checker is given, and what it asked and was answered, in the
 * order in which it happened, so that another checker can be given the same. An answer comes before
 * the event that asked for it.
 */
#ifndef PWTRACE_TAPE_H
#define PWTRACE_TAPE_H

#include "capture/capture.h"
#include "recording/write.h"

struct tape;

/**
 * tape_open() - begin to record
 * @path: see sink_open()
 * @kernel: that is captured; has to stay
 *
 * Return: 0, or a negative errno with @why filled in.
 */
int tape_open(struct tape **out, const char *path, const struct kernel *kernel,
	      struct problem *why);

/* What is attached, and the rules that are off. 0 or a negative errno. */
int tape_hooks(struct tape *tape, struct capture *capture, uint32_t rules_off);

void tape_record(struct tape *tape, const void *record, size_t size);
void tape_idle(struct tape *tape);
void tape_unseen(struct tape *tape, uint64_t answer);
void tape_kfence(struct tape *tape, const struct pwt_kfence *pool);

/* The state of the checker before the next record, where it is wanted. */
bool tape_wants_state(struct tape *tape);
void tape_state(struct tape *tape, const struct pwt_state *state, size_t size);

/* What a change needs to be shown: a stack, and the symbol of an address. */
void tape_stack(struct tape *tape, int32_t id, const uint64_t *addrs, size_t nr);
void tape_symbol(struct tape *tape, uint64_t addr);

/* Let what there is be in the file, once a second at most; what is lost so far along with it. */
void tape_tick(struct tape *tape, struct capture *capture);

/* The capture has ended. */
void tape_end(struct tape *tape, struct capture *capture, uint32_t rules_off);

/* 0, or the first error of writing. @stats: filled in. */
int tape_close(struct tape *tape, struct recorder_stats *stats);

/* Nothing more can be written: 0 as long as all is well. */
int tape_error(const struct tape *tape);

#endif
