// SPDX-License-Identifier: GPL-2.0-only
#include "draw.h"

#include <inttypes.h>
#include <string.h>

#include "emit.h"

#define WIDTH 48

struct scale {
	uint64_t start, end;
};

static unsigned int column(const struct scale *scale, uint64_t addr)
{
	long double part = (long double)(addr - scale->start) / (scale->end - scale->start);

	return part * WIDTH;
}

static void draw_line(FILE *out, const struct scale *scale, const char *indent, const char *label,
		      uint64_t start, uint64_t end, const char fill[3])
{
	unsigned int from = column(scale, start), to = column(scale, end);
	char line[WIDTH + 1];

	if (to <= from)
		to = from + 1;
	if (to > WIDTH)
		to = WIDTH;
	if (from >= to)
		from = to - 1;
	memset(line, ' ', WIDTH);
	memset(line + from, fill[1], to - from);
	line[from] = fill[0];
	line[to - 1] = fill[2];
	line[WIDTH] = '\0';
	fprintf(out, "%s%-10s |%s| %#" PRIx64 " to %#" PRIx64 "\n", indent, label, line, start,
		end);
}

void draw_boundary(FILE *out, const struct change *change, const char *indent)
{
	const struct model_boundary *leaf = &change->boundary;
	uint64_t start = geometry_untag(change->addr), end = start + change->size;
	struct scale scale = {
		.start = start < leaf->start ? start : leaf->start,
		.end = end > leaf->end ? end : leaf->end,
	};
	char size[24], label[40];

	emit_size(leaf->end - leaf->start, size, sizeof(size));
	snprintf(label, sizeof(label), "%s %s", size, geometry_level_name(leaf->level));
	draw_line(out, &scale, indent, "request", start, end, "###");
	draw_line(out, &scale, indent, label, leaf->start, leaf->end, "[-]");
}
