/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checker: joins the records of a call, lets the model do the same change and compares. It
 * takes records in the order of the ring and hands out finished changes; where they come from and
 * where they go it does not know.
 */
#ifndef PWTRACE_CHECK_H
#define PWTRACE_CHECK_H

#include <stddef.h>

#include "check/change.h"
#include "model/op.h"

/* Where a function's code lies; start == end: not in this kernel. */
struct code_range {
	uint64_t start;
	uint64_t end;
};

/* Who asks for a mapping: a function that its call returns to, and what it is called. */
struct birth_caller {
	struct code_range code;
	const char *op;
};

#define BIRTH_CALLERS 12

/* What is needed of the kernel to judge mappings that are made. */
struct birth_config {
	uint64_t vmemmap;	    /* address of the first struct page; 0: not known */
	uint64_t struct_page;	    /* bytes of one */
	uint64_t phys_offset;	    /* physical address of the page that it is of, modulo 2^64 */
	unsigned int ioremap_shift; /* ioremap_max_page_shift; 0: not known */
	bool vmalloc_pages;	    /* vmap_allow_huge is off */
	bool no_blocks;		    /* only contiguous runs are made, if any */
	struct birth_caller callers[BIRTH_CALLERS]; /* those that there are */
};

struct check_config {
	const struct geometry *geo;
	const struct zones *zones;
	uint64_t root_pa;
	uint64_t phys_to_virt;
	struct model_rules rules;
	struct code_range change_memory_common;
	struct code_range __change_memory_common;
	struct code_range set_memory_valid;
	struct code_range set_memory_enc_dec;
	struct birth_config births;
	bool callbacks;	     /* callbacks are captured: check their order */
	bool exclusive_hook; /* range hook is __change_memory_common(), which not all go through */
	uint32_t own_tgid;
	uint32_t rules_off; /* bits: 1 << enum rule */
	/*
	 * Is @addr in the KFENCE pool, as far as is known? Asked when it matters; NULL: nothing is.
	 */
	bool (*in_kfence_pool)(void *ctx, uint64_t addr);
	void *kfence_ctx;
	/*
	 * How many probes did not run and how many records were lost, up to now: asked when a
	 * verdict hangs on what was not seen. NULL: none, ever.
	 */
	uint64_t (*unseen)(void *ctx);
	void *unseen_ctx;
};

typedef void (*change_fn)(void *ctx, const struct change *change);

/* A rule of the kernel's that differs, settled by the first change that tells. */
struct settled {
	enum op_answer answer;
	uint64_t seq; /* of that change */
};

struct check_stats {
	uint64_t records; /* taken */
	uint64_t changes;
	uint64_t verdicts[VERDICT_NR];
	uint64_t own;
	uint64_t malformed;	     /* records that made no sense and were left out */
	uint64_t unfinished;	     /* calls that had not returned at the end */
	struct settled alias_area;   /* OP_RULE_ALIAS_AREA */
	struct settled refuses_huge; /* OP_RULE_REFUSES_HUGE */
};

struct check;

int check_new(struct check **out, const struct check_config *config, change_fn emit, void *ctx);
void check_free(struct check *check);

/**
 * check_record() - take one record
 * @record: starts with a struct pwt_hdr; not kept
 * @size: its size in bytes, at least that of its type or the record is counted as malformed
 *
 * Return: 0 or -ENOMEM.
 */
int check_record(struct check *check, const void *record, size_t size);

/* No record is waiting now: changes whose verdict hung on what others did get it. */
void check_idle(struct check *check);

/*
 * Records are missing here, of any task: verdicts that wait are LOST, where they hang on what may
 * be among them. Before anything but the end check_restore() has to be called.
 */
void check_gap(struct check *check);

/* The end: what is still in flight is lost if its task lost records, else it is not finished. */
void check_finish(struct check *check, const uint32_t *lost_by_task, size_t buckets);

const struct check_stats *check_stats(const struct check *check);

/* What is learnt from records, and verdicts on those that follow hang on. */
struct check_state {
	uint64_t seq; /* of the last call that began */
	struct settled alias_area, refuses_huge;
	enum vmap_runs runs;
	uint32_t preempt_share; /* the least preempt_count, bits 7:0; UINT32_MAX: none was seen */
	bool more;		/* calls are open that are not told of */
	bool unknown;		/* it is that of a checker that has not seen all */
};

/* A call that has not returned. */
struct check_open {
	uint64_t seq;
	struct pwt_enter enter; /* without entries */
};

/* @open: the newest calls that are open, by seq. Return: how many, up to @room. */
size_t check_save(const struct check *check, struct check_state *state, struct check_open *open,
		  size_t room);

/**
 * check_restore() - go on behind a gap, as one that saw what was in it
 * @state: of one that did
 * @open: the calls that are open, @nr of them, by seq
 *
 * These are lost when they return, and what was open before the gap and is not among them is lost
 * now. Without a gap only what was learnt is taken over. Return: 0 or -ENOMEM.
 */
int check_restore(struct check *check, const struct check_state *state,
		  const struct check_open *open, size_t nr);

#endif
