// SPDX-License-Identifier: GPL-2.0-only
#include "amount.h"

#include <stdio.h>

const char *amount(uint64_t bytes, char buf[16])
{
	static const char units[] = "KMGTPE";
	const char *unit = units;
	double value = bytes / 1024.0;

	if (!bytes)
		return "-";
	for (; value >= 1024 && unit[1]; unit++)
		value /= 1024;
	snprintf(buf, 16, value == (uint64_t)value ? "%.0f%c" : "%.2f%c", value, *unit);
	return buf;
}
