// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "audit.h"

static const struct {
	const char *name, *text;
} rules[AUDIT_NR_RULES] = {
	[AUDIT_WX] = { "wx", "what can be written can be executed: a write becomes code" },
	[AUDIT_ALIAS_WRITABLE] = { "alias-writable",
				   "memory that is read-only by one address can be written by its "
				   "linear address" },
	[AUDIT_BROKEN_RUN] = { "broken-run",
			       "entries with the contiguous bit that are no whole run: the TLB may "
			       "use any of them for all" },
	[AUDIT_ILLEGAL_BLOCK] = { "illegal-block",
				  "a block at a level that has none with this page size: it "
				  "faults, or is taken for a table" },
	[AUDIT_INVALID_LEAF] = { "invalid-leaf",
				 "a leaf that is present to the kernel and not valid to hardware, "
				 "and nobody is known who wants it so: an access faults" },
	[AUDIT_BAD_ENTRY] = { "bad-entry", "an entry that is neither empty nor present" },
	[AUDIT_NO_AF] = { "no-af", "the access flag is clear: the next access faults" },
	[AUDIT_USER] = { "user", "user space may access it" },
	[AUDIT_USER_EXECUTABLE] = { "user-executable", "user space may execute it" },
	[AUDIT_RESERVED_BITS] = { "reserved-bits",
				  "bits that have no meaning there, or an output address out of "
				  "place or range" },
	[AUDIT_TABLE_SHARED] = { "table-shared",
				 "a table is reached by two ways: a change by one is one by both" },
	[AUDIT_OUTSIDE_RAM] = { "outside-ram", "the linear map maps what is no memory" },
	[AUDIT_TORN] = { "torn", "it changed while it was read: look again" },
};

const char *audit_rule_name(enum audit_rule rule)
{
	return rules[rule].name;
}

const char *audit_rule_text(enum audit_rule rule)
{
	return rules[rule].text;
}

enum audit_rule audit_rule_find(const char *name)
{
	enum audit_rule rule = 0;

	while (rule < AUDIT_NR_RULES && strcmp(rules[rule].name, name))
		rule++;
	return rule;
}

static const char *const owners[OWNER_NR] = {
	[OWNER_NONE] = "unknown",	 [OWNER_IMAGE] = "image",	  [OWNER_KFENCE] = "kfence",
	[OWNER_SECRETMEM] = "secretmem", [OWNER_PAGEALLOC] = "pagealloc", [OWNER_AREA] = "area",
};

const char *audit_owner_name(enum audit_owner owner)
{
	return owners[owner];
}
