/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the kernel image and of its modules that an address lies in. */
#ifndef PWTRACE_SECTIONS_H
#define PWTRACE_SECTIONS_H

#include "kernel/reader.h"

/*
 * "text", "rodata", "init", "data" or "bss" of the kernel image, by its symbols; NULL: @addr is not
 * in it. What was in init is other memory's since boot.
 */
const char *image_section(const struct kernel *kernel, uint64_t addr);

struct module_place {
	char name[64];
	const char *part; /* "text", "data", "rodata", "ro-after-init" or of init */
	/* by /sys/module/NAME/sections, the last one that begins below; "": not told */
	char section[64];
	uint64_t offset; /* in the section, or else in the part */
};

/* The module whose memory @addr is (struct module_memory, since v6.4). 0; -ENOENT: it is in none.
 */
int module_find(const struct reader *reader, uint64_t addr, struct module_place *place);

#endif
