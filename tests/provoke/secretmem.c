// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "provoke.h"

#ifndef __NR_memfd_secret
#define __NR_memfd_secret 447
#endif

static int touch_pages(int fd, long pages, long page_size)
{
	size_t size = pages * page_size;
	volatile char *map;

	if (ftruncate(fd, size))
		return -errno;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	for (long i = 0; i < pages; i++)
		map[i * page_size] = 1;
	munmap((void *)map, size);
	return 0;
}

static int hide_and_show(long pages, long page_size)
{
	int fd = syscall(__NR_memfd_secret, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = touch_pages(fd, pages, page_size);
	close(fd);
	return err;
}

/* The pages count as locked memory, and too many are a SIGBUS, for root as well (7.3). */
#define BATCH_BYTES (2L << 20)

/*
 * Each page leaves the linear map when it is touched (set_direct_map_invalid_noflush) and comes
 * back with the last reference to the file (set_direct_map_default_noflush).
 */
int secretmem(long pages, struct outcome *o)
{
	long page_size = sysconf(_SC_PAGESIZE), batch = BATCH_BYTES / page_size;
	int err = 0;

	for (long left = pages; left > 0 && !err; left -= batch)
		err = hide_and_show(left < batch ? left : batch, page_size);
	if (err == -ENOSYS || err == -EPERM)
		return complain(CANNOT_RUN,
				"secretmem: memfd_secret: %s (the kernel has none, "
				"secretmem.enable=0, or a linear map in blocks for good)",
				strerror(-err));
	if (err)
		return complain(err, "secretmem: %ld pages: %s (ulimit -l?)", pages,
				strerror(-err));
	outcome(o, 2 * pages, "%ld pages hidden and shown again", pages);
	return 0;
}
