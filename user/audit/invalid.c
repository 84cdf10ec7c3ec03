// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaves that are not valid, and who wants them so. Up to 15bfba1ad77f the kernel had no bit for
 * those: they look like entries that are bad.
 */
#include "audit/inside.h"
#include "geometry/descriptor.h"

static enum audit_owner owner_of(const struct audit *audit, uint64_t pa)
{
	return audit->config.owner ? audit->config.owner(audit->ctx, pa) : OWNER_NONE;
}

static enum audit_rule rule_of(uint64_t desc)
{
	return desc_present(desc) ? AUDIT_INVALID_LEAF : AUDIT_BAD_ENTRY;
}

static void found_invalid(struct audit *audit, const struct mapping *mapping,
			  enum audit_owner owner)
{
	const struct audit_finding finding = {
		.rule = rule_of(mapping->desc),
		.addr = mapping->addr,
		.size = mapping->size,
		.level = mapping->level,
		.desc = mapping->desc,
		.pa = mapping->pa,
		.other = mapping->other,
		.owner = owner,
	};

	audit->emit(audit->ctx, &finding);
}

/* As far as the same one answers for it. Of what nobody does another address may turn up. */
void audit_invalid(struct audit *audit, const struct leaf_run *run)
{
	const struct geometry *geo = audit->config.geo;
	uint64_t page = geometry_page_size(geo), pa = desc_address(geo, run->desc), size;

	if (zone_of(audit->config.zones, run->start) != ZONE_LINEAR) {
		audit_found(audit, rule_of(run->desc), run);
		return;
	}
	for (uint64_t at = 0; at < run->size; at += size) {
		enum audit_owner owner = owner_of(audit, pa + at);
		struct leaf_run part = *run;

		size = page;
		while (at + size < run->size && owner_of(audit, pa + at + size) == owner)
			size += page;
		part.start += at;
		part.size = size;
		part.desc = (run->desc & ~desc_from_address(geo, ~0ULL)) |
			    desc_from_address(geo, pa + at);
		if (owner == OWNER_NONE)
			audit_keep(audit, &audit->invalid, &part);
		else
			found_invalid(audit,
				      &(struct mapping){ .pa = pa + at,
							 .size = size,
							 .addr = part.start,
							 .desc = part.desc,
							 .level = part.level },
				      owner);
	}
}

/* The linear map comes first, and the lowest memory first in it. */
void audit_other(struct audit *audit, const struct leaf_run *run)
{
	uint64_t pa = desc_address(audit->config.geo, run->desc);
	struct mappings *invalid = &audit->invalid;
	size_t low = 0, high = invalid->nr;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (invalid->mapping[mid].pa + invalid->mapping[mid].size <= pa)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < invalid->nr && invalid->mapping[low].pa < pa + run->size; low++) {
		struct mapping *mapping = &invalid->mapping[low];

		if (!mapping->other && mapping->pa >= pa)
			mapping->other = run->start + (mapping->pa - pa);
	}
}

void audit_unowned(struct audit *audit)
{
	const struct audit_config *config = &audit->config;

	for (size_t i = 0; i < audit->invalid.nr; i++) {
		const struct mapping *mapping = &audit->invalid.mapping[i];
		bool wanted = mapping->other && config->hides_alias &&
			      config->hides_alias(audit->ctx, mapping->other);

		found_invalid(audit, mapping, wanted ? OWNER_AREA : OWNER_NONE);
	}
}
