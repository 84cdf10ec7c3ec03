// SPDX-License-Identifier: GPL-2.0-only
#include "runs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geometry/descriptor.h"
#include "recording/kernel.h"
#include "source/stream.h"

#ifndef PWTRACE_VERSION
#define PWTRACE_VERSION "0.1"
#endif

#define RUNS_AT_ONCE 2048

/* Bits that ptdump has words for; the type of a table is none of a leaf. */
#define KNOWN_BITS                                                                           \
	(PTE_VALID | PTE_TABLE_BIT | PTE_USER | PTE_RDONLY | PTE_PXN | PTE_SHARED | PTE_AF | \
	 PTE_NG | PTE_CONT | PTE_UXN | PTE_GP | PTE_ATTRINDX_MASK)

struct run_writer {
	struct recorder *recorder;
	size_t nr;
	unsigned int nr_marks, placed;
	uint64_t end; /* of the last run */
	struct run_mark marks[MOST_MARKS];
	struct pwt_run runs[RUNS_AT_ONCE];
};

int run_writer_new(struct run_writer **out, struct recorder *recorder)
{
	struct run_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return -ENOMEM;
	writer->recorder = recorder;
	*out = writer;
	return 0;
}

void run_writer_free(struct run_writer *writer)
{
	free(writer);
}

static int write_runs(struct run_writer *writer)
{
	size_t size = writer->nr * sizeof(*writer->runs);

	writer->nr = 0;
	return size ? recorder_add(writer->recorder, PWT_REC_RUNS, writer->runs, size) : 0;
}

int run_writer_add(struct run_writer *writer, const struct leaf_run *run)
{
	while (writer->placed < writer->nr_marks)
		writer->marks[writer->placed++].start = run->start;
	writer->runs[writer->nr++] = (struct pwt_run){
		.start = run->start,
		.size = run->size,
		.bits = run->desc,
		.level = run->level,
	};
	return writer->nr < RUNS_AT_ONCE ? 0 : write_runs(writer);
}

int run_writer_mark(struct run_writer *writer, const char *name, size_t len)
{
	struct run_mark *mark = &writer->marks[writer->nr_marks];

	if (writer->nr_marks == MOST_MARKS || len >= sizeof(mark->name))
		return -E2BIG;
	writer->nr_marks++;
	*mark = (struct run_mark){ .start = -1ULL };
	memcpy(mark->name, name, len);
	return 0;
}

int run_writer_end(struct run_writer *writer, const struct geometry *geo, const char *release)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	int err;

	if (!file)
		return -ENOMEM;
	fprintf(file, "pwtrace=%s\nrelease=%s\npage_size=%" PRIu64 "\nva_bits=%u\nlevels=%u\n",
		PWTRACE_VERSION, release ?: "unknown", geometry_page_size(geo), geo->va_bits,
		geo->levels);
	for (unsigned int i = 0; i < writer->nr_marks; i++)
		fprintf(file, "mark=%016" PRIx64 " %s\n", writer->marks[i].start,
			writer->marks[i].name);
	err = fclose(file) ? -ENOMEM : write_runs(writer);
	if (!err)
		err = recorder_add(writer->recorder, PWT_REC_INFO, text, size);
	free(text);
	return err;
}

/* Reading */

struct runs {
	struct recording *recording;
	unsigned int nr_marks;
	struct run_mark marks[MOST_MARKS];
	struct marker markers[MOST_MARKS + 1];
};

static uint64_t number_of(const struct recorded *info, const char *key)
{
	char text[24] = "";
	size_t len;
	const char *value = text_value(info->data, info->size, key, &len);

	if (value && len < sizeof(text))
		memcpy(text, value, len);
	return strtoull(text, NULL, 10);
}

