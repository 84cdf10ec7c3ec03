// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical memory out of files: ELF cores as kdump, QEMU and pwtrace make them, true ones, cut ones
 * and lying ones; what QEMU writes to a pipe; and which kernel it is.
 */
#include "source/dumpfile.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"
#include "dump/leaves.h"
#include "kernel/kcore.h"
#include "memory_of.h"
#include "source/stream.h"
#include "test.h"

#define PAGE 4096ULL
#define LEAF 0x40000000ULL /* where leaves lead to */

/* Tables with a few leaves in the linear map and in vmalloc's range. */
struct world {
	struct geometry geo;
	struct tables tables;
	struct core_parts parts;
	struct core_file file;
	const char *info;
};

static void map(struct world *world, uint64_t addr, uint64_t pa)
{
	*tables_entry(&world->tables, PGTABLE_LEVEL_PTE, addr) = desc_of(&world->geo, pa) |
								 PAGE_BITS;
}

static void open_world(struct world *world, const struct shape *shape)
{
	uint64_t base = -(1ULL << shape->va_bits), page;

	memset(world, 0, sizeof(*world));
	world->geo = shape_geometry(shape);
	page = geometry_page_size(&world->geo);
	tables_init(&world->tables, &world->geo);
	for (int i = 0; i < 20; i++)
		map(world, base + i * page * (i % 3 + 1), LEAF + i * page);
	for (int i = 0; i < 5; i++)
		map(world, base + (1ULL << (shape->va_bits - 1)) + i * page, LEAF + 7 * page);
	world->info = core_info(&world->tables, "7.3.4-test");
}

/* As kdump has it: the image first, by its address, and once more among the rest. */
static void as_kdump(struct world *world)
{
	struct core_parts *parts = &world->parts;
	uint64_t page = geometry_page_size(&world->geo);
	static uint8_t image[2 << 20];

	parts->note = world->info;
	parts->other_notes = 3;
	core_add_tables(parts, &world->tables);
	/* the topmost table is the first page of the image */
	memcpy(image, parts->pieces[0].data, page);
	for (unsigned int i = 1; i < parts->nr; i++)
		if (parts->pieces[i].pa - parts->pieces[0].pa < sizeof(image))
			memcpy(image + (parts->pieces[i].pa - parts->pieces[0].pa),
			       parts->pieces[i].data, page);
	memmove(parts->pieces + 1, parts->pieces, parts->nr * sizeof(*parts->pieces));
	parts->pieces[0] = (struct core_piece){ world->tables.root, CORE_ROOT_VA, sizeof(image),
						image };
	parts->nr++;
	core_build(&world->file, parts);
}

/* As QEMU has it: one piece, p_vaddr is p_paddr, and no note of the kernel's. */
static void as_qemu(struct world *world, const char *info, const char *more)
{
	uint64_t page = geometry_page_size(&world->geo), first = world->tables.root;
	size_t size = (world->tables.nr + 8) * page + 4 * PAGE;
	struct core_parts *parts = &world->parts;
	const Elf64_Nhdr note = { 11, strlen(info), 0 };
	uint8_t *memory = core_page("", 1, size);

	for (unsigned int i = 0; i < world->tables.nr; i++)
		memcpy(memory + (world->tables.pages[i].pa - first), world->tables.pages[i].entries,
		       world->tables.pages[i].nr * 8ULL);
	memory += world->tables.nr * page;
	memcpy(memory + PAGE, &note, sizeof(note));
	memcpy(memory + PAGE + sizeof(note), "VMCOREINFO", 11);
	memcpy(memory + PAGE + 24, info, strlen(info));
	/* something like it in the midst of a page, and another one */
	memcpy(memory + 2 * PAGE + 100, memory + PAGE, 1000);
	if (more) {
		const Elf64_Nhdr second = { 11, strlen(more), 0 };

		memcpy(memory + 3 * PAGE, &second, sizeof(second));
		memcpy(memory + 3 * PAGE + sizeof(second), "VMCOREINFO", 11);
		memcpy(memory + 3 * PAGE + 24, more, strlen(more));
	}
	memory -= world->tables.nr * page;
	parts->other_notes = 2;
	parts->skewed = 0x638;
	parts->pieces[0] = (struct core_piece){ first, first, size, memory };
	parts->nr = 1;
	core_build(&world->file, parts);
}

