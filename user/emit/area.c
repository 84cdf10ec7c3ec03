// SPDX-License-Identifier: GPL-2.0-only
#include "area.h"

#include <inttypes.h>
#include <string.h>

enum leaf_size area_leaf(enum vmap_block block)
{
	static const enum leaf_size leaves[VMAP_NR] = { LEAF_PTE, LEAF_CONT_PTE, LEAF_PMD,
							LEAF_PUD };

	return leaves[block];
}

const char *area_caller(const struct shown_areas *shown, const struct vm_area *area, char *buf,
			size_t size)
{
	if (!area->caller)
		return NULL;
	if (!kernel_symbol(shown->kernel, area->caller, buf, size))
		snprintf(buf, size, "0x%" PRIx64, area->caller);
	return buf;
}

void area_sums(const struct shown_areas *shown, struct area_sums *sums)
{
	const struct accounts *accounts = shown->accounts;

	memset(sums, 0, sizeof(*sums));
	accounts_totals(accounts, sums->kinds);
	for (enum account_kind kind = 0; kind < ACCOUNT_NR_KINDS; kind++) {
		const struct account_total *total = &sums->kinds[kind];

		account_total_add(&sums->all, total);
		if (kind != ACCOUNT_MODULES && kind != ACCOUNT_IMAGE)
			account_total_add(&sums->space, total);
	}
	for (enum zone zone = 0; zone < ZONE_NR; zone++)
		sizes_sum(&sums->outside, &accounts->outside[zone]);
	sizes_sum(&sums->space.mapped, &accounts->outside[ZONE_VMALLOC]);
	for (size_t i = 0; i < accounts->nr; i++) {
		const struct account *account = &accounts->all[i];

		sums->states[account->state]++;
		sums->torn += !!(account->marks & STREAM_TORN);
		sums->unreadable += !!(account->marks & STREAM_UNREADABLE);
		sums->unread += account->area.unread;
	}
}
