// SPDX-License-Identifier: GPL-2.0-only
/*
 * libaddrxlat, the address translation of libkdumpfile, as a judge of the page walk: both read the
 * same bytes, and every entry of random tables has to lead to the same address or to the same
 * fault.
 *
 * Where libaddrxlat is wrong, or means something else, it is said here and looked for; who is right
 * is the Arm ARM (D8.3) and what the kernel does:
 *
 * wrong, and taken into account only as long as it is there (tests below say when it is not):
 *   LPA, 64K pages	PA[47] is lost, in page, block and table descriptors
 *   LPA2		PA[49] is lost, in page, block and table descriptors
 *   OS setup		a 64K kernel for 52 bits on a CPU with 48 gets a top level table of 64
 *			entries, and libaddrxlat is not told that they begin behind the 960 first
 *   OS setup		a 64K kernel for less than 52 bits gets the format without LPA, though it
 *			may be built for 52-bit physical addresses: PA[51:48] is lost
 *
 * another meaning:
 *   large blocks	FEAT_LPA and FEAT_LPA2 allow blocks of 4T (64K pages), 64G (16K) and 512G
 *			(4K). Linux has none: the walk reports them, libaddrxlat follows them
 *   bit 1 of a PTE	a last level entry of type 01 is reserved. libaddrxlat refuses it; the
 *			kernel's pte_valid() looks at bit 0 only
 *   bit 11		present but invalid: pte_present(), and no translation to libaddrxlat
 */
#ifndef HAVE_ADDRXLAT

#include <stdio.h>

int main(void)
{
	puts("libaddrxlat is not installed: tests/setup check");
	return 77;
}

#else

#include <errno.h>
#include <libkdumpfile/addrxlat.h>
#include <stdlib.h>
#include <string.h>

#include "tables.h"
#include "test.h"

#define NR_TABLES 14 /* in random tables, at most */

struct table {
	enum pgtable_level level;
	uint64_t addr; /* that its first entry maps */
	uint64_t pa;
	uint64_t *entries;
};

struct world {
	struct geometry geo;
	struct pagewalk_image *image;
	struct mm_struct mm;
	addrxlat_ctx_t *ctx;
	addrxlat_meth_t meth;
	uint64_t half;	  /* the first address of the half of the address space */
	uint64_t pa_mask; /* what the tables' addresses may have */
	uint64_t pa_set;  /* and what they have to */
	uint64_t lost;	  /* bits of them that libaddrxlat does not return */
	uint64_t random;
	struct table tables[NR_TABLES + 1];
	unsigned int nr;
	struct pagewalk_fault bad; /* the last that was reported */
	uint64_t compared, mapped, illegal, large, bit_11;
	uint64_t to_report, reported; /* valid entries above the last level that are no good */
};

static void put_page(const addrxlat_buffer_t *buf)
{
	(void)buf;
}

static addrxlat_status get_page(const addrxlat_cb_t *cb, addrxlat_buffer_t *buf)
{
	struct world *world = cb->priv;
	uint64_t room, size = geometry_page_size(&world->geo);

	buf->addr.addr &= ~(size - 1);
	buf->ptr = pagewalk_image_at(world->image, buf->addr.addr, &room);
	buf->size = size;
	buf->byte_order = ADDRXLAT_LITTLE_ENDIAN;
	buf->put_page = put_page;
	return buf->ptr ? ADDRXLAT_OK : ADDRXLAT_ERR_NODATA;
}

static unsigned long read_caps(const addrxlat_cb_t *cb)
{
	(void)cb;
	return ADDRXLAT_CAPS(ADDRXLAT_KPHYSADDR);
}

static void remember(struct mm_struct *mm, const struct pagewalk_fault *fault)
{
	struct world *world = mm->private;

	world->bad = *fault;
	world->reported += fault->entry & PTE_VALID;
}

