// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking, and looking again: between the reads of two tables, and between two steps of whoever
 * changes them, there are states that are gone when one looks for them.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include "commands/audit.h"

#define MOST_FINDINGS 65536
/* At all, where something was torn; and at one finding, where it was. */
#define MOST_LOOKS 3
/* That are looked at again. A kernel that has more than these has them. */
#define MOST_AGAIN 256

static void keep(struct findings *all, const struct audit_finding *finding)
{
	if (all->nr == all->room) {
		size_t room = all->room ? all->room * 2 : 64;
		struct audit_finding *more = room > MOST_FINDINGS ?
						     NULL :
						     realloc(all->finding, room * sizeof(*more));

		if (!more) {
			all->left_out++;
			return;
		}
		all->finding = more;
		all->room = room;
	}
	all->finding[all->nr++] = *finding;
}

/* What the rules are asked with. */
struct look {
	struct audit_command *command;
	struct findings findings;
	bool torn;
};

static void on_finding(void *ctx, const struct audit_finding *finding)
{
	struct look *look = ctx;

	look->torn |= finding->rule == AUDIT_TORN;
	keep(&look->findings, finding);
}

static enum audit_owner owner(void *ctx, uint64_t pa)
{
	return keepers_of(((struct look *)ctx)->command->keepers, pa);
}

static bool hides_alias(void *ctx, uint64_t addr)
{
	return keepers_hide_alias(((struct look *)ctx)->command->keepers, addr);
}

static int new_audit(struct look *look, struct audit **audit)
{
	struct audit_command *command = look->command;
	const struct kernel *kernel = &command->live.kernel;
	const struct audit_config config = {
		.geo = &kernel->geo,
		.zones = &kernel->zones,
		.ram = command->facts.ram,
		.nr_ram = command->facts.nr_ram,
		.owner = owner,
		.hides_alias = hides_alias,
		.off = command->facts.off,
		.pa_bits = kernel->geo.lpa2 || kernel->geo.page_shift == 16 ? 52 : 48,
	};

	look->findings.nr = look->findings.left_out = 0;
	look->torn = false;
	return audit_new(audit, &config, on_finding, look);
}

/*
 * The walk takes what is no table for a hole in the levels where there are no leaves, as the kernel
 * does, which clears it.
 */
static void on_fault(struct mm_struct *mm, const struct pagewalk_fault *fault)
{
	struct live *live = (struct live *)((char *)mm - offsetof(struct live, mm));
	struct audit_command *command =
		(struct audit_command *)((char *)live - offsetof(struct audit_command, live));
	struct leaf_run run = { .level = fault->level, .desc = fault->entry };

	if (fault->kind != PAGEWALK_BAD_ENTRY || fault->level <= PGTABLE_LEVEL_PUD)
		return;
	run.size = geometry_size(&live->kernel.geo, run.level);
	run.start = fault->addr & ~(run.size - 1);
	run.marks = stream_marks(live->stream, run.level);
	audit_run(command->audit, &run);
}

static int look_at(struct look *look, const struct range *ranges, size_t nr, struct problem *why)
{
	const struct leaves_options options = { .table = audit_table };
	struct audit *audit = NULL;
	int err = new_audit(look, &audit);

	if (err)
		return problem(why, err, "out of memory");
	look->command->audit = audit;
	look->command->live.mm.report = on_fault;
	for (size_t i = 0; i < nr && !err; i++)
		err = live_walk(&look->command->live, &ranges[i], &options, audit_run, audit, why);
	if (!err) {
		err = audit_end(audit);
		if (err)
			problem(why, err, "out of memory");
	}
	audit_free(audit);
	return err;
}

/* All of the kernel's half; again, where something changed in the middle of it. */
static int look_at_all(struct look *look, struct problem *why)
{
	struct audit_command *command = look->command;
	const struct range all = live_all(&command->live);
	int err = 0;

	for (int i = 0; i < MOST_LOOKS && !err; i++) {
		err = look_at(look, &all, 1, why);
		if (!look->torn)
			break;
	}
	command->stats = *stream_stats(command->live.stream);
	return err;
}

/* A piece around it that has whole contiguous runs. */
static struct range around(const struct geometry *geo, enum pgtable_level level, uint64_t addr,
			   uint64_t size)
{
	uint64_t unit = geometry_size(geo, level);

	if (level == PGTABLE_LEVEL_PTE)
		unit *= geo->cont_ptes;
	if (level == PGTABLE_LEVEL_PMD)
		unit *= geo->cont_pmds;
	return (struct range){ addr & ~(unit - 1), (addr + size + unit - 1) & ~(unit - 1) };
}

static bool overlap(const struct audit_finding *a, const struct audit_finding *b)
{
	return a->addr <= b->addr + (b->size - 1) && b->addr <= a->addr + (a->size - 1);
}

static bool is_among(const struct findings *all, const struct audit_finding *finding,
		     enum audit_rule rule)
{
	for (size_t i = 0; i < all->nr; i++)
		if (all->finding[i].rule == rule && all->finding[i].owner == OWNER_NONE &&
		    overlap(&all->finding[i], finding))
			return true;
	return false;
}

/* Is it still there? What cannot be told is torn. */
static int look_again(struct look *look, struct audit_finding *finding, bool *there,
		      struct problem *why)
{
	const struct geometry *geo = &look->command->live.kernel.geo;
	const struct range ranges[] = {
		around(geo, finding->level, finding->addr, finding->size),
		around(geo, finding->level, finding->other, finding->size),
	};
	int err = 0;

	*there = true;
	for (int i = 0; i < MOST_LOOKS && !err; i++) {
		err = look_at(look, ranges, finding->other ? 2 : 1, why);
		if (!err && is_among(&look->findings, finding, finding->rule))
			return 0;
		if (!err && !look->torn) {
			*there = false;
			return 0;
		}
	}
	finding->rule = AUDIT_TORN;
	return err;
}

static bool wants_look(const struct audit_finding *finding)
{
	return finding->rule != AUDIT_TORN && finding->owner == OWNER_NONE;
}

/* Drop what is not there any more. */
static int look_at_each(struct audit_command *command, struct findings *findings,
			struct problem *why)
{
	struct look look = { .command = command };
	size_t kept = 0, looked = 0;
	int err = 0;

	for (size_t i = 0; i < findings->nr && !err; i++) {
		struct audit_finding finding = findings->finding[i];
		bool there = true;

		if (wants_look(&finding) && looked++ < MOST_AGAIN)
			err = look_again(&look, &finding, &there, why);
		if (there)
			findings->finding[kept++] = finding;
	}
	command->gone += findings->nr - kept;
	findings->nr = kept;
	free(look.findings.finding);
	return err;
}

static bool any_wants_look(const struct findings *findings)
{
	for (size_t i = 0; i < findings->nr; i++)
		if (wants_look(&findings->finding[i]))
			return true;
	return false;
}

int audit_look(struct audit_command *command, struct problem *why)
{
	/*
	 * A worker that frees a module's memory page by page may be interrupted in the middle of
	 * it, with the aliases of half of it invalid.
	 */
	static const struct timespec pauses[] = { { 0, 20000000 },
						  { 0, 100000000 },
						  { 0, 400000000 } };
	struct look look = { .command = command };
	int err = look_at_all(&look, why);

	command->findings = look.findings;
	for (int i = 0; i < 3 && !err && any_wants_look(&command->findings); i++) {
		nanosleep(&pauses[i], NULL);
		err = look_at_each(command, &command->findings, why);
	}
	return err;
}
