// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace export: recordings for other people's tools. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/replay.h"
#include "commands/stop.h"
#include "emit/emit.h"
#include "recording/core.h"

static const char help[] =
	"Usage: pwtrace export --perfetto|--folded|--jsonl|--core [OPTION]... FILE...\n"
	"\n"
	"Make of a recording what other tools read: of the changes in it, judged as 'pwtrace check'\n"
	"does, or of the tables. Several files are the parts of one recording, in order.\n"
	"\n"
	"      --perfetto       a trace for ui.perfetto.dev: changes by thread and by processor\n"
	"      --folded         stacks for flame graphs: OP;CALLER;...;ROOT and how many\n"
	"      --jsonl          JSON Lines, those of 'pwtrace check -j'\n"
	"      --core           an ELF core for drgn and libkdumpfile: tables and VMCOREINFO\n"
	"  -o, --output FILE    to FILE and not to standard output\n"
	"      --weight WHAT    of folded stacks: count (the default), or time, in nanoseconds\n"
	"      --root-first     of folded stacks: ROOT;...;CALLER;OP\n"
	"      --snapshot N     the tables of the Nth snapshot, from 0 (0)\n"
	"\n" COMMON_HELP "\n"
	"Exit status: 0 fine, 2 wrong usage, 3 the file cannot be read, 5 internal error, 128+N by\n"
	"signal N.\n";

enum format { NO_FORMAT, PERFETTO, FOLDED, JSONL, CORE };

enum {
	OPT_FORMAT = 0x2000, /* and the format */
	OPT_WEIGHT = 0x2100,
	OPT_ROOT_FIRST,
	OPT_SNAPSHOT,
};

static const struct option long_options[] = { { "perfetto", no_argument, NULL,
						OPT_FORMAT + PERFETTO },
					      { "folded", no_argument, NULL, OPT_FORMAT + FOLDED },
					      { "jsonl", no_argument, NULL, OPT_FORMAT + JSONL },
					      { "core", no_argument, NULL, OPT_FORMAT + CORE },
					      { "output", required_argument, NULL, 'o' },
					      { "weight", required_argument, NULL, OPT_WEIGHT },
					      { "root-first", no_argument, NULL, OPT_ROOT_FIRST },
					      { "snapshot", required_argument, NULL, OPT_SNAPSHOT },
					      COMMON_LONG,
					      {} };

struct export
{
	struct common_options common;
	enum format format;
	struct folded_options folded;
	uint64_t snapshot;
	const char *output; /* NULL: standard output */
	char *const *paths; /* parts of one recording */
	size_t nr_paths;
	struct sink sink;
	FILE *out;
	struct replay *replay;
	struct emitter *emitter;
};

static int parse_weight(struct export *export, const char *text)
{
	export->folded.by_time = !strcmp(text, "time");
	if (export->folded.by_time || !strcmp(text, "count"))
		return 0;
	return option_refused("weight", text, "count or time");
}

static int parse_format(struct export *export, enum format format)
{
	if (export->format && export->format != format) {
		fprintf(stderr, "pwtrace export: one format at a time\n");
		return -EINVAL;
	}
	export->format = format;
	return 0;
}

static int parse_option(struct export *export, int opt)
{
	switch (opt) {
	case OPT_FORMAT + PERFETTO:
	case OPT_FORMAT + FOLDED:
	case OPT_FORMAT + JSONL:
	case OPT_FORMAT + CORE:
		return parse_format(export, opt - OPT_FORMAT);
	case 'o':
		export->output = optarg;
		return 0;
	case OPT_WEIGHT:
		return parse_weight(export, optarg);
	case OPT_ROOT_FIRST:
		export->folded.root_first = true;
		return 0;
	case OPT_SNAPSHOT:
		return option_count("snapshot", optarg, &export->snapshot);
	default:
		return common_option(&export->common, opt) ? 0 : -EINVAL;
	}
}

/* What is no text is not for a terminal. */
static int open_output(struct export *export)
{
	bool text = export->format == FOLDED || export->format == JSONL;
	const char *path = export->output ?: "-";
	struct problem why;
	int err;

	export->sink.fd = -1;
	if (text && !export->output) {
		export->out = stdout;
		return EXIT_FINE;
	}
	err = sink_open(&export->sink, path);
	if (err) {
		recorder_problem(err, path, &why);
		fprintf(stderr, "pwtrace export: %s\n", why.text);
		return EXIT_USAGE;
	}
	if (export->format == CORE)
		return EXIT_FINE;
	export->out = fdopen(export->sink.fd, "w");
	if (!export->out) {
		fprintf(stderr, "pwtrace export: out of memory\n");
		return EXIT_INTERNAL;
	}
	export->sink.fd = -1;
	return EXIT_FINE;
}

/* All is there when it is closed. */
static int close_output(struct export *export)
{
	int err = sink_close(&export->sink);

	if (export->out && (ferror(export->out) || fflush(export->out)))
		err = -errno;
	if (export->out && export->out != stdout && fclose(export->out) && !err)
		err = -errno;
	export->out = NULL;
	if (err)
		fprintf(stderr, "pwtrace export: writing to %s failed: %s\n",
			export->output ?: "standard output", strerror(err < 0 ? -err : EIO));
	return err ? EXIT_INTERNAL : EXIT_FINE;
}

/* Changes */

static void on_change(void *ctx, const struct change *change)
{
	struct export *export = ctx;
	struct stack stack;

	replay_stack(export->replay, change, &stack);
	emit_change(export->emitter, change, &stack);
}

