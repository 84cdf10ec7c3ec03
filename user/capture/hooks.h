/* SPDX-License-Identifier: GPL-2.0-only */
/* The hooks: kernel functions that stand in for each other, and the programs for them. */
#ifndef PWTRACE_HOOKS_H
#define PWTRACE_HOOKS_H

#include "capture/capture.h"

/* When a hook is attached. */
enum hook_when {
	WHEN_ALWAYS,
	WHEN_CALLS,
	WHEN_CALLBACKS,
	WHEN_SPLITS, /* the kernel splits leaves */
	WHEN_BIRTHS,
};

struct hook {
	enum pwt_func func;
	const char *program; /* programs are named WAY_PROGRAM: fentry_range, kprobe_range ... */
	const char *functions[2]; /* kernel functions, the best first */
	enum hook_when when;
	bool required;	   /* nothing can be watched without it */
	enum backend only; /* the one way to attach that there is a program for; else AUTO */
};

extern const struct hook hooks[];
extern const size_t nr_hooks;

#endif
