/* SPDX-License-Identifier: GPL-2.0-only */
/* What every part of the programs sees: kernel types, helpers, configuration, counters. */
#ifndef PWTRACE_KERNEL_BPF_H
#define PWTRACE_KERNEL_BPF_H

#include "vmlinux.h"
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "config.h"

const volatile struct pwt_config cfg = {};
struct pwt_counters counters = {};

/*
 * The address of a global in a register. Without the barrier clang builds the 64-bit address again
 * for every access, which costs more than the access.
 */
#define in_register(global)                            \
	({                                             \
		typeof(&(global)) pointer = &(global); \
                                                       \
		asm volatile("" : "+r"(pointer));      \
		pointer;                               \
	})

/* In the kernel since v6.2 (commit a35b9af4ec2c). */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym;

#endif
