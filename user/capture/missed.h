/* SPDX-License-Identifier: GPL-2.0-only */
/* Hits that no program ran for, as the kernel counts them. */
#ifndef PWTRACE_MISSED_H
#define PWTRACE_MISSED_H

#include "capture/capture.h"

struct bpf_link;
struct bpf_program;

/* NULL has missed nothing. */
uint64_t link_missed(enum backend backend, const struct bpf_link *link);
uint64_t program_missed(const struct bpf_program *prog);

#endif
