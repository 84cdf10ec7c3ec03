/* SPDX-License-Identifier: GPL-2.0-only */
/* Pictures of the address space in characters. */
#ifndef PWTRACE_DRAW_H
#define PWTRACE_DRAW_H

#include <stdio.h>

#include "check/change.h"

/*
 * A request over the leaf that it covers in part, to scale:
 *
 *   request        ########.....
 *   2M pmd     [----------------]
 */
void draw_boundary(FILE *out, const struct change *change, const char *indent);

#endif
