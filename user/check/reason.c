// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <strings.h>

#include "change.h"

static const char *const verdicts[VERDICT_NR] = {
	[VERDICT_MATCH] = "MATCH", [VERDICT_MISMATCH] = "MISMATCH", [VERDICT_UNKNOWN] = "UNKNOWN",
	[VERDICT_RACED] = "RACED", [VERDICT_LOST] = "LOST",
};

/* clang-format off */
static const struct {
	const char *name;
	const char *text;
} reasons[REASON_NR] = {
	[REASON_NONE] = { NULL, NULL },
	[REASON_RETURN_VALUE] = {
		"return-value", "the kernel returned something else than its own rules give" },
	[REASON_ERROR_AS_SUCCESS] = {
		"error-as-success", "the kernel returned 0 where its own rules give an error" },
	[REASON_PARTIAL_BLOCK] = {
		"partial-block", "a block was changed that the range covers in part" },
	[REASON_ENTRY_NOT_CHANGED] = {
		"entry-not-changed", "no entry of the range was changed, although the call succeeded" },
	[REASON_PARTIAL_APPLICATION] = {
		"partial-application", "some entries of the range were changed and some were not" },
	[REASON_ENTRY_WRONG_BITS] = {
		"entry-wrong-bits", "an entry has other bits than (before & ~clear) | set" },
	[REASON_BIT_SET] = {
		"bit-set", "a bit of the masks is set that should be clear, and was clear" },
	[REASON_BIT_CLEARED] = {
		"bit-cleared", "a bit of the masks is clear that should be set, and was set" },
	[REASON_BIT_LEFT] = {
		"bit-left", "a bit of the masks was left as it was" },
	[REASON_BITS_OUTSIDE_MASKS] = {
		"bits-outside-masks", "bits of an entry were changed that neither mask names" },
	[REASON_MASK_ORDER] = {
		"mask-order", "the set mask was applied before the clear mask" },
	[REASON_INVALID_ENCODING] = {
		"invalid-encoding", "PTE_VALID and PTE_PRESENT_INVALID do not go together" },
	[REASON_PXN_LOST] = {
		"pxn-lost", "PXN is gone: what should not be executable is" },
	[REASON_WX_AFTER_SUCCESS] = {
		"wx-after-success", "writable and executable after a success" },
	[REASON_CONTIGUOUS_DROPPED] = {
		"contiguous-dropped", "an entry of a contiguous run has lost its contiguous bit" },
	[REASON_PARTIAL_CONTIGUOUS] = {
		"partial-contiguous", "an entry has the contiguous bit, and its run is none" },
	[REASON_WRONG_PAGE] = {
		"wrong-page", "an entry beside the range was changed in the place of one inside" },
	[REASON_OUTSIDE_RANGE_CHANGED] = {
		"outside-range-changed", "an entry beside the range was changed" },
	[REASON_TABLE_CHANGED] = {
		"table-changed", "a table descriptor above the range was changed" },
	[REASON_TABLE_REDIRECTED] = {
		"table-redirected", "a table descriptor above the range leads to another table" },
	[REASON_UNEXPECTED_SPLIT] = {
		"unexpected-split", "a block was replaced by a table" },
	[REASON_MISSING_SPLIT] = {
		"missing-split", "the range begins or ends inside a leaf that was not split" },
	[REASON_SPLIT_LOST_PERMISSION] = {
		"split-lost-permission", "the table of a split has other attributes than its block" },
	[REASON_SPLIT_LOST_CONTIGUOUS] = {
		"split-lost-contiguous", "the table of a split has an entry without the contiguous bit" },
	[REASON_SPLIT_LOST_ENTRY] = {
		"split-lost-entry", "the table of a split does not map all that its block did" },
	[REASON_CALLBACK_ORDER] = {
		"callback-order", "the walk made other callbacks, or in another order" },
	[REASON_ALIAS_MISSED] = {
		"alias-missed", "a page's linear alias was not changed along" },
	[REASON_ALIAS_RANGE] = {
		"alias-range", "the linear aliases changed are not those of the range" },
	[REASON_ALIAS_TOO_WIDE] = {
		"alias-too-wide", "more linear aliases were changed than those of the range" },
	[REASON_ALIAS_WRITABLE] = {
		"alias-writable", "a page's linear alias can still be written, although ro succeeded" },
	[REASON_NOT_MAPPED] = {
		"not-mapped", "the call succeeded, and an address of the range is not mapped" },
	[REASON_MAPPED_SMALLER] = {
		"mapped-smaller", "mapped by smaller blocks than the kernel's own conditions give" },
	[REASON_MAPPED_LARGER] = {
		"mapped-larger", "mapped by larger blocks than the kernel's own conditions give" },
	[REASON_MAPPED_WRONG_PAGE] = {
		"mapped-wrong-page", "an address is mapped to another page than was asked for" },
	[REASON_MAPPED_WRONG_BITS] = {
		"mapped-wrong-bits", "an entry has other attributes than were asked for" },
	[REASON_MAPPED_WRONG_SIZE] = {
		"mapped-wrong-size", "vmalloc() has mapped more or less than was asked for" },
	[REASON_HUGE_NOT_ALLOWED] = {
		"huge-not-allowed", "vmalloc() asked for blocks that its flags or its size forbid" },
	[REASON_SPLIT] = {
		"split", "a leaf has to be split for this range, and there was no memory for the table" },
	[REASON_SPLIT_STATE] = {
		"split-state", "it could not be found out whether this kernel splits leaves" },
	[REASON_ALLOCATES_TABLE] = {
		"allocates-table", "apply_to_page_range() allocates a missing table here" },
	[REASON_NOT_CAPTURED] = {
		"not-captured", "an entry that decides was not read" },
	[REASON_UNREADABLE] = {
		"unreadable", "a table page could not be read" },
	[REASON_RANGE_TOO_LARGE] = {
		"range-too-large", "the range has more slices than one call may record" },
	[REASON_NO_AREA] = {
		"no-area", "the vmalloc area that decides was not seen (find_vm_area is not hooked)" },
	[REASON_RODATA_UNKNOWN] = {
		"rodata-unknown", "rodata_full could not be read" },
	[REASON_NOTHING_SEEN] = {
		"nothing-seen", "the entry point was called, but no change inside it was seen" },
	[REASON_NO_MEMORY] = {
		"no-memory", "it failed with ENOMEM, which cannot be foreseen" },
	[REASON_CONCURRENT_CHANGE] = {
		"concurrent-change", "another change of the same entries was under way" },
	[REASON_TORN_READ] = {
		"torn-read", "an entry changed while the tables were read" },
	[REASON_RECORD_LOST] = {
		"record-lost", "a record of this change did not fit into the ring (see --ring)" },
	[REASON_PROBE_MISSED] = {
		"probe-missed",
		"a probe did not run, because it was already running on that CPU when it was hit" },
};

