// SPDX-License-Identifier: GPL-2.0-only
/* replay-TARGET: run a fuzz target once for each file of its corpus, without a fuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay(const char *name)
{
	static uint8_t data[1 << 17];
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

/* By its own name: build/host/fuzz/replay-pagewalk. */
static const char *corpus_of(const char *program)
{
	static char path[512];
	const char *dash = strrchr(program, '-');

	snprintf(path, sizeof(path), "tests/fuzz/corpus/%s", dash ? dash + 1 : "");
	return path;
}

int main(int argc, char **argv)
{
	const char *corpus = corpus_of(argv[0]);
	unsigned int nr = 0;
	struct dirent *entry;
	char name[1024];
	DIR *dir;

	for (int i = 1; i < argc; i++, nr++)
		replay(argv[i]);
	dir = argc > 1 ? NULL : opendir(corpus);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", corpus, entry->d_name);
		replay(name);
		nr++;
	}
	if (dir)
		closedir(dir);
	printf("%sok 1 - %u inputs\n1..1\n", nr ? "" : "not ", nr);
	return nr ? 0 : 1;
}
