// SPDX-License-Identifier: GPL-2.0-only
#include "table.h"

#include <inttypes.h>

#include "emit/object.h"
#include "geometry/descriptor.h"
#include "source/stream.h"

static const char *const level_words[PGTABLE_NR_LEVELS] = {
	[PGTABLE_LEVEL_PTE] = "PTE", [PGTABLE_LEVEL_PMD] = "PMD", [PGTABLE_LEVEL_PUD] = "PUD",
	[PGTABLE_LEVEL_P4D] = "P4D", [PGTABLE_LEVEL_PGD] = "PGD",
};

/* "2M": ptdump's way, the largest unit that divides it. */
static void print_size(FILE *out, uint64_t size)
{
	static const char units[] = "KMGTPE";
	const char *unit = units;

	for (size >>= 10; !(size & 1023) && unit[1]; unit++)
		size >>= 10;
	fprintf(out, "%9" PRIu64 "%c", size, *unit);
}

static void word(FILE *out, const char *text)
{
	putc_unlocked(' ', out);
	fputs_unlocked(text, out);
}

static const char *kind_of(const struct leaf_run *run)
{
	if (!run->desc)
		return "hole";
	if (!desc_present(run->desc))
		return "bad";
	if (!desc_valid(run->desc))
		return "invalid";
	return run->level == PGTABLE_LEVEL_PTE ? "page" : "block";
}

/* Text */

static void text_marker(struct table_printer *printer, uint64_t addr)
{
	const struct marker *marker = printer->markers, *last = NULL;

	for (; marker->name && marker->start <= addr; marker++)
		last = marker;
	if (last && last != printer->at)
		fprintf(printer->out, "---[ %s ]---\n", last->name);
	printer->at = last;
}

static void text_run(struct table_printer *printer, const struct leaf_run *run)
{
	const char *words[DESC_MAX_WORDS];
	size_t nr;

	text_marker(printer, run->start);
	fprintf(printer->out, "0x%016" PRIx64 "-0x%016" PRIx64, run->start, run->start + run->size);
	print_size(printer->out, run->size);
	fprintf(printer->out, " %s ", level_words[run->level]);
	if (!run->desc)
		fputs(" -", printer->out);
	else if (run->marks & STREAM_NO_ADDRESS)
		fputs(" ?", printer->out);
	else
		fprintf(printer->out, " 0x%012" PRIx64, desc_address(printer->geo, run->desc));
	nr = desc_words(printer->geo, run->level, run->desc, run->table_bits, words);
	for (size_t i = 0; i < nr; i++)
		word(printer->out, words[i]);
	if (run->desc && !desc_present(run->desc))
		fprintf(printer->out, " bad:0x%016" PRIx64, run->desc);
	if (run->marks & STREAM_TORN)
		fputs(" <torn>", printer->out);
	if (run->marks & STREAM_UNREADABLE)
		fputs(" <unreadable>", printer->out);
	if (run->marks & STREAM_CHANGED)
		fputs(" <changed>", printer->out);
	fputc('\n', printer->out);
}

/* JSON */

static void put_known(json *object, const char *key, const struct leaf_run *run, uint64_t value)
{
	if (run->marks & STREAM_NO_ADDRESS)
		put(object, key, NULL);
	else
		put_hex(object, key, value);
}

static void json_run(struct table_printer *printer, const struct leaf_run *run)
{
	json *object = object_of(printer->entries ? "entry" : "run"), *array;
	const char *words[DESC_MAX_WORDS];
	size_t nr;

	put_hex(object, "start", run->start);
	put_number(object, "size", run->size);
	put_string(object, "level", geometry_level_name(run->level));
	put_string(object, "kind", kind_of(run));
	if (run->desc) {
		put_known(object, "pa", run, desc_address(printer->geo, run->desc));
		put_known(object, "entry", run, run->desc);
		nr = desc_words(printer->geo, run->level, run->desc, run->table_bits, words);
		array = json_object_new_array();
		for (size_t i = 0; i < nr; i++)
			json_object_array_add(array, json_object_new_string(words[i]));
		put(object, "attributes", array);
		put_bool(object, "contiguous", run->desc & PTE_CONT);
		put_bool(object, "writable", desc_writable(run->desc, run->table_bits));
		put_bool(object, "executable", desc_executable(run->desc, run->table_bits));
	}
	put_bool(object, "torn", run->marks & STREAM_TORN);
	put_bool(object, "unreadable", run->marks & STREAM_UNREADABLE);
	if (run->marks & STREAM_CHANGED)
		put_bool(object, "changed", true);
	print_object(printer->out, object, printer->pretty);
}

/* arch/arm64/mm/ptdump.c */

static const struct {
	uint64_t mask, value;
	const char *set, *clear;
} ptdump_bits[] = {
	{ PTE_VALID, PTE_VALID, " ", "F" },
	{ PTE_USER, PTE_USER, "USR", "   " },
	{ PTE_RDONLY, PTE_RDONLY, "ro", "RW" },
	{ PTE_PXN, PTE_PXN, "NX", "x " },
	{ PTE_SHARED, PTE_SHARED, "SHD", "   " },
	{ PTE_AF, PTE_AF, "AF", "  " },
	{ PTE_NG, PTE_NG, "NG", "  " },
	{ PTE_CONT, PTE_CONT, "CON", "   " },
	{ PMD_TYPE_MASK, PMD_TYPE_SECT, "BLK", "   " },
	{ PTE_UXN, PTE_UXN, "UXN", "   " },
	{ PTE_GP, PTE_GP, "GP", "  " },
	{ 0, 0, NULL, NULL }, /* the memory type, which has no word for what it is not */
};

