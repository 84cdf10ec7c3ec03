/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry points of arch/arm64/mm/pageattr.c, as far down as update_range_prot(): what the kernel
 * answers to a request, what decides, and what it does on the way.
 */
#ifndef PWTRACE_MODEL_OP_H
#define PWTRACE_MODEL_OP_H

#include "model/model.h"

enum op {
	OP_SET_MEMORY_RO,
	OP_SET_MEMORY_RW,
	OP_SET_MEMORY_NX,
	OP_SET_MEMORY_X,
	OP_SET_MEMORY_ROX,
	OP_SET_MEMORY_VALID,   /* enable: 1 */
	OP_SET_MEMORY_INVALID, /* set_memory_valid() with enable 0 */
	OP_SET_DIRECT_MAP_INVALID,
	OP_SET_DIRECT_MAP_DEFAULT,
	OP_SET_DIRECT_MAP_VALID,
	OP_SET_DIRECT_MAP_NOT_VALID, /* set_direct_map_valid_noflush() with valid 0 */
	OP_SET_MEMORY_ENCRYPTED,
	OP_SET_MEMORY_DECRYPTED,
	OP_NR,
};

/* The kernel's name of the function. */
const char *op_name(enum op op);

/*
 * The operation of that name, with or without what all names of its kind begin and end with.
 * @enable: of what takes a switch, -1: none given. OP_NR: no such, or a switch that is missing or
 * too many.
 */
enum op op_find(const char *name, int enable);

/* Does the function of that name take 0 or 1? */
bool op_takes_switch(const char *name);

/* What kernels differ in. Each is found from the running kernel, or stays unknown. */
enum op_rule {
	OP_RULE_CALLBACKS,	 /* pageattr_ops (a660194dd101), else apply_to_page_range() */
	OP_RULE_SPLITS,		 /* leaves are split (a166563e7ec3) */
	OP_RULE_RODATA_FULL,	 /* ro and rw go to the linear alias, too */
	OP_RULE_PRESENT_INVALID, /* invalid has bit 11 set (15bfba1ad77f) */
	OP_RULE_NG,		 /* arm64_use_ng_mappings: PTE_MAYBE_NG is PTE_NG */
	OP_RULE_GP,		 /* kernel BTI: PTE_MAYBE_GP is PTE_GP */
	OP_RULE_REFUSES_HUGE,	 /* VM_ALLOW_HUGE_VMAP areas are refused (fcf8dda8cc48) */
	OP_RULE_ALIAS_AREA,	 /* the alias of the whole area, not of the range */
	OP_RULE_ALIAS_ERROR,	 /* an error there is returned (e5efd56fa157) */
	OP_RULE_SET_DIRECT_MAP,	 /* can_set_direct_map() */
	OP_RULE_REALM,		 /* is_realm_world() */
	OP_NR_RULES,
};

enum op_answer { OP_UNKNOWN, OP_NO, OP_YES };

struct op_rules {
	enum op_answer answer[OP_NR_RULES];
	uint64_t kfence_pool, kfence_pool_size; /* 0: none, or not known */
	uint64_t ns_shared;			/* PROT_NS_SHARED, in a realm */
};

const char *op_rule_name(enum op_rule rule);
/* What is the case where the answer is @yes, or not. */
const char *op_rule_text(enum op_rule rule, bool yes);

/* struct vm_struct, as find_vm_area() gives it. */
struct op_area {
	uint64_t addr;
	uint64_t size; /* with the guard page */
	uint64_t flags;
	uint64_t nr_pages;
	uint64_t pages; /* the array */
};

/* include/linux/vmalloc.h */
#define VM_ALLOC	   0x00000002UL
#define VM_NO_GUARD	   0x00000040UL
#define VM_ALLOW_HUGE_VMAP 0x00000400UL

/* Where the model finds what it needs of the kernel. */
struct op_source {
	struct pagewalk_memory *tables;
	/* find_vm_area(). 0; -ENOENT: there is none; another error: cannot be told. */
	int (*area)(void *ctx, uint64_t addr, struct op_area *area);
	/* page_address(area->pages[index]). 0 or an error. */
	int (*alias)(void *ctx, const struct op_area *area, uint64_t index, uint64_t *linear);
	void *ctx;
};

struct op_kernel {
	const struct geometry *geo;
	uint64_t root_pa;
	uint64_t linear_start, linear_end;
	struct op_source source;
};

struct op_request {
	enum op op;
	uint64_t addr;
	/* set_direct_map_{invalid,default}_noflush() take one page: they are called for each */
	int pages;
};

