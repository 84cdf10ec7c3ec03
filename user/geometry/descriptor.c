// SPDX-License-Identifier: GPL-2.0-only
#include "descriptor.h"

#include <stdio.h>
#include <string.h>

static const char *const bit_names[64] = {
	[0] = "PTE_VALID",    [1] = "PTE_TABLE_BIT", [6] = "PTE_USER", [7] = "PTE_RDONLY",
	[10] = "PTE_AF",      [11] = "PTE_NG",	     [50] = "PTE_GP",  [51] = "PTE_WRITE",
	[52] = "PTE_CONT",    [53] = "PTE_PXN",	     [54] = "PTE_UXN", [55] = "PTE_DIRTY",
	[56] = "PTE_SPECIAL",
};

static const char *const other_bits[64] = {
	[2] = "bit 2",	 [3] = "bit 3",	  [4] = "bit 4",   [5] = "bit 5",   [8] = "bit 8",
	[9] = "bit 9",	 [12] = "bit 12", [13] = "bit 13", [14] = "bit 14", [15] = "bit 15",
	[16] = "bit 16", [17] = "bit 17", [18] = "bit 18", [19] = "bit 19", [20] = "bit 20",
	[21] = "bit 21", [22] = "bit 22", [23] = "bit 23", [24] = "bit 24", [25] = "bit 25",
	[26] = "bit 26", [27] = "bit 27", [28] = "bit 28", [29] = "bit 29", [30] = "bit 30",
	[31] = "bit 31", [32] = "bit 32", [33] = "bit 33", [34] = "bit 34", [35] = "bit 35",
	[36] = "bit 36", [37] = "bit 37", [38] = "bit 38", [39] = "bit 39", [40] = "bit 40",
	[41] = "bit 41", [42] = "bit 42", [43] = "bit 43", [44] = "bit 44", [45] = "bit 45",
	[46] = "bit 46", [47] = "bit 47", [48] = "bit 48", [49] = "bit 49", [57] = "bit 57",
	[58] = "bit 58", [59] = "bit 59", [60] = "bit 60", [61] = "bit 61", [62] = "bit 62",
	[63] = "bit 63",
};

size_t desc_mask_names(uint64_t mask, const char *names[], size_t room)
{
	/*
	 * bit 11 is PTE_PRESENT_INVALID or PTE_NG: by itself it is the former, with VALID the
	 * latter
	 */
	bool invalid = (mask & PTE_PRESENT_INVALID) && !(mask & PTE_VALID);
	size_t nr = 0;

	for (unsigned int bit = 0; bit < 64; bit++) {
		if (!(mask & DESC_BIT(bit)))
			continue;
		if (nr < room)
			names[nr] = bit == 11 && invalid ? "PTE_PRESENT_INVALID" :
				    bit_names[bit]	 ? bit_names[bit] :
							   other_bits[bit];
		nr++;
	}
	return nr;
}

/* mm/ptdump.c's words for arm64 (arch/arm64/mm/ptdump.c pte_bits), in its order; more behind. */
static const struct {
	uint64_t mask;
	uint64_t value;
	const char *set;
	const char *clear;
} attributes[] = {
	{ PTE_VALID, PTE_VALID, NULL, "F" },	{ PTE_USER, PTE_USER, "USR", NULL },
	{ PTE_RDONLY, PTE_RDONLY, "ro", "RW" }, { PTE_PXN, PTE_PXN, "NX", "x" },
	{ PTE_AF, PTE_AF, "AF", NULL },		{ PTE_UXN, PTE_UXN, "UXN", NULL },
	{ PTE_GP, PTE_GP, "GP", NULL },		{ PTE_CONT, PTE_CONT, "CON", NULL },
	{ PTE_DBM, PTE_DBM, "DBM", NULL },
};

/* MAIR_EL1 as arch/arm64/mm/proc.S sets it up. */
static const char *const memory_types[8] = {
	"MEM/NORMAL",	 "MEM/NORMAL-TAGGED",
	"MEM/NORMAL-NC", "DEVICE/nGnRnE",
	"DEVICE/nGnRE",	 "ATTR5",
	"ATTR6",	 "ATTR7",
};

static const char *kind(enum pgtable_level level, uint64_t desc)
{
	if (!desc)
		return "none";
	if (desc_table(desc, level))
		return "table";
	if (level == PGTABLE_LEVEL_PTE)
		return desc_valid(desc) ? "page" : "invalid page";
	return desc_valid(desc) ? "block" : "invalid block";
}

void desc_describe(const struct geometry *geo, enum pgtable_level level, uint64_t desc, char *buf,
		   size_t size)
{
	int len = snprintf(buf, size, "%s", kind(level, desc));

	if (desc && (size_t)len < size)
		len += snprintf(buf + len, size - len, " pa %#llx",
				(unsigned long long)desc_address(geo, desc));
	if (!desc || desc_table(desc, level))
		return;
	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
		const char *word = (desc & attributes[i].mask) == attributes[i].value ?
					   attributes[i].set :
					   attributes[i].clear;

		if (word && (size_t)len < size)
			len += snprintf(buf + len, size - len, " %s", word);
	}
	if ((size_t)len < size)
		snprintf(buf + len, size - len, " %s", memory_types[desc >> 2 & 7]);
}

const char *desc_memory_type(uint64_t desc)
{
	return memory_types[desc >> 2 & 7];
}

size_t desc_words(const struct geometry *geo, enum pgtable_level level, uint64_t desc,
		  uint64_t table_bits, const char *words[DESC_MAX_WORDS])
{
	static const struct {
		uint64_t bit;
		const char *word;
	} above[] = {
		{ TABLE_PXN, "PXNTable" },	{ TABLE_UXN, "UXNTable" },
		{ TABLE_RDONLY, "APTable=ro" }, { TABLE_NOUSER, "APTable=no-user" },
		{ TABLE_NS, "NSTable" },
	};
	size_t nr = 0;

	if (!desc)
		return 0;
	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
		const char *word = (desc & attributes[i].mask) == attributes[i].value ?
					   attributes[i].set :
					   attributes[i].clear;

		if (word)
			words[nr++] = word;
	}
	if (desc_valid(desc) && (desc & PTE_NG))
		words[nr++] = "NG";
	if (!geo->lpa2 && (desc & PTE_SHARED) == PTE_SHARED)
		words[nr++] = "SHD";
	if (level != PGTABLE_LEVEL_PTE)
		words[nr++] = "BLK";
	words[nr++] = desc_memory_type(desc);
	for (size_t i = 0; i < sizeof(above) / sizeof(*above); i++)
		if (table_bits & above[i].bit)
			words[nr++] = above[i].word;
	return nr;
}
