// SPDX-License-Identifier: GPL-2.0-only
#include "session.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kernel/kfence.h"
#include "kernel/needs.h"

/* Looks for the end of calls that were under way, BATCH apart, before the hooks go away. */
#define DRAIN_LOOKS 6
/* What is called inside a change is recorded still, perhaps without end. */
#define MOST_LOOKS 400

/* The walk of a change, which is asked for by --walks: to the checker it would be somebody else's.
 */
static bool pageattr_walk(const struct session *session, const struct pwt_hdr *hdr, size_t size)
{
	return hdr->type == PWT_WALK && size >= sizeof(struct pwt_walk) &&
	       session->kernel.pageattr_ops &&
	       ((const struct pwt_walk *)hdr)->ops == session->kernel.pageattr_ops;
}

static int on_record(void *ctx, const void *record, size_t size)
{
	struct session *session = ctx;

	if (session->events.record && size >= sizeof(struct pwt_hdr))
		session->events.record(session->ctx, record, size);
	if (size >= sizeof(struct pwt_hdr) && pageattr_walk(session, record, size))
		return 0;
	return check_record(session->check, record, size);
}

static void code_range(const struct kernel *kernel, const char *name, struct code_range *range)
{
	kernel_code(kernel, name, &range->start, &range->end);
}

static uint64_t unseen(void *ctx)
{
	struct session *session = ctx;

	return capture_missed(session->capture) + capture_lost_total(session->capture);
}

/* What KFENCE has once it keeps; it may be turned on at any time. */
static bool in_kfence_pool(void *ctx, uint64_t addr)
{
	struct session *session = ctx;

	if (!session->kfence_size &&
	    kfence_pool_now(&session->kernel, &session->kfence_start, &session->kfence_size))
		return true; /* not known: nothing is said */
	return addr - session->kfence_start < session->kfence_size;
}

bool session_hooked(const struct session *session, enum pwt_func func)
{
	size_t nr;
	const struct hook_status *hooks = capture_hooks(session->capture, &nr);

	for (size_t i = 0; i < nr; i++)
		if (hooks[i].func == func)
			return hooks[i].state == HOOK_ATTACHED;
	return false;
}

/* Who makes mappings, by the functions that the innermost hooks return to. */
static void configure_births(const struct kernel *kernel, struct birth_config *config)
{
	static const char *const callers[][2] = {
		{ "vmap", "vmap" },
		{ "vm_map_ram", "vm_map_ram" },
		{ "vm_area_map_pages", "vm_area_map_pages" },
		{ "pcpu_populate_chunk", "percpu" },
		{ "pcpu_map_pages", "percpu" },
		{ "ioremap_page_range", "ioremap" },
		{ "generic_ioremap_prot", "ioremap" },
		{ "vmap_page_range", "vmap_page_range" },
		{ "__vmalloc_area_node", "vmalloc" },
		{ "__vmalloc_node_range_noprof", "vmalloc" },
		{ "__vmalloc_node_range", "vmalloc" },
	};
	size_t nr = 0;

	*config = (struct birth_config){
		.vmemmap = kernel->struct_page ? kernel->zones.range[ZONE_VMEMMAP].start : 0,
		.struct_page = kernel->struct_page,
		.phys_offset = kernel->phys_offset,
		.ioremap_shift = kernel->ioremap_shift,
		.vmalloc_pages = kernel->vmalloc_pages,
		.no_blocks = kernel->no_blocks,
	};
	for (size_t i = 0; i < sizeof(callers) / sizeof(*callers); i++) {
		struct birth_caller *caller = &config->callers[nr];

		code_range(kernel, callers[i][0], &caller->code);
		if (!caller->code.start)
			continue;
		caller->op = callers[i][1];
		nr++;
	}
}

