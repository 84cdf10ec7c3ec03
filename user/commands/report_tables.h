/* SPDX-License-Identifier: GPL-2.0-only */
/* The snapshots of tables in a recording, as far as a report shows them. */
#ifndef PWTRACE_REPORT_TABLES_H
#define PWTRACE_REPORT_TABLES_H

#include "report/sheet.h"

#define REPORT_DAMAGE 200

/**
 * report_tables() - the address space in the first and in the last snapshot
 * @kernel: the recording's
 * @input: from, strips and times are filled in if there is a snapshot; and damage, if there is no
 * capture whose end is to be missed
 * @damage: where that is put
 *
 * Return: how many snapshots there are, or a negative errno with @why filled in.
 */
int report_tables(const char *path, const struct kernel *kernel, struct sheet_input *input,
		  char damage[REPORT_DAMAGE], struct problem *why);

#endif
