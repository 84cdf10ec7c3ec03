/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing HTML. All text goes through html(), so that nothing in it can be taken for markup. */
#ifndef PWTRACE_HTML_H
#define PWTRACE_HTML_H

#include <stdint.h>
#include <stdio.h>

/*
 * printf() for HTML: @format is markup, what %s puts in is text, for an element or an attribute in
 * double quotes. Takes %s, %c, %d, %u and %x, the last three with l, ll or z, %f and %g.
 */
void html(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A short text by value: word_count(n).s lives as long as the expression that it is in. */
struct word {
	char s[32];
};

struct word word_count(uint64_t nr);	/* "1,234,567" */
struct word word_bytes(uint64_t bytes); /* "5.74M" */
struct word word_time(uint64_t ns);	/* "97.4 µs" */
struct word word_part(uint64_t nr, uint64_t of);

/* "1 change", "2 changes": what goes behind the number. */
static inline const char *plural(uint64_t nr)
{
	return nr == 1 ? "" : "s";
}

#endif
