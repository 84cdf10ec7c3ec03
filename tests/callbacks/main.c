// SPDX-License-Identifier: GPL-2.0-only
/* An address space and kernel tables for the callbacks, and what they make of them. */
#include "callbacks.h"

#include <stdio.h>

#define KERNEL	  0xffff800000000000UL
#define USER	  0x400000UL /* an anonymous area: 4M of pages and huge pages */
#define MAPPED	  0x800000UL /* a file */
#define HUGE	  0xc00000UL /* hugetlb pages of 2M */
#define PAGES	  0x80000000UL
#define NR_PAGES  2048UL
#define USER_BITS (PTE_TYPE_PAGE | PTE_USER | PTE_NG | PTE_AF | PTE_SHARED | PTE_UXN | PTE_PXN)

static struct geometry geo;
static struct pagewalk_image *image;
static struct page pages[NR_PAGES];

static struct page *page_of(const struct pagewalk_pages *model, unsigned long pfn)
{
	unsigned long nr = pfn - (PAGES >> geo.page_shift);

	(void)model;
	return nr < NR_PAGES ? &pages[nr] : NULL;
}

/* The entry of @level, tables above it made as they are needed. */
static uint64_t *entry_of(uint64_t root, unsigned long addr, enum pgtable_level level)
{
	static const char zeroes[4096];
	static uint64_t next = 0x40010000;
	uint64_t pa = root, room;

	for (int at = geometry_top(&geo);; at--) {
		uint64_t *table = pagewalk_image_at(image, pa, &room), *entry;

		if (!table) {
			pagewalk_image_add(image, pa, zeroes);
			table = pagewalk_image_at(image, pa, &room);
		}
		entry = table + geometry_index(&geo, at, addr);
		if (at == (int)level)
			return entry;
		if (!*entry)
			*entry = geometry_phys_to_desc(&geo, next += 4096) | PMD_TYPE_TABLE;
		pa = geometry_desc_to_phys(&geo, *entry);
	}
}

static uint64_t page_pa(unsigned int nr)
{
	return PAGES + nr * 4096UL;
}

/* Vectors of residence, in runs. */
static void show(const char *name, const unsigned char *vec, unsigned int nr)
{
	printf("%s", name);
	for (unsigned int i = 0, from = 0; i < nr; i++)
		if (i + 1 == nr || vec[i + 1] != vec[i]) {
			printf(" %ux%c", i + 1 - from, vec[i]);
			from = i + 1;
		}
	printf("\n");
}

