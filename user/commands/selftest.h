/* SPDX-License-Identifier: GPL-2.0-only */
/* One run of 'pwtrace selftest', and what is concluded from it. */
#ifndef PWTRACE_SELFTEST_H
#define PWTRACE_SELFTEST_H

#include "commands/commands.h"
#include "commands/seen.h"
#include "commands/session.h"
#include "emit/ktap.h"
#include "provoke/provoke.h"

enum step_nr {
	STEP_SECRETMEM,
	STEP_BPF,
	STEP_KPROBE,
	STEP_KFENCE,
	NR_STEPS,
};

/* A step is done by a process of its own. */
struct step {
	const char *name;
	int (*run)(struct outcome *o);
	/* What it will do and take, for people. */
	void (*plan)(char *buf, size_t size);
};

extern const struct step steps[NR_STEPS];

#define SELFTEST_SECRET_PAGES 64

struct selftest {
	struct common_options common;
	struct capture_options capture;
	bool dry_run;
	bool limit_losses;
	uint64_t max_lost;

	struct session session;
	struct emitter *emitter; /* of changes that are not MATCH, and of the summary */
	FILE *said;		 /* what the emitter writes to, text: a buffer, else stdout */
	char *said_text;
	size_t said_size;
	unsigned int nr_said;

	uint8_t step;  /* under way, NO_STEP: none */
	char comm[16]; /* of the tasks that provoke */
	struct seen seen;
	struct {
		int ret; /* of step.run */
		struct outcome outcome;
	} done[NR_STEPS];
};

/* selftest_steps.c: run one. 0, or a negative errno of the session. */
int selftest_step(struct selftest *test, enum step_nr nr);

/* selftest_results.c: a result for each step, hook, rule and verdict. */
void selftest_results(struct selftest *test, struct ktap *ktap);

#endif
