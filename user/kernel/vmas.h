/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The areas of a process (struct vm_area_struct), as the kernel tells of them: one by one by the
 * ioctl PROCMAP_QUERY of /proc/PID/maps (ed5d583a88a9, v6.11), for which no table is walked. What
 * it does not tell is whether walks pass an area over (VM_PFNMAP): of those that may be so, one
 * page is asked for by PAGEMAP_SCAN (52526ca7fdb9, v6.7). Kernels without have it in
 * /proc/PID/smaps, for which they walk the tables of all areas.
 */
#ifndef PWTRACE_VMAS_H
#define PWTRACE_VMAS_H

#include <stdio.h>

#include "kernel/kernel.h"

struct vma {
	uint64_t start, end;
	/* VM_READ, _WRITE, _EXEC, _SHARED, _HUGETLB and _PFNMAP of pwtrace/pagewalk.h */
	uint64_t flags;
	uint64_t page_size; /* more than the kernel's for hugetlb */
	uint64_t offset, inode;
	unsigned int major, minor; /* of the file's device */
	char *name;		   /* as maps has it; "": none */
};

struct vmas {
	struct vma *vma; /* by address, not overlapping */
	size_t nr, room;
	int fd; /* of /proc/PID/maps: while it is open mm_struct and pgd stay, though not what is
		   below */
};

/* @vmas is empty and without a descriptor then. */
#define NO_VMAS ((struct vmas){ .fd = -1 })

/**
 * vmas_read() - the areas of a process
 * @vmas: NO_VMAS; vmas_free() it
 * @pid: of it, or of the thread that has the address space
 * @page_size: of the kernel
 *
 * Areas that come and go meanwhile may be there or not. Return: 0, -ESRCH: it has ended, or another
 * negative errno; with @why filled in.
 */
int vmas_read(struct vmas *vmas, int pid, uint64_t page_size, struct problem *why);

/* The same of a file in the format of smaps. 0 or -ENOMEM; lines that are not of it are passed
 * over. */
int vmas_parse_smaps(struct vmas *vmas, FILE *file);

void vmas_free(struct vmas *vmas);

/* The area that @addr lies in, or else the next one; NULL: there is none. */
const struct vma *vmas_next(const struct vmas *vmas, uint64_t addr);

/* The area that @addr lies in; NULL: in none. */
const struct vma *vmas_at(const struct vmas *vmas, uint64_t addr);

/* "rw-p", as maps has it. */
void vma_permissions(const struct vma *vma, char text[5]);

#endif
