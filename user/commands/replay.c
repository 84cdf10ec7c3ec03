// SPDX-License-Identifier: GPL-2.0-only
#include "replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/checker.h"
#include "recording/events.h"

#define MOST_HOOKS  64
#define MOST_STACKS 16384
#define MOST_TASKS  65536

struct replay {
	char *const *paths;
	size_t nr_paths;
	struct kernel kernel;
	struct recorded_info info;
	struct check *check;
	struct hooked_code code;
	struct event_reader *reader;
	struct session_events events;
	void *ctx;
	struct hook_status hooks[MOST_HOOKS];
	char names[MOST_HOOKS][64];
	size_t nr_hooks;
	char backend[16];
	uint32_t rules_off;
	struct stack *stacks[MOST_STACKS];
	struct pwt_losses losses;
	uint64_t lost[PWT_NR_TYPES];
	uint32_t *by_task;
	uint32_t nr_tasks;
	uint64_t unseen; /* as it was answered last */
	struct pwt_kfence kfence;
	bool stateless; /* nothing was checked when it was recorded */
	bool astray; /* events are missing, and what the checker knew behind them is not known yet
		      */
	bool ended;  /* the capture had come to its end */
	uint64_t gaps, bad_events;
	uint64_t next_chunk; /* number that the next part should begin with; 0: it is the first */
	bool (*stop)(void *ctx);
	bool stopped;
	char damage[200]; /* of the first that has any */
};

static uint64_t unseen(void *ctx)
{
	return ((struct replay *)ctx)->unseen;
}

static bool in_kfence_pool(void *ctx, uint64_t addr)
{
	const struct replay *replay = ctx;

	return addr - replay->kfence.start < replay->kfence.size;
}

/* "hook=FUNC STATE ERROR MISSED NAME": the last record of its kind tells most. */
static void take_hook(struct replay *replay, const char *line, size_t len)
{
	struct hook_status *hook = &replay->hooks[replay->nr_hooks];
	char *name = replay->names[replay->nr_hooks], text[128];
	unsigned long long missed;
	unsigned int func, state;
	int error;

	if (replay->nr_hooks == MOST_HOOKS || len >= sizeof(text))
		return;
	memcpy(text, line, len);
	text[len] = 0;
	if (sscanf(text, "hook=%u %u %d %llu %63[a-zA-Z0-9_.]", &func, &state, &error, &missed,
		   name) != 5 ||
	    func >= PWT_NR_FUNCS || state > HOOK_ATTACHED)
		return;
	*hook = (struct hook_status){ name, func, state, error, missed };
	replay->nr_hooks++;
}

static void take_hooks(struct replay *replay, const struct recorded *record)
{
	const char *text = record->data, *end = text + record->size, *value;
	size_t len;

	replay->nr_hooks = 0;
	for (const char *line = text, *nl; line < end; line = nl ? nl + 1 : end) {
		nl = memchr(line, '\n', end - line);
		take_hook(replay, line, (nl ? nl : end) - line);
	}
	value = text_value(text, record->size, "backend", &len);
	if (value)
		snprintf(replay->backend, sizeof(replay->backend), "%.*s", (int)(len & 15), value);
	replay->rules_off |= text_number(text, record->size, "rules_off");
	replay->stateless = text_number(text, record->size, "unchecked");
	/* of what was checked there the events tell when what was known */
	if (replay->stateless && text_value(text, record->size, "kfence_size", &len)) {
		replay->kfence.start = text_number(text, record->size, "kfence_start");
		replay->kfence.size = text_number(text, record->size, "kfence_size");
	}
}

static int take_stack(struct replay *replay, const struct recorded *record)
{
	struct pwt_stack head;
	struct stack *stack;

	if (record->size < sizeof(head))
		return 0;
	memcpy(&head, record->data, sizeof(head));
	if (head.id < 0 || head.id >= MOST_STACKS || head.nr > 32 ||
	    record->size - sizeof(head) < head.nr * sizeof(uint64_t))
		return 0;
	stack = replay->stacks[head.id];
	if (!stack)
		stack = replay->stacks[head.id] = calloc(1, sizeof(*stack));
	if (!stack)
		return -ENOMEM;
	stack->nr = head.nr;
	memcpy(stack->addrs, (const char *)record->data + sizeof(head), head.nr * sizeof(uint64_t));
	return 0;
}

static int take_losses(struct replay *replay, const struct recorded *record)
{
	struct pwt_losses losses;
	size_t size;

	if (record->size < sizeof(losses))
		return 0;
	memcpy(&losses, record->data, sizeof(losses));
	size = losses.nr_tasks * sizeof(uint32_t);
	if (losses.nr_tasks > MOST_TASKS || record->size - sizeof(losses) < size)
		return 0;
	replay->losses = losses;
	for (int type = 0; type < PWT_NR_TYPES && type < 16; type++)
		replay->lost[type] = losses.records[type];
	/* a mask is made of it */
	if (!losses.nr_tasks || losses.nr_tasks & (losses.nr_tasks - 1))
		return 0;
	free(replay->by_task);
	replay->nr_tasks = 0;
	replay->by_task = malloc(size);
	if (!replay->by_task)
		return -ENOMEM;
	memcpy(replay->by_task, (const char *)record->data + sizeof(losses), size);
	replay->nr_tasks = losses.nr_tasks;
	return 0;
}