static const struct {
	const char *name;
	const char *text;
} findings[FINDING_NR] = {
	[FINDING_BLOCK_BOUNDARY] = {
		"block-boundary", "refused: the range begins or ends inside a block" },
	[FINDING_EMPTY_RANGE] = {
		"empty-range", "refused: the range has no page" },
	[FINDING_NO_AREA] = {
		"no-vm-area", "refused: there is no vmalloc area at the address" },
	[FINDING_PAST_AREA_END] = {
		"past-area-end", "refused: the range ends behind its vmalloc area" },
	[FINDING_NOT_VM_ALLOC] = {
		"not-vm-alloc", "refused: the area was not made by vmalloc() (no VM_ALLOC)" },
	[FINDING_HUGE_AREA] = {
		"vm-allow-huge-vmap",
		"refused: the area may be mapped huge (VM_ALLOW_HUGE_VMAP, fcf8dda8cc48)" },
	[FINDING_WIDE_ALIAS] = {
		"wide-alias", "the linear aliases of the whole area were changed, not of the range" },
	[FINDING_UNALIGNED] = {
		"unaligned", "the address is not page aligned" },
	[FINDING_TAGGED] = {
		"tagged-address", "the address has a KASAN tag" },
	[FINDING_ERROR_SWALLOWED] = {
		"error-swallowed", "a part of it failed, and 0 was returned all the same" },
	[FINDING_SLEEP_IN_ATOMIC] = {
		"sleep-in-atomic", "a mutex was taken, as for every split that may be, where nothing may sleep" },
	[FINDING_WX] = {
		"writable-executable", "what was asked for leaves memory writable and executable" },
	[FINDING_BROKEN_RUN] = {
		"broken-run", "the entries of a contiguous run are not alike" },
	[FINDING_BREAK_BEFORE_MAKE] = {
		"break-before-make",
		"a live entry's size, address or contiguous bit changed, without break-before-make" },
	[FINDING_STILL_INVALID] = {
		"still-invalid", "0 was returned, and memory that was to be valid is not" },
	[FINDING_TOO_SMALL] = {
		"too-small", "no larger block: there is less than that to map" },
	[FINDING_NOT_ASKED] = {
		"not-asked", "no larger block: the caller allows none (page_shift)" },
	[FINDING_VIRTUAL_ALIGNMENT] = {
		"virtual-alignment", "no larger block: the virtual address is not aligned to one" },
	[FINDING_PHYSICAL_ALIGNMENT] = {
		"physical-alignment", "no larger block: the memory is not aligned to one" },
	[FINDING_SCATTERED_PAGES] = {
		"scattered-pages", "no larger block: the pages are not side by side" },
	[FINDING_LEVEL_UNSUPPORTED] = {
		"level-unsupported", "no larger block: this kernel makes none of the next size" },
	[FINDING_TABLE_KEPT] = {
		"table-kept", "no larger block: the table of an earlier mapping stayed" },
	[FINDING_NO_HUGE_FLAG] = {
		"no-vm-allow-huge-vmap", "no block: the caller of vmalloc() did not allow any" },
	[FINDING_HUGE_OFF] = {
		"nohugevmalloc", "no block: the kernel was booted with nohugevmalloc" },
	[FINDING_HUGE_FALLBACK] = {
		"huge-fallback", "smaller blocks than the flags and the size allow" },
};

static const char *const rules[RULE_NR] = {
	[RULE_WX] = "wx-after-success",
	[RULE_BREAK_BEFORE_MAKE] = "break-before-make",
	[RULE_CONTIGUOUS_RUN] = "contiguous-run",
	[RULE_ALIAS_WRITABLE] = "alias-writable",
};
/* clang-format on */

const char *verdict_name(enum verdict verdict)
{
	return verdicts[verdict];
}

const char *reason_name(enum reason reason)
{
	return reasons[reason].name;
}

const char *reason_text(enum reason reason)
{
	return reasons[reason].text;
}

const char *finding_name(enum finding finding)
{
	return findings[finding].name;
}

const char *finding_text(enum finding finding)
{
	return findings[finding].text;
}

enum verdict verdict_find(const char *name)
{
	enum verdict verdict = 0;

	while (verdict < VERDICT_NR && strcasecmp(verdicts[verdict], name))
		verdict++;
	return verdict;
}

const char *rule_name(enum rule rule)
{
	return rules[rule];
}

enum rule rule_find(const char *name)
{
	enum rule rule = 0;

	while (rule < RULE_NR && strcmp(rules[rule], name))
		rule++;
	return rule;
}
