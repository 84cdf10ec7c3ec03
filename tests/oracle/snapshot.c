// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* New tables are placed where no machine has memory. */
#define NEW_TABLES    (1ULL << 46)
#define NR_NEW_TABLES 4096

/* A folio, and its struct pages one behind the other. */
struct folio_pages {
	struct folio folio;
	struct page *pages;
};

static const struct vm_operations_struct some_ops;

static struct page *pfn_to_page_of(const struct pagewalk_pages *pages, unsigned long pfn)
{
	const struct snapshot *s = (const void *)((const char *)pages -
						  offsetof(struct snapshot, pages));
	size_t from = 0, to = s->nr_folios;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (s->folios[middle].folio.page.pfn > pfn)
			to = middle;
		else
			from = middle + 1;
	}
	if (!from)
		return NULL;

	struct folio_pages *f = &s->folios[from - 1];
	unsigned long index = pfn - f->folio.page.pfn;

	if (index >= f->folio.nr_pages)
		return NULL;
	if (!f->pages) {
		f->pages = calloc(f->folio.nr_pages, sizeof(*f->pages));
		for (unsigned long i = 0; f->pages && i < f->folio.nr_pages; i++)
			f->pages[i] = (struct page){ f->folio.page.pfn + i, &f->folio.page };
	}
	return f->pages ? &f->pages[index] : NULL;
}

static int by_pfn(const void *a, const void *b)
{
	const struct folio_pages *x = a, *y = b;

	return x->folio.page.pfn < y->folio.page.pfn ? -1 : x->folio.page.pfn > y->folio.page.pfn;
}

static int by_address(const void *a, const void *b)
{
	const struct table *x = a, *y = b;

	return x->pa < y->pa ? -1 : x->pa > y->pa;
}

static void sort_folios(struct snapshot *s)
{
	size_t nr = 0;

	qsort(s->folios, s->nr_folios, sizeof(*s->folios), by_pfn);
	for (size_t i = 0; i < s->nr_folios; i++)
		if (!nr || s->folios[nr - 1].folio.page.pfn != s->folios[i].folio.page.pfn)
			s->folios[nr++] = s->folios[i];
	s->nr_folios = nr;
}

static struct vm_area_struct *vma_of(const struct snapshot *s, u64 id)
{
	for (size_t i = 0; i < s->nr_vmas; i++)
		if ((uintptr_t)s->vmas[i].vm_private_data == id)
			return &s->vmas[i];
	return NULL;
}

static void add_vma(struct snapshot *s, const struct vma_record *v)
{
	struct mm_struct *mm = &s->mms[s->nr_mms - 1];
	struct vm_area_struct *vma = &s->vmas[s->nr_vmas];
	struct hstate *hstate = NULL;

	if (v->flags & VM_HUGETLB) {
		hstate = malloc(sizeof(*hstate));
		hstate->order = v->order;
	}
	*vma = (struct vm_area_struct){
		.vm_start = v->start,
		.vm_end = v->end,
		.vm_mm = mm,
		.vm_page_prot = __pgprot(v->prot),
		.vm_flags = v->flags,
		.vm_pgoff = v->pgoff,
		.vm_ops = v->has_ops ? &some_ops : NULL,
		.vm_hstate = hstate,
		.vm_lock = { v->locked ? -1 : 0 },
		.vm_private_data = (void *)(uintptr_t)v->id,
	};
	s->by_address[s->nr_vmas++] = vma;
	mm->nr_vmas++;
}

static void add_mm(struct snapshot *s, const struct mm_record *m)
{
	s->mms[s->nr_mms++] = (struct mm_struct){
		.geo = &s->geo,
		.memory = pagewalk_image_memory(s->image),
		.root = m->root,
		.vmas = &s->by_address[s->nr_vmas],
		.mmap_lock = { -1 },
		.pages = &s->pages,
		.max_swapfiles = s->kernel.max_swapfiles,
	};
}

