// SPDX-License-Identifier: GPL-2.0-only
/* What is read of a kernel: VMCOREINFO, core files, symbols, types; true ones and lying ones. */
#include "kernel/kernel.h"

#include <bpf/btf.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/enumerator.h"
#include "kernel/iomem.h"
#include "kernel/kcore.h"
#include "test.h"

/* A file that goes away with the process that made it: its path. */
static const char *file_of(const void *data, size_t size)
{
	static char path[64];
	FILE *file = tmpfile();

	if (!EXPECT(file))
		exit(1);
	if (size)
		EXPECT_EQ(fwrite(data, 1, size, file), size);
	EXPECT_EQ(fflush(file), 0);
	/* it stays open until the test ends */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	return path;
}

static const char *file_of_text(const char *text)
{
	return file_of(text, strlen(text));
}

/* VMCOREINFO */

#define INFO_4K                                       \
	"OSRELEASE=7.3.4\n"                           \
	"PAGESIZE=4096\n"                             \
	"SYMBOL(swapper_pg_dir)=ffff800082a10000\n"   \
	"NUMBER(VA_BITS)=48\n"                        \
	"NUMBER(MODULES_VADDR)=0xffff800000000000\n"  \
	"NUMBER(MODULES_END)=0xffff800080000000\n"    \
	"NUMBER(VMALLOC_START)=0xffff800080000000\n"  \
	"NUMBER(VMALLOC_END)=0xfffffdffbf000000\n"    \
	"NUMBER(VMEMMAP_START)=0xfffffdffc0000000\n"  \
	"NUMBER(VMEMMAP_END)=0xfffffdffffe00000\n"    \
	"NUMBER(kimage_voffset)=0xffff800040000000\n" \
	"NUMBER(PHYS_OFFSET)=0x40000000\n"            \
	"NUMBER(TCR_EL1_T1SZ)=0x10\n"                 \
	"KERNELOFFSET=2a00000\n"

/* @text with the line of @key replaced by @line; NULL: left out. */
static char *edited(const char *text, const char *key, const char *line)
{
	char *copy = malloc(strlen(text) + 256), *to = copy;

	for (const char *end; *text; text = end) {
		size_t len;

		end = strchr(text, '\n') + 1;
		len = end - text;
		if (!strncmp(text, key, strlen(key)) && text[strlen(key)] == '=') {
			to += line ? sprintf(to, "%s\n", line) : 0;
			continue;
		}
		memcpy(to, text, len);
		to += len;
	}
	*to = '\0';
	return copy;
}

TEST(a_topmost_table_that_is_none)
{
	struct kernel kernel = {};
	struct problem why = {};
	char *info __free = edited(INFO_4K, "SYMBOL(swapper_pg_dir)",
				   "SYMBOL(swapper_pg_dir)=ffff800082a10008");
	char *offset __free = edited(INFO_4K, "NUMBER(kimage_voffset)",
				     "NUMBER(kimage_voffset)=0xffff800040000001");

	EXPECT_EQ(kernel_parse_vmcoreinfo(&kernel, info, &why), -EINVAL);
	EXPECT(strstr(why.text, "no table's address"));
	EXPECT_EQ(kernel_parse_vmcoreinfo(&kernel, offset, &why), -EINVAL);
}

TEST(vmcoreinfo_of_a_4k_kernel)
{
	struct kernel kernel = {};
	struct problem why = {};

	EXPECT_EQ(kernel_parse_vmcoreinfo(&kernel, INFO_4K, &why), 0);
	EXPECT_EQ(kernel.geo.page_shift, 12);
	EXPECT_EQ(kernel.geo.va_bits, 48);
	EXPECT_EQ(kernel.geo.va_bits_config, 48);
	EXPECT_EQ(kernel.geo.levels, 4);
	EXPECT_EQ(kernel.root_va, 0xffff800082a10000);
	EXPECT_EQ(kernel.root_pa, 0x42a10000);
	EXPECT_EQ(kernel_phys_to_virt(&kernel, 0x40000000), 0xffff000000000000);
	EXPECT_EQ(kernel_phys_to_virt(&kernel, 0x42a10000), 0xffff000002a10000);
	EXPECT_EQ(kernel.zones.range[ZONE_LINEAR].start, 0xffff000000000000);
	EXPECT_EQ(kernel.zones.range[ZONE_LINEAR].end, 0xffff800000000000);
	EXPECT_EQ(kernel.zones.range[ZONE_MODULES].start, 0xffff800000000000);
	EXPECT_EQ(kernel.zones.range[ZONE_MODULES].end, 0xffff800080000000);
	EXPECT_EQ(kernel.zones.range[ZONE_VMALLOC].end, 0xfffffdffbf000000);
	EXPECT_EQ(kernel.zones.range[ZONE_VMEMMAP].start, 0xfffffdffc0000000);
}

