// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading table pages: user space, which does the walk, says which; run by BPF_PROG_RUN. No lock of
 * the kernel's is held, so a page may be read half before and half after a change.
 */
#include "vmlinux.h"
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "tables.h"

const volatile __u64 page_size = 4096;

/* What is asked for, in the order in which it is to be read. */
__u64 wanted[PWT_PAGE_SLOTS] = {}; /* kernel addresses */
__u8 unreadable[PWT_PAGE_SLOTS] = {};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* this, the flags and the size are set before load */
	__uint(value_size, 4096);
	__type(key, u32);
} pages SEC(".maps");

static long read_one(u64 i, void *ctx)
{
	u64 slot = i & (PWT_PAGE_SLOTS - 1); /* which the verifier understands */
	u32 key = i;
	void *page = bpf_map_lookup_elem(&pages, &key);

	if (!page)
		return 1;
	unreadable[slot] = bpf_probe_read_kernel(page, page_size, (void *)wanted[slot]) != 0;
	return 0;
}

SEC("syscall") int read_tables(struct pwt_read_tables *ctx)
{
	bpf_loop(ctx->nr, read_one, NULL, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
