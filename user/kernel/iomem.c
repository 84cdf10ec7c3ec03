// SPDX-License-Identifier: GPL-2.0-only
#include "iomem.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

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
