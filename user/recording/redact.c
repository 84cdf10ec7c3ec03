// SPDX-License-Identifier: GPL-2.0-only
#include "redact.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "geometry/descriptor.h"

#define IN_REACH (2ULL << 30)

/* Of what is added: the largest block, so that what is aligned stays aligned. */
static uint64_t granule(const struct geometry *geo)
{
	uint64_t pmds = geometry_size(geo, PGTABLE_LEVEL_PMD) *
			(geo->cont_pmds ? geo->cont_pmds : 1);
	uint64_t pud = geometry_block_level(geo, PGTABLE_LEVEL_PUD) ?
			       geometry_size(geo, PGTABLE_LEVEL_PUD) :
			       0;

	return pmds > pud ? pmds : pud;
}

/* A multiple of @unit below @room. */
static int choose(uint64_t *value, uint64_t unit, uint64_t room)
{
	if (getrandom(value, sizeof(*value), 0) != sizeof(*value))
		return -EIO;
	*value = room > unit ? *value % (room / unit) * unit : 0;
	return 0;
}

/* In the middle of what is otherwise vmalloc()'s, which fills it from its ends. */
static uint64_t image_shift(const struct kernel *kernel)
{
	const struct zone_range *vmalloc = &kernel->zones.range[ZONE_VMALLOC];
	uint64_t block = geometry_size(&kernel->geo, PGTABLE_LEVEL_PMD);
	uint64_t start = kernel->zones.range[ZONE_IMAGE].start;
	uint64_t middle = vmalloc->start + (vmalloc->end - vmalloc->start) / 2;

	return start ? (middle & ~(block - 1)) - (start & ~(block - 1)) : 0;
}

int redaction_init(struct redaction *redaction, const struct kernel *kernel)
{
	const struct zone_range *linear = &kernel->zones.range[ZONE_LINEAR];
	unsigned int pa_bits = kernel->geo.lpa2 || kernel->geo.page_shift == 16 ? 52 : 48;
	uint64_t unit = granule(&kernel->geo);
	int err;

	*redaction = (struct redaction){ .kernel = kernel, .image = image_shift(kernel) };
	/* the half: what is in the other one stays in range, too */
	err = choose(&redaction->physical, unit, 1ULL << (pa_bits - 1));
	if (!err)
		err = choose(&redaction->linear, unit, (linear->end - linear->start) / 2);
	redaction->vmemmap = (redaction->linear >> kernel->geo.page_shift) * kernel->struct_page;
	return err;
}

uint64_t redact_physical(const struct redaction *redaction, uint64_t pa)
{
	return redaction->kernel ? pa + redaction->physical : pa;
}

/* The image, and what has to be in reach of its code: modules, programs (arch/arm64/mm/init.c). */
static bool near_image(const struct kernel *kernel, uint64_t addr)
{
	const struct zone_range *image = &kernel->zones.range[ZONE_IMAGE];

	return image->start &&
	       addr - (image->start - IN_REACH) < image->end - image->start + 2 * IN_REACH;
}

uint64_t redact_address(const struct redaction *redaction, uint64_t addr)
{
	if (!redaction->kernel || !addr)
		return addr;
	if (near_image(redaction->kernel, geometry_untag(addr)))
		return addr + redaction->image;
	switch (zone_of(&redaction->kernel->zones, geometry_untag(addr))) {
	case ZONE_LINEAR:
		return addr + redaction->linear;
	case ZONE_VMEMMAP:
		return addr + redaction->vmemmap;
	default:
		return addr;
	}
}

uint64_t redact_entry(const struct redaction *redaction, uint64_t desc)
{
	const struct geometry *geo = redaction->kernel ? &redaction->kernel->geo : NULL;
	uint64_t pa;

	if (!geo || !desc)
		return desc;
	pa = redact_physical(redaction, desc_address(geo, desc));
	return (desc & ~desc_from_address(geo, ~0ULL)) | desc_from_address(geo, pa);
}

/* From a register, maybe signed. */
static uint64_t code_address(const struct redaction *redaction, uint64_t addr)
{
	return redact_address(redaction, geometry_strip_pac(&redaction->kernel->geo, addr));
}

/*
 * Entries keep their distance from that of the address, whose place in its table may be another.
 * False: they would not fit there.
 */
static bool move_window(const struct redaction *redaction, uint64_t addr, struct pwt_path *at,
			unsigned int nr)
{
	const struct geometry *geo = &redaction->kernel->geo;
	int level = (int)geometry_top(geo) - at->depth + 1;
	int before, after, first;

	if (level < 0 || at->depth < 1)
		return false;
	before = geometry_index(geo, level, geometry_untag(addr));
	after = geometry_index(geo, level, geometry_untag(redact_address(redaction, addr)));
	first = at->first + after - before;
	if (first < 0 || first + nr > geometry_entries(geo, level))
		return false;
	at->first = first;
	return true;
}

static void redact_entries(const struct redaction *redaction, uint64_t *entries, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		entries[i] = redact_entry(redaction, entries[i]);
}

/* What was read on the way to @addr, with @nr entries behind it. */
static void redact_path(const struct redaction *redaction, uint64_t addr, struct pwt_path *at,
			uint64_t *entries, unsigned int nr)
{
	if (at->depth > PWT_MAX_LEVELS || !at->depth)
		return;
	if (!move_window(redaction, addr, at, nr)) {
		at->depth = 0; /* nothing was read */
		return;
	}
	redact_entries(redaction, (uint64_t *)at->path, at->depth);
	redact_entries(redaction, entries, nr);
}

static unsigned int small(const struct pwt_path *at)
{
	return at->nr <= PWT_SMALL_ENTRIES ? at->nr : 0;
}

