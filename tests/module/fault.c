// SPDX-License-Identifier: GPL-2.0-only
/* What is done to the entries, between the kernel's own work and the look of whoever checks it. */
#include <linux/kprobes.h>
#include <linux/pgtable.h>

#include "plant.h"

struct plant plant;

#define PAGE_TYPE_BIT 2 /* of a table or page, and not of a block */

bool fault_matches(unsigned long start, unsigned long end)
{
	return start == plant.start && end == plant.end && atomic_cmpxchg(&plant.armed, 1, 0) == 1;
}
NOKPROBE_SYMBOL(fault_matches);

static void note(unsigned long addr)
{
	struct leaf leaf;

	if (plant.nr == plant.room)
		return;
	leaf_lookup(addr, &leaf);
	plant.edits[plant.nr++] = (struct edit){ addr, leaf.entry, leaf.val, leaf.val, leaf.val };
}
NOKPROBE_SYMBOL(note);

/* The walk begins. Return: there is something to do when it ends. */
bool fault_before(u64 set, u64 clear)
{
	unsigned long addr;

	plant.set = set;
	plant.clear = clear;
	plant.nr = 0;
	switch (plant.fault) {
	case FAULT_HALF:
		for (addr = plant.target; addr < plant.end; addr += PAGE_SIZE)
			note(addr);
		break;
	case FAULT_WRONG_PAGE:
		note(plant.target);
		note(plant.end);
		break;
	default:
		note(plant.target);
	}
	return plant.nr;
}
NOKPROBE_SYMBOL(fault_before);

static u64 masked(u64 val)
{
	return (val & ~plant.clear) | plant.set;
}
NOKPROBE_SYMBOL(masked);

/* The table that @leaf lies in. */
static u64 *table_above(struct edit *edit, const struct leaf *leaf)
{
	edit->addr &= PMD_MASK;
	edit->before = edit->right = READ_ONCE(*leaf->table);
	return leaf->table;
}
NOKPROBE_SYMBOL(table_above);

static u64 table_at(u64 like, unsigned long table)
{
	u64 old = __phys_to_pmd_val(__pmd_to_phys(__pmd(like)));

	return (like ^ old) | __phys_to_pmd_val(virt_to_phys((void *)table));
}
NOKPROBE_SYMBOL(table_at);

/* As the kernel would split it, but to single pages. */
static u64 split(u64 block)
{
	u64 page = (block & ~(u64)PTE_CONT) | PAGE_TYPE_BIT, *entries = (u64 *)plant.table;
	int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		entries[i] = page + i * PAGE_SIZE;
	return table_at(PMD_TYPE_TABLE | PTE_AF, plant.table);
}
NOKPROBE_SYMBOL(split);

static void spoil(struct edit *edit)
{
	struct leaf leaf;

	leaf_lookup(edit->addr, &leaf);
	edit->entry = leaf.entry;
	edit->right = leaf.val;
	edit->wrong = edit->before;
	switch (plant.fault) {
	case FAULT_WRONG_BIT:
	case FAULT_OUTSIDE:
		edit->wrong = leaf.val ^ BIT(plant.bit);
		break;
	case FAULT_EMPTY:
		edit->wrong = 0;
		break;
	case FAULT_WRONG_PAGE:
		if (edit->addr == plant.end)
			edit->wrong = masked(leaf.val);
		break;
	case FAULT_MASK_ORDER:
		edit->wrong = (edit->before | plant.set) & ~plant.clear;
		break;
	case FAULT_BLOCK:
		edit->addr &= ~(leaf.size - 1);
		edit->wrong = masked(leaf.val);
		break;
	case FAULT_SPLIT:
		edit->addr &= ~(leaf.size - 1);
		edit->wrong = split(leaf.val);
		break;
	case FAULT_REDIRECT:
		edit->entry = table_above(edit, &leaf);
		memcpy((void *)plant.table, (void *)((unsigned long)leaf.entry & PAGE_MASK),
		       PAGE_SIZE);
		edit->wrong = table_at(edit->right, plant.table);
		break;
	case FAULT_TABLE_BIT:
		edit->entry = table_above(edit, &leaf);
		edit->wrong = edit->right ^ BIT(plant.bit);
		break;
	case FAULT_WRITABLE:
		edit->wrong = (leaf.val & ~(u64)PTE_RDONLY) | PTE_WRITE;
		break;
	default:
		break;
	}
	WRITE_ONCE(*edit->entry, edit->wrong);
}
NOKPROBE_SYMBOL(spoil);

/* The walk is over, or the change of the range. */
void fault_after(long *ret)
{
	long i;

	plant.right_ret = *ret;
	switch (plant.fault) {
	case FAULT_RET:
	case FAULT_CALLER_RET:
	case FAULT_SWALLOW:
		*ret = plant.ret;
		break;
	case FAULT_EXTRA_PAGE:
		kc.change_range(plant.other, PAGE_SIZE, __pgprot(plant.set), __pgprot(plant.clear));
		fault_masks(plant.other);
		break;
	default:
		for (i = 0; i < plant.nr; i++)
			spoil(&plant.edits[i]);
		flush_tlb_everything();
	}
	WRITE_ONCE(plant.fired, true);
}
NOKPROBE_SYMBOL(fault_after);

/* The kernel itself changes, or will change, what it should not. */
void fault_masks(unsigned long addr)
{
	plant.nr = 1;
	plant.edits[0] = (struct edit){ .addr = addr };
}
NOKPROBE_SYMBOL(fault_masks);