/* "mark=ffff000000000000 Linear Mapping start" */
static void take_mark(struct runs *runs, const char *line, size_t len)
{
	struct run_mark *mark = &runs->marks[runs->nr_marks];
	char text[24 + MARK_LENGTH];
	int at = 0;

	/* a name may begin with blanks */
	if (runs->nr_marks == MOST_MARKS || len >= sizeof(text))
		return;
	memcpy(text, line, len);
	text[len] = 0;
	if (sscanf(text, "mark=%16" SCNx64 "%n", &mark->start, &at) != 1 || text[at++] != ' ')
		return;
	snprintf(mark->name, sizeof(mark->name), "%.*s", MARK_LENGTH - 1, text + at);
	for (char *c = mark->name; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	runs->nr_marks++;
}

static void take_marks(struct runs *runs, const struct recorded *info)
{
	const char *line = info->data, *end = line + info->size;

	for (const char *nl; line < end; line = nl + 1) {
		nl = memchr(line, '\n', end - line) ?: end;
		take_mark(runs, line, nl - line);
	}
	for (unsigned int i = 0; i < runs->nr_marks; i++)
		runs->markers[i] = (struct marker){ runs->marks[i].start, runs->marks[i].name };
	runs->markers[runs->nr_marks] = (struct marker){ -1ULL, NULL };
}

static struct zone_range between(const struct runs *runs, const char *from, const char *to)
{
	struct zone_range range = {};
	bool begun = false;

	for (unsigned int i = 0; i < runs->nr_marks; i++) {
		const struct run_mark *mark = &runs->marks[i];

		if (!begun && !strcmp(mark->name, from)) {
			begun = true;
			range.start = mark->start;
		} else if (begun && !strcmp(mark->name, to)) {
			range.end = mark->start;
			return range;
		}
	}
	return (struct zone_range){};
}

/* Of the image the text says nothing: it lies in vmalloc's. */
static int take_kernel(struct runs *runs, struct kernel *kernel, const struct recorded *info,
		       struct problem *why)
{
	uint64_t page = number_of(info, "page_size"), bits = number_of(info, "va_bits");
	struct zone_range *range = kernel->zones.range;
	const char *release;
	size_t len;

	if (page < 4096 || page & (page - 1) || bits > 52 ||
	    geometry_init(&kernel->geo, __builtin_ctzll(page), bits, bits))
		return problem(why, -EBADMSG, "the recording tells of no page size that there is");
	release = text_value(info->data, info->size, "release", &len);
	snprintf(kernel->release, sizeof(kernel->release), "%.*s", release ? (int)(len & 63) : 0,
		 release ? release : "");
	for (char *c = kernel->release; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	take_marks(runs, info);
	range[ZONE_LINEAR] = between(runs, "Linear Mapping start", "Linear Mapping end");
	range[ZONE_MODULES] = between(runs, "Modules start", "Modules end");
	range[ZONE_VMALLOC] = between(runs, "vmalloc() area", "vmalloc() end");
	range[ZONE_VMEMMAP] = between(runs, "vmemmap start", "vmemmap end");
	kernel->splits_unknown = kernel->rodata_full_unknown = true;
	return 0;
}

static int look_for(struct recording *recording, enum pwt_record_type type, struct recorded *record)
{
	int more;

	recording_begin(recording, 1ULL << type);
	while ((more = recording_next(recording, record)) > 0)
		if (record->type == type)
			return 1;
	return more;
}

static int open_runs(struct runs *runs, struct kernel *kernel, struct problem *why)
{
	struct recorded info;
	struct kallsyms *syms;
	int found = look_for(runs->recording, PWT_REC_INFO, &info), err;

	if (found <= 0)
		return problem(why, found ?: -ENODATA,
			       "the recording was cut off or damaged before it told of its kernel");
	err = take_kernel(runs, kernel, &info, why);
	/* to its end, which tells whether it is whole */
	while (!err && (found = recording_next(runs->recording, &info)) > 0)
		continue;
	if (!err && found < 0)
		err = problem(why, found, "cannot read the recording: %s", strerror(-found));
	if (!err && kallsyms_new(&syms))
		err = problem(why, -ENOMEM, "out of memory");
	if (err)
		return err;
	kallsyms_finish(syms);
	kernel->syms = syms;
	return 0;
}

int runs_open(struct runs **out, struct recording *recording, struct kernel *kernel,
	      struct problem *why)
{
	struct recorded record;
	struct runs *runs;
	int found = look_for(recording, PWT_REC_RUNS, &record), err;

	*out = NULL;
	if (found <= 0)
		return found ? problem(why, found, "cannot read the recording: %s",
				       strerror(-found)) :
			       0;
	memset(kernel, 0, sizeof(*kernel));
	runs = calloc(1, sizeof(*runs));
	if (!runs)
		return problem(why, -ENOMEM, "out of memory");
	runs->recording = recording;
	err = open_runs(runs, kernel, why);
	if (err) {
		free(runs);
		return err;
	}
	*out = runs;
	return 0;
}

void runs_close(struct runs *runs)
{
	free(runs);
}

const struct marker *runs_markers(const struct runs *runs)
{
	return runs->markers;
}

/* Its last byte: what ends at the end of the address space has an end of 0. */
static uint64_t last_of(uint64_t start, uint64_t size)
{
	return start + (size - 1);
}

static void give(const struct pwt_run *run, uint64_t start, uint64_t end, bool holes,
		 leaf_run_fn fn, void *ctx)
{
	uint64_t last = last_of(run->start, run->size), from = run->start;
	uint64_t bits = run->bits & KNOWN_BITS;
	struct leaf_run leaf;

	if (!run->size || last < from || run->level >= PGTABLE_NR_LEVELS ||
	    desc_table(bits, run->level) || (!bits && !holes))
		return;
	if (last < start || (end && from >= end))
		return;
	if (from < start)
		from = start;
	if (end && last >= end)
		last = end - 1;
	leaf = (struct leaf_run){
		.start = from,
		.size = last - from + 1,
		.level = run->level,
		.desc = bits,
		.depth = 4 - run->level,
		.marks = STREAM_NO_ADDRESS,
	};
	fn(ctx, &leaf);
}

int runs_each(struct runs *runs, uint64_t start, uint64_t end, bool holes, leaf_run_fn fn,
	      void *ctx)
{
	struct recorded record;
	struct pwt_run run;
	int more;

	recording_begin(runs->recording, 1ULL << PWT_REC_RUNS);
	while ((more = recording_next(runs->recording, &record)) > 0) {
		if (record.type != PWT_REC_RUNS)
			continue;
		for (size_t at = 0; record.size - at >= sizeof(run); at += sizeof(run)) {
			memcpy(&run, (const char *)record.data + at, sizeof(run));
			give(&run, start, end, holes, fn, ctx);
		}
	}
	return more;
}
