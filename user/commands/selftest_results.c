// SPDX-License-Identifier: GPL-2.0-only
/* What a selftest concludes: of each step, hook, rule and verdict. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/selftest.h"

static bool ran(const struct selftest *test, enum step_nr nr)
{
	return !test->done[nr].ret;
}

/* A step that could not run, or that this kernel does where nobody can see it. True: it is said. */
static bool excused(const struct selftest *test, struct ktap *ktap, enum step_nr nr)
{
	int ret = test->done[nr].ret;

	if (!ret)
		return false;
	ktap_result(ktap, ret == PROVOKE_CANNOT ? KTAP_SKIP : KTAP_FAILED, steps[nr].name, "%s",
		    test->done[nr].outcome.what);
	return true;
}

/* Each page once out of the linear map and once back. */
static void secretmem(const struct selftest *test, struct ktap *ktap)
{
	const char *name = steps[STEP_SECRETMEM].name;
	size_t pages = test->done[STEP_SECRETMEM].outcome.count;
	size_t out = seen_pages(&test->seen, STEP_SECRETMEM, "set_direct_map_invalid_noflush");
	size_t back = seen_pages(&test->seen, STEP_SECRETMEM, "set_direct_map_default_noflush");

	if (excused(test, ktap, STEP_SECRETMEM))
		return;
	/* apply_to_page_range() is called by set_direct_map_*() themselves there */
	if (!test->session.kernel.pageattr_ops)
		ktap_result(ktap, KTAP_SKIP, name,
			    "%zu pages hidden and shown, by functions of this kernel that do not go "
			    "through the hook",
			    pages);
	else
		ktap_result(ktap, out == pages && back == pages ? KTAP_OK : KTAP_FAILED, name,
			    "%zu pages: seen to leave the linear map %zu times, to come back %zu "
			    "times",
			    pages, out, back);
}

struct area_check {
	size_t areas;	/* made read-only */
	size_t aliases; /* of their pages, changed along */
	size_t freed;	/* areas whose pages have left the linear map and come back */
	size_t odd;	/* areas of which too much or too little was seen */
};

static const struct seen_change *made_executable(const struct selftest *test,
						 const struct seen_change *ro)
{
	for (size_t i = 0; i < test->seen.nr; i++) {
		const struct seen_change *x = &test->seen.changes[i];

		if (x->func == PWT_FN_COMMON && x->addr == ro->addr && x->size == ro->size &&
		    x->seq > ro->seq && !strcmp(x->op, "set_memory_x"))
			return x;
	}
	return NULL;
}

/* Its alias, where there is one, a page at a time, and itself; then executable, and nothing else.
 */
static void check_area(const struct selftest *test, const struct seen_change *ro,
		       struct area_check *check)
{
	const struct seen *seen = &test->seen;
	size_t pages = test->session.kernel.rodata_full ? ro->size / seen->page_size : 0;
	const struct seen_change *x = made_executable(test, ro);
	struct seen_parts of_ro = seen_parts(seen, ro), of_x = {};
	size_t out = seen_aliases_again(seen, ro, "set_direct_map_invalid_noflush");
	size_t back = seen_aliases_again(seen, ro, "set_direct_map_default_noflush");

	if (x)
		of_x = seen_parts(seen, x);
	check->areas++;
	check->aliases += of_ro.aliases;
	check->freed += pages && out == pages && back == pages;
	if (of_ro.ranges != 1 || of_ro.aliases != pages || of_ro.others || of_x.ranges != 1 ||
	    of_x.aliases || of_x.others)
		check->odd++;
	else if ((out || back) && (out != pages || back != pages))
		check->odd++;
}

static struct area_check check_areas(const struct selftest *test, enum step_nr step,
				     uint64_t least_size)
{
	struct area_check check = {};

	for (size_t i = 0; i < test->seen.nr; i++) {
		const struct seen_change *ro = &test->seen.changes[i];

		if (ro->ours && ro->step == step && ro->func == PWT_FN_COMMON &&
		    ro->size >= least_size && !strcmp(ro->op, "set_memory_ro"))
			check_area(test, ro, &check);
	}
	return check;
}

static void area_result(struct ktap *ktap, const char *name, bool ok,
			const struct area_check *check, const char *what, const char *areas)
{
	char odd[80] = "";

	if (check->odd)
		snprintf(odd, sizeof(odd), "; %zu of them by more or fewer changes than it takes",
			 check->odd);
	ktap_result(ktap, ok ? KTAP_OK : KTAP_FAILED, name,
		    "%s: %zu new %s made read-only, with %zu linear aliases, and executable; %zu seen "
		    "to be freed%s",
		    what, check->areas, areas, check->aliases, check->freed, odd);
}

