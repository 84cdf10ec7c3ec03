/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What should never be in the kernel's page tables, and is looked for over all of them. Each rule
 * can be told what is known.
 */
#ifndef PWTRACE_AUDIT_H
#define PWTRACE_AUDIT_H

#include "dump/leaves.h"
#include "geometry/zone.h"

/* Who keeps a leaf of the linear map invalid. */
enum audit_owner {
	OWNER_NONE,	 /* nobody known: a finding */
	OWNER_IMAGE,	 /* the alias of the kernel image, since v7.3 */
	OWNER_KFENCE,	 /* its pool */
	OWNER_SECRETMEM, /* memfd_secret() */
	OWNER_PAGEALLOC, /* DEBUG_PAGEALLOC: a free page */
	OWNER_AREA,	 /* an area of vmalloc that is to have no alias: a module, BPF */
	OWNER_NR,
};

const char *audit_owner_name(enum audit_owner owner);

enum audit_rule {
	AUDIT_WX,	       /* writable and executable */
	AUDIT_ALIAS_WRITABLE,  /* read-only elsewhere, writable in the linear map */
	AUDIT_BROKEN_RUN,      /* contiguous bit, and the run is none */
	AUDIT_ILLEGAL_BLOCK,   /* at a level where there are none */
	AUDIT_INVALID_LEAF,    /* present, not valid, and nobody known keeps it so */
	AUDIT_BAD_ENTRY,       /* neither present nor empty */
	AUDIT_NO_AF,	       /* the next access would fault */
	AUDIT_USER,	       /* user space may access it */
	AUDIT_USER_EXECUTABLE, /* user space may execute it (UXN clear) */
	AUDIT_RESERVED_BITS,   /* bits that mean nothing, or address bits beyond those in use */
	AUDIT_TABLE_SHARED,    /* a table reachable twice */
	AUDIT_OUTSIDE_RAM,     /* mapped in the linear map, and no memory */
	AUDIT_TORN,	       /* changed while it was read: nothing is said of it */
	AUDIT_NR_RULES,
};

const char *audit_rule_name(enum audit_rule rule);
enum audit_rule audit_rule_find(const char *name); /* AUDIT_NR_RULES: no such */
/* Why it matters, a sentence. */
const char *audit_rule_text(enum audit_rule rule);

struct audit_range {
	uint64_t start, size;
};

struct audit_finding {
	enum audit_rule rule;
	uint64_t addr, size; /* virtual */
	enum pgtable_level level;
	uint64_t desc; /* of the first entry; of a table, 0 */
	uint64_t pa;   /* of the first byte, or of the table */
	/*
	 * alias-writable, table-shared: the other virtual address. invalid-leaf, bad-entry: another
	 * one of the same memory, 0: there is none.
	 */
	uint64_t other;
	/* invalid-leaf, bad-entry; but for OWNER_NONE it is as it should be */
	enum audit_owner owner;
};

typedef void (*audit_fn)(void *ctx, const struct audit_finding *finding);

struct audit_config {
	const struct geometry *geo;
	const struct zones *zones;
	/* Physical memory, by address; none: not known, and nothing is outside of it. */
	const struct audit_range *ram;
	size_t nr_ram;
	/* Who has reason to keep the page at @pa out of the linear map; NULL: nobody. */
	enum audit_owner (*owner)(void *ctx, uint64_t pa);
	/* Is the area of vmalloc at @addr to have no alias? NULL: none is. */
	bool (*hides_alias)(void *ctx, uint64_t addr);
	/* Physical bits in use: 48, or 52 with LPA or LPA2. */
	unsigned int pa_bits;
	uint32_t off; /* rules that are not looked for; bits: 1 << enum audit_rule */
};

struct audit;

/* Return: 0 or -ENOMEM. */
int audit_new(struct audit **out, const struct audit_config *config, audit_fn finding, void *ctx);
void audit_free(struct audit *audit);

/* For leaves_walk() over all of the kernel's half, without holes. @ctx: the audit. */
void audit_run(void *ctx, const struct leaf_run *run);
void audit_table(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa);

/* What can be told at the end only. Return: 0, or -ENOMEM: not all was kept. */
int audit_end(struct audit *audit);

#endif
