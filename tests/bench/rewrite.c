// SPDX-License-Identifier: GPL-2.0-only
/*
 * tests/bench/rewrite RECORDING COPY: its events written once more, as fast as that goes: what
 * 'pwtrace record' does with what the ring delivers, without a kernel.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "recording/events.h"
#include "recording/kernel.h"

struct all {
	char *data;
	size_t size, room;
	uint64_t events, changes;
};

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

/* Kind, size, and the bytes, each at a multiple of 8. */
static void keep(struct all *all, const struct event *event)
{
	uint64_t head[2] = { event->kind, event->size };
	size_t whole = sizeof(head) + ((event->size + 7) & ~7ULL);

	if (all->size + whole > all->room) {
		all->room = all->room ? all->room * 2 : 1 << 20;
		all->data = realloc(all->data, all->room);
		if (!all->data)
			fail("out of memory");
	}
	memcpy(all->data + all->size, head, sizeof(head));
	memcpy(all->data + all->size + sizeof(head), event->data, event->size);
	all->size += whole;
	all->events++;
	all->changes += event->kind == PWT_EXIT;
}

static void load(struct all *all, const char *path, struct kernel *kernel)
{
	struct recording *recording;
	struct event_reader *reader;
	struct recorded record;
	struct problem why;
	struct event event;

	if (recording_open(&recording, path, &why) ||
	    recording_kernel(recording, kernel, NULL, &why))
		fail(why.text);
	if (event_reader_new(&reader))
		fail("out of memory");
	recording_begin(recording, 1ULL << PWT_REC_EVENTS);
	while (recording_next(recording, &record) > 0) {
		if (record.type != PWT_REC_EVENTS ||
		    event_reader_begin(reader, record.data, record.size))
			continue;
		while (event_reader_next(reader, &event) > 0)
			keep(all, &event);
	}
	event_reader_free(reader);
	recording_close(recording);
}

/* Calls between which the packing thread is waited for, or as fast as they come. */
#define PATIENT 2000

static void write_all(const struct all *all, struct event_writer *writer, bool patient)
{
	uint64_t nr = 0;

	for (size_t at = 0; at < all->size; nr++) {
		uint64_t head[2];
		const char *data = all->data + at + sizeof(head);

		memcpy(head, all->data + at, sizeof(head));
		if (head[0] < 0x80)
			event_writer_record(writer, data, head[1]);
		else
			event_writer_add(writer, head[0], data, head[1]);
		if (patient && nr % PATIENT == PATIENT - 1)
			event_writer_flush(writer);
		at += sizeof(head) + ((head[1] + 7) & ~7ULL);
	}
}

static void measure(const struct all *all, const char *path, unsigned int page_shift, bool patient)
{
	struct recorder_stats stats;
	struct recorder *recorder;
	struct event_writer *writer;
	double wall, thread, process;

	if (recorder_open(&recorder, path) || event_writer_new(&writer, recorder, page_shift))
		fail("cannot write");
	wall = seconds(CLOCK_MONOTONIC);
	thread = seconds(CLOCK_THREAD_CPUTIME_ID);
	process = seconds(CLOCK_PROCESS_CPUTIME_ID);
	write_all(all, writer, patient);
	thread = seconds(CLOCK_THREAD_CPUTIME_ID) - thread;
	event_writer_free(writer);
	recorder_close(recorder, &stats);
	wall = seconds(CLOCK_MONOTONIC) - wall;
	process = seconds(CLOCK_PROCESS_CPUTIME_ID) - process;
	printf("written %s: %.0f calls a second, %.0f of the thread that reads the ring, %.0f of a processor; "
	       "%.1f bytes each\n",
	       patient ? "as small as it gets" : "as fast as they come", all->changes / wall,
	       all->changes / thread, all->changes / process, (double)stats.size / all->changes);
}

int main(int argc, char **argv)
{
	struct kernel kernel = {};
	struct all all = {};

	if (argc != 3)
		fail("usage: rewrite RECORDING COPY");
	load(&all, argv[1], &kernel);
	measure(&all, argv[2], kernel.geo.page_shift, false);
	measure(&all, argv[2], kernel.geo.page_shift, true);
	kernel_close(&kernel);
	free(all.data);
	return 0;
}
