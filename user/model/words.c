// SPDX-License-Identifier: GPL-2.0-only
/* Names of operations, rules and decisions. */
#include <string.h>

#include "op.h"

static const struct {
	const char *name;
	int enable; /* -1: takes no switch */
} ops[OP_NR] = {
	[OP_SET_MEMORY_RO] = { "set_memory_ro", -1 },
	[OP_SET_MEMORY_RW] = { "set_memory_rw", -1 },
	[OP_SET_MEMORY_NX] = { "set_memory_nx", -1 },
	[OP_SET_MEMORY_X] = { "set_memory_x", -1 },
	[OP_SET_MEMORY_ROX] = { "set_memory_rox", -1 },
	[OP_SET_MEMORY_VALID] = { "set_memory_valid", 1 },
	[OP_SET_MEMORY_INVALID] = { "set_memory_valid", 0 },
	[OP_SET_DIRECT_MAP_INVALID] = { "set_direct_map_invalid_noflush", -1 },
	[OP_SET_DIRECT_MAP_DEFAULT] = { "set_direct_map_default_noflush", -1 },
	[OP_SET_DIRECT_MAP_VALID] = { "set_direct_map_valid_noflush", 1 },
	[OP_SET_DIRECT_MAP_NOT_VALID] = { "set_direct_map_valid_noflush", 0 },
	[OP_SET_MEMORY_ENCRYPTED] = { "set_memory_encrypted", -1 },
	[OP_SET_MEMORY_DECRYPTED] = { "set_memory_decrypted", -1 },
};

const char *op_name(enum op op)
{
	return op < OP_NR ? ops[op].name : "?";
}

/* Is @name that of the function, or what is left of it without @prefix and @suffix? */
static bool names(const char *function, const char *prefix, const char *suffix, const char *name)
{
	size_t len = strlen(function), start = strlen(prefix), end = strlen(suffix);

	if (len <= start + end || strncmp(function, prefix, start) ||
	    strcmp(function + len - end, suffix))
		return false;
	return strlen(name) == len - start - end && !strncmp(function + start, name, strlen(name));
}

static bool is_called(const char *function, const char *name)
{
	return names(function, "", "", name) || names(function, "set_memory_", "", name) ||
	       names(function, "", "_noflush", name) || names(function, "set_", "_noflush", name);
}

enum op op_find(const char *name, int enable)
{
	enum op op = 0;

	while (op < OP_NR && (!is_called(ops[op].name, name) || ops[op].enable != enable))
		op++;
	return op;
}

bool op_takes_switch(const char *name)
{
	return op_find(name, 1) != OP_NR;
}

static const struct {
	const char *name, *no, *yes;
} rules[OP_NR_RULES] = {
	[OP_RULE_CALLBACKS] = { "callbacks",
				"apply_to_page_range(): blocks are refused, missing tables allocated",
				"pageattr callbacks: whole blocks are changed, holes passed over" },
	[OP_RULE_SPLITS] = { "splits-leaves", "leaves are not split",
			     "leaves are split where a range begins or ends inside of one" },
	[OP_RULE_RODATA_FULL] = { "rodata-full", "ro and rw leave the linear alias alone",
				  "ro and rw of an area go to its linear alias, too" },
	[OP_RULE_PRESENT_INVALID] = { "present-invalid",
				      "invalid is without bit 0 (before 15bfba1ad77f)",
				      "invalid is with bit 11 (15bfba1ad77f)" },
	[OP_RULE_NG] = { "ng-mappings", "kernel mappings are global",
			 "kernel mappings are not global" },
	[OP_RULE_GP] = { "bti", "executable mappings are not guarded",
			 "executable mappings are guarded pages" },
	[OP_RULE_REFUSES_HUGE] = { "refuses-huge", "areas that may be mapped huge are not refused",
				   "areas that may be mapped huge are refused (fcf8dda8cc48)" },
	[OP_RULE_ALIAS_AREA] = { "alias-area", "the alias of the range is changed",
				 "the alias of the whole area is changed" },
	[OP_RULE_ALIAS_ERROR] = { "alias-error", "an error of the alias is swallowed",
				  "an error of the alias is returned (e5efd56fa157)" },
	[OP_RULE_SET_DIRECT_MAP] = { "can-set-direct-map", "set_direct_map_*() do nothing",
				     "set_direct_map_*() change the linear map" },
	[OP_RULE_REALM] = { "realm", "not a realm: set_memory_{en,de}crypted() do nothing",
			    "a realm" },
};

const char *op_rule_name(enum op_rule rule)
{
	return rule < OP_NR_RULES ? rules[rule].name : "?";
}

