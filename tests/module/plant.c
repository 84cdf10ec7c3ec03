// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kprobes.h>

#include "pwt_test.h"

/*
 * One fault at a time, for one walk: when the walk of the armed range is over and before its
 * caller hears of it, the entry of one page is made wrong, or the return value is. The kernel
 * knows nothing of it; a checker has to find it.
 */
enum fault {
	FAULT_NONE,
	FAULT_WRONG_BIT,   /* one bit of an entry inside the range */
	FAULT_OUTSIDE,	   /* one bit of an entry beside the range */
	FAULT_NOT_CHANGED, /* an entry inside the range is what it was before the walk */
	FAULT_RET,	   /* the walk returns something else */
};

static const char *const fault_names[] = {
	[FAULT_NONE] = "none",	     [FAULT_WRONG_BIT] = "wrong-bit",
	[FAULT_OUTSIDE] = "outside", [FAULT_NOT_CHANGED] = "not-changed",
	[FAULT_RET] = "ret",
};

static struct {
	enum fault fault;
	unsigned long start, end, target;
	long bit;
	long ret;
	atomic_t armed;
	bool fired;
	u64 *entry;
	u64 before; /* as found on entry to the walk */
	u64 right;  /* as the kernel left it */
	u64 wrong;  /* as planted */
	long right_ret;
} plant;

static bool probing;
static bool walk_has_mm; /* apply_to_page_range(mm, addr, size, ...) */

static int walk_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	unsigned long start = regs->regs[walk_has_mm ? 1 : 0];
	unsigned long end = walk_has_mm ? start + regs->regs[2] : regs->regs[1];
	struct leaf leaf;

	if (start != plant.start || end != plant.end || atomic_cmpxchg(&plant.armed, 1, 0) != 1)
		return 1;
	leaf_lookup(plant.target, &leaf);
	plant.before = leaf.val;
	return 0;
}
NOKPROBE_SYMBOL(walk_enter);

static int walk_leave(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct leaf leaf;

	if (plant.fault == FAULT_RET) {
		plant.right_ret = (int)regs->regs[0];
		regs->regs[0] = plant.ret;
		WRITE_ONCE(plant.fired, true);
		return 0;
	}

	leaf_lookup(plant.target, &leaf);
	plant.entry = leaf.entry;
	plant.right = leaf.val;
	plant.wrong = plant.fault == FAULT_NOT_CHANGED ? plant.before : leaf.val ^ BIT(plant.bit);
	leaf_write(leaf.entry, plant.wrong);
	WRITE_ONCE(plant.fired, true);
	return 0;
}
NOKPROBE_SYMBOL(walk_leave);

static struct kretprobe probe;

/* Only while something is armed, so that nothing else pays for it. */
static int probe_start(struct answer *a)
{
	int err;

	if (probing)
		return 0;
	walk_has_mm = !kc.walk_kernel_page_table_range_lockless;
	probe = (struct kretprobe){
		.kp.symbol_name = walk_has_mm ? "apply_to_page_range" :
						"walk_kernel_page_table_range_lockless",
		.entry_handler = walk_enter,
		.handler = walk_leave,
		.maxactive = 64,
	};
	err = register_kretprobe(&probe);
	if (err)
		say(a, "error=no kretprobe on %s\n", probe.kp.symbol_name);
	probing = !err;
	return err;
}

static void probe_stop(void)
{
	if (!probing)
		return;
	unregister_kretprobe(&probe);
	probing = false;
}

void plant_show(struct answer *a)
{
	say(a, "plant=%s armed=%d fired=%d missed=%d\n", fault_names[plant.fault],
	    atomic_read(&plant.armed), plant.fired, probing ? probe.nmissed : 0);
	if (plant.fault == FAULT_NONE)
		return;
	say(a, "plant.range=0x%lx-0x%lx\n", plant.start, plant.end);
	if (!plant.fired)
		return;
	if (plant.fault == FAULT_RET)
		say(a, "plant.ret=%ld plant.right_ret=%ld\n", plant.ret, plant.right_ret);
	else
		say(a,
		    "plant.addr=0x%lx plant.before=0x%llx plant.right=0x%llx plant.wrong=0x%llx\n",
		    plant.target, plant.before, plant.right, plant.wrong);
}

void plant_undo(struct answer *a)
{
	u64 bits = plant.right ^ plant.wrong;
	u64 now;

	atomic_set(&plant.armed, 0);
	probe_stop();
	if (plant.fired && plant.fault != FAULT_RET && bits) {
		/* Other bits may have changed since, by right: only what was planted goes. */
		now = READ_ONCE(*plant.entry);
		leaf_write(plant.entry, (now & ~bits) | (plant.right & bits));
		say(a, "unplanted=0x%lx\n", plant.target);
	}
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

static int plant_numbers(int argc, char **argv, const struct span *r, struct answer *a)
{
	long inside = plant.fault != FAULT_OUTSIDE, index = inside ? 0 : r->count;

	plant.bit = 55;
	if (plant.fault == FAULT_RET) {
		if (argc != 6 || kstrtol(argv[5], 0, &plant.ret)) {
			say(a, "error=return what?\n");
			return -EINVAL;
		}
		return 0;
	}
	if (argc > 5 && kstrtol(argv[5], 0, &index))
		return -EINVAL;
	if (argc > 6 && kstrtol(argv[6], 0, &plant.bit))
		return -EINVAL;
	if (inside != (index >= 0 && index < r->count)) {
		say(a, "error=page %ld is %s the range\n", index, inside ? "outside" : "inside");
		return -ERANGE;
	}
	if (!bit_is_harmless(plant.bit)) {
		say(a, "error=bit %ld would take the guest down\n", plant.bit);
		return -EPERM;
	}
	plant.target = r->addr + index * PAGE_SIZE;
	return 0;
}

/* plant FAULT [alias:]SLOT FIRST COUNT [INDEX [BIT] | VALUE] */
int plant_run(int argc, char **argv, struct answer *a)
{
	struct span r;
	int err, fault;

	if (argc < 5) {
		say(a, "error=usage: plant FAULT SLOT FIRST COUNT [INDEX [BIT] | VALUE]\n");
		return -EINVAL;
	}
	plant_undo(a);
	fault = match_string(fault_names, ARRAY_SIZE(fault_names), argv[1]);
	if (fault <= FAULT_NONE) {
		say(a, "error=fault not known\n");
		return -EINVAL;
	}
	err = span_parse(&r, &argv[2], a);
	if (err)
		return err;

	plant.fault = fault;
	plant.start = r.addr;
	plant.end = r.addr + r.count * PAGE_SIZE;
	err = plant_numbers(argc, argv, &r, a);
	if (!err)
		err = probe_start(a);
	if (err) {
		memset(&plant, 0, sizeof(plant));
		return err;
	}
	atomic_set(&plant.armed, 1);
	plant_show(a);
	return 0;
}
