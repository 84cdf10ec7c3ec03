// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel as oracle for walks of kernel page tables: for each seed, the kernel's log, what it
 * returned and the tables it left have to be the library's. With --replay the library alone, on any
 * machine.
 */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tables.h"

#define POOL_BYTES (ORACLE_PAGES << 16)
#define SHOWN	   3	 /* differing seeds whose records are printed */
#define MAX_BAD	   16384 /* every entry that may be bad, twice over */

/* One walk and all that came out of it. */
struct run {
	struct oracle_tables tables;
	struct oracle oracle;
	struct oracle_record log[ORACLE_RECORDS];
	struct mm_struct mm;
	struct pagewalk_image *image;
	int ret;
	/* entries that the kernel would have cleared */
	uint64_t bad[MAX_BAD];
	unsigned int nr_bad;
	enum pagewalk_fault_kind fault;
};

static struct {
	unsigned long seeds, records, different, calls[ORACLE_NR_CALLS], again, go_on, written, bad;
	unsigned long stopped, enough, refused, depth[4];
} sum;

static unsigned int behaviours;
static struct geometry geo;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void *pages_of(size_t size)
{
	void *p = aligned_alloc(1 << 16, size);

	if (!p)
		die("memory");
	return memset(p, 0, size);
}

static void report(struct mm_struct *mm, const struct pagewalk_fault *fault)
{
	struct run *run = mm->private;

	if (fault->kind == PAGEWALK_BAD_ENTRY && run->nr_bad < sizeof(run->bad) / sizeof(*run->bad))
		run->bad[run->nr_bad++] = fault->entry;
	else if (fault->kind != PAGEWALK_BAD_ENTRY && fault->kind != PAGEWALK_ILLEGAL_BLOCK)
		run->fault = fault->kind;
}

/* The tables of a seed, before anybody has walked them. */
static struct {
	struct oracle_tables tables;
	struct oracle_plan plan;
	uint64_t seed;
	uint64_t checksum;
} fresh;

static void make(uint64_t seed)
{
	oracle_make(&fresh.tables, &fresh.plan, seed);
	fresh.seed = seed;
	fresh.checksum = oracle_checksum(&fresh.tables);
}

static void *page_of(const struct oracle_tables *t, unsigned int page)
{
	return (char *)t->base + page * t->stride;
}

static void map(struct run *run, unsigned int page, uint64_t from, uint64_t size)
{
	const struct oracle_tables *t = &run->tables;

	if (size && pagewalk_image_map(run->image, t->pa + ((uint64_t)page << t->page_shift) + from,
				       size, (char *)page_of(t, page) + from))
		die("image");
}

/*
 * The library's walk: in one piece of memory and with the pgd given as the kernel got it, or with
 * each page in two pieces, not one behind the other, and the pgd found by its physical address.
 */
static void walk(struct run *run, bool pieces)
{
	struct oracle_tables *t = &run->tables;
	uint64_t page = 1ULL << fresh.tables.page_shift;
	void *base = t->base;
	struct mm_walk_ops ops;

	*t = fresh.tables;
	t->base = base;
	t->stride = pieces ? 2 * page : page;
	for (unsigned int i = 0; i < t->nr; i++)
		memcpy(page_of(t, i), page_of(&fresh.tables, i), page);
	oracle_start(&run->oracle, t, &fresh.plan, fresh.seed);
	run->oracle.log = run->log;
	run->nr_bad = 0;
	run->fault = PAGEWALK_OK;
	run->image = pagewalk_image_new(page, NULL);
	if (!run->image)
		die("image");
	for (unsigned int i = 0; i < (pieces ? t->nr : 1); i++) {
		uint64_t cut = pieces ? oracle_mix(fresh.seed + i) % page & ~7ULL : 0;

		map(run, i, 0, cut);
		map(run, i, cut, (pieces ? page : t->nr * page) - cut);
	}
	run->mm = (struct mm_struct){
		.geo = &geo,
		.memory = pagewalk_image_memory(run->image),
		.root = t->pa + t->root * page,
		.behaviours = behaviours,
		.report = report,
		.private = run,
	};
	pagewalk_init_mm = &run->mm;
	oracle_ops(&ops, fresh.plan.calls);
	run->ret = walk_kernel_page_table_range_lockless(fresh.plan.start, fresh.plan.end, &ops,
							 pieces ? NULL : page_of(t, t->root),
							 &run->oracle);
	pagewalk_image_free(run->image);
}

