// SPDX-License-Identifier: GPL-2.0-only
#include "rules.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "geometry/descriptor.h"
#include "kernel/code.h"
#include "kernel/kfence.h"

struct finder {
	struct rules *rules;
	const struct kernel *kernel;
	struct kcore *kcore;
	struct tables *tables;
	const struct types *types;
};

__attribute__((format(printf, 4, 5))) static void settle(struct finder *finder, enum op_rule rule,
							 enum op_answer answer, const char *format,
							 ...)
{
	char *from = finder->rules->from[rule];
	va_list args;

	finder->rules->known.answer[rule] = answer;
	va_start(args, format);
	vsnprintf(from, sizeof(finder->rules->from[rule]), format, args);
	va_end(args);
}

static enum op_answer answer_of(bool yes)
{
	return yes ? OP_YES : OP_NO;
}

static enum op_answer answer_to(const struct finder *finder, enum op_rule rule)
{
	return finder->rules->known.answer[rule];
}

static bool has_symbol(const struct finder *finder, const char *name)
{
	return kallsyms_find(finder->kernel->syms, name);
}

static int read_variable(const struct finder *finder, const char *name, size_t size,
			 uint64_t *value)
{
	uint64_t addr = kallsyms_find(finder->kernel->syms, name);

	*value = 0;
	return addr ? kcore_get(finder->kcore, addr, value, size) : -ENOENT;
}

/* A variable of one byte, or the count in a static key. */
static enum op_answer variable(const struct finder *finder, const char *name, size_t size)
{
	uint64_t value;

	return read_variable(finder, name, size, &value) ? OP_UNKNOWN : answer_of(value);
}

/* What a configuration has not got has no variable. */
static enum op_answer optional(const struct finder *finder, const char *name, size_t size)
{
	return has_symbol(finder, name) ? variable(finder, name, size) : OP_NO;
}

static void find_callbacks(struct finder *finder)
{
	static const char *const callbacks[] = { "pageattr_ops", "pageattr_pte_entry" };

	for (int i = 0; i < 2; i++)
		if (has_symbol(finder, callbacks[i])) {
			settle(finder, OP_RULE_CALLBACKS, OP_YES, "symbol %s", callbacks[i]);
			return;
		}
	if (has_symbol(finder, "change_page_range"))
		settle(finder, OP_RULE_CALLBACKS, OP_NO, "symbol change_page_range");
	else
		settle(finder, OP_RULE_CALLBACKS, OP_UNKNOWN,
		       "neither pageattr_ops nor change_page_range among the symbols");
}

static void find_splits(struct finder *finder)
{
	static const char *const variables[] = { "linear_map_requires_bbml3",
						 "linear_map_requires_bbml2" };
	const struct kernel *kernel = finder->kernel;
	const char *by = "a CPU capability";

	for (int i = 0; i < 2; i++)
		if (has_symbol(finder, variables[i]))
			by = variables[i];
	if (!has_symbol(finder, "split_kernel_leaf_mapping"))
		by = "no symbol split_kernel_leaf_mapping";
	settle(finder, OP_RULE_SPLITS,
	       kernel->splits_unknown ? OP_UNKNOWN : answer_of(kernel->splits_leaves), "%s%s", by,
	       kernel->splits_unknown ? ", which could not be read" : "");
}

static void find_variables(struct finder *finder)
{
	settle(finder, OP_RULE_RODATA_FULL, variable(finder, "rodata_full", 1),
	       "variable rodata_full");
	settle(finder, OP_RULE_NG, variable(finder, "arm64_use_ng_mappings", 1),
	       "variable arm64_use_ng_mappings");
	settle(finder, OP_RULE_REALM, optional(finder, "rsi_present", 4),
	       has_symbol(finder, "rsi_present") ? "variable rsi_present" :
						   "no symbol rsi_present");
}

/* can_set_direct_map(): one yes is enough, and one that is not known matters without it. */
static void find_can_set_direct_map(struct finder *finder)
{
	enum op_answer early = optional(finder, "kfence_early_init", 1);
	const struct {
		const char *name;
		enum op_answer answer;
	} inputs[] = {
		{ "rodata_full", answer_to(finder, OP_RULE_RODATA_FULL) },
		{ "debug_pagealloc", optional(finder, "_debug_pagealloc_enabled_early", 1) },
		{ "kfence_early_init", !has_symbol(finder, "kfence_early_init") ? OP_NO :
				       early == OP_UNKNOWN			? OP_UNKNOWN :
							     answer_of(early == OP_NO) },
		{ "rsi_present", answer_to(finder, OP_RULE_REALM) },
	};
	enum op_answer answer = OP_NO;
	const char *by = "rodata_full, debug_pagealloc, KFENCE set up at boot, no realm";

	for (int i = 0; i < 4 && answer != OP_YES; i++)
		if (inputs[i].answer != OP_NO) {
			answer = inputs[i].answer;
			by = inputs[i].name;
		}
	settle(finder, OP_RULE_SET_DIRECT_MAP, answer, "%s%s", by,
	       answer == OP_UNKNOWN ? " could not be read" : "");
}

