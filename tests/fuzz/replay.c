// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run a fuzz target once for each file of its corpus, without a fuzzer: replay-NAME [FILE]...
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* tests/fuzz/corpus/NAME, by the name of this program. */
static void name_corpus(const char *program, char *name, size_t size)
{
	const char *target = strrchr(program, '-');

	snprintf(name, size, "tests/fuzz/corpus/%s", target ? target + 1 : "");
}

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

int main(int argc, char **argv)
{
	unsigned int nr = 0;
	struct dirent *entry;
	char name[768], corpus[256];
	DIR *dir;

	for (int i = 1; i < argc; i++, nr++)
		replay(argv[i]);
	name_corpus(argv[0], corpus, sizeof(corpus));
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
