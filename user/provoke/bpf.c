// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "provoke.h"

#ifndef SO_ATTACH_FILTER
#define SO_ATTACH_FILTER 26
#endif

/*
 * JITed programs live in packs of 2 MiB a NUMA node, and it is a new pack that is made read-only
 * and executable. A classic socket filter needs no verifier, which takes nearly a second for a
 * program of this length on a slow machine. Of all instructions a remainder by a large constant
 * grows most: 4 arm64 instructions each, for 8 bytes of the socket's option memory.
 */
#define FILTER_LEN	 BPF_MAXINSNS
#define FILTER_BYTES	 (FILTER_LEN * 4 * 4L)
#define FILTERS_PER_NODE 48 /* 3 MiB: more than a pack has */

static struct sock_filter filter[FILTER_LEN];

static void make_filter(void)
{
	for (int i = 0; i < FILTER_LEN - 1; i++)
		filter[i] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 0x12345678);
	filter[FILTER_LEN - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
}

/* /sys/devices/system/node/possible is "0", or "0-3" */
static long possible_nodes(void)
{
	char text[64] = "";
	const char *last;

	if (read_text("/sys/devices/system/node/possible", text, sizeof(text)))
		return 1;
	last = strpbrk(text, "-,") ? strrchr(text, text[strcspn(text, "-,")]) + 1 : text;
	return atol(last) + 1;
}

long provoke_bpf_pack(void)
{
	return possible_nodes() << 21;
}

long provoke_bpf_filters(void)
{
	return FILTERS_PER_NODE * possible_nodes();
}

/* A pack's pages, their aliases, and each page once more both ways when the pack is freed. */
static long changes(long count)
{
	long pack = provoke_bpf_pack();

	return count * FILTER_BYTES / pack * (3 * pack / sysconf(_SC_PAGESIZE) + 2);
}

static int attach(void)
{
	struct sock_fprog prog = { .len = FILTER_LEN, .filter = filter };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* Return: how many there are; less than @count with @err set. */
static long attach_all(long count, int *fds, int *err)
{
	long n = 0;

	for (*err = 0; n < count; n++) {
		fds[n] = attach();
		if (fds[n] < 0) {
			*err = fds[n];
			break;
		}
	}
	return n;
}

int provoke_bpf(long count, struct outcome *o)
{
	char jit[16] = "";
	int *fds, err;
	long n;

	if (!count)
		count = provoke_bpf_filters();
	read_text("/proc/sys/net/core/bpf_jit_enable", jit, sizeof(jit));
	if (!strcmp(jit, "0"))
		return outcome(o, PROVOKE_CANNOT, "the JIT is off (net.core.bpf_jit_enable)");
	fds = calloc(count, sizeof(*fds));
	if (!fds)
		return outcome(o, -ENOMEM, "no memory");

	make_filter();
	n = attach_all(count, fds, &err);
	for (long i = 0; i < n; i++)
		close(fds[i]);
	free(fds);
	o->count = n;
	if (err)
		return outcome(o, err, "filter %ld of %ld: %s", n + 1, count, strerror(-err));

	/* The programs are freed by RCU and a work queue, and the pack after the last of them. */
	usleep(300000);
	o->changes = changes(n);
	return outcome(o, 0, "%ld socket filters of %d instructions", n, FILTER_LEN);
}
