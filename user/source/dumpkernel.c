// SPDX-License-Identifier: GPL-2.0-only
/* Which kernel it is whose memory a file has: its VMCOREINFO and its symbols. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dumpfile.h"
#include "geometry/descriptor.h"
#include "kernel/kcore.h"

/* The note's page is aligned to one, whatever their size. */
#define STEP	    4096U
#define CHUNK	    (1U << 20)
#define MOST_NOTES  8
#define MOST_UNREAD 1024
#define NOTE_HEADER 24 /* Elf64_Nhdr, and the name with what pads it */

/*
 * kernel/vmcore_info.c keeps the whole note in memory, in pages of its own: where the file has it
 * not among its notes, as QEMU's without -device vmcoreinfo, it is found there. One of an earlier
 * boot may be left, too.
 */
struct search {
	struct dumpfile *file;
	char *notes[MOST_NOTES];
	unsigned int nr;
	bool too_many;
	unsigned int unread; /* chunks that should be there, and are not */
	char *chunk;
};

static int add_note(struct search *search, char *text)
{
	for (unsigned int i = 0; i < search->nr; i++) {
		if (strcmp(search->notes[i], text))
			continue;
		free(text);
		return 0;
	}
	if (search->nr == MOST_NOTES) {
		search->too_many = true;
		free(text);
		return 0;
	}
	search->notes[search->nr++] = text;
	return 0;
}

static int take_note(struct search *search, uint64_t pa, size_t size)
{
	char *text = calloc(1, size + 1);
	int err;

	if (!text)
		return -ENOMEM;
	err = search->file->read(search->file, pa + NOTE_HEADER, text, size);
	if (!err && strncmp(text, "OSRELEASE=", 10))
		err = -ENODATA;
	if (!err)
		return add_note(search, text);
	free(text);
	return err == -ENODATA ? 0 : err;
}

static int look_at(struct search *search, uint64_t pa, const char *page)
{
	Elf64_Nhdr note;

	memcpy(&note, page, sizeof(note));
	if (note.n_namesz != 11 || !note.n_descsz || note.n_descsz > VMCOREINFO_MAX ||
	    memcmp(page + sizeof(note), "VMCOREINFO", 11))
		return 0;
	return take_note(search, pa, note.n_descsz);
}

static int search_piece(struct search *search, const struct dump_piece *piece)
{
	uint64_t at = (piece->start + STEP - 1) & ~(STEP - 1ULL);
	uint64_t end = piece->start + (piece->size - 1);
	int err = 0;

	while (!err && at >= piece->start && at <= end && end - at >= STEP - 1) {
		size_t size = end - at < CHUNK - 1 ? (end - at + 1) & ~(STEP - 1ULL) : CHUNK;

		err = search->file->read(search->file, at, search->chunk, size);
		for (size_t i = 0; i < size && !err; i += STEP)
			err = look_at(search, at + i, search->chunk + i);
		/* what cannot be read has no note in it */
		if (err == -ENODATA && search->unread++ < MOST_UNREAD)
			err = 0;
		at += size;
	}
	return err;
}

static int search_memory(struct search *search)
{
	struct dump_piece piece = {};
	uint64_t at = 0;
	int err;

	search->chunk = malloc(CHUNK);
	if (!search->chunk)
		return -ENOMEM;
	while (!(err = search->file->piece(search->file, at, &piece))) {
		err = search_piece(search, &piece);
		at = piece.start + piece.size;
		if (err || !at)
			break;
	}
	return err == -ENOENT ? 0 : err;
}

/* Does a table lie where it says, that leads to another one? */
static bool has_tables(struct dumpfile *file, const char *info)
{
	struct kernel kernel = {};
	struct problem unused;
	uint64_t *root __free = NULL, word;
	unsigned int nr;

	if (kernel_parse_vmcoreinfo(&kernel, info, &unused))
		return false;
	nr = geometry_entries(&kernel.geo, geometry_top(&kernel.geo));
	root = calloc(nr, sizeof(*root));
	if (!root || file->read(file, kernel.root_pa, root, nr * sizeof(*root)))
		return false;
	for (unsigned int i = 0; i < nr; i++)
		if (desc_table(root[i], geometry_top(&kernel.geo)) &&
		    !file->read(file, desc_address(&kernel.geo, root[i]), &word, sizeof(word)))
			return true;
	return false;
}

static int choose_note(struct search *search, char **text, struct problem *why)
{
	unsigned int found = MOST_NOTES;

	for (unsigned int i = 0; i < search->nr; i++) {
		if (!has_tables(search->file, search->notes[i]))
			continue;
		if (found != MOST_NOTES || search->too_many)
			return problem(why, -ENOTUNIQ,
				       "the memory has the VMCOREINFO of more than one kernel: "
				       "give the right one with --vmcoreinfo");
		found = i;
	}
	if (found == MOST_NOTES)
		return problem(why, -ENOENT,
			       "the file has no VMCOREINFO, among its notes or in memory, that "
			       "fits what is in it: give that of its kernel with --vmcoreinfo "
			       "(/sys/kernel/vmcoreinfo tells where it lies)");
	*text = search->notes[found];
	search->notes[found] = NULL;
	return 0;
}

