/* SPDX-License-Identifier: GPL-2.0-only */
/* A descriptor field by field (Arm ARM D8.3, as Linux uses it). */
#ifndef PWTRACE_FIELDS_H
#define PWTRACE_FIELDS_H

#include "geometry/geometry.h"
#include "pwtrace/pagewalk.h"

struct field {
	uint8_t high, low; /* bits, both included */
	const char *name;  /* Arm's, or the kernel's for what is left to software */
	uint64_t value;
	char meaning[48];
};

#define MAX_FIELDS 24

/**
 * fields_of() - take a descriptor apart
 * @fields: filled in from bit 63 down; every bit is in one of them
 *
 * Return: how many there are.
 */
size_t fields_of(const struct geometry *geo, enum pgtable_level level, uint64_t desc,
		 struct field fields[MAX_FIELDS]);

#endif
