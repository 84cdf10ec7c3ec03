// SPDX-License-Identifier: GPL-2.0-only
/* Walks of address spaces: areas, locks, faults, splits, and entries that are installed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "space.h"
#include "test.h"

#define BASE  0x40000000UL /* everything is 0 from the PMD index down */
#define PMD   0x200000UL
#define PAGE  0x1000UL
#define VALID (PTE_TYPE_PAGE | PTE_AF | PTE_USER)
#define BLOCK (PTE_VALID | PTE_AF | PTE_USER)

static const struct vm_operations_struct file_ops;

/* Callbacks by letters. */
static struct mm_walk_ops ops_of(const char *which)
{
	struct mm_walk_ops ops = {};

	for (; *which; which++) {
		switch (*which) {
		case 'a':
			ops.test_walk = space_ops.test_walk;
			break;
		case 'b':
			ops.pre_vma = space_ops.pre_vma;
			break;
		case 'c':
			ops.post_vma = space_ops.post_vma;
			break;
		case 'g':
			ops.pgd_entry = space_ops.pgd_entry;
			break;
		case 'd':
			ops.p4d_entry = space_ops.p4d_entry;
			break;
		case 'u':
			ops.pud_entry = space_ops.pud_entry;
			break;
		case 'm':
			ops.pmd_entry = space_ops.pmd_entry;
			break;
		case 'p':
			ops.pte_entry = space_ops.pte_entry;
			break;
		case 'h':
			ops.pte_hole = space_ops.pte_hole;
			break;
		case 'l':
			ops.hugetlb_entry = space_ops.hugetlb_entry;
			break;
		case 'i':
			ops.install_pte = space_ops.install_pte;
			break;
		}
	}
	return ops;
}

static void begin(struct space *space)
{
	space_init(space, 12, 48, 48);
	space->base = BASE;
}

static int walk(struct space *space, const char *which, unsigned long start, unsigned long end)
{
	struct mm_walk_ops ops = ops_of(which);

	space_restart(space);
	return walk_page_range_mm_unsafe(&space->mm, BASE + start, BASE + end, &ops, space);
}

static int kernel_walk(struct space *space, const char *which, unsigned long start,
		       unsigned long end, pgd_t *pgd)
{
	struct mm_walk_ops ops = ops_of(which);
	int err;

	space_restart(space);
	pagewalk_init_mm = &space->mm;
	err = walk_kernel_page_table_range_lockless(start, end, &ops, pgd, space);
	pagewalk_init_mm = NULL;
	return err;
}

static void expect_fault(const struct space *space, enum pagewalk_fault_kind kind,
			 unsigned long addr, int level)
{
	EXPECT_STR(pagewalk_fault_name(space->mm.fault.kind), pagewalk_fault_name(kind));
	EXPECT_EQ(space->mm.fault.addr, addr);
	EXPECT_EQ(space->mm.fault.level, level);
	EXPECT_EQ(space->mm.nr_faults, space->reports);
	EXPECT_EQ(space->last.kind, kind);
}

TEST(areas_and_gaps)
{
	struct space space;

	begin(&space);
	space_vma(&space, BASE + 2 * PAGE, BASE + 4 * PAGE, 0);
	space_vma(&space, BASE + 4 * PAGE, BASE + 5 * PAGE, VM_PFNMAP);
	space_vma(&space, BASE + 8 * PAGE, BASE + 9 * PAGE, 0);
	*space_entry(&space, 0, BASE + 3 * PAGE) = space_desc(&space, 7, VALID);
	EXPECT_EQ(walk(&space, "abcph", 0, 0x20000), 0);
	EXPECT_STR(space.story,
		   "gap+0-2000 test+2000-4000 pre+2000-4000 pte+2000-3000 pte+3000-4000 post+0-0 "
		   "test+4000-5000 pre+4000-5000 pte+4000-5000 post+0-0 gap+5000-8000 "
		   "test+8000-9000 pre+8000-9000 pte+8000-9000 post+0-0 gap+9000-20000");
	/* without test_walk what has no struct pages is a hole */
	EXPECT_EQ(walk(&space, "ph", 0x3000, 0x6000), 0);
	EXPECT_STR(space.story, "pte+3000-4000 gap+4000-5000 gap+5000-6000");
	EXPECT_EQ(walk(&space, "p", 0x3000, 0x6000), 0);
	EXPECT_STR(space.story, "pte+3000-4000");
	/* but not for who asks for this very area */
	space_restart(&space);
	struct mm_walk_ops ops = ops_of("aph");

	EXPECT_EQ(walk_page_vma(&space.vma[1], &ops, &space), 0);
	EXPECT_STR(space.story, "pte+4000-5000");
	space_restart(&space);
	EXPECT_EQ(walk_page_range_vma(&space.vma[0], BASE + 0x2800, BASE + 0x3000, &ops, &space),
		  0);
	EXPECT_STR(space.story, "pte+2800-3800");
	/* not all of it is the area's */
	EXPECT_EQ(walk_page_range_vma(&space.vma[0], BASE, BASE + 0x3000, &ops, &space), -EINVAL);
	EXPECT_EQ(walk_page_range_vma(&space.vma[0], BASE + 0x3000, BASE + 0x5000, &ops, &space),
		  -EINVAL);
	EXPECT_EQ(walk_page_range_vma(&space.vma[0], BASE + 0x3000, BASE + 0x3000, &ops, &space),
		  -EINVAL);
	EXPECT_EQ(walk_page_range(NULL, BASE, BASE + 1, &ops, &space), -EINVAL);
	space_release(&space);
}

static int stop(struct space *space, const char *what, uint64_t *entry, struct mm_walk *walk)
{
	(void)entry, (void)walk;
	return !strcmp(what, (const char *)space->mm.private) ? 5 : 0;
}

TEST(what_ends_a_walk_of_areas)
{
	static const struct {
		const char *at, *story;
		int err;
	} cases[] = {
		/* post_vma after an error, too; not after pre_vma's */
		{ "pte", "test+0-1000 pre+0-1000 pte+0-1000 post+0-0", 5 },
		{ "pre", "test+0-1000 pre+0-1000", 5 },
		/* test_walk's positive value skips the area */
		{ "test", "test+0-1000 gap+1000-2000 test+2000-3000", 0 },
		{ "gap", "test+0-1000 pre+0-1000 pte+0-1000 post+0-0 gap+1000-2000", 5 },
	};
	struct space space;

	begin(&space);
	space_vma(&space, BASE, BASE + PAGE, 0);
	space_vma(&space, BASE + 2 * PAGE, BASE + 3 * PAGE, 0);
	space_entry(&space, 0, BASE);
	space.react = stop;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].at);
		space.mm.private = (void *)cases[i].at;
		EXPECT_EQ(walk(&space, "abcph", 0, 0x3000), cases[i].err);
		EXPECT_STR(space.story, cases[i].story);
	}
	/* of a PFN mapping the hole's value is taken for test_walk's */
	space.vma[0].vm_flags = VM_PFNMAP;
	space.mm.private = "gap";
	EXPECT_EQ(walk(&space, "ph", 0, 0x1000), 0);
	space_release(&space);
}

