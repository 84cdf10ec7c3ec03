// SPDX-License-Identifier: GPL-2.0-only
/* The memory of a dump by the kernel's addresses, as /proc/kcore has that of the running kernel. */
#include <errno.h>
#include <stdlib.h>

#include "dumpfile.h"
#include "geometry/descriptor.h"
#include "kernel/kcore.h"
#include "kernel/tables.h"

struct memory {
	struct dumpfile *file;
	const struct kernel *kernel;
	struct tables *tables; /* that lead to what is mapped elsewhere */
	bool looking;	       /* something up in them */
};

/* The linear map, the image and the topmost table need no tables, which are found by those. */
static bool is_known(const struct kernel *kernel, uint64_t addr, uint64_t *pa)
{
	const struct zone_range *image = &kernel->zones.range[ZONE_IMAGE];

	if (zone_of(&kernel->zones, addr) == ZONE_LINEAR)
		*pa = addr - kernel->phys_to_virt;
	else if ((addr >= image->start && addr < image->end) ||
		 addr - kernel->root_va < geometry_page_size(&kernel->geo))
		*pa = addr - (kernel->root_va - kernel->root_pa);
	else
		return false;
	return true;
}

static int by_tables(struct memory *memory, uint64_t addr, uint64_t *pa)
{
	const struct geometry *geo = &memory->kernel->geo;
	enum pgtable_level level;
	uint64_t entry;
	int err = 0;

	/* a table that it takes tables to find is none */
	if (memory->looking)
		return -ENODATA;
	if (!memory->tables)
		err = tables_open(&memory->tables, memory->kernel, memory->kernel->memory);
	memory->looking = true;
	if (!err)
		err = tables_lookup(memory->tables, addr, &level, &entry);
	memory->looking = false;
	if (err)
		return err;
	if (!desc_valid(entry) || (level > PGTABLE_LEVEL_PTE && desc_table(entry, level)))
		return -ENOENT;
	*pa = desc_address(geo, entry) + (addr & (geometry_size(geo, level) - 1));
	return 0;
}

/* Page by page: what follows in virtual address space may lie anywhere. */
static int get(void *ctx, uint64_t addr, void *buf, size_t size)
{
	struct memory *memory = ctx;
	uint64_t page = geometry_page_size(&memory->kernel->geo), pa;
	char *to = buf;

	while (size) {
		size_t part = page - (addr & (page - 1));
		int err = 0;

		if (part > size)
			part = size;
		if (!is_known(memory->kernel, addr, &pa))
			err = by_tables(memory, addr, &pa);
		if (!err)
			err = memory->file->read(memory->file, pa, to, part);
		if (err)
			return err;
		addr += part;
		to += part;
		size -= part;
	}
	return 0;
}

static void close_memory(void *ctx)
{
	struct memory *memory = ctx;

	tables_close(memory->tables);
	free(memory);
}

int dumpfile_memory(struct dumpfile *file, struct kernel *kernel, struct problem *why)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	if (memory)
		*memory = (struct memory){ .file = file, .kernel = kernel };
	if (!memory || kcore_wrap(&kernel->memory, get, close_memory, memory)) {
		free(memory);
		return problem(why, -ENOMEM, "out of memory");
	}
	return 0;
}
