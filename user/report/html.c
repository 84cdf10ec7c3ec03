// SPDX-License-Identifier: GPL-2.0-only
#include "html.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the UTF-8 character at @s, 0: it is none. */
static unsigned int utf8_length(const unsigned char *s)
{
	unsigned int nr = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	for (unsigned int i = 1; i < nr; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* longer than it need be, a surrogate, or behind the last character */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return nr;
}

static const char *entity(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	return NULL;
}

/* What is no text, a control character or a broken one, is shown as such. */
static void text(FILE *out, const char *string, size_t most)
{
	const unsigned char *s = (const unsigned char *)string, *end = s + strnlen(string, most);

	while (s < end) {
		unsigned int nr = *s < 0x80 ? 1 : utf8_length(s);

		if (entity(*s))
			fputs(entity(*s), out);
		else if (!nr || nr > end - s || *s < ' ' || *s == 127)
			fputs("\xef\xbf\xbd", out);
		else
			fwrite(s, 1, nr, out);
		s += nr ? nr : 1;
	}
}

/* The precision of a conversion, of which a '*' takes an argument. */
static size_t precision(const char *conversion, va_list *args)
{
	const char *dot = strchr(conversion, '.');

	if (!dot)
		return SIZE_MAX;
	return dot[1] == '*' ? va_arg(*args, int) : atoi(dot + 1);
}

/* One conversion, from its '%' on; returns what is behind it. */
static const char *convert(FILE *out, const char *format, va_list *args)
{
	size_t length = strcspn(format + 1, "sdcuxfg%") + 2, most;
	char one[16], letter[2] = {};
	unsigned int longs = 0;

	if (length >= sizeof(one))
		return format + 1;
	memcpy(one, format, length);
	one[length] = '\0';
	for (size_t i = 0; i < length; i++)
		longs += one[i] == 'l' || one[i] == 'z';
	switch (one[length - 1]) {
	case 's':
		most = precision(one, args);
		text(out, va_arg(*args, const char *), most);
		break;
	case 'c':
		letter[0] = va_arg(*args, int);
		text(out, letter, 1);
		break;
	case 'f':
	case 'g':
		fprintf(out, one, va_arg(*args, double));
		break;
	case '%':
		fputc('%', out);
		break;
	default:
		if (longs == 2)
			fprintf(out, one, va_arg(*args, long long));
		else if (longs)
			fprintf(out, one, va_arg(*args, long));
		else
			fprintf(out, one, va_arg(*args, int));
	}
	return format + length;
}

void html(FILE *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	while (*format) {
		size_t plain = strcspn(format, "%");

		fwrite(format, 1, plain, out);
		format += plain;
		if (*format)
			format = convert(out, format, &args);
	}
	va_end(args);
}

struct word word_count(uint64_t nr)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)nr);
	struct word word = {};
	size_t to = 0;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			word.s[to++] = ',';
		word.s[to++] = digits[i];
	}
	return word;
}

/* Three digits of @value, fewer where the rest are zeros. */
static void three_digits(struct word *word, double value, const char *unit)
{
	int digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
	char number[24];

	snprintf(number, sizeof(number), "%.*f", digits, value);
	if (strchr(number, '.')) {
		size_t length = strlen(number);

		while (number[length - 1] == '0')
			number[--length] = '\0';
		if (number[length - 1] == '.')
			number[length - 1] = '\0';
	}
	snprintf(word->s, sizeof(word->s), "%s%s", number, unit);
}

struct word word_bytes(uint64_t bytes)
{
	static const char *const units[] = { "B", "K", "M", "G", "T", "P", "E" };
	unsigned int unit = 0;
	double value = bytes;
	struct word word;

	for (; value >= 1024 && unit + 1 < sizeof(units) / sizeof(*units); unit++)
		value /= 1024;
	three_digits(&word, value, units[unit]);
	return word;
}

struct word word_time(uint64_t ns)
{
	static const char *const units[] = { " ns", " \xc2\xb5s", " ms", " s" };
	unsigned int unit = 0;
	double value = ns;
	struct word word;

	for (; value >= 1000 && unit + 1 < sizeof(units) / sizeof(*units); unit++)
		value /= 1000;
	three_digits(&word, value, units[unit]);
	return word;
}

struct word word_part(uint64_t nr, uint64_t of)
{
	struct word word;

	three_digits(&word, of ? 100.0 * nr / of : 0, "%");
	return word;
}
