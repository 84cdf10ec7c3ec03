// SPDX-License-Identifier: GPL-2.0-only
#include "areas.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "recording/kernel.h"
#include "recording/snapshot.h"

#define AREAS_AT_ONCE 1024
/* A file that has more is not believed. */
#define MOST_AREAS (1U << 20)

static int write_rules(struct recorder *recorder, unsigned int missed, const struct op_rules *rules)
{
	char *text __free = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return -ENOMEM;
	fprintf(file, "areas_missed=%u\n", missed);
	for (enum op_rule rule = 0; rule < OP_NR_RULES; rule++)
		if (rules->answer[rule] != OP_UNKNOWN)
			fprintf(file, "%s=%d\n", op_rule_name(rule), rules->answer[rule] == OP_YES);
	if (fclose(file))
		return -ENOMEM;
	return recorder_add(recorder, PWT_REC_RULES, text, size);
}

static struct pwt_area_record record_of(const struct vm_area *area)
{
	return (struct pwt_area_record){
		.va_start = area->va_start,
		.va_end = area->va_end,
		.vm = area->vm,
		.addr = area->unread ? 0 : area->addr,
		.size = area->size,
		.flags = area->flags,
		.pages = area->pages,
		.nr_pages = area->nr_pages,
		.page_order = area->page_order,
		.phys_addr = area->phys_addr,
		.caller = area->caller,
		.requested_size = area->requested_size,
	};
}

int recorder_areas(struct recorder *recorder, const struct vm_area *areas, size_t nr,
		   unsigned int missed, const struct op_rules *rules)
{
	struct pwt_area_record records[AREAS_AT_ONCE];
	int err = write_rules(recorder, missed, rules);
	size_t held = 0;

	for (size_t i = 0; i < nr && !err; i++) {
		records[held++] = record_of(&areas[i]);
		if (held < AREAS_AT_ONCE && i + 1 < nr)
			continue;
		err = recorder_add(recorder, PWT_REC_AREAS, records, held * sizeof(*records));
		held = 0;
	}
	return err;
}

/* Reading */

struct found {
	struct vm_area *areas;
	size_t nr, room;
	bool any;
};

static bool is_area(const struct pwt_area_record *record)
{
	return record->va_start < record->va_end &&
	       (!record->addr || geometry_untag(record->addr) == record->va_start);
}

static int take_area(struct found *found, const struct pwt_area_record *record)
{
	if (!is_area(record))
		return 0;
	if (found->nr == found->room) {
		size_t room = found->room ? found->room * 2 : 256;
		struct vm_area *more = room > MOST_AREAS ?
					       NULL :
					       realloc(found->areas, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		found->areas = more;
		found->room = room;
	}
	found->areas[found->nr++] = (struct vm_area){
		.va_start = record->va_start,
		.va_end = record->va_end,
		.vm = record->vm,
		.addr = record->addr,
		.size = record->size,
		.flags = record->flags,
		.pages = record->pages,
		.nr_pages = record->nr_pages,
		.page_order = record->page_order,
		.phys_addr = record->phys_addr,
		.caller = record->caller,
		.requested_size = record->requested_size,
		.unread = record->vm && !record->addr,
	};
	return 0;
}

static int take_areas(struct found *found, const struct recorded *record)
{
	struct pwt_area_record area;
	int err = 0;

	found->any = true;
	for (size_t at = 0; record->size - at >= sizeof(area) && !err; at += sizeof(area)) {
		memcpy(&area, (const char *)record->data + at, sizeof(area));
		err = take_area(found, &area);
	}
	return err;
}

static bool take_rules(struct op_rules *rules, unsigned int *missed, const struct recorded *record)
{
	size_t len;

	*missed = text_number(record->data, record->size, "areas_missed");
	for (enum op_rule rule = 0; rule < OP_NR_RULES; rule++)
		if (text_value(record->data, record->size, op_rule_name(rule), &len))
			rules->answer[rule] = text_number(record->data, record->size,
							  op_rule_name(rule)) ?
						      OP_YES :
						      OP_NO;
	return true;
}

static int by_address(const void *a, const void *b)
{
	const struct vm_area *x = a, *y = b;

	return x->va_start < y->va_start ? -1 : x->va_start > y->va_start;
}

/* Those that overlap are none. */
static size_t in_order(struct vm_area *areas, size_t nr)
{
	size_t kept = 0;

	if (nr)
		qsort(areas, nr, sizeof(*areas), by_address);
	for (size_t i = 0; i < nr; i++)
		if (!kept || areas[i].va_start >= areas[kept - 1].va_end)
			areas[kept++] = areas[i];
	return kept;
}

/* They follow the snapshot that they were taken with. */
static int find(struct recording *recording, uint32_t number, struct found *found,
		unsigned int *missed, struct op_rules *rules)
{
	struct recorded record;
	uint32_t snapshots = 0;
	bool here = false;
	int err = 0, more;

	recording_begin(recording,
			1ULL << PWT_REC_SNAPSHOT | 1ULL << PWT_REC_AREAS | 1ULL << PWT_REC_RULES);
	while (!err && (more = recording_next(recording, &record)) > 0) {
		if (record.type == PWT_REC_SNAPSHOT && record.size >= sizeof(struct pwt_snapshot)) {
			here = number == SNAPSHOT_LAST || snapshots == number;
			snapshots++;
			/* of the one before, if it is not the last */
			if (here)
				found->nr = found->any = 0;
		} else if (here && record.type == PWT_REC_AREAS) {
			err = take_areas(found, &record);
		} else if (here && record.type == PWT_REC_RULES) {
			found->any = take_rules(rules, missed, &record);
		}
	}
	return err ? err : more;
}

int recording_areas(struct recording *recording, uint32_t number, struct vm_area **list, size_t *nr,
		    unsigned int *missed, struct op_rules *rules, struct problem *why)
{
	struct found found = {};
	int err;

	*rules = (struct op_rules){};
	err = find(recording, number, &found, missed, rules);
	if (!err && !found.any)
		err = -ENOENT;
	if (err) {
		free(found.areas);
		return problem(why, err,
			       err == -ENOENT ?
				       "the recording has no vmalloc areas: 'pwtrace dump "
				       "-o' writes them" :
				       "the vmalloc areas in the recording cannot be read: %s",
			       strerror(-err));
	}
	*list = found.areas;
	*nr = in_order(found.areas, found.nr);
	return 0;
}