static void close_world(struct world *world)
{
	core_release(&world->file);
	tables_release(&world->tables);
}

struct sum {
	uint64_t runs, hash;
};

static void add(void *ctx, const struct leaf_run *run)
{
	struct sum *sum = ctx;

	sum->runs++;
	sum->hash = (sum->hash ^ run->start) * 0x9e3779b97f4a7c15ULL;
	sum->hash = (sum->hash ^ run->size ^ run->desc) * 0x9e3779b97f4a7c15ULL;
}

static struct sum sum_of(const struct geometry *geo, struct pagewalk_memory *memory, uint64_t root)
{
	struct mm_struct mm = {
		.geo = geo,
		.memory = memory,
		.root = root,
		.mmap_lock.count = -1,
	};
	const struct leaves_options options = {};
	struct sum sum = {};

	leaves_walk(&mm, -(1ULL << geo->va_bits), -1UL, &options, add, &sum);
	return sum;
}

/* What a walk finds in the file. Return: 0 or the error of opening it. */
static int sum_of_file(const char *path, const struct dump_hints *hints, struct sum *sum,
		       struct kernel *kernel, struct problem *why)
{
	struct dumpfile *file = NULL;
	struct source *source = NULL;
	struct stream *stream = NULL;
	int err = dumpfile_open(&file, path, why);

	memset(kernel, 0, sizeof(*kernel));
	if (!err)
		err = dumpfile_kernel(file, hints, kernel, why);
	if (!err)
		err = dumpfile_source(&source, file, &kernel->geo, why);
	if (!err)
		err = stream_open(&stream, source, &kernel->geo, kernel->root_pa,
				  -(1ULL << kernel->geo.va_bits));
	if (!err) {
		stream_begin(stream, 0);
		*sum = sum_of(&kernel->geo, stream_memory(stream), kernel->root_pa);
	}
	stream_close(stream);
	source_close(source);
	dumpfile_close(file);
	return err;
}

static const struct dump_hints no_hints;

/* The tables of @world are what is found in the file. */
static void expect_tables(struct world *world, const char *path, const struct dump_hints *hints)
{
	struct memory_of memory;
	struct kernel kernel;
	struct problem why = {};
	struct sum got = {}, want;

	memory_of(&memory, &world->tables);
	want = sum_of(&world->geo, &memory.memory, world->tables.root);
	EXPECT(want.runs > 5);
	if (!EXPECT_EQ(sum_of_file(path, hints, &got, &kernel, &why), 0))
		test_note("%s", why.text);
	EXPECT_EQ(got.runs, want.runs);
	EXPECT_EQ(got.hash, want.hash);
	EXPECT_STR(kernel.release, "7.3.4-test");
	kernel_close(&kernel);
}

TEST(a_core_as_kdump_writes_it)
{
	for (unsigned int i = 0; i < nr_shapes; i++) {
		struct dumpfile *file;
		struct kernel kernel;
		struct problem why;
		struct world world;
		const char *path;

		test_case("%u/%u/%u", shapes[i].page_shift, shapes[i].va_bits,
			  shapes[i].va_bits_config);
		open_world(&world, &shapes[i]);
		as_kdump(&world);
		path = path_of(world.file.data, world.file.size);
		expect_tables(&world, path, &no_hints);
		/* where the image is */
		EXPECT_EQ(dumpfile_open(&file, path, &why), 0);
		EXPECT_EQ(dumpfile_kernel(file, &no_hints, &kernel, &why), 0);
		EXPECT_EQ(kernel.zones.range[ZONE_IMAGE].start, CORE_ROOT_VA);
		EXPECT_EQ(kernel.zones.range[ZONE_IMAGE].end, CORE_ROOT_VA + (2 << 20));
		EXPECT_EQ(kallsyms_find(kernel.syms, "swapper_pg_dir"), CORE_ROOT_VA);
		kernel_close(&kernel);
		dumpfile_close(file);
		close_world(&world);
	}
}

