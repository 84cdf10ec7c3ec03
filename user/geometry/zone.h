/* SPDX-License-Identifier: GPL-2.0-only */
/* The zones of the kernel's half of the address space (arch/arm64/include/asm/memory.h). */
#ifndef PWTRACE_ZONE_H
#define PWTRACE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

enum zone {
	ZONE_LINEAR,
	ZONE_MODULES,
	ZONE_IMAGE,
	ZONE_VMALLOC,
	ZONE_VMEMMAP,
	ZONE_OTHER, /* fixmap, PCI I/O, KASAN shadow, guard holes */
	ZONE_NR,
};

struct zone_range {
	uint64_t start;
	uint64_t end; /* the first address behind; start == end: the zone is not known */
};

struct zones {
	struct zone_range range[ZONE_NR];
};

/* The zone of a kernel address. The image wins over the zone that it was placed in. */
enum zone zone_of(const struct zones *zones, uint64_t addr);

/* How much of the @size bytes at @addr lies in the same zone as @addr does. */
uint64_t zone_room(const struct zones *zones, uint64_t addr, uint64_t size);

const char *zone_name(enum zone zone);

/* The zone of that name, ZONE_NR if there is none. */
enum zone zone_find(const char *name);

#endif