/* Locks. */

TEST(locks)
{
	static const struct {
		enum page_walk_lock lock;
		int mm, vma;	   /* what is held */
		int range, single; /* how many faults */
	} cases[] = {
		{ PGWALK_RDLOCK, 0, 0, 1, 1 },
		{ PGWALK_RDLOCK, 1, 0, 0, 0 },
		{ PGWALK_RDLOCK, -1, 0, 0, 0 },
		/* once for the mm, and once for each area that would be locked */
		{ PGWALK_WRLOCK, 0, 0, 2, 2 },
		{ PGWALK_WRLOCK, 3, 0, 2, 2 },
		{ PGWALK_WRLOCK, -1, 0, 0, 0 },
		{ PGWALK_WRLOCK_VERIFY, -1, 0, 1, 1 },
		{ PGWALK_WRLOCK_VERIFY, -1, 1, 1, 1 },
		{ PGWALK_WRLOCK_VERIFY, 1, -1, 1, 1 },
		{ PGWALK_WRLOCK_VERIFY, -1, -1, 0, 0 },
		{ PGWALK_VMA_RDLOCK_VERIFY, 0, 0, 1, 1 },
		{ PGWALK_VMA_RDLOCK_VERIFY, 0, 1, 0, 0 },
		{ PGWALK_VMA_RDLOCK_VERIFY, 0, -1, 0, 0 },
	};
	struct space space;

	begin(&space);
	space_vma(&space, BASE, BASE + PAGE, 0);
	space_entry(&space, 0, BASE);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mm_walk_ops ops = ops_of("p");
		struct vm_area_struct *vma = &space.vma[0];

		ops.walk_lock = cases[i].lock;
		for (unsigned int way = 0; way < 3; way++) {
			test_case("case %u way %u", i, way);
			space.mm.mmap_lock.count = cases[i].mm;
			vma->vm_lock.count = cases[i].vma;
			space_restart(&space);
			EXPECT_EQ(way == 0 ? walk_page_range(&space.mm, BASE, BASE + PAGE, &ops,
							     &space) :
				  way == 1 ? walk_page_vma(vma, &ops, &space) :
					     walk_page_range_vma(vma, BASE, BASE + PAGE, &ops,
								 &space),
				  0);
			/* the walk goes on all the same */
			EXPECT_EQ(space.calls, 1);
			EXPECT_EQ(space.reports, way ? cases[i].single : cases[i].range);
			EXPECT_EQ(space.mm.nr_faults, space.reports);
			if (space.reports)
				expect_fault(&space, PAGEWALK_WRONG_LOCK, BASE, -1);
			if (cases[i].lock == PGWALK_WRLOCK)
				EXPECT_EQ(vma->vm_lock.count, -1);
		}
	}
	test_case(NULL);
	/* all of them are let go of together */
	space.mm.mmap_lock.count = -1;
	mmap_write_unlock(&space.mm);
	EXPECT_EQ(space.mm.mmap_lock.count, 0);
	EXPECT_EQ(space.vma[0].vm_lock.count, -(0));
	space_release(&space);
}

/* Of kernel tables, of any tables, and of files. */
TEST(locks_of_other_walks)
{
	struct mm_walk_ops ops = ops_of("p");
	struct space space, other;
	struct address_space mapping = { .nr = 1 };

	begin(&space);
	begin(&other);
	space_entry(&space, 0, BASE);
	space_vma(&space, BASE, BASE + PAGE, 0);
	mapping.i_mmap = space.list;
	pagewalk_init_mm = &other.mm;
	for (int mm = -1; mm <= 1; mm++)
		for (int init = -1; init <= 1; init++) {
			test_case("mm %d init_mm %d", mm, init);
			space.mm.mmap_lock.count = mm;
			other.mm.mmap_lock.count = init;
			space.mm.behaviours = 0;
			space_restart(&space);
			EXPECT_EQ(walk_page_range_debug(&space.mm, BASE, BASE + 1, &ops, NULL,
							&space),
				  0);
			EXPECT_EQ(space.reports, (mm >= 0) + (init >= 0));
			space.mm.behaviours = PAGEWALK_DEBUG_DELEGATES;
			space_restart(&space);
			EXPECT_EQ(walk_page_range_debug(&space.mm, BASE, BASE + 1, &ops, NULL,
							&space),
				  0);
			EXPECT_EQ(space.reports, mm >= 0);
			/* kernel tables: a reader will do */
			pagewalk_init_mm = &space.mm;
			space_restart(&space);
			EXPECT_EQ(walk_page_range_debug(&space.mm, BASE, BASE + 1, &ops, NULL,
							&space),
				  0);
			EXPECT_EQ(space.reports, mm == 0);
			space_restart(&space);
			EXPECT_EQ(walk_kernel_page_table_range(BASE, BASE + 1, &ops, NULL, &space),
				  0);
			EXPECT_EQ(space.reports, mm == 0);
			/* the lock is looked at before the range, since v6.18 */
			space_restart(&space);
			EXPECT_EQ(walk_kernel_page_table_range(BASE, BASE, &ops, NULL, &space),
				  -EINVAL);
			EXPECT_EQ(space.reports, mm == 0);
			space.mm.behaviours = PAGEWALK_KERNEL_RANGE_FIRST;
			space_restart(&space);
			EXPECT_EQ(walk_kernel_page_table_range(BASE, BASE, &ops, NULL, &space),
				  -EINVAL);
			EXPECT_EQ(space.reports, 0);
			EXPECT_EQ(walk_kernel_page_table_range_lockless(BASE, BASE + 1, &ops, NULL,
									&space),
				  0);
			EXPECT_EQ(space.reports, 0);
			pagewalk_init_mm = &other.mm;
			mapping.i_mmap_rwsem.count = mm;
			space_restart(&space);
			EXPECT_EQ(walk_page_mapping(&mapping, 0, 1, &ops, &space), 0);
			EXPECT_EQ(space.reports, mm == 0);
		}
	pagewalk_init_mm = NULL;
	space_release(&space);
	space_release(&other);
}

/* Faults. */

TEST(a_table_that_is_its_own_ancestor)
{
	struct space space;

	for (int level = 1; level <= 3; level++) {
		for (int up = level; up <= 3; up++) {
			uint64_t *entry, table;

			begin(&space);
			entry = space_entry(&space, level, BASE);
			/* the table of entries of @up */
			table = up == 3 ? space.mm.root :
					  geometry_desc_to_phys(&space.geo,
								*space_entry(&space, up + 1, BASE));
			*entry = geometry_phys_to_desc(&space.geo, table) | 3;
			test_case("level %d to that of %d", level, up);
			EXPECT_EQ(kernel_walk(&space, "ump", BASE, BASE + PAGE, NULL), -ELOOP);
			expect_fault(&space, PAGEWALK_TABLE_LOOP, BASE, level);
			EXPECT_EQ(space.mm.fault.entry, *entry);
			space_release(&space);
		}
	}
}

