// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request to scale: what it covers, the leaves there before and after, and where blocks and
 * contiguous runs begin. What draw.c draws in characters, with the rest of the neighbourhood.
 */
#include "sheet.h"

#define WIDTH	   1000.0
#define MOST_TICKS 256

struct scale {
	uint64_t start, size;
};

static double at(const struct scale *scale, uint64_t addr)
{
	if (addr <= scale->start)
		return 0;
	if (addr - scale->start >= scale->size)
		return WIDTH;
	return WIDTH * (double)(addr - scale->start) / scale->size;
}

/* All of @unit that the range lies in. */
static struct scale around(uint64_t start, uint64_t last, uint64_t unit)
{
	uint64_t from = start & ~(unit - 1);

	return (struct scale){ from, (last | (unit - 1)) - from + 1 };
}

static struct scale scale_of(const struct sheet *sheet, const struct change *change)
{
	const struct geometry *geo = &sheet->kernel->geo;
	uint64_t start = geometry_untag(change->addr);
	uint64_t last = start + (change->size ? change->size - 1 : 0);
	struct scale scale;

	if (last < start)
		last = start;
	if (change->boundary.found) {
		if (change->boundary.start < start)
			start = change->boundary.start;
		if (change->boundary.end - 1 > last)
			last = change->boundary.end - 1;
		return (struct scale){ start, (last - start + 1) ?: ~0ULL };
	}
	scale = around(start, last, leaf_bytes(geo, LEAF_CONT_PTE));
	if (scale.size > leaf_bytes(geo, LEAF_CONT_PTE))
		scale = around(start, last, leaf_bytes(geo, LEAF_PMD));
	scale.size = scale.size ?: ~0ULL;
	return scale;
}

static void box(struct sheet *sheet, const struct scale *scale, const char *class,
		unsigned int code, uint64_t start, uint64_t size)
{
	double from = at(scale, start), to = at(scale, start + size);

	if (start + size < start)
		to = WIDTH;
	if (to - from < 3)
		to = from + 3;
	html(sheet->out, "<rect class=\"%s%u\" x=\"%.1f\" y=\"2\" width=\"%.1f\" height=\"16\"/>",
	     class, code, from, to - from);
}

static void ticks(struct sheet *sheet, const struct scale *scale, uint64_t unit, const char *class)
{
	uint64_t addr = (scale->start + unit - 1) & ~(unit - 1);

	if (scale->size / unit > MOST_TICKS)
		return;
	html(sheet->out, "<path class=\"%s\" d=\"", class);
	for (; addr - scale->start <= scale->size && addr >= scale->start; addr += unit)
		html(sheet->out, "M%.1f 0v20", at(scale, addr));
	html(sheet->out, "\"/>");
}

static void begin_row(struct sheet *sheet, const char *name)
{
	html(sheet->out,
	     "<tr><th scope=\"row\">%s</th><td><svg class=\"track\" viewBox=\"0 0 1000 20\" "
	     "preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">",
	     name);
}

static void end_row(struct sheet *sheet, const struct scale *scale)
{
	const struct geometry *geo = &sheet->kernel->geo;

	ticks(sheet, scale, leaf_bytes(geo, LEAF_CONT_PTE), "tick");
	ticks(sheet, scale, leaf_bytes(geo, LEAF_PMD), "tick block");
	html(sheet->out, "</svg></td>");
}

static void leaf_row(struct sheet *sheet, const struct scale *scale, const struct exhibit *exhibit,
		     bool after)
{
	begin_row(sheet, after ? "after" : "before");
	for (unsigned int i = 0; i < exhibit->nr_entries; i++) {
		const struct exhibit_entry *entry = &exhibit->entries[i];
		uint64_t desc = after ? entry->after : entry->before;
		uint64_t size = geometry_size(&sheet->kernel->geo, entry->level);

		/* what is beside the picture */
		if ((after && !entry->has_after) || entry->addr + size - 1 < scale->start ||
		    entry->addr - scale->start >= scale->size + size)
			continue;
		box(sheet, scale, "leaf a", leaf_code_allows(leaf_code_of(entry->level, desc, 0)),
		    entry->addr, size);
	}
	end_row(sheet, scale);
	html(sheet->out, "<td class=\"aside\">leaves that were read</td></tr>\n");
}

static void request_row(struct sheet *sheet, const struct scale *scale, const struct change *change)
{
	begin_row(sheet, "request");
	box(sheet, scale, "request r", 0, geometry_untag(change->addr), change->size);
	end_row(sheet, scale);
	html(sheet->out, "<td>%s from ", word_bytes(change->size).s);
	sheet_va(sheet, change->addr);
	html(sheet->out, "</td></tr>\n");
}

static void boundary_row(struct sheet *sheet, const struct scale *scale,
			 const struct model_boundary *leaf)
{
	begin_row(sheet, "leaf");
	box(sheet, scale, "request b", 0, leaf->start, leaf->end - leaf->start);
	end_row(sheet, scale);
	html(sheet->out, "<td>%s %s from ", word_bytes(leaf->end - leaf->start).s,
	     geometry_level_name(leaf->level));
	sheet_va(sheet, leaf->start);
	html(sheet->out, ", covered in part</td></tr>\n");
}

void sheet_range(struct sheet *sheet, const struct exhibit *exhibit)
{
	const struct change *change = &exhibit->change;
	struct scale scale = scale_of(sheet, change);
	const struct geometry *geo = &sheet->kernel->geo;

	html(sheet->out,
	     "<table class=\"range\">\n<caption>The request, in %s of address space; lines stand "
	     "where runs of %s and blocks of %s begin</caption>\n",
	     word_bytes(scale.size).s, word_bytes(leaf_bytes(geo, LEAF_CONT_PTE)).s,
	     word_bytes(leaf_bytes(geo, LEAF_PMD)).s);
	request_row(sheet, &scale, change);
	if (change->boundary.found)
		boundary_row(sheet, &scale, &change->boundary);
	if (exhibit->nr_entries) {
		leaf_row(sheet, &scale, exhibit, false);
		leaf_row(sheet, &scale, exhibit, true);
	}
	html(sheet->out, "</table>\n");
}
