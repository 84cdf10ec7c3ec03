// SPDX-License-Identifier: GPL-2.0-only
#include "emit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plain.h"

struct emitter *emitter_new(const struct kernel *kernel, const struct emit_options *options,
			    FILE *out)
{
	struct emitter *emitter = options->results == EMIT_KTAP	 ? emit_ktap_new() :
				  options->results == EMIT_JUNIT ? emit_junit_new() :
				  options->json			 ? emit_json_new() :
								   emit_text_new();

	return emitter_set_up(emitter, kernel, options, out);
}

struct emitter *emitter_set_up(struct emitter *emitter, const struct kernel *kernel,
			       const struct emit_options *options, FILE *out)
{
	if (!emitter)
		return NULL;
	emitter->kernel = kernel;
	emitter->options = *options;
	emitter->out = out;
	emitter->range_function = "update_range_prot";
	return emitter;
}

const char *emit_function(const struct emitter *emitter, enum pwt_func func)
{
	static const char *const names[PWT_NR_FUNCS] = {
		[PWT_FN_COMMON] = "change_memory_common",
		[PWT_FN_SET_MEMORY_VALID] = "set_memory_valid",
		[PWT_FN_SET_DIRECT_MAP_INVALID] = "set_direct_map_invalid_noflush",
		[PWT_FN_SET_DIRECT_MAP_DEFAULT] = "set_direct_map_default_noflush",
		[PWT_FN_SET_DIRECT_MAP_VALID] = "set_direct_map_valid_noflush",
		[PWT_FN_WALK] = "walk_kernel_page_table_range",
		[PWT_FN_WALK_LOCKLESS] = "walk_kernel_page_table_range_lockless",
		[PWT_FN_VMAP_PAGES] = "__vmap_pages_range_noflush",
		[PWT_FN_VMAP_SMALL] = "vmap_small_pages_range_noflush",
		[PWT_FN_VMAP_RANGE] = "vmap_range_noflush",
		[PWT_FN_VMALLOC] = "__vmalloc_node_range",
	};

	if (func == PWT_FN_RANGE)
		return emitter->range_function;
	return func < PWT_NR_FUNCS && names[func] ? names[func] : "?";
}

/* include/linux/preempt.h */
const char *emit_context(const struct change *change)
{
	if (change->preempt_count & 0x00f00000)
		return "nmi";
	if (change->preempt_count & 0x000f0000)
		return "hardirq";
	if (change->preempt_count & 0x00000100)
		return "softirq";
	return "task";
}

/* Any process may call itself anything. */
const char *emit_comm(const struct change *change, char buf[EMIT_COMM])
{
	return plain_text(buf, EMIT_COMM, change->comm, PWT_COMM_LEN);
}

void emit_size(uint64_t bytes, char *buf, size_t size)
{
	static const char units[] = "BKMGT";
	unsigned int unit = 0;

	while (bytes && !(bytes & 1023) && unit + 2 < sizeof(units)) {
		bytes >>= 10;
		unit++;
	}
	snprintf(buf, size, "%llu%c", (unsigned long long)bytes, units[unit]);
}

void emit_asked(const struct emitter *emitter, uint64_t asked, char *buf, size_t size)
{
	if (asked > geometry_size(&emitter->kernel->geo, PGTABLE_LEVEL_PUD))
		snprintf(buf, size, "any");
	else
		emit_size(asked, buf, size);
}

void emit_symbol(const struct emitter *emitter, uint64_t addr, char *buf, size_t size)
{
	if (!kernel_symbol(emitter->kernel, addr, buf, size))
		snprintf(buf, size, "%#llx", (unsigned long long)addr);
}

bool emit_range_symbol(const struct emitter *emitter, const struct change *change, char *buf,
		       size_t size)
{
	const struct kallsyms *syms = emitter->kernel->syms;
	uint64_t addr = geometry_untag(change->addr), first;

	if (change->zone == ZONE_IMAGE) {
		emit_symbol(emitter, addr, buf, size);
		return true;
	}
	first = kallsyms_first(syms, addr);
	if (!first || first - addr >= change->size)
		return false;
	emit_symbol(emitter, first, buf, size);
	return true;
}

void emit_time(const struct emitter *emitter, uint64_t monotonic, bool date, char *buf, size_t size)
{
	/* both may be anything in a recording */
	uint64_t ns = monotonic + emitter->kernel->realtime_offset;
	time_t seconds = ns / 1000000000;
	struct tm tm;
	size_t len;

	if (date) {
		gmtime_r(&seconds, &tm);
		len = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(buf + len, size - len, ".%09lluZ", (unsigned long long)(ns % 1000000000));
	} else {
		localtime_r(&seconds, &tm);
		len = strftime(buf, size, "%H:%M:%S", &tm);
		snprintf(buf + len, size - len, ".%06llu",
			 (unsigned long long)(ns % 1000000000 / 1000));
	}
}

const char *emit_record_type(enum pwt_type type)
{
	static const char *const types[PWT_NR_TYPES] = {
		[PWT_ENTER] = "entry", [PWT_EXIT] = "exit",	    [PWT_SLICE] = "slice",
		[PWT_WALK] = "walk",   [PWT_CALLBACK] = "callback", [PWT_SPLIT] = "split",
		[PWT_AREA] = "area",   [PWT_PAGES] = "pages",
	};

	return types[type];
}

static void print_part(FILE *out, bool *first, uint64_t nr, const char *what)
{
	if (!nr)
		return;
	fprintf(out, "%s%llu %s", *first ? " (" : ", ", (unsigned long long)nr, what);
	*first = false;
}

static void print_losses(FILE *out, const struct summary *summary)
{
	bool first = true;

	fprintf(out, "%llu records lost", (unsigned long long)summary->records_lost_total);
	for (int type = 0; type < PWT_NR_TYPES; type++)
		print_part(out, &first, summary->records_lost[type], emit_record_type(type));
	fprintf(out, "%s, %llu probes missed", first ? "" : ")",
		(unsigned long long)summary->probes_missed);
	first = true;
	for (size_t i = 0; i < summary->nr_hooks; i++)
		print_part(out, &first, summary->hooks[i].missed, summary->hooks[i].function);
	fprintf(out, "%s\n", first ? "" : ")");
}

void emit_summary_text(FILE *out, const struct summary *summary)
{
	const struct check_stats *stats = summary->stats;

	fprintf(out, "%llu changes", (unsigned long long)stats->changes);
	for (enum verdict verdict = 0; verdict < VERDICT_NR; verdict++)
		if (stats->verdicts[verdict])
			fprintf(out, ", %llu %s", (unsigned long long)stats->verdicts[verdict],
				verdict_name(verdict));
	if (stats->own)
		fprintf(out, " (%llu made by pwtrace itself)", (unsigned long long)stats->own);
	fprintf(out, "; ");
	print_losses(out, summary);
	if (stats->malformed)
		fprintf(out, "%llu records made no sense and were left out\n",
			(unsigned long long)stats->malformed);
}
