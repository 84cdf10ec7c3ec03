/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWTRACE_ENUMERATOR_H
#define PWTRACE_ENUMERATOR_H

#include <stdint.h>

/**
 * enumerator_find() - one value of one enum, out of a file of BTF
 * @path: the file, NULL for /sys/kernel/btf/vmlinux
 *
 * libbpf makes an index of all types first, which takes several times as long.
 * Return: 0; -ENOENT: there is no such; -EBADMSG: nothing that is known as BTF; -errno of reading.
 */
int enumerator_find(const char *path, const char *name, const char *enumerator, uint64_t *value);

#endif
