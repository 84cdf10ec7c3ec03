/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tables of a process map, printed: for people, or for programs. */
#ifndef PWTRACE_EMIT_PROCESS_H
#define PWTRACE_EMIT_PROCESS_H

#include <stdio.h>

#include "dump/process.h"
#include "emit/object.h"

struct process_printer {
	FILE *out;
	bool json, pretty;
	bool entries; /* an entry each */
	const struct mm_struct *mm;
};

/* process_options' area, and a process_run_fn. @ctx: the printer. */
void process_print_area(void *ctx, const struct vma *vma, uint64_t start, uint64_t end);
void process_print(void *ctx, const struct process_run *run);

/* "0x0000aaaae4a10000-0x0000aaaae4a20000 r-xp /usr/bin/cat". */
void process_area_text(const struct vma *vma, char *buf, size_t size);

/* An area, as a member of another object, too. */
void process_area_put(json *object, const struct vma *vma);

/* "swap 0:0x1f", "migration-write pa 0x45000000", "marker guard" of an entry that is not present.
 */
void process_softleaf_text(const struct mm_struct *mm, uint64_t desc, char *buf, size_t size);

/* "kind", and what goes with it, of an entry that is not present. */
void process_softleaf_put(json *object, const struct mm_struct *mm, uint64_t desc);

#endif
