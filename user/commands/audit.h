/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the audit command: what it looks for, how it looks, and what it says. */
#ifndef PWTRACE_COMMAND_AUDIT_H
#define PWTRACE_COMMAND_AUDIT_H

#include "commands/audit_facts.h"
#include "commands/commands.h"
#include "commands/live.h"
#include "commands/keepers.h"

#define MAX_ALLOWS 64

struct allow {
	enum audit_rule rule;
	const char *text; /* of the range; NULL: everywhere */
	struct range range;
};

/* In the order in which they were found. */
struct findings {
	struct audit_finding *finding;
	size_t nr, room;
	uint64_t left_out; /* there were too many to keep */
};

struct audit_command {
	struct common_options common;
	struct source_choice source;
	bool no_hooks;
	struct allow allows[MAX_ALLOWS];
	size_t nr_allows;
	struct live live;
	struct keepers *keepers;
	struct audit_facts facts;
	struct findings findings;  /* those invalid as they should be among them */
	struct stream_stats stats; /* of the look that is reported */
	struct audit *audit;	   /* of the look that is under way */
	uint64_t counts[AUDIT_NR_RULES], allowed;
	uint64_t gone;		    /* not there any more at a second look */
	uint64_t invalid[OWNER_NR]; /* bytes */
};

/* Fill in command->findings, of what is the same twice. 0 or a negative errno. */
int audit_look(struct audit_command *command, struct problem *why);

/* One that is counted already. */
void audit_print(const struct audit_command *command, const struct audit_finding *finding);
void audit_print_summary(const struct audit_command *command);

#endif
