// SPDX-License-Identifier: GPL-2.0-only
/* A fuzz target: a symbol table, as a file and in pieces, and what is looked up in it. */
#include "kernel/kallsyms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(what)                                                              \
	do {                                                                       \
		if (!(what)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			abort();                                                   \
		}                                                                  \
	} while (0)

struct seen {
	const struct kallsyms *syms;
	uint64_t last;
	size_t nr;
};

static void look_up(const struct kallsyms *syms, uint64_t addr)
{
	uint64_t offset = 0, next = kallsyms_next(syms, addr), first = kallsyms_first(syms, addr);
	const char *name = kallsyms_name(syms, addr, &offset);

	REQUIRE(!next || next > addr);
	REQUIRE(!first || first >= addr);
	REQUIRE(!name || (*name && offset <= addr));
}

static void on_symbol(void *ctx, uint64_t addr, const char *name)
{
	struct seen *seen = ctx;

	REQUIRE(addr >= seen->last);
	if (seen->nr++ < 200) {
		look_up(seen->syms, addr);
		look_up(seen->syms, addr + 1);
		look_up(seen->syms, addr - 1);
		if (*name)
			kallsyms_find(seen->syms, name);
	}
	seen->last = addr;
}

static void use(const struct kallsyms *syms)
{
	struct seen seen = { syms, 0, 0 };

	kallsyms_each(syms, on_symbol, &seen);
	REQUIRE(seen.nr == kallsyms_count(syms));
	look_up(syms, 0);
	look_up(syms, -1ULL);
}

static void by_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("kallsyms", MFD_CLOEXEC);
	struct kallsyms *syms;
	char path[32];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!kallsyms_load(&syms, path)) {
		use(syms);
		kallsyms_free(syms);
	}
	close(fd);
}

static void by_pieces(const char *text, size_t size)
{
	size_t first = size ? (uint8_t)text[0] * size / 256 : 0;
	struct kallsyms *syms;

	REQUIRE(!kallsyms_new(&syms));
	kallsyms_add(syms, text, first);
	kallsyms_add(syms, text + first, size - first);
	kallsyms_finish(syms);
	use(syms);
	kallsyms_free(syms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	by_file(data, size);
	by_pieces((const char *)data, size);
	return 0;
}