#define PTDUMP_MASK                                                                              \
	(PTE_VALID | PTE_USER | PTE_RDONLY | PTE_PXN | PTE_SHARED | PTE_AF | PTE_NG | PTE_CONT | \
	 PMD_TYPE_MASK | PTE_UXN | PTE_GP | PTE_ATTRINDX_MASK)

static void ptdump_line(struct table_printer *printer, uint64_t end)
{
	const struct leaf_run *line = &printer->line;

	fprintf(printer->out, "0x%016" PRIx64 "-0x%016" PRIx64 "   ", line->start, end);
	print_size(printer->out, end - line->start);
	word(printer->out, level_words[line->level]);
	for (size_t i = 0; line->desc && ptdump_bits[i].set; i++)
		word(printer->out, (line->desc & ptdump_bits[i].mask) == ptdump_bits[i].value ?
					   ptdump_bits[i].set :
					   ptdump_bits[i].clear);
	/* five types have a name */
	if (line->desc && (line->desc >> 2 & 7) < 5)
		word(printer->out, desc_memory_type(line->desc));
	fputc('\n', printer->out);
}

static void ptdump_marker(struct table_printer *printer, uint64_t addr)
{
	if (!printer->at->name || addr < printer->at[1].start)
		return;
	printer->at++;
	fprintf(printer->out, "---[ %s ]---\n", printer->at->name);
}

/* note_page(): one look at the next marker before the new line begins, and one after. */
static void ptdump_note(struct table_printer *printer, uint64_t addr, enum pgtable_level level,
			uint64_t desc)
{
	struct leaf_run *line = &printer->line;
	uint64_t prot = desc & PTDUMP_MASK;

	if (!printer->begun) {
		printer->begun = true;
		printer->at = printer->markers;
		fprintf(printer->out, "---[ %s ]---\n", printer->at->name);
		*line = (struct leaf_run){ .start = addr, .level = level, .desc = prot };
	} else if (prot != line->desc || level != line->level || addr >= printer->at[1].start) {
		ptdump_line(printer, addr);
		ptdump_marker(printer, addr);
		*line = (struct leaf_run){ .start = addr, .level = level, .desc = prot };
	}
	ptdump_marker(printer, addr);
}

/* A level that is folded away is called by the name of the topmost. */
static enum pgtable_level ptdump_level(const struct table_printer *printer,
				       const struct leaf_run *run)
{
	int depth = run->desc ? 4 - (int)run->level : run->depth;

	if ((depth == 1 && printer->geo->levels < 5) || (depth == 2 && printer->geo->levels < 4))
		depth = 0;
	return 4 - depth;
}

/* Of a run it is told entry by entry; all that matters is where it begins and what meets a marker.
 */
static void ptdump_run(struct table_printer *printer, const struct leaf_run *run)
{
	enum pgtable_level top = geometry_top(printer->geo), level = ptdump_level(printer, run);
	uint64_t entry = geometry_size(printer->geo, run->level > top ? top : run->level);
	uint64_t addr = run->start, last = run->start + run->size - 1;

	ptdump_note(printer, addr, level, run->desc);
	for (;;) {
		uint64_t marker = printer->at[1].start, next = (marker + entry - 1) & ~(entry - 1);

		if (next <= addr)
			next = (addr & ~(entry - 1)) + entry;
		if (!printer->at->name || next > last || next <= addr)
			return;
		ptdump_note(printer, next, level, run->desc);
		addr = next;
	}
}

/* Marks stand before the line that they were read before. */
static void ptdump_marks(struct table_printer *printer, uint64_t addr)
{
	const struct marker *marker = printer->at ? printer->at : printer->markers;

	for (; marker->name && marker->start <= addr; marker++)
		fprintf(printer->out, "---[ %s ]---\n", marker->name);
	printer->at = marker;
}

static void ptdump_as_read(struct table_printer *printer, const struct leaf_run *run)
{
	ptdump_marks(printer, run->start);
	printer->line = *run;
	ptdump_line(printer, run->start + run->size);
}

void table_print(void *ctx, const struct leaf_run *run)
{
	struct table_printer *printer = ctx;

	if (printer->format == TABLE_PTDUMP && printer->lines)
		ptdump_as_read(printer, run);
	else if (printer->format == TABLE_PTDUMP)
		ptdump_run(printer, run);
	else if (printer->format == TABLE_JSON)
		json_run(printer, run);
	else
		text_run(printer, run);
}

void table_print_end(struct table_printer *printer, uint64_t end)
{
	if (printer->format == TABLE_PTDUMP && printer->lines)
		ptdump_marks(printer, end ? end : -1ULL);
	else if (printer->format == TABLE_PTDUMP && printer->begun)
		ptdump_line(printer, end);
}