static void on_record(void *ctx, const struct pwt_hdr *hdr, size_t size)
{
	struct export *export = ctx;

	if (export->format == JSONL && hdr->type == PWT_WALK && size >= sizeof(struct pwt_walk))
		emit_walk(export->emitter, (const struct pwt_walk *)hdr);
}

static bool interrupted(void *ctx)
{
	(void)ctx;
	return stop_signal();
}

static struct emitter *new_emitter(struct export *export)
{
	const struct emit_options options = { .json = true, .pretty = export->common.pretty };
	const struct kernel *kernel = replay_kernel(export->replay);
	struct emitter *emitter;

	if (export->format == JSONL)
		emitter = emitter_new(kernel, &options, export->out);
	else
		emitter = emitter_set_up(export->format == PERFETTO ?
						 emit_perfetto_new() :
						 emit_folded_new(&export->folded),
					 kernel, &options, export->out);
	if (emitter)
		emitter->range_function = replay_function(export->replay, PWT_FN_RANGE);
	return emitter;
}

static int conclude(struct export *export)
{
	struct summary summary;
	char damage[200];

	replay_summary(export->replay, &summary);
	summary.shown = summary.stats->changes;
	emit_summary(export->emitter, &summary);
	if (!export->common.quiet)
		emit_summary_text(stderr, &summary);
	if (replay_damage(export->replay, damage, sizeof(damage)))
		fprintf(stderr, "pwtrace export: %s: %s\n", export->paths[0], damage);
	if (export->emitter->left_out)
		fprintf(stderr,
			"pwtrace export: %" PRIu64 " are left out for want of memory or place\n",
			export->emitter->left_out);
	return export->emitter->failed ? EXIT_INTERNAL : EXIT_FINE;
}

static int export_changes(struct export *export)
{
	static const struct session_events events = { on_change, on_record };
	struct problem why;
	int status;

	if (replay_open(&export->replay, export->paths, export->nr_paths, 0, &events, export, &why))
		return cannot_run(&export->common, why.text);
	status = open_output(export);
	if (status != EXIT_FINE)
		return status;
	export->emitter = new_emitter(export);
	if (!export->emitter) {
		fprintf(stderr, "pwtrace export: out of memory\n");
		return EXIT_INTERNAL;
	}
	stop_on_signals();
	if (!replay_run(export->replay, interrupted, &why))
		return conclude(export);
	fprintf(stderr, "pwtrace export: %s: %s\n", export->paths[0], why.text);
	return EXIT_INTERNAL;
}

/* Tables */

struct tables_of {
	struct recording *recording;
	struct kernel kernel;
	struct source *source;
	struct pwt_snapshot snapshot;
};

static int open_tables(struct tables_of *tables, const struct export *export, struct problem *why)
{
	int err = recording_open(&tables->recording, export->paths[0], why);

	if (!err)
		err = recording_kernel(tables->recording, &tables->kernel, NULL, why);
	if (!err)
		err = snapshot_open(&tables->source, tables->recording, &tables->kernel.geo,
				    export->snapshot, &tables->snapshot, why);
	return err;
}

static void close_tables(struct tables_of *tables)
{
	source_close(tables->source);
	kernel_close(&tables->kernel);
	recording_close(tables->recording);
}

static int write_core(struct export *export, struct tables_of *tables)
{
	struct core_stats stats;
	struct problem why;
	int status = open_output(export);

	if (status != EXIT_FINE)
		return status;
	if (core_write(&export->sink, tables->recording, tables->source, &tables->kernel, &stats,
		       &why))
		return cannot_run(&export->common, why.text);
	if (!export->common.quiet)
		fprintf(stderr, "%s: %" PRIu64 " tables in %" PRIu64 " segments\n",
			tables->kernel.release, stats.tables, stats.segments);
	if (stats.left_out)
		fprintf(stderr,
			"pwtrace export: %" PRIu64
			" tables are left out that could not be read when "
			"the snapshot was made\n",
			stats.left_out);
	return EXIT_FINE;
}

static int export_core(struct export *export)
{
	struct tables_of tables = {};
	struct problem why;
	int status;

	if (open_tables(&tables, export, &why))
		status = cannot_run(&export->common, why.text);
	else
		status = write_core(export, &tables);
	close_tables(&tables);
	return status;
}

static int run(struct export *export)
{
	int status = export->format == CORE ? export_core(export) : export_changes(export);
	int closed = close_output(export);

	emitter_free(export->emitter);
	replay_close(export->replay);
	if (stop_signal())
		return 128 + stop_signal();
	return status != EXIT_FINE ? status : closed;
}

static int check_operands(struct export *export, int argc, char **argv)
{
	size_t parts;

	if (!export->format) {
		fprintf(stderr, "pwtrace export: give one of --perfetto, --folded, --jsonl and "
				"--core\n");
		return -EINVAL;
	}
	if (optind == argc) {
		fprintf(stderr, "pwtrace export: wants a recording\n");
		return -EINVAL;
	}
	export->paths = argv + optind;
	export->nr_paths = argc - optind;
	parts = export->format == CORE ? 1 : recording_parts(export->paths, export->nr_paths);
	if (parts < export->nr_paths) {
		fprintf(stderr,
			"pwtrace export: unexpected argument '%s': takes one recording, of which it "
			"is not the next part\n",
			export->paths[parts]);
		return -EINVAL;
	}
	return 0;
}

int cmd_export(int argc, char **argv)
{
	struct export export = {};
	int opt;

	common_init(&export.common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT "o:", long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (parse_option(&export, opt))
			return usage_error("export");
	}
	if (check_operands(&export, argc, argv))
		return usage_error("export");
	return run(&export);
}
