// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "commands.h"

enum status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_CANNOT_RUN = 3,
};

/* Say on stderr why something cannot be, and return @status. */
static int __attribute__((format(printf, 2, 3))) complain(int status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs(status == PROVOKE_CANNOT ? "skip: " : "provoke: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	return status;
}

/* Parse a number of at least @min, or leave @n alone if there is none. */
static int number(const char *text, long min, long *n)
{
	char *end;

	if (!text)
		return 0;
	errno = 0;
	*n = strtol(text, &end, 0);
	if (errno || end == text || *end || *n < min)
		return complain(WRONG_USAGE, "'%s' is not a number of at least %ld", text, min);
	return 0;
}

#define DEFAULT_PAGES	    64
#define DEFAULT_INTERVAL_MS 5
#define DEFAULT_SECONDS	    2
#define DEFAULT_CHANGES	    1000

static int run_secretmem(char **argv, struct outcome *o)
{
	long pages = DEFAULT_PAGES;

	return number(argv[0], 1, &pages) ?: provoke_secretmem(pages, o);
}

#define DEFAULT_HELD	     16
#define DEFAULT_HOLD_SECONDS 600

static int run_hold(char **argv, struct outcome *o)
{
	long pages = DEFAULT_HELD, seconds = DEFAULT_HOLD_SECONDS;
	int err = number(argv[0], 1, &pages);

	if (!err && argv[0])
		err = number(argv[1], 1, &seconds);
	return err ?: hold(pages, seconds, o);
}

static int run_bpf(char **argv, struct outcome *o)
{
	long count = 0;

	return number(argv[0], 1, &count) ?: provoke_bpf(count, o);
}

static int run_kprobe(char **argv, struct outcome *o)
{
	(void)argv;
	return provoke_kprobe(o);
}

static int run_kfence(char **argv, struct outcome *o)
{
	long ms = DEFAULT_INTERVAL_MS, seconds = DEFAULT_SECONDS;
	int err = number(argv[0], 1, &ms);

	if (!err && argv[0])
		err = number(argv[1], 1, &seconds);
	return err ?: kfence(ms, seconds, o);
}

static int run_module(char **argv, struct outcome *o)
{
	char path[300];
	struct utsname uts;

	if (argv[0])
		return module(argv[0], o);
	if (!access("/lib/modules/dummy.ko", R_OK))
		return module("/lib/modules/dummy.ko", o);
	uname(&uts);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/lib/modules/%s/kernel/drivers/net/dummy.ko%s",
			 uts.release, i ? ".xz" : "");
		if (!access(path, R_OK))
			return module(path, o);
	}
	return outcome(o, PROVOKE_CANNOT, "no dummy.ko below /lib/modules");
}

/* Send a command to the test module. */
static int run_mod(char **argv, struct outcome *o)
{
	char text[256] = "", answer[8192];
	int fd = open("/proc/pwt_test", O_RDWR | O_CLOEXEC);
	int err = 0;
	ssize_t n;

	if (fd < 0)
		return outcome(o, PROVOKE_CANNOT, "/proc/pwt_test: %m (is pwt_test.ko loaded?)");
	for (; *argv; argv++) {
		strncat(text, *argv, sizeof(text) - strlen(text) - 1);
		strncat(text, " ", sizeof(text) - strlen(text) - 1);
	}
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	while ((n = pread(fd, answer, sizeof(answer), 0)) < 0 && errno == EINTR)
		;
	if (n > 0)
		fwrite(answer, 1, n, stdout);
	close(fd);
	return err ? outcome(o, err, "%s: %s", text, strerror(-err)) : 0;
}

static int run_all(char **argv, struct outcome *o);

