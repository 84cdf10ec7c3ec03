/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmlinux-gen: a vmlinux.h from a kernel's type information (BTF).
 *
 * A kernel file is hostile until it has been checked: sizes are bounded, and no offset or type id
 * is used before it has been compared with what holds it.
 */
#ifndef VMLINUX_GEN_H
#define VMLINUX_GEN_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "BTF is read as the host's own");

#define MIB	     ((size_t)1 << 20)
#define INPUT_MAX    (2048 * MIB) /* a vmlinux with debug information has about 500 MiB */
#define UNPACKED_MAX (256 * MIB)  /* an Image has about 60 MiB */
#define BTF_MAX	     (64 * MIB)	  /* BTF of a distribution's kernel has about 6 MiB */

/* Why something failed, in words for the user; main() adds what it was about. */
struct why {
	char text[4096];
	size_t len;
};

/** fail() - set the reason, replacing an older one. Returns -@err. */
int fail(struct why *why, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/** also_failed() - add a line to the reason; a full buffer keeps what it has. Returns -@err. */
int also_failed(struct why *why, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Bytes in memory; @data belongs to the blob and comes from malloc(). */
struct blob {
	unsigned char *data;
	size_t size;
};

int blob_read(struct blob *blob, const char *path, struct why *why);
int blob_write(const void *data, size_t size, const char *path, struct why *why);
bool blob_has(const struct blob *blob, size_t off, const void *bytes, size_t size);
uint32_t blob_u32(const struct blob *blob, size_t off);

static inline void blob_free(struct blob *blob)
{
	free(blob->data);
	*blob = (struct blob){};
}

static inline void btf_cleanup(struct btf **btf)
{
	btf__free(*btf);
}

static inline void file_cleanup(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void free_cleanup(void *ptr)
{
	free(*(void **)ptr);
}

#define __blob	__attribute__((cleanup(blob_free)))
#define __btf	__attribute__((cleanup(btf_cleanup)))
#define __file	__attribute__((cleanup(file_cleanup)))
#define __freed __attribute__((cleanup(free_cleanup)))

/* decompress.c: the first member or frame of @size bytes at @data; never more than UNPACKED_MAX. */
int gunzip(const unsigned char *data, size_t size, struct blob *out, struct why *why);
int unzstd(const unsigned char *data, size_t size, struct blob *out, struct why *why);

/* zboot.c: EFI zboot, the self-decompressing arm64 kernel (CONFIG_EFI_ZBOOT). */
bool zboot_is(const struct blob *file);
int zboot_unpack(const struct blob *file, struct blob *image, struct why *why);

/* image.c, elf.c: the BTF in a kernel, checked. The caller frees it. */
bool image_is(const struct blob *file);
int image_btf(const struct blob *file, struct btf **btf, struct why *why);
int elf_btf(const struct blob *file, struct btf **btf, struct why *why);

/**
 * btf_header_at() - the size in bytes of the BTF at @off, by its header
 * @room:	how far the BTF may reach, from @off
 *
 * Returns 0 and the reason if there is no sound header.
 */
size_t btf_header_at(const unsigned char *data, size_t room, struct why *why);
/** btf_from_bytes() - parse BTF and check it with btf_check() */
int btf_from_bytes(const unsigned char *data, size_t size, struct btf **btf, struct why *why);

/* kernel.c: BTF from any file that vmlinux-gen understands. */
int kernel_btf(const struct blob *file, struct btf **btf, struct why *why);

/**
 * btf_check() - refuse BTF on which libbpf or select.c would crash, loop, or run away
 *
 * Names are C identifiers, type ids exist, members lie in order inside their struct, no type
 * contains itself, and the header that comes out has a sane size.
 */
int btf_check(const struct btf *btf, struct why *why);

/* refs.c: the type ids that a type holds, in place, so that they can be followed and rewritten. */
unsigned int type_ref_count(const struct btf_type *type);
uint32_t *type_ref(const struct btf_type *type, unsigned int i);

/* list.c: the list of wanted types, see types.txt for its language. */
struct member {
	char *name;
	bool optional;
};

struct root {
	int kind;   /* BTF_KIND_STRUCT, _UNION, _ENUM or _TYPEDEF */
	char *name; /* "" for an enum that is known by its enumerators */
	bool optional;
	bool partial; /* only @members, instead of all */
	struct member *members;
	unsigned int nr_members;
	unsigned int line;
	uint32_t id; /* set by select.c: the type in the kernel's BTF, 0 if not there */
};

struct list {
	struct root *roots;
	unsigned int nr_roots;
	uint32_t crc; /* of the words of the list: comments and spaces do not count */
};

int list_read(struct list *list, const char *path, struct why *why);
int list_parse(struct list *list, const char *text, size_t size, struct why *why);
void list_free(struct list *list);
const char *kind_name(int kind);

/* find.c: fill in the roots' ids; all that is missing is told, not just the first. */
int find_roots(const struct btf *btf, struct list *list, struct why *why);
/** find_member() - by name, also inside unnamed structs and unions; NULL if there is none */
const struct btf_member *find_member(const struct btf *btf, const struct btf_type *type,
				     const char *name, uint32_t *bits);

/* select.c: a new BTF with the listed types and what they need to be complete. */
int select_types(const struct btf *btf, const struct list *list, struct btf **out, struct why *why);

/**
 * header_text() - print BTF as a header for BPF programs
 * @origin:	words for the comment on top
 * @text:	the header, from malloc()
 */
int header_text(const struct btf *btf, const char *origin, char **text, size_t *size,
		struct why *why);

#endif
