// SPDX-License-Identifier: GPL-2.0-only
/*
 * What watching a call costs at the least: a pair of probes that write a record of 48 bytes each, with
 * the time, the task and the range, and nothing else. The yardstick that pwtrace is measured with.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct record {
	u64 time;
	u64 pid_tgid;
	u64 start;
	u64 size;
	u64 what;
	u64 ret;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps");

static __always_inline int write_record(u64 what, u64 start, u64 size, u64 ret)
{
	struct record *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (!record)
		return 0;
	record->time = bpf_ktime_get_ns();
	record->pid_tgid = bpf_get_current_pid_tgid();
	record->start = start;
	record->size = size;
	record->what = what;
	record->ret = ret;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("fentry/update_range_prot") int bare_fentry(u64 *ctx)
{
	return write_record(0, ctx[0], ctx[1], 0);
}

SEC("fexit/update_range_prot") int bare_fexit(u64 *ctx)
{
	return write_record(1, ctx[0], ctx[1], ctx[4]);
}

SEC("kprobe/update_range_prot") int bare_kprobe(struct pt_regs *ctx)
{
	return write_record(0, PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), 0);
}

SEC("kretprobe/update_range_prot") int bare_kretprobe(struct pt_regs *ctx)
{
	return write_record(1, 0, 0, PT_REGS_RC(ctx));
}

char LICENSE[] SEC("license") = "GPL";
