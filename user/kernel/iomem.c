// SPDX-License-Identifier: GPL-2.0-only
#include "iomem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* "  40200000-4226ffff : Kernel code" */
static bool line_of(const char *line, const char *name, uint64_t *first, uint64_t *last)
{
	const char *colon = strstr(line, " : ");

	return colon && !strncmp(colon + 3, name, strlen(name)) &&
	       colon[3 + strlen(name)] == '\n' &&
	       sscanf(line, "%" SCNx64 "-%" SCNx64, first, last) == 2;
}

int iomem_image(const char *path, uint64_t *start, uint64_t *end)
{
	uint64_t code = 0, data = 0, first, last;
	FILE *file __fclose = fopen(path, "re");
	char line[256];

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (line_of(line, "Kernel code", &first, &last))
			code = first;
		else if (line_of(line, "Kernel data", &first, &last))
			data = last;
	}
	if (!code || data <= code)
		return -ENOENT;
	*start = code;
	*end = data + 1;
	return 0;
}

/* What is in a piece stands behind two more blanks. */
size_t iomem_ram(const char *path, struct iomem_range *ranges, size_t room)
{
	FILE *file __fclose = fopen(path, "re");
	struct iomem_range *before = NULL;
	uint64_t first, last;
	size_t nr = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (*line == ' ' || !line_of(line, "System RAM", &first, &last) || last < first ||
		    !last)
			continue;
		if (before && before->start + before->size == first) {
			before->size += last - first + 1;
			continue;
		}
		before = nr < room ? &ranges[nr] : NULL;
		if (before)
			*before = (struct iomem_range){ first, last - first + 1 };
		nr++;
	}
	return nr;
}

bool iomem_name(uint64_t pa, char *buf, size_t size, bool *ram)
{
	FILE *file __fclose = fopen("/proc/iomem", "re");
	unsigned long long start, end;
	bool found = false;
	char line[256];
	int name;

	*ram = false;
	/* those inside of others follow them */
	while (file && fgets(line, sizeof(line), file)) {
		name = 0;
		if (sscanf(line, " %llx-%llx : %n", &start, &end, &name) != 2 || !name ||
		    pa < start || pa > end)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(buf, size, "%s", line + name);
		*ram |= !strncmp(line + name, "System RAM", 10);
		found = true;
	}
	return found;
}
