// SPDX-License-Identifier: GPL-2.0-only
#include "stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands/replay.h"
#include "kernel/kfence.h"
#include "recording/events.h"
#include "source/source.h"
#include "test.h"

#define BUCKETS 1024

struct stage {
	struct session session;
	struct tape_options tape;
	struct world *world;
	struct told_run run;
	struct emitter *emitter;
};

/* The capture, of which there is one. */
struct capture {
	record_fn record;
	void *ctx;
	unsigned int drop;
	uint64_t lost[PWT_NR_TYPES], total, missed;
	uint32_t by_task[BUCKETS];
	struct hook_status hooks[8];
	size_t nr_hooks;
};

static struct capture capture;
static struct pwt_kfence kfence;
static int64_t clock_offset; /* ns */
static char vmcoreinfo[1024];

int __wrap_vmcoreinfo_read_elf(const char *path, char **info);
int __wrap_vmcoreinfo_read_elf(const char *path, char **info)
{
	(void)path;
	*info = strdup(vmcoreinfo);
	return *info ? 0 : -ENOMEM;
}

int __wrap_kfence_pool_now(const struct kernel *kernel, uint64_t *start, uint64_t *size);
int __wrap_kfence_pool_now(const struct kernel *kernel, uint64_t *start, uint64_t *size)
{
	(void)kernel;
	*start = kfence.start;
	*size = kfence.size;
	return kfence.size == UINT64_MAX ? -EPERM : 0;
}

/* What is in which chunk does not hang on when the thread that packs it runs. */
void __wrap_event_writer_push(struct event_writer *writer);
void __wrap_event_writer_push(struct event_writer *writer)
{
	event_writer_flush(writer);
}

int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	int err = __real_clock_gettime(id, ts);
	int64_t ns = ts->tv_nsec + clock_offset;

	ts->tv_sec += ns / 1000000000;
	ts->tv_nsec = ns % 1000000000;
	return err;
}

int capture_open(struct capture **out, const struct kernel *kernel,
		 const struct capture_options *options, record_fn record, void *ctx,
		 struct problem *why)
{
	static const struct {
		const char *function;
		enum pwt_func func;
	} always[] = {
		{ "update_range_prot", PWT_FN_RANGE },
		{ "change_memory_common", PWT_FN_COMMON },
		{ "find_vm_area", PWT_FN_AREA },
	};
	static const struct {
		const char *function;
		enum pwt_func func;
	} callbacks[] = {
		{ "pageattr_pud_entry", PWT_FN_PUD_ENTRY },
		{ "pageattr_pmd_entry", PWT_FN_PMD_ENTRY },
		{ "pageattr_pte_entry", PWT_FN_PTE_ENTRY },
	};

	(void)kernel, (void)why;
	memset(&capture, 0, sizeof(capture));
	capture.record = record;
	capture.ctx = ctx;
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		capture.hooks[capture.nr_hooks++] = (struct hook_status){ always[i].function,
									  always[i].func,
									  HOOK_ATTACHED, 0, 0 };
	for (size_t i = 0; i < ARRAY_SIZE(callbacks); i++)
		capture.hooks[capture.nr_hooks++] = (struct hook_status){
			callbacks[i].function, callbacks[i].func,
			options->callbacks ? HOOK_ATTACHED : HOOK_OFF, 0, 0
		};
	*out = &capture;
	return 0;
}

void capture_stop(struct capture *c)
{
	(void)c;
}

void capture_close(struct capture *c)
{
	(void)c;
}

int capture_poll(struct capture *c, int timeout_ms)
{
	(void)c, (void)timeout_ms;
	return 0;
}

const uint64_t *capture_lost(const struct capture *c)
{
	return c->lost;
}

uint64_t capture_lost_total(const struct capture *c)
{
	return c->total;
}

const uint32_t *capture_lost_by_task(const struct capture *c, size_t *buckets)
{
	*buckets = BUCKETS;
	return c->by_task;
}

uint64_t capture_missed(struct capture *c)
{
	return c->missed;
}

enum backend capture_backend(const struct capture *c)
{
	(void)c;
	return BACKEND_FENTRY;
}

const char *backend_name(enum backend backend)
{
	(void)backend;
	return "fentry";
}

const struct hook_status *capture_hooks(const struct capture *c, size_t *nr)
{
	*nr = c->nr_hooks;
	return c->hooks;
}

const char *capture_function(const struct capture *c, enum pwt_func func)
{
	for (size_t i = 0; i < c->nr_hooks; i++)
		if (c->hooks[i].func == func)
			return c->hooks[i].function;
	return "?";
}

size_t capture_stack(const struct capture *c, int32_t stack_id, uint64_t *addrs, size_t room)
{
	(void)c;
	for (size_t i = 0; i < 4 && i < room; i++)
		addrs[i] = COMMON_CODE + 0x10000 * i + 4 * stack_id;
	return room < 4 ? room : 4;
}

