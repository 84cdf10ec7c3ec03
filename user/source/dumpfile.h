/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that has a machine's physical memory: an ELF core as kdump's /proc/vmcore, QEMU's
 * dump-guest-memory and 'pwtrace export --core' are, or makedumpfile's compressed format. Nothing
 * in it is trusted.
 */
#ifndef PWTRACE_DUMPFILE_H
#define PWTRACE_DUMPFILE_H

#include "source/source.h"

/* Physical memory that the file has. */
struct dump_piece {
	uint64_t start, size; /* bytes */
};

struct dumpfile {
	const char *format; /* "elf", "kdump" */
	uint64_t missing;   /* bytes of memory that the file ends before */
	/* @size bytes at @pa: 0; -ENODATA: the file has not got them; or another -errno. */
	int (*read)(struct dumpfile *file, uint64_t pa, void *buf, size_t size);
	/* The first piece that ends behind @pa. 0; -ENOENT: there is none; or another -errno. */
	int (*piece)(struct dumpfile *file, uint64_t pa, struct dump_piece *piece);
	/* The text of the VMCOREINFO note, to be freed. 0; -ENOENT: it has none; or another -errno.
	 */
	int (*note)(struct dumpfile *file, char **text);
	/*
	 * Where the kernel's image is mapped, @voffset above where it lies. -ENOENT: the file does
	 * not tell.
	 */
	int (*image)(struct dumpfile *file, uint64_t voffset, struct zone_range *range);
	void (*close)(struct dumpfile *file);
};

/**
 * dumpfile_open() - open a file of one of these formats
 * @why: filled in on failure
 *
 * Return: 0; -ENOEXEC: it is none of these; or another negative errno.
 */
int dumpfile_open(struct dumpfile **out, const char *path, struct problem *why);

static inline void dumpfile_close(struct dumpfile *file)
{
	if (file)
		file->close(file);
}

/* What a file may leave to be told. */
struct dump_hints {
	const char *vmcoreinfo; /* path of the note's text; NULL: what is in the file */
	const char *symbols;	/* path of a kallsyms or a System.map; NULL: the note's */
};

/**
 * dumpfile_kernel() - the kernel whose memory it is
 * @kernel: filled in; kernel_close() it
 * @why: filled in on failure
 *
 * Where there is no note the memory is searched for it.
 * Return: 0, or a negative errno.
 */
int dumpfile_kernel(struct dumpfile *file, const struct dump_hints *hints, struct kernel *kernel,
		    struct problem *why);

/* Make it kernel->memory, which kernel_close() closes. Both have to stay. 0 or -ENOMEM. */
int dumpfile_memory(struct dumpfile *file, struct kernel *kernel, struct problem *why);

/* Its table pages. @file has to stay. 0, or a negative errno with @why filled in. */
int dumpfile_source(struct source **out, struct dumpfile *file, const struct geometry *geo,
		    struct problem *why);

/* The formats: each has what is open at @fd, and closes it, after a failure too. */
int elfcore_open(struct dumpfile **out, int fd, const char *path, struct problem *why);
int kdump_open(struct dumpfile **out, int fd, const char *path, struct problem *why);

/*
 * Put what makedumpfile or QEMU wrote to a pipe in order, into a file without a name. 0 with @out a
 * new descriptor, or a negative errno with @why filled in.
 */
int flattened_unpack(int *out, int fd, const char *path, struct problem *why);

/*
 * The text of the VMCOREINFO note among @size bytes of notes, to be freed; at most *@left of them
 * are looked at. 0, -ENOENT: it is not among them; or another negative errno.
 */
int elfnote_vmcoreinfo(int fd, uint64_t offset, uint64_t size, unsigned int *left, char **text);

#endif
