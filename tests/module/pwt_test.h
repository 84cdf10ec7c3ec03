/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module for test guests: it asks the kernel for permission changes that user space cannot
 * ask for, and plants faults for a checker to find. Never load it on a machine that matters.
 */
#ifndef PWT_TEST_H
#define PWT_TEST_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/types.h>

/* What one command has to say: lines of "key=value". */
struct answer {
	size_t len;
	char text[8000];
};

void say(struct answer *a, const char *fmt, ...) __printf(2, 3);

/* sym.c: kernel functions that are not exported */

struct kernel_calls {
	int (*set_memory_ro)(unsigned long addr, int numpages);
	int (*set_memory_rw)(unsigned long addr, int numpages);
	int (*set_memory_nx)(unsigned long addr, int numpages);
	int (*set_memory_x)(unsigned long addr, int numpages);
	int (*set_memory_valid)(unsigned long addr, int numpages, int enable);
	int (*set_direct_map_invalid_noflush)(struct page *page);
	int (*set_direct_map_default_noflush)(struct page *page);
	int (*set_direct_map_valid_noflush)(struct page *page, unsigned int nr, bool valid);
	bool (*can_set_direct_map)(void);
	struct vm_struct *(*find_vm_area)(const void *addr);
	struct vm_struct *(*get_vm_area)(unsigned long size, unsigned long flags);
	int (*__vmap_pages_range_noflush)(unsigned long addr, unsigned long end, pgprot_t prot,
					  struct page **pages, unsigned int page_shift);
	void (*vunmap_range)(unsigned long addr, unsigned long end);
	int (*update_range_prot)(unsigned long start, unsigned long size, pgprot_t set,
				 pgprot_t clear);
	int (*__change_memory_common)(unsigned long start, unsigned long size, pgprot_t set,
				      pgprot_t clear);
	unsigned long swapper_pg_dir;
	bool *rodata_full;
	unsigned long walk_kernel_page_table_range_lockless;
	unsigned long apply_to_page_range;
	/* update_range_prot() or __change_memory_common(); set_memory_ro() and then set_memory_x()
	 */
	int (*change_range)(unsigned long start, unsigned long size, pgprot_t set, pgprot_t clear);
	int (*set_memory_rox)(unsigned long addr, int numpages);

	/* for mm.c, which does without what is not there */
	struct mm_struct *init_mm;
	unsigned long huge_zero_pfn;
	int (*walk_page_range)(struct mm_struct *mm, unsigned long start, unsigned long end,
			       const struct mm_walk_ops *ops, void *private);
	int (*walk_page_range_vma)(struct vm_area_struct *vma, unsigned long start,
				   unsigned long end, const struct mm_walk_ops *ops, void *private);
	int (*walk_page_vma)(struct vm_area_struct *vma, const struct mm_walk_ops *ops,
			     void *private);
	int (*walk_page_mapping)(struct address_space *mapping, pgoff_t first_index, pgoff_t nr,
				 const struct mm_walk_ops *ops, void *private);
	int (*walk_page_range_debug)(struct mm_struct *mm, unsigned long start, unsigned long end,
				     const struct mm_walk_ops *ops, pgd_t *pgd, void *private);
	int (*walk_page_range_mm_unsafe)(struct mm_struct *mm, unsigned long start,
					 unsigned long end, const struct mm_walk_ops *ops,
					 void *private);
	int (*walk_page_range_vma_unsafe)(struct vm_area_struct *vma, unsigned long start,
					  unsigned long end, const struct mm_walk_ops *ops,
					  void *private);
	struct folio *(*folio_walk_start)(struct folio_walk *fw, struct vm_area_struct *vma,
					  unsigned long addr, folio_walk_flags_t flags);
	void (*vma_pgtable_walk_end)(struct vm_area_struct *vma);
	void (*try_to_migrate)(struct folio *folio, u32 flags);
	void (*remove_migration_ptes)(struct folio *src, struct folio *dst, u32 flags);
	vm_fault_t (*vmf_insert_pfn_pmd)(struct vm_fault *vmf, unsigned long pfn, bool write);
};

extern struct kernel_calls kc;

int sym_resolve(void);
void sym_info(struct answer *a);

/* table.c: the kernel's own table entries */

/* The leaf, or the empty entry, that decides about one address. */
struct leaf {
	u64 *entry;
	u64 val;
	u64 *table; /* at the last level: the entry above */
	unsigned long size;
	const char *level;
};

void leaf_lookup(unsigned long addr, struct leaf *leaf);
void leaf_write(u64 *entry, u64 val);
void flush_tlb_everything(void);

/* area.c: memory to work on, kept by name */

enum area_kind {
	AREA_VMALLOC,
	AREA_VMALLOC_HUGE,
	AREA_VMAP,
	AREA_LINEAR,
	AREA_HOLE,
};

struct area {
	struct list_head node;
	char name[24];
	enum area_kind kind;
	unsigned long addr;
	long pages;
	unsigned int order;    /* AREA_LINEAR */
	struct page **pagev;   /* AREA_VMAP */
	struct vm_struct *vm;  /* AREA_HOLE */
	unsigned long *linear; /* linear address of each page, but for AREA_HOLE */
	u64 *own_orig;	       /* attributes at birth, by page; the guard page last */
	u64 *linear_orig;
};

struct area *area_new(const char *name, const char *kind, long n, struct answer *a, int *err);
struct area *area_find(const char *name);
int area_free(struct area *area, struct answer *a);
int area_free_all(struct answer *a);
void area_describe(struct area *area, struct answer *a);
void area_info(struct answer *a);
bool area_is_vmalloc(const struct area *area);

/*
 * A range as commands name it: [alias:]NAME FIRST COUNT, in pages. "alias:" stands for the
 * linear address of page FIRST.
 */
struct span {
	struct area *area;
	bool alias;
	long first;
	long count;
	unsigned long addr;
};

int span_parse(struct span *r, char **argv, struct answer *a);

/* call.c: one permission change */

bool call_known(const char *name);
int call_run(int argc, char **argv, struct answer *a);

/* plant.c: faults */

int plant_run(int argc, char **argv, struct answer *a);
void plant_undo(struct answer *a);
void plant_show(struct answer *a);
void plant_help(struct answer *a);

/* ambush.c: a fault in somebody else's change */

int ambush_run(int argc, char **argv, struct answer *a);
void ambush_undo(void);

/* birth.c: mappings that come and go */

int birth_run(int argc, char **argv, struct answer *a);

/* hold.c: mappings that stay */

int hold_run(int argc, char **argv, struct answer *a);
int release_run(int argc, char **argv, struct answer *a);
void release_all(void);

/* load.c: many changes */

int bench_run(int argc, char **argv, struct answer *a);
int stress_run(int argc, char **argv, struct answer *a);
int churn_run(int argc, char **argv, struct answer *a);

/* flip.c: memory between two states */

int flip_run(int argc, char **argv, struct answer *a);
void flip_stop(struct answer *a);

/* spoil.c: tables that are wrong as they stand */

int spoil_run(int argc, char **argv, struct answer *a);
void spoil_undo(struct answer *a);

/* walk.c: the kernel's page walk, for kernels whose header has all of its callbacks */

#ifdef PWT_WALK
int walk_init(void);
void walk_exit(void);

/* mm.c: its walk of processes */
int mm_init_file(void);
void mm_remove_file(void);
#else
static inline int walk_init(void)
{
	return 0;
}
static inline void walk_exit(void) {}
static inline int mm_init_file(void)
{
	return 0;
}
static inline void mm_remove_file(void) {}
#endif

#endif