static uint64_t *add_table(struct world *world, enum pgtable_level level, uint64_t addr)
{
	const uint64_t size = geometry_page_size(&world->geo);
	struct table *table = &world->tables[world->nr];
	static const char zeroes[65536];
	uint64_t room;
	int err;

	/* side by side in the low bits, so that no two meet; anywhere in the high ones */
	table->pa = (test_random(&world->random) & world->pa_mask & ~((1ULL << 30) - 1)) |
		    world->pa_set | (world->nr + 1) * size;
	table->level = level;
	table->addr = addr;
	err = pagewalk_image_add(world->image, table->pa, zeroes);
	if (!EXPECT_EQ(err, 0))
		abort();
	table->entries = pagewalk_image_at(world->image, table->pa, &room);
	return world->tables[world->nr++].entries;
}

static addrxlat_pte_format_t format_of(const struct geometry *geo)
{
	return geo->page_shift == 16 ? ADDRXLAT_PTE_AARCH64_LPA :
	       geo->lpa2	     ? ADDRXLAT_PTE_AARCH64_LPA2 :
				       ADDRXLAT_PTE_AARCH64;
}

static void world_init(struct world *world, const struct shape *shape, bool upper_half)
{
	const struct geometry *geo = &world->geo;
	addrxlat_paging_form_t *pf = &world->meth.param.pgt.pf;
	addrxlat_cb_t *cb;

	*world = (struct world){ .geo = shape_geometry(shape) };
	world->image = pagewalk_image_new(geometry_page_size(geo), NULL);
	world->half = upper_half ? -(1ULL << geo->va_bits) : 0;
	world->pa_mask = (1ULL << (geo->page_shift == 16 || geo->lpa2 ? 52 : 48)) - 1;
	world->ctx = addrxlat_ctx_new();
	cb = addrxlat_ctx_add_cb(world->ctx);
	cb->priv = world;
	cb->get_page = get_page;
	cb->read_caps = read_caps;
	world->meth.kind = ADDRXLAT_PGT;
	world->meth.target_as = ADDRXLAT_KPHYSADDR;
	pf->pte_format = format_of(geo);
	pf->nfields = geo->levels + 1;
	pf->fieldsz[0] = geo->page_shift;
	for (unsigned int i = 1; i < geo->levels; i++)
		pf->fieldsz[i] = geo->table_bits;
	pf->fieldsz[geo->levels] = geo->top_index_bits;
	world->mm = (struct mm_struct){
		.geo = geo,
		.memory = pagewalk_image_memory(world->image),
		.report = remember,
		.private = world,
	};
}

static void set_root(struct world *world)
{
	world->mm.root = world->tables[0].pa;
	world->meth.param.pgt.root = (addrxlat_fulladdr_t){ world->mm.root, ADDRXLAT_KPHYSADDR };
}

static void world_release(struct world *world)
{
	pagewalk_image_free(world->image);
	addrxlat_ctx_decref(world->ctx);
}

static addrxlat_status translate(struct world *world, uint64_t addr, uint64_t *pa)
{
	addrxlat_step_t step = { .ctx = world->ctx, .meth = &world->meth };
	addrxlat_status status;

	step.base.addr = addr;
	status = addrxlat_walk(&step);
	*pa = step.base.addr;
	return status;
}

/* Map one page at @pa, by tables whose addresses have @table_bits, and see where it is found. */
static addrxlat_status one_page(const struct shape *shape, uint64_t table_bits, uint64_t pa,
				uint64_t *got)
{
	struct world world;
	const struct geometry *geo = &world.geo;
	addrxlat_status status;
	uint64_t *entry;

	world_init(&world, shape, true);
	world.pa_mask = 0;
	entry = add_table(&world, geometry_top(geo), world.half) +
		geometry_index(geo, geometry_top(geo), world.half);
	world.pa_mask = world.pa_set = table_bits;
	for (int level = geometry_top(geo); level-- > 0;) {
		uint64_t *above = entry;

		entry = add_table(&world, level, world.half);
		*above = desc_of(geo, world.tables[world.nr - 1].pa) | TABLE_BITS;
	}
	*entry = desc_of(geo, pa) | (PAGE_BITS & ~PTE_SHARED);
	set_root(&world);
	status = translate(&world, world.half, got);
	world_release(&world);
	return status;
}

