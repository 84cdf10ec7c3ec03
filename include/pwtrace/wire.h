/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The wire format: what the BPF programs put into the ring and user space takes out of it.
 *
 * Every record starts with struct pwt_hdr, whose first member is the record's type. Integers are in
 * the byte order of the kernel that is watched (arm64: little endian). Times are nanoseconds of
 * CLOCK_MONOTONIC, addresses and descriptors are raw 64-bit values, a KASAN tag is not removed.
 *
 * A call is known by (task, frame) while it lives: the task_struct's address and an address in the
 * call's own stack frame, equal at entry and exit. Nothing has to be kept in the kernel for that.
 * Once it has returned, the pair may be used again; lost_by_task tells whether a record in between
 * is missing.
 */
#ifndef PWTRACE_WIRE_H
#define PWTRACE_WIRE_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define PWT_WIRE_VERSION 1

#define PWT_MAX_LEVELS	  5  /* PGD, P4D, PUD, PMD, PTE */
#define PWT_COMM_LEN	  16 /* TASK_COMM_LEN */
#define PWT_NR_CALLERS	  2
#define PWT_SMALL_ENTRIES 4 /* entries kept inside a pwt_enter or pwt_exit */
#define PWT_MID_ENTRIES	  64
#define PWT_SLICE_ENTRIES 512  /* most entries in one pwt_slice */
#define PWT_MAX_STEPS	  4096 /* slices read for one phase of a call before it is cut short */
#define PWT_PAGES_RECORDS 128  /* pwt_pages records of one call before it is cut short */

enum pwt_type {
	PWT_NONE,
	PWT_ENTER,    /* struct pwt_enter: a watched function was called */
	PWT_EXIT,     /* struct pwt_exit: it returned */
	PWT_SLICE,    /* struct pwt_slice: entries of one table page, before or after the call */
	PWT_WALK,     /* struct pwt_walk: a kernel page walk that is not a pageattr walk returned */
	PWT_CALLBACK, /* struct pwt_callback: a pageattr callback is called */
	PWT_SPLIT,    /* struct pwt_split: a leaf was split */
	PWT_AREA,     /* struct pwt_area: the vm_struct that change_memory_common() looked at */
	PWT_PAGES,    /* struct pwt_pages: pages that are about to be mapped */
	PWT_NR_TYPES,
};

/*
 * What a record speaks of, by the part that the kernel function has. Which function of the running
 * kernel plays PWT_FN_RANGE (update_range_prot() or __change_memory_common()) is known to who
 * attached.
 */
enum pwt_func {
	PWT_FN_NONE,
	PWT_FN_RANGE,
	PWT_FN_COMMON, /* change_memory_common() */
	PWT_FN_SET_MEMORY_VALID,
	PWT_FN_SET_DIRECT_MAP_INVALID, /* set_direct_map_invalid_noflush() */
	PWT_FN_SET_DIRECT_MAP_DEFAULT, /* set_direct_map_default_noflush() */
	PWT_FN_SET_DIRECT_MAP_VALID,   /* set_direct_map_valid_noflush() */
	PWT_FN_WALK,		       /* walk_kernel_page_table_range() */
	PWT_FN_WALK_LOCKLESS,	       /* walk_kernel_page_table_range_lockless() */
	PWT_FN_PUD_ENTRY,	       /* pageattr_pud_entry() */
	PWT_FN_PMD_ENTRY,
	PWT_FN_PTE_ENTRY,
	PWT_FN_SPLIT_LEAF, /* split_kernel_leaf_mapping() */
	PWT_FN_SPLIT_PUD,
	PWT_FN_SPLIT_PMD,
	PWT_FN_AREA,	   /* find_vm_area() */
	PWT_FN_VMAP_PAGES, /* __vmap_pages_range_noflush(), for blocks */
	PWT_FN_VMAP_SMALL, /* vmap_small_pages_range_noflush() */
	PWT_FN_VMAP_RANGE, /* vmap_range_noflush(), but for the steps of the first */
	PWT_FN_VMALLOC,	   /* __vmalloc_node_range() */
	PWT_NR_FUNCS,
};

enum pwt_phase {
	PWT_BEFORE,
	PWT_AFTER,
};

struct pwt_hdr {
	__u8 type;  /* enum pwt_type */
	__u8 func;  /* enum pwt_func */
	__u8 phase; /* enum pwt_phase */
	__u8 flags; /* PWT_F_* */
	__u32 cpu;
	__u64 time;	    /* ns; 0 where the record belongs to one that has it */
	__u64 task;	    /* address of the task_struct */
	__u64 frame;	    /* address in the call's stack frame */
	__u32 lost_by_task; /* records lost so far in this task's bucket */
	__u32 pid;	    /* thread id */
};

