// SPDX-License-Identifier: GPL-2.0-only
#include "commands/owners.h"

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

struct owners {
	const struct kernel *kernel;
	struct kcore *kcore;
	struct types *types;
	struct areas *areas; /* NULL: they cannot be told */
	struct pages *pages; /* so with these */
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

static void find_ranges(struct owners *owners)
{
	const struct kernel *kernel = owners->kernel;
	const struct zone_range *image = &kernel->zones.range[ZONE_IMAGE];
	uint64_t page = geometry_page_size(&kernel->geo), value = 0;
	uint64_t init = kallsyms_find(kernel->syms, "__init_begin");
	uint64_t init_end = kallsyms_find(kernel->syms, "__init_end");
	uint64_t offset = kernel->root_va - kernel->root_pa;
	struct tables *tables = NULL;

	owners->image = (struct audit_range){
		image->start - offset,
		(image->end - image->start + page - 1) & ~(page - 1),
	};
	/* which is anybody's since the kernel was up */
	if (init && init_end > init)
		owners->init = (struct audit_range){ init - offset, init_end - init };
	if (owners->kcore && !tables_open(&tables, kernel, owners->kcore)) {
		kfence_pool(kernel, owners->kcore, tables, &owners->kfence.start,
			    &owners->kfence.size);
		owners->kfence.start -= kernel->phys_to_virt;
	}
	tables_close(tables);
	owners->pagealloc = !kernel_variable(kernel, "_debug_pagealloc_enabled_early", 1, &value) &&
			    value;
}

static int open_kernel(struct owners *owners, struct problem *why)
{
	const struct kernel *kernel = owners->kernel;
	int err = kcore_open(&owners->kcore, "/proc/kcore");

	if (err)
		return problem(why, err, "cannot open /proc/kcore: %s", strerror(-err));
	err = types_open(&owners->types, NULL);
	if (err)
		return problem(why, err, "this kernel has no BTF: %s", strerror(-err));
	err = areas_open(&owners->areas, kernel, owners->kcore, owners->types, why);
	if (err)
		owners->areas = NULL;
	if (pages_open(&owners->pages, kernel, owners->kcore, owners->types, why)) {
		owners->pages = NULL;
		err = -1;
	}
	return err;
}

struct owners *owners_open(const struct kernel *kernel, const char *command)
{
	struct owners *owners = calloc(1, sizeof(*owners));
	struct problem why;

	if (!owners)
		return NULL;
	owners->kernel = kernel;
	if (open_kernel(owners, &why))
		fprintf(stderr, "pwtrace %s: not all can be told of whose memory it is: %s\n",
			command, why.text);
	find_ranges(owners);
	return owners;
}

void owners_close(struct owners *owners)
{
	if (!owners)
		return;
	pages_close(owners->pages);
	areas_close(owners->areas);
	types_close(owners->types);
	kcore_close(owners->kcore);
	free(owners->sections);
	free(owners);
}

enum audit_owner owners_of(struct owners *owners, uint64_t pa)
{
	enum page_use use;

	if (inside(&owners->image, pa) && !inside(&owners->init, pa))
		return OWNER_IMAGE;
	if (inside(&owners->kfence, pa))
		return OWNER_KFENCE;
	if (!owners->pages || pages_use(owners->pages, pa, &use))
		return OWNER_NONE;
	if (use == PAGE_SECRET)
		return OWNER_SECRETMEM;
	return use == PAGE_FREE && owners->pagealloc ? OWNER_PAGEALLOC : OWNER_NONE;
}

bool owners_area(struct owners *owners, uint64_t addr, struct vm_area *area)
{
	*area = (struct vm_area){};
	return owners->areas && !areas_find(owners->areas, addr, area) && area->vm;
}

bool owners_hide_alias(struct owners *owners, uint64_t addr)
{
	struct vm_area area;

	return owners_area(owners, addr, &area) && area.flags & VM_FLUSH_RESET_PERMS;
}

/* Files of /sys/module/MODULE/sections: an address each. */
static void add_section(struct owners *owners, const char *module, const char *dir,
			const char *name)
{
	char path[PATH_MAX];
	FILE *file __fclose = NULL;
	struct section *more;
	uint64_t addr;

	if (owners->nr_sections == MAX_SECTIONS ||
	    snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return;
	file = fopen(path, "re");
	if (!file || fscanf(file, "%" SCNx64, &addr) != 1 || !addr)
		return;
	more = realloc(owners->sections, (owners->nr_sections + 1) * sizeof(*more));
	if (!more)
		return;
	owners->sections = more;
	more[owners->nr_sections].addr = addr;
	snprintf(more[owners->nr_sections++].module, sizeof(more->module), "%s", module);
}

static void add_module(struct owners *owners, const char *module)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	if (snprintf(path, sizeof(path), "/sys/module/%s/sections", module) >= (int)sizeof(path))
		return;
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_REG)
			add_section(owners, module, path, entry->d_name);
	if (dir)
		closedir(dir);
}

static void find_sections(struct owners *owners)
{
	DIR *dir = opendir("/sys/module");
	struct dirent *entry;

	owners->has_sections = true;
	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			add_module(owners, entry->d_name);
	if (dir)
		closedir(dir);
}

const char *owners_module(struct owners *owners, const struct vm_area *area)
{
	if (!owners->has_sections)
		find_sections(owners);
	for (size_t i = 0; i < owners->nr_sections; i++) {
		const struct section *section = &owners->sections[i];

		if (section->addr >= area->addr && section->addr - area->addr < area->size)
			return section->module;
	}
	return NULL;
}
