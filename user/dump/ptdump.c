// SPDX-License-Identifier: GPL-2.0-only
#include "ptdump.h"

#include <errno.h>
#include <string.h>

#include "geometry/descriptor.h"

/* What is left of a line. */
struct rest {
	const char *at, *end;
};

static bool nonsense(struct ptdump_line *line, const char *why)
{
	line->kind = PTDUMP_NONSENSE;
	line->why = why;
	return false;
}

static void skip_blanks(struct rest *rest)
{
	while (rest->at < rest->end && (*rest->at == ' ' || *rest->at == '\t'))
		rest->at++;
}

static size_t next_word(struct rest *rest, const char **word)
{
	skip_blanks(rest);
	*word = rest->at;
	while (rest->at < rest->end && *rest->at != ' ' && *rest->at != '\t')
		rest->at++;
	return rest->at - *word;
}

static bool is_word(const char *word, size_t len, const char *wanted)
{
	return strlen(wanted) == len && !memcmp(word, wanted, len);
}

/* "0xffff..." with 16 digits, as %016lx gives them. */
static bool take_address(struct rest *rest, uint64_t *addr)
{
	if (rest->end - rest->at < 18 || memcmp(rest->at, "0x", 2))
		return false;
	*addr = 0;
	for (int i = 2; i < 18; i++) {
		char c = rest->at[i];
		int digit = c >= '0' && c <= '9' ? c - '0' :
			    c >= 'a' && c <= 'f' ? c - 'a' + 10 :
						   -1;

		if (digit < 0)
			return false;
		*addr = *addr << 4 | digit;
	}
	rest->at += 18;
	return true;
}

static bool take_range(struct rest *rest, struct ptdump_line *line)
{
	uint64_t start, end;

	if (!take_address(rest, &start) || rest->at == rest->end || *rest->at++ != '-' ||
	    !take_address(rest, &end))
		return nonsense(line, "it begins with no range of addresses");
	/* an end of 0 is that of the address space */
	if (!start || (end && end <= start) || ((start | end) & 4095))
		return nonsense(line, "its range makes no sense");
	line->run.start = start;
	line->run.size = end - start;
	return true;
}

/* "2M": what the range says already. */
static bool take_size(struct rest *rest, struct ptdump_line *line)
{
	static const char units[] = "KMGTPE";
	uint64_t size = 0;
	const char *word, *unit;
	size_t len = next_word(rest, &word);

	for (size_t i = 0; i + 1 < len; i++) {
		if (word[i] < '0' || word[i] > '9' || size >> 54)
			return nonsense(line, "its size is no number");
		size = size * 10 + (word[i] - '0');
	}
	unit = len > 1 ? memchr(units, word[len - 1], sizeof(units) - 1) : NULL;
	if (!unit)
		return nonsense(line, "it has no size");
	for (unit++; unit > units; unit--) {
		if (size >> 54)
			return nonsense(line, "its size is not that of its range");
		size <<= 10;
	}
	return size == line->run.size || nonsense(line, "its size is not that of its range");
}

static bool take_level(struct rest *rest, struct ptdump_line *line)
{
	static const char *const names[PGTABLE_NR_LEVELS] = {
		[PGTABLE_LEVEL_PTE] = "PTE", [PGTABLE_LEVEL_PMD] = "PMD",
		[PGTABLE_LEVEL_PUD] = "PUD", [PGTABLE_LEVEL_P4D] = "P4D",
		[PGTABLE_LEVEL_PGD] = "PGD",
	};
	const char *word;
	size_t len = next_word(rest, &word);

	for (int level = 0; level < PGTABLE_NR_LEVELS; level++) {
		if (!is_word(word, len, names[level]))
			continue;
		line->run.level = level;
		line->run.depth = 4 - level;
		return true;
	}
	return nonsense(line, "it has no level");
}

/* pte_bits of arch/arm64/mm/ptdump.c; what is not said is the other value. */
static const struct {
	const char *word;
	uint64_t bits;
} words[] = {
	{ "F", 0 },
	{ "USR", PTE_USER },
	{ "ro", PTE_RDONLY },
	{ "RW", 0 },
	{ "NX", PTE_PXN },
	{ "x", 0 },
	{ "SHD", PTE_SHARED },
	{ "AF", PTE_AF },
	{ "NG", PTE_NG },
	{ "CON", PTE_CONT },
	{ "BLK", 0 },
	{ "UXN", PTE_UXN },
	{ "GP", PTE_GP },
	{ "MEM/NORMAL", 0 << 2 },
	{ "MEM/NORMAL-TAGGED", 1 << 2 },
	{ "MEM/NORMAL-NC", 2 << 2 },
	{ "DEVICE/nGnRnE", 3 << 2 },
	{ "DEVICE/nGnRE", 4 << 2 },
};

