// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpu.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "pwt_test.h"

/* Memory of one thread: a vm area and a block of linear map. */
struct patch {
	unsigned long area;
	unsigned long linear;
};

#define PATCH_PAGES 4
#define PATCH_ORDER 2

static int patch_alloc(struct patch *p)
{
	p->area = (unsigned long)vmalloc(PATCH_PAGES * PAGE_SIZE);
	p->linear = __get_free_pages(GFP_KERNEL, PATCH_ORDER);
	return p->area && p->linear ? 0 : -ENOMEM;
}

static bool linear_is_usable(unsigned long addr)
{
	struct leaf leaf;

	leaf_lookup(addr, &leaf);
	return (leaf.val & PTE_VALID) && !(leaf.val & PTE_RDONLY);
}

static bool patch_is_usable(const struct patch *p)
{
	unsigned long i, page;

	for (i = 0; i < PATCH_PAGES; i++) {
		page = (unsigned long)page_address(
			vmalloc_to_page((void *)(p->area + i * PAGE_SIZE)));
		if (!linear_is_usable(page))
			return false;
	}
	for (i = 0; i < 1 << PATCH_ORDER; i++)
		if (!linear_is_usable(p->linear + i * PAGE_SIZE))
			return false;
	return true;
}

/* Memory that a failed call left without its linear map is leaked. */
static void patch_free(struct patch *p)
{
	if (p->area && p->linear && !patch_is_usable(p)) {
		pr_warn("pwt_test: memory at 0x%lx and 0x%lx could not be restored, it is leaked\n",
			p->area, p->linear);
		return;
	}
	flush_tlb_everything();
	vfree((void *)p->area);
	free_pages(p->linear, PATCH_ORDER);
}

/* Each does a change and takes it back; the number of failed calls is what they return. */

static int toggle_valid(struct patch *p)
{
	return !!kc.set_memory_valid(p->linear, 1, 0) + !!kc.set_memory_valid(p->linear, 1, 1);
}

static int toggle_ro(struct patch *p)
{
	return !!kc.set_memory_ro(p->area, 1) + !!kc.set_memory_rw(p->area, 1);
}

static int toggle_x(struct patch *p)
{
	return !!kc.set_memory_x(p->area, PATCH_PAGES) + !!kc.set_memory_nx(p->area, PATCH_PAGES);
}

static int toggle_direct_map(struct patch *p)
{
	struct page *page = virt_to_page((void *)p->linear);

	return !!kc.set_direct_map_invalid_noflush(page) +
	       !!kc.set_direct_map_default_noflush(page);
}

static const struct {
	const char *name;
	int (*run)(struct patch *p);
} toggles[] = {
	{ "valid", toggle_valid },
	{ "ro", toggle_ro },
	{ "x", toggle_x },
	{ "direct_map", toggle_direct_map },
};

static bool linear_is_pte(unsigned long addr)
{
	struct leaf leaf;

	leaf_lookup(addr, &leaf);
	return leaf.size == PAGE_SIZE && !(leaf.val & PTE_CONT);
}

/* bench valid|ro|x|direct_map N */
int bench_run(int argc, char **argv, struct answer *a)
{
	unsigned long n, i, failed = 0;
	struct patch p = {};
	u64 begin, ns;
	int t, err;

	for (t = 0; argc == 3 && t < ARRAY_SIZE(toggles); t++)
		if (!strcmp(argv[1], toggles[t].name))
			break;
	if (argc != 3 || t == ARRAY_SIZE(toggles) || kstrtoul(argv[2], 0, &n)) {
		say(a, "error=usage: bench valid|ro|x|direct_map N\n");
		return -EINVAL;
	}

	err = patch_alloc(&p);
	if (err)
		goto out;
	/* Where the linear map has blocks and the CPU may split them, this splits. */
	if (!linear_is_pte(p.linear))
		toggle_valid(&p);
	if (!linear_is_pte(p.linear)) {
		say(a, "error=the linear map has blocks that this kernel does not split\n");
		err = -EOPNOTSUPP;
		goto out;
	}

	begin = ktime_get_ns();
	for (i = 0; i < n; i++) {
		failed += toggles[t].run(&p);
		if (i % 64 == 63) {
			cond_resched();
			if (signal_pending(current))
				break;
		}
	}
	ns = ktime_get_ns() - begin;
	say(a, "ret=%d calls=%lu failed=%lu ns=%llu\n", i < n ? -EINTR : 0, 2 * i, failed, ns);
out:
	patch_free(&p);
	return err;
}

struct worker {
	struct task_struct *task;
	struct patch patch;
	unsigned long rounds, done, failed;
};

static bool stress_stop;

