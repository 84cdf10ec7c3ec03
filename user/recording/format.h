/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recording, .pwt: what lies in the file, byte by byte; doc/recording.md explains it. All
 * integers are little endian. A file header, then chunks, each with checksums and a number of its
 * own; in a chunk typed records, of which a reader passes over those that it does not know. What is
 * needed to read a chunk is in the chunk, or in the first one of the file.
 */
#ifndef PWTRACE_FORMAT_H
#define PWTRACE_FORMAT_H

#include <stdint.h>

#define PWT_FILE_MAGIC	"\x89PWT\r\n\x1a\n"
#define PWT_CHUNK_MAGIC 0x43545750U /* "PWTC" */
#define PWT_END_MAGIC	0x45545750U /* "PWTE" */

#define PWT_FILE_VERSION  1 /* raised when a record type or a member is added */
#define PWT_FILE_READABLE 1 /* the least version of a reader that understands what is written */

#define PWT_CHUNK_MAX (1U << 20) /* bytes of a chunk, unpacked */

/* At offset 0. */
struct pwt_file {
	uint8_t magic[8];
	uint16_t version;
	uint16_t readable; /* a reader of a lower version cannot read it */
	uint32_t wire;	   /* PWT_WIRE_VERSION of the records of capture in it */
	uint8_t id[16];	   /* random; the parts of one recording share it */
	uint32_t part;	   /* from 0 */
	uint32_t flags;	   /* PWT_FILE_* */
	uint64_t first; /* number of its first chunk: more than 0, and what was before is not here
			 */
	uint8_t reserved[12];
	uint32_t crc; /* CRC-32 of what is before it */
};

#define PWT_FILE_REDACTED 0x1

enum pwt_coding { PWT_PLAIN, PWT_ZSTD };

/* Followed by @stored bytes and up to 7 more, so that the next one is aligned to 8. */
struct pwt_chunk {
	uint32_t magic;
	uint32_t crc;	   /* CRC-32 of what follows in this header */
	uint32_t data_crc; /* CRC-32 of the bytes that are stored */
	uint32_t stored;   /* bytes */
	uint32_t raw;	   /* bytes when they are unpacked, at most PWT_CHUNK_MAX */
	uint16_t coding;   /* enum pwt_coding */
	uint16_t flags;	   /* PWT_CHUNK_* */
	uint64_t number;   /* in the recording, from 0: one that is missing shows */
	uint64_t time;	   /* CLOCK_MONOTONIC, ns, when it was begun */
	uint64_t types;	   /* of its records; bits: 1 << enum pwt_record_type */
};

/* It has no number: what it tells is true of all of the file. */
#define PWT_CHUNK_PREAMBLE 0x1

/* The last thing in a file that was closed. */
struct pwt_end {
	uint32_t magic;
	uint32_t crc;	/* CRC-32 of what follows */
	uint64_t index; /* offset of the chunk that has the PWT_REC_INDEX */
	uint64_t chunks;
	uint64_t size; /* of the file, this included */
};

/* Followed by @size bytes and up to 7 more. */
struct pwt_record {
	uint16_t type; /* enum pwt_record_type */
	uint16_t reserved;
	uint32_t size;
};

enum pwt_record_type {
	PWT_REC_NONE,
	PWT_REC_INFO,	    /* text, KEY=VALUE lines: of the kernel and the recording */
	PWT_REC_VMCOREINFO, /* text: the kernel's own note */
	PWT_REC_SYMBOLS,    /* text, "START END NAME" lines */
	PWT_REC_HOOKS,	    /* text, "FUNC STATE ERROR FUNCTION" lines */
	PWT_REC_EVENTS,	    /* struct pwt_events: the stream */
	PWT_REC_STACK,	    /* struct pwt_stack */
	PWT_REC_LOSSES,	    /* struct pwt_losses */
	PWT_REC_SNAPSHOT,   /* struct pwt_snapshot: the tables that follow are of this one */
	PWT_REC_TABLE,	    /* struct pwt_table */
	PWT_REC_AREAS,	    /* struct pwt_area_record, an array: of the snapshot before */
	PWT_REC_RAM,	    /* struct pwt_range, an array: physical memory */
	PWT_REC_INDEX,	    /* struct pwt_index, an array: of each chunk before */
	PWT_REC_RUNS,	    /* struct pwt_run, an array: what was mapped, without the tables */
	PWT_REC_RULES, /* text, KEY=VALUE lines: of the snapshot before, what set_memory_ro() would
			  do */
	PWT_REC_NR,
};

/*
 * What the checker was given, in order: records of capture (pwtrace/wire.h) and what happened
 * between them. Each is a size in two bytes and so many bytes, of which the first tells what it is:
 * enum pwt_type or enum pwt_event.
 */
struct pwt_events {
	uint32_t coding; /* enum pwt_events_coding */
	uint32_t nr;
	uint32_t raw; /* bytes when they are in a row */
	uint32_t reserved;
};

enum pwt_events_coding { PWT_EVENTS_ROW, PWT_EVENTS_COLUMNS };

/* Events that are no records of capture. */
enum pwt_event {
	PWT_EVENT_IDLE = 0x80, /* the ring was empty */
	PWT_EVENT_UNSEEN,      /* eight bytes: the checker asked what went unseen, and the answer */
	PWT_EVENT_KFENCE,      /* struct pwt_kfence: it asked, and this is known from here on */
	PWT_EVENT_END,	       /* the capture ended */
	PWT_EVENT_STATE, /* struct pwt_state: where a checker can begin that saw nothing before */
};