TEST(more_segments_than_the_header_can_tell)
{
	struct world world;

	open_world(&world, &shapes[1]);
	world.parts.many = true;
	as_kdump(&world);
	expect_tables(&world, path_of(world.file.data, world.file.size), &no_hints);
	close_world(&world);
}

TEST(a_core_as_qemu_writes_it)
{
	for (unsigned int i = 0; i < nr_shapes; i++) {
		struct world world;

		test_case("%u/%u/%u", shapes[i].page_shift, shapes[i].va_bits,
			  shapes[i].va_bits_config);
		open_world(&world, &shapes[i]);
		as_qemu(&world, world.info, NULL);
		expect_tables(&world, path_of(world.file.data, world.file.size), &no_hints);
		close_world(&world);
	}
}

/* What an earlier boot left has the same, or tables that are not there, or stands against it. */
TEST(more_than_one_vmcoreinfo_in_memory)
{
	char other[2048], *at;
	struct kernel kernel;
	struct problem why;
	struct world world;
	struct sum sum;

	open_world(&world, &shapes[1]);
	as_qemu(&world, world.info, world.info);
	expect_tables(&world, path_of(world.file.data, world.file.size), &no_hints);
	core_release(&world.file);
	/* the topmost table would be where nothing is */
	snprintf(other, sizeof(other), "%s", world.info);
	at = strstr(other, "SYMBOL(swapper_pg_dir)=");
	memcpy(at + strlen("SYMBOL(swapper_pg_dir)="), "ffff8000fffff000", 16);
	as_qemu(&world, world.info, other);
	expect_tables(&world, path_of(world.file.data, world.file.size), &no_hints);
	core_release(&world.file);
	as_qemu(&world, world.info, core_info(&world.tables, "6.12.0-before"));
	EXPECT_EQ(sum_of_file(path_of(world.file.data, world.file.size), &no_hints, &sum, &kernel,
			      &why),
		  -ENOTUNIQ);
	EXPECT(strstr(why.text, "--vmcoreinfo"));
	core_release(&world.file);
	as_qemu(&world, "OSRELEASE=1\n", NULL);
	EXPECT_EQ(sum_of_file(path_of(world.file.data, world.file.size), &no_hints, &sum, &kernel,
			      &why),
		  -ENOENT);
	EXPECT(strstr(why.text, "--vmcoreinfo"));
	close_world(&world);
}

static void write_file(char path[64], const char *text, size_t size)
{
	int fd;

	strcpy(path, "/tmp/pwtrace-dumpfile.XXXXXX");
	fd = mkstemp(path);
	EXPECT(fd >= 0 && write(fd, text, size) == (ssize_t)size);
	close(fd);
}

TEST(vmcoreinfo_from_a_file)
{
	struct dump_hints hints = {};
	struct world world;
	char note[4096], path[64];
	const Elf64_Nhdr header = { 11, 0, 0 };

	open_world(&world, &shapes[1]);
	as_qemu(&world, "OSRELEASE=1\n", NULL);
	write_file(path, world.info, strlen(world.info));
	hints.vmcoreinfo = path;
	expect_tables(&world, path_of(world.file.data, world.file.size), &hints);
	unlink(path);
	/* the last line may have no end */
	write_file(path, world.info, strlen(world.info) - 1);
	expect_tables(&world, path_of(world.file.data, world.file.size), &hints);
	unlink(path);
	/* as it lies in memory */
	memset(note, 0, sizeof(note));
	memcpy(note, &header, sizeof(header));
	memcpy(note + sizeof(header), "VMCOREINFO", 11);
	strcpy(note + 24, world.info);
	write_file(path, note, sizeof(note));
	expect_tables(&world, path_of(world.file.data, world.file.size), &hints);
	unlink(path);
	close_world(&world);
}

