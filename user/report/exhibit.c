// SPDX-License-Identifier: GPL-2.0-only
/* One change with all that is known of it. */
#include <string.h>

#include "geometry/descriptor.h"
#include "sheet.h"

static void begin_fact(struct sheet *sheet, const char *name)
{
	html(sheet->out, "<div><dt>%s</dt><dd>", name);
}

static void end_fact(struct sheet *sheet)
{
	html(sheet->out, "</dd></div>\n");
}

static void masks(struct sheet *sheet, const struct change *change)
{
	const struct {
		const char *sign;
		uint64_t mask;
	} both[] = { { "\xe2\x88\x92", change->clear_mask }, { "+", change->set_mask } };

	if (!change->has_masks)
		return;
	begin_fact(sheet, "masks");
	for (int i = 0; i < 2; i++) {
		const char *names[64];
		size_t nr = desc_mask_names(both[i].mask, names, 64);

		for (size_t n = 0; n < nr; n++)
			html(sheet->out, "%s%s ", both[i].sign, names[n]);
	}
	end_fact(sheet);
}

static void where(struct sheet *sheet, const struct change *change)
{
	char symbol[REDACT_TEXT];

	begin_fact(sheet, "range");
	html(sheet->out, "%s at ", word_bytes(change->size).s);
	sheet_va(sheet, change->addr);
	/* a redacted address begins with it */
	if (!sheet->redactor.on)
		html(sheet->out, " (%s)", zone_name(change->zone));
	if (emit_range_symbol(&sheet->words, change, symbol, sizeof(symbol)) &&
	    strncmp(symbol, "0x", 2))
		html(sheet->out, ", %s", symbol);
	end_fact(sheet);
	if (!change->has_area || !change->area.addr)
		return;
	begin_fact(sheet, "area");
	sheet_va(sheet, change->area.addr);
	html(sheet->out, ", %s, %s pages, flags %#llx", word_bytes(change->area.size).s,
	     word_count(change->area.nr_pages).s, (unsigned long long)change->area.flags);
	end_fact(sheet);
}

bool sheet_story(struct sheet *sheet, const struct change *change)
{
	const struct story *story = &change->story;

	if (!story->parts || story->seq == change->seq || !story->verdict)
		return false;
	html(sheet->out, "of its parts change %s is %s (%s)", word_count(story->seq).s,
	     verdict_name(story->verdict), reason_name(story->reason));
	return true;
}

static void returned(struct sheet *sheet, const struct change *change)
{
	begin_fact(sheet, "returned");
	if (!change->has_ret)
		html(sheet->out, "not seen");
	else if (change->verdict == VERDICT_MISMATCH && change->ret != change->expected_ret)
		html(sheet->out, "<mark>%d</mark>, expected %d", change->ret, change->expected_ret);
	else
		html(sheet->out, "%d", change->ret);
	end_fact(sheet);
}

static void who(struct sheet *sheet, const struct change *change)
{
	char time[48];

	emit_time(&sheet->words, change->time, true, time, sizeof(time));
	begin_fact(sheet, "when");
	html(sheet->out, "%s, for %s", time, word_time(change->duration).s);
	end_fact(sheet);
	begin_fact(sheet, "task");
	html(sheet->out, "%s (%u), CPU %u, %s context", change->comm, change->pid, change->cpu,
	     emit_context(change));
	end_fact(sheet);
	begin_fact(sheet, "function");
	html(sheet->out, "<code>%s</code>, change %s", emit_function(&sheet->words, change->func),
	     word_count(change->seq).s);
	if (change->parent_seq)
		html(sheet->out, ", a part of change %s", word_count(change->parent_seq).s);
	if (change->story.parts) {
		html(sheet->out, ", %u part%s; ", change->story.parts, plural(change->story.parts));
		if (!sheet_story(sheet, change))
			html(sheet->out, "none is worse");
	}
	end_fact(sheet);
}

static void findings(struct sheet *sheet, const struct change *change)
{
	if (!change->findings)
		return;
	html(sheet->out, "<ul class=\"findings\">\n");
	for (int i = 0; i < FINDING_NR; i++)
		if (change->findings & 1U << i)
			html(sheet->out, "<li><b>%s</b>: %s</li>\n", finding_name(i),
			     finding_text(i));
	html(sheet->out, "</ul>\n");
}

