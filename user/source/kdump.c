// SPDX-License-Identifier: GPL-2.0-only
/*
 * makedumpfile's compressed format, by libkdumpfile, which is not made for files that mean harm: it
 * works in a process of its own, with limits, which is asked for memory. If that dies the file
 * cannot be read, and that is all.
 */
#include "dumpfile.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#ifndef HAVE_KDUMPFILE

int kdump_open(struct dumpfile **out, int fd, const char *path, struct problem *why)
{
	(void)out;
	close(fd);
	return problem(why, -EOPNOTSUPP,
		       "%s is a compressed dump of makedumpfile's, and this pwtrace was built "
		       "without libkdumpfile: build it where libkdumpfile-dev is installed",
		       path);
}

#else

#include <libkdumpfile/kdumpfile.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "kernel/kcore.h"

#define MOST_BYTES   (64U << 10) /* asked for at once */
#define TIME_LIMIT   60		 /* seconds for an answer */
#define MEMORY_LIMIT (2UL << 30)

enum asked_for { MEMORY, PIECE, NOTE };

struct question {
	uint32_t what, size;
	uint64_t pa;
};

/* Followed by @size bytes. */
struct answer {
	int32_t err;
	uint32_t size;
};

/* 0; -EPIPE: the other side is gone; or -errno. */
static int send_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		ssize_t done = send(fd, at, size, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -EPIPE;
		at += done;
		size -= done;
	}
	return 0;
}

static int receive_all(int fd, void *data, size_t size)
{
	char *at = data;

	while (size) {
		ssize_t done = recv(fd, at, size, 0);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -EPIPE;
		at += done;
		size -= done;
	}
	return 0;
}

/* The process that reads */

static int errno_of(kdump_status status)
{
	switch (status) {
	case KDUMP_OK:
		return 0;
	case KDUMP_ERR_NODATA:
	case KDUMP_ERR_EOF:
	case KDUMP_ERR_CORRUPT: /* of a page: others may be whole */
		return -ENODATA;
	case KDUMP_ERR_NOKEY:
	case KDUMP_ERR_INVALID:
		return -ENOENT;
	default:
		return -EIO;
	}
}

static int give_memory(kdump_ctx_t *dump, const struct question *question, char *to)
{
	size_t size = question->size;

	return errno_of(kdump_read(dump, KDUMP_MACHPHYSADDR, question->pa, to, &size));
}

/* From a bitmap of pages. */
static int give_piece(kdump_ctx_t *dump, uint64_t pa, struct dump_piece *piece)
{
	kdump_attr_t map = { .type = KDUMP_BITMAP };
	kdump_addr_t first, behind;
	kdump_num_t page = 0;
	int err;

	err = errno_of(kdump_get_number_attr(dump, KDUMP_ATTR_PAGE_SIZE, &page));
	if (!err && !page)
		err = -EIO;
	if (!err)
		err = errno_of(kdump_get_typed_attr(dump, KDUMP_ATTR_FILE_PAGEMAP, &map));
	if (err)
		return err;
	first = pa / page;
	err = errno_of(kdump_bmp_find_set(map.val.bitmap, &first));
	if (err)
		return -ENOENT;
	behind = first;
	if (kdump_bmp_find_clear(map.val.bitmap, &behind) || behind <= first)
		behind = first + 1;
	*piece = (struct dump_piece){ first * page, (behind - first) * page };
	return 0;
}

/* 0, or -errno; @size: of @text. */
static int give_note(kdump_ctx_t *dump, char *to, uint32_t *size)
{
	char *text = NULL;

	if (kdump_vmcoreinfo_raw(dump, &text))
		return -ENOENT;
	*size = strnlen(text, VMCOREINFO_MAX);
	memcpy(to, text, *size);
	free(text);
	return 0;
}

static void answer_all(kdump_ctx_t *dump, int fd)
{
	static char data[MOST_BYTES > VMCOREINFO_MAX ? MOST_BYTES : VMCOREINFO_MAX];
	struct question question;
	struct answer answer;

	while (!receive_all(fd, &question, sizeof(question))) {
		answer.size = question.size;
		if (question.what == MEMORY)
			answer.err = give_memory(dump, &question, data);
		else if (question.what == PIECE)
			answer.err = give_piece(dump, question.pa, (struct dump_piece *)data);
		else
			answer.err = give_note(dump, data, &answer.size);
		if (answer.err)
			answer.size = 0;
		if (send_all(fd, &answer, sizeof(answer)) || send_all(fd, data, answer.size))
			return;
	}
}

static void limit(void)
{
	const struct rlimit memory = { MEMORY_LIMIT, MEMORY_LIMIT }, nothing = {};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &nothing);
#ifndef __SANITIZE_ADDRESS__
	setrlimit(RLIMIT_DATA, &memory);
#else
	(void)memory;
#endif
}

