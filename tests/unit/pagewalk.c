// SPDX-License-Identifier: GPL-2.0-only
/* The page walk: single rules on tables made for them, and a comparison with a naive walk. */
#include "pwtrace/pagewalk.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "naive.h"
#include "tables.h"
#include "test.h"

#define ADDR 0xffff800080000000UL /* all 0 from the PMD index down with 4K pages */

enum kind { AT_PTE, AT_PMD, AT_PUD, AT_P4D, AT_PGD, AT_HOLE };

struct event {
	enum kind kind;
	int depth; /* of a hole */
	unsigned long addr, next;
	uint64_t entry;
};

struct log {
	struct event *events;
	size_t nr, room;
	uint64_t random; /* state of the series that decides; 0: nothing happens */
	bool pgd_means_nothing;
	int (*react)(struct log *log, const struct event *event, uint64_t *entry,
		     struct mm_walk *walk);
};

static void set_mm(struct mm_struct *mm, struct image *image)
{
	mm->geo = image->geo;
	mm->memory = &image->memory;
	mm->root = image->root;
}

static int walk_mm(struct mm_struct *mm, unsigned long start, unsigned long end,
		   const struct mm_walk_ops *ops, void *private)
{
	int err;

	pagewalk_init_mm = mm;
	err = walk_kernel_page_table_range_lockless(start, end, ops, NULL, private);
	pagewalk_init_mm = NULL;
	return err;
}

static int happened(struct mm_walk *walk, struct event event, uint64_t *entry)
{
	struct log *log = walk->private;

	if (log->nr == log->room) {
		log->room = log->room ? log->room * 2 : 64;
		log->events = realloc(log->events, log->room * sizeof(*log->events));
	}
	log->events[log->nr++] = event;
	return log->react ? log->react(log, &log->events[log->nr - 1], entry, walk) : 0;
}

#define ENTRY(level, KIND)                                                                 \
	static int on_##level(level##_t *entry, unsigned long addr, unsigned long next,    \
			      struct mm_walk *walk)                                        \
	{                                                                                  \
		return happened(walk, (struct event){ KIND, 0, addr, next, entry->level }, \
				&entry->level);                                            \
	}

ENTRY(pgd, AT_PGD)
ENTRY(p4d, AT_P4D)
ENTRY(pud, AT_PUD)
ENTRY(pmd, AT_PMD)
ENTRY(pte, AT_PTE)

static int on_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	return happened(walk, (struct event){ AT_HOLE, depth, addr, next, 0 }, NULL);
}

static const struct mm_walk_ops all_ops = {
	.pgd_entry = on_pgd,
	.p4d_entry = on_p4d,
	.pud_entry = on_pud,
	.pmd_entry = on_pmd,
	.pte_entry = on_pte,
	.pte_hole = on_hole,
};

static const struct mm_walk_ops low_ops = {
	.pud_entry = on_pud,
	.pmd_entry = on_pmd,
	.pte_entry = on_pte,
	.pte_hole = on_hole,
};

/* Walk and let the log say in one line what happened: "pmd+0-200000 hole3+200000-400000". */
static int walk_tables(struct tables *tables, unsigned long start, unsigned long end,
		       const struct mm_walk_ops *ops, struct log *log, struct pagewalk_fault *fault)
{
	struct mm_struct mm = {};
	struct image image;
	int err;

	image_init(&image, tables->geo, tables->root);
	tables_image(tables, &image, start, end);
	set_mm(&mm, &image);
	err = walk_mm(&mm, start, end, ops, log);
	if (fault)
		*fault = mm.fault;
	image_release(&image);
	return err;
}

static const char *story(const struct log *log, unsigned long base)
{
	static const char *const names[] = { "pte", "pmd", "pud", "p4d", "pgd", "hole" };
	static char text[512];
	int len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < log->nr && len < 400; i++) {
		const struct event *event = &log->events[i];

		len += sprintf(text + len, "%s%s", i ? " " : "", names[event->kind]);
		if (event->kind == AT_HOLE)
			len += sprintf(text + len, "%d", event->depth);
		len += sprintf(text + len, "+%lx-%lx", event->addr - base, event->next - base);
	}
	return text;
}

static struct geometry geometry_of(unsigned int page_shift, unsigned int va_bits,
				   unsigned int config)
{
	const struct shape shape = { page_shift, va_bits, config };

	return shape_geometry(&shape);
}

/* Two PMDs with four pages at the end of the first and three at the start of the second. */
static void small_tables(struct tables *tables, const struct geometry *geo)
{
	tables_init(tables, geo);
	for (unsigned long addr = ADDR + 0x1fc000; addr < ADDR + 0x203000; addr += 0x1000)
		*tables_entry(tables, PGTABLE_LEVEL_PTE, addr) = 0x40000000 | PAGE_BITS;
}

struct walk_case {
	unsigned long start, end; /* from ADDR on */
	const char *story;
	int err;
};

static void walk_cases(const struct walk_case *cases, size_t nr, struct tables *tables,
		       const struct mm_walk_ops *ops)
{
	for (size_t i = 0; i < nr; i++) {
		struct log log = {};

		test_case("%#lx-%#lx", cases[i].start, cases[i].end);
		EXPECT_EQ(walk_tables(tables, ADDR + cases[i].start, ADDR + cases[i].end, ops, &log,
				      NULL),
			  cases[i].err);
		EXPECT_STR(story(&log, ADDR), cases[i].story);
		free(log.events);
	}
	test_case(NULL);
}

