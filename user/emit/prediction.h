/* SPDX-License-Identifier: GPL-2.0-only */
/* Showing what the kernel would do, to people and to programs. */
#ifndef PWTRACE_PREDICTION_H
#define PWTRACE_PREDICTION_H

#include "emit/emit.h"
#include "model/op.h"

/* What came of trying it. */
struct tried {
	int ret;
	bool same;	    /* one of the alternatives came true */
	unsigned int which; /* it */
	/* the first entry that is not as foreseen; of the alternative with the same answer */
	bool differs;
	enum pgtable_level level;
	uint64_t addr, expected, found;
};

struct shown_prediction {
	const struct op_request *request;
	const struct op_prediction *prediction;
	const struct tried *tried; /* NULL: not tried */
	unsigned int blank;	   /* tables that read as zeros */
};

void prediction_text(FILE *out, const struct kernel *kernel, const struct emit_options *options,
		     const struct shown_prediction *shown);
void prediction_json(FILE *out, const struct kernel *kernel, const struct emit_options *options,
		     const struct shown_prediction *shown);

#endif
