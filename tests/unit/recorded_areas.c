// SPDX-License-Identifier: GPL-2.0-only
/* vmalloc areas in a recording: all come back, with the snapshot that they are of, and what is no
 * area does not. */
#include "recording/areas.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recording/snapshot.h"
#include "test.h"

#define START	 0xffff800080000000ULL
#define MEGABYTE 0x100000ULL

static char folder[] = "/tmp/pwtrace-areas.XXXXXX", path[64];

static struct recorder *begin(void)
{
	struct recorder *recorder = NULL;

	if (!mkdtemp(folder))
		exit(1);
	snprintf(path, sizeof(path), "%s/file.pwt", folder);
	EXPECT_EQ(recorder_open(&recorder, path), 0);
	return recorder;
}

static struct recording *end(struct recorder *recorder)
{
	struct recording *recording = NULL;
	struct problem why;

	EXPECT_EQ(recorder_close(recorder, NULL), 0);
	EXPECT_EQ(recording_open(&recording, path, &why), 0);
	return recording;
}

static void clean_up(struct recording *recording)
{
	recording_close(recording);
	unlink(path);
	rmdir(folder);
}

static void snapshot(struct recorder *recorder)
{
	struct snapshot_writer writer = { recorder, 4096 };
	struct pwt_snapshot snapshot = { .start = START };

	EXPECT_EQ(snapshot_begin(&writer, &snapshot), 0);
}

static struct vm_area area_at(uint64_t addr, uint64_t nr)
{
	return (struct vm_area){
		.va_start = addr,
		.va_end = addr + 0x3000,
		.vm = 0xffff000001000000ULL + nr * 64,
		.addr = addr,
		.size = 0x3000,
		.flags = VM_ALLOC | nr << 32,
		.pages = nr,
		.nr_pages = 2,
		.page_order = nr % 10,
		.phys_addr = nr * 3,
		.caller = nr * 5,
		.requested_size = nr * 7,
	};
}

static bool same(const struct vm_area *a, const struct vm_area *b)
{
	return a->va_start == b->va_start && a->va_end == b->va_end && a->vm == b->vm &&
	       a->addr == b->addr && a->size == b->size && a->flags == b->flags &&
	       a->pages == b->pages && a->nr_pages == b->nr_pages &&
	       a->page_order == b->page_order && a->phys_addr == b->phys_addr &&
	       a->caller == b->caller && a->requested_size == b->requested_size &&
	       a->unread == b->unread;
}

TEST(each_comes_back)
{
	/* more than go into one record */
	enum { NR = 3000 };
	struct vm_area *areas = calloc(NR, sizeof(*areas)), *read = NULL;
	struct op_rules rules = { .answer = {
					  [OP_RULE_CALLBACKS] = OP_YES, [OP_RULE_NG] = OP_NO } };
	struct op_rules known;
	struct recorder *recorder = begin();
	struct recording *recording;
	unsigned int missed = 0;
	struct problem why;
	size_t nr = 0;

	for (uint64_t i = 0; i < NR; i++)
		areas[i] = area_at(START + i * MEGABYTE, i);
	areas[7].vm = areas[7].addr = 0; /* vm_map_ram() */
	areas[8].unread = true;
	areas[8].addr = 0;
	snapshot(recorder);
	EXPECT_EQ(recorder_areas(recorder, areas, NR, 5, &rules), 0);
	recording = end(recorder);
	if (EXPECT_EQ(recording_areas(recording, 0, &read, &nr, &missed, &known, &why), 0) &&
	    EXPECT_EQ(nr, NR))
		for (size_t i = 0; i < NR; i++) {
			test_case("area %zu", i);
			EXPECT(same(&read[i], &areas[i]));
		}
	test_case(NULL);
	EXPECT_EQ(missed, 5);
	EXPECT_EQ(memcmp(known.answer, rules.answer, sizeof(rules.answer)), 0);
	free(read);
	free(areas);
	clean_up(recording);
}

TEST(each_snapshot_has_its_own)
{
	struct vm_area areas[] = { area_at(START, 1), area_at(START + MEGABYTE, 2) }, *read = NULL;
	struct recorder *recorder = begin();
	struct op_rules rules = {};
	struct recording *recording;
	unsigned int missed = 0;
	struct problem why;
	size_t nr = 0;

	snapshot(recorder);
	EXPECT_EQ(recorder_areas(recorder, areas, 1, 0, &rules), 0);
	snapshot(recorder);
	EXPECT_EQ(recorder_areas(recorder, areas + 1, 1, 0, &rules), 0);
	snapshot(recorder);
	recording = end(recorder);
	for (unsigned int i = 0; i < 2; i++) {
		test_case("snapshot %u", i);
		if (EXPECT_EQ(recording_areas(recording, i, &read, &nr, &missed, &rules, &why),
			      0) &&
		    EXPECT_EQ(nr, 1))
			EXPECT(same(read, &areas[i]));
		free(read);
		read = NULL;
	}
	test_case("the last one");
	EXPECT_EQ(recording_areas(recording, SNAPSHOT_LAST, &read, &nr, &missed, &rules, &why),
		  -ENOENT);
	test_case("a snapshot without");
	EXPECT_EQ(recording_areas(recording, 2, &read, &nr, &missed, &rules, &why), -ENOENT);
	EXPECT(strstr(why.text, "no vmalloc areas"));
	clean_up(recording);
}

TEST(what_is_no_area_is_none)
{
	struct pwt_area_record records[] = {
		{ .va_start = START + 2 * MEGABYTE, .va_end = START + 3 * MEGABYTE },
		{ .va_start = START, .va_end = START },				      /* empty */
		{ .va_start = START + 1, .va_end = START },			      /* reversed */
		{ .va_start = START, .va_end = START + MEGABYTE, .addr = START + 1 }, /* elsewhere
										       */
		{ .va_start = START + 2 * MEGABYTE, .va_end = -1ULL }, /* over another */
		{ .va_start = START, .va_end = START + MEGABYTE },     /* out of order */
	};
	struct recorder *recorder = begin();
	struct op_rules rules = {};
	struct recording *recording;
	struct vm_area *read = NULL;
	unsigned int missed = 0;
	struct problem why;
	size_t nr = 0;

	snapshot(recorder);
	/* and half a one */
	EXPECT_EQ(recorder_add2(recorder, PWT_REC_AREAS, records, sizeof(records), records, 50), 0);
	recording = end(recorder);
	EXPECT_EQ(recording_areas(recording, 0, &read, &nr, &missed, &rules, &why), 0);
	if (EXPECT_EQ(nr, 2)) {
		EXPECT_EQ(read[0].va_start, START);
		EXPECT_EQ(read[1].va_start, START + 2 * MEGABYTE);
	}
	free(read);
	EXPECT_EQ(recording_areas(recording, SNAPSHOT_LAST, &read, &nr, &missed, &rules, &why), 0);
	EXPECT_EQ(nr, 2);
	free(read);
	clean_up(recording);
}
