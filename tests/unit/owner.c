// SPDX-License-Identifier: GPL-2.0-only
/* Whom a page belongs to, and what an address of the kernel lies in, out of a made-up core file. */
#include "kernel/owner.h"

#include <bpf/btf.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/sections.h"
#include "test.h"

/* One segment at the bottom of the linear map, with the image and the struct pages inside. */
#define MEMORY	    0xffff000000000000ULL
#define MEMORY_SIZE 0x20000
#define PA	    0x40000000ULL
#define VMEMMAP	    (MEMORY + 0x8000)
#define IMAGE	    (MEMORY + 0x10000)

#define PFN(n)	(PA / 4096 + (n))
#define PAGE(n) (VMEMMAP + (n)*64ULL)

/* What a page has where its struct is that of something else. */
enum { PAGE_MAPPING = 8, SLAB_CACHE = 16, CACHE_NAME = 0, CACHE_SIZE = 8, CACHE_RED = 12 };
enum { HOST = 8, INODE_MAPPING = 0, INO = 8, SB = 16, SB_ID = 0, SB_TYPE = 32, FS_NAME = 8 };
enum { MODULE_LIST = 8, MODULE_NAME = 32, MODULE_MEM = 64, MEM_BASE = 0, MEM_SIZE = 8, MEM = 16 };

struct world {
	char core[32], symbols[32], btf[32];
	uint8_t memory[MEMORY_SIZE];
	struct kernel kernel;
	struct reader reader;
	struct owners *owners;
};

