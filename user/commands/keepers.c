// SPDX-License-Identifier: GPL-2.0-only
#include "commands/keepers.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/kfence.h"

/* include/linux/vmalloc.h: whoever frees it makes its alias invalid, and good again */
#define VM_FLUSH_RESET_PERMS 0x00000100UL

#define MAX_SECTIONS 65536

/* A piece of a module. */
struct section {
	uint64_t addr;
	char module[64];
};

struct keepers {
	const struct kernel *kernel;
	bool running;
	struct kcore *kcore;
	struct types *types;
	struct areas *areas;	 /* NULL: they cannot be told */
	struct page_uses *pages; /* so with these */
	struct audit_range image, init, kfence;
	bool pagealloc; /* free pages are invalid */
	struct section *sections;
	size_t nr_sections;
	bool has_sections;
};

static bool inside(const struct audit_range *range, uint64_t pa)
{
	return pa >= range->start && pa - range->start < range->size;
}

static void find_ranges(struct keepers *keepers)
{
	const struct kernel *kernel = keepers->kernel;
	const struct zone_range *image = &kernel->zones.range[ZONE_IMAGE];
	uint64_t page = geometry_page_size(&kernel->geo), value = 0;
	uint64_t init = kallsyms_find(kernel->syms, "__init_begin");
	uint64_t init_end = kallsyms_find(kernel->syms, "__init_end");
	uint64_t offset = kernel->root_va - kernel->root_pa;
	struct tables *tables = NULL;

	keepers->image = (struct audit_range){
		image->start - offset,
		(image->end - image->start + page - 1) & ~(page - 1),
	};
	/* which is anybody's since the kernel was up */
	if (init && init_end > init)
		keepers->init = (struct audit_range){ init - offset, init_end - init };
	if (keepers->kcore && !tables_open(&tables, kernel, keepers->kcore)) {
		kfence_pool(kernel, keepers->kcore, tables, &keepers->kfence.start,
			    &keepers->kfence.size);
		keepers->kfence.start -= kernel->phys_to_virt;
	}
	tables_close(tables);
	keepers->pagealloc = keepers->running &&
			     !kernel_variable(kernel, "_debug_pagealloc_enabled_early", 1,
					      &value) &&
			     value;
}

static int open_kernel(struct keepers *keepers, struct problem *why)
{
	const struct kernel *kernel = keepers->kernel;
	int err = kcore_open(&keepers->kcore, "/proc/kcore");

	if (err)
		return problem(why, err, "cannot open /proc/kcore: %s", strerror(-err));
	err = types_open(&keepers->types, NULL);
	if (err)
		return problem(why, err, "this kernel has no BTF: %s", strerror(-err));
	err = areas_open(&keepers->areas, kernel, keepers->kcore, keepers->types, why);
	if (err)
		keepers->areas = NULL;
	if (page_uses_open(&keepers->pages, kernel, keepers->kcore, keepers->types, why)) {
		keepers->pages = NULL;
		err = -1;
	}
	return err;
}

struct keepers *keepers_open(const struct kernel *kernel, const char *command, bool running)
{
	struct keepers *keepers = calloc(1, sizeof(*keepers));
	struct problem why;

	if (!keepers)
		return NULL;
	keepers->kernel = kernel;
	keepers->running = running;
	if (running && open_kernel(keepers, &why))
		fprintf(stderr, "pwtrace %s: not all can be told of whose memory it is: %s\n",
			command, why.text);
	find_ranges(keepers);
	return keepers;
}

void keepers_close(struct keepers *keepers)
{
	if (!keepers)
		return;
	page_uses_close(keepers->pages);
	areas_close(keepers->areas);
	types_close(keepers->types);
	kcore_close(keepers->kcore);
	free(keepers->sections);
	free(keepers);
}

enum audit_owner keepers_of(struct keepers *keepers, uint64_t pa)
{
	enum page_use use;

	if (inside(&keepers->image, pa) && !inside(&keepers->init, pa))
		return OWNER_IMAGE;
	if (inside(&keepers->kfence, pa))
		return OWNER_KFENCE;
	if (!keepers->pages || page_uses_of(keepers->pages, pa, &use))
		return OWNER_NONE;
	if (use == PAGE_SECRET)
		return OWNER_SECRETMEM;
	return use == PAGE_FREE && keepers->pagealloc ? OWNER_PAGEALLOC : OWNER_NONE;
}

bool keepers_area(struct keepers *keepers, uint64_t addr, struct vm_area *area)
{
	*area = (struct vm_area){};
	return keepers->areas && !areas_find(keepers->areas, addr, area) && area->vm;
}

bool keepers_hide_alias(struct keepers *keepers, uint64_t addr)
{
	struct vm_area area;

	return keepers_area(keepers, addr, &area) && area.flags & VM_FLUSH_RESET_PERMS;
}

/* Files of /sys/module/MODULE/sections: an address each. */
static void add_section(struct keepers *keepers, const char *module, const char *dir,
			const char *name)
{
	char path[PATH_MAX];
	FILE *file __fclose = NULL;
	struct section *more;
	uint64_t addr;

	if (keepers->nr_sections == MAX_SECTIONS ||
	    snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return;
	file = fopen(path, "re");
	if (!file || fscanf(file, "%" SCNx64, &addr) != 1 || !addr)
		return;
	more = realloc(keepers->sections, (keepers->nr_sections + 1) * sizeof(*more));
	if (!more)
		return;
	keepers->sections = more;
	more[keepers->nr_sections].addr = addr;
	snprintf(more[keepers->nr_sections++].module, sizeof(more->module), "%s", module);
}

static void add_module(struct keepers *keepers, const char *module)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	if (snprintf(path, sizeof(path), "/sys/module/%s/sections", module) >= (int)sizeof(path))
		return;
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_REG)
			add_section(keepers, module, path, entry->d_name);
	if (dir)
		closedir(dir);
}

static void find_sections(struct keepers *keepers)
{
	DIR *dir = opendir("/sys/module");
	struct dirent *entry;

	keepers->has_sections = true;
	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			add_module(keepers, entry->d_name);
	if (dir)
		closedir(dir);
}

const char *keepers_module(struct keepers *keepers, const struct vm_area *area)
{
	if (!keepers->has_sections)
		find_sections(keepers);
	for (size_t i = 0; i < keepers->nr_sections; i++) {
		const struct section *section = &keepers->sections[i];

		if (section->addr >= area->addr && section->addr - area->addr < area->size)
			return section->module;
	}
	return NULL;
}
