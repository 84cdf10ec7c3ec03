// SPDX-License-Identifier: GPL-2.0-only
/* Runs of leaves, by address, among areas, by address: each part of a run to whom it belongs. */
#include "account.h"

#include <errno.h>
#include <stdlib.h>

#include "areas/stretch.h"
#include "geometry/descriptor.h"
#include "areas/flags.h"
#include "source/stream.h"

enum account_kind account_kind_of(const struct zones *zones, const struct vm_area *area)
{
	switch (zone_of(zones, area->va_start)) {
	case ZONE_MODULES:
		return ACCOUNT_MODULES;
	case ZONE_IMAGE:
		return ACCOUNT_IMAGE;
	default:
		break;
	}
	if (area->unread)
		return ACCOUNT_OTHER;
	if (!area->vm)
		return ACCOUNT_MAP_RAM;
	return area->flags & VM_ALLOC	? ACCOUNT_VMALLOC :
	       area->flags & VM_IOREMAP ? ACCOUNT_IOREMAP :
	       area->flags & VM_MAP	? ACCOUNT_VMAP :
					  ACCOUNT_OTHER;
}

int accounts_open(struct accounts *accounts, const struct vm_area *areas, size_t nr)
{
	uint64_t end = 0;

	accounts->all = calloc(nr ? nr : 1, sizeof(*accounts->all));
	accounts->stretch = calloc(1, sizeof(*accounts->stretch));
	if (!accounts->all || !accounts->stretch)
		return -ENOMEM;
	accounts->nr = nr;
	for (size_t i = 0; i < nr; i++) {
		struct account *account = &accounts->all[i];

		account->area = areas[i];
		account->kind = account_kind_of(accounts->zones, &areas[i]);
		if (areas[i].va_start < end)
			account->state = ACCOUNT_CHANGED;
		if (areas[i].va_end > end)
			end = areas[i].va_end;
	}
	return 0;
}

void accounts_close(struct accounts *accounts)
{
	if (accounts->stretch)
		free(accounts->stretch->pieces);
	free(accounts->stretch);
	free(accounts->all);
}

/* get_vm_area_size() */
uint64_t account_size(const struct accounts *accounts, const struct account *account)
{
	const struct vm_area *area = &account->area;
	uint64_t size = area->va_end - area->va_start, page = geometry_page_size(accounts->geo);
	bool guard = area->vm && !area->unread && !(area->flags & VM_NO_GUARD);

	return guard && size > page ? size - page : size;
}

static void settle(struct accounts *accounts, bool hole_after)
{
	struct stretch *stretch = accounts->stretch;
	uint64_t size, until;

	if (!stretch->account)
		return;
	/* those of percpu have no guard page, and do not say so */
	size = account_size(accounts, stretch->account);
	until = stretch->end - stretch->account->area.va_start;
	stretch_settle(stretch, accounts->geo, until > size ? until : size, hole_after);
}

static void add_outside(struct accounts *accounts, struct leaf_run part)
{
	uint64_t size = part.size;

	for (; size; size -= part.size, part.start += part.size) {
		part.size = zone_room(accounts->zones, part.start, size);
		sizes_add(&accounts->outside[zone_of(accounts->zones, part.start)], &part);
	}
}

/* A part of a run that lies in an area. @pa: behind its first address */
static void add_inside(struct accounts *accounts, struct account *account,
		       const struct leaf_run *part, uint64_t pa)
{
	struct stretch *stretch = accounts->stretch;
	bool goes_on = stretch->account && stretch->end == part->start;

	account->marks |= part->marks;
	sizes_add(&account->mapped, part);
	if (!desc_valid(part->desc)) {
		settle(accounts, true);
		return;
	}
	if (!goes_on || pa != stretch->pa + (stretch->end - stretch->start)) {
		settle(accounts, !goes_on);
		stretch->account = account;
		stretch->hole_before = !goes_on;
	}
	if (stretch_add(stretch, accounts->geo, part, pa)) {
		accounts->err = -ENOMEM;
		stretch->account = NULL;
	}
}

/* Leave what ends before @addr. The area that begins at @addr or behind it is the current one. */
static struct account *area_at(struct accounts *accounts, uint64_t addr)
{
	while (accounts->at < accounts->nr && accounts->all[accounts->at].area.va_end <= addr)
		accounts->at++;
	return accounts->at < accounts->nr ? &accounts->all[accounts->at] : NULL;
}

void accounts_run(void *ctx, const struct leaf_run *run)
{
	uint64_t at = run->start, end = run->start + run->size;
	uint64_t pa = desc_address(((struct accounts *)ctx)->geo, run->desc);
	struct accounts *accounts = ctx;
	struct leaf_run part = *run;

	while (at != end && !accounts->err) {
		struct account *account = area_at(accounts, at);
		bool inside = account && at >= account->area.va_start;
		uint64_t until = inside	 ? account->area.va_end :
				 account ? account->area.va_start :
					   end;

		/* the end of the address space is 0 */
		part.start = at;
		part.size = (until - 1 < end - 1 ? until : end) - at;
		if (accounts->stretch->account != account)
			settle(accounts, true);
		if (inside)
			add_inside(accounts, account, &part, pa + (at - run->start));
		else if (run->desc)
			add_outside(accounts, part);
		at += part.size;
	}
}

/* Of the runs that could have been made, was any? The image is mapped otherwise, at boot. */
static enum vmap_runs settle_runs(const struct accounts *accounts)
{
	enum vmap_runs runs = VMAP_RUNS_UNKNOWN;

	for (size_t i = 0; i < accounts->nr; i++) {
		const struct account *account = &accounts->all[i];

		if (account->kind != ACCOUNT_IMAGE && account->mapped.mapped[LEAF_CONT_PTE])
			return VMAP_RUNS_MADE;
		if (account->smaller[VMAP_CONT_PTE] &&
		    account_asks(accounts, account, VMAP_CONT_PTE))
			runs = VMAP_RUNS_NONE;
	}
	return runs;
}

int accounts_end(struct accounts *accounts)
{
	settle(accounts, true);
	accounts->runs = settle_runs(accounts);
	return accounts->err;
}
