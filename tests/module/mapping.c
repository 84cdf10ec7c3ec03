// SPDX-License-Identifier: GPL-2.0-only
#include <linux/io.h>
#include <linux/pgtable.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "mapping.h"

static int make_vmalloc(struct mapping *m, struct answer *a)
{
	m->addr = (unsigned long)vmalloc(m->size);
	return 0;
}

static int make_vmalloc_huge(struct mapping *m, struct answer *a)
{
	m->addr = (unsigned long)vmalloc_huge(m->size, GFP_KERNEL);
	return 0;
}

static void unmake_vmalloc(struct mapping *m)
{
	vfree((void *)m->addr);
}

static int make_ioremap(struct mapping *m, struct answer *a)
{
	m->addr = (unsigned long)(void __force *)ioremap(m->args[0], m->size);
	return 0;
}

static void unmake_ioremap(struct mapping *m)
{
	if (m->addr)
		iounmap((void __iomem *)m->addr);
}

/* Pages of a block, from page @offset on. */
static int take_pages(struct mapping *m, unsigned int order, unsigned long offset, bool reverse)
{
	unsigned long nr = m->size / PAGE_SIZE, i;

	m->order = order;
	m->block = order <= MAX_PAGE_ORDER ? alloc_pages(GFP_KERNEL, order) : NULL;
	if (m->block)
		m->pages = kvcalloc(nr, sizeof(*m->pages), GFP_KERNEL);
	for (i = 0; m->pages && i < nr; i++)
		m->pages[i] = m->block + offset + (reverse ? nr - 1 - i : i);
	return m->pages ? 0 : -ENOMEM;
}

static void give_pages(struct mapping *m)
{
	kvfree(m->pages);
	if (m->block)
		__free_pages(m->block, m->order);
}

static int vmap_pages(struct mapping *m, bool reverse)
{
	int err = take_pages(m, get_order(m->size), 0, reverse);

	if (!err)
		m->addr = (unsigned long)vmap(m->pages, m->size / PAGE_SIZE, VM_MAP, PAGE_KERNEL);
	return err;
}

static int make_vmap(struct mapping *m, struct answer *a)
{
	return vmap_pages(m, false);
}

static int make_vmap_reverse(struct mapping *m, struct answer *a)
{
	return vmap_pages(m, true);
}

static void unmake_vmap(struct mapping *m)
{
	vunmap((void *)m->addr);
	give_pages(m);
}

static int make_pages(struct mapping *m, struct answer *a)
{
	unsigned long offset = max(m->args[1], m->args[2]);
	unsigned int order = get_order(m->size + offset * PAGE_SIZE);
	int err = take_pages(m, order, m->args[2], false);

	if (err || !kc.get_vm_area || !kc.__vmap_pages_range_noflush)
		return -ENOMEM;
	m->area = kc.get_vm_area(PAGE_SIZE << order, VM_IOREMAP);
	if (!m->area)
		return -ENOMEM;
	m->addr = (unsigned long)m->area->addr + m->args[1] * PAGE_SIZE;
	err = kc.__vmap_pages_range_noflush(m->addr, m->addr + m->size, PAGE_KERNEL, m->pages,
					    m->args[0]);
	say(a, "ret=%d\n", err);
	return 0;
}

static void unmake_pages(struct mapping *m)
{
	if (m->area)
		free_vm_area(m->area);
	give_pages(m);
}

static const struct {
	const char *name;
	int nr_args;
	int (*make)(struct mapping *m, struct answer *a);
	void (*unmake)(struct mapping *m);
} kinds[] = {
	{ "vmalloc", 0, make_vmalloc, unmake_vmalloc },
	{ "vmalloc_huge", 0, make_vmalloc_huge, unmake_vmalloc },
	{ "vmap", 0, make_vmap, unmake_vmap },
	{ "vmap_reverse", 0, make_vmap_reverse, unmake_vmap },
	{ "ioremap", 1, make_ioremap, unmake_ioremap },
	{ "pages", 3, make_pages, unmake_pages },
};

