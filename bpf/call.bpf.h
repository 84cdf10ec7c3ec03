/* SPDX-License-Identifier: GPL-2.0-only */
/* The records of one call: who called, and the entries of its range before and after. */
#ifndef PWTRACE_CALL_BPF_H
#define PWTRACE_CALL_BPF_H

#include "ring.bpf.h"
#include "table.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1); /* set before load: --stack */
	__uint(key_size, sizeof(u32));
	__uint(value_size, 32 * sizeof(u64));
} stacks SEC(".maps");

/* What one step of the read of a larger range needs. */
struct steps {
	u64 frame;
	u64 addr;
	u64 end;
	u8 func;
	u8 phase;
};

/* One record with room for @most entries: @nr of the cursor's table, from path->first on. */
static __always_inline void emit_slice(const struct steps *s, u64 most, const struct cursor *at,
				       const struct pwt_path *path, u64 nr)
{
	struct pwt_slice *slice;

	slice = reserve(sizeof(*slice) + most * 8, PWT_SLICE, s->func, s->phase, s->frame);
	if (!slice)
		return;
	slice->hdr.time = 0;
	slice->addr = s->addr;
	slice->at = *path;
	slice->pad = 0;
	slice->nr = nr;
	if (nr < 1 || nr > most ||
	    bpf_probe_read_kernel(slice->entries, nr * 8,
				  (void *)((at->where & ~at->mask) + path->first * 8UL)))
		slice->hdr.flags |= PWT_F_READ_FAULT;
	submit(slice);
}

struct place {
	struct pwt_path path;
	struct cursor at;
};

/*
 * A function of its own, so that the verifier goes through the walk once and forgets what it knows
 * of each depth; inside the loop below it would follow every combination.
 */
__noinline int locate(u64 addr, struct place *place)
{
	if (place)
		read_path(addr, &place->path, &place->at);
	return 0;
}

/*
 * Read the entries from s->addr on as far as one table and one record allow, with a neighbour at
 * each end of the range, and move s->addr behind them.
 */
static long read_step(u64 step, struct steps *s)
{
	u64 size, index, nr = 1, room, left;
	struct place place = {};
	struct pwt_path *path = &place.path;
	struct cursor *at = &place.at;
	struct steps here = *s;

	if (s->addr >= s->end)
		return 1;
	locate(s->addr, &place);
	size = 8UL << at->shift;
	index = (at->where & at->mask) >> 3;
	room = (at->mask >> 3) + 1 - index;
	s->addr &= ~(size - 1);
	if (path->depth == cfg.levels) {
		nr = (s->end - s->addr + size - 1) >> at->shift >> 3;
		if (nr > room)
			nr = room;
		if (nr > PWT_SLICE_ENTRIES - 2)
			nr = PWT_SLICE_ENTRIES - 2;
	}
	s->addr += nr * size;
	left = step == 0 && index > 0;
	path->first = index - left;
	if (s->addr >= s->end && nr < room)
		nr++;
	nr += left;
	nr &= 2 * PWT_SLICE_ENTRIES - 1; /* for the verifier: a bound in this register */
	if (nr <= PWT_MID_ENTRIES)
		emit_slice(&here, PWT_MID_ENTRIES, at, path, nr);
	else
		emit_slice(&here, PWT_SLICE_ENTRIES, at, path, nr);
	return s->addr >= s->end || s->addr == 0;
}

/* More than one page, or no whole one: as many slices as it takes. */
static __always_inline u8 read_range(u8 func, u8 phase, u64 frame, u64 start, u64 size)
{
	struct steps s = {
		.frame = frame,
		.addr = start,
		.end = start + size,
		.func = func,
		.phase = phase,
	};

	bpf_loop(PWT_MAX_STEPS, read_step, &s, 0);
	return s.addr < s.end && s.addr ? PWT_F_TRUNCATED : 0;
}

static __always_inline bool one_page(u64 start, u64 size)
{
	u64 page = cfg.page_size;

	return size == page && !(start & (page - 1));
}

static __always_inline void read_page(u64 addr, struct pwt_path *path, u64 *entries)
{
	struct cursor at;

	read_path(addr, path, &at);
	read_window(path, &at, entries);
}

/* What is reserved in the ring is not zeroed. */
static __always_inline void no_entries(struct pwt_path *path)
{
	path->depth = 0;
	path->nr = 0;
}

static __always_inline void describe_task(struct pwt_enter *rec)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct page_change_data *comm;

	rec->tgid = task->tgid;
	rec->preempt_count = task->thread_info.preempt_count;
	/* they nest, and are counted, since v7.0 */
	rec->lazy_mmu = -1;
	if (bpf_core_field_exists(task->lazy_mmu_state.enable_count))
		rec->lazy_mmu = task->lazy_mmu_state.enable_count;
	comm = bpf_rdonly_cast(&task->comm, bpf_core_type_id_kernel(struct page_change_data));
	((u64 *)rec->comm)[0] = comm->set_mask.pgprot;
	((u64 *)rec->comm)[1] = comm->clear_mask.pgprot;
}

