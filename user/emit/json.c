// SPDX-License-Identifier: GPL-2.0-only
/* For programs: JSON Lines. Addresses and descriptors are hexadecimal strings. */
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "object.h"

static json *finding_names(const struct change *change)
{
	json *array = json_object_new_array();

	for (int i = 0; i < FINDING_NR; i++)
		if (change->findings & 1U << i)
			json_object_array_add(array, json_object_new_string(finding_name(i)));
	return array;
}

static json *stack_symbols(const struct emitter *emitter, const struct stack *stack)
{
	json *array = json_object_new_array();
	char symbol[128];

	for (size_t i = 0; stack && i < stack->nr; i++) {
		emit_symbol(emitter, stack->addrs[i], symbol, sizeof(symbol));
		json_object_array_add(array, json_object_new_string(symbol));
	}
	return array;
}

static void put_where(json *object, const struct emitter *emitter, const struct change *change)
{
	char symbol[128];

	put_hex(object, "addr", change->addr);
	put_number(object, "size", change->size);
	put_string(object, "zone", zone_name(change->zone));
	put_string(object, "symbol",
		   emit_range_symbol(emitter, change, symbol, sizeof(symbol)) ? symbol : NULL);
}

static void put_who(json *object, const struct emitter *emitter, const struct change *change,
		    const struct stack *stack)
{
	uint64_t caller = geometry_strip_pac(&emitter->kernel->geo, change->callers[0]);
	char symbol[128], comm[EMIT_COMM];

	put_number(object, "pid", change->pid);
	put_number(object, "tgid", change->tgid);
	put_string(object, "comm", emit_comm(change, comm));
	put_number(object, "cpu", change->cpu);
	put_string(object, "context", emit_context(change));
	put_number(object, "preempt_count", change->preempt_count);
	put(object, "lazy_mmu",
	    change->lazy_mmu >= 0 ? json_object_new_int64(change->lazy_mmu) : NULL);
	if (caller)
		emit_symbol(emitter, caller, symbol, sizeof(symbol));
	put_string(object, "caller", caller ? symbol : NULL);
	put(object, "stack", stack_symbols(emitter, stack));
	put(object, "parent",
	    change->parent_seq ? json_object_new_int64(change->parent_seq) : NULL);
	put_bool(object, "own", change->own);
}

static json *difference(const struct difference *diff)
{
	json *object = json_object_new_object();

	put_string(object, "level", geometry_level_name(diff->level));
	put_hex(object, "addr", diff->addr);
	put_hex(object, "before", diff->before);
	put_hex(object, "expected", diff->expected);
	put_hex(object, "after", diff->after);
	return object;
}

static json *area(const struct pwt_area *area)
{
	json *object = json_object_new_object();

	put_hex(object, "addr", area->addr);
	put_number(object, "size", area->size);
	put_number(object, "pages", area->nr_pages);
	put_hex(object, "flags", area->flags);
	return object;
}

/* The leaf-level entries that were read, in the order of addresses. */
static json *entries(const struct image *image)
{
	json *array = json_object_new_array();

	for (uint32_t i = 0; i < image->nr_slices; i++) {
		const struct image_slice *slice = &image->slices[i];
		const uint64_t *desc = image_slice_entries(image, slice);
		uint64_t size = geometry_size(image->geo, slice->level);

		for (unsigned int n = 0; n < slice->nr; n++) {
			json *entry = json_object_new_object();

			put_string(entry, "level", geometry_level_name(slice->level));
			put_hex(entry, "addr", slice->addr + n * size);
			put_hex(entry, "entry", desc[n]);
			json_object_array_add(array, entry);
		}
	}
	return array;
}

/* A call and its parts: the worst verdict among them, and whose it is. */
static json *story(const struct story *story)
{
	json *object = json_object_new_object();

	put_number(object, "parts", story->parts);
	put_string(object, "verdict", verdict_name(story->verdict));
	put_string(object, "reason", reason_name(story->reason));
	put_number(object, "seq", story->seq);
	return object;
}

static json *why_names(uint32_t why)
{
	json *array = json_object_new_array();

	for (int i = 0; i < VMAP_WHY_NR; i++)
		if (why & 1U << i)
			json_object_array_add(array, json_object_new_string(
							     finding_name(FINDING_TOO_SMALL + i)));
	return array;
}

/* What was asked for and what it is mapped by, the largest blocks first. */
static json *birth(const struct emitter *emitter, const struct change *change)
{
	const struct birth *birth = &change->birth;
	json *object = json_object_new_object(), *array = json_object_new_array();

	put_number(object, "asked", birth->asked);
	put_hex(object, "prot", birth->prot);
	if (change->func == PWT_FN_VMALLOC)
		put_hex(object, "vm_flags", birth->vm_flags);
	else
		put(object, "vm_flags", NULL);
	put_number(object, "pages", birth->pages);
	for (int block = VMAP_NR - 1; block >= 0; block--) {
		json *entry;

		if (!birth->mapped[block].nr)
			continue;
		entry = json_object_new_object();
		put_number(entry, "size", vmap_block_size(&emitter->kernel->geo, block));
		put_number(entry, "nr", birth->mapped[block].nr);
		put(entry, "why", why_names(birth->mapped[block].why));
		json_object_array_add(array, entry);
	}
	put(object, "mapped", array);
	return object;
}

