// SPDX-License-Identifier: GPL-2.0-only
#include "object.h"
#include "prediction.h"

static json *area(const struct op_result *result)
{
	json *object;

	if (!result->has_area)
		return NULL;
	object = json_object_new_object();
	put_hex(object, "addr", result->area.addr);
	put_number(object, "size", result->area.size);
	put_number(object, "pages", result->area.nr_pages);
	put_hex(object, "flags", result->area.flags);
	return object;
}

static json *parts(const struct op_result *result)
{
	static const char *const flushes[] = {
		[OP_FLUSH_NONE] = "none",
		[OP_FLUSH_RANGE] = "range",
		[OP_FLUSH_SKIPPED] = "skipped",
		[OP_FLUSH_UNKNOWN] = "unknown",
	};
	json *array = json_object_new_array();

	for (uint32_t i = 0; i < result->nr_parts; i++) {
		const struct op_part *part = &result->parts[i];
		json *object = json_object_new_object();

		put_hex(object, "addr", part->addr);
		put_number(object, "size", part->size);
		put_bool(object, "alias", part->alias);
		put_mask(object, "set", part->set_mask);
		put_mask(object, "clear", part->clear_mask);
		put_number(object, "ret", part->ret);
		put_string(object, "flush", flushes[part->flush]);
		put_leaves(object, "leaves", part->leaves);
		json_object_array_add(array, object);
	}
	return array;
}

static json *splits(const struct op_result *result)
{
	json *array = json_object_new_array();

	for (uint32_t i = 0; i < result->nr_splits; i++) {
		const struct op_split *split = &result->splits[i];
		json *object = json_object_new_object();

		put_string(object, "level", geometry_level_name(split->level));
		put_string(object, "what", split->run ? "run" : "block");
		put_hex(object, "addr", split->addr);
		put_hex(object, "before", split->before);
		json_object_array_add(array, object);
	}
	return array;
}

static json *changes(const struct op_result *result)
{
	json *array = json_object_new_array();

	for (uint32_t i = 0; i < result->nr_entries; i++) {
		const struct op_entry *entry = &result->entries[i];
		json *object = json_object_new_object();

		put_string(object, "level", geometry_level_name(entry->level));
		put_hex(object, "addr", entry->addr);
		put_bool(object, "alias", result->parts[entry->part].alias);
		put_hex(object, "before", entry->before);
		put_hex(object, "after", entry->after);
		json_object_array_add(array, object);
	}
	return array;
}

static json *findings(const struct op_result *result)
{
	json *array = json_object_new_array();

	for (int i = 0; i < OP_NR_FINDINGS; i++)
		if (result->findings & 1U << i)
			json_object_array_add(array, json_object_new_string(op_finding_name(i)));
	return array;
}

static void put_result(json *object, const struct op_result *result)
{
	put(object, "ret",
	    op_decision_is_gap(result->decision) ? NULL : json_object_new_int(result->ret));
	put_string(object, "decided_by", op_decision_name(result->decision));
	put_string(object, "text", op_decision_text(result->decision));
	put(object, "area", area(result));
	put_boundary(object, &result->boundary);
	put(object, "parts", parts(result));
	put(object, "splits", splits(result));
	put(object, "changes", changes(result));
	put(object, "findings", findings(result));
}

static json *conditions(const struct op_alternative *alternative)
{
	json *object = json_object_new_object();

	for (enum op_rule rule = 0; rule < OP_NR_RULES; rule++)
		if (alternative->chosen[rule] != OP_UNKNOWN)
			put_bool(object, op_rule_name(rule), alternative->chosen[rule] == OP_YES);
	return object;
}

/* What all alternatives agree on, the rest null. */
static void put_common(json *object, const struct op_prediction *prediction)
{
	static const char *const keys[] = {
		"ret",	 "decided_by", "text",	  "area",     "boundary",
		"parts", "splits",     "changes", "findings",
	};
	json *first = json_object_new_object();

	put_result(first, &prediction->alternatives[0].result);
	for (unsigned int i = 1; i < prediction->nr; i++) {
		json *other = json_object_new_object();

		put_result(other, &prediction->alternatives[i].result);
		for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++)
			if (!json_object_equal(json_object_object_get(first, keys[k]),
					       json_object_object_get(other, keys[k])))
				put(first, keys[k], NULL);
		json_object_put(other);
	}
	for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++)
		put(object, keys[k], json_object_get(json_object_object_get(first, keys[k])));
	json_object_put(first);
}

static json *alternatives(const struct op_prediction *prediction)
{
	json *array = json_object_new_array();

	for (unsigned int i = 0; i < prediction->nr && prediction->nr > 1; i++) {
		json *object = json_object_new_object();

		put(object, "if", conditions(&prediction->alternatives[i]));
		put_result(object, &prediction->alternatives[i].result);
		json_object_array_add(array, object);
	}
	return array;
}

static json *tried_object(const struct tried *tried)
{
	json *object, *difference;

	if (!tried)
		return NULL;
	object = json_object_new_object();
	put_number(object, "ret", tried->ret);
	put_bool(object, "same", tried->same);
	if (!tried->differs)
		return object;
	difference = json_object_new_object();
	put_string(difference, "level", geometry_level_name(tried->level));
	put_hex(difference, "addr", tried->addr);
	put_hex(difference, "expected", tried->expected);
	put_hex(difference, "found", tried->found);
	put(object, "difference", difference);
	return object;
}

void prediction_json(FILE *out, const struct kernel *kernel, const struct emit_options *options,
		     const struct shown_prediction *shown)
{
	json *object = object_of("prediction");

	put_string(object, "op", op_name(shown->request->op));
	put_hex(object, "addr", shown->request->addr);
	put_number(object, "size",
		   (int64_t)shown->request->pages * geometry_page_size(&kernel->geo));
	put_common(object, shown->prediction);
	put(object, "alternatives", alternatives(shown->prediction));
	put_number(object, "blank_tables", shown->blank);
	put(object, "tried", tried_object(shown->tried));
	print_object(out, object, options->pretty);
}
