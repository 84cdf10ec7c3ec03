// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace lookup: one address, every level, explained. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/live.h"
#include "emit/object.h"
#include "geometry/descriptor.h"
#include "geometry/fields.h"
#include "kernel/areas.h"

static const char help[] =
	"Usage: pwtrace lookup [OPTION]... ADDRESS|SYMBOL[+OFFSET]...\n"
	"\n"
	"Follow the translation of kernel addresses through every level: the table, the entry and\n"
	"what its bits mean, what is mapped in the end, and what area of vmalloc it belongs to.\n"
	"\n" SOURCE_HELP "\n" COMMON_HELP "\n"
	"Exit status: 0 fine, 2 wrong usage, 3 this system cannot run it, 5 internal error.\n";

static const struct option long_options[] = { SOURCE_LONG, COMMON_LONG, {} };

/* One step of the walk. */
struct step {
	enum pgtable_level level;
	uint64_t table; /* physical address */
	unsigned int index;
	uint64_t entry;
};

struct looked_up {
	uint64_t addr;
	struct step steps[PGTABLE_NR_LEVELS];
	unsigned int nr;
	uint64_t table_bits; /* of the tables above the last entry, joined */
	bool unreadable;     /* the table that the last step leads to */
	bool has_area;
	struct vm_area area;
};

struct lookup {
	struct common_options common;
	struct source_choice source;
	struct live live;
	struct kcore *kcore;
	struct types *types;
	struct areas *areas; /* NULL: they cannot be told */
};

/* "0xffff...", or a symbol with an offset. */
static int parse_address(const struct kernel *kernel, const char *text, uint64_t *addr,
			 struct problem *why)
{
	uint64_t first = -(1ULL << kernel->geo.va_bits), offset = 0;
	const char *plus = strchr(text, '+');
	char name[256], *end;

	errno = 0;
	if (*text >= '0' && *text <= '9') {
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
			       "0x%llx is no kernel address: they begin at 0x%llx here",
			       (unsigned long long)*addr, (unsigned long long)first);
	return 0;
}

static void follow(struct lookup *lookup, struct looked_up *found)
{
	struct pagewalk_memory *memory = stream_memory(lookup->live.stream);
	const struct geometry *geo = &lookup->live.kernel.geo;
	uint64_t table = lookup->live.kernel.root_pa;

	stream_begin(lookup->live.stream, found->addr + 1);
	for (int level = geometry_top(geo); level >= 0; level--) {
		struct step *step = &found->steps[found->nr];
		struct pagewalk_window window;
		uint64_t pa;

		*step = (struct step){ level, table, geometry_index(geo, level, found->addr), 0 };
		pa = table + step->index * sizeof(uint64_t);
		if (!memory->find(memory, pa, &window) ||
		    stream_marks(lookup->live.stream, level) & STREAM_UNREADABLE) {
			found->unreadable = true;
			return;
		}
		step->entry = window.entries[(pa - window.pa) / sizeof(uint64_t)];
		found->nr++;
		if (!desc_table(step->entry, level))
			return;
		found->table_bits |= step->entry & TABLE_ATTRS;
		table = desc_address(geo, step->entry);
	}
}

static const struct step *last_step(const struct looked_up *found)
{
	return &found->steps[found->nr - 1];
}

/* The physical address behind a leaf; 0 where there is none. */
static uint64_t physical(const struct geometry *geo, const struct looked_up *found)
{
	const struct step *leaf = found->nr ? last_step(found) : NULL;

	if (!leaf || !desc_leaf(leaf->entry, leaf->level))
		return 0;
	return desc_address(geo, leaf->entry) +
	       (found->addr & (geometry_size(geo, leaf->level) - 1));
}

/* Text */

static const char *level_name(const struct geometry *geo, enum pgtable_level level)
{
	return geometry_level_name(level == geometry_top(geo) ? PGTABLE_LEVEL_PGD : level);
}

