/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules that look at more than one entry, or at more than one change. */
#ifndef PWTRACE_STORY_H
#define PWTRACE_STORY_H

#include "check/explain.h"

/* set_memory_rox() goes from the one to the other at once, ns. */
#define STORY_ROX_TIME 1000000000ULL

/* As ptdump's check_wx: neither read-only nor PXN. */
static inline bool writable_executable(uint64_t leaf)
{
	return (leaf & (PTE_VALID | PTE_RDONLY | PTE_PXN)) == PTE_VALID;
}

/* Is @leaf, which maps @addr, both, and no table of @image above it forbids it? */
bool story_wx(const struct image *image, uint64_t addr, uint64_t leaf);

/* Does a change with these masks say who may write or execute? */
static inline bool story_concerns(const struct change *change)
{
	return change->has_masks &&
	       ((change->set_mask | change->clear_mask) & (PTE_RDONLY | PTE_WRITE | PTE_PXN));
}

/* A change of a range has returned: what it says about those to come, or those before about it. */
void story_take(struct check *check, struct call *call);

/* A change of @size bytes at @start of which nothing more is known. */
void story_forget(struct check *check, uint64_t start, uint64_t size);

/* Findings on a change of a range that was compared. */
void story_findings(const struct comparison *cmp, struct change *change);

/* The change matches, and leaves writable and executable what its task had made read-only. */
void story_was_ro(const struct comparison *cmp, struct change *change);

/* What is to be said of any call by its arguments. */
void story_address(const struct check *check, struct change *change);

/* @part has its verdict, @whole is the call it is a part of. */
void story_join(const struct check *check, struct call *whole, const struct call *part);

/* The call has its own verdict and those of all its parts. */
void story_end(struct change *change);

static inline bool rule_off(const struct check *check, enum rule rule)
{
	return check->config.rules_off & 1U << rule;
}

#endif
