/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways to make an arm64 kernel change the permissions of its own mappings, from user space.
 */
#ifndef PROVOKE_H
#define PROVOKE_H

#include <stdbool.h>

/*
 * What a trigger returns: 0, a negative errno, CANNOT_RUN if this system lacks what it needs, or
 * WRONG_USAGE; it has said why.
 */
#define CANNOT_RUN  1
#define WRONG_USAGE 2

/**
 * struct outcome - what a trigger did
 * @what: for people
 * @changes: about how many changes of a range this was, as measured on 6.12 to 7.3 with rodata=
 * and the linear map as they are by default
 */
struct outcome {
	char what[200];
	long changes;
};

void outcome(struct outcome *o, long changes, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Say on stderr why something cannot be, and return @status. */
int complain(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

int secretmem(long pages, struct outcome *o);
/* @count: 0 for as many as surely need a new pack */
int bpf_programs(long count, struct outcome *o);
int kprobe(struct outcome *o);
int kfence(long interval_ms, long seconds, struct outcome *o);
int module(const char *path, struct outcome *o);

/* files.c */
int write_text(const char *path, int flags, const char *text);
int read_text(const char *path, char *buf, int size);
double now(void);

#endif
