/* SPDX-License-Identifier: GPL-2.0-only */
/* A mapping that vmalloc(), vmap(), ioremap() or a part of them makes, of memory that is known. */
#ifndef MAPPING_H
#define MAPPING_H

#include "pwt_test.h"

struct mapping {
	int kind;
	unsigned long size;
	unsigned long args[3];
	unsigned long addr; /* 0: it was not made */
	struct page *block; /* that the pages are of */
	unsigned int order;
	struct page **pages;
	struct vm_struct *area;
};

/*
 * KIND BYTES [ARG]...: vmalloc, vmalloc_huge, vmap (side by side), vmap_reverse (in the other
 * order), ioremap PHYS, and pages SHIFT VPAGES PPAGES: by the function that is hooked, with its
 * page_shift and how many pages address and memory are off. Returns how many words that was, or
 * -EINVAL.
 */
int mapping_parse(struct mapping *m, int argc, char **argv);

/* 0, or -ENOMEM: it could not be tried. mapping_unmake() it, after a failure too. */
int mapping_make(struct mapping *m, struct answer *a);
void mapping_unmake(struct mapping *m);

/* All that vmalloc() made: it rounds up to blocks. */
void mapping_round_up(struct mapping *m);

/* "addr=0x... size=... mapped=2097152x1,65536x3,4096x2": blocks of each size, largest first. */
void mapping_survey(const struct mapping *m, const char *what, struct answer *a);

/* "pieces=40200000+512,48000000+1": the memory behind it, how many pages from where on. */
void mapping_pieces(const struct mapping *m, struct answer *a);

#endif