static const char *const call_names[ORACLE_NR_CALLS] = {
	[ORACLE_PGD] = "pgd_entry",	  [ORACLE_P4D] = "p4d_entry",
	[ORACLE_PUD] = "pud_entry",	  [ORACLE_PMD] = "pmd_entry",
	[ORACLE_PTE] = "pte_entry",	  [ORACLE_HOLE] = "pte_hole",
	[ORACLE_HUGETLB] = "hugetlb",	  [ORACLE_TEST_WALK] = "test_walk",
	[ORACLE_PRE_VMA] = "pre_vma",	  [ORACLE_POST_VMA] = "post_vma",
	[ORACLE_INSTALL_PTE] = "install",
};

static void print_record(const char *who, unsigned int nr, const struct oracle_record *r)
{
	printf("  %-7s %4u %-9s 0x%" PRIx64 "-0x%" PRIx64, who, nr,
	       r->call < ORACLE_NR_CALLS ? call_names[r->call] : "?", r->addr, r->next);
	if (r->call == ORACLE_HOLE)
		printf(" depth %d", r->depth);
	else
		printf(" entry 0x%016" PRIx64 " at 0x%" PRIx64 " is 0x%x pfn 0x%" PRIx64, r->entry,
		       r->where, r->is, r->pfn);
	printf(" action %u to %u", r->action_before, r->action_after);
	if (r->target != ORACLE_NOWHERE)
		printf(" wrote 0x%016" PRIx64 " at 0x%" PRIx64, r->written, r->target);
	printf(" ret %d\n", r->ret);
}

static void print_seed(void)
{
	const struct oracle_tables *t = &fresh.tables;

	printf("seed %" PRIu64 ": to walk it again: walk-oracle --replay %" PRIu64
	       " --page-shift %u --va-bits %u --va-bits-config %u --base 0x%" PRIx64
	       " --behaviours 0x%x\n",
	       fresh.seed, fresh.seed, t->page_shift, t->va_bits, t->va_bits_config, t->pa,
	       behaviours);
}

static void print_plan(void)
{
	const struct oracle_plan *plan = &fresh.plan;

	printf("  range 0x%" PRIx64 "-0x%" PRIx64 ", callbacks", plan->start, plan->end);
	for (int i = 0; i < ORACLE_NR_CALLS; i++)
		if (plan->calls & 1 << i)
			printf(" %s", call_names[i]);
	printf("; %u tables, top level %u on page %u\n", fresh.tables.nr, fresh.tables.top,
	       fresh.tables.root);
}

/* The kernel's side. */
static struct {
	struct oracle_result result;
	struct oracle_record log[ORACLE_RECORDS];
	void *pool;
	int fd;
} kernel;

static void get(uint64_t at, void *buf, size_t size)
{
	if (pread(kernel.fd, buf, size, at) != (ssize_t)size)
		die("/proc/pwt_walk");
}

static void ask(uint64_t seed)
{
	struct oracle_request request = { seed };

	if (pwrite(kernel.fd, &request, sizeof(request), 0) != sizeof(request))
		die("/proc/pwt_walk");
	get(0, &kernel.result, sizeof(kernel.result));
	get(ORACLE_LOG_AT, kernel.log, kernel.result.records * sizeof(*kernel.log));
	get(ORACLE_POOL_AT, kernel.pool, kernel.result.pages << kernel.result.page_shift);
}

static bool was_bad(const struct run *run, uint64_t entry)
{
	for (unsigned int i = 0; i < run->nr_bad; i++)
		if (run->bad[i] == entry)
			return true;
	return false;
}

/*
 * The kernel clears a bad entry, the library leaves it. With a level folded at run time the entry
 * of a p4d can be that of a pgd later.
 */
static bool same_record(const struct run *run, const struct oracle_record *theirs,
			const struct oracle_record *ours)
{
	struct oracle_record r = *ours;

	if (r.call == ORACLE_PGD && !theirs->entry && was_bad(run, r.entry))
		r.entry = 0;
	return !memcmp(&r, theirs, sizeof(r));
}

/* Are the tables as the kernel left them, but for the bad entries that it cleared? */
static bool same_tables(const struct run *run)
{
	const struct oracle_tables *t = &run->tables;
	uint64_t size = 1ULL << t->page_shift;

	for (unsigned int page = 0; page < t->nr; page++) {
		const uint64_t *theirs = (const void *)((char *)kernel.pool + page * size);
		const uint64_t *ours = page_of(t, page);

		if (!memcmp(theirs, ours, size))
			continue;
		for (uint64_t i = 0; i < size / sizeof(*ours); i++)
			if (theirs[i] != ours[i] && (theirs[i] || !was_bad(run, ours[i])))
				return false;
	}
	return true;
}

