// SPDX-License-Identifier: GPL-2.0-only
#include "exhibits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "geometry/descriptor.h"

/* Entries in front of the one that differs. */
#define ENTRIES_BEFORE 8

typedef void (*entry_fn)(struct exhibit *exhibit, unsigned int nr,
			 const struct exhibit_entry *entry);

/* What was read below the tables, in the order of reading. Returns how many there are. */
static unsigned int each_entry(const struct change *change, struct exhibit *exhibit, entry_fn fn)
{
	const struct image *before = &change->before;
	unsigned int nr = 0;

	for (uint32_t i = 0; i < before->nr_slices; i++) {
		const struct image_slice *slice = &before->slices[i];
		const uint64_t *entries = image_slice_entries(before, slice);
		uint64_t size = geometry_size(before->geo, slice->level);

		for (unsigned int n = 0; n < slice->nr; n++) {
			const uint64_t *after;

			if (desc_table(entries[n], slice->level))
				continue;
			after = image_entry(&change->after, slice->table, slice->first + n);
			fn(exhibit, nr++,
			   &(struct exhibit_entry){ slice->level, slice->first + n,
						    slice->addr + n * size, entries[n],
						    after ? *after : 0, after != NULL });
		}
	}
	return nr;
}

/* While it looks for the entry that differs its number is in @more. */
static void look_for_difference(struct exhibit *exhibit, unsigned int nr,
				const struct exhibit_entry *entry)
{
	const struct difference *diff = &exhibit->change.diff;

	if (diff->found && entry->level == diff->level && entry->addr == diff->addr)
		exhibit->more = nr;
}

static void keep(struct exhibit *exhibit, unsigned int nr, const struct exhibit_entry *entry)
{
	if (nr + ENTRIES_BEFORE >= exhibit->more && exhibit->nr_entries < EXHIBIT_ENTRIES)
		exhibit->entries[exhibit->nr_entries++] = *entry;
}

static void keep_entries(struct exhibit *exhibit, const struct change *change)
{
	unsigned int nr;

	each_entry(change, exhibit, look_for_difference);
	nr = each_entry(change, exhibit, keep);
	exhibit->more = nr - exhibit->nr_entries;
}

int exhibits_add(struct exhibits *exhibits, const struct change *change, const struct stack *stack)
{
	struct exhibit **more = realloc(exhibits->exhibit,
					(exhibits->nr + 1) * sizeof(*exhibits->exhibit));
	struct exhibit *exhibit = calloc(1, sizeof(*exhibit));

	if (more)
		exhibits->exhibit = more;
	if (!more || !exhibit) {
		free(exhibit);
		return -ENOMEM;
	}
	exhibit->change = *change;
	memset(&exhibit->change.before, 0, sizeof(exhibit->change.before));
	memset(&exhibit->change.after, 0, sizeof(exhibit->change.after));
	if (stack)
		exhibit->stack = *stack;
	keep_entries(exhibit, change);
	exhibits->exhibit[exhibits->nr++] = exhibit;
	return 0;
}

void exhibits_release(struct exhibits *exhibits)
{
	for (size_t i = 0; i < exhibits->nr; i++)
		free(exhibits->exhibit[i]);
	free(exhibits->exhibit);
}

static bool is_kind(const struct refusal *kind, const struct change *change)
{
	return kind->func == change->func && kind->has_ret == change->has_ret &&
	       kind->ret == change->ret && kind->findings == change->findings &&
	       !strcmp(kind->op, change->op);
}

int refusals_add(struct refusals *refusals, const struct change *change, const struct stack *stack)
{
	struct refusal *kind = refusals->kind;

	refusals->total++;
	while (kind < refusals->kind + refusals->nr && !is_kind(kind, change))
		kind++;
	if (kind == refusals->kind + REFUSALS_MOST) {
		refusals->left_out++;
		return 0;
	}
	if (kind == refusals->kind + refusals->nr) {
		*kind = (struct refusal){ change->op,  change->func,	 change->has_ret,
					  change->ret, change->findings, 0,
					  {} };
		refusals->nr++;
	}
	if (kind->nr++ >= REFUSALS_EXAMPLES)
		return 0;
	return exhibits_add(&kind->examples, change, stack);
}

void refusals_release(struct refusals *refusals)
{
	for (unsigned int i = 0; i < refusals->nr; i++)
		exhibits_release(&refusals->kind[i].examples);
}
