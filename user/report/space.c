// SPDX-License-Identifier: GPL-2.0-only
/* The address space, zone by zone: what is mapped by which leaves, before and after. */
#include <stdlib.h>

#include "drawing.h"

static void sum(struct sheet *sheet, uint64_t bytes)
{
	if (bytes)
		html(sheet->out, "<td class=\"n\">%s</td>", word_bytes(bytes).s);
	else
		html(sheet->out, "<td class=\"n\">\xe2\x80\x93</td>");
}

/* Of snapshots: what is known of one time is known of the other. */
static void gained(struct sheet *sheet, uint64_t before, uint64_t after)
{
	if (before == after)
		sum(sheet, 0);
	else if (after > before)
		html(sheet->out, "<td class=\"n\">+%s</td>", word_bytes(after - before).s);
	else
		html(sheet->out, "<td class=\"n\">\xe2\x88\x92%s</td>",
		     word_bytes(before - after).s);
}

static void sums(struct sheet *sheet, const struct drawing *drawing)
{
	bool compared = sheet->input->from == SPACE_SNAPSHOTS;

	html(sheet->out,
	     "<div class=\"wide\"><table class=\"sums\">\n<caption>%s, by leaf</caption>"
	     "\n<thead><tr><th scope=\"col\">Leaf</th>",
	     zone_name(drawing->zone));
	for (unsigned int side = 0; side < drawing->sides; side++)
		html(sheet->out, "<th scope=\"col\" class=\"n\">%s</th>",
		     drawing_side(sheet, side));
	if (compared)
		html(sheet->out, "<th scope=\"col\" class=\"n\">difference</th>");
	html(sheet->out, "</tr></thead>\n");
	for (leaf_code code = 0; code < LEAF_CODES; code++) {
		char words[64];
		uint64_t bytes = 0;

		for (unsigned int side = 0; side < drawing->sides; side++)
			bytes |= drawing->side[side]->bytes[code];
		if (!bytes || leaf_code_allows(code) == ALLOWS_NOTHING)
			continue;
		leaf_words(sheet, code, words, sizeof(words));
		html(sheet->out, "<tr><th scope=\"row\"><i class=\"key a%u\"></i>%s</th>",
		     leaf_code_allows(code), words);
		for (unsigned int side = 0; side < drawing->sides; side++)
			sum(sheet, drawing->side[side]->bytes[code]);
		if (compared)
			gained(sheet, drawing->side[0]->bytes[code], drawing->side[1]->bytes[code]);
		html(sheet->out, "</tr>\n");
	}
	html(sheet->out, "</table></div>\n");
}

static void remarks(struct sheet *sheet, const struct drawing *drawing)
{
	uint64_t joined = 0;

	for (unsigned int side = 0; side < drawing->sides; side++)
		if (drawing->side[side]->joined > joined)
			joined = drawing->side[side]->joined;
	if (redact_hides_order(&sheet->redactor, drawing->zone))
		html(sheet->out,
		     "<p class=\"dim\">Not by address, which would be physical memory\xe2\x80\x99s: "
		     "first what is alike in whole blocks of %s, then the other blocks one by one, "
		     "each from its beginning to its end.</p>\n",
		     word_bytes(1ULL << sheet->redactor.shift).s);
	if (joined)
		html(sheet->out,
		     "<p class=\"dim\">Runs below %s are drawn together with those "
		     "beside them.</p>\n",
		     word_bytes(joined).s);
}

static int draw(struct sheet *sheet, struct drawing *drawing)
{
	int err = intervals_make(&drawing->intervals, drawing->side[LEAFMAP_FIRST],
				 drawing->sides > 1 ? drawing->side[LEAFMAP_LAST] : NULL);

	if (!err && redact_hides_order(&sheet->redactor, drawing->zone))
		err = intervals_shuffle(&drawing->intervals, sheet->redactor.shift);
	if (!err && drawing->intervals.nr)
		err = drawing_place(drawing);
	if (!err && drawing->intervals.nr) {
		html(sheet->out, "<h3>%s</h3>\n", zone_name(drawing->zone));
		drawing_print(sheet, drawing);
		remarks(sheet, drawing);
		sums(sheet, drawing);
	}
	free(drawing->x);
	intervals_release(&drawing->intervals);
	return err;
}

static void introduce(struct sheet *sheet)
{
	const struct sheet_input *input = sheet->input;
	char time[2][48];

	for (int side = 0; side < LEAFMAP_SIDES; side++)
		emit_time(&sheet->words, input->times[side], true, time[side], sizeof(time[side]));
	if (input->from == SPACE_SNAPSHOTS)
		html(sheet->out,
		     "<p>From the first and the last snapshot of the tables, of %s and "
		     "%s.</p>\n",
		     time[0], time[1]);
	else if (input->from == SPACE_SNAPSHOT)
		html(sheet->out,
		     "<p>From the one snapshot of the tables in this file, of %s.</p>\n", time[0]);
	else
		html(sheet->out,
		     "<p>There is no snapshot in this file. This is what was read of "
		     "the tables because of changes: before is how an address was "
		     "mapped when it was first seen, after how it was seen last.</p>\n");
	if (sheet->report->leafmap.left_out && input->from == SPACE_CHANGES)
		html(sheet->out,
		     "<p class=\"callout warn\">%s entries are not in it: there are more "
		     "than there is room for.</p>\n",
		     word_count(sheet->report->leafmap.left_out).s);
}

static bool is_empty(const struct sheet_input *input)
{
	for (int side = 0; side < LEAFMAP_SIDES; side++)
		for (enum zone zone = 0; zone < ZONE_NR; zone++)
			if (input->strips[side].zone[zone].nr)
				return false;
	return true;
}

int sheet_space(struct sheet *sheet)
{
	const struct sheet_input *input = sheet->input;
	int err = 0;

	html(sheet->out, "<section aria-labelledby=\"space\">\n<h2 id=\"space\" "
			 "tabindex=\"-1\">Address space</h2>\n");
	if (is_empty(input)) {
		html(sheet->out, "<p class=\"empty\">No entry of a table was read, so that nothing "
				 "is known of it.</p>\n</section>\n");
		return 0;
	}
	introduce(sheet);
	sheet_legend(sheet);
	for (enum zone zone = 0; zone < ZONE_NR && !err; zone++) {
		struct drawing drawing = {
			.zone = zone,
			.side = { &input->strips[0].zone[zone], &input->strips[1].zone[zone] },
			.sides = input->from == SPACE_SNAPSHOT ? 1 : 2,
		};

		err = draw(sheet, &drawing);
	}
	html(sheet->out, "</section>\n");
	return err;
}
