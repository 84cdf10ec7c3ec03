// SPDX-License-Identifier: GPL-2.0-only
/*
 * A small BTF out of a big one: the listed types, and of the rest only what C needs to have them
 * complete. What is only pointed at becomes a forward declaration.
 *
 * First the types are ordered so that each comes after those it holds by value, then they are
 * copied, with type ids translated to their place in that order. Offsets in a partial struct mean
 * nothing (CO-RE puts in the kernel's), so its members are laid out as C would do it, in the order
 * of the list: the header then does not change with the kernel.
 */
#include <errno.h>
#include <string.h>

#include "vmlinux-gen.h"

struct selection {
	const struct btf *src;
	const struct list *list;
	struct btf *dst;
	uint32_t *order; /* type ids in src, by id in dst - 1 */
	uint32_t nr;
	uint32_t *place; /* id in dst of each type of src, 0 if it has none */
	bool *complete;	 /* what it holds by value is in the order as well */
	bool *declared;	 /* a forward declaration is enough so far */
	struct why *why;
};

static const char *name_of(const struct selection *s, const struct btf_type *type)
{
	return btf__str_by_offset(s->src, type->name_off);
}

static const struct btf_type *type_of(const struct selection *s, uint32_t id)
{
	return btf__type_by_id(s->src, id);
}

/* What a name belongs to in C: a forward declaration is of the struct or union itself. */
static int tag_kind(const struct btf_type *type)
{
	if (btf_is_fwd(type))
		return btf_kflag(type) ? BTF_KIND_UNION : BTF_KIND_STRUCT;
	return btf_is_enum64(type) ? BTF_KIND_ENUM : btf_kind(type);
}

/* Equal names have one place among the strings: the kernel's build has seen to it. */
static bool same_name(const struct selection *s, uint32_t a, uint32_t b)
{
	const struct btf_type *x = type_of(s, a), *y = type_of(s, b);

	return x->name_off == y->name_off && tag_kind(x) == tag_kind(y);
}

/*
 * The type that stands for @id: annotations that only the kernel's checkers read are dropped, and
 * of several types with one name the listed one is taken, or else the first that was met.
 */
static uint32_t stand_in(const struct selection *s, uint32_t id)
{
	while (btf_is_type_tag(type_of(s, id)))
		id = type_of(s, id)->type;
	if (!id || !*name_of(s, type_of(s, id)))
		return id;
	for (unsigned int i = 0; i < s->list->nr_roots; i++) {
		if (s->list->roots[i].id && same_name(s, s->list->roots[i].id, id))
			return s->list->roots[i].id;
	}
	for (uint32_t i = 0; i < s->nr; i++) {
		if (same_name(s, s->order[i], id))
			return s->order[i];
	}
	return id;
}

static const struct root *root_of(const struct selection *s, uint32_t id)
{
	for (unsigned int i = 0; i < s->list->nr_roots; i++) {
		if (s->list->roots[i].id == id)
			return &s->list->roots[i];
	}
	return NULL;
}

static void put_in_order(struct selection *s, uint32_t id)
{
	if (s->place[id])
		return;
	s->order[s->nr++] = id;
	s->place[id] = s->nr;
}

static void visit(struct selection *s, uint32_t id, bool by_pointer);

static void visit_members(struct selection *s, const struct btf_type *type, const struct root *root)
{
	for (unsigned int i = 0; i < root->nr_members; i++) {
		uint32_t bits;
		const struct btf_member *m = find_member(s->src, type, root->members[i].name,
							 &bits);

		if (m)
			visit(s, m->type, false);
	}
}

static void visit_inside(struct selection *s, const struct btf_type *type, bool by_pointer)
{
	if (btf_is_ptr(type) || btf_is_func_proto(type))
		by_pointer = true;
	else if (!btf_is_mod(type) && !btf_is_typedef(type))
		by_pointer = false;
	for (unsigned int i = 0; i < type_ref_count(type); i++)
		visit(s, *type_ref(type, i), by_pointer);
}

static void visit(struct selection *s, uint32_t id, bool by_pointer)
{
	const struct btf_type *type;
	const struct root *root;

	id = stand_in(s, id);
	type = type_of(s, id);
	if (!id || s->complete[id])
		return;
	if (btf_is_fwd(type) || (by_pointer && btf_is_composite(type) && type->name_off)) {
		s->declared[id] = true;
		return;
	}
	s->complete[id] = !by_pointer;
	root = root_of(s, id);
	if (root && root->partial && btf_is_composite(type))
		visit_members(s, type, root);
	else
		visit_inside(s, type, by_pointer);
	put_in_order(s, id);
}

static void order_types(struct selection *s)
{
	for (unsigned int i = 0; i < s->list->nr_roots; i++)
		visit(s, s->list->roots[i].id, false);
	for (uint32_t id = 1; id < btf__type_cnt(s->src); id++) {
		if (s->declared[id] && stand_in(s, id) == id)
			put_in_order(s, id);
	}
}

static uint32_t translate(const struct selection *s, uint32_t id)
{
	return s->place[stand_in(s, id)];
}

static int copy_whole(struct selection *s, const struct btf_type *type)
{
	int id = btf__add_type(s->dst, s->src, type);
	const struct btf_type *copy;

	if (id < 0)
		return id;
	copy = btf__type_by_id(s->dst, id);
	for (unsigned int i = 0; i < type_ref_count(copy); i++)
		*type_ref(copy, i) = translate(s, *type_ref(copy, i));
	return 0;
}

