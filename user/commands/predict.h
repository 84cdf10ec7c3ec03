/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside pwtrace predict: carrying a request out, in a guest with the test module. */
#ifndef PWTRACE_PREDICT_H
#define PWTRACE_PREDICT_H

#include "emit/prediction.h"
#include "kernel/tables.h"

/**
 * try_prediction() - have the test module make the call, and compare
 * @tables: read again
 *
 * Return: 0 with @tried filled in, or a negative errno with @why: there is no module, the memory
 * is not its own, it has no such call.
 */
int try_prediction(const struct kernel *kernel, struct tables *tables,
		   const struct op_request *request, const struct op_prediction *prediction,
		   struct tried *tried, struct problem *why);

/* Is there a module to try with? */
bool can_try(void);

#endif
