/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For callbacks that were written for the kernel: include this in place of what they include, and
 * nothing else has to be changed. It is pagewalk.h and the small macros that kernel code uses
 * everywhere, which would get in the way of other programs. Not for C++.
 */
#ifndef PWTRACE_PAGEWALK_KERNEL_H
#define PWTRACE_PAGEWALK_KERNEL_H

#include <errno.h>
#include <string.h>

#include "pagewalk.h"

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint16_t u16;
typedef uint8_t u8;

#ifndef READ_ONCE
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#endif
#ifndef WRITE_ONCE
#define WRITE_ONCE(x, val) ((void)(*(volatile __typeof__(x) *)&(x) = (val)))
#endif
#ifndef likely
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif
/* Without the warning: what it is about is to be seen in the callback's return value. */
#ifndef WARN_ON_ONCE
#define WARN_ON_ONCE(condition) ({ unlikely(condition); })
#define WARN_ON(condition)	({ unlikely(condition); })
#define VM_WARN_ON_ONCE(x)	((void)(x))
#define VM_BUG_ON(x)		((void)(x))
#endif
#ifndef BIT
#define BIT(n)	   (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#endif
#ifndef min
#define min(a, b)                        \
	({                               \
		__typeof__(a) __a = (a); \
		__typeof__(b) __b = (b); \
		__a < __b ? __a : __b;   \
	})
#define max(a, b)                        \
	({                               \
		__typeof__(a) __a = (a); \
		__typeof__(b) __b = (b); \
		__a > __b ? __a : __b;   \
	})
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#endif
#ifndef ALIGN_DOWN
#define ALIGN(x, a)	     (((x) + (a)-1) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a)     ((x) & ~((__typeof__(x))(a)-1))
#define IS_ALIGNED(x, a)     (!((x) & ((__typeof__(x))(a)-1)))
#define PTR_ALIGN_DOWN(p, a) ((__typeof__(p))ALIGN_DOWN((unsigned long)(p), (a)))
#endif
#ifndef __always_unused
#define __always_unused __attribute__((unused))
#endif
#ifndef __maybe_unused
#define __maybe_unused __attribute__((unused))
#endif
#ifndef cond_resched
#define cond_resched()		   ((void)0)
#define need_resched()		   false
#define lazy_mmu_mode_enable()	   ((void)0)
#define lazy_mmu_mode_disable()	   ((void)0)
#define arch_enter_lazy_mmu_mode() ((void)0)
#define arch_leave_lazy_mmu_mode() ((void)0)
#define rcu_read_lock()		   ((void)0)
#define rcu_read_unlock()	   ((void)0)
/* What is looked at here has no TLB and no cache. */
#define flush_tlb_range(vma, start, end)   ((void)(vma), (void)(start), (void)(end))
#define flush_cache_range(vma, start, end) ((void)(vma), (void)(start), (void)(end))
#define flush_cache_page(vma, addr, pfn)   ((void)(vma), (void)(addr), (void)(pfn))
#define update_mmu_cache(vma, addr, ptep)  ((void)(vma), (void)(addr), (void)(ptep))
#endif

#endif
