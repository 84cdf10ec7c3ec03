// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace lookup, for people. */
#include <inttypes.h>
#include <stdio.h>

#include "commands/lookup.h"
#include "emit/process.h"
#include "geometry/descriptor.h"
#include "geometry/fields.h"

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

/* Of a process what is not present has a meaning, and the fields of a descriptor none. */
static bool is_softleaf(const struct looked_up *found, const struct step *step)
{
	return found->process && step->entry && !desc_present(step->entry);
}

static void print_step(const struct lookup *lookup, const struct looked_up *found,
		       const struct step *step)
{
	const struct geometry *geo = &lookup->live.kernel.geo;
	bool softleaf = is_softleaf(found, step);
	char text[160];

	if (softleaf)
		process_softleaf_text(&found->process->mm, step->entry, text, sizeof(text));
	else
		desc_describe(geo, step->level, step->entry, text, sizeof(text));
	printf("  %-4s table 0x%012" PRIx64 " [%4u]  %016" PRIx64 "  %s\n",
	       lookup_level(geo, step->level), step->table, step->index, step->entry, text);
	if (!step->entry || (step != last_step(found) && !lookup->common.verbose))
		return;
	print_bits(step->entry);
	if (!softleaf)
		print_fields(geo, step);
}

static void print_leaf(const struct geometry *geo, const struct looked_up *found)
{
	const struct step *leaf = last_step(found);
	struct may may = lookup_may(found);
	uint64_t pa;

	if (!lookup_physical(geo, found, &pa)) {
		puts("  nothing is mapped there");
		return;
	}
	printf("  physical 0x%" PRIx64 ": %s", pa, desc_valid(leaf->entry) ? "" : "not valid, ");
	if (found->process)
		printf("%s, ", may.read ? "readable" : "not readable");
	printf("%s, %s%s\n", may.write ? "writable" : "not writable",
	       may.execute ? "executable" : "not executable",
	       leaf->entry & PTE_CONT ? ", in a contiguous run" : "");
}

static void print_place(const struct kernel *kernel, const struct looked_up *found)
{
	char text[4200];

	printf("0x%016" PRIx64 "  ", found->addr);
	if (found->process)
		printf("process %d (%s)", found->process->pid, found->process->task.comm);
	else
		fputs(zone_name(zone_of(&kernel->zones, found->addr)), stdout);
	if (!found->process && kernel_symbol(kernel, found->addr, text, sizeof(text)))
		printf("  %s", text);
	putchar('\n');
	if (!found->process)
		return;
	if (found->vma)
		process_area_text(found->vma, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "in none");
	printf("  area %s\n", text);
}

static void print_area(const struct kernel *kernel, const struct looked_up *found)
{
	char text[160];

	printf("  vmalloc area 0x%016" PRIx64 ", %" PRIu64 " bytes, %" PRIu64
	       " pages, flags 0x%" PRIx64,
	       found->area.addr, found->area.size, found->area.nr_pages, found->area.flags);
	if (kernel_symbol(kernel, found->area.caller, text, sizeof(text)))
		printf(", by %s", text);
	putchar('\n');
}

static void print_module(const struct module_place *module)
{
	printf("  module %s, %s", module->name, module->part);
	if (*module->section)
		printf(", section %s", module->section);
	printf("+0x%" PRIx64 "\n", module->offset);
}

static void print_owner(const struct owner *owner)
{
	switch (owner->kind) {
	case OWNER_UNKNOWN:
		fputs("nothing is known of whose it is", stdout);
		return;
	case OWNER_SLAB:
		printf("slab %s", owner->name);
		if (owner->size)
			printf(", object 0x%016" PRIx64 ", %" PRIu64 " bytes", owner->object,
			       owner->size);
		return;
	case OWNER_FILE:
	case OWNER_SECRETMEM:
		printf("%s, inode %" PRIu64 " of %s",
		       owner->kind == OWNER_FILE ? "page cache" : "secretmem", owner->inode,
		       *owner->name ? owner->name : "a file system");
		if (*owner->device)
			printf(" on %s", owner->device);
		return;
	case OWNER_IMAGE:
		printf("kernel image, %s", owner->name);
		return;
	case OWNER_KFENCE:
		printf("KFENCE's pool, %s page", owner->name);
		return;
	case OWNER_FREE:
		fputs("free", stdout);
		return;
	case OWNER_PAGE_TABLE:
		fputs("a page table", stdout);
		return;
	case OWNER_NO_PAGE:
		fputs("not the kernel's memory", stdout);
		return;
	case OWNER_ZERO:
		fputs("the zero page", stdout);
		return;
	default:
		fputs(owner_kind_name(owner->kind), stdout);
	}
}

static void print_page(const struct looked_up *found)
{
	const struct page_facts *page = &found->page;
	const char *before = "";

	printf("  page 0x%" PRIx64 ": ", page->pfn);
	print_owner(&found->owner);
	/* that memory is "reserved" since boot says nothing of whose it is now */
	if (*page->resource && (!page->ram || found->owner.kind == OWNER_UNKNOWN))
		printf("; %s", page->resource);
	fputs("\n    flags ", stdout);
	for (unsigned int bit = 0; bit < 64; bit++) {
		if (!page_has(page, bit))
			continue;
		if (page_flag_name(bit))
			printf("%s%s", before, page_flag_name(bit));
		else
			printf("%sbit %u", before, bit);
		before = ",";
	}
	if (!page->has_flags)
		fputs("not told", stdout);
	else if (!page->flags)
		fputs("none", stdout);
	if (page->has_mapcount)
		printf("; mapcount %" PRIu64, page->mapcount);
	if (page->has_refcount)
		printf("; refcount %d", page->refcount);
	if (page->head != page->pfn)
		printf("; of the pages from 0x%" PRIx64 " on", page->head);
	putchar('\n');
}

void lookup_print_text(const struct lookup *lookup, const struct looked_up *found)
{
	const struct kernel *kernel = &lookup->live.kernel;

	print_place(kernel, found);
	for (unsigned int i = 0; i < found->nr; i++)
		print_step(lookup, found, &found->steps[i]);
	if (found->unreadable)
		puts("  the kernel cannot read the next table");
	else
		print_leaf(&kernel->geo, found);
	if (found->torn)
		puts("  <torn> a table changed while those below it were read");
	if (found->has_area)
		print_area(kernel, found);
	if (found->has_module)
		print_module(&found->module);
	if (found->has_page)
		print_page(found);
}
