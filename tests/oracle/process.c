// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's walks of processes against the library's: in a guest, walks by chance over every
 * kind of mapping, each compared with the library's over a snapshot of the same tables; on any
 * machine, a snapshot that was saved.
 */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "mappings.h"
#include "snapshot.h"

#define GUARD_MARKER (31UL << 6 | 4UL << 12)

static bool verbose;

static const char *const kind_names[] = {
	[WALK_RANGE] = "range",
	[WALK_RANGE_VMA] = "range_vma",
	[WALK_VMA] = "vma",
	[WALK_MAPPING] = "mapping",
	[WALK_DEBUG] = "debug",
	[WALK_RANGE_UNSAFE] = "mm_unsafe",
	[WALK_VMA_UNSAFE] = "vma_unsafe",
	[WALK_FOLIO] = "folio",
};

static const char *const call_names[] = {
	[ORACLE_PGD] = "pgd_entry",	      [ORACLE_P4D] = "p4d_entry",
	[ORACLE_PUD] = "pud_entry",	      [ORACLE_PMD] = "pmd_entry",
	[ORACLE_PTE] = "pte_entry",	      [ORACLE_HOLE] = "pte_hole",
	[ORACLE_HUGETLB] = "hugetlb_entry",   [ORACLE_TEST_WALK] = "test_walk",
	[ORACLE_PRE_VMA] = "pre_vma",	      [ORACLE_POST_VMA] = "post_vma",
	[ORACLE_INSTALL_PTE] = "install_pte", [ORACLE_FOLIO] = "folio_walk_start",
};

/* What was compared. */
static struct {
	unsigned long walks[NR_WALK_KINDS];
	unsigned long calls[ORACLE_FOLIO + 1];
	unsigned long splits, contiguous, special, invalid, uffd, not_present, errors;
	unsigned long different;
} count;

/*
 * Comparing.
 */

/*
 * The tables that a walk makes have addresses of which only the library's are known beforehand.
 * Both sides' are numbered as they turn up in the log.
 */
struct new_tables {
	u64 pa[1024];
	unsigned int nr;
};

static u64 number_of(const struct snapshot *s, struct new_tables *t, u64 pa)
{
	u64 offset = pa & ((1UL << s->geo.page_shift) - 1);
	unsigned int i;

	if (pa == ORACLE_NOWHERE || snapshot_has_page(s, pa))
		return pa;
	for (i = 0; i < t->nr && t->pa[i] != pa - offset; i++)
		;
	if (i == t->nr && t->nr < sizeof(t->pa) / sizeof(*t->pa))
		t->pa[t->nr++] = pa - offset;
	return 1ULL << 63 | (u64)i << 32 | offset;
}

static void number_tables(const struct snapshot *s, struct new_tables *t, struct oracle_record *r)
{
	r->where = number_of(s, t, r->where);
	if (r->call <= ORACLE_PMD && (r->entry & 3) == 3) {
		u64 pa = geometry_desc_to_phys(&s->geo, r->entry);
		u64 number = number_of(s, t, pa);

		if (number != pa) {
			r->entry &= ~geometry_phys_to_desc(&s->geo, ~0ULL);
			r->target = number;
		}
		r->pfn = 0;
	}
}

static u64 place_of(const struct oracle *o, const void *entry)
{
	return snapshot_place(o->private, entry);
}

static void show(const char *who, const struct oracle_record *r)
{
	printf("#   %s %s %" PRIx64 " %" PRIx64 " entry %" PRIx64 " at %" PRIx64 " target %" PRIx64
	       " pfn %" PRIx64 " depth %d action %d %d ret %d is %x vma %" PRIx64 "\n",
	       who, r->call <= ORACLE_FOLIO && call_names[r->call] ? call_names[r->call] : "?",
	       r->addr, r->next, r->entry, r->where, r->target, r->pfn, r->depth, r->action_before,
	       r->action_after, r->ret, r->is, r->vma);
}

static void show_request(const char *name, unsigned int index, const struct walk_request *r)
{
	printf("# %s walk %u: %s %" PRIx64 " %" PRIx64 " calls %x lock %u seed %" PRIx64 "\n", name,
	       index, r->kind < NR_WALK_KINDS ? kind_names[r->kind] : "?", r->start, r->end,
	       r->calls, r->walk_lock, r->seed);
}

