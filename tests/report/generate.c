// SPDX-License-Identifier: GPL-2.0-only
/*
 * tests/report/generate KIND [N] FILE: recordings that no kernel has made, to look at their
 * reports.
 *
 *   changes N   N one-page changes on 16 CPUs, with stacks, splits, faults and refusals among them
 *   hostile     markup wherever a recording has text
 *   snapshots   two snapshots of tables, between which a block was split
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geometry/descriptor.h"
#include "pwtrace/wire.h"
#include "recording/write.h"

#define LINEAR	    0xffff000000000000ULL
#define VMALLOC	    0xffff800080000000ULL
#define IMAGE	    0xffff800081400000ULL
#define PHYS_OFFSET 0x40000000ULL
#define ROOT	    0x41400000ULL /* of swapper_pg_dir, which is at IMAGE + 0xe00000 */
#define TABLES	    0x60000000ULL
#define PAGE	    0x1000ULL
#define BLOCK	    0x200000ULL
#define PER_BLOCK   512

#define PAGE_BITS  (PTE_VALID | PTE_TABLE_BIT | PTE_AF | PTE_UXN | PTE_PXN | PTE_WRITE)
#define BLOCK_BITS (PTE_VALID | PTE_AF | PTE_UXN | PTE_PXN | PTE_WRITE)
#define TABLE_BITS (PTE_VALID | PTE_TABLE_BIT | PTE_AF | TABLE_UXN | TABLE_PXN)

/* Blocks of pages in the linear map, of pages of vmalloc(), and blocks that get split. */
#define LINEAR_BLOCKS  400
#define VMALLOC_BLOCKS 64
#define SPLIT_BLOCKS   600
#define BLOCKS	       (LINEAR_BLOCKS + VMALLOC_BLOCKS + SPLIT_BLOCKS)

#define CPUS	       16
#define STACKS	       300
#define FUNCTIONS      120
#define FIRST_FUNCTION (IMAGE + 0x100000)

static struct recorder *recorder;

static uint64_t next_random(void)
{
	static uint64_t state = 42;
	uint64_t z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static uint64_t below(uint64_t most)
{
	return next_random() % most;
}

static void fail(const char *what)
{
	fprintf(stderr, "generate: %s\n", what);
	exit(1);
}

static void text_record(enum pwt_record_type type, const char *text)
{
	if (recorder_add(recorder, type, text, strlen(text)))
		fail("cannot write");
}

/* What a file says of its kernel; each may be anything. */
struct strings {
	const char *release, *build_id, *boot_id, *version, *backend, *function, *comm;
};

static void write_kernel(const struct strings *strings, bool splits)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "pwtrace=%s\nrelease=%s\nboot_id=%s\npage_size=4096\nva_bits=48\n"
		 "va_bits_config=48\nlevels=4\nsplits_leaves=%d\nsplits_unknown=0\nrodata_full=1\n"
		 "rodata_full_unknown=0\nioremap_shift=30\nvmalloc_pages=0\n"
		 "monotonic=1000000000\nrealtime=1764150000000000000\ntgid=4242\n",
		 strings->version, strings->release, strings->boot_id, splits);
	text_record(PWT_REC_INFO, text);
	snprintf(text, sizeof(text),
		 "OSRELEASE=%s\nBUILD-ID=%s\nPAGESIZE=4096\nSIZE(page)=64\n"
		 "SYMBOL(swapper_pg_dir)=%llx\nNUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0x10\n"
		 "NUMBER(PHYS_OFFSET)=%#llx\nNUMBER(kimage_voffset)=%#llx\n"
		 "NUMBER(MODULES_VADDR)=0xffff800000000000\nNUMBER(MODULES_END)=%#llx\n"
		 "NUMBER(VMALLOC_START)=%#llx\nNUMBER(VMALLOC_END)=0xfffffdffbf000000\n"
		 "NUMBER(VMEMMAP_START)=0xfffffdffc0000000\n"
		 "NUMBER(VMEMMAP_END)=0xfffffe0000000000\n",
		 strings->release, strings->build_id, IMAGE + 0xe00000, PHYS_OFFSET,
		 IMAGE + 0xe00000 - ROOT, VMALLOC, VMALLOC);
	text_record(PWT_REC_VMCOREINFO, text);
}

