// SPDX-License-Identifier: GPL-2.0-only
#include "core.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static size_t put(struct core_file *file, const void *data, size_t size)
{
	size_t at = file->size;

	file->data = realloc(file->data, at + size + 1);
	if (size)
		memcpy(file->data + at, data, size);
	file->size += size;
	return at;
}

static void pad_to(struct core_file *file, size_t align)
{
	static const uint8_t zeros[65536];

	if (file->size % align)
		put(file, zeros, align - file->size % align);
}

static void put_note(struct core_file *file, const char *name, const void *desc, size_t size)
{
	const Elf64_Nhdr header = { strlen(name) + 1, size, 0 };

	put(file, &header, sizeof(header));
	put(file, name, strlen(name) + 1);
	pad_to(file, 4);
	put(file, desc, size);
	pad_to(file, 4);
}

static void put_notes(struct core_file *file, const struct core_parts *parts)
{
	static const uint8_t registers[0x188];

	for (unsigned int i = 0; i < parts->other_notes; i++)
		put_note(file, "CORE", registers, sizeof(registers));
	if (parts->note)
		put_note(file, "VMCOREINFO", parts->note, strlen(parts->note));
}

void core_build(struct core_file *file, const struct core_parts *parts)
{
	unsigned int nr = parts->nr + 1;
	Elf64_Phdr *headers = calloc(nr, sizeof(*headers));
	const Elf64_Shdr section = { .sh_info = nr };
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, 1 },
		.e_type = ET_CORE,
		.e_machine = EM_AARCH64,
		.e_version = 1,
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = parts->many ? PN_XNUM : nr,
	};
	size_t at;

	*file = (struct core_file){};
	put(file, &header, sizeof(header));
	if (parts->many)
		header.e_shoff = put(file, &section, sizeof(section));
	header.e_phoff = put(file, headers, nr * sizeof(*headers));
	pad_to(file, 4);
	at = file->size;
	put_notes(file, parts);
	headers[0] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = at, .p_filesz = file->size - at };
	pad_to(file, 4096);
	for (unsigned int i = 0; i < parts->skewed; i++)
		put(file, "", 1);
	for (unsigned int i = 0; i < parts->nr; i++) {
		const struct core_piece *piece = &parts->pieces[i];

		headers[i + 1] = (Elf64_Phdr){ .p_type = PT_LOAD,
					       .p_vaddr = piece->va,
					       .p_paddr = piece->pa,
					       .p_filesz = piece->size,
					       .p_memsz = piece->size };
		headers[i + 1].p_offset = put(file, piece->data, piece->size);
	}
	memcpy(file->data, &header, sizeof(header));
	memcpy(file->data + header.e_phoff, headers, nr * sizeof(*headers));
	free(headers);
}

void core_release(struct core_file *file)
{
	free(file->data);
	*file = (struct core_file){};
}

/* What lasts until the test ends, and is no leak. */
static void *keep(void *data)
{
	static void **kept;
	static size_t nr;

	kept = realloc(kept, (nr + 1) * sizeof(*kept));
	kept[nr++] = data;
	return data;
}

void *core_page(const void *data, size_t size, size_t page)
{
	uint8_t *whole = keep(calloc(1, page));

	memcpy(whole, data, size);
	return whole;
}

void core_add_tables(struct core_parts *parts, const struct tables *tables)
{
	size_t size = geometry_page_size(tables->geo);

	for (unsigned int i = 0; i < tables->nr; i++) {
		const struct table_page *page = &tables->pages[i];

		parts->pieces[parts->nr++] = (struct core_piece){
			.pa = page->pa,
			.size = size,
			.data = core_page(page->entries, page->nr * sizeof(uint64_t), size),
		};
	}
}

char *core_info(const struct tables *tables, const char *release)
{
	const struct geometry *geo = tables->geo;
	char *text = keep(malloc(2048));

	snprintf(text, 2048,
		 "OSRELEASE=%s\n"
		 "BUILD-ID=0123456789abcdef\n"
		 "PAGESIZE=%llu\n"
		 "SYMBOL(swapper_pg_dir)=%llx\n"
		 "SYMBOL(_stext)=%llx\n"
		 "NUMBER(VA_BITS)=%u\n"
		 "NUMBER(MODULES_VADDR)=0xffff800000000000\n"
		 "NUMBER(MODULES_END)=0xffff800080000000\n"
		 "NUMBER(VMALLOC_START)=0xffff800080000000\n"
		 "NUMBER(VMALLOC_END)=0xfffffdffbf000000\n"
		 "NUMBER(VMEMMAP_START)=0xfffffdffc0000000\n"
		 "NUMBER(VMEMMAP_END)=0xfffffdffffe00000\n"
		 "NUMBER(kimage_voffset)=0x%llx\n"
		 "NUMBER(PHYS_OFFSET)=0x40000000\n"
		 "NUMBER(TCR_EL1_T1SZ)=0x%x\n"
		 "KERNELOFFSET=2a00000\n",
		 release, (unsigned long long)geometry_page_size(geo), CORE_ROOT_VA,
		 CORE_ROOT_VA - 0x10000, geo->va_bits_config,
		 (unsigned long long)(CORE_ROOT_VA - tables->root), 64 - geo->va_bits);
	return text;
}

const char *path_of(const void *data, size_t size)
{
	static char path[64];
	static FILE *file;

	if (file)
		fclose(file);
	file = tmpfile();
	if (!EXPECT(file))
		exit(1);
	if (size)
		EXPECT_EQ(fwrite(data, 1, size, file), size);
	EXPECT_EQ(fflush(file), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	return path;
}
