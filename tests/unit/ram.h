/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small physical memory for tests, which can be had twice: a walk of the library's and one to
 * compare it with change a copy each.
 */
#ifndef PWTRACE_TEST_RAM_H
#define PWTRACE_TEST_RAM_H

#include "pwtrace/pagewalk.h"

#define RAM_MAX 192

struct ram_piece {
	uint64_t pa;
	unsigned int nr; /* entries */
	uint64_t *entries;
};

/**
 * struct ram - what is there of a physical memory
 * @memory: for the library
 * @chunk: the library is given pieces of so many entries; 0: whole ones
 * @next, @limit: addresses of tables that are made
 */
struct ram {
	struct pagewalk_memory memory; /* first */
	unsigned int chunk;
	uint64_t next, limit;
	unsigned int nr;
	unsigned int original; /* of them are there from the beginning; the others were made */
	unsigned int last;     /* that was looked at */
	struct ram_piece pieces[RAM_MAX];
};

void ram_init(struct ram *ram);
void ram_release(struct ram *ram);

/* Empty entries at @pa. */
uint64_t *ram_add(struct ram *ram, uint64_t pa, unsigned int nr);

/* From now on tables can be made: @nr of @size bytes from @pa on. */
void ram_allow(struct ram *ram, uint64_t pa, uint64_t size, unsigned int nr);

/* A new table: 0 or -ENOMEM. */
int ram_new(struct ram *ram, uint64_t size, uint64_t *pa);

/* The entry at @pa, NULL if it is not there. */
uint64_t *ram_at(const struct ram *ram, uint64_t pa);

/* @nr entries at @pa; NULL if the library would not see them in one piece. */
uint64_t *ram_run(const struct ram *ram, uint64_t pa, unsigned int nr);

/* Where an entry is: its physical address, RAM_NOWHERE if it is not from here. */
#define RAM_NOWHERE (~0ULL)
uint64_t ram_pa(const struct ram *ram, const void *entry);

void ram_copy(struct ram *to, const struct ram *from);
bool ram_same(const struct ram *a, const struct ram *b);

#endif
