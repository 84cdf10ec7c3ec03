/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of what stands in the tables of a process where no page is. */
#ifndef PWTRACE_DUMP_SOFTLEAF_H
#define PWTRACE_DUMP_SOFTLEAF_H

#include "geometry/geometry.h"

/* Of an entry that is neither empty nor present: "swap", "migration-write", "marker" ... */
const char *softleaf_name(enum softleaf_type type);

/* Of a marker: "guard", "poisoned", "uffd-wp". */
const char *marker_name(softleaf_t entry);

#endif
