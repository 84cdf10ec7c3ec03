// SPDX-License-Identifier: GPL-2.0-only
#include "range.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int number_parse(const char **text, uint64_t *value)
{
	static const char units[] = "KMGT";
	const char *unit;
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	errno = 0;
	*value = strtoull(*text, &end, 0);
	if (errno)
		return -ERANGE;
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		unsigned int shift = 10 * (unit - units + 1);

		if (*value << shift >> shift != *value)
			return -ERANGE;
		*value <<= shift;
		end++;
	}
	*text = end;
	return 0;
}

int range_by_numbers(struct range *range, const char *text, struct problem *why)
{
	const char *at = text;
	uint64_t second = 0;
	char sign;

	if (number_parse(&at, &range->start) || (*at != '-' && *at != '+'))
		return problem(why, -EINVAL,
			       "bad range '%s': give START-END or START+SIZE, numbers as 0xffff... or "
			       "64K",
			       text);
	sign = *at++;
	if (number_parse(&at, &second) || *at)
		return problem(why, -EINVAL, "bad range '%s': '%s' is no number", text, at);
	range->end = sign == '-' ? second : range->start + second;
	if (sign == '+' && !second)
		return problem(why, -EINVAL, "bad range '%s': it is empty", text);
	/* as a sum, 0 is the end of the address space */
	if (range->end <= range->start && range->end)
		return problem(why, -EINVAL, "bad range '%s': it ends before it begins", text);
	if (sign == '-' && !second)
		return problem(why, -EINVAL, "bad range '%s': it ends before it begins", text);
	return 0;
}

/* As /proc/modules has it: its first piece of memory. */
static int by_module(struct range *range, const char *name, struct problem *why)
{
	FILE *file = fopen("/proc/modules", "re");
	char line[512], found[64];
	unsigned long long size, addr;
	int err = -ENOENT;

	while (file && err && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %llu %*s %*s %*s %llx", found, &size, &addr) == 3 &&
		    !strcmp(found, name) && addr) {
			*range = (struct range){ addr, addr + size };
			err = 0;
		}
	}
	if (file)
		fclose(file);
	return err ? problem(why, err, "no module '%s' is loaded, see /proc/modules", name) : 0;
}

static int by_name(struct range *range, const char *text, const struct kernel *kernel,
		   struct problem *why)
{
	enum zone zone = zone_find(text);

	if (zone < ZONE_OTHER) {
		*range = (struct range){ kernel->zones.range[zone].start,
					 kernel->zones.range[zone].end };
		return range->start < range->end ?
			       0 :
			       problem(why, -ENOENT, "this kernel does not tell where '%s' is",
				       text);
	}
	if (!strncmp(text, "module:", 7))
		return by_module(range, text + 7, why);
	range->start = kallsyms_find(kernel->syms, text);
	if (!range->start)
		return problem(why, -ENOENT,
			       "no symbol '%s': give linear, vmalloc, modules, vmemmap, image, "
			       "START-END, START+SIZE, a symbol of /proc/kallsyms or module:NAME",
			       text);
	range->end = kallsyms_next(kernel->syms, range->start);
	return 0;
}

bool range_wants_symbols(const char *text)
{
	return text && !isdigit((unsigned char)*text) && strncmp(text, "module:", 7) &&
	       zone_find(text) >= ZONE_OTHER;
}

int range_parse(struct range *range, const char *text, const struct kernel *kernel,
		struct problem *why)
{
	uint64_t first = -(1ULL << kernel->geo.va_bits), page = geometry_page_size(&kernel->geo);
	int err;

	*range = (struct range){ first, 0 };
	if (!text)
		return 0;
	err = isdigit((unsigned char)*text) ? range_by_numbers(range, text, why) :
					      by_name(range, text, kernel, why);
	if (err)
		return err;
	if (range->start < first)
		return problem(why, -EINVAL,
			       "0x%llx is no kernel address: they begin at 0x%llx here",
			       (unsigned long long)range->start, (unsigned long long)first);
	range->start &= ~(page - 1);
	range->end = (range->end + page - 1) & ~(page - 1);
	return 0;
}
