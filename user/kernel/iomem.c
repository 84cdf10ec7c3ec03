// SPDX-License-Identifier: GPL-2.0-only
#include "iomem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
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
