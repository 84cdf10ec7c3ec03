// SPDX-License-Identifier: GPL-2.0-only
#include "tally.h"

#include <stdlib.h>
#include <string.h>

static unsigned int op_of(struct tally *tally, const char *name)
{
	unsigned int op = 0;

	while (op < tally->nr_ops && strcmp(tally->ops[op].name, name))
		op++;
	if (op == TALLY_OPS)
		op--;
	else if (op == tally->nr_ops)
		tally->ops[tally->nr_ops++].name = op == TALLY_OPS - 1 ? "others" : name;
	return op;
}

/* As people are shown it, without the line that says what is in which column. */
static char *describe(const struct emitter *emitter, const struct change *change,
		      const struct stack *stack)
{
	const struct emit_options options = {}; /* not all entries of a large one */
	char *text = NULL, *line;
	struct emitter *plain;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	plain = emitter_new(emitter->kernel, &options, out);
	if (plain) {
		plain->range_function = emitter->range_function;
		emit_change(plain, change, stack);
		emitter_free(plain);
	}
	if (fclose(out) || !plain) {
		free(text);
		return NULL;
	}
	line = strchr(text, '\n');
	if (line)
		memmove(text, line + 1, strlen(line));
	return text;
}

static void add_mismatch(struct tally *tally, const struct emitter *emitter, unsigned int op,
			 const struct change *change, const struct stack *stack)
{
	struct tally_mismatch *mismatch = &tally->mismatches[tally->nr_mismatches];

	if (tally->nr_mismatches == TALLY_MISMATCHES)
		return;
	*mismatch = (struct tally_mismatch){ op, change->reason, change->addr,
					     describe(emitter, change, stack) };
	if (mismatch->text)
		tally->nr_mismatches++;
	else
		tally->incomplete = true;
}

void tally_add(struct tally *tally, const struct emitter *emitter, const struct change *change,
	       const struct stack *stack)
{
	unsigned int op = op_of(tally, change->op);

	tally->classes[change->verdict][change->reason]++;
	tally->ops[op].verdicts[change->verdict]++;
	/* the time of a part is that of the whole, too */
	if (!change->parent_seq)
		tally->ops[op].time += change->duration;
	if (change->verdict == VERDICT_MISMATCH)
		add_mismatch(tally, emitter, op, change, stack);
}

void tally_release(struct tally *tally)
{
	for (unsigned int i = 0; i < tally->nr_mismatches; i++)
		free(tally->mismatches[i].text);
	tally->nr_mismatches = 0;
}

uint64_t tally_untold(const struct tally *tally, int op)
{
	uint64_t all = 0, told = 0;

	for (unsigned int i = 0; i < tally->nr_ops; i++)
		if (op < 0 || i == (unsigned int)op)
			all += tally->ops[i].verdicts[VERDICT_MISMATCH];
	for (unsigned int i = 0; i < tally->nr_mismatches; i++)
		told += op < 0 || tally->mismatches[i].op == (unsigned int)op;
	return all - told;
}

static void results_change(struct emitter *emitter, const struct change *change,
			   const struct stack *stack)
{
	tally_add(&((struct results *)emitter)->tally, emitter, change, stack);
}

static void results_walk(struct emitter *emitter, const struct pwt_walk *walk)
{
	(void)emitter, (void)walk;
}

static void results_free(struct emitter *emitter)
{
	tally_release(&((struct results *)emitter)->tally);
	free(emitter);
}

struct emitter *results_new(void (*print)(struct emitter *emitter, const struct summary *summary))
{
	struct results *results = calloc(1, sizeof(*results));

	if (!results)
		return NULL;
	results->ops = (struct emitter_ops){
		.change = results_change,
		.walk = results_walk,
		.summary = print,
		.free = results_free,
	};
	results->base.ops = &results->ops;
	return &results->base;
}

void emit_results_begin(enum emit_results results, FILE *out, size_t nr)
{
	if (results == EMIT_KTAP)
		ktap_begin(out, nr);
	else if (results == EMIT_JUNIT)
		junit_begin(out);
	fflush(out);
}

void emit_results_end(enum emit_results results, FILE *out)
{
	if (results == EMIT_JUNIT)
		junit_end(out);
	fflush(out);
}

void emit_results_none(enum emit_results results, FILE *out, const char *name, unsigned int number,
		       const char *why)
{
	if (results == EMIT_KTAP)
		ktap_none(out, name, number, why);
	else if (results == EMIT_JUNIT)
		junit_none(out, name, number, why);
	fflush(out);
}
