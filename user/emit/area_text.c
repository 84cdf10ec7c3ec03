// SPDX-License-Identifier: GPL-2.0-only
/* vmalloc areas for people: sums, then two or three lines for each. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "areas/flags.h"
#include "emit/amount.h"
#include "emit/area.h"

#define MOST_COLUMNS 100

struct printer {
	FILE *out;
	const struct shown_areas *shown;
	bool column[LEAF_NR_SIZES]; /* is there anything of that size? */
	size_t at;		    /* the next column of a paragraph */
};

static const struct geometry *geo_of(const struct printer *printer)
{
	return printer->shown->accounts->geo;
}

static void choose_columns(struct printer *printer, const struct area_sums *sums)
{
	const struct accounts *accounts = printer->shown->accounts;

	for (enum leaf_size size = 0; size < LEAF_NR_SIZES; size++) {
		printer->column[size] = size == LEAF_PTE || sums->outside.mapped[size];
		for (size_t i = 0; i < accounts->nr; i++)
			printer->column[size] |= !!accounts->all[i].mapped.mapped[size];
	}
	for (enum vmap_block block = 0; block < VMAP_NR; block++) {
		uint64_t aligned = sums->kinds[ACCOUNT_VMALLOC].aligned[block];

		printer->column[area_leaf(block)] |= !!aligned;
	}
}

static void size_names(const struct printer *printer)
{
	char buf[8];

	for (enum leaf_size size = 0; size < LEAF_NR_SIZES; size++)
		if (printer->column[size])
			fprintf(printer->out, " %8s", leaf_name(geo_of(printer), size, buf));
}

static void amounts(const struct printer *printer, const uint64_t mapped[LEAF_NR_SIZES])
{
	char buf[16];

	for (enum leaf_size size = 0; size < LEAF_NR_SIZES; size++)
		if (printer->column[size])
			fprintf(printer->out, " %8s", amount(mapped[size], buf));
}

/* Sums */

static const char *figure(uint64_t bytes, char buf[16])
{
	return bytes ? amount(bytes, buf) : "0";
}

static void share(const struct printer *printer, const char *name, const struct sizes *mapped)
{
	uint64_t huge = sizes_huge(mapped), all = sizes_total(mapped);
	char huge_text[16], all_text[16];

	fprintf(printer->out, "%s %s of %s (%.1f%%)", name, figure(huge, huge_text),
		figure(all, all_text), all ? 100.0 * huge / all : 0.0);
}

static void headline(const struct printer *printer, const struct area_sums *sums)
{
	char buf[16];

	fputs("mapped huge: ", printer->out);
	share(printer, "vmalloc space", &sums->space.mapped);
	share(printer, ", vmalloc()", &sums->kinds[ACCOUNT_VMALLOC].mapped);
	fprintf(printer->out, "; lost %s\n", figure(sums->space.lost, buf));
}

static void row(const struct printer *printer, const char *name, const struct account_total *total)
{
	char buf[16];

	fprintf(printer->out, "%-12s %7" PRIu64, name, total->areas);
	amounts(printer, total->mapped.mapped);
	fprintf(printer->out, " %8s\n", amount(total->lost, buf));
}

/* What could be had for vmalloc() if its addresses were chosen for it. */
static void aligned_row(const struct printer *printer, const struct account_total *total)
{
	uint64_t aligned[LEAF_NR_SIZES] = {};

	for (enum vmap_block block = 0; block < VMAP_NR; block++)
		aligned[area_leaf(block)] = total->aligned[block];
	fprintf(printer->out, "%-12s %7s", "  aligned", "");
	amounts(printer, aligned);
	fputc('\n', printer->out);
}

static void table(const struct printer *printer, const struct area_sums *sums)
{
	const struct account_total outside = { .mapped = sums->outside };

	fprintf(printer->out, "\n%-12s %7s", "", "areas");
	size_names(printer);
	fprintf(printer->out, " %8s\n", "lost");
	for (enum account_kind kind = 0; kind < ACCOUNT_NR_KINDS; kind++)
		if (sums->kinds[kind].areas || kind == ACCOUNT_VMALLOC) {
			row(printer, account_kind_name(kind), &sums->kinds[kind]);
			if (kind == ACCOUNT_VMALLOC)
				aligned_row(printer, &sums->kinds[kind]);
		}
	row(printer, "no area", &outside);
}

static void losses(const struct printer *printer, const struct area_sums *sums)
{
	char buf[16];
	bool any = false;

	for (enum account_why why = 0; why < WHY_NR; why++) {
		if (!sums->all.losses[why])
			continue;
		fprintf(printer->out, "%s%8s lost: %s, %s\n", any ? "" : "\n",
			amount(sums->all.losses[why], buf), account_why_name(why),
			account_why_text(why));
		any = true;
	}
}

static void count(const struct printer *printer, uint64_t nr, const char *one, const char *more)
{
	if (nr)
		fprintf(printer->out, "%" PRIu64 " %s\n", nr, nr == 1 ? one : more);
}

/* What the sums are not to be trusted for. */
static void doubts(const struct printer *printer, const struct area_sums *sums)
{
	const uint64_t *states = sums->states;

	count(printer, states[ACCOUNT_NEW], "area came while tables were read",
	      "areas came while tables were read");
	count(printer, states[ACCOUNT_GONE], "area went meanwhile", "areas went meanwhile");
	count(printer, states[ACCOUNT_CHANGED], "area changed meanwhile",
	      "areas changed meanwhile");
	count(printer, sums->unread, "area has a vm_struct that could not be read",
	      "areas have a vm_struct that could not be read");
	count(printer, printer->shown->missed, "place in the trees of areas could not be read",
	      "places in the trees of areas could not be read");
	count(printer, sums->torn, "area has tables that changed while they were read",
	      "areas have tables that changed while they were read");
	count(printer, sums->unreadable, "area has tables that cannot be read",
	      "areas have tables that cannot be read");
}