#define LEAST_PACK (2 << 20)

static void bpf(const struct selftest *test, struct ktap *ktap)
{
	const char *name = steps[STEP_BPF].name;
	struct area_check check;

	if (excused(test, ktap, STEP_BPF))
		return;
	if (!session_hooked(&test->session, PWT_FN_COMMON)) {
		ktap_result(ktap, KTAP_SKIP, name, "change_memory_common() cannot be watched here");
		return;
	}
	check = check_areas(test, STEP_BPF, LEAST_PACK);
	area_result(ktap, name, check.areas && !check.odd, &check,
		    test->done[STEP_BPF].outcome.what, "packs");
}

static void kprobe(const struct selftest *test, struct ktap *ktap)
{
	const char *name = steps[STEP_KPROBE].name;
	struct area_check check;

	if (excused(test, ktap, STEP_KPROBE))
		return;
	if (!session_hooked(&test->session, PWT_FN_COMMON)) {
		ktap_result(ktap, KTAP_SKIP, name, "change_memory_common() cannot be watched here");
		return;
	}
	check = check_areas(test, STEP_KPROBE, 0);
	if (!check.areas)
		ktap_result(ktap, KTAP_SKIP, name,
			    "no change, as the kernel has had a page for probes already");
	else
		area_result(ktap, name, check.areas == 1 && !check.odd, &check,
			    test->done[STEP_KPROBE].outcome.what, "pages for probes");
}

/* By whoever freed an object that KFENCE had taken, so that the number is not known. */
static void kfence(const struct selftest *test, struct ktap *ktap)
{
	const char *name = steps[STEP_KFENCE].name;
	size_t nr = 0;

	if (excused(test, ktap, STEP_KFENCE))
		return;
	for (size_t i = 0; i < test->seen.nr; i++)
		nr += test->seen.changes[i].step == STEP_KFENCE &&
		      test->seen.changes[i].func == PWT_FN_RANGE &&
		      !strcmp(test->seen.changes[i].op, "set_memory_valid");
	ktap_result(ktap, nr ? KTAP_OK : KTAP_SKIP, name, "%s: %s%zu pages made valid or invalid",
		    test->done[STEP_KFENCE].outcome.what, nr ? "" : "it took none, ", nr);
}

static void steps_results(const struct selftest *test, struct ktap *ktap)
{
	ktap_group(ktap, "provoked changes");
	secretmem(test, ktap);
	bpf(test, ktap);
	kprobe(test, ktap);
	kfence(test, ktap);
}

/* Why a hook that is attached need not have fired; NULL: it should have. */
static const char *silent(const struct selftest *test, enum pwt_func func)
{
	static const char in_module[] = "nothing in user space makes the kernel call it";
	bool pageattr = test->session.kernel.pageattr_ops;
	bool areas = ran(test, STEP_BPF);

	switch (func) {
	case PWT_FN_RANGE:
		return areas || (ran(test, STEP_SECRETMEM) && pageattr) ? NULL :
									  "nothing was provoked";
	case PWT_FN_COMMON:
	case PWT_FN_AREA:
		return areas ? NULL : "no pack was provoked";
	case PWT_FN_WALK_LOCKLESS:
	case PWT_FN_PMD_ENTRY:
	case PWT_FN_PTE_ENTRY:
		return areas || ran(test, STEP_SECRETMEM) ? NULL : "nothing was provoked";
	case PWT_FN_PUD_ENTRY:
		return test->session.kernel.geo.levels < 4 ? "this kernel has no such level" :
							     silent(test, PWT_FN_PTE_ENTRY);
	case PWT_FN_SET_DIRECT_MAP_INVALID:
	case PWT_FN_SET_DIRECT_MAP_DEFAULT:
		return ran(test, STEP_SECRETMEM) ? NULL : "memfd_secret could not be used";
	case PWT_FN_SPLIT_LEAF:
		return silent(test, PWT_FN_RANGE);
	case PWT_FN_SET_MEMORY_VALID:
		return "its caller is KFENCE, which is off or took nothing";
	case PWT_FN_SPLIT_PUD:
	case PWT_FN_SPLIT_PMD:
		return "no leaf of that level was met";
	default:
		return in_module;
	}
}

static bool is_split(enum pwt_func func)
{
	return func == PWT_FN_SPLIT_LEAF || func == PWT_FN_SPLIT_PUD || func == PWT_FN_SPLIT_PMD;
}

