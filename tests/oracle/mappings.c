// SPDX-License-Identifier: GPL-2.0-only
#include "mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE  103
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MFD_HUGE_SHIFT
#define MFD_HUGE_SHIFT 26
#endif

static unsigned long page, huge; /* bytes: of a page, and of what a pmd maps */
static unsigned long next_addr;
static void (*report)(const char *what);
static int userfault_fd = -1;

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok;
}

static void touch(void *at, unsigned long size, unsigned long step)
{
	for (unsigned long i = 0; i < size; i += step)
		((volatile char *)at)[i] = 1;
}

static void look(void *at, unsigned long size, unsigned long step)
{
	for (unsigned long i = 0; i < size; i += step)
		(void)((volatile char *)at)[i];
}

static void add_area(struct mappings *m, const char *name, void *at, unsigned long size)
{
	if (m->nr_areas < MAX_AREAS)
		m->area[m->nr_areas++] = (struct area){
			name, (unsigned long)at, (unsigned long)at + size, false, false, false
		};
}

/* A mapping at an address of its own, aligned to huge pages, with a gap behind it. */
static void *map_at(unsigned long addr, unsigned long size, int prot, int flags, int fd, off_t off)
{
	void *at = mmap((void *)addr, size, prot, flags | MAP_FIXED_NOREPLACE, fd, off);

	return at == MAP_FAILED ? NULL : at;
}

static unsigned long place(unsigned long size, unsigned long align)
{
	unsigned long addr = (next_addr + align - 1) & -align;

	next_addr = addr + size + page * 3;
	return addr;
}

static void *map(struct mappings *m, const char *name, unsigned long size, int prot, int flags,
		 int fd, off_t off)
{
	void *at = map_at(place(size, huge), size, prot, flags, fd, off);

	if (at)
		add_area(m, name, at, size);
	else
		report(name);
	return at;
}

