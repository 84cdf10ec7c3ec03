// SPDX-License-Identifier: GPL-2.0-only
#include "hooks.h"

const struct hook hooks[] = {
	/*
	 * __change_memory_common() is static and has many callers: most compilers inline it. Its
	 * only callee since a660194dd101 takes the same arguments.
	 */
	{ PWT_FN_RANGE,
	  "range",
	  { "__change_memory_common", "update_range_prot" },
	  WHEN_ALWAYS,
	  true },
	{ PWT_FN_COMMON, "common", { "change_memory_common" }, WHEN_ALWAYS, false },
	{ PWT_FN_AREA, "area", { "find_vm_area" }, WHEN_ALWAYS, false },
	{ PWT_FN_WALK, "walk", { "walk_kernel_page_table_range" }, WHEN_ALWAYS, false },
	{ PWT_FN_WALK_LOCKLESS,
	  "walk_lockless",
	  { "walk_kernel_page_table_range_lockless" },
	  WHEN_ALWAYS,
	  false },
	{ PWT_FN_SPLIT_LEAF, "split_leaf", { "split_kernel_leaf_mapping" }, WHEN_SPLITS, false },
	{ PWT_FN_SPLIT_PUD, "split_pud", { "split_pud" }, WHEN_SPLITS, false },
	{ PWT_FN_SPLIT_PMD, "split_pmd", { "split_pmd" }, WHEN_SPLITS, false },
	{ PWT_FN_SET_MEMORY_VALID, "set_memory_valid", { "set_memory_valid" }, WHEN_CALLS, false },
	{ PWT_FN_SET_DIRECT_MAP_INVALID,
	  "set_direct_map_invalid",
	  { "set_direct_map_invalid_noflush" },
	  WHEN_CALLS,
	  false },
	{ PWT_FN_SET_DIRECT_MAP_DEFAULT,
	  "set_direct_map_default",
	  { "set_direct_map_default_noflush" },
	  WHEN_CALLS,
	  false },
	{ PWT_FN_SET_DIRECT_MAP_VALID,
	  "set_direct_map_valid",
	  { "set_direct_map_valid_noflush" },
	  WHEN_CALLS,
	  false },
	{ PWT_FN_PUD_ENTRY, "pud_entry", { "pageattr_pud_entry" }, WHEN_CALLBACKS, false },
	{ PWT_FN_PMD_ENTRY, "pmd_entry", { "pageattr_pmd_entry" }, WHEN_CALLBACKS, false },
	{ PWT_FN_PTE_ENTRY, "pte_entry", { "pageattr_pte_entry" }, WHEN_CALLBACKS, false },
};

const size_t nr_hooks = sizeof(hooks) / sizeof(*hooks);
