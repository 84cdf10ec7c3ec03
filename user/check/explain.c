// SPDX-License-Identifier: GPL-2.0-only
#include "explain.h"

#include <errno.h>

#include "check/story.h"
#include "geometry/descriptor.h"

/* Bits of a leaf that say who may do what with the memory, and how it is accessed. */
#define PERMISSIONS                                                                          \
	(PTE_ATTRINDX_MASK | PTE_USER | PTE_RDONLY | PTE_SHARED | PTE_AF | PTE_NG | PTE_GP | \
	 PTE_WRITE | PTE_PXN | PTE_UXN)

static bool same_address(const struct comparison *cmp, uint64_t a, uint64_t b)
{
	const struct geometry *geo = cmp->check->config.geo;

	return desc_address(geo, a) == desc_address(geo, b);
}

static enum reason table_reason(const struct comparison *cmp)
{
	const struct difference *diff = &cmp->table.diff;
	bool before = desc_table(diff->before, diff->level);
	bool expected = desc_table(diff->expected, diff->level);

	if (!desc_table(diff->after, diff->level))
		return before ? REASON_TABLE_CHANGED : REASON_MISSING_SPLIT;
	if (!expected)
		return REASON_UNEXPECTED_SPLIT;
	if (!same_address(cmp, diff->expected, diff->after))
		return REASON_TABLE_REDIRECTED;
	/* what a split gave it stands for the permission of the block */
	if (!before)
		return REASON_SPLIT_LOST_PERMISSION;
	return diff->expected & ~diff->after & TABLE_PXN ? REASON_PXN_LOST : REASON_TABLE_CHANGED;
}

/* An entry of a table that a split made, whose @masks the walk wrote behind it; NONE: it is not the
 * split that made it wrong. */
static enum reason fresh_reason(const struct comparison *cmp, const struct difference *diff,
				uint64_t masks)
{
	uint64_t wrong = diff->expected ^ diff->after;

	if (!desc_present(diff->after) || !same_address(cmp, diff->expected, diff->after))
		return REASON_SPLIT_LOST_ENTRY;
	if (wrong == PTE_CONT && diff->expected & PTE_CONT)
		return REASON_SPLIT_LOST_CONTIGUOUS;
	return wrong & PERMISSIONS & ~masks ? REASON_SPLIT_LOST_PERMISSION : REASON_NONE;
}

/* Of a request about validity, bit 0 and bit 11 alone are wrong: they do not go together any more.
 */
static bool wrong_encoding(const struct change *change, uint64_t wrong)
{
	return (change->set_mask | change->clear_mask) & PTE_VALID &&
	       !(wrong & ~(PTE_VALID | PTE_PRESENT_INVALID));
}

static enum reason bits_reason(const struct comparison *cmp, const struct noted *noted)
{
	const struct change *change = &cmp->call->change;
	const struct difference *diff = &noted->diff;
	uint64_t wrong = diff->expected ^ diff->after;
	uint64_t masks = change->set_mask | change->clear_mask;
	uint64_t both = change->set_mask & change->clear_mask;

	if (wrong == PTE_CONT)
		return diff->after & PTE_CONT ? REASON_PARTIAL_CONTIGUOUS :
						REASON_CONTIGUOUS_DROPPED;
	if (both && diff->after == ((diff->before | change->set_mask) & ~change->clear_mask))
		return REASON_MASK_ORDER;
	if (wrong_encoding(change, wrong))
		return REASON_INVALID_ENCODING;
	if (story_wx(&change->after, diff->addr, diff->after) &&
	    !writable_executable(diff->expected))
		return REASON_WX_AFTER_SUCCESS;
	if (diff->expected & ~diff->after & PTE_PXN)
		return REASON_PXN_LOST;
	if (wrong & ~masks)
		return REASON_BITS_OUTSIDE_MASKS;
	if (!(wrong & (diff->before ^ diff->after)))
		return REASON_BIT_LEFT;
	if (wrong & ~(diff->before ^ diff->after))
		return REASON_ENTRY_WRONG_BITS;
	return !(wrong & ~diff->after) ? REASON_BIT_SET :
	       !(wrong & diff->after)  ? REASON_BIT_CLEARED :
					 REASON_ENTRY_WRONG_BITS;
}

static bool is_boundary(const struct difference *diff, const struct model_boundary *boundary)
{
	return boundary->found && diff->found && diff->level == boundary->level &&
	       diff->addr == boundary->start;
}

/* What the masks make of an entry beside the range, while those inside are as they were. */
static bool wrong_page(const struct comparison *cmp)
{
	const struct difference *diff = &cmp->outside.diff;

	return diff->found && cmp->unchanged == cmp->wrong &&
	       diff->after == apply_masks(&cmp->call->change, diff->before);
}

static enum reason inside_reason(const struct comparison *cmp, const struct model_result *model)
{
	const struct noted *noted = &cmp->inside;
	uint64_t masks = cmp->call->change.set_mask | cmp->call->change.clear_mask;
	enum reason reason;

	if (is_boundary(&noted->diff, &model->boundary))
		return REASON_PARTIAL_BLOCK;
	if (cmp->cont_due > 1 && cmp->cont_kept == cmp->cont_due)
		return REASON_MISSING_SPLIT;
	if (cmp->unchanged == cmp->wrong)
		return wrong_page(cmp) ? REASON_WRONG_PAGE :
		       cmp->right      ? REASON_PARTIAL_APPLICATION :
					 REASON_ENTRY_NOT_CHANGED;
	reason = noted->fresh ? fresh_reason(cmp, &noted->diff, masks) : REASON_NONE;
	return reason ? reason : bits_reason(cmp, noted);
}

static enum reason outside_reason(const struct comparison *cmp)
{
	const struct noted *noted = &cmp->outside;
	uint64_t wrong = noted->diff.expected ^ noted->diff.after;
	enum reason reason = REASON_NONE;

	if (noted->fresh)
		reason = fresh_reason(cmp, &noted->diff, 0);
	else if (wrong == PTE_CONT)
		reason = noted->diff.after & PTE_CONT ? REASON_PARTIAL_CONTIGUOUS :
							REASON_CONTIGUOUS_DROPPED;
	return reason ? reason : REASON_OUTSIDE_RANGE_CHANGED;
}

enum reason explain_difference(const struct comparison *cmp, const struct model_result *model,
			       struct difference *diff)
{
	if (cmp->table.diff.found) {
		*diff = cmp->table.diff;
		return table_reason(cmp);
	}
	if (cmp->inside.diff.found) {
		*diff = cmp->inside.diff;
		return inside_reason(cmp, model);
	}
	*diff = cmp->outside.diff;
	return outside_reason(cmp);
}

enum reason explain_return(const struct comparison *cmp, const struct model_result *model,
			   struct difference *diff)
{
	int ret = cmp->call->change.ret;

	/* the walk refuses what the split before it should have made into leaves of the range */
	if (cmp->table.diff.found && (!ret || ret == -EINVAL) &&
	    table_reason(cmp) == REASON_MISSING_SPLIT) {
		*diff = cmp->table.diff;
		return REASON_MISSING_SPLIT;
	}
	if (is_boundary(&cmp->inside.diff, &model->boundary)) {
		*diff = cmp->inside.diff;
		return REASON_PARTIAL_BLOCK;
	}
	return model->ret && !ret ? REASON_ERROR_AS_SUCCESS : REASON_RETURN_VALUE;
}
