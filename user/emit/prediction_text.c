// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <string.h>

#include "draw.h"
#include "geometry/descriptor.h"
#include "prediction.h"

#define MAX_SHOWN 8

struct view {
	FILE *out;
	const struct kernel *kernel;
	const struct emit_options *options;
	const struct op_request *request;
};

static const char *paint(const struct view *view, const char *color)
{
	return view->options->color ? color : "";
}

static void print_masks(const struct view *view, const struct op_part *part)
{
	const struct {
		char sign;
		uint64_t mask;
	} masks[] = { { '-', part->clear_mask }, { '+', part->set_mask } };

	for (int i = 0; i < 2; i++) {
		const char *names[64];
		size_t nr = desc_mask_names(masks[i].mask, names, 64);

		for (size_t n = 0; n < nr; n++)
			fprintf(view->out, " %c%s", masks[i].sign,
				strncmp(names[n], "PTE_", 4) ? names[n] : names[n] + 4);
	}
}

static void print_entry(const struct view *view, const char *label, enum pgtable_level level,
			uint64_t desc)
{
	char words[160];

	desc_describe(&view->kernel->geo, level, desc, words, sizeof(words));
	fprintf(view->out, "      %-9s %016" PRIx64 "  %s\n", label, desc, words);
}

static void print_area(const struct view *view, const struct op_result *result)
{
	const struct op_area *area = &result->area;

	if (result->has_area)
		fprintf(view->out,
			"    area %#" PRIx64 " to %#" PRIx64 ", %" PRIu64 " pages, flags %#" PRIx64
			"\n",
			area->addr, area->addr + area->size, area->nr_pages, area->flags);
}

static void print_part(const struct view *view, const struct op_part *part)
{
	static const char *const flushes[] = {
		[OP_FLUSH_NONE] = "no TLB flush",
		[OP_FLUSH_RANGE] = "TLB flush",
		[OP_FLUSH_SKIPPED] = "TLB flush left out (inferred)",
		[OP_FLUSH_UNKNOWN] = "TLB flush perhaps left out",
	};
	char size[24];

	emit_size(part->size, size, sizeof(size));
	fprintf(view->out, "    %-6s %#" PRIx64 " %5s = %d ", part->alias ? "alias" : "range",
		part->addr, size, part->ret);
	print_masks(view, part);
	for (int level = PGTABLE_NR_LEVELS - 1; level >= 0; level--)
		if (part->leaves[level])
			fprintf(view->out, ", %u %s", part->leaves[level],
				geometry_level_name(level));
	fprintf(view->out, ", %s\n", flushes[part->flush]);
}

static void print_parts(const struct view *view, const struct op_result *result)
{
	uint32_t shown = view->options->verbose ? ~0U : MAX_SHOWN, skipped = 0;

	for (uint32_t i = 0; i < result->nr_parts; i++) {
		bool last = i + 1 == result->nr_parts;

		if (i >= shown && !last) {
			skipped++;
			continue;
		}
		if (skipped)
			fprintf(view->out, "    ... %u more like it\n", skipped);
		print_part(view, &result->parts[i]);
	}
}

static void print_splits(const struct view *view, const struct op_result *result)
{
	for (uint32_t i = 0; i < result->nr_splits; i++) {
		const struct op_split *split = &result->splits[i];
		uint64_t bytes = geometry_size(&view->kernel->geo, split->level);
		char size[24];

		if (split->run)
			bytes *= geometry_run(&view->kernel->geo, split->level);
		emit_size(bytes, size, sizeof(size));
		fprintf(view->out, "    split  %#" PRIx64 " %5s %s: %s\n", split->addr, size,
			geometry_level_name(split->level),
			split->run ? "a contiguous run loses its bits" : "a block becomes a table");
		print_entry(view, "before", split->level, split->before);
	}
}

