// SPDX-License-Identifier: GPL-2.0-only
#include "ktap.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

struct result {
	const char *group;
	char *name, *text;
	enum ktap_outcome outcome;
};

struct ktap {
	struct result *results;
	size_t nr, room;
	const char *group;
	bool incomplete;
};

struct ktap *ktap_new(void)
{
	return calloc(1, sizeof(struct ktap));
}

void ktap_free(struct ktap *ktap)
{
	if (!ktap)
		return;
	for (size_t i = 0; i < ktap->nr; i++) {
		free(ktap->results[i].name);
		free(ktap->results[i].text);
	}
	free(ktap->results);
	free(ktap);
}

void ktap_group(struct ktap *ktap, const char *name)
{
	ktap->group = name;
}

static struct result *add(struct ktap *ktap)
{
	if (ktap->nr == ktap->room) {
		size_t room = ktap->room ? 2 * ktap->room : 64;
		struct result *bigger = realloc(ktap->results, room * sizeof(*bigger));

		if (!bigger)
			return NULL;
		ktap->results = bigger;
		ktap->room = room;
	}
	return &ktap->results[ktap->nr];
}

void ktap_result(struct ktap *ktap, enum ktap_outcome outcome, const char *name, const char *format,
		 ...)
{
	struct result *result = add(ktap);
	va_list args;
	int len;

	if (!result) {
		ktap->incomplete = true;
		return;
	}
	va_start(args, format);
	len = vasprintf(&result->text, format, args);
	va_end(args);
	result->name = strdup(name);
	if (len < 0 || !result->name) {
		if (len >= 0)
			free(result->text);
		free(result->name);
		ktap->incomplete = true;
		return;
	}
	result->group = ktap->group;
	result->outcome = outcome;
	ktap->nr++;
}

bool ktap_incomplete(const struct ktap *ktap)
{
	return ktap->incomplete;
}

static void count(struct ktap_counts *counts, enum ktap_outcome outcome)
{
	counts->passed += outcome == KTAP_OK;
	counts->skipped += outcome == KTAP_SKIP;
	counts->failed += outcome == KTAP_FAILED;
}

struct ktap_counts ktap_counts(const struct ktap *ktap)
{
	struct ktap_counts counts = {};

	for (size_t i = 0; i < ktap->nr; i++)
		count(&counts, ktap->results[i].outcome);
	return counts;
}

/* The first result behind those of the group that begins at @from. */
static size_t group_end(const struct ktap *ktap, size_t from)
{
	size_t i = from;

	while (i < ktap->nr && ktap->results[i].group == ktap->results[from].group)
		i++;
	return i;
}

static void print_lines(FILE *out, const char *text)
{
	while (*text) {
		int len = strcspn(text, "\n");

		fprintf(out, "  # %.*s\n", len, text);
		text += len + !!text[len];
	}
}

/* The reason of a skip belongs to its line; everything else stands before. */
static void print_result(const struct result *result, FILE *out, size_t number, bool terse)
{
	bool skip = result->outcome == KTAP_SKIP;

	if (!skip && !(terse && result->outcome == KTAP_OK))
		print_lines(out, result->text);
	fprintf(out, "  %sok %zu %s%s%s\n", result->outcome == KTAP_FAILED ? "not " : "", number,
		result->name, skip ? " # SKIP " : "", skip ? result->text : "");
}

static void print_group(const struct ktap *ktap, FILE *out, size_t from, size_t end, size_t number,
			bool terse)
{
	struct ktap_counts counts = {};

	fprintf(out, "  KTAP version 1\n  1..%zu\n", end - from);
	for (size_t i = from; i < end; i++) {
		print_result(&ktap->results[i], out, i - from + 1, terse);
		count(&counts, ktap->results[i].outcome);
	}
	fprintf(out, "%sok %zu %s%s\n", counts.failed ? "not " : "", number,
		ktap->results[from].group,
		counts.passed || counts.failed ? "" : " # SKIP nothing to test here");
}

void ktap_print_head(FILE *out, size_t nr)
{
	fprintf(out, "KTAP version 1\n1..%zu\n", nr);
}

void ktap_print_as(const struct ktap *ktap, FILE *out, size_t number, bool terse)
{
	if (ktap->nr)
		print_group(ktap, out, 0, ktap->nr, number, terse);
}

void ktap_print(const struct ktap *ktap, FILE *out, bool terse)
{
	size_t groups = 0, number = 0;

	for (size_t i = 0; i < ktap->nr; i = group_end(ktap, i))
		groups++;
	ktap_print_head(out, groups);
	for (size_t i = 0, end; i < ktap->nr; i = end) {
		end = group_end(ktap, i);
		print_group(ktap, out, i, end, ++number, terse);
	}
}

void ktap_print_json(const struct ktap *ktap, FILE *out, bool pretty)
{
	static const char *const outcomes[] = {
		[KTAP_OK] = "ok",
		[KTAP_SKIP] = "skip",
		[KTAP_FAILED] = "failed",
	};
	for (size_t i = 0; i < ktap->nr; i++) {
		const struct result *result = &ktap->results[i];
		json *object = object_of("test");

		put_string(object, "group", result->group);
		put_string(object, "name", result->name);
		put_string(object, "outcome", outcomes[result->outcome]);
		put_string(object, "text", result->text);
		print_object(out, object, pretty);
	}
}