TEST(vmcoreinfo_of_other_kernels)
{
	static const struct {
		const char *page_size, *va_bits, *t1sz;
		int err;
		unsigned int page_shift, va, levels;
	} cases[] = {
		{ "PAGESIZE=4096", "NUMBER(VA_BITS)=39", "NUMBER(TCR_EL1_T1SZ)=0x19", 0, 12, 39,
		  3 },
		{ "PAGESIZE=4096", "NUMBER(VA_BITS)=52", "NUMBER(TCR_EL1_T1SZ)=0xc", 0, 12, 52, 5 },
		{ "PAGESIZE=4096", "NUMBER(VA_BITS)=52", "NUMBER(TCR_EL1_T1SZ)=0x10", 0, 12, 48,
		  4 },
		{ "PAGESIZE=16384", "NUMBER(VA_BITS)=47", "NUMBER(TCR_EL1_T1SZ)=0x11", 0, 14, 47,
		  3 },
		{ "PAGESIZE=16384", "NUMBER(VA_BITS)=52", "NUMBER(TCR_EL1_T1SZ)=0x11", 0, 14, 47,
		  3 },
		{ "PAGESIZE=65536", "NUMBER(VA_BITS)=42", "NUMBER(TCR_EL1_T1SZ)=0x16", 0, 16, 42,
		  2 },
		{ "PAGESIZE=65536", "NUMBER(VA_BITS)=52", "NUMBER(TCR_EL1_T1SZ)=16", 0, 16, 48, 3 },
		{ "PAGESIZE=0", "NUMBER(VA_BITS)=48", "NUMBER(TCR_EL1_T1SZ)=0x10", -EINVAL, 0, 0,
		  0 },
		{ "PAGESIZE=1", "NUMBER(VA_BITS)=48", "NUMBER(TCR_EL1_T1SZ)=0x10", -EINVAL, 0, 0,
		  0 },
		{ "PAGESIZE=5000", "NUMBER(VA_BITS)=48", "NUMBER(TCR_EL1_T1SZ)=0x10", -EINVAL, 0, 0,
		  0 },
		{ "PAGESIZE=8192", "NUMBER(VA_BITS)=48", "NUMBER(TCR_EL1_T1SZ)=0x10", -EINVAL, 0, 0,
		  0 },
		{ "PAGESIZE=9223372036854775808", "NUMBER(VA_BITS)=48", "NUMBER(TCR_EL1_T1SZ)=0x10",
		  -EINVAL, 0, 0, 0 },
		{ "PAGESIZE=4096", "NUMBER(VA_BITS)=0", "NUMBER(TCR_EL1_T1SZ)=0x10", -EINVAL, 0, 0,
		  0 },
		{ "PAGESIZE=4096", "NUMBER(VA_BITS)=47", "NUMBER(TCR_EL1_T1SZ)=0x10", -EINVAL, 0, 0,
		  0 },
		{ "PAGESIZE=4096", "NUMBER(VA_BITS)=48", "NUMBER(TCR_EL1_T1SZ)=0xc", -EINVAL, 0, 0,
		  0 },
		{ "PAGESIZE=4096", "NUMBER(VA_BITS)=48", "NUMBER(TCR_EL1_T1SZ)=0", -EINVAL, 0, 0,
		  0 },
		{ "PAGESIZE=4096", "NUMBER(VA_BITS)=48", "NUMBER(TCR_EL1_T1SZ)=64", -EINVAL, 0, 0,
		  0 },
		{ "PAGESIZE=4096", "NUMBER(VA_BITS)=48", "NUMBER(TCR_EL1_T1SZ)=-1", -EINVAL, 0, 0,
		  0 },
		/* 2^32 + 48 */
		{ "PAGESIZE=4096", "NUMBER(VA_BITS)=4294967344", "NUMBER(TCR_EL1_T1SZ)=0x10",
		  -EINVAL, 0, 0, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		char *one __free = edited(INFO_4K, "PAGESIZE", cases[i].page_size);
		char *two __free = edited(one, "NUMBER(VA_BITS)", cases[i].va_bits);
		char *info __free = edited(two, "NUMBER(TCR_EL1_T1SZ)", cases[i].t1sz);
		struct kernel kernel = {};
		struct problem why = {};

		test_case("%s %s %s", cases[i].page_size, cases[i].va_bits, cases[i].t1sz);
		EXPECT_EQ(kernel_parse_vmcoreinfo(&kernel, info, &why), cases[i].err);
		EXPECT_EQ(!!why.text[0], !!cases[i].err);
		if (cases[i].err)
			continue;
		EXPECT_EQ(kernel.geo.page_shift, cases[i].page_shift);
		EXPECT_EQ(kernel.geo.va_bits, cases[i].va);
		EXPECT_EQ(kernel.geo.levels, cases[i].levels);
		EXPECT_EQ(kernel.zones.range[ZONE_LINEAR].start, -(1ULL << cases[i].va));
	}
}

static const char *const info_keys[] = {
	"PAGESIZE",
	"SYMBOL(swapper_pg_dir)",
	"NUMBER(VA_BITS)",
	"NUMBER(MODULES_VADDR)",
	"NUMBER(MODULES_END)",
	"NUMBER(VMALLOC_START)",
	"NUMBER(VMALLOC_END)",
	"NUMBER(VMEMMAP_START)",
	"NUMBER(VMEMMAP_END)",
	"NUMBER(kimage_voffset)",
	"NUMBER(PHYS_OFFSET)",
	"NUMBER(TCR_EL1_T1SZ)",
};

TEST(vmcoreinfo_with_something_missing)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(info_keys); i++) {
		char *without __free = edited(INFO_4K, info_keys[i], NULL), *bad __free = NULL;
		struct kernel kernel = {};
		struct problem why = {};
		char line[64];

		test_case("%s", info_keys[i]);
		EXPECT_EQ(kernel_parse_vmcoreinfo(&kernel, without, &why), -ENOENT);
		/* the message names it */
		EXPECT(strstr(why.text, info_keys[i]));
		snprintf(line, sizeof(line), "%s=what", info_keys[i]);
		bad = edited(INFO_4K, info_keys[i], line);
		EXPECT_EQ(kernel_parse_vmcoreinfo(&kernel, bad, &why), -EINVAL);
	}
	EXPECT_EQ(kernel_parse_vmcoreinfo(&(struct kernel){}, "", &(struct problem){}), -ENOENT);
}

