// SPDX-License-Identifier: GPL-2.0-only
#include "tables.h"

#define VALID	    (1ULL << 0)
#define TYPE_TABLE  (3ULL << 0)
#define TYPE_MASK   (3ULL << 0)
#define INVALID_BIT (1ULL << 11)
#define CONT_BIT    (1ULL << 52)

/* What an entry may be. Above PUDs, what is neither empty nor a table is bad. */
enum kind {
	NONE,
	TABLE,
	LEAF,
	RUN,	       /* of contiguous leaves, aligned */
	INVALID,       /* present, not valid */
	INVALID_TABLE, /* the same with the type of a table */
	JUNK,	       /* not present */
	ODD,	       /* the other type than a leaf's of the level has */
	NR_KINDS,
};

/* How often each kind is in tables of one style. */
static const u8 styles[][NR_KINDS] = {
	{ [NONE] = 120, [TABLE] = 3, [LEAF] = 2, [JUNK] = 1 },
	{ [NONE] = 20,
	  [TABLE] = 6,
	  [LEAF] = 6,
	  [RUN] = 4,
	  [INVALID] = 3,
	  [INVALID_TABLE] = 2,
	  [JUNK] = 2,
	  [ODD] = 1 },
	{ [NONE] = 2, [LEAF] = 20, [RUN] = 10, [INVALID] = 2, [TABLE] = 4 },
	{ [NONE] = 1, [TABLE] = 30, [LEAF] = 1, [INVALID_TABLE] = 1 },
	{ [NONE] = 4, [INVALID] = 4, [INVALID_TABLE] = 4, [JUNK] = 4, [ODD] = 4, [TABLE] = 4 },
	{ [NONE] = 1 },
};

#define NR_STYLES (sizeof(styles) / sizeof(*styles))

static u32 table_bits(const struct oracle_tables *t)
{
	return t->page_shift - 3;
}

static u32 level_shift(const struct oracle_tables *t, u32 level)
{
	return t->page_shift + level * table_bits(t);
}

static u32 levels_of(const struct oracle_tables *t, u32 va_bits)
{
	return (va_bits - t->page_shift + table_bits(t) - 1) / table_bits(t);
}

static u32 entries_of(const struct oracle_tables *t, u32 page)
{
	u32 bits = table_bits(t);

	/* a table that is folded at run time is a whole page */
	if (page == t->root && t->top + 1 == levels_of(t, t->va_bits_config))
		bits = t->va_bits_config - level_shift(t, t->top);
	return 1U << bits;
}

static u64 *entry_at(const struct oracle_tables *t, u32 page, u32 index)
{
	return oracle_at(t, ((u64)page << t->page_shift) + index * 8ULL);
}

/* Of some table of @level; there is one of each. */
static u64 table_entry(const struct oracle_tables *t, u64 *random, u32 level)
{
	u64 spare = 0xf8000000000004fcULL | (0xffULL << 51), pa;
	u32 page;

	do {
		page = oracle_below(random, t->nr);
	} while (t->level[page] != level);
	pa = t->pa + ((u64)page << t->page_shift);
	switch (oracle_below(random, 4)) {
	case 0:
		return pa | TYPE_TABLE;
	case 1:
		return pa | TYPE_TABLE | 1 << 10 | 1ULL << 59;
	}
	/* what the kernel does not look at in a table's entry */
	if (!t->lpa2)
		spare |= 3 << 8;
	spare |= INVALID_BIT;
	if (t->page_shift == 14)
		spare |= 3 << 12;
	return pa | TYPE_TABLE | (oracle_random(random) & spare);
}

static u64 any_entry(const struct oracle_tables *t, u64 *random, u32 level, enum kind kind)
{
	u64 v = oracle_random(random) & ~TYPE_MASK;

	/* where the kernel could have address bits that the hardware does not have */
	if (!t->lpa2)
		v &= ~(3ULL << 48);
	if (oracle_below(random, 4))
		v &= ~CONT_BIT;
	switch (kind) {
	case NONE:
		return 0;
	case TABLE:
		if (level)
			return table_entry(t, random, level - 1);
		return v | TYPE_TABLE;
	case LEAF:
		return v | (level ? VALID : TYPE_TABLE);
	case RUN:
		return v | (level ? VALID : TYPE_TABLE) | CONT_BIT;
	case INVALID:
		return v | INVALID_BIT;
	case INVALID_TABLE:
		return v | INVALID_BIT | (TYPE_TABLE & ~VALID);
	case JUNK:
		v &= ~INVALID_BIT;
		if (!oracle_below(random, 4))
			v |= TYPE_TABLE & ~VALID;
		return v ? v : 4;
	default:
		return v | (level ? INVALID_BIT : VALID);
	}
}

