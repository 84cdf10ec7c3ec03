// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capture. Each hook exists for the three ways to attach: fentry/fexit, kprobe.multi and
 * kprobe/kretprobe. User space sets the target functions and loads what it attaches. Nothing is
 * decided here that user space can decide.
 */
#include "birth.bpf.h"
#include "call.bpf.h"
#include "probe.bpf.h"

/*
 * The arm64 trampoline pushes a frame record for the traced function and one for its caller above
 * the arguments, the return value and two saved registers, aligned to 16 bytes
 * (arch/arm64/net/bpf_jit_comp.c). The first record points to the second, which is how it is known;
 * the second holds the return address of the traced function.
 */
static __always_inline void fentry_callers(u64 *ctx, u32 nr_args, u64 callers[PWT_NR_CALLERS])
{
	u64 record = (u64)ctx + ((nr_args + 3) | 1U) * 8, next;

	callers[0] = callers[1] = 0;
	next = load_word(record);
	if (next != record + 16) {
		/* what lies below the arguments differs between kernels by a word */
		record = (u64)ctx + ((nr_args + 4) & ~1U) * 8;
		next = load_word(record);
		if (next != record + 16)
			return;
	}
	callers[0] = load_word(record + 24);
	callers[1] = load_word(load_word(next) + 8);
}

static __always_inline int fentry_call(u64 *ctx, u8 func, u32 nr_args, bool entries)
{
	struct pwt_enter *rec = begin(ctx, func, (u64)ctx, ctx, nr_args);

	if (!rec)
		return 0;
	fentry_callers(ctx, nr_args, rec->callers);
	entered(rec, func, (u64)ctx, ctx, entries);
	return 0;
}

static __always_inline int fexit_call(u64 *ctx, u8 func, u32 nr_args, bool entries)
{
	leave(func, (u64)ctx, ctx[0], nr_args > 1 ? ctx[1] : 0, (s32)ctx[nr_args], entries);
	return 0;
}

/* A function whose calls are records of their own, with nr_args arguments. */
#define CALL_HOOK(name, func, nr_args, entries)                         \
	SEC("fentry") int fentry_##name(u64 *ctx)                       \
	{                                                               \
		return fentry_call(ctx, func, nr_args, entries);        \
	}                                                               \
	SEC("fexit") int fexit_##name(u64 *ctx)                         \
	{                                                               \
		return fexit_call(ctx, func, nr_args, entries);         \
	}                                                               \
	SEC("kprobe") int kprobe_##name(struct pt_regs *ctx)            \
	{                                                               \
		return probe_call(ctx, func, nr_args, entries);         \
	}                                                               \
	SEC("kretprobe") int kretprobe_##name(struct pt_regs *ctx)      \
	{                                                               \
		return probe_return(ctx, func, entries);                \
	}                                                               \
	SEC("kprobe.multi") int multi_##name(struct pt_regs *ctx)       \
	{                                                               \
		return probe_call(ctx, func, nr_args, entries);         \
	}                                                               \
	SEC("kretprobe.multi") int multiret_##name(struct pt_regs *ctx) \
	{                                                               \
		return probe_return(ctx, func, entries);                \
	}

CALL_HOOK(range, PWT_FN_RANGE, 4, true)
CALL_HOOK(common, PWT_FN_COMMON, 4, false)
CALL_HOOK(set_memory_valid, PWT_FN_SET_MEMORY_VALID, 3, false)
CALL_HOOK(set_direct_map_invalid, PWT_FN_SET_DIRECT_MAP_INVALID, 1, false)
CALL_HOOK(set_direct_map_default, PWT_FN_SET_DIRECT_MAP_DEFAULT, 1, false)
CALL_HOOK(set_direct_map_valid, PWT_FN_SET_DIRECT_MAP_VALID, 3, false)

/* A walk of anybody else's: pageattr walks are told by the range hook around them. */
static __always_inline bool wanted_walk(u64 ops)
{
	return ops != cfg.pageattr_ops;
}

