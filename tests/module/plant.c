// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kprobes.h>
#include <linux/pgtable.h>
#include <linux/slab.h>

#include "plant.h"

/*
 * One fault at a time, for one change: when the kernel has done its work and before its caller, or
 * whoever reads the entries behind it, hears of it. The kernel knows nothing of it; a checker has
 * to find it.
 */
static const struct {
	const char *name;
	enum place place;
	const char *number; /* what the last argument is; NULL: there is none */
	bool index;	    /* a page of, or beside, the range comes before that */
	bool table;	    /* a page for a table is needed */
	bool private;	    /* all that the table maps has to be the slot's */
} faults[] = {
	[FAULT_NONE] = { "none" },
	[FAULT_WRONG_BIT] = { "wrong-bit", AT_WALK, "BIT", true },
	[FAULT_OUTSIDE] = { "outside", AT_WALK, "BIT", true },
	[FAULT_EMPTY] = { "empty", AT_WALK, NULL, true },
	[FAULT_NOT_CHANGED] = { "not-changed", AT_WALK, NULL, true },
	[FAULT_HALF] = { "half", AT_WALK },
	[FAULT_WRONG_PAGE] = { "wrong-page", AT_WALK },
	[FAULT_MASK_ORDER] = { "mask-order", AT_WALK, NULL, true },
	[FAULT_BLOCK] = { "block", AT_WALK, NULL, true },
	[FAULT_SPLIT] = { "split", AT_WALK, NULL, true, true },
	[FAULT_REDIRECT] = { "redirect", AT_WALK, NULL, true, true, true },
	[FAULT_TABLE_BIT] = { "table-bit", AT_WALK, "BIT", true, false, true },
	[FAULT_RET] = { "ret", AT_WALK, "VALUE" },
	[FAULT_SWALLOW] = { "swallow", AT_WALK, "VALUE" },
	[FAULT_CALLER_RET] = { "caller-ret", AT_RANGE, "VALUE" },
	[FAULT_WRITABLE] = { "writable", AT_RANGE, NULL, true },
	[FAULT_OTHER_PAGE] = { "other-page", AT_RANGE, "PAGE" },
	[FAULT_EXTRA_PAGE] = { "extra-page", AT_RANGE, "PAGE" },
	[FAULT_NO_CALL] = { "no-call", AT_SKIP },
	[FAULT_NO_SPLIT] = { "no-split", AT_SKIP },
};

static bool walk_has_mm; /* apply_to_page_range(mm, addr, size, fn, data) */

/* The argument behind the ops, or the callback, has the masks in both. */
static int walk_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	unsigned long start = regs->regs[walk_has_mm ? 1 : 0];
	unsigned long end = walk_has_mm ? start + regs->regs[2] : regs->regs[1];
	const u64 *masks = (const u64 *)regs->regs[4];

	return !fault_matches(start, end) || !fault_before(masks[0], masks[1]);
}
NOKPROBE_SYMBOL(walk_enter);

static int range_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	unsigned long start = regs->regs[0], size = regs->regs[1];

	/* the walk has been here before */
	if (plant.fault == FAULT_SWALLOW)
		return start != plant.start || start + size != plant.end;
	if (!fault_matches(start, start + size) || !fault_before(regs->regs[2], regs->regs[3]))
		return 1;
	if (plant.fault != FAULT_OTHER_PAGE)
		return 0;
	regs->regs[0] = plant.other;
	fault_masks(plant.other);
	WRITE_ONCE(plant.fired, true);
	return 1;
}
NOKPROBE_SYMBOL(range_enter);

static int leave(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	long ret = (int)regs->regs[0];

	fault_after(&ret);
	regs->regs[0] = ret;
	return 0;
}
NOKPROBE_SYMBOL(leave);

/* Of a change whose walk was made to fail nobody hears. */
static int range_leave(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	if (plant.fault != FAULT_SWALLOW)
		return leave(ri, regs);
	if (plant.fired)
		regs->regs[0] = 0;
	return 0;
}
NOKPROBE_SYMBOL(range_leave);

/* Back to the caller at once. The probe is on the first instruction: nothing is on the stack yet.
 */
static int skip(struct kprobe *p, struct pt_regs *regs)
{
	unsigned long start = regs->regs[0];
	unsigned long end = plant.fault == FAULT_NO_SPLIT ? regs->regs[1] : start + regs->regs[1];

	if (!fault_matches(start, end))
		return 0;
	regs->regs[0] = 0;
	instruction_pointer_set(regs, regs->regs[30]);
	WRITE_ONCE(plant.fired, true);
	return 1;
}
NOKPROBE_SYMBOL(skip);