static unsigned long faults(const struct snapshot *s)
{
	unsigned long nr = 0;

	for (size_t i = 0; i < s->nr_mms; i++) {
		const struct pagewalk_fault *f = &s->mms[i].fault;

		nr += s->mms[i].nr_faults;
		if (s->mms[i].nr_faults)
			printf("# library: %s at %lx level %d entry %" PRIx64 "\n",
			       pagewalk_fault_name(f->kind), f->addr, f->level, f->entry);
	}
	return nr;
}

/* Was a huge page there that is a table, or nothing, when the walk comes by again? */
static void take_count(const struct made_walk *w)
{
	count.walks[w->made->request.kind]++;
	count.errors += w->made->ret != 0;
	for (u32 i = 0; i < w->nr; i++) {
		const struct oracle_record *r = &w->log[i];

		count.calls[r->call]++;
		if (r->call == ORACLE_PMD && (r->is & ORACLE_TRANS_HUGE) && i + 1 < w->nr &&
		    !r->ret && r->action_after == ACTION_SUBTREE && r->vma != ORACLE_NOWHERE &&
		    r->addr == r[1].addr && (r[1].call == ORACLE_PTE || r[1].call == ORACLE_HOLE))
			count.splits++;
		if (r->call < ORACLE_PMD || r->call > ORACLE_PTE || !r->entry)
			continue;
		count.contiguous += !!(r->is & ORACLE_CONT);
		count.special += (r->is & ORACLE_PRESENT) && (r->entry & PTE_SPECIAL);
		count.invalid += (r->is & ORACLE_PRESENT) && !(r->is & ORACLE_VALID);
		count.uffd += (r->is & ORACLE_PRESENT) && (r->entry & PTE_UFFD);
		count.not_present += !(r->is & ORACLE_PRESENT);
	}
}

static bool compare(const char *name, struct snapshot *s, unsigned int index)
{
	static struct new_tables kernel_tables, own_tables;
	const struct made_walk *w = &s->walks[index];
	const struct walk_request *r = &w->made->request;
	struct oracle o = {
		.log = calloc(r->limit + 1000, sizeof(*o.log)),
		.limit = r->limit,
		.max = r->limit + 1000,
		.agains = r->agains,
		.random = r->seed,
		.odds = r->odds,
		.install = w->made->install,
		.install_span = w->made->install_span,
		.where = place_of,
		.area = snapshot_area,
		.private = s,
	};
	bool same = true;
	u32 i;
	s64 ret;

	if (!index)
		kernel_tables.nr = own_tables.nr = 0;
	for (size_t mm = 0; mm < s->nr_mms; mm++)
		s->mms[mm].nr_faults = 0;
	if (w->made->ret == -EOPNOTSUPP && !w->nr)
		goto out;
	ret = oracle_walk(r, &o, &s->mms[0], s->has_mapping ? &s->mapping : NULL);
	take_count(w);
	if (verbose)
		show_request(name, index, r);
	for (i = 0; i < w->nr || i < o.nr; i++) {
		if (i < w->nr)
			number_tables(s, &kernel_tables, &w->log[i]);
		if (i < o.nr)
			number_tables(s, &own_tables, &o.log[i]);
		if (i >= w->nr || i >= o.nr || memcmp(&w->log[i], &o.log[i], sizeof(*o.log)))
			break;
		if (verbose)
			show("both   ", &w->log[i]);
	}
	same = i == w->nr && i == o.nr && ret == w->made->ret;
	if (same && !faults(s))
		goto out;
	same = false;
	show_request(name, index, r);
	printf("# kernel %" PRId64 " after %u calls, library %" PRId64 " after %u\n", w->made->ret,
	       w->nr, ret, o.nr);
	for (u32 n = i > 4 ? i - 4 : 0; n < i; n++)
		show("both   ", &w->log[n]);
	for (u32 n = i; n < i + 2 && n < w->nr; n++)
		show("kernel ", &w->log[n]);
	for (u32 n = i; n < i + 2 && n < o.nr; n++)
		show("library", &o.log[n]);
	faults(s);
out:
	free(o.log);
	return same;
}

