// SPDX-License-Identifier: GPL-2.0-only
#include "vmlinux-gen.h"

unsigned int type_ref_count(const struct btf_type *type)
{
	switch (btf_kind(type)) {
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
	case BTF_KIND_FUNC:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 1;
	case BTF_KIND_ARRAY:
		return 2;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
		return btf_vlen(type);
	case BTF_KIND_FUNC_PROTO:
		return 1 + btf_vlen(type);
	default:
		return 0;
	}
}

uint32_t *type_ref(const struct btf_type *type, unsigned int i)
{
	switch (btf_kind(type)) {
	case BTF_KIND_ARRAY:
		return i ? &btf_array(type)->index_type : &btf_array(type)->type;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return &btf_members(type)[i].type;
	case BTF_KIND_DATASEC:
		return &btf_var_secinfos(type)[i].type;
	case BTF_KIND_FUNC_PROTO:
		return i ? &btf_params(type)[i - 1].type : (uint32_t *)&type->type;
	default:
		return (uint32_t *)&type->type;
	}
}
