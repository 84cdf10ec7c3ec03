// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any text as kernel_page_tables: line by line, and imported. What was taken comes out of the
 * recording as it went in, and its own text is taken again.
 */
#include "dump/ptdump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emit/table.h"
#include "recording/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void told(void *ctx, uint64_t line, const char *why)
{
	uint64_t *nr = ctx;

	if (!line || !*why)
		abort();
	++*nr;
}

static int import(const void *data, size_t size, const char *path, struct import *import)
{
	FILE *file = fmemopen((void *)data, size, "r");
	struct recorder *recorder;
	uint64_t nr = 0;
	int err;

	*import = (struct import){ .tell = told, .ctx = &nr };
	if (!file || recorder_open(&recorder, path))
		abort();
	err = import_text(import, file, recorder);
	if (recorder_close(recorder, NULL) || nr != import->bad || (nr && err != -74 /* EBADMSG */))
		abort();
	fclose(file);
	return err;
}

struct out {
	struct table_printer printer;
	uint64_t runs;
};

static void print(void *ctx, const struct leaf_run *run)
{
	struct out *out = ctx;

	out->runs++;
	table_print(&out->printer, run);
}

/* The text of a recording. NULL: it has none. */
static char *text_of(const char *path, uint64_t runs, size_t *size)
{
	struct out out = { .printer = { .format = TABLE_PTDUMP, .lines = true } };
	struct recording *recording;
	struct kernel kernel;
	struct problem why;
	struct runs *all;
	char *text;

	if (recording_open(&recording, path, &why) || runs_open(&all, recording, &kernel, &why) ||
	    !all)
		abort();
	out.printer.out = open_memstream(&text, size);
	out.printer.geo = &kernel.geo;
	out.printer.markers = runs_markers(all);
	if (runs_each(all, 0, 0, true, print, &out) || out.runs != runs)
		abort();
	table_print_end(&out.printer, 0);
	fclose(out.printer.out);
	runs_close(all);
	kernel_close(&kernel);
	recording_close(recording);
	return text;
}

/* Each line in memory of its own size: how many make no sense. */
static unsigned int parse(const uint8_t *data, size_t size)
{
	unsigned int bad = 0;

	for (size_t at = 0; at < size;) {
		const uint8_t *nl = memchr(data + at, '\n', size - at);
		size_t len = nl ? (size_t)(nl - data) - at : size - at;
		char *text = malloc(len ? len : 1);
		struct ptdump_line line;

		memcpy(text, data + at, len);
		ptdump_parse(text, len, &line);
		if ((line.kind == PTDUMP_NONSENSE) != !!line.why ||
		    (line.kind == PTDUMP_RUN && (!line.run.size || line.run.level > 4)))
			abort();
		bad += line.kind == PTDUMP_NONSENSE;
		free(text);
		at += len + 1;
	}
	return bad;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import first, second;
	size_t len, again_len;
	char path[64], *text, *again;

	if (!size)
		return 0;
	/* a file for each takes a while: few are made of what is refused */
	if (parse(data, size) && size % 32)
		return 0;
	snprintf(path, sizeof(path), "/dev/shm/pwtrace-fuzz.%d", getpid());
	if (!import(data, size, path, &first)) {
		text = text_of(path, first.runs, &len);
		if (import(text, len, path, &second) || second.runs != first.runs ||
		    second.gaps != first.gaps || second.geo.page_shift != first.geo.page_shift)
			abort();
		again = text_of(path, second.runs, &again_len);
		if (again_len != len || memcmp(text, again, len))
			abort();
		free(text);
		free(again);
	}
	unlink(path);
	return 0;
}