/* After a walk that differs the tables do, too. */
static bool compare_all(const char *name, const void *data, size_t size)
{
	struct snapshot *s = snapshot_new(data, size);
	static struct mm_struct kernel_mm;
	bool same = true;

	if (!s) {
		printf("# %s is no whole snapshot\n", name);
		return false;
	}
	kernel_mm.geo = &s->geo;
	pagewalk_init_mm = &kernel_mm;
	pagewalk_use(&s->mms[0]);
	for (unsigned int i = 0; i < s->nr_walks && same; i++)
		same = compare(name, s, i);
	if (same && !snapshot_same_after(s)) {
		same = false;
		for (unsigned int i = 0; i < s->nr_walks; i++)
			show_request(name, i, &s->walks[i].made->request);
	}
	pagewalk_use(NULL);
	snapshot_free(s);
	return same;
}

/*
 * Choosing.
 */

static u32 pick(u64 *random, const u32 *from, u32 nr)
{
	return from[oracle_below(random, nr)];
}

/* Those that a walk can split have two chances. */
static const struct area *any_area(const struct mappings *m, u64 *random)
{
	const struct area *a = &m->area[oracle_below(random, m->nr_areas)];

	return a->thp ? a : &m->area[oracle_below(random, m->nr_areas)];
}

/* Often aligned to pages, sometimes not at all. */
static u64 any_address(u64 *random, u64 start, u64 end)
{
	u64 page = getpagesize(), addr = start + oracle_random(random) % (end - start);

	switch (oracle_below(random, 8)) {
	case 0:
		return addr;
	case 1:
	case 2:
		return start;
	case 3:
		/* around what a pmd maps */
		return (addr & -(page * page / 8)) + page * oracle_below(random, 3);
	default:
		return addr & -page;
	}
}

/* One that has migration entries, by preference. */
static const struct area *frozen_area(const struct mappings *m, u64 *random, const struct batch *b)
{
	u64 addr = b->frozen[oracle_below(random, BATCH_FROZEN)];

	for (unsigned int i = 0; addr && i < m->nr_areas; i++)
		if (addr >= m->area[i].start && addr < m->area[i].end)
			return &m->area[i];
	return any_area(m, random);
}

static void choose_range(const struct mappings *m, u64 *random, const struct batch *batch,
			 struct walk_request *r)
{
	const struct area *a = frozen_area(m, random, batch), *b;
	u64 page = getpagesize(), swap;

	switch (oracle_below(random, 12)) {
	case 0: /* everything */
		r->start = oracle_below(random, 2) * page;
		r->end = r->start ? 1UL << 48 : 1UL << 47;
		break;
	case 1: /* the program itself, its stack, what the kernel maps for it */
		r->start = oracle_below(random, 2) ? (u64)kind_names & -(page * 64) :
						     getauxval(AT_SYSINFO_EHDR) - page * 16;
		if (!oracle_below(random, 3))
			r->start = ((u64)&r & -page) - page * 8;
		r->end = r->start + page * (1 + oracle_below(random, 100));
		break;
	case 2: /* empty, or less */
		r->start = any_address(random, a->start, a->end);
		r->end = r->start - oracle_below(random, 2) * page;
		break;
	case 3:
	case 4: /* from one area to another */
		b = any_area(m, random);
		r->start = any_address(random, a->start, a->end);
		r->end = any_address(random, b->start, b->end);
		if (r->start > r->end) {
			swap = r->start;
			r->start = r->end;
			r->end = swap;
		}
		break;
	case 5: /* a little around it */
		r->start = a->start - oracle_below(random, 3) * page;
		r->end = a->end + oracle_below(random, 3) * page;
		break;
	case 6:
		r->start = a->start;
		r->end = a->end;
		break;
	default:
		r->start = any_address(random, a->start, a->end);
		r->end = any_address(random, r->start, a->end) + 1;
		if (oracle_below(random, 4))
			r->end = (r->end + page - 1) & -page;
		break;
	}
}

