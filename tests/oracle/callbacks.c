// SPDX-License-Identifier: GPL-2.0-only
#include "callbacks.h"

static struct oracle_record *called(struct mm_walk *walk, enum oracle_call call, unsigned long addr,
				    unsigned long next)
{
	struct oracle *o = walk->private;
	struct oracle_record *r = &o->spare;

	if (o->nr < o->max)
		r = &o->log[o->nr++];
	else
		o->overflow = true;
	memset(r, 0, sizeof(*r));
	r->call = call;
	r->action_before = walk->action;
	r->addr = addr;
	r->next = next;
	r->where = r->target = ORACLE_NOWHERE;
	r->no_vma = walk->no_vma;
	if (!walk->vma)
		r->vma = ORACLE_NOWHERE;
	else
		r->vma = o->area ? o->area(walk->vma) : walk->vma->vm_start;
	return r;
}

static struct oracle_record *called_for(struct mm_walk *walk, enum oracle_call call,
					const void *entry, u64 val, unsigned long addr,
					unsigned long next)
{
	const struct oracle *o = walk->private;
	struct oracle_record *r = called(walk, call, addr, next);

	r->entry = val;
	if (o->where)
		r->where = o->where(o, entry);
	return r;
}

static int any_value(u64 *random)
{
	static const int values[] = {
		1, 2, 42, 0x7fffffff, -1, -EINVAL, -EAGAIN, -4095, -0x7fffffff - 1,
	};

	return values[oracle_below(random, sizeof(values) / sizeof(*values))];
}

static enum page_walk_action any_action(struct oracle *o)
{
	u32 n = oracle_below(&o->random, 5);

	if (n >= 3 && o->agains) {
		o->agains--;
		return ACTION_AGAIN;
	}
	return n ? ACTION_CONTINUE : ACTION_SUBTREE;
}

/* What is done about the call, and the value to return. */
static int react(struct mm_walk *walk, struct oracle_record *r)
{
	struct oracle *o = walk->private;

	if (o->meddle && oracle_one_in(&o->random, o->odds.meddle))
		o->meddle(o, r);
	if (oracle_one_in(&o->random, o->odds.action))
		walk->action = any_action(o);
	r->action_after = walk->action;
	if (o->overflow)
		r->ret = -ENOSPC;
	else if (o->nr >= o->limit)
		r->ret = ORACLE_ENOUGH;
	else if (oracle_one_in(&o->random, o->odds.stop))
		r->ret = any_value(&o->random);
	return r->ret;
}

static int pgd_entry(pgd_t *pgd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pgd_t val = pgdp_get(pgd);
	struct oracle_record *r = called_for(walk, ORACLE_PGD, pgd, pgd_val(val), addr, next);

	r->is = (pgd_none(val) ? ORACLE_NONE : 0) | (pgd_present(val) ? ORACLE_PRESENT : 0) |
		(pgd_leaf(val) ? ORACLE_LEAF : 0) | (pgd_bad(val) ? ORACLE_BAD : 0);
	return react(walk, r);
}

static int p4d_entry(p4d_t *p4d, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	p4d_t val = p4dp_get(p4d);
	struct oracle_record *r = called_for(walk, ORACLE_P4D, p4d, p4d_val(val), addr, next);

	r->is = (p4d_none(val) ? ORACLE_NONE : 0) | (p4d_present(val) ? ORACLE_PRESENT : 0) |
		(p4d_leaf(val) ? ORACLE_LEAF : 0) | (p4d_bad(val) ? ORACLE_BAD : 0);
	return react(walk, r);
}

static int pud_entry(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pud_t val = pudp_get(pud);
	struct oracle_record *r = called_for(walk, ORACLE_PUD, pud, pud_val(val), addr, next);

	r->is = (pud_none(val) ? ORACLE_NONE : 0) | (pud_present(val) ? ORACLE_PRESENT : 0) |
		(pud_leaf(val) ? ORACLE_LEAF : 0) | (pud_bad(val) ? ORACLE_BAD : 0) |
		(pud_table(val) ? ORACLE_TABLE : 0) | (pud_valid(val) ? ORACLE_VALID : 0) |
		(pud_young(val) ? ORACLE_YOUNG : 0) | (pud_write(val) ? ORACLE_WRITE : 0) |
		(pud_trans_huge(val) ? ORACLE_TRANS_HUGE : 0);
	if (pud_present(val))
		r->pfn = pud_pfn(val);
	return react(walk, r);
}

