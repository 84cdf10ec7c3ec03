// SPDX-License-Identifier: GPL-2.0-only
/* Mismatches, and requests that were refused: what is shown one by one. */
#include "sheet.h"

void sheet_mismatches(struct sheet *sheet)
{
	const struct exhibits *mismatches = &sheet->report->mismatches;
	uint64_t nr = sheet->input->summary->stats->verdicts[VERDICT_MISMATCH];

	html(sheet->out, "<section aria-labelledby=\"mismatches\">\n<h2 id=\"mismatches\" "
			 "tabindex=\"-1\">Mismatches</h2>\n");
	if (!mismatches->nr)
		html(sheet->out, "<p class=\"empty\">No change is a MISMATCH.</p>\n");
	else if (mismatches->nr < nr)
		html(sheet->out,
		     "<p>%s of %s are drawn: the first ones, and the first of each "
		     "reason.</p>\n",
		     word_count(mismatches->nr).s, word_count(nr).s);
	for (size_t i = 0; i < mismatches->nr; i++) {
		char id[24], next[24];
		struct sheet_place place = { .id = id, .back = "verdicts" };

		snprintf(id, sizeof(id), "m%zu", i + 1);
		snprintf(next, sizeof(next), "m%zu", i + 2);
		if (i + 1 < mismatches->nr)
			place.next = next;
		sheet_exhibit(sheet, mismatches->exhibit[i], &place);
	}
	html(sheet->out, "</section>\n");
}

static void why(struct sheet *sheet, const struct refusal *kind)
{
	bool any = false;

	for (int i = 0; i < FINDING_NR; i++) {
		if (!(kind->findings & 1U << i))
			continue;
		html(sheet->out, "%s<b>%s</b>: %s", any ? "; " : "", finding_name(i),
		     finding_text(i));
		any = true;
	}
	if (!any && kind->examples.nr)
		any = sheet_story(sheet, &kind->examples.exhibit[0]->change);
	if (!any)
		html(sheet->out, "no finding tells");
}

static void kinds(struct sheet *sheet, const struct refusals *refusals)
{
	html(sheet->out,
	     "<div class=\"wide\"><table>\n<caption>%s requests that did nothing, by "
	     "kind</caption>\n<thead><tr><th scope=\"col\">Operation</th>"
	     "<th scope=\"col\">Function</th><th scope=\"col\" class=\"n\">Returned</th>"
	     "<th scope=\"col\" class=\"n\">Requests</th><th scope=\"col\">Why</th>"
	     "</tr></thead>\n",
	     word_count(refusals->total).s);
	for (unsigned int i = 0; i < refusals->nr; i++) {
		const struct refusal *kind = &refusals->kind[i];

		html(sheet->out, "<tr><th scope=\"row\">");
		if (kind->examples.nr)
			html(sheet->out, "<a href=\"#r%u-1\">%s</a>", i + 1, kind->op);
		else
			html(sheet->out, "%s", kind->op);
		html(sheet->out,
		     "</th><td><code>%s</code></td><td class=\"n\">%d</td><td class=\"n\">%s</td>"
		     "<td>",
		     emit_function(&sheet->words, kind->func), kind->ret, word_count(kind->nr).s);
		why(sheet, kind);
		html(sheet->out, "</td></tr>\n");
	}
	html(sheet->out, "</table></div>\n");
	if (refusals->left_out)
		html(sheet->out, "<p>%s are of other kinds, for which there was no room.</p>\n",
		     word_count(refusals->left_out).s);
}

static void examples(struct sheet *sheet, const struct refusal *kind, unsigned int number)
{
	for (size_t n = 0; n < kind->examples.nr; n++) {
		char id[40];
		struct sheet_place place = { .id = id, .back = "refused" };

		snprintf(id, sizeof(id), "r%u-%zu", number, n + 1);
		sheet_exhibit(sheet, kind->examples.exhibit[n], &place);
	}
}

void sheet_refusals(struct sheet *sheet)
{
	const struct refusals *refusals = &sheet->report->refusals;

	html(sheet->out, "<section aria-labelledby=\"refused\">\n<h2 id=\"refused\" "
			 "tabindex=\"-1\">Refused requests</h2>\n");
	if (!refusals->total) {
		html(sheet->out, "<p class=\"empty\">No request was refused.</p>\n</section>\n");
		return;
	}
	html(sheet->out, "<p>Requests that the kernel answered with an error, or that did nothing. "
			 "These are no mismatches: its own rules say so.</p>\n");
	kinds(sheet, refusals);
	for (unsigned int i = 0; i < refusals->nr; i++)
		examples(sheet, &refusals->kind[i], i + 1);
	html(sheet->out, "</section>\n");
}