enum { F, RDONLY = 2, WRITABLE, NO_EXEC, EXEC, BLOCK = 10, FIRST_TYPE = 13, NR_WORDS = 18 };

static bool take_words(struct rest *rest, struct ptdump_line *line, uint32_t *said)
{
	const char *word;
	size_t len;

	while ((len = next_word(rest, &word))) {
		int i = 0;

		while (i < NR_WORDS && !is_word(word, len, words[i].word))
			i++;
		if (i == NR_WORDS)
			return nonsense(line, "it has a word that is not ptdump's");
		if (*said & 1U << i)
			return nonsense(line, "it says a word twice");
		*said |= 1U << i;
		line->run.desc |= words[i].bits;
	}
	return true;
}

static bool take_attributes(struct rest *rest, struct ptdump_line *line)
{
	uint32_t said = 0, types;

	if (!take_words(rest, line, &said))
		return false;
	types = said >> FIRST_TYPE;
	if (!said) /* a hole */
		return true;
	if (!(said >> RDONLY & 1) == !(said >> WRITABLE & 1) ||
	    !(said >> NO_EXEC & 1) == !(said >> EXEC & 1) || (types & (types - 1)))
		return nonsense(line, "its words contradict each other, or are not all there");
	if (!(said >> F & 1))
		line->run.desc |= said >> BLOCK & 1 ? PMD_TYPE_SECT : PTE_VALID | PTE_TABLE_BIT;
	if (desc_table(line->run.desc, line->run.level))
		return nonsense(line, "above the last level what is valid is a block");
	/* an entry without a bit that ptdump knows is none to it */
	return line->run.desc || nonsense(line, "it has attributes, and no bit that is set");
}

static void take_marker(struct ptdump_line *line, const char *text, size_t len)
{
	static const char before[] = "---[ ", behind[] = " ]---";
	size_t around = sizeof(before) - 1 + sizeof(behind) - 1;

	line->kind = PTDUMP_MARKER;
	if (len <= around || memcmp(text, before, sizeof(before) - 1) ||
	    memcmp(text + len - (sizeof(behind) - 1), behind, sizeof(behind) - 1)) {
		nonsense(line, "it looks like a mark, and is none");
		return;
	}
	line->marker = text + sizeof(before) - 1;
	line->marker_len = len - around;
	for (size_t i = 0; i < line->marker_len; i++)
		if ((unsigned char)line->marker[i] < ' ' || (unsigned char)line->marker[i] > '~')
			nonsense(line, "its name has odd characters");
}

void ptdump_parse(const char *text, size_t len, struct ptdump_line *line)
{
	struct rest rest;

	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t' || text[len - 1] == '\r'))
		len--;
	rest = (struct rest){ text, text + len };
	*line = (struct ptdump_line){ .kind = PTDUMP_RUN };
	if (!len)
		line->kind = PTDUMP_BLANK;
	else if (*text == '-')
		take_marker(line, text, len);
	else if (take_range(&rest, line) && take_size(&rest, line) && take_level(&rest, line))
		take_attributes(&rest, line);
}

void ptdump_shape_add(struct ptdump_shape *shape, const struct leaf_run *run)
{
	if (!shape->any)
		shape->first = run->start;
	shape->any = true;
	shape->starts[run->level] |= run->start;
	/* what follows is of any level */
	shape->starts[PGTABLE_LEVEL_PTE] |= run->start + run->size;
}

static bool fits(const struct ptdump_shape *shape, unsigned int page_shift)
{
	for (int level = 0; level <= PGTABLE_LEVEL_PUD; level++) {
		unsigned int shift = page_shift + level * (page_shift - 3);

		if (shape->starts[level] & ((1ULL << shift) - 1))
			return false;
	}
	return true;
}

int ptdump_geometry(const struct ptdump_shape *shape, unsigned int page_shift, struct geometry *geo)
{
	for (unsigned int shift = 16; shift >= 12; shift -= 2) {
		if ((page_shift && shift != page_shift) || !fits(shape, shift))
			continue;
		/* the least that reach down to the first */
		for (unsigned int bits = 36; bits <= 52; bits++)
			if (shape->first >= -(1ULL << bits) &&
			    !geometry_init(geo, shift, bits, bits))
				return 0;
	}
	return -EINVAL;
}
