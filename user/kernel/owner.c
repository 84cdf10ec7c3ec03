// SPDX-License-Identifier: GPL-2.0-only
#include "owner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kfence.h"
#include "kernel/sections.h"

enum field {
	SLAB_CACHE,
	CACHE_NAME,
	CACHE_SIZE,
	CACHE_RED_LEFT,
	PAGE_MAPPING,
	MAPPING_HOST,
	INODE_MAPPING,
	INODE_INO,
	INODE_SB,
	SB_ID,
	SB_TYPE,
	TYPE_NAME,
	NR_FIELDS,
};

/* All may be missing: then that kind of owner is not known. */
static const struct wanted wanted[NR_FIELDS] = {
	[SLAB_CACHE] = { "slab", "slab_cache", true },
	[CACHE_NAME] = { "kmem_cache", "name", true },
	[CACHE_SIZE] = { "kmem_cache", "size", true },
	[CACHE_RED_LEFT] = { "kmem_cache", "red_left_pad", true },
	[PAGE_MAPPING] = { "page", "mapping", true },
	[MAPPING_HOST] = { "address_space", "host", true },
	[INODE_MAPPING] = { "inode", "i_mapping", true },
	[INODE_INO] = { "inode", "i_ino", true },
	[INODE_SB] = { "inode", "i_sb", true },
	[SB_ID] = { "super_block", "s_id", true },
	[SB_TYPE] = { "super_block", "s_type", true },
	[TYPE_NAME] = { "file_system_type", "name", true },
};

struct owners {
	const struct reader *reader;
	struct member fields[NR_FIELDS];
	uint64_t pool, pool_size; /* KFENCE's */
};

int owners_open(struct owners **out, const struct reader *reader)
{
	struct owners *owners = calloc(1, sizeof(*owners));
	struct problem why;

	if (!owners)
		return -ENOMEM;
	owners->reader = reader;
	reader_members(reader, wanted, NR_FIELDS, owners->fields, &why);
	kfence_pool_now(reader->kernel, &owners->pool, &owners->pool_size);
	*out = owners;
	return 0;
}

void owners_close(struct owners *owners)
{
	free(owners);
}

static int get(const struct owners *owners, uint64_t addr, enum field field, uint64_t *value)
{
	return reader_field(owners->reader, addr, &owners->fields[field], value);
}

/* A slab begins at its first page; the cache tells how large its objects are. */
static bool in_slab(const struct owners *owners, const struct page_facts *facts, uint64_t pa,
		    struct owner *owner)
{
	const struct kernel *kernel = owners->reader->kernel;
	uint64_t slab = page_struct_address(kernel, facts->head), start, into;
	uint64_t cache, name, size, red = 0;

	if (get(owners, slab, SLAB_CACHE, &cache) || get(owners, cache, CACHE_NAME, &name) ||
	    reader_string(owners->reader, name, owner->name, sizeof(owner->name)))
		return false;
	owner->kind = OWNER_SLAB;
	if (get(owners, cache, CACHE_SIZE, &size) || !size || size >> 32)
		return true;
	get(owners, cache, CACHE_RED_LEFT, &red);
	start = facts->head << kernel->geo.page_shift;
	into = pa - start;
	owner->object = kernel_phys_to_virt(kernel, start + into / size * size + red);
	owner->size = size;
	return true;
}

/*
 * page->mapping, whose lowest bits are set for what is no address_space. That it is one shows in
 * its inode, which leads back to it.
 */
static bool in_file(const struct owners *owners, const struct page_facts *facts,
		    struct owner *owner)
{
	uint64_t page = page_struct_address(owners->reader->kernel, facts->head);
	uint64_t mapping, inode, back, sb, type, name;
	const struct member *id = &owners->fields[SB_ID];