static void write_file(char path[32], const void *data, size_t size)
{
	int fd;

	strcpy(path, "/tmp/pwtrace-owner.XXXXXX");
	fd = mkstemp(path);
	EXPECT(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void put(struct world *world, uint64_t addr, size_t size, uint64_t value)
{
	memcpy(world->memory + (addr - MEMORY), &value, size);
}

static void put_text(struct world *world, uint64_t addr, const char *text)
{
	memcpy(world->memory + (addr - MEMORY), text, strlen(text) + 1);
}

static void write_core(struct world *world)
{
	struct {
		Elf64_Ehdr ehdr;
		Elf64_Phdr phdr;
		uint8_t memory[MEMORY_SIZE];
	} *core = calloc(1, sizeof(*core));

	memcpy(core->ehdr.e_ident, ELFMAG, SELFMAG);
	core->ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	core->ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	core->ehdr.e_phoff = offsetof(__typeof__(*core), phdr);
	core->ehdr.e_phentsize = sizeof(Elf64_Phdr);
	core->ehdr.e_phnum = 1;
	core->phdr = (Elf64_Phdr){ .p_type = PT_LOAD,
				   .p_vaddr = MEMORY,
				   .p_filesz = MEMORY_SIZE,
				   .p_offset = offsetof(__typeof__(*core), memory) };
	memcpy(core->memory, world->memory, MEMORY_SIZE);
	write_file(world->core, core, sizeof(*core));
	free(core);
}

static void write_btf(struct world *world)
{
	struct btf *btf = btf__new_empty();
	int u32 = btf__add_int(btf, "unsigned int", 4, 0),
	    u64 = btf__add_int(btf, "unsigned long", 8, 0);
	int c = btf__add_int(btf, "char", 1, 0), ptr = btf__add_ptr(btf, 0), list, id, name, mem;
	const void *raw;
	uint32_t size;

	id = btf__add_array(btf, u32, c, 32);
	name = btf__add_array(btf, u32, c, 24);
	list = btf__add_struct(btf, "list_head", 16);
	btf__add_field(btf, "next", ptr, 0, 0);
	btf__add_field(btf, "prev", ptr, 64, 0);
	btf__add_struct(btf, "page", 64);
	btf__add_field(btf, "mapping", ptr, PAGE_MAPPING * 8, 0);
	btf__add_struct(btf, "slab", 64);
	btf__add_field(btf, "slab_cache", ptr, SLAB_CACHE * 8, 0);
	btf__add_struct(btf, "kmem_cache", 64);
	btf__add_field(btf, "name", ptr, CACHE_NAME * 8, 0);
	btf__add_field(btf, "size", u32, CACHE_SIZE * 8, 0);
	btf__add_field(btf, "red_left_pad", u32, CACHE_RED * 8, 0);
	btf__add_struct(btf, "address_space", 64);
	btf__add_field(btf, "host", ptr, HOST * 8, 0);
	btf__add_struct(btf, "inode", 64);
	btf__add_field(btf, "i_mapping", ptr, INODE_MAPPING * 8, 0);
	btf__add_field(btf, "i_ino", u64, INO * 8, 0);
	btf__add_field(btf, "i_sb", ptr, SB * 8, 0);
	btf__add_struct(btf, "super_block", 64);
	btf__add_field(btf, "s_id", id, SB_ID * 8, 0);
	btf__add_field(btf, "s_type", ptr, SB_TYPE * 8, 0);
	btf__add_struct(btf, "file_system_type", 64);
	btf__add_field(btf, "name", ptr, FS_NAME * 8, 0);
	btf__add_struct(btf, "module_memory", MEM);
	btf__add_field(btf, "base", ptr, MEM_BASE * 8, 0);
	btf__add_field(btf, "size", u32, MEM_SIZE * 8, 0);
	mem = btf__add_array(btf, u32,
			     btf__find_by_name_kind(btf, "module_memory", BTF_KIND_STRUCT), 7);
	btf__add_struct(btf, "module", 256);
	btf__add_field(btf, "list", list, MODULE_LIST * 8, 0);
	btf__add_field(btf, "name", name, MODULE_NAME * 8, 0);
	btf__add_field(btf, "mem", mem, MODULE_MEM * 8, 0);
	raw = btf__raw_data(btf, &size);
	write_file(world->btf, raw, size);
	btf__free(btf);
}

/* A cache at 0x1000, a mapping at 0x2000 with all that belongs to it, two modules at 0x3000. */
static void make_world(struct world *world)
{
	const uint64_t mapping = MEMORY + 0x2000, inode = MEMORY + 0x2100, sb = MEMORY + 0x2200;
	const uint64_t type = MEMORY + 0x2300, modules = MEMORY + 0x3000;

	memset(world, 0, sizeof(*world));
	put(world, PAGE(4) + SLAB_CACHE, 8, MEMORY + 0x1000);
	put(world, MEMORY + 0x1000 + CACHE_NAME, 8, MEMORY + 0x1100);
	put(world, MEMORY + 0x1000 + CACHE_SIZE, 4, 192);
	put(world, MEMORY + 0x1000 + CACHE_RED, 4, 16);
	put_text(world, MEMORY + 0x1100, "dentry");
	put(world, PAGE(8) + PAGE_MAPPING, 8, mapping);
	put(world, mapping + HOST, 8, inode);
	put(world, inode + INODE_MAPPING, 8, mapping);
	put(world, inode + INO, 8, 4711);
	put(world, inode + SB, 8, sb);
	put_text(world, sb + SB_ID, "vda1");
	put(world, sb + SB_TYPE, 8, type);
	put(world, type + FS_NAME, 8, MEMORY + 0x2400);
	put_text(world, MEMORY + 0x2400, "ext4");
	put(world, modules, 8, MEMORY + 0x3100 + MODULE_LIST);
	put(world, MEMORY + 0x3100 + MODULE_LIST, 8, MEMORY + 0x3300 + MODULE_LIST);
	put(world, MEMORY + 0x3300 + MODULE_LIST, 8, modules);
	put_text(world, MEMORY + 0x3100 + MODULE_NAME, "first");
	put_text(world, MEMORY + 0x3300 + MODULE_NAME, "second");
	for (unsigned int i = 0; i < 4; i++) {
		put(world, MEMORY + 0x3300 + MODULE_MEM + i * MEM + MEM_BASE, 8,
		    0xffff800000000000 + i * 0x10000);
		put(world, MEMORY + 0x3300 + MODULE_MEM + i * MEM + MEM_SIZE, 4, 0x2000);
	}
}

static void world_open(struct world *world)
{
	static const char symbols[] =
		"ffff000000003000 D modules\nffff000000010000 T _text\n"
		"ffff000000011000 T _stext\nffff000000012000 R _etext\n"
		"ffff000000014000 T __init_begin\nffff000000015000 T __init_end\n"
		"ffff000000015000 D _sdata\nffff000000016000 B __bss_start\n"
		"ffff000000018000 B _end\n";

	write_core(world);
	write_btf(world);
	write_file(world->symbols, symbols, strlen(symbols));
	EXPECT_EQ(geometry_init(&world->kernel.geo, 12, 48, 48), 0);
	world->kernel.phys_to_virt = MEMORY - PA;
	world->kernel.root_va = IMAGE;
	world->kernel.root_pa = PA + (IMAGE - MEMORY);
	world->kernel.struct_page = 64;
	world->kernel.zones.range[ZONE_VMEMMAP] = (struct zone_range){ VMEMMAP, VMEMMAP + 0x4000 };
	world->kernel.zones.range[ZONE_IMAGE] = (struct zone_range){ IMAGE, IMAGE + 0x8000 };
	EXPECT_EQ(kallsyms_load(&world->kernel.syms, world->symbols), 0);
	world->reader.kernel = &world->kernel;
	EXPECT_EQ(kcore_open(&world->reader.kcore, world->core), 0);
	EXPECT_EQ(types_open(&world->reader.types, world->btf), 0);
	EXPECT_EQ(owners_open(&world->owners, &world->reader), 0);
	unlink(world->core);
	unlink(world->symbols);
	unlink(world->btf);
}

static void world_close(struct world *world)
{
	owners_close(world->owners);
	reader_close(&world->reader);
	kallsyms_free(world->kernel.syms);
}

static struct owner find(struct world *world, unsigned int page, unsigned int head, uint64_t flags,
			 uint64_t into)
{
	const struct page_facts facts = {
		.pfn = PFN(page), .head = PFN(head), .ram = true, .has_flags = true, .flags = flags
	};
	struct owner owner;

	owners_find(world->owners, &facts, (PFN(page) << 12) + into, &owner);
	return owner;
}

TEST(flags)
{
	static const struct {
		uint64_t flags;
		enum owner_kind kind;
	} cases[] = {
		{ 0, OWNER_UNKNOWN },
		{ 1ULL << KPF_BUDDY, OWNER_FREE },
		{ 1ULL << KPF_NOPAGE, OWNER_NO_PAGE },
		{ 1ULL << KPF_OFFLINE, OWNER_OFFLINE },
		{ 1ULL << KPF_ANON | 1ULL << KPF_HUGE, OWNER_ANON },
		{ 1ULL << KPF_PGTABLE, OWNER_PAGE_TABLE },
		{ 1ULL << KPF_ZERO_PAGE, OWNER_ZERO },
		{ 1ULL << KPF_RESERVED, OWNER_UNKNOWN },
		{ 1ULL << KPF_SLAB, OWNER_UNKNOWN }, /* of no cache */
	};
	static struct world world;
	struct page_facts device = { .pfn = 0x9000, .head = 0x9000, .has_flags = true };
	struct owner owner;

	make_world(&world);
	world_open(&world);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%llx", (unsigned long long)cases[i].flags);
		EXPECT_EQ(find(&world, 0, 0, cases[i].flags, 0).kind, cases[i].kind);
		EXPECT(*owner_kind_name(cases[i].kind) != '?');
	}
	test_case("what is no memory");
	owners_find(world.owners, &device, 0x9000000, &owner);
	EXPECT_EQ(owner.kind, OWNER_NO_PAGE);
	world_close(&world);
}

/* Page 5 is the second one of a slab. */
TEST(slabs)
{
	const uint64_t slab = 1ULL << KPF_SLAB, base = MEMORY + 4 * 4096;
	static struct world world;
	struct owner owner;

	make_world(&world);
	world_open(&world);
	owner = find(&world, 4, 4, slab, 0);
	EXPECT_EQ(owner.kind, OWNER_SLAB);
	EXPECT_STR(owner.name, "dentry");
	EXPECT_EQ(owner.object, base + 16);
	EXPECT_EQ(owner.size, 192);
	EXPECT_EQ(find(&world, 4, 4, slab, 191).object, base + 16);
	EXPECT_EQ(find(&world, 4, 4, slab, 192).object, base + 192 + 16);
	EXPECT_EQ(find(&world, 5, 4, slab, 100).object, base + (4196 / 192) * 192 + 16);
	world_close(&world);

	test_case("a name that is none");
	put(&world, MEMORY + 0x1100, 1, 7);
	memset(&world.kernel, 0, sizeof(world.kernel));
	world_open(&world);
	EXPECT_EQ(find(&world, 4, 4, slab, 0).kind, OWNER_UNKNOWN);
	world_close(&world);

	test_case("objects of no size");
	make_world(&world);
	put(&world, MEMORY + 0x1000 + CACHE_SIZE, 4, 0);
	world_open(&world);
	owner = find(&world, 4, 4, slab, 0);
	EXPECT_EQ(owner.kind, OWNER_SLAB);
	EXPECT_EQ(owner.object, 0);
	world_close(&world);
}

TEST(files)
{
	static const struct {
		const char *what;
		uint64_t addr, value;
	} cases[] = {
		{ "anonymous by its lowest bit", PAGE(8) + PAGE_MAPPING, MEMORY + 0x2001 },
		{ "no mapping", PAGE(8) + PAGE_MAPPING, 0 },
		{ "nowhere", PAGE(8) + PAGE_MAPPING, 0xdead000000000400 },
		{ "no inode", MEMORY + 0x2000 + HOST, 0 },
		{ "an inode of another file", MEMORY + 0x2100 + INODE_MAPPING, MEMORY + 0x2080 },
	};
	static struct world world;
	struct owner owner;

	make_world(&world);
	world_open(&world);
	owner = find(&world, 8, 8, 0, 0);
	EXPECT_EQ(owner.kind, OWNER_FILE);
	EXPECT_STR(owner.name, "ext4");
	EXPECT_STR(owner.device, "vda1");
	EXPECT_EQ(owner.inode, 4711);
	world_close(&world);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].what);
		make_world(&world);
		put(&world, cases[i].addr, 8, cases[i].value);
		world_open(&world);
		EXPECT_EQ(find(&world, 8, 8, 0, 0).kind, OWNER_UNKNOWN);
		world_close(&world);
	}
	test_case("secretmem");
	make_world(&world);
	put_text(&world, MEMORY + 0x2400, "secretmem");
	world_open(&world);
	EXPECT_EQ(find(&world, 8, 8, 0, 0).kind, OWNER_SECRETMEM);
	world_close(&world);
}