/* KFENCE's pool. Not known yet: all of the address space, so that nothing is said of it. */
struct pwt_kfence {
	uint64_t start, size; /* bytes */
};

/* What the checker has learnt from all records before, and needs for those that follow. */
struct pwt_state {
	uint64_t seq;		   /* of the last call that began */
	uint64_t alias_area_seq;   /* of the change that settled it */
	uint64_t refuses_huge_seq; /* of that one */
	struct pwt_kfence kfence;
	uint16_t preempt_share; /* the least preempt_count of a change, bits 7:0; all set: none */
	uint8_t alias_area;	/* 0: not settled, 1: no, 2: yes; and so is the next */
	uint8_t refuses_huge;
	uint8_t runs; /* 0: not settled, 1: contiguous runs are made, 2: they are not */
	uint8_t nr_open;
	uint8_t more; /* 1: open[] has only the newest */
	uint8_t reserved;
	struct pwt_open {
		uint64_t seq;
		uint64_t time, task, frame; /* and so on: as in its pwt_enter */
		uint64_t args[4], callers[2];
		uint32_t cpu, pid, tgid, lost_by_task, preempt_count;
		int32_t stack_id, lazy_mmu;
		uint8_t func, flags;
		uint16_t reserved;
		char comm[16];
	} open[]; /* calls that have not returned, by seq */
};

#define PWT_STATE_OPEN 60 /* at most; an event is no larger than 8 KiB */

struct pwt_stack {
	int32_t id; /* as in pwt_enter.stack_id */
	uint32_t nr;
	uint64_t addrs[];
};

/* What is lost so far, of the time of the chunk. */
struct pwt_losses {
	uint64_t records[16]; /* by enum pwt_type */
	uint64_t total;	      /* of all types, and calls that were not remembered */
	uint64_t missed;      /* probes that did not run */
	uint64_t unwritten;   /* events that were captured, and found no way into the file */
	uint32_t nr_tasks;    /* of by_task[]; 0: it is not the last one */
	uint32_t reserved;
	uint32_t by_task[]; /* at the end only: pwt_hdr.lost_by_task of each bucket */
};

/* Tables that were read one after another. */
struct pwt_snapshot {
	uint64_t time;	     /* CLOCK_MONOTONIC, ns */
	uint64_t root;	     /* physical address of the topmost table */
	uint64_t base;	     /* virtual address of its first entry */
	uint64_t start, end; /* what was asked for; end 0: that of the address space */
	uint32_t number;
	int32_t pid; /* whose tables; 0: the kernel's */
};

/* Followed by the page. */
struct pwt_table {
	uint64_t pa;
	uint64_t addr; /* virtual address that its first entry maps */
	uint8_t level; /* 0: of PTEs */
	uint8_t marks; /* PWT_TABLE_* */
	uint16_t reserved;
	uint32_t size; /* bytes of the page */
};

#define PWT_TABLE_TORN	     0x1
#define PWT_TABLE_UNREADABLE 0x2 /* what follows are zeros */

/* struct vmap_area and vm_struct of mm/vmalloc.c; 0: it has none. */
struct pwt_area_record {
	uint64_t va_start, va_end;
	uint64_t vm, addr, size, flags;
	uint64_t pages, nr_pages, page_order, phys_addr, caller, requested_size;
};

struct pwt_range {
	uint64_t start, size; /* bytes */
};

/* Of an imported text: leaves of one level and with the same attributes, or a hole. */
struct pwt_run {
	uint64_t start, size; /* virtual, bytes; start + size is 0 at the end of the address space
			       */
	uint64_t bits;	      /* of the descriptors, without an output address; 0: a hole */
	uint8_t level;	      /* 0: of PTEs; that of a hole is the text's */
	uint8_t reserved[7];
};

struct pwt_index {
	uint64_t offset; /* of the chunk */
	uint64_t number, time, types;
};

_Static_assert(sizeof(struct pwt_file) == 64, "recording: pwt_file");
_Static_assert(sizeof(struct pwt_chunk) == 48, "recording: pwt_chunk");
_Static_assert(sizeof(struct pwt_end) == 32, "recording: pwt_end");
_Static_assert(sizeof(struct pwt_record) == 8, "recording: pwt_record");
_Static_assert(sizeof(struct pwt_events) == 16, "recording: pwt_events");
_Static_assert(sizeof(struct pwt_state) == 48, "recording: pwt_state");
_Static_assert(sizeof(struct pwt_open) == 128, "recording: pwt_open");
_Static_assert(sizeof(struct pwt_stack) == 8, "recording: pwt_stack");
_Static_assert(sizeof(struct pwt_losses) == 160, "recording: pwt_losses");
_Static_assert(sizeof(struct pwt_snapshot) == 48, "recording: pwt_snapshot");
_Static_assert(sizeof(struct pwt_table) == 24, "recording: pwt_table");
_Static_assert(sizeof(struct pwt_area_record) == 96, "recording: pwt_area_record");
_Static_assert(sizeof(struct pwt_run) == 32, "recording: pwt_run");
_Static_assert(sizeof(struct pwt_index) == 32, "recording: pwt_index");

#endif