static void hook_result(const struct selftest *test, struct ktap *ktap,
			const struct hook_status *hook)
{
	uint64_t fired = test->seen.fired[hook->func];
	const char *why = silent(test, hook->func);

	if (hook->state == HOOK_OFF)
		ktap_result(ktap, KTAP_SKIP, hook->function, "%s",
			    is_split(hook->func) ?
				    "this kernel splits no leaves" :
				    "some of its kind go past the hook on ranges in this kernel");
	else if (hook->state == HOOK_ABSENT)
		ktap_result(ktap, KTAP_SKIP, hook->function,
			    "inlined in this build, or this kernel has not got it");
	else if (hook->state == HOOK_FAILED)
		ktap_result(ktap, KTAP_SKIP, hook->function, "cannot be attached to: %s",
			    strerror(-hook->error));
	else if (fired)
		ktap_result(ktap, KTAP_OK, hook->function, "%" PRIu64 " records", fired);
	else
		ktap_result(ktap, why ? KTAP_SKIP : KTAP_FAILED, hook->function, "%s",
			    why ? why : "it never fired, although something calls it");
}

static void hooks_results(const struct selftest *test, struct ktap *ktap)
{
	size_t nr;
	const struct hook_status *hooks = capture_hooks(test->session.capture, &nr);

	ktap_group(ktap, "hooks");
	for (size_t i = 0; i < nr; i++)
		hook_result(test, ktap, &hooks[i]);
}

static void callbacks(const struct selftest *test, struct ktap *ktap)
{
	const uint64_t *fired = test->seen.fired;
	uint64_t nr = fired[PWT_FN_PUD_ENTRY] + fired[PWT_FN_PMD_ENTRY] + fired[PWT_FN_PTE_ENTRY];

	/* a wrong order is a MISMATCH, and a verdict's result */
	if (nr)
		ktap_result(ktap, KTAP_OK, "callbacks and their order", "%" PRIu64 " calls", nr);
	else
		ktap_result(ktap, KTAP_SKIP, "callbacks and their order",
			    "this kernel has no such callbacks");
}

static void rules_results(const struct selftest *test, struct ktap *ktap)
{
	ktap_group(ktap, "rules");
	for (size_t i = 0; i < nr_seen_rules; i++) {
		uint64_t match = test->seen.rules[i].match, other = test->seen.rules[i].other;

		if (match || other)
			ktap_result(ktap, other ? KTAP_FAILED : KTAP_OK, seen_rules[i].name,
				    "%" PRIu64 " of %" PRIu64 " changes MATCH", match,
				    match + other);
		else
			ktap_result(ktap, KTAP_SKIP, seen_rules[i].name, "%s",
				    seen_rules[i].missing);
	}
	callbacks(test, ktap);
}

static void verdicts_results(struct selftest *test, struct ktap *ktap)
{
	const struct check_stats *stats = check_stats(test->session.check);
	uint64_t lost = capture_lost_total(test->session.capture);
	uint64_t missed = capture_missed(test->session.capture);
	bool bearable = test->limit_losses;
	const char *said = test->said_text;
	char name[32];

	ktap_group(ktap, "verdicts");
	ktap_result(ktap, stats->verdicts[VERDICT_MATCH] ? KTAP_OK : KTAP_FAILED, "some are MATCH",
		    "%" PRIu64 " of %" PRIu64 " changes", stats->verdicts[VERDICT_MATCH],
		    stats->changes);
	for (enum verdict verdict = VERDICT_MATCH + 1; verdict < VERDICT_NR; verdict++) {
		uint64_t nr = stats->verdicts[verdict];
		bool failed = nr && !(verdict == VERDICT_LOST && test->limit_losses);

		snprintf(name, sizeof(name), "none is %s", verdict_name(verdict));
		/* what the emitter said is of all of them, and shown with the first */
		ktap_result(ktap, failed ? KTAP_FAILED : KTAP_OK, name, "%" PRIu64 " changes\n%s",
			    nr, failed && said ? said : "");
		if (failed)
			said = NULL;
	}
	ktap_result(ktap, lost && !bearable ? KTAP_FAILED : KTAP_OK, "no record is lost",
		    "%" PRIu64 " lost, %" PRIu64 " probes missed", lost, missed);
	ktap_result(ktap, stats->malformed ? KTAP_FAILED : KTAP_OK, "every record makes sense",
		    "%" PRIu64 " records, %" PRIu64 " without sense", stats->records,
		    stats->malformed);
}

void selftest_results(struct selftest *test, struct ktap *ktap)
{
	steps_results(test, ktap);
	hooks_results(test, ktap);
	rules_results(test, ktap);
	verdicts_results(test, ktap);
}
