// SPDX-License-Identifier: GPL-2.0-only
/* Operations as a table. */
#include <stdlib.h>

#include "sheet.h"

static void returned(struct sheet *sheet, const struct op_stat *stat)
{
	for (unsigned int i = 0; i < stat->nr_rets; i++)
		html(sheet->out, "%s%d: %s", i ? ", " : "", stat->rets[i].ret,
		     word_count(stat->rets[i].nr).s);
	if (stat->other_rets)
		html(sheet->out, ", others: %s", word_count(stat->other_rets).s);
	if (stat->no_ret)
		html(sheet->out, "%snot seen: %s", stat->nr_rets ? ", " : "",
		     word_count(stat->no_ret).s);
}

static void verdicts(struct sheet *sheet, const struct op_stat *stat)
{
	bool any = false;

	for (enum verdict verdict = VERDICT_MATCH + 1; verdict < VERDICT_NR; verdict++) {
		if (!stat->verdicts[verdict])
			continue;
		html(sheet->out, "%s<i class=\"key v%u\"></i>%s: %s", any ? ", " : "", verdict,
		     verdict_name(verdict), word_count(stat->verdicts[verdict]).s);
		any = true;
	}
	if (!any)
		html(sheet->out, "\xe2\x80\x93");
}

static int by_number(const void *a, const void *b)
{
	const struct op_stat *x = *(const struct op_stat *const *)a;
	const struct op_stat *y = *(const struct op_stat *const *)b;

	return x->nr < y->nr ? 1 : x->nr > y->nr ? -1 : 0;
}

static void row(struct sheet *sheet, const struct op_stat *stat)
{
	html(sheet->out,
	     "<tr><th scope=\"row\">%s</th><td><code>%s</code></td><td class=\"n\">%s</td><td>",
	     stat->op, emit_function(&sheet->words, stat->func), word_count(stat->nr).s);
	returned(sheet, stat);
	html(sheet->out, "</td><td>");
	verdicts(sheet, stat);
	html(sheet->out,
	     "</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
	     "<td class=\"n\">%s</td></tr>\n",
	     word_time(stat->total).s, word_time(op_duration(stat, 50)).s,
	     word_time(op_duration(stat, 99)).s, word_time(stat->longest).s);
}

void sheet_operations(struct sheet *sheet)
{
	const struct ops *ops = &sheet->report->ops;
	const struct op_stat *sorted[OPS_MOST];

	html(sheet->out, "<section aria-labelledby=\"operations\">\n<h2 id=\"operations\" "
			 "tabindex=\"-1\">Operations</h2>\n");
	if (!ops->nr) {
		html(sheet->out, "<p class=\"empty\">There is none.</p>\n</section>\n");
		return;
	}
	for (unsigned int i = 0; i < ops->nr; i++)
		sorted[i] = ops->stat[i];
	qsort(sorted, ops->nr, sizeof(*sorted), by_number);
	html(sheet->out,
	     "<div class=\"wide\"><table>\n<caption>Operations by the function that carried them out;"
	     " times are those of calls with what pwtrace itself takes, the median and what 99 of "
	     "100 did not exceed to within 3%%</caption>\n<thead><tr>"
	     "<th scope=\"col\">Operation</th><th scope=\"col\">Function</th>"
	     "<th scope=\"col\" class=\"n\">Calls</th><th scope=\"col\">Returned</th>"
	     "<th scope=\"col\">Not MATCH</th><th scope=\"col\" class=\"n\">Total</th>"
	     "<th scope=\"col\" class=\"n\">Median</th><th scope=\"col\" class=\"n\">99%%</th>"
	     "<th scope=\"col\" class=\"n\">Longest</th></tr></thead>\n");
	for (unsigned int i = 0; i < ops->nr; i++)
		row(sheet, sorted[i]);
	html(sheet->out, "</table></div>\n</section>\n");
}