TEST(pages_in_order)
{
	static const struct walk_case cases[] = {
		{ 0x1fe000, 0x1ff000, "pud+1fe000-1ff000 pmd+1fe000-1ff000 pte+1fe000-1ff000", 0 },
		{ 0x1fe000, 0x201000,
		  "pud+1fe000-201000 "
		  "pmd+1fe000-200000 pte+1fe000-1ff000 pte+1ff000-200000 "
		  "pmd+200000-201000 pte+200000-201000",
		  0 },
		/* entries of the last level are told of though they are empty */
		{ 0x202000, 0x204000,
		  "pud+202000-204000 pmd+202000-204000 pte+202000-203000 pte+203000-204000", 0 },
		{ 0x1000, 0x1000, "", -EINVAL },
		{ 0x2000, 0x1000, "", -EINVAL },
	};
	struct geometry geo = geometry_of(12, 48, 48);
	struct tables tables;

	small_tables(&tables, &geo);
	walk_cases(cases, ARRAY_SIZE(cases), &tables, &low_ops);
	tables_release(&tables);
}

/* Addresses are passed on as they are; pte_entry gets whole pages from there. */
TEST(unaligned_ends)
{
	static const struct walk_case cases[] = {
		{ 0x1fe100, 0x1fe200, "pud+1fe100-1fe200 pmd+1fe100-1fe200 pte+1fe100-1ff100", 0 },
		{ 0x1fe100, 0x1ff000, "pud+1fe100-1ff000 pmd+1fe100-1ff000 pte+1fe100-1ff100", 0 },
		{ 0x1fe100, 0x1ff100, "pud+1fe100-1ff100 pmd+1fe100-1ff100 pte+1fe100-1ff100", 0 },
		{ 0x1fe100, 0x1ff101,
		  "pud+1fe100-1ff101 pmd+1fe100-1ff101 pte+1fe100-1ff100 pte+1ff100-200100", 0 },
		{ 0x1fe000, 0x1ff001,
		  "pud+1fe000-1ff001 pmd+1fe000-1ff001 pte+1fe000-1ff000 pte+1ff000-200000", 0 },
		{ 0x1ff100, 0x200100,
		  "pud+1ff100-200100 pmd+1ff100-200000 pte+1ff100-200100 "
		  "pmd+200000-200100 pte+200000-201000",
		  0 },
	};
	struct geometry geo = geometry_of(12, 48, 48);
	struct tables tables;

	small_tables(&tables, &geo);
	walk_cases(cases, ARRAY_SIZE(cases), &tables, &low_ops);
	tables_release(&tables);
}

TEST(holes_and_leaves)
{
	static const struct walk_case cases[] = {
		/* a block of the PMD level: nothing is told of below it, taken or not */
		{ 0x400000, 0x401000, "pud+400000-401000 pmd+400000-401000", 0 },
		{ 0x600000, 0x601000, "pud+600000-601000 pmd+600000-601000", 0 },
		{ 0x800000, 0xc00000, "pud+800000-c00000 hole3+800000-a00000 hole3+a00000-c00000",
		  0 },
		{ 1UL << 30, 2UL << 30, "pud+40000000-80000000", 0 },
		{ 2UL << 30, 3UL << 30, "hole2+80000000-c0000000", 0 },
		{ 1UL << 39, 3UL << 38, "hole0+8000000000-c000000000", 0 },
	};
	struct geometry geo = geometry_of(12, 48, 48);
	struct tables tables;

	small_tables(&tables, &geo);
	*tables_entry(&tables, PGTABLE_LEVEL_PMD, ADDR + 0x400000) = 0x80000000 | BLOCK_BITS;
	*tables_entry(&tables, PGTABLE_LEVEL_PMD,
		      ADDR + 0x600000) = (0x80000000 | BLOCK_BITS | PTE_PRESENT_INVALID) &
					 ~PTE_VALID;
	*tables_entry(&tables, PGTABLE_LEVEL_PUD, ADDR + (1UL << 30)) = 0xc0000000 | BLOCK_BITS;
	walk_cases(cases, ARRAY_SIZE(cases), &tables, &low_ops);
	tables_release(&tables);
}

