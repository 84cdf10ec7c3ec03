// SPDX-License-Identifier: GPL-2.0-only
/* Callers as a flame graph that hangs from its root, and the ways that were gone most as a table.
 */
#include <stdlib.h>
#include <string.h>

#include "sheet.h"

#define ROW	    20
#define MOST_SHOWN  1200
#define MOST_WAYS   12
#define SHOWN_STEPS 4
#define TINTS	    6

struct flame {
	struct sheet *sheet;
	const struct frames *frames;
	double least; /* of all: what is narrower is not drawn */
	unsigned int shown, depth;
	bool draw; /* or only measure */
};

static const char *name_of(const struct frame *frame)
{
	return frame->name ? frame->name : "no symbol";
}

static unsigned int tint(const char *name)
{
	unsigned int sum = 0;

	for (; *name; name++)
		sum = sum * 31 + (unsigned char)*name;
	return sum % TINTS;
}

static void one_frame(struct flame *flame, const struct frame *frame, unsigned int depth, double at,
		      double width)
{
	bool task = depth == 1;

	html(flame->sheet->out,
	     "<svg class=\"f\" x=\"%.3f%%\" y=\"%u\" width=\"%.3f%%\" height=\"%u\"><title>%s: %s "
	     "call%s, %s</title><rect class=\"%s%u\" width=\"100%%\" height=\"%u\"/>",
	     at * 100, depth * ROW, width * 100, ROW, depth ? name_of(frame) : "all",
	     word_count(frame->nr).s, plural(frame->nr),
	     word_part(frame->nr, flame->frames->frame[0].nr).s,
	     !depth ? "ft" :
	     task   ? "fc" :
		      "fn",
	     depth > 1 ? tint(name_of(frame)) : 0, ROW - 1);
	/* there is no room for a letter in less, whatever the screen */
	if (width > 0.01)
		html(flame->sheet->out, "<text x=\"4\" y=\"14\">%s</text>",
		     depth ? name_of(frame) : "all");
	html(flame->sheet->out, "</svg>");
}

static int by_number(const void *a, const void *b)
{
	const struct frame *x = *(const struct frame *const *)a;
	const struct frame *y = *(const struct frame *const *)b;

	return x->nr < y->nr ? 1 : x->nr > y->nr ? -1 : strcmp(name_of(x), name_of(y));
}

static void go_through(struct flame *flame, const struct frame *frame, unsigned int depth,
		       double at)
{
	double all = flame->frames->frame[0].nr, width = frame->nr / all;
	const struct frame **children;
	size_t nr = 0;

	if (width < flame->least)
		return;
	flame->shown++;
	if (flame->draw)
		one_frame(flame, frame, depth, at, width);
	else if (depth + 1 > flame->depth)
		flame->depth = depth + 1;
	for (uint32_t i = frame->child; i; i = flame->frames->frame[i].sibling)
		nr++;
	children = malloc((nr + 1) * sizeof(*children));
	if (!children)
		return;
	nr = 0;
	for (uint32_t i = frame->child; i; i = flame->frames->frame[i].sibling)
		children[nr++] = &flame->frames->frame[i];
	qsort(children, nr, sizeof(*children), by_number);
	for (size_t i = 0; i < nr; i++) {
		go_through(flame, children[i], depth + 1, at);
		at += children[i]->nr / all;
	}
	free(children);
}

/* Leave out what is narrowest, until there are not too many. */
static void measure(struct flame *flame)
{
	flame->least = 0.0005;
	do {
		flame->shown = flame->depth = 0;
		flame->least *= 1.5;
		go_through(flame, flame->frames->frame, 0, 0);
	} while (flame->shown > MOST_SHOWN);
}

static void graph(struct flame *flame)
{
	measure(flame);
	html(flame->sheet->out,
	     "<div class=\"flame\"><svg class=\"graph\" width=\"100%%\" height=\"%u\" role=\"img\" "
	     "aria-label=\"Flame graph of callers; the table below has the ways gone most\">",
	     flame->depth * ROW);
	flame->draw = true;
	go_through(flame, flame->frames->frame, 0, 0);
	html(flame->sheet->out, "</svg></div>\n");
	if (flame->shown + 1 < flame->frames->nr)
		html(flame->sheet->out,
		     "<p class=\"dim\">Frames narrower than %s of all are left "
		     "out.</p>\n",
		     word_part(flame->least * 1e6, 1000000).s);
}

