/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What user space tells the programs before they are loaded, and the counters that they share
 * while they run. Seen by bpf/ and by user/capture/ only.
 */
#ifndef PWTRACE_BPF_CONFIG_H
#define PWTRACE_BPF_CONFIG_H

#include <pwtrace/wire.h>

#define PWT_TASK_BUCKETS 1024

/* One level of the walk. */
struct pwt_level {
	__u64 shift; /* an address shifted right by this and masked is an entry's byte offset */
	__u64 mask;
	__u64 type_mask; /* of the bits that tell a table; 0 at the last level */
};

struct pwt_config {
	__u64 root;	    /* kernel address of the table that TTBR1 walks start at */
	__u64 phys_to_virt; /* added to a physical address, modulo 2^64, gives its linear address */
	__u64 oa_mask;	    /* descriptor bits that are output address bits in place */
	__u64 pageattr_ops; /* address of the kernel's pageattr_ops, 0: unknown */
	__u64 page_size;    /* bytes */
	__u64 page_shift;
	__u64 vmap_pages;      /* address of __vmap_pages_range_noflush(), 0: there is none */
	__u64 vmap_pages_size; /* bytes of its code */
	__u64 levels;
	struct pwt_level level[PWT_MAX_LEVELS]; /* top level first, those that are not there all 0
						 */
	/*
	 * Descriptor bits that are output address bits out of place, and how far up they go: 9:8
	 * are PA[51:50] with LPA2, 15:12 are PA[51:48] with 64K pages.
	 */
	__u64 high_mask;
	__u64 high_shift;
	__u64 stack; /* 1: collect kernel stacks */
};

struct pwt_counters {
	__u64 lost[PWT_NR_TYPES]; /* records not written: the ring was full */
	__u64 lost_state;	  /* exits not followed: no room to remember the entry (kprobes) */
	__u32 reader_waits;	  /* set by the reader before it sleeps until the next record */
	__u32 pad;
	__u32 lost_by_task[PWT_TASK_BUCKETS];
};

#endif