/* Depth of a hole: real_depth() looks at what is folded when the kernel is built. */
TEST(depth_of_holes)
{
	static const struct {
		unsigned int page_shift, va_bits, config;
		enum pgtable_level level;
		int depth;
	} cases[] = {
		{ 12, 52, 52, PGTABLE_LEVEL_PGD, 0 }, { 12, 52, 52, PGTABLE_LEVEL_P4D, 1 },
		{ 12, 52, 52, PGTABLE_LEVEL_PUD, 2 }, { 12, 52, 52, PGTABLE_LEVEL_PMD, 3 },
		{ 12, 48, 48, PGTABLE_LEVEL_P4D, 0 }, { 12, 48, 48, PGTABLE_LEVEL_PUD, 2 },
		{ 12, 39, 39, PGTABLE_LEVEL_PUD, 0 }, { 12, 39, 39, PGTABLE_LEVEL_PMD, 3 },
		{ 14, 36, 36, PGTABLE_LEVEL_PMD, 0 }, { 16, 42, 42, PGTABLE_LEVEL_PMD, 0 },
		{ 16, 48, 48, PGTABLE_LEVEL_PUD, 0 }, { 16, 48, 52, PGTABLE_LEVEL_PUD, 0 },
		{ 14, 48, 48, PGTABLE_LEVEL_P4D, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct geometry geo = geometry_of(cases[i].page_shift, cases[i].va_bits,
						  cases[i].config);
		unsigned long addr = -(1UL << (geo.va_bits - 1));
		struct tables tables;
		struct log log = {};

		test_case("%u/%u/%u level %u", geo.page_shift, geo.va_bits, cases[i].config,
			  cases[i].level);
		tables_init(&tables, &geo);
		tables_entry(&tables, cases[i].level, addr);
		EXPECT_EQ(walk_tables(&tables, addr, addr + geometry_page_size(&geo), &all_ops,
				      &log, NULL),
			  0);
		if (EXPECT(log.nr)) {
			EXPECT_EQ(log.events[log.nr - 1].kind, AT_HOLE);
			EXPECT_EQ(log.events[log.nr - 1].depth, cases[i].depth);
		}
		free(log.events);
		tables_release(&tables);
	}
}

/* PTRS_PER_P4D and PTRS_PER_PUD are what the kernel was built for. */
TEST(depth_of_holes_with_a_level_folded_at_run_time)
{
	static const struct {
		unsigned int page_shift, va_bits;
		enum pgtable_level level;
		int depth;
	} cases[] = {
		{ 12, 48, PGTABLE_LEVEL_P4D, 1 },
		{ 12, 48, PGTABLE_LEVEL_PUD, 2 },
		{ 14, 47, PGTABLE_LEVEL_PUD, 2 },
		{ 14, 47, PGTABLE_LEVEL_PMD, 3 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct geometry geo = geometry_of(cases[i].page_shift, cases[i].va_bits, 52);
		unsigned long addr = -(1UL << (geo.va_bits - 1));
		struct tables tables;
		struct log log = {};

		test_case("%u/%u level %u", geo.page_shift, geo.va_bits, cases[i].level);
		tables_init(&tables, &geo);
		tables_entry(&tables, cases[i].level, addr);
		EXPECT_EQ(walk_tables(&tables, addr, addr + geometry_page_size(&geo), &low_ops,
				      &log, NULL),
			  0);
		if (EXPECT(log.nr))
			EXPECT_EQ(log.events[log.nr - 1].depth, cases[i].depth);
		free(log.events);
		tables_release(&tables);
	}
}

/* p?d_none() of a folded level is never true: its callback gets an empty entry from below. */
TEST(folded_levels_are_never_empty)
{
	static const struct walk_case cases[] = {
		{ 1UL << 39, 0x8000001000, "pgd+8000000000-8000001000 hole0+8000000000-8000001000",
		  0 },
		{ 0x1fe000, 0x1ff000,
		  "pgd+1fe000-1ff000 p4d+1fe000-1ff000 pud+1fe000-1ff000 pmd+1fe000-1ff000 "
		  "pte+1fe000-1ff000",
		  0 },
	};
	struct geometry geo = geometry_of(12, 48, 48);
	struct tables tables;

	small_tables(&tables, &geo);
	walk_cases(cases, ARRAY_SIZE(cases), &tables, &all_ops);
	tables_release(&tables);
}

/* A level that no callback is interested in, nor in those below, is not looked into for holes. */
TEST(holes_alone_are_not_looked_for)
{
	static const struct mm_walk_ops hole_ops = { .pte_hole = on_hole };
	static const struct mm_walk_ops pud_ops = { .pud_entry = on_pud, .pte_hole = on_hole };
	static const struct walk_case nothing[] = {
		{ 0x800000, 0x801000, "", 0 },
		{ 0x8000000000, 0x8000001000, "", 0 },
	};
	static const struct walk_case down_to_pud[] = {
		{ 0x800000, 0x801000, "pud+800000-801000", 0 },
		{ 0x80000000, 0x80001000, "hole2+80000000-80001000", 0 },
		{ 0x8000000000, 0x8000001000, "hole0+8000000000-8000001000", 0 },
	};
	struct geometry geo = geometry_of(12, 48, 48);
	struct tables tables;

	small_tables(&tables, &geo);
	walk_cases(nothing, ARRAY_SIZE(nothing), &tables, &hole_ops);
	walk_cases(down_to_pud, ARRAY_SIZE(down_to_pud), &tables, &pud_ops);
	tables_release(&tables);
}

TEST(callbacks_may_be_missing)
{
	static const struct mm_walk_ops pte_ops = { .pte_entry = on_pte };
	static const struct mm_walk_ops pmd_ops = { .pmd_entry = on_pmd };
	static const struct walk_case ptes[] = {
		{ 0x1ff000, 0x201000, "pte+1ff000-200000 pte+200000-201000", 0 },
		{ 0x800000, 0x801000, "", 0 },
	};
	static const struct walk_case pmds[] = {
		{ 0x1ff000, 0x201000, "pmd+1ff000-200000 pmd+200000-201000", 0 },
	};
	struct geometry geo = geometry_of(12, 48, 48);
	struct tables tables;

	small_tables(&tables, &geo);
	walk_cases(ptes, ARRAY_SIZE(ptes), &tables, &pte_ops);
	walk_cases(pmds, ARRAY_SIZE(pmds), &tables, &pmd_ops);
	tables_release(&tables);
}

static int stop_at(struct log *log, const struct event *event, uint64_t *entry,
		   struct mm_walk *walk)
{
	(void)entry, (void)walk;
	return log->random == event->kind ? 7 : 0;
}

TEST(a_value_ends_the_walk)
{
	static const struct {
		enum kind at;
		unsigned long start;
		const char *story;
	} cases[] = {
		{ AT_PUD, 0x1fe000, "pud+1fe000-a00000" },
		{ AT_PMD, 0x1fe000, "pud+1fe000-a00000 pmd+1fe000-200000" },
		{ AT_PTE, 0x1fe000, "pud+1fe000-a00000 pmd+1fe000-200000 pte+1fe000-1ff000" },
		{ AT_HOLE, 0x600000, "pud+600000-a00000 hole3+600000-800000" },
	};
	struct geometry geo = geometry_of(12, 48, 48);
	struct tables tables;

	small_tables(&tables, &geo);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct log log = { .react = stop_at, .random = cases[i].at };

		test_case("kind %u", cases[i].at);
		EXPECT_EQ(walk_tables(&tables, ADDR + cases[i].start, ADDR + 0xa00000, &low_ops,
				      &log, NULL),
			  7);
		EXPECT_STR(story(&log, ADDR), cases[i].story);
		free(log.events);
	}
	tables_release(&tables);
}

static int skip_pmd(struct log *log, const struct event *event, uint64_t *entry,
		    struct mm_walk *walk)
{
	(void)log, (void)entry;
	if (event->kind == AT_PMD)
		walk->action = ACTION_CONTINUE;
	return 0;
}

static int twice(struct log *log, const struct event *event, uint64_t *entry, struct mm_walk *walk)
{
	(void)entry;
	if (event->kind == log->random &&
	    (log->nr < 2 || log->events[log->nr - 2].kind != event->kind))
		walk->action = ACTION_AGAIN;
	return 0;
}

static int pte_again_once(struct log *log, const struct event *event, uint64_t *entry,
			  struct mm_walk *walk)
{
	(void)entry;
	if (event->kind == AT_PTE && log->nr < 5)
		walk->action = ACTION_AGAIN;
	return 0;
}

static int unmap_pmd(struct log *log, const struct event *event, uint64_t *entry,
		     struct mm_walk *walk)
{
	(void)log, (void)walk;
	if (event->kind == AT_PMD)
		*entry = 0;
	return 0;
}

TEST(actions)
{
	static const struct {
		const char *name;
		int (*react)(struct log *log, const struct event *event, uint64_t *entry,
			     struct mm_walk *walk);
		uint64_t random;
		const char *story;
	} cases[] = {
		{ "pmd continues", skip_pmd, 0,
		  "pud+1ff000-201000 pmd+1ff000-200000 pmd+200000-201000" },
		{ "pmd again", twice, AT_PMD,
		  "pud+1ff000-201000 pmd+1ff000-200000 pmd+1ff000-200000 pte+1ff000-200000 "
		  "pmd+200000-201000 pmd+200000-201000 pte+200000-201000" },
		{ "pud again", twice, AT_PUD,
		  "pud+1ff000-201000 pud+1ff000-201000 pmd+1ff000-200000 pte+1ff000-200000 "
		  "pmd+200000-201000 pte+200000-201000" },
		/* ACTION_AGAIN that is left behind by what is below does the PMD again */
		{ "pte again", pte_again_once, 0,
		  "pud+1ff000-201000 pmd+1ff000-200000 pte+1ff000-200000 "
		  "pmd+1ff000-200000 pte+1ff000-200000 pmd+200000-201000 pte+200000-201000" },
		{ "pmd unmapped by its callback", unmap_pmd, 0,
		  "pud+1ff000-201000 pmd+1ff000-200000 pmd+200000-201000" },
	};
	struct geometry geo = geometry_of(12, 48, 48);
	struct tables tables;

	small_tables(&tables, &geo);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct log log = { .react = cases[i].react, .random = cases[i].random };

		test_case("%s", cases[i].name);
		EXPECT_EQ(walk_tables(&tables, ADDR + 0x1ff000, ADDR + 0x201000, &low_ops, &log,
				      NULL),
			  0);
		EXPECT_STR(story(&log, ADDR), cases[i].story);
		free(log.events);
	}
	tables_release(&tables);
}

