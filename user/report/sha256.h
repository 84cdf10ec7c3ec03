/* SPDX-License-Identifier: GPL-2.0-only */
/* SHA-256 (FIPS 180-4), as a content security policy wants it. */
#ifndef PWTRACE_SHA256_H
#define PWTRACE_SHA256_H

#include <stddef.h>

#define SHA256_BASE64 45 /* characters of a digest in base64, the NUL included */

void sha256_base64(const void *data, size_t size, char text[SHA256_BASE64]);

#endif