TEST(what_is_not_in_the_image)
{
	struct space space;

	begin(&space);
	space_entry(&space, 0, BASE);
	*space_entry(&space, 1, BASE + PMD) = 0x77000003;
	EXPECT_EQ(kernel_walk(&space, "ph", BASE + PMD - PAGE, BASE + PMD + PAGE, NULL), -ENODATA);
	expect_fault(&space, PAGEWALK_NOT_IN_IMAGE, BASE + PMD, 0);
	EXPECT_STR(space.story, "pte+1ff000-200000");
	*space_entry(&space, 2, BASE) = 0x77000003;
	EXPECT_EQ(kernel_walk(&space, "ph", BASE + 7, BASE + PAGE, NULL), -ENODATA);
	expect_fault(&space, PAGEWALK_NOT_IN_IMAGE, BASE + 7, 1);
	space.mm.root = 0x99000000;
	EXPECT_EQ(kernel_walk(&space, "ph", BASE, BASE + PAGE, NULL), -ENODATA);
	expect_fault(&space, PAGEWALK_NOT_IN_IMAGE, BASE, 3);
	space_release(&space);
}

TEST(beyond_the_top_table)
{
	unsigned long end = 1UL << 48;
	struct space space;

	begin(&space);
	space.base = end;
	space_entry(&space, 0, end - PAGE);
	EXPECT_EQ(kernel_walk(&space, "gph", end - PAGE, end + PAGE, NULL), -EUCLEAN);
	expect_fault(&space, PAGEWALK_BEYOND_TABLE, end, 3);
	space_release(&space);
}

static int again(struct space *space, const char *what, uint64_t *entry, struct mm_walk *walk)
{
	unsigned long times = (unsigned long)space->mm.private;

	(void)what, (void)entry;
	if (space->calls <= times)
		walk->action = ACTION_AGAIN;
	return 0;
}

TEST(again_at_its_bound)
{
	struct space space;

	for (unsigned int pud = 0; pud < 2; pud++) {
		const char *which = pud ? "u" : "m";

		test_case("%s", which);
		begin(&space);
		space_entry(&space, 0, BASE);
		space.react = again;
		space.mm.private = (void *)PAGEWALK_MAX_AGAIN;
		EXPECT_EQ(kernel_walk(&space, which, BASE, BASE + PAGE, NULL), 0);
		EXPECT_EQ(space.calls, PAGEWALK_MAX_AGAIN + 1);
		EXPECT_EQ(space.reports, 0);
		space.mm.private = (void *)(PAGEWALK_MAX_AGAIN + 1UL);
		EXPECT_EQ(kernel_walk(&space, which, BASE + 5, BASE + PAGE, NULL), -ELOOP);
		expect_fault(&space, PAGEWALK_ENDLESS_AGAIN, BASE + 5, pud ? 2 : 1);
		EXPECT_EQ(space.mm.fault.entry, *space_entry(&space, pud ? 2 : 1, BASE));
		space_release(&space);
	}
}

/* What no walk of an area gets by: a block of the pud, and since v6.19 a swapped pmd. */
TEST(endless_in_areas)
{
	struct space space;

	begin(&space);
	space_writable(&space, 4);
	space_vma(&space, BASE, BASE + PMD, 0);
	*space_entry(&space, 1, BASE) = 5UL << 12 | 3 << 6;
	EXPECT_EQ(walk(&space, "ph", 0, PMD), -ELOOP);
	expect_fault(&space, PAGEWALK_ENDLESS_AGAIN, BASE, 1);
	space.mm.behaviours = PAGEWALK_CLEARS_SWAP_PMD;
	EXPECT_EQ(walk(&space, "ph", 0, PMD), 0);
	expect_fault(&space, PAGEWALK_BAD_ENTRY, BASE, 1);
	EXPECT_STR(space.story, "hole3+0-200000");
	EXPECT_EQ(*space_entry(&space, 1, BASE), 5UL << 12 | 3 << 6);
	*space_entry(&space, 2, BASE) = space_desc(&space, 0, BLOCK);
	EXPECT_EQ(walk(&space, "ph", 0, PMD), -ELOOP);
	expect_fault(&space, PAGEWALK_ENDLESS_AGAIN, BASE, 2);
	/* with the check before 3b89863c3fa4, the kernel takes it for a table */
	space.mm.behaviours = PAGEWALK_PUD_NONE_RECHECK;
	EXPECT_EQ(walk(&space, "ph", 0, PMD), -EUCLEAN);
	expect_fault(&space, PAGEWALK_NO_TABLE, BASE, 2);
	space_release(&space);
}

static int clear_pud(struct space *space, const char *what, uint64_t *entry, struct mm_walk *walk)
{
	if (!strcmp(what, "pud"))
		*entry = 0;
	if (!strcmp(what, "hole2"))
		EXPECT_EQ(walk->action, ACTION_SUBTREE);
	(void)space;
	return 0;
}

/* A pud that its callback empties is a hole then; of what action there was none says AGAIN. */
TEST(an_emptied_pud)
{
	static const unsigned int behaviours[] = { 0, PAGEWALK_PUD_NONE_RECHECK,
						   PAGEWALK_PUD_NONE_RECHECK |
							   PAGEWALK_HOLE_SEES_OLD_ACTION };
	struct space space;

	for (unsigned int i = 0; i < ARRAY_SIZE(behaviours); i++) {
		test_case("behaviours %#x", behaviours[i]);
		begin(&space);
		space_vma(&space, BASE, BASE + PMD, 0);
		space_entry(&space, 0, BASE);
		space.mm.behaviours = behaviours[i];
		space.react = clear_pud;
		EXPECT_EQ(walk(&space, "uph", 0, PAGE), 0);
		EXPECT_STR(space.story, "pud+0-1000 hole2+0-1000");
		space_release(&space);
	}
}

static int make_bad(struct space *space, const char *what, uint64_t *entry, struct mm_walk *walk)
{
	(void)space, (void)walk;
	if (!strcmp(what, "p4d"))
		*entry = 0x40000001;
	return 0;
}

TEST(no_table_to_go_down_to)
{
	struct space space;

	begin(&space);
	space_entry(&space, 0, BASE);
	space.react = make_bad;
	EXPECT_EQ(kernel_walk(&space, "dp", BASE, BASE + PAGE, NULL), -EUCLEAN);
	expect_fault(&space, PAGEWALK_NO_TABLE, BASE, 3);
	EXPECT_EQ(space.mm.fault.entry, 0x40000001);
	/* bit 1 alone makes it a table for older kernels; there is none */
	*space_entry(&space, 3, BASE) = 0x40000002;
	space.react = NULL;
	EXPECT_EQ(kernel_walk(&space, "dph", BASE, BASE + PAGE, NULL), 0);
	expect_fault(&space, PAGEWALK_BAD_ENTRY, BASE, 3);
	EXPECT_STR(space.story, "hole0+0-1000");
	space.mm.behaviours = PAGEWALK_BAD_BY_TABLE_BIT;
	EXPECT_EQ(kernel_walk(&space, "dph", BASE, BASE + PAGE, NULL), -EUCLEAN);
	expect_fault(&space, PAGEWALK_NO_TABLE, BASE, 3);
	space_release(&space);
}

