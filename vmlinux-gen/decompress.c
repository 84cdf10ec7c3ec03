// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <zlib.h>
#include <zstd.h>

#include "vmlinux-gen.h"

/* Make room for more output: twice as much each time, up to the limit. */
static int out_grow(struct blob *out, size_t *room, struct why *why)
{
	size_t want = *room ? *room * 2 : 4 * MIB;
	void *data;

	if (*room == UNPACKED_MAX)
		return fail(why, EFBIG, "unpacks to more than %zu MiB: not a kernel",
			    UNPACKED_MAX / MIB);
	if (want > UNPACKED_MAX)
		want = UNPACKED_MAX;
	data = realloc(out->data, want);
	if (!data)
		return fail(why, ENOMEM, "out of memory");
	out->data = data;
	*room = want;
	return 0;
}

static int gunzip_step(z_stream *z, struct blob *out, size_t room)
{
	int ret;

	z->next_out = out->data + out->size;
	z->avail_out = room - out->size;
	ret = inflate(z, Z_NO_FLUSH);
	out->size = room - z->avail_out;
	return ret;
}

static int gunzip_all(z_stream *z, struct blob *out, struct why *why)
{
	size_t room = 0;
	int ret = Z_OK;

	while (ret != Z_STREAM_END) {
		if (out->size == room && out_grow(out, &room, why))
			return -EFBIG;
		ret = gunzip_step(z, out, room);
		if (ret == Z_BUF_ERROR || (ret == Z_OK && !z->avail_in && out->size < room))
			return fail(why, EINVAL,
				    "the gzip data is cut off after %zu bytes: "
				    "copy the file again",
				    (size_t)z->total_in);
		if (ret != Z_OK && ret != Z_STREAM_END)
			return fail(why, EINVAL, "the gzip data is damaged at byte %zu: %s",
				    (size_t)z->total_in, z->msg ? z->msg : "unknown error");
	}
	return 0;
}

int gunzip(const unsigned char *data, size_t size, struct blob *out, struct why *why)
{
	z_stream z = { .next_in = (unsigned char *)data, .avail_in = size };
	int err;

	*out = (struct blob){};
	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return fail(why, ENOMEM, "out of memory");
	err = gunzip_all(&z, out, why);
	inflateEnd(&z);
	if (err)
		blob_free(out);
	return err;
}

static int unzstd_all(ZSTD_DStream *z, ZSTD_inBuffer *in, struct blob *out, struct why *why)
{
	size_t room = 0, ret = 1;

	while (ret) {
		ZSTD_outBuffer buf;

		if (out->size == room && out_grow(out, &room, why))
			return -EFBIG;
		buf = (ZSTD_outBuffer){ out->data, room, out->size };
		ret = ZSTD_decompressStream(z, &buf, in);
		out->size = buf.pos;
		if (ZSTD_isError(ret))
			return fail(why, EINVAL, "the zstd data is damaged at byte %zu: %s",
				    in->pos, ZSTD_getErrorName(ret));
		if (ret && in->pos == in->size && buf.pos < room)
			return fail(why, EINVAL,
				    "the zstd data is cut off after %zu bytes: "
				    "copy the file again",
				    in->pos);
	}
	return 0;
}

int unzstd(const unsigned char *data, size_t size, struct blob *out, struct why *why)
{
	ZSTD_DStream *z = ZSTD_createDStream();
	ZSTD_inBuffer in = { data, size, 0 };
	int err;

	*out = (struct blob){};
	if (!z)
		return fail(why, ENOMEM, "out of memory");
	err = unzstd_all(z, &in, out, why);
	ZSTD_freeDStream(z);
	if (err)
		blob_free(out);
	return err;
}
