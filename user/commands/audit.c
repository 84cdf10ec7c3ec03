// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace audit: what should never be in the kernel's page tables. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "commands/audit.h"

static const char help[] =
	"Usage: pwtrace audit [OPTION]...\n"
	"\n"
	"Look through all of the kernel's page tables for what should never be there: writable and\n"
	"executable, aliases that can be written, broken contiguous runs, and so on.\n"
	"\n"
	"      --allow RULE[:RANGE]  say nothing of it, everywhere or there; RANGE as for dump\n"
	"      --no-hooks       do not watch what changes meanwhile\n" SOURCE_HELP "\n" COMMON_HELP
	"\n"
	"Exit status: 0 nothing found, 1 something, 2 wrong usage, 3 this system cannot run it,\n"
	"5 internal error.\n";

enum {
	OPT_ALLOW = 0x2000,
	OPT_NO_HOOKS,
};

static const struct option long_options[] = { { "allow", required_argument, NULL, OPT_ALLOW },
					      SOURCE_LONG,
					      { "no-hooks", no_argument, NULL, OPT_NO_HOOKS },
					      COMMON_LONG,
					      {} };

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

/* Those that are not allowed are said, and counted. */
static void say(struct audit_command *command)
{
	for (size_t i = 0; i < command->findings.nr; i++) {
		const struct audit_finding *finding = &command->findings.finding[i];

		if (finding->owner != OWNER_NONE) {
			command->invalid[finding->owner] += finding->size;
			if (command->common.verbose)
				audit_print(command, finding);
		} else if (is_allowed(command, finding)) {
			command->allowed++;
		} else {
			command->counts[finding->rule]++;
			audit_print(command, finding);
		}
	}
}

static int conclude(const struct audit_command *command)
{
	uint64_t total = command->findings.left_out;

	for (enum audit_rule rule = 0; rule < AUDIT_NR_RULES; rule++)
		total += command->counts[rule];
	audit_print_summary(command);
	if (command->stats.unreadable) {
		fprintf(stderr,
			"pwtrace audit: %" PRIu64 " tables cannot be read by %s: nothing is "
			"said of what they map\n",
			command->stats.unreadable, command->live.source->name);
		return EXIT_CANNOT_RUN;
	}
	return total ? EXIT_MISMATCH : EXIT_FINE;
}

static int look(struct audit_command *command)
{
	struct problem why;

	command->keepers = keepers_open(&command->live.kernel, "audit", !command->live.recording);
	if (!command->keepers)
		return cannot_run(&command->common, "out of memory");
	audit_find_facts(&command->facts, &command->live, command->keepers);
	if (audit_look(command, &why))
		return cannot_run(&command->common, why.text);
	say(command);
	return conclude(command);
}

static int run(struct audit_command *command)
{
	struct problem why;
	int status;

	command->live.watch = !command->no_hooks && !command->source.path;
	command->live.verbose = command->common.verbose;
	if (live_open(&command->live, &command->source, &why)) {
		status = cannot_run(&command->common, why.text);
	} else if (resolve_allows(command)) {
		status = EXIT_USAGE;
	} else {
		status = look(command);
	}
	keepers_close(command->keepers);
	free(command->findings.finding);
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
		if (opt == OPT_NO_HOOKS) {
			command->no_hooks = true;
			continue;
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