TEST(illegal_blocks)
{
	static const unsigned int shapes[][2] = { { 14, 47 }, { 14, 48 }, { 16, 48 }, { 16, 52 } };
	struct space space;

	for (unsigned int i = 0; i < ARRAY_SIZE(shapes); i++) {
		test_case("%u/%u", shapes[i][0], shapes[i][1]);
		space_init(&space, shapes[i][0], shapes[i][1], shapes[i][1]);
		*space_entry(&space, 2, BASE) = 0x80000000 | BLOCK;
		EXPECT_EQ(kernel_walk(&space, "ump", BASE, BASE + PAGE, NULL), 0);
		expect_fault(&space, PAGEWALK_ILLEGAL_BLOCK, BASE, 2);
		EXPECT_EQ(space.calls, 1);
		space_release(&space);
	}
}

/* The first fault that is only reported is kept, one that ends the walk displaces it. */
TEST(which_fault_is_kept)
{
	struct space space;

	begin(&space);
	space_entry(&space, 0, BASE);
	space_vma(&space, BASE, BASE + 2 * PMD, 0);
	space.mm.mmap_lock.count = 0;
	*space_entry(&space, 1, BASE) = space_desc(&space, 0, PTE_PRESENT_INVALID | 2);
	EXPECT_EQ(walk(&space, "ph", 0, PMD), 0);
	EXPECT_EQ(space.reports, 2);
	EXPECT_EQ(space.mm.fault.kind, PAGEWALK_WRONG_LOCK);
	EXPECT_EQ(space.last.kind, PAGEWALK_BAD_ENTRY);
	EXPECT_EQ(space.mm.nr_faults, 2);
	*space_entry(&space, 1, BASE + PMD) = 0x77000003;
	EXPECT_EQ(walk(&space, "ph", 0, 2 * PMD), -ENODATA);
	EXPECT_EQ(space.mm.fault.kind, PAGEWALK_NOT_IN_IMAGE);
	EXPECT_EQ(space.first.kind, PAGEWALK_WRONG_LOCK);
	EXPECT_EQ(space.mm.nr_faults, 3);
	space_release(&space);
}

TEST(names_of_faults)
{
	for (int kind = PAGEWALK_OK; kind <= PAGEWALK_BAD_PAGE; kind++)
		for (int other = PAGEWALK_OK; other <= kind; other++)
			EXPECT_EQ(!strcmp(pagewalk_fault_name(kind), pagewalk_fault_name(other)),
				  kind == other);
	EXPECT_STR(pagewalk_fault_name(PAGEWALK_BAD_PAGE + 1), "?");
}

/* Splits. */

struct split_case {
	const char *name;
	uint64_t pmd, prot;
	unsigned int behaviours;
	uint64_t first, step; /* entries that it becomes */
};

#define PFN(n)	     ((SPACE_PFN + (n)) << 12)
#define VM_PROT	     (PTE_TYPE_PAGE | PTE_AF | PTE_USER | PTE_RDONLY)
#define VM_PROT_NONE (PTE_PRESENT_INVALID | PTE_TABLE_BIT | PTE_AF | PTE_RDONLY)
#define MIGRATION(n) ((n) << 6 | (SPACE_PFN + 512) << 12)

TEST(splits)
{
	static const struct split_case cases[] = {
		{ "clean", PFN(512) | BLOCK | PTE_RDONLY, VM_PROT, 0, PFN(512) | VM_PROT | PTE_CONT,
		  PAGE },
		{ "old", PFN(512) | (BLOCK & ~PTE_AF), VM_PROT, 0,
		  PFN(512) | (VM_PROT & ~PTE_AF) | PTE_CONT, PAGE },
		{ "written", PFN(512) | BLOCK | PTE_WRITE, VM_PROT, 0,
		  PFN(512) | (VM_PROT & ~PTE_RDONLY) | PTE_WRITE | PTE_DIRTY | PTE_CONT, PAGE },
		{ "writable, clean", PFN(512) | BLOCK | PTE_WRITE | PTE_RDONLY, VM_PROT, 0,
		  PFN(512) | VM_PROT | PTE_WRITE | PTE_CONT, PAGE },
		{ "dirty by software", PFN(512) | BLOCK | PTE_RDONLY | PTE_DIRTY, VM_PROT, 0,
		  PFN(512) | VM_PROT | PTE_DIRTY | PTE_CONT, PAGE },
		{ "watched by userfaultfd", PFN(512) | BLOCK | PTE_WRITE | PTE_UFFD, VM_PROT, 0,
		  PFN(512) | VM_PROT | PTE_DIRTY | PTE_UFFD | PTE_CONT, PAGE },
		{ "PROT_NONE", PFN(512) | PTE_PRESENT_INVALID | PTE_AF, VM_PROT_NONE, 0,
		  PFN(512) | VM_PROT_NONE, PAGE },
		{ "PROT_NONE, contiguous", PFN(512) | PTE_PRESENT_INVALID | PTE_AF, VM_PROT_NONE,
		  PAGEWALK_CONT_ON_INVALID, PFN(512) | VM_PROT_NONE | PTE_CONT, PAGE },
		{ "PROT_NONE, made valid", PFN(512) | PTE_PRESENT_INVALID | PTE_AF, VM_PROT_NONE,
		  PAGEWALK_CONT_ON_INVALID | PAGEWALK_CONT_SETS_TYPE,
		  PFN(512) | VM_PROT_NONE | PTE_VALID | PTE_CONT, PAGE },
		{ "invalid pmd, valid pages", PFN(512) | PTE_PRESENT_INVALID | PTE_AF, VM_PROT, 0,
		  PFN(512) | VM_PROT | PTE_CONT, PAGE },
		{ "zero page", PFN(1024) | BLOCK | PTE_SPECIAL, VM_PROT, 0,
		  PFN(1) | VM_PROT | PTE_SPECIAL, 0 },
		{ "migration", MIGRATION(25UL), VM_PROT, 0, MIGRATION(25UL), PAGE },
		{ "migration, writable, watched", MIGRATION(27UL) | PTE_SWP_UFFD, VM_PROT, 0,
		  MIGRATION(27UL) | PTE_SWP_UFFD, PAGE },
		{ "device private", MIGRATION(28UL), VM_PROT, 0, MIGRATION(28UL), PAGE },
		{ "device private, kept", MIGRATION(28UL), VM_PROT, PAGEWALK_KEEPS_DEVICE_PRIVATE,
		  0, 0 },
		{ "swapped out", MIGRATION(3UL), VM_PROT, 0, 0, 0 },
		{ "poisoned", MIGRATION(24UL), VM_PROT, 0, 0, 0 },
		{ "bad", PFN(512) | PTE_PRESENT_INVALID | PTE_TABLE_BIT, VM_PROT, 0, 0, 0 },
		{ "nothing", 0, VM_PROT, 0, 0, 0 },
	};
	struct space space;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct split_case *c = &cases[i];
		struct vm_area_struct *vma;
		uint64_t *pmd;

		test_case("%s", c->name);
		begin(&space);
		space.model.huge_zero_pfn = SPACE_PFN + 1024;
		space.mm.behaviours = c->behaviours;
		vma = space_vma(&space, BASE, BASE + PMD, 0);
		vma->vm_page_prot.pgprot = c->prot;
		pmd = space_entry(&space, 1, BASE);
		*pmd = c->pmd;
		/* without memory for tables */
		EXPECT_EQ(split_huge_pmd(vma, (pmd_t *)pmd, BASE + 5 * PAGE),
			  c->first ? -EROFS : 0);
		if (c->first)
			expect_fault(&space, PAGEWALK_READ_ONLY, BASE + 5 * PAGE, 1);
		EXPECT_EQ(*pmd, c->pmd);
		space_writable(&space, 0);
		EXPECT_EQ(split_huge_pmd(vma, (pmd_t *)pmd, BASE), c->first ? -ENOMEM : 0);
		if (c->first)
			EXPECT_EQ(space.last.kind, PAGEWALK_NO_MEMORY);
		EXPECT_EQ(*pmd, c->pmd);
		space_writable(&space, 1);
		EXPECT_EQ(split_huge_pmd(vma, (pmd_t *)pmd, BASE + 5 * PAGE), 0);
		if (!c->first) {
			EXPECT_EQ(*pmd, c->pmd);
		} else {
			const uint64_t *ptes = ram_at(&space.ram, 0x90000000);

			EXPECT_EQ(*pmd, 0x90000000 | PMD_TYPE_TABLE | PMD_TABLE_AF | PMD_TABLE_PXN);
			for (unsigned int n = 0; n < 512; n++)
				if (!EXPECT_EQ(ptes[n], c->first + n * c->step))
					break;
		}
		/* of a file it is only taken away */
		*pmd = c->pmd;
		vma->vm_ops = &file_ops;
		EXPECT_EQ(split_huge_pmd(vma, (pmd_t *)pmd, BASE), 0);
		EXPECT_EQ(*pmd, c->first ? 0 : c->pmd);
		space_release(&space);
	}
}

