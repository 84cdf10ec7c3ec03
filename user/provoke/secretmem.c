// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "provoke.h"

#ifndef __NR_memfd_secret
#define __NR_memfd_secret 447
#endif

/*
 * The pages count as locked memory of the user, of root too, and from 7.3 on one too many is a
 * SIGBUS at its first touch (before, mmap() says no).
 */
#define BATCH_BYTES (2L << 20)

static sigjmp_buf no_page;

static void on_sigbus(int sig)
{
	(void)sig;
	siglongjmp(no_page, 1);
}

/* Return: how many of them are there now. */
static long touch_each(volatile char *map, long pages, long page_size)
{
	struct sigaction catch = { .sa_handler = on_sigbus }, before;
	volatile long touched = 0;

	sigaction(SIGBUS, &catch, &before);
	if (!sigsetjmp(no_page, 1))
		for (; touched < pages; touched++)
			map[touched * page_size] = 1;
	sigaction(SIGBUS, &before, NULL);
	return touched;
}

static long touch_pages(int fd, long pages, long page_size)
{
	size_t size = pages * page_size;
	char *map;
	long touched;

	if (ftruncate(fd, size))
		return -errno;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	touched = touch_each(map, pages, page_size);
	munmap(map, size);
	return touched;
}

/* Return: how many pages it were, 0 if there was no room for one, or a negative errno. */
static long hide_and_show(long pages, long page_size)
{
	int fd = syscall(__NR_memfd_secret, 0);
	long touched;

	if (fd < 0)
		return -errno;
	touched = touch_pages(fd, pages, page_size);
	close(fd);
	return touched;
}

/*
 * Each page leaves the linear map when it is touched (set_direct_map_invalid_noflush) and comes
 * back with the last reference to the file (set_direct_map_default_noflush).
 */
int provoke_secretmem(long pages, struct outcome *o)
{
	long page_size = sysconf(_SC_PAGESIZE), batch = BATCH_BYTES / page_size, n = 0;

	for (o->count = 0; o->count < pages; o->count += n) {
		n = hide_and_show(pages - o->count < batch ? pages - o->count : batch, page_size);
		/* others of this user have locked memory, too */
		if ((n == 0 || n == -EAGAIN || n == -ENOMEM) && batch > 1) {
			batch /= 2;
			n = 0;
		} else if (n <= 0) {
			break;
		}
	}
	o->changes = 2 * o->count;
	if (n == -ENOSYS || n == -EPERM)
		return outcome(o, PROVOKE_CANNOT,
			       "memfd_secret: %s (the kernel has none, secretmem.enable=0, or a "
			       "linear map in blocks for good)",
			       strerror(-n));
	if (o->count < pages && (!n || n == -EAGAIN || n == -ENOMEM))
		return outcome(o, PROVOKE_CANNOT,
			       "no memory left to lock after %ld pages (ulimit -l)", o->count);
	if (o->count < pages)
		return outcome(o, n, "page %ld of %ld: %s", o->count + 1, pages, strerror(-n));
	return outcome(o, 0, "%ld pages hidden and shown again", pages);
}
