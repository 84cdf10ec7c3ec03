// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a running kernel, out of a core file made up for it: members by BTF, vmalloc areas, table
 * pages, and what the code of a function is made of.
 */
#include <bpf/btf.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "geometry/descriptor.h"
#include "kernel/areas.h"
#include "kernel/code.h"
#include "kernel/page_uses.h"
#include "kernel/tables.h"
#include "test.h"

/* One segment of memory at the bottom of the linear map, and one of the image. */
#define MEMORY	    0xffff000000000000ULL
#define MEMORY_SIZE 0x20000
#define IMAGE	    0xffff800080000000ULL
#define IMAGE_SIZE  0x8000
#define VMEMMAP	    0xfffffdffc0000000ULL
/* where a core file this small has it */
#define VMEMMAP_HERE (MEMORY + 0x10000)

struct world {
	char core[32], symbols[32], btf[32];
	uint8_t memory[MEMORY_SIZE], image[IMAGE_SIZE];
	char names[1024];
	struct kernel kernel;
	struct kcore *kcore;
	struct types *types;
};

static void write_file(char path[32], const void *data, size_t size)
{
	int fd;

	strcpy(path, "/tmp/pwtrace-live.XXXXXX");
	fd = mkstemp(path);
	EXPECT(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void *at(struct world *world, uint64_t addr)
{
	return addr >= IMAGE ? world->image + (addr - IMAGE) : world->memory + (addr - MEMORY);
}

static void put(struct world *world, uint64_t addr, size_t size, uint64_t value)
{
	memcpy(at(world, addr), &value, size);
}

static void symbol(struct world *world, const char *name, uint64_t addr)
{
	size_t len = strlen(world->names);

	snprintf(world->names + len, sizeof(world->names) - len, "%016llx T %s\n",
		 (unsigned long long)addr, name);
}

static void write_core(struct world *world)
{
	struct {
		Elf64_Ehdr ehdr;
		Elf64_Phdr phdr[2];
		uint8_t memory[MEMORY_SIZE], image[IMAGE_SIZE];
	} *core = calloc(1, sizeof(*core));

	memcpy(core->ehdr.e_ident, ELFMAG, SELFMAG);
	core->ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	core->ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	core->ehdr.e_phoff = offsetof(__typeof__(*core), phdr);
	core->ehdr.e_phentsize = sizeof(Elf64_Phdr);
	core->ehdr.e_phnum = 2;
	core->phdr[0] = (Elf64_Phdr){ .p_type = PT_LOAD,
				      .p_vaddr = MEMORY,
				      .p_filesz = MEMORY_SIZE,
				      .p_offset = offsetof(__typeof__(*core), memory) };
	core->phdr[1] = (Elf64_Phdr){ .p_type = PT_LOAD,
				      .p_vaddr = IMAGE,
				      .p_filesz = IMAGE_SIZE,
				      .p_offset = offsetof(__typeof__(*core), image) };
	memcpy(core->memory, world->memory, MEMORY_SIZE);
	memcpy(core->image, world->image, IMAGE_SIZE);
	write_file(world->core, core, sizeof(*core));
	free(core);
}

/*
 * The structs of mm/vmalloc.c, members in another order than the kernel's: nothing but their names
 * may be relied on. @wide: nr_pages has eight bytes, and there is no page_order.
 */
static void write_btf(struct world *world, bool wide)
{
	struct btf *btf = btf__new_empty();
	int u8 = btf__add_int(btf, "unsigned char", 1, 0),
	    u32 = btf__add_int(btf, "unsigned int", 4, 0);
	int u64 = btf__add_int(btf, "unsigned long", 8, 0), ptr = btf__add_ptr(btf, 0);
	int node, root, named, list, value, array;
	const void *raw;
	uint32_t size;

	node = btf__add_struct(btf, "rb_node", 24);
	btf__add_field(btf, "__rb_parent_color", u64, 0, 0);
	btf__add_field(btf, "rb_right", ptr, 64, 0);
	btf__add_field(btf, "rb_left", ptr, 128, 0);
	root = btf__add_struct(btf, "rb_root", 8);
	btf__add_field(btf, "rb_node", ptr, 0, 0);
	named = btf__add_typedef(btf, "rb_root_t", root);
	list = btf__add_struct(btf, "rb_list", 32);
	btf__add_field(btf, "head", u64, 0, 0);
	btf__add_field(btf, "root", named, 128, 0);
	array = btf__add_array(btf, u64, u64, 5);
	btf__add_struct(btf, "vmap_node", 128);
	btf__add_field(btf, "pool", array, 0, 0);
	btf__add_field(btf, "busy", list, 320, 0);
	value = btf__add_union(btf, NULL, 8);
	btf__add_field(btf, "subtree_max_size", u64, 0, 0);
	btf__add_field(btf, "vm", ptr, 0, 0);
	btf__add_struct(btf, "vmap_area", 64);
	btf__add_field(btf, NULL, value, 0, 0);
	btf__add_field(btf, "va_end", u64, 64, 0);
	btf__add_field(btf, "va_start", u64, 128, 0);
	btf__add_field(btf, "rb_node", node, 192, 0);
	btf__add_struct(btf, "vm_struct", 96);
	btf__add_field(btf, "size", u64, 0, 0);
	btf__add_field(btf, "addr", ptr, 64, 0);
	btf__add_field(btf, "flags", u64, 128, 0);
	btf__add_field(btf, "pages", ptr, 192, 0);
	if (!wide)
		btf__add_field(btf, "page_order", u32, 256, 0);
	btf__add_field(btf, "nr_pages", wide ? u64 : u32, wide ? 320 : 288, 0);
	btf__add_field(btf, "phys_addr", u64, 384, 0);
	btf__add_field(btf, "caller", ptr, 448, 0);
	if (wide)
		btf__add_field(btf, "requested_size", u64, 512, 0);
	btf__add_struct(btf, "page", 64);
	btf__add_field(btf, "flags", u64, 0, 0);
	btf__add_field(btf, "_refcount", u32, 64, 0);
	btf__add_field(btf, "page_type", u32, 96, 0);
	btf__add_field(btf, wide ? "compound_info" : "compound_head", u64, 128, 0);
	btf__add_field(btf, "mapping", ptr, 192, 0);
	btf__add_struct(btf, "address_space", 64);
	btf__add_field(btf, "a_ops", ptr, 256, 0);
	btf__add_enum(btf, "pagetype", 4);
	btf__add_enum_value(btf, "PGTY_buddy", 240);
	btf__add_struct(btf, "bits", 8);
	btf__add_field(btf, "low", u8, 0, 3);
	raw = btf__raw_data(btf, &size);
	write_file(world->btf, raw, size);
	btf__free(btf);
}

static void world_open(struct world *world, bool wide)
{
	write_core(world);
	symbol(world, "the_end", IMAGE + IMAGE_SIZE);
	write_file(world->symbols, world->names, strlen(world->names));
	write_btf(world, wide);
	EXPECT_EQ(geometry_init(&world->kernel.geo, 12, 48, 48), 0);
	world->kernel.phys_to_virt = MEMORY;
	world->kernel.root_va = IMAGE;
	world->kernel.root_pa = 0x80000000;
	world->kernel.zones.range[ZONE_VMEMMAP] = (struct zone_range){ VMEMMAP,
								       VMEMMAP + 0x1000000000 };
	EXPECT_EQ(kallsyms_load(&world->kernel.syms, world->symbols), 0);
	EXPECT_EQ(kcore_open(&world->kcore, world->core), 0);
	EXPECT_EQ(types_open(&world->types, world->btf), 0);
	unlink(world->core);
	unlink(world->symbols);
	unlink(world->btf);
}

static void world_close(struct world *world)
{
	types_close(world->types);
	kcore_close(world->kcore);
	kallsyms_free(world->kernel.syms);
}

TEST(members)
{
	static const struct {
		const char *type, *path;
		int ret;
		uint32_t offset, size;
	} cases[] = {
		{ "vmap_area", "va_start", 0, 16, 8 },
		{ "vmap_area", "vm", 0, 0, 8 },
		{ "vmap_area", "rb_node.rb_left", 0, 40, 8 },
		{ "vmap_node", "busy.root.rb_node", 0, 56, 8 },
		{ "vmap_node", "pool", 0, 0, 40 },
		{ "vm_struct", "nr_pages", 0, 36, 4 },
		{ "vm_struct", "requested_size", -ENOENT, 0, 0 },
		{ "vm_struct", "", -ENOENT, 0, 0 },
		{ "vm_struct", "size.more", -ENOENT, 0, 0 },
		{ "vmap_node", "busy.", -ENOENT, 0, 0 },
		{ "no_such", "flags", -ENOENT, 0, 0 },
		{ "bits", "low", -ENOENT, 0, 0 },
	};
	static struct world world;
	struct member member;

	world_open(&world, false);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s.%s", cases[i].type, cases[i].path);
		EXPECT_EQ(types_member(world.types, cases[i].type, cases[i].path, &member),
			  cases[i].ret);
		if (cases[i].ret)
			continue;
		EXPECT_EQ(member.offset, cases[i].offset);
		EXPECT_EQ(member.size, cases[i].size);
	}
	test_case("sizes");
	EXPECT_EQ(types_size(world.types, "vmap_node"), 128);
	EXPECT_EQ(types_size(world.types, "no_such"), 0);
	world_close(&world);
}

#define NODES	 (MEMORY + 0x1000)
#define NR_NODES 4
#define ZONE	 0x10000ULL
#define AREA(n)	 (0xffff800100000000ULL + (n)*ZONE)

static uint64_t vmap_area_at(unsigned int n)
{
	return MEMORY + 0x2000 + n * 64;
}

static uint64_t vm_struct_at(unsigned int n)
{
	return MEMORY + 0x8000 + n * 128;
}

/* Area @n of @pages pages and a guard page, below the rb_node of @parent, or at the root at @link.
 */
static void put_area(struct world *world, unsigned int n, unsigned int pages, uint64_t link,
		     bool wide)
{
	uint64_t va = vmap_area_at(n), vm = vm_struct_at(n), size = (pages + 1) * 4096ULL;

	put(world, va, 8, vm);
	put(world, va + 8, 8, AREA(n) + size);
	put(world, va + 16, 8, AREA(n));
	put(world, link, 8, va + 24);
	put(world, vm, 8, size);
	put(world, vm + 8, 8, AREA(n));
	put(world, vm + 16, 8, 2);
	put(world, vm + 24, 8, MEMORY + 0x10000 + n * 256);
	put(world, vm + (wide ? 40 : 36), wide ? 8 : 4, pages);
	if (!wide)
		put(world, vm + 32, 4, 9);
	if (wide)
		put(world, vm + 64, 8, 4097);
}

static uint64_t right_of(unsigned int n)
{
	return vmap_area_at(n) + 24 + 8;
}

static uint64_t left_of(unsigned int n)
{
	return vmap_area_at(n) + 24 + 16;
}

static uint64_t root_of(unsigned int node)
{
	return NODES + node * 128 + 56;
}

/* Areas 1, 5 and 9 in the tree of one node, 14 and 6 in that of another. */
static void put_nodes(struct world *world, bool wide)
{
	symbol(world, "vmap_nodes", IMAGE + 0x4000);
	symbol(world, "nr_vmap_nodes", IMAGE + 0x4008);
	symbol(world, "vmap_zone_size", IMAGE + 0x4010);
	put(world, IMAGE + 0x4000, 8, NODES);
	put(world, IMAGE + 0x4008, 4, NR_NODES);
	put(world, IMAGE + 0x4010, 4, ZONE);
	put_area(world, 5, 3, root_of(AREA(5) / ZONE % NR_NODES), wide);
	put_area(world, 1, 20, left_of(5), wide);
	put_area(world, 9, 1, right_of(5), wide);
	put_area(world, 14, 2, root_of(AREA(14) / ZONE % NR_NODES), wide);
	put_area(world, 6, 2, left_of(14), wide);
}

static int count(void *ctx, const struct vm_area *area)
{
	uint64_t *seen = ctx;

	seen[++seen[0]] = area->va_start;
	return 0;
}

TEST(areas_of_nodes)
{
	static const struct {
		uint64_t addr;
		unsigned int area; /* 0: none */
	} cases[] = {
		{ AREA(5), 5 },
		{ AREA(5) + 4095, 5 },
		{ AREA(5) + 4 * 4096 - 1, 5 },
		{ AREA(5) + 4 * 4096, 0 },
		{ AREA(5) - 1, 0 },
		{ AREA(1), 1 },
		{ AREA(1) + 0x10000, 1 }, /* in the zone of another node */
		{ AREA(9), 9 },
		{ AREA(14), 14 },
		{ AREA(6), 6 },
		{ AREA(3), 0 },
		{ AREA(0), 0 },
		{ 0, 0 },
		{ ~0ULL, 0 },
		{ AREA(5) & ~(0xfULL << 56) & ~(0xfULL << 60), 5 },
	};

	for (int wide = 0; wide < 2; wide++) {
		struct world *world = calloc(1, sizeof(*world));
		struct areas *areas = NULL;
		struct vm_area *list = NULL;
		struct problem why;
		uint64_t seen[16] = {};
		unsigned int missed = 9;
		size_t nr = 0;

		put_nodes(world, wide);
		world_open(world, wide);
		EXPECT_EQ(areas_open(&areas, &world->kernel, world->kcore, world->types, &why), 0);
		for (unsigned int i = 0; areas && i < ARRAY_SIZE(cases); i++) {
			struct vm_area area;
			int err = areas_find(areas, cases[i].addr, &area);

			test_case("%s, %#llx", wide ? "wide" : "narrow",
				  (unsigned long long)cases[i].addr);
			EXPECT_EQ(err, cases[i].area ? 0 : -ENOENT);
			if (err || !cases[i].area)
				continue;
			EXPECT_EQ(area.va_start, AREA(cases[i].area));
			EXPECT_EQ(area.addr, AREA(cases[i].area));
			EXPECT_EQ(area.va_end - area.va_start, area.size);
			EXPECT_EQ(area.nr_pages, area.size / 4096 - 1);
			EXPECT_EQ(area.flags, 2);
			EXPECT_EQ(area.page_order, wide ? 0 : 9);
			EXPECT_EQ(area.requested_size, wide ? 4097 : 0);
		}
		test_case("each");
		EXPECT_EQ(areas_each(areas, count, seen), 0);
		EXPECT_EQ(seen[0], 5);
		EXPECT_EQ(seen[1], AREA(1));
		EXPECT_EQ(seen[2], AREA(5));
		EXPECT_EQ(seen[3], AREA(6));
		EXPECT_EQ(seen[4], AREA(9));
		EXPECT_EQ(seen[5], AREA(14));
		test_case("list");
		EXPECT_EQ(areas_list(areas, &list, &nr, &missed), 0);
		EXPECT_EQ(nr, 5);
		EXPECT_EQ(missed, 0);
		for (size_t i = 0; i < nr; i++)
			EXPECT_EQ(list[i].va_start, seen[i + 1]);
		free(list);
		areas_close(areas);
		world_close(world);
		free(world);
	}
}

/* As far as it can be read: so many areas, of which the last has a vm_struct or not. */
static void check_list(struct areas *areas, size_t nr_wanted, unsigned int missed_wanted,
		       bool unread)
{
	struct vm_area *list = NULL;
	unsigned int missed = 9;
	size_t nr = 0;

	EXPECT_EQ(areas_list(areas, &list, &nr, &missed), 0);
	EXPECT_EQ(nr, nr_wanted);
	EXPECT_EQ(missed, missed_wanted);
	for (size_t i = 0; i < nr; i++) {
		EXPECT_EQ(list[i].va_start, i ? AREA(8) : AREA(4));
		EXPECT_EQ(list[i].unread, i && unread);
		EXPECT_EQ(list[i].size, i && (unread || !list[i].vm) ? 0 : 5 * 4096);
	}
	free(list);
}

/* One tree, and trees that cannot be: each ends, and none is taken for an area. */
TEST(trees_that_are_wrong)
{
	enum {
		FINE,
		LOOP,
		LOOP_BACK,
		NO_POINTER,
		ODD,
		OUTSIDE,
		ZEROS,
		BACKWARDS,
		OTHER_VM,
		NO_VM,
		NR
	};

	for (int what = FINE; what < NR; what++) {
		struct world *world = calloc(1, sizeof(*world));
		struct areas *areas = NULL;
		struct problem why;
		struct vm_area area;
		uint64_t seen[16] = {};
		int err;

		test_case("tree %d", what);
		symbol(world, "vmap_area_root", IMAGE + 0x4000);
		put_area(world, 4, 4, IMAGE + 0x4000, false);
		put_area(world, 8, 4, right_of(4), false);
		if (what == LOOP)
			put(world, right_of(4), 8, vmap_area_at(4) + 24);
		if (what == LOOP_BACK)
			put(world, right_of(8), 8, vmap_area_at(4) + 24);
		if (what == NO_POINTER)
			put(world, right_of(4), 8, 0x1000);
		if (what == ODD)
			put(world, right_of(4), 8, vmap_area_at(8) + 25);
		if (what == OUTSIDE)
			put(world, right_of(4), 8, MEMORY + (1ULL << 40));
		if (what == ZEROS)
			put(world, right_of(4), 8, MEMORY + 0x1f000);
		if (what == BACKWARDS)
			put(world, vmap_area_at(8) + 8, 8, AREA(8));
		if (what == OTHER_VM)
			put(world, vm_struct_at(8) + 8, 8, AREA(7));
		if (what == NO_VM)
			put(world, vmap_area_at(8), 8, 0);
		world_open(world, false);
		EXPECT_EQ(areas_open(&areas, &world->kernel, world->kcore, world->types, &why), 0);
		EXPECT_EQ(areas_find(areas, AREA(4), &area), 0);
		err = areas_find(areas, AREA(8), &area);
		if (what == FINE || what == LOOP_BACK || what == NO_VM)
			EXPECT_EQ(err, 0);
		else
			EXPECT(err && err != -ENOENT);
		if (what == NO_VM)
			EXPECT_EQ(area.vm, 0);
		err = areas_each(areas, count, seen);
		EXPECT_EQ(!err, what == FINE || what == NO_VM);
		EXPECT_EQ(seen[0], err ? 0 : 2);
		check_list(areas,
			   what == FINE || what == NO_VM || what == OTHER_VM || what == LOOP_BACK ?
				   2 :
				   1,
			   what != FINE && what != NO_VM && what != OTHER_VM, what == OTHER_VM);
		areas_close(areas);
		world_close(world);
		free(world);
	}
}

TEST(no_tree_that_can_be_read)
{
	struct world *world = calloc(1, sizeof(*world));
	struct areas *areas = NULL;
	struct vm_area *list = NULL;
	struct problem why;
	unsigned int missed;
	size_t nr;

	symbol(world, "vmap_area_root", IMAGE + 0x4000);
	put(world, IMAGE + 0x4000, 8, 0x1000);
	world_open(world, false);
	EXPECT_EQ(areas_open(&areas, &world->kernel, world->kcore, world->types, &why), 0);
	EXPECT_EQ(areas_list(areas, &list, &nr, &missed), -EIO);
	EXPECT(!list);
	areas_close(areas);
	world_close(world);
	free(world);
}

TEST(ways_that_are_not_known)
{
	static const struct {
		uint32_t nr, zone;
		uint64_t nodes;
		int ret;
	} cases[] = {
		{ 4, 65536, NODES, 0 },
		{ 0, 65536, NODES, -EINVAL },
		{ 1 << 20, 65536, NODES, -EINVAL },
		{ 4, 0, NODES, -EINVAL },
		{ 4, 65536, 0, -EINVAL },
	};

	for (unsigned int i = 0; i <= ARRAY_SIZE(cases); i++) {
		struct world *world = calloc(1, sizeof(*world));
		struct areas *areas = NULL;
		struct problem why = {};
		int want = i < ARRAY_SIZE(cases) ? cases[i].ret : -ENOENT;

		test_case("case %u", i);
		if (i < ARRAY_SIZE(cases)) {
			put_nodes(world, false);
			put(world, IMAGE + 0x4000, 8, cases[i].nodes);
			put(world, IMAGE + 0x4008, 4, cases[i].nr);
			put(world, IMAGE + 0x4010, 4, cases[i].zone);
		}
		world_open(world, false);
		EXPECT_EQ(areas_open(&areas, &world->kernel, world->kcore, world->types, &why),
			  want);
		EXPECT_EQ(!!why.text[0], !!want);
		areas_close(areas);
		world_close(world);
		free(world);
	}
}

/* area->pages[] to linear addresses; struct page has 64 bytes. */
TEST(pages_of_an_area)
{
	static const struct {
		uint64_t page, linear;
		int ret;
	} cases[] = {
		{ VMEMMAP, 0xffff000000000000, 0 },
		{ VMEMMAP + 64, 0xffff000000001000, 0 },
		{ VMEMMAP + 0x40000 * 64ULL, 0xffff000040000000, 0 },
		{ VMEMMAP + 32, 0, -EFAULT },
		{ 0, 0, -EFAULT },
		{ VMEMMAP - 64, 0, -EFAULT },
	};
	struct world *world = calloc(1, sizeof(*world));
	const struct vm_area area = { .pages = MEMORY + 0x3000, .nr_pages = ARRAY_SIZE(cases) };
	const struct vm_area odd = { .pages = MEMORY + 0x3001, .nr_pages = 1 };
	const struct vm_area none = { .nr_pages = 1 };
	struct areas *areas = NULL;
	struct problem why;
	uint64_t linear;

	put_nodes(world, false);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		put(world, area.pages + i * 8, 8, cases[i].page);
	world_open(world, false);
	EXPECT_EQ(areas_open(&areas, &world->kernel, world->kcore, world->types, &why), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("page %u", i);
		EXPECT_EQ(areas_page(areas, &area, i, &linear), cases[i].ret);
		if (!cases[i].ret)
			EXPECT_EQ(linear, cases[i].linear);
	}
	EXPECT_EQ(areas_page(areas, &area, ARRAY_SIZE(cases), &linear), -ERANGE);
	EXPECT_EQ(areas_page(areas, &odd, 0, &linear), -EFAULT);
	EXPECT_EQ(areas_page(areas, &none, 0, &linear), -ERANGE);
	areas_close(areas);
	world_close(world);
	free(world);
}

/* Struct pages, as above: refcount, type, mapping, and what a tail page has of its head. */
TEST(what_a_page_is_used_for)
{
	static const struct {
		uint32_t refcount, type;
		uint64_t compound, mapping;
		enum page_use use;
	} cases[] = {
		{ 1, 0xffffffff, 0, 0, PAGE_USED },
		{ 0, 0xf0000003, 0, 0, PAGE_FREE },
		{ 0, 0xffffffff, 0, 0, PAGE_FREE }, /* in a processor's list */
		{ 1, 0xffffffff, 0, MEMORY + 0x8000, PAGE_SECRET },
		{ 1, 0xffffffff, 0, MEMORY + 0x8100, PAGE_USED }, /* of another file system */
		{ 1, 0xffffffff, 0, MEMORY + 0x8001, PAGE_USED }, /* anonymous */
		{ 1, 0xffffffff, 0, 0x1000, PAGE_USED },	  /* no address */
		{ 1, 0xf5000000, 0, 0, PAGE_USED },		  /* another type */
		{ 4, 0xffffffff, 0, MEMORY + 0x8000, PAGE_SECRET },
		{ 0, 0xffffffff, VMEMMAP_HERE + 8 * 64 + 1, 0, PAGE_SECRET }, /* its tails */
		{ 0, 0xffffffff, ~(4 * 64ULL - 1) + 1, MEMORY + 0x8100, PAGE_SECRET },
		{ 0, 0xffffffff, VMEMMAP_HERE + 1 * 64 + 1, 0, PAGE_FREE },
	};
	struct world *world = calloc(1, sizeof(*world));
	struct page_uses *pages = NULL;
	struct problem why;
	enum page_use use;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t page = VMEMMAP_HERE + i * 64;

		put(world, page + 8, 4, cases[i].refcount);
		put(world, page + 12, 4, cases[i].type);
		put(world, page + 16, 8, cases[i].compound);
		put(world, page + 24, 8, cases[i].mapping);
	}
	put(world, MEMORY + 0x8000 + 32, 8, IMAGE + 0x40);
	put(world, MEMORY + 0x8100 + 32, 8, IMAGE + 0x80);
	symbol(world, "secretmem_aops", IMAGE + 0x40);
	world_open(world, false);
	world->kernel.zones.range[ZONE_VMEMMAP] = (struct zone_range){ VMEMMAP_HERE,
								       VMEMMAP_HERE + 0x10000 };
	EXPECT_EQ(page_uses_open(&pages, &world->kernel, world->kcore, world->types, &why), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("page %u", i);
		EXPECT_EQ(page_uses_of(pages, i * 4096, &use), 0);
		EXPECT_EQ(use, cases[i].use);
	}
	/* behind the struct page_uses, and behind the memory that can be read */
	EXPECT_EQ(page_uses_of(pages, 0x10000 / 64 * 4096ULL, &use), -ENOENT);
	world->kernel.zones.range[ZONE_VMEMMAP].end += 1 << 20;
	EXPECT(page_uses_of(pages, 0x10000 / 64 * 4096ULL, &use) < 0);
	page_uses_close(pages);
	world_close(world);
	free(world);
}