	if (get(owners, page, PAGE_MAPPING, &mapping) || !mapping || (mapping & 3) ||
	    get(owners, mapping, MAPPING_HOST, &inode) ||
	    get(owners, inode, INODE_MAPPING, &back) || back != mapping)
		return false;
	owner->kind = OWNER_FILE;
	get(owners, inode, INODE_INO, &owner->inode);
	if (get(owners, inode, INODE_SB, &sb) || get(owners, sb, SB_TYPE, &type) ||
	    get(owners, type, TYPE_NAME, &name))
		return true;
	reader_string(owners->reader, name, owner->name, sizeof(owner->name));
	if (id->size && id->size < sizeof(owner->device))
		reader_string(owners->reader, sb + id->offset, owner->device, id->size + 1);
	if (!strcmp(owner->name, "secretmem"))
		owner->kind = OWNER_SECRETMEM;
	return true;
}

/* Page 0 and 1 are never used, then guards and objects take turns (mm/kfence/core.c). */
static bool in_kfence(const struct owners *owners, uint64_t pa, struct owner *owner)
{
	const struct kernel *kernel = owners->reader->kernel;
	uint64_t addr = kernel_phys_to_virt(kernel, pa), page;

	if (addr < owners->pool || addr - owners->pool >= owners->pool_size)
		return false;
	page = (addr - owners->pool) >> kernel->geo.page_shift;
	owner->kind = OWNER_KFENCE;
	owner->object = addr & -geometry_page_size(&kernel->geo);
	snprintf(owner->name, sizeof(owner->name), "%s", page < 2 || page % 2 ? "guard" : "object");
	return true;
}

static bool in_image(const struct owners *owners, uint64_t pa, struct owner *owner)
{
	const struct kernel *kernel = owners->reader->kernel;
	const char *section = image_section(kernel, pa + (kernel->root_va - kernel->root_pa));

	/* that memory was given away when the kernel was up */
	if (!section || !strcmp(section, "init"))
		return false;
	owner->kind = OWNER_IMAGE;
	snprintf(owner->name, sizeof(owner->name), "%s", section);
	return true;
}

static enum owner_kind by_flags(const struct page_facts *facts)
{
	static const struct {
		unsigned int flag;
		enum owner_kind kind;
	} kinds[] = {
		{ KPF_NOPAGE, OWNER_NO_PAGE },	   { KPF_BUDDY, OWNER_FREE },
		{ KPF_OFFLINE, OWNER_OFFLINE },	   { KPF_ZERO_PAGE, OWNER_ZERO },
		{ KPF_PGTABLE, OWNER_PAGE_TABLE }, { KPF_ANON, OWNER_ANON },
	};

	if (!facts->flags && !facts->ram)
		return OWNER_NO_PAGE;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (page_has(facts, kinds[i].flag))
			return kinds[i].kind;
	return OWNER_UNKNOWN;
}

void owners_find(struct owners *owners, const struct page_facts *facts, uint64_t pa,
		 struct owner *owner)
{
	*owner = (struct owner){};
	if (in_image(owners, pa, owner) || in_kfence(owners, pa, owner))
		return;
	owner->kind = by_flags(facts);
	if (owner->kind != OWNER_UNKNOWN)
		return;
	if (page_has(facts, KPF_SLAB))
		in_slab(owners, facts, pa, owner);
	else
		in_file(owners, facts, owner);
}

const char *owner_kind_name(enum owner_kind kind)
{
	static const char *const names[OWNER_NR_KINDS] = {
		[OWNER_UNKNOWN] = "unknown",
		[OWNER_NO_PAGE] = "no-page",
		[OWNER_FREE] = "free",
		[OWNER_IMAGE] = "image",
		[OWNER_SLAB] = "slab",
		[OWNER_KFENCE] = "kfence",
		[OWNER_PAGE_TABLE] = "page-table",
		[OWNER_ANON] = "anonymous",
		[OWNER_FILE] = "file",
		[OWNER_SECRETMEM] = "secretmem",
		[OWNER_ZERO] = "zero",
		[OWNER_OFFLINE] = "offline",
	};

	return kind < OWNER_NR_KINDS ? names[kind] : "?";
}
