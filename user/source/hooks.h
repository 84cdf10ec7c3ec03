/* SPDX-License-Identifier: GPL-2.0-only */
/* BPF programs on what writes leaf entries of the kernel's tables, while those are read. */
#ifndef PWTRACE_SOURCE_HOOKS_H
#define PWTRACE_SOURCE_HOOKS_H

#include "change_log.h"
#include "kernel/kernel.h"

struct source_hooks;

#define MAX_SOURCE_HOOKS 8

/**
 * source_hooks_open() - attach them
 * @why: filled in on failure
 *
 * A call that is under way just now is not seen, neither its beginning nor its end: it has to have
 * had time to end before tables are read.
 * Return: 0, or a negative errno.
 */
int source_hooks_open(struct source_hooks **out, struct problem *why);
void source_hooks_close(struct source_hooks *hooks);

const struct pwt_changes *source_hooks_log(const struct source_hooks *hooks);

/* Has the kernel a function that splits leaves? */
bool source_hooks_split(const struct source_hooks *hooks);

/* How often they did not run, up to now. @hooks: a struct source_hooks. */
uint64_t source_hooks_missed(void *hooks);

/* The kernel functions that they are on. Return: how many. */
size_t source_hooks_names(const struct source_hooks *hooks, const char *names[MAX_SOURCE_HOOKS]);

#endif
