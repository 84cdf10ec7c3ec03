/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An account of each vmalloc area: by which leaves it is mapped, by which it could be for its size,
 * its alignment and the memory that is behind it, and why it is not.
 */
#ifndef PWTRACE_ACCOUNT_H
#define PWTRACE_ACCOUNT_H

#include "dump/sizes.h"
#include "geometry/zone.h"
#include "kernel/areas.h"
#include "model/vmap.h"

/* Where an area comes from. */
enum account_kind {
	ACCOUNT_VMALLOC,
	ACCOUNT_VMAP,
	ACCOUNT_IOREMAP,
	ACCOUNT_MAP_RAM, /* vm_map_ram(): no vm_struct */
	ACCOUNT_OTHER,
	ACCOUNT_MODULES, /* by where they lie, whoever made them */
	ACCOUNT_IMAGE,
	ACCOUNT_NR_KINDS,
};

enum account_kind account_kind_of(const struct zones *zones, const struct vm_area *area);
const char *account_kind_name(enum account_kind kind);

/* What became of an area while the tables were read. */
enum account_state {
	ACCOUNT_SAME,
	ACCOUNT_NEW, /* nothing is known of what maps it */
	ACCOUNT_GONE,
	ACCOUNT_CHANGED,
	ACCOUNT_NR_STATES,
};

const char *account_state_name(enum account_state state);

/*
 * Of each byte whose best leaf is not of the largest kind: why that is so, to WHY_LEVEL. Of each
 * that is lost: why, from WHY_LEVEL on.
 */
enum account_why {
	WHY_TOO_SMALL,	 /* there is less than that to map */
	WHY_VIRTUAL,	 /* the area begins inside the block */
	WHY_PHYSICAL,	 /* its memory is in one piece, and not aligned */
	WHY_SCATTERED,	 /* it is not in one piece */
	WHY_NOT_MAPPED,	 /* a part of it is missing or not valid */
	WHY_LEVEL,	 /* there is no such block, or the kernel makes none */
	WHY_NOT_ASKED,	 /* whoever mapped it allows no larger block */
	WHY_NO_HUGE,	 /* vmalloc() without VM_ALLOW_HUGE_VMAP */
	WHY_HUGE_OFF,	 /* nohugevmalloc */
	WHY_FALLBACK,	 /* vmalloc() took smaller pages than flags and size allow */
	WHY_TABLE,	 /* it was asked for, and a table stands there */
	WHY_PERMISSIONS, /* they differ within the block */
	WHY_UNKNOWN,	 /* the area could not be read */
	WHY_NR,
};

#define NR_LIMITS (WHY_LEVEL + 1)

const char *account_why_name(enum account_why why);
const char *account_why_text(enum account_why why);

/* All in bytes. */
struct account {
	struct vm_area area;
	enum account_kind kind;
	enum account_state state;
	unsigned int marks;  /* enum stream_mark: of tables above it */
	struct sizes mapped; /* as it is */
	uint64_t best[VMAP_NR];
	uint64_t limits[NR_LIMITS]; /* of the best: why it is no larger */
	uint64_t aligned[VMAP_NR];  /* the best at addresses that are aligned as the memory is */
	/* of the best, what smaller leaves map now: with the same attributes all through the
	 * block, and with others */
	uint64_t smaller[VMAP_NR];
	uint64_t mixed;
};

/* What the kernel does with any area. */
struct account_rules {
	bool vmalloc_pages;	    /* nohugevmalloc */
	bool no_blocks;		    /* none above the last level */
	unsigned int ioremap_shift; /* the largest that ioremap() uses, log2; 0: not known */
};

struct accounts {
	const struct geometry *geo;
	const struct zones *zones;
	struct account_rules rules;
	enum vmap_runs runs; /* settled by accounts_end() */
	struct account *all; /* by address */
	size_t nr;
	struct sizes outside[ZONE_NR]; /* mapped, and in no area */
	/* inside */
	size_t at; /* the area that the walk is in, or comes to */
	struct stretch *stretch;
	int err;
};

/**
 * accounts_open() - begin, with nothing mapped
 * @accounts: geo, zones and rules are set; accounts_close() it, after a failure too
 * @areas: by address; those that overlap the one before are ACCOUNT_CHANGED
 *
 * Return: 0 or -ENOMEM.
 */
int accounts_open(struct accounts *accounts, const struct vm_area *areas, size_t nr);
void accounts_close(struct accounts *accounts);

/* A leaf_run_fn. Runs come by address; holes are told for their marks. @ctx: the accounts. */
void accounts_run(void *ctx, const struct leaf_run *run);

/* Behind the last run. Return: 0 or -ENOMEM, and something is missing. */
int accounts_end(struct accounts *accounts);

/*
 * The areas as they are now: what has come, gone and changed since accounts_open().
 * Return: 0 or -ENOMEM.
 */
int accounts_compare(struct accounts *accounts, const struct vm_area *later, size_t nr);

/* Bytes of the area without its guard page; mapped or not. */
uint64_t account_size(const struct accounts *accounts, const struct account *account);
uint64_t account_lost(const struct account *account);
/* Did whoever mapped it allow such a block, as far as flags tell? */
bool account_asks(const struct accounts *accounts, const struct account *account,
		  enum vmap_block block);
/* What is lost for what: only those from WHY_LEVEL on. */
void account_losses(const struct accounts *accounts, const struct account *account,
		    uint64_t bytes[WHY_NR]);

/* Of many areas. */
struct account_total {
	uint64_t areas;
	struct sizes mapped;
	uint64_t aligned[VMAP_NR];
	uint64_t lost;
	uint64_t losses[WHY_NR];
};

void account_total_add(struct account_total *to, const struct account_total *from);

/* Those that are ACCOUNT_NEW are counted among areas only. */
void accounts_totals(const struct accounts *accounts,
		     struct account_total totals[ACCOUNT_NR_KINDS]);

#endif
