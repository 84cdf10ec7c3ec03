// SPDX-License-Identifier: GPL-2.0-only
#include "area_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NODES 4096

static const struct {
	const char *type, *member;
	bool optional;
} fields[NR_FIELDS] = {
	[VA_START] = { "vmap_area", "va_start" },
	[VA_END] = { "vmap_area", "va_end" },
	[VA_RB_NODE] = { "vmap_area", "rb_node" },
	[VA_VM] = { "vmap_area", "vm" },
	[VM_ADDR] = { "vm_struct", "addr" },
	[VM_SIZE] = { "vm_struct", "size" },
	[VM_FLAGS] = { "vm_struct", "flags" },
	[VM_PAGES] = { "vm_struct", "pages" },
	[VM_NR_PAGES] = { "vm_struct", "nr_pages" },
	/* CONFIG_HAVE_ARCH_HUGE_VMALLOC */
	[VM_PAGE_ORDER] = { "vm_struct", "page_order", true },
	[VM_PHYS_ADDR] = { "vm_struct", "phys_addr" },
	[VM_CALLER] = { "vm_struct", "caller" },
	[VM_REQUESTED] = { "vm_struct", "requested_size", true },
	[RB_LEFT] = { "rb_node", "rb_left" },
	[RB_RIGHT] = { "rb_node", "rb_right" },
};

static int find_fields(struct areas *areas, const struct types *types, struct problem *why)
{
	for (int i = 0; i < NR_FIELDS; i++) {
		int err = types_member(types, fields[i].type, fields[i].member, &areas->fields[i]);

		if (!err && areas->fields[i].size <= 8)
			continue;
		if (i == VA_RB_NODE && !err)
			continue;
		if (!fields[i].optional)
			return problem(why, -ENOENT,
				       "the type information of this kernel has no usable %s.%s",
				       fields[i].type, fields[i].member);
		areas->fields[i] = (struct member){};
	}
	areas->va_size = types_size(types, "vmap_area");
	areas->vm_size = types_size(types, "vm_struct");
	areas->page_size = types_size(types, "page");
	return areas->page_size ? 0 : problem(why, -ENOENT, "this kernel has no struct page");
}

static int variable(const struct areas *areas, const char *name, size_t size, uint64_t *value)
{
	uint64_t addr = kallsyms_find(areas->kernel->syms, name);

	*value = 0;
	return addr ? kcore_get(areas->kcore, addr, value, size) : -ENOENT;
}

/* Since 53becf32aec1 and 72210662c5a2 (v6.9) areas are spread over nodes by address. */
static int find_roots(struct areas *areas, const struct types *types, struct problem *why)
{
	const struct kernel *kernel = areas->kernel;
	uint64_t nodes = 0, nr = 0, zone = 0;
	struct member root;

	areas->root = kallsyms_find(kernel->syms, "vmap_area_root");
	areas->nr = 1;
	if (areas->root)
		return 0;
	if (types_member(types, "vmap_node", "busy.root.rb_node", &root) ||
	    variable(areas, "vmap_nodes", 8, &nodes) || variable(areas, "nr_vmap_nodes", 4, &nr) ||
	    variable(areas, "vmap_zone_size", 4, &zone))
		return problem(why, -ENOENT,
			       "neither vmap_nodes nor vmap_area_root could be read: this kernel "
			       "keeps its vmalloc areas in a way that is not known");
	if (!nodes || !nr || nr > MAX_NODES || !zone)
		return problem(why, -EINVAL, "vmap_nodes makes no sense: %llu nodes of %llu bytes",
			       (unsigned long long)nr, (unsigned long long)zone);
	areas->root = nodes + root.offset;
	areas->step = types_size(types, "vmap_node");
	areas->nr = nr;
	areas->zone_size = zone;
	return 0;
}

int areas_open(struct areas **out, const struct kernel *kernel, struct kcore *kcore,
	       const struct types *types, struct problem *why)
{
	struct areas *areas = calloc(1, sizeof(*areas));
	int err;

	if (!areas)
		return problem(why, -ENOMEM, "no memory");
	areas->kernel = kernel;
	areas->kcore = kcore;
	err = find_fields(areas, types, why);
	if (!err)
		err = find_roots(areas, types, why);
	if (err) {
		areas_close(areas);
		return err;
	}
	*out = areas;
	return 0;
}

void areas_close(struct areas *areas)
{
	free(areas);
}

/* Kernel structs are aligned to eight bytes, and lie in the kernel's half. */
static int read_struct(const struct areas *areas, uint64_t addr, void *buf, size_t size)
{
	int err = -ENOENT;

	if (!(addr & 7) && addr >= -(1ULL << areas->kernel->geo.va_bits))
		err = kcore_get(areas->kcore, addr, buf, size);
	/* a pointer that leads nowhere is not an area that is not there */
	return err == -ENOENT ? -EFAULT : err;
}

static uint64_t field(const struct areas *areas, const void *base, enum field which)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)base + areas->fields[which].offset, areas->fields[which].size);
	return value;
}

