// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "vmlinux-gen.h"

#define HEADER_MAX (128 * MIB) /* all of Linux 7.3 makes 3 MiB */

/*
 * The guard has bpftool's name, because bpf_tracing.h looks for it. The attribute makes each access
 * to a member a CO-RE relocation.
 */
static const char head[] =
	"#ifndef __VMLINUX_H__\n"
	"#define __VMLINUX_H__\n\n"
	"#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
	"#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n"
	"#endif\n\n";

static const char tail[] = "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
			   "#pragma clang attribute pop\n"
			   "#endif\n\n"
			   "#endif /* __VMLINUX_H__ */\n";

struct printer {
	FILE *file;
	size_t size;
};

/* libbpf goes on whatever happens here, so what is too much is just not kept. */
static void print_to(void *ctx, const char *fmt, va_list args)
{
	struct printer *out = ctx;
	int len = out->size <= HEADER_MAX ? vfprintf(out->file, fmt, args) : 0;

	if (len > 0)
		out->size += len;
}

static int dump_types(const struct btf *btf, FILE *file)
{
	struct printer out = { .file = file };
	struct btf_dump *dump = btf_dump__new(btf, print_to, &out, NULL);
	int err = 0;

	if (!dump)
		return -errno;
	for (uint32_t id = 1; id < btf__type_cnt(btf) && !err; id++)
		err = btf_dump__dump_type(dump, id);
	btf_dump__free(dump);
	return !err && out.size > HEADER_MAX ? -EFBIG : err;
}

int header_text(const struct btf *btf, const char *origin, char **text, size_t *size,
		struct why *why)
{
	FILE *out = open_memstream(text, size);
	int err;

	if (!out)
		return fail(why, ENOMEM, "out of memory");
	fprintf(out, "/* SPDX-License-Identifier: GPL-2.0-only */\n/*\n * %s\n */\n%s", origin,
		head);
	err = dump_types(btf, out);
	fputs(tail, out);
	if (fclose(out) && !err)
		err = -ENOMEM;
	if (!err)
		return 0;
	free(*text);
	*text = NULL;
	if (err == -EFBIG)
		return fail(why, EFBIG, "its types make a header of more than %zu MiB: damaged",
			    HEADER_MAX / MIB);
	return fail(why, -err, "libbpf cannot print its types: %s", strerror(-err));
}