/* Are they the seed's, but for what the callbacks wrote? */
static bool only_callbacks_wrote(const struct run *run)
{
	const struct oracle_tables *t = &run->tables;
	uint64_t size = 1ULL << t->page_shift;

	for (unsigned int i = 0; i < run->oracle.nr; i++)
		if (run->log[i].target != ORACLE_NOWHERE)
			*oracle_at(&fresh.tables, run->log[i].target) = run->log[i].written;
	for (unsigned int page = 0; page < t->nr; page++)
		if (memcmp(page_of(t, page), page_of(&fresh.tables, page), size))
			return false;
	return true;
}

/* What is different between the kernel's walk and @run; NULL: nothing. */
static const char *compare(const struct run *run, unsigned int *first)
{
	unsigned int nr = run->oracle.nr;

	*first = 0;
	if (kernel.result.pages != fresh.tables.nr || kernel.result.checksum != fresh.checksum)
		return "the tables of the seed (the generator's fault)";
	if (kernel.result.overflow || run->oracle.overflow)
		return "the log is too small (the test's fault)";
	while (*first < nr && *first < kernel.result.records &&
	       same_record(run, &kernel.log[*first], &run->log[*first]))
		++*first;
	if (*first < nr || *first < kernel.result.records)
		return "the log";
	if (run->ret != kernel.result.ret)
		return "the value returned";
	if (run->fault)
		return "a fault that the library alone knows";
	return same_tables(run) ? NULL : "the tables after the walk";
}

static bool different(const struct run *run, const char *how, const char *what, unsigned int first)
{
	print_seed();
	printf("  %s: %s\n", how, what);
	if (sum.different >= SHOWN)
		return true;
	print_plan();
	printf("  kernel: %u calls, returned %d; library: %u calls, returned %d, fault %s\n",
	       kernel.result.records, kernel.result.ret, run->oracle.nr, run->ret,
	       pagewalk_fault_name(run->mm.fault.kind));
	for (unsigned int i = first ? first - 1 : 0; i < first + 3; i++) {
		if (i < kernel.result.records)
			print_record("kernel", i, &kernel.log[i]);
		if (i < run->oracle.nr)
			print_record("library", i, &run->log[i]);
	}
	return true;
}

/* One seed: is anything different? */
static bool check(uint64_t seed, struct run *run, struct run *pieces)
{
	const char *what;
	unsigned int first;

	ask(seed);
	make(seed);
	walk(run, false);
	walk(pieces, true);
	what = compare(run, &first);
	if (what)
		return different(run, "one piece", what, first);
	what = compare(pieces, &first);
	if (what)
		return different(pieces, "pieces", what, first);
	/* from here on what was fresh is not */
	if (!only_callbacks_wrote(run))
		return different(run, "one piece", "the walk wrote to the tables", first);
	if (!only_callbacks_wrote(pieces))
		return different(pieces, "pieces", "the walk wrote to the tables", first);
	return false;
}

static void add_up(const struct run *run)
{
	sum.seeds++;
	sum.records += run->oracle.nr;
	for (unsigned int i = 0; i < run->oracle.nr; i++) {
		const struct oracle_record *r = &run->log[i];

		sum.calls[r->call]++;
		sum.again += r->action_after == ACTION_AGAIN;
		sum.go_on += r->action_after == ACTION_CONTINUE;
		sum.written += r->target != ORACLE_NOWHERE;
		if (r->call == ORACLE_HOLE)
			sum.depth[r->depth & 3]++;
	}
	sum.bad += run->nr_bad;
	if (run->ret == -EINVAL && !run->oracle.nr)
		sum.refused++;
	else if (run->ret == ORACLE_ENOUGH)
		sum.enough++;
	else if (run->ret)
		sum.stopped++;
}

static void print_sum(double seconds)
{
	printf("%lu seeds, %lu calls, %lu different, %.1f s\n", sum.seeds, sum.records,
	       sum.different, seconds);
	for (int i = 0; i <= ORACLE_HOLE; i++)
		printf("%s %lu%s", call_names[i], sum.calls[i], i < ORACLE_HOLE ? ", " : "");
	printf(" (depth 0 to 3:");
	for (int i = 0; i < 4; i++)
		printf(" %lu", sum.depth[i]);
	printf(")\nACTION_AGAIN %lu, ACTION_CONTINUE %lu, entries written %lu, bad entries %lu\n",
	       sum.again, sum.go_on, sum.written, sum.bad);
	printf("walks ended by a callback %lu, by their length %lu, refused %lu\n", sum.stopped,
	       sum.enough, sum.refused);
}

