// SPDX-License-Identifier: GPL-2.0-only
#include "refusal.h"

#include <errno.h>

static int find_area(void *ctx, uint64_t addr, struct op_area *found)
{
	const struct vm_area *area = ctx;

	(void)addr;
	/* vm_map_ram() leaves no vm_struct, and find_vm_area() gives NULL */
	if (!area->vm)
		return -ENOENT;
	if (area->unread)
		return -ENODATA;
	*found = (struct op_area){ area->addr, area->size, area->flags, area->nr_pages,
				   area->pages };
	return 0;
}

static enum op_answer answer_of(const struct op_result *result)
{
	if (op_decision_is_gap(result->decision))
		return OP_UNKNOWN;
	return result->ret ? OP_YES : OP_NO;
}

/* A request for no pages at all is one that only the area is asked for. */
int refusal_of(const struct op_kernel *kernel, const struct op_rules *rules,
	       const struct vm_area *area, struct refusal *refusal)
{
	const struct op_request request = { .op = OP_SET_MEMORY_RO, .addr = area->va_start };
	struct op_kernel with_area = *kernel;
	struct op_prediction prediction;
	int err;

	with_area.source = (struct op_source){ .area = find_area, .ctx = (void *)area };
	err = op_predict(&with_area, rules, &request, &prediction);
	if (!err) {
		const struct op_result *first = &prediction.alternatives[0].result;

		refusal->by = first->decision;
		refusal->refused = prediction.nr == 1 ? answer_of(first) : OP_UNKNOWN;
	}
	op_prediction_release(&prediction);
	return err;
}
