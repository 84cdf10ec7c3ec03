// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>

#include "commands/audit.h"
#include "geometry/descriptor.h"

/* What there is to say of where it is. */
struct place {
	enum zone zone;
	char symbol[128]; /* empty: none is near */
	bool has_area;
	struct vm_area area;
	char caller[128];
	char module[64]; /* "": none has it */
};

/* The area is that of the memory, by whichever address it has one. */
static void find_place(const struct audit_command *command, const struct audit_finding *finding,
		       struct place *place)
{
	const struct kernel *kernel = &command->live.kernel;
	uint64_t addr = finding->addr;

	*place = (struct place){ .zone = zone_of(&kernel->zones, addr) };
	if (place->zone == ZONE_LINEAR && finding->other)
		addr = finding->other;
	if (!kernel_symbol(kernel, addr, place->symbol, sizeof(place->symbol)))
		*place->symbol = 0;
	place->has_area = keepers_area(command->keepers, addr, &place->area);
	if (!place->has_area)
		return;
	if (!kernel_symbol(kernel, place->area.caller, place->caller, sizeof(place->caller)))
		*place->caller = 0;
	if (!keepers_module(command->keepers, &place->area, place->module))
		*place->module = 0;
}

static void print_text(const struct audit_command *command, const struct audit_finding *finding)
{
	const struct geometry *geo = &command->live.kernel.geo;
	const char *words[DESC_MAX_WORDS];
	size_t nr = desc_words(geo, finding->level, finding->desc, 0, words);
	struct place place;

	find_place(command, finding, &place);
	printf("%s: 0x%016" PRIx64 "-0x%016" PRIx64 " (%s), %s%s", audit_rule_name(finding->rule),
	       finding->addr, finding->addr + finding->size, zone_name(place.zone),
	       finding->desc ? "" : "table of ", geometry_level_name(finding->level));
	if (!command->live.runs)
		printf(" at 0x%" PRIx64, finding->pa);
	for (size_t i = 0; i < nr; i++)
		printf(" %s", words[i]);
	if (finding->other)
		printf(", and 0x%016" PRIx64, finding->other);
	if (*place.symbol)
		printf(" (%s)", place.symbol);
	if (place.has_area)
		printf(", in an area of %" PRIu64 " pages%s%s", place.area.nr_pages,
		       *place.caller ? " by " : "", place.caller);
	if (*place.module)
		printf(", module %s", place.module);
	if (finding->owner != OWNER_NONE)
		printf(": %s", audit_owner_name(finding->owner));
	putchar('\n');
	if (finding->owner == OWNER_NONE && command->counts[finding->rule] == 1)
		printf("  %s\n", audit_rule_text(finding->rule));
}

static json *area_object(const struct place *place)
{
	json *object;

	if (!place->has_area)
		return NULL;
	object = json_object_new_object();
	put_hex(object, "addr", place->area.addr);
	put_number(object, "size", place->area.size);
	put_number(object, "pages", place->area.nr_pages);
	put_hex(object, "flags", place->area.flags);
	put_string(object, "caller", *place->caller ? place->caller : NULL);
	return object;
}

static void print_json(const struct audit_command *command, const struct audit_finding *finding)
{
	bool wanted = finding->owner != OWNER_NONE;
	json *object = object_of(wanted ? "invalid" : "finding");
	struct place place;

	find_place(command, finding, &place);
	if (wanted) {
		put_string(object, "owner", audit_owner_name(finding->owner));
	} else {
		put_string(object, "rule", audit_rule_name(finding->rule));
		put_string(object, "text", audit_rule_text(finding->rule));
	}
	put_hex(object, "addr", finding->addr);
	put_number(object, "size", finding->size);
	put_string(object, "zone", zone_name(place.zone));
	put_string(object, "level", geometry_level_name(finding->level));
	if (command->live.runs) {
		put(object, "pa", NULL);
		put(object, "entry", NULL);
	} else {
		put_hex(object, "pa", finding->pa);
		put_hex(object, "entry", finding->desc);
	}
	if (finding->other)
		put_hex(object, "other", finding->other);
	put_string(object, "symbol", *place.symbol ? place.symbol : NULL);
	put(object, "area", area_object(&place));
	put_string(object, "module", *place.module ? place.module : NULL);
	print_object(stdout, object, command->common.pretty);
}

void audit_print(const struct audit_command *command, const struct audit_finding *finding)
{
	if (command->common.json)
		print_json(command, finding);
	else
		print_text(command, finding);
}

static uint64_t total_of(const struct audit_command *command)
{
	uint64_t total = 0;

	for (enum audit_rule rule = 0; rule < AUDIT_NR_RULES; rule++)
		total += command->counts[rule];
	return total;
}

static json *not_looked_for(const struct audit_command *command)
{
	json *array = json_object_new_array();

	for (enum audit_rule rule = 0; rule < AUDIT_NR_RULES; rule++)
		if (command->facts.off & 1U << rule)
			json_object_array_add(array, json_object_new_string(audit_rule_name(rule)));
	return array;
}

static void summary_json(const struct audit_command *command)
{
	json *object = object_of("summary"), *counts = json_object_new_object();
	json *invalid = json_object_new_object();

	put_number(object, "findings", total_of(command));
	put_number(object, "allowed", command->allowed);
	put_number(object, "gone", command->gone);
	put_number(object, "left_out", command->findings.left_out);
	for (enum audit_rule rule = 0; rule < AUDIT_NR_RULES; rule++)
		put_number(counts, audit_rule_name(rule), command->counts[rule]);
	put(object, "by_rule", counts);
	put(object, "not_looked_for", not_looked_for(command));
	for (enum audit_owner owner = OWNER_NONE + 1; owner < OWNER_NR; owner++)
		put_number(invalid, audit_owner_name(owner), command->invalid[owner]);
	put(object, "invalid", invalid);
	put_number(object, "tables", command->stats.pages);
	put_number(object, "unreadable", command->stats.unreadable);
	put_string(object, "kernel", command->live.kernel.release);
	live_put_changes(&command->live, object);
	print_object(stdout, object, command->common.pretty);
}

static void summary_text(const struct audit_command *command)
{
	const char *before = "; invalid as they should be:";

	fprintf(stderr, "%s: %" PRIu64 " found, %" PRIu64 " allowed, in %" PRIu64 " tables",
		command->live.kernel.release, total_of(command), command->allowed,
		command->stats.pages);
	if (command->gone)
		fprintf(stderr, ", %" PRIu64 " gone at a second look", command->gone);
	for (enum audit_owner owner = OWNER_NONE + 1; owner < OWNER_NR; owner++) {
		if (!command->invalid[owner])
			continue;
		fprintf(stderr, "%s %" PRIu64 "K %s", before, command->invalid[owner] >> 10,
			audit_owner_name(owner));
		before = ",";
	}
	fputs(command->live.hooks || live_is_file(&command->live) ? "\n" : "; hooks: none\n",
	      stderr);
}

void audit_print_summary(const struct audit_command *command)
{
	if (command->common.json)
		summary_json(command);
	if (!command->common.quiet)
		summary_text(command);
	if (command->findings.left_out)
		fprintf(stderr, "pwtrace audit: %" PRIu64 " more than could be kept are left out\n",
			command->findings.left_out);
}
