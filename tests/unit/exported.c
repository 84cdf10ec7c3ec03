// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables out of a recording: a snapshot as an ELF core, read back, and read by libkdumpfile, which
 * has to translate addresses as our own walk does; and runs, of what was a text.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"
#include "dump/ptdump.h"
#include "memory_of.h"
#include "recording/core.h"
#include "recording/kernel.h"
#include "recording/runs.h"
#include "source/dumpfile.h"
#include "test.h"

#define LEAF 0x40000000ULL

struct world {
	struct geometry geo;
	struct tables tables;
	char path[64], core_path[64];
	struct recording *recording;
	struct kernel kernel;
	struct source *source;
	struct pwt_snapshot snapshot;
	struct core_stats stats;
	uint64_t addrs[1200]; /* that are mapped */
	unsigned int nr;
};

static void name_file(char path[64])
{
	int fd;

	strcpy(path, "/tmp/pwtrace-exported.XXXXXX");
	fd = mkstemp(path);
	EXPECT(fd >= 0);
	close(fd);
}

static void map(struct world *world, enum pgtable_level level, uint64_t addr, uint64_t pa)
{
	uint64_t *entry = tables_entry(&world->tables, level, addr);

	if (*entry || world->nr == ARRAY_SIZE(world->addrs))
		return;
	*entry = desc_of(&world->geo, pa) | (level ? BLOCK_BITS : PAGE_BITS);
	world->addrs[world->nr++] = addr;
}

/* Pages here and there, where vmalloc would have them, and some blocks. */
static void fill(struct world *world, uint64_t *random)
{
	const struct geometry *geo = &world->geo;
	uint64_t base = -(1ULL << (geo->va_bits - 1)), page = geometry_page_size(geo);
	uint64_t block = geometry_size(geo, PGTABLE_LEVEL_PMD);

	for (int i = 0; i < 1100; i++)
		map(world, PGTABLE_LEVEL_PTE,
		    base + test_random_below(random, 4) * block +
			    test_random_below(random, block / page) * page,
		    LEAF + test_random_below(random, 1 << 16) * page);
	for (int i = 0; i < 40; i++)
		map(world, PGTABLE_LEVEL_PMD, base + (8 + test_random_below(random, 100)) * block,
		    LEAF + test_random_below(random, 64) * block);
}

static void write_snapshot(struct world *world, uint64_t unreadable)
{
	static const char info[] = "pwtrace=0.1\nrelease=7.3.4-test\nrodata_full=1\n";
	const char *vmcoreinfo = core_info(&world->tables, "7.3.4-test");
	struct pwt_snapshot snapshot = {
		.root = world->tables.root,
		.base = -(1ULL << world->geo.va_bits),
		.start = -(1ULL << world->geo.va_bits),
	};
	struct snapshot_writer writer = { .page_size = geometry_page_size(&world->geo) };

	EXPECT_EQ(recorder_open(&writer.recorder, world->path), 0);
	recorder_add(writer.recorder, PWT_REC_INFO, info, strlen(info));
	recorder_add(writer.recorder, PWT_REC_VMCOREINFO, vmcoreinfo, strlen(vmcoreinfo));
	EXPECT_EQ(snapshot_begin(&writer, &snapshot), 0);
	/* as a walk comes to them, and one of them twice */
	for (unsigned int i = 0; i <= world->tables.nr; i++) {
		const struct table_page *page = &world->tables.pages[i % world->tables.nr];
		const void *data = core_page(page->entries, page->nr * 8ULL, writer.page_size);

		snapshot_table(&writer, page->level, page->addr, page->pa, data,
			       page->pa == unreadable ? STREAM_UNREADABLE : 0);
	}
	EXPECT_EQ(recorder_close(writer.recorder, NULL), 0);
}

static int write_core(struct world *world, struct problem *why)
{
	struct sink sink;
	int err;

	EXPECT_EQ(recording_open(&world->recording, world->path, why), 0);
	EXPECT_EQ(recording_kernel(world->recording, &world->kernel, NULL, why), 0);
	EXPECT_EQ(snapshot_open(&world->source, world->recording, &world->kernel.geo, 0,
				&world->snapshot, why),
		  0);
	EXPECT_EQ(sink_open(&sink, world->core_path), 0);
	err = core_write(&sink, world->recording, world->source, &world->kernel, &world->stats,
			 why);
	EXPECT_EQ(sink_close(&sink), 0);
	return err;
}

