/* SPDX-License-Identifier: GPL-2.0-only */
/* One change: a call that changes kernel mappings, from its entry to its verdict. */
#ifndef PWTRACE_CHANGE_H
#define PWTRACE_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "geometry/zone.h"
#include "image/image.h"
#include "model/model.h"
#include "model/vmap.h"
#include "pwtrace/wire.h"

enum verdict {
	VERDICT_MATCH,
	VERDICT_MISMATCH,
	VERDICT_UNKNOWN,
	VERDICT_RACED,
	VERDICT_LOST,
	VERDICT_NR,
};

/* Why a verdict is not MATCH. A closed list; the manual page has a paragraph on each. */
enum reason {
	REASON_NONE,
	/* MISMATCH */
	REASON_RETURN_VALUE,
	REASON_ERROR_AS_SUCCESS,
	REASON_PARTIAL_BLOCK,
	REASON_ENTRY_NOT_CHANGED,
	REASON_PARTIAL_APPLICATION,
	REASON_ENTRY_WRONG_BITS,
	REASON_BIT_SET,
	REASON_BIT_CLEARED,
	REASON_BIT_LEFT,
	REASON_BITS_OUTSIDE_MASKS,
	REASON_MASK_ORDER,
	REASON_INVALID_ENCODING,
	REASON_PXN_LOST,
	REASON_WX_AFTER_SUCCESS,
	REASON_CONTIGUOUS_DROPPED,
	REASON_PARTIAL_CONTIGUOUS,
	REASON_WRONG_PAGE,
	REASON_OUTSIDE_RANGE_CHANGED,
	REASON_TABLE_CHANGED,
	REASON_TABLE_REDIRECTED,
	REASON_UNEXPECTED_SPLIT,
	REASON_MISSING_SPLIT,
	REASON_SPLIT_LOST_PERMISSION,
	REASON_SPLIT_LOST_CONTIGUOUS,
	REASON_SPLIT_LOST_ENTRY,
	REASON_CALLBACK_ORDER,
	REASON_ALIAS_MISSED,
	REASON_ALIAS_RANGE,
	REASON_ALIAS_TOO_WIDE,
	REASON_ALIAS_WRITABLE,
	REASON_NOT_MAPPED,
	REASON_MAPPED_SMALLER,
	REASON_MAPPED_LARGER,
	REASON_MAPPED_WRONG_PAGE,
	REASON_MAPPED_WRONG_BITS,
	REASON_MAPPED_WRONG_SIZE,
	REASON_HUGE_NOT_ALLOWED,
	/* UNKNOWN */
	REASON_SPLIT,
	REASON_SPLIT_STATE,
	REASON_ALLOCATES_TABLE,
	REASON_NOT_CAPTURED,
	REASON_UNREADABLE,
	REASON_RANGE_TOO_LARGE,
	REASON_NO_AREA,
	REASON_RODATA_UNKNOWN,
	REASON_NOTHING_SEEN,
	REASON_NO_MEMORY,
	/* RACED */
	REASON_CONCURRENT_CHANGE,
	REASON_TORN_READ,
	/* LOST */
	REASON_RECORD_LOST,
	REASON_PROBE_MISSED,
	REASON_NR,
};

/* True things beside the verdict. Bits of change.findings. */
enum finding {
	FINDING_BLOCK_BOUNDARY,	 /* refused: the range covers a leaf in part */
	FINDING_EMPTY_RANGE,	 /* refused: no page */
	FINDING_NO_AREA,	 /* refused: no vmalloc area there */
	FINDING_PAST_AREA_END,	 /* refused: the range ends behind the area */
	FINDING_NOT_VM_ALLOC,	 /* refused: the area was not made by vmalloc() */
	FINDING_HUGE_AREA,	 /* refused: VM_ALLOW_HUGE_VMAP (fcf8dda8cc48) */
	FINDING_WIDE_ALIAS,	 /* the alias of the whole area was changed */
	FINDING_UNALIGNED,	 /* the address is not page aligned */
	FINDING_TAGGED,		 /* the address has a KASAN tag */
	FINDING_ERROR_SWALLOWED, /* a part failed, and the whole returned 0 */
	FINDING_SLEEP_IN_ATOMIC, /* a leaf was split where nothing may sleep */
	FINDING_WX,		 /* writable and executable after the call, as it was asked for */
	FINDING_BROKEN_RUN, /* members of a contiguous run differ, as the kernel's rules have it */
	FINDING_BREAK_BEFORE_MAKE, /* a live entry's size, address or contiguous bit was changed */
	FINDING_STILL_INVALID,	   /* valid was asked for and 0 returned, and a leaf is not valid */
	/* of a mapping that was made: why it has no larger blocks, in the order of enum vmap_why */
	FINDING_TOO_SMALL,
	FINDING_NOT_ASKED,
	FINDING_VIRTUAL_ALIGNMENT,
	FINDING_PHYSICAL_ALIGNMENT,
	FINDING_SCATTERED_PAGES,
	FINDING_LEVEL_UNSUPPORTED,
	FINDING_TABLE_KEPT,
	FINDING_NO_HUGE_FLAG,  /* of vmalloc(): no VM_ALLOW_HUGE_VMAP */
	FINDING_HUGE_OFF,      /* ... nohugevmalloc */
	FINDING_HUGE_FALLBACK, /* ... and smaller than the size and the flags allow */
	FINDING_NR,
};

