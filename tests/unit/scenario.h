/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tasks of a made-up kernel do to its mappings by chance, at the same time, rightly and
 * wrongly; some of it is not seen.
 */
#ifndef PWTRACE_TEST_SCENARIO_H
#define PWTRACE_TEST_SCENARIO_H

#include "stage.h"

/*
 * @path: the recording of it. @told: what the session said. Of @options those that tell how it is
 * recorded; NULL: as usual.
 */
void scenario_play(uint64_t seed, unsigned int steps, const struct stage_options *options,
		   const char *path, struct told_run *told);

#endif
