// SPDX-License-Identifier: GPL-2.0-only
/*
 * btf_check(): what libbpf takes for granted about BTF that a kernel has verified.
 *
 * The names are as the kernel's own verifier wants them (kernel/bpf/btf.c). Recursion is bounded by
 * the depth, and work and output by the weight: the number of lines and steps that it takes to
 * print a type with all that is inside it. Types that hold each other twice, level after level,
 * would otherwise need an exponential number.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "vmlinux-gen.h"

#define DEPTH_MAX    200
#define WEIGHT_MAX   ((uint64_t)32 << 20) /* all of Linux 7.3 has 1.8 million */
#define PADDING_MAX  MIB		  /* 64K pages give struct bpf_ringbuf 192 KiB */
#define NAME_MAX_LEN 511		  /* as long as a symbol's */

/* Behind a pointer a struct's name is enough; elsewhere all of the type is needed. */
enum reach { BY_VALUE, BY_POINTER, NR_REACHES };

struct node {
	uint32_t weight; /* 0: not visited */
	uint8_t height;
	bool open;
};

struct check {
	const struct btf *btf;
	struct node *nodes;
	uint64_t total;
	struct why *why;
};

static bool is_identifier(const char *name, bool spaces)
{
	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	for (unsigned int len = 1; *++name; len++) {
		if (!isalnum((unsigned char)*name) && *name != '_' && !(spaces && *name == ' '))
			return false;
		if (len == NAME_MAX_LEN)
			return false;
	}
	return true;
}

/* A tag is an attribute's text: it is printed in quotes. */
static bool is_tag(const char *name)
{
	size_t len = strnlen(name, NAME_MAX_LEN + 1);

	for (size_t i = 0; i < len; i++) {
		if (!isprint((unsigned char)name[i]) || name[i] == '"' || name[i] == '\\')
			return false;
	}
	return len <= NAME_MAX_LEN;
}

static bool name_ok(const struct btf *btf, uint32_t off, bool may_be_empty)
{
	const char *name = btf__str_by_offset(btf, off);

	return name && (*name ? is_identifier(name, false) : may_be_empty);
}

static bool type_name_ok(const struct btf *btf, const struct btf_type *type)
{
	const char *name = btf__str_by_offset(btf, type->name_off);

	switch (btf_kind(type)) {
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
		return name && is_identifier(name, true);
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_FWD:
		return name_ok(btf, type->name_off, false);
	case BTF_KIND_TYPE_TAG:
		return name && is_tag(name);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return name_ok(btf, type->name_off, true);
	default:
		return name;
	}
}

static bool inner_names_ok(const struct btf *btf, const struct btf_type *type)
{
	for (unsigned int i = 0; i < btf_vlen(type); i++) {
		bool ok = true;

		if (btf_is_composite(type))
			ok = name_ok(btf, btf_members(type)[i].name_off, true);
		else if (btf_is_enum(type))
			ok = name_ok(btf, btf_enum(type)[i].name_off, false);
		else if (btf_is_enum64(type))
			ok = name_ok(btf, btf_enum64(type)[i].name_off, false);
		else if (btf_is_func_proto(type))
			ok = name_ok(btf, btf_params(type)[i].name_off, true);
		if (!ok)
			return false;
	}
	return true;
}

/* VAR, FUNC and the like name objects of the program: no type is made of them. */
static bool is_object(const struct btf_type *type)
{
	return btf_is_func(type) || btf_is_var(type) || btf_is_datasec(type) ||
	       btf_is_decl_tag(type);
}

static bool refs_ok(const struct btf *btf, const struct btf_type *type)
{
	for (unsigned int i = 0; i < type_ref_count(type); i++) {
		const struct btf_type *to = btf__type_by_id(btf, *type_ref(type, i));

		if (!to || (is_object(to) && !is_object(type)))
			return false;
	}
	return true;
}

static bool layout_ok(const struct btf_type *type)
{
	uint64_t last = 0;

	if (!btf_is_composite(type))
		return true;
	for (unsigned int i = 0; i < btf_vlen(type); i++) {
		uint64_t bit = btf_member_bit_offset(type, i);
		uint64_t end = bit + btf_member_bitfield_size(type, i);

		if (bit < last || end > (uint64_t)type->size * 8)
			return false;
		if (btf_is_union(type) && bit)
			return false;
		if (bit % 8 && !btf_member_bitfield_size(type, i))
			return false;
		last = bit;
	}
	return true;
}

static bool is_power_of_two(uint32_t val)
{
	return val && !(val & (val - 1));
}

/* libbpf divides by alignments, which it derives from sizes. */
static bool size_ok(const struct btf *btf, const struct btf_type *type)
{
	if (btf_is_int(type) || btf_is_any_enum(type))
		return is_power_of_two(type->size) && type->size <= 16;
	if (btf_is_float(type))
		return type->size && type->size <= 16;
	for (unsigned int i = 0; btf_is_composite(type) && i < btf_vlen(type); i++) {
		if (btf__resolve_size(btf, btf_members(type)[i].type) < 0)
			return false;
	}
	return true;
}

