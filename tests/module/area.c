// SPDX-License-Identifier: GPL-2.0-only
#include <linux/pgtable.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "pwt_test.h"

static LIST_HEAD(areas);

static const char *const kind_names[] = {
	[AREA_VMALLOC] = "vmalloc", [AREA_VMALLOC_HUGE] = "vmalloc_huge",
	[AREA_VMAP] = "vmap",	    [AREA_LINEAR] = "linear",
	[AREA_HOLE] = "hole",
};

/* What has to be as it was before memory goes back to the kernel. */
#define ATTRS (PTE_VALID | PTE_RDONLY | PTE_NG | PTE_WRITE | PTE_PXN | PTE_UXN | PTE_ATTRINDX_MASK)

#define MAX_PAGES (max_t(unsigned long, SZ_64M, 2 * PMD_SIZE) / PAGE_SIZE)
/* Nothing is mapped: there may be two whole blocks in it, wherever it begins. */
#define MAX_HOLE (max_t(unsigned long, SZ_64M, 4 * PMD_SIZE) / PAGE_SIZE)

bool area_is_vmalloc(const struct area *area)
{
	return area->kind == AREA_VMALLOC || area->kind == AREA_VMALLOC_HUGE;
}

static u64 attrs_at(unsigned long addr)
{
	struct leaf leaf;

	leaf_lookup(addr, &leaf);
	return leaf.val & ATTRS;
}

static unsigned long page_addr(const struct area *area, long i)
{
	return area->addr + i * PAGE_SIZE;
}

static int area_alloc(struct area *area)
{
	unsigned long size = area->pages * PAGE_SIZE;
	struct page *page;
	long i;

	switch (area->kind) {
	case AREA_VMALLOC:
		area->addr = (unsigned long)vmalloc(size);
		break;
	case AREA_VMALLOC_HUGE:
		area->addr = (unsigned long)vmalloc_huge(size, GFP_KERNEL);
		break;
	case AREA_VMAP:
		area->pagev = kvcalloc(area->pages, sizeof(*area->pagev), GFP_KERNEL);
		if (!area->pagev)
			return -ENOMEM;
		for (i = 0; i < area->pages; i++) {
			area->pagev[i] = alloc_page(GFP_KERNEL);
			if (!area->pagev[i])
				return -ENOMEM;
		}
		area->addr = (unsigned long)vmap(area->pagev, area->pages, VM_MAP, PAGE_KERNEL);
		break;
	case AREA_LINEAR:
		page = alloc_pages(GFP_KERNEL, area->order);
		area->addr = page ? (unsigned long)page_address(page) : 0;
		break;
	case AREA_HOLE:
		if (!kc.get_vm_area)
			return -EOPNOTSUPP;
		area->vm = kc.get_vm_area(size, VM_IOREMAP);
		area->addr = area->vm ? (unsigned long)area->vm->addr : 0;
		break;
	}
	return area->addr ? 0 : -ENOMEM;
}

static void area_release(struct area *area)
{
	long i;

	switch (area->kind) {
	case AREA_VMALLOC:
	case AREA_VMALLOC_HUGE:
		vfree((void *)area->addr);
		break;
	case AREA_VMAP:
		if (area->addr)
			vunmap((void *)area->addr);
		for (i = 0; area->pagev && i < area->pages; i++)
			if (area->pagev[i])
				__free_page(area->pagev[i]);
		kvfree(area->pagev);
		break;
	case AREA_LINEAR:
		if (area->addr)
			free_pages(area->addr, area->order);
		break;
	case AREA_HOLE:
		if (area->vm)
			free_vm_area(area->vm);
		break;
	}
}

static void area_forget(struct area *area)
{
	kvfree(area->linear);
	kvfree(area->own_orig);
	kvfree(area->linear_orig);
	kfree(area);
}

static unsigned long linear_addr(const struct area *area, long i)
{
	switch (area->kind) {
	case AREA_LINEAR:
		return page_addr(area, i);
	case AREA_VMAP:
		return (unsigned long)page_address(area->pagev[i]);
	default:
		return (unsigned long)page_address(vmalloc_to_page((void *)page_addr(area, i)));
	}
}

static int area_remember(struct area *area)
{
	long i;

	area->own_orig = kvcalloc(area->pages + 1, sizeof(u64), GFP_KERNEL);
	area->linear = kvcalloc(area->pages, sizeof(*area->linear), GFP_KERNEL);
	area->linear_orig = kvcalloc(area->pages, sizeof(u64), GFP_KERNEL);
	if (!area->own_orig || !area->linear || !area->linear_orig)
		return -ENOMEM;

	for (i = 0; i < area->pages; i++) {
		area->own_orig[i] = attrs_at(page_addr(area, i));
		if (area->kind == AREA_HOLE)
			continue;
		area->linear[i] = linear_addr(area, i);
		area->linear_orig[i] = attrs_at(area->linear[i]);
	}
	return 0;
}

static int area_size(struct area *area, long n)
{
	if (area->kind == AREA_LINEAR) {
		if (n < 0 || n > MAX_PAGE_ORDER)
			return -EINVAL;
		area->order = n;
		area->pages = 1L << n;
		return 0;
	}
	if (n < 1 || n > (area->kind == AREA_HOLE ? MAX_HOLE : MAX_PAGES))
		return -EINVAL;
	area->pages = n;
	return 0;
}

struct area *area_new(const char *name, const char *kind, long n, struct answer *a, int *err)
{
	int k = match_string(kind_names, ARRAY_SIZE(kind_names), kind);
	struct area *area;

