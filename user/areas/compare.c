// SPDX-License-Identifier: GPL-2.0-only
/* What became of areas while the tables were read. */
#include <errno.h>
#include <stdlib.h>

#include "account.h"

static bool same(const struct vm_area *a, const struct vm_area *b)
{
	return a->va_end == b->va_end && a->vm == b->vm && a->unread == b->unread &&
	       a->flags == b->flags && a->pages == b->pages && a->nr_pages == b->nr_pages &&
	       a->phys_addr == b->phys_addr && a->caller == b->caller;
}

static int by_address(const void *a, const void *b)
{
	const struct account *x = a, *y = b;

	if (x->area.va_start != y->area.va_start)
		return x->area.va_start < y->area.va_start ? -1 : 1;
	return x->state < y->state ? -1 : x->state > y->state;
}

static int add_new(struct accounts *accounts, const struct vm_area *area)
{
	size_t nr = accounts->nr + 1;
	struct account *bigger = reallocarray(accounts->all, nr, sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	bigger[nr - 1] = (struct account){ .area = *area,
					   .kind = account_kind_of(accounts->zones, area),
					   .state = ACCOUNT_NEW };
	accounts->all = bigger;
	accounts->nr = nr;
	return 0;
}

int accounts_compare(struct accounts *accounts, const struct vm_area *later, size_t nr)
{
	size_t before = accounts->nr, i = 0;
	int err = 0;

	for (size_t j = 0; j < nr && !err; j++) {
		for (; i < before && accounts->all[i].area.va_start < later[j].va_start; i++)
			accounts->all[i].state = ACCOUNT_GONE;
		if (i == before || accounts->all[i].area.va_start != later[j].va_start) {
			err = add_new(accounts, &later[j]);
			continue;
		}
		if (!same(&accounts->all[i].area, &later[j]))
			accounts->all[i].state = ACCOUNT_CHANGED;
		i++;
	}
	for (; i < before && !err; i++)
		accounts->all[i].state = ACCOUNT_GONE;
	if (accounts->nr != before)
		qsort(accounts->all, accounts->nr, sizeof(*accounts->all), by_address);
	return err;
}