static void print_fields(const struct geometry *geo, const struct step *step)
{
	struct field fields[MAX_FIELDS];
	size_t nr = fields_of(geo, step->level, step->entry, fields);

	for (size_t i = 0; i < nr; i++) {
		const struct field *field = &fields[i];
		char bits[16];

		/* what says nothing is left out */
		if (!field->value && !*field->meaning)
			continue;
		if (field->high == field->low)
			snprintf(bits, sizeof(bits), "%u", field->low);
		else
			snprintf(bits, sizeof(bits), "%u:%u", field->high, field->low);
		printf("      %-6s %-14s ", bits, field->name);
		if (field->low == 12)
			printf("%s\n", field->meaning);
		else
			printf("%-4" PRIu64 " %s\n", field->value, field->meaning);
	}
}

static void print_bits(uint64_t entry)
{
	fputs("      ", stdout);
	for (int bit = 63; bit >= 0; bit--) {
		putchar(entry >> bit & 1 ? '1' : '0');
		if (bit && bit % 8 == 0)
			putchar(' ');
	}
	putchar('\n');
}

static void print_leaf(const struct geometry *geo, const struct looked_up *found)
{
	const struct step *leaf = last_step(found);
	uint64_t pa = physical(geo, found);

	if (!pa) {
		puts("  nothing is mapped there");
		return;
	}
	printf("  physical 0x%" PRIx64 ": %s%s%s%s\n", pa,
	       desc_valid(leaf->entry) ? "" : "not valid, ",
	       desc_writable(leaf->entry, found->table_bits) ? "writable" : "not writable",
	       desc_executable(leaf->entry, found->table_bits) ? ", executable" :
								 ", not executable",
	       leaf->entry & PTE_CONT ? ", in a contiguous run" : "");
}

static void print_text(const struct lookup *lookup, const struct looked_up *found)
{
	const struct kernel *kernel = &lookup->live.kernel;
	char text[160];

	printf("0x%016" PRIx64 "  %s", found->addr,
	       zone_name(zone_of(&kernel->zones, found->addr)));
	if (kernel_symbol(kernel, found->addr, text, sizeof(text)))
		printf("  %s", text);
	putchar('\n');
	for (unsigned int i = 0; i < found->nr; i++) {
		const struct step *step = &found->steps[i];

		desc_describe(&kernel->geo, step->level, step->entry, text, sizeof(text));
		printf("  %-4s table 0x%012" PRIx64 " [%4u]  %016" PRIx64 "  %s\n",
		       level_name(&kernel->geo, step->level), step->table, step->index, step->entry,
		       text);
		if (step->entry && (step == last_step(found) || lookup->common.verbose)) {
			print_bits(step->entry);
			print_fields(&kernel->geo, step);
		}
	}
	if (found->unreadable)
		puts("  the kernel cannot read the next table");
	else
		print_leaf(&kernel->geo, found);
	if (!found->has_area)
		return;
	printf("  vmalloc area 0x%016" PRIx64 ", %" PRIu64 " bytes, %" PRIu64
	       " pages, flags 0x%" PRIx64,
	       found->area.addr, found->area.size, found->area.nr_pages, found->area.flags);
	if (kernel_symbol(kernel, found->area.caller, text, sizeof(text)))
		printf(", by %s", text);
	putchar('\n');
}

/* JSON */

static json *steps_array(const struct geometry *geo, const struct looked_up *found)
{
	json *array = json_object_new_array();

	for (unsigned int i = 0; i < found->nr; i++) {
		const struct step *step = &found->steps[i];
		struct field fields[MAX_FIELDS];
		size_t nr = fields_of(geo, step->level, step->entry, fields);
		json *object = json_object_new_object(), *all = json_object_new_array();

		put_string(object, "level", level_name(geo, step->level));
		put_hex(object, "table", step->table);
		put_number(object, "index", step->index);
		put_hex(object, "entry", step->entry);
		for (size_t n = 0; n < nr; n++) {
			json *field = json_object_new_object();

			put_string(field, "name", fields[n].name);
			put_number(field, "high", fields[n].high);
			put_number(field, "low", fields[n].low);
			put_hex(field, "value", fields[n].value);
			put_string(field, "meaning", fields[n].meaning);
			json_object_array_add(all, field);
		}
		put(object, "fields", all);
		json_object_array_add(array, object);
	}
	return array;
}

