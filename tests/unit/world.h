/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel made up for the checker: its tables, its tasks, and the records that capture would
 * deliver of what they do. Slices and windows are cut as
 * bpf/table.bpf.h and bpf/call.bpf.h cut them.
 */
#ifndef PWTRACE_TEST_WORLD_H
#define PWTRACE_TEST_WORLD_H

#include "check/check.h"
#include "tables.h"

#define VMALLOC	    0xffff800080000000ULL /* aligned to 1 GiB */
#define LINEAR	    0xffff000000000000ULL
#define PHYS_OFFSET 0x40000000ULL
#define PAGE	    0x1000ULL
#define BLOCK	    0x200000ULL

#define CHANGES_MAX 256

struct world {
	struct geometry geo;
	struct zones zones;
	struct tables tables;
	struct check_config config;
	struct check *check;
	uint64_t now;
	unsigned int nr;		    /* changes handed out */
	struct change changes[CHANGES_MAX]; /* without their images */
	/* where records go; NULL: to the checker */
	void (*send)(void *ctx, const void *record, size_t size);
	void *ctx;
};

/* Who makes a call. */
struct actor {
	uint64_t task;
	uint64_t frame;
	uint32_t pid;
	uint32_t lost;
	uint32_t preempt_count;
	int32_t lazy_mmu;
	uint64_t caller, outer_caller;
};

#define ACTOR                                                                      \
	{                                                                          \
		.task = 0xffff000012340000, .frame = 0xffff800081003e00, .pid = 77 \
	}

struct request {
	uint64_t start, size, set, clear;
};

/* The checker is made by the first record, so that a test can change world->config before. */
void world_init(struct world *world);
void world_release(struct world *world);

/* One record from memory of just its size. */
void world_send(struct world *world, const void *record, size_t size);

/* Map pages from @addr on to @pa and so on; a block; the linear alias of a page. */
void world_pages(struct world *world, uint64_t addr, uint64_t pa, unsigned int nr, uint64_t bits);
void world_block(struct world *world, uint64_t addr, uint64_t pa);
uint64_t world_alias(uint64_t pa);

/* The records themselves, for tests to spoil. */
void world_fill_enter(struct world *world, const struct actor *actor, enum pwt_func func,
		      const uint64_t args[4], struct pwt_enter *enter);
void world_fill_exit(struct world *world, const struct actor *actor, enum pwt_func func,
		     uint64_t start, uint64_t size, int64_t ret, struct pwt_exit *exit);

/* A change of a range begins, ends: all its records. */
void world_begin(struct world *world, const struct actor *actor, const struct request *request);
void world_end(struct world *world, const struct actor *actor, const struct request *request,
	       int ret);

/* Other functions: no entries are read. */
void world_call(struct world *world, const struct actor *actor, enum pwt_func func, uint64_t a0,
		uint64_t a1, uint64_t a2, uint64_t a3);
void world_return(struct world *world, const struct actor *actor, enum pwt_func func, uint64_t a0,
		  uint64_t a1, int ret);
void world_area(struct world *world, const struct actor *actor, uint64_t addr, uint64_t size,
		uint64_t flags);

/*
 * A mapping begins to be made, or has been: all records but the pages. @args as wire.h has them of
 * @func.
 */
void world_birth(struct world *world, const struct actor *actor, enum pwt_func func,
		 const uint64_t args[4]);
void world_born(struct world *world, const struct actor *actor, enum pwt_func func,
		const uint64_t args[4], int64_t ret);
/* @nr pages of the array from number @first on, which are @pa and so on, or in the other order. */
void world_array(struct world *world, const struct actor *actor, enum pwt_func func,
		 unsigned int first, unsigned int nr, uint64_t pa, bool reverse);

#define VMEMMAP	    0xfffffdffc0000000ULL
#define STRUCT_PAGE 64

/* Slices of one phase. */
void world_slices(struct world *world, const struct actor *actor, enum pwt_phase phase,
		  uint64_t start, uint64_t size);

/* Change the tables as the kernel should. */
void world_apply(struct world *world, const struct request *request);

/* Let the deferred verdicts come. The last change. */
const struct change *world_last(struct world *world);

#endif
