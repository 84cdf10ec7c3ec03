// SPDX-License-Identifier: GPL-2.0-only
#include "audit/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "geometry/descriptor.h"
#include "source/stream.h"

static bool is_off(const struct audit *audit, enum audit_rule rule)
{
	return audit->config.off & 1U << rule;
}

void audit_found(struct audit *audit, enum audit_rule rule, const struct leaf_run *run)
{
	const struct audit_finding finding = {
		.rule = rule,
		.addr = run->start,
		.size = run->size,
		.level = run->level,
		.desc = run->desc,
		.pa = desc_address(audit->config.geo, run->desc),
	};

	if (!is_off(audit, rule))
		audit->emit(audit->ctx, &finding);
}

void audit_keep(struct audit *audit, struct mappings *all, const struct leaf_run *run)
{
	if (all->nr == all->room) {
		size_t room = all->room ? all->room * 2 : 256;
		struct mapping *more = realloc(all->mapping, room * sizeof(*more));

		if (!more) {
			audit->incomplete = true;
			return;
		}
		all->mapping = more;
		all->room = room;
	}
	all->mapping[all->nr++] = (struct mapping){
		.pa = desc_address(audit->config.geo, run->desc),
		.size = run->size,
		.addr = run->start,
		.desc = run->desc,
		.level = run->level,
	};
}

/*
 * A run of equal entries is as long as its members agree; what is contiguous has to fill whole
 * contiguous runs, aligned in both address spaces (Arm ARM D8.7.1).
 */
static bool is_broken_run(const struct geometry *geo, const struct leaf_run *run)
{
	unsigned int members = run->level == PGTABLE_LEVEL_PTE ? geo->cont_ptes :
			       run->level == PGTABLE_LEVEL_PMD ? geo->cont_pmds :
								 0;
	uint64_t bytes = members * geometry_size(geo, run->level);

	if (!(run->desc & PTE_CONT) || !desc_valid(run->desc))
		return false;
	return !bytes || (run->start | run->size | desc_address(geo, run->desc)) & (bytes - 1);
}

static bool inside(const struct audit_range *ranges, size_t nr, uint64_t start, uint64_t size)
{
	for (size_t i = 0; i < nr; i++)
		if (start >= ranges[i].start && start - ranges[i].start < ranges[i].size &&
		    size <= ranges[i].size - (start - ranges[i].start))
			return true;
	return false;
}

/* Bits 63:59 of a leaf: PBHA and ignored ones, which Linux leaves alone; 49:48 without LPA. */
static bool has_reserved_bits(const struct audit *audit, const struct leaf_run *run)
{
	const struct geometry *geo = audit->config.geo;
	uint64_t low = geometry_size(geo, run->level) - geometry_page_size(geo);
	uint64_t pa = desc_address(geo, run->desc);

	if (run->desc & (15ULL << 59 | 1ULL << 63))
		return true;
	return pa & low || pa >> audit->config.pa_bits;
}

static void look_at_valid(struct audit *audit, const struct leaf_run *run)
{
	const struct audit_config *config = &audit->config;
	bool writable = desc_writable(run->desc, run->table_bits);
	enum zone zone = zone_of(config->zones, run->start);
	bool linear = zone == ZONE_LINEAR;
	uint64_t pa = desc_address(config->geo, run->desc);

	if (writable && desc_executable(run->desc, run->table_bits))
		audit_found(audit, AUDIT_WX, run);
	if (!(run->desc & PTE_AF))
		audit_found(audit, AUDIT_NO_AF, run);
	if ((run->desc & PTE_USER) && !(run->table_bits & TABLE_NOUSER))
		audit_found(audit, AUDIT_USER, run);
	if (!(run->desc & PTE_UXN) && !(run->table_bits & TABLE_UXN))
		audit_found(audit, AUDIT_USER_EXECUTABLE, run);
	if (is_broken_run(config->geo, run))
		audit_found(audit, AUDIT_BROKEN_RUN, run);
	if (has_reserved_bits(audit, run))
		audit_found(audit, AUDIT_RESERVED_BITS, run);
	if (linear && config->nr_ram && !inside(config->ram, config->nr_ram, pa, run->size))
		audit_found(audit, AUDIT_OUTSIDE_RAM, run);
	if (!linear)
		audit_other(audit, run);
	if (linear && writable)
		audit_keep(audit, &audit->writable, run);
	/* the fixmap has the device tree read-only, which is no secret by its linear address */
	if ((zone == ZONE_VMALLOC || zone == ZONE_MODULES || zone == ZONE_IMAGE) && !writable)
		audit_keep(audit, &audit->read_only, run);
}

