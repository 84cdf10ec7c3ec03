// SPDX-License-Identifier: GPL-2.0-only
/* The command line: find the subcommand. */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "emit/object.h"
#include "pwtrace/wire.h"

#ifndef PWTRACE_VERSION
#define PWTRACE_VERSION "0.1"
#endif

static const struct command commands[] = {
	{ "watch", cmd_watch, "each change of a kernel mapping as it happens, with a verdict" },
	{ "record", cmd_record, "the same, into a file" },
	{ "check", cmd_check, "the verdicts of what was recorded" },
	{ "diff", cmd_diff, "two snapshots, and the change that made the difference" },
	{ "report", cmd_report, "a recording as one page to look at" },
	{ "import", cmd_import, "a saved kernel_page_tables as a recording" },
	{ "export", cmd_export, "what was recorded, for other people's tools" },
	{ "predict", cmd_predict, "what the kernel would answer, and why, without asking it" },
	{ "doctor", cmd_doctor, "can it run here? each need and each hook, tried out" },
	{ "dump", cmd_dump, "what the page tables map" },
	{ "audit", cmd_audit, "what should never be there" },
	{ "lookup", cmd_lookup, "one address, every level, explained" },
	{ "areas", cmd_areas, "vmalloc areas: what is mapped huge, what could be and is not" },
	{ "stat", cmd_stat, "how much of it by pages, contiguous runs and blocks" },
	{ "selftest", cmd_selftest,
	  "provoke changes of its own and see that each is judged rightly" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(*commands))

static void print_help(FILE *out)
{
	fputs("Usage: pwtrace COMMAND [OPTION]...\n"
	      "\n"
	      "Watch an arm64 kernel change the permissions of its own mappings, and check each change.\n"
	      "\n",
	      out);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fputs("\n"
	      "      --version    version, libbpf's version and features; JSON with -j\n"
	      "  -h, --help       this text; 'pwtrace COMMAND --help' for a command's\n",
	      out);
}

#ifdef HAVE_KDUMPFILE
#define KDUMP " libkdumpfile"
#else
#define KDUMP ""
#endif

#ifdef __aarch64__
static const char features[] = "fentry kprobe.multi kprobe json" KDUMP;
#else
static const char features[] = "json" KDUMP; /* no kernel of this machine can be watched */
#endif

static void print_version(bool as_json)
{
	json *object;

	if (!as_json) {
		printf("pwtrace %s\nlibbpf %s, wire format %d\nfeatures: %s\n", PWTRACE_VERSION,
		       libbpf_version_string(), PWT_WIRE_VERSION, features);
		return;
	}
	object = object_of("version");
	put_string(object, "version", PWTRACE_VERSION);
	put_string(object, "libbpf", libbpf_version_string());
	put_number(object, "wire", PWT_WIRE_VERSION);
	put_string(object, "features", features);
	print_object(stdout, object, false);
}

static bool is_option(const char *arg, const char *small, const char *large)
{
	return !strcmp(arg, small) || !strcmp(arg, large);
}

int main(int argc, char **argv)
{
	bool as_json = false;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (is_option(argv[i], "-h", "--help")) {
			print_help(stdout);
			return EXIT_FINE;
		}
		if (is_option(argv[i], "-j", "--json") || is_option(argv[i], "-p", "--pretty")) {
			as_json = true;
			continue;
		}
		if (!strcmp(argv[i], "--version")) {
			as_json |= i + 1 < argc && (is_option(argv[i + 1], "-j", "--json") ||
						    is_option(argv[i + 1], "-p", "--pretty"));
			print_version(as_json);
			return EXIT_FINE;
		}
		fprintf(stderr, "pwtrace: unknown option '%s'\n", argv[i]);
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (i == argc) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	for (size_t n = 0; n < NR_COMMANDS; n++)
		if (!strcmp(argv[i], commands[n].name))
			return commands[n].run(argc - i, argv + i);
	fprintf(stderr, "pwtrace: there is no command '%s'\n", argv[i]);
	print_help(stderr);
	return EXIT_USAGE;
}
