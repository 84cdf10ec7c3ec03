// SPDX-License-Identifier: GPL-2.0-only
#include "difference.h"

#include <inttypes.h>
#include <string.h>

#include "dump/sizes.h"
#include "emit/object.h"
#include "geometry/descriptor.h"
#include "source/stream.h"

void traced_note(struct traced_difference *difference, const struct change *change)
{
	difference->seq = change->seq;
	difference->time = change->time;
	difference->op = change->op;
	difference->pid = change->pid;
	difference->verdict = change->verdict;
	memcpy(difference->comm, change->comm, sizeof(difference->comm));
}

static void kinds_text(unsigned int kinds, char *buf, size_t size)
{
	size_t len = 0;

	*buf = 0;
	for (int kind = 0; kind < DIFFERENCE_NR; kind++)
		if (kinds & 1U << kind)
			len += snprintf(buf + len, size - len, "%s%s", len ? "," : "",
					difference_name(kind));
}

/* "64K contiguous 0x40000000 RW NX AF ..." */
static void print_leaf(const struct difference_printer *printer, const char *when,
		       const struct leaf_run *run)
{
	const struct geometry *geo = &printer->kernel->geo;
	const char *words[DESC_MAX_WORDS];
	char name[8];
	size_t nr;

	if (!run->desc) {
		fprintf(printer->out, "    %-7s nothing\n", when);
		return;
	}
	fprintf(printer->out, "    %-7s %s%s pa 0x%" PRIx64, when,
		leaf_name(geo, leaf_size_of(run), name), run->desc & PTE_CONT ? " contiguous" : "",
		desc_address(geo, run->desc));
	nr = desc_words(geo, run->level, run->desc, run->table_bits, words);
	for (size_t i = 0; i < nr; i++)
		fprintf(printer->out, " %s", words[i]);
	fputc('\n', printer->out);
}

static void print_cause(const struct difference_printer *printer,
			const struct traced_difference *difference)
{
	struct emitter emitter = { .kernel = printer->kernel };
	char time[32], symbol[128];

	if (!difference->nr_changes)
		return;
	emit_time(&emitter, difference->time, false, time, sizeof(time));
	fprintf(printer->out, "    by      %s, %s[%u] at %s, change %" PRIu64, difference->op,
		difference->comm, difference->pid, time, difference->seq);
	if (difference->nr_changes > 1)
		fprintf(printer->out, ", the last of %" PRIu64, difference->nr_changes);
	fputc('\n', printer->out);
	for (size_t i = 0; i < difference->stack.nr; i++) {
		emit_symbol(&emitter, difference->stack.addrs[i], symbol, sizeof(symbol));
		fprintf(printer->out, "              %s\n", symbol);
	}
}

static void print_text(const struct difference_printer *printer,
		       const struct traced_difference *difference)
{
	const struct table_difference *table = &difference->table;
	char kinds[80], size[24], symbol[128];

	kinds_text(table->kinds, kinds, sizeof(kinds));
	emit_size(table->size, size, sizeof(size));
	fprintf(printer->out, "0x%016" PRIx64 "-0x%016" PRIx64 " %6s %-8s %s", table->start,
		table->start + table->size, size,
		zone_name(zone_of(&printer->kernel->zones, table->start)), kinds);
	if (kernel_symbol(printer->kernel, table->start, symbol, sizeof(symbol)))
		fprintf(printer->out, " %s", symbol);
	if (table->marks & STREAM_TORN)
		fputs(" <torn>", printer->out);
	fputc('\n', printer->out);
	print_leaf(printer, "before", &table->before);
	print_leaf(printer, "after", &table->after);
	print_cause(printer, difference);
}

