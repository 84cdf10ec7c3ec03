// SPDX-License-Identifier: GPL-2.0-only
#include "core.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define NOTE_NAME "VMCOREINFO\0" /* and the NUL behind it: 12 bytes, 11 of which count */

struct segment {
	uint64_t pa, pages;
};

struct core {
	struct sink *sink;
	struct source *source;
	const struct kernel *kernel;
	uint64_t page_size;
	struct segment *segments;
	size_t nr, room;
	size_t root; /* the segment that has the topmost table; nr: none */
	char *note;  /* with its header */
	size_t note_size;
	struct core_stats *stats;
};

static int add_page(struct core *core, uint64_t pa)
{
	struct segment *last = core->nr ? &core->segments[core->nr - 1] : NULL;

	core->stats->tables++;
	if (last && last->pa + last->pages * core->page_size == pa) {
		last->pages++;
		return 0;
	}
	if (core->nr == core->room) {
		size_t room = core->room ? core->room * 2 : 64;
		struct segment *more = realloc(core->segments, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		core->segments = more;
		core->room = room;
	}
	core->segments[core->nr++] = (struct segment){ pa, 1 };
	return 0;
}

static bool has(const struct core *core, size_t segment, uint64_t pa)
{
	const struct segment *s = &core->segments[segment];

	return pa >= s->pa && pa - s->pa < s->pages * core->page_size;
}

static int find_segments(struct core *core, struct problem *why)
{
	uint64_t pa = 0;
	bool readable;
	int err = 0;

	while (!err && snapshot_next(core->source, &pa, &readable)) {
		if (pa % core->page_size)
			return problem(why, -EBADMSG,
				       "the snapshot has a table at 0x%llx, which is "
				       "no page's address",
				       (unsigned long long)pa);
		if (readable)
			err = add_page(core, pa);
		else
			core->stats->left_out++;
		pa++;
	}
	if (err)
		return problem(why, err, "out of memory");
	while (core->root < core->nr && !has(core, core->root, core->kernel->root_pa))
		core->root++;
	core->stats->segments = core->nr;
	return core->nr ? 0 : problem(why, -ENODATA, "the snapshot has no tables");
}

static int make_note(struct core *core, struct recording *recording, struct problem *why)
{
	struct recorded record;
	Elf64_Nhdr *header;
	int more;

	recording_begin(recording, 1ULL << PWT_REC_VMCOREINFO);
	while ((more = recording_next(recording, &record)) > 0)
		if (record.type == PWT_REC_VMCOREINFO)
			break;
	if (more <= 0)
		return problem(why, more ? more : -ENODATA, "the recording has no VMCOREINFO");
	core->note_size = sizeof(*header) + sizeof(NOTE_NAME) + ((record.size + 3) & ~3UL);
	core->note = calloc(1, core->note_size);
	if (!core->note)
		return problem(why, -ENOMEM, "out of memory");
	header = (Elf64_Nhdr *)core->note;
	*header = (Elf64_Nhdr){ sizeof(NOTE_NAME) - 1, record.size, 0 };
	memcpy(core->note + sizeof(*header), NOTE_NAME, sizeof(NOTE_NAME));
	memcpy(core->note + sizeof(*header) + sizeof(NOTE_NAME), record.data, record.size);
	return 0;
}

/* Where things lie in the file. */
struct layout {
	uint64_t headers, section, note, pages;
};

/* The note's, those of the segments, and the topmost table's. */
static size_t count_headers(const struct core *core)
{
	return 1 + core->nr + (core->root < core->nr);
}

static struct layout layout_of(const struct core *core)
{
	size_t nr = count_headers(core);
	bool many = nr >= PN_XNUM;
	struct layout layout = { .headers = sizeof(Elf64_Ehdr) };

	layout.section = layout.headers + nr * sizeof(Elf64_Phdr);
	layout.note = layout.section + many * sizeof(Elf64_Shdr);
	layout.pages = layout.note + core->note_size + core->page_size - 1;
	layout.pages &= ~(core->page_size - 1);
	return layout;
}

/* More segments than e_phnum can tell are told by the first section header. */
static int write_header(const struct core *core, const struct layout *layout, size_t nr)
{
	bool many = nr >= PN_XNUM;
	const Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = EM_AARCH64,
		.e_version = EV_CURRENT,
		.e_phoff = layout->headers,
		.e_shoff = many ? layout->section : 0,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = many ? PN_XNUM : nr,
		.e_shentsize = many ? sizeof(Elf64_Shdr) : 0,
		.e_shnum = many,
	};

	return sink_write(core->sink, &header, sizeof(header));
}

