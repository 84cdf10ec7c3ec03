// SPDX-License-Identifier: GPL-2.0-only
#include "kcore.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define NOTE_NAME "VMCOREINFO"
#define NOTES_MAX (1 << 20)
#define PHDRS_MAX 4096

static int read_at(int fd, void *buf, size_t size, uint64_t offset)
{
	ssize_t got = pread(fd, buf, size, offset);

	if (got < 0)
		return -errno;
	return (size_t)got == size ? 0 : -EBADMSG;
}

/* The note named VMCOREINFO among @size bytes of notes. */
static int find_note(const char *notes, size_t size, char **out)
{
	size_t pos = 0;

	while (size - pos >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		size_t name, desc;

		memcpy(&note, notes + pos, sizeof(note));
		name = pos + sizeof(note);
		if (note.n_namesz > size - name)
			return -EBADMSG;
		desc = name + ((note.n_namesz + 3UL) & ~3UL);
		if (desc > size || note.n_descsz > size - desc)
			return -EBADMSG;
		if (note.n_namesz == sizeof(NOTE_NAME) && note.n_descsz <= VMCOREINFO_MAX &&
		    !memcmp(notes + name, NOTE_NAME, sizeof(NOTE_NAME))) {
			*out = strndup(notes + desc, note.n_descsz);
			return *out ? 0 : -ENOMEM;
		}
		pos = desc + ((note.n_descsz + 3UL) & ~3UL);
		if (pos > size)
			break;
	}
	return -ENOENT;
}

static int read_notes(int fd, const Elf64_Phdr *phdr, char **out)
{
	char *notes __free = NULL;
	int err;

	if (!phdr->p_filesz || phdr->p_filesz > NOTES_MAX)
		return -EBADMSG;
	notes = malloc(phdr->p_filesz);
	if (!notes)
		return -ENOMEM;
	err = read_at(fd, notes, phdr->p_filesz, phdr->p_offset);
	return err ? err : find_note(notes, phdr->p_filesz, out);
}

static bool is_core(const Elf64_Ehdr *ehdr)
{
	return !memcmp(ehdr->e_ident, ELFMAG, SELFMAG) && ehdr->e_ident[EI_CLASS] == ELFCLASS64 &&
	       ehdr->e_ident[EI_DATA] == ELFDATA2LSB && ehdr->e_phentsize == sizeof(Elf64_Phdr) &&
	       ehdr->e_phnum <= PHDRS_MAX;
}

typedef int (*segment_fn)(int fd, const Elf64_Phdr *phdr, void *ctx);

