// SPDX-License-Identifier: GPL-2.0-only
/*
 * tests/bench/rewrite RECORDING COPY: its events written once more, as fast as that goes: what
 * 'pwtrace record' does with what the ring delivers, without a kernel.
 */
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

static void write_all(const struct all *all, struct event_writer *writer)
{
	for (size_t at = 0; at < all->size;) {
		uint64_t head[2];
		const char *data = all->data + at + sizeof(head);

		memcpy(head, all->data + at, sizeof(head));
		if (head[0] < 0x80)
			event_writer_record(writer, data, head[1]);
		else
			event_writer_add(writer, head[0], data, head[1]);
		at += sizeof(head) + ((head[1] + 7) & ~7ULL);
	}
}

int main(int argc, char **argv)
{
	struct recorder_stats stats;
	struct recorder *recorder;
	struct event_writer *writer;
	struct kernel kernel = {};
	struct all all = {};
	double wall, thread, process;

	if (argc != 3)
		fail("usage: rewrite RECORDING COPY");
	load(&all, argv[1], &kernel);
	if (recorder_open(&recorder, argv[2]) ||
	    event_writer_new(&writer, recorder, kernel.geo.page_shift))
		fail("cannot write");
	wall = seconds(CLOCK_MONOTONIC);
	thread = seconds(CLOCK_THREAD_CPUTIME_ID);
	process = seconds(CLOCK_PROCESS_CPUTIME_ID);
	write_all(&all, writer);
	thread = seconds(CLOCK_THREAD_CPUTIME_ID) - thread;
	event_writer_free(writer);
	recorder_close(recorder, &stats);
	wall = seconds(CLOCK_MONOTONIC) - wall;
	process = seconds(CLOCK_PROCESS_CPUTIME_ID) - process;
	printf("written: %.0f calls a second of the clock, %.0f a second of the thread that reads the ring, "
	       "%.0f a second of a processor in all; %.1f bytes each\n",
	       all.changes / wall, all.changes / thread, all.changes / process,
	       (double)stats.size / all.changes);
	kernel_close(&kernel);
	free(all.data);
	return 0;
}
