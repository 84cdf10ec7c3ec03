// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOTES_MAX  20 /* failed checks of a test that are told */
#define TIME_LIMIT 20 /* seconds of a processor; ten times that if it waits */

static struct test *tests, **last = &tests;
static unsigned int failures;
static char context[256];

void test_register(struct test *test)
{
	*last = test;
	last = &test->next;
}

void test_case(const char *format, ...)
{
	va_list args;

	context[0] = '\0';
	if (!format)
		return;
	va_start(args, format);
	vsnprintf(context, sizeof(context), format, args);
	va_end(args);
}

void test_note(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = ' ';
	printf("# %s\n", text);
	fflush(stdout);
}

bool test_failed(void)
{
	return failures;
}

static bool may_tell(void)
{
	failures++;
	if (failures == NOTES_MAX + 1)
		test_note("and more");
	return failures <= NOTES_MAX;
}

static const char *where(void)
{
	static char text[sizeof(context) + 4];

	text[0] = '\0';
	if (context[0])
		snprintf(text, sizeof(text), " [%s]", context);
	return text;
}

bool test_true(const char *file, int line, const char *what, bool got)
{
	if (!got && may_tell())
		test_note("%s:%d:%s %s is false", file, line, where(), what);
	return got;
}

bool test_eq(const char *file, int line, const char *what, uint64_t got, uint64_t want)
{
	if (got != want && may_tell())
		test_note("%s:%d:%s %s: got %lld (%#llx), wanted %lld (%#llx)", file, line, where(),
			  what, (long long)got, (unsigned long long)got, (long long)want,
			  (unsigned long long)want);
	return got == want;
}

bool test_str(const char *file, int line, const char *what, const char *got, const char *want)
{
	bool same = got && want ? !strcmp(got, want) : got == want;

	if (!same && may_tell())
		test_note("%s:%d:%s %s: got \"%s\", wanted \"%s\"", file, line, where(), what,
			  got ? got : "(null)", want ? want : "(null)");
	return same;
}

uint64_t test_seed(void)
{
	const char *given = getenv("SEED");
	struct timespec now;
	uint64_t seed;

	clock_gettime(CLOCK_REALTIME, &now);
	seed = given ? strtoull(given, NULL, 0) : (uint64_t)now.tv_sec * 1000000007 ^ now.tv_nsec;
	test_note("SEED=%#llx", (unsigned long long)seed);
	return seed;
}

uint64_t test_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

uint64_t test_random_below(uint64_t *state, uint64_t below)
{
	return test_random(state) % below;
}

/* Its exit status as wait() gives it. */
static int run(const struct test *test)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		const struct rlimit limit = { TIME_LIMIT, TIME_LIMIT };

		setrlimit(RLIMIT_CPU, &limit);
		alarm(10 * TIME_LIMIT);
		test->run();
		/* not _exit(): leaks are looked for at exit */
		exit(failures ? 1 : 0);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	return status;
}

static bool wanted(const struct test *test, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], test->name))
			return true;
	return argc == 1;
}

int main(int argc, char **argv)
{
	unsigned int nr = 0, failed = 0;

	for (const struct test *test = tests; test; test = test->next) {
		int status;

		if (!wanted(test, argc, argv))
			continue;
		status = run(test);
		if (WIFSIGNALED(status))
			test_note("%s: killed by signal %d", test->name, WTERMSIG(status));
		printf("%sok %u - %s\n", status ? "not " : "", ++nr, test->name);
		failed += !!status;
	}
	printf("1..%u\n", nr);
	return failed || !nr ? 1 : 0;
}
