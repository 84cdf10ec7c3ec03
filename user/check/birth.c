// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict on a mapping that was made: the leaves that mm/vmalloc.c should have made of what it
 * was given (model/vmap.h), against the entries that were read when it had returned.
 */
#include <errno.h>
#include <stdlib.h>

#include "explain.h"
#include "geometry/descriptor.h"
#include "story.h"

bool is_birth(enum pwt_func func)
{
	return func == PWT_FN_VMAP_PAGES || func == PWT_FN_VMAP_SMALL ||
	       func == PWT_FN_VMAP_RANGE || func == PWT_FN_VMALLOC;
}

static uint64_t page_size(const struct check *check)
{
	return geometry_page_size(check->config.geo);
}

void birth_describe(const struct check *check, struct call *call, const uint64_t *args)
{
	const struct birth_config *config = &check->config.births;
	struct change *change = &call->change;
	unsigned int shift = args[3];

	change->addr = args[0];
	change->size = args[1];
	change->birth.prot = args[2];
	change->birth.asked = page_size(check);
	if (change->func == PWT_FN_VMALLOC) {
		change->birth.vm_flags = args[3];
		return;
	}
	if (change->func == PWT_FN_VMAP_RANGE) {
		call->phys = args[3];
		shift = config->ioremap_shift;
	}
	/* no block is larger than the address space */
	if (shift > check->config.geo->page_shift)
		change->birth.asked = 1ULL << (shift < 63 ? shift : 63);
	story_address(check, change);
	change->zone = zone_of(check->config.zones, geometry_untag(change->addr));
}

const char *birth_op(const struct check *check, const struct call *call)
{
	const struct birth_config *config = &check->config.births;
	const struct change *change = &call->change;

	if (change->func == PWT_FN_VMALLOC)
		return "vmalloc";
	/* the innermost may be a part of mm/vmalloc.c that many come by */
	for (int n = 0; n < PWT_NR_CALLERS; n++)
		for (int i = 0; i < BIRTH_CALLERS && config->callers[i].op; i++)
			if (in_code(&config->callers[i].code, check->config.geo,
				    change->callers[n]))
				return config->callers[i].op;
	return change->func == PWT_FN_VMAP_RANGE ? "vmap_range_noflush" :
						   "vmap_pages_range_noflush";
}

static int room_for_pages(struct birth_pages *pages, uint64_t nr)
{
	uint64_t room = pages->room ? pages->room : 64;
	uint64_t *bigger;

	while (room < nr)
		room *= 2;
	if (room == pages->room)
		return 0;
	bigger = realloc(pages->pa, room * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	pages->pa = bigger;
	pages->room = room;
	return 0;
}

/* page_to_phys() of CONFIG_SPARSEMEM_VMEMMAP */
int birth_take_pages(struct check *check, struct call *call, const struct pwt_pages *record)
{
	const struct birth_config *config = &check->config.births;
	struct birth_pages *pages = &call->pages;
	int err;

	if (!config->vmemmap || record->first != pages->nr || record->hdr.flags & PWT_F_READ_FAULT)
		return 0;
	err = room_for_pages(pages, pages->nr + record->nr);
	for (uint32_t i = 0; !err && i < record->nr; i++)
		pages->pa[pages->nr++] = (record->pages[i] - config->vmemmap) /
						 config->struct_page * page_size(check) +
					 config->phys_offset;
	call->change.birth.pages = pages->nr;
	return err;
}

/* Entries of one image by address; neighbours are mostly of one slice. */
struct reader {
	const struct image *image;
	const struct image_slice *slice;
};

static const uint64_t *entry_in(const struct reader *reader, uint64_t addr)
{
	const struct image_slice *slice = reader->slice;
	uint64_t size = geometry_size(reader->image->geo, slice->level);

	if (addr < slice->addr || addr - slice->addr >= slice->nr * size)
		return NULL;
	return image_slice_entries(reader->image, slice) + (addr - slice->addr) / size;
}

/* The entry that the walk of @addr ends at, and its level. NULL: it was not read. */
static const uint64_t *read_entry(struct reader *reader, uint64_t addr, enum pgtable_level *level)
{
	const struct image *image = reader->image;
	const struct geometry *geo = image->geo;
	const uint64_t *entry = reader->slice ? entry_in(reader, addr) : NULL;
	uint64_t table = image->root;

	if (entry && !desc_table(*entry, reader->slice->level)) {
		*level = reader->slice->level;
		return entry;
	}
	for (int at = geometry_top(geo);; at--) {
		unsigned int index = geometry_index(geo, at, addr);

		reader->slice = image_find(image, table, index);
		if (!reader->slice)
			return NULL;
		entry = image_slice_entries(image, reader->slice) + (index - reader->slice->first);
		*level = at;
		if (!desc_table(*entry, at))
			return entry;
		table = desc_address(geo, *entry);
	}
}

/* One mapping, compared. */
struct trial {
	struct check *check;
	struct call *call;
	struct vmap_request request;
	struct reader before, after;
	bool not_read; /* an entry that decides */
};

/* By the array; by the entry that is there where the array was not read so far. */
static bool page_address(void *ctx, uint64_t nr, uint64_t *pa)
{
	struct trial *trial = ctx;
	const struct geometry *geo = trial->request.geo;
	uint64_t addr = trial->request.start + nr * geometry_page_size(geo);
	enum pgtable_level level;
	const uint64_t *entry;

	if (nr < trial->call->pages.nr) {
		*pa = trial->call->pages.pa[nr];
		return true;
	}
	entry = read_entry(&trial->after, addr, &level);
	if (!entry || !desc_present(*entry))
		return false;
	*pa = desc_address(geo, *entry) + (addr & (geometry_size(geo, level) - 1));
	return true;
}

/* Was there a table where the block at @addr would have gone, and is it there still? */
static bool table_stayed(struct trial *trial, const struct vmap_leaf *leaf)
{
	enum pgtable_level level = vmap_block_level(leaf->block), now;
	const uint64_t *entry = read_entry(&trial->before, leaf->addr, &now);

	if (!entry || now >= level)
		return false;
	entry = read_entry(&trial->after, leaf->addr, &now);
	return entry && now < level;
}

/* How many entries of a run have the contiguous bit; 0 also where no entry of the level is read. */
static unsigned int contiguous(struct trial *trial, uint64_t start)
{
	const struct geometry *geo = trial->request.geo;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < geo->cont_ptes; i++) {
		enum pgtable_level level;
		const uint64_t *entry = read_entry(&trial->after,
						   start + i * geometry_page_size(geo), &level);

		nr += entry && level == PGTABLE_LEVEL_PTE && *entry & PTE_CONT;
	}
	return nr;
}

