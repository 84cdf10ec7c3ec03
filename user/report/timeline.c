// SPDX-License-Identifier: GPL-2.0-only
#include "timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SHIFT 10 /* about a microsecond */

void timeline_init(struct timeline *timeline)
{
	*timeline = (struct timeline){ .shift = FIRST_SHIFT };
}

void timeline_release(struct timeline *timeline)
{
	for (unsigned int cpu = 0; cpu < TIMELINE_CPUS; cpu++)
		for (unsigned int op = 0; op < TIMELINE_OPS; op++)
			free(timeline->changes[cpu][op]);
}

typedef void (*series_fn)(uint32_t bins[TIMELINE_BINS], unsigned int by);

static void each_series(struct timeline *timeline, series_fn fn, unsigned int by)
{
	for (unsigned int cpu = 0; cpu < TIMELINE_CPUS; cpu++)
		for (unsigned int op = 0; op < TIMELINE_OPS; op++)
			if (timeline->changes[cpu][op])
				fn(timeline->changes[cpu][op], by);
	for (enum verdict verdict = 0; verdict < VERDICT_NR; verdict++)
		fn(timeline->verdicts[verdict], by);
	for (int level = 0; level < PGTABLE_NR_LEVELS; level++)
		fn(timeline->splits[level], by);
}

/* Two steps become one; @odd: the first one is the second of such a pair. */
static void halve(uint32_t bins[TIMELINE_BINS], unsigned int odd)
{
	uint32_t halved[TIMELINE_BINS] = {};

	for (unsigned int i = 0; i + odd < TIMELINE_BINS; i++)
		halved[(i + odd) / 2] += bins[i];
	/* there is nothing in the last one where they are off by one */
	memcpy(bins, halved, sizeof(halved));
}

static void shift(uint32_t bins[TIMELINE_BINS], unsigned int by)
{
	memmove(bins + by, bins, (TIMELINE_BINS - by) * sizeof(*bins));
	memset(bins, 0, by * sizeof(*bins));
}

static void widen(struct timeline *timeline)
{
	unsigned int odd = timeline->first & 1;

	each_series(timeline, halve, odd);
	timeline->nr = (timeline->nr + odd + 1) / 2;
	timeline->first >>= 1;
	timeline->shift++;
}

/* The step of @time, which there is from now on. The last bin stays free for halve(). */
static unsigned int step_of(struct timeline *timeline, uint64_t time)
{
	for (;; widen(timeline)) {
		uint64_t step = time >> timeline->shift, behind;

		if (!timeline->nr) {
			timeline->first = step;
			timeline->nr = 1;
		}
		if (step >= timeline->first && step - timeline->first < TIMELINE_BINS - 1) {
			step -= timeline->first;
			if (step >= timeline->nr)
				timeline->nr = step + 1;
			return step;
		}
		behind = timeline->first - step;
		if (step < timeline->first && behind + timeline->nr < TIMELINE_BINS) {
			each_series(timeline, shift, behind);
			timeline->first = step;
			timeline->nr += behind;
			return 0;
		}
	}
}

int timeline_add(struct timeline *timeline, const struct change *change, unsigned int op)
{
	unsigned int cpu = change->cpu < TIMELINE_CPUS ? change->cpu : TIMELINE_CPUS - 1;
	unsigned int step = step_of(timeline, change->time);
	uint32_t **bins = &timeline->changes[cpu][op];

	if (!*bins)
		*bins = calloc(TIMELINE_BINS, sizeof(**bins));
	if (!*bins)
		return -ENOMEM;
	(*bins)[step]++;
	timeline->verdicts[change->verdict][step]++;
	for (int level = 0; level < PGTABLE_NR_LEVELS; level++)
		timeline->splits[level][step] += change->splits[level];
	return 0;
}
