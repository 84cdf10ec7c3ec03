/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses for a page that others may see. Redacted, a physical address is the name of a block of
 * memory and what is behind its beginning: "M3+0x1b000"; a linear address, which is one in
 * disguise, the same; an address of the kernel image is told from where that begins, which is all
 * that KASLR hides. pwtrace-report(1) says what is left.
 */
#ifndef PWTRACE_REPORT_REDACT_H
#define PWTRACE_REPORT_REDACT_H

#include "kernel/kernel.h"

#define REDACT_TEXT 128

struct redactor {
	bool on;
	const struct kernel *kernel;
	unsigned int shift; /* of a block that has a name */
	uint64_t modules;   /* the lowest address in the zone that is shown */
	uint64_t *blocks;   /* an open hash: a block's number + 1 ... */
	uint32_t *names;    /* ... and the number that it is called by */
	uint32_t nr, room;  /* of blocks, of places */
};

void redactor_init(struct redactor *redactor, const struct kernel *kernel, bool on);
void redactor_release(struct redactor *redactor);

/* Look at an address that is going to be shown, before any is. */
void redact_expect(struct redactor *redactor, uint64_t addr);

void redact_pa(struct redactor *redactor, uint64_t pa, char buf[REDACT_TEXT]);
void redact_va(struct redactor *redactor, uint64_t addr, char buf[REDACT_TEXT]);

/* An address of code: by its symbol where it has one. */
void redact_code(struct redactor *redactor, uint64_t addr, char buf[REDACT_TEXT]);

/* The bits of a descriptor that are not shown: of the address, above those inside a block. */
uint64_t redact_hidden(const struct redactor *redactor, uint64_t desc);

/* 16 digits, 'x' where bits are hidden. */
void redact_desc(const struct redactor *redactor, uint64_t desc, char buf[17]);

/* desc_describe(). */
void redact_describe(struct redactor *redactor, enum pgtable_level level, uint64_t desc, char *buf,
		     size_t size);

/* Is the order of addresses in the zone that of physical ones? */
bool redact_hides_order(const struct redactor *redactor, enum zone zone);

#endif
