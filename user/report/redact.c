// SPDX-License-Identifier: GPL-2.0-only
#include "redact.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geometry/descriptor.h"

#define MOST_BLOCKS (1U << 20)
/* Where the kernel is put by KASLR: in steps of MIN_KIMG_ALIGN. No more than below that is told. */
#define BLOCK_SHIFT 21

void redactor_init(struct redactor *redactor, const struct kernel *kernel, bool on)
{
	*redactor = (struct redactor){
		.on = on,
		.kernel = kernel,
		.shift = BLOCK_SHIFT,
		.modules = kernel->zones.range[ZONE_MODULES].end,
	};
}

void redactor_release(struct redactor *redactor)
{
	free(redactor->blocks);
	free(redactor->names);
}

void redact_expect(struct redactor *redactor, uint64_t addr)
{
	if (zone_of(&redactor->kernel->zones, addr) == ZONE_MODULES && addr < redactor->modules)
		redactor->modules = addr & ~(geometry_page_size(&redactor->kernel->geo) - 1);
}

static uint32_t place(const struct redactor *redactor, uint64_t block)
{
	uint32_t at = (block * 0x9e3779b97f4a7c15ULL) >> 32 & (redactor->room - 1);

	while (redactor->blocks[at] && redactor->blocks[at] != block + 1)
		at = (at + 1) & (redactor->room - 1);
	return at;
}

static bool grow(struct redactor *redactor)
{
	struct redactor bigger = *redactor;

	bigger.room = redactor->room ? redactor->room * 2 : 1024;
	bigger.blocks = calloc(bigger.room, sizeof(*bigger.blocks));
	bigger.names = calloc(bigger.room, sizeof(*bigger.names));
	if (!bigger.blocks || !bigger.names || redactor->nr == MOST_BLOCKS) {
		redactor_release(&bigger);
		return false;
	}
	for (uint32_t i = 0; i < redactor->room; i++) {
		uint32_t at;

		if (!redactor->blocks[i])
			continue;
		at = place(&bigger, redactor->blocks[i] - 1);
		bigger.blocks[at] = redactor->blocks[i];
		bigger.names[at] = redactor->names[i];
	}
	redactor_release(redactor);
	*redactor = bigger;
	return true;
}

/* The number that a block is called by; 0: there are too many. */
static uint32_t name_of(struct redactor *redactor, uint64_t block)
{
	uint32_t at;

	if (redactor->nr * 2 >= redactor->room && !grow(redactor))
		return 0;
	at = place(redactor, block);
	if (!redactor->blocks[at]) {
		redactor->blocks[at] = block + 1;
		redactor->names[at] = ++redactor->nr;
	}
	return redactor->names[at];
}

void redact_pa(struct redactor *redactor, uint64_t pa, char buf[REDACT_TEXT])
{
	uint64_t low = pa & ((1ULL << redactor->shift) - 1);
	uint32_t name;

	if (!redactor->on) {
		snprintf(buf, REDACT_TEXT, "%#" PRIx64, pa);
		return;
	}
	name = name_of(redactor, pa >> redactor->shift);
	if (name)
		snprintf(buf, REDACT_TEXT, "M%u+0x%" PRIx64, name, low);
	else
		snprintf(buf, REDACT_TEXT, "M?+0x%" PRIx64, low);
}

/* A struct page stands for its page: set_direct_map_*() are given one. */
static void redact_page(struct redactor *redactor, uint64_t addr, char buf[REDACT_TEXT])
{
	const struct kernel *kernel = redactor->kernel;
	uint64_t offset = addr - kernel->zones.range[ZONE_VMEMMAP].start;
	char pa[REDACT_TEXT];

	if (!kernel->struct_page) {
		snprintf(buf, REDACT_TEXT, "vmemmap");
		return;
	}
	redact_pa(redactor,
		  kernel->phys_offset +
			  offset / kernel->struct_page * geometry_page_size(&kernel->geo),
		  pa);
	snprintf(buf, REDACT_TEXT, "struct page of %.100s", pa);
}

