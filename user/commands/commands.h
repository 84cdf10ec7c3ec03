/* SPDX-License-Identifier: GPL-2.0-only */
/* The subcommands. Each joins the rooms below for one job. */
#ifndef PWTRACE_COMMANDS_H
#define PWTRACE_COMMANDS_H

/* Exit status; documented in pwtrace(1). A signal's is 128 + its number. */
enum {
	EXIT_FINE = 0,
	EXIT_MISMATCH = 1,
	EXIT_USAGE = 2,
	EXIT_CANNOT_RUN = 3,
	EXIT_LOST = 4,
	EXIT_INTERNAL = 5,
};

#include <stdbool.h>
#include <stdint.h>

#include "capture/capture.h"

/* Options that every subcommand takes. */
struct common_options {
	bool json;
	bool pretty;
	bool verbose;
	bool quiet;
	bool color;
};

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help; /* one line */
};

int cmd_watch(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_predict(int argc, char **argv);
int cmd_selftest(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_lookup(int argc, char **argv);
int cmd_areas(int argc, char **argv);
int cmd_audit(int argc, char **argv);

/* Long options of the common ones start here; a subcommand's own below. */
enum {
	OPT_NO_COLOR = 0x1000,
	OPT_HELP,
};

#define COMMON_SHORT "jpvqh"
#define COMMON_LONG                                                                         \
	{ "json", no_argument, NULL, 'j' }, { "pretty", no_argument, NULL, 'p' },           \
		{ "verbose", no_argument, NULL, 'v' }, { "quiet", no_argument, NULL, 'q' }, \
		{ "no-color", no_argument, NULL, OPT_NO_COLOR },                            \
	{                                                                                   \
		"help", no_argument, NULL, 'h'                                              \
	}

#define COMMON_HELP                                                                       \
	"  -j, --json           JSON Lines on stdout\n"                                   \
	"  -p, --pretty         JSON over several lines\n"                                \
	"  -v, --verbose        fold nothing, show all entries and libbpf's messages\n"   \
	"  -q, --quiet          show only what is not MATCH; no summary on stderr\n"      \
	"      --no-color       no colours (NO_COLOR in the environment does the same)\n" \
	"  -h, --help           this text\n"

void common_init(struct common_options *common);

/* Take @opt if it is a common one. */
bool common_option(struct common_options *common, int opt);

/* Values of options. 0, or -EINVAL after a message that says what is wanted. */
int option_refused(const char *option, const char *value, const char *wants);
int option_count(const char *option, const char *text, uint64_t *count);
int option_backend(const char *text, enum backend *backend);

/* "Try 'pwtrace watch --help'": after getopt_long() has said what is wrong. Returns EXIT_USAGE. */
int usage_error(const char *command);

/* Say why this system cannot run pwtrace, as JSON too where that was asked for. EXIT_CANNOT_RUN. */
int cannot_run(const struct common_options *common, const char *text);

#endif
