// SPDX-License-Identifier: GPL-2.0-only
/* pwtrace lookup, for programs. */
#include "commands/lookup.h"
#include "emit/object.h"
#include "emit/process.h"
#include "geometry/descriptor.h"
#include "geometry/fields.h"

static json *fields_array(const struct geometry *geo, const struct step *step)
{
	json *array = json_object_new_array();
	struct field fields[MAX_FIELDS];
	size_t nr = fields_of(geo, step->level, step->entry, fields);

	for (size_t n = 0; n < nr; n++) {
		json *field = json_object_new_object();

		put_string(field, "name", fields[n].name);
		put_number(field, "high", fields[n].high);
		put_number(field, "low", fields[n].low);
		put_hex(field, "value", fields[n].value);
		put_string(field, "meaning", fields[n].meaning);
		json_object_array_add(array, field);
	}
	return array;
}

static json *steps_array(const struct geometry *geo, const struct looked_up *found)
{
	json *array = json_object_new_array();

	for (unsigned int i = 0; i < found->nr; i++) {
		const struct step *step = &found->steps[i];
		json *object = json_object_new_object();

		put_string(object, "level", lookup_level(geo, step->level));
		put_hex(object, "table", step->table);
		put_number(object, "index", step->index);
		put_hex(object, "entry", step->entry);
		put(object, "fields", fields_array(geo, step));
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

static json *module_object(const struct looked_up *found)
{
	const struct module_place *module = &found->module;
	json *object;

	if (!found->has_module)
		return NULL;
	object = json_object_new_object();
	put_string(object, "name", module->name);
	put_string(object, "part", module->part);
	put_string(object, "section", *module->section ? module->section : NULL);
	put_hex(object, "offset", module->offset);
	return object;
}

static json *owner_object(const struct owner *owner)
{
	json *object = json_object_new_object();

	put_string(object, "kind", owner_kind_name(owner->kind));
	if (*owner->name)
		put_string(object, "name", owner->name);
	if (owner->object)
		put_hex(object, "object", owner->object);
	if (owner->size)
		put_number(object, "size", owner->size);
	if (owner->kind == OWNER_FILE || owner->kind == OWNER_SECRETMEM) {
		put_number(object, "inode", owner->inode);
		put_string(object, "device", *owner->device ? owner->device : NULL);
	}
	return object;
}

static json *flags_array(const struct page_facts *page)
{
	json *array = json_object_new_array();

	for (unsigned int bit = 0; bit < 64; bit++) {
		const char *name = page_flag_name(bit);
		char number[16];

		if (!page_has(page, bit))
			continue;
		if (!name)
			snprintf(number, sizeof(number), "bit %u", bit);
		json_object_array_add(array, json_object_new_string(name ? name : number));
	}
	return array;
}

static json *page_object(const struct looked_up *found)
{
	const struct page_facts *page = &found->page;
	json *object;

	if (!found->has_page)
		return NULL;
	object = json_object_new_object();
	put_hex(object, "pfn", page->pfn);
	put_hex(object, "head", page->head);
	put_string(object, "resource", *page->resource ? page->resource : NULL);
	put(object, "flags", page->has_flags ? flags_array(page) : NULL);
	if (page->has_flags)
		put_hex(object, "kpageflags", page->flags);
	if (page->has_mapcount)
		put_number(object, "mapcount", page->mapcount);
	if (page->has_refcount)
		put_number(object, "refcount", page->refcount);
	put(object, "owner", owner_object(&found->owner));
	return object;
}

static void put_place(json *object, const struct kernel *kernel, const struct looked_up *found)
{
	json *vma = NULL;
	char symbol[160];

	if (!found->process) {
		put_string(object, "zone", zone_name(zone_of(&kernel->zones, found->addr)));
		put_string(object, "symbol",
			   kernel_symbol(kernel, found->addr, symbol, sizeof(symbol)) ? symbol :
											NULL);
		return;
	}
	put_number(object, "pid", found->process->pid);
	put_string(object, "comm", found->process->task.comm);
	if (found->vma) {
		vma = json_object_new_object();
		process_area_put(vma, found->vma);
	}
	put(object, "vma", vma);
}

static void put_leaf(json *object, const struct geometry *geo, const struct looked_up *found)
{
	uint64_t entry = last_step(found)->entry, pa;
	struct may may = lookup_may(found);
	json *softleaf;

	if (!lookup_physical(geo, found, &pa)) {
		put(object, "pa", NULL);
	} else {
		put_hex(object, "pa", pa);
		if (found->process)
			put_bool(object, "readable", may.read);
		put_bool(object, "writable", may.write);
		put_bool(object, "executable", may.execute);
	}
	if (!found->process)
		return;
	softleaf = NULL;
	if (entry && !desc_present(entry)) {
		softleaf = json_object_new_object();
		process_softleaf_put(softleaf, &found->process->mm, entry);
	}
	put(object, "not_present", softleaf);
}

void lookup_print_json(const struct lookup *lookup, const struct looked_up *found)
{
	const struct kernel *kernel = &lookup->live.kernel;
	json *object = object_of("lookup");

	put_hex(object, "addr", found->addr);
	put_place(object, kernel, found);
	put(object, "steps", steps_array(&kernel->geo, found));
	put_bool(object, "unreadable", found->unreadable);
	put_bool(object, "torn", found->torn);
	put_leaf(object, &kernel->geo, found);
	if (!found->process) {
		put(object, "area", area_object(kernel, found));
		put(object, "module", module_object(found));
	}
	put(object, "page", page_object(found));
	print_object(stdout, object, lookup->common.pretty);
}
