// SPDX-License-Identifier: GPL-2.0-only
/* Every answer that is possible where some rule is not known. */
#include <errno.h>
#include <string.h>

#include "op.h"

/* A way through the unknown rules: those that were asked for, in the order of their first asking.
 */
struct path {
	enum op_rule rules[OP_NR_RULES];
	enum op_answer answers[OP_NR_RULES];
	unsigned int nr;
};

static bool on_path(const struct path *path, enum op_rule rule)
{
	for (unsigned int i = 0; i < path->nr; i++)
		if (path->rules[i] == rule)
			return true;
	return false;
}

/* Rules that this run asked for and that nothing was assumed of: they were taken for a no. */
static void extend(struct path *path, const struct op_rules *known, uint32_t asked)
{
	for (enum op_rule rule = 0; rule < OP_NR_RULES; rule++) {
		if (!(asked & 1U << rule) || known->answer[rule] != OP_UNKNOWN ||
		    on_path(path, rule))
			continue;
		path->rules[path->nr] = rule;
		path->answers[path->nr++] = OP_NO;
	}
}

/* The next one: the last no becomes a yes. False: that was all. */
static bool advance(struct path *path)
{
	while (path->nr && path->answers[path->nr - 1] == OP_YES)
		path->nr--;
	if (!path->nr)
		return false;
	path->answers[path->nr - 1] = OP_YES;
	return true;
}

/* Rules that did not make a difference between the two are not what tells them apart. */
static void merge(struct op_alternative *into, const struct op_alternative *same)
{
	for (enum op_rule rule = 0; rule < OP_NR_RULES; rule++)
		if (into->chosen[rule] != same->chosen[rule])
			into->chosen[rule] = OP_UNKNOWN;
	into->result.asked |= same->result.asked;
}

static void take(struct op_prediction *prediction, struct op_alternative *alternative)
{
	for (unsigned int i = 0; i < prediction->nr; i++) {
		if (!op_same(&prediction->alternatives[i].result, &alternative->result))
			continue;
		merge(&prediction->alternatives[i], alternative);
		op_result_release(&alternative->result);
		return;
	}
	if (prediction->nr == OP_MAX_ALTERNATIVES) {
		prediction->more = true;
		op_result_release(&alternative->result);
		return;
	}
	prediction->alternatives[prediction->nr] = *alternative;
	/* an image that is small lies in itself */
	prediction->alternatives[prediction->nr].result.tables.geo = NULL;
	if (image_copy(&prediction->alternatives[prediction->nr].result.tables,
		       &alternative->result.tables))
		prediction->more = true;
	image_release(&alternative->result.tables);
	prediction->nr++;
}

int op_predict(const struct op_kernel *kernel, const struct op_rules *rules,
	       const struct op_request *request, struct op_prediction *prediction)
{
	struct path path = {};
	int err;

	memset(prediction, 0, sizeof(*prediction));
	do {
		struct op_alternative alternative = {};
		struct op_rules assumed = *rules;

		for (unsigned int i = 0; i < path.nr; i++)
			assumed.answer[path.rules[i]] = path.answers[i];
		err = op_run(kernel, &assumed, request, &alternative.result);
		if (err) {
			op_result_release(&alternative.result);
			return err;
		}
		extend(&path, rules, alternative.result.asked);
		for (unsigned int i = 0; i < path.nr; i++)
			alternative.chosen[path.rules[i]] = path.answers[i];
		take(prediction, &alternative);
	} while (advance(&path));
	return 0;
}

void op_prediction_release(struct op_prediction *prediction)
{
	for (unsigned int i = 0; i < prediction->nr; i++)
		op_result_release(&prediction->alternatives[i].result);
	prediction->nr = 0;
}
