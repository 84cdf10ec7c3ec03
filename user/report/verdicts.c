// SPDX-License-Identifier: GPL-2.0-only
/* What came out, and what is missing for more. */
#include "sheet.h"

static const char *meaning(enum verdict verdict)
{
	static const char *const meanings[VERDICT_NR] = {
		[VERDICT_MATCH] = "entries and return value are what the rules give",
		[VERDICT_MISMATCH] = "they are not",
		[VERDICT_UNKNOWN] = "there is no rule for it, or not all was read",
		[VERDICT_RACED] = "two changes at a time, so that neither can be told",
		[VERDICT_LOST] = "not captured whole",
	};

	return meanings[verdict];
}

/* Share by share; what there is at all can be seen. */
static void bar(struct sheet *sheet, const struct check_stats *stats)
{
	double at = 0;

	html(sheet->out, "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
			 "aria-hidden=\"true\" focusable=\"false\">");
	for (enum verdict verdict = 0; verdict < VERDICT_NR; verdict++) {
		double width = 1000.0 * stats->verdicts[verdict] / stats->changes;

		if (!stats->verdicts[verdict])
			continue;
		if (width < 4)
			width = 4;
		if (at + width > 1000)
			at = 1000 - width;
		html(sheet->out, "<rect class=\"v%u\" x=\"%.1f\" width=\"%.1f\" height=\"10\"/>",
		     verdict, at, width);
		at += width;
	}
	html(sheet->out, "</svg>\n");
}

static void verdict_rows(struct sheet *sheet, const struct check_stats *stats)
{
	for (enum verdict verdict = 0; verdict < VERDICT_NR; verdict++)
		html(sheet->out,
		     "<tr><th scope=\"row\"><i class=\"key v%u\"></i>%s</th><td class=\"n\">%s</td>"
		     "<td class=\"n\">%s</td><td>%s</td></tr>\n",
		     verdict, verdict_name(verdict), word_count(stats->verdicts[verdict]).s,
		     word_part(stats->verdicts[verdict], stats->changes).s, meaning(verdict));
}

static void reasons(struct sheet *sheet)
{
	bool any = false;

	for (enum verdict verdict = 0; verdict < VERDICT_NR; verdict++)
		for (enum reason reason = REASON_NONE + 1; reason < REASON_NR; reason++) {
			uint64_t nr = sheet->report->reasons[verdict][reason];

			if (!nr)
				continue;
			if (!any)
				html(sheet->out, "<div class=\"wide\"><table>\n<caption>Why they "
						 "are not MATCH</caption>\n<thead><tr>"
						 "<th scope=\"col\">Reason</th>"
						 "<th scope=\"col\">Verdict</th>"
						 "<th scope=\"col\" class=\"n\">Changes</th>"
						 "<th scope=\"col\">Meaning</th></tr></thead>\n");
			any = true;
			html(sheet->out,
			     "<tr><th scope=\"row\">%s</th><td><i class=\"key v%u\"></i>%s</td>"
			     "<td class=\"n\">%s</td><td>%s</td></tr>\n",
			     reason_name(reason), verdict, verdict_name(verdict), word_count(nr).s,
			     reason_text(reason));
		}
	html(sheet->out, any ? "</table></div>\n" :
			       "<p>There is no reason to give: all of them are MATCH.</p>\n");
}

static void to_the_mismatches(struct sheet *sheet, const struct check_stats *stats)
{
	const struct exhibits *mismatches = &sheet->report->mismatches;

	if (!mismatches->nr)
		return;
	html(sheet->out, "<p>To the mismatches:</p>\n<ol class=\"list\">\n");
	for (size_t i = 0; i < mismatches->nr; i++) {
		const struct change *change = &mismatches->exhibit[i]->change;

		html(sheet->out, "<li><a href=\"#m%zu\">%s: %s</a></li>\n", i + 1, change->op,
		     reason_name(change->reason));
	}
	html(sheet->out, "</ol>\n");
	if (mismatches->nr < stats->verdicts[VERDICT_MISMATCH])
		html(sheet->out, "<p>and %s more, which are counted above.</p>\n",
		     word_count(stats->verdicts[VERDICT_MISMATCH] - mismatches->nr).s);
}

