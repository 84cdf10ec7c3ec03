/* SPDX-License-Identifier: GPL-2.0-only */
/* What pwtrace needs of the system it runs on, each with what to do where it is missing. */
#ifndef PWTRACE_NEEDS_H
#define PWTRACE_NEEDS_H

#include <stddef.h>

#include "kernel/kernel.h"

struct need {
	const char *name;
	const char *what;		   /* it is for */
	int (*check)(struct problem *why); /* 0, or a negative errno with @why filled in */
};

extern const struct need needs[];
extern const size_t nr_needs;

/* The first need that is not met. Return: 0 if all are. */
int needs_check(struct problem *why);

#endif
