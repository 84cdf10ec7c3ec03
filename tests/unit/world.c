// SPDX-License-Identifier: GPL-2.0-only
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "naive.h"
#include "test.h"

void world_init(struct world *world)
{
	const struct shape shape = { 12, 48, 48 };

	memset(world, 0, sizeof(*world));
	world->geo = shape_geometry(&shape);
	world->zones = (struct zones){ .range = {
					       [ZONE_LINEAR] = { LINEAR, 0xffff800000000000 },
					       [ZONE_MODULES] = { 0xffff800000000000, VMALLOC },
					       [ZONE_VMALLOC] = { VMALLOC, 0xfffffdffbf000000 },
				       } };
	tables_init(&world->tables, &world->geo);
	world->now = 1000000;
	world->config = (struct check_config){
		.geo = &world->geo,
		.zones = &world->zones,
		.root_pa = world->tables.root,
		.phys_to_virt = LINEAR - PHYS_OFFSET,
		.rules = { .rodata_full = true },
		.__change_memory_common = { 0xffff800080300000, 0xffff800080300100 },
		.set_memory_valid = { 0xffff800080100000, 0xffff800080100100 },
		.set_memory_enc_dec = { 0xffff800080200000, 0xffff800080200100 },
		.own_tgid = 4242,
	};
}

static void take_change(void *ctx, const struct change *change)
{
	struct world *world = ctx;
	struct change *copy = &world->changes[world->nr % CHANGES_MAX];

	world->nr++;
	memcpy(copy, change, sizeof(*copy));
	memset(&copy->before, 0, sizeof(copy->before));
	memset(&copy->after, 0, sizeof(copy->after));
}

void world_release(struct world *world)
{
	check_free(world->check);
	tables_release(&world->tables);
}

void world_send(struct world *world, const void *record, size_t size)
{
	void *exact;

	if (world->send) {
		world->send(world->ctx, record, size);
		return;
	}
	exact = malloc(size ? size : 1);
	if (!world->check)
		EXPECT_EQ(check_new(&world->check, &world->config, take_change, world), 0);
	memcpy(exact, record, size);
	EXPECT_EQ(check_record(world->check, exact, size), 0);
	free(exact);
}

void world_pages(struct world *world, uint64_t addr, uint64_t pa, unsigned int nr, uint64_t bits)
{
	for (unsigned int i = 0; i < nr; i++)
		*tables_entry(&world->tables, PGTABLE_LEVEL_PTE,
			      addr + i * PAGE) = (pa + i * PAGE) | bits;
}

void world_block(struct world *world, uint64_t addr, uint64_t pa)
{
	*tables_entry(&world->tables, PGTABLE_LEVEL_PMD, addr) = pa | BLOCK_BITS;
}

uint64_t world_alias(uint64_t pa)
{
	return pa - PHYS_OFFSET + LINEAR;
}

static struct pwt_hdr header(struct world *world, const struct actor *actor, enum pwt_type type,
			     enum pwt_func func)
{
	return (struct pwt_hdr){
		.type = type,
		.func = func,
		.cpu = 1,
		.time = world->now += 100,
		.task = actor->task,
		.frame = actor->frame,
		.lost_by_task = actor->lost,
		.pid = actor->pid,
	};
}

/* The walk to @addr: its path, the table that it ends in, the level of that. */
static const struct table_page *walk(const struct world *world, uint64_t addr,
				     struct pwt_path *path)
{
	const struct tables *tables = &world->tables;
	const struct table_page *page = &tables->pages[0];

	memset(path, 0, sizeof(*path));
	addr = geometry_untag(addr);
	for (;;) {
		uint64_t desc = page->entries[geometry_index(&world->geo, page->level, addr)];
		uint64_t next = desc & 0xfffffffff000;

		path->path[path->depth++] = desc;
		if (page->level == PGTABLE_LEVEL_PTE || (desc & TABLE_BITS) != TABLE_BITS)
			return page;
		for (page = tables->pages; page->pa != next;)
			if (++page == tables->pages + tables->nr)
				abort();
	}
}