static int find_note(struct dumpfile *file, char **text, struct problem *why)
{
	struct search search = { .file = file };
	int err = file->note(file, text);

	if (err != -ENOENT)
		return err ? problem(why, err, "the notes cannot be read: %s", strerror(-err)) : 0;
	err = search_memory(&search);
	err = err ? problem(why, err, "the memory cannot be searched for VMCOREINFO: %s",
			    strerror(-err)) :
		    choose_note(&search, text, why);
	for (unsigned int i = 0; i < search.nr; i++)
		free(search.notes[i]);
	free(search.chunk);
	return err;
}

/* Text, or a note with the text in it. */
static int load_note(const char *path, char **text, struct problem *why)
{
	FILE *file __fclose = fopen(path, "re");
	size_t size;

	*text = calloc(1, VMCOREINFO_MAX + 1);
	if (!*text)
		return problem(why, -ENOMEM, "out of memory");
	if (!file)
		return problem(why, -errno, "cannot open %s: %s", path, strerror(errno));
	size = fread(*text, 1, VMCOREINFO_MAX, file);
	if (ferror(file))
		return problem(why, -EIO, "cannot read %s", path);
	if (size > NOTE_HEADER && !memcmp(*text + sizeof(Elf64_Nhdr), "VMCOREINFO", 11))
		memmove(*text, *text + NOTE_HEADER, size - NOTE_HEADER + 1);
	return 0;
}

static void take_release(struct kernel *kernel, const char *info)
{
	const char *at = strstr(info, "OSRELEASE=");

	if (!at || (at != info && at[-1] != '\n'))
		return;
	at += strlen("OSRELEASE=");
	snprintf(kernel->release, sizeof(kernel->release), "%.*s", (int)strcspn(at, "\n"), at);
	/* it is shown: what a terminal would obey is not */
	for (char *c = kernel->release; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c == 127)
			*c = '?';
}

/* "SYMBOL(name)=ffff..."; it is known where each begins, and not how far it goes. */
static int note_symbols(struct kallsyms *syms, const char *info)
{
	char line[160], name[96];
	int err = 0;

	for (const char *at = info, *nl; at && !err; at = nl ? nl + 1 : NULL) {
		unsigned long long addr;
		int len;

		nl = strchr(at, '\n');
		if (sscanf(at, "SYMBOL(%95[a-zA-Z0-9_.$])=%llx", name, &addr) != 2)
			continue;
		len = snprintf(line, sizeof(line), "%016llx ? %s\n%016llx ? \n", addr, name,
			       addr + 1);
		err = kallsyms_add(syms, line, len);
	}
	kallsyms_finish(syms);
	return err;
}

/* A System.map has addresses as they were linked, without KASLR's offset. */
static int place_symbols(const struct kernel *kernel, struct kallsyms *syms, const char *info,
			 const char *path, struct problem *why)
{
	uint64_t there = kallsyms_find(syms, "swapper_pg_dir"), moved = 0;

	vmcoreinfo_number(info, "KERNELOFFSET", 16, &moved);
	if (there && there == kernel->root_va)
		return 0;
	if (!there || there + moved != kernel->root_va)
		return problem(why, -EINVAL,
			       "%s has the symbols of another kernel, or of another boot of it: "
			       "swapper_pg_dir is at 0x%llx there, and at 0x%llx in the file",
			       path, (unsigned long long)there,
			       (unsigned long long)kernel->root_va);
	kallsyms_move(syms, moved);
	return 0;
}

static int load_symbols(const struct kernel *kernel, struct kallsyms **syms, const char *info,
			const char *path, struct problem *why)
{
	int err = path ? kallsyms_load(syms, path) : kallsyms_new(syms);

	if (err == -EPERM)
		return problem(why, err, "%s shows no addresses: it was read without the right to",
			       path);
	if (err)
		return problem(why, err, "cannot read symbols from %s: %s",
			       path ? path : "VMCOREINFO",
			       err == -EINVAL ? "it is no kallsyms and no System.map" :
						strerror(-err));
	if (path)
		err = place_symbols(kernel, *syms, info, path, why);
	else if (note_symbols(*syms, info))
		err = problem(why, -EINVAL, "the symbols in VMCOREINFO make no sense");
	if (err) {
		kallsyms_free(*syms);
		*syms = NULL;
	}
	return err;
}

int dumpfile_kernel(struct dumpfile *file, const struct dump_hints *hints, struct kernel *kernel,
		    struct problem *why)
{
	struct zone_range *image = &kernel->zones.range[ZONE_IMAGE];
	struct kallsyms *syms = NULL;
	char *info __free = NULL;
	int err;

	memset(kernel, 0, sizeof(*kernel));
	err = hints->vmcoreinfo ? load_note(hints->vmcoreinfo, &info, why) :
				  find_note(file, &info, why);
	if (!err)
		err = kernel_parse_vmcoreinfo(kernel, info, why);
	if (!err)
		err = load_symbols(kernel, &syms, info, hints->symbols, why);
	if (err)
		return err;
	take_release(kernel, info);
	kernel_use_symbols(kernel, syms);
	kernel->splits_unknown = kernel->rodata_full_unknown = true;
	if (!image->start || image->end <= image->start) {
		*image = (struct zone_range){};
		if (file->image)
			file->image(file, kernel->root_va - kernel->root_pa, image);
	}
	err = dumpfile_memory(file, kernel, why);
	if (!err && hints->symbols)
		kernel_load_state(kernel);
	return err;
}