static struct kretprobe walk_probe, range_probe;
static struct kprobe skip_probe;
static bool walk_probing, range_probing, skip_probing;

static const char *range_function(void)
{
	return kc.update_range_prot ? "update_range_prot" : "__change_memory_common";
}

static int failed(int err, const char *function, struct answer *a)
{
	if (err)
		say(a, "error=no probe on %s: %d\n", function, err);
	return err;
}

static int probe_walk(struct answer *a)
{
	int err;

	walk_has_mm = !kc.walk_kernel_page_table_range_lockless;
	walk_probe = (struct kretprobe){
		.kp.symbol_name = walk_has_mm ? "apply_to_page_range" :
						"walk_kernel_page_table_range_lockless",
		.entry_handler = walk_enter,
		.handler = leave,
		.maxactive = 64,
	};
	err = register_kretprobe(&walk_probe);
	walk_probing = !err;
	return failed(err, walk_probe.kp.symbol_name, a);
}

static int probe_range(struct answer *a)
{
	int err;

	range_probe = (struct kretprobe){
		.kp.symbol_name = range_function(),
		.entry_handler = range_enter,
		.handler = range_leave,
		.maxactive = 64,
	};
	err = register_kretprobe(&range_probe);
	range_probing = !err;
	return failed(err, range_probe.kp.symbol_name, a);
}

static int probe_skip(struct answer *a)
{
	int err;

	skip_probe = (struct kprobe){
		.symbol_name = plant.fault == FAULT_NO_SPLIT ? "split_kernel_leaf_mapping" :
							       range_function(),
		.pre_handler = skip,
	};
	err = register_kprobe(&skip_probe);
	skip_probing = !err;
	return failed(err, skip_probe.symbol_name, a);
}

/* Only while something is armed, so that nothing else pays for it. */
static int probe_start(struct answer *a)
{
	int err = 0;

	if (plant.fault == FAULT_SWALLOW)
		err = probe_range(a);
	if (err)
		return err;
	switch (faults[plant.fault].place) {
	case AT_WALK:
		return probe_walk(a);
	case AT_RANGE:
		return probe_range(a);
	default:
		return probe_skip(a);
	}
}

static void probe_stop(void)
{
	if (walk_probing)
		unregister_kretprobe(&walk_probe);
	if (range_probing)
		unregister_kretprobe(&range_probe);
	if (skip_probing)
		unregister_kprobe(&skip_probe);
	walk_probing = range_probing = skip_probing = false;
}

void plant_show(struct answer *a)
{
	const struct edit *first = plant.edits;

	say(a, "plant=%s armed=%d fired=%d missed=%d\n", faults[plant.fault].name,
	    atomic_read(&plant.armed), plant.fired,
	    (walk_probing ? walk_probe.nmissed : 0) + (range_probing ? range_probe.nmissed : 0));
	if (plant.fault == FAULT_NONE)
		return;
	say(a, "plant.range=0x%lx-0x%lx\n", plant.start, plant.end);
	if (!plant.fired)
		return;
	if (plant.fault == FAULT_RET || plant.fault == FAULT_CALLER_RET ||
	    plant.fault == FAULT_SWALLOW)
		say(a, "plant.ret=%ld plant.right_ret=%ld\n", plant.ret, plant.right_ret);
	else if (plant.nr && first->entry)
		say(a,
		    "plant.addr=0x%lx plant.before=0x%llx plant.right=0x%llx plant.wrong=0x%llx\n",
		    first->addr, first->before, first->right, first->wrong);
	else if (plant.nr)
		say(a, "plant.addr=0x%lx\n", first->addr);
}

/* Other bits may have changed since, by right: only what was planted goes. */
static void edit_undo(const struct edit *edit)
{
	u64 bits = edit->right ^ edit->wrong;
	struct leaf leaf;

	if (edit->entry) {
		leaf_write(edit->entry, (READ_ONCE(*edit->entry) & ~bits) | (edit->right & bits));
		return;
	}
	leaf_lookup(edit->addr, &leaf);
	leaf_write(leaf.entry, (leaf.val & ~plant.set) | plant.clear);
}

void plant_undo(struct answer *a)
{
	atomic_set(&plant.armed, 0);
	probe_stop();
	if (plant.fired) {
		while (plant.nr) {
			edit_undo(&plant.edits[--plant.nr]);
			say(a, "unplanted=0x%lx\n", plant.edits[plant.nr].addr);
		}
	}
	kvfree(plant.edits);
	if (plant.table)
		free_page(plant.table);
	memset(&plant, 0, sizeof(plant));
}

/*
 * Bits that change where memory is, or what an entry is, are not for planting: the guest would
 * die of them before anybody reported them.
 */
