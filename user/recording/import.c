// SPDX-License-Identifier: GPL-2.0-only
#include "import.h"

#include <errno.h>
#include <string.h>

#include "dump/ptdump.h"

#define LINE_LENGTH 512

struct reading {
	struct import *import;
	struct run_writer *writer;
	struct ptdump_shape shape;
	uint64_t end; /* of the run before; 0: there is none, or nothing is behind it */
};

static void tell(struct reading *reading, const char *why)
{
	struct import *import = reading->import;

	import->bad++;
	import->tell(import->ctx, import->lines, why);
}

static int take_run(struct reading *reading, const struct leaf_run *run)
{
	struct import *import = reading->import;

	if (import->runs && (!reading->end || run->start < reading->end)) {
		tell(reading, "it begins before the line before it ends");
		return 0;
	}
	import->gaps += import->runs && run->start != reading->end;
	import->runs++;
	reading->end = run->start + run->size;
	ptdump_shape_add(&reading->shape, run);
	return run_writer_add(reading->writer, run);
}

static int take_line(struct reading *reading, const char *text, size_t len)
{
	struct ptdump_line line;

	reading->import->lines++;
	ptdump_parse(text, len, &line);
	switch (line.kind) {
	case PTDUMP_RUN:
		return take_run(reading, &line.run);
	case PTDUMP_MARKER:
		if (run_writer_mark(reading->writer, line.marker, line.marker_len))
			tell(reading, "its name is too long, or it is one mark too many");
		break;
	case PTDUMP_NONSENSE:
		tell(reading, line.why);
		break;
	case PTDUMP_BLANK:
		break;
	}
	return 0;
}

/* What is longer than a line can be makes no sense, whatever is behind it. */
static int read_lines(struct reading *reading, FILE *file)
{
	char text[LINE_LENGTH];
	size_t len = 0;
	int err = 0, c;

	while (!err && (c = getc(file)) != EOF) {
		if (c != '\n') {
			text[len < sizeof(text) ? len++ : sizeof(text) - 1] = c;
			continue;
		}
		err = take_line(reading, text, len);
		len = 0;
	}
	if (!err && len)
		err = take_line(reading, text, len);
	return !err && ferror(file) ? -EIO : err;
}

static int finish(struct reading *reading)
{
	struct import *import = reading->import;

	if (import->bad)
		return -EBADMSG;
	if (!import->runs)
		return -ENODATA;
	if (ptdump_geometry(&reading->shape, import->page_shift, &import->geo))
		return -EDOM;
	return run_writer_end(reading->writer, &import->geo, import->release);
}

int import_text(struct import *import, FILE *file, struct recorder *recorder)
{
	struct reading reading = { .import = import };
	int err = run_writer_new(&reading.writer, recorder);

	if (!err)
		err = read_lines(&reading, file);
	if (!err)
		err = finish(&reading);
	run_writer_free(reading.writer);
	return err;
}