static const struct command {
	const char *name;
	int (*run)(char **argv, struct outcome *o);
	int min_args, max_args;
	const char *args, *help;
} commands[] = {
	{ "secretmem", run_secretmem, 0, 1, "[PAGES]",
	  "hide pages from the linear map and show them" },
	{ "hold", run_hold, 0, 2, "[PAGES [SECONDS]]", "hide pages, and keep them" },
	{ "bpf", run_bpf, 0, 1, "[COUNT]",
	  "keep COUNT large socket filters, for a new program pack" },
	{ "kprobe", run_kprobe, 0, 0, "", "set and remove a probe that needs an instruction slot" },
	{ "kfence", run_kfence, 0, 2, "[MS [SECONDS]]",
	  "allocate objects while KFENCE samples each MS" },
	{ "module", run_module, 0, 1, "[PATH]", "load and unload a module (dummy.ko)" },
	{ "mod", run_mod, 1, 30, "TEXT...", "send TEXT to the test module, print its answer" },
	{ "all", run_all, 0, 1, "[CHANGES]",
	  "all of the above but mod, until about CHANGES changes" },
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static int usage(FILE *f, int status)
{
	fputs("usage: provoke COMMAND [ARGUMENT]...\n\n"
	      "Make the kernel change the permissions of its own mappings. For test guests.\n\n",
	      f);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(f, "  %-9s %-15s %s\n", commands[i].name, commands[i].args,
			commands[i].help);
	fprintf(f,
		"\nDefaults: %d pages, filters for one new pack, %d ms, %d s, %d changes.\n"
		"Exit status: 0 done, 1 failed, 2 wrong usage, 3 this system cannot run it.\n",
		DEFAULT_PAGES, DEFAULT_INTERVAL_MS, DEFAULT_SECONDS, DEFAULT_CHANGES);
	return status;
}

static int timed(const struct command *c, char **argv, struct outcome *o)
{
	double begin = now();
	int ret;

	*o = (struct outcome){ 0 };
	ret = c->run(argv, o);
	if (ret && ret != WRONG_USAGE && o->what[0])
		complain(ret, "%s: %s", c->name, o->what);
	if (!ret && o->what[0])
		printf("%s: %s (about %ld changes, %.1f s)\n", c->name, o->what, o->changes,
		       now() - begin);
	fflush(stdout);
	return ret;
}

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* Run @name, and add what it changed to @made. Fails only if it should have worked. */
static int run_one(const char *name, char *arg, long *made)
{
	char *argv[] = { arg, NULL };
	struct outcome o;
	int ret = timed(command_find(name), argv, &o);

	*made += o.changes;
	return ret < 0 ? ret : 0;
}

/* Each trigger once, then the two quickest until it is enough. */
static int run_all(char **argv, struct outcome *o)
{
	static const char *const once[] = { "kprobe", "module", "kfence" };
	long want = DEFAULT_CHANGES, made = 0, before, pages;
	int ret = number(argv[0], 1, &want);
	char arg[24];

	(void)o;
	for (int i = 0; !ret && i < 3; i++)
		ret = run_one(once[i], NULL, &made);
	do {
		before = made;
		if (!ret)
			ret = run_one("bpf", NULL, &made);
		pages = (want - made) / 2 + 1;
		pages = pages < DEFAULT_PAGES ? DEFAULT_PAGES : pages > 4096 ? 4096 : pages;
		snprintf(arg, sizeof(arg), "%ld", pages);
		if (!ret)
			ret = run_one("secretmem", arg, &made);
	} while (!ret && made < want && made > before);
	if (ret)
		return ret;
	printf("all: about %ld changes\n", made);
	return 0;
}

int main(int argc, char **argv)
{
	const struct command *c;
	struct outcome o;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return usage(stdout, STATUS_DONE);
	c = argc > 1 ? command_find(argv[1]) : NULL;
	if (!c || argc - 2 < c->min_args || argc - 2 > c->max_args)
		return usage(stderr, STATUS_USAGE);
	switch (timed(c, argv + 2, &o)) {
	case 0:
		return STATUS_DONE;
	case PROVOKE_CANNOT:
		return STATUS_CANNOT_RUN;
	case WRONG_USAGE:
		return STATUS_USAGE;
	default:
		return STATUS_FAILED;
	}
}
