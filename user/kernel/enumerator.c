// SPDX-License-Identifier: GPL-2.0-only
#include "enumerator.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define FILE_MAX (256 << 20)

/* The file's two sections. */
struct sections {
	const char *types, *end;
	const char *names;
	uint32_t names_len;
};

static bool find_sections(struct sections *sections, const char *file, size_t size)
{
	struct btf_header header;
	uint64_t types, names;

	if (size < sizeof(header))
		return false;
	memcpy(&header, file, sizeof(header));
	types = (uint64_t)header.hdr_len + header.type_off;
	names = (uint64_t)header.hdr_len + header.str_off;
	if (header.magic != BTF_MAGIC || types % 4 || types + header.type_len > size ||
	    names + header.str_len > size || !header.str_len || file[names + header.str_len - 1])
		return false;
	*sections = (struct sections){
		.types = file + types,
		.end = file + types + header.type_len,
		.names = file + names,
		.names_len = header.str_len,
	};
	return true;
}

static bool named(const struct sections *sections, uint32_t offset, const char *name)
{
	return offset < sections->names_len && !strcmp(sections->names + offset, name);
}

/* Bytes that follow a type of the kind; -1: there is no such kind. */
static int64_t more_of(uint32_t info)
{
	uint32_t members = BTF_INFO_VLEN(info);

	switch (BTF_INFO_KIND(info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
		return sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return members * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return members * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return members * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return members * sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return members * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	default:
		return -1;
	}
}

static int in_enum(const struct sections *sections, const struct btf_enum *one, uint32_t nr,
		   const char *enumerator, uint64_t *value)
{
	for (; nr; nr--, one++) {
		if (named(sections, one->name_off, enumerator)) {
			*value = one->val;
			return 0;
		}
	}
	return -ENOENT;
}

static int search(const struct sections *sections, const char *name, const char *enumerator,
		  uint64_t *value)
{
	int err = -ENOENT;

	for (const char *at = sections->types; err && at != sections->end;) {
		const struct btf_type *type = (const void *)at;
		size_t left = sections->end - at;
		int64_t more;

		if (left < sizeof(*type))
			return -EBADMSG;
		more = more_of(type->info);
		if (more < 0 || left - sizeof(*type) < (uint64_t)more)
			return -EBADMSG;
		at += sizeof(*type) + more;
		if (BTF_INFO_KIND(type->info) == BTF_KIND_ENUM &&
		    named(sections, type->name_off, name))
			err = in_enum(sections, (const void *)(type + 1), BTF_INFO_VLEN(type->info),
				      enumerator, value);
	}
	return err;
}

/* A file of BTF in memory. */
struct file {
	char *data;
	size_t size;
	bool mapped;
};

static void release(struct file *file)
{
	if (file->mapped)
		munmap(file->data, file->size);
	else
		free(file->data);
}

/* Since a539e2a6d51d (v6.16) the kernel's can be mapped, and nothing is copied. */
static bool map_file(struct file *file, int fd)
{
	file->data = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
	file->mapped = file->data != MAP_FAILED;
	if (!file->mapped)
		file->data = NULL;
	return file->mapped;
}

static int read_file(struct file *file, const char *path)
{
	int fd __close = open(path, O_RDONLY | O_CLOEXEC);
	struct stat stat;
	ssize_t got = 1;

	*file = (struct file){};
	if (fd < 0 || fstat(fd, &stat))
		return -errno;
	if (!stat.st_size || stat.st_size > FILE_MAX)
		return -EBADMSG;
	file->size = stat.st_size;
	if (map_file(file, fd))
		return 0;
	file->data = malloc(stat.st_size);
	if (!file->data)
		return -ENOMEM;
	for (file->size = 0; got > 0 && file->size < (size_t)stat.st_size; file->size += got) {
		got = read(fd, file->data + file->size, stat.st_size - file->size);
		if (got < 0)
			return -errno;
	}
	return 0;
}

int enumerator_find(const char *path, const char *name, const char *enumerator, uint64_t *value)
{
	struct file file __attribute__((cleanup(release)));
	struct sections sections;
	int err = read_file(&file, path ? path : "/sys/kernel/btf/vmlinux");

	if (err)
		return err;
	if (!find_sections(&sections, file.data, file.size))
		return -EBADMSG;
	return search(&sections, name, enumerator, value);
}
