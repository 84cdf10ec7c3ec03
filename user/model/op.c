// SPDX-License-Identifier: GPL-2.0-only
#include "op.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "geometry/descriptor.h"
#include "model/run.h"

/* PTE_PRESENT_VALID_KERNEL and PTE_PRESENT_INVALID, in either encoding. */
static uint64_t valid_bits(struct run *run)
{
	if (!ask(run, OP_RULE_PRESENT_INVALID))
		return PTE_VALID;
	return PTE_VALID | (ask(run, OP_RULE_NG) ? PTE_NG : 0);
}

static uint64_t invalid_bits(struct run *run)
{
	return ask(run, OP_RULE_PRESENT_INVALID) ? PTE_PRESENT_INVALID : 0;
}

static struct masks masks_of(struct run *run, enum op op)
{
	switch (op) {
	case OP_SET_MEMORY_RO:
		return (struct masks){ PTE_RDONLY, PTE_WRITE };
	case OP_SET_MEMORY_RW:
		return (struct masks){ PTE_WRITE, PTE_RDONLY };
	case OP_SET_MEMORY_NX:
		return (struct masks){ PTE_PXN, ask(run, OP_RULE_GP) ? PTE_GP : 0 };
	case OP_SET_MEMORY_X:
		return (struct masks){ ask(run, OP_RULE_GP) ? PTE_GP : 0, PTE_PXN };
	case OP_SET_MEMORY_VALID:
	case OP_SET_DIRECT_MAP_VALID:
		return (struct masks){ valid_bits(run), invalid_bits(run) };
	case OP_SET_DIRECT_MAP_DEFAULT:
		return (struct masks){ valid_bits(run) | PTE_WRITE,
				       invalid_bits(run) | PTE_RDONLY };
	case OP_SET_MEMORY_ENCRYPTED:
		return (struct masks){ invalid_bits(run), run->rules->ns_shared | valid_bits(run) };
	case OP_SET_MEMORY_DECRYPTED:
		return (struct masks){ run->rules->ns_shared | invalid_bits(run), valid_bits(run) };
	default:
		return (struct masks){ invalid_bits(run), valid_bits(run) };
	}
}

/* set_memory_valid() asks nobody */
static int run_valid(struct run *run, const struct op_request *request, enum op op)
{
	return run_range(run, request->addr, page_size(run) * (uint64_t)(int64_t)request->pages,
			 masks_of(run, op), false, true);
}

/* set_direct_map_{invalid,default}_noflush(), for one page after the other */
static int run_direct_map(struct run *run, const struct op_request *request)
{
	struct masks masks;
	int ret = 0;

	if (!request->pages)
		return decide(run, OP_NO_PAGES, 0);
	if (!ask(run, OP_RULE_SET_DIRECT_MAP))
		return decide(run, OP_CANNOT_SET_DIRECT_MAP, 0);
	masks = masks_of(run, request->op);
	for (int i = 0; i < request->pages && !ret && !run->stop; i++)
		ret = run_range(run, (request->addr & ~(page_size(run) - 1)) + i * page_size(run),
				page_size(run), masks, false, false);
	return ret;
}

/* __set_memory_enc_dec(): the hypervisor is asked between two steps, and may refuse. */
static int run_enc_dec(struct run *run, const struct op_request *request)
{
	uint64_t addr = geometry_untag(request->addr);
	int ret;

	if (!ask(run, OP_RULE_REALM))
		return decide(run, OP_NO_REALM, 0);
	if (addr < run->kernel->linear_start || addr >= run->kernel->linear_end)
		return decide(run, OP_NOT_LINEAR, -EINVAL);
	if (!run->rules->ns_shared)
		return decide(run, OP_GAP_REALM, -ENODATA);
	ret = run_valid(run, request, request->op);
	return ret ? ret : run_valid(run, request, OP_SET_MEMORY_VALID);
}

static int run_op(struct run *run, const struct op_request *request)
{
	int ret;

	switch (request->op) {
	case OP_SET_MEMORY_RO:
	case OP_SET_MEMORY_RW:
	case OP_SET_MEMORY_NX:
	case OP_SET_MEMORY_X:
		return run_common(run, request->addr, request->pages, masks_of(run, request->op));
	case OP_SET_MEMORY_ROX:
		ret = run_common(run, request->addr, request->pages,
				 masks_of(run, OP_SET_MEMORY_RO));
		return ret || run->stop ? ret :
					  run_common(run, request->addr, request->pages,
						     masks_of(run, OP_SET_MEMORY_X));
	case OP_SET_MEMORY_VALID:
	case OP_SET_MEMORY_INVALID:
		return run_valid(run, request, request->op);
	case OP_SET_DIRECT_MAP_INVALID:
	case OP_SET_DIRECT_MAP_DEFAULT:
		return run_direct_map(run, request);
	case OP_SET_DIRECT_MAP_VALID:
	case OP_SET_DIRECT_MAP_NOT_VALID:
		return ask(run, OP_RULE_SET_DIRECT_MAP) ? run_valid(run, request, request->op) :
							  decide(run, OP_CANNOT_SET_DIRECT_MAP, 0);
	case OP_SET_MEMORY_ENCRYPTED:
	case OP_SET_MEMORY_DECRYPTED:
		return run_enc_dec(run, request);
	case OP_NR:
		break;
	}
	return -EINVAL;
}

int op_run(const struct op_kernel *kernel, const struct op_rules *rules,
	   const struct op_request *request, struct op_result *result)
{
	struct run run = { .kernel = kernel, .rules = rules, .result = result };

	memset(result, 0, sizeof(*result));
	image_init(&result->tables, kernel->geo, kernel->root_pa);
	result->ret = run_op(&run, request);
	return result->out_of_memory ? -ENOMEM : 0;
}

void op_result_release(struct op_result *result)
{
	free(result->parts);
	free(result->splits);
	free(result->entries);
	if (result->tables.geo)
		image_release(&result->tables);
	memset(result, 0, sizeof(*result));
}

static bool same_part(const struct op_part *a, const struct op_part *b)
{
	return a->addr == b->addr && a->size == b->size && a->ret == b->ret && a->alias == b->alias;
}

static bool same_entry(const struct op_entry *a, const struct op_entry *b)
{
	return a->level == b->level && a->addr == b->addr && a->before == b->before &&
	       a->after == b->after;
}

static bool same_split(const struct op_split *a, const struct op_split *b)
{
	return a->level == b->level && a->addr == b->addr && a->run == b->run;
}

bool op_same(const struct op_result *a, const struct op_result *b)
{
	bool same = a->ret == b->ret && a->decision == b->decision && a->nr_parts == b->nr_parts &&
		    a->nr_splits == b->nr_splits && a->nr_entries == b->nr_entries;

	for (uint32_t i = 0; same && i < a->nr_parts; i++)
		same = same_part(&a->parts[i], &b->parts[i]);
	for (uint32_t i = 0; same && i < a->nr_splits; i++)
		same = same_split(&a->splits[i], &b->splits[i]);
	for (uint32_t i = 0; same && i < a->nr_entries; i++)
		same = same_entry(&a->entries[i], &b->entries[i]);
	return same;
}
