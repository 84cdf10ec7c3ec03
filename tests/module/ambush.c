// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kprobes.h>
#include <linux/sched.h>

#include "pwt_test.h"

/*
 * A fault in a change that somebody else asks for: of the walks that tasks of one name make, the
 * Nth leaves one bit of its first entry wrong.
 */
#define WRONG_BIT 55

static struct {
	char comm[TASK_COMM_LEN];
	atomic_long_t walks_left;
	bool fired, probing, walk_has_mm;
	unsigned long addr;
	u64 *entry;
} ambush;

static int walk_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	if (strncmp(current->comm, ambush.comm, strlen(ambush.comm)) ||
	    atomic_long_dec_return(&ambush.walks_left) != 0)
		return 1;
	*(unsigned long *)ri->data = regs->regs[ambush.walk_has_mm ? 1 : 0];
	return 0;
}
NOKPROBE_SYMBOL(walk_enter);

static int walk_leave(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct leaf leaf;

	ambush.addr = *(unsigned long *)ri->data;
	leaf_lookup(ambush.addr, &leaf);
	ambush.entry = leaf.entry;
	leaf_write(leaf.entry, leaf.val ^ BIT(WRONG_BIT));
	WRITE_ONCE(ambush.fired, true);
	return 0;
}
NOKPROBE_SYMBOL(walk_leave);

static struct kretprobe probe;

void ambush_undo(void)
{
	u64 now;

	if (!ambush.probing)
		return;
	unregister_kretprobe(&probe);
	ambush.probing = false;
	if (!ambush.fired)
		return;
	now = READ_ONCE(*ambush.entry);
	if (now & BIT(WRONG_BIT))
		leaf_write(ambush.entry, now & ~BIT(WRONG_BIT));
	ambush.fired = false;
}

static int ambush_start(struct answer *a)
{
	int err;

	ambush.walk_has_mm = !kc.walk_kernel_page_table_range_lockless;
	probe = (struct kretprobe){
		.kp.symbol_name = ambush.walk_has_mm ? "apply_to_page_range" :
						       "walk_kernel_page_table_range_lockless",
		.entry_handler = walk_enter,
		.handler = walk_leave,
		.data_size = sizeof(unsigned long),
		.maxactive = 64,
	};
	err = register_kretprobe(&probe);
	if (err)
		say(a, "error=no kretprobe on %s\n", probe.kp.symbol_name);
	ambush.probing = !err;
	return err;
}

/* ambush COMM N | ambush: what became of it, and the end of it */
int ambush_run(int argc, char **argv, struct answer *a)
{
	long n;

	if (argc == 1) {
		say(a, "fired=%d addr=0x%lx\n", ambush.fired, ambush.addr);
		ambush_undo();
		return 0;
	}
	if (argc != 3 || kstrtol(argv[2], 0, &n) || n < 1 || !*argv[1]) {
		say(a, "error=usage: ambush [COMM N]\n");
		return -EINVAL;
	}
	ambush_undo();
	strscpy(ambush.comm, argv[1], sizeof(ambush.comm));
	atomic_long_set(&ambush.walks_left, n);
	return ambush_start(a);
}
