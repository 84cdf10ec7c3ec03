// SPDX-License-Identifier: GPL-2.0-only
/*
 * tests/bench/walk: what the page walk of the library costs, on one core. Everything that is
 * compared is measured by turns in one process, and its median taken; the program runs itself
 * several times (an argument: how many) and shows the median of the processes. doc/testing.md tells
 * more.
 *
 *	walk -i TASK N		run one task N times, for callgrind to count its instructions
 *	walk -i			the tasks
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fixed.h"
#include "pwtrace/pagewalk.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

/* A linear map of 64 GiB by 4K pages, and as much space without a page: tables one by one. */
#define LINEAR	  0xffff000000000000UL
#define NOTHING	  (LINEAR + (1UL << 39))
#define GIB	  (1UL << 30)
#define MIB	  (1UL << 20)
#define PAGE	  4096UL
#define TABLE	  (2 * MIB) /* that a table of PTEs maps */
#define PA	  0x40000000UL
#define NR_PMDS	  64UL
#define NR_PTES	  (NR_PMDS * 512)
#define PUD_PAGE  1UL
#define PMD_PAGES 2UL
#define PTE_PAGES (PMD_PAGES + NR_PMDS)
/* of the space without a page */
#define EMPTY_PUD_PAGE	(PTE_PAGES + NR_PTES)
#define EMPTY_PMD_PAGES (EMPTY_PUD_PAGE + 1)
#define NR_TABLES	(EMPTY_PMD_PAGES + NR_PMDS)

#define TABLE_BITS (PMD_TYPE_TABLE | PMD_TABLE_AF)
#define PAGE_BITS  (PTE_TYPE_PAGE | PTE_AF | PTE_SHARED | PTE_WRITE | PTE_UXN | PTE_PXN)

/* Tables of PTEs that fit into a second level cache. */
#define FEW	      64UL
#define MAPPED_BY_FEW (FEW * TABLE)

static uint64_t *tables;
static struct geometry geo, generic_geo;
static struct mm_struct mapped, scattered, generic;

static unsigned long counted, sum;
static char *stack_base, *stack_top;
static unsigned long allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

void *__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}
void *__wrap_calloc(size_t nr, size_t size)
{
	allocations++;
	return __real_calloc(nr, size);
}
void *__wrap_realloc(void *old, size_t size)
{
	allocations++;
	return __real_realloc(old, size);
}
void *__wrap_aligned_alloc(size_t align, size_t size)
{
	allocations++;
	return __real_aligned_alloc(align, size);
}

static __attribute__((noinline)) int on_pte(pte_t *pte, unsigned long addr, unsigned long next,
					    struct mm_walk *walk)
{
	(void)addr, (void)next, (void)walk;
	counted++;
	sum += pte_val(*pte);
	return 0;
}

static int on_pmd(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	(void)addr, (void)next, (void)walk;
	counted++;
	sum += pmd_val(*pmd);
	return 0;
}

static int on_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	(void)depth, (void)walk;
	counted++;
	sum += next - addr;
	return 0;
}

static int stack_pte(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	char here;
	/* not the address of something that has gone, as far as the compiler can tell */
	char *volatile at = &here;

	(void)pte, (void)addr, (void)next, (void)walk;
	if (at < stack_top)
		stack_top = at;
	return 0;
}

static const struct mm_walk_ops pte_ops = { .pte_entry = on_pte };
static const struct mm_walk_ops pmd_ops = { .pmd_entry = on_pmd };
static const struct mm_walk_ops hole_ops = { .pmd_entry = on_pmd, .pte_hole = on_hole };
static const struct mm_walk_ops stack_ops = { .pte_entry = stack_pte };

static uint64_t *page(unsigned long nr)
{
	return tables + nr * 512;
}

static uint64_t pa_of(unsigned long nr)
{
	return PA + nr * PAGE;
}

