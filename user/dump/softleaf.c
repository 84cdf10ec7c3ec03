// SPDX-License-Identifier: GPL-2.0-only
#include "softleaf.h"

const char *softleaf_name(enum softleaf_type type)
{
	static const char *const names[] = {
		[SOFTLEAF_NONE] = "none",
		[SOFTLEAF_SWAP] = "swap",
		[SOFTLEAF_MIGRATION_READ] = "migration-read",
		[SOFTLEAF_MIGRATION_READ_EXCLUSIVE] = "migration-read-exclusive",
		[SOFTLEAF_MIGRATION_WRITE] = "migration-write",
		[SOFTLEAF_DEVICE_PRIVATE_READ] = "device-private-read",
		[SOFTLEAF_DEVICE_PRIVATE_WRITE] = "device-private-write",
		[SOFTLEAF_DEVICE_EXCLUSIVE] = "device-exclusive",
		[SOFTLEAF_HWPOISON] = "hwpoison",
		[SOFTLEAF_MARKER] = "marker",
	};

	return type < sizeof(names) / sizeof(*names) ? names[type] : "?";
}

const char *marker_name(softleaf_t entry)
{
	if (softleaf_to_marker(entry) & PTE_MARKER_GUARD)
		return "guard";
	if (softleaf_to_marker(entry) & PTE_MARKER_POISONED)
		return "poisoned";
	return softleaf_to_marker(entry) & PTE_MARKER_UFFD_WP ? "uffd-wp" : "unknown";
}
