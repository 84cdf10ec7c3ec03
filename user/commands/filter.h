/* SPDX-License-Identifier: GPL-2.0-only */
/* Which changes are shown. */
#ifndef PWTRACE_FILTER_H
#define PWTRACE_FILTER_H

#include <stdbool.h>

#include "check/change.h"

#define FILTER_MAX 16

enum filter_kind {
	FILTER_ZONE,
	FILTER_RANGE,
	FILTER_OP,
	FILTER_PID,
	FILTER_COMM,
	FILTER_RET,
	FILTER_VERDICT,
	FILTER_KINDS,
};

struct filter_term {
	bool deny;
	const char *pattern; /* op, comm: a shell pattern */
	uint64_t low, high;  /* range: [low, high) */
	int64_t number;	     /* zone, pid, ret, verdict */
};

struct filter {
	struct filter_term terms[FILTER_KINDS][FILTER_MAX];
	unsigned int nr[FILTER_KINDS];
};

/**
 * filter_add() - add a term
 * @text: as given by the user; a leading ! denies. Kept, not copied.
 *
 * A change passes if for each kind it meets one of the allowing terms, where there are any, and
 * none of the denying ones. Return: 0, -EINVAL for a text that does not parse, -E2BIG.
 */
int filter_add(struct filter *filter, enum filter_kind kind, const char *text);

bool filter_pass(const struct filter *filter, const struct change *change);

/* What is wrong with the text of a kind, in words. */
const char *filter_syntax(enum filter_kind kind);

#endif