	*err = -EINVAL;
	if (k < 0 || strlen(name) >= sizeof(area->name) || strchr(name, ':') ||
	    !strcmp(name, "all")) {
		say(a, "error=%s\n", k < 0 ? "kind of memory not known" : "bad name");
		return NULL;
	}
	if (area_find(name)) {
		*err = -EEXIST;
		say(a, "error=name in use\n");
		return NULL;
	}

	area = kzalloc(sizeof(*area), GFP_KERNEL);
	if (!area) {
		*err = -ENOMEM;
		return NULL;
	}
	strscpy(area->name, name, sizeof(area->name));
	area->kind = k;

	*err = area_size(area, n);
	if (*err)
		goto out;
	*err = area_alloc(area);
	if (!*err)
		*err = area_remember(area);
	if (*err) {
		area_release(area);
		goto out;
	}
	list_add_tail(&area->node, &areas);
	return area;
out:
	area_forget(area);
	return NULL;
}

struct area *area_find(const char *name)
{
	struct area *area;

	list_for_each_entry(area, &areas, node)
		if (!strcmp(area->name, name))
			return area;
	return NULL;
}

/* The kernel's own calls first: what they leave wrong stays wrong. */
static void restore_page(unsigned long addr, u64 orig, bool linear)
{
	struct leaf leaf;
	u64 diff;

	leaf_lookup(addr, &leaf);
	diff = (leaf.val ^ orig) & ATTRS;
	if (!diff)
		return;

	if (linear && leaf.size == PAGE_SIZE && kc.can_set_direct_map()) {
		kc.set_direct_map_default_noflush(virt_to_page((void *)addr));
		return;
	}
	if (diff & PTE_VALID)
		kc.set_memory_valid(addr & ~(leaf.size - 1), leaf.size / PAGE_SIZE, 1);
	if (linear)
		return;
	if (diff & (PTE_RDONLY | PTE_WRITE))
		kc.set_memory_rw(addr, 1);
	if (diff & PTE_PXN)
		kc.set_memory_nx(addr, 1);
}

/* Entries of a hole and of a guard page were empty and belong to nobody else. */
static void empty_page(unsigned long addr)
{
	struct leaf leaf;

	leaf_lookup(addr, &leaf);
	if (leaf.val && leaf.size == PAGE_SIZE)
		leaf_write(leaf.entry, 0);
}

static long count_wrong(const struct area *area)
{
	long i, wrong = 0;

	for (i = 0; i < area->pages; i++) {
		wrong += attrs_at(page_addr(area, i)) != area->own_orig[i];
		if (area->linear[i] && area->kind != AREA_LINEAR)
			wrong += attrs_at(area->linear[i]) != area->linear_orig[i];
	}
	return wrong;
}

static long area_restore(struct area *area)
{
	long i;

	for (i = 0; i < area->pages; i++) {
		if (area->kind == AREA_HOLE) {
			empty_page(page_addr(area, i));
			continue;
		}
		if (area->kind != AREA_LINEAR)
			restore_page(page_addr(area, i), area->own_orig[i], false);
		restore_page(area->linear[i], area->linear_orig[i], true);
	}
	if (area->kind != AREA_LINEAR)
		empty_page(page_addr(area, area->pages));
	flush_tlb_everything();
	return count_wrong(area);
}

int area_free(struct area *area, struct answer *a)
{
	long wrong;

	flip_stop(a);
	spoil_undo(a);
	plant_undo(a);
	wrong = area_restore(area);
	list_del(&area->node);
	if (wrong) {
		say(a, "leaked=%s wrong_entries=%ld addr=0x%lx pages=%ld\n", area->name, wrong,
		    area->addr, area->pages);
		pr_warn("pwt_test: %s: %ld entries could not be restored, its memory is leaked\n",
			area->name, wrong);
		area_forget(area);
		return -EIO;
	}
	area_release(area);
	area_forget(area);
	return 0;
}

int area_free_all(struct answer *a)
{
	struct area *area, *next;
	int err = 0;

	list_for_each_entry_safe(area, next, &areas, node)
		err = area_free(area, a) ?: err;
	return err;
}

void area_describe(struct area *area, struct answer *a)
{
	unsigned long addr = area->addr, end = addr + area->pages * PAGE_SIZE;
	struct leaf leaf, first;
	long leaves = 0, cont = 0;

	leaf_lookup(addr, &first);
	for (; addr < end; addr = (addr & ~(leaf.size - 1)) + leaf.size) {
		leaf_lookup(addr, &leaf);
		leaves++;
		cont += !!(leaf.val & PTE_CONT);
	}
	say(a,
	    "slot=%s kind=%s addr=0x%lx pages=%ld linear=0x%lx level=%s leaf=%lu leaves=%ld cont=%ld\n",
	    area->name, kind_names[area->kind], area->addr, area->pages, area->linear[0],
	    first.level, first.size, leaves, cont);
}

void area_info(struct answer *a)
{
	struct area *area;

	list_for_each_entry(area, &areas, node)
		area_describe(area, a);
}

int span_parse(struct span *r, char **argv, struct answer *a)
{
	char *name = argv[0];

	*r = (struct span){ .alias = !strncmp(name, "alias:", 6) };
	r->area = area_find(r->alias ? name + 6 : name);
	if (!r->area) {
		say(a, "error=no such slot\n");
		return -ENOENT;
	}
	if (kstrtol(argv[1], 0, &r->first) || kstrtol(argv[2], 0, &r->count)) {
		say(a, "error=not a number of pages\n");
		return -EINVAL;
	}

	r->addr = page_addr(r->area, r->first);
	if (!r->alias)
		return 0;
	if (r->area->kind == AREA_HOLE || r->first < 0 || r->first >= r->area->pages) {
		say(a, "error=no such page\n");
		return -ERANGE;
	}
	r->addr = r->area->linear[r->first];
	return 0;
}