static void choose_walk(const struct mappings *m, u64 *random, const struct batch *b,
			struct walk_request *r)
{
	static const u32 kinds[] = {
		WALK_RANGE,	   WALK_RANGE,	    WALK_RANGE, WALK_RANGE, WALK_RANGE,
		WALK_RANGE_VMA,	   WALK_RANGE_VMA,  WALK_VMA,	WALK_VMA,   WALK_MAPPING,
		WALK_MAPPING,	   WALK_MAPPING,    WALK_DEBUG, WALK_DEBUG, WALK_RANGE_UNSAFE,
		WALK_RANGE_UNSAFE, WALK_VMA_UNSAFE, WALK_FOLIO,
	};
	const u32 all = (1 << ORACLE_NR_CALLS) - 1, install = 1 << ORACLE_INSTALL_PTE;
	const u32 entries = 1 << ORACLE_PGD | 1 << ORACLE_P4D | 1 << ORACLE_PUD | 1 << ORACLE_PMD |
			    1 << ORACLE_PTE;

	*r = (struct walk_request){
		.kind = pick(random, kinds, sizeof(kinds) / sizeof(*kinds)),
		.limit = 3000,
		.agains = oracle_below(random, 4),
		.seed = oracle_random(random),
		.install = GUARD_MARKER,
	};
	switch (oracle_below(random, 4)) {
	case 0:
		r->calls = all;
		break;
	case 1: /* something that goes all the way down */
		r->calls = (oracle_random(random) & all) | 1 << ORACLE_PTE;
		break;
	case 2:
		r->calls = oracle_random(random) & (all & ~entries);
		r->calls |= 1 << oracle_below(random, ORACLE_PTE + 1);
		break;
	default:
		r->calls = oracle_random(random) & all;
		break;
	}
	r->odds.stop = pick(random, (u32[]){ 0, 0, 300, 40, 6 }, 5);
	r->odds.skip = pick(random, (u32[]){ 0, 0, 8, 2 }, 4);
	r->odds.action = pick(random, (u32[]){ 0, 0, 30, 6, 2 }, 5);
	r->walk_lock = oracle_below(random, b->lock_vmas ? 4 : 2);
	choose_range(m, random, b, r);

	if (r->kind == WALK_MAPPING) {
		r->start = oracle_below(random, 80);
		r->end = 1 + oracle_below(random, 80);
		if (!oracle_below(random, 4))
			r->start = 0, r->end = 1 << 20;
		/* such a range has no end */
		if (!oracle_below(random, 10))
			r->end = 0;
		if (b->fd < 0)
			r->kind = WALK_RANGE;
	}
	if (r->kind == WALK_RANGE_UNSAFE || r->kind == WALK_VMA_UNSAFE) {
		const struct area *a;

		/* with no pte_entry the kernel would call it all the same */
		r->calls |= install | 1 << ORACLE_PTE;
		do {
			a = any_area(m, random);
			/* refused of hugetlb areas */
		} while (!a->installable && !a->hugetlb);
		if (oracle_below(random, 2))
			r->install = 0;
		r->start = any_address(random, a->start, a->end) & -(u64)getpagesize();
		r->end = any_address(random, r->start, a->end) & -(u64)getpagesize();
		if (r->end <= r->start || oracle_below(random, 2))
			r->end = r->start + getpagesize();
		if (!oracle_below(random, 3))
			r->start = a->start, r->end = a->end;
	} else if (oracle_below(random, 40)) {
		/* refused, but once in a while */
		r->calls &= ~install;
	}
	if (r->kind == WALK_FOLIO) {
		const struct area *a = any_area(m, random);

		r->start = a->start;
		r->end = a->end;
		r->limit = 100;
	}
}

static void choose(const struct mappings *m, u64 *random, struct batch *b)
{
	*b = (struct batch){
		.pid = oracle_below(random, 5) || !m->nr_children ?
			       0 :
			       m->child[oracle_below(random, m->nr_children)],
		.fd = m->nr_files ? m->file[oracle_below(random, m->nr_files)] : -1,
		.nr = 1 + oracle_below(random, BATCH_WALKS),
		.lock_vmas = oracle_below(random, 2),
	};
	if (!oracle_below(random, 3))
		for (unsigned int i = 0; i < BATCH_FROZEN; i++) {
			const struct area *a = any_area(m, random);

			if (!a->hugetlb)
				b->frozen[i] = a->start +
					       (oracle_below(random, 8) * getpagesize()) %
						       (a->end - a->start);
		}
	for (u32 i = 0; i < b->nr; i++) {
		struct walk_request *r = &b->walk[i];

		choose_walk(m, random, b, r);
		/* look again at what was changed */
		if (i && r->kind <= WALK_VMA && r[-1].kind != WALK_MAPPING &&
		    oracle_below(random, 2)) {
			r->start = r[-1].start;
			r->end = r[-1].end;
		}
	}
}

