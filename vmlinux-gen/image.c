// SPDX-License-Identifier: GPL-2.0-only
/*
 * BTF inside a raw arm64 Image. Nothing in the Image says where its sections are, so the BTF is
 * found by its own header: magic, version 1, no flags, a header of 24 bytes.
 */
#include <errno.h>
#include <linux/btf.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "vmlinux-gen.h"

#define IMAGE_MAGIC_OFF	  56 /* Documentation/arch/arm64/booting.rst */
#define CANDIDATES	  16
#define BTF_MAGIC_SWAPPED 0x9feb

/* The places that look like BTF, largest first. */
struct candidates {
	struct candidate {
		const unsigned char *data;
		size_t size;
	} at[CANDIDATES];
	unsigned int nr;
};

bool image_is(const struct blob *file)
{
	return blob_has(file, IMAGE_MAGIC_OFF, "ARM\x64", 4);
}

static int sections_check(const struct btf_header *hdr, struct why *why)
{
	uint64_t types_end = (uint64_t)hdr->type_off + hdr->type_len;

	if (hdr->hdr_len != sizeof(*hdr))
		return fail(why, ENOTSUP, "its BTF header has %u bytes where %zu are known",
			    hdr->hdr_len, sizeof(*hdr));
	if (hdr->type_off % 4 || hdr->type_len % 4 || hdr->type_len < sizeof(struct btf_type))
		return fail(why, EINVAL, "its BTF header is damaged: %u bytes of types at %u",
			    hdr->type_len, hdr->type_off);
	if (hdr->str_off < types_end || !hdr->str_len)
		return fail(why, EINVAL, "its BTF header is damaged: %u bytes of names at %u",
			    hdr->str_len, hdr->str_off);
	return 0;
}

static int start_check(const struct btf_header *hdr, struct why *why)
{
	if (hdr->magic == BTF_MAGIC_SWAPPED)
		return fail(why, ENOTSUP, "its BTF is big-endian, arm64 kernels are little-endian");
	if (hdr->magic != BTF_MAGIC)
		return fail(why, EINVAL, "no BTF here: the magic is 0x%04x", hdr->magic);
	if (hdr->version != BTF_VERSION || hdr->flags)
		return fail(why, ENOTSUP,
			    "its BTF has version %u and flags %#x, only 1 and 0 are "
			    "known",
			    hdr->version, hdr->flags);
	return sections_check(hdr, why);
}

size_t btf_header_at(const unsigned char *data, size_t room, struct why *why)
{
	struct btf_header hdr;
	uint64_t size;

	if (room < sizeof(hdr)) {
		fail(why, EINVAL, "its BTF header is cut off");
		return 0;
	}
	memcpy(&hdr, data, sizeof(hdr));
	if (start_check(&hdr, why))
		return 0;
	size = sizeof(hdr) + (uint64_t)hdr.str_off + hdr.str_len;
	if (size > room || size > BTF_MAX) {
		fail(why, EINVAL,
		     "its BTF header speaks of %llu bytes, %zu are there: "
		     "cut off or damaged",
		     (unsigned long long)size, room);
		return 0;
	}
	if (data[sizeof(hdr) + hdr.str_off] || data[size - 1]) {
		fail(why, EINVAL, "its BTF names do not begin and end with a NUL byte: damaged");
		return 0;
	}
	return size;
}

int btf_from_bytes(const unsigned char *data, size_t room, struct btf **btf, struct why *why)
{
	size_t size = btf_header_at(data, room, why);
	int err;

	if (!size)
		return -EINVAL;
	*btf = btf__new(data, size);
	if (!*btf)
		return fail(why, errno,
			    "libbpf %s cannot parse its BTF (%m): damaged, or newer "
			    "than this libbpf",
			    libbpf_version_string());
	err = btf_check(*btf, why);
	if (!err)
		return 0;
	btf__free(*btf);
	*btf = NULL;
	return err;
}

/* A full table loses its smallest, so a file stuffed with headers costs no more than a few. */
static void candidate_add(struct candidates *c, const unsigned char *data, size_t size)
{
	unsigned int i;

	if (c->nr < CANDIDATES)
		c->nr++;
	else if (c->at[CANDIDATES - 1].size >= size)
		return;
	for (i = c->nr - 1; i && c->at[i - 1].size < size; i--)
		c->at[i] = c->at[i - 1];
	c->at[i] = (struct candidate){ data, size };
}

static void candidates_find(struct candidates *c, const struct blob *file)
{
	static const unsigned char start[] = { 0x9f, 0xeb, 1, 0, 24, 0, 0, 0 };
	const unsigned char *end = file->data + file->size;
	const unsigned char *at = file->data;
	struct why ignored;
	size_t size;

	while ((at = memmem(at, end - at, start, sizeof(start)))) {
		size = btf_header_at(at, end - at, &ignored);
		if (size)
			candidate_add(c, at, size);
		at++;
	}
}

int image_btf(const struct blob *file, struct btf **btf, struct why *why)
{
	struct candidates c = {};
	struct why first = {};

	candidates_find(&c, file);
	if (!c.nr)
		return fail(why, ENOENT,
			    "no BTF in this arm64 Image: it is cut off, or was built "
			    "without CONFIG_DEBUG_INFO_BTF");
	for (unsigned int i = 0; i < c.nr; i++) {
		if (!btf_from_bytes(c.at[i].data, c.at[i].size, btf, i ? why : &first))
			return 0;
	}
	*why = first;
	return -EINVAL;
}