int source_open(struct source **out, enum source_kind kind, const struct kernel *kernel,
		struct problem *why)
{
	(void)out, (void)kind, (void)kernel;
	return problem(why, -ENOTSUP, "there are no tables");
}

/* What is told */

void told_release(struct told_run *run)
{
	for (size_t i = 0; i < run->nr; i++)
		free(run->told[i].json);
	free(run->told);
	free(run->summary);
	*run = (struct told_run){};
}

const struct told *told_find(const struct told_run *run, uint64_t time)
{
	for (size_t i = 0; i < run->nr; i++)
		if (run->told[i].time == time)
			return &run->told[i];
	return NULL;
}

static char *json_of(struct emitter *emitter, const struct change *change,
		     const struct stack *stack, const struct summary *summary)
{
	char *text = NULL;
	size_t size;

	emitter->out = open_memstream(&text, &size);
	if (!EXPECT(emitter->out))
		exit(1);
	if (change)
		emit_change(emitter, change, stack);
	else
		emit_summary(emitter, summary);
	fclose(emitter->out);
	return text;
}

static void tell(struct told_run *run, struct emitter *emitter, const struct change *change,
		 const struct stack *stack)
{
	run->verdicts[change->verdict]++;
	if (run->terse)
		return;
	if (run->nr == run->room) {
		run->room = run->room ? run->room * 2 : 256;
		run->told = realloc(run->told, run->room * sizeof(*run->told));
	}
	run->told[run->nr++] = (struct told){
		.time = change->time,
		.seq = change->seq,
		.verdict = change->verdict,
		.reason = change->reason,
		.json = json_of(emitter, change, stack, NULL),
	};
}

static struct emitter *new_emitter(const struct kernel *kernel)
{
	struct emitter *emitter = emitter_new(kernel, &(struct emit_options){ .json = true }, NULL);

	if (!EXPECT(emitter))
		exit(1);
	return emitter;
}

/* The session */

static void on_change(void *ctx, const struct change *change)
{
	struct stage *stage = ctx;
	struct stack stack = {};

	if (change->stack_id >= 0)
		session_stack(&stage->session, change, &stack);
	tell(&stage->run, stage->emitter, change, &stack);
}

static void on_sent(void *ctx, const void *record, size_t size)
{
	struct stage *stage = ctx;
	void *exact;

	(void)stage;
	if (capture.drop) {
		capture.drop--;
		return;
	}
	exact = malloc(size);
	memcpy(exact, record, size);
	EXPECT_EQ(capture.record(capture.ctx, exact, size), 0);
	free(exact);
}

const char stage_symbols[] = "ffffc00080000000 T _text\n"
			     "ffffc00080000000 T _stext\n"
			     "ffffc00080100000 T set_memory_valid\n"
			     "ffffc00080110000 T set_memory_x\n"
			     "ffffc00080300000 t __change_memory_common\n"
			     "ffffc00080400000 t change_memory_common\n"
			     "ffffc00080410000 T vfree\n"
			     "ffffc00080420000 T bpf_prog_select_runtime\n"
			     "ffffc00080430000 t do_init_module\n"
			     "ffffc00080440000 T invoke_syscall\n"
			     "ffffc00080450000 t update_range_prot\n"
			     "ffffc00080460000 T vmap\n"
			     "ffffc00080470000 T __vmalloc_area_node\n"
			     "ffffc00080480000 T _etext\n"
			     "ffffc00080500000 d pageattr_ops\n"
			     "ffffc00080600000 D swapper_pg_dir\n"
			     "ffffc00080700000 B _end\n";

const char *stage_vmcoreinfo(const struct world *world)
{
	snprintf(vmcoreinfo, sizeof(vmcoreinfo),
		 "OSRELEASE=7.3.4\nBUILD-ID=0123456789abcdef0123456789abcdef01234567\nPAGESIZE=4096\n"
		 "SYMBOL(swapper_pg_dir)=ffffc00080600000\nSIZE(page)=64\nNUMBER(VA_BITS)=48\n"
		 "NUMBER(MODULES_VADDR)=0xffff800000000000\nNUMBER(MODULES_END)=0xffff800080000000\n"
		 "NUMBER(VMALLOC_START)=0xffff800080000000\nNUMBER(VMALLOC_END)=0xfffffdffbf000000\n"
		 "NUMBER(VMEMMAP_START)=%#llx\nNUMBER(VMEMMAP_END)=0xfffffdffffe00000\n"
		 "NUMBER(kimage_voffset)=%#llx\nNUMBER(PHYS_OFFSET)=%#llx\n"
		 "NUMBER(TCR_EL1_T1SZ)=0x10\n",
		 VMEMMAP, 0xffffc00080600000 - (unsigned long long)world->tables.root, PHYS_OFFSET);
	return vmcoreinfo;
}

