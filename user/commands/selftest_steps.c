// SPDX-License-Identifier: GPL-2.0-only
/* The steps of a selftest: each provokes changes in a process of its own while the session looks.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/child.h"
#include "commands/selftest.h"
#include "commands/stop.h"

#define POLL_MS	     50
#define LIMIT	     120.0 /* seconds for a step */
#define QUIET_LOOKS  10	   /* this many looks without a record end the wait for what follows it */
#define QUIET_LIMIT  4.0
#define KFENCE_TIMES 12 /* sample intervals to wait for */

static int run_secretmem(struct outcome *o)
{
	return provoke_secretmem(SELFTEST_SECRET_PAGES, o);
}

static void plan_secretmem(char *buf, size_t size)
{
	snprintf(buf, size,
		 "memfd_secret: %d pages (%ldK, counted as locked memory), touched and given back; "
		 "each leaves the linear map and returns to it",
		 SELFTEST_SECRET_PAGES, SELFTEST_SECRET_PAGES * (sysconf(_SC_PAGESIZE) >> 10));
}

/* A socket each. */
static int run_bpf(struct outcome *o)
{
	struct rlimit files;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	return provoke_bpf(0, o);
}

static void plan_bpf(char *buf, size_t size)
{
	snprintf(buf, size,
		 "bpf: %ld unconnected sockets with a filter that nothing passes, about %ldM in all, "
		 "closed again; the kernel takes a new pack of %ldM for the programs, makes it "
		 "read-only and executable, and frees it",
		 provoke_bpf_filters(), provoke_bpf_filters() * 128 >> 10,
		 provoke_bpf_pack() >> 20);
}

static void plan_kprobe(char *buf, size_t size)
{
	snprintf(buf, size,
		 "kprobe: up to 8 probes at the beginning of sethostname(2), which do nothing, set "
		 "and removed; the first of a boot takes a page of kernel memory for good");
}

static double kfence_seconds(void)
{
	double seconds = provoke_kfence_interval() * KFENCE_TIMES / 1000.0;

	return seconds < 0.5 ? 0.5 : seconds > 3 ? 3 : seconds;
}

static int run_kfence(struct outcome *o)
{
	return provoke_kfence(kfence_seconds(), o);
}

static void plan_kfence(char *buf, size_t size)
{
	if (provoke_kfence_interval() <= 0)
		snprintf(buf, size, "kfence: nothing, KFENCE is off and stays so");
	else
		snprintf(buf, size,
			 "kfence: pipes and sockets, opened and closed for %.1f s; KFENCE, which is "
			 "on, takes some of their kernel objects",
			 kfence_seconds());
}

const struct step steps[NR_STEPS] = {
	[STEP_SECRETMEM] = { "secretmem", run_secretmem, plan_secretmem },
	[STEP_BPF] = { "bpf", run_bpf, plan_bpf },
	[STEP_KPROBE] = { "kprobe", provoke_kprobe, plan_kprobe },
	[STEP_KFENCE] = { "kfence", run_kfence, plan_kfence },
};

struct message {
	int ret;
	struct outcome outcome;
};

/* The name is how its changes are known; with the parent it ends, too. */
static void __attribute__((noreturn)) child(const struct selftest *test, enum step_nr nr, int fd)
{
	struct message message = {};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, test->comm);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	message.ret = steps[nr].run(&message.outcome);
	_exit(write(fd, &message, sizeof(message)) != sizeof(message));
}

static int follow(struct selftest *test, pid_t pid)
{
	double end = now() + LIMIT;
	int nr = 0, status;

	while (!child_ended(pid, &status)) {
		if (nr < 0 || stop_signal() || now() > end) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			break;
		}
		nr = session_look(&test->session, POLL_MS);
	}
	return nr < 0 ? nr : 0;
}

/* What the step's end leaves to workers. */
static int settle(struct selftest *test)
{
	double end = now() + QUIET_LIMIT;
	int nr = 0;

	for (int looks = 0; nr >= 0 && looks < QUIET_LOOKS && now() < end && !stop_signal();
	     looks++) {
		nr = session_look(&test->session, POLL_MS);
		if (nr)
			looks = 0;
	}
	return nr < 0 ? nr : 0;
}

int selftest_step(struct selftest *test, enum step_nr nr)
{
	struct message message = { .ret = -EIO };
	int pipefd[2], err;
	pid_t pid;

	if (pipe(pipefd))
		return -errno;
	pid = fork();
	if (pid < 0) {
		err = -errno;
		close(pipefd[0]);
		close(pipefd[1]);
		return err;
	}
	if (!pid)
		child(test, nr, pipefd[1]);
	close(pipefd[1]);
	test->step = nr;
	err = follow(test, pid);
	if (!err)
		err = settle(test);
	test->step = NO_STEP;
	if (read(pipefd[0], &message, sizeof(message)) != sizeof(message))
		outcome(&message.outcome, message.ret, "it did not come to its end");
	close(pipefd[0]);
	test->done[nr].ret = message.ret;
	test->done[nr].outcome = message.outcome;
	return err;
}
