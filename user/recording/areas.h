/* SPDX-License-Identifier: GPL-2.0-only */
/* The vmalloc areas in a recording, with what it takes to say what would be refused of them. */
#ifndef PWTRACE_RECORDING_AREAS_H
#define PWTRACE_RECORDING_AREAS_H

#include "kernel/areas.h"
#include "model/op.h"
#include "recording/read.h"
#include "recording/write.h"

/*
 * Write @nr @areas, which belong to the snapshot written last; @missed could not be read, @rules
 * are in force there. 0 or a negative errno.
 */
int recorder_areas(struct recorder *recorder, const struct vm_area *areas, size_t nr,
		   unsigned int missed, const struct op_rules *rules);

/* Those of the running kernel; what is unknown of them is left out. 0, or a negative errno with
 * @why filled in. */
int recorder_areas_now(struct recorder *recorder, const struct kernel *kernel, struct problem *why);

/**
 * recording_areas() - read them
 * @number: of the snapshot that they were taken with, from 0; or SNAPSHOT_LAST
 * @list: of @nr areas, by address; free() it
 * @missed: as of areas_list()
 * @rules: filled in; what is not told is unknown
 * @why: filled in on failure
 *
 * Return: 0; -ENOENT: there are none in it; or another negative errno.
 */
int recording_areas(struct recording *recording, uint32_t number, struct vm_area **list, size_t *nr,
		    unsigned int *missed, struct op_rules *rules, struct problem *why);

#endif