/* The bits of a physical address that libaddrxlat does not return. */
static uint64_t lost_bits(const struct shape *shape)
{
	struct geometry geo = shape_geometry(shape);
	uint64_t all = ((1ULL << (geo.page_shift == 16 || geo.lpa2 ? 52 : 48)) - 1) &
		       ~(geometry_page_size(&geo) - 1);
	uint64_t got = 0;

	EXPECT_EQ(one_page(shape, 0, all, &got), ADDRXLAT_OK);
	EXPECT_EQ(got & ~all, 0);
	return all & ~got;
}

/* Does libaddrxlat follow a block that Linux has not? */
static bool large_block(const struct geometry *geo, int level)
{
	return (geo->page_shift == 16 && level == PGTABLE_LEVEL_PUD) ||
	       (geo->lpa2 && geo->page_shift == 14 && level == PGTABLE_LEVEL_PUD) ||
	       (geo->lpa2 && geo->page_shift == 12 && level == PGTABLE_LEVEL_P4D);
}

/* One address: what the walk found there is @desc, an entry of @level. */
static void compare_at(struct world *world, int level, uint64_t desc, uint64_t addr)
{
	const struct geometry *geo = &world->geo;
	uint64_t offset = addr & (geometry_size(geo, level) - 1), got, pa = 0;
	addrxlat_status status = translate(world, addr, &got);
	bool legal = level == PGTABLE_LEVEL_PTE ? desc & PTE_TABLE_BIT :
						  geometry_block_level(geo, level);

	test_case("%u/%u/%u %#llx: %#llx at level %d", geo->page_shift, geo->va_bits,
		  geo->va_bits_config, (unsigned long long)addr, (unsigned long long)desc, level);
	world->compared++;
	if (!(desc & PTE_VALID)) {
		world->bit_11 += pte_present_invalid(__pte(desc));
		EXPECT_EQ(status, ADDRXLAT_ERR_NOTPRESENT);
		return;
	}
	if (!legal && !large_block(geo, level)) {
		world->illegal++;
		EXPECT_EQ(status, ADDRXLAT_ERR_INVALID);
		return;
	}
	if (!legal)
		world->large++;
	/* by the accessors that a callback has */
	if (level == PGTABLE_LEVEL_PTE)
		pa = pte_pfn(__pte(desc));
	else if (level == PGTABLE_LEVEL_PMD)
		pa = pmd_pfn(__pmd(desc));
	else if (level == PGTABLE_LEVEL_PUD)
		pa = pud_pfn(__pud(desc));
	else
		pa = pte_pfn(__pte(desc)) & (~0ULL << level * geo->table_bits);
	pa = (pa << geo->page_shift) + offset;
	world->mapped++;
	if (EXPECT_EQ(status, ADDRXLAT_OK))
		EXPECT_EQ(got, pa & ~world->lost);
}

/* First, last and some address of what a callback is told of. */
static void compare(struct world *world, int level, uint64_t desc, uint64_t addr, uint64_t next)
{
	compare_at(world, level, desc, addr);
	if (test_random_below(&world->random, 8))
		return;
	compare_at(world, level, desc, next - 1);
	compare_at(world, level, desc, addr + test_random_below(&world->random, next - addr));
}

static int on_pud(pud_t *pud, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	struct world *world = walk->private;
	pud_t val = pudp_get(pud);

	/* not pud_table(), which is constant with 64K pages */
	if (pagewalk_pud_folded() || (pud_val(val) & PUD_TYPE_MASK) == PUD_TYPE_TABLE)
		return 0;
	compare(world, PGTABLE_LEVEL_PUD, pud_val(val), addr, next);
	if (!geometry_block_level(walk->mm->geo, PGTABLE_LEVEL_PUD))
		world->to_report += pud_valid(val);
	else if (pud_leaf(val))
		walk->action = ACTION_CONTINUE;
	return 0;
}

static int on_pmd(pmd_t *pmd, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	pmd_t val = pmdp_get(pmd);

	if (pmd_table(val))
		return 0;
	compare(walk->private, PGTABLE_LEVEL_PMD, pmd_val(val), addr, next);
	if (pmd_leaf(val))
		walk->action = ACTION_CONTINUE;
	return 0;
}

