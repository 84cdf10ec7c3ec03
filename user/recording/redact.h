/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a recording need not tell of a machine: where its memory and its kernel lie. Physical
 * addresses, those of the linear map and of struct pages, and those of the kernel image are each
 * moved by a number of their own, so that all that the verdicts rest on stays: equality, order,
 * distance, and alignment up to the largest block.
 */
#ifndef PWTRACE_REDACT_H
#define PWTRACE_REDACT_H

#include "kernel/kernel.h"
#include "pwtrace/wire.h"
#include "recording/format.h"

struct redaction {
	const struct kernel *kernel;		   /* NULL: nothing is redacted */
	uint64_t physical, linear, image, vmemmap; /* what is added */
};

/* With new random numbers. 0 or a negative errno. */
int redaction_init(struct redaction *redaction, const struct kernel *kernel);

uint64_t redact_physical(const struct redaction *redaction, uint64_t pa);
uint64_t redact_address(const struct redaction *redaction, uint64_t addr);
uint64_t redact_entry(const struct redaction *redaction, uint64_t desc);

/* A record of capture, in place. */
void redact_record(const struct redaction *redaction, struct pwt_hdr *hdr, size_t size);

/* Others, in place. */
void redact_kfence(const struct redaction *redaction, struct pwt_kfence *pool);
void redact_state(const struct redaction *redaction, struct pwt_state *state);

/* The kernel's note, as that of a kernel that lies elsewhere. free() it; NULL: no memory. */
char *redact_vmcoreinfo(const struct redaction *redaction, const char *text);

#endif
