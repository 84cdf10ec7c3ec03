// SPDX-License-Identifier: GPL-2.0-only
/*
 * What watching a call costs at the least: a pair of probes that write a record of 48 bytes each,
 * with the time, the task and the range, and nothing else; and the same with the entries that the
 * range's start leads through. The yardsticks that pwtrace is measured with.
 */
#include "table.bpf.h"

struct record {
	u64 time;
	u64 pid_tgid;
	u64 start;
	u64 size;
	u64 what;
	u64 ret;
};

struct walk_record {
	struct record call;
	struct pwt_path path;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps");

static __always_inline void fill(struct record *record, u64 what, u64 start, u64 size, u64 ret)
{
	record->time = bpf_ktime_get_ns();
	record->pid_tgid = bpf_get_current_pid_tgid();
	record->start = start;
	record->size = size;
	record->what = what;
	record->ret = ret;
}

static __always_inline int write_record(u64 what, u64 start, u64 size, u64 ret)
{
	struct record *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (!record)
		return 0;
	fill(record, what, start, size, ret);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

static __always_inline int write_walk(u64 what, u64 start, u64 size, u64 ret)
{
	struct walk_record *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
	struct cursor at;

	if (!record)
		return 0;
	fill(&record->call, what, start, size, ret);
	read_path(start, &record->path, &at);
	bpf_ringbuf_submit(record, 0);
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

SEC("fentry/update_range_prot") int walk_fentry(u64 *ctx)
{
	return write_walk(0, ctx[0], ctx[1], 0);
}

SEC("fexit/update_range_prot") int walk_fexit(u64 *ctx)
{
	return write_walk(1, ctx[0], ctx[1], ctx[4]);
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
