// SPDX-License-Identifier: GPL-2.0-only
#include "calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static struct side *running;

void calls_begin(struct side *side)
{
	running = side;
}

void calls_clear(struct side *side)
{
	free(side->calls);
	side->calls = NULL;
	side->nr = side->room = 0;
}

static struct call *append(const struct call *call)
{
	struct side *side = running;

	if (side->nr == side->room) {
		side->room = side->room ? side->room * 2 : 256;
		side->calls = realloc(side->calls, side->room * sizeof(*side->calls));
	}
	memcpy(&side->calls[side->nr], call, sizeof(*call));
	return &side->calls[side->nr++];
}

void calls_report(struct mm_struct *mm, const struct pagewalk_fault *fault)
{
	struct call call;

	memset(&call, 0, sizeof(call));
	call.kind = CALL_FAULT;
	call.depth = fault->kind;
	call.mm = mm - running->mm;
	call.addr = fault->addr;
	call.next = (long)fault->level;
	call.entry = fault->entry;
	append(&call);
}

/* The answer; @entry is NULL where there is none. */
static int called(struct mm_walk *walk, enum call_kind kind, uint64_t *entry, unsigned long addr,
		  unsigned long next, int depth, unsigned long hmask)
{
	struct side *side = running;
	struct call call;
	uint64_t dice = side->ends || side->continues || side->agains || side->changes ?
				test_random(&side->random) :
				~0ULL;

	memset(&call, 0, sizeof(call));
	call.kind = kind;
	call.depth = depth;
	call.mm = walk->mm - side->mm;
	call.vma = walk->vma ? walk->vma - side->vma : -1;
	call.before = walk->action;
	call.mmap_lock = walk->mm->mmap_lock.count;
	call.vma_lock = walk->vma ? walk->vma->vm_lock.count : 0;
	call.hugetlb_lock = walk->vma ? walk->vma->hugetlb_lock.count : 0;
	call.addr = addr;
	call.next = next;
	call.hmask = hmask;
	call.entry = call.changed = entry ? *entry : NO_ENTRY;
	call.pa = entry ? ram_pa(&side->ram[call.mm], entry) : 0;
	/* what a callback is told of whose walk it is */
	if (side->library && pagewalk_mm != walk->mm)
		call.mm = -1;

	if (dice != ~0ULL) {
		uint64_t a = dice % 1000, b = dice / 1000 % 1000, c = dice / 1000000 % 1000;

		if (a < side->ends && kind != CALL_POST)
			call.ret = a % 2 ? -EIO : 42;
		if (b < side->continues)
			walk->action = ACTION_CONTINUE;
		else if (b < side->continues + side->agains)
			walk->action = ACTION_AGAIN;
		/* tables are left alone, mostly, and what is folded may not be one */
		if (entry && c < side->changes && kind <= CALL_PUD && side->entry &&
		    call.pa != RAM_NOWHERE && (kind == CALL_PTE || (*entry & 3) != 3 || c < 2))
			call.changed = *entry = side->entry(&side->random, walk->mm, kind, addr);
	}
	call.after = walk->action;
	append(&call);
	return call.ret;
}

#define ENTRY(level, KIND)                                                              \
	static int on_##level(level##_t *entry, unsigned long addr, unsigned long next, \
			      struct mm_walk *walk)                                     \
	{                                                                               \
		return called(walk, KIND, &entry->level, addr, next, 0, 0);             \
	}

ENTRY(pgd, CALL_PGD)
ENTRY(p4d, CALL_P4D)
ENTRY(pud, CALL_PUD)
ENTRY(pmd, CALL_PMD)
ENTRY(pte, CALL_PTE)

static int on_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	return called(walk, CALL_HOLE, NULL, addr, next, depth, 0);
}

static int on_hugetlb(pte_t *pte, unsigned long hmask, unsigned long addr, unsigned long next,
		      struct mm_walk *walk)
{
	return called(walk, CALL_HUGETLB, &pte->pte, addr, next, 0, hmask);
}

static int on_test(unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	int ret = called(walk, CALL_TEST, NULL, addr, next, 0, 0);

	return ret || test_random(&running->random) % 1000 >= running->skips ? ret : 1;
}

static int on_pre(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	return called(walk, CALL_PRE, NULL, start, end, 0, 0);
}

static void on_post(struct mm_walk *walk)
{
	called(walk, CALL_POST, NULL, 0, 0, 0, 0);
}

static int on_install(unsigned long addr, unsigned long next, pte_t *pte, struct mm_walk *walk)
{
	int ret = called(walk, CALL_INSTALL, NULL, addr, next, 0, 0);

	if (!ret && running->entry) {
		pte->pte = running->entry(&running->random, walk->mm, -1, addr);
		running->calls[running->nr - 1].changed = pte->pte;
	}
	return ret;
}

const struct mm_walk_ops calls_ops = {
	.pgd_entry = on_pgd,
	.p4d_entry = on_p4d,
	.pud_entry = on_pud,
	.pmd_entry = on_pmd,
	.pte_entry = on_pte,
	.pte_hole = on_hole,
	.hugetlb_entry = on_hugetlb,
	.test_walk = on_test,
	.pre_vma = on_pre,
	.post_vma = on_post,
	.install_pte = on_install,
};

static void tell(const char *who, const struct call *call)
{
	static const char *const names[] = { "pte",	"pmd",	"pud", "p4d",  "pgd",	  "hole",
					     "hugetlb", "test", "pre", "post", "install", "fault" };

	test_note("%s %s mm %d vma %d %#lx-%#lx depth %d entry %#llx>%#llx at %#llx action %d>%d "
		  "ret %d locks %d %d %d",
		  who, names[call->kind], call->mm, call->vma, call->addr, call->next, call->depth,
		  (unsigned long long)call->entry, (unsigned long long)call->changed,
		  (unsigned long long)call->pa, call->before, call->after, call->ret,
		  call->mmap_lock, call->vma_lock, call->hugetlb_lock);
}

void calls_tell(const struct side *side, size_t nr)
{
	for (size_t i = side->nr > nr ? side->nr - nr : 0; i < side->nr; i++)
		tell(side->library ? "library" : "naive", &side->calls[i]);
}

bool calls_same(const struct side *got, const struct side *want)
{
	size_t nr = got->nr < want->nr ? got->nr : want->nr;
	size_t i = 0;

	if (got->nr == want->nr &&
	    (!nr || !memcmp(got->calls, want->calls, nr * sizeof(*got->calls))))
		return true;
	while (i < nr && !memcmp(&got->calls[i], &want->calls[i], sizeof(*got->calls)))
		i++;
	test_note("call %zu differs, of %zu and %zu", i, got->nr, want->nr);
	for (size_t n = i > 3 ? i - 3 : 0; n < i; n++)
		tell("both", &got->calls[n]);
	if (i < got->nr)
		tell("library", &got->calls[i]);
	if (i < want->nr)
		tell("naive", &want->calls[i]);
	return EXPECT(!"the calls are the same");
}
