/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of the running kernel, or of one that a file has, as the commands that look at
 * them have them in common.
 */
#ifndef PWTRACE_LIVE_H
#define PWTRACE_LIVE_H

#include "commands/range.h"
#include "dump/leaves.h"
#include "recording/runs.h"
#include "recording/snapshot.h"
#include "source/dumpfile.h"
#include "source/stream.h"

/* --source and what belongs to it */
struct source_choice {
	enum source_kind kind;
	const char *path; /* of a recording or a dump; NULL: the running kernel */
	struct dump_hints hints;
};

enum {
	OPT_SOURCE = 0x3000,
	OPT_VMCOREINFO,
	OPT_SYMBOLS,
};

/* clang-format off */
#define SOURCE_LONG \
	{ "source", required_argument, NULL, OPT_SOURCE }, \
	{ "vmcoreinfo", required_argument, NULL, OPT_VMCOREINFO }, \
	{ "symbols", required_argument, NULL, OPT_SYMBOLS }
/* clang-format on */

/* clang-format off */
#define SOURCE_HELP \
	"      --source NAME    auto, bpf or kcore: how tables are read; or a file: a recording, an\n" \
	"                       ELF core of kdump's or QEMU's, or a compressed one\n" \
	"      --vmcoreinfo FILE  of a core: its kernel's, where it has none\n" \
	"      --symbols FILE   of a core: its kernel's /proc/kallsyms or System.map\n"
/* clang-format on */

struct live {
	struct kernel kernel;
	struct recording *recording; /* that it is of, or */
	struct dumpfile *dump;	     /* this one; both NULL: it is the running kernel */
	struct runs *runs;	     /* of a recording that has no tables; NULL: there are */
	struct pwt_snapshot snapshot;
	struct source *source;
	struct stream *stream;
	struct mm_struct mm; /* init_mm */
};

/* Take @opt if it is one of SOURCE_LONG: 0, -EINVAL after a message, -ENOENT: it is not. */
int live_option(struct source_choice *choice, int opt, const char *text);

/**
 * live_open() - get ready to read the kernel's tables
 * @live: zeroed; live_close() it, after a failure too
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

/* Tables that a file should have and has not, if any: said on standard error, whatever else is not.
 */
void live_tell_missing(const struct live *live);

/* What there is: all, or what the recording has. */
struct range live_all(const struct live *live);

/* Does text for a range say what it may? As range_parse(), and without text live_all(). */
int live_range(const struct live *live, struct range *range, const char *text, struct problem *why);

/*
 * Walk @range. What is read anew each time. 0, or a negative errno: tables could not be read, with
 * @why filled in.
 */
int live_walk(struct live *live, const struct range *range, const struct leaves_options *options,
	      leaf_run_fn run, void *ctx, struct problem *why);

#endif