static int act_above(struct log *log, const struct event *event, uint64_t *entry,
		     struct mm_walk *walk)
{
	(void)entry;
	if (event->kind == AT_PGD || event->kind == AT_P4D)
		walk->action = log->random;
	return 0;
}

/* Only pud_entry and pmd_entry have actions: the upper levels look at none. */
TEST(no_actions_above_the_pud)
{
	static const unsigned int bits[] = { 39, 48, 52 };
	static const uint64_t actions[] = { ACTION_CONTINUE, ACTION_AGAIN };

	for (unsigned int i = 0; i < ARRAY_SIZE(bits); i++)
		for (unsigned int n = 0; n < 2; n++) {
			struct geometry geo = geometry_of(12, bits[i], bits[i]);
			struct log log = { .react = act_above, .random = actions[n] };
			struct tables tables;
			unsigned long addr = -(1UL << (bits[i] - 1));

			test_case("%u bits action %u", bits[i], (unsigned int)actions[n]);
			tables_init(&tables, &geo);
			tables_entry(&tables, PGTABLE_LEVEL_PTE, addr);
			EXPECT_EQ(walk_tables(&tables, addr, addr + 0x1000, &all_ops, &log, NULL),
				  0);
			EXPECT_STR(story(&log, addr),
				   "pgd+0-1000 p4d+0-1000 pud+0-1000 pmd+0-1000 pte+0-1000");
			free(log.events);
			tables_release(&tables);
		}
}

