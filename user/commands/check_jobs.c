// SPDX-License-Identifier: GPL-2.0-only
/* Recordings that are checked side by side, each by a process of its own. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/check.h"
#include "commands/stop.h"

/* What it writes waits until it is its turn. */
struct job {
	pid_t pid; /* 0: it is not running */
	bool started, ended;
	FILE *out, *err, *sum;
};

struct jobs {
	const struct watch_options *options;
	const struct to_check *all;
	struct checked_sum *sums;
	struct job *jobs;
	size_t nr, running, shown;
};

static void work(struct jobs *jobs, size_t i)
{
	struct job *job = &jobs->jobs[i];
	struct checked_sum sum = { .status = EXIT_INTERNAL };

	if (dup2(fileno(job->out), STDOUT_FILENO) >= 0 &&
	    dup2(fileno(job->err), STDERR_FILENO) >= 0)
		check_recording(jobs->options, &jobs->all[i], i + 1, true, &sum);
	fflush(stdout);
	fwrite(&sum, sizeof(sum), 1, job->sum);
	fflush(job->sum);
	_exit(0);
}

static int start(struct jobs *jobs, size_t i)
{
	struct job *job = &jobs->jobs[i];

	job->out = tmpfile();
	job->err = tmpfile();
	job->sum = tmpfile();
	if (!job->out || !job->err || !job->sum)
		return -errno;
	fflush(stdout);
	job->pid = fork();
	if (job->pid < 0)
		return -errno;
	if (!job->pid)
		work(jobs, i);
	job->started = true;
	jobs->running++;
	return 0;
}

static void copy(FILE *from, FILE *to)
{
	char buf[16384];
	size_t got;

	rewind(from);
	while ((got = fread(buf, 1, sizeof(buf), from)))
		fwrite(buf, 1, got, to);
	fflush(to);
}

static void show(struct jobs *jobs, size_t i)
{
	struct job *job = &jobs->jobs[i];

	copy(job->out, stdout);
	copy(job->err, stderr);
	rewind(job->sum);
	if (fread(&jobs->sums[i], sizeof(jobs->sums[i]), 1, job->sum) != 1) {
		fprintf(stderr, "pwtrace check: %s: the process that checked it did not end well\n",
			jobs->all[i].paths[0]);
		jobs->sums[i] = (struct checked_sum){ .status = EXIT_INTERNAL };
	}
}

static void close_job(struct job *job)
{
	FILE **files[] = { &job->out, &job->err, &job->sum };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (*files[i])
			fclose(*files[i]);
		*files[i] = NULL;
	}
}

/* One of them ends. A signal that ends this process ends them all. */
static int await(struct jobs *jobs)
{
	int status, sent = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, 0)) < 0 && errno == EINTR) {
		if (!stop_signal() || sent++)
			continue;
		for (size_t i = 0; i < jobs->nr; i++)
			if (jobs->jobs[i].started && !jobs->jobs[i].ended)
				kill(jobs->jobs[i].pid, SIGTERM);
	}
	if (pid < 0)
		return -errno;
	for (size_t i = 0; i < jobs->nr; i++)
		if (jobs->jobs[i].pid == pid) {
			jobs->jobs[i].ended = true;
			jobs->running--;
		}
	return 0;
}

static int run(struct jobs *jobs, unsigned int most)
{
	size_t next = 0;
	int err = 0;

	while (!err && (jobs->running || (next < jobs->nr && !stop_signal()))) {
		if (next < jobs->nr && jobs->running < most && !stop_signal()) {
			err = start(jobs, next++);
			continue;
		}
		err = await(jobs);
		for (; jobs->shown < next && jobs->jobs[jobs->shown].ended; jobs->shown++) {
			show(jobs, jobs->shown);
			close_job(&jobs->jobs[jobs->shown]);
		}
	}
	return err;
}

int check_all(const struct watch_options *options, const struct to_check *all, size_t nr,
	      unsigned int most, struct checked_sum *sums)
{
	struct jobs jobs = { .options = options, .all = all, .sums = sums, .nr = nr };
	int err;

	if (nr == 1 || most == 1) {
		for (size_t i = 0; i < nr && !stop_signal(); i++)
			check_recording(options, &all[i], i + 1, nr > 1, &sums[i]);
		return 0;
	}
	jobs.jobs = calloc(nr, sizeof(*jobs.jobs));
	if (!jobs.jobs)
		return -ENOMEM;
	err = run(&jobs, most);
	while (jobs.running && !await(&jobs))
		;
	for (size_t i = 0; i < nr; i++)
		close_job(&jobs.jobs[i]);
	free(jobs.jobs);
	return err;
}
