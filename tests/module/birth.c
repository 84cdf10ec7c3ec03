// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kprobes.h>
#include <linux/pgtable.h>

#include "mapping.h"

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

/* birth KIND BYTES [ARG]... [FAULT PAGE] */
int birth_run(int argc, char **argv, struct answer *a)
{
	struct mapping m = {};
	unsigned long page;
	int used = mapping_parse(&m, argc - 1, argv + 1), err = 0;

	if (used < 0)
		return used;
	if (argc != 1 + used) {
		if (argc != 3 + used || kstrtoul(argv[argc - 1], 0, &page))
			return -EINVAL;
		err = spoil_start(argv[argc - 2], page, a);
	}
	if (err)
		return err;
	err = mapping_make(&m, a);
	if (m.addr)
		mapping_survey(&m, "birth", a);
	else
		say(a, "birth failed\n");
	spoil_end(a);
	mapping_unmake(&m);
	return err;
}
