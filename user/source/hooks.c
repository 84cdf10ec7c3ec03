// SPDX-License-Identifier: GPL-2.0-only
/*
 * By kprobe.multi alone, where one link takes all functions. The trampolines of fentry take twenty
 * times as long, and kprobes, one by one, five times.
 */
#include "source/hooks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/missed.h"
#include "changes.skel.h"

/* Every function that writes more than one leaf entry of a running kernel. */
static const struct {
	const char *name;
	uint64_t range; /* how its arguments tell it */
} functions[] = {
	{ "update_range_prot", PWT_CHANGE_SIZE },
	/* what changed permissions before a660194dd101, and makes the memory of BPF's arenas */
	{ "apply_to_page_range", PWT_CHANGE_SECOND | PWT_CHANGE_SIZE },
	{ "apply_to_existing_page_range", PWT_CHANGE_SECOND | PWT_CHANGE_SIZE },
	/* KFENCE that is turned on later */
	{ "range_split_to_ptes", 0 },
	/* mm/vmalloc.c, where what is above them is inlined here and there */
	{ "vmap_range_noflush", 0 },
	{ "vmap_small_pages_range_noflush", 0 },
	{ "__vunmap_range_noflush", 0 },
};

#define NR_FUNCTIONS (sizeof(functions) / sizeof(*functions))

struct source_hooks {
	struct changes_bpf *skel;
	size_t nr; /* functions that this kernel has */
	const char *names[NR_FUNCTIONS];
	unsigned long addrs[NR_FUNCTIONS];
	uint64_t cookies[NR_FUNCTIONS];
	bool splits;
	struct bpf_link *begins, *ends;
};

/* @name goes into @slot. */
static void ask_for(struct source_hooks *hooks, size_t slot, const char *name)
{
	struct pwt_change_name *asked = &hooks->skel->bss->names[slot];

	asked->size = snprintf(asked->name, sizeof(asked->name), "%s", name) + 1;
}

/* By the kernel: to have all of its symbols told takes a hundred times as long as all the rest. */
static int find_functions(struct source_hooks *hooks)
{
	const struct pwt_change_name *found = hooks->skel->bss->names;
	LIBBPF_OPTS(bpf_test_run_opts, options);
	int err;

	_Static_assert(NR_FUNCTIONS < PWT_CHANGE_NAMES, "a place for each name");
	for (size_t i = 0; i < NR_FUNCTIONS; i++)
		ask_for(hooks, i, functions[i].name);
	ask_for(hooks, NR_FUNCTIONS, "split_kernel_leaf_mapping");
	err = bpf_prog_test_run_opts(bpf_program__fd(hooks->skel->progs.find_functions), &options);
	if (err)
		return err;
	for (size_t i = 0; i < NR_FUNCTIONS; i++) {
		hooks->addrs[hooks->nr] = found[i].addr;
		hooks->names[hooks->nr] = functions[i].name;
		hooks->cookies[hooks->nr] = functions[i].range | i;
		hooks->nr += !!hooks->addrs[hooks->nr];
	}
	hooks->splits = found[NR_FUNCTIONS].addr;
	return hooks->nr ? 0 : -ENOENT;
}

static struct bpf_link *attach(const struct source_hooks *hooks, struct bpf_program *prog,
			       bool exit)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, options, .addrs = hooks->addrs,
		    .cookies = (const __u64 *)hooks->cookies, .cnt = hooks->nr, .retprobe = exit);

	return bpf_program__attach_kprobe_multi_opts(prog, NULL, &options);
}

/* Ends first, so that every call whose beginning is seen is seen to its end. */
static int load_and_attach(struct source_hooks *hooks)
{
	int err;

	hooks->skel = changes_bpf__open();
	if (!hooks->skel)
		return -errno;
	err = changes_bpf__load(hooks->skel);
	if (!err)
		err = find_functions(hooks);
	if (err)
		return err;
	hooks->ends = attach(hooks, hooks->skel->progs.change_ends, true);
	if (!hooks->ends)
		return -errno;
	hooks->begins = attach(hooks, hooks->skel->progs.change_begins, false);
	return hooks->begins ? 0 : -errno;
}

static int print_none(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

int source_hooks_open(struct source_hooks **out, struct problem *why)
{
	struct source_hooks *hooks = calloc(1, sizeof(*hooks));
	libbpf_print_fn_t print;
	int err;

	if (!hooks)
		return problem(why, -ENOMEM, "out of memory");
	print = libbpf_set_print(print_none);
	err = load_and_attach(hooks);
	libbpf_set_print(print);
	*out = hooks;
	if (!err)
		return 0;
	source_hooks_close(hooks);
	*out = NULL;
	return problem(why, err, "no kprobe.multi on what changes tables: %s",
		       err == -EOPNOTSUPP ? "the kernel has none (CONFIG_FPROBE)" : strerror(-err));
}

void source_hooks_close(struct source_hooks *hooks)
{
	if (!hooks)
		return;
	bpf_link__destroy(hooks->begins);
	bpf_link__destroy(hooks->ends);
	changes_bpf__destroy(hooks->skel);
	free(hooks);
}

bool source_hooks_split(const struct source_hooks *hooks)
{
	return hooks->splits;
}

const struct pwt_changes *source_hooks_log(const struct source_hooks *hooks)
{
	return &hooks->skel->bss->changes;
}

uint64_t source_hooks_missed(void *ctx)
{
	const struct source_hooks *hooks = ctx;

	return program_missed(hooks->skel->progs.change_begins) +
	       program_missed(hooks->skel->progs.change_ends) +
	       link_missed(BACKEND_MULTI, hooks->begins) + link_missed(BACKEND_MULTI, hooks->ends);
}

size_t source_hooks_names(const struct source_hooks *hooks, const char *names[MAX_SOURCE_HOOKS])
{
	for (size_t i = 0; i < hooks->nr; i++)
		names[i] = hooks->names[i];
	return hooks->nr;
}
