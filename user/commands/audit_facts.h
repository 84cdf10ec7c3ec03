/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rules of an audit have to know of the machine: of this one, or of a file's. */
#ifndef PWTRACE_AUDIT_FACTS_H
#define PWTRACE_AUDIT_FACTS_H

#include "audit/audit.h"
#include "commands/keepers.h"
#include "commands/live.h"

#define MOST_RAM 256

struct audit_facts {
	struct audit_range ram[MOST_RAM];
	size_t nr_ram;
	uint32_t off; /* rules that cannot be looked for; bits: 1 << enum audit_rule */
};

/* @facts: zeroed; @keepers: of that kernel. What is not looked for, and why, is said on standard
 * error. */
void audit_find_facts(struct audit_facts *facts, struct live *live, const struct keepers *keepers);

#endif
