/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kprobe ways to attach. A return probe does not see the arguments, so they are kept from entry
 * to exit. The frame is the caller's frame pointer: the same at entry and return, and the one
 * register of the frame that every kind of return probe saves (return_to_handler() in
 * arch/arm64/kernel/entry-ftrace.S leaves the stack pointer out).
 */
#ifndef PWTRACE_PROBE_BPF_H
#define PWTRACE_PROBE_BPF_H

#include "call.bpf.h"

/* By number, from 0 on: libbpf 1.1 has names for the first five only. */
#define probe_argument(ctx, nr) (__PT_REGS_CAST(ctx)->regs[nr])

struct probe_key {
	u64 task;
	u64 frame;
	u64 func;
};

struct probe_args {
	u64 args[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct probe_key);
	__type(value, struct probe_args);
} in_flight SEC(".maps");

static __always_inline void probe_key(struct pt_regs *ctx, u8 func, struct probe_key *key)
{
	key->task = bpf_get_current_task();
	key->frame = PT_REGS_FP(ctx);
	key->func = func;
}

static __always_inline void probe_keep(struct pt_regs *ctx, u8 func, const struct probe_args *call)
{
	struct probe_key key;

	probe_key(ctx, func, &key);
	if (bpf_map_update_elem(&in_flight, &key, call, BPF_ANY)) {
		__sync_fetch_and_add(&counters.lost_state, 1);
		__sync_fetch_and_add(task_losses((u32)bpf_get_current_pid_tgid()), 1);
	}
}

static __always_inline int probe_remember(struct pt_regs *ctx, u8 func, u32 nr_args)
{
	struct probe_args call = {
		.args[0] = PT_REGS_PARM1(ctx),
		.args[1] = PT_REGS_PARM2(ctx),
		.args[2] = nr_args > 2 ? PT_REGS_PARM3(ctx) : 0,
		.args[3] = nr_args > 3 ? PT_REGS_PARM4(ctx) : 0,
	};

	probe_keep(ctx, func, &call);
	return 0;
}

/* The arguments of the call that returns; false where its entry was not seen. */
static __always_inline bool probe_recall(struct pt_regs *ctx, u8 func, struct probe_args *call)
{
	struct probe_args *kept;
	struct probe_key key;

	probe_key(ctx, func, &key);
	kept = bpf_map_lookup_elem(&in_flight, &key);
	if (!kept)
		return false;
	*call = *kept;
	bpf_map_delete_elem(&in_flight, &key);
	return true;
}

/* The entry record of a call. */
static __always_inline void probe_entered(struct pt_regs *ctx, u8 func, const u64 *args,
					  u32 nr_args, bool entries)
{
	u64 frame = PT_REGS_FP(ctx);
	struct pwt_enter *rec;

	rec = begin(ctx, func, frame, args, nr_args);
	if (!rec)
		return;
	rec->callers[0] = PT_REGS_RET(ctx);
	rec->callers[1] = load_word(frame + 8);
	entered(rec, func, frame, args, entries);
}

static __always_inline int probe_call(struct pt_regs *ctx, u8 func, u32 nr_args, bool entries)
{
	u64 args[4] = {
		PT_REGS_PARM1(ctx),
		PT_REGS_PARM2(ctx),
		PT_REGS_PARM3(ctx),
		PT_REGS_PARM4(ctx),
	};

	probe_remember(ctx, func, nr_args);
	probe_entered(ctx, func, args, nr_args, entries);
	return 0;
}

static __always_inline int probe_return(struct pt_regs *ctx, u8 func, bool entries)
{
	struct probe_args call;

	if (probe_recall(ctx, func, &call))
		leave(func, PT_REGS_FP(ctx), call.args[0], call.args[1], (s32)PT_REGS_RC(ctx),
		      entries);
	return 0;
}

static __always_inline int probe_walked(struct pt_regs *ctx, u8 func)
{
	struct probe_args call;

	if (probe_recall(ctx, func, &call))
		walked(func, PT_REGS_FP(ctx), call.args, (s32)PT_REGS_RC(ctx));
	return 0;
}

static __always_inline int probe_split(struct pt_regs *ctx, u8 func, u32 nr_args)
{
	struct probe_args call;

	if (probe_recall(ctx, func, &call))
		split(func, PT_REGS_FP(ctx), call.args, nr_args, (s32)PT_REGS_RC(ctx));
	return 0;
}

static __always_inline int probe_called_back(struct pt_regs *ctx, u8 func)
{
	u64 args[3] = { PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx) };

	called_back(func, PT_REGS_FP(ctx), args);
	return 0;
}

#endif