static void put_verdict(json *object, const struct change *change)
{
	put_leaves(object, "leaves", change->leaves);
	put_leaves(object, "splits", change->splits);
	put_string(object, "verdict", verdict_name(change->verdict));
	put_string(object, "reason", reason_name(change->reason));
	put(object, "findings", finding_names(change));
	if (change->has_area)
		put(object, "area", change->area.addr ? area(&change->area) : NULL);
	if (change->story.parts)
		put(object, "story", story(&change->story));
	if (change->verdict == VERDICT_MISMATCH)
		put_number(object, "expected_ret", change->expected_ret);
	if (change->boundary.found)
		put_boundary(object, &change->boundary);
	if (change->diff.found)
		put(object, "difference", difference(&change->diff));
	if (change->verdict == VERDICT_MISMATCH || change->verdict == VERDICT_RACED ||
	    emit_nothing_done(change)) {
		put(object, "before", entries(&change->before));
		put(object, "after", entries(&change->after));
	}
}

static void print(struct emitter *emitter, json *object)
{
	print_object(emitter->out, object, emitter->options.pretty);
}

static void json_change(struct emitter *emitter, const struct change *change,
			const struct stack *stack)
{
	json *object = json_object_new_object();
	char time[48];

	emit_time(emitter, change->time, true, time, sizeof(time));
	put_string(object, "type", "change");
	put_number(object, "seq", change->seq);
	put_string(object, "time", time);
	put_string(object, "op", change->op);
	put_string(object, "hook", emit_function(emitter, change->func));
	put_where(object, emitter, change);
	put_mask(object, "set", change->has_masks ? change->set_mask : 0);
	put_mask(object, "clear", change->has_masks ? change->clear_mask : 0);
	put(object, "ret", change->has_ret ? json_object_new_int(change->ret) : NULL);
	put_who(object, emitter, change, stack);
	put_number(object, "duration_ns", change->duration);
	if (change->birth.asked)
		put(object, "birth", birth(emitter, change));
	put_verdict(object, change);
	print(emitter, object);
}

static void json_walk(struct emitter *emitter, const struct pwt_walk *walk)
{
	json *object = json_object_new_object();
	char time[48], ops[128];

	emit_time(emitter, walk->hdr.time, true, time, sizeof(time));
	emit_symbol(emitter, walk->ops, ops, sizeof(ops));
	put_string(object, "type", "walk");
	put_string(object, "time", time);
	put_string(object, "hook", emit_function(emitter, walk->hdr.func));
	put_hex(object, "start", walk->start);
	put_hex(object, "end", walk->end);
	put_string(object, "ops", ops);
	if (walk->pgd)
		put_hex(object, "pgd", walk->pgd);
	else
		put(object, "pgd", NULL);
	put_number(object, "ret", walk->ret);
	put_number(object, "pid", walk->hdr.pid);
	put_number(object, "cpu", walk->hdr.cpu);
	print(emitter, object);
}

static json *hook_array(const struct summary *summary)
{
	json *array = json_object_new_array();

	for (size_t i = 0; i < summary->nr_hooks; i++) {
		const struct hook_status *hook = &summary->hooks[i];
		json *object;

		if (hook->state == HOOK_OFF)
			continue;
		object = json_object_new_object();
		put_string(object, "function", hook->function);
		put_string(object, "state",
			   hook->state == HOOK_ATTACHED ? "attached" :
			   hook->state == HOOK_ABSENT	? "absent" :
							  "failed");
		put_number(object, "missed", hook->missed);
		json_object_array_add(array, object);
	}
	return array;
}

static json *losses(const struct summary *summary)
{
	json *object = json_object_new_object();

	for (int type = 0; type < PWT_NR_TYPES; type++)
		if (emit_record_type(type))
			put_number(object, emit_record_type(type), summary->records_lost[type]);
	return object;
}

/* NULL: no change has told. */
static json *settled(const struct settled *rule)
{
	json *object;

	if (rule->answer == OP_UNKNOWN)
		return NULL;
	object = json_object_new_object();
	put_bool(object, "yes", rule->answer == OP_YES);
	put_number(object, "seq", rule->seq);
	return object;
}

static json *settled_rules(const struct check_stats *stats)
{
	json *object = json_object_new_object();

	put(object, op_rule_name(OP_RULE_ALIAS_AREA), settled(&stats->alias_area));
	put(object, op_rule_name(OP_RULE_REFUSES_HUGE), settled(&stats->refuses_huge));
	return object;
}

static void json_summary(struct emitter *emitter, const struct summary *summary)
{
	static const char *const verdict_keys[VERDICT_NR] = {
		"match", "mismatch", "unknown", "raced", "lost",
	};
	json *object = object_of("summary");

	if (summary->file)
		put_string(object, "file", summary->file);
	put_number(object, "changes", summary->stats->changes);
	for (enum verdict verdict = 0; verdict < VERDICT_NR; verdict++)
		put_number(object, verdict_keys[verdict], summary->stats->verdicts[verdict]);
	put_number(object, "shown", summary->shown);
	put_number(object, "own", summary->stats->own);
	put_number(object, "unfinished", summary->stats->unfinished);
	put_number(object, "malformed", summary->stats->malformed);
	put_number(object, "records", summary->stats->records);
	put_number(object, "records_lost", summary->records_lost_total);
	put(object, "records_lost_by_type", losses(summary));
	put_number(object, "probes_missed", summary->probes_missed);
	put(object, "rules", settled_rules(summary->stats));
	put_string(object, "kernel", summary->kernel);
	put_string(object, "backend", summary->backend);
	put(object, "hooks", hook_array(summary));
	print(emitter, object);
	fflush(emitter->out);
}

static void json_idle(struct emitter *emitter)
{
	fflush(emitter->out);
}

static void json_free(struct emitter *emitter)
{
	free(emitter);
}

static const struct emitter_ops json_ops = {
	.change = json_change,
	.walk = json_walk,
	.summary = json_summary,
	.idle = json_idle,
	.free = json_free,
};

struct emitter *emit_json_new(void)
{
	struct emitter *emitter = calloc(1, sizeof(*emitter));

	if (emitter)
		emitter->ops = &json_ops;
	return emitter;
}