static void write_symbols(const char *function)
{
	static const char *const first[] = { "_text", "_stext", "update_range_prot", "pageattr_ops",
					     "set_memory_valid" };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		fail("out of memory");
	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
		fprintf(out, "%016llx T %s\n", IMAGE + i * 0x1000, first[i]);
	for (unsigned int i = 0; i < FUNCTIONS; i++)
		fprintf(out, "%016llx t %s_%u\n", FIRST_FUNCTION + i * 0x100, function, i);
	fprintf(out, "%016llx B _end\n", IMAGE + 0x2000000);
	fclose(out);
	text_record(PWT_REC_SYMBOLS, text);
	free(text);
}

static void write_hooks(const char *backend, unsigned int missed)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "backend=%s\nrules_off=0\nhook=%d 3 0 0 update_range_prot\n"
		 "hook=%d 3 0 %u change_memory_common\n",
		 backend, PWT_FN_RANGE, PWT_FN_COMMON, missed);
	text_record(PWT_REC_HOOKS, text);
}

static void write_stacks(void)
{
	for (int id = 0; id < STACKS; id++) {
		struct {
			struct pwt_stack head;
			uint64_t addrs[16];
		} stack = { { id, 6 + id % 11 }, {} };

		/* outermost last: the same for all at first, then by more and more ways */
		for (unsigned int i = 0; i < stack.head.nr; i++) {
			unsigned int above = stack.head.nr - 1 - i, ways = 1U << above / 2;

			stack.addrs[i] = FIRST_FUNCTION + 0x24 +
					 (above * 11 + id % ways) % FUNCTIONS * 0x100;
		}
		if (recorder_add2(recorder, PWT_REC_STACK, &stack.head, sizeof(stack.head),
				  stack.addrs, stack.head.nr * sizeof(uint64_t)))
			fail("cannot write");
	}
}

/* Events in a row, as doc/recording.md has them. */
static struct {
	struct pwt_events head;
	char row[192 << 10];
} events;

static void flush_events(void)
{
	if (events.head.nr && recorder_add2(recorder, PWT_REC_EVENTS, &events.head,
					    sizeof(events.head), events.row, events.head.raw))
		fail("cannot write");
	events.head = (struct pwt_events){};
}

static void add_event(const void *event, uint16_t size)
{
	if (events.head.raw + sizeof(size) + size > sizeof(events.row))
		flush_events();
	memcpy(events.row + events.head.raw, &size, sizeof(size));
	memcpy(events.row + events.head.raw + sizeof(size), event, size);
	events.head.raw += sizeof(size) + size;
	events.head.nr++;
}

static void add_mark(uint8_t kind)
{
	add_event(&kind, 1);
}

/* The made-up memory: which pages are invalid or read-only, and which blocks are whole. */
static struct {
	uint8_t page[BLOCKS][PER_BLOCK]; /* 1: invalid or read-only */
	bool whole[BLOCKS];
} memory;

static bool is_vmalloc(unsigned int block)
{
	return block >= LINEAR_BLOCKS && block < LINEAR_BLOCKS + VMALLOC_BLOCKS;
}

/* Linear blocks lie apart from each other. */
static uint64_t address_of(unsigned int block)
{
	return is_vmalloc(block) ? VMALLOC + 0x8000000 + (block - LINEAR_BLOCKS) * BLOCK :
				   LINEAR + 0x10000000 + block * 3 * BLOCK;
}

