// SPDX-License-Identifier: GPL-2.0-only
/* The vmalloc areas of the running kernel, into a recording. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/reader.h"
#include "kernel/rules.h"
#include "recording/areas.h"

static int write_all(struct recorder *recorder, const struct reader *reader, struct problem *why)
{
	struct vm_area *list __free = NULL;
	struct areas *areas = NULL;
	struct op_rules rules = {};
	unsigned int missed = 0;
	size_t nr = 0;
	int err = areas_open(&areas, reader->kernel, reader->kcore, reader->types, why);

	if (err)
		return err;
	err = areas_list(areas, &list, &nr, &missed);
	areas_close(areas);
	if (!err)
		err = rules_read(&rules, reader);
	if (!err)
		err = recorder_areas(recorder, list, nr, missed, &rules);
	return err ? problem(why, err, "vmalloc areas cannot be recorded: %s", strerror(-err)) : 0;
}

int recorder_areas_now(struct recorder *recorder, const struct kernel *kernel, struct problem *why)
{
	struct reader reader;
	int err = reader_open(&reader, kernel, why);

	if (!err)
		err = write_all(recorder, &reader, why);
	reader_close(&reader);
	return err;
}