TEST(vmcoreinfo_numbers)
{
	static const struct {
		const char *text, *key;
		int base, err;
		uint64_t value;
	} cases[] = {
		{ "A=1\nB=2\n", "A", 0, 0, 1 },
		{ "A=1\nB=2\n", "B", 0, 0, 2 },
		{ "A=1\nB=2", "B", 0, 0, 2 },
		{ "A=1\nB=2\n", "C", 0, -ENOENT, 0 },
		{ "", "A", 0, -ENOENT, 0 },
		{ "AB=1\nA=2\n", "A", 0, 0, 2 },
		{ "XA=1\n", "A", 0, -ENOENT, 0 },
		{ "B=A=1\n", "A", 0, -ENOENT, 0 },
		{ "A", "A", 0, -ENOENT, 0 },
		{ "A=1\nA=2\n", "A", 0, 0, 1 },
		{ "A=0x10\n", "A", 0, 0, 16 },
		{ "A=ff\n", "A", 16, 0, 255 },
		{ "A=ffff800080000000\n", "A", 16, 0, 0xffff800080000000 },
		{ "A=0xffffffffffffffff\n", "A", 0, 0, ~0ULL },
		{ "A=0x10000000000000000\n", "A", 0, -EINVAL, 0 },
		{ "A=\n", "A", 0, -EINVAL, 0 },
		{ "A=", "A", 0, -EINVAL, 0 },
		{ "A=x\n", "A", 0, -EINVAL, 0 },
		{ "A=12x\n", "A", 0, -EINVAL, 0 },
		{ "A=0x10\n", "A", 10, -EINVAL, 0 },
		{ "A=12 13\n", "A", 0, -EINVAL, 0 },
		/* a value ends with its line */
		{ "A=\n5\n", "A", 0, -EINVAL, 0 },
		{ "SYMBOL(a)=\nCAFE=1\n", "SYMBOL(a)", 16, -EINVAL, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 0;

		test_case("\"%s\" %s base %d", cases[i].text, cases[i].key, cases[i].base);
		if (!EXPECT_EQ(vmcoreinfo_number(cases[i].text, cases[i].key, cases[i].base,
						 &value),
			       cases[i].err) ||
		    cases[i].err)
			continue;
		EXPECT_EQ(value, cases[i].value);
	}
}

/* ELF core files */

struct core {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdrs[3];
	char notes[512];
	uint8_t memory[64];
};

#define MEMORY_ADDR 0xffff800080000000ULL

static size_t add_note(char *at, const char *name, const char *desc, size_t size)
{
	Elf64_Nhdr note = { .n_namesz = strlen(name) + 1, .n_descsz = size };
	size_t name_room = (note.n_namesz + 3) & ~3U;

	memcpy(at, &note, sizeof(note));
	memset(at + sizeof(note), 0, name_room);
	memcpy(at + sizeof(note), name, note.n_namesz);
	memcpy(at + sizeof(note) + name_room, desc, size);
	return sizeof(note) + name_room + ((size + 3) & ~3UL);
}

static void make_core(struct core *core)
{
	size_t size;

	memset(core, 0, sizeof(*core));
	memcpy(core->ehdr.e_ident, ELFMAG, SELFMAG);
	core->ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	core->ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	core->ehdr.e_type = ET_CORE;
	core->ehdr.e_phoff = offsetof(struct core, phdrs);
	core->ehdr.e_phentsize = sizeof(Elf64_Phdr);
	core->ehdr.e_phnum = 3;
	size = add_note(core->notes, "CORE", "12345", 5);
	size += add_note(core->notes + size, "VMCOREINFO", "KEY=1\nOTHER=2\n", 14);
	core->phdrs[0] = (Elf64_Phdr){
		.p_type = PT_NOTE,
		.p_offset = offsetof(struct core, notes),
		.p_filesz = size,
	};
	core->phdrs[1] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_offset = offsetof(struct core, memory),
		.p_vaddr = MEMORY_ADDR,
		.p_filesz = 32,
		.p_memsz = 32,
	};
	core->phdrs[2] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_offset = offsetof(struct core, memory) + 32,
		.p_vaddr = -32ULL,
		.p_filesz = 32,
		.p_memsz = 32,
	};
	for (unsigned int i = 0; i < sizeof(core->memory); i++)
		core->memory[i] = i;
}

