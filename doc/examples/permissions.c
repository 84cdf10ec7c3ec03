// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Print the mappings of a kernel's tables as ranges of the same permissions, as the kernel's
 * ptdump does:
 *
 *	cc permissions.c $(pkg-config --cflags --libs pagewalk) -o permissions
 *
 * libpagewalk(3) explains it.
 */
#include <pwtrace/pagewalk.h>

#include <stdio.h>
#include <string.h>

#define ATTRIBUTES (PTE_VALID | PTE_USER | PTE_RDONLY | PTE_UXN | PTE_PXN | PTE_CONT)

/* The range that is being put together. */
struct dump {
	unsigned long start, end;
	uint64_t attributes; /* 0: nothing is mapped */
	const char *level;
};

static void print_range(const struct dump *dump)
{
	uint64_t attributes = dump->attributes;

	if (dump->start == dump->end)
		return;
	printf("0x%016lx-0x%016lx %8luK %s", dump->start, dump->end,
	       (dump->end - dump->start) >> 10, dump->level);
	if (attributes)
		printf(" %s %s%s%s%s", attributes & PTE_RDONLY ? "ro" : "RW",
		       attributes & PTE_PXN ? "NX" : "x", attributes & PTE_USER ? " USR" : "",
		       attributes & PTE_CONT ? " CON" : "",
		       attributes & PTE_VALID ? "" : " invalid");
	printf("\n");
}

/* Add what is mapped from @addr to @next: to the range before, if it is the same. */
static void note(struct mm_walk *walk, unsigned long addr, unsigned long next, const char *level,
		 uint64_t attributes)
{
	struct dump *dump = walk->private;

	if (dump->end != addr || dump->attributes != attributes || strcmp(dump->level, level)) {
		print_range(dump);
		*dump = (struct dump){ addr, next, attributes, level };
	}
	dump->end = next;
}

static int pud_entry(pud_t *pudp, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pud_t pud = pudp_get(pudp);

	if (pud_leaf(pud)) {
		note(walk, addr, next, "pud", pud_val(pud) & ATTRIBUTES);
		walk->action = ACTION_CONTINUE;
	}
	return 0;
}

static int pmd_entry(pmd_t *pmdp, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pmd_t pmd = pmdp_get(pmdp);

	if (pmd_leaf(pmd)) {
		note(walk, addr, next, "pmd", pmd_val(pmd) & ATTRIBUTES);
		walk->action = ACTION_CONTINUE;
	}
	return 0;
}

static int pte_entry(pte_t *ptep, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pte_t pte = ptep_get(ptep);

	note(walk, addr, next, "pte", pte_present(pte) ? pte_val(pte) & ATTRIBUTES : 0);
	return 0;
}

static int pte_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	static const char *const levels[] = { "pgd", "p4d", "pud", "pmd", "pte" };

	note(walk, addr, next, levels[depth], 0);
	return 0;
}

int main(void)
{
	static const struct mm_walk_ops ops = { .pud_entry = pud_entry,
						.pmd_entry = pmd_entry,
						.pte_entry = pte_entry,
						.pte_hole = pte_hole };
	static uint64_t pgd[512], pmd[512], pte[512];
	const unsigned long start = 0xffffff8000000000;
	struct pagewalk_image *image = pagewalk_image_new(4096, NULL);
	struct geometry geo;
	struct mm_struct mm = { .geo = &geo, .memory = pagewalk_image_memory(image) };
	struct dump dump = { 0 };
	int err;

	/* 4K pages and 39 bits: three levels. A block of 1G; one of 2M; a table of pages. */
	geometry_init(&geo, 12, 39, 39);
	pgd[0] = 0x40001000 | PMD_TYPE_TABLE;
	pgd[1] = 0x80000000 | PUD_TYPE_SECT | PTE_AF | PTE_PXN | PTE_UXN;
	pmd[0] = 0x40002000 | PMD_TYPE_TABLE;
	pmd[2] = 0x40200000 | PMD_TYPE_SECT | PTE_AF | PTE_RDONLY | PTE_UXN;
	for (int i = 0; i < 16; i++) /* a contiguous run, and 8 pages */
		pte[i] = (0x40400000 + i * 4096) | PTE_TYPE_PAGE | PTE_AF | PTE_CONT | PTE_PXN;
	for (int i = 16; i < 24; i++)
		pte[i] = (0x40500000 + i * 4096) | PTE_TYPE_PAGE | PTE_AF | PTE_RDONLY;
	pte[20] = (pte[20] & ~PTE_VALID) | PTE_PRESENT_INVALID;
	pagewalk_image_map(image, 0x40000000, sizeof(pgd), pgd);
	pagewalk_image_map(image, 0x40001000, sizeof(pmd), pmd);
	pagewalk_image_map(image, 0x40002000, sizeof(pte), pte);
	mm.root = 0x40000000;

	pagewalk_init_mm = &mm;
	err = walk_kernel_page_table_range_lockless(start, start + (4UL << 30), &ops, NULL, &dump);
	print_range(&dump);
	if (err)
		fprintf(stderr, "error %d: %s at %#lx, level %d\n", err,
			pagewalk_fault_name(mm.fault.kind), mm.fault.addr, mm.fault.level);
	pagewalk_image_free(image);
	return err ? 1 : 0;
}