static int on_pte(pte_t *pte, unsigned long addr, unsigned long next, struct mm_walk *walk)
{
	compare(walk->private, PGTABLE_LEVEL_PTE, pte_val(ptep_get(pte)), addr, next);
	return 0;
}

/* A hole, or a bad entry of pgd or p4d: that was reported just before. */
static int on_hole(unsigned long addr, unsigned long next, int depth, struct mm_walk *walk)
{
	struct world *world = walk->private;
	struct pagewalk_fault *bad = &world->bad;

	(void)depth;
	if (bad->kind == PAGEWALK_BAD_ENTRY && bad->addr == addr) {
		world->to_report += bad->entry & PTE_VALID;
		compare(world, bad->level, bad->entry, addr, next);
	} else {
		compare(world, PGTABLE_LEVEL_PTE, 0, addr, next);
	}
	bad->kind = PAGEWALK_OK;
	return 0;
}

static const struct mm_walk_ops compare_ops = {
	.pud_entry = on_pud,
	.pmd_entry = on_pmd,
	.pte_entry = on_pte,
	.pte_hole = on_hole,
};

static int walk(struct world *world, uint64_t start, uint64_t end)
{
	int err;

	pagewalk_init_mm = &world->mm;
	world->bad.kind = PAGEWALK_OK;
	err = walk_kernel_page_table_range_lockless(start, end, &compare_ops, NULL, world);
	pagewalk_init_mm = NULL;
	return err;
}

/* Any bits but those that decide what the entry is. */
static uint64_t leaf(struct world *world, enum pgtable_level level)
{
	uint64_t attributes = test_random(&world->random) & ~(PTE_TYPE_MASK | PTE_PRESENT_INVALID);
	uint64_t type = level ? PMD_TYPE_SECT : PTE_TYPE_PAGE;

	switch (test_random_below(&world->random, 8)) {
	case 0: /* of no use to hardware, present to software */
		return (attributes & ~1ULL) | PTE_PRESENT_INVALID |
		       (level ? 0 : test_random_below(&world->random, 2) << 1);
	case 1: /* something like a swap entry */
		return attributes;
	case 2: /* of the last level: reserved */
		return attributes | PTE_VALID;
	default:
		return attributes | type | (test_random(&world->random) & PTE_NG);
	}
}

static void random_table(struct world *world, enum pgtable_level level, uint64_t addr)
{
	const struct geometry *geo = &world->geo;
	uint64_t span = level == geometry_top(geo) ? 1ULL << geo->va_bits :
						     geometry_size(geo, level + 1);
	uint64_t *entries = add_table(world, level, addr);
	unsigned int nr = geometry_entries(geo, level);

	for (unsigned int n = test_random_below(&world->random, level ? 24 : nr); n; n--)
		entries[test_random_below(&world->random, nr)] = leaf(world, level);
	for (unsigned int n = 0; level && n < 3 && world->nr < NR_TABLES; n++) {
		uint64_t va = (addr + test_random_below(&world->random, span)) &
			      ~(geometry_size(geo, level) - 1);
		uint64_t *entry = entries + geometry_index(geo, level, va);
		const struct table *child = &world->tables[world->nr];

		if ((*entry & TABLE_BITS) == TABLE_BITS)
			continue;
		random_table(world, level - 1, va);
		*entry = desc_of(geo, child->pa) | TABLE_BITS |
			 (test_random(&world->random) & (PTE_AF | PMD_TABLE_PXN | PMD_TABLE_UXN));
	}
}

static void random_world(struct world *world, const struct shape *shape, bool upper_half,
			 uint64_t seed)
{
	uint64_t lost = lost_bits(shape);

	world_init(world, shape, upper_half);
	world->random = seed;
	world->lost = lost;
	world->pa_mask &= ~lost;
	random_table(world, geometry_top(&world->geo), world->half);
	set_root(world);
}

/* An entry above the last level leads to a table that nobody has. */
static void lose_table(struct world *world)
{
	struct table *table = &world->tables[test_random_below(&world->random, world->nr)];
	unsigned int nr = geometry_entries(&world->geo, table->level);
	uint64_t *entry = table->entries + test_random_below(&world->random, nr);

	if (table->level && (*entry & TABLE_BITS) != TABLE_BITS)
		*entry = desc_of(&world->geo, 1ULL << 40) | TABLE_BITS;
}