int main(void)
{
	static const struct vm_operations_struct file_ops;
	struct pagewalk_pages model = { .pfn_to_page = page_of };
	struct mm_struct kernel = { .geo = &geo, .root = 0x40000000 };
	struct mm_struct user = { .geo = &geo, .root = 0x40001000, .pages = &model };
	struct vm_area_struct anon = {
		.vm_start = USER,
		.vm_end = USER + 0x400000,
		.vm_mm = &user,
		.vm_page_prot = { USER_BITS },
		.vm_flags = VM_READ | VM_WRITE | VM_MAYWRITE,
	};
	struct vm_area_struct mapped = {
		.vm_start = MAPPED,
		.vm_end = MAPPED + 0x10000,
		.vm_mm = &user,
		.vm_flags = VM_READ | VM_WRITE | VM_MAYWRITE | VM_SHARED,
		.vm_pgoff = 40,
		.vm_ops = &file_ops,
	};
	struct vm_area_struct huge = {
		.vm_start = HUGE,
		.vm_end = HUGE + 0x600000,
		.vm_mm = &user,
		.vm_flags = VM_HUGETLB,
		.vm_ops = &file_ops,
	};
	struct vm_area_struct *vmas[] = { &anon, &mapped, &huge }, *mappings[] = { &mapped };
	struct address_space mapping = { mappings, 1, { 0 } };
	struct file file = { &mapping, NULL };
	const struct hstate hstate = { .order = 9 };
	const unsigned long looked_at[] = { USER + 0x13000, USER + 0x205000, USER + 0x50000 };
	struct new_table table = { .pa = 0x50000000 };
	struct ages ages = { .first = ~0UL };
	struct contents contents = { 0 };
	static unsigned char vec[4096];
	unsigned long pfn = 0;
	unsigned int leaves;
	int err;

	geometry_init(&geo, 12, 48, 48);
	image = pagewalk_image_new(4096, NULL);
	pagewalk_image_reserve(image, 0x60000000, 1 << 20);
	kernel.memory = user.memory = pagewalk_image_memory(image);
	pagewalk_init_mm = &kernel;
	for (unsigned int i = 0; i < NR_PAGES; i++)
		pages[i] = (struct page){ (PAGES >> 12) + i, &pages[i & ~15U] };

	/* kernel: a block, a contiguous run, a page */
	*entry_of(kernel.root, KERNEL, PGTABLE_LEVEL_PMD) = 0x80000000 | PMD_TYPE_SECT | PTE_AF;
	for (unsigned int i = 0; i < 16; i++)
		*entry_of(kernel.root, KERNEL + 0x200000 + i * 4096UL,
			  PGTABLE_LEVEL_PTE) = page_pa(i) | PTE_TYPE_PAGE | PTE_CONT | PTE_AF;
	printf("sum %016lx\n", dump(&kernel, KERNEL, KERNEL + 0x400000));
	err = change_attributes(KERNEL, KERNEL + 0x202000, PTE_RDONLY, PTE_WRITE, &leaves);
	printf("attributes %d, %u leaves, %llx\n", err, leaves,
	       (unsigned long long)*entry_of(kernel.root, KERNEL, PGTABLE_LEVEL_PMD));
	err = change_attributes(KERNEL, KERNEL + 0x1000, PTE_RDONLY, 0, &leaves);
	printf("attributes of a part %d\n", err);
	table.ptes = (pte_t *)entry_of(table.pa, 0, geometry_top(&geo));
	mmap_read_lock(&init_mm);
	err = split_blocks(KERNEL, KERNEL + 0x210000, &table);
	mmap_read_unlock(&init_mm);
	printf("split %d %llx %llx %llx\n", err,
	       (unsigned long long)*entry_of(kernel.root, KERNEL, PGTABLE_LEVEL_PMD),
	       (unsigned long long)*entry_of(kernel.root, KERNEL + 0x1000, PGTABLE_LEVEL_PTE),
	       (unsigned long long)*entry_of(kernel.root, KERNEL + 0x20f000, PGTABLE_LEVEL_PTE));
	printf("sum %016lx, faults %lu\n", dump(&kernel, KERNEL, KERNEL + 0x400000),
	       kernel.nr_faults);

	/* user: pages, a run, entries that are not present; a huge page; a file; hugetlb */
	user.vmas = vmas;
	user.nr_vmas = 3;
	mapped.vm_file = &file;
	huge.vm_hstate = &hstate;
	for (unsigned int i = 0; i < 24; i++)
		*entry_of(user.root, USER + i * 4096UL,
			  PGTABLE_LEVEL_PTE) = page_pa(i) | USER_BITS | (i < 16 ? PTE_CONT : 0);
	*entry_of(user.root, USER + 0x20000,
		  PGTABLE_LEVEL_PTE) = pte_val(swp_entry_to_pte(swp_entry(3, 77)));
	*entry_of(user.root, USER + 0x21000, PGTABLE_LEVEL_PTE) = pte_val(
		swp_entry_to_pte(swp_entry(PAGEWALK_MAX_SWAPFILES + 1, (PAGES >> 12) + 5)));
	*entry_of(user.root, USER + 0x200000,
		  PGTABLE_LEVEL_PMD) = page_pa(512) | (USER_BITS & ~PTE_TABLE_BIT) | PTE_WRITE;
	for (unsigned int i = 0; i < 8; i++)
		*entry_of(user.root, MAPPED + i * 4096UL,
			  PGTABLE_LEVEL_PTE) = page_pa(64 + i) | USER_BITS | PTE_WRITE |
					       (i % 3 ? PTE_RDONLY : 0);
	*entry_of(user.root, HUGE, PGTABLE_LEVEL_PMD) = page_pa(1024) |
							(USER_BITS & ~PTE_TABLE_BIT);

	err = residence(&user, USER, USER + 0x400000, vec);
	show("anonymous", vec, 1024);
	err |= residence(&user, MAPPED, MAPPED + 0x10000, vec);
	show("file", vec, 16);
	err |= residence(&user, HUGE, HUGE + 0x600000, vec);
	show("hugetlb", vec, 1536);
	err |= look(&anon, &contents);
	printf("look %d: %u pages, %u huge, %u swap, %u migrating, %u markers, %u holes\n", err,
	       contents.pages, contents.huge, contents.swap, contents.migrating, contents.markers,
	       contents.holes);
	err = guard(&anon, USER + 0x100000, USER + 0x103000);
	err |= guard(&anon, USER + 0x101000, USER + 0x104000);
	contents = (struct contents){ 0 };
	err |= look(&anon, &contents);
	printf("guard %d: %u markers, %u guards; over a page %d\n", err, contents.markers,
	       contents.guards, guard(&anon, USER, USER + 0x1000));
	for (unsigned int i = 0; i < 3; i++) {
		long offset = folio_offset(&anon, looked_at[i], &pfn);

		printf("folio of %lx: %ld of %lx\n", looked_at[i], offset, pfn);
	}
	err = take_ages(&user, USER, HUGE, &ages);
	err |= take_ages(&user, USER, HUGE, &ages);
	err |= clean(&mapping, 42, 4, &ages);
	printf("ages %d: %u young, %u dirty, %u protected, %lu to %lu, %u and %u\n", err,
	       ages.young, ages.dirty, ages.protected, ages.first, ages.last, ages.areas,
	       ages.flushes);
	printf("locks %d %d %d %d, faults %lu %lu\n", user.mmap_lock.count, anon.vm_lock.count,
	       user.page_table_lock.locked, huge.hugetlb_lock.count, user.nr_faults,
	       kernel.nr_faults);
	pagewalk_image_free(image);
	return 0;
}