/* read_window() */
static void window(const struct world *world, uint64_t addr, struct pwt_path *path,
		   uint64_t *entries)
{
	const struct table_page *page = walk(world, addr, path);
	unsigned int index = geometry_index(&world->geo, page->level, geometry_untag(addr));

	path->first = !index ? 0 : index == page->nr - 1 ? index - 2 : index - 1;
	path->nr = 3;
	memcpy(entries, page->entries + path->first, 3 * sizeof(*entries));
}

static bool one_page(uint64_t start, uint64_t size)
{
	return size == PAGE && !(start & (PAGE - 1));
}

/* read_step(), until the range is read */
static void slices(struct world *world, const struct actor *actor, enum pwt_func func,
		   enum pwt_phase phase, uint64_t start, uint64_t bytes)
{
	uint64_t addr = start, end = start + bytes;
	bool first_step = true;

	while (addr < end) {
		struct pwt_path path;
		const struct table_page *page = walk(world, addr, &path);
		uint64_t size = geometry_size(&world->geo, page->level), here = addr;
		unsigned int index = geometry_index(&world->geo, page->level, addr);
		unsigned int room = page->nr - index, nr = 1, left;
		struct pwt_slice *slice;

		addr &= ~(size - 1);
		if (page->level == PGTABLE_LEVEL_PTE) {
			uint64_t want = (end - addr + size - 1) / size;

			nr = want < room ? want : room;
			if (nr > PWT_SLICE_ENTRIES - 2)
				nr = PWT_SLICE_ENTRIES - 2;
		}
		addr += nr * size;
		left = first_step && index > 0;
		if (addr >= end && nr < room)
			nr++;
		nr += left;
		slice = calloc(1, sizeof(*slice) + nr * 8);
		slice->hdr = header(world, actor, PWT_SLICE, func);
		slice->hdr.time = 0;
		slice->hdr.phase = phase;
		slice->addr = here;
		slice->at = path;
		slice->at.first = index - left;
		slice->nr = nr;
		memcpy(slice->entries, page->entries + index - left, nr * 8);
		world_send(world, slice, sizeof(*slice) + nr * 8);
		free(slice);
		first_step = false;
		if (!addr)
			break;
	}
}

void world_slices(struct world *world, const struct actor *actor, enum pwt_phase phase,
		  uint64_t start, uint64_t bytes)
{
	slices(world, actor, PWT_FN_RANGE, phase, start, bytes);
}

static bool has_entries(enum pwt_func func)
{
	return func == PWT_FN_RANGE || func == PWT_FN_VMAP_PAGES || func == PWT_FN_VMAP_SMALL ||
	       func == PWT_FN_VMAP_RANGE;
}

void world_fill_enter(struct world *world, const struct actor *actor, enum pwt_func func,
		      const uint64_t args[4], struct pwt_enter *enter)
{
	memset(enter, 0, sizeof(*enter));
	enter->hdr = header(world, actor, PWT_ENTER, func);
	enter->tgid = actor->pid;
	enter->preempt_count = actor->preempt_count;
	enter->lazy_mmu = actor->lazy_mmu;
	memcpy(enter->args, args, sizeof(enter->args));
	enter->callers[0] = actor->caller;
	enter->callers[1] = actor->outer_caller;
	strcpy(enter->comm, "provoke");
	enter->stack_id = -1;
	if (has_entries(func) && one_page(args[0], args[1]))
		window(world, args[0], &enter->at, (uint64_t *)enter->entries);
	else if (has_entries(func))
		enter->hdr.flags = PWT_F_SLICES;
}

void world_fill_exit(struct world *world, const struct actor *actor, enum pwt_func func,
		     uint64_t start, uint64_t size, int64_t ret, struct pwt_exit *exit)
{
	memset(exit, 0, sizeof(*exit));
	exit->hdr = header(world, actor, PWT_EXIT, func);
	exit->hdr.phase = PWT_AFTER;
	exit->ret = ret;
	exit->args[0] = start;
	exit->args[1] = size;
	if (has_entries(func) && one_page(start, size))
		window(world, start, &exit->at, (uint64_t *)exit->entries);
	else if (has_entries(func))
		exit->hdr.flags = PWT_F_SLICES;
}