static void configure_check(struct session *session, struct check_config *config)
{
	const struct kernel *kernel = &session->kernel;

	*config = (struct check_config){
		.geo = &kernel->geo,
		.zones = &kernel->zones,
		.root_pa = kernel->root_pa,
		.phys_to_virt = kernel->phys_to_virt,
		.rules = {
			.apply_to_page_range = !kernel->pageattr_ops,
			.splits_leaves = kernel->splits_leaves,
			.splits_unknown = kernel->splits_unknown,
			.rodata_full = kernel->rodata_full,
			.rodata_full_unknown = kernel->rodata_full_unknown,
		},
		.callbacks = session_hooked(session, PWT_FN_PUD_ENTRY) &&
			     session_hooked(session, PWT_FN_PMD_ENTRY) &&
			     session_hooked(session, PWT_FN_PTE_ENTRY),
		.exclusive_hook = !kallsyms_find(kernel->syms, "update_range_prot"),
		.own_tgid = getpid(),
		.rules_off = session->rules_off,
		.in_kfence_pool = in_kfence_pool,
		.kfence_ctx = session,
		.unseen = unseen,
		.unseen_ctx = session,
	};
	configure_births(kernel, &config->births);
	code_range(kernel, "change_memory_common", &config->change_memory_common);
	code_range(kernel, "__change_memory_common", &config->__change_memory_common);
	code_range(kernel, "set_memory_valid", &config->set_memory_valid);
	code_range(kernel, "__set_memory_enc_dec", &config->set_memory_enc_dec);
	if (!config->set_memory_enc_dec.start)
		code_range(kernel, "__set_memory_enc_dec.part.0", &config->set_memory_enc_dec);
}

static int start_check(struct session *session, struct problem *why)
{
	struct check_config config;
	int err;

	configure_check(session, &config);
	err = check_new(&session->check, &config, session->events.change, session->ctx);
	return err ? problem(why, err, "out of memory") : 0;
}

int session_open(struct session *session, struct problem *why)
{
	int err = needs_check(why);

	return err ? err : kernel_open(&session->kernel, why);
}

int session_attach(struct session *session, const struct capture_options *options,
		   const struct session_events *events, void *ctx, struct problem *why)
{
	int err;

	session->events = *events;
	session->ctx = ctx;
	err = capture_open(&session->capture, &session->kernel, options, on_record, session, why);
	if (!err)
		err = start_check(session, why);
	/* the programs and trampolines that stacks lead through are symbols by now */
	if (!err && options->stack)
		err = kernel_reload_symbols(&session->kernel, why);
	return err;
}

void session_close(struct session *session)
{
	capture_close(session->capture);
	check_free(session->check);
	kernel_close(&session->kernel);
}

int session_look(struct session *session, int timeout_ms)
{
	int nr = capture_poll(session->capture, timeout_ms);

	if (!nr)
		check_idle(session->check);
	return nr;
}

int session_drain(struct session *session)
{
	size_t buckets;
	const uint32_t *lost;
	int nr, looks = DRAIN_LOOKS, most = MOST_LOOKS;

	capture_stop(session->capture);
	do {
		nr = session_look(session, 10);
	} while (--most && (nr > 0 || (!nr && --looks)));
	lost = capture_lost_by_task(session->capture, &buckets);
	check_finish(session->check, lost, buckets);
	return nr < 0 ? nr : 0;
}

/* Above the traced function stand the trampoline and the program itself. */
void session_stack(const struct session *session, const struct change *change, struct stack *stack)
{
	const char *function = capture_function(session->capture, change->func);
	uint64_t addrs[32], start, end;
	size_t nr = capture_stack(session->capture, change->stack_id, addrs, 32), top = 0;

	if (!kernel_code(&session->kernel, function, &start, &end))
		while (top < nr && (addrs[top] < start || addrs[top] >= end))
			top++;
	if (top == nr)
		top = 0;
	stack->nr = nr - top;
	memcpy(stack->addrs, addrs + top, stack->nr * sizeof(*addrs));
}

void session_summary(const struct session *session, struct summary *summary)
{
	*summary = (struct summary){
		.stats = check_stats(session->check),
		.records_lost = capture_lost(session->capture),
		.records_lost_total = capture_lost_total(session->capture),
		.probes_missed = capture_missed(session->capture),
		.kernel = session->kernel.release,
		.backend = backend_name(capture_backend(session->capture)),
	};
	summary->hooks = capture_hooks(session->capture, &summary->nr_hooks);
}