static void callers(struct sheet *sheet, const struct exhibit *exhibit)
{
	const struct change *change = &exhibit->change;
	char symbol[REDACT_TEXT];

	html(sheet->out, "<div class=\"stack\"><h4>%s</h4>\n<ol>\n",
	     exhibit->stack.nr ? "Stack" : "Callers");
	for (size_t i = 0; i < exhibit->stack.nr; i++) {
		redact_code(&sheet->redactor, exhibit->stack.addrs[i], symbol);
		html(sheet->out, "<li><code>%s</code></li>\n", symbol);
	}
	for (int i = 0; !exhibit->stack.nr && i < PWT_NR_CALLERS; i++) {
		uint64_t addr = geometry_strip_pac(&sheet->kernel->geo, change->callers[i]);

		if (!addr)
			continue;
		redact_code(&sheet->redactor, addr, symbol);
		html(sheet->out, "<li><code>%s</code></li>\n", symbol);
	}
	html(sheet->out, "</ol></div>\n");
}

static void difference(struct sheet *sheet, const struct change *change)
{
	const struct difference *diff = &change->diff;
	const struct sheet_state states[] = {
		{ "before", diff->before },
		{ "expected", diff->expected },
		{ "after", diff->after },
	};

	if (!diff->found)
		return;
	html(sheet->out, "<h4>The %s of ", geometry_level_name(diff->level));
	sheet_va(sheet, diff->addr);
	html(sheet->out, "</h4>\n");
	sheet_bits(sheet, diff->level, states, 3);
}

static void entry_row(struct sheet *sheet, const struct exhibit_entry *entry, const char *state,
		      uint64_t desc)
{
	char text[256], digits[17];

	redact_describe(&sheet->redactor, entry->level, desc, text, sizeof(text));
	redact_desc(&sheet->redactor, desc, digits);
	html(sheet->out, "<td>%s</td><td><code>%s</code></td><td>%s</td></tr>\n", state, digits,
	     text);
}

static void entries(struct sheet *sheet, const struct exhibit *exhibit)
{
	if (!exhibit->nr_entries) {
		html(sheet->out, "<p class=\"empty\">No entry was read for this call.</p>\n");
		return;
	}
	html(sheet->out,
	     "<div class=\"wide\"><table class=\"entries\">\n<caption>Entries that were "
	     "read</caption>\n<thead><tr><th scope=\"col\">Entry</th><th scope=\"col\">"
	     "State</th><th scope=\"col\">Descriptor</th><th scope=\"col\">Attributes"
	     "</th></tr></thead>\n");
	for (unsigned int i = 0; i < exhibit->nr_entries; i++) {
		const struct exhibit_entry *entry = &exhibit->entries[i];
		bool changed = entry->has_after && entry->after != entry->before;

		html(sheet->out, "<tr><th scope=\"row\" rowspan=\"%u\">%s[%u] ", changed ? 2 : 1,
		     geometry_level_name(entry->level), entry->index);
		sheet_va(sheet, entry->addr);
		html(sheet->out, "</th>");
		entry_row(sheet, entry,
			  changed	   ? "before" :
			  entry->has_after ? "unchanged" :
					     "before only",
			  entry->before);
		if (!changed)
			continue;
		html(sheet->out, "<tr>");
		entry_row(sheet, entry, "after", entry->after);
	}
	html(sheet->out, "</table></div>\n");
	if (exhibit->more)
		html(sheet->out, "<p>and %u more.</p>\n", exhibit->more);
}

void sheet_exhibit(struct sheet *sheet, const struct exhibit *exhibit,
		   const struct sheet_place *place)
{
	const struct change *change = &exhibit->change;
	bool wrong = change->verdict == VERDICT_MISMATCH;

	html(sheet->out,
	     "<article class=\"exhibit\" id=\"%s\" tabindex=\"-1\" aria-labelledby=\"%s-name\">\n"
	     "<h3 id=\"%s-name\"><i class=\"key v%u\"></i>%s",
	     place->id, place->id, place->id, change->verdict, change->op);
	if (wrong)
		html(sheet->out, ": %s</h3>\n", reason_name(change->reason));
	else if (change->has_ret)
		html(sheet->out, " returned %d</h3>\n", change->ret);
	else
		html(sheet->out, "</h3>\n");
	if (wrong)
		html(sheet->out, "<p class=\"reason\">%s.</p>\n", reason_text(change->reason));
	findings(sheet, change);
	html(sheet->out, "<div class=\"beside\"><dl class=\"facts\">\n");
	where(sheet, change);
	masks(sheet, change);
	returned(sheet, change);
	who(sheet, change);
	html(sheet->out, "</dl>\n");
	callers(sheet, exhibit);
	html(sheet->out, "</div>\n");
	sheet_range(sheet, exhibit);
	difference(sheet, change);
	entries(sheet, exhibit);
	html(sheet->out, "<p class=\"onward\">");
	if (place->next)
		html(sheet->out, "<a href=\"#%s\">The next one</a> \xc2\xb7 ", place->next);
	html(sheet->out, "<a href=\"#%s\">Back to the list</a></p>\n</article>\n", place->back);
}