static void print_entries(const struct view *view, const struct op_result *result)
{
	uint32_t shown = view->options->verbose ? result->nr_entries : MAX_SHOWN;

	for (uint32_t i = 0; i < result->nr_entries && i < shown; i++) {
		const struct op_entry *entry = &result->entries[i];

		fprintf(view->out, "    %s of %#" PRIx64 "%s:\n", geometry_level_name(entry->level),
			entry->addr, result->parts[entry->part].alias ? " (alias)" : "");
		print_entry(view, "before", entry->level, entry->before);
		print_entry(view, entry->after == entry->before ? "unchanged" : "after",
			    entry->level, entry->after);
	}
	if (result->nr_entries > shown)
		fprintf(view->out, "    ... and %u entries more (-v shows them)\n",
			result->nr_entries - shown);
}

static void print_answer(const struct view *view, const struct op_result *result)
{
	if (op_decision_is_gap(result->decision))
		fprintf(view->out, "%snot known%s", paint(view, "\033[33m"),
			paint(view, "\033[0m"));
	else
		fprintf(view->out, "%s%d%s", paint(view, result->ret ? "\033[1;31m" : "\033[32m"),
			result->ret, paint(view, "\033[0m"));
	fprintf(view->out, ": %s\n", op_decision_text(result->decision));
}

static void print_result(const struct view *view, const struct op_result *result)
{
	const struct op_part *last = result->nr_parts ? &result->parts[result->nr_parts - 1] : NULL;

	print_area(view, result);
	for (int i = 0; i < OP_NR_FINDINGS; i++)
		if (result->findings & 1U << i)
			fprintf(view->out, "    %s\n", op_finding_text(i));
	if (result->boundary.found && last) {
		static struct change change;

		change.addr = last->addr;
		change.size = last->size;
		change.boundary = result->boundary;
		draw_boundary(view->out, &change, "    ");
	}
	print_parts(view, result);
	print_splits(view, result);
	print_entries(view, result);
}

static void print_conditions(const struct view *view, const struct op_alternative *alternative)
{
	bool first = true;

	for (enum op_rule rule = 0; rule < OP_NR_RULES; rule++) {
		if (alternative->chosen[rule] == OP_UNKNOWN)
			continue;
		fprintf(view->out, "%s%s", first ? "if " : ", and ",
			op_rule_text(rule, alternative->chosen[rule] == OP_YES));
		first = false;
	}
	fprintf(view->out, "%s", first ? "" : ": ");
}

static void print_tried(const struct view *view, const struct tried *tried)
{
	fprintf(view->out, "  tried: %d, %s%s%s\n", tried->ret,
		paint(view, tried->same ? "\033[32m" : "\033[1;31m"),
		tried->same ? "as foreseen" : "NOT as foreseen", paint(view, "\033[0m"));
	if (!tried->differs)
		return;
	fprintf(view->out, "    %s of %#" PRIx64 ":\n", geometry_level_name(tried->level),
		tried->addr);
	print_entry(view, "expected", tried->level, tried->expected);
	print_entry(view, "found", tried->level, tried->found);
}

void prediction_text(FILE *out, const struct kernel *kernel, const struct emit_options *options,
		     const struct shown_prediction *shown)
{
	const struct op_prediction *prediction = shown->prediction;
	const struct op_request *request = shown->request;
	struct view view = { out, kernel, options, request };

	fprintf(out, "%s(%#" PRIx64 ", %d) = ", op_name(request->op), request->addr,
		request->pages);
	for (unsigned int i = 0; i < prediction->nr; i++) {
		if (prediction->nr > 1) {
			fprintf(out, "%s", i ? "  or " : "either ");
			print_conditions(&view, &prediction->alternatives[i]);
		}
		print_answer(&view, &prediction->alternatives[i].result);
		print_result(&view, &prediction->alternatives[i].result);
	}
	if (prediction->more)
		fprintf(out, "  or something else: too much of this kernel is not known\n");
	if (shown->blank)
		fprintf(out, "  %u tables read as zeros: empty, or not readable\n", shown->blank);
	if (shown->tried)
		print_tried(&view, shown->tried);
}