/* One address at a time, also where tables are missing. */
static void compare_address(struct world *world)
{
	const uint64_t size = geometry_page_size(&world->geo);
	const uint64_t in_use = (1ULL << world->geo.va_bits) - 1;
	const struct table *table = &world->tables[test_random_below(&world->random, world->nr)];
	uint64_t addr, pa;
	int err;

	addr = table->addr +
	       (test_random_below(&world->random, geometry_entries(&world->geo, table->level))
		<< geometry_shift(&world->geo, table->level));
	addr += test_random_below(&world->random, geometry_size(&world->geo, table->level));
	addr = (world->half | (addr & in_use)) & ~(size - 1);
	if (!(addr + size)) /* the kernel cannot walk its last page either */
		return;
	err = walk(world, addr, addr + size);
	if (err) {
		test_case("%#llx", (unsigned long long)addr);
		EXPECT_EQ(err, -ENODATA);
		EXPECT_EQ(world->mm.fault.kind, PAGEWALK_NOT_IN_IMAGE);
		EXPECT_EQ(translate(world, addr, &pa), ADDRXLAT_ERR_NODATA);
		world->compared++;
	}
}

TEST(every_translation)
{
	uint64_t seed = test_seed(), compared = 0, mapped = 0, illegal = 0, large = 0, bit_11 = 0;

	for (unsigned int i = 0; i < nr_shapes * 2 && !test_failed(); i++) {
		const struct shape *shape = &shapes[i / 2];
		struct world world;

		random_world(&world, shape, i % 2, seed + i);
		/* the kernel cannot walk the last page of the address space either */
		EXPECT_EQ(walk(&world, world.half,
			       world.half + (1ULL << world.geo.va_bits) -
				       geometry_page_size(&world.geo)),
			  0);
		for (int n = 0; n < 6; n++)
			lose_table(&world);
		for (int n = 0; n < 2000 && !test_failed(); n++)
			compare_address(&world);
		test_case(NULL);
		EXPECT_EQ(world.reported, world.to_report);
		compared += world.compared;
		mapped += world.mapped;
		illegal += world.illegal;
		large += world.large;
		bit_11 += world.bit_11;
		world_release(&world);
	}
	test_case(NULL);
	test_note("libaddrxlat " LIBADDRXLAT ": %llu compared, %llu mapped, %llu illegal, "
		  "%llu by blocks that Linux has not, %llu present but invalid",
		  (unsigned long long)compared, (unsigned long long)mapped,
		  (unsigned long long)illegal, (unsigned long long)large,
		  (unsigned long long)bit_11);
	EXPECT(mapped && illegal && large && bit_11);
}

/*
 * A defect of libaddrxlat: exactly what is described, or nothing. Where it is repaired the
 * comparison above does without it by itself, and this line says that the list can be shortened.
 */
static void defect(const char *name, bool there)
{
	test_note("libaddrxlat " LIBADDRXLAT ": %s: %s", name,
		  there ? "still there" : "REPAIRED, take it out of the list in addrxlat.c");
}

static void loses_bit(const char *name, unsigned int bit, bool (*format)(const struct geometry *))
{
	bool there = false, repaired = false;

	for (unsigned int i = 0; i < nr_shapes; i++) {
		struct geometry geo = shape_geometry(&shapes[i]);
		uint64_t lost = lost_bits(&shapes[i]), got = 0;
		addrxlat_status status;

		test_case("%u/%u/%u", geo.page_shift, geo.va_bits, geo.va_bits_config);
		if (!format(&geo)) {
			EXPECT_EQ(lost & 1ULL << bit, 0);
			continue;
		}
		EXPECT(lost == 0 || lost == 1ULL << bit);
		there |= lost;
		repaired |= !lost;
		/* of a table descriptor, too: the table is not found */
		status = one_page(&shapes[i], 1ULL << bit, 1ULL << 32, &got);
		EXPECT_EQ(status, lost ? ADDRXLAT_ERR_NODATA : ADDRXLAT_OK);
	}
	test_case(NULL);
	EXPECT(there != repaired);
	defect(name, there);
}

