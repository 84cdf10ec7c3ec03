// SPDX-License-Identifier: GPL-2.0-only
#include <linux/io.h>
#include <linux/kprobes.h>
#include <linux/pgtable.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "pwt_test.h"

/*
 * Mappings that are made and gone again, and what the tables say of them in between; with a fault
 * in one of their entries, if asked for, before the kernel function that makes them returns.
 */
enum birth_fault {
	BIRTH_NO_FAULT,
	BIRTH_CLEAR, /* an entry is empty */
	BIRTH_BIT,   /* ... has another attribute */
	BIRTH_OTHER, /* ... maps the page behind */
	BIRTH_CONT,  /* ... has the contiguous bit, or has it not */
	BIRTH_RUN,   /* all of a run have it, or none */
	BIRTH_RET,   /* another return value */
};

static const char *const fault_names[] = {
	[BIRTH_CLEAR] = "clear", [BIRTH_BIT] = "bit", [BIRTH_OTHER] = "other",
	[BIRTH_CONT] = "cont",	 [BIRTH_RUN] = "run", [BIRTH_RET] = "ret",
};

#define WRONG_BIT 54 /* UXN: the kernel runs none of it */

static struct {
	enum birth_fault fault;
	unsigned long page; /* of the mapping */
	struct task_struct *task;
	unsigned long base; /* where the mapping begins */
	bool done;
	unsigned int nr;
	struct {
		u64 *entry;
		u64 right;
	} edits[CONT_PTES];
} spoiled;

static void edit(u64 *entry, u64 wrong)
{
	spoiled.edits[spoiled.nr].entry = entry;
	spoiled.edits[spoiled.nr++].right = READ_ONCE(*entry);
	leaf_write(entry, wrong);
}
NOKPROBE_SYMBOL(edit);

static void spoil(unsigned long addr)
{
	unsigned long i, entries = spoiled.fault == BIRTH_RUN ? CONT_PTES : 1;
	struct leaf leaf;

	if (entries > 1)
		addr &= CONT_PTE_MASK;
	for (i = 0; i < entries; i++, addr += PAGE_SIZE) {
		leaf_lookup(addr, &leaf);
		switch (spoiled.fault) {
		case BIRTH_CLEAR:
			edit(leaf.entry, 0);
			break;
		case BIRTH_BIT:
			edit(leaf.entry, leaf.val ^ BIT(WRONG_BIT));
			break;
		case BIRTH_OTHER:
			edit(leaf.entry, leaf.val + leaf.size);
			break;
		default:
			edit(leaf.entry, leaf.val ^ PTE_CONT);
		}
	}
}
NOKPROBE_SYMBOL(spoil);

/* A function that maps [regs 0, regs 1), stopped at its first and at its last instruction. */
struct stops {
	const char *function;
	struct kprobe first, last;
	unsigned long start, end;
};

static struct stops stops[] = {
	{ "vmap_small_pages_range_noflush" },
	{ "vmap_range_noflush" },
};

static int map_enter(struct kprobe *p, struct pt_regs *regs)
{
	struct stops *stop = container_of(p, struct stops, first);

	if (current != spoiled.task)
		return 0;
	stop->start = regs->regs[0];
	stop->end = regs->regs[1];
	if (!spoiled.base)
		spoiled.base = stop->start;
	return 0;
}
NOKPROBE_SYMBOL(map_enter);

static int map_leave(struct kprobe *p, struct pt_regs *regs)
{
	struct stops *stop = container_of(p, struct stops, last);
	unsigned long addr = spoiled.base + spoiled.page * PAGE_SIZE;

	if (current != spoiled.task || spoiled.done || addr < stop->start || addr >= stop->end)
		return 0;
	spoiled.done = true;
	if (spoiled.fault == BIRTH_RET)
		regs->regs[0] = -EINVAL;
	else
		spoil(addr);
	return 0;
}
NOKPROBE_SYMBOL(map_leave);

#define RET_INSN 0xd65f03c0

/*
 * A return probe comes after programs that are attached to the exit of the function, so this is a
 * probe on its return instruction.
 */