/* Call @segment for each program header until it returns something else than -ENOENT. */
static int each_segment(const char *path, segment_fn segment, void *ctx)
{
	int fd __close = open(path, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr ehdr;
	int err;

	if (fd < 0)
		return -errno;
	err = read_at(fd, &ehdr, sizeof(ehdr), 0);
	if (err)
		return err;
	if (!is_core(&ehdr))
		return -EBADMSG;

	for (unsigned int i = 0; i < ehdr.e_phnum; i++) {
		Elf64_Phdr phdr;

		err = read_at(fd, &phdr, sizeof(phdr), ehdr.e_phoff + i * sizeof(phdr));
		if (!err)
			err = segment(fd, &phdr, ctx);
		if (err != -ENOENT)
			return err;
	}
	return -ENOENT;
}

static int note_segment(int fd, const Elf64_Phdr *phdr, void *ctx)
{
	return phdr->p_type == PT_NOTE ? read_notes(fd, phdr, ctx) : -ENOENT;
}

int vmcoreinfo_read_elf(const char *path, char **out)
{
	return each_segment(path, note_segment, out);
}

struct memory {
	uint64_t addr;
	void *buf;
	size_t size;
};

static bool has_memory(const Elf64_Phdr *phdr, uint64_t addr, size_t size)
{
	uint64_t into = addr - phdr->p_vaddr;

	return phdr->p_type == PT_LOAD && addr >= phdr->p_vaddr && into < phdr->p_filesz &&
	       size <= phdr->p_filesz - into;
}

static int memory_segment(int fd, const Elf64_Phdr *phdr, void *ctx)
{
	const struct memory *memory = ctx;

	if (!has_memory(phdr, memory->addr, memory->size))
		return -ENOENT;
	return read_at(fd, memory->buf, memory->size,
		       phdr->p_offset + (memory->addr - phdr->p_vaddr));
}

int kcore_read(const char *path, uint64_t addr, void *buf, size_t size)
{
	struct memory memory = { addr, buf, size };

	return each_segment(path, memory_segment, &memory);
}

struct kcore {
	int fd;
	size_t nr;
	Elf64_Phdr *segments; /* PT_LOAD */
	/* in place of all these, where it is no file */
	kcore_get_fn get;
	void (*close_ctx)(void *ctx);
	void *ctx;
};

static int read_segments(struct kcore *kcore)
{
	Elf64_Ehdr ehdr;
	int err = read_at(kcore->fd, &ehdr, sizeof(ehdr), 0);

	if (err)
		return err;
	if (!is_core(&ehdr))
		return -EBADMSG;
	kcore->segments = calloc(ehdr.e_phnum, sizeof(*kcore->segments));
	if (!kcore->segments)
		return -ENOMEM;
	for (unsigned int i = 0; i < ehdr.e_phnum && !err; i++) {
		Elf64_Phdr *phdr = &kcore->segments[kcore->nr];

		err = read_at(kcore->fd, phdr, sizeof(*phdr), ehdr.e_phoff + i * sizeof(*phdr));
		kcore->nr += phdr->p_type == PT_LOAD;
	}
	return err;
}

int kcore_open(struct kcore **out, const char *path)
{
	struct kcore *kcore = calloc(1, sizeof(*kcore));
	int err;

	if (!kcore)
		return -ENOMEM;
	kcore->fd = open(path, O_RDONLY | O_CLOEXEC);
	err = kcore->fd < 0 ? -errno : read_segments(kcore);
	if (err) {
		kcore_close(kcore);
		return err;
	}
	*out = kcore;
	return 0;
}

void kcore_close(struct kcore *kcore)
{
	if (!kcore)
		return;
	if (kcore->fd >= 0)
		close(kcore->fd);
	if (kcore->close_ctx)
		kcore->close_ctx(kcore->ctx);
	free(kcore->segments);
	free(kcore);
}

int kcore_wrap(struct kcore **out, kcore_get_fn get, void (*close)(void *ctx), void *ctx)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	**out = (struct kcore){ .fd = -1, .get = get, .close_ctx = close, .ctx = ctx };
	return 0;
}

static int get_parts(struct kcore *kcore, uint64_t addr, const struct iovec *parts, size_t nr)
{
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++) {
		err = kcore->get(kcore->ctx, addr, parts[i].iov_base, parts[i].iov_len);
		addr += parts[i].iov_len;
	}
	return err;
}

int kcore_get_parts(struct kcore *kcore, uint64_t addr, const struct iovec *parts, size_t nr)
{
	size_t size = 0;

	if (kcore->get)
		return get_parts(kcore, addr, parts, nr);
	for (size_t i = 0; i < nr; i++)
		size += parts[i].iov_len;
	for (size_t i = 0; i < kcore->nr; i++) {
		const Elf64_Phdr *phdr = &kcore->segments[i];
		ssize_t got;

		if (!has_memory(phdr, addr, size))
			continue;
		got = preadv(kcore->fd, parts, nr, phdr->p_offset + (addr - phdr->p_vaddr));
		if (got < 0)
			return -errno;
		return (size_t)got == size ? 0 : -EBADMSG;
	}
	return -ENOENT;
}

int kcore_get(struct kcore *kcore, uint64_t addr, void *buf, size_t size)
{
	const struct iovec part = { buf, size };

	return kcore_get_parts(kcore, addr, &part, 1);
}

int vmcoreinfo_number(const char *text, const char *key, int base, uint64_t *value)
{
	size_t len = strlen(key);
	char *end;

	while (text && *text) {
		if (!strncmp(text, key, len) && text[len] == '=') {
			errno = 0;
			*value = strtoull(text + len + 1, &end, base);
			if (errno || end == text + len + 1 || isspace((unsigned char)text[len + 1]))
				return -EINVAL;
			return *end && *end != '\n' ? -EINVAL : 0;
		}
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return -ENOENT;
}