TEST(symbols_from_a_file)
{
	/* as it runs, as it was linked, of another kernel, without the right to see them */
	static const struct {
		const char *text;
		uint64_t found; /* of rodata_full */
		int err;
	} cases[] = {
		{ "ffff800082a00000 T _text\nffff800082a10000 D swapper_pg_dir\n"
		  "ffff800082a20000 D rodata_full\nffff800082b00000 D _end\n",
		  0xffff800082a20000, 0 },
		{ "ffff800080000000 T _text\nffff800080010000 D swapper_pg_dir\n"
		  "0000000000000100 A nothing\n"
		  "ffff800080020000 D rodata_full\nffff800080100000 D _end\n",
		  0xffff800082a20000, 0 },
		{ "ffff800080000000 T _text\nffff800080020000 D swapper_pg_dir\n", 0, -EINVAL },
		{ "ffff800080000000 T _text\n", 0, -EINVAL },
		{ "0000000000000000 T _text\n0000000000000000 D swapper_pg_dir\n", 0, -EPERM },
		{ "no symbols\n", 0, -EINVAL },
	};
	struct world world;

	open_world(&world, &shapes[1]);
	as_kdump(&world);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dump_hints hints = {};
		struct kernel kernel;
		struct problem why;
		struct sum sum;
		char path[64];

		test_case("%zu", i);
		write_file(path, cases[i].text, strlen(cases[i].text));
		hints.symbols = path;
		EXPECT_EQ(sum_of_file(path_of(world.file.data, world.file.size), &hints, &sum,
				      &kernel, &why),
			  cases[i].err);
		unlink(path);
		if (cases[i].err) {
			EXPECT(strlen(why.text) > 20);
			continue;
		}
		EXPECT_EQ(kallsyms_find(kernel.syms, "rodata_full"), cases[i].found);
		EXPECT_EQ(kernel.zones.range[ZONE_IMAGE].start, 0xffff800082a00000);
		EXPECT_EQ(kernel.zones.range[ZONE_IMAGE].end, 0xffff800082b00000);
		kernel_close(&kernel);
	}
	close_world(&world);
}

TEST(variables)
{
	struct world world;
	struct dumpfile *file;
	struct kernel kernel;
	struct problem why;
	uint64_t value, root;

	open_world(&world, &shapes[1]);
	as_kdump(&world);
	EXPECT_EQ(dumpfile_open(&file, path_of(world.file.data, world.file.size), &why), 0);
	EXPECT_EQ(dumpfile_kernel(file, &no_hints, &kernel, &why), 0);
	/* the topmost table's first entry */
	root = *tables_at(&world.tables, world.tables.root, 0);
	EXPECT_EQ(kernel_variable(&kernel, "swapper_pg_dir", 8, &value), 0);
	EXPECT_EQ(value, root);
	EXPECT_EQ(kernel_variable(&kernel, "nothing", 8, &value), -ENOENT);
	/* the same by the linear map, what the file has not got, and what is mapped nowhere */
	EXPECT_EQ(kcore_get(kernel.memory, kernel_phys_to_virt(&kernel, kernel.root_pa), &value, 8),
		  0);
	EXPECT_EQ(value, root);
	EXPECT_EQ(kcore_get(kernel.memory, kernel_phys_to_virt(&kernel, 0x1234567000), &value, 8),
		  -ENODATA);
	EXPECT(kcore_get(kernel.memory, kernel.zones.range[ZONE_VMALLOC].end - 8, &value, 8) < 0);
	kernel_close(&kernel);
	dumpfile_close(file);
	close_world(&world);
}