TEST(image)
{
	static const struct {
		uint64_t addr;
		const char *section;
	} cases[] = {
		{ IMAGE, "text" },
		{ IMAGE + 0x1fff, "text" },
		{ IMAGE + 0x2000, "rodata" },
		{ IMAGE + 0x4000, "init" },
		{ IMAGE + 0x5000, "data" },
		{ IMAGE + 0x7fff, "bss" },
	};
	static struct world world;
	struct owner owner;

	make_world(&world);
	world_open(&world);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		EXPECT_STR(image_section(&world.kernel, cases[i].addr), cases[i].section);
	EXPECT(!image_section(&world.kernel, IMAGE - 1));
	EXPECT(!image_section(&world.kernel, IMAGE + 0x8000));
	owner = find(&world, 0x12, 0x12, 0, 0);
	EXPECT_EQ(owner.kind, OWNER_IMAGE);
	EXPECT_STR(owner.name, "rodata");
	test_case("what was init is memory like any other");
	EXPECT_EQ(find(&world, 0x14, 0x14, 1ULL << KPF_BUDDY, 0).kind, OWNER_FREE);
	world_close(&world);
}

TEST(modules)
{
	static struct world world;
	struct module_place place;

	make_world(&world);
	world_open(&world);
	EXPECT_EQ(module_find(&world.reader, 0xffff800000010004, &place), 0);
	EXPECT_STR(place.name, "second");
	EXPECT_STR(place.part, "data");
	EXPECT_EQ(place.offset, 4);
	EXPECT_EQ(module_find(&world.reader, 0xffff800000032000, &place), -ENOENT);
	EXPECT_EQ(module_find(&world.reader, 0, &place), -ENOENT);
	world_close(&world);

	test_case("a ring without its head");
	put(&world, MEMORY + 0x3300 + MODULE_LIST, 8, MEMORY + 0x3100 + MODULE_LIST);
	memset(&world.kernel, 0, sizeof(world.kernel));
	world_open(&world);
	EXPECT_EQ(module_find(&world.reader, 0xffff800000032000, &place), -ENOENT);
	world_close(&world);
	test_case("to nowhere");
	put(&world, MEMORY + 0x3300 + MODULE_LIST, 8, 0x1238);
	memset(&world.kernel, 0, sizeof(world.kernel));
	world_open(&world);
	EXPECT_EQ(module_find(&world.reader, 0xffff800000032000, &place), -ENOENT);
	world_close(&world);
}

TEST(flag_names)
{
	EXPECT_STR(page_flag_name(KPF_SLAB), "slab");
	EXPECT_STR(page_flag_name(KPF_PGTABLE), "pgtable");
	EXPECT_STR(page_flag_name(KPF_RESERVED), "reserved");
	EXPECT(!page_flag_name(31));
	EXPECT(!page_flag_name(64));
}