TEST(a_note_is_found)
{
	char *text __free = NULL;
	struct core core;

	make_core(&core);
	EXPECT_EQ(vmcoreinfo_read_elf(file_of(&core, sizeof(core)), &text), 0);
	EXPECT_STR(text, "KEY=1\nOTHER=2\n");
}

TEST(memory_is_read)
{
	static const struct {
		uint64_t addr;
		size_t size;
		int err;
		uint8_t first;
	} cases[] = {
		{ MEMORY_ADDR, 32, 0, 0 },
		{ MEMORY_ADDR + 1, 8, 0, 1 },
		{ MEMORY_ADDR + 31, 1, 0, 31 },
		{ MEMORY_ADDR + 31, 2, -ENOENT, 0 },
		{ MEMORY_ADDR + 32, 1, -ENOENT, 0 },
		{ MEMORY_ADDR - 1, 1, -ENOENT, 0 },
		{ 0, 1, -ENOENT, 0 },
		{ -32ULL, 32, 0, 32 }, /* to the very end */
		{ -1ULL, 1, 0, 63 },
		{ -1ULL, 2, -ENOENT, 0 },
	};
	struct core core;
	const char *path;

	make_core(&core);
	path = file_of(&core, sizeof(core));
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t *buf __free = malloc(cases[i].size);

		test_case("%#llx+%zu", (unsigned long long)cases[i].addr, cases[i].size);
		EXPECT_EQ(kcore_read(path, cases[i].addr, buf, cases[i].size), cases[i].err);
		for (size_t n = 0; n < cases[i].size && !cases[i].err; n++)
			EXPECT_EQ(buf[n], cases[i].first + n);
	}
}

/* What follows each other there may lie in any order here. */
TEST(memory_is_read_by_parts)
{
	uint8_t bytes[32] = {};
	const struct iovec parts[] = { { bytes + 8, 8 }, { bytes, 8 }, { bytes + 16, 16 } };
	struct kcore *kcore = NULL;
	struct core core;

	make_core(&core);
	EXPECT_EQ(kcore_open(&kcore, file_of(&core, sizeof(core))), 0);
	EXPECT_EQ(kcore_get_parts(kcore, MEMORY_ADDR, parts, 3), 0);
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		EXPECT_EQ(bytes[i], i < 16 ? i ^ 8 : i);
	EXPECT_EQ(kcore_get_parts(kcore, -16ULL, parts, 2), 0);
	EXPECT_EQ(bytes[0], 56);
	EXPECT_EQ(bytes[8], 48);
	/* not all of it is there */
	EXPECT_EQ(kcore_get_parts(kcore, MEMORY_ADDR + 8, parts, 3), -ENOENT);
	EXPECT_EQ(kcore_get_parts(kcore, -16ULL, parts, 3), -ENOENT);
	kcore_close(kcore);
}

TEST(no_such_file)
{
	char *text = NULL;
	uint8_t byte;

	EXPECT_EQ(vmcoreinfo_read_elf("/nonexistent/file", &text), -ENOENT);
	EXPECT_EQ(kcore_read("/nonexistent/file", 0, &byte, 1), -ENOENT);
}

/* Whatever is cut off: an error, and nothing is read outside. */
TEST(truncated_core_files)
{
	size_t notes_end;
	struct core core;

	make_core(&core);
	notes_end = offsetof(struct core, notes) + core.phdrs[0].p_filesz;
	for (size_t size = 0; size <= notes_end; size++) {
		char *text __free = NULL;
		uint8_t byte;
		int err;

		test_case("%zu bytes", size);
		err = vmcoreinfo_read_elf(file_of(&core, size), &text);
		if (size < notes_end)
			EXPECT_EQ(err, -EBADMSG);
		else
			EXPECT_EQ(err, 0);
		EXPECT_EQ(kcore_read(file_of(&core, size), MEMORY_ADDR, &byte, 1), -EBADMSG);
	}
}

