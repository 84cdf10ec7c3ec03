/* SPDX-License-Identifier: GPL-2.0-only */
/* One call of a kernel made up for the checker, and what is expected of the verdict on it. */
#ifndef PWTRACE_TEST_PLAY_H
#define PWTRACE_TEST_PLAY_H

#include "test.h"
#include "world.h"

#define PA	0x90000000ULL
#define VM_HUGE 0x400

extern const struct actor actor;
extern const struct request one_page_ro, four_pages_ro;

void expect_verdict(const char *file, int line, const struct change *change, enum verdict verdict,
		    enum reason reason);

#define EXPECT_VERDICT(change, verdict, reason) \
	expect_verdict(__FILE__, __LINE__, (change), VERDICT_##verdict, REASON_##reason)

/* 16 pages at VMALLOC, a block 2 MiB behind, a hole behind that. */
void usual_world(struct world *world);

/* With the direct map of the 16 pages. */
void common_world(struct world *world);

uint64_t *pte(struct world *world, unsigned int page);

/* What a kernel does for a request. NULL: what it should. */
typedef void (*kernel_fn)(struct world *world, const struct request *request);

/* One call, whose doing is @kernel, and its verdict. */
struct change play(struct world *world, const struct request *request, int ret, kernel_fn kernel);

void do_nothing(struct world *world, const struct request *request);

/* The page at the start of @request lies in a block: make a table of it as the kernel does. */
void split_as_the_kernel(struct world *world, const struct request *request);

#endif