int mapping_parse(struct mapping *m, int argc, char **argv)
{
	int i, k;

	for (k = 0; argc >= 2 && k < ARRAY_SIZE(kinds); k++)
		if (!strcmp(argv[0], kinds[k].name))
			break;
	if (argc < 2 || k == ARRAY_SIZE(kinds) || argc < 2 + kinds[k].nr_args ||
	    kstrtoul(argv[1], 0, &m->size) || !m->size || m->size & ~PAGE_MASK)
		return -EINVAL;
	m->kind = k;
	for (i = 0; i < kinds[k].nr_args; i++)
		if (kstrtoul(argv[2 + i], 0, &m->args[i]))
			return -EINVAL;
	return 2 + kinds[k].nr_args;
}

int mapping_make(struct mapping *m, struct answer *a)
{
	return kinds[m->kind].make(m, a);
}

void mapping_unmake(struct mapping *m)
{
	kinds[m->kind].unmake(m);
}

void mapping_round_up(struct mapping *m)
{
	struct vm_struct *vm = NULL;

	if (kinds[m->kind].unmake == unmake_vmalloc && kc.find_vm_area)
		vm = kc.find_vm_area((void *)m->addr);
	if (vm)
		m->size = get_vm_area_size(vm);
}

void mapping_survey(const struct mapping *m, const char *what, struct answer *a)
{
	static const char *const names[] = { "pud", "pmd" };
	unsigned long addr = m->addr, end = m->addr + m->size;
	unsigned long pages = 0, runs = 0, blocks[2] = {}, sizes[2] = { PUD_SIZE, PMD_SIZE };
	const char *comma = "";
	int i;

	say(a, "%s addr=0x%lx size=%lu mapped=", what, m->addr, m->size);
	while (addr < end) {
		struct leaf leaf;

		leaf_lookup(addr, &leaf);
		if (!(leaf.val & PTE_VALID))
			break;
		for (i = 0; i < 2; i++)
			blocks[i] += !strcmp(leaf.level, names[i]);
		if (leaf.size == PAGE_SIZE && leaf.val & PTE_CONT && !(addr & ~CONT_PTE_MASK)) {
			leaf.size = CONT_PTE_SIZE;
			runs++;
		} else {
			pages += leaf.size == PAGE_SIZE;
		}
		addr += leaf.size;
	}
	for (i = 0; i < 2; i++) {
		if (!blocks[i])
			continue;
		say(a, "%s%lux%lu", comma, sizes[i], blocks[i]);
		comma = ",";
	}
	if (runs)
		say(a, "%s%lux%lu", comma, CONT_PTE_SIZE, runs);
	if (pages)
		say(a, "%s%lux%lu", runs ? "," : comma, PAGE_SIZE, pages);
	say(a, "\n");
}

/* By what it was made of, and by the kernel's own walk where that was the kernel's choice. */
static phys_addr_t phys_of(const struct mapping *m, unsigned long page)
{
	if (m->pages)
		return page_to_phys(m->pages[page]);
	if (kinds[m->kind].make == make_ioremap)
		return m->args[0] + page * PAGE_SIZE;
	return PFN_PHYS(vmalloc_to_pfn((void *)(m->addr + page * PAGE_SIZE)));
}

void mapping_pieces(const struct mapping *m, struct answer *a)
{
	unsigned long nr = m->size / PAGE_SIZE, first, end;
	const char *comma = "";

	say(a, "pieces=");
	for (first = 0; first < nr; first = end) {
		phys_addr_t phys = phys_of(m, first);

		for (end = first + 1; end < nr; end++)
			if (phys_of(m, end) != phys + (end - first) * PAGE_SIZE)
				break;
		say(a, "%s%llx+%lu", comma, phys, end - first);
		comma = ",";
	}
	say(a, "\n");
}