static int always(struct log *log, const struct event *event, uint64_t *entry, struct mm_walk *walk)
{
	(void)entry;
	if (event->kind == log->random)
		walk->action = ACTION_AGAIN;
	return 0;
}

TEST(endless_again)
{
	static const struct {
		enum kind kind;
		int level;
	} cases[] = {
		{ AT_PMD, PGTABLE_LEVEL_PMD },
		{ AT_PUD, PGTABLE_LEVEL_PUD },
		{ AT_PTE, PGTABLE_LEVEL_PMD },
	};
	struct geometry geo = geometry_of(12, 48, 48);
	struct tables tables;

	small_tables(&tables, &geo);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct log log = { .react = always, .random = cases[i].kind };
		struct pagewalk_fault fault;
		size_t times = 0;

		test_case("kind %u", cases[i].kind);
		EXPECT_EQ(walk_tables(&tables, ADDR + 0x1fe000, ADDR + 0x1ff000, &low_ops, &log,
				      &fault),
			  -ELOOP);
		EXPECT_EQ(fault.kind, PAGEWALK_ENDLESS_AGAIN);
		EXPECT_EQ(fault.addr, ADDR + 0x1fe000);
		EXPECT_EQ(fault.level, cases[i].level);
		for (size_t n = 0; n < log.nr; n++)
			times += log.events[n].kind == cases[i].kind;
		EXPECT(times >= PAGEWALK_MAX_AGAIN && times <= PAGEWALK_MAX_AGAIN + 2);
		free(log.events);
	}
	tables_release(&tables);
}

/* An entry that is needed and was not read. */
TEST(missing_entries)
{
	static const struct {
		enum pgtable_level level;
		unsigned long addr, start, end; /* the entry, the walk */
		const char *story;
	} cases[] = {
		{ PGTABLE_LEVEL_P4D, 0x1fe000, 0x1fe000, 0x1ff000, "" },
		{ PGTABLE_LEVEL_PUD, 0x1fe000, 0x1fe000, 0x1ff000, "" },
		{ PGTABLE_LEVEL_PMD, 0x1fe000, 0x1fe000, 0x1ff000, "pud+1fe000-1ff000" },
		{ PGTABLE_LEVEL_PTE, 0x1fe000, 0x1fe000, 0x1ff000,
		  "pud+1fe000-1ff000 pmd+1fe000-1ff000" },
		{ PGTABLE_LEVEL_PTE, 0x1ff000, 0x1fe000, 0x201000,
		  "pud+1fe000-201000 pmd+1fe000-200000 pte+1fe000-1ff000" },
		{ PGTABLE_LEVEL_PMD, 0x200000, 0x1ff000, 0x201000,
		  "pud+1ff000-201000 pmd+1ff000-200000 pte+1ff000-200000" },
	};
	struct geometry geo = geometry_of(12, 48, 48);
	struct tables tables;

	small_tables(&tables, &geo);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const uint64_t *hidden = tables_entry(&tables, cases[i].level,
						      ADDR + cases[i].addr);
		struct mm_struct mm = {};
		struct log log = {};
		struct image image;

		test_case("level %u at %#lx", cases[i].level, cases[i].addr);
		image_init(&image, &geo, tables.root);
		for (unsigned int n = 0; n < tables.nr; n++) {
			const struct table_page *page = &tables.pages[n];

			for (unsigned int at = 0; at < page->nr; at++)
				if (page->entries[at] && page->entries + at != hidden)
					EXPECT_EQ(image_add(&image, page->level, page->pa,
							    page->addr, at, 1, page->entries + at),
						  0);
		}
		set_mm(&mm, &image);
		EXPECT_EQ(walk_mm(&mm, ADDR + cases[i].start, ADDR + cases[i].end, &low_ops, &log),
			  -ENODATA);
		EXPECT_EQ(mm.fault.kind, PAGEWALK_NOT_IN_IMAGE);
		EXPECT_EQ(mm.fault.level, cases[i].level);
		EXPECT_EQ(mm.fault.addr, ADDR + cases[i].addr);
		EXPECT_STR(story(&log, ADDR), cases[i].story);
		free(log.events);
		image_release(&image);
	}
	tables_release(&tables);
}

static uint64_t *taken_away; /* by the first pte_entry */

static int take_away(struct log *log, const struct event *event, uint64_t *entry,
		     struct mm_walk *walk)
{
	(void)log, (void)entry, (void)walk;
	if (event->kind == AT_PTE)
		*taken_away = 0;
	return 0;
}

