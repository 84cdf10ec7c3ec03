// SPDX-License-Identifier: GPL-2.0-only
#include "object.h"

#include <inttypes.h>

#include "geometry/descriptor.h"

json *object_of(const char *type)
{
	json *object = json_object_new_object();

	put_string(object, "type", type);
	return object;
}

void put(json *object, const char *key, json *value)
{
	json_object_object_add(object, key, value);
}

void put_string(json *object, const char *key, const char *value)
{
	put(object, key, value ? json_object_new_string(value) : NULL);
}

void put_number(json *object, const char *key, int64_t value)
{
	put(object, key, json_object_new_int64(value));
}

void put_bool(json *object, const char *key, bool value)
{
	put(object, key, json_object_new_boolean(value));
}

void put_hex(json *object, const char *key, uint64_t value)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "0x%" PRIx64, value);
	put_string(object, key, buf);
}

void put_mask(json *object, const char *key, uint64_t mask)
{
	json *array = json_object_new_array();
	const char *names[64];
	size_t nr = desc_mask_names(mask, names, 64);

	for (size_t i = 0; i < nr; i++)
		json_object_array_add(array, json_object_new_string(names[i]));
	put(object, key, array);
}

void put_leaves(json *object, const char *key, const unsigned int counts[PGTABLE_NR_LEVELS])
{
	json *leaves = json_object_new_object();

	for (int level = 0; level < PGTABLE_NR_LEVELS; level++)
		if (counts[level])
			put_number(leaves, geometry_level_name(level), counts[level]);
	put(object, key, leaves);
}

void put_boundary(json *object, const struct model_boundary *leaf)
{
	json *boundary = NULL;

	if (leaf->found) {
		boundary = json_object_new_object();
		put_string(boundary, "level", geometry_level_name(leaf->level));
		put_hex(boundary, "start", leaf->start);
		put_hex(boundary, "end", leaf->end);
	}
	put(object, "boundary", boundary);
}

void print_object(FILE *out, json *object, bool pretty)
{
	int flags = pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED :
			     JSON_C_TO_STRING_PLAIN;

	fputs(json_object_to_json_string_ext(object, flags | JSON_C_TO_STRING_NOSLASHESCAPE), out);
	fputc('\n', out);
	json_object_put(object);
}