/* The first answer says whether it could be opened: a text if not. */
static void read_for_parent(int file, int fd)
{
	kdump_ctx_t *dump = kdump_new();
	const char *arch, *text = NULL;
	struct answer answer = {};

	if (!dump)
		text = "out of memory";
	/* a mapping of a file that was cut off is SIGBUS */
	else if (kdump_set_number_attr(dump, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER) ||
		 kdump_open_fd(dump, file))
		text = kdump_get_err(dump) ? kdump_get_err(dump) : "it is damaged";
	else if (!kdump_get_string_attr(dump, KDUMP_ATTR_ARCH_NAME, &arch) &&
		 strcmp(arch, KDUMP_ARCH_AARCH64))
		text = "it is of another machine than arm64";
	if (text)
		answer = (struct answer){ -EINVAL, strnlen(text, 255) };
	if (!send_all(fd, &answer, sizeof(answer)) && !send_all(fd, text, answer.size) && !text)
		answer_all(dump, fd);
}

/* The process that asks */

struct kdump {
	struct dumpfile file; /* first */
	pid_t reader;
	int fd, error;
};

/* It is not asked again. */
static int give_up(struct kdump *kdump)
{
	kdump->error = -EIO;
	kill(kdump->reader, SIGKILL);
	return kdump->error;
}

static int ask(struct kdump *kdump, const struct question *question, void *to, size_t room,
	       uint32_t *size)
{
	struct answer answer;

	if (kdump->error)
		return kdump->error;
	if (send_all(kdump->fd, question, sizeof(*question)) ||
	    receive_all(kdump->fd, &answer, sizeof(answer)) || answer.size > room ||
	    receive_all(kdump->fd, to, answer.size))
		return give_up(kdump);
	*size = answer.size;
	return answer.err;
}

static int read_memory(struct dumpfile *file, uint64_t pa, void *buf, size_t size)
{
	char *to = buf;

	while (size) {
		uint32_t part = size < MOST_BYTES ? size : MOST_BYTES, got;
		const struct question question = { MEMORY, part, pa };
		int err = ask((struct kdump *)file, &question, to, part, &got);

		if (err)
			return err;
		to += part;
		pa += part;
		size -= part;
	}
	return 0;
}

static int piece(struct dumpfile *file, uint64_t pa, struct dump_piece *piece)
{
	const struct question question = { PIECE, sizeof(*piece), pa };
	uint32_t got;

	return ask((struct kdump *)file, &question, piece, sizeof(*piece), &got);
}

static int read_note(struct dumpfile *file, char **text)
{
	const struct question question = { NOTE, 0, 0 };
	uint32_t got;
	int err;

	*text = calloc(1, VMCOREINFO_MAX + 1);
	if (!*text)
		return -ENOMEM;
	err = ask((struct kdump *)file, &question, *text, VMCOREINFO_MAX, &got);
	if (err) {
		free(*text);
		*text = NULL;
	}
	return err;
}

static void close_kdump(struct dumpfile *file)
{
	struct kdump *kdump = (struct kdump *)file;

	close(kdump->fd);
	if (kdump->reader > 0) {
		kill(kdump->reader, SIGKILL);
		waitpid(kdump->reader, NULL, 0);
	}
	free(kdump);
}

static int start_reader(struct kdump *kdump, int file)
{
	const struct timeval patience = { .tv_sec = TIME_LIMIT };
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	kdump->fd = fds[0];
	setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	kdump->reader = fork();
	if (!kdump->reader) {
		close(fds[0]);
		limit();
		read_for_parent(file, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	return kdump->reader < 0 ? -errno : 0;
}

static int first_answer(struct kdump *kdump, const char *path, struct problem *why)
{
	struct answer answer;
	char text[256] = "";

	if (receive_all(kdump->fd, &answer, sizeof(answer)) || answer.size >= sizeof(text) ||
	    receive_all(kdump->fd, text, answer.size))
		return problem(why, -EIO, "libkdumpfile cannot cope with %s", path);
	return answer.err ?
		       problem(why, answer.err, "libkdumpfile cannot read %s: %s", path, text) :
		       0;
}

int kdump_open(struct dumpfile **out, int fd, const char *path, struct problem *why)
{
	struct kdump *kdump = calloc(1, sizeof(*kdump));
	int err;

	if (!kdump) {
		close(fd);
		return problem(why, -ENOMEM, "out of memory");
	}
	kdump->file = (struct dumpfile){ .format = "kdump",
					 .read = read_memory,
					 .piece = piece,
					 .note = read_note,
					 .close = close_kdump };
	kdump->fd = -1;
	err = start_reader(kdump, fd);
	close(fd);
	err = err ? problem(why, err, "cannot read %s: %s", path, strerror(-err)) :
		    first_answer(kdump, path, why);
	if (err) {
		close_kdump(&kdump->file);
		return err;
	}
	*out = &kdump->file;
	return 0;
}

#endif