static uint64_t block_pa(unsigned int block)
{
	return is_vmalloc(block) ? 0x100000000ULL + block * BLOCK :
				   address_of(block) - LINEAR + PHYS_OFFSET;
}

static uint64_t entry_of(unsigned int block, unsigned int index)
{
	uint64_t desc = (block_pa(block) + index * PAGE) | PAGE_BITS;

	/* what is left of a block is in contiguous runs, but for the first */
	if (block >= LINEAR_BLOCKS + VMALLOC_BLOCKS && index >= 16)
		desc |= PTE_CONT;
	if (!memory.page[block][index])
		return desc;
	return is_vmalloc(block) ? (desc & ~PTE_WRITE) | PTE_RDONLY :
				   (desc & ~PTE_VALID) | PTE_PRESENT_INVALID;
}

static void fill_path(struct pwt_path *at, __u64 *entries, unsigned int block, unsigned int index)
{
	uint64_t addr = address_of(block) + index * PAGE;

	memset(at, 0, sizeof(*at));
	memset(entries, 0, PWT_SMALL_ENTRIES * sizeof(*entries));
	at->path[0] = (TABLES + (addr >> 39 & 511) * PAGE) | TABLE_BITS;
	at->path[1] = (TABLES + 0x1000000 + (addr >> 30 & 0x3ffff) * PAGE) | TABLE_BITS;
	at->nr = 3;
	if (memory.whole[block]) {
		unsigned int slot = addr >> 21 & 511;

		at->depth = 3;
		at->path[2] = block_pa(block) | BLOCK_BITS;
		at->first = !slot ? 0 : slot == 511 ? 509 : slot - 1;
		/* its neighbours are holes */
		entries[slot - at->first] = at->path[2];
		return;
	}
	at->depth = 4;
	at->path[2] = (TABLES + 0x4000000 + block * PAGE) | TABLE_BITS;
	at->path[3] = entry_of(block, index);
	at->first = index - 1;
	for (unsigned int i = 0; i < 3; i++)
		entries[i] = entry_of(block, index - 1 + i);
}

struct call {
	unsigned int block, index, cpu;
	uint64_t time, size;
	uint64_t wrong; /* bits that are flipped in the entry */
	int ret;
	const char *comm;
};

static void fill_masks(const struct call *call, bool undo, __u64 args[4])
{
	bool vmalloc = is_vmalloc(call->block);
	uint64_t set = vmalloc ? PTE_RDONLY : PTE_PRESENT_INVALID;
	uint64_t clear = vmalloc ? PTE_WRITE : PTE_VALID;

	args[2] = undo ? clear : set;
	args[3] = undo ? set : clear;
	/* set_direct_map_default_noflush() */
	if (undo && !vmalloc) {
		args[2] |= PTE_WRITE;
		args[3] |= PTE_RDONLY;
	}
}

static void split(const struct pwt_hdr *hdr, const struct call *call)
{
	struct pwt_split split = { .hdr = *hdr };

	split.hdr.type = PWT_SPLIT;
	split.hdr.func = PWT_FN_SPLIT_PMD;
	split.hdr.time = call->time + 50;
	add_event(&split, sizeof(split));
	memory.whole[call->block] = false;
}

