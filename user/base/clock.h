/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWTRACE_CLOCK_H
#define PWTRACE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds since some time or other. */
static inline uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

#endif
