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

/* What a later check would ask for, told before it is needed. */
#define UNSEEN_LOOK 1024

static void note_unseen(struct session *session)
{
	uint64_t unseen = capture_missed(session->capture) + capture_lost_total(session->capture);

	if (unseen != session->unseen)
		tape_unseen(session->tape, unseen);
	session->unseen = unseen;
}

static int record_only(struct session *session, const void *record, size_t size)
{
	const struct pwt_hdr *hdr = record;

	session->calls += size >= sizeof(*hdr) && hdr->type == PWT_ENTER;
	if (!(++session->records % UNSEEN_LOOK))
		note_unseen(session);
	tape_record(session->tape, record, size);
	return 0;
}

static void record_state(struct session *session)
{
	union checker_state now;
	size_t size = checker_save(session->check, &session->kfence, &now.state);

	tape_state(session->tape, &now.state, size);
}

static int on_record(void *ctx, const void *record, size_t size)
{
	struct session *session = ctx;

	int err = 0;

	if (session->unchecked)
		return record_only(session, record, size);
	if (session->tape && tape_wants_state(session->tape))
		record_state(session);
	if (session->events.record && size >= sizeof(struct pwt_hdr))
		session->events.record(session->ctx, record, size);
	if (!checker_ignores(&session->kernel, record, size))
		err = check_record(session->check, record, size);
	/* behind what the checker has asked for because of it */
	if (session->tape)
		tape_record(session->tape, record, size);
	return err;
}

static uint64_t unseen(void *ctx)
{
	struct session *session = ctx;
	uint64_t answer = capture_missed(session->capture) + capture_lost_total(session->capture);

	if (session->tape)
		tape_unseen(session->tape, answer);
	return answer;
}

/* What KFENCE has once it keeps; it may be turned on at any time. */
static bool in_kfence_pool(void *ctx, uint64_t addr)
{
	struct session *session = ctx;
	struct pwt_kfence *pool = &session->kfence, known = *pool;

	if (!known.size || known.size == UINT64_MAX) {
		if (kfence_pool_now(&session->kernel, &known.start, &known.size))
			known = checker_no_kfence;
		if (session->tape && memcmp(&known, pool, sizeof(known)))
			tape_kfence(session->tape, &known);
		*pool = known;
	}
	return addr - pool->start < pool->size;
}

bool session_hooked(const struct session *session, enum pwt_func func)
{
	size_t nr;
	const struct hook_status *hooks = capture_hooks(session->capture, &nr);

	return checker_hooked(hooks, nr, func);
}

static int start_check(struct session *session, struct problem *why)
{
	struct check_config config;
	const struct hook_status *hooks;
	size_t nr;
	int err;

	hooks = capture_hooks(session->capture, &nr);
	checker_config(&config, &session->kernel, hooks, nr);
	checker_code(&session->code, &session->kernel, hooks, nr);
	config.own_tgid = getpid();
	config.rules_off = session->rules_off;
	config.in_kfence_pool = in_kfence_pool;
	config.kfence_ctx = session;
	config.unseen = unseen;
	config.unseen_ctx = session;
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
	session->kfence = checker_no_kfence;
	err = capture_open(&session->capture, &session->kernel, options, on_record, session, why);
	if (!err && session->tape && tape_begin(session->tape, session->capture))
		err = problem(why, -EIO, "cannot write the recording");
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

	if (!nr && session->unchecked)
		note_unseen(session);
	else if (!nr)
		check_idle(session->check);
	if (!nr && session->tape)
		tape_idle(session->tape);
	if (session->tape)
		tape_tick(session->tape);
	return nr;
}

static void end_tape(struct session *session)
{
	struct pwt_kfence pool;

	if (session->unchecked && !kfence_pool_now(&session->kernel, &pool.start, &pool.size))
		tape_kfence_pool(session->tape, &pool);
	tape_end(session->tape);
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
	if (session->unchecked)
		note_unseen(session);
	else
		check_finish(session->check, lost, buckets);
	if (session->tape)
		end_tape(session);
	return nr < 0 ? nr : 0;
}

void session_stack(const struct session *session, const struct change *change, struct stack *stack)
{
	stack->nr = capture_stack(session->capture, change->stack_id, stack->addrs, 32);
	checker_stack(&session->code, change->func, stack);
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
