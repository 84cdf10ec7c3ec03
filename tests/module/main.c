// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "pwt_test.h"

/*
 * /proc/pwt_test: a command is written, its answer is read. A file that has written reads its
 * own answer, another one reads the last answer of all, so that both a program and a shell's
 * echo and cat can use it. The write fails if the command was not understood or could not be
 * tried; what the kernel said to a permission change is in the answer, as ret=.
 */
#define MAX_COMMAND 256

static DEFINE_MUTEX(lock);
static struct answer *last;

void say(struct answer *a, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	a->len += vscnprintf(a->text + a->len, sizeof(a->text) - a->len, fmt, args);
	va_end(args);
}

static int run_alloc(int argc, char **argv, struct answer *a)
{
	struct area *area;
	int err;
	long n;

	if (argc != 4 || kstrtol(argv[3], 0, &n)) {
		say(a,
		    "error=usage: alloc SLOT vmalloc|vmalloc_huge|vmap|hole PAGES | linear ORDER\n");
		return -EINVAL;
	}
	area = area_new(argv[1], argv[2], n, a, &err);
	if (area)
		area_describe(area, a);
	return err;
}

static int run_free(int argc, char **argv, struct answer *a)
{
	struct area *area;

	if (argc != 2) {
		say(a, "error=usage: free SLOT|all\n");
		return -EINVAL;
	}
	if (!strcmp(argv[1], "all"))
		return area_free_all(a);
	area = area_find(argv[1]);
	if (!area) {
		say(a, "error=no such slot\n");
		return -ENOENT;
	}
	return area_free(area, a);
}

/* entry [alias:]SLOT FIRST COUNT */
static int run_entry(int argc, char **argv, struct answer *a)
{
	struct span r;
	int err;

	if (argc != 4) {
		say(a, "error=usage: entry SLOT FIRST COUNT\n");
		return -EINVAL;
	}
	err = span_parse(&r, &argv[1], a);
	for (long i = 0; !err && i < r.count; i++) {
		unsigned long addr = r.addr + i * PAGE_SIZE;
		struct leaf leaf;

		leaf_lookup(addr, &leaf);
		say(a, "addr=0x%lx level=%s size=%lu entry=0x%016llx\n", addr, leaf.level,
		    leaf.size, leaf.val);
	}
	return err;
}

static int run_unplant(int argc, char **argv, struct answer *a)
{
	plant_undo(a);
	return 0;
}

static int run_planted(int argc, char **argv, struct answer *a)
{
	plant_show(a);
	return 0;
}

static int run_info(int argc, char **argv, struct answer *a)
{
	say(a, "page_size=%lu\n", PAGE_SIZE);
	say(a, "pmd_size=%lu\n", PMD_SIZE);
	say(a, "online_cpus=%u\n", num_online_cpus());
	say(a, "can_set_direct_map=%d\n", kc.can_set_direct_map());
	sym_info(a);
	plant_show(a);
	area_info(a);
	return 0;
}

/*
 * rodata_full 0|1: as if it were booted so. With a linear map of blocks that cannot be split this
 * is what no command line gives: aliases that are to be changed, and cannot be.
 */
static int run_rodata_full(int argc, char **argv, struct answer *a)
{
	struct leaf leaf;
	bool full;

	if (argc != 2 || kstrtobool(argv[1], &full)) {
		say(a, "error=usage: rodata_full 0|1\n");
		return -EINVAL;
	}
	if (!kc.rodata_full)
		return -EOPNOTSUPP;
	leaf_lookup((unsigned long)kc.rodata_full, &leaf);
	if (leaf.val & PTE_RDONLY) {
		say(a, "error=it is read-only, boot with rodata=off\n");
		return -EROFS;
	}
	WRITE_ONCE(*kc.rodata_full, full);
	say(a, "rodata_full=%d\n", full);
	return 0;
}

static int run_help(int argc, char **argv, struct answer *a);