/* pwt_hdr.flags */
#define PWT_F_TRUNCATED	 0x01 /* the range has more than PWT_MAX_STEPS slices */
#define PWT_F_SLICES	 0x02 /* the entries are in pwt_slice records, not inside */
#define PWT_F_READ_FAULT 0x04 /* a table page could not be read */

/*
 * Where one address leads: the entry at each level, top level first, and neighbouring entries of
 * the table that was reached last. path[depth - 1] is the entry where the walk ended: a leaf, a
 * hole or an entry of the last level; it is entry (index of the address) - first of the entries.
 */
struct pwt_path {
	__u8 depth;  /* entries of path[] that are set; 0: nothing was read */
	__u8 nr;     /* entries that follow, where they are inside the record */
	__u16 first; /* table index of the first of them */
	__u32 pad;
	__u64 path[PWT_MAX_LEVELS];
};

struct pwt_enter {
	struct pwt_hdr hdr;
	__u32 tgid;
	__u32 preempt_count; /* thread_info.preempt_count: the context, see linux/preempt.h */
	__u64 args[4];	     /* as the function got them; see below for PWT_FN_VM* */
	__u64 callers[PWT_NR_CALLERS]; /* return addresses, innermost first, with a PAC; 0: unknown
					*/
	char comm[PWT_COMM_LEN];
	__s32 stack_id; /* negative: none */
	__s32 lazy_mmu; /* lazy MMU sections that the task is in; negative: unknown */
	struct pwt_path at;
	__u64 entries[PWT_SMALL_ENTRIES];
};

/*
 * args[] of the functions that make mappings; the first two are those of the pwt_exit, too.
 *
 * PWT_FN_VMAP_PAGES  address, bytes, pgprot, page_shift
 * PWT_FN_VMAP_SMALL  the same, page_shift that of a page
 * PWT_FN_VMAP_RANGE   address, bytes, pgprot, physical address
 * PWT_FN_VMALLOC     0, bytes, pgprot, vm_flags; its pwt_exit's ret is the address, 0: it failed
 */
struct pwt_exit {
	struct pwt_hdr hdr;
	__s64 ret;
	__u64 args[2]; /* the first two, as at entry */
	struct pwt_path at;
	__u64 entries[PWT_SMALL_ENTRIES];
};

struct pwt_slice {
	struct pwt_hdr hdr;
	__u64 addr; /* the address that path[] belongs to */
	__u32 nr;   /* entries that follow */
	__u32 pad;
	struct pwt_path at;
	__u64 entries[];
};

struct pwt_walk {
	struct pwt_hdr hdr;
	__u64 start;
	__u64 end;
	__u64 ops; /* address of the mm_walk_ops */
	__u64 pgd; /* address of a pgd of one's own, or 0 */
	__s64 ret;
};

struct pwt_callback {
	struct pwt_hdr hdr;
	__u64 addr;
	__u64 next;
	__u64 entry; /* the descriptor, before the callback */
};

struct pwt_split {
	struct pwt_hdr hdr;
	__u64 args[4];
	__s64 ret;
};

struct pwt_area {
	struct pwt_hdr hdr;
	__u64 addr;  /* vm_struct.addr; 0: there is no area */
	__u64 size;  /* bytes, guard page included */
	__u64 flags; /* VM_* of linux/vmalloc.h */
	__u64 nr_pages;
};

/* A part of the array that PWT_FN_VMAP_PAGES or _SMALL got: pages from number first on, in order.
 */
struct pwt_pages {
	struct pwt_hdr hdr;
	__u32 first;
	__u32 nr;
	__u64 pages[]; /* addresses of struct page */
};

_Static_assert(sizeof(struct pwt_hdr) == 40, "wire: pwt_hdr");
_Static_assert(sizeof(struct pwt_path) == 48, "wire: pwt_path");
_Static_assert(sizeof(struct pwt_enter) == 200, "wire: pwt_enter");
_Static_assert(sizeof(struct pwt_exit) == 144, "wire: pwt_exit");
_Static_assert(sizeof(struct pwt_slice) == 104, "wire: pwt_slice");
_Static_assert(sizeof(struct pwt_walk) == 80, "wire: pwt_walk");
_Static_assert(sizeof(struct pwt_callback) == 64, "wire: pwt_callback");
_Static_assert(sizeof(struct pwt_split) == 80, "wire: pwt_split");
_Static_assert(sizeof(struct pwt_area) == 72, "wire: pwt_area");
_Static_assert(sizeof(struct pwt_pages) == 48, "wire: pwt_pages");

#endif
