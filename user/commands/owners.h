/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose a piece of the kernel's memory is: areas of vmalloc, modules, what is kept out of sight. */
#ifndef PWTRACE_OWNERS_H
#define PWTRACE_OWNERS_H

#include "audit/audit.h"
#include "kernel/areas.h"
#include "kernel/pages.h"

struct owners;

/* What cannot be told is not; @command: who says so on standard error. NULL: no memory. */
struct owners *owners_open(const struct kernel *kernel, const char *command);
void owners_close(struct owners *owners);

/* Who keeps the page at @pa out of the linear map. */
enum audit_owner owners_of(struct owners *owners, uint64_t pa);

/* The area of vmalloc that @addr is in; false: none is known. */
bool owners_area(struct owners *owners, uint64_t addr, struct vm_area *area);

/* Is the memory of that area to have no linear alias that can be used? */
bool owners_hide_alias(struct owners *owners, uint64_t addr);

/* The module that has the area, NULL: none has. */
const char *owners_module(struct owners *owners, const struct vm_area *area);

#endif