/* The rest of a table is found even if a callback has emptied the entry that led to it. */
TEST(tables_in_two_pieces)
{
	static const struct {
		enum pgtable_level level, cut;
		unsigned long at; /* the first entry of the second piece maps it */
		const char *story;
	} cases[] = {
		{ PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PTE, 0x1ff000,
		  "pud+1fe000-201000 "
		  "pmd+1fe000-200000 pte+1fe000-1ff000 pte+1ff000-200000 "
		  "pmd+200000-201000 pte+200000-201000" },
		{ PGTABLE_LEVEL_PUD, PGTABLE_LEVEL_PMD, 0x200000,
		  "pud+1fe000-201000 "
		  "pmd+1fe000-200000 pte+1fe000-1ff000 pte+1ff000-200000 "
		  "pmd+200000-201000 pte+200000-201000" },
	};
	struct geometry geo = geometry_of(12, 48, 48);

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pagewalk_image *image = pagewalk_image_new(4096, NULL);
		struct log log = { .react = take_away };
		struct tables tables;
		struct mm_struct mm;
		uint64_t *cut;

		test_case("level %u in pieces", cases[i].cut);
		small_tables(&tables, &geo);
		cut = tables_entry(&tables, cases[i].cut, ADDR + cases[i].at);
		taken_away = tables_entry(&tables, cases[i].level, ADDR);
		for (unsigned int n = 0; n < tables.nr; n++) {
			const struct table_page *page = &tables.pages[n];
			size_t size = page->nr * sizeof(uint64_t), first = size;

			if (cut > page->entries && cut < page->entries + page->nr)
				first = (cut - page->entries) * sizeof(uint64_t);
			EXPECT_EQ(pagewalk_image_map(image, page->pa, first, page->entries), 0);
			if (first < size)
				EXPECT_EQ(pagewalk_image_map(image, page->pa + first, size - first,
							     cut),
					  0);
		}
		mm = (struct mm_struct){
			.geo = &geo,
			.memory = pagewalk_image_memory(image),
			.root = tables.root,
		};
		EXPECT_EQ(walk_mm(&mm, ADDR + 0x1fe000, ADDR + 0x201000, &low_ops, &log), 0);
		EXPECT_EQ(mm.fault.kind, PAGEWALK_OK);
		EXPECT_STR(story(&log, ADDR), cases[i].story);
		free(log.events);
		pagewalk_image_free(image);
		tables_release(&tables);
	}
}

