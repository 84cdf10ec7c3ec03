/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of the running kernel, or of one that a file has, as the commands that look at
 * them have them in common.
 */
#ifndef PWTRACE_LIVE_H
#define PWTRACE_LIVE_H

#include "commands/range.h"
#include "dump/parts.h"
#include "emit/object.h"
#include "recording/runs.h"
#include "recording/snapshot.h"
#include "source/dumpfile.h"
#include "source/hooks.h"
#include "source/stream.h"

/* --source and what belongs to it */
struct source_choice {
	enum source_kind kind;
	const char *path;      /* of a recording or a dump; NULL: the running kernel */
	unsigned int snapshot; /* of the recording; or SNAPSHOT_LAST */
	struct dump_hints hints;
};

enum {
	OPT_SOURCE = 0x3000,
	OPT_VMCOREINFO,
	OPT_SYMBOLS,
	OPT_SNAPSHOT,
};

/* clang-format off */
#define SOURCE_LONG \
	{ "source", required_argument, NULL, OPT_SOURCE }, \
	{ "vmcoreinfo", required_argument, NULL, OPT_VMCOREINFO }, \
	{ "symbols", required_argument, NULL, OPT_SYMBOLS }, \
	{ "snapshot", required_argument, NULL, OPT_SNAPSHOT }
/* clang-format on */

/* clang-format off */
#define SOURCE_HELP \
	"      --source NAME    auto, bpf or kcore: how tables are read; or a file: a recording, an\n" \
	"                       ELF core of kdump's or QEMU's, or a compressed one\n" \
	"      --vmcoreinfo FILE  of a core: its kernel's, where it has none\n" \
	"      --symbols FILE   of a core: its kernel's /proc/kallsyms or System.map\n" \
	"      --snapshot N     of a recording: its Nth snapshot, from 0 (0), or last\n"
/* clang-format on */

struct live {
	bool no_symbols; /* are wanted: it takes a while to load them */
	struct kernel kernel;
	struct recording *recording; /* that it is of, or */
	struct dumpfile *dump;	     /* this one; both NULL: it is the running kernel */
	struct runs *runs;	     /* of a recording that has no tables; NULL: there are */
	char boot_id[40];	     /* of the recorded one */
	struct pwt_snapshot snapshot;
	struct source *source;
	struct stream *stream;
	struct mm_struct mm; /* init_mm */
	bool watch;	     /* see what changes meanwhile, by hooks: set before live_open() */
	bool verbose;	     /* say how they were attached */
	/* NULL: nobody tells what changes */
	struct source_hooks *hooks;
	struct changes *changes;
	struct parts parts;
	double attached; /* when they were, in ms */
	/* added up: parts that were changed, lots of which that is not known, faults of the walk */
	uint64_t changed, unknown, faults;
};

/* Take @opt if it is one of SOURCE_LONG: 0, -EINVAL after a message, -ENOENT: it is not. */
int live_option(struct source_choice *choice, int opt, const char *text);

/**
 * live_open() - get ready to read the kernel's tables
 * @live: zeroed but for no_symbols; live_close() it, after a failure too
 *
 * Return: 0, or a negative errno with @why filled in.
 */
int live_open(struct live *live, const struct source_choice *choice, struct problem *why);
void live_close(struct live *live);

/* A file's, and nothing that is asked of this machine is about it. */
static inline bool live_is_file(const struct live *live)
{
	return live->recording || live->dump;
}

/* The part of live_open() for choice->path, by what is in the file. */
int live_open_file(struct live *live, const struct source_choice *choice, struct problem *why);

/* Where the walk of a running kernel's tables begins, or of a dump's. */
void live_from_top(struct live *live);

/* What there is: all, or what the recording has. */
struct range live_all(const struct live *live);

/* Does text for a range say what it may? As range_parse(), and without text live_all(). */
int live_range(const struct live *live, struct range *range, const char *text, struct problem *why);

/* What the summary says of changes that hooks saw, as JSON and in words. */
void live_put_changes(const struct live *live, json *object);
void live_print_changes(const struct live *live, FILE *out);

/*
 * Walk @range. What is read anew each time. 0, or a negative errno: tables could not be read, with
 * @why filled in.
 */
int live_walk(struct live *live, const struct range *range, const struct leaves_options *options,
	      leaf_run_fn run, void *ctx, struct problem *why);

#endif
