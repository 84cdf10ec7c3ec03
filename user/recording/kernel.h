/* SPDX-License-Identifier: GPL-2.0-only */
/* What a recording says of its kernel, so that struct kernel is the same here as it was there. */
#ifndef PWTRACE_RECORDING_KERNEL_H
#define PWTRACE_RECORDING_KERNEL_H

#include "recording/read.h"
#include "recording/redact.h"
#include "recording/write.h"

/*
 * Write what is known of the running @kernel, with the symbols that the checker and the back ends
 * ask for by name; @all: with all symbols; @redaction may be NULL. 0, or a negative errno with @why
 * filled in.
 */
int recorder_kernel(struct recorder *recorder, const struct kernel *kernel,
		    const struct redaction *redaction, bool all, struct problem *why);

/* Remembers which symbols were written. */
struct symbol_writer;

int symbol_writer_new(struct symbol_writer **out, struct recorder *recorder,
		      const struct kernel *kernel, const struct redaction *redaction);
void symbol_writer_free(struct symbol_writer *writer);

/* All that were written, once more: for another file. 0 or a negative errno. */
int symbol_writer_again(struct symbol_writer *writer);

/* The symbol of @addr, if it has one and was not written yet. 0 or a negative errno. */
int symbol_writer_add(struct symbol_writer *writer, uint64_t addr);

/* What else INFO tells. */
struct recorded_info {
	char boot_id[40], build_id[48], version[16];
	uint64_t monotonic, realtime; /* ns, at one time */
	uint32_t tgid;		      /* of who recorded */
	bool redacted;
};

/**
 * recording_kernel() - the kernel of a recording
 * @kernel: filled in; kernel_close() it
 * @info: filled in; may be NULL
 * @why: filled in on failure
 *
 * Goes through the whole recording.
 * Return: 0; -ENODATA: what is needed is not there; or another negative errno.
 */
int recording_kernel(struct recording *recording, struct kernel *kernel, struct recorded_info *info,
		     struct problem *why);

/* The value of @key in lines of KEY=VALUE, and its length; NULL: there is none. */
uint64_t text_number(const char *text, size_t size, const char *key); /* decimal; 0: none */
const char *text_value(const char *text, size_t size, const char *key, size_t *len);

#endif