static void *anon(struct mappings *m, const char *name, unsigned long size)
{
	return map(m, name, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Anonymous memory with small pages only. */
static void *small(struct mappings *m, const char *name, unsigned long size)
{
	void *at = anon(m, name, size);

	if (at)
		madvise(at, size, MADV_NOHUGEPAGE);
	return at;
}

static void *thp(struct mappings *m, const char *name, unsigned long size)
{
	void *at = anon(m, name, size);

	if (at) {
		madvise(at, size, MADV_HUGEPAGE);
		m->area[m->nr_areas - 1].thp = true;
	}
	return at;
}

/* Comes with MADV_HWPOISON. */
static void bus_error(int signal)
{
	(void)signal;
}

static void make_small(struct mappings *m)
{
	const struct sigaction once = { .sa_handler = bus_error, .sa_flags = SA_RESETHAND };
	void *at = small(m, "populated", 40 * page);

	if (at)
		touch(at, 40 * page, page);
	at = small(m, "sparse", 4 * huge);
	if (at)
		touch((char *)at + 5 * page, 3 * huge, huge / 2 + 3 * page);
	at = small(m, "zero page", 24 * page);
	if (at) {
		look(at, 24 * page, page);
		touch(at, 24 * page, 5 * page);
	}
	small(m, "untouched", 2 * huge);
	at = small(m, "none", 16 * page);
	if (at) {
		touch(at, 16 * page, 2 * page);
		mprotect(at, 8 * page, PROT_NONE);
		mprotect((char *)at + 8 * page, 4 * page, PROT_READ);
	}
	at = small(m, "guards", huge + 16 * page);
	if (at) {
		touch(at, 32 * page, 3 * page);
		if (madvise((char *)at + 4 * page, 9 * page, MADV_GUARD_INSTALL))
			report("guards");
	}
	at = small(m, "poisoned", 8 * page);
	if (at) {
		touch(at, 8 * page, page);
		sigaction(SIGBUS, &once, NULL);
		if (madvise((char *)at + 2 * page, page, MADV_HWPOISON))
			report("poisoned");
		signal(SIGBUS, SIG_DFL);
	}
}

/* Contiguous runs of PTEs: folios of this size, aligned. */
static void make_runs(struct mappings *m)
{
	unsigned long run = page == 4096 ? 65536 : 2097152;
	char path[96];
	void *at;

	snprintf(path, sizeof(path), "/sys/kernel/mm/transparent_hugepage/hugepages-%lukB/enabled",
		 run / 1024);
	if (!write_file(path, "always"))
		report("contiguous runs");
	at = anon(m, "runs", 4 * run < huge ? 4 * run : 2 * run);
	if (at) {
		touch(at, 2 * run, run);
		/* clean and old in parts */
		madvise((char *)at + page, page * 2, MADV_COLD);
		mprotect((char *)at + run, page * 3, PROT_READ);
	}
	write_file(path, "never");
}

static void make_thp(struct mappings *m)
{
	void *at = thp(m, "huge", 2 * huge);

	if (at)
		touch(at, 2 * huge, huge);
	at = thp(m, "huge zero", 2 * huge);
	if (at) {
		look(at, huge, huge);
		look((char *)at + huge, huge, huge);
	}
	at = thp(m, "huge read only", huge);
	if (at) {
		touch(at, huge, huge);
		mprotect(at, huge, PROT_READ);
	}
	at = thp(m, "huge none", huge);
	if (at) {
		touch(at, huge, huge);
		mprotect(at, huge, PROT_NONE);
	}
	at = thp(m, "huge executable", huge);
	if (at) {
		touch(at, huge, huge);
		mprotect(at, huge, PROT_READ | PROT_EXEC);
	}
	at = thp(m, "huge cold", huge);
	if (at) {
		touch(at, huge, huge);
		madvise(at, huge, MADV_COLD);
	}
	at = thp(m, "huge freed", huge);
	if (at) {
		touch(at, huge, huge);
		madvise(at, huge, MADV_FREE);
	}
	at = thp(m, "huge split", huge);
	if (at) {
		touch(at, huge, huge);
		mprotect((char *)at + 7 * page, 9 * page, PROT_READ);
	}
}

static void make_hugetlb(struct mappings *m)
{
	static const unsigned long sizes[] = { 64UL << 10, 2UL << 20, 32UL << 20 };

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		unsigned long size = sizes[i], n = size < huge ? 8 : 2;
		char path[96], text[32];
		int flags = MAP_HUGETLB | __builtin_ctzl(size) << MAP_HUGE_SHIFT;
		void *at;

		snprintf(path, sizeof(path),
			 "/sys/kernel/mm/hugepages/hugepages-%lukB/nr_hugepages", size / 1024);
		snprintf(text, sizeof(text), "%lu", n * 2 + 2);
		if (!write_file(path, text))
			continue; /* not a size of this kernel */
		at = map_at(place(n * size, size > huge ? size : huge), n * size,
			    PROT_READ | PROT_WRITE, flags | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (!at) {
			report("hugetlb");
			continue;
		}
		add_area(m, "hugetlb", at, n * size);
		m->area[m->nr_areas - 1].hugetlb = true;
		touch(at, size, size);
		touch((char *)at + (n - 1) * size, size, size);
		at = map_at(place(n * size, size > huge ? size : huge), n * size,
			    PROT_READ | PROT_WRITE, flags | MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (!at)
			continue;
		add_area(m, "hugetlb shared", at, n * size);
		m->area[m->nr_areas - 1].hugetlb = true;
		touch(at, (n - 1) * size, 2 * size);
	}
}

/* Several areas of one file, of small pages. */
static void make_file(struct mappings *m)
{
	int fd = memfd_create("small", 0);
	char *at;

	if (fd < 0 || ftruncate(fd, 64 * page)) {
		report("files");
		return;
	}
	m->file[m->nr_files++] = fd;
	at = map(m, "file", 64 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at) {
		touch(at, 40 * page, 3 * page);
		/* one becomes three */
		mprotect(at + 8 * page, 8 * page, PROT_READ);
	}
	at = map(m, "private file", 32 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 16 * page);
	if (at) {
		look(at, 32 * page, page);
		touch(at, 16 * page, 4 * page);
	}
	map(m, "file again", 16 * page, PROT_READ, MAP_SHARED, fd, 0);
	at = map(m, "beyond file", 32 * page, PROT_READ, MAP_SHARED, fd, 48 * page);
	if (at)
		look(at, 16 * page, 2 * page);
}

static void make_shmem_thp(struct mappings *m)
{
	int fd;
	char *at;

	if (!write_file("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "advise"))
		report("huge files");
	fd = memfd_create("huge", 0);
	if (fd < 0 || ftruncate(fd, 2 * huge)) {
		report("huge files");
		return;
	}
	m->file[m->nr_files++] = fd;
	at = map(m, "huge file", 2 * huge, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at) {
		madvise(at, 2 * huge, MADV_HUGEPAGE);
		touch(at, 2 * huge, huge);
	}
	at = map(m, "huge file again", huge, PROT_READ | PROT_WRITE, MAP_SHARED, fd, huge);
	if (at) {
		madvise(at, huge, MADV_HUGEPAGE);
		look(at, huge, huge);
	}
	at = map(m, "private huge file", huge, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (at) {
		madvise(at, huge, MADV_HUGEPAGE);
		look(at, huge, huge);
	}
}

static void make_hugetlb_file(struct mappings *m)
{
	unsigned long size = 2UL << 20;
	int fd = memfd_create("hugetlb", MFD_HUGETLB | 21U << MFD_HUGE_SHIFT);
	char *at;

	if (fd < 0 || ftruncate(fd, 2 * size)) {
		report("hugetlb files");
		return;
	}
	m->file[m->nr_files++] = fd;
	at = map(m, "hugetlb file", 2 * size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at)
		touch(at, size, size);
	map(m, "hugetlb file again", size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, size);
	m->area[m->nr_areas - 1].hugetlb = m->area[m->nr_areas - 2].hugetlb = true;
}

/* What drivers map: its offset tells the module how. */
static void make_driver(struct mappings *m, int fd)
{
	char *at;

	if (fd < 0)
		return;
	at = map(m, "pfns", 24 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	m->file[m->nr_files++] = fd;
	map(m, "pfns private", 8 * page, PROT_READ, MAP_PRIVATE, fd, 0);
	at = map(m, "pages of a driver", 8 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, page);
	if (at)
		look(at, 8 * page, page);
	at = map(m, "huge pfns", 2 * huge, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 2 * page);
	if (at)
		touch(at, huge, huge);
}

/* One huge page is write-protected, and a part of another one. */
static bool protect_userfault(char *at)
{
	struct uffdio_writeprotect wp = { .range = { (uintptr_t)at, huge },
					  .mode = UFFDIO_WRITEPROTECT_MODE_WP };

	if (ioctl(userfault_fd, UFFDIO_WRITEPROTECT, &wp))
		return false;
	wp.range = (struct uffdio_range){ (uintptr_t)at + huge + 3 * page, 5 * page };
	return !ioctl(userfault_fd, UFFDIO_WRITEPROTECT, &wp);
}

static void make_userfault(struct mappings *m)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_WP };
	char *at;

	userfault_fd = syscall(__NR_userfaultfd, O_CLOEXEC);
	if (userfault_fd < 0 || ioctl(userfault_fd, UFFDIO_API, &api)) {
		report("userfaultfd");
		return;
	}
	at = thp(m, "userfault", 2 * huge);
	if (!at)
		return;
	touch(at, 2 * huge, huge);
	reg.range = (struct uffdio_range){ (uintptr_t)at, 2 * huge };
	if (ioctl(userfault_fd, UFFDIO_REGISTER, &reg) || !protect_userfault(at))
		report("userfaultfd");
}

/* Behind the addresses that mmap() gives without being asked. */
static void make_high(struct mappings *m)
{
	unsigned long low = next_addr;
	char *at;

	next_addr = 5UL << 49;
	if (!map_at(next_addr, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
		next_addr = low;
		return;
	}
	munmap((void *)next_addr, page);
	at = thp(m, "high", huge + 9 * page);
	if (at)
		touch(at, huge + 9 * page, huge);
	next_addr = low;
}

/* A process with the same mappings, and some of its own, that sits still. */
static void make_child(struct mappings *m, unsigned int which)
{
	int ready[2];
	char c;
	pid_t pid;

	if (pipe(ready))
		return;
	pid = fork();
	if (pid < 0)
		return;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (which)
			next_addr += huge;
		for (unsigned int i = 0; i < m->nr_files && i < 2; i++) {
			char *at = mmap(NULL, 16 * page, PROT_READ, MAP_SHARED, m->file[i],
					(4 + which) * page);

			if (at != MAP_FAILED)
				look(at, 16 * page, 2 * page);
		}
		for (unsigned int i = 0; i < m->nr_areas; i++)
			if (!strcmp(m->area[i].name, "huge"))
				touch((void *)m->area[i].start, huge, huge);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(ready[0], &c, 1) == 1)
		m->child[m->nr_children++] = pid;
	close(ready[0]);
	close(ready[1]);
}

void mappings_make(struct mappings *m, int mm_fd, void (*missing)(const char *what))
{
	*m = (struct mappings){};
	report = missing;
	page = getpagesize();
	huge = page * (page / 8);
	next_addr = 1UL << 40;

	write_file("/proc/sys/kernel/numa_balancing", "0");
	write_file("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	write_file("/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs",
		   "4000000000");
	/* nobody but us is to clear access flags, or to move pages */
	write_file("/sys/module/damon_stat/parameters/enabled", "N");
	write_file("/proc/sys/vm/watermark_boost_factor", "0");
	write_file("/proc/sys/vm/compaction_proactiveness", "0");
	make_hugetlb(m);
	make_small(m);
	make_runs(m);
	make_thp(m);
	make_file(m);
	make_shmem_thp(m);
	make_hugetlb_file(m);
	make_userfault(m);
	make_high(m);
	make_driver(m, mm_fd);
	for (unsigned int i = 0; i < m->nr_areas; i++)
		m->area[i].installable = !m->area[i].hugetlb && strcmp(m->area[i].name, "guards") &&
					 !madvise((void *)m->area[i].start,
						  m->area[i].end - m->area[i].start,
						  MADV_GUARD_REMOVE);
	for (unsigned int i = 0; i < MAX_CHILDREN; i++)
		make_child(m, i);
	/* copied when written, others still shared with the children */
	for (unsigned int i = 0; i < m->nr_areas; i++)
		if (!strcmp(m->area[i].name, "populated"))
			touch((void *)m->area[i].start, 10 * page, page);
}

static bool is_writable(const char *name)
{
	static const char *const names[] = { "huge", "huge cold", "huge freed",
					     "high", "runs",	  "huge split" };

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

void mappings_refresh(struct mappings *m, unsigned int round)
{
	for (unsigned int i = 0; i < m->nr_areas; i++) {
		struct area *a = &m->area[i];
		void *at = (void *)a->start;
		unsigned long size = a->end - a->start;

		/* not all of them each time: there is a lot to clear if pages are large */
		if ((i + round) % 4)
			continue;
		if (a->installable)
			madvise(at, size, MADV_GUARD_REMOVE);
		if (is_writable(a->name)) {
			/* new huge pages for what was split */
			mprotect(at, size, PROT_READ | PROT_WRITE);
			madvise(at, size, MADV_DONTNEED);
			touch(at, size < huge ? size : size & -huge, size < huge ? page : huge);
			if (!strcmp(a->name, "huge split"))
				mprotect((char *)at + (7 + round % 9) * page, 9 * page, PROT_READ);
			if (!strcmp(a->name, "huge cold"))
				madvise(at, size, MADV_COLD);
			if (!strcmp(a->name, "huge freed"))
				madvise(at, size, round / 4 % 2 ? MADV_FREE : MADV_COLD);
		} else if (!strcmp(a->name, "huge zero")) {
			madvise(at, size, MADV_DONTNEED);
			look(at, size, huge);
		} else if (!strcmp(a->name, "huge none") || !strcmp(a->name, "huge read only") ||
			   !strcmp(a->name, "huge executable")) {
			int prot = !strcmp(a->name, "huge none")      ? PROT_NONE :
				   !strcmp(a->name, "huge read only") ? PROT_READ :
									PROT_READ | PROT_EXEC;

			madvise(at, size, MADV_DONTNEED);
			mprotect(at, size, PROT_READ | PROT_WRITE);
			if (round / 4 % 2)
				touch(at, size, huge);
			else
				look(at, size, huge);
			mprotect(at, size, prot);
		} else if (!strcmp(a->name, "userfault")) {
			madvise(at, size, MADV_DONTNEED);
			touch(at, size, huge);
			protect_userfault(at);
		} else if (strstr(a->name, "huge file")) {
			look(at, size, huge);
			if (round / 4 % 3 == 0 && !strstr(a->name, "private"))
				touch(at, size, huge);
		} else if (!strcmp(a->name, "huge pfns")) {
			look(at, huge, huge);
		}
	}
}

void mappings_end(struct mappings *m)
{
	for (unsigned int i = 0; i < m->nr_children; i++) {
		kill(m->child[i], SIGKILL);
		waitpid(m->child[i], NULL, 0);
	}
}