static bool add_kernel(struct snapshot *s, const struct kernel_record *k)
{
	s->kernel = *k;
	if (geometry_init(&s->geo, k->page_shift, k->va_bits, k->va_bits_config))
		return false;
	s->image = pagewalk_image_new(1UL << k->page_shift, NULL);
	s->new_tables = NEW_TABLES;
	s->pages = (struct pagewalk_pages){ pfn_to_page_of, k->zero_pfn, k->huge_zero_pfn };
	return s->image &&
	       !pagewalk_image_reserve(s->image, NEW_TABLES, NR_NEW_TABLES << k->page_shift);
}

static bool add_table(struct snapshot *s, u64 *data, size_t size)
{
	struct table table = { data[0], size - sizeof(u64), data + 1 };
	int err = pagewalk_image_map(s->image, table.pa, table.size, table.entries);

	/* hugetlb areas share tables */
	if (!err)
		s->tables[s->nr_tables++] = table;
	return !err || err == -EEXIST;
}

static bool add(struct snapshot *s, const struct record *record)
{
	void *data = (void *)(record + 1);
	struct made_walk *walk = &s->walks[s->nr_walks];

	if (record->type == RECORD_KERNEL)
		return !s->image && add_kernel(s, data);
	if (!s->image)
		return false;
	switch (record->type) {
	case RECORD_MM:
		add_mm(s, data);
		return true;
	case RECORD_VMA:
		if (s->nr_mms)
			add_vma(s, data);
		return s->nr_mms;
	case RECORD_TABLE:
		return add_table(s, data, record->size);
	case RECORD_FOLIO:
		s->folios[s->nr_folios++].folio = (struct folio){ { ((u64 *)data)[0], NULL },
								  ((u64 *)data)[1] };
		return true;
	case RECORD_MAPPING:
		s->has_mapping = true;
		s->mapping.i_mmap_rwsem.count = -1;
		s->mapping.nr = record->size / sizeof(u64);
		s->mapping.i_mmap = calloc(s->mapping.nr + 1, sizeof(*s->mapping.i_mmap));
		for (size_t i = 0; i < s->mapping.nr; i++) {
			s->mapping.i_mmap[i] = vma_of(s, ((u64 *)data)[i]);
			if (!s->mapping.i_mmap[i])
				return false;
		}
		return true;
	case RECORD_AFTER:
		s->after[s->nr_after++] = (struct table){ ((u64 *)data)[0],
							  record->size - sizeof(u64),
							  (u64 *)data + 1 };
		return true;
	case RECORD_WALK:
		if (s->nr_walks == BATCH_WALKS)
			return false;
		walk->made = data;
		walk->log = (void *)(walk->made + 1);
		walk->nr = (record->size - sizeof(*walk->made)) / sizeof(*walk->log);
		s->nr_walks++;
		return true;
	}
	return false;
}

static const struct record *next_record(const char **at, const char *end)
{
	const struct record *record = (const void *)*at;

	if ((size_t)(end - *at) < sizeof(*record) || record->size % 8 ||
	    record->size > (size_t)(end - *at) - sizeof(*record))
		return NULL;
	*at += sizeof(*record) + record->size;
	return record;
}

struct snapshot *snapshot_new(const void *data, size_t size)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	size_t nr[RECORD_AFTER + 1] = {};
	const struct record *record;
	const char *at, *end;

	s->data = aligned_alloc(16, (size + 15) & -16UL);
	memcpy(s->data, data, size);
	end = (char *)s->data + size;
	for (at = s->data; at < end;) {
		record = next_record(&at, end);
		if (!record || record->type > RECORD_AFTER)
			goto bad;
		nr[record->type]++;
	}
	s->mms = calloc(nr[RECORD_MM] + 1, sizeof(*s->mms));
	s->vmas = calloc(nr[RECORD_VMA] + 1, sizeof(*s->vmas));
	s->by_address = calloc(nr[RECORD_VMA] + 1, sizeof(*s->by_address));
	s->tables = calloc(nr[RECORD_TABLE] + 1, sizeof(*s->tables));
	s->after = calloc(nr[RECORD_AFTER] + 1, sizeof(*s->after));
	s->folios = calloc(nr[RECORD_FOLIO] + 1, sizeof(*s->folios));
	for (at = s->data; at < end;)
		if (!add(s, next_record(&at, end)))
			goto bad;
	if (!s->nr_mms)
		goto bad;
	sort_folios(s);
	qsort(s->after, s->nr_after, sizeof(*s->after), by_address);
	return s;

