/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose a piece of the kernel's memory is: areas of vmalloc, modules, what is kept out of sight. */
#ifndef PWTRACE_KEEPERS_H
#define PWTRACE_KEEPERS_H

#include "audit/audit.h"
#include "kernel/areas.h"
#include "kernel/page_uses.h"

struct keepers;

/*
 * What cannot be told is not; @command: who says so on standard error. @readable: the kernel's
 * memory can be read; without, no more is known than where its image lies. NULL: no memory.
 */
struct keepers *keepers_open(const struct kernel *kernel, const char *command, bool readable);
void keepers_close(struct keepers *keepers);

/* Can be told who keeps a page out of the linear map, whoever it is? */
bool keepers_complete(const struct keepers *keepers);

/* Who keeps the page at @pa out of the linear map. */
enum audit_owner keepers_of(struct keepers *keepers, uint64_t pa);

/* The area of vmalloc that @addr is in; false: none is known. */
bool keepers_area(struct keepers *keepers, uint64_t addr, struct vm_area *area);

/* Is the memory of that area to have no linear alias that can be used? */
bool keepers_hide_alias(struct keepers *keepers, uint64_t addr);

/* The module that has the area; false: none is known. */
bool keepers_module(struct keepers *keepers, const struct vm_area *area, char name[64]);

#endif