void audit_run(void *ctx, const struct leaf_run *run)
{
	struct audit *audit = ctx;
	const struct audit_config *config = &audit->config;

	if (!run->desc)
		return;
	if (run->marks & (STREAM_TORN | STREAM_CHANGED)) {
		audit_found(audit, AUDIT_TORN, run);
		return;
	}
	if (!desc_present(run->desc)) {
		audit_invalid(audit, run);
		return;
	}
	if (run->level != PGTABLE_LEVEL_PTE && !geometry_block_level(config->geo, run->level))
		audit_found(audit, AUDIT_ILLEGAL_BLOCK, run);
	if (desc_valid(run->desc))
		look_at_valid(audit, run);
	else
		audit_invalid(audit, run);
}

void audit_table(void *ctx, enum pgtable_level level, uint64_t addr, uint64_t pa)
{
	struct audit *audit = ctx;

	if (audit->nr_tables == audit->room_tables) {
		size_t room = audit->room_tables ? audit->room_tables * 2 : 1024;
		struct table_at *more = realloc(audit->tables, room * sizeof(*more));

		if (!more) {
			audit->incomplete = true;
			return;
		}
		audit->tables = more;
		audit->room_tables = room;
	}
	audit->tables[audit->nr_tables++] = (struct table_at){ pa, addr, level };
}

static int by_table(const void *a, const void *b)
{
	const struct table_at *x = a, *y = b;

	if (x->pa != y->pa)
		return x->pa < y->pa ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void tables_twice(struct audit *audit)
{
	if (audit->nr_tables < 2)
		return;
	qsort(audit->tables, audit->nr_tables, sizeof(*audit->tables), by_table);
	for (size_t i = 1; i < audit->nr_tables; i++) {
		const struct table_at *first = &audit->tables[i - 1], *again = &audit->tables[i];
		const struct audit_finding finding = {
			.rule = AUDIT_TABLE_SHARED,
			.addr = again->addr,
			.size = geometry_size(audit->config.geo, again->level + 1),
			.level = again->level,
			.pa = again->pa,
			.other = first->addr,
		};

		/* not where two walks came by the same way */
		if (first->pa == again->pa &&
		    (first->addr != again->addr || first->level != again->level))
			audit->emit(audit->ctx, &finding);
	}
}

static int by_pa(const void *a, const void *b)
{
	const struct mapping *x = a, *y = b;

	return x->pa < y->pa ? -1 : x->pa > y->pa;
}

/* The linear map's own are few; whether they reach into one another is found by the order. */
static void aliases(struct audit *audit)
{
	const struct mappings *linear = &audit->writable, *others = &audit->read_only;
	size_t first = 0;

	if (!linear->nr || !others->nr)
		return;
	qsort(linear->mapping, linear->nr, sizeof(*linear->mapping), by_pa);
	qsort(others->mapping, others->nr, sizeof(*others->mapping), by_pa);
	for (size_t i = 0; i < others->nr; i++) {
		const struct mapping *ro = &others->mapping[i];

		while (first < linear->nr &&
		       linear->mapping[first].pa + linear->mapping[first].size <= ro->pa)
			first++;
		for (size_t n = first; n < linear->nr && linear->mapping[n].pa < ro->pa + ro->size;
		     n++) {
			const struct mapping *rw = &linear->mapping[n];
			uint64_t from = rw->pa > ro->pa ? rw->pa : ro->pa;
			uint64_t rw_end = rw->pa + rw->size, ro_end = ro->pa + ro->size;
			uint64_t to = rw_end < ro_end ? rw_end : ro_end;
			const struct audit_finding finding = {
				.rule = AUDIT_ALIAS_WRITABLE,
				.addr = rw->addr + (from - rw->pa),
				.size = to - from,
				.level = rw->level,
				.desc = rw->desc,
				.pa = from,
				.other = ro->addr + (from - ro->pa),
			};

			audit->emit(audit->ctx, &finding);
		}
	}
}

int audit_end(struct audit *audit)
{
	if (!is_off(audit, AUDIT_INVALID_LEAF))
		audit_unowned(audit);
	if (!is_off(audit, AUDIT_TABLE_SHARED))
		tables_twice(audit);
	if (!is_off(audit, AUDIT_ALIAS_WRITABLE))
		aliases(audit);
	return audit->incomplete ? -ENOMEM : 0;
}

int audit_new(struct audit **out, const struct audit_config *config, audit_fn finding, void *ctx)
{
	struct audit *audit = calloc(1, sizeof(*audit));

	if (!audit)
		return -ENOMEM;
	audit->config = *config;
	audit->emit = finding;
	audit->ctx = ctx;
	*out = audit;
	return 0;
}

void audit_free(struct audit *audit)
{
	if (!audit)
		return;
	free(audit->read_only.mapping);
	free(audit->writable.mapping);
	free(audit->invalid.mapping);
	free(audit->tables);
	free(audit);
}