/* Rules that look further than one entry; each can be switched off by its name. */
enum rule {
	RULE_WX,		/* wx-after-success, writable-executable */
	RULE_BREAK_BEFORE_MAKE, /* break-before-make */
	RULE_CONTIGUOUS_RUN,	/* broken-run */
	RULE_ALIAS_WRITABLE,	/* alias-writable */
	RULE_NR,
};

/* A call with the changes that are parts of it: the worst verdict of them all. */
struct story {
	unsigned int parts; /* 0: the call is a story by itself */
	enum verdict verdict;
	enum reason reason;
	uint64_t seq; /* of the change that it comes from */
};

/* An entry that is not what it should be. */
struct difference {
	bool found;
	enum pgtable_level level;
	uint64_t addr; /* first virtual address that the entry maps */
	uint64_t before;
	uint64_t expected;
	uint64_t after;
};

/* A mapping that was made, by mm/vmalloc.c. */
struct birth {
	uint64_t prot;
	uint64_t asked;	   /* bytes: the largest block that the caller allows; 0: not a birth */
	uint64_t vm_flags; /* of vmalloc() */
	struct {
		uint64_t nr;
		uint32_t why; /* not the next larger; bits: 1 << enum vmap_why */
	} mapped[VMAP_NR];
	uint64_t pages; /* of the pages that were asked for, those whose address is known */
};

struct change {
	/* the call */
	uint64_t seq;
	uint64_t parent_seq; /* 0: none */
	uint8_t func;	     /* enum pwt_func */
	const char *op;	     /* the outermost known entry point */
	uint64_t time;	     /* of the entry, CLOCK_MONOTONIC ns */
	uint64_t duration;   /* ns */
	uint64_t addr;	     /* raw, as passed; a tag is not removed */
	uint64_t size;	     /* bytes */
	uint64_t set_mask;
	uint64_t clear_mask;
	bool has_masks;
	bool has_ret;
	bool own; /* made by this process */
	int ret;
	uint32_t pid, tgid, cpu, preempt_count;
	int32_t lazy_mmu; /* sections that the task was in; negative: unknown */
	int32_t stack_id;
	char comm[PWT_COMM_LEN + 1];
	uint64_t callers[PWT_NR_CALLERS];
	enum zone zone;

	/* the verdict */
	enum verdict verdict;
	enum reason reason;
	uint32_t findings; /* bits: 1 << enum finding */
	int expected_ret;
	unsigned int leaves[PGTABLE_NR_LEVELS]; /* that the model changed, by level */
	unsigned int splits[PGTABLE_NR_LEVELS]; /* blocks that the kernel was seen to split */
	struct difference diff;
	struct birth birth;
	struct model_boundary boundary;
	struct story story;
	bool has_area;
	struct pwt_area area; /* that change_memory_common() looked at; addr 0: there is none */
	struct image before, after; /* what was read; empty where nothing was */
};

const char *verdict_name(enum verdict verdict);
const char *reason_name(enum reason reason);
/* One line that explains the reason to a user. */
const char *reason_text(enum reason reason);
const char *finding_name(enum finding finding);
const char *finding_text(enum finding finding);
enum verdict verdict_find(const char *name); /* VERDICT_NR: no such */
const char *rule_name(enum rule rule);
enum rule rule_find(const char *name); /* RULE_NR: no such */

#endif
