/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A part of the address space as runs of equal leaves, for a picture. However many there are, no
 * more than STRIP_MOST are kept: what is smaller than what can be seen is put together.
 */
#ifndef PWTRACE_STRIP_H
#define PWTRACE_STRIP_H

#include <stddef.h>

#include "geometry/zone.h"
#include "report/leafcode.h"

#define STRIP_MOST 1200

/* What a piece looks like; of one with several permissions, how much has each, in 255ths. */
struct leaf_look {
	leaf_code code;
	uint8_t share[ALLOWS_NR];
};

struct strip_run {
	uint64_t start, size; /* bytes */
	struct leaf_look look;
};

struct strip {
	struct strip_run *runs; /* by address */
	size_t nr;
	uint64_t joined;	    /* runs below this many bytes were put together; 0: none were */
	uint64_t bytes[LEAF_CODES]; /* of each code, before that */
};

/*
 * Add a run behind those that are there; what overlaps them is left out. 0 or -ENOMEM.
 * @page: bytes of one
 */
int strip_add(struct strip *strip, uint64_t page, uint64_t start, uint64_t size, leaf_code code);
void strip_release(struct strip *strip);

/* The kernel's address space at one time, as far as it is known. */
struct strips {
	struct strip zone[ZONE_NR];
};

/* The same, for a run that may lie in several zones. */
int strips_add(struct strips *strips, const struct zones *zones, uint64_t page, uint64_t start,
	       uint64_t size, leaf_code code);
void strips_release(struct strips *strips);

#endif
