// SPDX-License-Identifier: GPL-2.0-only
/* A dump of a process against /proc/PID/pagemap, page by page. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "target.h"

#define BATCH	       512
#define MOST_DIFFERENT 20

static const char *const kinds[] = {
	"page", "block", "hugetlb", "invalid", "swap", "marker", "hwpoison", "passed-over",
};

#define NR_KINDS (sizeof(kinds) / sizeof(*kinds))

struct check {
	int pagemap;
	uint64_t page;
	uint64_t next; /* the first page that nothing was said of yet */
	unsigned long pages, entries, different, seen[NR_KINDS], huge, contiguous;
};

bool pagemap_read(int fd, uint64_t addr, uint64_t *entries, unsigned long nr)
{
	ssize_t size = nr * sizeof(*entries);

	return pread(fd, entries, size, addr / getpagesize() * sizeof(*entries)) == size;
}

static const char *string(struct json_object *object, const char *key)
{
	const char *text = json_object_get_string(json_object_object_get(object, key));

	return text ? text : "";
}

static uint64_t hex(struct json_object *object, const char *key)
{
	return strtoull(string(object, key), NULL, 16);
}

static void differs(struct check *check, uint64_t addr, uint64_t has, uint64_t wants,
		    const char *what)
{
	if (check->different++ < MOST_DIFFERENT)
		printf("different: 0x%" PRIx64 " pagemap %016" PRIx64 ", dump %s %016" PRIx64 "\n",
		       addr, has, what, wants);
}

/* What pagemap has is @frame, and one more for each page; @step 0: nothing. */
static void compare(struct check *check, uint64_t addr, uint64_t end, uint64_t wants, uint64_t step,
		    const char *what)
{
	uint64_t entries[BATCH];

	while (addr < end) {
		unsigned long nr = (end - addr) / check->page;

		nr = nr < BATCH ? nr : BATCH;
		if (!pagemap_read(check->pagemap, addr, entries, nr)) {
			differs(check, addr, 0, wants, "pagemap cannot be read");
			return;
		}
		for (unsigned long i = 0; i < nr; i++, addr += check->page, wants += step) {
			uint64_t has = entries[i] &
				       (PAGEMAP_PRESENT | PAGEMAP_SWAP | PAGEMAP_FRAME);

			if (has != wants)
				differs(check, addr, has, wants, what);
		}
		check->pages += nr;
	}
}

/* As pte_to_pagemap_entry() of fs/proc/task_mmu.c makes it. */
static uint64_t wanted(const struct check *check, struct json_object *object, const char *kind,
		       uint64_t *step)
{
	uint64_t pfn = hex(object, "pa") / check->page, offset;
	bool hugetlb = json_object_get_boolean(json_object_object_get(object, "hugetlb"));

	*step = 0;
	if (!strcmp(kind, "hole") || !strcmp(kind, "passed-over"))
		return 0;
	*step = 1;
	if (!strcmp(kind, "page") || !strcmp(kind, "block") || !strcmp(kind, "hugetlb") ||
	    !strcmp(kind, "invalid"))
		return PAGEMAP_PRESENT | pfn;
	*step = 0;
	/* of hugetlb what is not present is not told there */
	if (hugetlb)
		return 0;
	offset = pfn ? pfn : hex(object, "swap_offset");
	return PAGEMAP_SWAP | offset << 5 |
	       json_object_get_int64(json_object_object_get(object, "swap_type"));
}

static void count(struct check *check, struct json_object *object, const char *kind, uint64_t size)
{
	check->entries++;
	for (unsigned int i = 0; i < NR_KINDS; i++)
		check->seen[i] += !strcmp(kind, kinds[i]);
	check->huge += !strcmp(kind, "hugetlb") && size > check->page;
	check->contiguous += json_object_get_boolean(json_object_object_get(object, "contiguous"));
}

static void check_entry(struct check *check, struct json_object *object)
{
	uint64_t start = hex(object, "start"), step, want;
	uint64_t size = json_object_get_int64(json_object_object_get(object, "size"));
	const char *kind = string(object, "kind");

	want = wanted(check, object, kind, &step);
	if (!size || start < check->next || start % check->page)
		differs(check, start, 0, want, "out of order");
	count(check, object, kind, size);
	compare(check, start, start + size, want, step, kind);
	check->next = start + size;
}

/* Of pages of areas that no entry is about pagemap has nothing. */
static void check_rest(struct check *check, uint64_t start, uint64_t end)
{
	if (start < end)
		compare(check, start, end, 0, 0, "nothing");
}

struct range {
	uint64_t start, end;
};

static unsigned int read_areas(pid_t pid, struct range *areas, unsigned int most)
{
	char path[64], line[4500];
	unsigned int nr = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "re");
	while (file && nr < most && fgets(line, sizeof(line), file))
		nr += sscanf(line, "%" SCNx64 "-%" SCNx64, &areas[nr].start, &areas[nr].end) == 2;
	if (file)
		fclose(file);
	return nr;
}

/* The pages of areas from where the last entry ended to where the next one begins. */
static void between(struct check *check, const struct range *areas, unsigned int nr, uint64_t from,
		    uint64_t to)
{
	for (unsigned int i = 0; i < nr; i++)
		check_rest(check, areas[i].start > from ? areas[i].start : from,
			   areas[i].end < to ? areas[i].end : to);
}

int check_dump(pid_t pid, const char *path)
{
	struct check check = { .page = getpagesize() };
	static struct range areas[4096];
	unsigned int nr = read_areas(pid, areas, 4096), all = 0;
	FILE *file = fopen(path, "re");
	char line[8192], name[64];

	snprintf(name, sizeof(name), "/proc/%d/pagemap", pid);
	check.pagemap = open(name, O_RDONLY | O_CLOEXEC);
	if (!file || check.pagemap < 0 || !nr) {
		printf("nothing to compare with: %s\n", strerror(errno));
		return 1;
	}
	while (fgets(line, sizeof(line), file)) {
		struct json_object *object = json_tokener_parse(line);

		if (!strcmp(string(object, "type"), "entry")) {
			between(&check, areas, nr, check.next, hex(object, "start"));
			check_entry(&check, object);
		}
		json_object_put(object);
	}
	between(&check, areas, nr, check.next, ~0ULL);
	for (unsigned int i = 0; i < nr; i++)
		all += (areas[i].end - areas[i].start) / check.page;
	printf("pages=%lu of=%u entries=%lu different=%lu huge=%lu contiguous=%lu", check.pages,
	       all, check.entries, check.different, check.huge, check.contiguous);
	for (unsigned int i = 0; i < NR_KINDS; i++)
		printf(" %s=%lu", kinds[i], check.seen[i]);
	putchar('\n');
	fclose(file);
	return check.different || check.pages != all;
}

int print_pages(pid_t pid, char **addresses, int nr)
{
	int flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC), pagemap;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < nr; i++) {
		uint64_t addr = strtoull(addresses[i], NULL, 16), entry = 0, kpageflags = 0, frame;

		if (!pagemap_read(pagemap, addr, &entry, 1))
			return 1;
		frame = entry & PAGEMAP_FRAME;
		if ((entry & PAGEMAP_PRESENT) &&
		    pread(flags, &kpageflags, 8, frame * 8) != sizeof(kpageflags))
			return 1;
		printf("0x%" PRIx64 " %s 0x%" PRIx64 " 0x%" PRIx64 "\n", addr,
		       entry & PAGEMAP_PRESENT ? "present" :
		       entry & PAGEMAP_SWAP    ? "swap" :
						 "none",
		       frame, kpageflags);
	}
	return 0;
}