static bool has_symbol(void *ctx, const char *name)
{
	char line[512], symbol[256];
	FILE *f = ctx;

	rewind(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %255s", symbol) == 1 && !strcmp(symbol, name))
			return true;
	return false;
}

static void usage(FILE *f)
{
	fputs("usage: walk-oracle [--first SEED] [--seeds N] [--behaviours B]\n"
	      "       walk-oracle --replay SEED --page-shift N --va-bits N --va-bits-config N\n"
	      "                   --base PA [--behaviours B]\n",
	      f);
}

static int replay(uint64_t seed, struct run *run)
{
	make(seed);
	print_seed();
	print_plan();
	walk(run, false);
	for (unsigned int i = 0; i < run->oracle.nr; i++)
		print_record("library", i, &run->log[i]);
	printf("  returned %d, fault %s, checksum of the tables 0x%016" PRIx64 "\n", run->ret,
	       pagewalk_fault_name(run->mm.fault.kind), fresh.checksum);
	return 0;
}

static int run_seeds(uint64_t first, unsigned long nr, struct run *run, struct run *pieces)
{
	struct timespec begin, end;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (uint64_t seed = first; nr; nr--, seed++) {
		sum.different += check(seed, run, pieces);
		add_up(run);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	print_sum(end.tv_sec - begin.tv_sec + (end.tv_nsec - begin.tv_nsec) / 1e9);
	return sum.different != 0;
}

int main(int argc, char **argv)
{
	enum { FIRST = 1, SEEDS, REPLAY, PAGE_BITS, VA_BITS, VA_BITS_CONFIG, BASE, BEHAVIOURS };
	static const struct option options[] = {
		{ "first", required_argument, NULL, FIRST },
		{ "seeds", required_argument, NULL, SEEDS },
		{ "replay", required_argument, NULL, REPLAY },
		{ "page-shift", required_argument, NULL, PAGE_BITS },
		{ "va-bits", required_argument, NULL, VA_BITS },
		{ "va-bits-config", required_argument, NULL, VA_BITS_CONFIG },
		{ "base", required_argument, NULL, BASE },
		{ "behaviours", required_argument, NULL, BEHAVIOURS },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	static struct run run, pieces;
	struct oracle_tables *t = &fresh.tables;
	uint64_t value[BEHAVIOURS + 1] = { [SEEDS] = 10000 };
	bool given[BEHAVIOURS + 1] = {};
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		char *end;

		if (c == 'h') {
			usage(stdout);
			return 0;
		}
		if (c == '?') {
			usage(stderr);
			return 2;
		}
		value[c] = strtoull(optarg, &end, 0);
		given[c] = true;
		if (*end || end == optarg) {
			fprintf(stderr, "walk-oracle: '%s' is not a number\n", optarg);
			return 2;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return 2;
	}

	behaviours = value[BEHAVIOURS];
	t->page_shift = value[PAGE_BITS];
	t->va_bits = value[VA_BITS];
	t->va_bits_config = value[VA_BITS_CONFIG];
	t->pa = value[BASE];
	if (!given[REPLAY]) {
		kernel.fd = open("/proc/pwt_walk", O_RDWR);
		if (kernel.fd < 0)
			die("/proc/pwt_walk");
		get(0, &kernel.result, sizeof(kernel.result));
		t->page_shift = kernel.result.page_shift;
		t->va_bits = kernel.result.va_bits;
		t->va_bits_config = kernel.result.va_bits_config;
		t->pa = kernel.result.pa;
	}
	if (geometry_init(&geo, t->page_shift, t->va_bits, t->va_bits_config)) {
		fprintf(stderr, "walk-oracle: there is no such geometry\n");
		return 2;
	}
	if (!given[REPLAY] && !given[BEHAVIOURS]) {
		FILE *f = fopen("/proc/kallsyms", "r");

		if (!f)
			die("/proc/kallsyms");
		behaviours = pagewalk_behaviours_by_symbols(has_symbol, f);
		fclose(f);
	}
	t->stride = 1UL << t->page_shift;
	t->base = pages_of(POOL_BYTES);
	run.tables.base = pages_of(POOL_BYTES);
	pieces.tables.base = pages_of(2 * POOL_BYTES);
	kernel.pool = pages_of(POOL_BYTES);
	if (given[REPLAY])
		return replay(value[REPLAY], &run);
	printf("page shift %u, %u of %u address bits, behaviours 0x%x\n", t->page_shift, t->va_bits,
	       t->va_bits_config, behaviours);
	return run_seeds(value[FIRST], value[SEEDS], &run, &pieces);
}
