// SPDX-License-Identifier: GPL-2.0-only
#include "attach.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/missed.h"
#include "config.h"
#include "geometry/descriptor.h"
#include "pwtrace.skel.h"

/* How programs of a way to attach are named: ENTRY_program and EXIT_program. */
static const struct {
	const char *name;
	const char *entry;
	const char *exit;
} backends[BACKEND_NR] = {
	[BACKEND_AUTO] = { "auto", NULL, NULL },
	[BACKEND_FENTRY] = { "fentry", "fentry", "fexit" },
	[BACKEND_MULTI] = { "kprobe.multi", "multi", "multiret" },
	[BACKEND_KPROBE] = { "kprobe", "kprobe", "kretprobe" },
};

const char *backend_name(enum backend backend)
{
	return backends[backend].name;
}

static bool wanted(const struct hook *hook, const struct kernel *kernel,
		   const struct capture_options *options)
{
	switch (hook->when) {
	case WHEN_CALLS:
		return options->calls;
	case WHEN_CALLBACKS:
		return options->callbacks;
	case WHEN_BIRTHS:
		return options->births;
	case WHEN_SPLITS:
		return kernel->splits_leaves || kernel->splits_unknown;
	default:
		return true;
	}
}

/* How hook @i is attached: some can be in one way only. */
static enum backend way(const struct attachment *att, size_t i)
{
	return hooks[i].only != BACKEND_AUTO ? hooks[i].only : att->backend;
}

static struct bpf_program *program(struct pwtrace_bpf *skel, const char *prefix, const char *name)
{
	char full[64];

	snprintf(full, sizeof(full), "%s_%s", prefix, name);
	return bpf_object__find_program_by_name(skel->obj, full);
}

/* Of the functions that do, the first that this kernel has. */
static const char *choose_function(const struct hook *hook, const struct kernel *kernel)
{
	for (size_t i = 0; i < sizeof(hook->functions) / sizeof(*hook->functions); i++)
		if (hook->functions[i] && kallsyms_find(kernel->syms, hook->functions[i]))
			return hook->functions[i];
	return NULL;
}

static int prepare_program(struct bpf_program *prog, enum backend backend, const char *function)
{
	if (!prog)
		return 0;
	if (backend == BACKEND_FENTRY) {
		int err = bpf_program__set_attach_target(prog, 0, function);

		if (err)
			return err;
	}
	return bpf_program__set_autoload(prog, true);
}

static void prepare_hook(struct attachment *att, size_t i, const struct kernel *kernel,
			 const struct capture_options *options)
{
	const struct hook *hook = &hooks[i];
	struct hook_status *status = &att->status[i];
	struct attached *to = &att->hooks[i];
	int err;

	status->func = hook->func;
	status->function = choose_function(hook, kernel);
	status->state = !wanted(hook, kernel, options) ? HOOK_OFF :
			status->function	       ? HOOK_ATTACHED :
							 HOOK_ABSENT;
	if (!status->function)
		status->function = hook->functions[0];
	if (status->state != HOOK_ATTACHED)
		return;
	to->entry = program(att->skel, backends[way(att, i)].entry, hook->program);
	to->exit = program(att->skel, backends[way(att, i)].exit, hook->program);
	err = prepare_program(to->entry, way(att, i), status->function);
	if (!err)
		err = prepare_program(to->exit, way(att, i), status->function);
	if (err) {
		/* not in BTF: a static function with several copies, or of a kernel without it */
		status->state = HOOK_FAILED;
		status->error = err;
		if (to->entry)
			bpf_program__set_autoload(to->entry, false);
		if (to->exit)
			bpf_program__set_autoload(to->exit, false);
		to->entry = to->exit = NULL;
	}
}

void attach_config(struct pwt_config *config, const struct kernel *kernel,
		   const struct capture_options *options)
{
	const struct geometry *geo = &kernel->geo;
	uint64_t start = 0, end = 0;

	kernel_code(kernel, "__vmap_pages_range_noflush", &start, &end);
	*config = (struct pwt_config){
		.root = kernel->root_va,
		.phys_to_virt = kernel->phys_to_virt,
		.oa_mask = geo->oa_mask,
		.pageattr_ops = options->walks ? 0 : kernel->pageattr_ops,
		.page_size = geometry_page_size(geo),
		.page_shift = geo->page_shift,
		.levels = geo->levels,
		.high_mask = geo->lpa2		   ? 0x300 :
			     geo->page_shift == 16 ? 0xf000 :
						     0,
		.high_shift = geo->lpa2 ? 42 : 36,
		.stack = options->stack,
		.vmap_pages = start,
		.vmap_pages_size = end - start,
	};
	for (unsigned int depth = 0; depth < geo->levels; depth++) {
		enum pgtable_level level = geometry_top(geo) - depth;

		config->level[depth] = (struct pwt_level){
			.shift = geometry_shift(geo, level) - 3,
			.mask = (geometry_entries(geo, level) - 1) * 8,
			.type_mask = level == PGTABLE_LEVEL_PTE ? 0 : PTE_TYPE_MASK,
		};
	}
}

static void configure(struct pwtrace_bpf *skel, const struct kernel *kernel,
		      const struct capture_options *options)
{
	attach_config((struct pwt_config *)&skel->rodata->cfg, kernel, options);
	if (options->ring_size)
		bpf_map__set_max_entries(skel->maps.ring, options->ring_size);
	bpf_map__set_max_entries(skel->maps.stacks, options->stack ? 4096 : 1);
}