static void open_world(struct world *world, const struct shape *shape, uint64_t *random)
{
	struct problem why = {};

	memset(world, 0, sizeof(*world));
	world->geo = shape_geometry(shape);
	tables_init(&world->tables, &world->geo);
	fill(world, random);
	name_file(world->path);
	name_file(world->core_path);
	write_snapshot(world, ~0ULL);
	if (!EXPECT_EQ(write_core(world, &why), 0))
		test_note("%s", why.text);
}

static void close_world(struct world *world)
{
	source_close(world->source);
	kernel_close(&world->kernel);
	recording_close(world->recording);
	unlink(world->path);
	unlink(world->core_path);
	tables_release(&world->tables);
}

static bool has_segment(const char *path, uint64_t va, uint64_t pa)
{
	FILE *file = fopen(path, "rb");
	Elf64_Ehdr header;
	bool found = false;

	EXPECT_EQ(fread(&header, sizeof(header), 1, file), 1);
	for (unsigned int i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr segment;

		EXPECT_EQ(fread(&segment, sizeof(segment), 1, file), 1);
		EXPECT_EQ(segment.p_type, i ? PT_LOAD : PT_NOTE);
		/* what crash tells kdump's from netdump's by */
		EXPECT_EQ(segment.p_align, 0);
		found |= segment.p_type == PT_LOAD && segment.p_vaddr == va &&
			 segment.p_paddr == pa;
	}
	fclose(file);
	return found;
}

/* Each table is there, at both addresses, and VMCOREINFO, and nothing else. */
TEST(a_core_has_the_tables)
{
	uint64_t random = test_seed();

	for (unsigned int i = 0; i < nr_shapes; i++) {
		uint64_t page, bytes = 0, at = 0;
		static uint8_t data[65536];
		struct dump_piece piece;
		struct dumpfile *file;
		struct problem why;
		struct world world;
		char *note;

		test_case("%u/%u/%u", shapes[i].page_shift, shapes[i].va_bits,
			  shapes[i].va_bits_config);
		open_world(&world, &shapes[i], &random);
		page = geometry_page_size(&world.geo);
		EXPECT_EQ(world.stats.tables, world.tables.nr);
		EXPECT_EQ(world.stats.left_out, 0);
		EXPECT_EQ(dumpfile_open(&file, world.core_path, &why), 0);
		for (unsigned int n = 0; n < world.tables.nr; n++) {
			const struct table_page *table = &world.tables.pages[n];

			EXPECT_EQ(file->read(file, table->pa, data, page), 0);
			EXPECT(!memcmp(data, table->entries, table->nr * 8ULL));
		}
		for (; !file->piece(file, at, &piece); at = piece.start + piece.size)
			bytes += piece.size;
		EXPECT_EQ(bytes, world.tables.nr * page);
		EXPECT_EQ(file->missing, 0);
		EXPECT_EQ(file->note(file, &note), 0);
		EXPECT_STR(note, core_info(&world.tables, "7.3.4-test"));
		free(note);
		dumpfile_close(file);
		/* the topmost in the image; a segment begins with it, or goes on behind it */
		EXPECT(has_segment(world.core_path, CORE_ROOT_VA, world.tables.root));
		EXPECT(has_segment(world.core_path,
				   kernel_phys_to_virt(&world.kernel, world.tables.root),
				   world.tables.root));
		close_world(&world);
	}
}

TEST(what_could_not_be_read_is_left_out)
{
	uint64_t random = test_seed();
	struct dumpfile *file;
	struct problem why;
	struct world world;
	uint64_t lost, word;

	open_world(&world, &shapes[1], &random);
	lost = world.tables.pages[3].pa;
	source_close(world.source);
	kernel_close(&world.kernel);
	recording_close(world.recording);
	write_snapshot(&world, lost);
	EXPECT_EQ(write_core(&world, &why), 0);
	EXPECT_EQ(world.stats.left_out, 1);
	EXPECT_EQ(world.stats.tables, world.tables.nr - 1);
	EXPECT_EQ(dumpfile_open(&file, world.core_path, &why), 0);
	EXPECT_EQ(file->read(file, lost, &word, sizeof(word)), -ENODATA);
	EXPECT_EQ(file->read(file, world.tables.root, &word, sizeof(word)), 0);
	dumpfile_close(file);
	close_world(&world);
}