/* What the return value comes from. */
enum op_decision {
	OP_DONE, /* everything was carried out */
	OP_NO_AREA,
	OP_PAST_AREA_END,
	OP_NOT_VM_ALLOC,
	OP_HUGE_AREA,
	OP_NO_PAGES,
	OP_CANNOT_SET_DIRECT_MAP,
	OP_NO_REALM,
	OP_NOT_LINEAR,
	OP_EMPTY_RANGE,
	OP_PARTIAL_LEAF,
	OP_BLOCK_REFUSED,
	OP_SPLIT_UNALIGNED,
	OP_SPLIT_BOOT,
	OP_NO_MEMORY,
	OP_ALIAS_REFUSED, /* the last part says by what */
	/* no answer, for want of: */
	OP_GAP_AREA,
	OP_GAP_TABLES,
	OP_GAP_ALLOCATES,
	OP_GAP_BAD_ENTRY,
	OP_GAP_PAGES,
	OP_GAP_REALM,
	OP_GAP_TOO_LARGE,
	OP_NR_DECISIONS,
};

const char *op_decision_name(enum op_decision decision);
const char *op_decision_text(enum op_decision decision);

static inline bool op_decision_is_gap(enum op_decision decision)
{
	return decision >= OP_GAP_AREA;
}

/* Bits of op_result.findings. */
enum op_finding {
	OP_FINDING_UNALIGNED,	   /* WARN_ON_ONCE() in change_memory_common() */
	OP_FINDING_WARNS,	   /* WARN_ON_ONCE() in the change of a range */
	OP_FINDING_WIDE_ALIAS,	   /* the alias of more than the range */
	OP_FINDING_ALIAS_ERROR,	   /* an error of the alias is swallowed */
	OP_FINDING_UNMAPS_ALIASES, /* vm_unmap_aliases(): lazily freed areas go */
	OP_FINDING_PARTIAL_CHANGE, /* refused, and part of it was changed before */
	OP_FINDING_EMPTY_ENTRIES,  /* entries that map nothing get bits */
	OP_FINDING_ALIAS_INVALID,  /* the alias is present, and not valid */
	OP_FINDING_GUARD_PAGE,	   /* the range reaches into the guard page */
	OP_NR_FINDINGS,
};

const char *op_finding_name(enum op_finding finding);
const char *op_finding_text(enum op_finding finding);

/* TLB maintenance behind a change: it cannot be watched, and is inferred from the masks. */
enum op_flush { OP_FLUSH_NONE, OP_FLUSH_RANGE, OP_FLUSH_SKIPPED, OP_FLUSH_UNKNOWN };

/* One update_range_prot(). */
struct op_part {
	uint64_t addr, size;
	uint64_t set_mask, clear_mask;
	bool alias;
	int ret;
	enum op_flush flush;
	unsigned int leaves[PGTABLE_NR_LEVELS];
};

struct op_split {
	uint32_t part;
	enum pgtable_level level;
	bool run; /* a contiguous run, not a block */
	uint64_t addr;
	uint64_t before;
};

struct op_entry {
	uint32_t part;
	enum pgtable_level level;
	uint64_t addr;
	uint64_t before, after;
};

struct op_result {
	int ret;
	enum op_decision decision;
	uint32_t findings;
	struct model_boundary boundary;
	bool has_area;
	struct op_area area;
	struct op_part *parts;
	struct op_split *splits;
	struct op_entry *entries;
	uint32_t nr_parts, nr_splits, nr_entries;
	uint32_t room_parts, room_splits, room_entries;
	uint32_t nr_tables;  /* that were made up for splits */
	struct image tables; /* afterwards, of what was looked at */
	uint32_t asked;	     /* rules whose answer was needed: bits */
	bool out_of_memory;
};

/**
 * op_run() - what the kernel does for a request
 * @kernel: its tables and areas
 * @rules: none of those that are asked for may be OP_UNKNOWN; op_predict() sees to that
 * @result: filled in; op_result_release() it
 *
 * Follows the source in the order of its checks. Return: 0 or -ENOMEM.
 */
int op_run(const struct op_kernel *kernel, const struct op_rules *rules,
	   const struct op_request *request, struct op_result *result);
void op_result_release(struct op_result *result);

/* One of the answers that are possible. */
struct op_alternative {
	enum op_answer chosen[OP_NR_RULES]; /* rules that are unknown and were asked for */
	struct op_result result;
};

#define OP_MAX_ALTERNATIVES 16

struct op_prediction {
	struct op_alternative alternatives[OP_MAX_ALTERNATIVES];
	unsigned int nr;
	bool more; /* there are more than that */
};

/**
 * op_predict() - every answer that the kernel may give
 *
 * Goes through the answers to those unknown rules that matter for the request. Alternatives that
 * do the same are given once, without the rules that made no difference.
 * Return: 0 or -ENOMEM.
 */
int op_predict(const struct op_kernel *kernel, const struct op_rules *rules,
	       const struct op_request *request, struct op_prediction *prediction);
void op_prediction_release(struct op_prediction *prediction);

/* Do both return the same and write the same entries? */
bool op_same(const struct op_result *a, const struct op_result *b);

#endif
