/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of the kernel that is watched: its address space, symbols and state. */
#ifndef PWTRACE_KERNEL_H
#define PWTRACE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geometry/geometry.h"
#include "geometry/zone.h"
#include "kernel/kallsyms.h"

struct kernel {
	char release[65];
	int64_t realtime_offset; /* CLOCK_REALTIME - CLOCK_MONOTONIC, ns */
	struct geometry geo;
	struct zones zones;
	uint64_t root_va; /* swapper_pg_dir, in the kernel image's mapping */
	uint64_t root_pa;
	uint64_t phys_to_virt; /* linear address - physical address, modulo 2^64 */
	struct kallsyms *syms;
	struct kcore *memory;  /* of a dump; NULL: /proc/kcore has it, or it is nowhere */
	uint64_t pageattr_ops; /* address, 0: the kernel has none */
	bool splits_leaves;    /* linear_map_requires_bbml2/3 is set */
	bool splits_unknown;   /* leaves can be split, but the variable was not found */
	bool rodata_full;      /* of arch/arm64/mm/pageattr.c */
	bool rodata_full_unknown;
	uint64_t phys_offset;	    /* PHYS_OFFSET: of the first struct page */
	uint64_t struct_page;	    /* bytes; 0: unknown */
	uint64_t fixed_pages;	    /* slots of the fixmap; 0: not asked for, or unknown */
	uint64_t stext;		    /* _stext; 0: unknown */
	unsigned int ioremap_shift; /* ioremap_max_page_shift of mm/vmalloc.c; 0: unknown */
	bool vmalloc_pages;	    /* vmap_allow_huge is off */
	bool no_blocks;		    /* vmalloc and ioremap make none above the last level */
};

struct kcore;

/* What went wrong, in words for the user: what, where, and what to do about it. */
struct problem {
	char text[512];
};

/**
 * kernel_open() - learn about the running kernel
 * @kernel: filled in; kernel_close() it
 * @why: filled in on failure
 *
 * Reads /proc/kallsyms and the VMCOREINFO note of /proc/kcore.
 * Return: 0 or a negative errno.
 */
int kernel_open(struct kernel *kernel, struct problem *why);

/*
 * What it takes to read its tables, which is there in no time: without symbols, which are most of
 * the work, and what they lead to. Where /proc/iomem does not tell where the image lies they are
 * loaded all the same.
 */
int kernel_open_tables(struct kernel *kernel, struct problem *why);
void kernel_close(struct kernel *kernel);

/* Read /proc/kallsyms again. Return: 0, or a negative errno with @why filled in. */
int kernel_reload_symbols(struct kernel *kernel, struct problem *why);

/* From VMCOREINFO's text, without the running kernel. */
int kernel_parse_vmcoreinfo(struct kernel *kernel, const char *info, struct problem *why);

/* What kernel_open() reads of the kernel's variables. */
void kernel_load_state(struct kernel *kernel);

/* @syms become the kernel's, and tell where its image lies. */
void kernel_use_symbols(struct kernel *kernel, struct kallsyms *syms);

/* Those of @other are known, too, where they are not. 0 or -ENOMEM. */
int kernel_join_symbols(struct kernel *kernel, const struct kernel *other);

int problem(struct problem *why, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Where the code of a function lies: to the next symbol. 0, or -ENOENT: no such function. */
int kernel_code(const struct kernel *kernel, const char *name, uint64_t *start, uint64_t *end);

/* A variable of up to 8 bytes, by name. 0, -ENOENT: no such symbol, or -errno of reading it. */
int kernel_variable(const struct kernel *kernel, const char *name, size_t size, uint64_t *value);

/*
 * "symbol+0x10" of @addr. False where no symbol is near: data and allocations lie behind the last
 * one, and a megabyte away it means nothing any more.
 */
bool kernel_symbol(const struct kernel *kernel, uint64_t addr, char *buf, size_t size);

static inline uint64_t kernel_phys_to_virt(const struct kernel *kernel, uint64_t pa)
{
	return pa + kernel->phys_to_virt;
}

/*
 * Where the kernel can read a table page: those of its image by the image's mapping, as they may
 * not be in the linear map.
 */
static inline uint64_t kernel_table_address(const struct kernel *kernel, uint64_t pa)
{
	const struct zone_range *image = &kernel->zones.range[ZONE_IMAGE];
	uint64_t addr = pa + (kernel->root_va - kernel->root_pa);

	if (pa == kernel->root_pa || (addr >= image->start && addr < image->end))
		return addr;
	return kernel_phys_to_virt(kernel, pa);
}

#endif
