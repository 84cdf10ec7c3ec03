// SPDX-License-Identifier: GPL-2.0-only
#include "sheet.h"

#include <errno.h>
#include <string.h>

#include "report/sha256.h"

static void head(struct sheet *sheet, const char *title)
{
	char style[SHA256_BASE64], script[SHA256_BASE64];

	sha256_base64(sheet_css, strlen(sheet_css), style);
	sha256_base64(sheet_js, strlen(sheet_js), script);
	html(sheet->out,
	     "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	     "style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; "
	     "form-action 'none'\">\n"
	     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	     "<meta name=\"color-scheme\" content=\"light dark\">\n"
	     "<meta name=\"referrer\" content=\"no-referrer\">\n"
	     "<title>%s: %s</title>\n<style>",
	     style, script, sheet->input->file, title);
	fputs(sheet_css, sheet->out);
	html(sheet->out, "</style>\n</head>\n<body>\n"
			 "<a class=\"skip\" href=\"#verdicts\">To the verdicts</a>\n");
}

/* The one sentence that all the rest is about. */
static void outcome(const struct sheet *sheet, char *buf, size_t size)
{
	const struct check_stats *stats = sheet->input->summary->stats;
	uint64_t wrong = stats->verdicts[VERDICT_MISMATCH];
	uint64_t open = stats->changes - wrong - stats->verdicts[VERDICT_MATCH];

	if (!stats->changes)
		snprintf(buf, size, "No change in this recording");
	else if (wrong)
		snprintf(buf, size,
			 "%s of %s change%s %s not what the kernel\xe2\x80\x99s own "
			 "rules give",
			 word_count(wrong).s, word_count(stats->changes).s, plural(stats->changes),
			 wrong == 1 ? "is" : "are");
	else if (open)
		snprintf(buf, size, "No change of %s is known to be wrong; %s could not be judged",
			 word_count(stats->changes).s, word_count(open).s);
	else
		snprintf(buf, size,
			 "All %s change%s %s what the kernel\xe2\x80\x99s own rules give",
			 word_count(stats->changes).s, plural(stats->changes),
			 stats->changes == 1 ? "is" : "are");
}

static void when(struct sheet *sheet)
{
	char time[48];

	if (!sheet->report->changes)
		return;
	emit_time(&sheet->words, sheet->report->first, true, time, sizeof(time));
	time[strcspn(time, ".")] = '\0';
	html(sheet->out, " \xc2\xb7 <time datetime=\"%sZ\">%.10s %s UTC</time>, %s long", time,
	     time, time + 11, word_time(sheet->report->last - sheet->report->first).s);
}

static void redaction(struct sheet *sheet)
{
	const struct sheet_input *input = sheet->input;

	if (input->redact)
		html(sheet->out,
		     "<p class=\"note\">Redacted: physical addresses are shown as blocks of memory "
		     "(M1, M2, \xe2\x80\xa6) with what is behind their beginning, and addresses of "
		     "the kernel from where it begins.</p>\n");
	else if (input->moved)
		html(sheet->out,
		     "<p class=\"note\">Addresses are those of the recording, which was "
		     "redacted: the machine had others.</p>\n");
	else
		html(sheet->out, "<p class=\"note warn\">Not redacted: this page has physical "
				 "addresses and tells where the kernel lies.</p>\n");
}

static void masthead(struct sheet *sheet, const char *title)
{
	const struct sheet_input *input = sheet->input;

	html(sheet->out, "<header>\n<p class=\"kicker\">pwtrace report \xc2\xb7 %s", input->file);
	if (input->parts > 1)
		html(sheet->out, " and %zu more part%s", input->parts - 1,
		     plural(input->parts - 1));
	html(sheet->out, " \xc2\xb7 Linux %s", sheet->kernel->release);
	when(sheet);
	html(sheet->out, "</p>\n<h1>%s</h1>\n", title);
	redaction(sheet);
	html(sheet->out, "</header>\n");
}

static void contents(struct sheet *sheet)
{
	static const struct {
		const char *id, *name;
	} sections[] = {
		{ "verdicts", "Verdicts" },	{ "losses", "Losses" },
		{ "mismatches", "Mismatches" }, { "refused", "Refused" },
		{ "space", "Address space" },	{ "time", "Time line" },
		{ "callers", "Callers" },	{ "operations", "Operations" },
		{ "kernel", "Kernel" },
	};

	html(sheet->out, "<nav aria-label=\"Sections\"><ul>\n");
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++)
		html(sheet->out, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id,
		     sections[i].name);
	html(sheet->out, "</ul></nav>\n");
}

/* All that will be shown: the zone of modules is told from the lowest. */
static void expect_addresses(struct sheet *sheet)
{
	const struct report *report = sheet->report;

	for (size_t i = 0; i < report->mismatches.nr; i++)
		redact_expect(&sheet->redactor, report->mismatches.exhibit[i]->change.addr);
	for (unsigned int i = 0; i < report->refusals.nr; i++)
		for (size_t n = 0; n < report->refusals.kind[i].examples.nr; n++)
			redact_expect(&sheet->redactor,
				      report->refusals.kind[i].examples.exhibit[n]->change.addr);
	for (int side = 0; side < LEAFMAP_SIDES; side++) {
		const struct strip *modules = &sheet->input->strips[side].zone[ZONE_MODULES];

		if (modules->nr)
			redact_expect(&sheet->redactor, modules->runs[0].start);
	}
}

static int body(struct sheet *sheet)
{
	int err;

	sheet_verdicts(sheet);
	sheet_losses(sheet);
	sheet_mismatches(sheet);
	sheet_refusals(sheet);
	err = sheet_space(sheet);
	if (err)
		return err;
	sheet_timeline(sheet);
	err = sheet_callers(sheet);
	if (err)
		return err;
	sheet_operations(sheet);
	sheet_kernel(sheet);
	return 0;
}

int sheet_print(FILE *out, const struct sheet_input *input)
{
	struct sheet sheet = {
		.out = out,
		.input = input,
		.report = input->report,
		.kernel = input->report->kernel,
		.words = { .kernel = input->report->kernel,
			   .range_function = input->range_function },
	};
	char title[160];
	int err;

	redactor_init(&sheet.redactor, sheet.kernel, input->redact);
	expect_addresses(&sheet);
	outcome(&sheet, title, sizeof(title));
	head(&sheet, title);
	masthead(&sheet, title);
	contents(&sheet);
	html(out, "<main>\n");
	err = body(&sheet);
	html(out,
	     "</main>\n<footer><p>Made by pwtrace %s from a recording of pwtrace %s. "
	     "This page asks for nothing from anywhere.</p></footer>\n<script>",
	     input->version, input->info->version);
	fputs(sheet_js, out);
	html(out, "</script>\n</body>\n</html>\n");
	redactor_release(&sheet.redactor);
	return err;
}
