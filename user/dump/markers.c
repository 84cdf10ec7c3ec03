// SPDX-License-Identifier: GPL-2.0-only
#include "markers.h"

#define SZ_8M  (8ULL << 20)
#define SZ_16M (16ULL << 20)

/* arch/arm64/include/asm/{memory,fixmap}.h for what VMCOREINFO does not tell. */
void markers_of(const struct kernel *kernel, struct marker markers[MAX_MARKERS])
{
	const struct zone_range *range = kernel->zones.range;
	const struct geometry *geo = &kernel->geo;
	unsigned int min = geo->va_bits_config > 48 ? 48 : geo->va_bits_config;
	uint64_t page = geometry_page_size(geo), vmemmap_end = range[ZONE_VMEMMAP].end;
	/* virt_to_page() of where the linear map begins, with the address bits that are in use */
	uint64_t skipped = ((1ULL << geo->va_bits_config) - (1ULL << geo->va_bits)) / page;
	uint64_t page_struct = kernel->struct_page ? kernel->struct_page : 64;
	struct marker *m = markers;

	/* 16K pages: VA_BITS_MIN is 47 with 52 bits (Kconfig); the linear map ends at PAGE_END */
	if (geo->va_bits_config == 52 && geo->page_shift == 14)
		min = 47;
	*m++ = (struct marker){ -(1ULL << geo->va_bits_config), "Linear Mapping start" };
	*m++ = (struct marker){ -(1ULL << (min - 1)), "Linear Mapping end" };
	*m++ = (struct marker){ range[ZONE_MODULES].start, "Modules start" };
	*m++ = (struct marker){ range[ZONE_MODULES].end, "Modules end" };
	*m++ = (struct marker){ range[ZONE_VMALLOC].start, "vmalloc() area" };
	*m++ = (struct marker){ range[ZONE_VMALLOC].end, "vmalloc() end" };
	*m++ = (struct marker){ range[ZONE_VMEMMAP].start + skipped * page_struct,
				"vmemmap start" };
	*m++ = (struct marker){ vmemmap_end, "vmemmap end" };
	*m++ = (struct marker){ vmemmap_end + SZ_8M, "PCI I/O start" };
	*m++ = (struct marker){ vmemmap_end + SZ_8M + SZ_16M, "PCI I/O end" };
	if (kernel->fixed_pages) {
		*m++ = (struct marker){ -SZ_8M - kernel->fixed_pages * page, "Fixmap start" };
		*m++ = (struct marker){ -SZ_8M, "Fixmap end" };
	}
	*m = (struct marker){ -1ULL, NULL };
}
