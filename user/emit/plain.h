/* SPDX-License-Identifier: GPL-2.0-only */
/* Text of others, such as names of tasks and files, as it can be shown anywhere. */
#ifndef PWTRACE_PLAIN_H
#define PWTRACE_PLAIN_H

#include <stddef.h>

/*
 * Bytes of the character that @text begins with, which has up to @left. 0: it is no UTF-8, or one
 * that a terminal would obey.
 */
size_t plain_char(const char *text, size_t left);

/* @text, up to @len bytes of it, with '?' for what is none of these; returns @buf. */
char *plain_text(char *buf, size_t size, const char *text, size_t len);

#endif