/*
 * The leaf that should be at @addr. Of the two things that cannot be known before, whether runs of
 * PTEs are made is settled for good by the first one that could be, and whether the lock was free
 * that a table has to be taken away under (mmap_lock of init_mm, since v7.2) by the table.
 */
static void expect_leaf(struct trial *trial, uint64_t addr, struct vmap_leaf *leaf)
{
	enum vmap_runs *runs = &trial->check->runs;
	unsigned int nr;

	vmap_leaf_at(&trial->request, addr, VMAP_PUD, *runs, leaf);
	while (leaf->block >= VMAP_PMD && table_stayed(trial, leaf))
		vmap_leaf_at(&trial->request, addr, leaf->block - 1, *runs, leaf);
	if (leaf->block != VMAP_CONT_PTE || *runs != VMAP_RUNS_UNKNOWN)
		return;
	nr = contiguous(trial, addr);
	if (nr == trial->request.geo->cont_ptes)
		*runs = VMAP_RUNS_MADE;
	else if (!nr)
		*runs = VMAP_RUNS_NONE;
	if (*runs == VMAP_RUNS_NONE)
		vmap_leaf_at(&trial->request, addr, VMAP_PUD, *runs, leaf);
}

static enum reason contiguous_reason(struct trial *trial, const struct vmap_leaf *leaf,
				     uint64_t after)
{
	const struct geometry *geo = trial->request.geo;
	uint64_t run = vmap_block_size(geo, VMAP_CONT_PTE);
	unsigned int nr = contiguous(trial, leaf->addr & ~(run - 1));

	if (after & PTE_CONT)
		return nr == geo->cont_ptes ? REASON_MAPPED_LARGER : REASON_PARTIAL_CONTIGUOUS;
	return nr ? REASON_CONTIGUOUS_DROPPED : REASON_MAPPED_SMALLER;
}

static enum reason wrong_entry(struct trial *trial, const struct vmap_leaf *leaf,
			       const struct difference *diff, enum pgtable_level level)
{
	const struct geometry *geo = trial->request.geo;

	if (!desc_present(diff->after))
		return REASON_NOT_MAPPED;
	if (level != diff->level)
		return level < diff->level ? REASON_MAPPED_SMALLER : REASON_MAPPED_LARGER;
	if (desc_address(geo, diff->after) != desc_address(geo, diff->expected))
		return REASON_MAPPED_WRONG_PAGE;
	if ((diff->after ^ diff->expected) == PTE_CONT)
		return contiguous_reason(trial, leaf, diff->after);
	return REASON_MAPPED_WRONG_BITS;
}

static uint64_t entry_before(struct trial *trial, uint64_t addr)
{
	enum pgtable_level level;
	const uint64_t *entry = read_entry(&trial->before, addr, &level);

	return entry ? *entry : 0;
}