TEST(a_full_disk)
{
	uint64_t random = test_seed();
	struct sink sink = { .fd = -1 };
	struct core_stats stats;
	struct problem why = {};
	struct world world;

	open_world(&world, &shapes[1], &random);
	sink.fd = open("/dev/full", O_WRONLY);
	if (EXPECT(sink.fd >= 0))
		EXPECT_EQ(core_write(&sink, world.recording, world.source, &world.kernel, &stats,
				     &why),
			  -ENOSPC);
	EXPECT(strstr(why.text, "No space"));
	sink_close(&sink);
	close_world(&world);
}

#ifdef HAVE_KDUMPFILE

#include <libkdumpfile/kdumpfile.h>

/* Our own: the level and the descriptor where the walk ends. */
static uint64_t translate(const struct world *world, uint64_t addr)
{
	const struct geometry *geo = &world->geo;
	uint64_t table = world->tables.root;

	for (int level = geometry_top(geo); level >= 0; level--) {
		uint64_t desc = *tables_at(&world->tables, table, geometry_index(geo, level, addr));

		if (!desc_table(desc, level))
			return desc_address(geo, desc) + (addr & (geometry_size(geo, level) - 1));
		table = desc_address(geo, desc);
	}
	return 0;
}

static unsigned int compare(struct world *world, kdump_ctx_t *dump, uint64_t *random)
{
	unsigned int same = 0;
	addrxlat_ctx_t *ctx;
	addrxlat_sys_t *sys;

	EXPECT_EQ(kdump_get_addrxlat(dump, &ctx, &sys), KDUMP_OK);
	for (unsigned int i = 0; i < 1000; i++) {
		uint64_t addr = world->addrs[i % world->nr];
		addrxlat_fulladdr_t at;

		addr += test_random_below(random, geometry_page_size(&world->geo));
		at = (addrxlat_fulladdr_t){ addr, ADDRXLAT_KVADDR };
		if (!EXPECT_EQ(addrxlat_fulladdr_conv(&at, ADDRXLAT_KPHYSADDR, ctx, sys),
			       ADDRXLAT_OK)) {
			test_note("%#llx: %s", (unsigned long long)addr, addrxlat_ctx_get_err(ctx));
			break;
		}
		same += EXPECT_EQ(at.addr, translate(world, addr));
	}
	addrxlat_sys_decref(sys);
	addrxlat_ctx_decref(ctx);
	return same;
}

/* Not of what addrxlat.c says it takes for something else. */
static bool is_understood(const struct shape *shape)
{
	return shape->page_shift != 16 || shape->va_bits == 52;
}

TEST(libkdumpfile_translates_the_same)
{
	uint64_t random = test_seed();

	for (unsigned int i = 0; i < nr_shapes; i++) {
		kdump_ctx_t *dump = kdump_new();
		struct world world;
		int fd;

		if (!is_understood(&shapes[i])) {
			kdump_free(dump);
			continue;
		}
		test_case("%u/%u/%u", shapes[i].page_shift, shapes[i].va_bits,
			  shapes[i].va_bits_config);
		open_world(&world, &shapes[i], &random);
		fd = open(world.core_path, O_RDONLY);
		if (!EXPECT_EQ(kdump_open_fd(dump, fd), KDUMP_OK) ||
		    !EXPECT_EQ(kdump_set_string_attr(dump, KDUMP_ATTR_OSTYPE, "linux"), KDUMP_OK))
			test_note("%s", kdump_get_err(dump));
		else
			EXPECT_EQ(compare(&world, dump, &random), 1000);
		kdump_free(dump);
		close(fd);
		close_world(&world);
	}
}

#else

TEST(libkdumpfile_translates_the_same)
{
	test_note("libkdumpfile is not installed: tests/setup check");
	exit(0);
}

#endif