/* Asked for its pages, a huge page is split in the walk; a file's is a hole then. */
TEST(walks_split)
{
	struct vm_area_struct *vma;
	struct space space;

	begin(&space);
	vma = space_vma(&space, BASE, BASE + PMD, 0);
	space_writable(&space, 1);
	*space_entry(&space, 1, BASE) = space_desc(&space, 512, BLOCK);
	/* who asks for pmds only gets them as they are */
	EXPECT_EQ(walk(&space, "umh", 0, 2 * PAGE), 0);
	EXPECT_STR(space.story, "pud+0-2000 pmd+0-2000");
	EXPECT_EQ(walk(&space, "ump", 0, 2 * PAGE), 0);
	EXPECT_STR(space.story, "pud+0-2000 pmd+0-2000 pte+0-1000 pte+1000-2000");
	EXPECT_EQ(*space_entry(&space, 1, BASE) & 3, 3);
	*space_entry(&space, 1, BASE) = space_desc(&space, 512, BLOCK);
	vma->vm_ops = &file_ops;
	EXPECT_EQ(walk(&space, "umph", 0, 2 * PAGE), 0);
	EXPECT_STR(space.story, "pud+0-2000 pmd+0-2000 hole3+0-2000");
	EXPECT_EQ(*space_entry(&space, 1, BASE), 0);
	space_release(&space);
}

/* Installing. */

static int install(struct space *space, const char *what, uint64_t *entry, struct mm_walk *walk)
{
	(void)walk;
	if (!strcmp(what, "install"))
		*entry = space_desc(space, (unsigned long)space->mm.private + space->calls - 1,
				    VALID | PTE_CONT | (space->calls == 3 ? PTE_DIRTY : 0));
	return 0;
}

TEST(installed_entries)
{
	struct space space;
	uint64_t *ptes;

	begin(&space);
	space_writable(&space, 3);
	space_vma(&space, BASE, BASE + PMD, 0);
	space.react = install;
	/* public walks do not */
	struct mm_walk_ops ops = ops_of("ip");

	pagewalk_init_mm = &space.mm;
	EXPECT_EQ(walk_page_range(&space.mm, BASE, BASE + PAGE, &ops, &space), -EINVAL);
	EXPECT_EQ(walk_page_vma(&space.vma[0], &ops, &space), -EINVAL);
	EXPECT_EQ(walk_page_range_vma(&space.vma[0], BASE, BASE + PAGE, &ops, &space), -EINVAL);
	EXPECT_EQ(walk_page_range_debug(&space.mm, BASE, BASE + PAGE, &ops, NULL, &space), -EINVAL);
	EXPECT_EQ(walk_kernel_page_table_range(BASE, BASE + PAGE, &ops, NULL, &space), -EINVAL);
	EXPECT_EQ(walk_kernel_page_table_range_lockless(BASE, BASE + PAGE, &ops, NULL, &space),
		  -EINVAL);
	EXPECT_EQ(walk_page_mapping(&(struct address_space){ .nr = 0 }, 0, 1, &ops, &space),
		  -EINVAL);
	pagewalk_init_mm = NULL;
	EXPECT_EQ(space.calls, 0);

	/* all tables are missing; a run of 16 becomes contiguous, young and dirty as one was */
	space.mm.private = (void *)16;
	EXPECT_EQ(walk(&space, "ih", 0, 17 * PAGE), 0);
	EXPECT_EQ(space.calls, 17);
	EXPECT_EQ(space.ram.next, 0x90003000);
	EXPECT_EQ(ram_at(&space.ram, space.mm.root)[0],
		  0x90000000 | PMD_TYPE_TABLE | PMD_TABLE_AF | PMD_TABLE_PXN);
	EXPECT_EQ(*space_entry(&space, 1, BASE),
		  0x90002000 | PMD_TYPE_TABLE | PMD_TABLE_AF | PMD_TABLE_PXN);
	ptes = space_entry(&space, 0, BASE);
	for (unsigned int i = 0; i < 16; i++)
		EXPECT_EQ(ptes[i], space_desc(&space, 16 + i, VALID | PTE_DIRTY | PTE_CONT));
	EXPECT_EQ(ptes[16], space_desc(&space, 32, VALID));
	EXPECT_EQ(ptes[17], 0);
	/* what is there goes to pte_entry, if there is one */
	EXPECT_EQ(walk(&space, "ip", 16 * PAGE, 18 * PAGE), 0);
	EXPECT_STR(space.story, "pte+10000-11000 install+11000-12000");
	EXPECT_EQ(walk(&space, "i", 16 * PAGE, 18 * PAGE), 0);
	EXPECT_STR(space.story, "");
	/* not in a run's place in memory: never contiguous */
	memset(ptes, 0, 4096);
	space.mm.private = (void *)17;
	EXPECT_EQ(walk(&space, "i", 0, 16 * PAGE), 0);
	EXPECT_EQ(ptes[15], space_desc(&space, 32, VALID));
	/* no more tables */
	*space_entry(&space, 1, BASE) = 0;
	EXPECT_EQ(walk(&space, "i", 3, PAGE), -ENOMEM);
	expect_fault(&space, PAGEWALK_NO_MEMORY, BASE + 3, 1);
	space.ram.memory.alloc = NULL;
	EXPECT_EQ(walk(&space, "i", 3, PAGE), -EROFS);
	expect_fault(&space, PAGEWALK_READ_ONLY, BASE + 3, 1);
	space_release(&space);
}