/* One area */

static void word(struct printer *printer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A paragraph of words with commas between, which goes on in the next line where it is too long. */
static void word(struct printer *printer, const char *format, ...)
{
	char text[256];
	va_list args;
	size_t len;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	len = strlen(text);
	if (printer->at && printer->at + 3 + len <= MOST_COLUMNS) {
		fprintf(printer->out, ", %s", text);
		printer->at += 2 + len;
	} else {
		fprintf(printer->out, "%s    %s", printer->at ? ",\n" : "", text);
		printer->at = 4 + len;
	}
}

static void flags(struct printer *printer, uint64_t value)
{
	char text[256] = "";
	size_t len = 0;

	for (unsigned int bit = 0; bit < 64 && len < sizeof(text); bit++) {
		const char *name = vm_flag_name(bit), *bar = len ? "|" : "";

		if (!(value >> bit & 1))
			continue;
		len += name ? snprintf(text + len, sizeof(text) - len, "%s%s", bar, name) :
			      snprintf(text + len, sizeof(text) - len, "%s0x%llx", bar,
				       1ULL << bit);
	}
	if (len)
		word(printer, "%s", text);
}

/* The one with most bytes; the rest is in JSON. */
static enum account_why most(const uint64_t *bytes, int nr)
{
	int best = nr;

	for (int why = 0; why < nr; why++)
		if (bytes[why] && (best == nr || bytes[why] > bytes[best]))
			best = why;
	return best;
}

static void reasons(struct printer *printer, const struct account *account)
{
	enum account_why limit = most(account->limits, NR_LIMITS);
	uint64_t losses[WHY_NR];
	char buf[16];

	account_losses(printer->shown->accounts, account, losses);
	for (enum account_why why = 0; why < WHY_NR; why++)
		if (losses[why])
			word(printer, "%s lost: %s", amount(losses[why], buf),
			     account_why_name(why));
	if (limit != NR_LIMITS)
		word(printer, "limited by %s", account_why_name(limit));
}

static void marks(struct printer *printer, const struct account *account)
{
	uint64_t size = account_size(printer->shown->accounts, account);
	const struct sizes *mapped = &account->mapped;
	uint64_t present = sizes_total(mapped) + mapped->invalid + mapped->bad;
	char buf[16];

	if (account->area.unread)
		word(printer, "<vm_struct not read>");
	if (account->state != ACCOUNT_SAME)
		word(printer, "<%s>", account_state_name(account->state));
	if (account->marks & STREAM_TORN)
		word(printer, "<torn>");
	if (account->marks & STREAM_UNREADABLE)
		word(printer, "<unreadable>");
	if (account->state != ACCOUNT_NEW && present < size)
		word(printer, "%s not mapped", amount(size - present, buf));
	if (mapped->invalid)
		word(printer, "%s not valid", amount(mapped->invalid, buf));
	if (mapped->bad)
		word(printer, "%s bad entries", amount(mapped->bad, buf));
}

static void paragraph(struct printer *printer, const struct account *account)
{
	const struct vm_area *area = &account->area;
	char text[160];

	printer->at = 0;
	if (area_caller(printer->shown, area, text, sizeof(text)))
		word(printer, "%s", text);
	if (!area->vm)
		word(printer, "vm_map_ram");
	flags(printer, area->flags);
	if (area->nr_pages)
		word(printer, "%" PRIu64 " page%s", area->nr_pages, area->nr_pages == 1 ? "" : "s");
	if (area->phys_addr)
		word(printer, "phys 0x%" PRIx64, area->phys_addr);
	marks(printer, account);
	reasons(printer, account);
	if (printer->at)
		fputc('\n', printer->out);
}

static const char *best_name(const struct printer *printer, const struct account *account,
			     char buf[8])
{
	for (int block = VMAP_NR - 1; block >= 0; block--)
		if (account->best[block])
			return leaf_name(geo_of(printer), area_leaf(block), buf);
	return "-";
}

static void area(struct printer *printer, const struct shown_area *shown)
{
	static const char *const refused[] = {
		[OP_UNKNOWN] = "?", [OP_NO] = "allowed", [OP_YES] = "refused"
	};
	const struct account *account = shown->account;
	uint64_t size = account->area.va_end - account->area.va_start;
	char size_text[16], lost_text[16], best[8];

	fprintf(printer->out, "0x%016" PRIx64 " %8s", account->area.va_start,
		amount(size, size_text));
	amounts(printer, account->mapped.mapped);
	fprintf(printer->out, " %8s %5s %s\n", amount(account_lost(account), lost_text),
		best_name(printer, account, best), refused[shown->refusal.refused]);
	paragraph(printer, account);
}

void areas_text(FILE *out, const struct shown_areas *shown)
{
	struct printer printer = { .out = out, .shown = shown };
	struct area_sums sums;

	area_sums(shown, &sums);
	choose_columns(&printer, &sums);
	headline(&printer, &sums);
	table(&printer, &sums);
	losses(&printer, &sums);
	doubts(&printer, &sums);
	if (!shown->nr)
		return;
	fprintf(out, "\n%-18s %8s", "ADDRESS", "SIZE");
	size_names(&printer);
	fprintf(out, " %8s %5s %s\n", "LOST", "BEST", "SET_MEM");
	for (size_t i = 0; i < shown->nr; i++)
		area(&printer, &shown->areas[i]);
}