static int stress_thread(void *data)
{
	struct worker *w = data;

	for (w->done = 0; w->done < w->rounds && !READ_ONCE(stress_stop); w->done++) {
		w->failed += toggles[w->done % ARRAY_SIZE(toggles)].run(&w->patch);
		if (w->done % 64 == 63)
			cond_resched();
	}
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static bool workers_busy(const struct worker *w, int n)
{
	for (int i = 0; i < n; i++)
		if (w[i].task && READ_ONCE(w[i].done) < w[i].rounds)
			return true;
	return false;
}

static int workers_start(struct worker *w, int n, unsigned long rounds)
{
	int i, err;

	for (i = 0; i < n; i++) {
		err = patch_alloc(&w[i].patch);
		if (err)
			return err;
		w[i].rounds = rounds;
		w[i].task = kthread_create(stress_thread, &w[i], "pwt_stress/%d", i);
		if (IS_ERR(w[i].task)) {
			err = PTR_ERR(w[i].task);
			w[i].task = NULL;
			return err;
		}
		kthread_bind(w[i].task, cpumask_nth(i % num_online_cpus(), cpu_online_mask));
		get_task_struct(w[i].task);
		wake_up_process(w[i].task);
	}
	return 0;
}

/* stress N [THREADS]: N changes and their undoing in all, mixed, by one thread a CPU */
int stress_run(int argc, char **argv, struct answer *a)
{
	unsigned long n, threads = num_online_cpus(), done = 0, failed = 0;
	struct worker *w;
	u64 begin;
	int i, err;

	if (argc < 2 || kstrtoul(argv[1], 0, &n) || !n ||
	    (argc > 2 && kstrtoul(argv[2], 0, &threads)) || !threads || threads > 64) {
		say(a, "error=usage: stress N [THREADS]\n");
		return -EINVAL;
	}
	w = kcalloc(threads, sizeof(*w), GFP_KERNEL);
	if (!w)
		return -ENOMEM;

	begin = ktime_get_ns();
	WRITE_ONCE(stress_stop, false);
	err = workers_start(w, threads, DIV_ROUND_UP(n, threads));
	while (!err && workers_busy(w, threads) && !signal_pending(current))
		schedule_timeout_interruptible(1);
	WRITE_ONCE(stress_stop, true);

	for (i = 0; i < threads; i++) {
		if (w[i].task) {
			kthread_stop(w[i].task);
			put_task_struct(w[i].task);
		}
		done += w[i].done;
		failed += w[i].failed;
		patch_free(&w[i].patch);
	}
	if (!err)
		say(a, "ret=0 threads=%lu calls=%lu failed=%lu ns=%llu\n", threads, 2 * done,
		    failed, ktime_get_ns() - begin);
	kfree(w);
	return err;
}

/* What the pages of one area are mapped by. */
static bool is_huge(const void *addr)
{
	struct leaf leaf;

	leaf_lookup((unsigned long)addr, &leaf);
	return leaf.size > PAGE_SIZE;
}

/*
 * churn N: N times an area of pages, and then one of blocks in its place, each with a change.
 * vfree() leaves the tables of the first, and the blocks are put over them (vmap_try_huge_pmd()). A
 * contended kernel uses small pages now and then.
 */
int churn_run(int argc, char **argv, struct answer *a)
{
	unsigned long n, i, small = 0, same = 0, pages_nr = 2 * PMD_SIZE / PAGE_SIZE;
	void *pages, *blocks;

	if (argc != 2 || kstrtoul(argv[1], 0, &n) || !n) {
		say(a, "error=usage: churn N\n");
		return -EINVAL;
	}
	for (i = 0; i < n && !signal_pending(current); i++) {
		pages = vmalloc(2 * PMD_SIZE);
		if (pages)
			kc.set_memory_nx((unsigned long)pages, 1);
		vfree(pages);
		/* now, and not when there is enough to do: or another address is taken */
		vm_unmap_aliases();
		blocks = vmalloc_huge(2 * PMD_SIZE, GFP_KERNEL);
		if (!pages || !blocks) {
			vfree(blocks);
			return -ENOMEM;
		}
		if (!is_huge(blocks) || kc.set_memory_valid((unsigned long)blocks, pages_nr, 0) ||
		    kc.set_memory_valid((unsigned long)blocks, pages_nr, 1))
			small++;
		same += abs_diff((unsigned long)blocks, (unsigned long)pages) < 2 * PMD_SIZE;
		vfree(blocks);
		vm_unmap_aliases();
		cond_resched();
	}
	say(a, "ret=%d areas=%lu small=%lu same=%lu\n", i < n ? -EINTR : 0, 2 * i, small, same);
	return 0;
}