/* A call begins: its record, complete but for callers and entries. */
static __always_inline struct pwt_enter *begin(void *ctx, u8 func, u64 frame, const u64 *args,
					       u32 nr_args)
{
	struct pwt_enter *rec = reserve(sizeof(*rec), PWT_ENTER, func, PWT_BEFORE, frame);

	if (!rec)
		return NULL;
	rec->args[0] = args[0];
	rec->args[1] = nr_args > 1 ? args[1] : 0;
	rec->args[2] = nr_args > 2 ? args[2] : 0;
	rec->args[3] = nr_args > 3 ? args[3] : 0;
	describe_task(rec);
	rec->hdr.time = bpf_ktime_get_ns();
	rec->stack_id = -1;
	if (cfg.stack)
		rec->stack_id = bpf_get_stackid(ctx, &stacks, 0);
	return rec;
}

/*
 * Finish the record and let it go. With @entries the first two arguments are a start address and a
 * size in bytes: one page's entries go into the record, those of any other range follow it.
 */
static __always_inline void entered(struct pwt_enter *rec, u8 func, u64 frame, const u64 *args,
				    bool entries)
{
	if (entries && one_page(args[0], args[1])) {
		read_page(args[0], &rec->at, rec->entries);
		submit(rec);
		return;
	}
	no_entries(&rec->at);
	if (entries)
		rec->hdr.flags = PWT_F_SLICES;
	submit(rec);
	if (entries)
		read_range(func, PWT_BEFORE, frame, args[0], args[1]);
}

/* A call returns: its record, complete but for entries. */
static __always_inline struct pwt_exit *end(u8 func, u64 frame, u64 start, u64 size, s64 ret)
{
	struct pwt_exit *rec = reserve(sizeof(*rec), PWT_EXIT, func, PWT_AFTER, frame);

	if (!rec)
		return NULL;
	rec->hdr.time = bpf_ktime_get_ns();
	rec->ret = ret;
	rec->args[0] = start;
	rec->args[1] = size;
	return rec;
}

/*
 * With @entries, @start and @size are its range: those of more than one page go before the record.
 */
static __always_inline void leave(u8 func, u64 frame, u64 start, u64 size, s64 ret, bool entries)
{
	struct pwt_exit *rec;
	u8 flags = 0;

	if (entries && one_page(start, size)) {
		rec = end(func, frame, start, size, ret);
		if (!rec)
			return;
		read_page(start, &rec->at, rec->entries);
		submit(rec);
		return;
	}
	if (entries)
		flags = PWT_F_SLICES | read_range(func, PWT_AFTER, frame, start, size);
	rec = end(func, frame, start, size, ret);
	if (!rec)
		return;
	rec->hdr.flags = flags;
	no_entries(&rec->at);
	submit(rec);
}

/* The records that are made when something has happened, whole at once. */

static __always_inline void walked(u8 func, u64 frame, const u64 *args, s64 ret)
{
	struct pwt_walk *rec;

	rec = reserve(sizeof(*rec), PWT_WALK, func, PWT_AFTER, frame);
	if (!rec)
		return;
	rec->hdr.time = bpf_ktime_get_ns();
	rec->start = args[0];
	rec->end = args[1];
	rec->ops = args[2];
	rec->pgd = args[3];
	rec->ret = ret;
	submit(rec);
}

static __always_inline void called_back(u8 func, u64 frame, const u64 *args)
{
	struct pwt_callback *rec = reserve(sizeof(*rec), PWT_CALLBACK, func, PWT_BEFORE, frame);

	if (!rec)
		return;
	rec->hdr.time = 0;
	rec->addr = args[1];
	rec->next = args[2];
	rec->entry = load_word(args[0]);
	submit(rec);
}

static __always_inline void split(u8 func, u64 frame, const u64 *args, u32 nr_args, s64 ret)
{
	struct pwt_split *rec = reserve(sizeof(*rec), PWT_SPLIT, func, PWT_AFTER, frame);

	if (!rec)
		return;
	rec->hdr.time = bpf_ktime_get_ns();
	rec->args[0] = args[0];
	rec->args[1] = args[1];
	rec->args[2] = nr_args > 2 ? args[2] : 0;
	rec->args[3] = nr_args > 3 ? args[3] : 0;
	rec->ret = ret;
	submit(rec);
}

static __always_inline void found_area(u64 frame, u64 vm)
{
	struct vm_struct *area = bpf_rdonly_cast((void *)vm, bpf_core_type_id_kernel(*area));
	struct pwt_area *rec = reserve(sizeof(*rec), PWT_AREA, PWT_FN_AREA, PWT_AFTER, frame);

	if (!rec)
		return;
	rec->hdr.time = 0;
	rec->addr = vm ? (u64)area->addr : 0;
	rec->size = vm ? area->size : 0;
	rec->flags = vm ? area->flags : 0;
	rec->nr_pages = vm ? area->nr_pages : 0;
	submit(rec);
}

#endif
