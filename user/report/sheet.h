/* SPDX-License-Identifier: GPL-2.0-only */
/* The page that shows a report: what it is made of, and its sections. */
#ifndef PWTRACE_SHEET_H
#define PWTRACE_SHEET_H

#include "emit/emit.h"
#include "recording/kernel.h"
#include "report/html.h"
#include "report/redact.h"
#include "report/report.h"

/* Where the address space is known from. */
enum sheet_space { SPACE_CHANGES, SPACE_SNAPSHOT, SPACE_SNAPSHOTS };

struct sheet_input {
	const struct report *report;
	const struct summary *summary;
	const struct recorded_info *info;
	const char *version; /* of who writes */
	const char *file;    /* its name, that of its first part */
	size_t parts;
	const char *range_function;
	const char *damage; /* NULL: the file is whole */
	uint64_t unwritten; /* events that were captured and are not in the file */
	bool captured;	    /* there is a capture in it */
	bool moved;	    /* its addresses are not those of the machine: record --redact */
	enum sheet_space from;
	struct strips strips[LEAFMAP_SIDES]; /* the second: not of one snapshot */
	uint64_t times[LEAFMAP_SIDES];	     /* of the snapshots */
	bool redact;
};

/* Write the sheet. 0 or -ENOMEM; whether @out has taken it is for the caller to see. */
int sheet_print(FILE *out, const struct sheet_input *input);

/* Inside */
struct sheet {
	FILE *out;
	const struct sheet_input *input;
	const struct report *report;
	const struct kernel *kernel;
	struct redactor redactor;
	struct emitter words; /* what emit.h wants of one */
};

void sheet_verdicts(struct sheet *sheet);
void sheet_losses(struct sheet *sheet);
void sheet_kernel(struct sheet *sheet);
void sheet_mismatches(struct sheet *sheet);
void sheet_refusals(struct sheet *sheet);
int sheet_space(struct sheet *sheet);
void sheet_timeline(struct sheet *sheet);
int sheet_callers(struct sheet *sheet);
void sheet_operations(struct sheet *sheet);

/* exhibit.c: one change with all that is known of it. */
struct sheet_place {
	const char *id;	  /* of its element */
	const char *next; /* of the one behind it; NULL: none */
	const char *back; /* of the list that it is in */
};
/* What a part of the change has come to, if that is worse; or false. */
bool sheet_story(struct sheet *sheet, const struct change *change);
void sheet_exhibit(struct sheet *sheet, const struct exhibit *exhibit,
		   const struct sheet_place *place);

/* bits.c: an entry in up to three states, bit by bit. */
struct sheet_state {
	const char *name;
	uint64_t desc;
};
void sheet_bits(struct sheet *sheet, enum pgtable_level level, const struct sheet_state *states,
		unsigned int nr);

/* range.c: a request against the boundaries of what it lies in. */
void sheet_range(struct sheet *sheet, const struct exhibit *exhibit);

/* legend.c: words and colours of leaves. */
const char *allows_name(enum leaf_allows allows);
void leaf_words(const struct sheet *sheet, leaf_code code, char *buf, size_t size);
void sheet_legend(struct sheet *sheet);

/* An address, its name in front of it where it has one. */
void sheet_va(struct sheet *sheet, uint64_t addr);

/* assets.c: what is the same in each page, from sheet.css and sheet.js */
extern const char sheet_css[], sheet_js[];

#endif
