// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kprobes.h>

#include "pwt_test.h"

struct kernel_calls kc;

static unsigned long (*lookup_name)(const char *name);

/* kallsyms_lookup_name() is not exported, but where a kprobe stands is no secret. */
static int find_lookup_name(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	int err = register_kprobe(&probe);

	if (err)
		return err;
	lookup_name = (void *)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

#define SYM(member, is_needed)                                            \
	{                                                                 \
#member, offsetof(struct kernel_calls, member), is_needed \
	}

static const struct {
	const char *name;
	size_t offset;
	bool needed;
} syms[] = {
	SYM(set_memory_ro, true),
	SYM(set_memory_rw, true),
	SYM(set_memory_nx, true),
	SYM(set_memory_x, true),
	SYM(set_memory_valid, true),
	SYM(set_direct_map_invalid_noflush, true),
	SYM(set_direct_map_default_noflush, true),
	SYM(set_direct_map_valid_noflush, false),
	SYM(can_set_direct_map, true),
	SYM(find_vm_area, false),
	SYM(get_vm_area, false),
	SYM(__vmap_pages_range_noflush, false),
	SYM(vunmap_range, false),
	SYM(update_range_prot, false),
	SYM(__change_memory_common, false),
	SYM(swapper_pg_dir, true),
	SYM(rodata_full, false),
	SYM(walk_kernel_page_table_range_lockless, false),
	SYM(apply_to_page_range, false),
	SYM(init_mm, false),
	SYM(huge_zero_pfn, false),
	SYM(walk_page_range, false),
	SYM(walk_page_range_vma, false),
	SYM(walk_page_vma, false),
	SYM(walk_page_mapping, false),
	SYM(walk_page_range_debug, false),
	SYM(walk_page_range_mm_unsafe, false),
	SYM(walk_page_range_vma_unsafe, false),
	SYM(folio_walk_start, false),
	SYM(vma_pgtable_walk_end, false),
	SYM(try_to_migrate, false),
	SYM(remove_migration_ptes, false),
	SYM(vmf_insert_pfn_pmd, false),
};

static unsigned long *sym_slot(int i)
{
	return (void *)&kc + syms[i].offset;
}

/* The kernel's own is inline, and does the same. */
static int rox(unsigned long addr, int numpages)
{
	return kc.set_memory_ro(addr, numpages) ?: kc.set_memory_x(addr, numpages);
}

int sym_resolve(void)
{
	int err = find_lookup_name();
	int i;

	if (err) {
		pr_err("pwt_test: no kprobe on kallsyms_lookup_name: %d\n", err);
		return err;
	}

	for (i = 0; i < ARRAY_SIZE(syms); i++) {
		*sym_slot(i) = lookup_name(syms[i].name);
		if (!*sym_slot(i) && syms[i].needed) {
			pr_err("pwt_test: this kernel has no %s\n", syms[i].name);
			return -ENOENT;
		}
	}
	kc.change_range = kc.update_range_prot ?: kc.__change_memory_common;
	kc.set_memory_rox = rox;
	return 0;
}

void sym_info(struct answer *a)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(syms); i++)
		say(a, "symbol.%s=0x%lx\n", syms[i].name, *sym_slot(i));
}
