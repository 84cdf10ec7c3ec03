// SPDX-License-Identifier: GPL-2.0-only
/* The header is that of drivers/firmware/efi/libstub/zboot-header.S. */
#include <errno.h>
#include <string.h>

#include "vmlinux-gen.h"

#define ZBOOT_MAGIC_OFF	   4
#define ZBOOT_PAYLOAD_OFF  8
#define ZBOOT_PAYLOAD_SIZE 12
#define ZBOOT_COMP_OFF	   24
#define ZBOOT_COMP_LEN	   32 /* up to the PE magic */
#define ZBOOT_HEADER_SIZE  (ZBOOT_COMP_OFF + ZBOOT_COMP_LEN)

static const struct {
	const char *name;
	int (*unpack)(const unsigned char *data, size_t size, struct blob *out, struct why *why);
} methods[] = {
	{ "gzip", gunzip },
	{ "zstd", unzstd },
	{ "zstd22", unzstd },
};

bool zboot_is(const struct blob *file)
{
	return blob_has(file, 0, "MZ", 2) && blob_has(file, ZBOOT_MAGIC_OFF, "zimg", 4);
}

/* The name comes from the file: shown with nothing in it that a terminal would act on. */
static void comp_name(const struct blob *file, char name[static ZBOOT_COMP_LEN + 1])
{
	memcpy(name, file->data + ZBOOT_COMP_OFF, ZBOOT_COMP_LEN);
	name[ZBOOT_COMP_LEN] = '\0';
	for (char *c = name; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
}

static int payload_check(const struct blob *file, size_t off, size_t size, struct why *why)
{
	if (off >= ZBOOT_HEADER_SIZE && off <= file->size && size <= file->size - off)
		return 0;
	return fail(why, EINVAL,
		    "the zboot header puts %zu compressed bytes at 0x%zx, the file has "
		    "%zu bytes: cut off or damaged, copy it again",
		    size, off, file->size);
}

int zboot_unpack(const struct blob *file, struct blob *image, struct why *why)
{
	char name[ZBOOT_COMP_LEN + 1];
	size_t off, size;
	int err;

	if (file->size < ZBOOT_HEADER_SIZE)
		return fail(why, EINVAL, "the zboot header is cut off: copy the file again");
	off = blob_u32(file, ZBOOT_PAYLOAD_OFF);
	size = blob_u32(file, ZBOOT_PAYLOAD_SIZE);
	err = payload_check(file, off, size, why);
	if (err)
		return err;
	comp_name(file, name);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (!strcmp(name, methods[i].name))
			return methods[i].unpack(file->data + off, size, image, why);
	}
	return fail(why, ENOTSUP,
		    "an EFI zboot kernel compressed with \"%s\", gzip and zstd are known: "
		    "give the uncompressed Image or the running kernel's /sys/kernel/btf/vmlinux",
		    name);
}
