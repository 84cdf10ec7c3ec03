// SPDX-License-Identifier: GPL-2.0-only
#include "tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "geometry/descriptor.h"

struct tables {
	struct pagewalk_memory memory; /* first: what find() gets */
	const struct kernel *kernel;
	struct kcore *kcore;
	struct pagewalk_image *pages;
	void *page; /* to read into */
	unsigned int blank;
};

static bool is_blank(const uint64_t *entries, size_t size)
{
	for (size_t i = 0; i < size / sizeof(*entries); i++)
		if (entries[i])
			return false;
	return true;
}

/* swapper_pg_dir has a page of its own in the image, of which not all may be in use. */
static int read_page(struct tables *tables, uint64_t pa)
{
	const struct kernel *kernel = tables->kernel;
	const struct geometry *geo = &kernel->geo;
	uint64_t addr = kernel_table_address(kernel, pa);
	size_t size = geometry_page_size(geo);
	int err;

	memset(tables->page, 0, size);
	if (pa == kernel->root_pa)
		size = geometry_entries(geo, geometry_top(geo)) * sizeof(uint64_t);
	err = kcore_get(tables->kcore, addr, tables->page, size);
	if (err)
		return err;
	tables->blank += is_blank(tables->page, size);
	return pagewalk_image_add(tables->pages, pa, tables->page);
}

static bool find(struct pagewalk_memory *memory, uint64_t pa, struct pagewalk_window *window)
{
	struct tables *tables = (struct tables *)memory;
	uint64_t size = geometry_page_size(&tables->kernel->geo);
	uint64_t page = pa & ~(size - 1), room;
	void *at;

	at = pagewalk_image_at(tables->pages, page, &room);
	if (!at && !read_page(tables, page))
		at = pagewalk_image_at(tables->pages, page, &room);
	if (!at)
		return false;
	*window = (struct pagewalk_window){ .pa = page, .size = size, .entries = at };
	return true;
}

int tables_open(struct tables **out, const struct kernel *kernel, struct kcore *kcore)
{
	uint64_t size = geometry_page_size(&kernel->geo);
	struct tables *tables = calloc(1, sizeof(*tables));

	if (!tables)
		return -ENOMEM;
	tables->memory.find = find;
	tables->kernel = kernel;
	tables->kcore = kcore;
	tables->page = malloc(size);
	tables->pages = pagewalk_image_new(size, NULL);
	if (!tables->page || !tables->pages) {
		tables_close(tables);
		return -ENOMEM;
	}
	*out = tables;
	return 0;
}

void tables_close(struct tables *tables)
{
	if (!tables)
		return;
	pagewalk_image_free(tables->pages);
	free(tables->page);
	free(tables);
}

struct pagewalk_memory *tables_memory(struct tables *tables)
{
	return &tables->memory;
}

int tables_forget(struct tables *tables)
{
	struct pagewalk_image *fresh = pagewalk_image_new(geometry_page_size(&tables->kernel->geo),
							  NULL);

	if (!fresh)
		return -ENOMEM;
	pagewalk_image_free(tables->pages);
	tables->pages = fresh;
	tables->blank = 0;
	return 0;
}

unsigned int tables_blank(const struct tables *tables)
{
	return tables->blank;
}

int tables_lookup(struct tables *tables, uint64_t addr, enum pgtable_level *level, uint64_t *entry)
{
	const struct geometry *geo = &tables->kernel->geo;
	uint64_t table = tables->kernel->root_pa;

	for (int at = geometry_top(geo);; at--) {
		uint64_t pa = table + geometry_index(geo, at, addr) * sizeof(uint64_t);
		struct pagewalk_window window;

		if (!find(&tables->memory, pa, &window))
			return -ENODATA;
		*level = at;
		*entry = window.entries[(pa - window.pa) / sizeof(uint64_t)];
		if (!desc_table(*entry, at))
			return 0;
		table = desc_address(geo, *entry);
	}
}
