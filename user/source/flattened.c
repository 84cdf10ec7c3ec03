// SPDX-License-Identifier: GPL-2.0-only
/*
 * makedumpfile's flattened format, which QEMU writes too: pieces of a file, each with the place
 * that it belongs to, for a pipe. All integers are big endian.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/read_at.h"
#include "dumpfile.h"

#define HEADER_SIZE 4096
#define COPY_SIZE   (256U << 10)
/* Where a piece may end: such a file is sparse, what is written is no more than was read. */
#define MOST_OFFSET (1ULL << 50)

struct piece {
	uint64_t offset, size; /* both -1: the end */
};

/* Without a name, in TMPDIR: it goes away with its descriptor. */
static int temporary(void)
{
	const char *dir = getenv("TMPDIR") ?: "/tmp";
	char path[4096];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || errno == ENOENT)
		return fd < 0 ? -errno : fd;
	if (snprintf(path, sizeof(path), "%s/pwtrace.XXXXXX", dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

static int write_at(int fd, const char *data, size_t size, uint64_t offset)
{
	while (size) {
		ssize_t done = pwrite(fd, data, size, offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -EIO;
		data += done;
		offset += done;
		size -= done;
	}
	return 0;
}

static int copy(int to, int from, uint64_t at, const struct piece *piece, char *buf)
{
	for (uint64_t done = 0; done < piece->size;) {
		uint64_t left = piece->size - done;
		size_t size = left < COPY_SIZE ? left : COPY_SIZE;
		int err = read_at(from, buf, size, at + done);

		if (!err)
			err = write_at(to, buf, size, piece->offset + done);
		if (err)
			return err;
		done += size;
	}
	return 0;
}

/* -ENODATA: it ends before its end; -EBADMSG: it makes no sense. */
static int copy_all(int to, int from, char *buf)
{
	uint64_t at = HEADER_SIZE;
	struct piece piece;

	for (;;) {
		int err = read_at(from, &piece, sizeof(piece), at);

		if (err)
			return err;
		at += sizeof(piece);
		piece.offset = be64toh(piece.offset);
		piece.size = be64toh(piece.size);
		if (piece.offset == ~0ULL && piece.size == ~0ULL)
			return 0;
		if (piece.size > MOST_OFFSET || piece.offset > MOST_OFFSET - piece.size)
			return -EBADMSG;
		err = copy(to, from, at, &piece, buf);
		if (err)
			return err;
		at += piece.size;
	}
}

int flattened_unpack(int *out, int fd, const char *path, struct problem *why)
{
	char *buf __free = malloc(COPY_SIZE);
	int to, err;

	if (!buf)
		return problem(why, -ENOMEM, "out of memory");
	to = temporary();
	if (to < 0)
		return problem(why, to, "cannot put %s in order in $TMPDIR: %s", path,
			       strerror(-to));
	err = copy_all(to, fd, buf);
	if (err) {
		close(to);
		return problem(why, err, "cannot put the pieces of %s in order: %s", path,
			       err == -ENODATA ? "it was cut off" :
			       err == -EBADMSG ? "it makes no sense" :
						 strerror(-err));
	}
	*out = to;
	return 0;
}
