// SPDX-License-Identifier: GPL-2.0-only
#include "sections.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define MOST_MODULES 4096
#define MOST_PARTS   16

const char *image_section(const struct kernel *kernel, uint64_t addr)
{
	/* arch/arm64/kernel/vmlinux.lds.S, in its order */
	static const struct {
		const char *symbol, *name;
	} begins[] = {
		{ "_text", "text" },	  { "_etext", "rodata" }, { "__init_begin", "init" },
		{ "__init_end", "data" }, { "_sdata", "data" },	  { "__bss_start", "bss" },
	};
	const struct zone_range *image = &kernel->zones.range[ZONE_IMAGE];
	const char *name = NULL;

	if (addr < image->start || addr >= image->end)
		return NULL;
	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++) {
		uint64_t start = kallsyms_find(kernel->syms, begins[i].symbol);

		if (start && start <= addr)
			name = begins[i].name;
	}
	return name;
}

enum field {
	MODULE_NEXT,
	MODULE_NAME,
	MODULE_MEM,
	MEM_BASE,
	MEM_SIZE,
	NR_FIELDS,
};

static const struct wanted wanted[NR_FIELDS] = {
	[MODULE_NEXT] = { "module", "list.next", false },
	[MODULE_NAME] = { "module", "name", false },
	[MODULE_MEM] = { "module", "mem", false },
	[MEM_BASE] = { "module_memory", "base", false },
	[MEM_SIZE] = { "module_memory", "size", false },
};

/* The part of the module at @module that @addr lies in, -1: in none. */
static int part_of(const struct reader *reader, const struct member *fields, uint64_t module,
		   uint64_t addr, uint64_t *start, uint64_t *end)
{
	uint32_t each = types_size(reader->types, "module_memory");
	uint32_t nr = each ? fields[MODULE_MEM].size / each : 0;

	for (uint32_t i = 0; i < nr && i < MOST_PARTS; i++) {
		uint64_t part = module + fields[MODULE_MEM].offset + i * each, size;

		if (reader_field(reader, part, &fields[MEM_BASE], start) ||
		    reader_field(reader, part, &fields[MEM_SIZE], &size))
			return -1;
		*start = geometry_untag(*start);
		*end = *start + size;
		if (*start && addr >= *start && addr < *end)
			return i;
	}
	return -1;
}

/* enum mod_mem_type of include/linux/module.h */
static const char *part_name(int part)
{
	static const char *const names[] = { "text",	      "data",	   "rodata",
					     "ro-after-init", "init text", "init data",
					     "init rodata" };

	return part < (int)(sizeof(names) / sizeof(*names)) ? names[part] : "?";
}

static bool read_address(const char *path, uint64_t *addr)
{
	FILE *file __fclose = fopen(path, "re");
	unsigned long long value;

	if (!file || fscanf(file, "%llx", &value) != 1)
		return false;
	*addr = value;
	return true;
}

/* Of init sections the addresses stay when the memory has become other's: @start and @end tell. */
static void find_section(struct module_place *place, uint64_t addr, uint64_t start, uint64_t end)
{
	char folder[128], path[512];
	struct dirent *entry;
	uint64_t best = 0, at;
	DIR *dir;

	snprintf(folder, sizeof(folder), "/sys/module/%s/sections", place->name);
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_type == DT_DIR || !read_address(path, &at) || at < start ||
		    at >= end || at > addr || at < best)
			continue;
		best = at;
		snprintf(place->section, sizeof(place->section), "%.*s",
			 (int)sizeof(place->section) - 1, entry->d_name);
		place->offset = addr - at;
	}
	if (dir)
		closedir(dir);
}

int module_find(const struct reader *reader, uint64_t addr, struct module_place *place)
{
	uint64_t head = kallsyms_find(reader->kernel->syms, "modules"), at, start, end;
	struct member fields[NR_FIELDS];
	struct problem why;

	*place = (struct module_place){};
	if (!head || reader_members(reader, wanted, NR_FIELDS, fields, &why) ||
	    reader_get(reader, head, &at, sizeof(at)))
		return -ENOENT;
	for (int i = 0; i < MOST_MODULES && geometry_untag(at) != head; i++) {
		uint64_t module = geometry_untag(at) - fields[MODULE_NEXT].offset;
		int part = part_of(reader, fields, module, addr, &start, &end);

		if (part >= 0) {
			place->part = part_name(part);
			if (reader_string(reader, module + fields[MODULE_NAME].offset, place->name,
					  sizeof(place->name)))
				return -ENOENT;
			place->offset = addr - start;
			/* of a dump this machine tells nothing */
			if (!reader->kernel->memory)
				find_section(place, addr, start, end);
			return 0;
		}
		if (reader_field(reader, module, &fields[MODULE_NEXT], &at))
			return -ENOENT;
	}
	return -ENOENT;
}
