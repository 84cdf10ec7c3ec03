// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "story.h"

/* More of them, and more bytes, than any kernel has under way: what is recorded may be made up. */
#define MOST_CALLS 32768
#define MOST_WORDS (64U << 20)

static struct call **bucket(struct check *check, uint64_t task)
{
	return &check->tasks[(task >> 7 ^ task >> 15) % CALL_BUCKETS];
}

static struct call *take_spare(struct check *check)
{
	struct call *call = check->spare;

	if (call)
		check->spare = call->next_task;
	else
		call = calloc(1, sizeof(*call));
	return call;
}

/* Everything of a call but its images' small arrays, which need no zeros. */
static void clear(struct call *call)
{
	memset(&call->change, 0, offsetof(struct change, before));
	memset(&call->task, 0, sizeof(*call) - offsetof(struct call, task));
}

static void describe(struct check *check, struct call *call, const struct pwt_enter *enter)
{
	struct change *change = &call->change;

	call->task = enter->hdr.task;
	call->frame = enter->hdr.frame;
	call->lost_at_entry = enter->hdr.lost_by_task;
	call->flags = enter->hdr.flags;
	memcpy(call->args, enter->args, sizeof(call->args));
	change->func = enter->hdr.func;
	change->time = enter->hdr.time;
	change->cpu = enter->hdr.cpu;
	change->pid = enter->hdr.pid;
	change->tgid = enter->tgid;
	change->preempt_count = enter->preempt_count;
	change->lazy_mmu = enter->lazy_mmu;
	change->stack_id = enter->stack_id;
	memcpy(change->comm, enter->comm, PWT_COMM_LEN);
	memcpy(change->callers, enter->callers, sizeof(change->callers));
	change->own = enter->tgid == check->config.own_tgid;
	if (change->func == PWT_FN_RANGE && (enter->preempt_count & 0xff) < check->preempt_share)
		check->preempt_share = enter->preempt_count & 0xff;
}

/* Arguments by function: start and size in bytes, or address and number of pages. */
static void describe_args(const struct check *check, struct call *call, const uint64_t *args)
{
	const struct geometry *geo = check->config.geo;
	struct change *change = &call->change;

	if (is_birth(change->func)) {
		birth_describe(check, call, args);
		return;
	}
	change->addr = args[0];
	change->size = geometry_page_size(geo);
	if (change->func == PWT_FN_RANGE)
		change->size = args[1];
	else if (change->func == PWT_FN_COMMON || change->func == PWT_FN_SET_MEMORY_VALID ||
		 change->func == PWT_FN_SET_DIRECT_MAP_VALID)
		change->size = (int64_t)(int32_t)args[1] * (int64_t)geometry_page_size(geo);
	change->has_masks = change->func == PWT_FN_RANGE || change->func == PWT_FN_COMMON;
	if (change->has_masks) {
		change->set_mask = args[2];
		change->clear_mask = args[3];
	}
	story_address(check, change);
	change->zone = zone_of(check->config.zones, geometry_untag(change->addr));
}

struct call *call_begin(struct check *check, const struct pwt_enter *enter)
{
	struct call *call = take_spare(check), *outer;
	struct call **head;

	if (!call)
		return NULL;
	clear(call);
	image_init(&call->change.before, check->config.geo, check->config.root_pa);
	image_init(&call->change.after, check->config.geo, check->config.root_pa);
	describe(check, call, enter);
	describe_args(check, call, (const uint64_t *)enter->args);
	call->change.seq = ++check->seq;
	check->nr_calls++;

	outer = call_innermost(check, call->task);
	if (outer && is_part_of(check, call, outer)) {
		call->parent = outer;
		call->change.parent_seq = outer->change.seq;
	}
	call->change.op = op_of(check, call);

	head = bucket(check, call->task);
	call->next_task = *head;
	*head = call;
	call->next_open = check->open;
	if (check->open)
		check->open->prev_open = call;
	check->open = call;
	return call;
}

struct call *call_find(struct check *check, const struct pwt_hdr *hdr)
{
	struct call *call = *bucket(check, hdr->task);

	while (call && (call->task != hdr->task || call->frame != hdr->frame ||
			call->change.func != hdr->func))
		call = call->next_task;
	return call;
}

struct call *call_innermost(struct check *check, uint64_t task)
{
	struct call *call = *bucket(check, task);

	while (call && call->task != task)
		call = call->next_task;
	return call;
}

/* It is not in flight any more. */
void call_close(struct check *check, struct call *call)
{
	struct call **link = bucket(check, call->task);

	/* those that began after it come first; what was a part of it is so no more */
	for (; *link != call; link = &(*link)->next_task)
		if ((*link)->parent == call)
			(*link)->parent = NULL;
	*link = call->next_task;
	if (call->prev_open)
		call->prev_open->next_open = call->next_open;
	else
		check->open = call->next_open;
	if (call->next_open)
		call->next_open->prev_open = call->prev_open;
	call->prev_open = call->next_open = call->next_task = NULL;
}

void call_put(struct check *check, struct call *call)
{
	image_release(&call->change.before);
	image_release(&call->change.after);
	free(call->common.alias_addrs);
	free(call->callbacks);
	free(call->pages.pa);
	check->nr_calls--;
	check->words -= call->words;
	call->next_task = check->spare;
	check->spare = call;
}

static size_t words_of(const struct image *image)
{
	return image->room_entries + image->room_slices * sizeof(*image->slices) / 8;
}

/* It may have grown. */
void call_weigh(struct check *check, struct call *call)
{
	size_t words = words_of(&call->change.before) + words_of(&call->change.after) +
		       call->room_callbacks * sizeof(*call->callbacks) / 8 + call->pages.room +
		       call->common.room;

	check->words += words - call->words;
	call->words = words;
}

bool calls_too_many(const struct check *check)
{
	return check->nr_calls > MOST_CALLS || check->words > MOST_WORDS;
}