static uint64_t round_up(uint64_t val, uint64_t to)
{
	return (val + to - 1) / to * to;
}

/* Append one member at the next place that C would give it, a bitfield in a unit of its own. */
static int copy_member(struct selection *s, const struct btf_type *type, const char *name,
		       uint64_t *size, uint64_t *align)
{
	uint32_t bits, id, off;
	const struct btf_member *m = find_member(s->src, type, name, &bits);
	int64_t member_size;
	int member_align;

	if (!m)
		return 0;
	id = translate(s, m->type);
	member_size = btf__resolve_size(s->dst, id);
	member_align = btf__align_of(s->dst, id);
	if (member_size < 0 || member_align <= 0)
		return -EINVAL;
	off = btf_is_union(type) ? 0 : round_up(*size, member_align);
	if (off + (uint64_t)member_size > *size)
		*size = off + member_size;
	if ((uint64_t)member_align > *align)
		*align = member_align;
	return btf__add_field(s->dst, name, id, off * 8, bits);
}

static int copy_members(struct selection *s, const struct btf_type *type, const struct root *root)
{
	uint64_t size = 0, align = 1;
	int id, err = 0;

	id = btf_is_union(type) ? btf__add_union(s->dst, root->name, 0) :
				  btf__add_struct(s->dst, root->name, 0);
	if (id < 0)
		return id;
	for (unsigned int i = 0; i < root->nr_members && !err; i++)
		err = copy_member(s, type, root->members[i].name, &size, &align);
	((struct btf_type *)btf__type_by_id(s->dst, id))->size = round_up(size, align);
	return err;
}

static bool is_wanted(const struct root *root, const char *name)
{
	for (unsigned int i = 0; i < root->nr_members; i++) {
		if (!strcmp(root->members[i].name, name))
			return true;
	}
	return false;
}

static int copy_enumerators(struct selection *s, const struct btf_type *type,
			    const struct root *root)
{
	const struct btf_enum *e = btf_enum(type);
	int err = btf__add_enum(s->dst, root->name, type->size);

	for (unsigned int i = 0; i < btf_vlen(type) && err >= 0; i++) {
		const char *name = btf__str_by_offset(s->src, e[i].name_off);

		if (is_wanted(root, name))
			err = btf__add_enum_value(s->dst, name,
						  btf_kflag(type) ? e[i].val :
								    (int64_t)(uint32_t)e[i].val);
	}
	return err < 0 ? err : 0;
}

static int copy_enumerators64(struct selection *s, const struct btf_type *type,
			      const struct root *root)
{
	const struct btf_enum64 *e = btf_enum64(type);
	int err = btf__add_enum64(s->dst, root->name, type->size, btf_kflag(type));

	for (unsigned int i = 0; i < btf_vlen(type) && err >= 0; i++) {
		const char *name = btf__str_by_offset(s->src, e[i].name_off);

		if (is_wanted(root, name))
			err = btf__add_enum64_value(s->dst, name, btf_enum64_value(&e[i]));
	}
	return err < 0 ? err : 0;
}

static int copy_type(struct selection *s, uint32_t id)
{
	const struct btf_type *type = type_of(s, id);
	const struct root *root = root_of(s, id);
	int err;

	if (btf_is_composite(type) && !s->complete[id]) {
		err = btf__add_fwd(s->dst, name_of(s, type),
				   btf_is_union(type) ? BTF_FWD_UNION : BTF_FWD_STRUCT);
		return err < 0 ? err : 0;
	}
	if (!root || !root->partial)
		return copy_whole(s, type);
	if (btf_is_composite(type))
		return copy_members(s, type, root);
	return btf_is_enum(type) ? copy_enumerators(s, type, root) :
				   copy_enumerators64(s, type, root);
}

static int copy_types(struct selection *s)
{
	for (uint32_t i = 0; i < s->nr; i++) {
		int err = copy_type(s, s->order[i]);

		if (err)
			return fail(s->why, -err, "BTF type %u (%s) cannot be copied: %s",
				    s->order[i], name_of(s, type_of(s, s->order[i])),
				    strerror(-err));
	}
	return 0;
}

int select_types(const struct btf *btf, const struct list *list, struct btf **out, struct why *why)
{
	size_t nr = btf__type_cnt(btf);
	uint32_t *order __freed = calloc(nr, sizeof(*order));
	uint32_t *place __freed = calloc(nr, sizeof(*place));
	bool *complete __freed = calloc(nr, sizeof(*complete));
	bool *declared __freed = calloc(nr, sizeof(*declared));
	struct btf *dst __btf = btf__new_empty();
	struct selection s = {
		.src = btf,
		.list = list,
		.dst = dst,
		.order = order,
		.place = place,
		.complete = complete,
		.declared = declared,
		.why = why,
	};
	int err;

	if (!order || !place || !complete || !declared || !dst)
		return fail(why, ENOMEM, "out of memory");
	err = btf__set_pointer_size(dst, 8);
	if (err)
		return fail(why, -err, "libbpf: %s", strerror(-err));
	order_types(&s);
	err = copy_types(&s);
	if (err)
		return err;
	*out = dst;
	dst = NULL;
	return 0;
}
