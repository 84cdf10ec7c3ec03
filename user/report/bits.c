// SPDX-License-Identifier: GPL-2.0-only
/* Entries bit by bit: a row a state, in two halves that stand below each other where it is narrow.
 */
#include <string.h>

#include "geometry/descriptor.h"
#include "geometry/fields.h"
#include "sheet.h"

#define CELL  11
#define LEFT  62 /* where the bits begin */
#define ROW   17
#define ABOVE 20
#define WIDTH (LEFT + 39 * CELL + 4) /* 32 bits and 7 gaps */

/* The left edge of a bit, of the half that it is in. */
static unsigned int column(unsigned int bit)
{
	unsigned int from_left = 31 - bit % 32;

	return LEFT + (from_left + from_left / 4) * CELL;
}

static uint64_t differing(const struct sheet_state *states, unsigned int nr)
{
	/* of three, after is held against expected; of two, against before */
	return states[nr - 1].desc ^ states[nr - 2].desc;
}

static void marks(struct sheet *sheet, uint64_t bits, unsigned int half, unsigned int nr)
{
	for (unsigned int bit = half * 32; bit < half * 32 + 32; bit++)
		if (bits >> bit & 1)
			html(sheet->out,
			     "<rect class=\"diff\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" "
			     "rx=\"2\"/><text class=\"num\" x=\"%u\" y=\"11\" "
			     "text-anchor=\"middle\">%u</text>",
			     column(bit), ABOVE - 4, CELL, nr * ROW + 6, column(bit) + CELL / 2,
			     bit);
}

/* Numbers of bits above, but where one that differs has its own beside it. */
static void numbers(struct sheet *sheet, uint64_t bits, unsigned int half)
{
	for (unsigned int bit = half * 32 + 31; bit < half * 32 + 32 && bit >= half * 32;
	     bit -= 8) {
		if (!(bits >> (bit - half * 32 < 2 ? half * 32 : bit - 2) & 31) &&
		    !(bit < 63 && bits >> (bit + 1) & 3))
			html(sheet->out,
			     "<text class=\"dim\" x=\"%u\" y=\"11\" text-anchor=\"middle\">%u"
			     "</text>",
			     column(bit) + CELL / 2, bit);
		if (bit < 8)
			break;
	}
}

static void digits(const struct sheet *sheet, uint64_t desc, unsigned int half, char text[40])
{
	uint64_t hidden = redact_hidden(&sheet->redactor, desc);
	unsigned int to = 0;

	for (unsigned int i = 0; i < 32; i++) {
		unsigned int bit = half * 32 + 31 - i;

		if (i && !(i % 4))
			text[to++] = ' ';
		text[to++] = hidden >> bit & 1 ? 'x' : desc >> bit & 1 ? '1' : '0';
	}
	text[to] = '\0';
}

static void one_half(struct sheet *sheet, const struct sheet_state *states, unsigned int nr,
		     unsigned int half)
{
	uint64_t bits = differing(states, nr);
	char text[40];

	html(sheet->out,
	     "<svg class=\"bits\" viewBox=\"0 0 %u %u\" aria-hidden=\"true\" "
	     "focusable=\"false\">",
	     WIDTH, ABOVE + nr * ROW + 4);
	marks(sheet, bits, half, nr);
	numbers(sheet, bits, half);
	for (unsigned int i = 0; i < nr; i++) {
		digits(sheet, states[i].desc, half, text);
		html(sheet->out,
		     "<text class=\"name\" x=\"0\" y=\"%u\">%s</text><text class=\"row\" x=\"%u\" "
		     "y=\"%u\" textLength=\"%u\" xml:space=\"preserve\">%s</text>",
		     ABOVE + i * ROW + 12, states[i].name, LEFT, ABOVE + i * ROW + 12, 39 * CELL,
		     text);
	}
	html(sheet->out, "</svg>\n");
}

/* The hexadecimal digits, those that differ marked. */
static void hex(struct sheet *sheet, uint64_t desc, uint64_t bits)
{
	char text[17];

	redact_desc(&sheet->redactor, desc, text);
	for (int i = 0; i < 16; i++) {
		if (i == 8)
			html(sheet->out, "<wbr>");
		if (bits >> (60 - i * 4) & 15)
			html(sheet->out, "<mark>%c</mark>", text[i]);
		else
			html(sheet->out, "%c", text[i]);
	}
}

static bool has_word(const char *words, const char *word, size_t length)
{
	for (; *words; words += strspn(words, " ")) {
		size_t here = strcspn(words, " ");

		if (here == length && !memcmp(words, word, length))
			return true;
		words += here;
	}
	return false;
}

