// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace audit: what should never be in the kernel's page tables. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "commands/audit_facts.h"
#include "commands/commands.h"
#include "emit/object.h"
#include "geometry/descriptor.h"

#define MAX_ALLOWS 64

static const char help[] =
	"Usage: pwtrace audit [OPTION]...\n"
	"\n"
	"Look through all of the kernel's page tables for what should never be there: writable and\n"
	"executable, aliases that can be written, broken contiguous runs, and so on.\n"
	"\n"
	"      --allow RULE[:RANGE]  say nothing of it, everywhere or there; RANGE as for dump\n" SOURCE_HELP
	"\n" COMMON_HELP "\n"
	"Exit status: 0 nothing found, 1 something, 2 wrong usage, 3 this system cannot run it,\n"
	"5 internal error.\n";

enum { OPT_ALLOW = 0x2000 };

static const struct option long_options[] = {
	{ "allow", required_argument, NULL, OPT_ALLOW }, SOURCE_LONG, COMMON_LONG, {}
};

struct allow {
	enum audit_rule rule;
	const char *text; /* of the range; NULL: everywhere */
	struct range range;
};

struct audit_command {
	struct common_options common;
	struct source_choice source;
	struct allow allows[MAX_ALLOWS];
	size_t nr_allows;
	struct live live;
	struct audit_facts facts;
	uint64_t counts[AUDIT_NR_RULES], allowed;
};

static int parse_allow(struct audit_command *command, char *text)
{
	char *colon = strchr(text, ':');
	enum audit_rule rule;

	if (colon)
		*colon = 0;
	rule = audit_rule_find(text);
	if (rule == AUDIT_NR_RULES) {
		fprintf(stderr, "pwtrace audit: --allow: no rule '%s': give one of", text);
		for (rule = 0; rule < AUDIT_NR_RULES; rule++)
			fprintf(stderr, "%s %s", rule ? "," : "", audit_rule_name(rule));
		fputc('\n', stderr);
		return -EINVAL;
	}
	if (command->nr_allows == MAX_ALLOWS)
		return option_refused("allow", text, "fewer of this option");
	command->allows[command->nr_allows++] = (struct allow){ .rule = rule,
								.text = colon ? colon + 1 : NULL };
	return 0;
}

/* The ranges need the kernel's symbols. */
static int resolve_allows(struct audit_command *command)
{
	struct problem why;

	for (size_t i = 0; i < command->nr_allows; i++) {
		struct allow *allow = &command->allows[i];

		if (range_parse(&allow->range, allow->text, &command->live.kernel, &why)) {
			fprintf(stderr, "pwtrace audit: --allow: %s\n", why.text);
			return -EINVAL;
		}
	}
	return 0;
}

static bool is_allowed(const struct audit_command *command, const struct audit_finding *finding)
{
	uint64_t last = finding->addr + finding->size - 1;

	for (size_t i = 0; i < command->nr_allows; i++) {
		const struct allow *allow = &command->allows[i];

		if (allow->rule == finding->rule && finding->addr >= allow->range.start &&
		    last <= allow->range.end - 1)
			return true;
	}
	return false;
}

static bool has_other(const struct audit_finding *finding)
{
	return finding->rule == AUDIT_ALIAS_WRITABLE || finding->rule == AUDIT_TABLE_SHARED;
}

static void print_text(const struct audit_command *command, const struct audit_finding *finding)
{
	const struct kernel *kernel = &command->live.kernel;
	const char *words[DESC_MAX_WORDS];
	size_t nr = desc_words(&kernel->geo, finding->level, finding->desc, 0, words);
	char symbol[128];

	printf("%s: 0x%016" PRIx64 "-0x%016" PRIx64 " (%s), %s%s", audit_rule_name(finding->rule),
	       finding->addr, finding->addr + finding->size,
	       zone_name(zone_of(&kernel->zones, finding->addr)), finding->desc ? "" : "table of ",
	       geometry_level_name(finding->level));
	if (!command->live.runs)
		printf(" at 0x%" PRIx64, finding->pa);
	for (size_t i = 0; i < nr; i++)
		printf(" %s", words[i]);
	if (has_other(finding))
		printf(", and 0x%016" PRIx64, finding->other);
	if (kernel_symbol(kernel, has_other(finding) ? finding->other : finding->addr, symbol,
			  sizeof(symbol)))
		printf(" (%s)", symbol);
	putchar('\n');
	if (command->counts[finding->rule] == 1)
		printf("  %s\n", audit_rule_text(finding->rule));
}