void world_begin(struct world *world, const struct actor *actor, const struct request *request)
{
	const uint64_t args[4] = { request->start, request->size, request->set, request->clear };
	struct pwt_enter enter;

	world_fill_enter(world, actor, PWT_FN_RANGE, args, &enter);
	world_send(world, &enter, sizeof(enter));
	if (!enter.at.depth)
		world_slices(world, actor, PWT_BEFORE, request->start, request->size);
}

void world_end(struct world *world, const struct actor *actor, const struct request *request,
	       int ret)
{
	struct pwt_exit exit;

	world_fill_exit(world, actor, PWT_FN_RANGE, request->start, request->size, ret, &exit);
	if (!exit.at.depth)
		world_slices(world, actor, PWT_AFTER, request->start, request->size);
	world_send(world, &exit, sizeof(exit));
}

void world_call(struct world *world, const struct actor *actor, enum pwt_func func, uint64_t a0,
		uint64_t a1, uint64_t a2, uint64_t a3)
{
	const uint64_t args[4] = { a0, a1, a2, a3 };
	struct pwt_enter enter;

	world_fill_enter(world, actor, func, args, &enter);
	world_send(world, &enter, sizeof(enter));
}

void world_return(struct world *world, const struct actor *actor, enum pwt_func func, uint64_t a0,
		  uint64_t a1, int ret)
{
	struct pwt_exit exit;

	world_fill_exit(world, actor, func, a0, a1, ret, &exit);
	world_send(world, &exit, sizeof(exit));
}

void world_birth(struct world *world, const struct actor *actor, enum pwt_func func,
		 const uint64_t args[4])
{
	struct pwt_enter enter;

	world_fill_enter(world, actor, func, args, &enter);
	world_send(world, &enter, sizeof(enter));
	if (has_entries(func) && !enter.at.depth)
		slices(world, actor, func, PWT_BEFORE, args[0], args[1]);
}

void world_born(struct world *world, const struct actor *actor, enum pwt_func func,
		const uint64_t args[4], int64_t ret)
{
	struct pwt_exit exit;

	world_fill_exit(world, actor, func, args[0], args[1], ret, &exit);
	if (has_entries(func) && !exit.at.depth)
		slices(world, actor, func, PWT_AFTER, args[0], args[1]);
	world_send(world, &exit, sizeof(exit));
}

void world_array(struct world *world, const struct actor *actor, enum pwt_func func,
		 unsigned int first, unsigned int nr, uint64_t pa, bool reverse)
{
	size_t size = sizeof(struct pwt_pages) + nr * 8;
	struct pwt_pages *pages = calloc(1, size);

	pages->hdr = header(world, actor, PWT_PAGES, func);
	pages->hdr.time = 0;
	pages->first = first;
	pages->nr = nr;
	for (unsigned int i = 0; i < nr; i++)
		pages->pages[i] = VMEMMAP +
				  ((pa - PHYS_OFFSET) / PAGE + (reverse ? nr - 1 - i : i)) *
					  STRUCT_PAGE;
	world_send(world, pages, size);
	free(pages);
}

void world_area(struct world *world, const struct actor *actor, uint64_t addr, uint64_t size,
		uint64_t flags)
{
	struct pwt_area area = {
		.hdr = header(world, actor, PWT_AREA, PWT_FN_AREA),
		.addr = addr,
		.size = size,
		.flags = flags,
		.nr_pages = size ? size / PAGE - 1 : 0,
	};

	/* find_vm_area() has a frame of its own */
	area.hdr.frame -= 0x80;
	world_send(world, &area, sizeof(area));
}

void world_apply(struct world *world, const struct request *request)
{
	uint64_t addr = geometry_untag(request->start), end = addr + request->size, size;

	for (; addr < end; addr += size) {
		struct pwt_path path;
		const struct table_page *page = walk(world, addr, &path);
		uint64_t *entry = page->entries + geometry_index(&world->geo, page->level, addr);

		size = geometry_size(&world->geo, page->level);
		if (page->level == PGTABLE_LEVEL_PTE || naive_present(*entry))
			*entry = (*entry & ~request->clear) | request->set;
	}
}

const struct change *world_last(struct world *world)
{
	static const struct change none;

	if (world->check)
		check_idle(world->check);
	return EXPECT(world->nr) ? &world->changes[(world->nr - 1) % CHANGES_MAX] : &none;
}
