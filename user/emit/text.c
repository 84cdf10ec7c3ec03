// SPDX-License-Identifier: GPL-2.0-only
/*
 * For people: a line a change. Lines that say the same about other addresses are folded into a
 * count; a MISMATCH and a request that did nothing show their entries.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "emit.h"
#include "geometry/descriptor.h"

/* Lines like the one printed last that were held back. */
struct fold {
	uint64_t count;
	uint64_t low, high; /* of their addresses */
	uint64_t time;	    /* of the last */
	char key[256];
};

struct text {
	struct emitter base;
	struct fold fold;
	bool header;
};

static const char *paint(const struct text *text, enum verdict verdict)
{
	static const char *const colors[VERDICT_NR] = {
		[VERDICT_MATCH] = "\033[32m",	[VERDICT_MISMATCH] = "\033[1;31m",
		[VERDICT_UNKNOWN] = "\033[33m", [VERDICT_RACED] = "\033[33m",
		[VERDICT_LOST] = "\033[35m",
	};

	return text->base.options.color ? colors[verdict] : "";
}

static const char *plain(const struct text *text)
{
	return text->base.options.color ? "\033[0m" : "";
}

/* "-PTE_WRITE +PTE_RDONLY", without the prefix that all names share. */
static void format_masks(const struct change *change, char *buf, size_t size)
{
	const struct {
		char sign;
		uint64_t mask;
	} masks[] = { { '-', change->clear_mask }, { '+', change->set_mask } };
	size_t len = 0;

	buf[0] = '\0';
	for (int i = 0; i < 2 && change->has_masks; i++) {
		const char *names[64];
		size_t nr = desc_mask_names(masks[i].mask, names, 64);

		for (size_t n = 0; n < nr && len < size; n++) {
			const char *name = strncmp(names[n], "PTE_", 4) ? names[n] : names[n] + 4;

			len += snprintf(buf + len, size - len, "%s%c%s", len ? " " : "",
					masks[i].sign, name);
		}
	}
}

/* "asked 2M, mapped 16 x 2M, 3 x 64K" */
static void format_birth(const struct emitter *emitter, const struct change *change, char *buf,
			 size_t size)
{
	const struct birth *birth = &change->birth;
	char bytes[24];
	size_t len;
	bool any = false;

	emit_asked(emitter, birth->asked, bytes, sizeof(bytes));
	len = snprintf(buf, size, "asked %s", bytes);
	for (int block = VMAP_NR - 1; block >= 0; block--) {
		if (!birth->mapped[block].nr || len >= size)
			continue;
		emit_size(vmap_block_size(&emitter->kernel->geo, block), bytes, sizeof(bytes));
		len += snprintf(buf + len, size - len, "%s%" PRIu64 " x %s",
				any ? ", " : ", mapped ", birth->mapped[block].nr, bytes);
		any = true;
	}
}

static void format_leaves(const struct change *change, char *buf, size_t size)
{
	size_t len = 0;

	snprintf(buf, size, "-");
	for (int level = PGTABLE_NR_LEVELS - 1; level >= 0; level--)
		if (change->leaves[level] && len < size)
			len += snprintf(buf + len, size - len, "%s%u %s", len ? " " : "",
					change->leaves[level], geometry_level_name(level));
}

static void format_ret(const struct change *change, char *buf, size_t size)
{
	if (!change->has_ret)
		snprintf(buf, size, "?");
	else
		snprintf(buf, size, "%d", change->ret);
}

static void print_fold(struct text *text)
{
	struct fold *fold = &text->fold;

	if (fold->count)
		fprintf(text->base.out,
			"%15s   ... %" PRIu64 " more like it, %#" PRIx64 " to %#" PRIx64 "\n", "",
			fold->count, fold->low, fold->high);
	fold->count = 0;
	fold->key[0] = '\0';
}

/* True if the line needs not be printed, because it was counted. */
static bool folded(struct text *text, const struct change *change, const char *key)
{
	struct fold *fold = &text->fold;

	if (text->base.options.verbose || change->verdict == VERDICT_MISMATCH) {
		print_fold(text);
		return false;
	}
	if (strcmp(key, fold->key)) {
		print_fold(text);
		snprintf(fold->key, sizeof(fold->key), "%s", key);
		return false;
	}
	if (!fold->count++)
		fold->low = fold->high = change->addr;
	if (change->addr < fold->low)
		fold->low = change->addr;
	if (change->addr > fold->high)
		fold->high = change->addr;
	return true;
}