/* Tables: the top one in the image, the others by physical address. */
TEST(tables)
{
	const uint64_t table = PTE_VALID | PTE_TABLE_BIT, page = 0xe8000000000407 | 0x5000;
	const uint64_t addr = 0xffff800012345000;
	struct world *world = calloc(1, sizeof(*world));
	struct pagewalk_window window;
	struct pagewalk_memory *memory;
	struct tables *tables = NULL;
	enum pgtable_level level;
	uint64_t entry;

	put(world, IMAGE + (addr >> 39 & 511) * 8, 8, 0x4000 | table);
	put(world, MEMORY + 0x4000 + (addr >> 30 & 511) * 8, 8, 0x5000 | table);
	put(world, MEMORY + 0x5000 + (addr >> 21 & 511) * 8, 8, 0x6000 | table);
	put(world, MEMORY + 0x5000 + ((addr >> 21 & 511) + 1) * 8, 8, 0x7000 | table);
	put(world, MEMORY + 0x5000 + ((addr >> 21 & 511) + 2) * 8, 8, (1ULL << 40) | table);
	put(world, MEMORY + 0x6000 + (addr >> 12 & 511) * 8, 8, page);
	world_open(world, false);
	EXPECT_EQ(tables_open(&tables, &world->kernel, world->kcore), 0);
	EXPECT_EQ(tables_lookup(tables, addr, &level, &entry), 0);
	EXPECT_EQ(level, PGTABLE_LEVEL_PTE);
	EXPECT_EQ(entry, page);
	EXPECT_EQ(tables_blank(tables), 0);
	EXPECT_EQ(tables_lookup(tables, addr + 0x1000, &level, &entry), 0);
	EXPECT_EQ(entry, 0);
	EXPECT_EQ(tables_lookup(tables, addr + (1ULL << 30), &level, &entry), 0);
	EXPECT_EQ(level, PGTABLE_LEVEL_PUD);
	/* a table of zeros is one that was not readable, or is empty */
	EXPECT_EQ(tables_lookup(tables, addr + (1 << 21), &level, &entry), 0);
	EXPECT_EQ(tables_blank(tables), 1);
	EXPECT_EQ(tables_lookup(tables, addr + (2 << 21), &level, &entry), -ENODATA);
	memory = tables_memory(tables);
	EXPECT(memory->find(memory, 0x6000 + 8, &window));
	EXPECT_EQ(window.pa, 0x6000);
	EXPECT_EQ(window.size, 4096);
	EXPECT(!memory->find(memory, 1ULL << 40, &window));
	EXPECT_EQ(tables_forget(tables), 0);
	EXPECT_EQ(tables_blank(tables), 0);
	EXPECT_EQ(tables_lookup(tables, addr, &level, &entry), 0);
	EXPECT_EQ(entry, page);
	tables_close(tables);
	world_close(world);
	free(world);
}

