// SPDX-License-Identifier: GPL-2.0-only
#include "kallsyms.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define READ_SIZE (64 << 10)
/* Of a text that may be anybody's. */
#define MOST_SYMBOLS (2U << 20)
#define MOST_NAMES   (128U << 20) /* bytes */

struct symbol {
	uint64_t addr;
	uint32_t name;	/* offset in names */
	uint32_t order; /* in the file: of aliases the first wins */
};

struct kallsyms {
	struct symbol *syms;
	size_t nr, room;
	char *names;
	size_t names_len, names_room;
	/* of each name the first one, by a hash of it; places[] is a power of two. NULL: no memory
	 */
	uint32_t *index; /* of syms, plus 1 */
	size_t places;
};

static int grow(void **array, size_t *room, size_t need, size_t elem)
{
	size_t want = *room ? *room : 4096;
	void *bigger;

	while (want < need)
		want += want / 2;
	if (want == *room)
		return 0;
	bigger = realloc(*array, want * elem);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*room = want;
	return 0;
}

static int add(struct kallsyms *syms, uint64_t addr, const char *name, size_t len)
{
	int err = grow((void **)&syms->syms, &syms->room, syms->nr + 1, sizeof(*syms->syms));
	char *to;

	if (!err)
		err = grow((void **)&syms->names, &syms->names_room, syms->names_len + len + 1, 1);
	if (err)
		return err;
	syms->syms[syms->nr] = (struct symbol){ addr, syms->names_len, syms->nr };
	syms->nr++;
	to = syms->names + syms->names_len;
	/* they are shown, and may be anybody's */
	for (size_t i = 0; i < len; i++)
		to[i] = name[i] > ' ' && name[i] < 127 ? name[i] : '?';
	to[len] = '\0';
	syms->names_len += len + 1;
	return 0;
}

/* "ffff800080010000 T _stext" and, for a module, "\t[name]" behind. @nameless: a name may be
 * missing. */
static int parse_line(struct kallsyms *syms, const char *line, const char *end, bool nameless)
{
	const char *name, *start = line;
	uint64_t addr = 0;

	for (; line < end && *line != ' '; line++) {
		unsigned int digit = *line <= '9' ? *line - '0' : (*line | 0x20) - 'a' + 10;

		if (!isxdigit((unsigned char)*line) || line - start == 16)
			return -EINVAL;
		addr = addr << 4 | digit;
	}
	if (line == start || end - line < 4 - nameless || line[2] != ' ')
		return -EINVAL;
	name = line + 3;
	line = memchr(name, '\t', end - name);
	if (line)
		end = line;
	/* mapping symbols ($x, $d) name nothing */
	if (name < end && *name == '$')
		return 0;
	return add(syms, addr, name, end - name);
}

static int parse_file(struct kallsyms *syms, int fd)
{
	char *buf __free = malloc(READ_SIZE);
	size_t have = 0;
	ssize_t got;
	int err;

	if (!buf)
		return -ENOMEM;
	while ((got = read(fd, buf + have, READ_SIZE - have)) > 0) {
		char *line = buf, *nl;

		have += got;
		while ((nl = memchr(line, '\n', buf + have - line))) {
			err = parse_line(syms, line, nl, false);
			if (err)
				return err;
			line = nl + 1;
		}
		have -= line - buf;
		if (have == READ_SIZE)
			return -EINVAL;
		memmove(buf, line, have);
	}
	if (got < 0)
		return -errno;
	return have ? parse_line(syms, buf, buf + have, false) : 0;
}

static int by_addr(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Behind a symbol whose neighbour is not known. */
static bool is_end(const struct kallsyms *syms, const struct symbol *symbol)
{
	return !syms->names[symbol->name];
}

static bool sorted(const struct kallsyms *syms)
{
	for (size_t i = 1; i < syms->nr; i++)
		if (by_addr(&syms->syms[i - 1], &syms->syms[i]) > 0)
			return false;
	return true;
}

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 ^ (unsigned char)*name;
	/* the lower bits choose */
	return hash ^ hash >> 15;
}

/* Where @name is, or would be. @steps: what it took is added. */
static uint32_t *place_of(const struct kallsyms *syms, const char *name, size_t *steps)
{
	size_t at = hash_of(name);
	uint32_t *place;

	do {
		place = &syms->index[at++ & (syms->places - 1)];
		++*steps;
	} while (*place && strcmp(syms->names + syms->syms[*place - 1].name, name));
	return place;
}

/* Names that were chosen to be in one another's way take this many steps each, and have no index.
 */
#define MOST_STEPS 16

/* A kernel has 200,000 of them, and a hundred are asked for by name. */
static void make_index(struct kallsyms *syms)
{
	size_t steps = 0;

	free(syms->index);
	syms->places = 64;
	while (syms->places < syms->nr * 2)
		syms->places *= 2;
	syms->index = calloc(syms->places, sizeof(*syms->index));
	for (size_t i = 0; syms->index && i < syms->nr; i++) {
		uint32_t *place;

		if (is_end(syms, &syms->syms[i]))
			continue;
		place = place_of(syms, syms->names + syms->syms[i].name, &steps);
		if (!*place || syms->syms[i].order < syms->syms[*place - 1].order)
			*place = i + 1;
		if (steps > MOST_STEPS * syms->places) {
			free(syms->index);
			syms->index = NULL;
		}
	}
}