static void make_kernel(struct stage *stage, const struct stage_options *options)
{
	struct kernel *kernel = &stage->session.kernel;
	struct kallsyms *syms;
	struct problem why;

	if (!EXPECT_EQ(kernel_parse_vmcoreinfo(kernel, stage_vmcoreinfo(stage->world), &why), 0))
		test_note("%s", why.text);
	EXPECT_EQ(kallsyms_new(&syms), 0);
	EXPECT_EQ(kallsyms_add(syms, stage_symbols, strlen(stage_symbols)), 0);
	kallsyms_finish(syms);
	kernel_use_symbols(kernel, syms);
	snprintf(kernel->release, sizeof(kernel->release), "7.3.4-made-up");
	kernel->realtime_offset = 1700000000000000000;
	kernel->splits_leaves = options->splits;
	kernel->rodata_full = true;
	kernel->ioremap_shift = 63;
}

struct stage *stage_open(struct world *world, const char *path, const struct stage_options *options)
{
	static const struct session_events events = { .change = on_change };
	const struct capture_options capture_options = {
		.callbacks = options->callbacks,
		.births = options->births,
	};
	struct stage *stage = calloc(1, sizeof(*stage));
	struct problem why;

	stage->world = world;
	stage->tape = (struct tape_options){
		.path = path,
		.redact = options->redact,
		.rotate_size = options->rotate_size,
		.unchecked = options->unchecked,
	};
	world->send = on_sent;
	world->ctx = stage;
	kfence = (struct pwt_kfence){ 0, UINT64_MAX };
	make_kernel(stage, options);
	stage->session.unchecked = options->unchecked;
	if (!EXPECT_EQ(tape_open(&stage->session.tape, &stage->tape, &stage->session.kernel, &why),
		       0) ||
	    !EXPECT_EQ(session_attach(&stage->session, &capture_options, &events, stage, &why),
		       0)) {
		test_note("%s", why.text);
		exit(1);
	}
	stage->emitter = new_emitter(&stage->session.kernel);
	return stage;
}

void stage_idle(struct stage *stage)
{
	EXPECT_EQ(session_look(&stage->session, 0), 0);
}

void stage_tick(struct stage *stage)
{
	clock_offset += 1000000001;
	tape_tick(stage->session.tape);
}

void stage_lose(struct stage *stage, struct actor *actor)
{
	(void)stage;
	capture.drop = 1;
	capture.total++;
	capture.lost[PWT_ENTER]++;
	capture.by_task[actor->pid % BUCKETS]++;
	actor->lost++;
}

void stage_miss(struct stage *stage)
{
	(void)stage;
	capture.missed++;
}

void stage_drop(struct stage *stage, unsigned int nr)
{
	(void)stage;
	capture.drop = nr;
}

void stage_kfence(struct stage *stage, uint64_t start, uint64_t size)
{
	(void)stage;
	kfence = (struct pwt_kfence){ start, size };
}

void stage_close(struct stage *stage, struct told_run *run)
{
	struct recorder_stats stats;
	struct summary summary;

	EXPECT_EQ(session_drain(&stage->session), 0);
	EXPECT_EQ(tape_close(stage->session.tape, &stats), 0);
	EXPECT_EQ(stats.unwritten, 0);
	session_summary(&stage->session, &summary);
	summary.shown = stage->run.nr;
	stage->run.summary = json_of(stage->emitter, NULL, NULL, &summary);
	*run = stage->run;
	emitter_free(stage->emitter);
	session_close(&stage->session);
	stage->world->send = NULL;
	free(stage);
}

/* The replay */

struct playback {
	struct replay *replay;
	struct emitter *emitter;
	struct told_run *run;
};

static void on_replayed(void *ctx, const struct change *change)
{
	struct playback *playback = ctx;
	struct stack stack;

	if (!playback->emitter) {
		playback->emitter = new_emitter(replay_kernel(playback->replay));
		playback->emitter->range_function = replay_function(playback->replay, PWT_FN_RANGE);
	}
	replay_stack(playback->replay, change, &stack);
	tell(playback->run, playback->emitter, change, &stack);
}

int stage_replay(char *const *paths, size_t nr, struct told_run *run, struct problem *why)
{
	static const struct session_events events = { .change = on_replayed };
	struct playback playback = { .run = run };
	struct summary summary;
	int err;

	*run = (struct told_run){ .terse = run->terse };
	err = replay_open(&playback.replay, paths, nr, 0, &events, &playback, why);
	if (err)
		return err;
	err = replay_run(playback.replay, NULL, why);
	replay_summary(playback.replay, &summary);
	summary.shown = run->nr;
	if (!playback.emitter)
		playback.emitter = new_emitter(replay_kernel(playback.replay));
	run->summary = json_of(playback.emitter, NULL, NULL, &summary);
	if (!replay_damage(playback.replay, run->damage, sizeof(run->damage)))
		run->damage[0] = 0;
	emitter_free(playback.emitter);
	replay_close(playback.replay);
	return err;
}
