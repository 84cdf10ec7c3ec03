// SPDX-License-Identifier: GPL-2.0-only
#include "drawing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH  1000.0
#define HEIGHT 26 /* of one side: permissions, and leaf sizes below */
#define THICK  18
#define STRIDE 32

const char *drawing_side(const struct sheet *sheet, unsigned int side)
{
	if (sheet->input->from == SPACE_SNAPSHOT)
		return "mapped";
	return side == LEAFMAP_FIRST ? "before" : "after";
}

int drawing_place(struct drawing *drawing)
{
	const struct intervals *all = &drawing->intervals;
	double least = all->nr > 400 ? WIDTH / 2 / all->nr : 1.25, total = 0, width = 0;

	drawing->x = calloc(all->nr + 1, sizeof(*drawing->x));
	if (!drawing->x)
		return -ENOMEM;
	for (size_t i = 0; i < all->nr; i++)
		total += all->interval[i].size;
	for (size_t i = 0; i < all->nr; i++) {
		double part = total ? WIDTH * all->interval[i].size / total : 0;

		width += all->interval[i].apart ? least : 0;
		drawing->x[i] = width;
		width += part < least ? least : part;
	}
	drawing->x[all->nr] = width;
	for (size_t i = 0; i <= all->nr; i++)
		drawing->x[i] *= WIDTH / width;
	drawing->gap = least * WIDTH / width;
	return 0;
}

static const struct leaf_look *look_of(const struct interval *interval, unsigned int side)
{
	return side == LEAFMAP_FIRST ? &interval->before : &interval->after;
}

static double end_of(const struct drawing *drawing, size_t i)
{
	const struct intervals *all = &drawing->intervals;
	bool gap = i + 1 < all->nr && all->interval[i + 1].apart;

	return drawing->x[i + 1] - (gap ? drawing->gap : 0);
}

/* The class of a piece in a band; -1: nothing is drawn. */
static int class_of(const struct interval *interval, unsigned int side, bool sizes)
{
	leaf_code code = look_of(interval, side)->code;

	if (code == LEAF_UNSEEN || (sizes && !leaf_code_is_leaf(code)))
		return -1;
	return sizes ? (int)leaf_code_size(code) : (int)leaf_code_allows(code);
}

static void rectangle(struct sheet *sheet, char band, int class, double x, double width, double y,
		      double height)
{
	html(sheet->out,
	     "<rect class=\"%c%d\" x=\"%.2f\" y=\"%.4g\" width=\"%.2f\" height=\"%.4g\"/>", band,
	     class, x, y, width, height);
}

/* One above the other, as much of each as there is. */
static void shares(struct sheet *sheet, const struct leaf_look *look, double x, double width,
		   double y)
{
	unsigned int all = 0;

	for (int i = 0; i < ALLOWS_NR; i++)
		all += look->share[i];
	for (int i = 0; i < ALLOWS_NR; i++) {
		double height = (double)look->share[i] * THICK / (all ? all : 1);

		if (!look->share[i])
			continue;
		rectangle(sheet, 'a', i, x, width, y, height);
		y += height;
	}
}

/* Permissions or sizes of one side; what is next to each other and alike is one rectangle. */
static void band(struct sheet *sheet, const struct drawing *drawing, unsigned int side, bool sizes)
{
	const struct intervals *all = &drawing->intervals;
	unsigned int y = side * STRIDE + (sizes ? THICK : 0);

	for (size_t i = 0, first; i < all->nr; i++) {
		int class = class_of(&all->interval[i], side, sizes);
		bool mixed = !sizes && class == ALLOWS_MIXED;

		if (class < 0)
			continue;
		first = i;
		while (!mixed && i + 1 < all->nr && !all->interval[i + 1].apart &&
		       class_of(&all->interval[i + 1], side, sizes) == class)
			i++;
		if (mixed)
			shares(sheet, look_of(&all->interval[i], side), drawing->x[i],
			       end_of(drawing, i) - drawing->x[i], y);
		else
			rectangle(sheet, sizes ? 's' : 'a', class, drawing->x[first],
				  end_of(drawing, i) - drawing->x[first], y,
				  sizes ? HEIGHT - THICK : THICK);
	}
}

