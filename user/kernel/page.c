// SPDX-License-Identifier: GPL-2.0-only
#include "page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel/iomem.h"

/* A hugetlb page of 16 GiB has as many. */
#define MOST_TAILS (1 << 22)

struct pages {
	const struct reader *reader;
	int flags, counts; /* of /proc/kpageflags and kpagecount; -1: there are none */
	struct member refcount;
};

int pages_open(struct pages **out, const struct reader *reader)
{
	struct pages *pages = calloc(1, sizeof(*pages));

	if (!pages)
		return -ENOMEM;
	pages->reader = reader;
	pages->flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	pages->counts = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	if (types_member(reader->types, "page", "_refcount", &pages->refcount))
		pages->refcount = (struct member){};
	*out = pages;
	return 0;
}

void pages_close(struct pages *pages)
{
	if (!pages)
		return;
	if (pages->flags >= 0)
		close(pages->flags);
	if (pages->counts >= 0)
		close(pages->counts);
	free(pages);
}

static bool read_one(int fd, uint64_t pfn, uint64_t *value)
{
	return fd >= 0 && pread(fd, value, sizeof(*value), pfn * sizeof(*value)) == sizeof(*value);
}

/* The page before the first tail on the way back. */
static uint64_t head_of(const struct pages *pages, uint64_t pfn)
{
	uint64_t flags[512], at = pfn;

	while (at && pfn - at < MOST_TAILS) {
		uint64_t nr = at < 512 ? at : 512;

		if (pread(pages->flags, flags, nr * 8, (at - nr) * 8) != (ssize_t)(nr * 8))
			return pfn;
		for (uint64_t i = nr; i--; at--)
			if (!(flags[i] >> KPF_COMPOUND_TAIL & 1))
				return at - 1;
	}
	return pfn;
}

uint64_t page_struct_address(const struct kernel *kernel, uint64_t pfn)
{
	const struct zone_range *vmemmap = &kernel->zones.range[ZONE_VMEMMAP];
	uint64_t linear = kernel_phys_to_virt(kernel, pfn << kernel->geo.page_shift);
	uint64_t index = (linear + (1ULL << kernel->geo.va_bits_config)) >> kernel->geo.page_shift;
	uint64_t addr = vmemmap->start + index * kernel->struct_page;

	return kernel->struct_page && addr >= vmemmap->start && addr < vmemmap->end ? addr : 0;
}

void pages_look(struct pages *pages, uint64_t pfn, struct page_facts *facts)
{
	uint64_t page, refcount;

	*facts = (struct page_facts){ .pfn = pfn, .head = pfn };
	iomem_name(pfn << pages->reader->kernel->geo.page_shift, facts->resource,
		   sizeof(facts->resource), &facts->ram);
	facts->has_flags = read_one(pages->flags, pfn, &facts->flags);
	/* what is not there may read as no flags, or as the end of the file, too */
	if (!facts->has_flags || page_has(facts, KPF_NOPAGE) || (!facts->flags && !facts->ram))
		return;
	if (page_has(facts, KPF_COMPOUND_TAIL))
		facts->head = head_of(pages, pfn);
	facts->has_mapcount = read_one(pages->counts, pfn, &facts->mapcount);
	page = page_struct_address(pages->reader->kernel, facts->head);
	facts->has_refcount = page &&
			      !reader_field(pages->reader, page, &pages->refcount, &refcount);
	if (facts->has_refcount)
		facts->refcount = refcount;
}

const char *page_flag_name(unsigned int flag)
{
	static const char *const names[64] = {
		[0] = "locked",		[1] = "error",		[2] = "referenced",
		[3] = "uptodate",	[4] = "dirty",		[5] = "lru",
		[6] = "active",		[7] = "slab",		[8] = "writeback",
		[9] = "reclaim",	[10] = "buddy",		[11] = "mmap",
		[12] = "anonymous",	[13] = "swapcache",	[14] = "swapbacked",
		[15] = "compound_head", [16] = "compound_tail", [17] = "huge",
		[18] = "unevictable",	[19] = "hwpoison",	[20] = "nopage",
		[21] = "ksm",		[22] = "thp",		[23] = "offline",
		[24] = "zero_page",	[25] = "idle_page",	[26] = "pgtable",
		[32] = "reserved",	[33] = "mlocked",	[34] = "owner_2",
		[35] = "private",	[36] = "private_2",	[37] = "owner_private",
		[38] = "arch",		[39] = "uncached",	[40] = "softdirty",
		[41] = "arch_2",	[42] = "arch_3",
	};

	return flag < 64 ? names[flag] : NULL;
}
