/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways to make an arm64 kernel change the permissions of its own mappings from user space, without
 * touching anything but what the calling process has made itself. Nothing of it outlives the
 * process.
 */
#ifndef PWTRACE_PROVOKE_H
#define PWTRACE_PROVOKE_H

/* What a trigger returns beside 0 and a negative errno: this system has not got what it takes. */
#define PROVOKE_CANNOT 1

/**
 * struct outcome - what a trigger did
 * @what: for people; what went wrong, where it returned something else than 0
 * @count: how many pages, filters, probes or rounds it were
 * @changes: about how many changes of a range this was, as measured on 6.12 to 7.3 with rodata=
 * and the linear map as they are by default
 */
struct outcome {
	char what[200];
	long count;
	long changes;
};

/* Fill in what, and return @status. */
int outcome(struct outcome *o, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * provoke_secretmem() - hide pages from the linear map and show them
 * @pages: how many; all of them were touched if it succeeds
 *
 * One set_direct_map_invalid_noflush() and one set_direct_map_default_noflush() a page, both by
 * the calling thread.
 */
int provoke_secretmem(long pages, struct outcome *o);

/**
 * provoke_bpf() - keep large classic socket filters until BPF needs a new program pack
 * @count: how many, 0: as many as surely need one
 *
 * A pack is provoke_bpf_pack() bytes that are made read-only, with their linear alias, and
 * executable, by the calling thread. When the last program in it is gone it is freed by a worker.
 */
int provoke_bpf(long count, struct outcome *o);
long provoke_bpf_pack(void);
long provoke_bpf_filters(void); /* what 0 stands for */

/**
 * provoke_kprobe() - set and remove probes that need an instruction slot
 *
 * They are perf events of the calling process in a system call that hardly anybody makes. The page
 * of slots is made read-only and executable; the kernel keeps it, so that only the first probe
 * since boot makes changes.
 */
int provoke_kprobe(struct outcome *o);

/**
 * provoke_kfence() - allocate and free kernel objects for some seconds
 *
 * KFENCE, where it is on, takes some of them: a page becomes valid and, with the object's end,
 * invalid. That it is on, and how often it looks, is not changed.
 */
int provoke_kfence(double seconds, struct outcome *o);
long provoke_kfence_interval(void); /* ms, 0: it is off, negative: the kernel has none */

/* files.c */
int write_text(const char *path, int flags, const char *text);
int read_text(const char *path, char *buf, int size);
double now(void);

#endif
