// SPDX-License-Identifier: GPL-2.0-only
/* --source FILE: a recording, with tables or with what they mapped, or the dump of a machine. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/live.h"
#include "recording/kernel.h"

static int nothing_to_read(struct source *source, const uint64_t *pa, size_t nr, const void **pages,
			   uint8_t *states)
{
	(void)source, (void)pa, (void)nr, (void)pages, (void)states;
	return -ENODATA;
}

static void nothing_to_close(struct source *source)
{
	(void)source;
}

/* Without tables: it is not asked for any. */
static void open_runs(struct live *live)
{
	static struct source imported = {
		.name = "import",
		.most = 520,
		.read = nothing_to_read,
		.close = nothing_to_close,
	};

	live->source = &imported;
	live->snapshot = (struct pwt_snapshot){ .start = -(1ULL << live->kernel.geo.va_bits) };
}

static int open_tables(struct live *live, const struct source_choice *choice, struct problem *why)
{
	struct recorded_info info;
	int err = recording_kernel(live->recording, &live->kernel, &info, why);

	if (!err)
		err = snapshot_open(&live->source, live->recording, &live->kernel.geo,
				    choice->snapshot, &live->snapshot, why);
	if (!err)
		memcpy(live->boot_id, info.boot_id, sizeof(live->boot_id));
	return err;
}

static int open_recorded(struct live *live, const struct source_choice *choice, struct problem *why)
{
	int err = runs_open(&live->runs, live->recording, &live->kernel, why);
	char damage[160];

	if (!err && live->runs)
		open_runs(live);
	else if (!err)
		err = open_tables(live, choice, why);
	if (!err && recording_damage(live->recording, damage, sizeof(damage)))
		fprintf(stderr, "pwtrace: %s: %s\n", choice->path, damage);
	return err;
}

static int open_dump(struct live *live, const struct source_choice *choice, struct problem *why)
{
	int err;

	if (choice->snapshot)
		return problem(why, -EINVAL,
			       "%s is no recording: it has no snapshots to choose from",
			       choice->path);
	err = dumpfile_open(&live->dump, choice->path, why);

	if (!err)
		err = dumpfile_kernel(live->dump, &choice->hints, &live->kernel, why);
	if (!err)
		err = dumpfile_source(&live->source, live->dump, &live->kernel.geo, why);
	if (!err && live->dump->missing)
		fprintf(stderr, "pwtrace: %s was cut off: %llu bytes of memory are missing\n",
			choice->path, (unsigned long long)live->dump->missing);
	live_from_top(live);
	return err;
}

int live_open_file(struct live *live, const struct source_choice *choice, struct problem *why)
{
	const struct dump_hints *hints = &choice->hints;
	int err = recording_open(&live->recording, choice->path, why);

	if (err == -ENOEXEC)
		return open_dump(live, choice, why);
	if (err)
		return err;
	if (hints->vmcoreinfo || hints->symbols)
		return problem(why, -EINVAL,
			       "%s is a recording, which has what --vmcoreinfo and --symbols are "
			       "to tell: leave them out",
			       choice->path);
	return open_recorded(live, choice, why);
}
