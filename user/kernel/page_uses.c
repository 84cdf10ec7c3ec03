// SPDX-License-Identifier: GPL-2.0-only
#include "page_uses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_AT_ONCE 64
#define MAX_STRUCT    256

enum field {
	MAPPING,
	PAGE_TYPE,
	REFCOUNT,
	COMPOUND,
	A_OPS,
	NR_FIELDS,
};

static const struct {
	const char *type;
	const char *names[2]; /* the newer one first */
	size_t size;
} fields[NR_FIELDS] = {
	[MAPPING] = { "page", { "mapping" }, 8 },
	[PAGE_TYPE] = { "page", { "page_type" }, 4 },
	[REFCOUNT] = { "page", { "_refcount" }, 4 },
	/* what tail pages have, bit 0 set */
	[COMPOUND] = { "page", { "compound_info", "compound_head" }, 8 },
	[A_OPS] = { "address_space", { "a_ops" }, 8 },
};

struct page_uses {
	const struct kernel *kernel;
	struct kcore *kcore;
	struct member members[NR_FIELDS];
	uint32_t size;		 /* of struct page */
	uint64_t buddy;		 /* PGTY_buddy */
	uint64_t secretmem_aops; /* 0: there is none */
	uint64_t first;		 /* address of those read last, 0: none */
	char chunk[PAGES_AT_ONCE * MAX_STRUCT];
};

static int find_field(struct page_uses *pages, const struct types *types, enum field field,
		      struct problem *why)
{
	struct member *member = &pages->members[field];

	for (int i = 0; i < 2 && fields[field].names[i]; i++)
		if (!types_member(types, fields[field].type, fields[field].names[i], member) &&
		    member->size == fields[field].size)
			return 0;
	return problem(why, -ENOENT, "the type information of this kernel has no usable %s.%s",
		       fields[field].type, fields[field].names[0]);
}

int page_uses_open(struct page_uses **out, const struct kernel *kernel, struct kcore *kcore,
		   const struct types *types, struct problem *why)
{
	struct page_uses *pages = calloc(1, sizeof(*pages));
	int err = 0;

	if (!pages)
		return problem(why, -ENOMEM, "no memory");
	pages->kernel = kernel;
	pages->kcore = kcore;
	pages->size = types_size(types, "page");
	pages->secretmem_aops = kallsyms_find(kernel->syms, "secretmem_aops");
	for (enum field field = 0; field < NR_FIELDS && !err; field++)
		err = find_field(pages, types, field, why);
	if (!err && (!pages->size || pages->size > MAX_STRUCT || pages->size & 7))
		err = problem(why, -EINVAL, "this kernel has a struct page of %u bytes",
			      pages->size);
	/* who has this enum has the type in the topmost byte */
	if (!err && types_enumerator(types, "pagetype", "PGTY_buddy", &pages->buddy))
		pages->buddy = ~0ULL;
	if (err) {
		page_uses_close(pages);
		return err;
	}
	*out = pages;
	return 0;
}

void page_uses_close(struct page_uses *pages)
{
	free(pages);
}

/* pfn_to_page() */
static uint64_t page_at(const struct page_uses *pages, uint64_t pa)
{
	const struct kernel *kernel = pages->kernel;
	uint64_t into = kernel_phys_to_virt(kernel, pa) + (1ULL << kernel->geo.va_bits_config);

	return kernel->zones.range[ZONE_VMEMMAP].start +
	       (into >> kernel->geo.page_shift) * pages->size;
}

static bool is_page(const struct page_uses *pages, uint64_t addr)
{
	const struct zone_range *vmemmap = &pages->kernel->zones.range[ZONE_VMEMMAP];

	return addr >= vmemmap->start && addr < vmemmap->end &&
	       (addr - vmemmap->start) % pages->size == 0;
}

/* Those behind it as well, as they are asked for next. */
static int read_page(struct page_uses *pages, uint64_t addr, const char **page)
{
	uint64_t into = addr - pages->first;
	int err;

	if (!is_page(pages, addr))
		return -ENOENT;
	if (!pages->first || into >= PAGES_AT_ONCE * pages->size) {
		pages->first = 0;
		err = kcore_get(pages->kcore, addr, pages->chunk, PAGES_AT_ONCE * pages->size);
		/* at the end of a segment */
		if (err)
			err = kcore_get(pages->kcore, addr, pages->chunk, pages->size);
		else
			pages->first = addr;
		if (err)
			return err;
		into = 0;
	}
	*page = pages->chunk + into;
	return 0;
}

static uint64_t field_of(const struct page_uses *pages, const char *base, enum field field)
{
	uint64_t value = 0;

	memcpy(&value, base + pages->members[field].offset, pages->members[field].size);
	return value;
}

/* A tail page has its head's address, or a mask that gives it. */
static uint64_t head_of(const struct page_uses *pages, uint64_t addr, uint64_t compound)
{
	uint64_t head = compound & ~1ULL;

	return is_page(pages, head) ? head : addr & head;
}

static bool is_secret(struct page_uses *pages, uint64_t mapping)
{
	uint64_t a_ops = 0;

	/* the low bits tell of mappings that are none */
	if (!pages->secretmem_aops || !mapping || mapping & 7)
		return false;
	return !kcore_get(pages->kcore, mapping + pages->members[A_OPS].offset, &a_ops,
			  sizeof(a_ops)) &&
	       a_ops == pages->secretmem_aops;
}

int page_uses_of(struct page_uses *pages, uint64_t pa, enum page_use *use)
{
	uint64_t addr = page_at(pages, pa), compound;
	const char *page;
	int err = read_page(pages, addr, &page);

	*use = PAGE_USED;
	if (err)
		return err;
	compound = field_of(pages, page, COMPOUND);
	if (compound & 1) {
		err = read_page(pages, head_of(pages, addr, compound), &page);
		if (err)
			return err;
	}
	/* one that waits to be taken, in a list of a processor, has no type */
	if (field_of(pages, page, PAGE_TYPE) >> 24 == pages->buddy ||
	    !field_of(pages, page, REFCOUNT))
		*use = PAGE_FREE;
	else if (is_secret(pages, field_of(pages, page, MAPPING)))
		*use = PAGE_SECRET;
	return 0;
}