/* leaf_words(), and of what is mixed how much of each. */
static void look_words(const struct sheet *sheet, const struct leaf_look *look, char *buf,
		       size_t size)
{
	size_t length;

	leaf_words(sheet, look->code, buf, size);
	if (look->code == LEAF_UNSEEN || leaf_code_allows(look->code) != ALLOWS_MIXED)
		return;
	for (int i = 0; i < ALLOWS_NR; i++) {
		length = strlen(buf);
		if (look->share[i])
			snprintf(buf + length, size - length, ", %s %s",
				 word_part(look->share[i], UINT8_MAX).s, allows_name(i));
	}
}

static void title(struct sheet *sheet, const struct drawing *drawing,
		  const struct interval *interval)
{
	char addr[REDACT_TEXT], before[200], after[200];

	look_words(sheet, &interval->before, before, sizeof(before));
	look_words(sheet, &interval->after, after, sizeof(after));
	html(sheet->out, "<title>");
	if (interval->anywhere) {
		html(sheet->out, "%s in all: ", word_bytes(interval->size).s);
	} else {
		redact_va(&sheet->redactor, interval->start, addr);
		html(sheet->out, "%s, %s: ", addr, word_bytes(interval->size).s);
	}
	if (drawing->sides == 1)
		html(sheet->out, "%s", before);
	else if (interval->before.code == interval->after.code && !strcmp(before, after))
		html(sheet->out, "%s before and after", before);
	else
		html(sheet->out, "%s before; %s after", before, after);
	html(sheet->out, "</title>");
}

/* Between the sides: where they differ, as far as both are known. */
static void changes(struct sheet *sheet, const struct drawing *drawing)
{
	const struct intervals *all = &drawing->intervals;

	for (size_t i = 0; i < all->nr; i++) {
		leaf_code before = all->interval[i].before.code,
			  after = all->interval[i].after.code;

		if (before == after || (sheet->input->from == SPACE_CHANGES &&
					(before == LEAF_UNSEEN || after == LEAF_UNSEEN)))
			continue;
		html(sheet->out,
		     "<rect class=\"c\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\"/>",
		     drawing->x[i], HEIGHT + 1, end_of(drawing, i) - drawing->x[i],
		     STRIDE - HEIGHT - 2);
	}
}

/* What can be pointed at, over both sides. */
static void targets(struct sheet *sheet, const struct drawing *drawing)
{
	const struct intervals *all = &drawing->intervals;

	for (size_t i = 0; i < all->nr; i++) {
		html(sheet->out, "<rect class=\"t\" x=\"%.2f\" width=\"%.2f\" height=\"%u\">",
		     drawing->x[i], end_of(drawing, i) - drawing->x[i],
		     (drawing->sides - 1) * STRIDE + HEIGHT);
		title(sheet, drawing, &all->interval[i]);
		html(sheet->out, "</rect>");
	}
}

void drawing_print(struct sheet *sheet, const struct drawing *drawing)
{
	html(sheet->out, "<div class=\"strip\" data-name=\"%s\"><div class=\"sides\">",
	     zone_name(drawing->zone));
	for (unsigned int side = 0; side < drawing->sides; side++)
		html(sheet->out, "<span>%s</span>", drawing_side(sheet, side));
	html(sheet->out,
	     "</div><svg viewBox=\"0 0 1000 %u\" preserveAspectRatio=\"none\" class=\"strip%u\" "
	     "role=\"img\" aria-label=\"%s, %zu pieces; the table below has the sums\">",
	     (drawing->sides - 1) * STRIDE + HEIGHT, drawing->sides, zone_name(drawing->zone),
	     drawing->intervals.nr);
	for (unsigned int side = 0; side < drawing->sides; side++) {
		band(sheet, drawing, side, false);
		band(sheet, drawing, side, true);
	}
	if (drawing->sides > 1)
		changes(sheet, drawing);
	targets(sheet, drawing);
	html(sheet->out, "</svg></div>\n");
}
