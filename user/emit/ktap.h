/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results of tests, in groups: as KTAP (Documentation/dev-tools/ktap.rst of the kernel) for people
 * and test harnesses, or as JSON Lines.
 */
#ifndef PWTRACE_KTAP_H
#define PWTRACE_KTAP_H

#include <stdbool.h>
#include <stdio.h>

enum ktap_outcome {
	KTAP_OK,
	KTAP_SKIP,
	KTAP_FAILED,
};

struct ktap_counts {
	unsigned int passed, skipped, failed;
};

struct ktap;

struct ktap *ktap_new(void);
void ktap_free(struct ktap *ktap);

/* The results that follow belong to a group of this name. */
void ktap_group(struct ktap *ktap, const char *name);

/**
 * ktap_result() - add a result to the last group
 * @name: of the test, without a '#'
 * @format: what was seen, why it was skipped or what is wrong; may have several lines
 */
void ktap_result(struct ktap *ktap, enum ktap_outcome outcome, const char *name, const char *format,
		 ...) __attribute__((format(printf, 4, 5)));

/* Was memory short on the way? Then results are missing. */
bool ktap_incomplete(const struct ktap *ktap);

struct ktap_counts ktap_counts(const struct ktap *ktap);

/* @terse: without what was seen by tests that passed */
void ktap_print(const struct ktap *ktap, FILE *out, bool terse);

/* The same in pieces: what comes before @nr groups; the results as number @number of them. */
void ktap_print_head(FILE *out, size_t nr);
void ktap_print_as(const struct ktap *ktap, FILE *out, size_t number, bool terse);

void ktap_print_json(const struct ktap *ktap, FILE *out, bool pretty);

#endif
