// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF cores with physical memory. p_paddr is what counts: p_vaddr is that of the linear map in
 * kdump's, of the linear map or of the image, and that of QEMU's says nothing.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/read_at.h"
#include "dumpfile.h"

/* Of a file that is to be believed. A note of QEMU's is one of a processor's registers. */
#define MOST_SEGMENTS (1U << 20)
#define MOST_NOTES    (1U << 16)
#define HEADERS_READ  512
#define LEAST_IMAGE   (1U << 20) /* smaller is a part of it */

struct segment {
	uint64_t start, size; /* physical */
	uint64_t offset;      /* in the file */
};

struct elfcore {
	struct dumpfile file; /* first */
	int fd;
	uint64_t size; /* of the file */
	Elf64_Ehdr header;
	struct segment *segments; /* by start, none reaches into another */
	size_t nr, room;
	uint64_t nr_headers;
};

static int check_header(struct elfcore *core, const char *path, struct problem *why)
{
	const Elf64_Ehdr *header = &core->header;
	int err = read_at(core->fd, &core->header, sizeof(*header), 0);

	if (err)
		return problem(why, err, "%s was cut off in its header", path);
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
	    header->e_machine != EM_AARCH64)
		return problem(why, -EINVAL,
			       "%s is an ELF file for another machine (%u) than arm64, little "
			       "endian",
			       path, header->e_machine);
	if (header->e_type != ET_CORE || header->e_phentsize != sizeof(Elf64_Phdr))
		return problem(why, -EINVAL,
			       "%s is an ELF file, and no core: give what kdump, QEMU or pwtrace "
			       "export --core wrote",
			       path);
	return 0;
}

/* More than 65534 are told in the first section header (gABI, chapter 4). */
static int count_headers(struct elfcore *core, const char *path, struct problem *why)
{
	Elf64_Shdr section;

	core->nr_headers = core->header.e_phnum;
	if (core->header.e_phnum == PN_XNUM) {
		int err = read_at(core->fd, &section, sizeof(section), core->header.e_shoff);

		if (err)
			return problem(why, err, "%s was cut off before its section header", path);
		core->nr_headers = section.sh_info;
	}
	if (core->nr_headers > MOST_SEGMENTS)
		return problem(why, -E2BIG, "%s has %llu segments, more than %u are not read", path,
			       (unsigned long long)core->nr_headers, MOST_SEGMENTS);
	return 0;
}

typedef int (*header_fn)(struct elfcore *core, const Elf64_Phdr *header, void *ctx);

/* Call @fn for each header until it returns something else than 0. */
static int each_header(struct elfcore *core, header_fn fn, void *ctx)
{
	Elf64_Phdr headers[HEADERS_READ];
	int err = 0;

	for (uint64_t i = 0; i < core->nr_headers && !err; i += HEADERS_READ) {
		uint64_t left = core->nr_headers - i, at = core->header.e_phoff;
		size_t nr = left < HEADERS_READ ? left : HEADERS_READ;

		err = read_at(core->fd, headers, nr * sizeof(*headers), at + i * sizeof(*headers));
		for (size_t n = 0; n < nr && !err; n++)
			err = fn(core, &headers[n], ctx);
	}
	return err;
}

static int add_segment(struct elfcore *core, const struct segment *segment)
{
	if (core->nr == core->room) {
		size_t room = core->room ? core->room * 2 : 64;
		struct segment *more = realloc(core->segments, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		core->segments = more;
		core->room = room;
	}
	core->segments[core->nr++] = *segment;
	return 0;
}

/* What a header says as far as it is true. /proc/kcore has -1 where it knows no address. */
static int take_segment(struct elfcore *core, const Elf64_Phdr *header, void *ctx)
{
	struct segment segment = { header->p_paddr, header->p_filesz, header->p_offset };
	uint64_t there = segment.offset < core->size ? core->size - segment.offset : 0;

	(void)ctx;
	if (header->p_type != PT_LOAD || !segment.size ||
	    segment.start + (segment.size - 1) < segment.start)
		return 0;
	if (segment.size > there) {
		core->file.missing += segment.size - there;
		segment.size = there;
	}
	return segment.size ? add_segment(core, &segment) : 0;
}

static int by_start(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->size > y->size ? -1 : x->size < y->size;
}

/* kdump has the kernel's image once more: the first that has a byte has it. */
static void cut_overlaps(struct elfcore *core)
{
	uint64_t end = 0; /* of what is had already, less one; nothing ends at 0 */
	size_t nr = 0;

	for (size_t i = 0; i < core->nr; i++) {
		struct segment segment = core->segments[i];
		uint64_t last = segment.start + (segment.size - 1);

		if (nr && segment.start <= end) {
			uint64_t cut = end - segment.start + 1;

			if (last <= end)
				continue;
			segment.start += cut;
			segment.offset += cut;
			segment.size -= cut;
		}
		end = last;
		core->segments[nr++] = segment;
	}
	core->nr = nr;
}

/* The first segment that ends behind @pa. */
static const struct segment *find(const struct elfcore *core, uint64_t pa)
{
	size_t low = 0, high = core->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (core->segments[mid].start + (core->segments[mid].size - 1) < pa)
			low = mid + 1;
		else
			high = mid;
	}
	return low < core->nr ? &core->segments[low] : NULL;
}