/* As kdump's, p_align is 0: by that crash tells it from what netdump left. */
static Elf64_Phdr load_header(const struct core *core, const struct segment *segment,
			      uint64_t vaddr, uint64_t offset)
{
	uint64_t size = segment->pages * core->page_size;

	return (Elf64_Phdr){ .p_type = PT_LOAD,
			     .p_flags = PF_R | PF_W,
			     .p_offset = offset,
			     .p_vaddr = vaddr,
			     .p_paddr = segment->pa,
			     .p_filesz = size,
			     .p_memsz = size };
}

static void fill_headers(const struct core *core, const struct layout *layout, Elf64_Phdr *header)
{
	const struct segment root = { core->kernel->root_pa, 1 };
	uint64_t at = layout->pages;

	*header++ = (Elf64_Phdr){ .p_type = PT_NOTE,
				  .p_offset = layout->note,
				  .p_filesz = core->note_size,
				  .p_memsz = core->note_size };
	for (size_t i = 0; i < core->nr; i++) {
		const struct segment *segment = &core->segments[i];

		if (i == core->root)
			*header++ = load_header(core, &root, core->kernel->root_va,
						at + (root.pa - segment->pa));
		*header++ = load_header(core, segment,
					kernel_phys_to_virt(core->kernel, segment->pa), at);
		at += segment->pages * core->page_size;
	}
}

static int write_headers(const struct core *core, const struct layout *layout)
{
	size_t nr = count_headers(core);
	Elf64_Phdr *headers __free = calloc(nr, sizeof(*headers));
	const Elf64_Shdr section = { .sh_info = nr };
	int err;

	if (!headers)
		return -ENOMEM;
	fill_headers(core, layout, headers);
	err = write_header(core, layout, nr);
	if (!err)
		err = sink_write(core->sink, headers, nr * sizeof(*headers));
	return err || nr < PN_XNUM ? err : sink_write(core->sink, &section, sizeof(section));
}

static int write_note(const struct core *core, const struct layout *layout)
{
	size_t size = layout->pages - layout->note;
	char *padded __free = calloc(1, size);

	if (!padded)
		return -ENOMEM;
	memcpy(padded, core->note, core->note_size);
	return sink_write(core->sink, padded, size);
}

static int write_pages(const struct core *core)
{
	int err = 0;

	for (size_t i = 0; i < core->nr && !err; i++)
		for (uint64_t n = 0; n < core->segments[i].pages && !err; n++) {
			uint64_t pa = core->segments[i].pa + n * core->page_size;
			const void *page;
			uint8_t state;

			err = core->source->read(core->source, &pa, 1, &page, &state);
			if (!err && state == PAGE_ABSENT)
				err = -EBADMSG;
			if (!err)
				err = sink_write(core->sink, page, core->page_size);
		}
	return err;
}

static int write_all(const struct core *core, struct problem *why)
{
	struct layout layout = layout_of(core);
	int err = write_headers(core, &layout);

	if (!err)
		err = write_note(core, &layout);
	if (!err)
		err = write_pages(core);
	return err ? problem(why, err, "the core cannot be written: %s", strerror(-err)) : 0;
}

int core_write(struct sink *sink, struct recording *recording, struct source *source,
	       const struct kernel *kernel, struct core_stats *stats, struct problem *why)
{
	struct core core = {
		.sink = sink,
		.source = source,
		.kernel = kernel,
		.page_size = geometry_page_size(&kernel->geo),
		.stats = stats,
	};
	int err;

	*stats = (struct core_stats){};
	err = find_segments(&core, why);
	if (!err)
		err = make_note(&core, recording, why);
	if (!err)
		err = write_all(&core, why);
	free(core.segments);
	free(core.note);
	return err;
}