#define WALK_HOOK(name, func)                                                              \
	SEC("fexit") int fexit_##name(u64 *ctx)                                            \
	{                                                                                  \
		if (wanted_walk(ctx[2]))                                                   \
			walked(func, (u64)ctx, ctx, (s32)ctx[5]);                          \
		return 0;                                                                  \
	}                                                                                  \
	SEC("kprobe") int kprobe_##name(struct pt_regs *ctx)                               \
	{                                                                                  \
		return wanted_walk(PT_REGS_PARM3(ctx)) ? probe_remember(ctx, func, 4) : 0; \
	}                                                                                  \
	SEC("kretprobe") int kretprobe_##name(struct pt_regs *ctx)                         \
	{                                                                                  \
		return probe_walked(ctx, func);                                            \
	}                                                                                  \
	SEC("kprobe.multi") int multi_##name(struct pt_regs *ctx)                          \
	{                                                                                  \
		return wanted_walk(PT_REGS_PARM3(ctx)) ? probe_remember(ctx, func, 4) : 0; \
	}                                                                                  \
	SEC("kretprobe.multi") int multiret_##name(struct pt_regs *ctx)                    \
	{                                                                                  \
		return probe_walked(ctx, func);                                            \
	}

WALK_HOOK(walk, PWT_FN_WALK)
WALK_HOOK(walk_lockless, PWT_FN_WALK_LOCKLESS)

#define CALLBACK_HOOK(name, func)                                 \
	SEC("fentry") int fentry_##name(u64 *ctx)                 \
	{                                                         \
		called_back(func, (u64)ctx, ctx);                 \
		return 0;                                         \
	}                                                         \
	SEC("kprobe") int kprobe_##name(struct pt_regs *ctx)      \
	{                                                         \
		return probe_called_back(ctx, func);              \
	}                                                         \
	SEC("kprobe.multi") int multi_##name(struct pt_regs *ctx) \
	{                                                         \
		return probe_called_back(ctx, func);              \
	}

CALLBACK_HOOK(pud_entry, PWT_FN_PUD_ENTRY)
CALLBACK_HOOK(pmd_entry, PWT_FN_PMD_ENTRY)
CALLBACK_HOOK(pte_entry, PWT_FN_PTE_ENTRY)

#define SPLIT_HOOK(name, func, nr_args)                                 \
	SEC("fexit") int fexit_##name(u64 *ctx)                         \
	{                                                               \
		split(func, (u64)ctx, ctx, nr_args, (s32)ctx[nr_args]); \
		return 0;                                               \
	}                                                               \
	SEC("kprobe") int kprobe_##name(struct pt_regs *ctx)            \
	{                                                               \
		return probe_remember(ctx, func, nr_args);              \
	}                                                               \
	SEC("kretprobe") int kretprobe_##name(struct pt_regs *ctx)      \
	{                                                               \
		return probe_split(ctx, func, nr_args);                 \
	}                                                               \
	SEC("kprobe.multi") int multi_##name(struct pt_regs *ctx)       \
	{                                                               \
		return probe_remember(ctx, func, nr_args);              \
	}                                                               \
	SEC("kretprobe.multi") int multiret_##name(struct pt_regs *ctx) \
	{                                                               \
		return probe_split(ctx, func, nr_args);                 \
	}

SPLIT_HOOK(split_leaf, PWT_FN_SPLIT_LEAF, 2)
SPLIT_HOOK(split_pud, PWT_FN_SPLIT_PUD, 4)
SPLIT_HOOK(split_pmd, PWT_FN_SPLIT_PMD, 4)

SEC("fexit") int fexit_area(u64 *ctx)
{
	found_area((u64)ctx, ctx[1]);
	return 0;
}

SEC("kretprobe") int kretprobe_area(struct pt_regs *ctx)
{
	found_area(PT_REGS_FP(ctx), PT_REGS_RC(ctx));
	return 0;
}

SEC("kretprobe.multi") int multiret_area(struct pt_regs *ctx)
{
	found_area(PT_REGS_FP(ctx), PT_REGS_RC(ctx));
	return 0;
}

/* A pointer to pointers is something that the verifier of older kernels lets nobody have. */
static __always_inline u64 fourth_argument(u64 *ctx)
{
	return load_word((u64)ctx + 3 * sizeof(u64));
}

/*
 * A function that makes a mapping, with @nr_args arguments of which the first are address, end, and
 * what birth_args_##name() says of the rest; it is false for a call that is not to be reported.
 */
