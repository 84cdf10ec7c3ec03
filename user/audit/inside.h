/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the audit: what it remembers until the end. */
#ifndef PWTRACE_AUDIT_INSIDE_H
#define PWTRACE_AUDIT_INSIDE_H

#include "audit/audit.h"

/* Of one physical range, how it is mapped. */
struct mapping {
	uint64_t pa, size, addr;
	uint64_t desc;
	enum pgtable_level level;
	uint64_t other; /* another address of it, 0: none is known */
};

struct mappings {
	struct mapping *mapping;
	size_t nr, room;
};

struct table_at {
	uint64_t pa, addr;
	enum pgtable_level level;
};

struct audit {
	struct audit_config config;
	audit_fn emit;
	void *ctx;
	struct mappings read_only; /* outside the linear map */
	struct mappings writable;  /* in the linear map */
	struct mappings invalid;   /* there, by nobody known */
	struct table_at *tables;
	size_t nr_tables, room_tables;
	bool incomplete;
};

/* A finding about all of @run. */
void audit_found(struct audit *audit, enum audit_rule rule, const struct leaf_run *run);
void audit_keep(struct audit *audit, struct mappings *all, const struct leaf_run *run);

/* Leaves that are not valid; a valid one, which may be of the same memory; what is left of them. */
void audit_invalid(struct audit *audit, const struct leaf_run *run);
void audit_other(struct audit *audit, const struct leaf_run *run);
void audit_unowned(struct audit *audit);

#endif
