/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who asked for changes: stacks, or the callers that are known without them, counted; and the tree
 * that they make.
 */
#ifndef PWTRACE_CALLERS_H
#define PWTRACE_CALLERS_H

#include "check/change.h"
#include "emit/emit.h"

struct caller;

struct callers {
	struct caller **buckets;
	size_t nr;	   /* of different ones */
	uint64_t counted;  /* calls */
	uint64_t left_out; /* calls that there was no room for */
	bool stacks;	   /* some have a stack */
};

/* A call that is no part of another. 0 or -ENOMEM. */
int callers_add(struct callers *callers, const struct change *change, const struct stack *stack);
void callers_release(struct callers *callers);

/* A place in the tree; 0, the root, is the task. */
struct frame {
	const char *name; /* of a task or a function; NULL: an address without a symbol */
	uint64_t nr;
	uint32_t parent, child, sibling; /* 0: none */
};

struct frames {
	struct frame *frame; /* [0] is the root of all */
	uint32_t nr;
	uint64_t left_out; /* calls that are not in it to their ends */
};

/* 0 or -ENOMEM. What names point to belongs to @callers and @syms. */
int frames_build(struct frames *frames, const struct callers *callers, const struct kernel *kernel);
void frames_release(struct frames *frames);

#endif