#define BIRTH_HOOK(name, func, nr_args)                                                            \
	SEC("fentry") int fentry_##name(u64 *ctx)                                                  \
	{                                                                                          \
		u64 caller[PWT_NR_CALLERS];                                                        \
		struct birth_args args;                                                            \
		struct pwt_enter *rec;                                                             \
                                                                                                   \
		fentry_callers(ctx, nr_args, caller);                                              \
		if (!birth_args_##name(ctx[0], ctx[1], ctx[2], fourth_argument(ctx),               \
				       nr_args > 4 ? ctx[4] : 0, caller[0], &args))                \
			return 0;                                                                  \
		rec = begin(ctx, func, (u64)ctx, args.args, 4);                                    \
		if (!rec)                                                                          \
			return 0;                                                                  \
		rec->callers[0] = caller[0];                                                       \
		rec->callers[1] = caller[1];                                                       \
		entered(rec, func, (u64)ctx, args.args, true);                                     \
		read_pages(func, (u64)ctx, &args);                                                 \
		return 0;                                                                          \
	}                                                                                          \
	SEC("fexit") int fexit_##name(u64 *ctx)                                                    \
	{                                                                                          \
		u64 caller[PWT_NR_CALLERS];                                                        \
		struct birth_args args;                                                            \
                                                                                                   \
		fentry_callers(ctx, nr_args, caller);                                              \
		if (birth_args_##name(ctx[0], ctx[1], ctx[2], fourth_argument(ctx),                \
				      nr_args > 4 ? ctx[4] : 0, caller[0], &args))                 \
			leave(func, (u64)ctx, args.args[0], args.args[1], (s32)ctx[nr_args],       \
			      true);                                                               \
		return 0;                                                                          \
	}                                                                                          \
	static __always_inline int probe_##name(struct pt_regs *ctx)                               \
	{                                                                                          \
		struct birth_args args;                                                            \
                                                                                                   \
		if (!birth_args_##name(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx), \
				       PT_REGS_PARM4(ctx), PT_REGS_PARM5(ctx), PT_REGS_RET(ctx),   \
				       &args))                                                     \
			return 0;                                                                  \
		probe_keep(ctx, func, (const struct probe_args *)args.args);                       \
		probe_entered(ctx, func, args.args, 4, true);                                      \
		read_pages(func, PT_REGS_FP(ctx), &args);                                          \
		return 0;                                                                          \
	}                                                                                          \
	SEC("kprobe") int kprobe_##name(struct pt_regs *ctx)                                       \
	{                                                                                          \
		return probe_##name(ctx);                                                          \
	}                                                                                          \
	SEC("kretprobe") int kretprobe_##name(struct pt_regs *ctx)                                 \
	{                                                                                          \
		return probe_return(ctx, func, true);                                              \
	}                                                                                          \
	SEC("kprobe.multi") int multi_##name(struct pt_regs *ctx)                                  \
	{                                                                                          \
		return probe_##name(ctx);                                                          \
	}                                                                                          \
	SEC("kretprobe.multi") int multiret_##name(struct pt_regs *ctx)                            \
	{                                                                                          \
		return probe_return(ctx, func, true);                                              \
	}

BIRTH_HOOK(vmap_pages, PWT_FN_VMAP_PAGES, 5)
BIRTH_HOOK(vmap_small, PWT_FN_VMAP_SMALL, 4)
BIRTH_HOOK(vmap_range, PWT_FN_VMAP_RANGE, 5)

/*
 * __vmalloc_node_range(size, align, start, end, gfp_mask, prot, vm_flags, node, caller): nine
 * arguments, which trampolines of older kernels do not take, so that this is a kprobe everywhere.
 */
SEC("kprobe") int kprobe_vmalloc(struct pt_regs *ctx)
{
	struct probe_args call = { {
		0,
		PT_REGS_PARM1(ctx),
		probe_argument(ctx, 5),
		probe_argument(ctx, 6),
	} };

	probe_keep(ctx, PWT_FN_VMALLOC, &call);
	probe_entered(ctx, PWT_FN_VMALLOC, call.args, 4, false);
	return 0;
}

SEC("kretprobe") int kretprobe_vmalloc(struct pt_regs *ctx)
{
	struct probe_args call;

	if (probe_recall(ctx, PWT_FN_VMALLOC, &call))
		leave(PWT_FN_VMALLOC, PT_REGS_FP(ctx), 0, call.args[1], PT_REGS_RC(ctx), false);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
