// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "provoke.h"

#define SAMPLE_INTERVAL "/sys/module/kfence/parameters/sample_interval"

long provoke_kfence_interval(void)
{
	char ms[24];
	int err = read_text(SAMPLE_INTERVAL, ms, sizeof(ms));

	return err ? err : atol(ms);
}

/* Kernel objects of several sizes; KFENCE takes the next allocation each time it samples. */
static void make_objects(void)
{
	ssize_t sent;
	int fds[2];

	if (!pipe2(fds, O_CLOEXEC)) {
		close(fds[0]);
		close(fds[1]);
	}
	if (!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
		sent = write(fds[0], "x", 1);
		(void)sent;
		close(fds[0]);
		close(fds[1]);
	}
}

int provoke_kfence(double seconds, struct outcome *o)
{
	long interval = provoke_kfence_interval();
	double end = now() + seconds;

	if (interval < 0)
		return outcome(o, PROVOKE_CANNOT, "the kernel has no KFENCE");
	if (!interval)
		return outcome(o, PROVOKE_CANNOT, "KFENCE is off");
	for (o->count = 0; now() < end; o->count++)
		make_objects();
	/* one sample at most each timer tick, most of them taken and freed */
	o->changes = seconds * 1000 / (interval + 4);
	return outcome(o, 0, "%ld rounds of pipes and sockets in %.1f s, sampled each %ld ms",
		       o->count, seconds, interval);
}
