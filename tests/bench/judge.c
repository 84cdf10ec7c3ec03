// SPDX-License-Identifier: GPL-2.0-only
/*
 * tests/bench/judge: how fast the checker judges, from a generated stream of one-page changes. With
 * a number as argument that many changes are judged; run it under callgrind to count instructions.
 * Memory that grows with their number is a failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "check/check.h"
#include "geometry/descriptor.h"

#define ROOT	   0x41000000ULL
#define ADDR	   0xffff000006502000ULL
#define PAGE_ENTRY 0x00e8000046502f07ULL

static const uint64_t path[4] = {
	0x180000007ffff403,
	0x180000007fffe403,
	0x180000007ffcb403,
	PAGE_ENTRY,
};

static uint64_t matches;

static void count_match(void *ctx, const struct change *change)
{
	(void)ctx;
	matches += change->verdict == VERDICT_MATCH;
}

/* The most that was ever resident, KiB. */
static long memory(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void fill_path(struct pwt_path *at, __u64 *entries, uint64_t entry)
{
	at->depth = 4;
	at->nr = 3;
	at->first = ((ADDR >> 12) & 511) - 1;
	for (int i = 0; i < 3; i++) {
		at->path[i] = path[i];
		entries[i] = PAGE_ENTRY + (i - 1) * 4096;
	}
	at->path[3] = entries[1] = entry;
}

int main(int argc, char **argv)
{
	unsigned long nr = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000000;
	struct zones zones = { .range[ZONE_LINEAR] = { 0xffff000000000000, 0xffff800000000000 } };
	struct check_config config = { .zones = &zones, .root_pa = ROOT };
	struct pwt_enter enter = { .hdr.type = PWT_ENTER, .hdr.func = PWT_FN_RANGE };
	struct pwt_exit exit = { .hdr.type = PWT_EXIT, .hdr.func = PWT_FN_RANGE };
	struct timespec from, to;
	struct geometry geo;
	struct check *check;
	double seconds;
	long early = 0;

	geometry_init(&geo, 12, 48, 52);
	config.geo = &geo;
	if (check_new(&check, &config, count_match, NULL))
		return 1;
	enter.hdr.task = exit.hdr.task = 0xffff0000037a9300;
	enter.hdr.frame = exit.hdr.frame = 0xffff800080493b38;
	enter.args[0] = exit.args[0] = ADDR;
	enter.args[1] = exit.args[1] = 4096;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned long i = 0; i < nr; i++) {
		bool valid = i & 1;

		if (i == nr / 100)
			early = memory();

		enter.args[2] = valid ? PTE_VALID | PTE_NG : PTE_PRESENT_INVALID;
		enter.args[3] = valid ? PTE_PRESENT_INVALID : PTE_VALID | PTE_NG;
		enter.hdr.time = i * 1000;
		exit.hdr.time = i * 1000 + 500;
		fill_path(&enter.at, enter.entries, valid ? PAGE_ENTRY - 1 : PAGE_ENTRY);
		fill_path(&exit.at, exit.entries, valid ? PAGE_ENTRY : PAGE_ENTRY - 1);
		check_record(check, &enter, sizeof(enter));
		check_record(check, &exit, sizeof(exit));
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	seconds = to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) * 1e-9;
	printf("%lu one-page changes judged in %.3f s: %.0f a second, %llu MATCH; %ld KiB, %ld after %lu\n",
	       nr, seconds, nr / seconds, (unsigned long long)matches, memory(), early, nr / 100);
	check_free(check);
	return matches != nr || memory() > early + 1024;
}
