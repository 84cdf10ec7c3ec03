// SPDX-License-Identifier: GPL-2.0-only
#include "checker.h"

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