/* What is needed before the first event, wherever in the file it is. */
static int look_ahead(struct replay *replay, struct recording *recording, struct problem *why)
{
	struct recorded record;
	int err = 0, more;

	recording_begin(recording,
			1ULL << PWT_REC_HOOKS | 1ULL << PWT_REC_STACK | 1ULL << PWT_REC_LOSSES);
	while (!err && (more = recording_next(recording, &record)) > 0) {
		if (record.type == PWT_REC_HOOKS)
			take_hooks(replay, &record);
		else if (record.type == PWT_REC_STACK)
			err = take_stack(replay, &record);
		else if (record.type == PWT_REC_LOSSES)
			err = take_losses(replay, &record);
	}
	if (!err && more < 0)
		err = more;
	return err ? problem(why, err, "cannot read it: %s", strerror(-err)) : 0;
}

static void note_damage(struct replay *replay, size_t part, const struct recording *recording)
{
	char damage[160];

	if (!*replay->damage && recording_damage(recording, damage, sizeof(damage)))
		snprintf(replay->damage, sizeof(replay->damage), "%s%s%s",
			 part ? replay->paths[part] : "", part ? ": " : "", damage);
}

/* Symbols of all parts: a change may be shown in one, and its caller be named in another. */
static int learn(struct replay *replay, size_t part, struct problem *why)
{
	struct recording *recording;
	struct kernel kernel = {};
	int err = recording_open(&recording, replay->paths[part], why);

	if (err)
		return err;
	err = recording_kernel(recording, part ? &kernel : &replay->kernel,
			       part ? NULL : &replay->info, why);
	if (!err && part)
		err = kernel_join_symbols(&replay->kernel, &kernel);
	/* what it would tell, the first one has told, but for names */
	if (part && err == -ENODATA)
		err = 0;
	if (!err)
		err = look_ahead(replay, recording, why);
	/* in what has no events, too: losses would not be told */
	if (!err)
		note_damage(replay, part, recording);
	kernel_close(&kernel);
	recording_close(recording);
	return err;
}

static int start_check(struct replay *replay, uint32_t rules_off)
{
	struct check_config config;

	checker_config(&config, &replay->kernel, replay->hooks, replay->nr_hooks);
	checker_code(&replay->code, &replay->kernel, replay->hooks, replay->nr_hooks);
	config.own_tgid = replay->info.tgid;
	config.rules_off = replay->rules_off | rules_off;
	config.in_kfence_pool = in_kfence_pool;
	config.kfence_ctx = replay;
	config.unseen = unseen;
	config.unseen_ctx = replay;
	return check_new(&replay->check, &config, replay->events.change, replay->ctx);
}

int replay_open(struct replay **out, char *const *paths, size_t nr, uint32_t rules_off,
		const struct session_events *events, void *ctx, struct problem *why)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	int err = 0;

	if (!replay)
		return problem(why, -ENOMEM, "out of memory");
	replay->kfence = checker_no_kfence;
	replay->paths = paths;
	replay->nr_paths = nr;
	replay->events = *events;
	replay->ctx = ctx;
	for (size_t part = 0; part < nr && !err; part++)
		err = learn(replay, part, why);
	/* what is attached decides what is looked for */
	if (!err && !replay->nr_hooks)
		err = problem(why, -ENODATA,
			      "%s was cut off or damaged before it told what was attached",
			      paths[0]);
	if (!err && (start_check(replay, rules_off) || event_reader_new(&replay->reader)))
		err = problem(why, -ENOMEM, "out of memory");
	if (err) {
		replay_close(replay);
		return err;
	}
	*out = replay;
	return 0;
}

void replay_close(struct replay *replay)
{
	if (!replay)
		return;
	event_reader_free(replay->reader);
	check_free(replay->check);
	kernel_close(&replay->kernel);
	for (size_t i = 0; i < MOST_STACKS; i++)
		free(replay->stacks[i]);
	free(replay->by_task);
	free(replay);
}

static int take_record(struct replay *replay, const struct event *event)
{
	int err = 0;

	if (replay->events.record && event->size >= sizeof(struct pwt_hdr))
		replay->events.record(replay->ctx, event->data, event->size);
	if (!checker_ignores(&replay->kernel, event->data, event->size))
		err = check_record(replay->check, event->data, event->size);
	return err;
}

/* False: there is less of it. */
static bool get(const struct event *event, void *to, size_t size)
{
	if (event->size >= size)
		memcpy(to, event->data, size);
	return event->size >= size;
}

static int take_state(struct replay *replay, const struct event *event)
{
	const struct pwt_state *state = event->data;
	int err;

	if (!replay->gaps)
		return 0;
	err = checker_restore(replay->check, state, event->size);
	if (err)
		return err == -EBADMSG ? 0 : err;
	if (replay->astray)
		replay->kfence = state->kfence;
	replay->astray = false;
	return 0;
}

