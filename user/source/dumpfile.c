// SPDX-License-Identifier: GPL-2.0-only
#include "base/read_at.h"
#include "dumpfile.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/kcore.h"

#define MOST_PAGES 520
#define MAGIC_SIZE 16

enum kind { NO_DUMP, ELF, KDUMP, FLATTENED };

static enum kind kind_of(int fd)
{
	char magic[MAGIC_SIZE] = "";

	/* a file that is shorter is none of these */
	if (read_at(fd, magic, sizeof(magic), 0))
		return NO_DUMP;
	if (!memcmp(magic, ELFMAG, SELFMAG))
		return ELF;
	if (!memcmp(magic, "KDUMP   ", 8) || !memcmp(magic, "DISKDUMP", 8))
		return KDUMP;
	return memcmp(magic, "makedumpfile\0\0\0", 16) ? NO_DUMP : FLATTENED;
}

static int open_regular(const char *path, struct problem *why)
{
	/* what has the name may be a FIFO that nobody writes to */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;
	struct stat st;

	if (fd < 0)
		return problem(why, -errno, "cannot open %s: %s", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		err = problem(why, -EINVAL, "%s is no regular file", path);
	else
		return fd;
	close(fd);
	return err;
}

int dumpfile_open(struct dumpfile **out, const char *path, struct problem *why)
{
	int fd = open_regular(path, why), err;
	enum kind kind;

	if (fd < 0)
		return fd;
	kind = kind_of(fd);
	if (kind == FLATTENED) {
		int unpacked;

		err = flattened_unpack(&unpacked, fd, path, why);
		close(fd);
		if (err)
			return err;
		fd = unpacked;
		kind = kind_of(fd);
	}
	if (kind == ELF)
		return elfcore_open(out, fd, path, why);
	if (kind == KDUMP)
		return kdump_open(out, fd, path, why);
	close(fd);
	return problem(why, -ENOEXEC,
		       "%s is none of what is read: a recording of pwtrace's, an ELF core with "
		       "physical memory, or makedumpfile's compressed format",
		       path);
}

struct by_dump {
	struct source source; /* first */
	struct dumpfile *file;
	size_t page_size;
	char *pages;
};

static int read_pages(struct source *source, const uint64_t *pa, size_t nr, const void **pages,
		      uint8_t *states)
{
	struct by_dump *by = (struct by_dump *)source;

	*pages = by->pages;
	for (size_t i = 0; i < nr; i++) {
		char *page = by->pages + i * by->page_size;
		int err = by->file->read(by->file, pa[i], page, by->page_size);

		if (err && err != -ENODATA)
			return err;
		states[i] = err ? PAGE_ABSENT : PAGE_READ;
		if (err)
			memset(page, 0, by->page_size);
	}
	return 0;
}

static void close_source(struct source *source)
{
	struct by_dump *by = (struct by_dump *)source;

	free(by->pages);
	free(by);
}

int dumpfile_source(struct source **out, struct dumpfile *file, const struct geometry *geo,
		    struct problem *why)
{
	struct by_dump *by = calloc(1, sizeof(*by));

	if (by)
		by->pages = malloc(MOST_PAGES * geometry_page_size(geo));
	if (!by || !by->pages) {
		free(by);
		return problem(why, -ENOMEM, "out of memory");
	}
	by->source = (struct source){
		.name = file->format,
		.most = MOST_PAGES,
		.read = read_pages,
		.close = close_source,
	};
	by->file = file;
	by->page_size = geometry_page_size(geo);
	*out = &by->source;
	return 0;
}