TEST(descriptors_of_new_tables)
{
	static const struct {
		bool kernel;
		unsigned int behaviours;
		uint64_t bits;
	} cases[] = {
		{ false, 0, PMD_TABLE_AF | PMD_TABLE_PXN },
		{ true, 0, PMD_TABLE_AF | PMD_TABLE_UXN },
		{ false, PAGEWALK_TABLES_WITHOUT_AF, PMD_TABLE_PXN },
		{ true, PAGEWALK_TABLES_WITHOUT_AF, PMD_TABLE_UXN },
	};
	struct space space;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("case %u", i);
		/* an address with bits that LPA2 has elsewhere */
		space_init(&space, 12, 52, 52);
		space.base = BASE;
		ram_allow(&space.ram, 0xd000080000000, PAGE, 4);
		space_vma(&space, BASE, BASE + PMD, 0);
		space.mm.behaviours = cases[i].behaviours;
		space.react = install;
		pagewalk_init_mm = cases[i].kernel ? &space.mm : NULL;
		EXPECT_EQ(walk(&space, "i", 0, 16 * PAGE), 0);
		pagewalk_init_mm = NULL;
		EXPECT_EQ(ram_at(&space.ram, space.mm.root)[0],
			  0x1000080000000 | 3 << 8 | PMD_TYPE_TABLE | cases[i].bits);
		EXPECT_EQ(*space_entry(&space, 1, BASE),
			  0x1000080003000 | 3 << 8 | PMD_TYPE_TABLE | cases[i].bits);
		/* nor are the kernel's entries made contiguous */
		EXPECT_EQ(!!(*space_entry(&space, 0, BASE) & PTE_CONT), !cases[i].kernel);
		space_release(&space);
	}
}

TEST(nothing_is_installed_in_hugetlb)
{
	struct space space;

	begin(&space);
	space_writable(&space, 3);
	space_huge(&space, BASE, BASE + PMD, PMD);
	EXPECT_EQ(walk(&space, "ibl", 0, PMD), -EINVAL);
	EXPECT_STR(space.story, "");
	space_release(&space);
}

/* A bad pmd has a table put in its place; the one behind it keeps its own. */
TEST(installing_over_a_bad_pmd)
{
	uint64_t behind;
	struct space space;

	begin(&space);
	space_writable(&space, 4);
	space_vma(&space, BASE, BASE + 2 * PMD, 0);
	*space_entry(&space, 1, BASE) = space_desc(&space, 0, PTE_PRESENT_INVALID | PTE_TABLE_BIT);
	space_entry(&space, 0, BASE + PMD);
	behind = *space_entry(&space, 1, BASE + PMD);
	space.react = install;
	EXPECT_EQ(walk(&space, "ip", PMD - PAGE, PMD + PAGE), 0);
	expect_fault(&space, PAGEWALK_BAD_ENTRY, BASE + PMD - PAGE, 1);
	EXPECT_EQ(*space_entry(&space, 1, BASE),
		  0x90000000 | PMD_TYPE_TABLE | PMD_TABLE_AF | PMD_TABLE_PXN);
	EXPECT_EQ(*space_entry(&space, 1, BASE + PMD), behind);
	space_release(&space);
}

static int keep_action(struct space *space, const char *what, uint64_t *entry, struct mm_walk *walk)
{
	(void)entry;
	if (!strcmp(what, "install"))
		walk->action = ACTION_CONTINUE;
	if (!strcmp(what, "post"))
		space->mm.private = (void *)(unsigned long)walk->action;
	return 0;
}

/* Where a table cannot be made the action is what it was, or that of a new entry already. */
TEST(the_action_where_no_table_is_made)
{
	for (unsigned int old = 0; old < 2; old++) {
		struct space space;

		test_case("old %u", old);
		begin(&space);
		space.mm.behaviours = old ? PAGEWALK_HOLE_SEES_OLD_ACTION : 0;
		space_vma(&space, BASE, BASE + 2 * PMD, 0);
		space_entry(&space, 0, BASE);
		space.react = keep_action;
		EXPECT_EQ(walk(&space, "ic", PMD - PAGE, PMD + PAGE), -EROFS);
		EXPECT_EQ((unsigned long)space.mm.private, old ? ACTION_CONTINUE : ACTION_SUBTREE);
		space_release(&space);
	}
}

/* Hugetlb. */

