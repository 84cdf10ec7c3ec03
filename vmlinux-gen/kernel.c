// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "vmlinux-gen.h"

static int raw_btf(const struct blob *file, struct btf **btf, struct why *why)
{
	return btf_from_bytes(file->data, file->size, btf, why);
}

static bool btf_is(const struct blob *file)
{
	return blob_has(file, 0, "\x9f\xeb", 2) || blob_has(file, 0, "\xeb\x9f", 2);
}

static bool elf_is(const struct blob *file)
{
	return blob_has(file, 0,
			"\x7f"
			"ELF",
			4);
}

static const struct {
	bool (*is)(const struct blob *file);
	int (*btf)(const struct blob *file, struct btf **btf, struct why *why);
} formats[] = {
	{ btf_is, raw_btf },
	{ elf_is, elf_btf },
	{ image_is, image_btf },
};

static int unpacked_btf(const struct blob *file, struct btf **btf, struct why *why)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].is(file))
			return formats[i].btf(file, btf, why);
	}
	if (blob_has(file, 0x202, "HdrS", 4))
		return fail(why, ENOTSUP,
			    "an x86 bzImage: only arm64 kernels are unpacked, "
			    "give a vmlinux or BTF file");
	return fail(why, EINVAL,
		    "not a kernel: give a BTF file, an ELF vmlinux, or an arm64 Image "
		    "(plain, gzip or EFI zboot)");
}

/* One layer is unpacked and no more: a compressed file within a compressed file is no kernel. */
int kernel_btf(const struct blob *file, struct btf **btf, struct why *why)
{
	struct blob inner __blob = {};
	int err;

	*btf = NULL;
	if (zboot_is(file))
		err = zboot_unpack(file, &inner, why);
	else if (blob_has(file, 0, "\x1f\x8b", 2))
		err = gunzip(file->data, file->size, &inner, why);
	else
		return unpacked_btf(file, btf, why);
	return err ? err : unpacked_btf(&inner, btf, why);
}
