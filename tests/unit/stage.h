/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session whose capture is made up: records of a world go through it into a checker and into a
 * recording, as those of the running kernel would.
 */
#ifndef PWTRACE_TEST_STAGE_H
#define PWTRACE_TEST_STAGE_H

#include "commands/session.h"
#include "world.h"

/* Where its functions are. */
#define SET_MEMORY_VALID_CODE 0xffffc00080100010ULL
#define COMMON_CODE	      0xffffc00080400010ULL

/* The kernel's symbols, and its note: of a kernel with the tables of @world. */
extern const char stage_symbols[];
const char *stage_vmcoreinfo(const struct world *world);

/* A change as it is told, and the line of JSON. */
struct told {
	uint64_t time, seq;
	enum verdict verdict;
	enum reason reason;
	char *json;
};

/* All changes of a run. */
struct told_run {
	bool terse; /* changes are counted only */
	struct told *told;
	size_t nr, room;
	uint64_t verdicts[VERDICT_NR];
	char *summary;
	char damage[200]; /* "": none */
};

void told_release(struct told_run *run);

/* The change that began then; NULL: it is not among them. No two begin at one time. */
const struct told *told_find(const struct told_run *run, uint64_t time);

struct stage_options {
	bool splits, callbacks, births, redact;
	bool unchecked; /* nothing is told by the session */
	uint64_t rotate_size;
};

struct stage;

/* @world: without its checker; its records go to the stage. @path: the recording. */
struct stage *stage_open(struct world *world, const char *path,
			 const struct stage_options *options);

/* The ring is empty; about a second has passed: what is recorded so far is in the file. */
void stage_idle(struct stage *stage);
void stage_tick(struct stage *stage);

/* The record that would come next is lost; a probe does not run. */
void stage_lose(struct stage *stage, struct actor *actor);
void stage_miss(struct stage *stage);

/* From here on the next @nr records go nowhere. */
void stage_drop(struct stage *stage, unsigned int nr);

/* KFENCE has its pool there from here on. */
void stage_kfence(struct stage *stage, uint64_t start, uint64_t size);

/* The end of the capture: what was told, and the file is complete. */
void stage_close(struct stage *stage, struct told_run *run);

/*
 * The same out of the parts of a recording. @run: zeroed but for terse. 0, or what replay_open() or
 * replay_run() said.
 */
int stage_replay(char *const *paths, size_t nr, struct told_run *run, struct problem *why);

#endif
