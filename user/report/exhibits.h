/* SPDX-License-Identifier: GPL-2.0-only */
/* Changes that are kept to be shown one by one; those of a kind that are too many are counted. */
#ifndef PWTRACE_EXHIBITS_H
#define PWTRACE_EXHIBITS_H

#include "check/change.h"
#include "emit/emit.h"

#define EXHIBIT_ENTRIES 24

/* An entry as it was read before and after. */
struct exhibit_entry {
	enum pgtable_level level;
	unsigned int index; /* in its table */
	uint64_t addr;
	uint64_t before, after;
	bool has_after;
};

struct exhibit {
	struct change change; /* without its images */
	struct stack stack;
	struct exhibit_entry entries[EXHIBIT_ENTRIES]; /* around the one that differs */
	unsigned int nr_entries;
	unsigned int more; /* entries that were read, too */
};

struct exhibits {
	struct exhibit **exhibit;
	size_t nr;
};

/* 0 or -ENOMEM. */
int exhibits_add(struct exhibits *exhibits, const struct change *change, const struct stack *stack);
void exhibits_release(struct exhibits *exhibits);

/* Requests that did nothing, by what was asked, what was answered and why. */
#define REFUSALS_MOST	  48
#define REFUSALS_EXAMPLES 2

struct refusal {
	const char *op;
	uint8_t func;
	bool has_ret;
	int ret;
	uint32_t findings;
	uint64_t nr;
	struct exhibits examples;
};

struct refusals {
	struct refusal kind[REFUSALS_MOST];
	unsigned int nr;
	uint64_t total;
	uint64_t left_out; /* of kinds that there was no room for */
};

int refusals_add(struct refusals *refusals, const struct change *change, const struct stack *stack);
void refusals_release(struct refusals *refusals);

#endif