static void print_json(const struct audit_command *command, const struct audit_finding *finding)
{
	const struct kernel *kernel = &command->live.kernel;
	json *object = object_of("finding");
	char symbol[128];

	put_string(object, "rule", audit_rule_name(finding->rule));
	put_string(object, "text", audit_rule_text(finding->rule));
	put_hex(object, "addr", finding->addr);
	put_number(object, "size", finding->size);
	put_string(object, "zone", zone_name(zone_of(&kernel->zones, finding->addr)));
	put_string(object, "level", geometry_level_name(finding->level));
	if (command->live.runs) {
		put(object, "pa", NULL);
		put(object, "entry", NULL);
	} else {
		put_hex(object, "pa", finding->pa);
		put_hex(object, "entry", finding->desc);
	}
	if (has_other(finding))
		put_hex(object, "other", finding->other);
	put_string(object, "symbol",
		   kernel_symbol(kernel, finding->addr, symbol, sizeof(symbol)) ? symbol : NULL);
	print_object(stdout, object, command->common.pretty);
}

static void on_finding(void *ctx, const struct audit_finding *finding)
{
	struct audit_command *command = ctx;

	if (is_allowed(command, finding)) {
		command->allowed++;
		return;
	}
	command->counts[finding->rule]++;
	if (command->common.json)
		print_json(command, finding);
	else
		print_text(command, finding);
}

static json *left_out(const struct audit_command *command)
{
	json *array = json_object_new_array();

	for (enum audit_rule rule = 0; rule < AUDIT_NR_RULES; rule++)
		if (command->facts.off & 1U << rule)
			json_object_array_add(array, json_object_new_string(audit_rule_name(rule)));
	return array;
}

static int conclude(const struct audit_command *command)
{
	const struct stream_stats *stats = stream_stats(command->live.stream);
	uint64_t total = 0;

	for (enum audit_rule rule = 0; rule < AUDIT_NR_RULES; rule++)
		total += command->counts[rule];
	if (command->common.json) {
		json *object = object_of("summary"), *counts = json_object_new_object();

		put_number(object, "findings", total);
		put_number(object, "allowed", command->allowed);
		for (enum audit_rule rule = 0; rule < AUDIT_NR_RULES; rule++)
			put_number(counts, audit_rule_name(rule), command->counts[rule]);
		put(object, "by_rule", counts);
		put(object, "not_looked_for", left_out(command));
		put_number(object, "tables", stats->pages);
		put_number(object, "unreadable", stats->unreadable);
		put_string(object, "kernel", command->live.kernel.release);
		print_object(stdout, object, command->common.pretty);
	}
	if (!command->common.quiet)
		fprintf(stderr,
			"%s: %" PRIu64 " found, %" PRIu64 " allowed, in %" PRIu64 " tables\n",
			command->live.kernel.release, total, command->allowed, stats->pages);
	if (stats->unreadable) {
		fprintf(stderr,
			"pwtrace audit: %" PRIu64 " tables cannot be read by %s: nothing is "
			"said of what they map\n",
			stats->unreadable, command->live.source->name);
		return EXIT_CANNOT_RUN;
	}
	return total ? EXIT_MISMATCH : EXIT_FINE;
}

static int look(struct audit_command *command)
{
	const struct kernel *kernel = &command->live.kernel;
	const struct leaves_options options = { .table = audit_table };
	const struct range all = live_all(&command->live);
	const struct audit_config config = {
		.geo = &kernel->geo,
		.zones = &kernel->zones,
		.ram = command->facts.ram,
		.nr_ram = command->facts.nr_ram,
		.hidden = command->facts.hidden,
		.nr_hidden = command->facts.nr_hidden,
		.off = command->facts.off,
		.pa_bits = kernel->geo.lpa2 || kernel->geo.page_shift == 16 ? 52 : 48,
	};
	struct audit *audit;
	struct problem why;
	int err = audit_new(&audit, &config, on_finding, command);

	if (!err)
		err = live_walk(&command->live, &all, &options, audit_run, audit, &why);
	if (err) {
		audit_free(audit);
		return cannot_run(&command->common, err == -ENOMEM ? "out of memory" : why.text);
	}
	err = audit_end(audit);
	audit_free(audit);
	return err ? cannot_run(&command->common, "out of memory") : conclude(command);
}

static int run(struct audit_command *command)
{
	struct problem why;
	int status;

	if (live_open(&command->live, &command->source, &why)) {
		status = cannot_run(&command->common, why.text);
	} else if (resolve_allows(command)) {
		status = EXIT_USAGE;
	} else {
		audit_find_facts(&command->facts, &command->live);
		status = look(command);
	}
	live_close(&command->live);
	return status;
}

int cmd_audit(int argc, char **argv)
{
	struct audit_command *command __free = calloc(1, sizeof(*command));
	int opt, err;

	if (!command)
		return EXIT_INTERNAL;
	common_init(&command->common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT, long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (opt == OPT_ALLOW)
			err = parse_allow(command, optarg);
		else if (common_option(&command->common, opt))
			err = 0;
		else
			err = live_option(&command->source, opt, optarg);
		if (err)
			return usage_error("audit");
	}
	if (optind < argc) {
		fprintf(stderr, "pwtrace audit: unexpected argument '%s'\n", argv[optind]);
		return usage_error("audit");
	}
	return run(command);
}
