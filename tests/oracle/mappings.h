/* SPDX-License-Identifier: GPL-2.0-only */
/* A process with every kind of mapping there is. */
#ifndef ORACLE_MAPPINGS_H
#define ORACLE_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define MAX_AREAS    96
#define MAX_FILES    8
#define MAX_CHILDREN 2

/* A part of the address space that is worth walking. */
struct area {
	const char *name;
	unsigned long start, end;
	bool thp;
	bool hugetlb;
	bool installable; /* guards can be put in, and taken out again */
};

struct mappings {
	struct area area[MAX_AREAS];
	unsigned int nr_areas;
	int file[MAX_FILES]; /* files that are mapped more than once */
	unsigned int nr_files;
	pid_t child[MAX_CHILDREN];
	unsigned int nr_children;
};

/*
 * Make them, of /proc/pwt_mm opened as @mm_fd what drivers map. What this kernel or machine has not
 * got is named in @missing and left out.
 */
void mappings_make(struct mappings *m, int mm_fd, void (*missing)(const char *what));

/* Touch again what walks have taken away or split. */
void mappings_refresh(struct mappings *m, unsigned int round);

void mappings_end(struct mappings *m);

#endif