/* Segments that reach into one another: a byte is that of the one that begins first. */
TEST(overlapping_segments)
{
	static uint8_t memory[64], bytes[64][64];
	uint64_t random = test_seed();

	for (int round = 0; round < 400 && !test_failed(); round++) {
		struct core_parts parts = { .nr = 1 + test_random_below(&random, 8) };
		struct core_file core;
		struct dumpfile *file;
		struct problem why;
		uint64_t base = 0x1000;
		bool there[64] = {};

		test_case("round %d", round);
		for (unsigned int i = 0; i < parts.nr; i++) {
			uint64_t start = test_random_below(&random, 60);

			for (size_t n = 0; n < sizeof(memory); n++)
				bytes[i][n] = i * 20 + n % 13;
			parts.pieces[i] = (struct core_piece){
				.pa = base + start,
				.size = 1 + test_random_below(&random, 64 - start),
				.data = bytes[i],
			};
		}
		for (size_t at = 0; at < sizeof(memory); at++) {
			const struct core_piece *best = NULL;

			for (unsigned int i = 0; i < parts.nr; i++) {
				const struct core_piece *piece = &parts.pieces[i];

				if (base + at < piece->pa || base + at >= piece->pa + piece->size)
					continue;
				if (!best || piece->pa < best->pa ||
				    (piece->pa == best->pa && piece->size > best->size))
					best = piece;
			}
			there[at] = best;
			/* one that ends behind the first goes on where that ends */
			memory[at] = best ? ((const uint8_t *)best->data)[base + at - best->pa] : 0;
		}
		core_build(&core, &parts);
		EXPECT_EQ(dumpfile_open(&file, path_of(core.data, core.size), &why), 0);
		for (size_t at = 0; at < sizeof(memory); at++) {
			uint8_t byte;
			int err = file->read(file, base + at, &byte, 1);

			EXPECT_EQ(err, there[at] ? 0 : -ENODATA);
			if (!err)
				EXPECT_EQ(byte, memory[at]);
		}
		for (int n = 0; n < 20; n++) {
			size_t at = test_random_below(&random, 64), all = 1;
			size_t size = 1 + test_random_below(&random, 64 - at);
			uint8_t buf[64];

			for (size_t k = at; k < at + size; k++)
				all &= there[k];
			EXPECT_EQ(file->read(file, base + at, buf, size), all ? 0 : -ENODATA);
		}
		dumpfile_close(file);
		core_release(&core);
	}
}

TEST(pieces_are_told_in_order)
{
	static const uint8_t page[4096];
	struct core_parts parts = { .nr = 3 };
	struct dump_piece piece;
	struct dumpfile *file;
	struct core_file core;
	struct problem why;

	parts.pieces[0] = (struct core_piece){ 0x9000, 0, 0x1000, page };
	parts.pieces[1] = (struct core_piece){ 0x1000, 0, 0x1000, page };
	/* the end of the address space */
	parts.pieces[2] = (struct core_piece){ -0x1000ULL, 0, 0x1000, page };
	core_build(&core, &parts);
	EXPECT_EQ(dumpfile_open(&file, path_of(core.data, core.size), &why), 0);
	EXPECT_EQ(file->piece(file, 0, &piece), 0);
	EXPECT_EQ(piece.start, 0x1000);
	EXPECT_EQ(file->piece(file, 0x2000, &piece), 0);
	EXPECT_EQ(piece.start, 0x9000);
	EXPECT_EQ(file->piece(file, 0x9fff, &piece), 0);
	EXPECT_EQ(piece.start, 0x9000);
	EXPECT_EQ(file->piece(file, 0xa000, &piece), 0);
	EXPECT_EQ(piece.start, -0x1000ULL);
	EXPECT_EQ(file->read(file, -8ULL, &(uint64_t){ 0 }, 8), 0);
	EXPECT_EQ(file->read(file, -8ULL, &(uint64_t[2]){ 0 }, 16), -ENODATA);
	dumpfile_close(file);
	core_release(&core);
}

