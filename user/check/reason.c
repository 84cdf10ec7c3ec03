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
	[REASON_PARTIAL_BLOCK] = {
		"partial-block", "the range covers a block in part and was not refused" },
	[REASON_ENTRY_NOT_CHANGED] = {
		"entry-not-changed", "no entry of the range was changed, although the call succeeded" },
	[REASON_PARTIAL_APPLICATION] = {
		"partial-application", "some entries of the range were changed and some were not" },
	[REASON_ENTRY_WRONG_BITS] = {
		"entry-wrong-bits", "an entry has other bits than (before & ~clear) | set" },
	[REASON_OUTSIDE_RANGE_CHANGED] = {
		"outside-range-changed", "an entry beside the range was changed" },
	[REASON_TABLE_CHANGED] = {
		"table-changed", "a table descriptor above the range was changed" },
	[REASON_UNEXPECTED_SPLIT] = {
		"unexpected-split", "a block was replaced by a table" },
	[REASON_MISSING_SPLIT] = {
		"missing-split", "the range begins or ends inside a leaf that was not split" },
	[REASON_CALLBACK_ORDER] = {
		"callback-order", "the walk made other callbacks, or in another order" },
	[REASON_ALIAS_MISSED] = {
		"alias-missed", "a page's linear alias was not changed along" },
	[REASON_ALIAS_RANGE] = {
		"alias-range", "the linear aliases changed are not those of the range" },
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
