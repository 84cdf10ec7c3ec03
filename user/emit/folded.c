// SPDX-License-Identifier: GPL-2.0-only
/* Stacks in the folded format of flame graphs: a line for each, with how often or how long. */
#include <stdlib.h>
#include <string.h>

#include "emit.h"

#define LINE_SIZE 4096

struct line {
	char *text; /* NULL: none */
	uint64_t weight;
};

struct folded {
	struct emitter emitter; /* first */
	struct folded_options options;
	struct line *lines; /* by text, a power of two */
	size_t nr, room;
};

/* The functions that are the operation, and how it is watched, say nothing about who asked. */
static bool is_inside(const struct emitter *emitter, const char *op, const char *name)
{
	size_t len = strlen(name);

	if (!strcmp(name, op))
		return true;
	if (len > 7 && !strcmp(name + len - 7, "_noprof"))
		len -= 7;
	for (enum pwt_func func = 1; func < PWT_NR_FUNCS; func++) {
		const char *hook = emit_function(emitter, func);

		if (strlen(hook) == len && !strncmp(hook, name, len))
			return true;
	}
	return false;
}

static bool is_trampoline(const char *name)
{
	return !strncmp(name, "bpf_trampoline_", 15);
}

/* A function's name, without what would end a frame. */
static void frame_name(const struct emitter *emitter, uint64_t addr, char *buf, size_t size)
{
	uint64_t offset;
	const char *name = kallsyms_name(emitter->kernel->syms, addr, &offset);

	if (!name || offset >= 1 << 20)
		snprintf(buf, size, "0x%llx", (unsigned long long)addr);
	else
		snprintf(buf, size, "%s", name);
	for (char *c = buf; *c; c++)
		if (*c == ';' || *c <= ' ' || *c == 127)
			*c = '_';
}

static size_t frames_of(const struct emitter *emitter, const struct change *change,
			const struct stack *stack, uint64_t frames[32])
{
	size_t nr = 0;

	/* where the program was is in the traced function; others are where calls return to */
	for (; stack && nr < stack->nr && nr < 32; nr++)
		frames[nr] = stack->addrs[nr] - !!nr;
	if (nr)
		return nr;
	for (; nr < PWT_NR_CALLERS && change->callers[nr]; nr++)
		frames[nr] = geometry_strip_pac(&emitter->kernel->geo, change->callers[nr]) - 1;
	return nr;
}

/* Frames that count, the innermost first; the operation is the first of all. */
static size_t names_of(const struct emitter *emitter, const struct change *change,
		       const struct stack *stack, char names[33][64])
{
	uint64_t frames[32];
	size_t nr = frames_of(emitter, change, stack, frames), used = 1;
	bool inside = true;

	snprintf(names[0], sizeof(names[0]), "%s", change->op);
	for (size_t i = 0; i < nr; i++) {
		char *name = names[used];

		frame_name(emitter, frames[i], name, sizeof(names[0]));
		if (is_trampoline(name))
			continue;
		inside = inside && is_inside(emitter, change->op, name);
		used += !inside;
	}
	return used;
}

static void line_of(struct folded *folded, const struct change *change, const struct stack *stack,
		    char line[LINE_SIZE])
{
	char names[33][64];
	size_t nr = names_of(&folded->emitter, change, stack, names), len = 0;

	for (size_t i = 0; i < nr; i++)
		len += snprintf(line + len, LINE_SIZE - len, "%s%s", i ? ";" : "",
				names[folded->options.root_first ? nr - 1 - i : i]);
}

static uint64_t hash(const char *text)
{
	uint64_t value = 0xcbf29ce484222325ULL;

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * 0x100000001b3ULL;
	return value;
}

static struct line *slot_of(const struct folded *folded, const char *text)
{
	size_t at = hash(text);

	for (;; at++) {
		struct line *line = &folded->lines[at & (folded->room - 1)];

		if (!line->text || !strcmp(line->text, text))
			return line;
	}
}

static bool grow(struct folded *folded)
{
	struct folded larger = { .room = folded->room ? folded->room * 2 : 256 };

	larger.lines = calloc(larger.room, sizeof(*larger.lines));
	if (!larger.lines)
		return false;
	for (size_t i = 0; i < folded->room; i++)
		if (folded->lines[i].text)
			*slot_of(&larger, folded->lines[i].text) = folded->lines[i];
	free(folded->lines);
	folded->lines = larger.lines;
	folded->room = larger.room;
	return true;
}

static void add(struct folded *folded, const char *text, uint64_t weight)
{
	struct line *line = NULL;

	if (folded->nr * 2 < folded->room || grow(folded))
		line = slot_of(folded, text);
	if (line && !line->text) {
		line->text = strdup(text);
		folded->nr += !!line->text;
	}
	if (line && line->text)
		line->weight += weight;
	else
		folded->emitter.left_out++;
}

/* The time of what is inside of another change is that one's, too. */
static void folded_change(struct emitter *emitter, const struct change *change,
			  const struct stack *stack)
{
	struct folded *folded = (struct folded *)emitter;
	char line[LINE_SIZE];

	if (folded->options.by_time && change->parent_seq)
		return;
	line_of(folded, change, stack, line);
	add(folded, line, folded->options.by_time ? change->duration : 1);
}

static int by_text(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (!x->text || !y->text)
		return !x->text - !y->text;
	return strcmp(x->text, y->text);
}

static void folded_summary(struct emitter *emitter, const struct summary *summary)
{
	struct folded *folded = (struct folded *)emitter;

	(void)summary;
	if (folded->room)
		qsort(folded->lines, folded->room, sizeof(*folded->lines), by_text);
	for (size_t i = 0; i < folded->nr; i++)
		fprintf(emitter->out, "%s %llu\n", folded->lines[i].text,
			(unsigned long long)folded->lines[i].weight);
}

static void folded_free(struct emitter *emitter)
{
	struct folded *folded = (struct folded *)emitter;

	for (size_t i = 0; i < folded->room; i++)
		free(folded->lines[i].text);
	free(folded->lines);
	free(folded);
}

static const struct emitter_ops folded_ops = {
	.change = folded_change,
	.summary = folded_summary,
	.free = folded_free,
};

struct emitter *emit_folded_new(const struct folded_options *options)
{
	struct folded *folded = calloc(1, sizeof(*folded));

	if (!folded)
		return NULL;
	folded->emitter.ops = &folded_ops;
	folded->options = *options;
	return &folded->emitter;
}
