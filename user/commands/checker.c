// SPDX-License-Identifier: GPL-2.0-only
#include "checker.h"

#include <errno.h>
#include <string.h>

bool checker_hooked(const struct hook_status *hooks, size_t nr, enum pwt_func func)
{
	for (size_t i = 0; i < nr; i++)
		if (hooks[i].func == func)
			return hooks[i].state == HOOK_ATTACHED;
	return false;
}

bool checker_ignores(const struct kernel *kernel, const void *record, size_t size)
{
	const struct pwt_walk *walk = record;

	return size >= sizeof(*walk) && walk->hdr.type == PWT_WALK && kernel->pageattr_ops &&
	       walk->ops == kernel->pageattr_ops;
}

static void code_range(const struct kernel *kernel, const char *name, struct code_range *range)
{
	kernel_code(kernel, name, &range->start, &range->end);
}

void checker_code(struct hooked_code *code, const struct kernel *kernel,
		  const struct hook_status *hooks, size_t nr)
{
	*code = (struct hooked_code){};
	for (size_t i = 0; i < nr; i++)
		if (hooks[i].state == HOOK_ATTACHED && hooks[i].func < PWT_NR_FUNCS)
			code_range(kernel, hooks[i].function, &code->range[hooks[i].func]);
}

void checker_stack(const struct hooked_code *code, enum pwt_func func, struct stack *stack)
{
	const struct code_range *range = &code->range[func < PWT_NR_FUNCS ? func : 0];
	size_t top = 0;

	while (top < stack->nr &&
	       (stack->addrs[top] < range->start || stack->addrs[top] >= range->end))
		top++;
	if (top == stack->nr)
		top = 0;
	stack->nr -= top;
	memmove(stack->addrs, stack->addrs + top, stack->nr * sizeof(*stack->addrs));
}

/* Who makes mappings, by the functions that the innermost hooks return to. */
static void configure_births(const struct kernel *kernel, struct birth_config *config)
{
	static const char *const callers[][2] = {
		{ "vmap", "vmap" },
		{ "vm_map_ram", "vm_map_ram" },
		{ "vm_area_map_pages", "vm_area_map_pages" },
		{ "pcpu_populate_chunk", "percpu" },
		{ "pcpu_map_pages", "percpu" },
		{ "ioremap_page_range", "ioremap" },
		{ "generic_ioremap_prot", "ioremap" },
		{ "vmap_page_range", "vmap_page_range" },
		{ "__vmalloc_area_node", "vmalloc" },
		{ "__vmalloc_node_range_noprof", "vmalloc" },
		{ "__vmalloc_node_range", "vmalloc" },
	};
	size_t nr = 0;

	*config = (struct birth_config){
		.vmemmap = kernel->struct_page ? kernel->zones.range[ZONE_VMEMMAP].start : 0,
		.struct_page = kernel->struct_page,
		.phys_offset = kernel->phys_offset,
		.ioremap_shift = kernel->ioremap_shift,
		.vmalloc_pages = kernel->vmalloc_pages,
		.no_blocks = kernel->no_blocks,
	};
	for (size_t i = 0; i < sizeof(callers) / sizeof(*callers); i++) {
		struct birth_caller *caller = &config->callers[nr];

		code_range(kernel, callers[i][0], &caller->code);
		if (!caller->code.start)
			continue;
		caller->op = callers[i][1];
		nr++;
	}
}

void checker_config(struct check_config *config, const struct kernel *kernel,
		    const struct hook_status *hooks, size_t nr)
{
	*config = (struct check_config){
		.geo = &kernel->geo,
		.zones = &kernel->zones,
		.root_pa = kernel->root_pa,
		.phys_to_virt = kernel->phys_to_virt,
		.rules = {
			.apply_to_page_range = !kernel->pageattr_ops,
			.splits_leaves = kernel->splits_leaves,
			.splits_unknown = kernel->splits_unknown,
			.rodata_full = kernel->rodata_full,
			.rodata_full_unknown = kernel->rodata_full_unknown,
		},
		.callbacks = checker_hooked(hooks, nr, PWT_FN_PUD_ENTRY) &&
			     checker_hooked(hooks, nr, PWT_FN_PMD_ENTRY) &&
			     checker_hooked(hooks, nr, PWT_FN_PTE_ENTRY),
		.exclusive_hook = !kallsyms_find(kernel->syms, "update_range_prot"),
	};
	configure_births(kernel, &config->births);
	code_range(kernel, "change_memory_common", &config->change_memory_common);
	code_range(kernel, "__change_memory_common", &config->__change_memory_common);
	code_range(kernel, "set_memory_valid", &config->set_memory_valid);
	code_range(kernel, "__set_memory_enc_dec", &config->set_memory_enc_dec);
	if (!config->set_memory_enc_dec.start)
		code_range(kernel, "__set_memory_enc_dec.part.0", &config->set_memory_enc_dec);
}

