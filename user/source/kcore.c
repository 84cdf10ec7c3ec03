// SPDX-License-Identifier: GPL-2.0-only
/*
 * By /proc/kcore, which needs no BPF. It gives zeros where the kernel cannot read by itself, so
 * that such a page is no different from an empty one: only BPF tells them apart.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kcore.h"
#include "source.h"

struct by_kcore {
	struct source source; /* first */
	const struct kernel *kernel;
	struct kcore *kcore;
	size_t page_size;
	char *pages;
};

static int read_pages(struct source *source, const uint64_t *pa, size_t nr, const void **pages,
		      uint8_t *states)
{
	struct by_kcore *by = (struct by_kcore *)source;

	*pages = by->pages;
	for (size_t i = 0; i < nr; i++) {
		char *page = by->pages + i * by->page_size;
		int err = kcore_get(by->kcore, kernel_table_address(by->kernel, pa[i]), page,
				    by->page_size);

		if (err == -ENOMEM || err == -EPERM)
			return err;
		states[i] = err ? PAGE_UNREADABLE : PAGE_READ;
		if (err)
			memset(page, 0, by->page_size);
	}
	return 0;
}

static void close_kcore(struct source *source)
{
	struct by_kcore *by = (struct by_kcore *)source;

	kcore_close(by->kcore);
	free(by->pages);
	free(by);
}

int source_open_kcore(struct source **out, const struct kernel *kernel, struct problem *why)
{
	struct by_kcore *by = calloc(1, sizeof(*by));
	int err;

	if (!by)
		return problem(why, -ENOMEM, "out of memory");
	by->page_size = geometry_page_size(&kernel->geo);
	by->source = (struct source){
		.name = "kcore",
		.most = source_most(by->page_size),
		.read = read_pages,
		.close = close_kcore,
	};
	by->kernel = kernel;
	by->pages = malloc(by->source.most * by->page_size);
	err = by->pages ? kcore_open(&by->kcore, "/proc/kcore") : -ENOMEM;
	if (err) {
		close_kcore(&by->source);
		return problem(why, err, "cannot open /proc/kcore: %s", strerror(-err));
	}
	*out = &by->source;
	return 0;
}
