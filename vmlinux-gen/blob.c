// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "vmlinux-gen.h"

static void why_vadd(struct why *why, const char *fmt, va_list args)
{
	size_t room = sizeof(why->text) - why->len;
	int len = vsnprintf(why->text + why->len, room, fmt, args);

	if (len < 0 || (size_t)len >= room)
		why->text[why->len ? why->len - 1 : sizeof(why->text) - 1] = '\0';
	else
		why->len += len;
}

int fail(struct why *why, int err, const char *fmt, ...)
{
	va_list args;

	why->len = 0;
	va_start(args, fmt);
	why_vadd(why, fmt, args);
	va_end(args);
	return -err;
}

int also_failed(struct why *why, int err, const char *fmt, ...)
{
	va_list args;

	if (why->len && why->len + 1 < sizeof(why->text))
		why->text[why->len++] = '\n';
	va_start(args, fmt);
	why_vadd(why, fmt, args);
	va_end(args);
	return -err;
}

bool blob_has(const struct blob *blob, size_t off, const void *bytes, size_t size)
{
	return blob->size >= size && off <= blob->size - size &&
	       !memcmp(blob->data + off, bytes, size);
}

/* The caller has checked that @off + 4 is inside. */
uint32_t blob_u32(const struct blob *blob, size_t off)
{
	uint32_t val;

	memcpy(&val, blob->data + off, sizeof(val));
	return val;
}

static int blob_grow(struct blob *blob, size_t *room)
{
	size_t want = *room ? *room * 2 : MIB;
	void *data = realloc(blob->data, want);

	if (!data)
		return -ENOMEM;
	blob->data = data;
	*room = want;
	return 0;
}

/* No fstat(): a pipe has no size, and that of a file in /sys is not to be relied on. */
static int blob_fill(struct blob *blob, int fd)
{
	size_t room = 0;
	ssize_t len;

	for (;;) {
		if (blob->size == room && blob_grow(blob, &room))
			return -ENOMEM;
		len = read(fd, blob->data + blob->size, room - blob->size);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			return len ? -errno : 0;
		blob->size += len;
		if (blob->size > INPUT_MAX)
			return -EFBIG;
	}
}

int blob_read(struct blob *blob, const char *path, struct why *why)
{
	int fd, err;

	*blob = (struct blob){};
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(why, errno, "cannot be opened: %m");
	err = blob_fill(blob, fd);
	close(fd);
	if (!err)
		return 0;
	blob_free(blob);
	return fail(why, -err, "cannot be read: %s", strerror(-err));
}

int blob_write(const void *data, size_t size, const char *path, struct why *why)
{
	bool is_stdout = !strcmp(path, "-");
	FILE *file = is_stdout ? stdout : fopen(path, "we");
	bool bad;

	if (!file)
		return fail(why, errno, "cannot be written: %m");
	bad = fwrite(data, 1, size, file) != size || fflush(file);
	if (!is_stdout)
		bad |= fclose(file) != 0;
	return bad ? fail(why, EIO, "cannot be written: %m") : 0;
}