static void bad_magic(struct core *core)
{
	core->ehdr.e_ident[0] = 'E';
}
static void elf32(struct core *core)
{
	core->ehdr.e_ident[EI_CLASS] = ELFCLASS32;
}
static void big_endian(struct core *core)
{
	core->ehdr.e_ident[EI_DATA] = ELFDATA2MSB;
}
static void other_phentsize(struct core *core)
{
	core->ehdr.e_phentsize = 32;
}
static void many_phdrs(struct core *core)
{
	core->ehdr.e_phnum = 0xffff;
}
static void too_many_phdrs(struct core *core)
{
	core->ehdr.e_phnum = 4;
	core->phdrs[0].p_type = 0;
	core->ehdr.e_phoff = sizeof(*core) - 3 * 56;
}
static void no_phdrs(struct core *core)
{
	core->ehdr.e_phnum = 0;
}
static void phdrs_behind(struct core *core)
{
	core->ehdr.e_phoff = 1 << 20;
}
static void huge_notes(struct core *core)
{
	core->phdrs[0].p_filesz = 1ULL << 40;
}
static void long_notes(struct core *core)
{
	core->phdrs[0].p_filesz = 4096;
}
static void notes_behind(struct core *core)
{
	core->phdrs[0].p_offset = 1 << 20;
}
static void no_note(struct core *core)
{
	core->phdrs[0].p_type = PT_NULL;
}
static void huge_name(struct core *core)
{
	((Elf64_Nhdr *)core->notes)->n_namesz = ~0U;
}
static void huge_desc(struct core *core)
{
	((Elf64_Nhdr *)core->notes)->n_descsz = ~0U;
}
static void name_over(struct core *core)
{
	((Elf64_Nhdr *)core->notes)->n_namesz = 300;
}
static void other_name(struct core *core)
{
	memcpy(core->notes + 40, "VMCOREINF0", 10);
}
static void notes_cut(struct core *core)
{
	core->phdrs[0].p_filesz -= 8;
}
static void tail(struct core *core)
{
	core->phdrs[0].p_filesz += 8;
}

TEST(lying_core_files)
{
	static const struct {
		const char *name;
		void (*lie)(struct core *core);
		int err;
	} cases[] = {
		{ "bad magic", bad_magic, -EBADMSG },
		{ "ELF32", elf32, -EBADMSG },
		{ "big endian", big_endian, -EBADMSG },
		{ "other size of program headers", other_phentsize, -EBADMSG },
		{ "too many program headers", many_phdrs, -EBADMSG },
		{ "program headers run out", too_many_phdrs, -EBADMSG },
		{ "no program headers", no_phdrs, -ENOENT },
		{ "program headers behind the end", phdrs_behind, -EBADMSG },
		{ "notes of a terabyte", huge_notes, -EBADMSG },
		{ "notes longer than the file", long_notes, -EBADMSG },
		{ "notes behind the end", notes_behind, -EBADMSG },
		{ "no notes", no_note, -ENOENT },
		{ "a huge name", huge_name, -EBADMSG },
		{ "a huge descriptor", huge_desc, -EBADMSG },
		{ "a name longer than the notes", name_over, -EBADMSG },
		{ "another name", other_name, -ENOENT },
		{ "a descriptor cut short", notes_cut, -EBADMSG },
		{ "something behind the note", tail, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text __free = NULL;
		struct core core;

		test_case("%s", cases[i].name);
		make_core(&core);
		cases[i].lie(&core);
		EXPECT_EQ(vmcoreinfo_read_elf(file_of(&core, sizeof(core)), &text), cases[i].err);
	}
}

/* A segment that has more memory than bytes in the file: what is not in the file is not read. */
TEST(memory_that_is_not_in_the_file)
{
	uint64_t value = 0;
	struct core core;

	make_core(&core);
	core.phdrs[1].p_filesz = 16;
	EXPECT_EQ(kcore_read(file_of(&core, sizeof(core)), MEMORY_ADDR + 8, &value, 8), 0);
	EXPECT(kcore_read(file_of(&core, sizeof(core)), MEMORY_ADDR + 16, &value, 8) != 0 ||
	       !value);
	core.phdrs[1].p_offset = 1ULL << 40;
	EXPECT_EQ(kcore_read(file_of(&core, sizeof(core)), MEMORY_ADDR, &value, 8), -EBADMSG);
}

TEST(random_core_files)
{
	uint64_t random = test_seed();
	struct core core;

	for (unsigned int i = 0; i < 2000; i++) {
		char *text __free = NULL;
		uint64_t value;
		const char *path;
		FILE *file;
		char name[64];

		make_core(&core);
		for (unsigned int n = test_random_below(&random, 6); n-- > 0;)
			((uint8_t *)&core)[test_random_below(&random,
							     offsetof(struct core, memory))] =
				test_random(&random);
		file = tmpfile();
		fwrite(&core, sizeof(core), 1, file);
		fflush(file);
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fileno(file));
		path = name;
		if (vmcoreinfo_read_elf(path, &text))
			text = NULL;
		kcore_read(path, MEMORY_ADDR, &value, 8);
		fclose(file);
	}
}

/* Symbol tables */

#define SYMS                                            \
	"ffff800080010000 T _text\n"                    \
	"ffff800080010000 t _stext\n"                   \
	"ffff800080020000 T second\n"                   \
	"ffff800080020000 t $x\n"                       \
	"ffff800080020100 t $d.12\n"                    \
	"ffff800080030000 t static_one\n"               \
	"ffff800080040000 t static_one\n"               \
	"ffff800000001000 t in_module\t[pwt_test]\n"    \
	"ffff800000002000 T other_module\t[pwt_test]\n" \
	"ffff800000003000 b bpf_prog_6deef7357e7b4530\t[bpf]\n"

