// SPDX-License-Identifier: GPL-2.0-only
#include "cost.h"

#include <inttypes.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* getrusage() has that of what the process was before exec(), too. */
static uint64_t peak_memory(void)
{
	FILE *file __fclose = fopen("/proc/self/status", "re");
	char line[256];
	uint64_t kib;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmHWM: %" SCNu64 " kB", &kib) == 1)
			return kib << 10;
	return 0;
}

void cost_begin(struct cost *cost, const struct source *source)
{
	*cost = (struct cost){
		.source = source,
		.read_before = source->ns,
		.begun = clock_ns(),
	};
}

void cost_end(struct cost *cost)
{
	cost->total = clock_ns() - cost->begun;
	cost->capture = cost->source->ns - cost->read_before;
	cost->memory = peak_memory();
}

void cost_put(json *object, const struct cost *cost)
{
	put_number(object, "capture_ns", cost->capture);
	put_number(object, "total_ns", cost->total);
	put_number(object, "peak_memory", cost->memory);
}

void cost_print(FILE *out, const struct cost *cost)
{
	fprintf(out, "captured in %.3f ms, written after %.3f ms, at most %.1f MiB resident\n",
		cost->capture / 1e6, cost->total / 1e6, cost->memory / 1048576.0);
}