static void make_call(const struct call *call)
{
	uint8_t *state = &memory.page[call->block][call->index];
	struct pwt_hdr hdr = {
		.func = PWT_FN_RANGE,
		.cpu = call->cpu,
		.task = LINEAR + 0x5000000 + call->cpu * PAGE,
		.frame = VMALLOC + 0x100000 + call->cpu * 0x4000,
		.pid = 100 + call->cpu,
	};
	struct pwt_enter enter = { .hdr = hdr, .tgid = hdr.pid, .lazy_mmu = -1 };
	struct pwt_exit exit = { .hdr = hdr, .ret = call->ret };

	enter.hdr.type = PWT_ENTER;
	exit.hdr.type = PWT_EXIT;
	exit.hdr.phase = PWT_AFTER;
	enter.hdr.time = call->time;
	exit.hdr.time = call->time + 400 + below(below(40000) + 1);
	enter.stack_id = below(STACKS);
	enter.callers[0] = FIRST_FUNCTION + 0x24 + below(8) * 0x100;
	enter.args[0] = exit.args[0] = address_of(call->block) + call->index * PAGE;
	enter.args[1] = exit.args[1] = call->size;
	/* without a NUL where there is no room for one */
	memcpy(enter.comm, call->comm, strnlen(call->comm, sizeof(enter.comm)));
	fill_masks(call, *state, enter.args);
	if (call->size)
		fill_path(&enter.at, enter.entries, call->block, call->index);
	add_event(&enter, sizeof(enter));
	if (call->size && memory.whole[call->block])
		split(&hdr, call);
	if (call->size) {
		*state = !*state;
		fill_path(&exit.at, exit.entries, call->block, call->index);
		exit.at.path[exit.at.depth - 1] ^= call->wrong;
		exit.entries[1] ^= call->wrong;
	}
	add_event(&exit, sizeof(exit));
}

/* Some CPUs work more than others, and now and then nobody does. */
static void write_changes(unsigned long nr)
{
	static const char *const comms[] = { "provoke", "modprobe", "systemd-udevd",
					     "kworker/u32:1", "bpftrace" };
	uint64_t now = 2000000000ULL;

	for (unsigned int block = LINEAR_BLOCKS + VMALLOC_BLOCKS; block < BLOCKS; block++)
		memory.whole[block] = true;
	for (unsigned long i = 0; i < nr; i++) {
		struct call call = { .size = PAGE, .time = now };

		call.cpu = below(below(CPUS) + 1);
		call.comm = comms[below(below(5) + 1)];
		call.block = below(500) ? below(LINEAR_BLOCKS + VMALLOC_BLOCKS) : below(BLOCKS);
		call.index = 1 + below(call.block < LINEAR_BLOCKS + VMALLOC_BLOCKS ? 510 : 14);
		if (i % 2003 == 2002)
			call.wrong = 1ULL << 55;
		if (i % 5003 == 5002)
			call = (struct call){ call.block, call.index, call.cpu, now,
					      0,	  0,	      -22,	call.comm };
		make_call(&call);
		now += 20000 + (i % 50000 > 30000 ? below(600000) : below(20000));
		if (i % 1000 == 999)
			add_mark(PWT_EVENT_IDLE);
	}
	add_mark(PWT_EVENT_IDLE);
	add_mark(PWT_EVENT_END);
	flush_events();
}

static void write_losses(void)
{
	struct pwt_losses losses = { .total = 14, .missed = 2, .unwritten = 3 };

	losses.records[PWT_SLICE] = 9;
	losses.records[PWT_EXIT] = 5;
	if (recorder_add(recorder, PWT_REC_LOSSES, &losses, sizeof(losses)))
		fail("cannot write");
}

static void changes(unsigned long nr)
{
	static const struct strings strings = {
		.release = "7.3.0-generated",
		.build_id = "00112233445566778899aabbccddeeff00112233",
		.boot_id = "01234567-89ab-cdef-0123-456789abcdef",
		.version = "0.1",
		.backend = "fentry",
		.function = "function",
	};

	write_kernel(&strings, true);
	write_symbols(strings.function);
	write_hooks(strings.backend, 0);
	write_stacks();
	write_changes(nr);
}

