/* SPDX-License-Identifier: GPL-2.0-only */
/* From entries that differ to the one reason that says it best. */
#ifndef PWTRACE_EXPLAIN_H
#define PWTRACE_EXPLAIN_H

#include "check/call.h"

/* The first difference of its kind. */
struct noted {
	struct difference diff;
	bool fresh; /* in a table that a split of this change made */
};

/* What is the same, what differs, and whose doing it is. */
struct comparison {
	struct check *check;
	const struct call *call;
	uint64_t start, end; /* of the request, untagged */
	bool raced;
	bool split;		/* the model made a table */
	uint64_t any;		/* bits that any entry has afterwards */
	unsigned int wrong;	/* entries inside the range that are not as expected */
	unsigned int unchanged; /* of them: left as they were */
	unsigned int right;	/* entries inside the range, changed as expected */
	unsigned int cont_due;	/* entries that should have lost the contiguous bit */
	unsigned int cont_kept; /* of them, those that have it still */
	struct noted inside, outside, table;
};

static inline uint64_t apply_masks(const struct change *change, uint64_t desc)
{
	return (desc & ~change->clear_mask) | change->set_mask;
}

/* judge.c: was another change of these addresses under way while this one was? */
bool others_changed(const struct comparison *cmp, uint64_t start, uint64_t end);

/* explain.c: the reason for a return value that is not the model's, for entries that are not */
enum reason explain_return(const struct comparison *cmp, const struct model_result *model,
			   struct difference *diff);
enum reason explain_difference(const struct comparison *cmp, const struct model_result *model,
			       struct difference *diff);

#endif