const char *op_rule_text(enum op_rule rule, bool yes)
{
	return rule >= OP_NR_RULES ? "?" : yes ? rules[rule].yes : rules[rule].no;
}

static const struct {
	const char *name, *text;
} decisions[OP_NR_DECISIONS] = {
	[OP_DONE] = { "done", "carried out to the end" },
	[OP_NO_AREA] = { "no-area", "find_vm_area() finds no area there" },
	[OP_PAST_AREA_END] = { "past-area-end",
			       "the range ends behind the area and its guard page" },
	[OP_NOT_VM_ALLOC] = { "not-vm-alloc", "the area is not one of vmalloc(): no VM_ALLOC" },
	[OP_HUGE_AREA] = { "vm-allow-huge-vmap",
			   "the area may be mapped huge: VM_ALLOW_HUGE_VMAP (fcf8dda8cc48)" },
	[OP_NO_PAGES] = { "no-pages", "no page is asked for" },
	[OP_CANNOT_SET_DIRECT_MAP] = { "cannot-set-direct-map",
				       "can_set_direct_map() says no: nothing is done" },
	[OP_NO_REALM] = { "no-realm", "not in a realm: nothing is done" },
	[OP_NOT_LINEAR] = { "not-linear", "not an address of the linear map" },
	[OP_EMPTY_RANGE] = { "empty-range", "the walk has no page to go to" },
	[OP_PARTIAL_LEAF] = { "block-boundary",
			      "a block is covered only in part, and not split (a660194dd101)" },
	[OP_BLOCK_REFUSED] = { "block", "apply_to_page_range() refuses every block" },
	[OP_SPLIT_UNALIGNED] = { "split-unaligned",
				 "split_kernel_leaf_mapping() takes page boundaries only" },
	[OP_SPLIT_BOOT] = { "split-at-boot", "nothing can be split yet (f12b435de2f2)" },
	[OP_NO_MEMORY] = { "no-memory", "no page for a table" },
	[OP_ALIAS_REFUSED] = { "alias-refused", "the change of the linear alias failed" },
	[OP_GAP_AREA] = { "area-unreadable", "the kernel's areas could not be read" },
	[OP_GAP_TABLES] = { "tables-unreadable", "a table that decides could not be read" },
	[OP_GAP_ALLOCATES] = { "allocates-table",
			       "apply_to_page_range() would allocate a table for a hole" },
	[OP_GAP_BAD_ENTRY] = { "bad-entry",
			       "apply_to_page_range() would clear an entry that is no table" },
	[OP_GAP_PAGES] = { "area-pages", "the alias of a page that the area has not got, or whose "
					 "struct page could not be read" },
	[OP_GAP_REALM] = { "realm", "what the hypervisor answers is not known" },
	[OP_GAP_TOO_LARGE] = { "too-large", "the range has more tables than are looked at" },
};

const char *op_decision_name(enum op_decision decision)
{
	return decision < OP_NR_DECISIONS ? decisions[decision].name : "?";
}

const char *op_decision_text(enum op_decision decision)
{
	return decision < OP_NR_DECISIONS ? decisions[decision].text : "?";
}

static const struct {
	const char *name, *text;
} findings[OP_NR_FINDINGS] = {
	[OP_FINDING_UNALIGNED] = { "unaligned",
				   "the address is not page aligned: it is rounded down, with a "
				   "warning" },
	[OP_FINDING_WARNS] = { "warns", "the kernel warns, once" },
	[OP_FINDING_WIDE_ALIAS] = { "wide-alias",
				    "the linear alias of more pages than asked for is changed" },
	[OP_FINDING_ALIAS_ERROR] = { "alias-error", "an error of the linear alias is swallowed" },
	[OP_FINDING_UNMAPS_ALIASES] = { "unmaps-aliases",
					"areas that were freed lazily are unmapped first "
					"(vm_unmap_aliases)" },
	[OP_FINDING_PARTIAL_CHANGE] = { "partial-change",
					"what was changed before the refusal stays changed" },
	[OP_FINDING_EMPTY_ENTRIES] = { "empty-entries", "entries that map nothing get bits" },
	[OP_FINDING_ALIAS_INVALID] = { "alias-invalid", "the linear alias is not valid" },
	[OP_FINDING_GUARD_PAGE] = { "guard-page",
				    "the range reaches into the area's guard page, which its "
				    "size includes" },
};

const char *op_finding_name(enum op_finding finding)
{
	return finding < OP_NR_FINDINGS ? findings[finding].name : "?";
}

const char *op_finding_text(enum op_finding finding)
{
	return finding < OP_NR_FINDINGS ? findings[finding].text : "?";
}
