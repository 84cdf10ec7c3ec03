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
	uint64_t addr[SOURCE_MOST];
	struct iovec parts[SOURCE_MOST];
};

/* How many of @nr addresses are each @step away from the one before. */
static size_t run_of(const uint64_t *addr, size_t nr, uint64_t step)
{
	size_t run = 1;

	while (run < nr && addr[run] == addr[run - 1] + step)
		run++;
	return run;
}

static int read_run(struct by_kcore *by, size_t first, size_t nr, bool down, uint8_t *states)
{
	size_t lowest = down ? first + nr - 1 : first;
	char *pages = by->pages + first * by->page_size;
	int err;

	for (size_t i = 0; i < nr; i++)
		by->parts[down ? nr - 1 - i : i] = (struct iovec){
			.iov_base = pages + i * by->page_size,
			.iov_len = by->page_size,
		};
	err = kcore_get_parts(by->kcore, by->addr[lowest], by->parts, nr);
	if (err)
		memset(pages, 0, nr * by->page_size);
	memset(states + first, err ? PAGE_UNREADABLE : PAGE_READ, nr);
	return err;
}

/* Which of them is it that cannot be read? */
static int read_one_by_one(struct by_kcore *by, size_t first, size_t nr, uint8_t *states)
{
	int err = 0;

	for (size_t i = first; i < first + nr && err != -ENOMEM && err != -EPERM; i++)
		err = read_run(by, i, 1, false, states);
	return err;
}

/*
 * The kernel takes memory for its linear map from the top down, so that one table after the other
 * is a page below the one before; that is one call, into pages the other way round.
 */
static int read_pages(struct source *source, const uint64_t *pa, size_t nr, const void **pages,
		      uint8_t *states)
{
	struct by_kcore *by = (struct by_kcore *)source;
	size_t any_order = nr > SOURCE_LAST ? nr - SOURCE_LAST : 0, run;

	*pages = by->pages;
	for (size_t i = 0; i < nr; i++)
		by->addr[i] = kernel_table_address(by->kernel, pa[i]);
	for (size_t i = 0; i < nr; i += run) {
		size_t up = run_of(by->addr + i, nr - i, by->page_size), down = 1;
		int err;

		if (i < any_order)
			down = run_of(by->addr + i, any_order - i, -by->page_size);
		run = down > up ? down : up;
		err = read_run(by, i, run, down > up, states);
		if (err && run > 1)
			err = read_one_by_one(by, i, run, states);
		if (err == -ENOMEM || err == -EPERM)
			return err;
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
