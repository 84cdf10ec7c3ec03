/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes in few characters. */
#ifndef PWTRACE_AMOUNT_H
#define PWTRACE_AMOUNT_H

#include <stdint.h>

/* "1.50G", "64K", "-" for nothing. Returns @buf or a constant. */
const char *amount(uint64_t bytes, char buf[16]);

#endif
