/* SPDX-License-Identifier: GPL-2.0-only */
/* A snapshot as an ELF core that other people's tools read: its tables, and VMCOREINFO. */
#ifndef PWTRACE_RECORDING_CORE_H
#define PWTRACE_RECORDING_CORE_H

#include "recording/sink.h"
#include "recording/snapshot.h"

struct core_stats {
	uint64_t tables, segments;
	uint64_t left_out; /* tables that could not be read when the snapshot was made */
};

/**
 * core_write() - write an ELF core
 * @sink: where to
 * @recording: of the snapshot, for its VMCOREINFO
 * @source: the snapshot
 * @kernel: of the recording
 * @stats: filled in
 * @why: filled in on failure
 *
 * Each table page lies at its physical address (p_paddr) and at that of the linear map (p_vaddr),
 * those side by side in one segment. The topmost has a segment at its address in the kernel's image
 * as well, as it has in kdump's: drgn looks for it there.
 * Return: 0 or a negative errno.
 */
int core_write(struct sink *sink, struct recording *recording, struct source *source,
	       const struct kernel *kernel, struct core_stats *stats, struct problem *why);

#endif
