// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of the kernel's tables while they are read: which ranges. A call has a slot from its
 * beginning to its end, and is in the log before the slot is free again, so that whoever looks at
 * the slots and then at the log misses none.
 */
/* Registers are where user space has them, and there is no need to load the kernel's BTF. */
#define BPF_NO_PRESERVE_ACCESS_INDEX
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

/* What one step of the way through the slots needs. */
struct call {
	u64 key, start, last;
	bool done;
};

/* A loop that the verifier goes through once. */
static long take_slot(u64 i, struct call *call)
{
	struct pwt_change_slot *slot = &changes.slots[i & (PWT_CHANGE_SLOTS - 1)];

	if (__sync_val_compare_and_swap(&slot->key, 0, PWT_CHANGE_BUSY))
		return 0;
	slot->start = call->start;
	slot->last = call->last;
	put(&slot->key, call->key);
	call->done = true;
	return 1;
}

SEC("kprobe.multi") int change_begins(struct pt_regs *ctx)
{
	u64 cookie = bpf_get_attach_cookie(ctx);
	u64 start = PT_REGS_PARM1(ctx), end = PT_REGS_PARM2(ctx);
	struct call call = { .key = key_of(ctx, cookie) };

	if (cookie & PWT_CHANGE_SECOND) {
		start = end;
		end = PT_REGS_PARM3(ctx);
	}
	if (cookie & PWT_CHANGE_SIZE)
		end += start;
	call.start = start;
	call.last = end - 1;
	bpf_loop(PWT_CHANGE_SLOTS, take_slot, &call, 0);
	if (!call.done)
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

static long give_back(u64 i, struct call *call)
{
	struct pwt_change_slot *slot = &changes.slots[i & (PWT_CHANGE_SLOTS - 1)];

	if (*(volatile u64 *)&slot->key != call->key)
		return 0;
	log_end(slot);
	put(&slot->key, 0);
	call->done = true;
	return 1;
}

SEC("kretprobe.multi") int change_ends(struct pt_regs *ctx)
{
	struct call call = { .key = key_of(ctx, bpf_get_attach_cookie(ctx)) };

	bpf_loop(PWT_CHANGE_SLOTS, give_back, &call, 0);
	if (!call.done)
		__sync_fetch_and_add(&changes.without_range, 1);
	return 0;
}

struct pwt_change_name names[PWT_CHANGE_NAMES] = {};

static long find_one(u64 i, void *ctx)
{
	struct pwt_change_name *name = &names[i & (PWT_CHANGE_NAMES - 1)];
	u64 addr = 0;

	bpf_kallsyms_lookup_name(name->name, name->size & (PWT_CHANGE_NAME_SIZE - 1), 0, &addr);
	name->addr = addr;
	return 0;
}

/* Run by BPF_PROG_RUN, before the others are attached. */
SEC("syscall") int find_functions(void *ctx)
{
	bpf_loop(PWT_CHANGE_NAMES, find_one, NULL, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
