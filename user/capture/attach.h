/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside capture: the loaded programs and their links, for one way to attach. */
#ifndef PWTRACE_ATTACH_H
#define PWTRACE_ATTACH_H

#include "capture/capture.h"
#include "capture/hooks.h"

struct bpf_link;
struct bpf_program;
struct pwt_config;
struct pwtrace_bpf;

#define MAX_HOOKS 24

struct attached {
	struct bpf_program *entry, *exit;
	struct bpf_link *entry_link, *exit_link;
	uint64_t missed; /* by links that are gone */
};

struct attachment {
	enum backend backend;
	struct pwtrace_bpf *skel;
	struct attached hooks[MAX_HOOKS];
	struct hook_status status[MAX_HOOKS];
};

int attach(struct attachment *att, const struct kernel *kernel,
	   const struct capture_options *options, enum backend backend, struct problem *why);

/* What the programs are told of the kernel. */
void attach_config(struct pwt_config *config, const struct kernel *kernel,
		   const struct capture_options *options);

/*
 * Entries first: calls under way still find their exit program, and what is called inside them is
 * still recorded.
 */
void detach_entries(struct attachment *att);
void detach(struct attachment *att);

/* Hits that no program ran for, in status[].missed by hook; the sum. */
uint64_t attach_missed(struct attachment *att);

#endif