static void hostile(void)
{
	static const struct strings strings = {
		.release = "7\"'><script>document.title='taken'</script>",
		.build_id = "\"><img src=x onerror=1>",
		.boot_id = "--><svg/onload=1>",
		.version = "<b>\xff\xfe</b>",
		.backend = "\"><i>x</i>",
		.function = "</code></title><script>document.title='taken'</script><svg>",
	};
	static const char *const comms[] = { "<script>alert(1", "</title><script",
					     "\"onfocus=\"x()", "\x1b[31m\x01\x80\xc3(",
					     "&lt;&amp;'\"" };
	unsigned int nr = sizeof(comms) / sizeof(*comms);

	write_kernel(&strings, false);
	write_symbols(strings.function);
	write_hooks(strings.backend, 2);
	write_stacks();
	for (unsigned int i = 0; i < 4 * nr; i++) {
		struct call call = {
			i % LINEAR_BLOCKS, 5, 0, 2000000000ULL + i * 100000, PAGE, 0, 0,
			comms[i % nr]
		};

		if (i >= nr)
			call.wrong = 1ULL << (50 + i % 5);
		if (i >= 3 * nr)
			call = (struct call){ call.block, 5, 0, call.time, 0, 0, -22, call.comm };
		make_call(&call);
		add_mark(PWT_EVENT_IDLE);
	}
	add_mark(PWT_EVENT_END);
	flush_events();
	write_losses();
}

static void write_table(uint64_t pa, uint64_t addr, uint8_t level, const uint64_t *entries)
{
	struct pwt_table table = { .pa = pa, .addr = addr, .level = level, .size = PAGE };

	if (recorder_add2(recorder, PWT_REC_TABLE, &table, sizeof(table), entries, PAGE))
		fail("cannot write");
}

/* The first gigabyte of the linear map by blocks, of which the third is split in the end. */
static void write_snapshot(uint32_t number, bool split)
{
	struct pwt_snapshot snapshot = {
		.time = 1000000000ULL * (number + 1),
		.root = ROOT,
		.base = LINEAR,
		.start = LINEAR,
		.number = number,
	};
	uint64_t entries[PER_BLOCK] = { (TABLES + PAGE) | TABLE_BITS };

	if (recorder_add(recorder, PWT_REC_SNAPSHOT, &snapshot, sizeof(snapshot)))
		fail("cannot write");
	write_table(ROOT, LINEAR, 3, entries);
	entries[0] = (TABLES + 2 * PAGE) | TABLE_BITS;
	write_table(TABLES + PAGE, LINEAR, 2, entries);
	for (unsigned int i = 0; i < PER_BLOCK; i++)
		entries[i] = (PHYS_OFFSET + i * BLOCK) | BLOCK_BITS | (i >= 16 ? PTE_CONT : 0);
	if (split)
		entries[3] = (TABLES + 3 * PAGE) | TABLE_BITS;
	write_table(TABLES + 2 * PAGE, LINEAR, 1, entries);
	for (unsigned int i = 0; split && i < PER_BLOCK; i++)
		entries[i] = (PHYS_OFFSET + 3 * BLOCK + i * PAGE) | PAGE_BITS |
			     (i < 16 ? 0 : PTE_CONT);
	entries[7] = split ? (entries[7] & ~PTE_WRITE) | PTE_RDONLY : entries[7];
	if (split)
		write_table(TABLES + 3 * PAGE, LINEAR + 3 * BLOCK, 0, entries);
}

static void snapshots(void)
{
	static const struct strings strings = { "7.3.0-generated", "00", "00", "0.1", "", "f", "" };

	write_kernel(&strings, true);
	write_symbols(strings.function);
	write_snapshot(0, false);
	write_snapshot(1, true);
}

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";
	bool counted = !strcmp(kind, "changes");
	int err;

	if (argc != 3 + counted)
		fail("give: changes N FILE, hostile FILE or snapshots FILE");
	err = recorder_open(&recorder, argv[argc - 1]);
	if (err)
		fail(strerror(-err));
	if (counted)
		changes(strtoul(argv[2], NULL, 0));
	else if (!strcmp(kind, "hostile"))
		hostile();
	else if (!strcmp(kind, "snapshots"))
		snapshots();
	else
		fail("there is no such kind");
	err = recorder_close(recorder, NULL);
	if (err)
		fail(strerror(-err));
	return 0;
}