const struct pwt_kfence checker_no_kfence = { 0, UINT64_MAX };

static void save_open(const struct check_open *from, struct pwt_open *to)
{
	const struct pwt_enter *enter = &from->enter;

	*to = (struct pwt_open){
		.seq = from->seq,
		.time = enter->hdr.time,
		.task = enter->hdr.task,
		.frame = enter->hdr.frame,
		.cpu = enter->hdr.cpu,
		.pid = enter->hdr.pid,
		.tgid = enter->tgid,
		.lost_by_task = enter->hdr.lost_by_task,
		.preempt_count = enter->preempt_count,
		.stack_id = enter->stack_id,
		.lazy_mmu = enter->lazy_mmu,
		.func = enter->hdr.func,
		.flags = enter->hdr.flags,
	};
	memcpy(to->args, (const void *)enter->args, sizeof(to->args));
	memcpy(to->callers, (const void *)enter->callers, sizeof(to->callers));
	memcpy(to->comm, enter->comm, sizeof(to->comm));
}

static void restore_open(const struct pwt_open *from, struct check_open *to)
{
	*to = (struct check_open){
		.seq = from->seq,
		.enter = {
			.hdr = {
				.type = PWT_ENTER,
				.func = from->func,
				.flags = from->flags,
				.cpu = from->cpu,
				.time = from->time,
				.task = from->task,
				.frame = from->frame,
				.lost_by_task = from->lost_by_task,
				.pid = from->pid,
			},
			.tgid = from->tgid,
			.preempt_count = from->preempt_count,
			.stack_id = from->stack_id,
			.lazy_mmu = from->lazy_mmu,
		},
	};
	memcpy((void *)to->enter.args, from->args, sizeof(from->args));
	memcpy((void *)to->enter.callers, from->callers, sizeof(from->callers));
	memcpy(to->enter.comm, from->comm, sizeof(from->comm));
}

size_t checker_save(const struct check *check, const struct pwt_kfence *kfence,
		    struct pwt_state *state)
{
	struct check_open open[PWT_STATE_OPEN];
	struct check_state now;
	size_t nr = check_save(check, &now, open, PWT_STATE_OPEN);

	*state = (struct pwt_state){
		.seq = now.seq,
		.alias_area_seq = now.alias_area.seq,
		.refuses_huge_seq = now.refuses_huge.seq,
		.kfence = *kfence,
		.preempt_share = now.preempt_share,
		.alias_area = now.alias_area.answer,
		.refuses_huge = now.refuses_huge.answer,
		.runs = now.runs,
		.nr_open = nr,
		.more = now.more,
	};
	for (size_t i = 0; i < nr; i++)
		save_open(&open[i], &state->open[i]);
	return sizeof(*state) + nr * sizeof(*state->open);
}

static bool makes_sense(const struct pwt_state *state, size_t size)
{
	return size >= sizeof(*state) && state->alias_area <= OP_YES &&
	       state->refuses_huge <= OP_YES && state->runs <= VMAP_RUNS_NONE &&
	       state->nr_open <= PWT_STATE_OPEN &&
	       size >= sizeof(*state) + state->nr_open * sizeof(*state->open);
}

int checker_restore(struct check *check, const struct pwt_state *state, size_t size)
{
	struct check_open open[PWT_STATE_OPEN];
	struct check_state before;

	if (!makes_sense(state, size))
		return -EBADMSG;
	before = (struct check_state){
		.seq = state->seq,
		.alias_area = { state->alias_area, state->alias_area_seq },
		.refuses_huge = { state->refuses_huge, state->refuses_huge_seq },
		.runs = state->runs,
		.preempt_share = state->preempt_share == UINT16_MAX ? UINT32_MAX :
								      state->preempt_share,
		.more = state->more,
	};
	for (size_t i = 0; i < state->nr_open; i++)
		restore_open(&state->open[i], &open[i]);
	return check_restore(check, &before, open, state->nr_open);
}