static void print_entry(struct text *text, const char *label, enum pgtable_level level,
			uint64_t desc)
{
	char words[160];

	desc_describe(&text->base.kernel->geo, level, desc, words, sizeof(words));
	fprintf(text->base.out, "      %-9s %016" PRIx64 "  %s\n", label, desc, words);
}

static void print_difference(struct text *text, const struct change *change)
{
	const struct difference *diff = &change->diff;

	if (!diff->found)
		return;
	fprintf(text->base.out, "    %s of %#" PRIx64 ":\n", geometry_level_name(diff->level),
		diff->addr);
	print_entry(text, "before", diff->level, diff->before);
	print_entry(text, "expected", diff->level, diff->expected);
	print_entry(text, "after", diff->level, diff->after);
}

#define MAX_SHOWN 8

/* The entries that map the range and its neighbours, before and after. */
static void print_entries(struct text *text, const struct change *change)
{
	unsigned int shown = 0, more = 0;

	for (uint32_t i = 0; i < change->before.nr_slices; i++) {
		const struct image_slice *slice = &change->before.slices[i];
		const uint64_t *before = image_slice_entries(&change->before, slice);
		uint64_t size = geometry_size(change->before.geo, slice->level);

		for (unsigned int n = 0; n < slice->nr; n++) {
			const uint64_t *after = image_entry(&change->after, slice->table,
							    slice->first + n);

			if (desc_table(before[n], slice->level))
				continue;
			if (shown++ >= MAX_SHOWN && !text->base.options.verbose) {
				more++;
				continue;
			}
			fprintf(text->base.out, "    %s[%u] of %#" PRIx64 ":\n",
				geometry_level_name(slice->level), slice->first + n,
				slice->addr + n * size);
			print_entry(text, "before", slice->level, before[n]);
			if (after)
				print_entry(text, *after == before[n] ? "unchanged" : "after",
					    slice->level, *after);
		}
	}
	if (more)
		fprintf(text->base.out, "    ... and %u entries more (-v shows them)\n", more);
}

static void print_findings(struct text *text, const struct change *change)
{
	for (int i = 0; i < FINDING_NR; i++)
		if (change->findings & 1U << i)
			fprintf(text->base.out, " %s", finding_name(i));
}

static void print_splits(struct text *text, const struct change *change)
{
	for (int level = PGTABLE_NR_LEVELS - 1; level >= 0; level--)
		if (change->splits[level])
			fprintf(text->base.out, " split %u %s", change->splits[level],
				geometry_level_name(level));
}

static void print_stack(struct text *text, const struct stack *stack)
{
	char symbol[128];

	for (size_t i = 0; stack && i < stack->nr; i++) {
		emit_symbol(&text->base, stack->addrs[i], symbol, sizeof(symbol));
		fprintf(text->base.out, "      %s\n", symbol);
	}
}

static void print_details(struct text *text, const struct change *change)
{
	bool nothing_done = emit_nothing_done(change);

	if (change->verdict == VERDICT_MISMATCH) {
		fprintf(text->base.out, "    %s: %s\n", reason_name(change->reason),
			reason_text(change->reason));
		if (change->ret != change->expected_ret)
			fprintf(text->base.out, "    returned %d, expected %d\n", change->ret,
				change->expected_ret);
	}
	for (int i = 0; i < FINDING_NR; i++)
		if (nothing_done && change->findings & 1U << i)
			fprintf(text->base.out, "    %s\n", finding_text(i));
	if (nothing_done && change->has_area && change->area.addr)
		fprintf(text->base.out,
			"    area %#" PRIx64 " to %#" PRIx64 ", %" PRIu64 " pages, flags %#" PRIx64
			"\n",
			(uint64_t)change->area.addr,
			(uint64_t)(change->area.addr + change->area.size),
			(uint64_t)change->area.nr_pages, (uint64_t)change->area.flags);
	if (change->boundary.found)
		draw_boundary(text->base.out, change, "    ");
	if (change->diff.found)
		print_difference(text, change);
	else if (change->verdict == VERDICT_MISMATCH || nothing_done)
		print_entries(text, change);
}

