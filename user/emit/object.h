/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON objects, one a line. Addresses, descriptors and flags are hexadecimal strings. */
#ifndef PWTRACE_OBJECT_H
#define PWTRACE_OBJECT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "geometry/geometry.h"
#include "model/model.h"

typedef struct json_object json;

/* A new object whose "type" is @type. */
json *object_of(const char *type);

void put(json *object, const char *key, json *value);
void put_string(json *object, const char *key, const char *value); /* NULL: null */
void put_number(json *object, const char *key, int64_t value);
void put_bool(json *object, const char *key, bool value);
void put_hex(json *object, const char *key, uint64_t value);
/* The names of the bits, an array. */
void put_mask(json *object, const char *key, uint64_t mask);
/* An object of the levels that have any. */
void put_leaves(json *object, const char *key, const unsigned int counts[PGTABLE_NR_LEVELS]);

/* "boundary": the leaf that decided, null if none did. */
void put_boundary(json *object, const struct model_boundary *leaf);

/* Print @object and release it. */
void print_object(FILE *out, json *object, bool pretty);

#endif
