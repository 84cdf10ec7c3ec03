/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A capture that is recorded: what the checker is given, and what it asked and was answered, in the
 * order in which it happened, so that another checker can be given the same. An answer comes before
 * the event that asked for it.
 */
#ifndef PWTRACE_TAPE_H
#define PWTRACE_TAPE_H

#include "capture/capture.h"
#include "recording/write.h"

struct tape;

struct tape_options {
	const char *path;
	/* Another file after so many bytes, or seconds; 0: never. The names end in a number then.
	 */
	uint64_t rotate_size;
	double rotate_time;
	unsigned int keep; /* files, the oldest are removed; 0: all */
	/*
	 * What is captured is kept in so many bytes of memory, and written when tape_trigger() says
	 * so; the file is finished so many seconds later. 0: all is written.
	 */
	size_t memory;
	double after;
	bool redact;	    /* see redact.h */
	bool unchecked;	    /* nobody checks meanwhile */
	uint32_t rules_off; /* of the checker; bits: 1 << enum rule */
};

/**
 * tape_open() - begin to record
 * @options: has to stay
 * @kernel: that is captured; has to stay
 *
 * Return: 0, or a negative errno with @why filled in.
 */
int tape_open(struct tape **out, const struct tape_options *options, const struct kernel *kernel,
	      struct problem *why);

/* What is attached. 0 or a negative errno. */
int tape_begin(struct tape *tape, struct capture *capture);

void tape_record(struct tape *tape, const void *record, size_t size);
void tape_idle(struct tape *tape);
void tape_unseen(struct tape *tape, uint64_t answer);
void tape_kfence(struct tape *tape, const struct pwt_kfence *pool);

/* The state of the checker before the next record, where it is wanted; it is redacted in place. */
bool tape_wants_state(struct tape *tape);
void tape_state(struct tape *tape, struct pwt_state *state, size_t size);

/* Where KFENCE has its pages, as far as is known at the end; size 0: nowhere. */
void tape_kfence_pool(struct tape *tape, const struct pwt_kfence *pool);

/* The kernel's tables as they are. 0, or a negative errno with @why filled in. */
int tape_snapshot(struct tape *tape, struct problem *why);

/* What is in memory is wanted. */
void tape_trigger(struct tape *tape);

/* Let what there is be in the file, once a second at most; what is lost so far along with it. */
void tape_tick(struct tape *tape);

/* The capture has ended. */
void tape_end(struct tape *tape);

/* 0, or the first error of writing. @stats: filled in. */
int tape_close(struct tape *tape, struct recorder_stats *stats);

/* The file that is written, or the last one. */
const char *tape_path(const struct tape *tape);

/* Nothing more can be written: 0 as long as all is well. */
int tape_error(const struct tape *tape);

#endif
