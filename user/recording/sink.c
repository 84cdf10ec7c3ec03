// SPDX-License-Identifier: GPL-2.0-only
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int to_stdout(struct sink *sink)
{
	struct stat st;

	if (isatty(STDOUT_FILENO))
		return -ENOTTY;
	sink->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (sink->fd < 0 || fstat(sink->fd, &st))
		return -errno;
	sink->seekable = false;
	return 0;
}

/* The name may be taken: by a file of an earlier run, which makes room, or by something else. */
static int make_room(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EMLINK;
	return unlink(path) ? -errno : 0;
}

int sink_open(struct sink *sink, const char *path)
{
	int err;

	*sink = (struct sink){ .fd = -1 };
	if (!strcmp(path, "-"))
		return to_stdout(sink);
	err = make_room(path);
	if (err)
		return err;
	sink->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (sink->fd < 0)
		return -errno;
	sink->seekable = true;
	/* whatever the umask says */
	return fchmod(sink->fd, 0600) ? -errno : 0;
}

int sink_try(const char *path, struct problem *why)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", path);
	if (!access(dirname(folder), W_OK | X_OK))
		return 0;
	return problem(why, -errno, "cannot write to the folder of %s: %s", path, strerror(errno));
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t done = write(fd, data, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -EIO;
		data += done;
		size -= done;
	}
	return 0;
}

int sink_write(struct sink *sink, const void *data, size_t size)
{
	int err = write_all(sink->fd, data, size);

	if (!err)
		sink->size += size;
	else if (sink->seekable && !ftruncate(sink->fd, sink->size))
		lseek(sink->fd, sink->size, SEEK_SET);
	return err;
}

int sink_close(struct sink *sink)
{
	int err = 0;

	if (sink->fd < 0)
		return 0;
	if (close(sink->fd))
		err = -errno;
	sink->fd = -1;
	return err;
}