static enum reason compare_leaf(struct trial *trial, const struct vmap_leaf *leaf,
				struct difference *diff)
{
	const struct geometry *geo = trial->request.geo;
	unsigned int entries = leaf->block == VMAP_CONT_PTE ? geo->cont_ptes : 1;
	enum pgtable_level level;

	for (unsigned int i = 0; i < entries; i++) {
		uint64_t addr = leaf->addr + i * geometry_page_size(geo);
		uint64_t want = vmap_entry(&trial->request, leaf, i);
		const uint64_t *entry = read_entry(&trial->after, addr, &level);

		if (!entry) {
			trial->not_read = true;
			return REASON_NONE;
		}
		if (*entry == want && level == vmap_block_level(leaf->block))
			continue;
		*diff = (struct difference){ true, vmap_block_level(leaf->block),
					     addr, entry_before(trial, addr),
					     want, *entry };
		return wrong_entry(trial, leaf, diff, level);
	}
	return REASON_NONE;
}

static void count_leaf(struct change *change, const struct vmap_leaf *leaf, unsigned int entries)
{
	change->birth.mapped[leaf->block].nr++;
	change->birth.mapped[leaf->block].why |= leaf->why;
	change->leaves[vmap_block_level(leaf->block)] += entries;
	for (int why = 0; why < VMAP_WHY_NR; why++)
		if (leaf->why & 1U << why)
			add_finding(change, FINDING_TOO_SMALL + why);
}

/* No more are read in one phase. */
#define MOST_LEAVES (PWT_MAX_STEPS * PWT_SLICE_ENTRIES)

/* All leaves; the first that is wrong, and the reason. */
static enum reason compare(struct trial *trial, struct difference *diff)
{
	struct change *change = &trial->call->change;
	uint64_t addr = trial->request.start, end = addr + trial->request.size;
	enum reason first = REASON_NONE;
	unsigned int nr = 0;

	while (addr < end) {
		struct difference here;
		struct vmap_leaf leaf;
		enum reason reason;

		expect_leaf(trial, addr, &leaf);
		reason = compare_leaf(trial, &leaf, &here);
		trial->not_read |= ++nr > MOST_LEAVES;
		if (trial->not_read)
			return REASON_NONE;
		if (reason && !first) {
			first = reason;
			*diff = here;
		}
		count_leaf(change, &leaf,
			   leaf.block == VMAP_CONT_PTE ? trial->request.geo->cont_ptes : 1);
		addr += leaf.size;
	}
	return first;
}

static void forget_counts(struct change *change)
{
	for (int block = 0; block < VMAP_NR; block++)
		change->birth.mapped[block].nr = change->birth.mapped[block].why = 0;
	for (int level = 0; level < PGTABLE_NR_LEVELS; level++)
		change->leaves[level] = 0;
}

/*
 * Is anything mapped there already, as far as was read? Then it fails, after a warning; how depends
 * on the kernel.
 */
static bool occupied(struct trial *trial)
{
	uint64_t at = trial->request.start, end = at + trial->request.size;

	while (at < end) {
		enum pgtable_level level;
		const uint64_t *entry = read_entry(&trial->before, at, &level);

		if (!entry || *entry)
			return entry;
		at = (at | (geometry_size(trial->request.geo, level) - 1)) + 1;
		if (!at)
			break;
	}
	return false;
}

static void judge_failure(struct trial *trial)
{
	struct change *change = &trial->call->change;

	if (change->ret == -ENOMEM || occupied(trial))
		set_verdict(change, VERDICT_UNKNOWN,
			    change->ret == -ENOMEM ? REASON_NO_MEMORY : REASON_NOT_CAPTURED);
	else
		set_verdict(change, VERDICT_MISMATCH, REASON_RETURN_VALUE);
}

static struct vmap_request request_of(const struct check *check, const struct call *call)
{
	const struct change *change = &call->change;
	struct vmap_request request = {
		.geo = check->config.geo,
		.start = geometry_untag(change->addr),
		.size = change->size,
		.prot = change->birth.prot,
		.shift = __builtin_ctzll(change->birth.asked),
		.no_blocks = check->config.births.no_blocks,
		.page = page_address,
	};

	if (change->func == PWT_FN_VMAP_RANGE) {
		request.is_range = true;
		request.phys = call->phys;
	}
	return request;
}

/* Whether runs are made may have been settled where nobody looked. */
static bool hangs_on_runs(const struct check *check)
{
	return check->gap.unknown_rules && check->runs == VMAP_RUNS_UNKNOWN;
}