/* Words, of which those that @others has not are marked. */
static void words(struct sheet *sheet, const char *text, const char *others)
{
	while (*text) {
		size_t length = strcspn(text, " ");

		if (has_word(others, text, length))
			html(sheet->out, "%.*s", (int)length, text);
		else
			html(sheet->out, "<mark>%.*s</mark>", (int)length, text);
		text += length;
		if (*text) {
			html(sheet->out, " ");
			text++;
		}
	}
}

static void states_table(struct sheet *sheet, enum pgtable_level level,
			 const struct sheet_state *states, unsigned int nr)
{
	uint64_t bits = differing(states, nr);
	char text[2][256];

	html(sheet->out, "<div class=\"wide\"><table class=\"states\">\n<caption class=\"sr\">The "
			 "entry in each state</caption>\n<thead><tr><th scope=\"col\">State</th>"
			 "<th scope=\"col\">Descriptor</th><th scope=\"col\">Attributes</th></tr>"
			 "</thead>\n");
	for (unsigned int i = 0; i < nr; i++) {
		/* before is what it was: nothing of it is right or wrong */
		bool marked = i + 2 >= nr;
		const struct sheet_state *other = &states[i + 1 == nr ? nr - 2 : nr - 1];

		redact_describe(&sheet->redactor, level, states[i].desc, text[0], sizeof(text[0]));
		redact_describe(&sheet->redactor, level, other->desc, text[1], sizeof(text[1]));
		html(sheet->out, "<tr><th scope=\"row\">%s</th><td><code>", states[i].name);
		hex(sheet, states[i].desc, marked ? bits : 0);
		html(sheet->out, "</code></td><td>");
		words(sheet, text[0], marked ? text[1] : text[0]);
		html(sheet->out, "</td></tr>\n");
	}
	html(sheet->out, "</table></div>\n");
}

static const char *meaning_or_value(const struct field *field, char buf[64])
{
	snprintf(buf, 64, "%#llx%s%s", (unsigned long long)field->value,
		 *field->meaning ? ", " : "", field->meaning);
	return buf;
}

/* A field that hides a part of itself is told by its address. */
static void field_value(struct sheet *sheet, const struct field *field, uint64_t desc)
{
	char text[64], pa[REDACT_TEXT];

	if (field->low == 12 && sheet->redactor.on) {
		redact_pa(&sheet->redactor, desc_address(&sheet->kernel->geo, desc), pa);
		html(sheet->out, "<td>%s</td>", pa);
	} else {
		html(sheet->out, "<td>%s</td>", meaning_or_value(field, text));
	}
}

/* The fields that are not what they should be. */
static void fields_table(struct sheet *sheet, enum pgtable_level level,
			 const struct sheet_state *states, unsigned int nr)
{
	struct field now[MAX_FIELDS], then[MAX_FIELDS];
	uint64_t bits = differing(states, nr);
	const struct geometry *geo = &sheet->kernel->geo;
	size_t fields = fields_of(geo, level, states[nr - 2].desc, then);

	/* a leaf and a table have no field in common */
	if (!bits || fields_of(geo, level, states[nr - 1].desc, now) != fields)
		return;
	html(sheet->out,
	     "<div class=\"wide\"><table>\n<caption>Fields that differ</caption>\n<thead>"
	     "<tr><th scope=\"col\">Bits</th><th scope=\"col\">Field</th>"
	     "<th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead>\n",
	     states[nr - 2].name, states[nr - 1].name);
	for (size_t i = 0; i < fields; i++) {
		uint64_t mask = (~0ULL >> (63 - now[i].high + now[i].low)) << now[i].low;

		if (!(bits & mask))
			continue;
		if (now[i].high == now[i].low)
			html(sheet->out, "<tr><td>%u</td>", now[i].low);
		else
			html(sheet->out, "<tr><td>%u:%u</td>", now[i].high, now[i].low);
		html(sheet->out, "<th scope=\"row\">%s</th>", now[i].name);
		field_value(sheet, &then[i], states[nr - 2].desc);
		field_value(sheet, &now[i], states[nr - 1].desc);
		html(sheet->out, "</tr>\n");
	}
	html(sheet->out, "</table></div>\n");
}

void sheet_bits(struct sheet *sheet, enum pgtable_level level, const struct sheet_state *states,
		unsigned int nr)
{
	html(sheet->out, "<div class=\"halves\">\n");
	one_half(sheet, states, nr, 1);
	one_half(sheet, states, nr, 0);
	html(sheet->out, "</div>\n");
	states_table(sheet, level, states, nr);
	fields_table(sheet, level, states, nr);
}