bad:
	snapshot_free(s);
	return NULL;
}

void snapshot_free(struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_folios; i++)
		free(s->folios[i].pages);
	for (size_t i = 0; i < s->nr_vmas; i++)
		free((void *)s->vmas[i].vm_hstate);
	pagewalk_image_free(s->image);
	free(s->folios);
	free(s->mapping.i_mmap);
	free(s->tables);
	free(s->after);
	free(s->by_address);
	free(s->vmas);
	free(s->mms);
	free(s->data);
	free(s);
}

static bool same_table(const struct snapshot *s, int level, u64 kernel_pa, u64 own_pa, u64 addr)
{
	const u64 address_bits = geometry_phys_to_desc(&s->geo, ~0ULL);
	const struct table key = { .pa = kernel_pa };
	const struct table *kernel = bsearch(&key, s->after, s->nr_after, sizeof(key), by_address);
	uint64_t room;
	const u64 *own = pagewalk_image_at(s->image, own_pa, &room);

	if (!kernel || !own || kernel->size > room) {
		printf("# a table of level %d for %" PRIx64 " is not there\n", level, addr);
		return false;
	}
	for (size_t i = 0; i < kernel->size / sizeof(u64); i++) {
		u64 theirs = kernel->entries[i], ours = own[i];
		bool table = level && (theirs & 3) == 3;
		u64 ignored = table ? address_bits : 0;

		if ((theirs & ~ignored) != (ours & ~ignored)) {
			printf("# after: level %d %" PRIx64 " kernel %" PRIx64 " library %" PRIx64
			       "\n",
			       level, addr, theirs, ours);
			return false;
		}
		if (table && !same_table(s, level - 1, geometry_desc_to_phys(&s->geo, theirs),
					 geometry_desc_to_phys(&s->geo, ours), addr))
			return false;
		addr += geometry_size(&s->geo, level);
	}
	return true;
}

bool snapshot_same_after(const struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_mms; i++)
		if (!same_table(s, geometry_top(&s->geo), s->mms[i].root, s->mms[i].root, 0))
			return false;
	return true;
}

u64 snapshot_area(const struct vm_area_struct *vma)
{
	return (uintptr_t)vma->vm_private_data;
}

u64 snapshot_place(const struct snapshot *s, const void *entry)
{
	size_t from = 0, to = s->nr_tables;
	uint64_t room;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if ((const void *)s->tables[middle].entries > entry)
			to = middle;
		else
			from = middle + 1;
	}
	if (from) {
		const struct table *t = &s->tables[from - 1];
		size_t offset = (const char *)entry - (const char *)t->entries;

		if (offset < t->size)
			return t->pa + offset;
	}
	for (u64 pa = s->new_tables;; pa += 1UL << s->geo.page_shift) {
		const char *table = pagewalk_image_at(s->image, pa, &room);

		if (!table)
			return ORACLE_NOWHERE;
		if ((const char *)entry - table >= 0 && (const char *)entry - table < (long)room)
			return pa + ((const char *)entry - table);
	}
}

bool snapshot_has_page(const struct snapshot *s, u64 pa)
{
	for (size_t i = 0; i < s->nr_tables; i++)
		if (s->tables[i].pa >> s->geo.page_shift == pa >> s->geo.page_shift)
			return true;
	return false;
}