/* Sizes of kernel structs are what BTF says: more than enough room for them. */
#define STRUCT_ROOM 512

int area_read_vm(const struct areas *areas, struct vm_area *area)
{
	char buf[STRUCT_ROOM];
	int err;

	if (!area->vm)
		return 0;
	if (areas->vm_size > sizeof(buf))
		return -EINVAL;
	err = read_struct(areas, area->vm, buf, areas->vm_size);
	if (err)
		return err;
	area->addr = field(areas, buf, VM_ADDR);
	area->size = field(areas, buf, VM_SIZE);
	area->flags = field(areas, buf, VM_FLAGS);
	area->pages = field(areas, buf, VM_PAGES);
	area->nr_pages = field(areas, buf, VM_NR_PAGES);
	area->page_order = field(areas, buf, VM_PAGE_ORDER);
	area->phys_addr = field(areas, buf, VM_PHYS_ADDR);
	area->caller = field(areas, buf, VM_CALLER);
	area->requested_size = field(areas, buf, VM_REQUESTED);
	/* it begins where its address space does, or was read while it went away */
	return geometry_untag(area->addr) == area->va_start && area->size ? 0 : -EAGAIN;
}

int area_read_node(const struct areas *areas, uint64_t rb_node, struct node *node)
{
	const struct member *rb = &areas->fields[VA_RB_NODE];
	char buf[STRUCT_ROOM];
	int err;

	if (areas->va_size > sizeof(buf))
		return -EINVAL;
	err = read_struct(areas, rb_node - rb->offset, buf, areas->va_size);
	if (err)
		return err;
	memset(node, 0, sizeof(*node));
	node->area.va_start = field(areas, buf, VA_START);
	node->area.va_end = field(areas, buf, VA_END);
	node->area.vm = field(areas, buf, VA_VM);
	node->left = field(areas, buf + rb->offset, RB_LEFT);
	node->right = field(areas, buf + rb->offset, RB_RIGHT);
	/* zeros may be what could not be read */
	return node->area.va_start && node->area.va_start < node->area.va_end ? 0 : -EAGAIN;
}

int area_read_root(const struct areas *areas, uint64_t nr, uint64_t *root)
{
	return read_struct(areas, areas->root + nr * areas->step, root, sizeof(*root));
}

/* __find_vmap_area() */
static int find_in_tree(const struct areas *areas, uint64_t nr, uint64_t addr, struct vm_area *area)
{
	uint64_t at;
	int err = area_read_root(areas, nr, &at);

	for (int depth = 0; !err && at && depth < MAX_DEPTH; depth++) {
		struct node node;

		err = area_read_node(areas, at, &node);
		if (err)
			return err;
		if (addr < node.area.va_start) {
			at = node.left;
		} else if (addr >= node.area.va_end) {
			at = node.right;
		} else {
			*area = node.area;
			return 0;
		}
	}
	return err ? err : at ? -EAGAIN : -ENOENT;
}

static int find_once(const struct areas *areas, uint64_t addr, struct vm_area *area)
{
	/* any node may have it: most likely that of the address, then those of lower ones */
	uint64_t first = areas->zone_size ? addr / areas->zone_size % areas->nr : 0;
	int answer = -ENOENT;

	for (uint64_t i = 0; i < areas->nr; i++) {
		int err = find_in_tree(areas, (first + areas->nr - i) % areas->nr, addr, area);

		if (!err)
			return area_read_vm(areas, area);
		/* another tree may have it all the same */
		if (err != -ENOENT)
			answer = err;
	}
	return answer;
}

int areas_find(struct areas *areas, uint64_t addr, struct vm_area *area)
{
	int err = -EAGAIN;

	for (int i = 0; i < ATTEMPTS && err && err != -ENOENT; i++)
		err = find_once(areas, geometry_untag(addr), area);
	/*
	 * A rotation of the tree can hide an area from one look. What is not there twice is not
	 * there.
	 */
	return err == -ENOENT ? find_once(areas, geometry_untag(addr), area) : err;
}

int areas_page(struct areas *areas, const struct vm_area *area, uint64_t index, uint64_t *linear)
{
	const struct kernel *kernel = areas->kernel;
	uint64_t vmemmap = kernel->zones.range[ZONE_VMEMMAP].start, page, into;
	int err;

	if (index >= area->nr_pages || !area->pages)
		return -ERANGE;
	err = read_struct(areas, area->pages + index * sizeof(page), &page, sizeof(page));
	if (err)
		return err;
	/* page_to_virt(): the struct pages of the linear map lie in the order of their addresses */
	page = geometry_untag(page);
	into = page - vmemmap;
	if (page < vmemmap || page >= kernel->zones.range[ZONE_VMEMMAP].end ||
	    into % areas->page_size)
		return -EFAULT;
	*linear = -(1ULL << kernel->geo.va_bits_config) +
		  (into / areas->page_size << kernel->geo.page_shift);
	return 0;
}
