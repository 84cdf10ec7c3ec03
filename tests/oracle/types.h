/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is here compiles both into the kernel module and for user space. This is all that it takes:
 * the kernel's header there, the library's here.
 */
#ifndef ORACLE_TYPES_H
#define ORACLE_TYPES_H

#ifdef __KERNEL__

#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/string.h>
#include <linux/types.h>

#else

#include <errno.h>
#include <pwtrace/pagewalk.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int32_t s32;
typedef int64_t s64;

#endif

/* splitmix64 */
static inline u64 oracle_mix(u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static inline u64 oracle_random(u64 *state)
{
	return oracle_mix(*state += 0x9e3779b97f4a7c15ULL);
}

/* 0 to @n - 1 */
static inline u32 oracle_below(u64 *state, u32 n)
{
	return (oracle_random(state) >> 32) * n >> 32;
}

/* True once in @n; 0: never, and nothing is drawn. */
static inline bool oracle_one_in(u64 *state, u32 n)
{
	return n && !oracle_below(state, n);
}

#endif
