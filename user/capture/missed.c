// SPDX-License-Identifier: GPL-2.0-only
#include "missed.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/*
 * The head of the kernel's struct bpf_link_info with what libbpf 1.1's headers have not got: how
 * often a kprobe was hit inside another (v6.7, 3acf8ace6823 and e2b2cd592ade).
 */
struct link_info {
	__u32 type;
	__u32 id;
	__u32 prog_id;
	__u32 pad;
	union {
		struct {
			__u64 addrs;
			__u32 count;
			__u32 flags;
			__u64 missed;
		} multi;
		struct {
			__u32 type;
			__u32 pad;
			__u64 func_name;
			__u32 name_len;
			__u32 offset;
			__u64 addr;
			__u64 missed;
		} kprobe;
	};
};

/* The kernel fills in as much as it knows; what it does not stays 0. */
uint64_t link_missed(enum backend backend, const struct bpf_link *link)
{
	union {
		struct link_info info;
		struct bpf_link_info room;
	} u = {};
	__u32 size = sizeof(u);

	if (!link || backend == BACKEND_FENTRY ||
	    bpf_obj_get_info_by_fd(bpf_link__fd(link), &u, &size))
		return 0;
	return backend == BACKEND_MULTI ? u.info.multi.missed : u.info.kprobe.missed;
}

uint64_t program_missed(const struct bpf_program *prog)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	if (!prog || bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size))
		return 0;
	return info.recursion_misses;
}