static json *leaf_object(const struct geometry *geo, const struct leaf_run *run)
{
	const char *words[DESC_MAX_WORDS];
	json *object, *array;
	char name[8];
	size_t nr;

	if (!run->desc)
		return NULL;
	object = json_object_new_object();
	put_string(object, "level", geometry_level_name(run->level));
	put_string(object, "leaf", leaf_name(geo, leaf_size_of(run), name));
	put_bool(object, "contiguous", run->desc & PTE_CONT);
	put_hex(object, "pa", desc_address(geo, run->desc));
	put_hex(object, "entry", run->desc);
	array = json_object_new_array();
	nr = desc_words(geo, run->level, run->desc, run->table_bits, words);
	for (size_t i = 0; i < nr; i++)
		json_object_array_add(array, json_object_new_string(words[i]));
	put(object, "attributes", array);
	return object;
}

static json *cause_object(const struct difference_printer *printer,
			  const struct traced_difference *difference)
{
	struct emitter emitter = { .kernel = printer->kernel };
	json *object, *stack;
	char text[128];

	if (!difference->nr_changes)
		return NULL;
	object = json_object_new_object();
	stack = json_object_new_array();
	emit_time(&emitter, difference->time, true, text, sizeof(text));
	put_number(object, "seq", difference->seq);
	put_string(object, "time", text);
	put_string(object, "op", difference->op);
	put_number(object, "pid", difference->pid);
	put_string(object, "comm", difference->comm);
	put_string(object, "verdict", verdict_name(difference->verdict));
	for (size_t i = 0; i < difference->stack.nr; i++) {
		emit_symbol(&emitter, difference->stack.addrs[i], text, sizeof(text));
		json_object_array_add(stack, json_object_new_string(text));
	}
	put(object, "stack", stack);
	return object;
}

static void print_json(const struct difference_printer *printer,
		       const struct traced_difference *difference)
{
	const struct table_difference *table = &difference->table;
	json *object = object_of("difference"), *kinds = json_object_new_array();

	for (int kind = 0; kind < DIFFERENCE_NR; kind++)
		if (table->kinds & 1U << kind)
			json_object_array_add(kinds, json_object_new_string(difference_name(kind)));
	put(object, "kinds", kinds);
	put_hex(object, "start", table->start);
	put_number(object, "size", table->size);
	put_string(object, "zone", zone_name(zone_of(&printer->kernel->zones, table->start)));
	put(object, "before", leaf_object(&printer->kernel->geo, &table->before));
	put(object, "after", leaf_object(&printer->kernel->geo, &table->after));
	put_bool(object, "torn", table->marks & STREAM_TORN);
	put_number(object, "changes", difference->nr_changes);
	put(object, "last_change", cause_object(printer, difference));
	print_object(printer->out, object, printer->pretty);
}

void difference_print(const struct difference_printer *printer,
		      const struct traced_difference *difference, struct difference_sums *sums)
{
	sums->nr++;
	sums->traced += difference->nr_changes != 0;
	for (int kind = 0; kind < DIFFERENCE_NR; kind++)
		if (difference->table.kinds & 1U << kind)
			sums->bytes[kind] += difference->table.size;
	sums->torn += !!(difference->table.marks & STREAM_TORN);
	if (printer->json)
		print_json(printer, difference);
	else
		print_text(printer, difference);
}

void difference_summary(const struct difference_printer *printer,
			const struct difference_sums *sums)
{
	json *object, *bytes;

	if (!printer->json)
		return;
	object = object_of("summary");
	bytes = json_object_new_object();
	put_number(object, "differences", sums->nr);
	put_number(object, "traced", sums->traced);
	for (int kind = 0; kind < DIFFERENCE_NR; kind++)
		put_number(bytes, difference_name(kind), sums->bytes[kind]);
	put(object, "bytes", bytes);
	put_number(object, "torn", sums->torn);
	print_object(printer->out, object, printer->pretty);
}

void difference_summary_text(FILE *out, const struct difference_sums *sums)
{
	fprintf(out, "%" PRIu64 " differences, %" PRIu64 " of them with a traced change", sums->nr,
		sums->traced);
	for (int kind = 0; kind < DIFFERENCE_NR; kind++) {
		char size[24];

		if (!sums->bytes[kind])
			continue;
		emit_size(sums->bytes[kind], size, sizeof(size));
		fprintf(out, "; %s %s", size, difference_name(kind));
	}
	fputc('\n', out);
}