/* Half as many as a kernel has, some of them more than once: the first of a name is the one. */
TEST(symbols_by_name)
{
	uint64_t random = test_seed(), first[512] = {};
	struct kallsyms *syms;
	char line[64], name[16];

	EXPECT_EQ(kallsyms_new(&syms), 0);
	for (uint64_t i = 1; i <= 100000; i++) {
		uint64_t addr = 0xffff800080000000 + i * 16;
		unsigned int nr = test_random_below(&random, 512);

		if (i % 2)
			nr = i + 1000;
		else if (!first[nr])
			first[nr] = addr;
		kallsyms_add(syms, line,
			     snprintf(line, sizeof(line), "%016llx t name_%u\n",
				      (unsigned long long)addr, nr));
	}
	kallsyms_finish(syms);
	for (unsigned int nr = 0; nr < 512; nr++) {
		snprintf(name, sizeof(name), "name_%u", nr);
		test_case("%s", name);
		EXPECT_EQ(kallsyms_find(syms, name), first[nr]);
	}
	test_case(NULL);
	EXPECT_EQ(kallsyms_find(syms, "name_2001"), 0xffff800080000000 + 1001 * 16);
	EXPECT_EQ(kallsyms_find(syms, "name_200100"), 0);
	kallsyms_free(syms);
}

TEST(symbols)
{
	struct kallsyms *syms = NULL;
	uint64_t offset = 0;

	EXPECT_EQ(kallsyms_load(&syms, file_of_text(SYMS)), 0);
	EXPECT_EQ(kallsyms_count(syms), 8);
	EXPECT_EQ(kallsyms_find(syms, "_text"), 0xffff800080010000);
	EXPECT_EQ(kallsyms_find(syms, "_stext"), 0xffff800080010000);
	EXPECT_EQ(kallsyms_find(syms, "static_one"), 0xffff800080030000);
	EXPECT_EQ(kallsyms_find(syms, "in_module"), 0xffff800000001000);
	EXPECT_EQ(kallsyms_find(syms, "in_module\t[pwt_test]"), 0);
	EXPECT_EQ(kallsyms_find(syms, "none"), 0);
	EXPECT_EQ(kallsyms_find(syms, "$x"), 0);
	EXPECT_EQ(kallsyms_find(syms, ""), 0);

	EXPECT_STR(kallsyms_name(syms, 0xffff800080010000, &offset), "_text");
	EXPECT_EQ(offset, 0);
	EXPECT_STR(kallsyms_name(syms, 0xffff800080020123, &offset), "second");
	EXPECT_EQ(offset, 0x123);
	EXPECT_STR(kallsyms_name(syms, 0xffff800000001fff, NULL), "in_module");
	EXPECT_STR(kallsyms_name(syms, ~0ULL, NULL), "static_one");
	EXPECT_STR(kallsyms_name(syms, 0xffff800000000fff, &offset), NULL);
	EXPECT_STR(kallsyms_name(syms, 0, &offset), NULL);

	EXPECT_EQ(kallsyms_next(syms, 0), 0xffff800000001000);
	EXPECT_EQ(kallsyms_next(syms, 0xffff800080010000), 0xffff800080020000);
	EXPECT_EQ(kallsyms_next(syms, 0xffff80008001ffff), 0xffff800080020000);
	EXPECT_EQ(kallsyms_next(syms, 0xffff800080040000), 0);
	kallsyms_free(syms);
	kallsyms_free(NULL);
}

TEST(code_of_a_function)
{
	struct kernel kernel = {};
	uint64_t start, end;

	EXPECT_EQ(kallsyms_load(&kernel.syms, file_of_text(SYMS)), 0);
	EXPECT_EQ(kernel_code(&kernel, "second", &start, &end), 0);
	EXPECT_EQ(start, 0xffff800080020000);
	EXPECT_EQ(end, 0xffff800080030000);
	EXPECT_EQ(kernel_code(&kernel, "none", &start, &end), -ENOENT);
	EXPECT_EQ(start, 0);
	kernel_close(&kernel);
	EXPECT(!kernel.syms);
}