/* Without the image's place nothing tells what is inside it. */
static bool image_is_known(const struct kernel *kernel)
{
	return kernel->zones.range[ZONE_IMAGE].start < kernel->zones.range[ZONE_IMAGE].end;
}

static void from(const char *zone, uint64_t addr, uint64_t start, char buf[REDACT_TEXT])
{
	if (addr >= start)
		snprintf(buf, REDACT_TEXT, "%s+0x%" PRIx64, zone, addr - start);
	else
		snprintf(buf, REDACT_TEXT, "%s-0x%" PRIx64, zone, start - addr);
}

void redact_va(struct redactor *redactor, uint64_t addr, char buf[REDACT_TEXT])
{
	const struct kernel *kernel = redactor->kernel;
	uint64_t plain = geometry_untag(addr);
	enum zone zone = zone_of(&kernel->zones, plain);
	char pa[REDACT_TEXT];

	if (!redactor->on) {
		snprintf(buf, REDACT_TEXT, "%#" PRIx64, addr);
		return;
	}
	switch (zone) {
	case ZONE_LINEAR:
		redact_pa(redactor, plain - kernel->phys_to_virt, pa);
		snprintf(buf, REDACT_TEXT, "linear %.100s", pa);
		return;
	case ZONE_VMEMMAP:
		redact_page(redactor, plain, buf);
		return;
	case ZONE_MODULES:
		from("modules", plain, redactor->modules, buf);
		return;
	case ZONE_IMAGE:
		from("image", plain, kernel->zones.range[ZONE_IMAGE].start, buf);
		return;
	case ZONE_VMALLOC:
		if (image_is_known(kernel)) {
			from("vmalloc", plain, kernel->zones.range[ZONE_VMALLOC].start, buf);
			return;
		}
		/* fall through */
	default:
		snprintf(buf, REDACT_TEXT, "%s \xe2\x80\xa6%05" PRIx64, zone_name(zone),
			 plain & 0xfffff);
	}
}

void redact_code(struct redactor *redactor, uint64_t addr, char buf[REDACT_TEXT])
{
	if (!kernel_symbol(redactor->kernel, addr, buf, REDACT_TEXT))
		redact_va(redactor, addr, buf);
}

uint64_t redact_hidden(const struct redactor *redactor, uint64_t desc)
{
	uint64_t address = desc_from_address(&redactor->kernel->geo, ~0ULL << redactor->shift);
	uint64_t inner = ((1ULL << 48) - 1) & ~((1ULL << redactor->shift) - 1);

	if (!redactor->on)
		return 0;
	/* the topmost have places of their own among attributes, and are hardly ever used */
	return (address & inner) | (desc & address & ~inner);
}

void redact_desc(const struct redactor *redactor, uint64_t desc, char buf[17])
{
	uint64_t hidden = redact_hidden(redactor, desc);

	for (int i = 0; i < 16; i++) {
		unsigned int shift = 60 - i * 4;

		buf[i] = hidden >> shift & 15 ? 'x' : "0123456789abcdef"[desc >> shift & 15];
	}
	buf[16] = '\0';
}

void redact_describe(struct redactor *redactor, enum pgtable_level level, uint64_t desc, char *buf,
		     size_t size)
{
	char words[160], pa[REDACT_TEXT], *at, *rest;

	desc_describe(&redactor->kernel->geo, level, desc, words, sizeof(words));
	at = strstr(words, " pa 0x");
	if (!redactor->on || !at) {
		snprintf(buf, size, "%s", words);
		return;
	}
	rest = at + 4 + strcspn(at + 4, " ");
	redact_pa(redactor, desc_address(&redactor->kernel->geo, desc), pa);
	snprintf(buf, size, "%.*s pa %s%s", (int)(at - words), words, pa, rest);
}

bool redact_hides_order(const struct redactor *redactor, enum zone zone)
{
	return redactor->on && (zone == ZONE_LINEAR || zone == ZONE_VMEMMAP);
}
