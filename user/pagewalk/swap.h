/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries that are not present: what their type means. include/linux/swapops.h and leafops.h. */
#ifndef PWTRACE_SWAP_H
#define PWTRACE_SWAP_H

#include "walk.h"

enum swap_kind {
	SWAP_NONE,
	SWAP_FILE, /* swapped out */
	SWAP_HWPOISON,
	SWAP_MIGRATION,
	SWAP_DEVICE_PRIVATE,
	SWAP_DEVICE_EXCLUSIVE,
	SWAP_MARKER,
};

enum swap_kind swap_kind(const struct mm_struct *mm, pte_t pte);

/* The page frame of a migration or device entry. */
unsigned long swap_pfn(const struct mm_struct *mm, pte_t pte);

/* Does a pmd of this page frame map the shared huge zero folio? */
bool is_huge_zero_pfn(const struct mm_struct *mm, unsigned long pfn);

#endif
