// SPDX-License-Identifier: GPL-2.0-only
/* By a BPF program that copies the pages asked for into a mapped array. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "source.h"
#include "tables.h"
#include "tables.skel.h"

struct by_bpf {
	struct source source; /* first */
	const struct kernel *kernel;
	struct tables_bpf *skel;
	size_t page_size;
	void *pages; /* mapped */
	size_t mapped;
};

static int run(struct by_bpf *by, size_t nr)
{
	struct pwt_read_tables request = { .nr = nr };
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &request, .ctx_size_in = sizeof(request));

	return bpf_prog_test_run_opts(bpf_program__fd(by->skel->progs.read_tables), &options);
}

static int read_pages(struct source *source, const uint64_t *pa, size_t nr, const void **pages,
		      uint8_t *states)
{
	struct by_bpf *by = (struct by_bpf *)source;
	int err;

	for (size_t i = 0; i < nr; i++)
		by->skel->bss->wanted[i] = kernel_table_address(by->kernel, pa[i]);
	err = run(by, nr);
	if (err)
		return err;
	for (size_t i = 0; i < nr; i++) {
		states[i] = by->skel->bss->unreadable[i] ? PAGE_UNREADABLE : PAGE_READ;
		/* what a read that failed leaves is not said */
		if (states[i] == PAGE_UNREADABLE)
			memset((char *)by->pages + i * by->page_size, 0, by->page_size);
	}
	*pages = by->pages;
	return 0;
}

static void close_bpf(struct source *source)
{
	struct by_bpf *by = (struct by_bpf *)source;

	if (by->pages)
		munmap(by->pages, by->mapped);
	tables_bpf__destroy(by->skel);
	free(by);
}

static int load(struct by_bpf *by)
{
	struct bpf_map *map;
	int err;

	by->skel = tables_bpf__open();
	if (!by->skel)
		return -errno;
	map = by->skel->maps.pages;
	by->skel->rodata->page_size = by->page_size;
	err = bpf_map__set_map_flags(map, BPF_F_MMAPABLE);
	if (!err)
		err = bpf_map__set_value_size(map, by->page_size);
	if (!err)
		err = bpf_map__set_max_entries(map, by->source.most);
	if (!err)
		err = tables_bpf__load(by->skel);
	if (err)
		return err;
	by->mapped = by->source.most * by->page_size;
	by->pages = mmap(NULL, by->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (by->pages != MAP_FAILED)
		return 0;
	by->pages = NULL;
	return -errno;
}

static int print_none(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

int source_open_bpf(struct source **out, const struct kernel *kernel, struct problem *why)
{
	struct by_bpf *by = calloc(1, sizeof(*by));
	libbpf_print_fn_t print;
	int err;

	if (!by)
		return problem(why, -ENOMEM, "out of memory");
	by->page_size = geometry_page_size(&kernel->geo);
	by->source = (struct source){
		.name = "bpf",
		.most = source_most(by->page_size),
		.read = read_pages,
		.close = close_bpf,
	};
	by->kernel = kernel;
	print = libbpf_set_print(print_none);
	err = load(by);
	libbpf_set_print(print);
	if (err) {
		close_bpf(&by->source);
		return problem(why, err, "the BPF program that reads tables was not loaded: %s%s",
			       strerror(-err),
			       err == -EPERM ? ": run as root (with CAP_BPF and CAP_PERFMON)" : "");
	}
	*out = &by->source;
	return 0;
}
