// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace stat of the kernel's address space, by zone. */
#include "commands/stat.h"

static void add_run(void *ctx, const struct leaf_run *run)
{
	const struct zones *zones = &((struct stat *)ctx)->live.kernel.zones;
	struct leaf_run rest = *run, part;
	struct stat *stat = ctx;

	/* a run may go through more than one zone: the image lies among what surrounds it */
	while (rest.size) {
		enum zone zone = zone_of(zones, rest.start);

		part = rest;
		part.size = zone_room(zones, rest.start, rest.size);
		sizes_add(&stat->column[zone].now, &part);
		rest.start += part.size;
		rest.size -= part.size;
	}
}

int stat_kernel(struct stat *stat, struct problem *why)
{
	const struct leaves_options options = { .table = stat_table };
	const struct range all = live_all(&stat->live);
	int err;

	_Static_assert(ZONE_NR <= STAT_MAX_COLUMNS, "a column for each zone");
	stat->columns = ZONE_NR;
	for (enum zone zone = 0; zone < ZONE_NR; zone++)
		stat->column[zone].name = zone_name(zone);
	stat_begin(stat);
	stat->live.changed = stat->live.unknown = 0;
	err = live_walk(&stat->live, &all, &options, add_run, stat, why);
	if (err)
		return err;
	stat_print(stat, NULL);
	stat_end(stat);
	return 0;
}