static json *area_object(const struct kernel *kernel, const struct looked_up *found)
{
	char symbol[160];
	json *object;

	if (!found->has_area)
		return NULL;
	object = json_object_new_object();
	put_hex(object, "addr", found->area.addr);
	put_number(object, "size", found->area.size);
	put_number(object, "pages", found->area.nr_pages);
	put_hex(object, "flags", found->area.flags);
	put_string(object, "caller",
		   kernel_symbol(kernel, found->area.caller, symbol, sizeof(symbol)) ? symbol :
										       NULL);
	return object;
}

static void print_json(const struct lookup *lookup, const struct looked_up *found)
{
	const struct kernel *kernel = &lookup->live.kernel;
	uint64_t pa = physical(&kernel->geo, found);
	json *object = object_of("lookup");
	char symbol[160];

	put_hex(object, "addr", found->addr);
	put_string(object, "zone", zone_name(zone_of(&kernel->zones, found->addr)));
	put_string(object, "symbol",
		   kernel_symbol(kernel, found->addr, symbol, sizeof(symbol)) ? symbol : NULL);
	put(object, "steps", steps_array(&kernel->geo, found));
	put_bool(object, "unreadable", found->unreadable);
	if (pa) {
		put_hex(object, "pa", pa);
		put_bool(object, "writable",
			 desc_writable(last_step(found)->entry, found->table_bits));
		put_bool(object, "executable",
			 desc_executable(last_step(found)->entry, found->table_bits));
	} else {
		put(object, "pa", NULL);
	}
	put(object, "area", area_object(kernel, found));
	print_object(stdout, object, lookup->common.pretty);
}

static int look_up(struct lookup *lookup, const char *text, struct problem *why)
{
	struct looked_up found = {};
	int err = parse_address(&lookup->live.kernel, text, &found.addr, why);

	if (err)
		return err;
	follow(lookup, &found);
	if (!found.nr)
		return problem(why, -EIO, "the topmost table cannot be read by %s",
			       lookup->live.source->name);
	found.has_area = lookup->areas && !areas_find(lookup->areas, found.addr, &found.area);
	if (lookup->common.json)
		print_json(lookup, &found);
	else
		print_text(lookup, &found);
	return 0;
}

/* Without them the rest can be told all the same. */
static void open_areas(struct lookup *lookup)
{
	struct problem why = { "the kernel has no BTF, or /proc/kcore cannot be opened" };

	if (live_is_file(&lookup->live))
		return;
	if (!kcore_open(&lookup->kcore, "/proc/kcore") && !types_open(&lookup->types, NULL) &&
	    !areas_open(&lookup->areas, &lookup->live.kernel, lookup->kcore, lookup->types, &why))
		return;
	lookup->areas = NULL;
	fprintf(stderr, "pwtrace lookup: areas of vmalloc are left out: %s\n", why.text);
}

static int run(struct lookup *lookup, char **texts, int nr)
{
	struct problem why;
	int status = EXIT_FINE;

	if (live_open(&lookup->live, &lookup->source, &why)) {
		live_close(&lookup->live);
		return cannot_run(&lookup->common, why.text);
	}
	if (lookup->live.runs) {
		live_close(&lookup->live);
		return cannot_run(&lookup->common, "what was imported has no tables to look up "
						   "anything in: see 'pwtrace dump'");
	}
	open_areas(lookup);
	for (int i = 0; i < nr && status == EXIT_FINE; i++) {
		int err = look_up(lookup, texts[i], &why);

		if (err == -EINVAL) {
			fprintf(stderr, "pwtrace lookup: %s\n", why.text);
			status = EXIT_USAGE;
		} else if (err) {
			status = cannot_run(&lookup->common, why.text);
		}
	}
	areas_close(lookup->areas);
	types_close(lookup->types);
	kcore_close(lookup->kcore);
	live_close(&lookup->live);
	return status;
}

int cmd_lookup(int argc, char **argv)
{
	struct lookup lookup = {};
	int opt;

	common_init(&lookup.common);
	while ((opt = getopt_long(argc, argv, COMMON_SHORT, long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (!common_option(&lookup.common, opt) && live_option(&lookup.source, opt, optarg))
			return usage_error("lookup");
	}
	if (optind == argc) {
		fprintf(stderr, "pwtrace lookup: wants an address or a symbol\n");
		return usage_error("lookup");
	}
	return run(&lookup, argv + optind, argc - optind);
}
