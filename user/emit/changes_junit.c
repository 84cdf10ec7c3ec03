// SPDX-License-Identifier: GPL-2.0-only
/*
 * What became of the changes of a recording, as JUnit XML: a suite, in which each operation is a
 * test case. One failure of it tells of all its MISMATCHes: some readers take no more than one.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plain.h"
#include "tally.h"

/* For attributes and content alike. What XML 1.0 has no way to tell becomes a question mark. */
static void put_text(FILE *out, const char *text)
{
	size_t left = strlen(text), size;

	for (; left; text += size, left -= size) {
		const char *entity = *text == '&'  ? "&amp;" :
				     *text == '<'  ? "&lt;" :
				     *text == '>'  ? "&gt;" :
				     *text == '"'  ? "&quot;" :
				     *text == '\n' ? "&#10;" :
				     *text == '\t' ? "&#9;" :
						     NULL;

		size = entity ? 1 : plain_char(text, left);
		if (entity)
			fputs(entity, out);
		else if (size)
			fwrite(text, 1, size, out);
		else
			fputc('?', out);
		size = size ? size : 1;
	}
}

static void put_lines(FILE *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char line[1024];

		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		put_text(out, line);
		fputc('\n', out);
		text += len + !!text[len];
	}
}

static void put_attribute(FILE *out, const char *key, const char *value)
{
	fprintf(out, " %s=\"", key);
	put_text(out, value);
	fputc('"', out);
}

static void put_property(FILE *out, const char *name, uint64_t value)
{
	fprintf(out, "      <property name=\"%s\" value=\"%" PRIu64 "\"/>\n", name, value);
}

static void put_properties(FILE *out, const struct tally *tally, const struct summary *summary)
{
	static const char *const names[VERDICT_NR] = {
		"match", "mismatch", "unknown", "raced", "lost",
	};

	fprintf(out, "    <properties>\n      <property name=\"kernel\"");
	put_attribute(out, "value", summary->kernel);
	fprintf(out, "/>\n      <property name=\"backend\"");
	put_attribute(out, "value", summary->backend);
	fprintf(out, "/>\n");
	for (enum verdict verdict = 0; verdict < VERDICT_NR; verdict++) {
		uint64_t nr = 0;

		for (enum reason reason = 0; reason < REASON_NR; reason++)
			nr += tally->classes[verdict][reason];
		put_property(out, names[verdict], nr);
	}
	put_property(out, "records_lost", summary->records_lost_total);
	put_property(out, "probes_missed", summary->probes_missed);
	fprintf(out, "    </properties>\n");
}

/* The recording itself, as a test case. */
static void put_recording(FILE *out, const struct summary *summary)
{
	const char *outcome = summary->too_much_lost ? "failure" : "skipped";
	char lost[80];

	snprintf(lost, sizeof(lost), "%" PRIu64 " records lost, %" PRIu64 " probes missed",
		 summary->records_lost_total, summary->probes_missed);
	fprintf(out, "    <testcase classname=\"pwtrace\" name=\"recording\"");
	if (!summary->damage && !summary->too_much_lost) {
		fprintf(out, "/>\n");
		return;
	}
	fprintf(out, ">\n      <%s", outcome);
	put_attribute(out, "message", summary->damage ? summary->damage : lost);
	fprintf(out, "/>\n    </testcase>\n");
}

static uint64_t all_of(const struct tally_op *op)
{
	uint64_t nr = 0;

	for (enum verdict verdict = 0; verdict < VERDICT_NR; verdict++)
		nr += op->verdicts[verdict];
	return nr;
}

/* Nothing of it could be judged. */
static bool is_skipped(const struct tally_op *op)
{
	return !op->verdicts[VERDICT_MATCH] && !op->verdicts[VERDICT_MISMATCH];
}

static void describe(const struct tally_op *op, char *buf, size_t size)
{
	size_t len = snprintf(buf, size, "%" PRIu64 " changes", all_of(op));

	for (enum verdict verdict = 0; verdict < VERDICT_NR && len < size; verdict++)
		if (op->verdicts[verdict])
			len += snprintf(buf + len, size - len, ", %" PRIu64 " %s",
					op->verdicts[verdict], verdict_name(verdict));
}

static void put_failure(FILE *out, const struct tally *tally, unsigned int op, const char *counts)
{
	uint64_t untold = tally_untold(tally, op);
	bool first = true;

	for (unsigned int i = 0; i < tally->nr_mismatches; i++) {
		const struct tally_mismatch *mismatch = &tally->mismatches[i];

		if (mismatch->op != op)
			continue;
		if (first) {
			fprintf(out, "      <failure");
			put_attribute(out, "type", reason_name(mismatch->reason));
			put_attribute(out, "message", counts);
			fputc('>', out);
		}
		first = false;
		put_lines(out, mismatch->text);
	}
	if (first)
		fprintf(out, "      <failure type=\"MISMATCH\">");
	if (untold)
		fprintf(out, "%" PRIu64 " more\n", untold);
	fprintf(out, "</failure>\n");
}

static void put_case(FILE *out, const struct tally *tally, unsigned int nr)
{
	const struct tally_op *op = &tally->ops[nr];
	char counts[160];

	describe(op, counts, sizeof(counts));
	fprintf(out, "    <testcase classname=\"pwtrace\"");
	put_attribute(out, "name", op->name);
	fprintf(out, " time=\"%.9f\">\n", op->time * 1e-9);
	if (op->verdicts[VERDICT_MISMATCH])
		put_failure(out, tally, nr, counts);
	else if (is_skipped(op))
		fprintf(out, "      <skipped message=\"%s\"/>\n", counts);
	else
		fprintf(out, "      <system-out>%s</system-out>\n", counts);
	fprintf(out, "    </testcase>\n");
}

void junit_begin(FILE *out)
{
	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"pwtrace\">\n");
}

void junit_end(FILE *out)
{
	fprintf(out, "</testsuites>\n");
}

void junit_none(FILE *out, const char *name, unsigned int number, const char *why)
{
	fprintf(out, "  <testsuite");
	put_attribute(out, "name", name);
	fprintf(out,
		" id=\"%u\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n"
		"    <testcase classname=\"pwtrace\" name=\"recording\">\n      <error",
		number - 1);
	put_attribute(out, "message", why);
	fprintf(out, "/>\n    </testcase>\n  </testsuite>\n");
}

static void print_results(struct emitter *emitter, const struct summary *summary)
{
	const struct tally *tally = &((struct results *)emitter)->tally;
	unsigned int failed = summary->too_much_lost, skipped = !failed && summary->damage;
	FILE *out = emitter->out;

	for (unsigned int i = 0; i < tally->nr_ops; i++) {
		failed += tally->ops[i].verdicts[VERDICT_MISMATCH] > 0;
		skipped += is_skipped(&tally->ops[i]);
	}
	fprintf(out, "  <testsuite");
	put_attribute(out, "name", emitter->name);
	fprintf(out, " id=\"%u\" tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\">\n",
		emitter->number - 1, tally->nr_ops + 1, failed, tally->incomplete, skipped);
	put_properties(out, tally, summary);
	put_recording(out, summary);
	for (unsigned int i = 0; i < tally->nr_ops; i++)
		put_case(out, tally, i);
	if (tally->incomplete)
		fprintf(out,
			"    <system-err>memory was short: results are missing</system-err>\n");
	fprintf(out, "  </testsuite>\n");
	fflush(out);
}

struct emitter *emit_junit_new(void)
{
	return results_new(print_results);
}