static int pmd_entry(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pmd_t val = pmdp_get(pmd);
	struct oracle_record *r = called_for(walk, ORACLE_PMD, pmd, pmd_val(val), addr, next);

	r->is = (pmd_none(val) ? ORACLE_NONE : 0) | (pmd_present(val) ? ORACLE_PRESENT : 0) |
		(pmd_leaf(val) ? ORACLE_LEAF : 0) | (pmd_bad(val) ? ORACLE_BAD : 0) |
		(pmd_table(val) ? ORACLE_TABLE : 0) | (pmd_valid(val) ? ORACLE_VALID : 0) |
		(pmd_young(val) ? ORACLE_YOUNG : 0) | (pmd_dirty(val) ? ORACLE_DIRTY : 0) |
		(pmd_write(val) ? ORACLE_WRITE : 0) | (pmd_cont(val) ? ORACLE_CONT : 0) |
		(pmd_user(val) ? ORACLE_USER : 0) | (pmd_user_exec(val) ? ORACLE_USER_EXEC : 0) |
		(pmd_trans_huge(val) ? ORACLE_TRANS_HUGE : 0);
	if (pmd_present(val))
		r->pfn = pmd_pfn(val);
	return react(walk, r);
}

static void describe_pte(struct oracle_record *r, pte_t val)
{
	r->is = (pte_none(val) ? ORACLE_NONE : 0) | (pte_present(val) ? ORACLE_PRESENT : 0) |
		(pte_valid(val) ? ORACLE_VALID : 0) | (pte_young(val) ? ORACLE_YOUNG : 0) |
		(pte_dirty(val) ? ORACLE_DIRTY : 0) | (pte_write(val) ? ORACLE_WRITE : 0) |
		(pte_cont(val) ? ORACLE_CONT : 0) | (pte_user(val) ? ORACLE_USER : 0) |
		(pte_user_exec(val) ? ORACLE_USER_EXEC : 0) |
		(pte_special(val) ? ORACLE_SPECIAL : 0) | (pte_rdonly(val) ? ORACLE_RDONLY : 0);
	if (pte_present(val))
		r->pfn = pte_pfn(val);
}

static int pte_entry(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pte_t val = __ptep_get(pte);
	struct oracle_record *r = called_for(walk, ORACLE_PTE, pte, pte_val(val), addr, next);

	describe_pte(r, val);
	return react(walk, r);
}

static int pte_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	struct oracle_record *r = called(walk, ORACLE_HOLE, addr, next);

	r->depth = depth;
	return react(walk, r);
}

static int hugetlb_entry(pte_t *pte, unsigned long hmask, unsigned long addr, unsigned long next,
			 struct mm_walk *walk)
{
	pte_t val = __ptep_get(pte);
	struct oracle_record *r = called_for(walk, ORACLE_HUGETLB, pte, pte_val(val), addr, next);

	r->hmask = hmask;
	describe_pte(r, val);
	return react(walk, r);
}

static int test_walk(unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	struct oracle_record *r = called(walk, ORACLE_TEST_WALK, addr, next);
	struct oracle *o = walk->private;
	int ret = react(walk, r);

	if (!ret && oracle_one_in(&o->random, o->odds.skip))
		ret = r->ret = 1 + oracle_below(&o->random, 3);
	return ret;
}

static int pre_vma(unsigned long start, unsigned long end, struct mm_walk *walk)
{
	return react(walk, called(walk, ORACLE_PRE_VMA, start, end));
}

static void post_vma(struct mm_walk *walk)
{
	react(walk, called(walk, ORACLE_POST_VMA, 0, 0));
}

static int install_pte(unsigned long addr, unsigned long next, pte_t *ptep, struct mm_walk *walk)
{
	struct oracle_record *r = called(walk, ORACLE_INSTALL_PTE, addr, next);
	const struct oracle *o = walk->private;

	if (o->install_span)
		r->written = o->install + addr % o->install_span;
	*ptep = __pte(r->written);
	return react(walk, r);
}

void oracle_ops(struct mm_walk_ops *ops, u32 calls)
{
	memset(ops, 0, sizeof(*ops));
	if (calls & 1 << ORACLE_PGD)
		ops->pgd_entry = pgd_entry;
	if (calls & 1 << ORACLE_P4D)
		ops->p4d_entry = p4d_entry;
	if (calls & 1 << ORACLE_PUD)
		ops->pud_entry = pud_entry;
	if (calls & 1 << ORACLE_PMD)
		ops->pmd_entry = pmd_entry;
	if (calls & 1 << ORACLE_PTE)
		ops->pte_entry = pte_entry;
	if (calls & 1 << ORACLE_HOLE)
		ops->pte_hole = pte_hole;
	if (calls & 1 << ORACLE_HUGETLB)
		ops->hugetlb_entry = hugetlb_entry;
	if (calls & 1 << ORACLE_TEST_WALK)
		ops->test_walk = test_walk;
	if (calls & 1 << ORACLE_PRE_VMA)
		ops->pre_vma = pre_vma;
	if (calls & 1 << ORACLE_POST_VMA)
		ops->post_vma = post_vma;
	if (calls & 1 << ORACLE_INSTALL_PTE)
		ops->install_pte = install_pte;
}