static int take_event(struct replay *replay, const struct event *event)
{
	switch (event->kind) {
	case PWT_EVENT_UNSEEN:
		get(event, &replay->unseen, sizeof(replay->unseen));
		break;
	case PWT_EVENT_KFENCE:
		get(event, &replay->kfence, sizeof(replay->kfence));
		break;
	case PWT_EVENT_STATE:
		return take_state(replay, event);
	case PWT_EVENT_IDLE:
		check_idle(replay->check);
		break;
	case PWT_EVENT_END:
		replay->ended = true;
		check_finish(replay->check, replay->by_task, replay->nr_tasks);
		break;
	default:
		if (event->kind < PWT_NR_TYPES && !replay->astray)
			return take_record(replay, event);
	}
	return 0;
}

/* Something is missing here. */
static void lose_track(struct replay *replay)
{
	replay->astray = true;
	replay->gaps++;
	check_gap(replay->check);
}

/* Where no state is recorded: with what was known before, and calls under way of which nothing is.
 */
static int go_on_without_state(struct replay *replay)
{
	struct check_state now;

	check_save(replay->check, &now, NULL, 0);
	now.unknown = true;
	replay->astray = false;
	return check_restore(replay->check, &now, NULL, 0);
}

static int take_events(struct replay *replay, const struct recorded *record)
{
	struct event event;
	int err, more = event_reader_begin(replay->reader, record->data, record->size);

	if (!more && replay->astray && replay->stateless)
		more = go_on_without_state(replay);
	while (!more && (more = event_reader_next(replay->reader, &event)) > 0) {
		replay->stopped = replay->stop && replay->stop(replay->ctx);
		err = replay->stopped ? 0 : take_event(replay, &event);
		if (err || replay->stopped)
			return err;
		more = 0;
	}
	if (more != -EBADMSG)
		return 0;
	replay->bad_events++;
	lose_track(replay);
	return 0;
}

/* The parts of a recording follow each other; what one of them lacks is missing. */
static void begin_part(struct replay *replay, const struct recording *recording)
{
	if (recording_file(recording)->first != replay->next_chunk)
		lose_track(replay);
}

static int run_part(struct replay *replay, size_t part, struct problem *why)
{
	struct recording *recording;
	struct recorded record;
	int more = 0, err = recording_open(&recording, replay->paths[part], why);

	if (err)
		return err;
	recording_begin(recording, 1ULL << PWT_REC_EVENTS);
	begin_part(replay, recording);
	while (!err && !replay->stopped && (more = recording_next(recording, &record)) > 0) {
		if (record.gap)
			lose_track(replay);
		if (record.type == PWT_REC_EVENTS)
			err = take_events(replay, &record);
	}
	replay->next_chunk = recording_number(recording);
	if (!err && more < 0)
		err = more;
	/* of what was not asked for nothing is to be said */
	if (!replay->stopped)
		note_damage(replay, part, recording);
	recording_close(recording);
	return err ? problem(why, err, "cannot go on: %s", strerror(-err)) : 0;
}

/* Without the end of the capture all that hangs on what came later is lost. */
static void finish(struct replay *replay)
{
	if (!replay->ended) {
		check_gap(replay->check);
		check_finish(replay->check, NULL, 0);
	}
	if (!*replay->damage && replay->bad_events)
		snprintf(replay->damage, sizeof(replay->damage), "some events make no sense");
}

int replay_run(struct replay *replay, bool (*stop)(void *ctx), struct problem *why)
{
	int err = 0;

	replay->stop = stop;
	for (size_t part = 0; part < replay->nr_paths && !err && !replay->stopped; part++)
		err = run_part(replay, part, why);
	if (!err && !replay->stopped)
		finish(replay);
	return err;
}

const struct kernel *replay_kernel(const struct replay *replay)
{
	return &replay->kernel;
}

const struct recorded_info *replay_info(const struct replay *replay)
{
	return &replay->info;
}

const char *replay_function(const struct replay *replay, enum pwt_func func)
{
	for (size_t i = 0; i < replay->nr_hooks; i++)
		if (replay->hooks[i].func == func)
			return replay->hooks[i].function;
	return "?";
}

void replay_stack(const struct replay *replay, const struct change *change, struct stack *stack)
{
	stack->nr = 0;
	if (change->stack_id >= 0 && change->stack_id < MOST_STACKS &&
	    replay->stacks[change->stack_id])
		*stack = *replay->stacks[change->stack_id];
	checker_stack(&replay->code, change->func, stack);
}

void replay_summary(const struct replay *replay, struct summary *summary)
{
	*summary = (struct summary){
		.stats = check_stats(replay->check),
		.records_lost = replay->lost,
		.records_lost_total = replay->losses.total,
		.probes_missed = replay->losses.missed,
		.kernel = replay->kernel.release,
		.backend = replay->backend,
		.hooks = replay->hooks,
		.nr_hooks = replay->nr_hooks,
	};
}

uint64_t replay_unwritten(const struct replay *replay)
{
	return replay->losses.unwritten;
}

bool replay_damage(const struct replay *replay, char *buf, size_t size)
{
	snprintf(buf, size, "%s", replay->damage);
	return *replay->damage;
}
