// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process with every kind of mapping there is, that sits still; processes that do not; and what
 * the kernel's own files say of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mappings.h"
#include "target.h"

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

static void missing(const char *what)
{
	printf("missing %s\n", what);
}

static void say(const char *name, const void *at, size_t size)
{
	printf("area %s 0x%lx 0x%lx\n", name, (unsigned long)at, (unsigned long)at + size);
}

static void fill(char *at, size_t size)
{
	for (size_t i = 0; i < size; i += sizeof(long))
		*(long *)(at + i) = (long)(at + i) * 2654435761;
}

/* Pages that the kernel is asked to swap out, and some of them are wanted back. */
static void make_swap(void)
{
	size_t page = getpagesize(), size = 64 * page;
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return missing("swap");
	madvise(at, size, MADV_NOHUGEPAGE);
	fill(at, size);
	if (madvise(at, size, MADV_PAGEOUT))
		missing("swap");
	for (int i = 0; i < 64; i += 8)
		((volatile char *)at)[i * page];
	say("swap", at, size);
}

static void make_secret(void)
{
	size_t page = getpagesize();
	int fd = syscall(SYS_memfd_secret, 0);
	char *at;

	if (fd < 0 || ftruncate(fd, 4 * page))
		return missing("secret");
	at = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return missing("secret");
	fill(at, 2 * page);
	say("secret", at, 4 * page);
}

static void make_file(void)
{
	size_t page = getpagesize();
	int fd = open("/proc/self/exe", O_RDONLY);
	char *at = mmap(NULL, 8 * page, PROT_READ, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return missing("program");
	((volatile char *)at)[0];
	((volatile char *)at)[3 * page];
	say("program", at, 8 * page);
}

static int make(void)
{
	static struct mappings mappings;

	mappings_make(&mappings, -1, missing);
	for (unsigned int i = 0; i < mappings.nr_areas; i++) {
		const struct area *area = &mappings.area[i];
		char name[64];

		snprintf(name, sizeof(name), "%s", area->name);
		for (char *c = name; *c; c++)
			*c = *c == ' ' ? '-' : *c;
		say(name, (void *)area->start, area->end - area->start);
	}
	make_file();
	make_secret();
	make_swap();
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
	return 0;
}

/* A process that is another program all the time, with some memory to free each time. */
static int exec_again(char **argv)
{
	size_t size = 8 << 20;
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; at != MAP_FAILED && i < size; i += getpagesize())
		at[i] = 1;
	execv("/proc/self/exe", argv);
	return 1;
}

static void sleep_ms(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

/* One that ends after a while, with some memory to free. */
static int brief(long ms, size_t size)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; at != MAP_FAILED && i < size; i += getpagesize())
		at[i] = 1;
	sleep_ms(ms);
	return 0;
}

/* Processes that come and go, a few at a time; they leave time for who looks at them. */
static int storm(long seconds)
{
	time_t end = time(NULL) + seconds;
	unsigned int seed = getpid();

	for (int running = 0; time(NULL) < end || running;) {
		pid_t pid = -1;

		if (time(NULL) < end && running < 4) {
			pid = fork();
			if (!pid)
				_exit(brief(10 + rand_r(&seed) % 40, 128 << 10));
			running += pid > 0;
			rand_r(&seed);
		}
		if (running == 4 || pid < 0) {
			wait(NULL);
			running--;
		}
	}
	return 0;
}

static void *sit_still(void *arg)
{
	(void)arg;
	printf("thread %d\n", (int)syscall(SYS_gettid));
	fflush(stdout);
	for (;;)
		pause();
	return NULL;
}

/* The first thread, which /proc/PID is about, ends, and another one goes on. */
static int headless(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, sit_still, NULL))
		return 1;
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "make"))
		return make();
	if (!strcmp(what, "exec"))
		return exec_again(argv);
	if (!strcmp(what, "headless"))
		return headless();
	if (!strcmp(what, "brief") && argc == 3)
		return brief(atol(argv[2]), 4 << 20);
	if (!strcmp(what, "storm") && argc == 3)
		return storm(atol(argv[2]));
	if (!strcmp(what, "check") && argc == 4)
		return check_dump(atoi(argv[2]), argv[3]);
	if (!strcmp(what, "pages") && argc > 3)
		return print_pages(atoi(argv[2]), argv + 3, argc - 3);
	fputs("usage: process-target make|exec|headless|brief MS|storm SECONDS|check PID DUMP|pages PID "
	      "ADDRESS...\n",
	      stderr);
	return 2;
}
