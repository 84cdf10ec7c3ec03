// SPDX-License-Identifier: GPL-2.0-only
#include "commands/keepers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/kfence.h"
#include "kernel/reader.h"
#include "kernel/sections.h"

/* include/linux/vmalloc.h: whoever frees it makes its alias invalid, and good again */
#define VM_FLUSH_RESET_PERMS 0x00000100UL

struct keepers {
	const struct kernel *kernel;
	bool readable;
	struct reader reader;
	struct areas *areas;	 /* NULL: they cannot be told */
	struct page_uses *pages; /* so with these */
	struct audit_range image, init, kfence;
	bool pagealloc; /* free pages are invalid */
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
	if (keepers->reader.kcore && !tables_open(&tables, kernel, keepers->reader.kcore)) {
		kfence_pool(kernel, keepers->reader.kcore, tables, &keepers->kfence.start,
			    &keepers->kfence.size);
		keepers->kfence.start -= kernel->phys_to_virt;
	}
	tables_close(tables);
	keepers->pagealloc = keepers->readable &&
			     !kernel_variable(kernel, "_debug_pagealloc_enabled_early", 1,
					      &value) &&
			     value;
}

static int open_kernel(struct keepers *keepers, struct problem *why)
{
	const struct kernel *kernel = keepers->kernel;
	const struct reader *reader = &keepers->reader;
	int err = reader_open(&keepers->reader, kernel, why);

	if (err)
		return err;
	err = areas_open(&keepers->areas, kernel, reader->kcore, reader->types, why);
	if (err)
		keepers->areas = NULL;
	if (page_uses_open(&keepers->pages, kernel, reader->kcore, reader->types, why)) {
		keepers->pages = NULL;
		err = -1;
	}
	return err;
}

struct keepers *keepers_open(const struct kernel *kernel, const char *command, bool readable)
{
	struct keepers *keepers = calloc(1, sizeof(*keepers));
	struct problem why;

	if (!keepers)
		return NULL;
	keepers->kernel = kernel;
	keepers->readable = readable;
	if (readable && open_kernel(keepers, &why))
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
	reader_close(&keepers->reader);
	free(keepers);
}

bool keepers_complete(const struct keepers *keepers)
{
	return keepers->areas && keepers->pages;
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

bool keepers_module(struct keepers *keepers, const struct vm_area *area, char name[64])
{
	struct module_place place;

	if (!keepers->reader.types || module_find(&keepers->reader, area->addr, &place))
		return false;
	snprintf(name, 64, "%s", place.name);
	return true;
}
