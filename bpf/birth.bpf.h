/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings that come into being (mm/vmalloc.c): the same two reads of the tables as of a change,
 * and the pages that are to be mapped. Nothing of this is loaded unless it was asked for.
 */
#ifndef PWTRACE_BIRTH_BPF_H
#define PWTRACE_BIRTH_BPF_H

#include "call.bpf.h"

/* Bits that tell two places of the kernel's code apart (it is 128 MiB at most). */
#define CODE_BITS 0xffffffffULL

/* What one step of the read of a page array needs. */
struct page_steps {
	u64 frame;
	u8 func;
	u64 array; /* where the next page pointer is */
	u64 next;  /* its number */
	u64 nr;
};

/* One record with room for @most page pointers, of which @nr are there. */
static __always_inline void emit_pages(const struct page_steps *s, u64 most, u64 nr)
{
	struct pwt_pages *rec;

	rec = reserve(sizeof(*rec) + most * 8, PWT_PAGES, s->func, PWT_BEFORE, s->frame);
	if (!rec)
		return;
	rec->hdr.time = 0;
	rec->first = s->next;
	rec->nr = nr;
	if (nr < 1 || nr > most || bpf_probe_read_kernel(rec->pages, nr * 8, (void *)s->array))
		rec->hdr.flags |= PWT_F_READ_FAULT;
	submit(rec);
}

static long pages_step(u64 step, struct page_steps *s)
{
	struct page_steps here = *s;
	u64 nr = s->nr - s->next;

	if (s->next >= s->nr)
		return 1;
	if (nr > PWT_SLICE_ENTRIES)
		nr = PWT_SLICE_ENTRIES;
	s->next += nr;
	s->array += nr * 8;
	nr &= 2 * PWT_SLICE_ENTRIES - 1; /* for the verifier: a bound in this register */
	if (nr <= PWT_MID_ENTRIES)
		emit_pages(&here, PWT_MID_ENTRIES, nr);
	else
		emit_pages(&here, PWT_SLICE_ENTRIES, nr);
	return 0;
}

/* A call that makes a mapping. */
struct birth_args {
	u64 args[4]; /* as struct pwt_enter has them */
	u64 pages;   /* address of the array, 0: there is none */
};

static __always_inline void birth_args(struct birth_args *to, u64 addr, u64 end, u64 prot, u64 last,
				       u64 pages)
{
	to->args[0] = addr;
	to->args[1] = end - addr;
	to->args[2] = prot;
	to->args[3] = last;
	to->pages = pages;
}

/* __vmap_pages_range_noflush(addr, end, prot, pages, page_shift): page by page it is the next. */
static __always_inline bool birth_args_vmap_pages(u64 addr, u64 end, u64 prot, u64 pages, u64 shift,
						  u64 caller, struct birth_args *to)
{
	birth_args(to, addr, end, prot, (u32)shift, pages);
	return (u32)shift != cfg.page_shift;
}

/* vmap_small_pages_range_noflush(addr, end, prot, pages) */
static __always_inline bool birth_args_vmap_small(u64 addr, u64 end, u64 prot, u64 pages, u64 none,
						  u64 caller, struct birth_args *to)
{
	birth_args(to, addr, end, prot, cfg.page_shift, pages);
	return true;
}

/*
 * vmap_range_noflush(addr, end, phys_addr, prot, max_page_shift), which is also a step of the
 * first; the authentication code of the return address is in bits above those that are compared.
 */
static __always_inline bool birth_args_vmap_range(u64 addr, u64 end, u64 phys, u64 prot, u64 shift,
						  u64 caller, struct birth_args *to)
{
	u64 into = (caller - cfg.vmap_pages) & CODE_BITS;

	birth_args(to, addr, end, prot, phys, 0);
	return !into || into > cfg.vmap_pages_size;
}

/* The pages that are mapped, as many as there are records for. */
static __always_inline void read_pages(u8 func, u64 frame, const struct birth_args *args)
{
	struct page_steps s = {
		.frame = frame,
		.func = func,
		.array = args->pages,
		.nr = args->args[1] / cfg.page_size,
	};

	if (args->pages)
		bpf_loop(PWT_PAGES_RECORDS, pages_step, &s, 0);
}

#endif