static int stop_at(struct stops *stop)
{
	const u32 *insn;
	int err;

	stop->first = (struct kprobe){ .symbol_name = stop->function, .pre_handler = map_enter };
	err = register_kprobe(&stop->first);
	if (err)
		return err;
	insn = (const u32 *)stop->first.addr;
	while (le32_to_cpu(*insn) != RET_INSN)
		insn++;
	stop->last = (struct kprobe){ .addr = (kprobe_opcode_t *)insn, .pre_handler = map_leave };
	err = register_kprobe(&stop->last);
	if (err)
		unregister_kprobe(&stop->first);
	return err;
}

/* All at once: each call waits for every CPU. */
static void stop_no_more(int nr)
{
	struct kprobe *probes[2 * ARRAY_SIZE(stops)];
	int i;

	for (i = 0; i < nr; i++) {
		probes[2 * i] = &stops[i].first;
		probes[2 * i + 1] = &stops[i].last;
	}
	unregister_kprobes(probes, 2 * nr);
}

static int spoil_start(const char *name, unsigned long page, struct answer *a)
{
	int fault = match_string(fault_names + 1, ARRAY_SIZE(fault_names) - 1, name) + 1;
	int i, err;

	if (fault <= 0) {
		say(a, "error=fault not known\n");
		return -EINVAL;
	}
	memset(&spoiled, 0, sizeof(spoiled));
	for (i = 0; i < ARRAY_SIZE(stops); i++) {
		err = stop_at(&stops[i]);
		if (err) {
			say(a, "error=no probe on %s: %d\n", stops[i].function, err);
			stop_no_more(i);
			return err;
		}
	}
	spoiled.fault = fault;
	spoiled.page = page;
	/* registering maps memory, too */
	spoiled.task = current;
	return 0;
}

/* What was planted goes before the mapping does. */
static void spoil_end(struct answer *a)
{
	if (!spoiled.fault)
		return;
	stop_no_more(ARRAY_SIZE(stops));
	spoiled.fault = BIRTH_NO_FAULT;
	if (spoiled.done)
		say(a, "spoiled=0x%lx\n", spoiled.base + spoiled.page * PAGE_SIZE);
	while (spoiled.nr) {
		spoiled.nr--;
		leaf_write(spoiled.edits[spoiled.nr].entry, spoiled.edits[spoiled.nr].right);
	}
}

/* "2097152x1,65536x3,4096x2": blocks of each size, the largest first */
static void survey(unsigned long addr, unsigned long size, struct answer *a)
{
	static const char *const names[] = { "pud", "pmd" };
	unsigned long end = addr + size, pages = 0, runs = 0, blocks[2] = {};
	unsigned long sizes[2] = { PUD_SIZE, PMD_SIZE };
	const char *comma = "";
	int i;

	say(a, "birth addr=0x%lx size=%lu mapped=", addr, size);
	while (addr < end) {
		struct leaf leaf;

		leaf_lookup(addr, &leaf);
		if (!(leaf.val & PTE_VALID))
			break;
		for (i = 0; i < 2; i++)
			blocks[i] += !strcmp(leaf.level, names[i]);
		if (leaf.size == PAGE_SIZE && leaf.val & PTE_CONT && !(addr & ~CONT_PTE_MASK)) {
			leaf.size = CONT_PTE_SIZE;
			runs++;
		} else {
			pages += leaf.size == PAGE_SIZE;
		}
		addr += leaf.size;
	}
	for (i = 0; i < 2; i++) {
		if (!blocks[i])
			continue;
		say(a, "%s%lux%lu", comma, sizes[i], blocks[i]);
		comma = ",";
	}
	if (runs)
		say(a, "%s%lux%lu", comma, CONT_PTE_SIZE, runs);
	if (pages)
		say(a, "%s%lux%lu", runs ? "," : comma, PAGE_SIZE, pages);
	say(a, "\n");
}

static void show(void *addr, unsigned long size, struct answer *a)
{
	if (addr)
		survey((unsigned long)addr, size, a);
	else
		say(a, "birth failed\n");
}

static int birth_vmalloc(unsigned long size, const unsigned long *args, struct answer *a)
{
	void *addr = args[0] ? vmalloc_huge(size, GFP_KERNEL) : vmalloc(size);

	show(addr, size, a);
	spoil_end(a);
	vfree(addr);
	return 0;
}