/* Kernel text is mapped guarded where the kernel is built for BTI and the CPU has it. */
static void find_gp(struct finder *finder)
{
	uint64_t text = kallsyms_find(finder->kernel->syms, "_stext"), entry;
	enum pgtable_level level;

	if (!text || tables_lookup(finder->tables, text, &level, &entry) || !desc_valid(entry))
		settle(finder, OP_RULE_GP, OP_UNKNOWN, "the entry of _stext could not be read");
	else
		settle(finder, OP_RULE_GP, answer_of(entry & PTE_GP), "the entry of _stext");
}

/*
 * The masks are constants of the functions: the one that makes pages of the linear map invalid
 * has bit 11 since 15bfba1ad77f, and had bit 0 alone before. That commit is about the callbacks.
 */
static void find_present_invalid(struct finder *finder)
{
	static const char function[] = "set_direct_map_invalid_noflush";
	struct code code;

	if (answer_to(finder, OP_RULE_CALLBACKS) == OP_NO) {
		settle(finder, OP_RULE_PRESENT_INVALID, OP_NO, "symbol change_page_range");
		return;
	}
	if (code_read(finder->kernel, finder->kcore, function, &code)) {
		settle(finder, OP_RULE_PRESENT_INVALID, OP_UNKNOWN, "%s could not be read",
		       function);
		return;
	}
	if (code_has_constant(&code, PTE_PRESENT_INVALID) ||
	    code_has_constant(&code, PTE_PRESENT_INVALID | PTE_VALID))
		settle(finder, OP_RULE_PRESENT_INVALID, OP_YES, "the masks in %s", function);
	else if (code_has_constant(&code, PTE_VALID))
		settle(finder, OP_RULE_PRESENT_INVALID, OP_NO, "the masks in %s", function);
	else
		settle(finder, OP_RULE_PRESENT_INVALID, OP_UNKNOWN,
		       "no mask was made out in %s: an invalid mapping will tell", function);
	free(code.insns);
}

static void find_refuses_huge(struct finder *finder, const struct code *code)
{
	bool both = code_has_constant(code, VM_ALLOC | VM_ALLOW_HUGE_VMAP);

	settle(finder, OP_RULE_REFUSES_HUGE, both ? OP_YES : OP_UNKNOWN,
	       both ? "the flags in change_memory_common" :
		      "no mask of both flags was made out in change_memory_common");
}

/*
 * The loop over the alias needs area->nr_pages where it is over the whole area, and does not
 * where it is over the range. That it is in this function shows by area->pages.
 */
static void find_alias(struct finder *finder, const struct code *code)
{
	struct member nr_pages, pages;

	if (!finder->types || types_member(finder->types, "vm_struct", "nr_pages", &nr_pages) ||
	    types_member(finder->types, "vm_struct", "pages", &pages) ||
	    !code_loads(code, pages.offset, pages.size))
		settle(finder, OP_RULE_ALIAS_AREA, OP_UNKNOWN,
		       "no loop was made out in change_memory_common: the first ro or rw will tell");
	else
		settle(finder, OP_RULE_ALIAS_AREA,
		       answer_of(code_loads(code, nr_pages.offset, nr_pages.size)),
		       "the members of vm_struct that change_memory_common loads");
}

static void find_by_code(struct finder *finder)
{
	struct code code;

	settle(finder, OP_RULE_REFUSES_HUGE, OP_UNKNOWN, "change_memory_common could not be read");
	settle(finder, OP_RULE_ALIAS_AREA, OP_UNKNOWN, "change_memory_common could not be read");
	settle(finder, OP_RULE_ALIAS_ERROR, OP_UNKNOWN,
	       "nothing shows it but an error of the alias");
	if (code_read(finder->kernel, finder->kcore, "change_memory_common", &code))
		return;
	find_refuses_huge(finder, &code);
	find_alias(finder, &code);
	free(code.insns);
}

void rules_find(struct rules *rules, const struct kernel *kernel, struct kcore *kcore,
		struct tables *tables, const struct types *types)
{
	struct finder finder = { rules, kernel, kcore, tables, types };

	*rules = (struct rules){};
	find_callbacks(&finder);
	find_splits(&finder);
	find_variables(&finder);
	find_can_set_direct_map(&finder);
	find_gp(&finder);
	find_present_invalid(&finder);
	find_by_code(&finder);
	kfence_pool(kernel, kcore, tables, &rules->known.kfence_pool,
		    &rules->known.kfence_pool_size);
	read_variable(&finder, "prot_ns_shared", 8, &rules->known.ns_shared);
}

int rules_read(struct op_rules *known, const struct reader *reader)
{
	struct tables *tables = NULL;
	struct rules rules;
	int err = tables_open(&tables, reader->kernel, reader->kcore);

	if (err)
		return err;
	rules_find(&rules, reader->kernel, reader->kcore, tables, reader->types);
	tables_close(tables);
	*known = rules.known;
	return 0;
}
