// SPDX-License-Identifier: GPL-2.0-only
#include "geometry.h"

#include <errno.h>

#include "geometry/shapes.h"

/* arch/arm64/Kconfig: ARM64_VA_BITS_* */
static bool known(unsigned int page_shift, unsigned int va_bits)
{
	switch (page_shift) {
	case 12:
		return va_bits == 39 || va_bits == 48 || va_bits == 52;
	case 14:
		return va_bits == 36 || va_bits == 47 || va_bits == 48 || va_bits == 52;
	case 16:
		return va_bits == 42 || va_bits == 48 || va_bits == 52;
	default:
		return false;
	}
}

int geometry_init(struct geometry *geo, unsigned int page_shift, unsigned int va_bits,
		  unsigned int va_bits_config)
{
#define SHAPE(page, va, config) { page, va, config },
	static const unsigned int shapes[][3] = { GEOMETRY_SHAPES(SHAPE) };
	unsigned int i;

	if (!known(page_shift, va_bits) || !known(page_shift, va_bits_config) ||
	    va_bits > va_bits_config)
		return -EINVAL;
	*geo = (struct geometry)GEOMETRY(page_shift, va_bits, va_bits_config);
	for (i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		if (shapes[i][0] == page_shift && shapes[i][1] == va_bits &&
		    shapes[i][2] == va_bits_config)
			geo->shape = i + 1;
	return 0;
}

const char *geometry_level_name(enum pgtable_level level)
{
	static const char *const names[] = { "pte", "pmd", "pud", "p4d", "pgd" };

	return level < PGTABLE_NR_LEVELS ? names[level] : "?";
}
