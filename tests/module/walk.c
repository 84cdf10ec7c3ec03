// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/pwt_walk: tables out of a seed, walked by the kernel. A struct oracle_request is written;
 * a struct oracle_result, the log and the tables are read, each at its offset.
 */
#include <linux/gfp.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include <asm/memory.h>

#include "oracle/tables.h"
#include "pwt_test.h"

#define POOL_SIZE (ORACLE_PAGES * PAGE_SIZE)
#define LOG_SIZE  (ORACLE_RECORDS * sizeof(struct oracle_record))

typedef int walk_fn(unsigned long start, unsigned long end, const struct mm_walk_ops *ops,
		    pgd_t *pgd, void *private);

static DEFINE_MUTEX(lock);
static struct state {
	struct oracle_tables tables;
	struct oracle oracle;
	struct mm_walk_ops ops;
	struct oracle_result result;
} * state;

static void run(const struct oracle_request *request)
{
	walk_fn *walk = (walk_fn *)kc.walk_kernel_page_table_range_lockless;
	struct oracle_tables *t = &state->tables;
	struct oracle *o = &state->oracle;
	struct oracle_result *result = &state->result;
	struct oracle_plan plan;

	oracle_make(t, &plan, request->seed);
	oracle_start(o, t, &plan, request->seed);
	oracle_ops(&state->ops, plan.calls);
	result->seed = request->seed;
	result->checksum = oracle_checksum(t);
	result->ret = walk(plan.start, plan.end, &state->ops,
			   (pgd_t *)(t->base + t->root * t->stride), o);
	result->pages = t->nr;
	result->records = o->nr;
	result->overflow = o->overflow;
}

static ssize_t walk_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct oracle_request request;

	if (len != sizeof(request))
		return -EINVAL;
	if (copy_from_user(&request, buf, len))
		return -EFAULT;
	mutex_lock(&lock);
	run(&request);
	mutex_unlock(&lock);
	return len;
}

static ssize_t walk_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	loff_t begin = 0;
	ssize_t ret;
	const void *from = &state->result;
	size_t size = sizeof(state->result);

	if (*pos >= ORACLE_POOL_AT) {
		from = state->tables.base;
		size = state->tables.nr * PAGE_SIZE;
		begin = ORACLE_POOL_AT;
	} else if (*pos >= ORACLE_LOG_AT) {
		from = state->oracle.log;
		size = state->oracle.nr * sizeof(struct oracle_record);
		begin = ORACLE_LOG_AT;
	}
	*pos -= begin;
	mutex_lock(&lock);
	ret = simple_read_from_buffer(buf, len, pos, from, size);
	mutex_unlock(&lock);
	*pos += begin;
	return ret;
}

static const struct proc_ops walk_ops = {
	.proc_read = walk_read,
	.proc_write = walk_write,
	.proc_lseek = default_llseek,
};

static void forget(void)
{
	if (state->tables.base)
		free_pages_exact(state->tables.base, POOL_SIZE);
	vfree(state->oracle.log);
	vfree(state);
	state = NULL;
}

void walk_exit(void)
{
	if (!state)
		return;
	remove_proc_entry("pwt_walk", NULL);
	forget();
}

int walk_init(void)
{
	struct oracle_tables *t;

	if (!kc.walk_kernel_page_table_range_lockless)
		return 0;
	state = vzalloc(sizeof(*state));
	if (!state)
		return -ENOMEM;
	t = &state->tables;
	t->base = alloc_pages_exact(POOL_SIZE, GFP_KERNEL | __GFP_ZERO);
	state->oracle.log = vzalloc(LOG_SIZE);
	if (!t->base || !state->oracle.log || !proc_create("pwt_walk", 0600, NULL, &walk_ops)) {
		forget();
		return -ENOMEM;
	}
	t->pa = state->result.pa = virt_to_phys(t->base);
	t->stride = PAGE_SIZE;
	t->page_shift = state->result.page_shift = PAGE_SHIFT;
	t->va_bits = state->result.va_bits = vabits_actual;
	t->va_bits_config = state->result.va_bits_config = VA_BITS;
	return 0;
}
