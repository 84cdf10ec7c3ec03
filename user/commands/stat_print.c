// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace stat: one table, for people and for programs. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "commands/stat.h"
#include "emit/amount.h"
#include "emit/object.h"

void stat_line(struct stat *stat, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	/* what stood there may be longer */
	puts(stat->repaint ? "\033[K" : "");
	stat->lines++;
}

void stat_top(struct stat *stat)
{
	if (stat->repaint && stat->lines)
		printf("\033[%uA\033[J", stat->lines);
	stat->lines = 0;
}

bool stat_leaf_name(const struct geometry *geo, enum leaf_size size, char buf[24])
{
	bool cont = size == LEAF_CONT_PTE || size == LEAF_CONT_PMD;
	char leaf[8];

	if (!leaf_bytes(geo, size))
		return false;
	snprintf(buf, 24, "%s%s", leaf_name(geo, size, leaf), cont ? " contiguous" : "");
	return true;
}

const char *stat_table_name(const struct geometry *geo, int level)
{
	return geometry_level_name(level == (int)geometry_top(geo) ? PGTABLE_LEVEL_PGD : level);
}

/* Text */

static void cell(char *text, size_t size, uint64_t now, const uint64_t *before)
{
	size_t len = strlen(text);
	char buf[16];

	len += snprintf(text + len, size - len, " %10s", amount(now, buf));
	if (!before)
		return;
	if (now != *before)
		snprintf(text + len, size - len, " %c%-8s", now > *before ? '+' : '-',
			 amount(now > *before ? now - *before : *before - now, buf));
	else
		snprintf(text + len, size - len, " %9s", "");
}

/* @member: of struct sizes, as an offset */
static void row(struct stat *stat, const char *name, size_t member)
{
	char text[256];

	snprintf(text, sizeof(text), "%-16s", name);
	for (unsigned int i = 0; i < stat->columns; i++) {
		struct stat_column *column = &stat->column[i];
		const uint64_t *now = (const uint64_t *)((const char *)&column->now + member);
		const uint64_t *before = (const uint64_t *)((const char *)&column->before + member);

		cell(text, sizeof(text), *now, stat->has_before ? before : NULL);
	}
	stat_line(stat, "%s", text);
}

#define ROW(stat, name, member) row(stat, name, offsetof(struct sizes, member))

static bool any(const struct stat *stat, size_t offset)
{
	uint64_t all = 0;

	for (unsigned int i = 0; i < stat->columns; i++)
		all |= *(const uint64_t *)((const char *)&stat->column[i].now + offset);
	return all;
}

#define ANY(stat, member) any(stat, offsetof(struct sizes, member))

static void print_heads(struct stat *stat)
{
	char text[256];

	snprintf(text, sizeof(text), "%-16s", "");
	for (unsigned int i = 0; i < stat->columns; i++) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, " %10s%s", stat->column[i].name,
			 stat->has_before ? "          " : "");
	}
	stat_line(stat, "%s", text);
}

static uint64_t table_bytes(const struct stat *stat, uint64_t tables, const struct process *process)
{
	const struct geometry *geo = &stat->live.kernel.geo;
	uint64_t page = geometry_page_size(geo);

	return tables * page - (process ? page - process_pgd_bytes(geo) : 0);
}

static void print_tables(struct stat *stat, const struct process *process)
{
	const struct geometry *geo = &stat->live.kernel.geo;
	uint64_t tables = 0;
	char text[200], buf[16];

	for (int level = 0; level < PGTABLE_NR_LEVELS; level++)
		tables += stat->tables[level];
	snprintf(text, sizeof(text), "%" PRIu64 " tables", tables);
	for (int level = geometry_top(geo); level >= 0; level--) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s %" PRIu64 " %s",
			 level == (int)geometry_top(geo) ? ":" : ",", stat->tables[level],
			 stat_table_name(geo, level));
	}
	stat_line(stat, "%s; %s", text, amount(table_bytes(stat, tables, process), buf));
}

static void print_text(struct stat *stat, const struct process *process)
{
	const struct geometry *geo = &stat->live.kernel.geo;
	char name[24];

	stat_top(stat);
	if (process)
		stat_line(stat, "process %d (%s), %zu areas", process->pid, process->task.comm,
			  process->vmas.nr);
	print_heads(stat);
	for (enum leaf_size size = 0; size < LEAF_NR_SIZES; size++)
		if (stat_leaf_name(geo, size, name))
			row(stat, name, offsetof(struct sizes, mapped) + size * sizeof(uint64_t));
	ROW(stat, "invalid leaves", invalid);
	if (process) {
		ROW(stat, "swapped", swapped);
		ROW(stat, "other entries", other);
	} else {
		ROW(stat, "bad entries", bad);
	}
	ROW(stat, "W+X", wx);
	/* not to be relied on; of a quiet system there is nothing to say */
	if (ANY(stat, torn))
		ROW(stat, "torn", torn);
	if (ANY(stat, changed))
		ROW(stat, "changed", changed);
	if (stat->live.runs)
		stat_line(stat, "tables: not known, it was imported");
	else
		print_tables(stat, process);
}

/* JSON */

static void print_column(const struct stat *stat, const struct stat_column *column,
			 const struct process *process)
{
	const struct geometry *geo = &stat->live.kernel.geo;
	json *object = object_of(process ? "kind" : "zone"), *leaves = json_object_new_object();
	const struct sizes *sizes = &column->now;
	char name[8];

	put_string(object, "name", column->name);
	put_number(object, "mapped", sizes_total(sizes));
	for (enum leaf_size size = 0; size < LEAF_NR_SIZES; size++)
		if (leaf_bytes(geo, size))
			put_number(leaves, leaf_name(geo, size, name), sizes->mapped[size]);
	put(object, "leaves", leaves);
	put_number(object, "invalid", sizes->invalid);
	if (process) {
		put_number(object, "swapped", sizes->swapped);
		put_number(object, "other", sizes->other);
	} else {
		put_number(object, "bad", sizes->bad);
	}
	put_number(object, "wx", sizes->wx);
	put_number(object, "torn", sizes->torn);
	put_number(object, "changed", sizes->changed);
	print_object(stdout, object, stat->common.pretty);
}

static void print_json(const struct stat *stat, const struct process *process)
{
	const struct geometry *geo = &stat->live.kernel.geo;
	json *object, *tables;

	for (unsigned int i = 0; i < stat->columns; i++)
		print_column(stat, &stat->column[i], process);
	object = object_of("tables");
	tables = json_object_new_object();
	for (int level = geometry_top(geo); level >= 0; level--)
		put_number(tables, stat_table_name(geo, level), stat->tables[level]);
	/* what is not known is not 1 and 0 */
	put(object, "pages", stat->live.runs ? NULL : tables);
	put_number(object, "page_size", geometry_page_size(geo));
	if (process) {
		put_number(object, "pid", process->pid);
		put_string(object, "comm", process->task.comm);
		put_number(object, "areas", process->vmas.nr);
	}
	put_string(object, "kernel", stat->live.kernel.release);
	put_string(object, "source", stat->live.source->name);
	if (!process)
		live_put_changes(&stat->live, object);
	print_object(stdout, object, stat->common.pretty);
}

void stat_print(struct stat *stat, const struct process *process)
{
	if (stat->common.json)
		print_json(stat, process);
	else
		print_text(stat, process);
	fflush(stdout);
}
