// SPDX-License-Identifier: GPL-2.0-only
/*
 * tests/bench/tables: what it takes to look at the whole kernel table, beside what the kernel
 *takes.
 *
 *	tables [ROUNDS [UNIT]]
 *
 * Runs in a guest. All take turns in each round; what is printed are medians. pwtrace is a new
 * process each time and tells itself how long it took from the first read to the last byte, which
 * goes to a file. UNIT is what a millisecond is called where the clock counts instructions
 * (tests/vm/run --icount). Exit status 1: something takes longer than it may, see limits.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_ROUNDS 1000
#define OUT	    "/tmp/tables.out"
#define ERR	    "/tmp/tables.err"
#define CHECK_WX    "/sys/kernel/debug/check_wx_pages"
#define PAGE_TABLES "/sys/kernel/debug/kernel_page_tables"

struct contestant {
	const char *file;    /* of the kernel, that is read */
	const char *args[6]; /* or of pwtrace */
	bool absent;
	double total[MOST_ROUNDS], capture[MOST_ROUNDS], process[MOST_ROUNDS];
	double memory; /* MiB, the most of all rounds */
};

enum { WX, KERNEL, PTDUMP, PTDUMP_KCORE, TEXT, JSON, NR };

static struct contestant contestants[NR] = {
	[WX] = { .file = CHECK_WX },
	[KERNEL] = { .file = PAGE_TABLES },
	[PTDUMP] = { .args = { "pwtrace", "dump", "-v", "--ptdump" } },
	[PTDUMP_KCORE] = { .args = { "pwtrace", "dump", "-v", "--ptdump", "--source=kcore" } },
	[TEXT] = { .args = { "pwtrace", "dump", "-v" } },
	[JSON] = { .args = { "pwtrace", "dump", "-v", "-j" } },
};

/*
 * What is promised. The worst that was measured, on a machine that was busy otherwise, is little
 * more than half of it; the rest is for noise.
 */
static const struct limit {
	int who;
	bool capture; /* and not the total */
	double most;  /* of the total of @of */
	int of;
} limits[] = {
	{ PTDUMP, false, 1, WX },	    { PTDUMP_KCORE, false, 1, WX },
	{ PTDUMP, true, 0.6, WX },	    { PTDUMP_KCORE, true, 0.6, WX },
	{ PTDUMP, false, 1 / 3.0, KERNEL },
};

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void die(const char *what)
{
	fprintf(stderr, "tables: %s: %s\n", what, strerror(errno));
	exit(3);
}

/* cat FILE > OUT */
static void copy(const char *file)
{
	static char buf[1 << 16];
	int in = open(file, O_RDONLY | O_CLOEXEC);
	int out = open(OUT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t got;

	if (in < 0 || out < 0)
		die(file);
	while ((got = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, got) != got)
			die(OUT);
	if (got < 0)
		die(file);
	close(in);
	close(out);
}

static void redirect(int fd, const char *file)
{
	int to = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (to < 0 || dup2(to, fd) < 0)
		_exit(127);
	close(to);
}

static void spawn(const char *const args[])
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		redirect(STDOUT_FILENO, OUT);
		redirect(STDERR_FILENO, ERR);
		execvp(args[0], (char **)args);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		die(args[0]);
	if (status) {
		fprintf(stderr, "tables: pwtrace ended with status 0x%x\n", status);
		exit(3);
	}
}

/* What it says itself. */
static void read_cost(struct contestant *one, unsigned int round)
{
	FILE *file = fopen(ERR, "r");
	bool found = false;
	char line[256];
	double memory;

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "captured in %lf ms, written after %lf ms, at most %lf MiB",
			       &one->capture[round], &one->total[round], &memory) == 3;
	if (!found) {
		fprintf(stderr, "tables: pwtrace does not say what it cost\n");
		exit(3);
	}
	fclose(file);
	if (memory > one->memory)
		one->memory = memory;
}

static void run(struct contestant *one, unsigned int round)
{
	double from = now_ms();

	if (one->file)
		copy(one->file);
	else
		spawn(one->args);
	one->process[round] = now_ms() - from;
	if (one->file)
		one->total[round] = one->process[round];
	else
		read_cost(one, round);
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(const double *of, unsigned int nr)
{
	double sorted[MOST_ROUNDS];

	memcpy(sorted, of, nr * sizeof(*of));
	qsort(sorted, nr, sizeof(*sorted), by_size);
	return nr % 2 ? sorted[nr / 2] : (sorted[nr / 2 - 1] + sorted[nr / 2]) / 2;
}

static const char *name_of(const struct contestant *one)
{
	static char name[64];
	size_t len = 0;

	if (one->file)
		return strrchr(one->file, '/') + 1;
	for (int i = 0; one->args[i]; i++)
		if (strcmp(one->args[i], "-v"))
			len += snprintf(name + len, sizeof(name) - len, "%s%s", i ? " " : "",
					one->args[i]);
	return name;
}

static void print(const struct contestant *one, unsigned int rounds, double wx)
{
	double total = median(one->total, rounds), capture = median(one->capture, rounds);

	printf("%-36s %10.2f %6.3f", name_of(one), total, total / wx);
	if (!one->file)
		printf(" %10.2f %6.3f %10.2f %6.1f", capture, capture / wx,
		       median(one->process, rounds), one->memory);
	putchar('\n');
}

static bool hold(const struct limit *limit, unsigned int rounds)
{
	const struct contestant *who = &contestants[limit->who], *of = &contestants[limit->of];
	double ratio;

	if (of->absent)
		return true;
	ratio = median(limit->capture ? who->capture : who->total, rounds) /
		median(of->total, rounds);
	if (ratio <= limit->most)
		return true;
	printf("too slow: %s%s takes %.2f of %s, it may take %.2f\n",
	       limit->capture ? "the capture of " : "", name_of(who), ratio,
	       strrchr(of->file, '/') + 1, limit->most);
	return false;
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 21;
	const char *unit = argc > 2 ? argv[2] : "ms";
	struct utsname uts;
	int failed = 0;
	double wx;

	if (!rounds || rounds > MOST_ROUNDS) {
		fprintf(stderr, "usage: tables [ROUNDS [UNIT]]\n");
		return 2;
	}
	if (access(CHECK_WX, R_OK))
		die(CHECK_WX);
	contestants[KERNEL].absent = access(PAGE_TABLES, R_OK);
	sleep(2); /* what boot has left to do */
	for (unsigned int round = 0; round < rounds; round++)
		for (int i = 0; i < NR; i++)
			if (!contestants[i].absent)
				run(&contestants[i], round);
	uname(&uts);
	wx = median(contestants[WX].total, rounds);
	printf("# %s, the whole kernel table: medians of %u rounds, %s, and of check_wx_pages\n",
	       uts.release, rounds, unit);
	printf("%-36s %17s %17s %10s %6s\n", "", "all", "reading tables", "process", "MiB");
	for (int i = 0; i < NR; i++)
		if (!contestants[i].absent)
			print(&contestants[i], rounds, wx);
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		failed |= !hold(&limits[i], rounds);
	return failed;
}
