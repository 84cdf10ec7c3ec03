// SPDX-License-Identifier: GPL-2.0-only
#include "memory_of.h"

#include <stdlib.h>
#include <string.h>

static const struct table_page *page_at(const struct tables *tables, uint64_t pa)
{
	for (unsigned int i = 0; i < tables->nr; i++)
		if (pa - tables->pages[i].pa < tables->pages[i].nr * sizeof(uint64_t))
			return &tables->pages[i];
	return NULL;
}

static bool find(struct pagewalk_memory *memory, uint64_t pa, struct pagewalk_window *window)
{
	const struct table_page *page = page_at(((struct memory_of *)memory)->tables, pa);

	if (!page)
		return false;
	*window = (struct pagewalk_window){ page->pa, page->nr * sizeof(uint64_t), page->entries };
	return true;
}

void memory_of(struct memory_of *memory, const struct tables *tables)
{
	*memory = (struct memory_of){ { .find = find }, tables };
}

static int read_pages(struct source *source, const uint64_t *pa, size_t nr, const void **pages,
		      uint8_t *states)
{
	struct source_of *of = (struct source_of *)source;
	size_t size = geometry_page_size(of->tables->geo);

	for (size_t i = 0; i < nr; i++) {
		const struct table_page *page;

		if (of->before)
			of->before(of->ctx, of->nr);
		of->nr++;
		page = page_at(of->tables, pa[i]);
		memset(of->pages + i * size, 0, size);
		states[i] = page && pa[i] != of->unreadable ? PAGE_READ : PAGE_UNREADABLE;
		if (states[i] == PAGE_READ)
			memcpy(of->pages + i * size, page->entries, page->nr * sizeof(uint64_t));
	}
	*pages = of->pages;
	return 0;
}

#define MOST 32

void source_of(struct source_of *source, const struct tables *tables)
{
	*source = (struct source_of){
		.source = { .name = "made-up", .most = MOST, .read = read_pages },
		.tables = tables,
		.unreadable = ~0ULL,
		.pages = malloc(MOST * geometry_page_size(tables->geo)),
	};
}

void source_of_release(struct source_of *source)
{
	free(source->pages);
}
