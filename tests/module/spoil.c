// SPDX-License-Identifier: GPL-2.0-only
#include <linux/gfp.h>
#include <linux/pgtable.h>
#include <linux/vmalloc.h>

#include "pwt_test.h"

/*
 * Tables that are wrong as they stand, where nobody goes: what an audit has to find. Nothing is
 * ever accessed through them, and the CPU is not told of them before they are gone again.
 */
#define MOST_WRITES 8

static struct {
	unsigned long addr;
	int nr_writes, nr_tables;
	struct {
		u64 *entry;
		u64 old;
	} writes[MOST_WRITES];
	unsigned long tables[CONFIG_PGTABLE_LEVELS];
} spoiled;

/* The topmost table is read-only in every mapping that there is. */
static int write_entry(u64 *entry, u64 val)
{
	struct page *page = phys_to_page(virt_to_phys(entry));
	void *window = vmap(&page, 1, VM_MAP, PAGE_KERNEL);

	if (!window)
		return -ENOMEM;
	leaf_write(window + offset_in_page(entry), val);
	vunmap(window);
	return 0;
}

static int spoil(u64 *entry, u64 val)
{
	if (spoiled.nr_writes == MOST_WRITES)
		return -ENOSPC;
	spoiled.writes[spoiled.nr_writes].entry = entry;
	spoiled.writes[spoiled.nr_writes++].old = READ_ONCE(*entry);
	return write_entry(entry, val);
}

static u64 *new_table(void)
{
	unsigned long table = __get_free_page(GFP_KERNEL | __GFP_ZERO);

	if (table)
		spoiled.tables[spoiled.nr_tables++] = table;
	return (u64 *)table;
}

static u64 table_at(phys_addr_t pa)
{
	return pte_val(pfn_pte(PHYS_PFN(pa), __pgprot(PMD_TYPE_TABLE | PMD_TABLE_UXN)));
}

/* A block that harms nobody: not to be executed, and of device memory. */
static u64 block_at(phys_addr_t pa)
{
	u64 val = pte_val(pfn_pte(PHYS_PFN(pa), __pgprot(PROT_DEVICE_nGnRE)));

	return (val & ~PMD_TYPE_MASK) | PMD_TYPE_SECT;
}

/* The empty entry of @level that maps @addr, NULL: it is not empty, or the tables above are not. */
static u64 *empty_entry(unsigned long addr, const char *level, struct answer *a)
{
	struct leaf leaf;

	leaf_lookup(addr, &leaf);
	if (!leaf.val && !strcmp(leaf.level, level))
		return leaf.entry;
	say(a, "error=0x%lx: %s entry 0x%llx\n", addr, leaf.level, leaf.val);
	return NULL;
}

/* The first whole block in a hole, of @blocks. */
static unsigned long block_in(const struct area *area, int blocks)
{
	unsigned long first = ALIGN(area->addr, PMD_SIZE);

	if (area->kind != AREA_HOLE ||
	    first + blocks * PMD_SIZE > area->addr + area->pages * PAGE_SIZE)
		return 0;
	return first;
}

/* Two blocks of the hole have one table, which is empty. */
static int spoil_table_shared(struct area *area, u64 number, struct answer *a)
{
	unsigned long first = block_in(area, 2);
	u64 *one = first ? empty_entry(first, "pmd", a) : NULL;
	u64 *two = one ? empty_entry(first + PMD_SIZE, "pmd", a) : NULL;
	u64 *table = two ? new_table() : NULL;
	int err;

	if (!table)
		return -EINVAL;
	spoiled.addr = first + PMD_SIZE;
	err = spoil(one, table_at(virt_to_phys(table)));
	return err ?: spoil(two, table_at(virt_to_phys(table)));
}

/* A block of the hole has a table that is no memory. */
static int spoil_unreadable(struct area *area, u64 number, struct answer *a)
{
	unsigned long first = block_in(area, 1);
	u64 *entry = first ? empty_entry(first, "pmd", a) : NULL;

	if (!entry || pfn_valid(PHYS_PFN(number)))
		return -EINVAL;
	spoiled.addr = first;
	return spoil(entry, table_at(number));
}

/* Above the PMD, and with 4K pages above the PUD there are none. */
static int spoil_illegal_block(struct area *area, u64 number, struct answer *a)
{
	unsigned long size = PAGE_SIZE == SZ_4K ? P4D_SIZE : PUD_SIZE;
	const char *level = PAGE_SIZE == SZ_4K ? "p4d" : "pud";
	unsigned long addr = ALIGN(VMALLOC_START, size);
	struct leaf leaf;

	for (; addr < VMALLOC_END - size; addr += size) {
		leaf_lookup(addr, &leaf);
		if (!leaf.val && !strcmp(leaf.level, level))
			break;
	}
	if (addr >= VMALLOC_END - size)
		return -ENOENT;
	spoiled.addr = addr;
	return spoil(leaf.entry, block_at(0));
}