static int attach_one(struct bpf_program *prog, enum backend backend, const char *function,
		      const struct kernel *kernel, bool exit, struct bpf_link **link)
{
	LIBBPF_OPTS(bpf_kprobe_opts, kprobe, .retprobe = exit);
	unsigned long addr = kallsyms_find(kernel->syms, function);
	LIBBPF_OPTS(bpf_kprobe_multi_opts, multi, .addrs = &addr, .cnt = 1, .retprobe = exit);

	if (!prog || *link)
		return 0;
	if (backend == BACKEND_FENTRY)
		*link = bpf_program__attach_trace(prog);
	else if (backend == BACKEND_MULTI)
		*link = bpf_program__attach_kprobe_multi_opts(prog, NULL, &multi);
	else
		*link = bpf_program__attach_kprobe_opts(prog, function, &kprobe);
	return *link ? 0 : -errno;
}

/* The exit first, so that every call whose entry is seen is seen to its end. */
static int attach_hook(struct attachment *att, size_t i, const struct kernel *kernel)
{
	struct hook_status *status = &att->status[i];
	struct attached *to = &att->hooks[i];
	int err;

	if (status->state != HOOK_ATTACHED)
		return 0;
	err = attach_one(to->exit, way(att, i), status->function, kernel, true, &to->exit_link);
	if (!err)
		err = attach_one(to->entry, way(att, i), status->function, kernel, false,
				 &to->entry_link);
	if (!err)
		return 0;
	bpf_link__destroy(to->exit_link);
	to->exit_link = NULL;
	status->state = HOOK_FAILED;
	status->error = err;
	return err;
}

static int required_hook(const struct attachment *att, size_t i, struct problem *why)
{
	const struct hook_status *status = &att->status[i];

	if (!hooks[i].required || status->state == HOOK_ATTACHED)
		return 0;
	if (status->state == HOOK_ABSENT)
		return problem(why, -ENOENT,
			       "this kernel has neither %s() nor %s() to attach to: both "
			       "are inlined, or it is older than 6.18 and built without the latter; "
			       "see 'pwtrace doctor'",
			       hooks[i].functions[0], hooks[i].functions[1]);
	if (status->error == -EOPNOTSUPP && att->backend == BACKEND_MULTI)
		return problem(why, status->error,
			       "this kernel has no kprobe.multi (CONFIG_FPROBE): use "
			       "--backend fentry or kprobe");
	return problem(why, status->error, "cannot attach to %s() by %s: %s", status->function,
		       backend_name(att->backend), strerror(-status->error));
}

/*
 * What is called inside a change of a range, that itself, and what it is called by. A change whose
 * parts are looked for must not be seen before the hooks on them are there, nor after they are
 * gone.
 */
enum place {
	INSIDE,
	RANGE,
	AROUND,
};

static enum place place(enum pwt_func func)
{
	switch (func) {
	case PWT_FN_RANGE:
		return RANGE;
	case PWT_FN_COMMON:
	case PWT_FN_SET_MEMORY_VALID:
	case PWT_FN_SET_DIRECT_MAP_INVALID:
	case PWT_FN_SET_DIRECT_MAP_DEFAULT:
	case PWT_FN_SET_DIRECT_MAP_VALID:
		return AROUND;
	default:
		return INSIDE;
	}
}

static int load_and_attach(struct attachment *att, const struct kernel *kernel, struct problem *why)
{
	int err = pwtrace_bpf__load(att->skel);

	if (err)
		return problem(why, err, "the kernel did not load the %s programs: %s",
			       backend_name(att->backend), strerror(-err));
	for (enum place at = INSIDE; at <= AROUND; at++) {
		for (size_t i = 0; i < nr_hooks; i++)
			if (place(hooks[i].func) == at)
				attach_hook(att, i, kernel);
	}
	for (size_t i = 0; i < nr_hooks && !err; i++)
		err = required_hook(att, i, why);
	return err;
}

int attach(struct attachment *att, const struct kernel *kernel,
	   const struct capture_options *options, enum backend backend, struct problem *why)
{
	struct bpf_program *prog;
	int err = 0;

	memset(att, 0, sizeof(*att));
	att->backend = backend;
	att->skel = pwtrace_bpf__open();
	if (!att->skel)
		return problem(why, -errno, "cannot open the BPF programs: %s", strerror(errno));
	bpf_object__for_each_program(prog, att->skel->obj)
		bpf_program__set_autoload(prog, false);
	configure(att->skel, kernel, options);
	for (size_t i = 0; i < nr_hooks && !err; i++) {
		prepare_hook(att, i, kernel, options);
		err = required_hook(att, i, why);
	}
	if (!err)
		err = load_and_attach(att, kernel, why);
	if (err)
		detach(att);
	return err;
}

static void detach_entries_at(struct attachment *att, enum place at)
{
	for (size_t i = 0; i < nr_hooks; i++) {
		struct attached *to = &att->hooks[i];

		if (place(hooks[i].func) != at)
			continue;
		to->missed += link_missed(way(att, i), to->entry_link);
		bpf_link__destroy(to->entry_link);
		to->entry_link = NULL;
	}
}

void detach_entries(struct attachment *att)
{
	detach_entries_at(att, AROUND);
	detach_entries_at(att, RANGE);
}

void detach(struct attachment *att)
{
	detach_entries(att);
	detach_entries_at(att, INSIDE);
	for (size_t i = 0; i < nr_hooks; i++) {
		bpf_link__destroy(att->hooks[i].exit_link);
		att->hooks[i].exit_link = NULL;
	}
	pwtrace_bpf__destroy(att->skel);
	att->skel = NULL;
}

uint64_t attach_missed(struct attachment *att)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < nr_hooks; i++) {
		const struct attached *to = &att->hooks[i];

		att->status[i].missed = to->missed + program_missed(to->entry) +
					program_missed(to->exit) +
					link_missed(way(att, i), to->entry_link) +
					link_missed(way(att, i), to->exit_link);
		sum += att->status[i].missed;
	}
	return sum;
}
