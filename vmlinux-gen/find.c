// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "vmlinux-gen.h"

static const char *name_at(const struct btf *btf, uint32_t off)
{
	return btf__str_by_offset(btf, off);
}

static const struct btf_type *skip_mods(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (btf_is_mod(type))
		type = btf__type_by_id(btf, type->type);
	return type;
}

const struct btf_member *find_member(const struct btf *btf, const struct btf_type *type,
				     const char *name, uint32_t *bits)
{
	const struct btf_member *m = btf_members(type), *found;

	for (unsigned int i = 0; i < btf_vlen(type); i++, m++) {
		const struct btf_type *inner;

		if (!strcmp(name_at(btf, m->name_off), name)) {
			*bits = btf_member_bitfield_size(type, i);
			return m;
		}
		inner = m->name_off ? NULL : skip_mods(btf, m->type);
		found = inner && btf_is_composite(inner) ? find_member(btf, inner, name, bits) :
							   NULL;
		if (found)
			return found;
	}
	return NULL;
}

static bool has_enumerator(const struct btf *btf, const struct btf_type *type, const char *name)
{
	for (unsigned int i = 0; i < btf_vlen(type); i++) {
		uint32_t off = btf_is_enum(type) ? btf_enum(type)[i].name_off :
						   btf_enum64(type)[i].name_off;

		if (!strcmp(name_at(btf, off), name))
			return true;
	}
	return false;
}

static bool has_member(const struct btf *btf, const struct btf_type *type, const char *name)
{
	uint32_t bits;

	if (btf_is_any_enum(type))
		return has_enumerator(btf, type, name);
	return find_member(btf, type, name, &bits);
}

/* The first wanted member that is not there, or NULL. */
static const char *missing_member(const struct btf *btf, const struct btf_type *type,
				  const struct root *root)
{
	for (unsigned int i = 0; i < root->nr_members; i++) {
		const struct member *m = &root->members[i];

		if (!m->optional && !has_member(btf, type, m->name))
			return m->name;
	}
	return NULL;
}

static bool is_named_as(const struct btf *btf, const struct btf_type *type, const struct root *root)
{
	int kind = btf_is_enum64(type) ? BTF_KIND_ENUM : btf_kind(type);

	return kind == root->kind && !strcmp(name_at(btf, type->name_off), root->name);
}

/*
 * A name can stand for several types (two files of the kernel may each have a struct of that
 * name), so the first that has all wanted members is taken.
 */
static void find_root(const struct btf *btf, struct root *root, uint32_t *same_name)
{
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (!is_named_as(btf, type, root))
			continue;
		if (!missing_member(btf, type, root)) {
			root->id = id;
			return;
		}
		if (!*same_name)
			*same_name = id;
	}
}

static const char *other_kind(const struct btf *btf, const struct root *root)
{
	static const int kinds[] = { BTF_KIND_STRUCT, BTF_KIND_UNION, BTF_KIND_ENUM };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (btf__find_by_name_kind(btf, root->name, kinds[i]) > 0)
			return kind_name(kinds[i]);
	}
	return NULL;
}

static int root_missing(const struct btf *btf, const struct root *root, uint32_t same_name,
			struct why *why)
{
	const char *other;

	if (!*root->name)
		return also_failed(why, ENOENT, "line %u: no unnamed enum has %s%s", root->line,
				   root->members[0].name,
				   root->nr_members > 1 ? " and the rest" : "");
	if (same_name)
		return also_failed(why, ENOENT, "line %u: %s %s has no %s", root->line,
				   kind_name(root->kind), root->name,
				   missing_member(btf, btf__type_by_id(btf, same_name), root));
	other = root->kind == BTF_KIND_TYPEDEF ? other_kind(btf, root) : NULL;
	if (other)
		return also_failed(why, ENOENT, "line %u: no typedef %s, write '%s %s'", root->line,
				   root->name, other, root->name);
	return also_failed(why, ENOENT, "line %u: no %s %s", root->line, kind_name(root->kind),
			   root->name);
}

int find_roots(const struct btf *btf, struct list *list, struct why *why)
{
	int err = 0;

	why->len = 0;
	for (unsigned int i = 0; i < list->nr_roots; i++) {
		struct root *root = &list->roots[i];
		uint32_t same_name = 0;

		find_root(btf, root, &same_name);
		if (!root->id && !root->optional)
			err = root_missing(btf, root, same_name, why);
		for (unsigned int j = 0; root->id && j < i; j++) {
			if (list->roots[j].id == root->id)
				err = also_failed(why, EINVAL, "line %u: the enum of line %u",
						  root->line, list->roots[j].line);
		}
	}
	return err;
}