static int type_check(const struct check *c, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(c->btf, id);

	if (!type)
		return fail(c->why, EINVAL, "its BTF has no type %u: damaged", id);
	if (!type_name_ok(c->btf, type) || !inner_names_ok(c->btf, type))
		return fail(c->why, EINVAL,
			    "BTF type %u has a name that is not one in C: damaged, "
			    "or made from another language",
			    id);
	if (!refs_ok(c->btf, type))
		return fail(c->why, EINVAL,
			    "BTF type %u refers to a type that is not there: "
			    "damaged, or a module's BTF (give the kernel's)",
			    id);
	if (!size_ok(c->btf, type))
		return fail(c->why, EINVAL, "BTF type %u has an impossible size: damaged", id);
	if (!layout_ok(type))
		return fail(c->why, EINVAL,
			    "BTF type %u has members outside it or out of order: "
			    "damaged",
			    id);
	return 0;
}

static enum reach reach_inside(const struct btf_type *type, enum reach reach)
{
	if (btf_is_ptr(type) || btf_is_func_proto(type))
		return BY_POINTER;
	return btf_is_mod(type) || btf_is_typedef(type) ? reach : BY_VALUE;
}

static uint64_t member_end(const struct btf *btf, const struct btf_type *type, unsigned int i)
{
	int64_t size = btf__resolve_size(btf, btf_members(type)[i].type);

	return btf_member_bit_offset(type, i) / 8 + (size > 0 ? size : 0);
}

/* The bytes of a struct that no member fills: libbpf prints up to a line for each. */
static uint64_t padding(const struct btf *btf, const struct btf_type *type)
{
	uint64_t end = 0, gaps = 0;

	for (unsigned int i = 0; i < btf_vlen(type); i++) {
		uint64_t start = btf_member_bit_offset(type, i) / 8;

		if (start > end)
			gaps += start - end;
		end = member_end(btf, type, i);
	}
	return type->size > end ? gaps + type->size - end : gaps;
}

/* Lines of its own: for each member or enumerator, and for padding. */
static uint64_t own_weight(const struct btf *btf, const struct btf_type *type)
{
	return 1 + btf_vlen(type) + (btf_is_struct(type) ? padding(btf, type) : 0);
}

static int visit(struct check *c, uint32_t id, enum reach reach, unsigned int depth,
		 struct node *parent);

static int visit_inside(struct check *c, const struct btf_type *type, enum reach reach,
			unsigned int depth, struct node *node)
{
	int err = 0;

	for (unsigned int i = 0; i < type_ref_count(type) && !err; i++)
		err = visit(c, *type_ref(type, i), reach_inside(type, reach), depth + 1, node);
	return err;
}

static int add_up(struct check *c, struct node *parent, const struct node *node)
{
	uint64_t weight = (uint64_t)parent->weight + node->weight;

	if (weight > WEIGHT_MAX)
		return fail(c->why, E2BIG, "its BTF types hold each other too often: damaged");
	parent->weight = weight;
	if (parent->height <= node->height)
		parent->height = node->height + 1;
	return 0;
}

static int visit(struct check *c, uint32_t id, enum reach reach, unsigned int depth,
		 struct node *parent)
{
	const struct btf_type *type = btf__type_by_id(c->btf, id);
	struct node *node = &c->nodes[(size_t)id * NR_REACHES + reach];
	int err;

	if (!id || (reach == BY_POINTER && btf_is_composite(type) && type->name_off))
		return 0;
	if (node->open)
		return fail(c->why, ELOOP, "BTF type %u contains itself: damaged", id);
	if (depth + node->height > DEPTH_MAX)
		return fail(c->why, ELOOP, "BTF type %u is nested too deeply: damaged", id);
	if (!node->weight) {
		uint64_t weight = own_weight(c->btf, type);

		if (weight > PADDING_MAX)
			return fail(c->why, E2BIG, "BTF type %u is mostly padding: damaged", id);
		node->weight = weight;
		node->open = true;
		err = visit_inside(c, type, reach, depth, node);
		node->open = false;
		if (err)
			return err;
		c->total += node->weight;
	}
	return add_up(c, parent, node);
}

static int visit_all(struct check *c, uint32_t nr)
{
	for (uint32_t id = 1; id < nr; id++) {
		struct node root = {};
		int err;

		if (is_object(btf__type_by_id(c->btf, id)))
			continue;
		err = visit(c, id, BY_VALUE, 0, &root);
		if (err)
			return err;
		if (c->total > WEIGHT_MAX)
			return fail(c->why, E2BIG, "its BTF types are too big together: damaged");
	}
	return 0;
}

int btf_check(const struct btf *btf, struct why *why)
{
	uint32_t nr = btf__type_cnt(btf);
	struct node *nodes __freed = calloc((size_t)nr * NR_REACHES, sizeof(*nodes));
	struct check c = { .btf = btf, .nodes = nodes, .why = why };

	if (!nodes)
		return fail(why, ENOMEM, "out of memory");
	for (uint32_t id = 1; id < nr; id++) {
		int err = type_check(&c, id);

		if (err)
			return err;
	}
	return visit_all(&c, nr);
}
