/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test module tells of a process, made into what the library walks. */
#ifndef ORACLE_SNAPSHOT_H
#define ORACLE_SNAPSHOT_H

#include "process.h"

/* A walk as the kernel made it. */
struct made_walk {
	struct walk_record *made;
	struct oracle_record *log;
	u32 nr;
};

struct table {
	u64 pa;
	u64 size;
	u64 *entries;
};

struct snapshot {
	void *data; /* the library writes to the tables in it */
	struct geometry geo;
	struct pagewalk_image *image;
	struct pagewalk_pages pages;
	struct kernel_record kernel;
	struct mm_struct *mms; /* the first is the one that is walked */
	size_t nr_mms;
	struct vm_area_struct *vmas;
	struct vm_area_struct **by_address;
	size_t nr_vmas;
	struct address_space mapping;
	bool has_mapping;
	struct table *tables; /* by where they are in @data */
	size_t nr_tables;
	struct table *after; /* the kernel's tables after the walks, by physical address */
	size_t nr_after;
	u64 new_tables; /* physical address of the first one that a walk makes */
	struct made_walk walks[BATCH_WALKS];
	size_t nr_walks;
	struct folio_pages *folios; /* by page frame number */
	size_t nr_folios;
};

/* @data is @size bytes from /proc/pwt_mm; it is copied. NULL: it is not a whole one. */
struct snapshot *snapshot_new(const void *data, size_t size);
void snapshot_free(struct snapshot *s);

/* The physical address of an entry of the image; ORACLE_NOWHERE: it is not one. */
u64 snapshot_place(const struct snapshot *s, const void *entry);

/* What the module calls an area. */
u64 snapshot_area(const struct vm_area_struct *vma);

/*
 * Are the tables after the walks the same, wherever the new ones are? The first entry that is not
 * is printed.
 */
bool snapshot_same_after(const struct snapshot *s);

/* Was this page a table page when the snapshot was taken? */
bool snapshot_has_page(const struct snapshot *s, u64 pa);

#endif
