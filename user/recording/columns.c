// SPDX-License-Identifier: GPL-2.0-only
#include "columns.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "recording/expect.h"

#define MOST_CLASSES 255
#define MOST_EVENTS  (COLUMNS_ROW_MAX / 3)
#define MOST_SIZE    8192

/* Events of one kind and size. */
struct class
{
	uint8_t kind;
	uint16_t size;
	uint32_t nr;
	uint32_t done; /* of nr */
	size_t at;     /* of its columns in what is packed */
};

/* What is packed begins with this, the classes as three numbers each, and the class of each event.
 */
struct head {
	uint8_t page_shift, nr_classes;
	uint8_t reserved[6];
};

struct packed_class {
	uint8_t kind, reserved;
	uint16_t size;
	uint32_t nr;
};

struct columns {
	struct expect expect;
	struct class classes[MOST_CLASSES];
	unsigned int nr_classes;
	uint8_t class_of[MOST_EVENTS];
};

int columns_new(struct columns **out)
{
	*out = malloc(sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void columns_free(struct columns *columns)
{
	free(columns);
}

size_t columns_bound(size_t raw, uint32_t nr)
{
	return sizeof(struct head) + MOST_CLASSES * sizeof(struct packed_class) + nr + raw;
}

/* -1: there are too many. */
static int class_of(struct columns *columns, uint8_t kind, uint16_t size)
{
	for (unsigned int i = 0; i < columns->nr_classes; i++)
		if (columns->classes[i].kind == kind && columns->classes[i].size == size)
			return i;
	if (columns->nr_classes == MOST_CLASSES)
		return -1;
	columns->classes[columns->nr_classes] = (struct class){ .kind = kind, .size = size };
	return columns->nr_classes++;
}

static bool classify(struct columns *columns, const char *row, size_t raw, uint32_t nr)
{
	const char *at = row;

	columns->nr_classes = 0;
	if (raw > COLUMNS_ROW_MAX || nr > MOST_EVENTS)
		return false;
	for (uint32_t i = 0; i < nr; i++) {
		uint16_t size;
		int class;

		memcpy(&size, at, sizeof(size));
		class = class_of(columns, at[sizeof(size)], size);
		if (class < 0 || size > MOST_SIZE)
			return false;
		columns->classes[class].nr++;
		columns->class_of[i] = class;
		at += sizeof(size) + size;
	}
	return true;
}

/* Where the columns of each class begin. Return: the end of all. */
static size_t lay_out(struct columns *columns, uint32_t nr)
{
	size_t at = sizeof(struct head) + columns->nr_classes * sizeof(struct packed_class) + nr;

	for (unsigned int i = 0; i < columns->nr_classes; i++) {
		columns->classes[i].at = at;
		at += (size_t)columns->classes[i].size * columns->classes[i].nr;
	}
	return at;
}

static void write_head(const struct columns *columns, unsigned int page_shift, uint32_t nr,
		       char *out)
{
	struct head head = { .page_shift = page_shift, .nr_classes = columns->nr_classes };

	memcpy(out, &head, sizeof(head));
	out += sizeof(head);
	for (unsigned int i = 0; i < columns->nr_classes; i++) {
		const struct class *class = &columns->classes[i];
		struct packed_class packed = { class->kind, 0, class->size, class->nr };

		memcpy(out, &packed, sizeof(packed));
		out += sizeof(packed);
	}
	memcpy(out, columns->class_of, nr);
}

/* Small differences are small numbers, whichever sign they have. */
static uint64_t fold(uint64_t value)
{
	return value << 1 ^ (uint64_t)((int64_t)value >> 63);
}

static uint64_t unfold(uint64_t value)
{
	return value >> 1 ^ -(value & 1);
}

/* The eight bytes of a word lie in a column each. */
static void put_word(char *column, uint32_t nr, uint32_t i, uint64_t value)
{
	for (unsigned int byte = 0; byte < 8; byte++, value >>= 8)
		column[(size_t)byte * nr + i] = value;
}

static uint64_t get_word(const char *column, uint32_t nr, uint32_t i)
{
	uint64_t value = 0;

	for (unsigned int byte = 0; byte < 8; byte++)
		value |= (uint64_t)(uint8_t)column[(size_t)byte * nr + i] << (8 * byte);
	return value;
}

static void pack_event(struct columns *columns, struct class *class, const char *event, char *out)
{
	char *column = out + class->at;
	unsigned int words = class->size / 8;
	uint32_t i = class->done++;

	expect_begin(&columns->expect, class->kind, class->size, event);
	for (unsigned int n = 0; n < words; n++) {
		unsigned int word = expect_order(n, words);
		uint64_t value;

		memcpy(&value, event + word * 8, sizeof(value));
		put_word(column + (size_t)word * 8 * class->nr, class->nr, i,
			 fold(value - expect_word(&columns->expect, word)));
	}
	for (unsigned int byte = words * 8; byte < class->size; byte++)
		column[(size_t)byte * class->nr + i] = event[byte];
	expect_end(&columns->expect);
}

size_t columns_pack(struct columns *columns, const char *row, size_t raw, uint32_t nr,
		    unsigned int page_shift, char *out)
{
	size_t size;

	if (!classify(columns, row, raw, nr))
		return 0;
	size = lay_out(columns, nr);
	write_head(columns, page_shift, nr, out);
	expect_init(&columns->expect, page_shift);
	for (uint32_t i = 0; i < nr; i++) {
		struct class *class = &columns->classes[columns->class_of[i]];

		pack_event(columns, class, row + 2, out);
		row += 2 + class->size;
	}
	return size;
}

/* What may be anybody's: sizes and counts that fit together. */
static bool read_head(struct columns *columns, const char *in, size_t size, uint32_t nr, size_t raw)
{
	size_t row = 0, events = 0;
	struct head head;

	if (raw > COLUMNS_ROW_MAX || nr > MOST_EVENTS || size < sizeof(head))
		return false;
	memcpy(&head, in, sizeof(head));
	columns->nr_classes = head.nr_classes;
	if (size < sizeof(head) + head.nr_classes * sizeof(struct packed_class) + nr ||
	    head.page_shift < 12 || head.page_shift > 16)
		return false;
	expect_init(&columns->expect, head.page_shift);
	in += sizeof(head);
	for (unsigned int i = 0; i < head.nr_classes; i++) {
		struct packed_class packed;

		memcpy(&packed, in, sizeof(packed));
		in += sizeof(packed);
		if (!packed.size || packed.size > MOST_SIZE || packed.nr > nr)
			return false;
		columns->classes[i] = (struct class){
			.kind = packed.kind,
			.size = packed.size,
			.nr = packed.nr,
		};
		events += packed.nr;
		row += (2 + (size_t)packed.size) * packed.nr;
	}
	memcpy(columns->class_of, in, nr);
	return events == nr && row == raw && lay_out(columns, nr) == size;
}

static void unpack_event(struct columns *columns, struct class *class, const char *in, char *event)
{
	const char *column = in + class->at;
	unsigned int words = class->size / 8;
	uint32_t i = class->done++;

	expect_begin(&columns->expect, class->kind, class->size, event);
	for (unsigned int n = 0; n < words; n++) {
		unsigned int word = expect_order(n, words);
		uint64_t value = unfold(
			get_word(column + (size_t)word * 8 * class->nr, class->nr, i));

		value += expect_word(&columns->expect, word);
		memcpy(event + word * 8, &value, sizeof(value));
	}
	for (unsigned int byte = words * 8; byte < class->size; byte++)
		event[byte] = column[(size_t)byte * class->nr + i];
	expect_end(&columns->expect);
}

int columns_unpack(struct columns *columns, const char *in, size_t size, uint32_t nr, char *row,
		   size_t raw)
{
	if (!read_head(columns, in, size, nr, raw))
		return -EBADMSG;
	for (uint32_t i = 0; i < nr; i++) {
		struct class *class;

		if (columns->class_of[i] >= columns->nr_classes)
			return -EBADMSG;
		class = &columns->classes[columns->class_of[i]];
		if (class->done == class->nr)
			return -EBADMSG;
		memcpy(row, &class->size, 2);
		unpack_event(columns, class, in, row + 2);
		row += 2 + class->size;
	}
	return 0;
}