static u32 run_length(const struct oracle_tables *t, u32 level)
{
	if (t->page_shift == 12)
		return 16;
	if (t->page_shift == 14)
		return level ? 32 : 128;
	return 32;
}

static enum kind any_kind(u64 *random, const u8 *weights)
{
	u32 sum = 0, n, kind;

	for (kind = 0; kind < NR_KINDS; kind++)
		sum += weights[kind];
	n = oracle_below(random, sum);
	for (kind = 0; n >= weights[kind]; kind++)
		n -= weights[kind];
	return kind;
}

static u32 any_length(u64 *random, u32 room)
{
	u32 n = oracle_below(random, 10), most = n < 4 ? 1 : n < 7 ? 8 : n < 9 ? 64 : room;

	n = 1 + oracle_below(random, most);
	return n < room ? n : room;
}

static void remember(struct oracle_tables *t, u32 page, u32 index)
{
	if (t->nr_ways[page] < ORACLE_WAYS)
		t->ways[page][t->nr_ways[page]++] = index;
}

static void make_way(struct oracle_tables *t, u64 *random, u32 page, u32 index)
{
	*entry_at(t, page, index) = any_entry(t, random, t->level[page], TABLE);
	remember(t, page, index);
}

static void fill(struct oracle_tables *t, u64 *random, u32 page)
{
	u32 level = t->level[page], nr = entries_of(t, page), index = 0, tables = 0;
	const u8 *style = styles[oracle_below(random, NR_STYLES)];
	/* bad entries now and then: the kernel has something to print for each */
	bool good = level > ORACLE_LEVEL_PUD && oracle_below(random, 8);
	u64 *entries = entry_at(t, page, 0), behind;
	/* address bits that the hardware does not have */
	u64 mask = t->lpa2 ? ~0ULL : ~(3ULL << 48);

	while (index < nr) {
		enum kind kind = any_kind(random, style);
		u32 length = any_length(random, nr - index), end;
		u64 v, next = 1ULL << level_shift(t, level);

		if (kind == RUN) {
			u32 run = level <= ORACLE_LEVEL_PMD ? run_length(t, level) : 2;

			/* now and then one that is not whole, or not aligned */
			if (oracle_below(random, 8)) {
				while (index & (run - 1) && index < nr)
					entries[index++] = 0;
				length = (length + run - 1) & ~(run - 1);
			}
		}
		/* a walk of everything has to come to an end */
		if (kind == TABLE && level > ORACLE_LEVEL_PMD) {
			length = 1;
			if (tables++ >= ORACLE_WAYS)
				kind = NONE;
		}
		if (good && kind != TABLE)
			kind = NONE;
		if (kind == NONE)
			next = 0;
		end = length < nr - index ? index + length : nr;
		if (kind == TABLE && level) {
			while (index < end)
				make_way(t, random, page, index++);
			continue;
		}
		v = any_entry(t, random, level, kind);
		for (; index < end; index++) {
			entries[index] = v;
			v = (v + next) & mask;
		}
	}
	/* what lies behind the entries of the top level is nobody's business */
	behind = any_entry(t, random, level, ODD);
	for (; index < 1U << table_bits(t); index++)
		entries[index] = behind;
	if (!level)
		return;
	/* mostly there is a way down; now and then at the ends */
	if (!t->nr_ways[page] && oracle_below(random, 16))
		make_way(t, random, page, oracle_below(random, nr));
	if (!oracle_below(random, 4))
		make_way(t, random, page, 0);
	if (!oracle_below(random, 4))
		make_way(t, random, page, nr - 1);
}