static int read_memory(struct dumpfile *file, uint64_t pa, void *buf, size_t size)
{
	const struct elfcore *core = (const struct elfcore *)file;
	char *to = buf;

	while (size) {
		const struct segment *segment = find(core, pa);
		uint64_t into, room;
		int err;

		if (!segment || pa < segment->start)
			return -ENODATA;
		into = pa - segment->start;
		room = segment->size - into;
		if (room > size)
			room = size;
		err = read_at(core->fd, to, room, segment->offset + into);
		if (err)
			return err;
		to += room;
		pa += room;
		size -= room;
	}
	return 0;
}

static int piece(struct dumpfile *file, uint64_t pa, struct dump_piece *piece)
{
	const struct segment *segment = find((const struct elfcore *)file, pa);

	if (!segment)
		return -ENOENT;
	*piece = (struct dump_piece){ segment->start, segment->size };
	return 0;
}

struct note_search {
	unsigned int left; /* notes that may be looked at */
	char *text;
};

/* 1: it is found. */
static int search_notes(struct elfcore *core, const Elf64_Phdr *header, void *ctx)
{
	struct note_search *search = ctx;
	int err;

	if (header->p_type != PT_NOTE)
		return 0;
	err = elfnote_vmcoreinfo(core->fd, header->p_offset, header->p_filesz, &search->left,
				 &search->text);
	return err == -ENOENT ? 0 : err ? err : 1;
}

static int read_note(struct dumpfile *file, char **text)
{
	struct note_search search = { .left = MOST_NOTES };
	int found = each_header((struct elfcore *)file, search_notes, &search);

	*text = search.text;
	return found < 0 ? found : found ? 0 : -ENOENT;
}

struct image_search {
	uint64_t voffset;
	struct zone_range *range;
};

/* 1: this one is the image's. */
static int is_image(struct elfcore *core, const Elf64_Phdr *header, void *ctx)
{
	const struct image_search *search = ctx;

	(void)core;
	if (header->p_type != PT_LOAD || header->p_memsz < LEAST_IMAGE ||
	    header->p_vaddr - header->p_paddr != search->voffset ||
	    header->p_vaddr + header->p_memsz < header->p_vaddr)
		return 0;
	*search->range = (struct zone_range){ header->p_vaddr, header->p_vaddr + header->p_memsz };
	return 1;
}

static int find_image(struct dumpfile *file, uint64_t voffset, struct zone_range *range)
{
	struct image_search search = { voffset, range };
	int found = each_header((struct elfcore *)file, is_image, &search);

	return found < 0 ? found : found ? 0 : -ENOENT;
}

static void close_core(struct dumpfile *file)
{
	struct elfcore *core = (struct elfcore *)file;

	close(core->fd);
	free(core->segments);
	free(core);
}

static int read_segments(struct elfcore *core, const char *path, struct problem *why)
{
	int err = count_headers(core, path, why);
	uint64_t total = 0;

	if (err)
		return err;
	err = each_header(core, take_segment, NULL);
	if (err)
		return problem(why, err, "the program headers of %s cannot be read: %s", path,
			       err == -ENODATA ? "it was cut off" : strerror(-err));
	if (core->nr)
		qsort(core->segments, core->nr, sizeof(*core->segments), by_start);
	cut_overlaps(core);
	if (!core->nr)
		return problem(why, -ENODATA, "%s has no memory in it", path);
	/* or a few bytes could be made a memory without end */
	for (size_t i = 0; i < core->nr; i++)
		total += core->segments[i].size;
	return total <= core->size ?
		       0 :
		       problem(why, -EBADMSG, "%s makes no sense: its segments share what is in it",
			       path);
}

int elfcore_open(struct dumpfile **out, int fd, const char *path, struct problem *why)
{
	struct elfcore *core = calloc(1, sizeof(*core));
	struct stat st = {};
	int err;

	if (!core) {
		close(fd);
		return problem(why, -ENOMEM, "out of memory");
	}
	core->file = (struct dumpfile){ .format = "elf",
					.read = read_memory,
					.piece = piece,
					.note = read_note,
					.image = find_image,
					.close = close_core };
	core->fd = fd;
	err = fstat(fd, &st) ? problem(why, -errno, "cannot read %s: %s", path, strerror(errno)) :
			       check_header(core, path, why);
	core->size = st.st_size;
	if (!err)
		err = read_segments(core, path, why);
	if (err) {
		close_core(&core->file);
		return err;
	}
	*out = &core->file;
	return 0;
}