void sheet_verdicts(struct sheet *sheet)
{
	const struct check_stats *stats = sheet->input->summary->stats;

	html(sheet->out, "<section aria-labelledby=\"verdicts\">\n<h2 id=\"verdicts\" "
			 "tabindex=\"-1\">Verdicts</h2>\n");
	if (!stats->changes) {
		html(sheet->out,
		     "<p class=\"empty\">There is nothing to judge: %s.</p>\n</section>\n",
		     sheet->input->captured ? "nothing was changed while it was recorded" :
					      "this file has no capture");
		return;
	}
	bar(sheet, stats);
	html(sheet->out,
	     "<div class=\"wide\"><table>\n<caption>%s changes by verdict</caption>\n"
	     "<thead><tr><th scope=\"col\">Verdict</th><th scope=\"col\" class=\"n\">"
	     "Changes</th><th scope=\"col\" class=\"n\">Share</th><th scope=\"col\">"
	     "Meaning</th></tr></thead>\n",
	     word_count(stats->changes).s);
	verdict_rows(sheet, stats);
	html(sheet->out, "</table></div>\n");
	if (stats->own)
		html(sheet->out,
		     "<p>%s of them were made by pwtrace itself, which loads programs "
		     "for its work.</p>\n",
		     word_count(stats->own).s);
	to_the_mismatches(sheet, stats);
	reasons(sheet);
	html(sheet->out, "</section>\n");
}

static void loss(struct sheet *sheet, uint64_t nr, const char *what, const char *name)
{
	html(sheet->out, "<tr><th scope=\"row\">%s%s%s</th><td class=\"n\">%s</td></tr>\n", what,
	     *name ? " " : "", name, word_count(nr).s);
}

static void loss_rows(struct sheet *sheet)
{
	const struct summary *summary = sheet->input->summary;

	for (int type = 0; type < PWT_NR_TYPES; type++)
		if (summary->records_lost[type] && emit_record_type(type))
			loss(sheet, summary->records_lost[type],
			     "records lost:", emit_record_type(type));
	loss(sheet, summary->records_lost_total, "records lost, of all types", "");
	for (size_t i = 0; i < summary->nr_hooks; i++)
		if (summary->hooks[i].missed)
			loss(sheet, summary->hooks[i].missed,
			     "probes that did not run:", summary->hooks[i].function);
	loss(sheet, summary->probes_missed, "probes that did not run, of all hooks", "");
	loss(sheet, sheet->input->unwritten, "events that did not get into the file", "");
	loss(sheet, summary->stats->malformed, "records that made no sense", "");
	loss(sheet, summary->stats->unfinished, "calls that had not ended", "");
}

static bool lost_anything(const struct sheet_input *input)
{
	return input->summary->records_lost_total || input->summary->probes_missed ||
	       input->unwritten || input->summary->stats->malformed || input->damage;
}

void sheet_losses(struct sheet *sheet)
{
	const struct sheet_input *input = sheet->input;
	const char *damage = input->damage;

	html(sheet->out, "<section aria-labelledby=\"losses\">\n<h2 id=\"losses\" "
			 "tabindex=\"-1\">Losses</h2>\n");
	if (lost_anything(input))
		html(sheet->out,
		     "<p class=\"callout warn\">Not all that happened is here. What was "
		     "lost is counted below, and what it may have decided has no "
		     "verdict but LOST.</p>\n");
	else if (!input->captured)
		html(sheet->out,
		     "<p class=\"callout fine\">The file is whole. There is no capture in "
		     "it that could have lost anything.</p>\n");
	else
		html(sheet->out,
		     "<p class=\"callout fine\">Nothing was lost: every record that was "
		     "made is in the file, and the file is whole.</p>\n");
	if (damage)
		html(sheet->out, "<p>The file: %s.</p>\n", damage);
	html(sheet->out, "<div class=\"wide\"><table>\n<caption>What is missing</caption>\n"
			 "<thead><tr><th scope=\"col\">What</th><th scope=\"col\" class=\"n\">"
			 "Number</th></tr></thead>\n");
	loss_rows(sheet);
	html(sheet->out, "</table></div>\n</section>\n");
}