TEST(hugetlb_of_each_size)
{
	static const unsigned int shapes[][2] = { { 12, 48 }, { 14, 47 }, { 16, 48 } };
	struct space space;

	for (unsigned int i = 0; i < ARRAY_SIZE(shapes); i++) {
		for (unsigned int kind = 0; kind < (i ? 3 : 4); kind++) {
			const struct geometry *geo = &space.geo;
			struct vm_area_struct *vma;
			unsigned long size, base;
			uint64_t *entry;
			int level;

			space_init(&space, shapes[i][0], shapes[i][1], shapes[i][1]);
			level = kind == 0 ? 0 : kind == 3 ? 2 : 1;
			size = geometry_size(geo, level) * (kind == 0 ? geo->cont_ptes :
							    kind == 2 ? geo->cont_pmds :
									1);
			test_case("%u: %#lx", shapes[i][0], size);
			base = size * 4;
			space.base = base;
			vma = space_huge(&space, base, base + 2 * size, size);
			entry = space_entry(&space, level, base);
			*entry = space_desc(&space, 0, level ? BLOCK : VALID);
			EXPECT_EQ((uintptr_t)hugetlb_walk(vma, base, size), (uintptr_t)entry);
			/* a part of one, and the next; the entry is told of where it begins */
			struct mm_walk_ops ops = ops_of("lh");

			space_restart(&space);
			EXPECT_EQ(walk_page_range(&space.mm, base + size / 2, base + 2 * size, &ops,
						  &space),
				  0);
			EXPECT_EQ(space.calls, 2);
			EXPECT(!strncmp(space.story, "huge+", 5));
			EXPECT_EQ(vma->hugetlb_lock.count, 0);
			/* nobody asks: nothing is done */
			ops.hugetlb_entry = NULL;
			ops.pre_vma = space_ops.pre_vma;
			space_restart(&space);
			EXPECT_EQ(walk_page_vma(vma, &ops, &space), 0);
			EXPECT_EQ(space.calls, 1);
			if (kind == 1 || kind == 2) {
				/* a table is no page of this size; an empty entry is where one goes
				 */
				EXPECT(hugetlb_walk(vma, base + size, size));
				space_entry(&space, 0, base + size);
				EXPECT(!hugetlb_walk(vma, base + size, size));
			} else if (kind == 0) {
				*space_entry(&space, 1, base) = 0;
				EXPECT(!hugetlb_walk(vma, base, size));
				/* it may be a larger one */
				*space_entry(&space, 1, base) = BLOCK;
				EXPECT_EQ((uintptr_t)hugetlb_walk(vma, base, size),
					  (uintptr_t)space_entry(&space, 1, base));
			} else {
				EXPECT_EQ((uintptr_t)hugetlb_walk(vma, base + size, size),
					  (uintptr_t)space_entry(&space, 2, base + size));
			}
			space_release(&space);
		}
	}
}

/* Files. */

static int leave_action(struct space *space, const char *what, uint64_t *entry,
			struct mm_walk *walk)
{
	(void)entry;
	if (!strcmp(what, "pte"))
		walk->action = ACTION_CONTINUE;
	if (!strcmp(what, "pre") && walk->vma != &space->vma[0])
		EXPECT_EQ(walk->action, ACTION_CONTINUE);
	return 0;
}

TEST(mappings)
{
	struct vm_area_struct *list[3];
	struct address_space mapping = { list, 3, { 1 } };
	struct mm_walk_ops ops = ops_of("abp");
	struct space space;

	begin(&space);
	space_vma(&space, BASE, BASE + 4 * PAGE, 0)->vm_pgoff = 10;
	space_vma(&space, BASE + 8 * PAGE, BASE + 10 * PAGE, 0)->vm_pgoff = 12;
	space_vma(&space, BASE + 16 * PAGE, BASE + 20 * PAGE, 0)->vm_pgoff = 13;
	for (unsigned int i = 0; i < 3; i++)
		list[i] = &space.vma[i];
	space_entry(&space, 0, BASE);
	/* pages 13 and 14: the whole area is tested, a part walked */
	EXPECT_EQ(walk_page_mapping(&mapping, 13, 2, &ops, &space), 0);
	EXPECT_STR(space.story, "test+0-4000 pre+3000-4000 pte+3000-4000 "
				"test+8000-a000 pre+9000-a000 pte+9000-a000 "
				"test+10000-14000 pre+10000-12000 pte+10000-11000 pte+11000-12000");
	space_restart(&space);
	EXPECT_EQ(walk_page_mapping(&mapping, 0, 10, &ops, &space), 0);
	EXPECT_STR(space.story, "");
	/* to skip one is to skip the rest */
	space.react = stop;
	space.mm.private = "test";
	EXPECT_EQ(walk_page_mapping(&mapping, 13, 2, &ops, &space), 0);
	EXPECT_STR(space.story, "test+0-4000");
	space.react = NULL;
	space_restart(&space);
	space.vma[1].vm_flags = VM_PFNMAP;
	ops.test_walk = NULL;
	EXPECT_EQ(walk_page_mapping(&mapping, 13, 2, &ops, &space), 0);
	EXPECT_STR(space.story, "pre+3000-4000 pte+3000-4000");
	/* it is one walk: what action was left is there in the next area */
	space.vma[1].vm_flags = 0;
	space.react = leave_action;
	EXPECT_EQ(walk_page_mapping(&mapping, 13, 2, &ops, &space), 0);
	space_release(&space);
}

/* Nested walks, and callbacks' own steps. */

static int nest(struct space *space, const char *what, uint64_t *entry, struct mm_walk *walk)
{
	struct space *other = space->mm.private;
	struct mm_walk_ops ops = ops_of("p");

	(void)what, (void)entry;
	space_restart(other);
	EXPECT_EQ(walk_page_range(&other->mm, BASE, BASE + PAGE, &ops, other), 0);
	EXPECT_EQ(other->calls, 1);
	EXPECT(pagewalk_mm == walk->mm);
	EXPECT_EQ(PAGE_SIZE, 0x1000);
	return 0;
}

TEST(nested_walks)
{
	struct mm_struct *before;
	struct space space, other;

	begin(&space);
	space_init(&other, 16, 48, 48);
	space_entry(&space, 0, BASE);
	space_vma(&space, BASE, BASE + PAGE, 0);
	space_entry(&other, 0, BASE);
	space_vma(&other, BASE, BASE + 0x10000, 0);
	space.mm.private = &other;
	space.react = nest;
	before = pagewalk_use(&other.mm);
	EXPECT(!before);
	EXPECT_EQ(walk(&space, "ump", 0, PAGE), 0);
	EXPECT_EQ(space.calls, 3);
	EXPECT(pagewalk_mm == &other.mm);
	pagewalk_use(NULL);
	space_release(&space);
	space_release(&other);
}

static int steps(struct space *space, const char *what, uint64_t *entry, struct mm_walk *walk)
{
	unsigned long addr = space->base + 5 * geometry_page_size(&space->geo);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;
	pte_t *pte;
	spinlock_t *ptl = NULL;

	if (strcmp(what, "pgd"))
		return 0;
	p4d = p4d_offset((pgd_t *)entry, addr);
	pud = p4d ? pud_offset(p4d, addr) : NULL;
	pmd = pud ? pmd_offset(pud, addr) : NULL;
	if (!EXPECT(pmd))
		return 0;
	pte = pte_offset_kernel(pmd, addr);
	EXPECT_EQ((uintptr_t)pte, (uintptr_t)space_entry(space, 0, addr));
	EXPECT(pte_offset_map(pmd, addr) == pte);
	EXPECT(pte_offset_map_lock(walk->mm, pmd, addr, &ptl) == pte);
	if (ptl)
		pte_unmap_unlock(pte, ptl);
	EXPECT_EQ(walk->mm->page_table_lock.locked, 0);
	EXPECT(!pgd_none(*(pgd_t *)entry) && !p4d_none(*p4d) && !p4d_leaf(*p4d));
	EXPECT(pud_present(*pud) && !pud_leaf(*pud) && !pud_none(*pud));
	EXPECT_EQ(pte_pfn(*pte), SPACE_PFN + 9);
	EXPECT_EQ((uintptr_t)pte_page(*pte), (uintptr_t)&space->pages[9]);
	EXPECT_EQ(pte_val(pfn_pte(pte_pfn(*pte), pte_pgprot(*pte))), pte_val(*pte));
	return 0;
}

