// SPDX-License-Identifier: GPL-2.0-only
#include "zone.h"

#include <string.h>

static const char *const zone_names[ZONE_NR] = {
	[ZONE_LINEAR] = "linear",   [ZONE_MODULES] = "modules", [ZONE_IMAGE] = "image",
	[ZONE_VMALLOC] = "vmalloc", [ZONE_VMEMMAP] = "vmemmap", [ZONE_OTHER] = "other",
};

static bool inside(const struct zone_range *range, uint64_t addr)
{
	return addr >= range->start && addr < range->end;
}

enum zone zone_of(const struct zones *zones, uint64_t addr)
{
	if (inside(&zones->range[ZONE_IMAGE], addr))
		return ZONE_IMAGE;
	for (enum zone zone = 0; zone < ZONE_OTHER; zone++)
		if (inside(&zones->range[zone], addr))
			return zone;
	return ZONE_OTHER;
}

uint64_t zone_room(const struct zones *zones, uint64_t addr, uint64_t size)
{
	/* a boundary of any zone may be one of this */
	for (enum zone zone = 0; zone < ZONE_OTHER; zone++) {
		const uint64_t bounds[] = { zones->range[zone].start, zones->range[zone].end };

		for (int i = 0; i < 2; i++)
			if (bounds[i] > addr && bounds[i] - addr < size)
				size = bounds[i] - addr;
	}
	return size;
}

const char *zone_name(enum zone zone)
{
	return zone < ZONE_NR ? zone_names[zone] : "?";
}

enum zone zone_find(const char *name)
{
	enum zone zone = 0;

	while (zone < ZONE_NR && strcmp(zone_names[zone], name))
		zone++;
	return zone;
}
