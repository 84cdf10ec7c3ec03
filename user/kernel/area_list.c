// SPDX-License-Identifier: GPL-2.0-only
/* All areas, from the trees that they are in. */
#include <errno.h>
#include <stdlib.h>

#include "area_tree.h"

#define MAX_AREAS (4 << 20)

struct collection {
	struct vm_area *areas;
	size_t nr, room;
	bool lenient; /* what cannot be read is left out, and counted */
	unsigned int missed;
};

static int collect(struct collection *all, const struct vm_area *area)
{
	if (all->nr == all->room) {
		size_t room = all->room ? all->room * 2 : 256;
		struct vm_area *bigger = room > MAX_AREAS ?
						 NULL :
						 realloc(all->areas, room * sizeof(*area));

		if (!bigger)
			return -ENOMEM;
		all->areas = bigger;
		all->room = room;
	}
	all->areas[all->nr++] = *area;
	return 0;
}

/* An area whose vm_struct cannot be read has its place all the same. */
static int collect_area(const struct areas *areas, struct vm_area *area, struct collection *all)
{
	const struct vm_area bare = *area;
	int err = area_read_vm(areas, area);

	if (err && all->lenient) {
		*area = bare;
		area->unread = true;
		err = 0;
	}
	return err ? err : collect(all, area);
}

static int collect_tree(const struct areas *areas, uint64_t at, uint64_t low, uint64_t high,
			unsigned int depth, struct collection *all);

/* A subtree whose areas lie between @low and @high; anything else is not this tree any more. */
static int collect_node(const struct areas *areas, uint64_t at, uint64_t low, uint64_t high,
			unsigned int depth, struct collection *all)
{
	struct node node;
	int err;

	if (depth == MAX_DEPTH)
		return -EAGAIN;
	err = area_read_node(areas, at, &node);
	if (err)
		return err;
	if (node.area.va_start < low || node.area.va_end > high)
		return -EAGAIN;
	err = collect_tree(areas, node.left, low, node.area.va_start, depth + 1, all);
	if (!err)
		err = collect_area(areas, &node.area, all);
	return err ? err : collect_tree(areas, node.right, node.area.va_end, high, depth + 1, all);
}

static int collect_tree(const struct areas *areas, uint64_t at, uint64_t low, uint64_t high,
			unsigned int depth, struct collection *all)
{
	int err = at ? collect_node(areas, at, low, high, depth, all) : 0;

	if (!err || err == -ENOMEM || !all->lenient)
		return err;
	all->missed++;
	return 0;
}

static int collect_all(const struct areas *areas, struct collection *all)
{
	const bool lenient = all->lenient;
	int err = 0;

	for (uint64_t i = 0; i < areas->nr && !err; i++) {
		size_t before = all->nr;

		err = -EAGAIN;
		for (int attempt = 1; attempt <= ATTEMPTS && err && err != -ENOMEM; attempt++) {
			uint64_t root;

			all->nr = before;
			all->lenient = lenient && attempt == ATTEMPTS;
			err = area_read_root(areas, i, &root);
			if (!err)
				err = collect_tree(areas, root, 0, ~0ULL, 0, all);
		}
	}
	return err;
}

static int by_address(const void *a, const void *b)
{
	const struct vm_area *x = a, *y = b;

	return x->va_start < y->va_start ? -1 : x->va_start > y->va_start;
}

int areas_each(struct areas *areas, int (*area)(void *ctx, const struct vm_area *area), void *ctx)
{
	struct collection all = {};
	int err = collect_all(areas, &all);

	if (!err && all.nr)
		qsort(all.areas, all.nr, sizeof(*all.areas), by_address);
	for (size_t i = 0; i < all.nr && !err; i++)
		err = area(ctx, &all.areas[i]);
	free(all.areas);
	return err;
}

int areas_list(struct areas *areas, struct vm_area **list, size_t *nr, unsigned int *missed)
{
	struct collection all = { .lenient = true };
	int err = collect_all(areas, &all);

	if (!err && !all.nr && all.missed)
		err = -EIO;
	if (err) {
		free(all.areas);
		return err;
	}
	if (all.nr)
		qsort(all.areas, all.nr, sizeof(*all.areas), by_address);
	*list = all.areas;
	*nr = all.nr;
	*missed = all.missed;
	return 0;
}