/* The linear map has a block of what is no memory, at physical address @number. */
static int spoil_outside_ram(struct area *area, u64 number, struct answer *a)
{
	static const char *const levels[] = { "pmd", "pud", "p4d", "pgd" };
	static const unsigned long shifts[] = { PMD_SHIFT, PUD_SHIFT, P4D_SHIFT };
	unsigned long addr = (unsigned long)__va(number);
	struct leaf leaf;
	int level, err = 0;
	u64 *entry;

	if (number & ~PMD_MASK || pfn_valid(PHYS_PFN(number)))
		return -EINVAL;
	leaf_lookup(addr, &leaf);
	if (leaf.val)
		return -EBUSY;
	for (level = 0; level < 3 && strcmp(leaf.level, levels[level]); level++)
		;
	spoiled.addr = addr;
	for (entry = leaf.entry; level > 0 && !err; level--) {
		u64 *table = new_table();

		if (!table)
			return -ENOMEM;
		err = spoil(entry, table_at(virt_to_phys(table)));
		entry = table + ((addr >> shifts[level - 1]) & (PTRS_PER_PMD - 1));
	}
	return err ?: spoil(entry, block_at(number));
}

static int clear_uxn(void *entry, bool is_there)
{
	u64 val = READ_ONCE(*(u64 *)entry);

	return is_there && (val & PMD_TABLE_UXN) ? spoil(entry, val & ~PMD_TABLE_UXN) : 0;
}

/* The tables on the way to the slot leave it to its leaves who may execute them. */
static int spoil_uxn_table(struct area *area, u64 number, struct answer *a)
{
	pgd_t *pgd = pgd_offset_pgd((pgd_t *)kc.swapper_pg_dir, area->addr);
	p4d_t *p4d = p4d_offset(pgd, area->addr);
	pud_t *pud = pud_offset(p4d, area->addr);
	pmd_t *pmd = pmd_offset(pud, area->addr);
	int err;

	spoiled.addr = area->addr;
	/* those that are folded are the same entry */
	err = clear_uxn(pgd, true);
	if (!err)
		err = clear_uxn(p4d, true);
	if (!err)
		err = clear_uxn(pud, true);
	return err ?: clear_uxn(pmd, area->kind == AREA_VMALLOC);
}

static const struct {
	const char *name;
	int (*spoil)(struct area *area, u64 number, struct answer *a);
	bool area, number;
} kinds[] = {
	{ "table-shared", spoil_table_shared, true },
	{ "unreadable", spoil_unreadable, true, true },
	{ "illegal-block", spoil_illegal_block },
	{ "outside-ram", spoil_outside_ram, false, true },
	{ "uxn-table", spoil_uxn_table, true },
};

void spoil_undo(struct answer *a)
{
	while (spoiled.nr_writes) {
		int nr = --spoiled.nr_writes;

		if (write_entry(spoiled.writes[nr].entry, spoiled.writes[nr].old))
			say(a, "error=an entry could not be put back\n");
	}
	while (spoiled.nr_tables)
		free_page(spoiled.tables[--spoiled.nr_tables]);
	memset(&spoiled, 0, sizeof(spoiled));
}

/* spoil table-shared HOLE | unreadable HOLE PHYS | illegal-block | outside-ram PHYS | uxn-table
 * SLOT */
int spoil_run(int argc, char **argv, struct answer *a)
{
	struct area *area = NULL;
	u64 number = 0;
	int i, next = 2, err = -EINVAL;

	spoil_undo(a);
	if (argc == 1)
		return 0;
	for (i = 0; i < ARRAY_SIZE(kinds) && strcmp(argv[1], kinds[i].name); i++)
		;
	if (i < ARRAY_SIZE(kinds) && kinds[i].area)
		area = argc > next ? area_find(argv[next++]) : NULL;
	if (i == ARRAY_SIZE(kinds) || (kinds[i].area && !area) || argc != next + kinds[i].number ||
	    (kinds[i].number && kstrtou64(argv[next], 0, &number))) {
		say(a, "error=usage: spoil table-shared HOLE | unreadable HOLE PHYS | "
		       "illegal-block | outside-ram PHYS | uxn-table SLOT; spoil\n");
		return err;
	}
	err = kinds[i].spoil(area, number, a);
	if (err)
		spoil_undo(a);
	else
		say(a, "spoiled=%s addr=0x%lx\n", kinds[i].name, spoiled.addr);
	return err;
}
