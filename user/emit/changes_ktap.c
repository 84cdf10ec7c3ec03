// SPDX-License-Identifier: GPL-2.0-only
/*
 * What became of the changes of a recording, for test harnesses of the kernel: a subtest, in which
 * each kind of verdict is a test and each MISMATCH one that failed. What could not be judged is
 * skipped: it is no fault of the kernel's.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "plain.h"
#include "tally.h"

static void recording_result(struct ktap *ktap, const struct summary *summary)
{
	enum ktap_outcome skip = summary->too_much_lost ? KTAP_FAILED : KTAP_SKIP;

	if (summary->damage)
		ktap_result(ktap, skip, "recording is whole", "%s", summary->damage);
	else
		ktap_result(ktap, KTAP_OK, "recording is whole", "%s by %s", summary->kernel,
			    summary->backend);
	if (summary->records_lost_total || summary->probes_missed)
		ktap_result(ktap, skip, "nothing was lost",
			    "%" PRIu64 " records lost, %" PRIu64 " probes missed",
			    summary->records_lost_total, summary->probes_missed);
	else
		ktap_result(ktap, KTAP_OK, "nothing was lost", "0 records lost, 0 probes missed");
}

static void class_result(struct ktap *ktap, enum verdict verdict, enum reason reason, uint64_t nr)
{
	char name[64];

	if (verdict == VERDICT_MATCH) {
		ktap_result(ktap, KTAP_OK, "MATCH", "%" PRIu64 " changes", nr);
		return;
	}
	snprintf(name, sizeof(name), "%s %s", verdict_name(verdict), reason_name(reason));
	ktap_result(ktap, KTAP_SKIP, name, "%" PRIu64 " changes: %s", nr, reason_text(reason));
}

static void mismatch_results(struct ktap *ktap, const struct tally *tally)
{
	uint64_t untold = tally_untold(tally, -1);
	char name[128];

	for (unsigned int i = 0; i < tally->nr_mismatches; i++) {
		const struct tally_mismatch *mismatch = &tally->mismatches[i];

		snprintf(name, sizeof(name), "MISMATCH %s %s %#" PRIx64,
			 reason_name(mismatch->reason), tally->ops[mismatch->op].name,
			 mismatch->addr);
		ktap_result(ktap, KTAP_FAILED, name, "%s", mismatch->text);
	}
	if (untold)
		ktap_result(ktap, KTAP_FAILED, "MISMATCH", "%" PRIu64 " more", untold);
	if (!tally->nr_mismatches && !untold)
		ktap_result(ktap, KTAP_OK, "no MISMATCH", "all that could be judged is right");
}

/* Of a test: a '#' would begin a directive. */
static void name_test(char *buf, size_t size, const char *name)
{
	plain_text(buf, size, name, strlen(name));
	for (char *c = buf; (c = strchr(c, '#'));)
		*c = '?';
}

void ktap_begin(FILE *out, size_t nr)
{
	ktap_print_head(out, nr);
}

void ktap_none(FILE *out, const char *name, unsigned int number, const char *why)
{
	char test[256], text[600];

	name_test(test, sizeof(test), name);
	fprintf(out, "# %s\nnot ok %u %s\n", plain_text(text, sizeof(text), why, strlen(why)),
		number, test);
}

static void print_results(struct emitter *emitter, const struct summary *summary)
{
	struct results *results = (struct results *)emitter;
	const struct tally *tally = &results->tally;
	struct ktap *ktap = ktap_new();
	char name[256];

	if (!ktap) {
		fprintf(emitter->out, "not ok %u # out of memory\n", emitter->number);
		return;
	}
	name_test(name, sizeof(name), emitter->name);
	ktap_group(ktap, name);
	recording_result(ktap, summary);
	for (enum verdict verdict = 0; verdict < VERDICT_NR; verdict++)
		for (enum reason reason = 0; reason < REASON_NR; reason++)
			if (verdict != VERDICT_MISMATCH && tally->classes[verdict][reason])
				class_result(ktap, verdict, reason,
					     tally->classes[verdict][reason]);
	mismatch_results(ktap, tally);
	if (tally->incomplete || ktap_incomplete(ktap))
		ktap_result(ktap, KTAP_FAILED, "memory", "was short: results are missing");
	ktap_print_as(ktap, emitter->out, emitter->number, false);
	fflush(emitter->out);
	ktap_free(ktap);
}

struct emitter *emit_ktap_new(void)
{
	return results_new(print_results);
}
