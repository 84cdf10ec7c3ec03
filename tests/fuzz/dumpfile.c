// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file of any bytes as --source: what it is, which kernel's, its memory, and a walk over the
 * tables that it has. It is read or refused, and takes neither long nor much memory.
 */
#include "source/dumpfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dump/leaves.h"
#include "kernel/kcore.h"
#include "source/stream.h"

/* By addresses that tables lead from, and by those that need none. */
static void look_at_memory(const struct kernel *kernel)
{
	uint8_t buf[64];

	for (enum zone zone = 0; zone < ZONE_NR; zone++) {
		const struct zone_range *range = &kernel->zones.range[zone];

		for (int i = 0; i < 8; i++)
			kcore_get(kernel->memory,
				  range->start + (range->end - range->start) / 8 * i, buf,
				  sizeof(buf));
		kcore_get(kernel->memory, range->end - 32, buf, sizeof(buf));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t runs;
};

static void see(void *ctx, const struct leaf_run *run)
{
	struct seen *seen = ctx;

	if (!run->size || run->level >= PGTABLE_NR_LEVELS)
		abort();
	seen->runs++;
}

static void walk(struct dumpfile *file, const struct kernel *kernel)
{
	const struct leaves_options options = { .holes = true };
	const uint64_t base = -(1ULL << kernel->geo.va_bits);
	struct source *source = NULL;
	struct stream *stream = NULL;
	struct seen seen = {};
	struct problem why;

	if (dumpfile_source(&source, file, &kernel->geo, &why) ||
	    stream_open(&stream, source, &kernel->geo, kernel->root_pa, base))
		abort();
	struct mm_struct mm = {
		.geo = &kernel->geo,
		.memory = stream_memory(stream),
		.root = kernel->root_pa,
		.mmap_lock.count = -1,
	};
	/* a table above itself has no end: some of it will do */
	stream_begin(stream, base + (4ULL << 30));
	leaves_walk(&mm, base, base + (4ULL << 30), &options, see, &seen);
	stream_close(stream);
	source_close(source);
}

/* Pieces are in order, and what a piece has can be read. */
static void look_at_pieces(struct dumpfile *file)
{
	struct dump_piece piece;
	uint64_t at = 0;
	uint8_t byte;

	for (unsigned int i = 0; i < 1000 && !file->piece(file, at, &piece); i++) {
		if (!piece.size || piece.start + (piece.size - 1) < at)
			abort();
		if (file->read(file, piece.start, &byte, 1) ||
		    file->read(file, piece.start + (piece.size - 1), &byte, 1))
			abort();
		at = piece.start + piece.size;
		if (!at)
			break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct dump_hints hints = {};
	struct dumpfile *file = NULL;
	struct kernel kernel;
	struct problem why;
	uint64_t value;
	char path[64];
	int fd = memfd_create("dump", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!dumpfile_open(&file, path, &why)) {
		look_at_pieces(file);
		if (!dumpfile_kernel(file, &hints, &kernel, &why)) {
			kernel_variable(&kernel, "swapper_pg_dir", 8, &value);
			look_at_memory(&kernel);
			walk(file, &kernel);
			kernel_close(&kernel);
		}
		dumpfile_close(file);
	}
	close(fd);
	return 0;
}