/*
 * In the guest.
 */

static size_t read_all(int fd, char *into, size_t room)
{
	size_t size = 0;
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET))
		return 0;
	while ((n = read(fd, into + size, room - size)) > 0)
		size += n;
	return size;
}

static void save(const char *dir, u64 seed, const void *data, size_t size)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/process-%" PRIu64, dir, seed);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, size, f) != size)
		perror(path);
	if (f)
		fclose(f);
}

static void missing(const char *what)
{
	printf("# not here: %s\n", what);
}

static void summary(void)
{
	unsigned long walks = 0, calls = 0;

	for (unsigned int i = 0; i < NR_WALK_KINDS; i++) {
		printf("%s=%lu ", kind_names[i], count.walks[i]);
		walks += count.walks[i];
	}
	for (unsigned int i = 0; i <= ORACLE_FOLIO; i++) {
		if (call_names[i])
			printf("%s=%lu ", call_names[i], count.calls[i]);
		calls += count.calls[i];
	}
	printf("splits=%lu contiguous=%lu special=%lu invalid=%lu uffd=%lu not_present=%lu errors=%lu\n",
	       count.splits, count.contiguous, count.special, count.invalid, count.uffd,
	       count.not_present, count.errors);
	printf("walks=%lu calls=%lu different=%lu\n", walks, calls, count.different);
}

static int run(u64 first, u64 nr, const char *dir)
{
	static struct mappings m;
	size_t room = 64UL << 20, size;
	char *data = malloc(room);
	char name[32];
	int fd = open("/proc/pwt_mm", O_RDWR);

	if (fd < 0 || !data) {
		perror("/proc/pwt_mm");
		return 2;
	}
	memset(data, 1, room);
	setbuf(stdout, NULL);
	mappings_make(&m, fd, missing);
	for (u64 seed = first; seed < first + nr; seed++) {
		u64 random = oracle_mix(seed);
		struct batch b;

		mappings_refresh(&m, seed);
		choose(&m, &random, &b);
		snprintf(name, sizeof(name), "seed %" PRIu64, seed);
		if (write(fd, &b, sizeof(b)) != sizeof(b)) {
			printf("# %s: %s\n", name, strerror(errno));
			count.different++;
			continue;
		}
		size = read_all(fd, data, room);
		if (!compare_all(name, data, size)) {
			count.different++;
			if (dir)
				save(dir, seed, data, size);
		}
	}
	mappings_end(&m);
	summary();
	return count.different != 0;
}

static int replay(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t room = 64UL << 20;
	char *data = malloc(room);
	bool same;

	if (fd < 0 || !data) {
		perror(path);
		return 2;
	}
	same = compare_all(path, data, read_all(fd, data, room));
	count.different += !same;
	free(data);
	close(fd);
	summary();
	return !same;
}

int main(int argc, char **argv)
{
	static const char usage[] = "usage: process [-v] [--out DIR] FIRST-SEED COUNT\n"
				    "       process [-v] replay FILE\n";
	static const struct option options[] = { { "out", required_argument, NULL, 'o' }, {} };
	const char *dir = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "v", options, NULL)) != -1) {
		if (c == 'o')
			dir = optarg;
		else if (c == 'v')
			verbose = true;
		else
			goto wrong;
	}
	if (argc - optind != 2)
		goto wrong;
	if (!strcmp(argv[optind], "replay"))
		return replay(argv[optind + 1]);
	return run(strtoull(argv[optind], NULL, 0), strtoull(argv[optind + 1], NULL, 0), dir);

wrong:
	fputs(usage, stderr);
	return 2;
}
