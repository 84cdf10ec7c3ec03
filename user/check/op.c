// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which entry point a change belongs to. The kernel's functions jump to each other at their ends,
 * so that the outermost is often not on the stack; but each has masks of its own
 * (arch/arm64/mm/pageattr.c), and the return address tells apart those that share them.
 */
#include "call.h"
#include "geometry/descriptor.h"

bool in_code(const struct code_range *range, const struct geometry *geo, uint64_t caller)
{
	uint64_t addr = geometry_strip_pac(geo, caller);

	/* a return address lies behind its call, at the end of a function that does not return */
	return addr > range->start && addr <= range->end;
}

/* The return address into what asked for @change, not into a part of it that is a function. */
static uint64_t caller_of(const struct check_config *config, const struct change *change)
{
	const struct code_range *part = &config->__change_memory_common;

	return change->callers[in_code(part, config->geo, change->callers[0])];
}

/* linux/preempt.h: softirq being served, hardirq, NMI. */
#define INTERRUPT_CONTEXT 0x00ff0100U

/*
 * Is @inner called to do a part of what @outer was asked for, not from an interrupt or an
 * allocation?
 */
bool is_part_of(const struct check *check, const struct call *inner, const struct call *outer)
{
	const struct check_config *config = &check->config;
	const struct change *in = &inner->change, *out = &outer->change;

	if ((in->preempt_count ^ out->preempt_count) & INTERRUPT_CONTEXT)
		return false;
	if (out->func == PWT_FN_VMALLOC)
		return in->func == PWT_FN_VMAP_PAGES || in->func == PWT_FN_VMAP_SMALL;
	if (out->func == PWT_FN_RANGE || is_birth(out->func) || is_birth(in->func))
		return false;
	if (out->func != PWT_FN_COMMON)
		return in->func == PWT_FN_RANGE || in->func == PWT_FN_SET_MEMORY_VALID;
	return in->func == PWT_FN_RANGE && in->has_masks && in->set_mask == out->set_mask &&
	       in->clear_mask == out->clear_mask &&
	       !in_code(&config->set_memory_valid, config->geo, caller_of(config, in));
}

static const char *op_of_masks(uint64_t set, uint64_t clear)
{
	if (set == PTE_RDONLY && clear == PTE_WRITE)
		return "set_memory_ro";
	if (set == PTE_WRITE && clear == PTE_RDONLY)
		return "set_memory_rw";
	if (set == PTE_PXN && !(clear & ~PTE_GP))
		return "set_memory_nx";
	if (clear == PTE_PXN && !(set & ~PTE_GP))
		return "set_memory_x";
	return NULL;
}

static const char *op_of_validity(const struct check *check, const struct change *change)
{
	const struct check_config *config = &check->config;
	uint64_t set = change->set_mask, clear = change->clear_mask;
	uint64_t others = (set | clear) & ~(PTE_VALID | PTE_PRESENT_INVALID);
	uint64_t caller = caller_of(config, change);

	if (in_code(&config->set_memory_valid, config->geo, caller))
		return "set_memory_valid";
	if (in_code(&config->set_memory_enc_dec, config->geo, caller))
		return clear & ~PTE_VALID ? "set_memory_encrypted" : "set_memory_decrypted";
	if (config->exclusive_hook)
		return others ? NULL : "set_memory_valid";
	if (clear & PTE_VALID)
		return others ? NULL : "set_direct_map_invalid_noflush";
	if (others == (PTE_WRITE | PTE_RDONLY))
		return "set_direct_map_default_noflush";
	return others ? NULL : "set_memory_valid";
}

const char *op_of(const struct check *check, const struct call *call)
{
	const struct change *change = &call->change;
	const char *op;

	if (call->parent)
		return call->parent->change.op;
	switch (change->func) {
	case PWT_FN_SET_MEMORY_VALID:
		return "set_memory_valid";
	case PWT_FN_SET_DIRECT_MAP_INVALID:
		return "set_direct_map_invalid_noflush";
	case PWT_FN_SET_DIRECT_MAP_DEFAULT:
		return "set_direct_map_default_noflush";
	case PWT_FN_SET_DIRECT_MAP_VALID:
		return "set_direct_map_valid_noflush";
	case PWT_FN_VMAP_PAGES:
	case PWT_FN_VMAP_SMALL:
	case PWT_FN_VMAP_RANGE:
	case PWT_FN_VMALLOC:
		return birth_op(check, call);
	}
	if ((change->set_mask | change->clear_mask) & PTE_VALID)
		op = op_of_validity(check, change);
	else
		op = op_of_masks(change->set_mask, change->clear_mask);
	if (op)
		return op;
	return change->func == PWT_FN_COMMON ? "change_memory_common" :
	       check->config.exclusive_hook  ? "__change_memory_common" :
					       "update_range_prot";
}
