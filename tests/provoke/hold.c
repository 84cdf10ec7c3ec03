// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "commands.h"

#ifndef __NR_memfd_secret
#define __NR_memfd_secret 447
#endif

int hold(long pages, long seconds, struct outcome *o)
{
	long page_size = sysconf(_SC_PAGESIZE);
	int fd = syscall(__NR_memfd_secret, 0);
	char *map = MAP_FAILED;

	if (fd < 0)
		return outcome(o, errno == ENOSYS ? PROVOKE_CANNOT : -errno, "memfd_secret: %s",
			       strerror(errno));
	if (!ftruncate(fd, pages * page_size))
		map = mmap(NULL, pages * page_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return outcome(o, -errno, "%ld pages: %s", pages, strerror(errno));
	for (long i = 0; i < pages; i++)
		map[i * page_size] = 1;
	puts("held");
	fflush(stdout);
	sleep(seconds);
	return outcome(o, 0, "%ld pages held", pages);
}
