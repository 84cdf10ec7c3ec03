// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"

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

static int set_interval(const char *ms, struct outcome *o)
{
	int err = write_text(SAMPLE_INTERVAL, 0, ms);

	return err ? outcome(o, err, "%s to " SAMPLE_INTERVAL ": %s", ms, strerror(-err)) : 0;
}

int kfence(long interval_ms, long seconds, struct outcome *o)
{
	char ms[24], before[24];
	long begin, end;
	int err, restored;

	if (access(SAMPLE_INTERVAL, W_OK))
		return outcome(o, PROVOKE_CANNOT, SAMPLE_INTERVAL ": %m");
	err = read_text(SAMPLE_INTERVAL, before, sizeof(before));
	snprintf(ms, sizeof(ms), "%ld", interval_ms);
	if (!err)
		err = set_interval(ms, o);
	if (err)
		return err;
	begin = objects();
	err = provoke_kfence(seconds, o);
	restored = set_interval(before, o);
	end = objects();
	if (begin >= 0 && end >= 0)
		o->changes = end - begin;
	return err ?: restored;
}
