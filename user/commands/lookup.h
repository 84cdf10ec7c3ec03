/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of pwtrace lookup share. */
#ifndef PWTRACE_LOOKUP_H
#define PWTRACE_LOOKUP_H

#include "commands/commands.h"
#include "commands/process.h"
#include "kernel/areas.h"
#include "kernel/owner.h"
#include "kernel/sections.h"

/* One step of the walk. */
struct step {
	enum pgtable_level level;
	uint64_t table; /* physical address */
	unsigned int index;
	uint64_t entry;
};

struct looked_up {
	uint64_t addr;
	struct process *process; /* NULL: an address of the kernel's */
	const struct vma *vma;
	struct step steps[PGTABLE_NR_LEVELS];
	unsigned int nr;
	uint64_t table_bits; /* of the tables above the last entry, joined */
	bool unreadable;     /* the table that the last step leads to */
	bool torn;	     /* a table changed while those below were read */
	bool has_area;
	struct vm_area area;
	bool has_module;
	struct module_place module;
	bool has_page;
	struct page_facts page;
	struct owner owner;
};

struct lookup {
	struct common_options common;
	struct source_choice source;
	struct live live;
	struct reader reader;
	/* NULL: what they tell of cannot be told */
	struct areas *areas;
	struct pages *pages;
	struct owners *owners;
	struct tasks *tasks;
};

/* lookup_find.c: "0xffff...", "symbol+OFFSET" or "PID:ADDRESS"; @pid 0: of the kernel. 0, -EINVAL.
 */
int lookup_parse(const struct kernel *kernel, const char *text, int *pid, uint64_t *addr,
		 struct problem *why);

/* lookup_find.c: through the tables, and what is known of what is there. 0 or -EIO. */
int lookup_find(struct lookup *lookup, struct looked_up *found, struct problem *why);

static inline const struct step *last_step(const struct looked_up *found)
{
	return &found->steps[found->nr - 1];
}

/* lookup_find.c: the physical address behind a leaf. False: there is none. */
bool lookup_physical(const struct geometry *geo, const struct looked_up *found, uint64_t *pa);

/* What may be done there: by the process, or by the kernel. */
struct may {
	bool read, write, execute;
};

struct may lookup_may(const struct looked_up *found);

/* The topmost table is the pgd, whatever levels are folded away below it. */
const char *lookup_level(const struct geometry *geo, enum pgtable_level level);

void lookup_print_text(const struct lookup *lookup, const struct looked_up *found);
void lookup_print_json(const struct lookup *lookup, const struct looked_up *found);

#endif