static int make_tables(void)
{
	struct pagewalk_image *one, *many;

	tables = mmap(NULL, NR_TABLES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	one = pagewalk_image_new(PAGE, NULL);
	many = pagewalk_image_new(PAGE, NULL);
	if (tables == MAP_FAILED || !one || !many ||
	    pagewalk_image_map(one, PA, NR_TABLES * PAGE, tables))
		return -1;
	page(0)[0] = pa_of(PUD_PAGE) | TABLE_BITS;
	page(0)[1] = pa_of(EMPTY_PUD_PAGE) | TABLE_BITS;
	for (unsigned long i = 0; i < NR_PMDS; i++) {
		page(PUD_PAGE)[i] = pa_of(PMD_PAGES + i) | TABLE_BITS;
		page(EMPTY_PUD_PAGE)[i] = pa_of(EMPTY_PMD_PAGES + i) | TABLE_BITS;
		memset(page(EMPTY_PMD_PAGES + i), 0, PAGE);
	}
	for (unsigned long i = 0; i < NR_PTES; i++)
		page(PMD_PAGES)[i] = pa_of(PTE_PAGES + i) | TABLE_BITS;
	for (unsigned long i = 0; i < NR_PTES * 512; i++)
		page(PTE_PAGES)[i] = (0x100000000UL + i * PAGE) | PAGE_BITS;

	/* the upper tables, and few of PTEs: each a piece by itself */
	for (unsigned long i = 0; i < PTE_PAGES + FEW; i++)
		if (pagewalk_image_add(many, pa_of(i), page(i)))
			return -1;

	geometry_init(&geo, 12, 48, 48);
	generic_geo = geo;
	generic_geo.shape = 0;
	mapped.geo = &geo;
	mapped.memory = pagewalk_image_memory(one);
	mapped.root = PA;
	generic = scattered = mapped;
	generic.geo = &generic_geo;
	scattered.memory = pagewalk_image_memory(many);
	return 0;
}

typedef int walk_fn(unsigned long start, unsigned long end, const struct mm_walk_ops *ops,
		    pgd_t *pgd, void *private);

/* Something to measure. */
struct task {
	const char *name;
	void (*run)(const struct task *task);
	struct mm_struct *mm;
	const struct mm_walk_ops *ops;
	walk_fn *walk;
	unsigned long start, size;
	unsigned long times;  /* that it is done in a run */
	unsigned long counts; /* callbacks in a run */
};

/* One walk of the range. */
static void run_walk(const struct task *task)
{
	pagewalk_init_mm = task->mm;
	for (unsigned long i = 0; i < task->times; i++)
		if (task->walk(task->start, task->start + task->size, task->ops, NULL, NULL))
			abort();
}

/* Walks of one page of the range, a different one each time. */
static void run_pages(const struct task *task)
{
	unsigned long mask = task->size / PAGE - 1;
	static uint64_t random = 1;

	pagewalk_init_mm = task->mm;
	for (unsigned long i = 0; i < task->times; i++) {
		random = random * 6364136223846793005ULL + 1442695040888963407ULL;

		unsigned long addr = task->start + (random >> 32 & mask) * PAGE;

		if (task->walk(addr, addr + PAGE, task->ops, NULL, NULL))
			abort();
	}
}

/* What is to be compared with: the callback called for each entry of the same array. */
static __attribute__((noinline)) int call_each(int (*fn)(pte_t *pte, unsigned long addr,
							 unsigned long next, struct mm_walk *walk),
					       pte_t *pte, unsigned long nr, unsigned long addr,
					       struct mm_walk *walk)
{
	unsigned long next;
	int err;

	do {
		next = addr + PAGE;
		err = fn(pte, addr, next, walk);
		addr = next;
		pte++;
	} while (!err && --nr);
	return err;
}

static void run_bare(const struct task *task)
{
	struct mm_walk walk = { .ops = task->ops };
	pte_t *first = (pte_t *)page(PTE_PAGES) + (task->start - LINEAR) / PAGE;

	for (unsigned long i = 0; i < task->times; i++)
		if (call_each(task->ops->pte_entry, first, task->size / PAGE, task->start, &walk))
			abort();
}

/* of a few pages, in a run */
#define WALKS 4000UL

#define LIBRARY walk_kernel_page_table_range_lockless

enum {
	BARE_FEW,
	WALK_FEW,
	FIXED_FEW,
	GENERIC_FEW,
	BARE_ALL,
	WALK_ALL,
	WALK_HALF,
	WALK_QUARTER,
	PMDS_ALL,
	HOLES,
	FOUR_IN_ONE,
	FOUR_IN_TWO,
	PAGE_SAME,
	PAGE_SAME_FIXED,
	PAGE_SAME_GENERIC,
	PAGE_SAME_SCATTERED,
	PAGE_FEW,
	PAGE_FEW_SCATTERED,
	PAGE_ALL,
	NR_TASKS,
};

#define ENTRIES(nr, what, walk, mm, run, size)                                          \
	{                                                                               \
		what, run, mm, &pte_ops, walk, LINEAR, size, nr, (nr) * ((size) / PAGE) \
	}
#define PAGES(what, walk, mm, run, size)                                                \
	{                                                                               \
		what, run, mm, &pte_ops, walk, LINEAR + 1234 * PAGE, size, WALKS, WALKS \
	}

static const struct task tasks[NR_TASKS] = {
	[BARE_FEW] = ENTRIES(1, "bare-few", NULL, NULL, run_bare, MAPPED_BY_FEW),
	[WALK_FEW] = ENTRIES(1, "walk-few", LIBRARY, &mapped, run_walk, MAPPED_BY_FEW),
	[FIXED_FEW] = ENTRIES(1, "fixed-few", fixed_walk, &mapped, run_walk, MAPPED_BY_FEW),
	[GENERIC_FEW] = ENTRIES(1, "generic-few", LIBRARY, &generic, run_walk, MAPPED_BY_FEW),
	[BARE_ALL] = ENTRIES(1, "bare-all", NULL, NULL, run_bare, 64 * GIB),
	[WALK_ALL] = ENTRIES(1, "walk-all", LIBRARY, &mapped, run_walk, 64 * GIB),
	[WALK_HALF] = ENTRIES(1, "walk-half", LIBRARY, &mapped, run_walk, 32 * GIB),
	[WALK_QUARTER] = ENTRIES(1, "walk-quarter", LIBRARY, &mapped, run_walk, 16 * GIB),
	[PMDS_ALL] = { "pmds-all", run_walk, &mapped, &pmd_ops, LIBRARY, LINEAR, 64 * GIB, 1,
		       NR_PTES },
	[HOLES] = { "holes", run_walk, &mapped, &hole_ops, LIBRARY, NOTHING, 64 * GIB, 1, NR_PTES },
	[FOUR_IN_ONE] = { "four-in-one", run_walk, &mapped, &pte_ops, LIBRARY,
			  LINEAR + TABLE - 4 * PAGE, 4 * PAGE, WALKS, 4 * WALKS },
	[FOUR_IN_TWO] = { "four-in-two", run_walk, &mapped, &pte_ops, LIBRARY,
			  LINEAR + TABLE - 2 * PAGE, 4 * PAGE, WALKS, 4 * WALKS },
	[PAGE_SAME] = PAGES("page-same", LIBRARY, &mapped, run_walk, PAGE),
	[PAGE_SAME_FIXED] = PAGES("page-same-fixed", fixed_walk, &mapped, run_walk, PAGE),
	[PAGE_SAME_GENERIC] = PAGES("page-same-generic", LIBRARY, &generic, run_walk, PAGE),
	[PAGE_SAME_SCATTERED] = PAGES("page-same-scattered", LIBRARY, &scattered, run_walk, PAGE),
	[PAGE_FEW] = { "page-few", run_pages, &mapped, &pte_ops, LIBRARY, LINEAR, MAPPED_BY_FEW,
		       WALKS, WALKS },
	[PAGE_FEW_SCATTERED] = { "page-few-scattered", run_pages, &scattered, &pte_ops, LIBRARY,
				 LINEAR, MAPPED_BY_FEW, WALKS, WALKS },
	[PAGE_ALL] = { "page-all", run_pages, &mapped, &pte_ops, LIBRARY, LINEAR, 64 * GIB, WALKS,
		       WALKS },
};

/* What is measured by turns. */
struct group {
	int from, to;
	unsigned int rounds;
};

static const struct group groups[] = {
	{ BARE_FEW, GENERIC_FEW, 101 },
	{ BARE_ALL, WALK_QUARTER, 11 },
	{ PMDS_ALL, PAGE_ALL, 301 },
};

#define MAX_ROUNDS 1001
#define MAX_TASKS  (NR_TASKS + 16)

static double now(void)
{
	struct timespec at;

	/* of the processor, so that what else runs does not count */
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return at.tv_sec * 1e9 + at.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned int nr)
{
	qsort(values, nr, sizeof(*values), compare);
	return values[nr / 2];
}

/* Nanoseconds that one run of each takes. */
static void measure(const struct task *from, unsigned int nr, unsigned int rounds, double *ns)
{
	static double samples[MAX_TASKS][MAX_ROUNDS];

	for (unsigned int i = 0; i < rounds; i++) {
		for (unsigned int t = 0; t < nr; t++) {
			unsigned long before = counted;
			double start;

			/* once to find the caches as it leaves them */
			from[t].run(&from[t]);
			start = now();
			from[t].run(&from[t]);
			samples[t][i] = now() - start;
			if (counted - before != 2 * from[t].counts) {
				fprintf(stderr, "%s: %lu callbacks, expected %lu\n", from[t].name,
					counted - before, 2 * from[t].counts);
				exit(1);
			}
		}
	}
	for (unsigned int t = 0; t < nr; t++)
		ns[t] = median(samples[t], rounds);
}

static long stack_of(unsigned long size)
{
	char base;

	stack_base = stack_top = &base;
	pagewalk_init_mm = &mapped;
	if (LIBRARY(LINEAR, LINEAR + size, &stack_ops, NULL, NULL))
		abort();
	return stack_base - stack_top;
}

/* Without pte_entry no table of PTEs is touched: it would be the end of the program. */
static void walk_without_ptes(void)
{
	unsigned long before = counted;

	if (mprotect(page(PTE_PAGES), NR_PTES * PAGE, PROT_NONE))
		abort();
	pagewalk_init_mm = &mapped;
	if (LIBRARY(LINEAR, LINEAR + 64 * GIB, &pmd_ops, NULL, NULL) || counted - before != NR_PTES)
		abort();
	if (mprotect(page(PTE_PAGES), NR_PTES * PAGE, PROT_READ | PROT_WRITE))
		abort();
}

enum {
	ALLOCATIONS = NR_TASKS,
	STACK_PAGES,
	STACK_ALL,
	NR_FIGURES,
};

/* In a process of its own. */
static int child(int out)
{
	double figures[NR_FIGURES];

	for (unsigned int i = 0; i < ARRAY_SIZE(groups); i++)
		measure(tasks + groups[i].from, groups[i].to - groups[i].from + 1, groups[i].rounds,
			figures + groups[i].from);

	unsigned long before = allocations;

	tasks[WALK_ALL].run(&tasks[WALK_ALL]);
	tasks[PAGE_FEW].run(&tasks[PAGE_FEW]);
	tasks[PAGE_FEW_SCATTERED].run(&tasks[PAGE_FEW_SCATTERED]);
	figures[ALLOCATIONS] = allocations - before;
	figures[STACK_PAGES] = stack_of(2 * PAGE);
	figures[STACK_ALL] = stack_of(64 * GIB);
	walk_without_ptes();
	return write(out, figures, sizeof(figures)) != sizeof(figures);
}

/* What a child measured; it is a new program, at other addresses. */
static int run_child(char *self, double *figures)
{
	int out[2], status;
	char fd[12];
	ssize_t got;
	pid_t pid;

	if (pipe(out))
		return -1;
	snprintf(fd, sizeof(fd), "%d", out[1]);
	pid = fork();
	if (!pid) {
		execl("/proc/self/exe", self, "-c", fd, NULL);
		_exit(127);
	}
	close(out[1]);
	got = read(out[0], figures, NR_FIGURES * sizeof(*figures));
	close(out[0]);
	if (waitpid(pid, &status, 0) != pid || status || got != NR_FIGURES * (int)sizeof(*figures))
		return -1;
	return 0;
}

#define MAX_PROCESSES 101

static double f[NR_FIGURES];

/* of one callback, or of one walk */
static double each(int task)
{
	return f[task] / tasks[task].counts;
}

static void show(void)
{
	printf("a pte_entry call, 64 tables        %6.3f ns, bare loop %.3f, ratio %.3f\n",
	       each(WALK_FEW), each(BARE_FEW), f[WALK_FEW] / f[BARE_FEW]);
	printf("  compiled for one geometry        %6.3f ns, ratio %.3f\n", each(FIXED_FEW),
	       f[FIXED_FEW] / f[BARE_FEW]);
	printf("  the generic copy                 %6.3f ns, ratio %.3f\n", each(GENERIC_FEW),
	       f[GENERIC_FEW] / f[BARE_FEW]);
	printf("a hole                             %6.2f ns\n", each(HOLES));
	printf("a pmd_entry call, no pte_entry     %6.2f ns (64 GiB in %.0f us), no table of PTEs "
	       "touched\n",
	       each(PMDS_ALL), f[PMDS_ALL] / 1e3);
	printf("a table page more                  %6.2f ns\n",
	       (f[FOUR_IN_TWO] - f[FOUR_IN_ONE]) / tasks[FOUR_IN_ONE].times);
	printf("a walk of one page, 4 levels       %6.2f ns\n", each(PAGE_SAME));
	printf("  compiled for one geometry        %6.2f ns\n", each(PAGE_SAME_FIXED));
	printf("  the generic copy                 %6.2f ns\n", each(PAGE_SAME_GENERIC));
	printf("  of scattered table pages         %6.2f ns\n", each(PAGE_SAME_SCATTERED));
	printf("  a random one of 128 MiB          %6.2f ns, of scattered table pages %.2f\n",
	       each(PAGE_FEW), each(PAGE_FEW_SCATTERED));
	printf("  a random one of 64 GiB           %6.2f ns\n", each(PAGE_ALL));
	printf("a linear map of 64 GiB, 4K pages   %6.2f ms, %.3f ns an entry, bare loop %.3f, "
	       "ratio %.3f\n",
	       f[WALK_ALL] / 1e6, each(WALK_ALL), each(BARE_ALL), f[WALK_ALL] / f[BARE_ALL]);
	printf("  of 32 GiB, 16 GiB                %6.2f ms, %.2f ms: 1 to %.2f to %.2f\n",
	       f[WALK_HALF] / 1e6, f[WALK_QUARTER] / 1e6, f[WALK_HALF] / f[WALK_QUARTER],
	       f[WALK_ALL] / f[WALK_QUARTER]);
	printf("allocations                        %3.0f; stack: %.0f bytes for two pages, %.0f for "
	       "64 GiB\n",
	       f[ALLOCATIONS], f[STACK_PAGES], f[STACK_ALL]);
}

static int run_task(const char *name, unsigned long times)
{
	for (unsigned int t = 0; t < NR_TASKS; t++) {
		if (!name)
			printf("%s\n", tasks[t].name);
		else if (!strcmp(name, tasks[t].name))
			while (times--)
				tasks[t].run(&tasks[t]);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static double all[MAX_PROCESSES][NR_FIGURES];
	int processes = argc > 1 && argv[1][0] != '-' ? atoi(argv[1]) : 7;

	if (argc > 1 && argv[1][0] == '-') {
		if (make_tables())
			return 1;
		if (argv[1][1] == 'c' && argc > 2)
			return child(atoi(argv[2]));
		return run_task(argc > 2 ? argv[2] : NULL,
				argc > 3 ? strtoul(argv[3], NULL, 0) : 1);
	}
	if (processes < 1 || processes > MAX_PROCESSES)
		return 2;
	for (int i = 0; i < processes; i++) {
		if (run_child(argv[0], all[i])) {
			fprintf(stderr, "walk: a process failed\n");
			return 1;
		}
	}
	for (unsigned int t = 0; t < NR_FIGURES; t++) {
		double column[MAX_PROCESSES];

		for (int i = 0; i < processes; i++)
			column[i] = all[i][t];
		f[t] = median(column, processes);
	}
	show();
	return 0;
}
