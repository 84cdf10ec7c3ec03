/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Capture: attach the BPF programs to what the running kernel offers and hand out their records in
 * the order of the ring. It does not know what a record means.
 */
#ifndef PWTRACE_CAPTURE_H
#define PWTRACE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"
#include "pwtrace/wire.h"

enum backend {
	BACKEND_AUTO, /* the first of the others that works */
	BACKEND_FENTRY,
	BACKEND_MULTI, /* kprobe.multi */
	BACKEND_KPROBE,
	BACKEND_NR,
};

struct capture_options {
	enum backend backend;
	size_t ring_size; /* bytes, a power of two; 0: 8 MiB */
	bool stack;	  /* kernel stacks */
	bool callbacks;	  /* the pageattr callbacks */
	bool calls;	  /* set_memory_valid() and set_direct_map_*() as changes of their own */
	bool walks;	  /* pageattr walks are reported too */
	bool births;	  /* mappings that mm/vmalloc.c makes */
	bool verbose;	  /* libbpf's messages */
};

/* One hook and what became of it. */
enum hook_state {
	HOOK_OFF,    /* not asked for */
	HOOK_ABSENT, /* the kernel has no such function */
	HOOK_FAILED, /* it could not be attached; see error */
	HOOK_ATTACHED,
};

struct hook_status {
	const char *function; /* the kernel function, or the first choice where there is none */
	enum pwt_func func;
	enum hook_state state;
	int error;	 /* negative errno of HOOK_FAILED */
	uint64_t missed; /* hits that no program ran for, as of the last capture_missed() */
};

struct capture;

typedef int (*record_fn)(void *ctx, const void *record, size_t size);

/**
 * capture_open() - load and attach
 * @out: the capture; capture_close() it
 * @kernel: the running kernel
 * @options: what to attach and how
 * @record: called from capture_poll() for each record; a negative return value ends the poll with
 * it
 * @why: filled in on failure
 *
 * Return: 0 or a negative errno.
 */
int capture_open(struct capture **out, const struct kernel *kernel,
		 const struct capture_options *options, record_fn record, void *ctx,
		 struct problem *why);

/* No new call is recorded from here on; those under way still report their end. */
void capture_stop(struct capture *capture);
void capture_close(struct capture *capture);

/**
 * capture_poll() - hand out the records that are there, wait for some if there is none
 * @timeout_ms: how long to wait, -1: until a signal
 *
 * Return: how many records, 0 after the time out or a signal, or a negative errno.
 */
int capture_poll(struct capture *capture, int timeout_ms);

/* Records lost so far by type of record (PWT_NR_TYPES of them), and of all types together. */
const uint64_t *capture_lost(const struct capture *capture);
uint64_t capture_lost_total(const struct capture *capture);
const uint32_t *capture_lost_by_task(const struct capture *capture, size_t *buckets);

/* How often a program did not run because it was running already, up to now. */
uint64_t capture_missed(struct capture *capture);

enum backend capture_backend(const struct capture *capture);
const char *backend_name(enum backend backend);
const struct hook_status *capture_hooks(const struct capture *capture, size_t *nr);
const char *capture_function(const struct capture *capture, enum pwt_func func);

/* The kernel stack of a stack id: up to @room return addresses. Return: how many. */
size_t capture_stack(const struct capture *capture, int32_t stack_id, uint64_t *addrs, size_t room);

#endif
