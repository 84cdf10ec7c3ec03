// SPDX-License-Identifier: GPL-2.0-only
#include "fields.h"

#include <stdio.h>
#include <string.h>

#include "geometry/descriptor.h"

struct layout {
	uint8_t high, low;
	const char *name;
	const char *clear, *set; /* of one bit; NULL: the meaning is made */
};

static const struct layout table_layout[] = {
	{ 63, 63, "NSTable", "", "non-secure" },
	{ 62, 61, "APTable", NULL, NULL },
	{ 60, 60, "UXNTable", "", "user space may execute nothing below" },
	{ 59, 59, "PXNTable", "", "the kernel may execute nothing below" },
	{ 58, 51, "ignored", NULL, NULL },
	{ 50, 48, "address high", NULL, NULL },
	{ 47, 12, "next table", NULL, NULL },
	{ 11, 11, "ignored", "", "" },
	{ 10, 10, "AF", "", "accessed" },
	{ 9, 8, "address 51:50", NULL, NULL },
	{ 7, 2, "ignored", NULL, NULL },
	{ 1, 0, "type", NULL, NULL },
};

static const struct layout leaf_layout[] = {
	{ 63, 59, "ignored", NULL, NULL },
	{ 58, 57, "software", NULL, NULL },
	{ 56, 56, "PTE_SPECIAL", "", "no struct page is to be used" },
	{ 55, 55, "PTE_DIRTY", "", "dirty" },
	{ 54, 54, "UXN", "user space may execute", "user space may not execute" },
	{ 53, 53, "PXN", "the kernel may execute", "the kernel may not execute" },
	{ 52, 52, "Contiguous", "", "one of a contiguous run" },
	{ 51, 51, "DBM", "", "PTE_WRITE: writable to the kernel" },
	{ 50, 50, "GP", "", "guarded: branches need a landing pad" },
	{ 49, 48, "address high", NULL, NULL },
	{ 47, 12, "output address", NULL, NULL },
	{ 11, 11, "nG", NULL, NULL },
	{ 10, 10, "AF", "the next access faults", "accessed" },
	{ 9, 8, "SH", NULL, NULL },
	{ 7, 6, "AP[2:1]", NULL, NULL },
	{ 5, 5, "NS", "", "non-secure" },
	{ 4, 2, "AttrIndx", NULL, NULL },
	{ 1, 0, "type", NULL, NULL },
};

static const char *type_of(enum pgtable_level level, uint64_t desc)
{
	if (!desc)
		return "empty";
	if (!desc_valid(desc))
		return desc_present(desc) ? "present, not valid" : "neither present nor empty";
	if (desc_table(desc, level))
		return "table";
	if (level == PGTABLE_LEVEL_PTE)
		return desc & PTE_TABLE_BIT ? "page" : "reserved";
	return "block";
}

static const char *ap_of(uint64_t ap)
{
	static const char *const texts[] = {
		"kernel read and write",
		"kernel and user space read and write",
		"kernel read-only",
		"kernel and user space read-only",
	};

	return texts[ap & 3];
}

static const char *table_ap_of(uint64_t ap)
{
	static const char *const texts[] = {
		"",
		"user space may access nothing below",
		"everything below is read-only",
		"everything below is read-only, and not for user space",
	};

	return texts[ap & 3];
}

static const char *sh_of(uint64_t sh)
{
	static const char *const texts[] = { "non-shareable", "reserved", "outer shareable",
					     "inner shareable" };

	return texts[sh & 3];
}

static void explain(const struct geometry *geo, enum pgtable_level level, uint64_t desc,
		    struct field *field)
{
	const char *text = "";

	switch (field->low) {
	case 0:
		text = type_of(level, desc);
		break;
	case 2:
		text = desc_table(desc, level) ? "" : desc_memory_type(desc);
		break;
	case 6:
		text = ap_of(field->value);
		break;
	case 8:
		text = geo->lpa2 ? "PA[51:50]" : desc_table(desc, level) ? "" : sh_of(field->value);
		break;
	case 11:
		text = !desc_valid(desc) && field->value ? "PTE_PRESENT_INVALID" :
		       field->value			 ? "not global" :
							   "global";
		break;
	case 12:
		snprintf(field->meaning, sizeof(field->meaning), "0x%llx",
			 (unsigned long long)desc_address(geo, desc));
		return;
	case 61:
		text = table_ap_of(field->value);
		break;
	}
	snprintf(field->meaning, sizeof(field->meaning), "%s", text);
}

size_t fields_of(const struct geometry *geo, enum pgtable_level level, uint64_t desc,
		 struct field fields[MAX_FIELDS])
{
	bool table = desc_table(desc, level);
	const struct layout *layout = table ? table_layout : leaf_layout;
	size_t nr = table ? sizeof(table_layout) / sizeof(*layout) :
			    sizeof(leaf_layout) / sizeof(*layout);

	for (size_t i = 0; i < nr; i++) {
		const struct layout *one = &layout[i];
		struct field *field = &fields[i];
		uint64_t mask = ~0ULL >> (63 - (one->high - one->low));

		*field = (struct field){ one->high, one->low, one->name, desc >> one->low & mask,
					 "" };
		if (one->set)
			snprintf(field->meaning, sizeof(field->meaning), "%s",
				 field->value ? one->set : one->clear);
		else
			explain(geo, level, desc, field);
	}
	return nr;
}