/* p4d_bad() and pgd_bad(): neither empty nor a table. The walk takes it for a hole and goes on. */
TEST(bad_entries)
{
	static const struct {
		unsigned int va_bits;
		enum pgtable_level level;
		uint64_t desc;
	} cases[] = {
		{ 48, PGTABLE_LEVEL_P4D, 0x40000001 }, { 48, PGTABLE_LEVEL_P4D, 0x40000000 },
		{ 48, PGTABLE_LEVEL_P4D, 0x40000002 }, { 48, PGTABLE_LEVEL_P4D, 0x40000800 },
		{ 52, PGTABLE_LEVEL_P4D, 0x40000001 }, { 52, PGTABLE_LEVEL_PGD, 0x40000001 },
		{ 52, PGTABLE_LEVEL_PGD, 0x40000002 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct geometry geo = geometry_of(12, cases[i].va_bits, cases[i].va_bits);
		unsigned long size = geometry_size(&geo, cases[i].level);
		unsigned long addr = -(1UL << (geo.va_bits - 1));
		struct pagewalk_fault fault;
		struct tables tables;
		struct log log = {};

		test_case("%u level %u %#llx", geo.va_bits, cases[i].level,
			  (unsigned long long)cases[i].desc);
		tables_init(&tables, &geo);
		*tables_entry(&tables, cases[i].level, addr + size) = cases[i].desc;
		*tables_entry(&tables, PGTABLE_LEVEL_PTE, addr + 2 * size) = 0x80000000 | PAGE_BITS;
		EXPECT_EQ(walk_tables(&tables, addr + size, addr + 2 * size + 0x1000, &low_ops,
				      &log, &fault),
			  0);
		EXPECT_EQ(fault.kind, PAGEWALK_BAD_ENTRY);
		EXPECT_EQ(fault.addr, addr + size);
		EXPECT_EQ(fault.level, cases[i].level);
		EXPECT_EQ(fault.entry, cases[i].desc);
		if (EXPECT_EQ(log.nr, 4)) {
			EXPECT_EQ(log.events[0].kind, AT_HOLE);
			EXPECT_EQ(log.events[0].addr, addr + size);
			EXPECT_EQ(log.events[3].kind, AT_PTE);
		}
		free(log.events);
		tables_release(&tables);
	}
}

TEST(the_top_of_the_address_space)
{
	for (unsigned int i = 0; i < nr_shapes; i++) {
		struct geometry geo = shape_geometry(&shapes[i]);
		unsigned long page = geometry_page_size(&geo);
		struct tables tables;
		struct log log = {};

		test_case("%u/%u", geo.page_shift, geo.va_bits);
		tables_init(&tables, &geo);
		*tables_entry(&tables, PGTABLE_LEVEL_PTE, -page) = PAGE_BITS;
		EXPECT_EQ(walk_tables(&tables, -2 * page, -page, &low_ops, &log, NULL), 0);
		EXPECT_EQ(log.events[log.nr - 1].addr, -2 * page);
		log.nr = 0;
		/* an end of 0 is no range, but the last page has an end inside of it */
		EXPECT_EQ(walk_tables(&tables, -page, 0, &low_ops, &log, NULL), -EINVAL);
		EXPECT_EQ(log.nr, 0);
		EXPECT_EQ(walk_tables(&tables, -2 * page, -1UL, &low_ops, &log, NULL), 0);
		EXPECT_EQ(log.events[log.nr - 1].kind, AT_PTE);
		EXPECT_EQ(log.events[log.nr - 1].addr, -page);
		EXPECT_EQ(log.events[log.nr - 1].next, 0);
		EXPECT_EQ(log.events[log.nr - 1].entry, PAGE_BITS);
		free(log.events);
		tables_release(&tables);
	}
}

TEST(the_fault_of_an_earlier_walk_is_forgotten)
{
	struct geometry geo = geometry_of(12, 48, 48);
	struct tables tables;
	struct image image;
	struct mm_struct mm = {};
	struct log log = {};

	small_tables(&tables, &geo);
	image_init(&image, &geo, tables.root);
	set_mm(&mm, &image);
	EXPECT_EQ(walk_mm(&mm, ADDR, ADDR + 1, &low_ops, &log), -ENODATA);
	tables_image(&tables, &image, ADDR + 0x1fe000, ADDR + 0x1ff000);
	EXPECT_EQ(walk_mm(&mm, ADDR + 0x1fe000, ADDR + 0x1ff000, &low_ops, &log), 0);
	EXPECT_EQ(mm.fault.kind, PAGEWALK_OK);
	free(log.events);
	image_release(&image);
	tables_release(&tables);
}

/*
 * The comparison. Tables are made at random around a boundary of a random level, callbacks do
 * things at random: change entries, ask for actions, end the walk. Both walks see the same series
 * of random numbers as long as they make the same calls.
 */

#define PERCENT(state, n) (test_random_below(state, 100) < (n))

static uint64_t random_entry(uint64_t *random, int level)
{
	static const uint64_t bits[] = {
		0,
		0,
		BLOCK_BITS,
		BLOCK_BITS | PTE_CONT,
		PTE_PRESENT_INVALID | PTE_AF,
		PTE_AF,
		1,
		PTE_PRESENT_INVALID | 1,
	};
	uint64_t desc = bits[test_random_below(random, ARRAY_SIZE(bits))];

	/* above the PUD anything but a table is bad, and there is a test on that */
	if (level > PGTABLE_LEVEL_PUD)
		return PERCENT(random, 5) ? 0x40000001 : 0;
	if (level == PGTABLE_LEVEL_PTE && desc)
		desc |= PTE_TABLE_BIT;
	return desc ? desc | 0x40000000 : 0;
}

static void fill(struct tables *tables, uint64_t *random, int level, unsigned long start,
		 unsigned long end)
{
	const struct geometry *geo = tables->geo;
	unsigned long size = geometry_size(geo, level), addr = start & ~(size - 1);

	for (unsigned int n = 0; n < 40 && addr - 1 < end - 1 && tables->nr < TABLES_MAX - 8; n++) {
		unsigned long next = addr + size;

		*tables_entry(tables, level, addr) = random_entry(random, level);
		if (level && tables->nr < 12 &&
		    PERCENT(random, level > PGTABLE_LEVEL_PUD ? 90 : 60)) {
			tables_new(tables, level, addr);
			fill(tables, random, level - 1, addr > start ? addr : start,
			     next - 1 < end - 1 ? next : end);
		}
		if (!next || next - 1 >= end - 1)
			break;
		addr = next;
		/* the middle of a long range stays empty */
		if (n == 3 && (end - 1 - addr) / size > 3)
			addr = (end - 1 - 2 * size) & ~(size - 1);
	}
}

static int react_at_random(struct log *log, const struct event *event, uint64_t *entry,
			   struct mm_walk *walk)
{
	uint64_t dice = test_random_below(&log->random, 1000);

	if (dice < 3)
		return dice ? -EIO : 42;
	if (dice < 60)
		walk->action = ACTION_CONTINUE;
	else if (dice < 90)
		walk->action = ACTION_AGAIN;
	if (event->kind <= AT_PUD && dice >= 60 && dice < 120 && event->entry &&
	    (event->kind == AT_PTE || !(*entry & PTE_TABLE_BIT)))
		*entry = random_entry(&log->random, event->kind == AT_PTE ? 0 : 1);
	return 0;
}

struct trial {
	struct geometry geo;
	struct tables tables;
	struct mm_walk_ops ops;
	unsigned long start, end;
	uint64_t random;
};

static void choose_range(struct trial *trial)
{
	const struct geometry *geo = &trial->geo;
	uint64_t *random = &trial->random;
	unsigned int level = test_random_below(random, geo->levels);
	unsigned long size = geometry_size(geo, level), page = geometry_page_size(geo);
	unsigned long low = -(1UL << geo->va_bits), room = (1UL << geo->va_bits) - 8 * size;
	unsigned long at;

	/* a boundary of the level, then back a little and forward a little */
	at = room && room < 1UL << geo->va_bits ? test_random_below(random, room) : 0;
	at = low + (at & ~(size - 1)) + size;
	trial->start = at - test_random_below(random, 4) * page;
	trial->end = at + test_random_below(random, 3) * size + test_random_below(random, 4) * page;
	if (PERCENT(random, 20))
		trial->start += test_random_below(random, page);
	if (PERCENT(random, 20))
		trial->end += test_random_below(random, page);
	if (PERCENT(random, 5))
		trial->end = -1 - test_random_below(random, 2 * page);
	/* now and then there is nothing to walk */
	if (trial->end < trial->start && !PERCENT(random, 10))
		trial->end = trial->start + page;
}

static void choose_ops(struct trial *trial, bool all)
{
	uint64_t *random = &trial->random;

	trial->ops = all ? all_ops : low_ops;
	if (PERCENT(random, 20))
		trial->ops.pte_entry = NULL;
	if (PERCENT(random, 20))
		trial->ops.pmd_entry = NULL;
	if (PERCENT(random, 20))
		trial->ops.pud_entry = NULL;
	if (PERCENT(random, 20))
		trial->ops.p4d_entry = NULL;
	if (PERCENT(random, 20))
		trial->ops.pgd_entry = NULL;
	if (!all) {
		/* some callback of the lower levels is always there, as in all kernel walks */
		trial->ops.pte_hole = NULL;
		trial->ops.pte_entry = on_pte;
	}
}

static void capture(struct trial *trial, struct image *image)
{
	const struct tables *tables = &trial->tables;
	unsigned int hidden = PERCENT(&trial->random, 20) ?
				      test_random_below(&trial->random, tables->nr) :
				      tables->nr;

	image_init(image, &trial->geo, tables->root);
	if (trial->start >= trial->end)
		return;
	for (unsigned int i = 0; i < tables->nr; i++) {
		const struct table_page *page = &tables->pages[i];
		unsigned int first, nr, skip;

		tables_window(tables, page, trial->start, trial->end, &first, &nr);
		if (!nr)
			continue;
		skip = i == hidden ? test_random_below(&trial->random, nr) : nr;
		if (skip)
			EXPECT_EQ(image_add(image, page->level, page->pa, page->addr, first, skip,
					    page->entries + first),
				  0);
		first += skip + 1;
		if (skip + 1 < nr)
			EXPECT_EQ(image_add(image, page->level, page->pa, page->addr, first,
					    nr - skip - 1, page->entries + first),
				  0);
	}
}

static bool same_story(const struct log *got, const struct log *want)
{
	size_t nr = got->nr < want->nr ? got->nr : want->nr;

	for (size_t i = 0; i < nr; i++) {
		const struct event *a = &got->events[i], *b = &want->events[i];
		/* what is folded at run time is no entry */
		bool entry = !(want->pgd_means_nothing && b->kind >= AT_P4D && b->kind <= AT_PGD);

		test_case("call %zu", i);
		if (!EXPECT_EQ(a->kind, b->kind) || !EXPECT_EQ(a->addr, b->addr) ||
		    !EXPECT_EQ(a->next, b->next) || !EXPECT_EQ(a->depth, b->depth) ||
		    (entry && !EXPECT_EQ(a->entry, b->entry)))
			return false;
	}
	test_case(NULL);
	return EXPECT_EQ(got->nr, want->nr);
}

/* Returns how many calls were made. */
static size_t try_once(struct trial *trial)
{
	bool run_time = trial->geo.va_bits != trial->geo.va_bits_config &&
			trial->geo.page_shift < 16;
	struct log got = { .react = react_at_random, .pgd_means_nothing = run_time }, want = got;
	struct naive naive = { .tables = &trial->tables };
	struct mm_struct mm = {};
	struct image image;
	size_t calls;
	int a, b;

	capture(trial, &image);
	set_mm(&mm, &image);
	naive.image = &image;
	got.random = want.random = test_random(&trial->random);
	a = walk_mm(&mm, trial->start, trial->end, &trial->ops, &got);
	b = naive_walk(&naive, trial->start, trial->end, &trial->ops, &want);
	same_story(&got, &want);
	EXPECT_EQ(a, b);
	EXPECT_EQ(mm.fault.kind, naive.fault.kind);
	if (mm.fault.kind && mm.fault.kind == naive.fault.kind) {
		EXPECT_EQ(mm.fault.addr, naive.fault.addr);
		EXPECT_EQ(mm.fault.level, naive.fault.level);
		EXPECT_EQ(mm.fault.entry, naive.fault.entry);
	}
	tables_same(&trial->tables, &image);
	calls = got.nr;
	free(got.events);
	free(want.events);
	image_release(&image);
	return calls;
}

/* Geometries of @least to @most levels. */
static void compare(bool all, unsigned int least, unsigned int most, unsigned int trials)
{
	uint64_t seed = test_seed();
	size_t calls = 0;

	for (unsigned int i = 0; i < trials && !test_failed(); i++) {
		struct trial trial = { .random = seed + i * 0x1000003ULL };

		do {
			trial.geo = shape_geometry(
				&shapes[test_random_below(&trial.random, nr_shapes)]);
		} while (trial.geo.levels < least || trial.geo.levels > most);
		choose_range(&trial);
		choose_ops(&trial, all);
		tables_init(&trial.tables, &trial.geo);
		if (trial.start < trial.end)
			fill(&trial.tables, &trial.random, geometry_top(&trial.geo), trial.start,
			     trial.end);
		calls += try_once(&trial);
		tables_release(&trial.tables);
		if (test_failed())
			test_note("trial %u: %u/%u/%u %#lx-%#lx", i, trial.geo.page_shift,
				  trial.geo.va_bits, trial.geo.va_bits_config, trial.start,
				  trial.end);
	}
	test_note("%zu calls compared", calls);
}

/* The callbacks that the kernel's own walks of its tables have. */
TEST(random_walks)
{
	compare(false, 3, 5, 6000);
}

/* The same where the pud is folded (16K pages with 36 bits, 64K with 42). */
TEST(random_walks_of_two_levels)
{
	compare(false, 2, 2, 2000);
}

/* All callbacks, holes too. */
TEST(random_walks_with_all_callbacks)
{
	compare(true, 2, 5, 6000);
}
