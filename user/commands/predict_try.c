// SPDX-License-Identifier: GPL-2.0-only
/*
 * The request carried out by the test module (/proc/pwt_test), which takes memory by the name of
 * its own, and the entries afterwards held against what the model made of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "geometry/descriptor.h"
#include "predict.h"

#define MODULE "/proc/pwt_test"

bool can_try(void)
{
	return !access(MODULE, W_OK);
}

/* One command; its answer in @answer even where it was refused. */
static int command(const char *text, char *answer, size_t size)
{
	int fd __close = open(MODULE, O_RDWR | O_CLOEXEC), err = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	got = pread(fd, answer, size - 1, 0);
	answer[got > 0 ? got : 0] = '\0';
	return err;
}

struct slot {
	char name[32];
	char kind[32];
	uint64_t addr, linear;
	uint64_t pages;
};

static bool parse_slot(const char *line, struct slot *slot)
{
	return sscanf(line,
		      "slot=%31s kind=%31s addr=%" SCNx64 " pages=%" SCNu64 " linear=%" SCNx64,
		      slot->name, slot->kind, &slot->addr, &slot->pages, &slot->linear) == 5;
}

/*
 * The words for the range: SLOT FIRST COUNT, with alias: for the linear address of the first page.
 * An area has its guard page behind it.
 */
static bool name_range(const struct slot *slot, const struct op_request *request, uint64_t page,
		       bool by_page, char *buf, size_t size)
{
	bool linear = !strcmp(slot->kind, "linear");
	uint64_t start = request->addr & ~(page - 1);
	uint64_t first = (start - slot->addr) / page, limit = slot->pages + !linear;
	int offset = request->addr - start;

	if (start >= slot->addr && first < limit && (linear || !by_page))
		snprintf(buf, size, "%s %" PRIu64 " %d +%d", slot->name, first, request->pages,
			 offset);
	else if (!linear && slot->linear && start == slot->linear)
		snprintf(buf, size, "%s%s 0 %d +%d", by_page ? "" : "alias:", slot->name,
			 request->pages, offset);
	else
		return false;
	return true;
}

static int find_range(const struct kernel *kernel, const struct op_request *request, bool by_page,
		      char *buf, size_t size, struct problem *why)
{
	char info[8192];
	int err = command("info\n", info, sizeof(info));

	if (err)
		return problem(why, err, "cannot ask the test module (" MODULE "): %s",
			       strerror(-err));
	for (char *line = strtok(info, "\n"); line; line = strtok(NULL, "\n")) {
		struct slot slot;

		if (parse_slot(line, &slot) &&
		    name_range(&slot, request, geometry_page_size(&kernel->geo), by_page, buf,
			       size))
			return 0;
	}
	return problem(why, -ENOENT,
		       "%#llx is not memory of the test module's: --try makes no change elsewhere",
		       (unsigned long long)request->addr);
}

static int call(const char *name, const char *range, const char *rest, int *ret,
		struct problem *why)
{
	char text[256], answer[8192];
	const char *value;
	int err;

	snprintf(text, sizeof(text), "%s %s%s\n", name, range, rest);
	err = command(text, answer, sizeof(answer));
	value = strstr(answer, "ret=");
	if (err || !value || sscanf(value, "ret=%d", ret) != 1)
		return problem(why, err ? err : -EINVAL, "the test module refused '%.*s': %.200s",
			       (int)strcspn(text, "\n"), text, answer);
	return 0;
}

/* set_memory_rox() is an inline function: two calls. */
static int make_calls(enum op op, const char *range, int *ret, struct problem *why)
{
	const char *rest = "";
	int err;

	if (op == OP_SET_MEMORY_ROX) {
		err = call("set_memory_ro", range, "", ret, why);
		return err || *ret ? err : call("set_memory_x", range, "", ret, why);
	}
	if (op == OP_SET_MEMORY_VALID || op == OP_SET_DIRECT_MAP_VALID)
		rest = " 1";
	if (op == OP_SET_MEMORY_INVALID || op == OP_SET_DIRECT_MAP_NOT_VALID)
		rest = " 0";
	return call(op_name(op), range, rest, ret, why);
}

struct comparison {
	struct tables *tables;
	const struct op_result *result;
	struct tried *tried;
};

/* Where @addr leads, as foreseen and as it is. False: not the same. */
static bool compare_at(const struct comparison *cmp, uint64_t addr, uint64_t *next)
{
	const struct image *expected = &cmp->result->tables;
	enum pgtable_level level, live_level;
	const uint64_t *entry = image_lookup(expected, addr, &level);
	uint64_t live = 0, size;

	if (!entry) {
		*next = addr + geometry_page_size(expected->geo);
		return true;
	}
	size = geometry_size(expected->geo, level);
	*next = (addr & ~(size - 1)) + size;
	if (!tables_lookup(cmp->tables, addr, &live_level, &live) && live_level == level &&
	    live == *entry)
		return true;
	cmp->tried->differs = true;
	cmp->tried->level = level;
	cmp->tried->addr = addr & ~(size - 1);
	cmp->tried->expected = *entry;
	cmp->tried->found = live;
	return false;
}

static bool compare_range(const struct comparison *cmp, uint64_t start, uint64_t size)
{
	for (uint64_t addr = start, next; addr - start < size; addr = next)
		if (!compare_at(cmp, addr, &next) || next <= addr)
			return !cmp->tried->differs;
	return true;
}

/* Each range, and all of what was split. */
static bool compare(const struct comparison *cmp)
{
	const struct op_result *result = cmp->result;
	const struct geometry *geo = result->tables.geo;
	bool same = true;

	for (uint32_t i = 0; i < result->nr_parts && same; i++)
		same = compare_range(cmp, result->parts[i].addr, result->parts[i].size);
	for (uint32_t i = 0; i < result->nr_splits && same; i++) {
		const struct op_split *split = &result->splits[i];

		same = compare_range(cmp, split->addr,
				     geometry_size(geo, split->level) *
					     (split->run ? geometry_run(geo, split->level) : 1));
	}
	return same;
}

int try_prediction(const struct kernel *kernel, struct tables *tables,
		   const struct op_request *request, const struct op_prediction *prediction,
		   struct tried *tried, struct problem *why)
{
	bool by_page = request->op >= OP_SET_DIRECT_MAP_INVALID &&
		       request->op <= OP_SET_DIRECT_MAP_NOT_VALID;
	char range[96];
	int err = find_range(kernel, request, by_page, range, sizeof(range), why);

	memset(tried, 0, sizeof(*tried));
	if (!err)
		err = make_calls(request->op, range, &tried->ret, why);
	if (!err && tables_forget(tables))
		err = problem(why, -ENOMEM, "no memory");
	for (unsigned int i = 0; !err && i < prediction->nr && !tried->same; i++) {
		const struct op_result *result = &prediction->alternatives[i].result;
		struct comparison cmp = { tables, result, tried };

		tried->differs = false;
		tried->which = i;
		/* what could not be foreseen is not foreseen wrongly */
		tried->same = op_decision_is_gap(result->decision) ||
			      (result->ret == tried->ret && compare(&cmp));
	}
	return err;
}