/* Calls that ended there and not in a child. */
static uint64_t own_of(const struct frames *frames, const struct frame *frame)
{
	uint64_t own = frame->nr;

	for (uint32_t i = frame->child; i; i = frames->frame[i].sibling)
		own -= frames->frame[i].nr;
	return own;
}

struct way {
	uint32_t frame;
	uint64_t nr;
};

static unsigned int most_gone(const struct frames *frames, struct way ways[MOST_WAYS])
{
	unsigned int nr = 0;

	for (uint32_t i = 1; i < frames->nr; i++) {
		uint64_t own = own_of(frames, &frames->frame[i]);
		unsigned int at = nr;

		if (!own || (nr == MOST_WAYS && own <= ways[nr - 1].nr))
			continue;
		if (nr < MOST_WAYS)
			nr++;
		else
			at--;
		for (; at && ways[at - 1].nr < own; at--)
			ways[at] = ways[at - 1];
		ways[at] = (struct way){ i, own };
	}
	return nr;
}

/* The task, and the last steps of the way. */
static void way_cell(struct sheet *sheet, const struct frames *frames, uint32_t at)
{
	uint32_t steps[SHOWN_STEPS];
	unsigned int nr = 0;

	for (; frames->frame[at].parent; at = frames->frame[at].parent) {
		if (nr < SHOWN_STEPS)
			steps[nr] = at;
		nr++;
	}
	html(sheet->out, "<tr><th scope=\"row\">%s</th><td>%s", name_of(&frames->frame[at]),
	     nr > SHOWN_STEPS ? "\xe2\x80\xa6 " : "");
	for (unsigned int i = nr < SHOWN_STEPS ? nr : SHOWN_STEPS; i--;) {
		html(sheet->out, "<code>%s</code>", name_of(&frames->frame[steps[i]]));
		if (i)
			html(sheet->out, " \xe2\x86\x92 <wbr>");
	}
	html(sheet->out, "</td>");
}

static void ways_table(struct sheet *sheet, const struct frames *frames)
{
	struct way ways[MOST_WAYS];
	unsigned int nr = most_gone(frames, ways);

	html(sheet->out,
	     "<div class=\"wide\"><table>\n<caption>The ways gone most</caption>\n<thead>"
	     "<tr><th scope=\"col\">Task</th><th scope=\"col\">Way</th>"
	     "<th scope=\"col\" class=\"n\">Calls</th><th scope=\"col\" class=\"n\">"
	     "Share</th></tr></thead>\n");
	for (unsigned int i = 0; i < nr; i++) {
		way_cell(sheet, frames, ways[i].frame);
		html(sheet->out, "<td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
		     word_count(ways[i].nr).s, word_part(ways[i].nr, frames->frame[0].nr).s);
	}
	html(sheet->out, "</table></div>\n");
}

static void introduce(struct sheet *sheet, const struct frames *frames)
{
	const struct callers *callers = &sheet->report->callers;

	html(sheet->out,
	     "<p>%s call%s that %s no part of another one, by %s. Width is their number.</p>\n",
	     word_count(callers->counted).s, plural(callers->counted),
	     callers->counted == 1 ? "is" : "are",
	     callers->stacks ? "their stacks, from the task down" :
			       "their task and the callers that are known without a stack "
			       "(record --stack takes those)");
	if (callers->left_out || frames->left_out)
		html(sheet->out,
		     "<p class=\"callout warn\">%s more came other ways, for which there "
		     "was no room.</p>\n",
		     word_count(callers->left_out + frames->left_out).s);
}

int sheet_callers(struct sheet *sheet)
{
	struct frames frames = {};
	struct flame flame = { .sheet = sheet, .frames = &frames };
	int err = 0;

	html(sheet->out, "<section aria-labelledby=\"callers\">\n<h2 id=\"callers\" "
			 "tabindex=\"-1\">Callers</h2>\n");
	if (!sheet->report->callers.counted) {
		html(sheet->out, "<p class=\"empty\">There is no call.</p>\n</section>\n");
		return 0;
	}
	err = frames_build(&frames, &sheet->report->callers, sheet->kernel);
	if (!err) {
		introduce(sheet, &frames);
		graph(&flame);
		ways_table(sheet, &frames);
	}
	html(sheet->out, "</section>\n");
	frames_release(&frames);
	return err;
}
