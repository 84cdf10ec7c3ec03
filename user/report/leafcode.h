/* SPDX-License-Identifier: GPL-2.0-only */
/* What an entry maps and allows, in a byte: as much as a picture of it shows. */
#ifndef PWTRACE_LEAFCODE_H
#define PWTRACE_LEAFCODE_H

#include "dump/sizes.h"

enum leaf_allows {
	ALLOWS_NOTHING, /* there is no leaf */
	ALLOWS_INVALID, /* present, and not valid */
	ALLOWS_READ,
	ALLOWS_READ_EXECUTE,
	ALLOWS_READ_WRITE,
	ALLOWS_ALL,
	ALLOWS_BAD,   /* neither present nor empty */
	ALLOWS_MIXED, /* not all the same */
	ALLOWS_NR,
};

/* enum leaf_size, or this: not all the same. */
#define LEAF_MIXED 7

typedef uint8_t leaf_code; /* leaf_size, and leaf_allows above */

#define LEAF_CODES  64
#define LEAF_HOLE   0
#define LEAF_UNSEEN 0xff

static inline leaf_code leaf_code_make(unsigned int size, enum leaf_allows allows)
{
	return size | allows << 3;
}

static inline unsigned int leaf_code_size(leaf_code code)
{
	return code & 7;
}

static inline enum leaf_allows leaf_code_allows(leaf_code code)
{
	return code >> 3 & 7;
}

/* Is there a leaf whose size means something? */
static inline bool leaf_code_is_leaf(leaf_code code)
{
	enum leaf_allows allows = leaf_code_allows(code);

	return code != LEAF_UNSEEN && allows != ALLOWS_NOTHING && allows != ALLOWS_BAD;
}

/* @desc is no table; @table_bits: of the tables above it, joined. */
leaf_code leaf_code_of(enum pgtable_level level, uint64_t desc, uint64_t table_bits);

/* Of two pieces that are shown as one. */
leaf_code leaf_code_join(leaf_code a, leaf_code b);

#endif
