// SPDX-License-Identifier: GPL-2.0-only
#include "audit_facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "geometry/descriptor.h"
#include "kernel/rules.h"

static void leave_out(struct audit_facts *facts, enum audit_rule rule, const char *why)
{
	facts->off |= 1U << rule;
	fprintf(stderr, "pwtrace audit: %s is not looked for: %s\n", audit_rule_name(rule), why);
}

/* Pieces that touch are one: a run of the linear map may go through both. */
static void add_ram(struct audit_facts *facts, uint64_t start, uint64_t size)
{
	struct audit_range *last = facts->nr_ram ? &facts->ram[facts->nr_ram - 1] : NULL;

	if (facts->nr_ram > MOST_RAM)
		return;
	if (last && last->start + last->size == start)
		last->size += size;
	else if (facts->nr_ram == MOST_RAM)
		facts->nr_ram++;
	else
		facts->ram[facts->nr_ram++] = (struct audit_range){ start, size };
}

/* "40000000-7fffffff : System RAM", what is in it behind two more blanks. */
static void ram_of_this_machine(struct audit_facts *facts)
{
	FILE *file = fopen("/proc/iomem", "re");
	uint64_t start, last;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (*line != ' ' && strstr(line, " : System RAM\n") &&
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &last) == 2 && last)
			add_ram(facts, start, last - start + 1);
	if (file)
		fclose(file);
}

/* All of it: kdump, QEMU and makedumpfile leave out no more than pages that nobody needs. */
static void ram_of_dump(struct audit_facts *facts, struct dumpfile *dump)
{
	struct dump_piece piece;

	for (uint64_t at = 0; facts->nr_ram <= MOST_RAM && !dump->piece(dump, at, &piece);
	     at = piece.start + piece.size) {
		add_ram(facts, piece.start, piece.size);
		if (!(piece.start + piece.size))
			break;
	}
}

static void ram_of_recording(struct audit_facts *facts, struct recording *recording)
{
	struct recorded record;
	struct pwt_range range;

	recording_begin(recording, 1ULL << PWT_REC_RAM);
	while (recording_next(recording, &record) > 0) {
		if (record.type != PWT_REC_RAM)
			continue;
		for (size_t at = 0; record.size - at >= sizeof(range); at += sizeof(range)) {
			memcpy(&range, (const char *)record.data + at, sizeof(range));
			add_ram(facts, range.start, range.size);
		}
	}
}

static void find_ram(struct audit_facts *facts, struct live *live)
{
	static const char *const from[] = { "/proc/iomem tells no System RAM, or more than 256 "
					    "pieces",
					    "the file does not tell where memory is" };

	if (live->dump)
		ram_of_dump(facts, live->dump);
	else if (live->recording)
		ram_of_recording(facts, live->recording);
	else
		ram_of_this_machine(facts);
	/* half of it would make the other half a finding */
	if (facts->nr_ram > MOST_RAM)
		facts->nr_ram = 0;
	if (!facts->nr_ram)
		leave_out(facts, AUDIT_OUTSIDE_RAM, from[live_is_file(live)]);
}

static bool kfence_of_this_machine(const struct kernel *kernel, struct audit_range *pool)
{
	struct tables *tables = NULL;
	struct kcore *kcore = NULL;
	struct rules rules = {};

	if (!kcore_open(&kcore, "/proc/kcore") && !tables_open(&tables, kernel, kcore))
		rules_find(&rules, kernel, kcore, tables, NULL);
	tables_close(tables);
	kcore_close(kcore);
	*pool = (struct audit_range){ rules.known.kfence_pool, rules.known.kfence_pool_size };
	return true;
}

#define MOST_POOL (1U << 20) /* pages */
#define POOL_PART 1024

/* As kfence_pool() has it: each second page of the pool is never valid. */
struct pool {
	uint64_t start, page, size;
	bool ended;
};

static void pool_entry(void *ctx, const struct leaf_run *run)
{
	struct pool *pool = ctx;
	uint64_t index = (run->start - pool->start) / pool->page;

	if (pool->ended || !(index & 1))
		return;
	if (run->level == PGTABLE_LEVEL_PTE && run->desc && !desc_valid(run->desc))
		pool->size = (index + 1) * pool->page;
	else
		pool->ended = true;
}

/* False: it cannot be told. */
static bool kfence_of_dump(struct live *live, struct audit_range *range)
{
	static const struct leaves_options options = { .holes = true, .entry_by_entry = true };
	struct pool pool = { .page = geometry_page_size(&live->kernel.geo) };
	struct problem unused;

	if (!live->dump ||
	    dumpfile_variable(live->dump, &live->kernel, "__kfence_pool", 8, &pool.start))
		return false;
	if (pool.start &&
	    (zone_of(&live->kernel.zones, pool.start) != ZONE_LINEAR || pool.start % pool.page))
		return false;
	for (uint64_t nr = 0; pool.start && nr < MOST_POOL && !pool.ended; nr += POOL_PART) {
		const uint64_t at = pool.start + nr * pool.page;
		const struct range part = { at, at + POOL_PART * pool.page };

		if (live_walk(live, &part, &options, pool_entry, &pool, &unused))
			return false;
	}
	*range = (struct audit_range){ pool.start, pool.size };
	return true;
}

/* Whose linear alias the kernel keeps invalid: its own image's (since v7.3), and KFENCE's pages. */
static void find_hidden(struct audit_facts *facts, struct live *live)
{
	const struct kernel *kernel = &live->kernel;
	const struct zone_range *image = &kernel->zones.range[ZONE_IMAGE];
	uint64_t page = geometry_page_size(&kernel->geo);
	struct audit_range pool = {};
	bool known;

	facts->hidden[facts->nr_hidden++] = (struct audit_range){
		image->start - (kernel->root_va - kernel->root_pa),
		(image->end - image->start + page - 1) & ~(page - 1),
	};
	if (live_is_file(live))
		known = image->end && kfence_of_dump(live, &pool);
	else
		known = kfence_of_this_machine(kernel, &pool);
	if (!known)
		leave_out(facts, AUDIT_INVALID_LEAF,
			  "the file does not tell which pages are KFENCE's or the image's (of a "
			  "core, --symbols helps)");
	if (pool.size)
		facts->hidden[facts->nr_hidden++] = (struct audit_range){
			pool.start - kernel->phys_to_virt, pool.size
		};
}

static void without_tables(struct audit_facts *facts)
{
	static const enum audit_rule rules[] = {
		AUDIT_ALIAS_WRITABLE, AUDIT_BROKEN_RUN,	  AUDIT_INVALID_LEAF,
		AUDIT_RESERVED_BITS,  AUDIT_TABLE_SHARED, AUDIT_OUTSIDE_RAM,
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		leave_out(facts, rules[i],
			  "what was imported has no tables and no physical "
			  "addresses");
}

void audit_find_facts(struct audit_facts *facts, struct live *live)
{
	if (live->runs) {
		without_tables(facts);
		return;
	}
	find_ram(facts, live);
	find_hidden(facts, live);
}
