// SPDX-License-Identifier: GPL-2.0-only
/* Redaction: what is hidden, what stays, and that a kernel's note tells of the same geometry. */
#include "recording/redact.h"

#include <stdlib.h>
#include <string.h>

#include "geometry/descriptor.h"
#include "test.h"

#define LINEAR	0xffff000000000000ULL
#define VMALLOC 0xffff800080000000ULL
#define VMEMMAP 0xfffffdffc0000000ULL
#define IMAGE	0xffff9d21cba00000ULL
#define BLOCK	(2ULL << 20)

static const char note[] = "OSRELEASE=7.3.4\n"
			   "PAGESIZE=4096\n"
			   "SYMBOL(swapper_pg_dir)=ffff9d21cd26b000\n"
			   "SIZE(page)=64\n"
			   "NUMBER(VA_BITS)=48\n"
			   "NUMBER(MODULES_VADDR)=0xffff800000000000\n"
			   "NUMBER(MODULES_END)=0xffff800080000000\n"
			   "NUMBER(VMALLOC_START)=0xffff800080000000\n"
			   "NUMBER(VMALLOC_END)=0xfffffdffbf800000\n"
			   "NUMBER(VMEMMAP_START)=0xfffffdffc0000000\n"
			   "NUMBER(VMEMMAP_END)=0xffffffffc0000000\n"
			   "NUMBER(kimage_voffset)=0xffff9d2189800000\n"
			   "NUMBER(PHYS_OFFSET)=0x40000000\n"
			   "NUMBER(TCR_EL1_T1SZ)=0x10\n"
			   "KERNELOFFSET=1d214ba00000\n";

static void open_kernel(struct kernel *kernel, struct redaction *redaction)
{
	struct problem why;

	memset(kernel, 0, sizeof(*kernel));
	EXPECT_EQ(kernel_parse_vmcoreinfo(kernel, note, &why), 0);
	kernel->zones.range[ZONE_IMAGE] = (struct zone_range){ IMAGE, IMAGE + 0x28d0000 };
	EXPECT_EQ(redaction_init(redaction, kernel), 0);
	/* chance may give a zero, which hides nothing */
	redaction->physical |= 3ULL << 30;
	redaction->linear |= 5ULL << 30;
	redaction->vmemmap = (redaction->linear >> 12) * 64;
}

TEST(addresses_of_each_zone)
{
	struct redaction redaction;
	struct kernel kernel;
	uint64_t moved;

	open_kernel(&kernel, &redaction);
	EXPECT_EQ(redact_address(&redaction, 0), 0);
	EXPECT_EQ(redact_address(&redaction, VMALLOC + 0x5000), VMALLOC + 0x5000);
	EXPECT_EQ(redact_address(&redaction, LINEAR + 0x5000), LINEAR + 0x5000 + redaction.linear);
	EXPECT_EQ(zone_of(&kernel.zones, redact_address(&redaction, LINEAR + 0x5000)), ZONE_LINEAR);
	moved = redact_address(&redaction, IMAGE + 0x12345);
	EXPECT(moved != IMAGE + 0x12345);
	EXPECT_EQ(moved - redact_address(&redaction, IMAGE), 0x12345);
	EXPECT_EQ(moved & (BLOCK - 1), (IMAGE + 0x12345) & (BLOCK - 1));
	/* where modules and programs are */
	EXPECT_EQ(redact_address(&redaction, IMAGE - 0x1000000), moved - 0x12345 - 0x1000000);
	/* blocks stay aligned */
	EXPECT_EQ(redaction.physical & ((1ULL << 30) - 1), 0);
	EXPECT_EQ(redaction.linear & ((1ULL << 30) - 1), 0);
}

/* What the checker rests on: the alias of a page, its struct page, its entry. */
TEST(they_fit_together)
{
	struct redaction redaction;
	struct kernel kernel, there;
	struct problem why;
	uint64_t pa = 0x47e7a000, alias, page;
	char *text;

	open_kernel(&kernel, &redaction);
	memset(&there, 0, sizeof(there));
	text = redact_vmcoreinfo(&redaction, note);
	EXPECT(text && !strstr(text, "9d21"));
	EXPECT_EQ(kernel_parse_vmcoreinfo(&there, text, &why), 0);
	free(text);
	alias = redact_address(&redaction, kernel_phys_to_virt(&kernel, pa));
	EXPECT_EQ(alias, kernel_phys_to_virt(&there, redact_physical(&redaction, pa)));
	page = redact_address(&redaction, VMEMMAP + (pa - kernel.phys_offset) / 4096 * 64);
	EXPECT_EQ((page - VMEMMAP) / 64 * 4096 + there.phys_offset,
		  redact_physical(&redaction, pa));
	EXPECT_EQ(there.root_va, redact_address(&redaction, kernel.root_va));
	EXPECT_EQ(there.root_pa, redact_physical(&redaction, kernel.root_pa));
	EXPECT_EQ(there.geo.levels, kernel.geo.levels);
	EXPECT_EQ(desc_address(&kernel.geo, redact_entry(&redaction, pa | 0xe8000000000403)),
		  redact_physical(&redaction, pa));
	EXPECT_EQ(redact_entry(&redaction, pa | 0xe8000000000403) & 0xfff0000000000fffULL,
		  0xe0000000000403ULL);
	EXPECT_EQ(redact_entry(&redaction, 0), 0);
}