/* A file, whatever it is, is read or refused. What was read of it is no more than was there. */
static void try_file(const void *data, size_t size, uint64_t most_runs)
{
	struct kernel kernel;
	struct problem why = {};
	struct sum sum = {};
	int err = sum_of_file(path_of(data, size), &no_hints, &sum, &kernel, &why);

	if (err)
		EXPECT(*why.text);
	else
		EXPECT(sum.runs <= most_runs);
	kernel_close(&kernel);
}

TEST(cut_at_every_byte)
{
	struct world world;
	size_t page = 4096;

	open_world(&world, &shapes[1]);
	as_qemu(&world, world.info, NULL);
	/* each byte of what has headers and notes, and some of what has memory */
	for (size_t size = 0; size < world.file.size && !test_failed();
	     size += size < 3 * page || size > world.file.size - 64 ? 1 : 97) {
		test_case("cut to %zu bytes", size);
		try_file(world.file.data, size, 100);
	}
	close_world(&world);
}

TEST(what_is_missing_is_told)
{
	struct dumpfile *file;
	struct problem why;
	struct world world;

	open_world(&world, &shapes[1]);
	as_qemu(&world, world.info, NULL);
	EXPECT_EQ(dumpfile_open(&file, path_of(world.file.data, world.file.size - 5000), &why), 0);
	EXPECT_EQ(file->missing, 5000);
	dumpfile_close(file);
	close_world(&world);
}

TEST(random_damage)
{
	uint64_t random = test_seed();
	struct world world;

	open_world(&world, &shapes[1]);
	world.parts.many = true;
	as_kdump(&world);
	for (int round = 0; round < 1000 && !test_failed(); round++) {
		/* headers and notes are what decides most */
		size_t room = test_random_below(&random, 3) ? 4096 : world.file.size;
		uint8_t saved[8];
		size_t at[8];

		test_case("round %d", round);
		for (int i = 0; i < 8; i++) {
			at[i] = test_random_below(&random, room);
			saved[i] = world.file.data[at[i]];
			world.file.data[at[i]] = test_random(&random);
		}
		try_file(world.file.data, world.file.size, 1 << 22);
		for (int i = 7; i >= 0; i--)
			world.file.data[at[i]] = saved[i];
	}
	close_world(&world);
}

