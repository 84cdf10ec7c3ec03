// SPDX-License-Identifier: GPL-2.0-only
/* Why an area is not mapped by larger leaves, and sums over areas. */
#include <string.h>

#include "account.h"
#include "areas/flags.h"

static const char *const kind_names[ACCOUNT_NR_KINDS] = {
	[ACCOUNT_VMALLOC] = "vmalloc",	  [ACCOUNT_VMAP] = "vmap",   [ACCOUNT_IOREMAP] = "ioremap",
	[ACCOUNT_MAP_RAM] = "vm_map_ram", [ACCOUNT_OTHER] = "other", [ACCOUNT_MODULES] = "modules",
	[ACCOUNT_IMAGE] = "image",
};

static const char *const state_names[ACCOUNT_NR_STATES] = {
	[ACCOUNT_SAME] = "same",
	[ACCOUNT_NEW] = "new",
	[ACCOUNT_GONE] = "gone",
	[ACCOUNT_CHANGED] = "changed",
};

static const struct {
	const char *name, *text;
} whys[WHY_NR] = {
	[WHY_TOO_SMALL] = { "too-small", "there is less than the next larger block left to map" },
	[WHY_VIRTUAL] = { "virtual-alignment", "the area begins inside the block" },
	[WHY_PHYSICAL] = { "physical-alignment", "the memory is not aligned as addresses are" },
	[WHY_SCATTERED] = { "scattered-pages", "the memory is not in one piece" },
	[WHY_NOT_MAPPED] = { "not-mapped", "a part of the block is not mapped, or not valid" },
	[WHY_LEVEL] = { "level-unsupported", "the kernel makes no such block" },
	[WHY_NOT_ASKED] = { "not-asked", "whoever mapped it allowed no larger block" },
	[WHY_NO_HUGE] = { "no-vm-allow-huge-vmap", "whoever called vmalloc() did not give it" },
	[WHY_HUGE_OFF] = { "nohugevmalloc", "the kernel was booted with it" },
	[WHY_FALLBACK] = { "huge-fallback", "there was no memory in one piece when asked for" },
	[WHY_TABLE] = { "table-kept", "asked for, and a table is there: kept, or made by a split" },
	[WHY_PERMISSIONS] = { "mixed-permissions", "attributes differ within the block" },
	[WHY_UNKNOWN] = { "unknown", "its flags could not be read" },
};

const char *account_kind_name(enum account_kind kind)
{
	return kind_names[kind];
}

const char *account_state_name(enum account_state state)
{
	return state_names[state];
}

const char *account_why_name(enum account_why why)
{
	return whys[why].name;
}

const char *account_why_text(enum account_why why)
{
	return whys[why].text;
}

uint64_t account_lost(const struct account *account)
{
	uint64_t lost = account->mixed;

	for (int block = 0; block < VMAP_NR; block++)
		lost += account->smaller[block];
	return lost;
}

/* __vmalloc_node_range() asks for blocks of a PMD at most; page_order is what it came to. */
static enum account_why vmalloc_loss(const struct accounts *accounts, const struct account *account,
				     enum vmap_block block)
{
	const struct vm_area *area = &account->area;
	uint64_t taken = geometry_page_size(accounts->geo) << (area->page_order & 31);

	if (!(area->flags & VM_ALLOW_HUGE_VMAP))
		return WHY_NO_HUGE;
	if (accounts->rules.vmalloc_pages)
		return WHY_HUGE_OFF;
	if (block == VMAP_PUD)
		return WHY_NOT_ASKED;
	return taken < vmap_block_size(accounts->geo, block) ? WHY_FALLBACK : WHY_TABLE;
}

/* vmap_range_noflush() with ioremap_max_page_shift */
static enum account_why ioremap_loss(const struct accounts *accounts, enum vmap_block block)
{
	unsigned int shift = accounts->rules.ioremap_shift;

	return shift && vmap_block_size(accounts->geo, block) > 1ULL << (shift & 63) ?
		       WHY_NOT_ASKED :
		       WHY_TABLE;
}

/* WHY_TABLE: nothing stands against it. */
static enum account_why loss_by_flags(const struct accounts *accounts,
				      const struct account *account, enum vmap_block block)
{
	if (account->area.unread)
		return WHY_UNKNOWN;
	if (account->area.flags & VM_ALLOC)
		return vmalloc_loss(accounts, account, block);
	if (account->area.flags & VM_IOREMAP)
		return ioremap_loss(accounts, block);
	return WHY_NOT_ASKED;
}

bool account_asks(const struct accounts *accounts, const struct account *account,
		  enum vmap_block block)
{
	return loss_by_flags(accounts, account, block) == WHY_TABLE;
}

static enum account_why loss(const struct accounts *accounts, const struct account *account,
			     enum vmap_block block)
{
	enum account_why why = loss_by_flags(accounts, account, block);

	/* at boot, by other functions */
	if (account->kind == ACCOUNT_IMAGE)
		return WHY_NOT_ASKED;
	if (block == VMAP_CONT_PTE ? accounts->runs == VMAP_RUNS_NONE : accounts->rules.no_blocks)
		return WHY_LEVEL;
	/* no table is in the way of a run: it was mapped by other means than the flags say */
	return why == WHY_TABLE && block == VMAP_CONT_PTE ? WHY_NOT_ASKED : why;
}

void account_losses(const struct accounts *accounts, const struct account *account,
		    uint64_t bytes[WHY_NR])
{
	memset(bytes, 0, WHY_NR * sizeof(*bytes));
	bytes[WHY_PERMISSIONS] = account->mixed;
	for (enum vmap_block block = VMAP_CONT_PTE; block < VMAP_NR; block++)
		if (account->smaller[block])
			bytes[loss(accounts, account, block)] += account->smaller[block];
}

void account_total_add(struct account_total *to, const struct account_total *from)
{
	to->areas += from->areas;
	sizes_sum(&to->mapped, &from->mapped);
	for (int block = 0; block < VMAP_NR; block++)
		to->aligned[block] += from->aligned[block];
	to->lost += from->lost;
	for (int why = 0; why < WHY_NR; why++)
		to->losses[why] += from->losses[why];
}

void accounts_totals(const struct accounts *accounts, struct account_total totals[ACCOUNT_NR_KINDS])
{
	memset(totals, 0, ACCOUNT_NR_KINDS * sizeof(*totals));
	for (size_t i = 0; i < accounts->nr; i++) {
		const struct account *account = &accounts->all[i];
		struct account_total one = { .areas = 1,
					     .mapped = account->mapped,
					     .lost = account_lost(account) };

		memcpy(one.aligned, account->aligned, sizeof(one.aligned));
		account_losses(accounts, account, one.losses);
		account_total_add(&totals[account->kind], &one);
	}
}