static bool is_lpa(const struct geometry *geo)
{
	return geo->page_shift == 16;
}

static bool is_lpa2(const struct geometry *geo)
{
	return geo->lpa2;
}

TEST(lpa_loses_bit_47)
{
	loses_bit("LPA loses PA[47]", 47, is_lpa);
}

TEST(lpa2_loses_bit_49)
{
	loses_bit("LPA2 loses PA[49]", 49, is_lpa2);
}

/* The paging form that libaddrxlat chooses for an arm64 Linux by itself. */
static bool os_form(const struct geometry *geo, addrxlat_paging_form_t *pf)
{
	const addrxlat_fulladdr_t root = { 0x40000000, ADDRXLAT_KPHYSADDR };
	addrxlat_ctx_t *ctx = addrxlat_ctx_new();
	addrxlat_sys_t *sys = addrxlat_sys_new();
	addrxlat_opt_t opts[5];
	addrxlat_status status;

	addrxlat_opt_arch(&opts[0], "aarch64");
	addrxlat_opt_os_type(&opts[1], "linux");
	addrxlat_opt_page_shift(&opts[2], geo->page_shift);
	addrxlat_opt_virt_bits(&opts[3], geo->va_bits);
	addrxlat_opt_rootpgt(&opts[4], &root);
	status = addrxlat_sys_os_init(sys, ctx, ARRAY_SIZE(opts), opts);
	if (EXPECT_EQ(status, ADDRXLAT_OK))
		*pf = addrxlat_sys_get_meth(sys, ADDRXLAT_SYS_METH_PGT)->param.pgt.pf;
	addrxlat_sys_decref(sys);
	addrxlat_ctx_decref(ctx);
	return status == ADDRXLAT_OK;
}

/* Levels, index sizes and entry format that libaddrxlat sets up are those of the geometry. */
TEST(os_setup)
{
	bool short_top = false, without_lpa = false, repaired[2] = {};

	for (unsigned int i = 0; i < nr_shapes; i++) {
		struct geometry geo = shape_geometry(&shapes[i]);
		addrxlat_paging_form_t pf;

		test_case("%u/%u/%u", geo.page_shift, geo.va_bits, geo.va_bits_config);
		if (!os_form(&geo, &pf))
			continue;
		EXPECT_EQ(pf.nfields, geo.levels + 1);
		EXPECT_EQ(pf.fieldsz[0], geo.page_shift);
		for (unsigned int n = 1; n < geo.levels; n++)
			EXPECT_EQ(pf.fieldsz[n], geo.table_bits);
		if (geo.page_shift == 16 && geo.va_bits < geo.va_bits_config) {
			/* it takes the end of the root's index for all of it */
			bool wrong = pf.fieldsz[geo.levels] ==
				     geo.top_index_bits - (geo.va_bits_config - geo.va_bits);

			EXPECT(wrong || pf.fieldsz[geo.levels] == geo.top_index_bits);
			short_top |= wrong;
			repaired[0] |= !wrong;
		} else if (geo.levels == geo.levels_config) {
			EXPECT_EQ(pf.fieldsz[geo.levels], geo.top_index_bits);
		} else {
			/* of the whole table that such a kernel has, addresses use so much */
			EXPECT_EQ(pf.fieldsz[geo.levels],
				  geo.va_bits - geometry_shift(&geo, geometry_top(&geo)));
		}
		if (geo.page_shift == 16 && geo.va_bits < 52) {
			bool wrong = pf.pte_format == ADDRXLAT_PTE_AARCH64;

			EXPECT(wrong || pf.pte_format == ADDRXLAT_PTE_AARCH64_LPA);
			without_lpa |= wrong;
			repaired[1] |= !wrong;
		} else {
			EXPECT_EQ(pf.pte_format, format_of(&geo));
		}
	}
	test_case(NULL);
	EXPECT(short_top != repaired[0]);
	EXPECT(without_lpa != repaired[1]);
	defect("OS setup: top level table of a 64K kernel for 52 bits with 48 in use", short_top);
	defect("OS setup: no LPA below 52 bits of virtual address", without_lpa);
}

#endif
