// SPDX-License-Identifier: GPL-2.0-only
#include "audit_facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel/iomem.h"

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

static void ram_of_this_machine(struct audit_facts *facts)
{
	struct iomem_range ranges[MOST_RAM];
	size_t nr = iomem_ram("/proc/iomem", ranges, MOST_RAM);

	for (size_t i = 0; i < nr && i < MOST_RAM; i++)
		add_ram(facts, ranges[i].start, ranges[i].size);
	if (nr > MOST_RAM)
		facts->nr_ram = nr;
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

void audit_find_facts(struct audit_facts *facts, struct live *live, const struct keepers *keepers)
{
	if (live->runs) {
		without_tables(facts);
		return;
	}
	find_ram(facts, live);
	if (live_is_file(live) && !keepers_complete(keepers))
		leave_out(facts, AUDIT_INVALID_LEAF,
			  "the file does not tell who keeps leaves of the linear map so (of a core, "
			  "--symbols helps); nor is bad-entry, there");
}
