// SPDX-License-Identifier: GPL-2.0-only
#include "types.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 8

struct types {
	struct btf *btf;
};

/* @btf: NULL where errno says why. */
static int open_btf(struct types **out, struct btf *btf)
{
	struct types *types;

	if (!btf)
		return errno ? -errno : -ENOENT;
	types = calloc(1, sizeof(*types));
	if (!types) {
		btf__free(btf);
		return -ENOMEM;
	}
	types->btf = btf;
	*out = types;
	return 0;
}

int types_open(struct types **out, const char *path)
{
	return open_btf(out, path ? btf__parse(path, NULL) : btf__load_vmlinux_btf());
}

int types_open_data(struct types **out, const void *data, size_t size)
{
	return open_btf(out, btf__new(data, size));
}

void types_close(struct types *types)
{
	if (!types)
		return;
	btf__free(types->btf);
	free(types);
}

static const struct btf_type *without_modifiers(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	for (int i = 0; i < 32 && type && (btf_is_mod(type) || btf_is_typedef(type)); i++)
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* The member of that name, with its type in @id; also in what has no name inside of @type. */
static bool find_member(const struct btf *btf, const struct btf_type *type, const char *name,
			size_t len, struct member *member, uint32_t *id, unsigned int depth)
{
	const struct btf_member *members = btf_members(type);

	for (uint32_t i = 0; i < btf_vlen(type) && depth < MAX_DEPTH; i++) {
		const char *own = btf__name_by_offset(btf, members[i].name_off);
		uint32_t bits = btf_member_bit_offset(type, i), offset = member->offset;
		const struct btf_type *inner = without_modifiers(btf, members[i].type);

		if (own && *own) {
			if (strlen(own) != len || strncmp(own, name, len))
				continue;
			if (btf_member_bitfield_size(type, i) || bits % 8)
				return false;
			member->offset += bits / 8;
			*id = members[i].type;
			return true;
		}
		if (!inner || !btf_is_composite(inner))
			continue;
		member->offset += bits / 8;
		if (find_member(btf, inner, name, len, member, id, depth + 1))
			return true;
		member->offset = offset;
	}
	return false;
}

static const struct btf_type *find_struct(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	return id > 0 ? btf__type_by_id(btf, id) : NULL;
}

int types_member(const struct types *types, const char *name, const char *path,
		 struct member *member)
{
	const struct btf_type *type = find_struct(types->btf, name);
	uint32_t id = 0;
	int64_t size;

	*member = (struct member){};
	for (const char *end; path; path = *end ? end + 1 : NULL) {
		end = strchr(path, '.');
		if (!end)
			end = path + strlen(path);
		if (!type || !btf_is_composite(type) ||
		    !find_member(types->btf, type, path, end - path, member, &id, 0))
			return -ENOENT;
		type = without_modifiers(types->btf, id);
	}
	size = btf__resolve_size(types->btf, id);
	if (size < 0)
		return -ENOENT;
	member->size = size;
	return 0;
}

uint32_t types_size(const struct types *types, const char *name)
{
	const struct btf_type *type = find_struct(types->btf, name);

	return type ? type->size : 0;
}

int types_enumerator(const struct types *types, const char *name, const char *enumerator,
		     uint64_t *value)
{
	int id = btf__find_by_name_kind(types->btf, name, BTF_KIND_ENUM);
	const struct btf_type *type = id > 0 ? btf__type_by_id(types->btf, id) : NULL;

	for (uint32_t i = 0; type && i < btf_vlen(type); i++) {
		const struct btf_enum *one = &btf_enum(type)[i];
		const char *own = btf__name_by_offset(types->btf, one->name_off);

		if (own && !strcmp(own, enumerator)) {
			*value = one->val;
			return 0;
		}
	}
	return -ENOENT;
}