TEST(bad_symbol_tables)
{
	static const struct {
		const char *text;
		int err;
	} cases[] = {
		{ "", -EINVAL },
		{ "\n", -EINVAL },
		{ "garbage\n", -EINVAL },
		{ "0000000000000000 T _text\n0000000000000000 t _stext\n", -EPERM },
		{ "0000000000000000 T _text\nffff800080010000 t _stext\n", 0 },
		{ "ffff800080010000 T a\ngarbage\n", -EINVAL },
		{ "ffff800080010000 T a\n\n", -EINVAL },
		{ "ffff800080010000\n", -EINVAL },
		{ "ffff800080010000 \n", -EINVAL },
		{ "ffff800080010000 T\n", -EINVAL },
		{ "ffff800080010000 T \n", -EINVAL },
		{ "ffff800080010000 T a\n", 0 },
		{ "ffff800080010000 TT a\n", -EINVAL },
		{ "FFFF800080010000 T a\n", 0 },
		{ "ffff80008001000g T a\n", -EINVAL },
		{ "ffff80008001000@ T a\n", -EINVAL },
		{ "ffff80008001000` T a\n", -EINVAL },
		{ "ffff80008001000: T a\n", -EINVAL },
		{ "ffff80008001000/ T a\n", -EINVAL },
		{ "ffff80008001000\xff T a\n", -EINVAL },
		{ "1ffff800080010000 T a\n", -EINVAL },
		{ " T a\n", -EINVAL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kallsyms *syms = NULL;

		test_case("\"%s\"", cases[i].text);
		EXPECT_EQ(kallsyms_load(&syms, file_of_text(cases[i].text)), cases[i].err);
		kallsyms_free(syms);
	}
}

TEST(unreadable_symbol_tables)
{
	struct kallsyms *syms = NULL;

	EXPECT_EQ(kallsyms_load(&syms, "/nonexistent"), -ENOENT);
	EXPECT_EQ(kallsyms_load(&syms, "/"), -EISDIR);
	EXPECT(!syms);
}

/* Names of any length that a buffer holds, and lines across the ends of reads. */
TEST(long_lines)
{
	static const size_t lengths[] = { 1, 500, 4096, 65000, 66000, 200000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(lengths); i++) {
		char *text __free = malloc(lengths[i] + 100);
		char *name __free = malloc(lengths[i] + 1);
		struct kallsyms *syms = NULL;
		int err;

		test_case("%zu characters", lengths[i]);
		memset(name, 'n', lengths[i]);
		name[lengths[i]] = '\0';
		sprintf(text,
			"ffff800080010000 T first\nffff800080010010 T %s\nffff800080010020 T z\n",
			name);
		err = kallsyms_load(&syms, file_of_text(text));
		if (lengths[i] > 65500) {
			EXPECT_EQ(err, -EINVAL);
			continue;
		}
		EXPECT_EQ(err, 0);
		EXPECT_EQ(kallsyms_find(syms, name), 0xffff800080010010);
		EXPECT_EQ(kallsyms_find(syms, "z"), 0xffff800080010020);
		kallsyms_free(syms);
	}
}

TEST(many_symbols)
{
	const unsigned int nr = 100000;
	char *text __free = malloc(nr * 48), *at = text;
	struct kallsyms *syms = NULL;

	/* modules come behind the kernel, at lower addresses */
	for (unsigned int i = 0; i < nr; i++) {
		unsigned int n = (i + nr / 2) % nr;

		at += sprintf(at, "%016llx t function_%u\n", 0xffff800000000000ULL + n * 16, n);
	}
	EXPECT_EQ(kallsyms_load(&syms, file_of(text, at - text)), 0);
	EXPECT_EQ(kallsyms_count(syms), nr);
	for (unsigned int n = 0; n < nr; n += 997) {
		char name[32];

		snprintf(name, sizeof(name), "function_%u", n);
		EXPECT_EQ(kallsyms_find(syms, name), 0xffff800000000000ULL + n * 16);
		EXPECT_STR(kallsyms_name(syms, 0xffff800000000000ULL + n * 16 + 7, NULL), name);
	}
	kallsyms_free(syms);
}

/* What was not ended by a line feed is a line, too. */
TEST(a_last_line_without_an_end)
{
	struct kallsyms *syms = NULL;

	EXPECT_EQ(kallsyms_load(&syms, file_of_text("ffff800080010000 T a\nffff800080020000 T b")),
		  0);
	EXPECT_EQ(kallsyms_find(syms, "b"), 0xffff800080020000);
	kallsyms_free(syms);
}

TEST(garbage_symbol_tables)
{
	static const char letters[] = "0123456789abcdef  \n\n\tTt$x[]\xff";
	uint64_t random = test_seed();

	for (unsigned int i = 0; i < 2000; i++) {
		struct kallsyms *syms = NULL;
		char text[400], path[64];
		size_t size = test_random_below(&random, sizeof(text));
		FILE *file = tmpfile();

		for (size_t n = 0; n < size; n++)
			text[n] = letters[test_random_below(&random, sizeof(letters))];
		fwrite("ffff800080010000 T first\n", 1, 25, file);
		fwrite(text, 1, size, file);
		fflush(file);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
		if (!kallsyms_load(&syms, path))
			kallsyms_free(syms);
		fclose(file);
	}
}

/* /proc/iomem */

#define IOMEM_RAM     "40000000-7fffffff : System RAM\n"
#define IOMEM_CODE    "  40200000-4226ffff : Kernel code\n"
#define IOMEM_BETWEEN "  42270000-424effff : reserved\n"
#define IOMEM_DATA    "  424f0000-42acfabc : Kernel data\n"

TEST(where_the_image_lies)
{
	static const struct {
		const char *text;
		int err;
	} cases[] = {
		{ IOMEM_RAM IOMEM_CODE IOMEM_BETWEEN IOMEM_DATA, 0 },
		{ IOMEM_CODE IOMEM_DATA IOMEM_RAM, 0 },
		/* another kernel's, and what looks like one */
		{ IOMEM_CODE IOMEM_DATA "  80000000-8fffffff : Crash kernel\n", 0 },
		{ IOMEM_CODE IOMEM_DATA "  50000000-5fffffff : Kernel code of something\n", 0 },
		{ "", -ENOENT },
		{ IOMEM_RAM, -ENOENT },
		{ IOMEM_RAM IOMEM_CODE, -ENOENT },
		{ IOMEM_RAM IOMEM_DATA, -ENOENT },
		/* to who may not know */
		{ "00000000-00000000 : Kernel code\n00000000-00000000 : Kernel data\n", -ENOENT },
		{ "  424f0000-42acffff : Kernel code\n  40200000-4226ffff : Kernel data\n",
		  -ENOENT },
		{ "Kernel code\nKernel data\n : Kernel code\n-- : Kernel data\n", -ENOENT },
	};
	uint64_t start, end;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].text);
		if (!EXPECT_EQ(iomem_image(file_of_text(cases[i].text), &start, &end),
			       cases[i].err) ||
		    cases[i].err)
			continue;
		EXPECT_EQ(start, 0x40200000);
		EXPECT_EQ(end, 0x42acfabd);
	}
	EXPECT_EQ(iomem_image("/nonexistent", &start, &end), -ENOENT);
}