int kallsyms_new(struct kallsyms **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

int kallsyms_add(struct kallsyms *syms, const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end) {
		const char *nl = memchr(text, '\n', end - text);
		bool room = syms->nr < MOST_SYMBOLS && syms->names_len < MOST_NAMES;
		int err = room ? parse_line(syms, text, nl ? nl : end, true) : -E2BIG;

		if (err)
			return err;
		text = nl ? nl + 1 : end;
	}
	return 0;
}

/* An end that is a beginning, too, is none; what was told twice is one. */
void kallsyms_finish(struct kallsyms *syms)
{
	size_t nr = 0;

	for (size_t i = 0; i < syms->nr; i++)
		if (is_end(syms, &syms->syms[i]))
			syms->syms[i].order |= 1U << 31;
	if (syms->nr)
		qsort(syms->syms, syms->nr, sizeof(*syms->syms), by_addr);
	for (size_t i = 0; i < syms->nr; i++) {
		const struct symbol *last = nr ? &syms->syms[nr - 1] : NULL, *this = &syms->syms[i];

		if (last && last->addr == this->addr &&
		    (is_end(syms, this) ||
		     !strcmp(syms->names + last->name, syms->names + this->name)))
			continue;
		syms->syms[nr++] = *this;
	}
	syms->nr = nr;
	make_index(syms);
}

int kallsyms_join(struct kallsyms *syms, const struct kallsyms *more)
{
	int err = 0;

	for (size_t i = 0; i < more->nr && !err && syms->nr < MOST_SYMBOLS; i++) {
		const char *name = more->names + more->syms[i].name;

		err = add(syms, more->syms[i].addr, name, strlen(name));
	}
	kallsyms_finish(syms);
	return err;
}

int kallsyms_load(struct kallsyms **out, const char *path)
{
	int fd __close = open(path, O_RDONLY | O_CLOEXEC);
	struct kallsyms *syms;
	int err;

	if (fd < 0)
		return -errno;
	syms = calloc(1, sizeof(*syms));
	if (!syms)
		return -ENOMEM;
	err = parse_file(syms, fd);
	if (!err && !syms->nr)
		err = -EINVAL;
	if (!err && !sorted(syms))
		qsort(syms->syms, syms->nr, sizeof(*syms->syms), by_addr);
	if (!err && !syms->syms[syms->nr - 1].addr)
		err = -EPERM;
	if (err) {
		kallsyms_free(syms);
		return err;
	}
	make_index(syms);
	*out = syms;
	return 0;
}

void kallsyms_free(struct kallsyms *syms)
{
	if (!syms)
		return;
	free(syms->syms);
	free(syms->names);
	free(syms->index);
	free(syms);
}

uint64_t kallsyms_find(const struct kallsyms *syms, const char *name)
{
	const struct symbol *best = NULL;

	if (syms->index && *name) {
		size_t steps = 0;
		uint32_t at = *place_of(syms, name, &steps);

		return at ? syms->syms[at - 1].addr : 0;
	}
	for (size_t i = 0; i < syms->nr; i++)
		if (!strcmp(syms->names + syms->syms[i].name, name) &&
		    (!best || syms->syms[i].order < best->order))
			best = &syms->syms[i];
	return best ? best->addr : 0;
}

/* Index of the first symbol above @addr. */
static size_t above(const struct kallsyms *syms, uint64_t addr)
{
	size_t low = 0, high = syms->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (syms->syms[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const char *kallsyms_name(const struct kallsyms *syms, uint64_t addr, uint64_t *offset)
{
	size_t i = above(syms, addr);

	if (!i)
		return NULL;
	/* the first of those that share the address */
	for (i--; i && syms->syms[i - 1].addr == syms->syms[i].addr;)
		i--;
	if (is_end(syms, &syms->syms[i]))
		return NULL;
	if (offset)
		*offset = addr - syms->syms[i].addr;
	return syms->names + syms->syms[i].name;
}

uint64_t kallsyms_next(const struct kallsyms *syms, uint64_t addr)
{
	size_t i = above(syms, addr);

	return i < syms->nr ? syms->syms[i].addr : 0;
}

uint64_t kallsyms_first(const struct kallsyms *syms, uint64_t addr)
{
	size_t i = addr ? above(syms, addr - 1) : 0;

	while (i < syms->nr && is_end(syms, &syms->syms[i]))
		i++;
	return i < syms->nr ? syms->syms[i].addr : 0;
}

void kallsyms_move(struct kallsyms *syms, uint64_t offset)
{
	for (size_t i = 0; i < syms->nr; i++)
		if (syms->syms[i].addr >> 63)
			syms->syms[i].addr += offset;
	qsort(syms->syms, syms->nr, sizeof(*syms->syms), by_addr);
	make_index(syms);
}

size_t kallsyms_count(const struct kallsyms *syms)
{
	return syms->nr;
}

void kallsyms_each(const struct kallsyms *syms,
		   void (*each)(void *ctx, uint64_t addr, const char *name), void *ctx)
{
	for (size_t i = 0; i < syms->nr; i++)
		each(ctx, syms->syms[i].addr, syms->names + syms->syms[i].name);
}
