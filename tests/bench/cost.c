// SPDX-License-Identifier: GPL-2.0-only
/*
 * tests/bench/cost: guest instructions that watching adds to one change of one page.
 *
 * Runs in a guest whose clock counts instructions (tests/vm/run --icount) with the test module: it
 * toggles set_memory_valid() on one page in a loop and counts instructions of the whole CPU with
 * the PMU, untraced and with each kind of probe. Everything is measured in one run.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/attach.h"
#include "capture/capture.h"
#include "config.h"

#include "bare.skel.h"
#include "kernel/kernel.h"

#define MODULE	   "/proc/pwt_test"
#define CALLS	   4000	 /* that fit the ring unread: two records each */
#define READ_CALLS 40000 /* with a reader */

static int counter = -1;

static int open_counter(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.size = sizeof(attr),
	};

	return syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

static unsigned long long count(void)
{
	unsigned long long value = 0;

	if (read(counter, &value, sizeof(value)) != sizeof(value))
		perror("reading the instruction counter");
	return value;
}

static int provoke(unsigned int pairs)
{
	char command[64];
	int fd = open(MODULE, O_RDWR | O_CLOEXEC), len;

	if (fd < 0) {
		perror(MODULE);
		return -1;
	}
	len = snprintf(command, sizeof(command), "bench valid %u", pairs);
	if (write(fd, command, len) != len) {
		perror(command);
		len = -1;
	}
	close(fd);
	return len < 0 ? -1 : 0;
}

/* Instructions a call, the best of three: what interrupts add varies. */
static double measure(unsigned int calls)
{
	double best = 0;

	for (int round = 0; round < 3; round++) {
		unsigned long long before = count();
		double each;

		if (provoke(calls / 2))
			exit(1);
		each = (double)(count() - before) / calls;
		if (!round || each < best)
			best = each;
	}
	return best;
}

static void print(const char *what, double calls, double untraced)
{
	printf("%-58s %8.0f\n", what, calls - untraced);
	fflush(stdout);
}

static void measure_pair(const char *what, struct bpf_program *entry, struct bpf_program *exit,
			 double untraced)
{
	struct bpf_link *exit_link = bpf_program__attach(exit),
			*entry_link = bpf_program__attach(entry);

	print(what, measure(CALLS), untraced);
	bpf_link__destroy(entry_link);
	bpf_link__destroy(exit_link);
}

static void measure_bare(const struct kernel *kernel, double untraced)
{
	struct capture_options options = {};
	struct bare *bare = bare__open();

	if (bare)
		attach_config((struct pwt_config *)&bare->rodata->cfg, kernel, &options);
	if (!bare || bare__load(bare)) {
		fprintf(stderr, "cost: the bare probes do not load\n");
		return;
	}
	measure_pair("bare fentry and fexit, a record each", bare->progs.bare_fentry,
		     bare->progs.bare_fexit, untraced);
	measure_pair("bare kprobe and kretprobe, a record each", bare->progs.bare_kprobe,
		     bare->progs.bare_kretprobe, untraced);
	measure_pair("bare fentry and fexit, all levels read", bare->progs.walk_fentry,
		     bare->progs.walk_fexit, untraced);
	bare__destroy(bare);
}

static int ignore_record(void *ctx, const void *record, size_t size)
{
	(void)record, (void)size;
	++*(unsigned long *)ctx;
	return 0;
}

/* In the thread that makes the change: nobody reads meanwhile. */
static void measure_capture(const struct kernel *kernel, const char *what,
			    const struct capture_options *options, double untraced)
{
	struct capture *capture;
	struct problem why;
	unsigned long records = 0;
	double best = 0;

	if (capture_open(&capture, kernel, options, ignore_record, &records, &why)) {
		fprintf(stderr, "cost: %s: %s\n", what, why.text);
		return;
	}
	for (int round = 0; round < 3; round++) {
		unsigned long long before = count();
		double each;

		if (provoke(CALLS / 2))
			exit(1);
		each = (double)(count() - before) / CALLS;
		if (!round || each < best)
			best = each;
		while (capture_poll(capture, 0) > 0)
			;
	}
	print(what, best, untraced);
	if (capture_lost_total(capture))
		printf("  (%llu records lost: the figure is too low)\n",
		       (unsigned long long)capture_lost_total(capture));
	capture_close(capture);
}

/* @idle: what the machine does by itself in the same time */
static double with_pause(unsigned int calls)
{
	unsigned long long before = count();

	if (calls && provoke(calls / 2))
		exit(1);
	usleep(500000);
	return count() - before;
}

/* From the change to its verdict, reader and wake-ups and all: 'pwtrace watch -q' beside it. */
static void measure_reader(void)
{
	double idle, alone, watched, watched_idle;
	pid_t pid;
	int status;

	idle = with_pause(0);
	alone = with_pause(READ_CALLS) - idle;
	pid = fork();
	if (!pid) {
		execlp("pwtrace", "pwtrace", "watch", "--max-lost", "0", "-q", NULL);
		_exit(127);
	}
	sleep(8);
	watched_idle = with_pause(0);
	watched = with_pause(READ_CALLS) - watched_idle;
	print("pwtrace watch, from the change to its verdict", watched / READ_CALLS,
	      alone / READ_CALLS);
	printf("%-58s %8.0f\n", "  while nothing happens, a second",
	       watched_idle > idle ? (watched_idle - idle) * 2 : 0);
	kill(pid, SIGINT);
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		printf("  (pwtrace watch ended with %d)\n", WEXITSTATUS(status));
}

int main(void)
{
	struct capture_options options = {};
	struct kernel kernel;
	struct problem why;
	double untraced;

	counter = open_counter();
	if (counter < 0) {
		perror("cost: no instruction counter");
		return 3;
	}
	if (kernel_open(&kernel, &why)) {
		fprintf(stderr, "cost: %s\n", why.text);
		return 3;
	}
	libbpf_set_print(NULL);
	printf("# %s, %uK pages, %u levels\n", kernel.release, 1U << (kernel.geo.page_shift - 10),
	       kernel.geo.levels);
	measure(CALLS);
	untraced = measure(CALLS);
	printf("%-58s %8.0f\n", "set_memory_valid() of one page, untraced", untraced);
	printf("guest instructions added to it by\n");
	measure_bare(&kernel, untraced);
	measure_capture(&kernel, "pwtrace watch, entries of all levels before and after", &options,
			untraced);
	options.stack = true;
	measure_capture(&kernel, "  with --stack", &options, untraced);
	options.stack = false;
	options.calls = true;
	measure_capture(&kernel, "  with --calls", &options, untraced);
	options.calls = false;
	options.callbacks = true;
	measure_capture(&kernel, "  with --callbacks", &options, untraced);
	options.callbacks = false;
	options.backend = BACKEND_MULTI;
	measure_capture(&kernel, "  with --backend kprobe.multi", &options, untraced);
	options.backend = BACKEND_KPROBE;
	measure_capture(&kernel, "  with --backend kprobe", &options, untraced);
	measure_reader();
	return 0;
}