static void lay_out(struct oracle_tables *t, u64 *random)
{
	u32 level, i;

	t->top = levels_of(t, t->va_bits) - 1;
	t->lpa2 = t->page_shift < 16 && t->va_bits == 52;
	t->nr = 0;
	t->level[t->nr++] = t->top;
	for (level = 0; level < t->top; level++)
		for (i = oracle_below(random, t->page_shift == 12 ? 5 : 3) + 1; i; i--)
			t->level[t->nr++] = level;
	/* in no order */
	t->root = 0;
	for (i = t->nr - 1; i; i--) {
		u32 j = oracle_below(random, i + 1);
		u8 other = t->level[i];

		t->level[i] = t->level[j];
		t->level[j] = other;
		if (t->root == j)
			t->root = i;
		else if (t->root == i)
			t->root = j;
	}
	memset(t->nr_ways, 0, sizeof(t->nr_ways));
	for (i = 0; i < t->nr; i++)
		fill(t, random, i);
}

static u64 any_ones(u64 *random)
{
	u32 n = oracle_below(random, 4);

	return n < 2 ? ~0ULL : n == 2 ? 0 : oracle_random(random);
}

/*
 * An address below @va_bits, mostly one that tables lead to, and in @low the level of the last
 * table on the way.
 */
static u64 any_address(const struct oracle_tables *t, u64 *random, u32 *low)
{
	u32 page = t->root, level = t->top;
	u64 addr = 0;

	for (;;) {
		u32 nr = entries_of(t, page), index = oracle_below(random, nr), n;
		u64 v;

		n = oracle_below(random, 16);
		if (n < 12 && t->nr_ways[page])
			index = t->ways[page][oracle_below(random, t->nr_ways[page])];
		else if (n == 12)
			index = 0;
		else if (n == 13)
			index = nr - 1;
		addr |= (u64)index << level_shift(t, level);
		*low = level;
		v = *entry_at(t, page, index);
		if (!level || (v & TYPE_MASK) != TYPE_TABLE)
			return addr;
		page = ((v & ~(~0ULL << 48)) - t->pa) >> t->page_shift;
		level--;
	}
}

static u64 max_addr(u64 a, u64 b)
{
	return a > b ? a : b;
}

/*
 * The pgd's indices must not run out: start and end are in one window of so many bits as the kernel
 * is configured for. Within it, if a level is folded at run time, the same tables come again.
 */
static void any_range(const struct oracle_tables *t, u64 *random, struct oracle_plan *plan)
{
	u64 window = (1ULL << t->va_bits_config) - 1, in_use = (1ULL << t->va_bits) - 1;
	u64 base = any_ones(random) & ~window, again = any_ones(random) & window & ~in_use;
	u64 page = 1ULL << t->page_shift, start, end, size, other;
	u32 low, level;

	start = any_address(t, random, &low) | again;
	switch (oracle_below(random, 8)) {
	case 0: /* a page */
		end = start + page;
		break;
	case 1: /* pages */
		end = start + page * (1 + oracle_below(random, 300));
		break;
	case 2: /* to the end of an entry */
		size = 1ULL << level_shift(t, oracle_below(random, t->top + 1));
		end = (start | (size - 1)) + 1;
		break;
	case 3: /* entries of a level, from the first on or from the end of the one before */
	case 4:
		level = low + oracle_below(random, 2);
		size = 1ULL << level_shift(t, level < t->top ? level : t->top);
		start = (start & ~(size - 1)) - (oracle_below(random, 3) ? 0 : page);
		end = start + size * (1 + oracle_below(random, 4)) +
		      (oracle_below(random, 2) ? 0 : page);
		break;
	case 5: /* everything */
		start &= ~in_use;
		end = start + in_use + 1;
		break;
	default: /* from here to there */
		other = any_address(t, random, &low) |
			(oracle_below(random, 4) ? again : any_ones(random) & window & ~in_use);
		end = max_addr(start, other) + page;
		start = start < other ? start : other;
	}
	if (!oracle_below(random, 3))
		start += oracle_below(random, page);
	if (!oracle_below(random, 3))
		end -= oracle_below(random, page);
	start &= window;
	/* the last of the window, unless what is behind it is where addresses begin again */
	if (end - 1 > window || end <= start)
		end = window + 1;
	start += base;
	end += base;
	if (!end)
		end = -(oracle_below(random, 2) ? page : 1 + oracle_below(random, page));
	/* In the first page of all the kernel's walk of ptes does not see its end. */
	if (end < page)
		end = page;
	if (start >= end)
		start = end - 1;
	plan->start = start;
	plan->end = end;
}

