// SPDX-License-Identifier: GPL-2.0-only
#include "plain.h"

#include <stdbool.h>
#include <string.h>

static size_t utf8_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Longer than need be, a surrogate, or behind the last; C1; no character (RFC 3629, XML 1.0). */
static bool forbidden(const unsigned char *c)
{
	switch (c[0]) {
	case 0xc2:
		return c[1] < 0xa0;
	case 0xe0:
		return c[1] < 0xa0;
	case 0xed:
		return c[1] > 0x9f;
	case 0xef:
		return c[1] == 0xbf && c[2] >= 0xbe;
	case 0xf0:
		return c[1] < 0x90;
	case 0xf4:
		return c[1] > 0x8f;
	default:
		return c[0] < ' ' || c[0] == 127;
	}
}

size_t plain_char(const char *text, size_t left)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t size = left ? utf8_length(*c) : 0;

	if (size > left)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	return size && !forbidden(c) ? size : 0;
}

char *plain_text(char *buf, size_t size, const char *text, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < len && text[i];) {
		size_t bytes = plain_char(text + i, len - i), room = bytes ? bytes : 1;

		if (used + room >= size)
			break;
		if (bytes)
			memcpy(buf + used, text + i, bytes);
		else
			buf[used] = '?';
		used += room;
		i += room;
	}
	buf[used] = 0;
	return buf;
}
