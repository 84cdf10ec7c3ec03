// SPDX-License-Identifier: GPL-2.0-only
/* The type information in a dump: what is asked of it is answered, or it is refused. */
#include <stddef.h>
#include <stdint.h>

#include "kernel/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const asked[][2] = {
		{ "vm_struct", "nr_pages" },	 { "vmap_node", "busy.root.rb_node" },
		{ "module", "mem.base" },	 { "pwt_config", "level" },
		{ "pwt_level", "type_mask" },	 { "bpf_iter_num", "__opaque" },
		{ "task_struct", "mm.pgd.pgd" }, { "page", "mapping" },
	};
	struct types *types;
	struct member member;
	uint64_t value;

	if (types_open_data(&types, data, size))
		return 0;
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		types_member(types, asked[i][0], asked[i][1], &member);
		types_size(types, asked[i][0]);
	}
	types_enumerator(types, "fixed_addresses", "__end_of_fixed_addresses", &value);
	types_enumerator(types, "pwt_type", "PWT_EXIT", &value);
	types_close(types);
	return 0;
}
