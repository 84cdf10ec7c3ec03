// SPDX-License-Identifier: GPL-2.0-only
/*
 * The notes of an ELF core, one by one: QEMU has some for each processor, and with thousands of
 * those there are megabytes of them.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/read_at.h"
#include "dumpfile.h"
#include "kernel/kcore.h"

#define NOTE_NAME "VMCOREINFO"

static bool is_vmcoreinfo(int fd, uint64_t at, const Elf64_Nhdr *note)
{
	char name[sizeof(NOTE_NAME)];

	return note->n_namesz == sizeof(name) && note->n_descsz <= VMCOREINFO_MAX &&
	       !read_at(fd, name, sizeof(name), at) && !memcmp(name, NOTE_NAME, sizeof(name));
}

/* What was cut off is not there. */
static int read_text(int fd, uint64_t at, size_t size, char **text)
{
	int err;

	*text = calloc(1, size + 1);
	if (!*text)
		return -ENOMEM;
	err = read_at(fd, *text, size, at);
	if (!err)
		return 0;
	free(*text);
	*text = NULL;
	return err == -ENODATA ? -ENOENT : err;
}

int elfnote_vmcoreinfo(int fd, uint64_t offset, uint64_t size, unsigned int *left, char **text)
{
	uint64_t at = offset, end = offset + size;
	Elf64_Nhdr note;

	while (*left && at < end && end - at >= sizeof(note)) {
		uint64_t desc;

		--*left;
		if (read_at(fd, &note, sizeof(note), at))
			break;
		at += sizeof(note);
		desc = at + ((note.n_namesz + 3ULL) & ~3ULL);
		if (is_vmcoreinfo(fd, at, &note))
			return read_text(fd, desc, note.n_descsz, text);
		at = desc + ((note.n_descsz + 3ULL) & ~3ULL);
	}
	return -ENOENT;
}
