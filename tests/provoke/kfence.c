// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "provoke.h"

#define SAMPLE_INTERVAL "/sys/module/kfence/parameters/sample_interval"

/* Objects taken and freed so far; -1 where debugfs does not tell. */
static long objects(void)
{
	FILE *f = fopen("/sys/kernel/debug/kfence/stats", "re");
	char line[100];
	long sum = 0;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "total allocations:", 18) || !strncmp(line, "total frees:", 12))
			sum += atol(strchr(line, ':') + 1);
	fclose(f);
	return sum;
}

static int set_interval(const char *ms)
{
	int err = write_text(SAMPLE_INTERVAL, 0, ms);

	return err ? complain(err, "kfence: %s to " SAMPLE_INTERVAL ": %s", ms, strerror(-err)) : 0;
}

/* Kernel objects of several sizes; KFENCE takes the next allocation each time it samples. */
static long churn(double seconds)
{
	double end = now() + seconds;
	int fds[2];
	long n = 0;

	for (; now() < end; n++) {
		if (pipe2(fds, O_CLOEXEC) == 0) {
			close(fds[0]);
			close(fds[1]);
		}
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0) {
			if (write(fds[0], "x", 1) < 0)
				n--;
			close(fds[0]);
			close(fds[1]);
		}
	}
	return n;
}

/* A sampled object's page is made valid when it is taken and invalid when it is freed. */
int kfence(long interval_ms, long seconds, struct outcome *o)
{
	char ms[24], before[24];
	long n, begin, end;
	int err;

	if (access(SAMPLE_INTERVAL, W_OK))
		return complain(CANNOT_RUN, "kfence: " SAMPLE_INTERVAL ": %m");
	err = read_text(SAMPLE_INTERVAL, before, sizeof(before));
	snprintf(ms, sizeof(ms), "%ld", interval_ms);
	if (!err)
		err = set_interval(ms);
	if (err)
		return err;
	begin = objects();
	n = churn(seconds);
	err = set_interval(before);
	end = objects();
	if (err)
		return err;
	/* Without the count: one sample at most each timer tick, most of them taken and freed. */
	outcome(o, begin < 0 || end < 0 ? seconds * 1000 / (interval_ms + 4) : end - begin,
		"%ld rounds of pipes and sockets in %ld s, sampled each %ld ms", n, seconds,
		interval_ms);
	return 0;
}
