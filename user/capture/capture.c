// SPDX-License-Identifier: GPL-2.0-only
#include "capture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/attach.h"
#include "config.h"
#include "pwtrace.skel.h"

/* While records keep coming the reader sleeps this long between looks and needs no wake-up. */
#define BATCH_NS (5 * 1000 * 1000)
/* After this many looks without a record it asks to be woken. */
#define IDLE_LOOKS 4

struct capture {
	struct attachment att;
	struct ring_buffer *ring;
	record_fn record;
	void *ctx;
	unsigned int idle_looks;
};

static int print_all(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return vfprintf(stderr, format, args);
}

static int print_none(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

static int take_record(void *ctx, void *data, size_t size)
{
	struct capture *capture = ctx;

	return capture->record(capture->ctx, data, size);
}

/* Each way in turn, from the cheapest on, unless one was asked for. */
static int attach_somehow(struct capture *capture, const struct kernel *kernel,
			  const struct capture_options *options, struct problem *why)
{
	int err = -EINVAL;

	if (options->backend != BACKEND_AUTO)
		return attach(&capture->att, kernel, options, options->backend, why);
	for (enum backend backend = BACKEND_FENTRY; backend < BACKEND_NR; backend++) {
		err = attach(&capture->att, kernel, options, backend, why);
		if (!err || err == -EPERM)
			break;
		if (options->verbose)
			fprintf(stderr, "pwtrace: %s\n", why->text);
	}
	return err;
}

int capture_open(struct capture **out, const struct kernel *kernel,
		 const struct capture_options *options, record_fn record, void *ctx,
		 struct problem *why)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int err;

	if (!capture)
		return problem(why, -ENOMEM, "out of memory");
	libbpf_set_print(options->verbose ? print_all : print_none);
	capture->record = record;
	capture->ctx = ctx;
	err = attach_somehow(capture, kernel, options, why);
	if (err) {
		free(capture);
		return err;
	}
	capture->ring = ring_buffer__new(bpf_map__fd(capture->att.skel->maps.ring), take_record,
					 capture, NULL);
	if (!capture->ring) {
		err = problem(why, -errno, "cannot map the ring: %s", strerror(errno));
		capture_close(capture);
		return err;
	}
	*out = capture;
	return 0;
}

void capture_stop(struct capture *capture)
{
	detach_entries(&capture->att);
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	ring_buffer__free(capture->ring);
	detach(&capture->att);
	free(capture);
}

static struct pwt_counters *counters(const struct capture *capture)
{
	return &capture->att.skel->bss->counters;
}

static void set_waiting(struct capture *capture, uint32_t waits)
{
	__atomic_store_n(&counters(capture)->reader_waits, waits, __ATOMIC_SEQ_CST);
}

/*
 * Sleep until a record is written. The flag goes up before the last look, so that none is missed.
 */
static int wait_for_record(struct capture *capture, int timeout_ms)
{
	int nr;

	set_waiting(capture, 1);
	nr = ring_buffer__consume(capture->ring);
	if (!nr)
		nr = ring_buffer__poll(capture->ring, timeout_ms);
	set_waiting(capture, 0);
	return nr == -EINTR ? 0 : nr;
}

int capture_poll(struct capture *capture, int timeout_ms)
{
	struct timespec batch = { .tv_nsec = BATCH_NS };
	int nr = ring_buffer__consume(capture->ring);

	if (nr) {
		capture->idle_looks = 0;
		return nr;
	}
	if (capture->idle_looks < IDLE_LOOKS) {
		capture->idle_looks++;
		nanosleep(&batch, NULL);
		return ring_buffer__consume(capture->ring);
	}
	return wait_for_record(capture, timeout_ms);
}

const uint64_t *capture_lost(const struct capture *capture)
{
	return (const uint64_t *)counters(capture)->lost;
}

uint64_t capture_lost_total(const struct capture *capture)
{
	const uint64_t *lost = capture_lost(capture);
	uint64_t total = counters(capture)->lost_state;

	for (int type = 0; type < PWT_NR_TYPES; type++)
		total += lost[type];
	return total;
}

const uint32_t *capture_lost_by_task(const struct capture *capture, size_t *buckets)
{
	*buckets = PWT_TASK_BUCKETS;
	return counters(capture)->lost_by_task;
}

uint64_t capture_missed(struct capture *capture)
{
	return attach_missed(&capture->att);
}

enum backend capture_backend(const struct capture *capture)
{
	return capture->att.backend;
}

const struct hook_status *capture_hooks(const struct capture *capture, size_t *nr)
{
	*nr = nr_hooks;
	return capture->att.status;
}

const char *capture_function(const struct capture *capture, enum pwt_func func)
{
	for (size_t i = 0; i < nr_hooks; i++)
		if (capture->att.status[i].func == func)
			return capture->att.status[i].function;
	return "?";
}

size_t capture_stack(const struct capture *capture, int32_t stack_id, uint64_t *addrs, size_t room)
{
	int fd = bpf_map__fd(capture->att.skel->maps.stacks);
	uint64_t all[32] = {};
	size_t nr = 0;

	if (stack_id < 0 || bpf_map_lookup_elem(fd, &stack_id, all))
		return 0;
	for (; nr < room && nr < 32 && all[nr]; nr++)
		addrs[nr] = all[nr];
	return nr;
}
