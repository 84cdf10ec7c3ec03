/* SPDX-License-Identifier: GPL-2.0-only */
/* Accounts of vmalloc areas, printed: for people, or for programs. */
#ifndef PWTRACE_EMIT_AREA_H
#define PWTRACE_EMIT_AREA_H

#include <stdio.h>

#include "areas/account.h"
#include "areas/refusal.h"
#include "source/stream.h"

struct shown_area {
	const struct account *account;
	struct refusal refusal;
};

struct shown_areas {
	const struct kernel *kernel;
	const struct accounts *accounts;
	const struct shown_area *areas; /* those that are wanted, in the order wanted */
	size_t nr;
	unsigned int missed; /* places where the kernel's trees of areas could not be read */
	const struct stream_stats *stats;
	const char *source;
};

/* Sums over all areas, not just those that are shown, and what else is to be told. */
struct area_sums {
	struct account_total kinds[ACCOUNT_NR_KINDS];
	struct account_total space; /* what is neither modules nor the image */
	struct account_total all;
	struct sizes outside; /* in no area */
	uint64_t states[ACCOUNT_NR_STATES];
	uint64_t torn, unreadable, unread; /* areas */
};

void area_sums(const struct shown_areas *shown, struct area_sums *sums);

/* "vmalloc_user+0x10", or the address; NULL: it has none. */
const char *area_caller(const struct shown_areas *shown, const struct vm_area *area, char *buf,
			size_t size);

/* The leaf size that a block of the model is. */
enum leaf_size area_leaf(enum vmap_block block);

void areas_text(FILE *out, const struct shown_areas *shown);
void areas_json(FILE *out, const struct shown_areas *shown, bool pretty);

#endif