/* Headers that tell of more than there is, or could be. */
TEST(lying_headers)
{
	struct problem why;
	struct world world;
	struct dumpfile *file;
	Elf64_Ehdr *header;
	Elf64_Phdr *load;

	open_world(&world, &shapes[1]);
	world.parts.many = true;
	as_kdump(&world);
	header = (Elf64_Ehdr *)world.file.data;
	load = (Elf64_Phdr *)(world.file.data + header->e_phoff) + 1;

#define REFUSED(what, error)                                                                     \
	do {                                                                                     \
		test_case("%s", #what);                                                          \
		what;                                                                            \
		EXPECT_EQ(dumpfile_open(&file, path_of(world.file.data, world.file.size), &why), \
			  error);                                                                \
	} while (0)

	REFUSED(((Elf64_Shdr *)(world.file.data + header->e_shoff))->sh_info = 1 << 30, -E2BIG);
	REFUSED(((Elf64_Shdr *)(world.file.data + header->e_shoff))->sh_info = 1 << 20, -ENODATA);
	REFUSED(header->e_shoff = ~0ULL, -ENODATA);
	REFUSED(header->e_phnum = 2; header->e_phoff = ~0ULL - 8, -ENODATA);
	header->e_phoff = (uint8_t *)(load - 1) - world.file.data;
	REFUSED(load->p_offset = ~0ULL - 4096, -ENODATA);
	REFUSED(load->p_offset = 4096; load->p_filesz = 0, -ENODATA);
	REFUSED(load->p_filesz = 8192; load->p_paddr = ~0ULL - 4096, -ENODATA);
	/* one piece of the file as the memory of many */
	header->e_phnum = 6;
	for (int i = 0; i < 5; i++)
		load[i] = (Elf64_Phdr){ .p_type = PT_LOAD,
					.p_offset = 4096,
					.p_paddr = i * 0x10000000ULL,
					.p_filesz = world.file.size - 4096 };
	REFUSED((void)0, -EBADMSG);
	REFUSED(header->e_machine = EM_X86_64, -EINVAL);
	REFUSED(header->e_machine = EM_AARCH64; header->e_type = ET_EXEC, -EINVAL);
	REFUSED(header->e_ident[0] = 0, -ENOEXEC);
	close_world(&world);
}

/* makedumpfile's flattened format */

static void put_be(struct core_file *file, uint64_t value)
{
	value = htobe64(value);
	file->data = realloc(file->data, file->size + 8);
	memcpy(file->data + file->size, &value, 8);
	file->size += 8;
}

static void put_piece(struct core_file *file, uint64_t offset, const void *data, size_t size)
{
	put_be(file, offset);
	put_be(file, size);
	file->data = realloc(file->data, file->size + size + 1);
	if (size)
		memcpy(file->data + file->size, data, size);
	file->size += size;
}

/* The last half first, and the header twice: what comes later counts. */
static void flatten(struct core_file *flat, const struct core_file *file)
{
	size_t half = file->size / 2;
	uint8_t wrong[64];

	memset(wrong, 0x55, sizeof(wrong));
	*flat = (struct core_file){ calloc(1, 4096), 4096 };
	memcpy(flat->data, "makedumpfile", 12);
	put_piece(flat, half, file->data + half, file->size - half);
	put_piece(flat, 0, wrong, sizeof(wrong));
	put_piece(flat, 0, file->data, half);
	put_piece(flat, 0, NULL, 0);
	put_be(flat, ~0ULL);
	put_be(flat, ~0ULL);
}

TEST(flattened)
{
	struct core_file flat;
	struct problem why;
	struct world world;
	struct dumpfile *file;

	open_world(&world, &shapes[1]);
	as_qemu(&world, world.info, NULL);
	flatten(&flat, &world.file);
	expect_tables(&world, path_of(flat.data, flat.size), &no_hints);
	for (size_t size = 0; size < flat.size && !test_failed();
	     size += size < 4200 || size > flat.size - 200 ? 1 : 1009) {
		test_case("cut to %zu bytes", size);
		EXPECT(dumpfile_open(&file, path_of(flat.data, size), &why) < 0);
	}
	test_case("an offset that makes no sense");
	memset(flat.data + 4096, 0x7f, 8);
	EXPECT_EQ(dumpfile_open(&file, path_of(flat.data, flat.size), &why), -EBADMSG);
	core_release(&flat);
	close_world(&world);
}

TEST(other_files)
{
	struct dumpfile *file;
	struct problem why;

	EXPECT_EQ(dumpfile_open(&file, path_of("", 0), &why), -ENOEXEC);
	EXPECT_EQ(dumpfile_open(&file, path_of("#!/bin/sh\necho a text of some length\n", 36),
				&why),
		  -ENOEXEC);
	EXPECT_EQ(dumpfile_open(&file, "/nowhere/at/all", &why), -ENOENT);
	EXPECT_EQ(dumpfile_open(&file, "/dev/null", &why), -EINVAL);
	/* it may be built without the library, and this is no dump */
	EXPECT(dumpfile_open(&file, path_of("KDUMP   and nothing else", 24), &why) < 0);
	EXPECT(strlen(why.text) > 20);
}
