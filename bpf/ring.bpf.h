/* SPDX-License-Identifier: GPL-2.0-only */
/* The ring, and the count of what did not fit into it. */
#ifndef PWTRACE_RING_BPF_H
#define PWTRACE_RING_BPF_H

#include "kernel.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20); /* set before load: --ring */
} ring SEC(".maps");

static __always_inline u32 *task_losses(u32 pid)
{
	return &counters.lost_by_task[pid & (PWT_TASK_BUCKETS - 1)];
}

static __always_inline void count_lost(u8 type, u32 pid)
{
	__sync_fetch_and_add(&counters.lost[type], 1);
	__sync_fetch_and_add(task_losses(pid), 1);
}

/*
 * A record of @size bytes, its header filled but for the time; NULL (and counted) if the ring is
 * full.
 */
static __always_inline void *reserve(u64 size, u8 type, u8 func, u8 phase, u64 frame)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pwt_hdr *hdr = bpf_ringbuf_reserve(&ring, size, 0);
	u32 pid = task->pid;

	if (!hdr) {
		count_lost(type, pid);
		return NULL;
	}
	hdr->type = type;
	hdr->func = func;
	hdr->phase = phase;
	hdr->flags = 0;
	hdr->cpu = task->thread_info.cpu;
	hdr->task = (u64)task;
	hdr->frame = frame;
	hdr->lost_by_task = *task_losses(pid);
	hdr->pid = pid;
	return hdr;
}

/* A sleeping reader is woken once; while it is busy it looks by itself and wakes cost nothing. */
static __always_inline void submit(void *record)
{
	volatile struct pwt_counters *shared = in_register(counters);
	u64 flags = BPF_RB_NO_WAKEUP;

	if (shared->reader_waits) {
		shared->reader_waits = 0;
		flags = BPF_RB_FORCE_WAKEUP;
	}
	bpf_ringbuf_submit(record, flags);
}

#endif