TEST(accessors_of_each_geometry)
{
	static const unsigned int shapes[][3] = {
		{ 12, 39, 39 }, { 12, 48, 48 }, { 12, 52, 52 }, { 12, 48, 52 }, { 14, 36, 36 },
		{ 14, 47, 47 }, { 14, 48, 48 }, { 14, 52, 52 }, { 14, 47, 52 }, { 16, 42, 42 },
		{ 16, 48, 48 }, { 16, 52, 52 }, { 16, 48, 52 },
	};
	/* PMD_SHIFT, PUD_SHIFT, P4D_SHIFT, PGDIR_SHIFT; log2 of PTRS_PER_{PMD,PUD,P4D,PGD} */
	static const unsigned char want[][8] = {
		{ 21, 30, 30, 30, 9, 0, 0, 9 },	  { 21, 30, 39, 39, 9, 9, 0, 9 },
		{ 21, 30, 39, 48, 9, 9, 9, 4 },	  { 21, 30, 39, 48, 9, 9, 9, 4 },
		{ 25, 25, 25, 25, 0, 0, 0, 11 },  { 25, 36, 36, 36, 11, 0, 0, 11 },
		{ 25, 36, 47, 47, 11, 11, 0, 1 }, { 25, 36, 47, 47, 11, 11, 0, 5 },
		{ 25, 36, 47, 47, 11, 11, 0, 5 }, { 29, 29, 29, 29, 0, 0, 0, 13 },
		{ 29, 42, 42, 42, 13, 0, 0, 6 },  { 29, 42, 42, 42, 13, 0, 0, 10 },
		{ 29, 42, 42, 42, 13, 0, 0, 10 },
	};
	struct space space;

	for (unsigned int i = 0; i < ARRAY_SIZE(shapes); i++)
		for (unsigned int own = 0; own < 2; own++) {
			const unsigned int *s = shapes[i];
			unsigned long page = 1UL << s[0], top;
			pgd_t *pgd = NULL;

			test_case("%u/%u/%u own pgd %u", s[0], s[1], s[2], own);
			space_init(&space, s[0], s[1], s[2]);
			space.base = (1UL << (s[1] - 1)) + page * 16;
			*space_entry(&space, 0, space.base + 5 * page) = space_desc(&space, 9,
										    VALID);
			pagewalk_use(&space.mm);
			EXPECT_EQ(PAGE_SHIFT, s[0]);
			EXPECT_EQ(PAGE_MASK, -page);
			EXPECT_EQ(PTRS_PER_PTE, page / 8);
			EXPECT_EQ(PMD_SHIFT, want[i][0]);
			EXPECT_EQ(PUD_SHIFT, want[i][1]);
			EXPECT_EQ(P4D_SHIFT, want[i][2]);
			EXPECT_EQ(PGDIR_SHIFT, want[i][3]);
			EXPECT_EQ(PMD_SIZE, 1UL << want[i][0]);
			EXPECT_EQ(PTRS_PER_PMD, 1UL << want[i][4]);
			EXPECT_EQ(PTRS_PER_PUD, 1UL << want[i][5]);
			EXPECT_EQ(PTRS_PER_P4D, 1UL << want[i][6]);
			EXPECT_EQ(PTRS_PER_PGD, 1UL << want[i][7]);
			EXPECT_EQ(CONT_PTES, s[0] == 12 ? 16 : s[0] == 14 ? 128 : 32);
			EXPECT_EQ(CONT_PMDS, s[0] == 12 ? 16 : 32);
			/* a block: PUDs have none with 64K pages, nor where they are folded */
			EXPECT_EQ(pud_leaf(__pud(BLOCK)),
				  s[0] != 16 && space.geo.levels_config > 2);
			EXPECT_EQ(pmd_leaf(__pmd(BLOCK)), 1);
			pagewalk_use(NULL);
			top = space.ram.pieces[0].nr;
			if (own) {
				/* the mm's own is empty then */
				pgd = calloc(s[1] < s[2] && s[0] < 16 ? page / 8 : 8192, 8);
				memcpy(pgd, space.ram.pieces[0].entries, top * 8);
			}
			space.react = steps;
			EXPECT_EQ(kernel_walk(&space, "gp", space.base, space.base + page, pgd), 0);
			EXPECT_EQ(space.calls, 2);
			EXPECT_EQ(space.reports, 0);
			free(pgd);
			space_release(&space);
		}
}

TEST(no_callbacks)
{
	static const struct mm_walk_ops none;
	struct space space;
	struct ram before;

	begin(&space);
	space_writable(&space, 3);
	space_vma(&space, BASE, BASE + PMD, 0);
	*space_entry(&space, 1, BASE) = space_desc(&space, 512, BLOCK);
	*space_entry(&space, 2, BASE + (1UL << 30)) = 0x800;
	ram_copy(&before, &space.ram);
	EXPECT_EQ(walk_page_range(&space.mm, 0, -1UL, &none, NULL), 0);
	EXPECT_EQ(walk_page_vma(&space.vma[0], &none, NULL), 0);
	EXPECT_EQ(kernel_walk(&space, "", 0, 1UL << 48, NULL), 0);
	ram_same(&space.ram, &before);
	/* all that only reads, over all there is */
	EXPECT_EQ(walk(&space, "abcumhl", 0, 2UL << 30), 0);
	EXPECT_EQ(kernel_walk(&space, "gumph", 0, 1UL << 48, NULL), 0);
	ram_same(&space.ram, &before);
	ram_release(&before);
	space_release(&space);
}

TEST(the_top_of_the_address_space)
{
	struct space space;

	begin(&space);
	space.base = 0;
	space_entry(&space, 0, -2 * PAGE);
	EXPECT_EQ(kernel_walk(&space, "p", -2 * PAGE, -PAGE, NULL), 0);
	EXPECT_STR(space.story, "pte+ffffffffffffe000-fffffffffffff000");
	EXPECT_EQ(kernel_walk(&space, "p", -2 * PAGE, 0, NULL), -EINVAL);
	EXPECT_EQ(kernel_walk(&space, "p", -PAGE, -1UL, NULL), 0);
	EXPECT_STR(space.story, "pte+fffffffffffff000-0");
	/* the last page of an area there has an end of 0, which is no end */
	space_vma(&space, -4 * PAGE, -PAGE, 0);
	struct mm_walk_ops ops = ops_of("ph");

	space_restart(&space);
	EXPECT_EQ(walk_page_range(&space.mm, -3 * PAGE, -1UL, &ops, &space), 0);
	EXPECT_STR(space.story, "pte+ffffffffffffd000-ffffffffffffe000 "
				"pte+ffffffffffffe000-fffffffffffff000 "
				"gap+fffffffffffff000-ffffffffffffffff");
	space_release(&space);
}