static void redact_call(const struct redaction *redaction, enum pwt_func func, uint64_t *args,
			uint64_t *callers)
{
	args[0] = redact_address(redaction, args[0]);
	if (func == PWT_FN_VMAP_RANGE)
		args[3] = redact_physical(redaction, args[3]);
	for (int i = 0; i < PWT_NR_CALLERS; i++)
		callers[i] = code_address(redaction, callers[i]);
}

static void redact_enter(const struct redaction *redaction, struct pwt_enter *enter)
{
	redact_path(redaction, enter->args[0], &enter->at, (uint64_t *)enter->entries,
		    small(&enter->at));
	redact_call(redaction, enter->hdr.func, (uint64_t *)enter->args,
		    (uint64_t *)enter->callers);
}

static void redact_slice(const struct redaction *redaction, struct pwt_slice *slice)
{
	redact_path(redaction, slice->addr, &slice->at, (uint64_t *)slice->entries, slice->nr);
	if (!slice->at.depth)
		slice->hdr.flags |= PWT_F_READ_FAULT;
	slice->addr = redact_address(redaction, slice->addr);
}

void redact_record(const struct redaction *redaction, struct pwt_hdr *hdr, size_t size)
{
	struct pwt_exit *exit = (struct pwt_exit *)hdr;
	struct pwt_walk *walk = (struct pwt_walk *)hdr;
	struct pwt_callback *callback = (struct pwt_callback *)hdr;
	struct pwt_split *split = (struct pwt_split *)hdr;
	struct pwt_pages *pages = (struct pwt_pages *)hdr;
	struct pwt_area *area = (struct pwt_area *)hdr;

	(void)size; /* wire_size() has looked at it */
	hdr->task = redact_address(redaction, hdr->task);
	switch (hdr->type) {
	case PWT_ENTER:
		redact_enter(redaction, (struct pwt_enter *)hdr);
		break;
	case PWT_EXIT:
		redact_path(redaction, exit->args[0], &exit->at, (uint64_t *)exit->entries,
			    small(&exit->at));
		exit->args[0] = redact_address(redaction, exit->args[0]);
		if (hdr->func == PWT_FN_VMALLOC)
			exit->ret = redact_address(redaction, exit->ret);
		break;
	case PWT_SLICE:
		redact_slice(redaction, (struct pwt_slice *)hdr);
		break;
	case PWT_WALK:
		walk->start = redact_address(redaction, walk->start);
		walk->end = redact_address(redaction, walk->end - 1) + 1;
		walk->ops = redact_address(redaction, walk->ops);
		walk->pgd = redact_address(redaction, walk->pgd);
		break;
	case PWT_CALLBACK:
		callback->addr = redact_address(redaction, callback->addr);
		callback->next = redact_address(redaction, callback->next - 1) + 1;
		callback->entry = redact_entry(redaction, callback->entry);
		break;
	case PWT_SPLIT:
		/* of no use to anybody: where an entry is, what it is, how to allocate */
		memset((void *)split->args, 0, sizeof(split->args));
		break;
	case PWT_AREA:
		area->addr = redact_address(redaction, area->addr);
		break;
	case PWT_PAGES:
		for (unsigned int i = 0; i < pages->nr; i++)
			pages->pages[i] = redact_address(redaction, pages->pages[i]);
		break;
	}
}

void redact_kfence(const struct redaction *redaction, struct pwt_kfence *pool)
{
	/* or it has none, or where is not known */
	if (pool->start)
		pool->start = redact_address(redaction, pool->start);
}

void redact_state(const struct redaction *redaction, struct pwt_state *state)
{
	if (!redaction->kernel)
		return;
	redact_kfence(redaction, &state->kfence);
	for (unsigned int i = 0; i < state->nr_open; i++) {
		struct pwt_open *open = &state->open[i];

		open->task = redact_address(redaction, open->task);
		redact_call(redaction, open->func, open->args, open->callers);
	}
}

/* True: @line is of @key, and the value stands at *@value. */
static bool is_line(const char *line, const char *key, const char **value)
{
	size_t len = strlen(key);

	*value = line + len + 1;
	return !strncmp(line, key, len) && line[len] == '=';
}

static void print_line(const struct redaction *redaction, FILE *out, const char *line, int len)
{
	const struct kernel *kernel = redaction->kernel;
	const char *value;

	if (is_line(line, "NUMBER(PHYS_OFFSET)", &value))
		fprintf(out, "NUMBER(PHYS_OFFSET)=0x%" PRIx64 "\n",
			kernel->phys_offset + redaction->physical - redaction->linear);
	else if (is_line(line, "NUMBER(kimage_voffset)", &value))
		fprintf(out, "NUMBER(kimage_voffset)=0x%" PRIx64 "\n",
			redact_address(redaction, kernel->root_va) -
				redact_physical(redaction, kernel->root_pa));
	else if (is_line(line, "KERNELOFFSET", &value))
		fprintf(out, "KERNELOFFSET=0\n");
	else if (!strncmp(line, "SYMBOL(", 7) && (value = memchr(line, '=', len)))
		fprintf(out, "%.*s=%" PRIx64 "\n", (int)(value - line), line,
			redact_address(redaction, strtoull(value + 1, NULL, 16)));
	else
		fprintf(out, "%.*s\n", len, line);
}

char *redact_vmcoreinfo(const struct redaction *redaction, const char *text)
{
	char *redacted = NULL;
	size_t size;
	FILE *out = open_memstream(&redacted, &size);

	if (!out)
		return NULL;
	while (*text) {
		size_t len = strcspn(text, "\n");

		print_line(redaction, out, text, len);
		text += len + (text[len] == '\n');
	}
	if (fclose(out)) {
		free(redacted);
		return NULL;
	}
	return redacted;
}
