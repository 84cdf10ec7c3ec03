/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test harness that speaks TAP. TEST(name) { ... } registers a test; main() is in test.c and runs
 * each in a process of its own, so that one that crashes, hangs or leaks is one that failed.
 *
 *	./test [NAME]...	the tests of these names, all by default
 *	SEED=n ./test		repeat what a random test did
 */
#ifndef PWTRACE_TEST_H
#define PWTRACE_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

void test_register(struct test *test);

#define TEST(id)                                                       \
	static void test_##id(void);                                   \
	static struct test registered_##id = { #id, test_##id, NULL }; \
	__attribute__((constructor)) static void register_##id(void)   \
	{                                                              \
		test_register(&registered_##id);                       \
	}                                                              \
	static void test_##id(void)

/* What the checks that follow are about; a failed one says it. NULL: nothing. */
void test_case(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line of diagnostics. */
void test_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Has a check failed? */
bool test_failed(void);

bool test_true(const char *file, int line, const char *what, bool got);
bool test_eq(const char *file, int line, const char *what, uint64_t got, uint64_t want);
bool test_str(const char *file, int line, const char *what, const char *got, const char *want);

/* Each says whether it held. */
#define EXPECT(what)	      test_true(__FILE__, __LINE__, #what, (what))
#define EXPECT_EQ(got, want)  test_eq(__FILE__, __LINE__, #got, (uint64_t)(got), (uint64_t)(want))
#define EXPECT_STR(got, want) test_str(__FILE__, __LINE__, #got, (got), (want))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The seed of this run: SEED of the environment or a new one; it is printed. */
uint64_t test_seed(void);

/* The next number of a series (splitmix64), and one below @below. */
uint64_t test_random(uint64_t *state);
uint64_t test_random_below(uint64_t *state, uint64_t below);

#endif
