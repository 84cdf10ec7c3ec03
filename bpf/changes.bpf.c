// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of the kernel's tables while they are read: which ranges. A call has a slot from its
 * beginning to its end, and is in the log before the slot is free again, so that whoever looks at
 * the slots and then at the log misses none.
 */
#include "vmlinux.h"
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "change_log.h"

struct pwt_changes changes = {};

/*
 * The caller's frame pointer, the one register of the frame that every kind of return probe gives,
 * is aligned to 16 bytes.
 */
static __always_inline u64 key_of(struct pt_regs *ctx, u64 cookie)
{
	return PT_REGS_FP(ctx) | (cookie & PWT_CHANGE_INDEX);
}

static __always_inline void put(u64 *where, u64 value)
{
	__sync_lock_test_and_set(where, value); /* behind all that was written before */
}

static __always_inline bool take_slot(struct pwt_change_slot *slot, u64 key, u64 start, u64 last)
{
	if (__sync_val_compare_and_swap(&slot->key, 0, PWT_CHANGE_BUSY))
		return false;
	slot->start = start;
	slot->last = last;
	put(&slot->key, key);
	return true;
}

SEC("kprobe.multi") int change_begins(struct pt_regs *ctx)
{
	u64 cookie = bpf_get_attach_cookie(ctx);
	u64 start = PT_REGS_PARM1(ctx), end = PT_REGS_PARM2(ctx);

	if (cookie & PWT_CHANGE_SECOND) {
		start = end;
		end = PT_REGS_PARM3(ctx);
	}
	if (cookie & PWT_CHANGE_SIZE)
		end += start;
	for (int i = 0; i < PWT_CHANGE_SLOTS; i++)
		if (take_slot(&changes.slots[i], key_of(ctx, cookie), start, end - 1))
			return 0;
	__sync_fetch_and_add(&changes.without_slot, 1);
	return 0;
}

static __always_inline void log_end(const struct pwt_change_slot *slot)
{
	u64 nr = __sync_fetch_and_add(&changes.head, 1);
	struct pwt_change *change = &changes.log[nr & (PWT_CHANGE_LOG - 1)];

	put(&change->nr, 0);
	change->start = slot->start;
	change->last = slot->last;
	put(&change->nr, nr + 1);
}

SEC("kretprobe.multi") int change_ends(struct pt_regs *ctx)
{
	u64 key = key_of(ctx, bpf_get_attach_cookie(ctx));

	for (int i = 0; i < PWT_CHANGE_SLOTS; i++) {
		struct pwt_change_slot *slot = &changes.slots[i];

		if (*(volatile u64 *)&slot->key != key)
			continue;
		log_end(slot);
		put(&slot->key, 0);
		return 0;
	}
	__sync_fetch_and_add(&changes.without_range, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
