// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace lookup: what there is at an address. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands/lookup.h"
#include "geometry/descriptor.h"

static int kernel_address(const struct kernel *kernel, const char *text, uint64_t *addr,
			  struct problem *why)
{
	uint64_t first = -(1ULL << kernel->geo.va_bits), offset = 0;
	const char *plus = strchr(text, '+');
	char name[256], *end;

	errno = 0;
	if (isdigit((unsigned char)*text)) {
		*addr = strtoull(text, &end, 0);
		if (errno || *end)
			return problem(why, -EINVAL, "bad address '%s': give 0xffff...", text);
	} else {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, "+"), text);
		*addr = kallsyms_find(kernel->syms, name);
		if (!*addr)
			return problem(why, -EINVAL, "no symbol '%s' in /proc/kallsyms", name);
		if (plus)
			offset = strtoull(plus + 1, &end, 0);
		if (plus && (errno || *end || !plus[1]))
			return problem(why, -EINVAL, "bad offset in '%s'", text);
		*addr += offset;
	}
	if (*addr < first)
		return problem(why, -EINVAL,
			       "0x%llx is no kernel address: they begin at 0x%llx here; for one of a "
			       "process give PID:ADDRESS",
			       (unsigned long long)*addr, (unsigned long long)first);
	return 0;
}

/* A physical address, where the linear map has it. */
static int physical_address(const struct kernel *kernel, const char *text, uint64_t *addr,
			    struct problem *why)
{
	const struct zone_range *linear = &kernel->zones.range[ZONE_LINEAR];
	uint64_t pa;
	char *end;

	errno = 0;
	pa = strtoull(text + 3, &end, 0);
	if (errno || *end || !isdigit((unsigned char)text[3]))
		return problem(why, -EINVAL, "bad address in '%s': give pa:0x...", text);
	*addr = kernel_phys_to_virt(kernel, pa);
	if (pa >> 52 || *addr < linear->start || *addr >= linear->end)
		return problem(why, -EINVAL, "the linear map cannot have physical address 0x%llx",
			       (unsigned long long)pa);
	return 0;
}

static int process_address(const struct kernel *kernel, const char *text, int *pid, uint64_t *addr,
			   struct problem *why)
{
	char *colon, *end;
	long number;

	errno = 0;
	number = strtol(text, &colon, 10);
	if (errno || *colon != ':' || number < 1 || number > 4 << 20)
		return problem(why, -EINVAL, "bad process in '%s': give PID:ADDRESS", text);
	*addr = strtoull(colon + 1, &end, 0);
	if (errno || *end || !isdigit((unsigned char)colon[1]))
		return problem(why, -EINVAL, "bad address in '%s': give PID:0x...", text);
	if (*addr >> kernel->geo.va_bits)
		return problem(why, -EINVAL,
			       "0x%llx is no address of a process: they end at 0x%llx here",
			       (unsigned long long)*addr, 1ULL << kernel->geo.va_bits);
	*pid = number;
	return 0;
}

int lookup_parse(const struct kernel *kernel, const char *text, int *pid, uint64_t *addr,
		 struct problem *why)
{
	*pid = 0;
	if (!strncmp(text, "pa:", 3))
		return physical_address(kernel, text, addr, why);
	return strchr(text, ':') ? process_address(kernel, text, pid, addr, why) :
				   kernel_address(kernel, text, addr, why);
}

static void follow(struct stream *stream, const struct geometry *geo, uint64_t table,
		   struct looked_up *found)
{
	struct pagewalk_memory *memory = stream_memory(stream);

	stream_begin(stream, found->addr + 1);
	for (int level = geometry_top(geo); level >= 0; level--) {
		struct step *step = &found->steps[found->nr];
		struct pagewalk_window window;
		unsigned int marks;
		uint64_t pa;

		*step = (struct step){ level, table, geometry_index(geo, level, found->addr), 0 };
		pa = table + step->index * sizeof(uint64_t);
		found->unreadable = !memory->find(memory, pa, &window);
		marks = found->unreadable ? 0 : stream_marks(stream, level);
		found->torn |= marks & STREAM_TORN;
		found->unreadable |= marks & STREAM_UNREADABLE;
		if (found->unreadable)
			return;
		step->entry = window.entries[(pa - window.pa) / sizeof(uint64_t)];
		found->nr++;
		if (!desc_table(step->entry, level))
			return;
		found->table_bits |= step->entry & TABLE_ATTRS;
		table = desc_address(geo, step->entry);
	}
}

bool lookup_physical(const struct geometry *geo, const struct looked_up *found, uint64_t *pa)
{
	const struct step *leaf = found->nr ? last_step(found) : NULL;

	if (!leaf || !desc_leaf(leaf->entry, leaf->level))
		return false;
	*pa = desc_address(geo, leaf->entry) +
	      (found->addr & (geometry_size(geo, leaf->level) - 1));
	return true;
}

struct may lookup_may(const struct looked_up *found)
{
	uint64_t entry = last_step(found)->entry, above = found->table_bits;

	if (found->process)
		return (struct may){ desc_user_readable(entry, above),
				     desc_user_writable(entry, above),
				     desc_user_executable(entry, above) };
	return (struct may){ desc_valid(entry), desc_writable(entry, above),
			     desc_executable(entry, above) };
}

const char *lookup_level(const struct geometry *geo, enum pgtable_level level)
{
	return geometry_level_name(level == geometry_top(geo) ? PGTABLE_LEVEL_PGD : level);
}

static void find_page(struct lookup *lookup, struct looked_up *found)
{
	const struct geometry *geo = &lookup->live.kernel.geo;
	uint64_t pa;

	if (!lookup->pages || !lookup->owners || !lookup_physical(geo, found, &pa))
		return;
	pages_look(lookup->pages, pa >> geo->page_shift, &found->page);
	owners_find(lookup->owners, &found->page, pa, &found->owner);
	found->has_page = true;
}

static void find_places(struct lookup *lookup, struct looked_up *found)
{
	const struct kernel *kernel = &lookup->live.kernel;

	if (found->process) {
		found->vma = vmas_at(&found->process->vmas, found->addr);
		return;
	}
	found->has_area = lookup->areas && !areas_find(lookup->areas, found->addr, &found->area);
	if (lookup->reader.types && zone_of(&kernel->zones, found->addr) != ZONE_LINEAR)
		found->has_module = !module_find(&lookup->reader, found->addr, &found->module);
}

int lookup_find(struct lookup *lookup, struct looked_up *found, struct problem *why)
{
	const struct kernel *kernel = &lookup->live.kernel;
	struct process *process = found->process;

	if (process)
		follow(process->stream, &kernel->geo, process->mm.root, found);
	else
		follow(lookup->live.stream, &kernel->geo, kernel->root_pa, found);
	if (!found->nr)
		return problem(why, -EIO, "the topmost table cannot be read by %s",
			       lookup->live.source->name);
	find_places(lookup, found);
	find_page(lookup, found);
	return process ? process_check(process, why) : 0;
}