bool judge_birth(struct check *check, struct call *call, bool final)
{
	struct change *change = &call->change;
	struct trial trial = {
		.check = check,
		.call = call,
		.request = request_of(check, call),
		.before.image = &change->before,
		.after.image = &change->after,
	};
	struct comparison cmp = {
		.check = check,
		.call = call,
		.start = trial.request.start,
		.end = trial.request.start + trial.request.size,
	};
	enum reason reason;

	trial.request.ctx = &trial;
	call->record_lost |= hangs_on_runs(check);
	if (unusable(change, call))
		return true;
	if (change->func == PWT_FN_VMAP_RANGE && !check->config.births.ioremap_shift) {
		set_verdict(change, VERDICT_UNKNOWN, REASON_NOT_CAPTURED);
		return true;
	}
	if (change->ret) {
		judge_failure(&trial);
		return true;
	}
	forget_counts(change);
	reason = compare(&trial, &change->diff);
	if (trial.not_read) {
		set_verdict(change, VERDICT_UNKNOWN, REASON_NOT_CAPTURED);
	} else if (!reason) {
		set_verdict(change, VERDICT_MATCH, REASON_NONE);
	} else if (!final) {
		change->diff.found = false;
		return false;
	} else if (is_unseen(check, change)) {
		return true;
	} else if (others_changed(&cmp, cmp.start, cmp.end)) {
		set_verdict(change, VERDICT_RACED, REASON_CONCURRENT_CHANGE);
	} else {
		set_verdict(change, VERDICT_MISMATCH, reason);
	}
	return true;
}

void birth_take_part(struct check *check, struct call *vmalloc, const struct call *part)
{
	const struct change *change = &part->change;

	/* arch_vmap_pte_supported_shift() is there to ask for them: they are made */
	if (change->birth.asked == vmap_block_size(check->config.geo, VMAP_CONT_PTE))
		check->runs = VMAP_RUNS_MADE;
	/* the last one: what came before it had failed */
	vmalloc->part = (struct birth_part){
		true,
		geometry_untag(change->addr),
		change->size,
		change->birth.asked,
	};
}

void birth_returned(const struct check *check, struct call *vmalloc, uint64_t addr)
{
	struct change *change = &vmalloc->change;

	change->addr = addr;
	change->ret = addr ? 0 : -ENOMEM;
	change->zone = zone_of(check->config.zones, geometry_untag(addr));
}

/*
 * The largest block that __vmalloc_node_range() asks for first. Whether it knows runs of PTEs is
 * learnt from one.
 */
static uint64_t largest_block(const struct check *check, const struct change *change)
{
	const struct geometry *geo = check->config.geo;
	uint64_t run = vmap_block_size(geo, VMAP_CONT_PTE), pmd = vmap_block_size(geo, VMAP_PMD);

	if (check->config.births.vmalloc_pages || !(change->birth.vm_flags & VM_ALLOW_HUGE_VMAP))
		return page_size(check);
	if (change->size >= pmd && !check->config.births.no_blocks)
		return pmd;
	return change->size >= run && check->runs != VMAP_RUNS_NONE ? run : page_size(check);
}

static void vmalloc_findings(const struct check *check, struct change *change, uint64_t largest,
			     const struct birth_part *part)
{
	change->birth.asked = part->asked;
	if (!(change->birth.vm_flags & VM_ALLOW_HUGE_VMAP))
		add_finding(change, FINDING_NO_HUGE_FLAG);
	else if (check->config.births.vmalloc_pages)
		add_finding(change, FINDING_HUGE_OFF);
	else if (part->asked < largest &&
		 (largest != vmap_block_size(check->config.geo, VMAP_CONT_PTE) ||
		  check->runs == VMAP_RUNS_MADE))
		add_finding(change, FINDING_HUGE_FALLBACK);
}

void judge_vmalloc(struct check *check, struct call *call)
{
	const struct birth_part *part = &call->part;
	struct change *change = &call->change;
	uint64_t largest = largest_block(check, change), wanted;

	call->record_lost |= hangs_on_runs(check);
	if (is_lost(call))
		return;
	if (change->ret || !part->seen) {
		set_verdict(change, VERDICT_UNKNOWN,
			    change->ret ? REASON_NO_MEMORY : REASON_NOTHING_SEEN);
		return;
	}
	vmalloc_findings(check, change, largest, part);
	wanted = (change->size + part->asked - 1) & ~(part->asked - 1);
	if (part->asked > largest)
		set_verdict(change, VERDICT_MISMATCH, REASON_HUGE_NOT_ALLOWED);
	else if (part->size != wanted || part->addr != geometry_untag(change->addr))
		set_verdict(change, VERDICT_MISMATCH, REASON_MAPPED_WRONG_SIZE);
	else
		set_verdict(change, VERDICT_MATCH, REASON_NONE);
}
