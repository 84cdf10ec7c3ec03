/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the kernel's translation tables: from the root down to where an address leads. */
#ifndef PWTRACE_TABLE_BPF_H
#define PWTRACE_TABLE_BPF_H

#include "kernel.bpf.h"

/* Arm ARM D8.3: bits 1:0 of a descriptor that points to the next level's table. */
#define DESC_TABLE 3UL

/*
 * Load 8 bytes of kernel memory. bpf_rdonly_cast() makes this one load instruction with an
 * exception table entry (a fault gives 0), where bpf_probe_read_kernel() is a call; it wants the
 * type of a struct, and page_change_data begins with the word wanted.
 */
static __always_inline u64 load_word(u64 addr)
{
	struct page_change_data *word;

	word = bpf_rdonly_cast((void *)addr, bpf_core_type_id_kernel(struct page_change_data));
	return word->set_mask.pgprot;
}

/* The entry that a walk ended at. */
struct cursor {
	u64 where; /* its kernel address */
	u64 mask;  /* of the byte offset of an entry in its table */
	u64 shift; /* the entry maps 8 << shift bytes */
};

/*
 * One level of the walk, depth @n from the top. Unrolled by hand, with what differs between levels
 * looked up: clang keeps it a loop otherwise and spends more on spills than on the walk.
 */
#define DESCEND(n)                                                                    \
	do {                                                                          \
		at->where = table + ((addr >> c->level[n].shift) & c->level[n].mask); \
		desc = load_word(at->where);                                          \
		path->path[n] = desc;                                                 \
		if ((desc & c->level[n].type_mask) != DESC_TABLE) {                   \
			path->depth = (n) + 1;                                        \
			at->mask = c->level[n].mask;                                  \
			at->shift = c->level[n].shift;                                \
			return;                                                       \
		}                                                                     \
		table = desc & c->oa_mask;                                            \
		if (high)                                                             \
			table |= (desc & c->high_mask) << c->high_shift;              \
		table += c->phys_to_virt;                                             \
	} while (0)

/* The last level's type mask is 0: the walk always ends. */
static __always_inline void descend(u64 addr, struct pwt_path *path, struct cursor *at,
				    const volatile struct pwt_config *c, bool high)
{
	u64 table = c->root, desc;

	DESCEND(0);
	DESCEND(1);
	DESCEND(2);
	DESCEND(3);
	DESCEND(4);
}

/* Descend to where @addr leads. The verifier drops the half that is not for this kernel. */
static __always_inline void read_path(u64 addr, struct pwt_path *path, struct cursor *at)
{
	const volatile struct pwt_config *c = in_register(cfg);

	if (c->high_mask)
		descend(addr, path, at, c, true);
	else
		descend(addr, path, at, c, false);
}

/*
 * The entry at the cursor between its two neighbours; at an end of the table, the three entries
 * there. (A top level table of two entries makes the third meaningless: the reader knows its size.)
 */
static __always_inline void read_window(struct pwt_path *path, const struct cursor *at,
					u64 *entries)
{
	u64 offset = at->where & at->mask, first = offset - 8;

	if (!offset)
		first = 0;
	if (offset == at->mask)
		first = offset - 16;
	path->first = first >> 3;
	path->nr = 3;
	first += at->where - offset;
	entries[0] = load_word(first);
	entries[1] = load_word(first + 8);
	entries[2] = load_word(first + 16);
}

#endif