static u32 any_odds(u64 *random, u32 never, u32 from, u32 to)
{
	u32 n = oracle_below(random, 8);

	return n < never ? 0 : 1U << (from + oracle_below(random, to - from + 1));
}

void oracle_make(struct oracle_tables *t, struct oracle_plan *plan, u64 seed)
{
	u64 random = oracle_mix(seed);

	lay_out(t, &random);
	memset(plan, 0, sizeof(*plan));
	any_range(t, &random, plan);
	switch (oracle_below(&random, 8)) {
	case 0:
		plan->calls = (1 << ORACLE_HUGETLB) - 1;
		break;
	case 1:
		plan->calls = 1 << ORACLE_PTE | 1 << ORACLE_HOLE;
		break;
	default:
		plan->calls = oracle_below(&random, 1 << ORACLE_HUGETLB);
	}
	plan->limit = 50 + oracle_below(&random, 450);
	plan->agains = oracle_below(&random, 12);
	plan->odds.stop = any_odds(&random, 5, 3, 9);
	plan->odds.action = any_odds(&random, 2, 1, 7);
	plan->odds.meddle = any_odds(&random, 4, 2, 7);
	/* what is refused */
	if (!oracle_below(&random, 64))
		plan->calls |= 1 << ORACLE_INSTALL_PTE;
	if (!oracle_below(&random, 64))
		plan->end = plan->start - (oracle_below(&random, 2) ? 0 : plan->start >> 1);
}

static u64 where(const struct oracle *o, const void *entry)
{
	const struct oracle_tables *t = o->private;
	u64 at = (const char *)entry - (const char *)t->base, page = at / t->stride;

	at %= t->stride;
	return page < t->nr && at < 1ULL << t->page_shift ? (page << t->page_shift) + at :
							    ORACLE_NOWHERE - 1;
}

/*
 * Write to the entry that the callback got, to one that an earlier one got, or to any. Between the
 * call for a pgd or p4d and its own look at the table below, the kernel does not ask whether there
 * still is one.
 */
static void meddle(struct oracle *o, struct oracle_record *r)
{
	struct oracle_tables *t = o->private;
	u32 n = oracle_below(&o->random, 8), level;
	u64 to = ORACLE_NOWHERE;

	if (n < 5)
		to = r->where;
	else if (n < 7)
		to = o->log[o->nr - 1 - oracle_below(&o->random, o->nr < 16 ? o->nr : 16)].where;
	if (to >= (u64)t->nr << t->page_shift)
		to = (oracle_below(&o->random, t->nr << table_bits(t))) * 8ULL;
	level = t->level[to >> t->page_shift];
	r->target = to;
	if (level > ORACLE_LEVEL_PUD && (r->call == ORACLE_PGD || r->call == ORACLE_P4D))
		r->written = any_entry(t, &o->random, level, TABLE);
	else
		r->written = any_entry(t, &o->random, level, oracle_below(&o->random, NR_KINDS));
	*(volatile u64 *)oracle_at(t, to) = r->written;
}

void oracle_start(struct oracle *o, struct oracle_tables *t, const struct oracle_plan *plan,
		  u64 seed)
{
	o->nr = 0;
	o->max = ORACLE_RECORDS;
	o->limit = plan->limit;
	o->overflow = false;
	o->agains = plan->agains;
	o->random = oracle_mix(~seed);
	o->odds = plan->odds;
	o->where = where;
	o->meddle = meddle;
	o->private = t;
}

u64 oracle_checksum(const struct oracle_tables *t)
{
	u64 sum = 0;
	u32 page, index;

	for (page = 0; page < t->nr; page++) {
		const u64 *entries = entry_at(t, page, 0);

		for (index = 0; index < 1U << table_bits(t); index++)
			sum = (sum << 1 | sum >> 63) ^ entries[index];
	}
	return sum;
}