static const struct {
	const char *name;
	int (*run)(int argc, char **argv, struct answer *a);
	const char *help;
} commands[] = {
	{ "alloc", run_alloc,
	  "alloc SLOT vmalloc|vmalloc_huge|vmap|hole PAGES; alloc SLOT linear ORDER" },
	{ "free", run_free, "free SLOT|all" },
	{ "entry", run_entry, "entry [alias:]SLOT FIRST COUNT" },
	{ "bench", bench_run, "bench valid|ro|x|direct_map N" },
	{ "stress", stress_run, "stress N [THREADS]" },
	{ "churn", churn_run, "churn N" },
	{ "flip", flip_run, "flip x|ro|bit|map SLOT [PAUSE_US]; flip" },
	{ "spoil", spoil_run,
	  "spoil table-shared HOLE | unreadable HOLE PHYS | illegal-block | outside-ram PHYS | "
	  "uxn-table SLOT; spoil" },
	{ "rodata_full", run_rodata_full, "rodata_full 0|1" },
	{ "plant", plant_run,
	  "plant FAULT RANGE [INDEX] [BIT | VALUE | PAGE], FAULT and what it takes:" },
	{ "unplant", run_unplant, "unplant" },
	{ "planted", run_planted, "planted" },
	{ "ambush", ambush_run, "ambush COMM N; ambush" },
	{ "birth", birth_run,
	  "birth vmalloc|vmalloc_huge|vmap|vmap_reverse BYTES | ioremap BYTES PHYS | "
	  "pages BYTES SHIFT VPAGES PPAGES [clear|bit|other|cont|run|ret PAGE]" },
	{ "hold", hold_run, "hold NAME and what birth takes, but no fault" },
	{ "release", release_run, "release" },
	{ "info", run_info, "info" },
	{ "help", run_help, "help" },
};

static int run_help(int argc, char **argv, struct answer *a)
{
	say(a, "set_memory_{ro,rw,nx,x,rox} [alias:]SLOT FIRST COUNT [+BYTES] [force] [atomic]\n");
	say(a, "set_memory_valid [alias:]SLOT FIRST COUNT 0|1 [+BYTES] [force] [atomic]\n");
	say(a, "set_direct_map_{invalid,default}_noflush SLOT FIRST COUNT\n");
	say(a, "set_direct_map_valid_noflush SLOT FIRST COUNT 0|1 [force]\n");
	say(a, "change_range [alias:]SLOT FIRST COUNT SET CLEAR\n");
	for (int i = 0; i < ARRAY_SIZE(commands); i++)
		say(a, "%s\n", commands[i].help);
	plant_help(a);
	return 0;
}

static int run(int argc, char **argv, struct answer *a)
{
	for (int i = 0; argc && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[0], commands[i].name))
			return commands[i].run(argc, argv, a);
	if (argc && call_known(argv[0]))
		return call_run(argc, argv, a);
	say(a, "error=command not known, try help\n");
	return -EINVAL;
}

static ssize_t pwt_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct answer *a = file->private_data;
	char *text, **argv;
	int argc, err;

	if (len > MAX_COMMAND)
		return -E2BIG;
	text = memdup_user_nul(buf, len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	argv = argv_split(GFP_KERNEL, text, &argc);
	kfree(text);
	if (!argv)
		return -ENOMEM;

	mutex_lock(&lock);
	a->len = 0;
	a->text[0] = '\0';
	err = run(argc, argv, a);
	if (err && !a->len)
		say(a, "error=%d\n", err);
	*last = *a;
	mutex_unlock(&lock);

	argv_free(argv);
	*pos = 0;
	return err ?: len;
}

static ssize_t pwt_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct answer *a = file->private_data;
	ssize_t ret;

	mutex_lock(&lock);
	if (!a->len)
		*a = *last;
	ret = simple_read_from_buffer(buf, len, pos, a->text, a->len);
	mutex_unlock(&lock);
	return ret;
}

static int pwt_open(struct inode *inode, struct file *file)
{
	file->private_data = kvzalloc(sizeof(struct answer), GFP_KERNEL);
	return file->private_data ? 0 : -ENOMEM;
}

static int pwt_release(struct inode *inode, struct file *file)
{
	kvfree(file->private_data);
	return 0;
}

static const struct proc_ops pwt_ops = {
	.proc_open = pwt_open,
	.proc_release = pwt_release,
	.proc_read = pwt_read,
	.proc_write = pwt_write,
	.proc_lseek = default_llseek,
};

static int __init pwt_init(void)
{
	int err = sym_resolve();

	if (err)
		return err;
	last = kvzalloc(sizeof(*last), GFP_KERNEL);
	if (!last)
		return -ENOMEM;
	err = walk_init();
	if (err)
		goto no_walk;
	err = mm_init_file();
	if (err)
		goto no_mm;
	if (proc_create("pwt_test", 0600, NULL, &pwt_ops))
		return 0;
	err = -ENOMEM;
	mm_remove_file();
no_mm:
	walk_exit();
no_walk:
	kvfree(last);
	return err;
}

static void __exit pwt_exit(void)
{
	remove_proc_entry("pwt_test", NULL);
	mm_remove_file();
	walk_exit();
	flip_stop(last);
	spoil_undo(last);
	plant_undo(last);
	ambush_undo();
	release_all();
	area_free_all(last);
	kvfree(last);
}

module_init(pwt_init);
module_exit(pwt_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Provokes kernel permission changes and plants faults, for pwtrace's tests");