/* One look into BTF */

struct types_file {
	void *data;
	uint32_t size;
};

/* A bit of everything, the enum last but one. */
static void make_types(struct types_file *file)
{
	struct btf *btf = btf__new_empty();
	int number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED), pointer = btf__add_ptr(btf, 1);
	int proto;

	btf__add_array(btf, number, number, 4);
	btf__add_struct(btf, "colours", 8);
	btf__add_field(btf, "a", number, 0, 0);
	btf__add_field(btf, "b", number, 32, 0);
	btf__add_union(btf, "either", 8);
	btf__add_field(btf, "p", pointer, 0, 0);
	btf__add_fwd(btf, "later", BTF_FWD_STRUCT);
	btf__add_typedef(btf, "number_t", number);
	btf__add_volatile(btf, number);
	btf__add_const(btf, number);
	btf__add_restrict(btf, pointer);
	btf__add_float(btf, "double", 8);
	btf__add_type_tag(btf, "user", number);
	proto = btf__add_func_proto(btf, number);
	btf__add_func_param(btf, "one", number);
	btf__add_func_param(btf, "two", number);
	btf__add_func(btf, "function", BTF_FUNC_GLOBAL, proto);
	btf__add_var(btf, "variable", BTF_VAR_STATIC, number);
	btf__add_datasec(btf, ".data", 4);
	btf__add_datasec_var_info(btf, 16, 0, 4);
	btf__add_decl_tag(btf, "tag", number, -1);
	btf__add_enum64(btf, "wide", 8, false);
	btf__add_enum64_value(btf, "WIDE", 1ULL << 40);
	btf__add_enum(btf, "colours", 4);
	btf__add_enum_value(btf, "RED", 3);
	btf__add_enum(btf, "colours", 4);
	btf__add_enum_value(btf, "GREEN", 5);
	btf__add_enum_value(btf, "BLUE", 1046);
	btf__add_int(btf, "char", 1, 0);
	file->data = malloc(btf__raw_data(btf, &file->size) ? file->size : 1);
	memcpy(file->data, btf__raw_data(btf, &file->size), file->size);
	btf__free(btf);
}

TEST(an_enumerator)
{
	struct types_file types;
	const char *path;
	uint64_t value = 0;

	make_types(&types);
	path = file_of(types.data, types.size);
	EXPECT_EQ(enumerator_find(path, "colours", "BLUE", &value), 0);
	EXPECT_EQ(value, 1046);
	/* of those that share a name, the one that has it */
	EXPECT_EQ(enumerator_find(path, "colours", "RED", &value), 0);
	EXPECT_EQ(value, 3);
	EXPECT_EQ(enumerator_find(path, "colours", "PINK", &value), -ENOENT);
	EXPECT_EQ(enumerator_find(path, "wide", "WIDE", &value), -ENOENT);
	EXPECT_EQ(enumerator_find(path, "number_t", "BLUE", &value), -ENOENT);
	EXPECT_EQ(enumerator_find("/nonexistent", "colours", "BLUE", &value), -ENOENT);
	free(types.data);
}

/* Cut off anywhere, and with bytes changed: an answer, a right one or an error. */
TEST(lying_types)
{
	uint64_t random = test_seed();
	struct types_file types;

	make_types(&types);
	for (unsigned int i = 0; i < 2000; i++) {
		uint32_t size = test_random_below(&random, types.size + 1);
		uint8_t *copy __free = malloc(types.size);
		FILE *file = tmpfile();
		uint64_t value = 1046;
		char path[64];
		int err;

		memcpy(copy, types.data, types.size);
		if (i & 1)
			size = types.size;
		for (unsigned int n = i & 1 ? 1 + test_random_below(&random, 3) : 0; n; n--)
			copy[test_random_below(&random, size)] = test_random_below(&random, 256);
		fwrite(copy, 1, size, file);
		fflush(file);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
		err = enumerator_find(path, "colours", "BLUE", &value);
		EXPECT(err == 0 || err == -ENOENT || err == -EBADMSG);
		if (!(i & 1))
			EXPECT_EQ(err, size == types.size ? 0 : -EBADMSG);
		fclose(file);
	}
	free(types.data);
}
