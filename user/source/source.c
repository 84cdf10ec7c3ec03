// SPDX-License-Identifier: GPL-2.0-only
#include "source.h"

#include <errno.h>
#include <string.h>

int source_open(struct source **out, enum source_kind kind, const struct kernel *kernel,
		struct problem *why)
{
	int err = -EINVAL;

	if (kind != SOURCE_KCORE)
		err = source_open_bpf(out, kernel, why);
	if (kind == SOURCE_KCORE || (kind == SOURCE_AUTO && err))
		err = source_open_kcore(out, kernel, why);
	return err;
}

int source_find(const char *name)
{
	static const char *const names[] = {
		[SOURCE_AUTO] = "auto",
		[SOURCE_BPF] = "bpf",
		[SOURCE_KCORE] = "kcore",
	};

	for (int kind = 0; kind < 3; kind++)
		if (!strcmp(name, names[kind]))
			return kind;
	return -1;
}
