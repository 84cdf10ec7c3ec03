// SPDX-License-Identifier: GPL-2.0-only
/* Run a fuzz target once for each file of a corpus, without a fuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef CORPUS
#define CORPUS "tests/fuzz/corpus/pagewalk"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay(const char *name)
{
	static uint8_t data[1 << 16];
	FILE *file = fopen(name, "rb");
	size_t size;

	if (!file) {
		perror(name);
		exit(1);
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	/* a copy of the right size, so that reads behind it are seen */
	uint8_t *input = malloc(size ? size : 1);

	for (size_t i = 0; i < size; i++)
		input[i] = data[i];
	printf("# %s\n", name);
	fflush(stdout);
	LLVMFuzzerTestOneInput(input, size);
	free(input);
}

int main(int argc, char **argv)
{
	unsigned int nr = 0;
	struct dirent *entry;
	char name[512];
	DIR *dir;

	for (int i = 1; i < argc; i++, nr++)
		replay(argv[i]);
	dir = argc > 1 ? NULL : opendir(CORPUS);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", CORPUS, entry->d_name);
		replay(name);
		nr++;
	}
	if (dir)
		closedir(dir);
	printf("%sok 1 - %u inputs\n1..1\n", nr ? "" : "not ", nr);
	return nr ? 0 : 1;
}
