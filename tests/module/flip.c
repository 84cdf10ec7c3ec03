// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "pwt_test.h"

/*
 * Memory that goes from one state to another for as long as it takes, in a thread of its own, so
 * that there is somebody to catch it in between. Each state is that of all of it.
 */
struct flip {
	struct area *area;
	unsigned long addr;
	long pages;
	struct page *block; /* to be mapped: of the order of a PMD's block */
	struct page **pagev;
	struct task_struct *task;
	unsigned long rounds, failed;
	unsigned int pause; /* us, in one of the states of each round */
	unsigned long steps;
	int (*round)(struct flip *flip);
};

static struct flip flip;

/* Each time in another state, as the number of states is not 7. */
static void step(struct flip *f)
{
	if (f->pause && f->steps++ % 7 == 0)
		usleep_range(f->pause, 2 * f->pause);
}

static int round_x(struct flip *f)
{
	return !!kc.set_memory_x(f->addr, f->pages) + !!kc.set_memory_nx(f->addr, f->pages);
}

/* With its linear alias. */
static int round_ro(struct flip *f)
{
	return !!kc.set_memory_ro(f->addr, f->pages) + !!kc.set_memory_rw(f->addr, f->pages);
}

/* A bit that nobody looks at, and without a pause: it is always under way. */
static int round_bit(struct flip *f)
{
	const pgprot_t bit = __pgprot(PTE_DIRTY), none = __pgprot(0);

	return !!kc.change_range(f->addr, f->pages * PAGE_SIZE, bit, none) +
	       !!kc.change_range(f->addr, f->pages * PAGE_SIZE, none, bit);
}

static int map(struct flip *f, unsigned int shift)
{
	return kc.__vmap_pages_range_noflush(f->addr, f->addr + PMD_SIZE, PAGE_KERNEL, f->pagev,
					     shift);
}

/* Nothing, pages, pages that are read-only, pages again, nothing, a block. */
static int round_map(struct flip *f)
{
	const pgprot_t rdonly = __pgprot(PTE_RDONLY), write = __pgprot(PTE_WRITE);
	int failed = !!map(f, PAGE_SHIFT);

	step(f);
	failed += !!kc.change_range(f->addr, PMD_SIZE, rdonly, write);
	step(f);
	failed += !!kc.change_range(f->addr, PMD_SIZE, write, rdonly);
	step(f);
	kc.vunmap_range(f->addr, f->addr + PMD_SIZE);
	step(f);
	failed += !!map(f, PMD_SHIFT);
	step(f);
	kc.vunmap_range(f->addr, f->addr + PMD_SIZE);
	step(f);
	return failed;
}

static int flip_thread(void *data)
{
	struct flip *f = data;

	while (!kthread_should_stop()) {
		f->failed += f->round(f);
		WRITE_ONCE(f->rounds, f->rounds + 1);
		cond_resched();
	}
	return 0;
}

static const struct {
	const char *name;
	int (*round)(struct flip *flip);
} flips[] = {
	{ "x", round_x },
	{ "ro", round_ro },
	{ "bit", round_bit },
	{ "map", round_map },
};

static int memory_for_map(struct flip *f, struct answer *a)
{
	unsigned long first = ALIGN(f->area->addr, PMD_SIZE);

	if (!kc.get_vm_area || !kc.__vmap_pages_range_noflush || !kc.vunmap_range)
		return -EOPNOTSUPP;
	if (f->area->kind != AREA_HOLE ||
	    first + PMD_SIZE > f->area->addr + f->area->pages * PAGE_SIZE) {
		say(a, "error=map takes a hole with a whole block in it\n");
		return -EINVAL;
	}
	f->addr = first;
	f->pages = PMD_SIZE / PAGE_SIZE;
	f->block = alloc_pages(GFP_KERNEL, PMD_SHIFT - PAGE_SHIFT);
	f->pagev = kvcalloc(f->pages, sizeof(*f->pagev), GFP_KERNEL);
	if (!f->block || !f->pagev)
		return -ENOMEM;
	for (long i = 0; i < f->pages; i++)
		f->pagev[i] = f->block + i;
	return 0;
}

static void flip_release(void)
{
	kvfree(flip.pagev);
	if (flip.block)
		__free_pages(flip.block, PMD_SHIFT - PAGE_SHIFT);
	memset(&flip, 0, sizeof(flip));
}

void flip_stop(struct answer *a)
{
	if (!flip.task)
		return;
	kthread_stop(flip.task);
	say(a, "flip addr=0x%lx rounds=%lu failed=%lu\n", flip.addr, flip.rounds, flip.failed);
	flip_release();
}

static int flip_start(struct answer *a)
{
	int err = 0;

	if (flip.round == round_map)
		err = memory_for_map(&flip, a);
	if (err)
		return err;
	flip.task = kthread_run(flip_thread, &flip, "pwt_flip");
	if (IS_ERR(flip.task)) {
		err = PTR_ERR(flip.task);
		flip.task = NULL;
		return err;
	}
	say(a, "flip addr=0x%lx pages=%ld\n", flip.addr, flip.pages);
	return 0;
}

/* flip x|ro|bit|map SLOT [PAUSE_US]; flip: no more */
int flip_run(int argc, char **argv, struct answer *a)
{
	int i, err;

	flip_stop(a);
	if (argc == 1)
		return 0;
	for (i = 0; argc >= 3 && i < ARRAY_SIZE(flips); i++)
		if (!strcmp(argv[1], flips[i].name))
			break;
	flip.area = argc >= 3 ? area_find(argv[2]) : NULL;
	if (!flip.area || i == ARRAY_SIZE(flips) || argc > 4 ||
	    (argc == 4 && kstrtouint(argv[3], 0, &flip.pause))) {
		say(a, "error=usage: flip x|ro|bit|map SLOT [PAUSE_US]; flip\n");
		return -EINVAL;
	}
	flip.addr = flip.area->addr;
	flip.pages = flip.area->pages;
	flip.round = flips[i].round;
	err = flip_start(a);
	if (err)
		flip_release();
	return err;
}
