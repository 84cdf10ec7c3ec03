// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/kfence.h"

#include "geometry/descriptor.h"

#define MAX_PAGES (1 << 20)

/*
 * The pool's size is a constant of the build. Its first page has one that is never valid behind
 * it, and so has each object.
 */
void kfence_pool(const struct kernel *kernel, struct kcore *kcore, struct tables *tables,
		 uint64_t *start, uint64_t *size)
{
	uint64_t page = geometry_page_size(&kernel->geo), pool = 0, entry;
	uint64_t variable = kallsyms_find(kernel->syms, "__kfence_pool");
	enum pgtable_level level;
	unsigned int pages = 0;

	*start = *size = 0;
	if (!variable || kcore_get(kcore, variable, &pool, sizeof(pool)) || !pool)
		return;
	while (pages < MAX_PAGES &&
	       !tables_lookup(tables, pool + (pages + 1) * page, &level, &entry) &&
	       level == PGTABLE_LEVEL_PTE && !desc_valid(entry))
		pages += 2;
	*start = pool;
	*size = pages * page;
}

int kfence_pool_now(const struct kernel *kernel, uint64_t *start, uint64_t *size)
{
	struct tables *tables = NULL;
	struct kcore *kcore = NULL;
	int err = kcore_open(&kcore, "/proc/kcore");

	*start = *size = 0;
	if (err)
		return err;
	err = tables_open(&tables, kernel, kcore);
	if (!err) {
		kfence_pool(kernel, kcore, tables, start, size);
		tables_close(tables);
	}
	kcore_close(kcore);
	return err;
}
