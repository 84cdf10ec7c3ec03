/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Geometries as constants: what the page walk makes a copy of itself for, so that a geometry chosen
 * at run time costs what one chosen when compiling does.
 */
#ifndef PWTRACE_SHAPES_H
#define PWTRACE_SHAPES_H

/*
 * Every combination that arm64 Linux comes in: page shift, address bits in use,
 * CONFIG_ARM64_VA_BITS (arch/arm64/Kconfig; VA_BITS_MIN of asm/memory.h for the two that fold a
 * level at run time, and 64K pages on a CPU without FEAT_LVA).
 */
/* clang-format off */
#define GEOMETRY_SHAPES(X) \
	X(12, 39, 39) \
	X(12, 48, 48) \
	X(12, 52, 52) \
	X(12, 48, 52) \
	X(14, 36, 36) \
	X(14, 47, 47) \
	X(14, 48, 48) \
	X(14, 52, 52) \
	X(14, 47, 52) \
	X(16, 42, 42) \
	X(16, 48, 48) \
	X(16, 52, 52) \
	X(16, 48, 52)
/* clang-format on */

#define GEOMETRY_LEVELS(page, va) (((va) - (page) + (page)-4) / ((page)-3))

/*
 * The top level's index takes what is left of the configured size, not of the size in use: a 64K
 * kernel for 52 bits uses the upper end of its 1024 entries on a 48-bit CPU. With a level folded at
 * run time (p4d_offset() and pud_offset() index the same page again) the table is a full one.
 */
#define GEOMETRY_TOP_BITS(page, va, config)                          \
	(GEOMETRY_LEVELS(page, va) < GEOMETRY_LEVELS(page, config) ? \
		 (page)-3 :                                          \
		 (config) - (page) - (GEOMETRY_LEVELS(page, va) - 1) * ((page)-3))

#define GEOMETRY_LPA2(page, va) ((page) < 16 && (va) == 52)

/*
 * Output address bits that stand in place: Arm ARM D8.3.1; with LPA2 PA[51:50] are in bits 9:8,
 * with 64K pages PA[51:48] in 15:12. Contiguous runs: ARM64_CONT_{PTE,PMD}_SHIFT.
 */
#define GEOMETRY(page, va, config)                                               \
	{                                                                        \
		.page_shift = (page), .table_bits = (page)-3, .va_bits = (va),   \
		.va_bits_config = (config), .levels = GEOMETRY_LEVELS(page, va), \
		.levels_config = GEOMETRY_LEVELS(page, config),                  \
		.top_index_bits = GEOMETRY_TOP_BITS(page, va, config),           \
		.lpa2 = GEOMETRY_LPA2(page, va),                                 \
		.oa_mask = (~0ULL >> (GEOMETRY_LPA2(page, va) ? 14 : 16)) &      \
			   ~((1ULL << (page)) - 1),                              \
		.cont_ptes = (page) == 12 ? 16 :                                 \
			     (page) == 14 ? 128 :                                \
					    32,                                  \
		.cont_pmds = (page) == 12 ? 16 : 32,                             \
	}

#endif
