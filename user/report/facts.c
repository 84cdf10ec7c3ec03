// SPDX-License-Identifier: GPL-2.0-only
/* The kernel that was recorded, and the hooks. */
#include "sheet.h"

static void fact(struct sheet *sheet, const char *name, const char *value)
{
	html(sheet->out, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, *value ? value : "not known");
}

static const char *splitting(const struct kernel *kernel)
{
	if (kernel->splits_unknown)
		return "not known";
	return kernel->splits_leaves ? "leaves of the linear map are split (BBM)" :
				       "leaves are never split";
}

static const char *rodata(const struct kernel *kernel)
{
	if (kernel->rodata_full_unknown)
		return "not known";
	return kernel->rodata_full ? "on: aliases in the linear map follow" : "off";
}

static const char *state_of(const struct hook_status *hook)
{
	switch (hook->state) {
	case HOOK_ATTACHED:
		return "attached";
	case HOOK_ABSENT:
		return "not in this kernel";
	case HOOK_FAILED:
		return "could not be attached";
	case HOOK_OFF:
		break;
	}
	return "off";
}

static void hooks(struct sheet *sheet)
{
	const struct summary *summary = sheet->input->summary;

	if (!summary->nr_hooks) {
		html(sheet->out, "<p class=\"empty\">The file names no hooks.</p>\n");
		return;
	}
	html(sheet->out,
	     "<div class=\"wide\"><table>\n<caption>Hooks, by %s</caption>\n<thead><tr>"
	     "<th scope=\"col\">Function</th><th scope=\"col\">State</th>"
	     "<th scope=\"col\" class=\"n\">Did not run</th></tr></thead>\n",
	     *summary->backend ? summary->backend : "a way that is not known");
	for (size_t i = 0; i < summary->nr_hooks; i++)
		html(sheet->out,
		     "<tr><th scope=\"row\"><code>%s</code></th><td>%s</td><td class=\"n\">%s</td>"
		     "</tr>\n",
		     summary->hooks[i].function, state_of(&summary->hooks[i]),
		     word_count(summary->hooks[i].missed).s);
	html(sheet->out, "</table></div>\n");
}

void sheet_kernel(struct sheet *sheet)
{
	const struct kernel *kernel = sheet->kernel;
	const struct recorded_info *info = sheet->input->info;
	char text[64];

	html(sheet->out, "<section aria-labelledby=\"kernel\">\n<h2 id=\"kernel\" "
			 "tabindex=\"-1\">Kernel</h2>\n<dl class=\"facts\">\n");
	fact(sheet, "release", kernel->release);
	fact(sheet, "build id", info->build_id);
	fact(sheet, "boot id", info->boot_id);
	fact(sheet, "page size", word_bytes(geometry_page_size(&kernel->geo)).s);
	snprintf(text, sizeof(text), "%u of %u, %u levels%s", kernel->geo.va_bits,
		 kernel->geo.va_bits_config, kernel->geo.levels, kernel->geo.lpa2 ? ", LPA2" : "");
	fact(sheet, "VA bits", text);
	fact(sheet, "blocks", splitting(kernel));
	fact(sheet, "rodata_full", rodata(kernel));
	if (sheet->report->changes) {
		emit_time(&sheet->words, sheet->report->first, true, text, sizeof(text));
		fact(sheet, "first change", text);
		emit_time(&sheet->words, sheet->report->last, true, text, sizeof(text));
		fact(sheet, "last", text);
	}
	html(sheet->out, "</dl>\n");
	hooks(sheet);
	html(sheet->out, "</section>\n");
}