TEST(code)
{
	static const uint32_t insns[] = {
		0x52808041, /* mov w1, #0x402 */
		0xd2810002, /* mov x2, #0x800 */
		0x52a08043, /* mov w3, #0x402 << 16 */
		0xb9402c64, /* ldr w4, [x3, #44] */
		0xf94013e5, /* ldr x5, [sp, #32] */
		0xf9401866, /* ldr x6, [x3, #48] */
		0xf90020c7, /* str x7, [x6, #64] */
		0x29450868, /* ldp w8, w2, [x3, #40] */
		0xa9455d36, /* ldp x22, x23, [x9, #80] */
		0xb98078ca, /* ldrsw x10, [x6, #120] */
	};
	static const struct {
		uint32_t offset, size;
		bool found;
	} loads[] = {
		{ 44, 4, true },  { 44, 8, false }, { 32, 8, false }, { 48, 8, true },
		{ 48, 4, false }, { 64, 8, false }, { 40, 4, true },  { 80, 8, true },
		{ 88, 8, true },  { 96, 8, false }, { 120, 4, true }, { 0, 8, false },
	};
	struct world *world = calloc(1, sizeof(*world));
	struct code code;

	memcpy(at(world, IMAGE + 0x5000), insns, sizeof(insns));
	symbol(world, "function", IMAGE + 0x5000);
	symbol(world, "next", IMAGE + 0x5000 + sizeof(insns));
	symbol(world, "odd", IMAGE + 0x6002);
	world_open(world, false);
	EXPECT_EQ(code_read(&world->kernel, world->kcore, "function", &code), 0);
	EXPECT_EQ(code.nr, ARRAY_SIZE(insns));
	EXPECT(code_has_constant(&code, 0x402));
	EXPECT(code_has_constant(&code, 0x800));
	EXPECT(!code_has_constant(&code, 0x401));
	for (unsigned int i = 0; i < ARRAY_SIZE(loads); i++) {
		test_case("%u at %u", loads[i].size, loads[i].offset);
		EXPECT_EQ(code_loads(&code, loads[i].offset, loads[i].size), loads[i].found);
	}
	free(code.insns);
	EXPECT_EQ(code_read(&world->kernel, world->kcore, "odd", &code), -ENOENT);
	EXPECT_EQ(code_read(&world->kernel, world->kcore, "no_such", &code), -ENOENT);
	/* zeros are not code */
	EXPECT_EQ(code_read(&world->kernel, world->kcore, "next", &code), -ENOENT);
	world_close(world);
	free(world);
}