static int birth_ioremap(unsigned long size, const unsigned long *args, struct answer *a)
{
	void __iomem *addr = ioremap(args[0], size);

	show((void __force *)addr, size, a);
	spoil_end(a);
	if (addr)
		iounmap(addr);
	return 0;
}

/* Pages side by side from a block of the largest order, @offset pages in; or in the other order. */
static struct page **page_array(struct page *block, unsigned long offset, unsigned long nr,
				bool reverse)
{
	struct page **pages = kvcalloc(nr, sizeof(*pages), GFP_KERNEL);
	unsigned long i;

	for (i = 0; pages && i < nr; i++)
		pages[i] = block + offset + (reverse ? nr - 1 - i : i);
	return pages;
}

static int birth_vmap(unsigned long size, const unsigned long *args, struct answer *a)
{
	unsigned long nr = size / PAGE_SIZE;
	struct page *block = alloc_pages(GFP_KERNEL, get_order(size));
	struct page **pages = block ? page_array(block, 0, nr, args[0]) : NULL;
	void *addr = pages ? vmap(pages, nr, VM_MAP, PAGE_KERNEL) : NULL;

	show(addr, size, a);
	spoil_end(a);
	vunmap(addr);
	kvfree(pages);
	if (block)
		__free_pages(block, get_order(size));
	return pages ? 0 : -ENOMEM;
}

/* By the function that is hooked: page_shift, and how many pages address and memory are off. */
static int birth_pages(unsigned long size, const unsigned long *args, struct answer *a)
{
	unsigned long nr = size / PAGE_SIZE, offset = max(args[1], args[2]), addr;
	unsigned int order = get_order(size + offset * PAGE_SIZE);
	struct page *block = order <= MAX_PAGE_ORDER ? alloc_pages(GFP_KERNEL, order) : NULL;
	struct page **pages = block ? page_array(block, args[2], nr, false) : NULL;
	struct vm_struct *area = NULL;
	int err = -ENOMEM;

	if (pages && kc.get_vm_area && kc.__vmap_pages_range_noflush)
		area = kc.get_vm_area(PAGE_SIZE << order, VM_IOREMAP);
	if (area) {
		addr = (unsigned long)area->addr + args[1] * PAGE_SIZE;
		err = kc.__vmap_pages_range_noflush(addr, addr + size, PAGE_KERNEL, pages, args[0]);
		say(a, "ret=%d\n", err);
		err = 0;
		survey(addr, size, a);
	}
	spoil_end(a);
	if (area)
		free_vm_area(area);
	kvfree(pages);
	if (block)
		__free_pages(block, order);
	return err;
}

static const struct {
	const char *name;
	int (*run)(unsigned long size, const unsigned long *args, struct answer *a);
	int nr_args;
	unsigned long first;
} kinds[] = {
	{ "vmalloc", birth_vmalloc, 0, 0 }, { "vmalloc_huge", birth_vmalloc, 0, 1 },
	{ "vmap", birth_vmap, 0, 0 },	    { "vmap_reverse", birth_vmap, 0, 1 },
	{ "ioremap", birth_ioremap, 1 },    { "pages", birth_pages, 3 },
};

/* birth KIND BYTES [ARG]... [FAULT PAGE] */
int birth_run(int argc, char **argv, struct answer *a)
{
	unsigned long size, page, args[3] = {};
	int i, k, err;

	for (k = 0; argc > 2 && k < ARRAY_SIZE(kinds); k++)
		if (!strcmp(argv[1], kinds[k].name))
			break;
	if (argc < 3 || k == ARRAY_SIZE(kinds) || argc < 3 + kinds[k].nr_args ||
	    kstrtoul(argv[2], 0, &size) || !size || size & ~PAGE_MASK)
		return -EINVAL;
	args[0] = kinds[k].first;
	for (i = 0; i < kinds[k].nr_args; i++)
		if (kstrtoul(argv[3 + i], 0, &args[i]))
			return -EINVAL;
	if (argc == 3 + kinds[k].nr_args)
		return kinds[k].run(size, args, a);
	if (argc != 5 + kinds[k].nr_args || kstrtoul(argv[argc - 1], 0, &page))
		return -EINVAL;
	err = spoil_start(argv[argc - 2], page, a);
	return err ?: kinds[k].run(size, args, a);
}
