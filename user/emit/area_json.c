// SPDX-License-Identifier: GPL-2.0-only
/* vmalloc areas for programs: an object each, then the sums. */
#include "areas/flags.h"
#include "emit/area.h"
#include "emit/object.h"

static json *flag_names(uint64_t flags)
{
	json *array = json_object_new_array();

	for (unsigned int bit = 0; bit < 64; bit++) {
		char text[24];

		if (!(flags >> bit & 1))
			continue;
		snprintf(text, sizeof(text), "0x%llx", 1ULL << bit);
		json_object_array_add(array, json_object_new_string(vm_flag_name(bit) ?: text));
	}
	return array;
}

static json *leaves(const struct geometry *geo, const uint64_t mapped[LEAF_NR_SIZES])
{
	json *object = json_object_new_object();
	char name[8];

	for (enum leaf_size size = 0; size < LEAF_NR_SIZES; size++)
		if (leaf_bytes(geo, size))
			put_number(object, leaf_name(geo, size, name), mapped[size]);
	return object;
}

static json *blocks(const struct geometry *geo, const uint64_t best[VMAP_NR])
{
	json *object = json_object_new_object();
	char name[8];

	for (enum vmap_block block = 0; block < VMAP_NR; block++)
		if (vmap_block_size(geo, block))
			put_number(object, leaf_name(geo, area_leaf(block), name), best[block]);
	return object;
}

static json *whys(const uint64_t *bytes, int nr)
{
	json *object = json_object_new_object();

	for (int why = 0; why < nr; why++)
		if (bytes[why])
			put_number(object, account_why_name(why), bytes[why]);
	return object;
}

static void put_vm_struct(json *object, const struct shown_areas *shown, const struct vm_area *area)
{
	char caller[160];

	put_bool(object, "vm_struct", area->vm);
	put_bool(object, "unread", area->unread);
	put_number(object, "pages", area->nr_pages);
	put(object, "flags", flag_names(area->flags));
	put_string(object, "caller", area_caller(shown, area, caller, sizeof(caller)));
	if (area->phys_addr)
		put_hex(object, "phys", area->phys_addr);
	else
		put(object, "phys", NULL);
	put_number(object, "page_order", area->page_order);
	put_number(object, "requested_size", area->requested_size);
}

static void put_refusal(json *object, const struct refusal *refusal)
{
	if (refusal->refused == OP_UNKNOWN)
		put(object, "set_memory_refused", NULL);
	else
		put_bool(object, "set_memory_refused", refusal->refused == OP_YES);
	put_string(object, "refused_by",
		   refusal->refused == OP_YES ? op_decision_name(refusal->by) : NULL);
}

static void put_mapped(json *object, const struct geometry *geo, const struct sizes *mapped)
{
	put_number(object, "mapped", sizes_total(mapped));
	put_number(object, "huge", sizes_huge(mapped));
	put(object, "leaves", leaves(geo, mapped->mapped));
	put_number(object, "invalid", mapped->invalid);
	put_number(object, "bad", mapped->bad);
	put_number(object, "wx", mapped->wx);
}

static json *area_object(const struct shown_areas *shown, const struct shown_area *one)
{
	const struct accounts *accounts = shown->accounts;
	const struct account *account = one->account;
	uint64_t losses[WHY_NR];
	json *object = object_of("area");

	put_hex(object, "addr", account->area.va_start);
	put_number(object, "size", account->area.va_end - account->area.va_start);
	put_string(object, "kind", account_kind_name(account->kind));
	put_vm_struct(object, shown, &account->area);
	put_string(object, "state", account_state_name(account->state));
	put_bool(object, "torn", account->marks & STREAM_TORN);
	put_bool(object, "unreadable", account->marks & STREAM_UNREADABLE);
	put_refusal(object, &one->refusal);
	if (account->state == ACCOUNT_NEW)
		return object;
	put_mapped(object, accounts->geo, &account->mapped);
	put(object, "best", blocks(accounts->geo, account->best));
	put(object, "limited_by", whys(account->limits, NR_LIMITS));
	put(object, "aligned", blocks(accounts->geo, account->aligned));
	put_number(object, "lost", account_lost(account));
	account_losses(accounts, account, losses);
	put(object, "lost_by", whys(losses, WHY_NR));
	return object;
}

static json *total_object(const struct geometry *geo, const struct account_total *total)
{
	json *object = json_object_new_object();

	put_number(object, "areas", total->areas);
	put_mapped(object, geo, &total->mapped);
	put(object, "aligned", blocks(geo, total->aligned));
	put_number(object, "lost", total->lost);
	put(object, "lost_by", whys(total->losses, WHY_NR));
	return object;
}

static json *outside_object(const struct accounts *accounts)
{
	static const enum zone zones[] = { ZONE_VMALLOC, ZONE_MODULES, ZONE_IMAGE };
	json *object = json_object_new_object();

	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		json *zone = json_object_new_object();

		put_mapped(zone, accounts->geo, &accounts->outside[zones[i]]);
		put(object, zone_name(zones[i]), zone);
	}
	return object;
}

static json *summary_object(const struct shown_areas *shown)
{
	const struct geometry *geo = shown->accounts->geo;
	json *object = object_of("summary"), *kinds = json_object_new_object();
	struct area_sums sums;

	area_sums(shown, &sums);
	put_number(object, "areas", shown->accounts->nr);
	put_number(object, "shown", shown->nr);
	put(object, "vmalloc_space", total_object(geo, &sums.space));
	for (enum account_kind kind = 0; kind < ACCOUNT_NR_KINDS; kind++)
		put(kinds, account_kind_name(kind), total_object(geo, &sums.kinds[kind]));
	put(object, "kinds", kinds);
	put(object, "outside", outside_object(shown->accounts));
	put_number(object, "new", sums.states[ACCOUNT_NEW]);
	put_number(object, "gone", sums.states[ACCOUNT_GONE]);
	put_number(object, "changed", sums.states[ACCOUNT_CHANGED]);
	put_number(object, "unread", sums.unread);
	put_number(object, "missed", shown->missed);
	put_number(object, "torn", sums.torn);
	put_number(object, "unreadable", sums.unreadable);
	put_number(object, "tables", shown->stats->pages);
	put_number(object, "page_size", geometry_page_size(geo));
	put_string(object, "kernel", shown->kernel->release);
	put_string(object, "source", shown->source);
	return object;
}

void areas_json(FILE *out, const struct shown_areas *shown, bool pretty)
{
	for (size_t i = 0; i < shown->nr; i++)
		print_object(out, area_object(shown, &shown->areas[i]), pretty);
	print_object(out, summary_object(shown), pretty);
}