static bool bit_is_harmless(long bit)
{
	return bit == 0 || bit == 7 || bit == 10 || bit == 11 || (bit >= 50 && bit < 64);
}

static int plant_index(long index, const struct span *r, struct answer *a)
{
	bool inside = index >= 0 && index < r->count;

	if (plant.fault != FAULT_EMPTY && inside != (plant.fault != FAULT_OUTSIDE)) {
		say(a, "error=page %ld is %s the range\n", index, inside ? "inside" : "outside");
		return -ERANGE;
	}
	plant.target = r->addr + index * PAGE_SIZE;
	return 0;
}

static int plant_number(long number, const struct span *r, struct answer *a)
{
	switch (plant.fault) {
	case FAULT_OTHER_PAGE:
	case FAULT_EXTRA_PAGE:
		if (number < 0 || number >= r->area->pages) {
			say(a, "error=no page %ld in the slot\n", number);
			return -ERANGE;
		}
		plant.other = r->area->linear[number];
		return 0;
	case FAULT_RET:
	case FAULT_CALLER_RET:
	case FAULT_SWALLOW:
		plant.ret = number;
		return 0;
	default:
		plant.bit = number;
		if (bit_is_harmless(number))
			return 0;
		say(a, "error=bit %ld would take the guest down\n", number);
		return -EPERM;
	}
}

static int plant_numbers(int argc, char **argv, const struct span *r, struct answer *a)
{
	long index = plant.fault == FAULT_OUTSIDE ? r->count : 0, number = 55;
	const char *wants = faults[plant.fault].number;
	int next = 5, err = 0;

	plant.target = r->addr;
	if (plant.fault == FAULT_HALF)
		plant.target += r->count / 2 * PAGE_SIZE;
	if (faults[plant.fault].index) {
		if (argc > next && kstrtol(argv[next++], 0, &index))
			return -EINVAL;
		err = plant_index(index, r, a);
	}
	if (err || !wants)
		return err;
	if (argc > next ? kstrtol(argv[next], 0, &number) : !!strcmp(wants, "BIT")) {
		say(a, "error=%s?\n", wants);
		return -EINVAL;
	}
	return plant_number(number, r, a);
}

/* Memory that the fault takes, and what it must not take from others. */
static int plant_memory(const struct span *r, struct answer *a)
{
	unsigned long first = plant.target & PMD_MASK;

	if (faults[plant.fault].private &&
	    (r->alias || first < r->area->addr ||
	     first + PMD_SIZE > r->area->addr + r->area->pages * PAGE_SIZE)) {
		say(a, "error=the table maps what is not the slot's\n");
		return -EPERM;
	}
	plant.room = r->count + 1;
	plant.edits = kvcalloc(plant.room, sizeof(*plant.edits), GFP_KERNEL);
	if (faults[plant.fault].table)
		plant.table = __get_free_page(GFP_KERNEL);
	return plant.edits && (plant.table || !faults[plant.fault].table) ? 0 : -ENOMEM;
}

static enum fault fault_find(const char *name)
{
	enum fault fault;

	for (fault = FAULT_NONE + 1; fault < NR_FAULTS; fault++)
		if (!strcmp(name, faults[fault].name))
			return fault;
	return FAULT_NONE;
}

void plant_help(struct answer *a)
{
	enum fault fault;

	for (fault = FAULT_NONE + 1; fault < NR_FAULTS; fault++)
		say(a, "plant %s [alias:]SLOT FIRST COUNT%s%s%s\n", faults[fault].name,
		    faults[fault].index ? " [INDEX]" : "", faults[fault].number ? " " : "",
		    faults[fault].number ?: "");
}

/* plant FAULT [alias:]SLOT FIRST COUNT [INDEX [BIT] | NUMBER] */
int plant_run(int argc, char **argv, struct answer *a)
{
	struct span r;
	int err;

	if (argc < 5) {
		plant_help(a);
		return -EINVAL;
	}
	plant_undo(a);
	plant.fault = fault_find(argv[1]);
	if (!plant.fault) {
		say(a, "error=fault not known\n");
		return -EINVAL;
	}
	err = span_parse(&r, &argv[2], a);
	if (!err) {
		plant.start = r.addr;
		plant.end = r.addr + r.count * PAGE_SIZE;
		err = plant_numbers(argc, argv, &r, a);
	}
	if (!err)
		err = plant_memory(&r, a);
	if (!err)
		err = probe_start(a);
	if (err) {
		plant_undo(a);
		return err;
	}
	atomic_set(&plant.armed, 1);
	plant_show(a);
	return 0;
}