static void print_header(struct text *text)
{
	if (text->header)
		return;
	text->header = true;
	fprintf(text->base.out, "%-15s %7s %-15s %-30s %-8s %-18s %5s %-8s %4s %-8s %s\n", "TIME",
		"PID", "COMM", "OPERATION", "ZONE", "ADDRESS", "SIZE", "LEAVES", "RET", "VERDICT",
		"MASKS");
}

static void text_change(struct emitter *emitter, const struct change *change,
			const struct stack *stack)
{
	struct text *text = (struct text *)emitter;
	char time[32], size[24], masks[256], leaves[64], ret[16], key[256], symbol[128];
	char comm[EMIT_COMM];
	bool nested = change->parent_seq;

	emit_time(emitter, change->time, false, time, sizeof(time));
	emit_size(change->size, size, sizeof(size));
	if (change->birth.asked)
		format_birth(emitter, change, masks, sizeof(masks));
	else
		format_masks(change, masks, sizeof(masks));
	format_leaves(change, leaves, sizeof(leaves));
	format_ret(change, ret, sizeof(ret));
	snprintf(key, sizeof(key), "%u %u %s %d %s %s %d %d %x %d %u %u %.120s", change->pid,
		 change->func, change->op, change->zone, size, ret, change->verdict, change->reason,
		 change->findings, nested, change->splits[PGTABLE_LEVEL_PMD],
		 change->splits[PGTABLE_LEVEL_PUD], masks);
	print_header(text);
	if (!(stack && stack->nr) && folded(text, change, key))
		return;
	fprintf(emitter->out,
		"%-15s %7u %-15s %s%-*s %-8s %#018" PRIx64 " %5s %-8s %4s %s%-8s%s %s", time,
		change->pid, emit_comm(change, comm), nested ? "  " : "", nested ? 28 : 30,
		change->op, zone_name(change->zone), change->addr, size, leaves, ret,
		paint(text, change->verdict), verdict_name(change->verdict), plain(text), masks);
	if (change->reason)
		fprintf(emitter->out, " [%s]", reason_name(change->reason));
	if (emit_range_symbol(emitter, change, symbol, sizeof(symbol)))
		fprintf(emitter->out, " %s", symbol);
	print_findings(text, change);
	print_splits(text, change);
	if (change->story.parts && change->story.seq != change->seq && change->story.verdict)
		fprintf(emitter->out, " (of its parts: %s [%s])",
			verdict_name(change->story.verdict), reason_name(change->story.reason));
	if (change->own)
		fprintf(emitter->out, " (own)");
	fputc('\n', emitter->out);
	print_details(text, change);
	print_stack(text, stack);
}

static void text_walk(struct emitter *emitter, const struct pwt_walk *walk)
{
	struct text *text = (struct text *)emitter;
	char time[32], ops[128];

	print_fold(text);
	emit_time(emitter, walk->hdr.time, false, time, sizeof(time));
	emit_symbol(emitter, walk->ops, ops, sizeof(ops));
	fprintf(emitter->out, "%-15s %7u walk %#" PRIx64 " to %#" PRIx64 " ops %s = %lld (%s)\n",
		time, walk->hdr.pid, (uint64_t)walk->start, (uint64_t)walk->end, ops,
		(long long)walk->ret, emit_function(emitter, walk->hdr.func));
}

static void text_idle(struct emitter *emitter)
{
	struct text *text = (struct text *)emitter;

	print_fold(text);
	fflush(emitter->out);
}

static void text_summary(struct emitter *emitter, const struct summary *summary)
{
	(void)summary;
	text_idle(emitter);
}

static void text_free(struct emitter *emitter)
{
	free(emitter);
}

static const struct emitter_ops text_ops = {
	.change = text_change,
	.walk = text_walk,
	.summary = text_summary,
	.idle = text_idle,
	.free = text_free,
};

struct emitter *emit_text_new(void)
{
	struct text *text = calloc(1, sizeof(*text));

	if (!text)
		return NULL;
	text->base.ops = &text_ops;
	return &text->base;
}
