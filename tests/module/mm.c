// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/pwt_mm: the kernel's walks of a process. A struct batch is written; what is read then is
 * a snapshot of the address spaces, and the log of each walk. All of it happens in the write, with
 * the locks held from before the snapshot to after the last walk.
 *
 * The file can be mapped, too: memory of the module's, in the ways that drivers map theirs.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/pgtable.h>
#include <linux/proc_fs.h>
#include <linux/sched/mm.h>
#include <linux/swapops.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "oracle/process.h"
#include "pwt_test.h"

#define ROOM	(48UL << 20)
#define MAX_MMS 16

/* Pages to map and to install: one folio, aligned. */
static struct page *memory;
static unsigned int memory_order;

struct answer_buffer {
	u8 *data;
	size_t len;
	bool full;
	struct folio_record last;
};

/* What one batch works on. */
struct target {
	struct mm_struct *mms[MAX_MMS]; /* the first is the one that is asked for */
	unsigned int nr_mms;
	struct address_space *mapping;
	struct folio *frozen[BATCH_FROZEN];
};

/*
 * Records.
 */

static void *room_for(struct answer_buffer *b, size_t size)
{
	void *at = b->data + b->len;

	if (b->full || ROOM - b->len < size) {
		b->full = true;
		return NULL;
	}
	b->len += size;
	return at;
}

static void *add_record(struct answer_buffer *b, enum record_type type, size_t size)
{
	struct record *record = room_for(b, sizeof(*record) + size);

	if (!record)
		return NULL;
	*record = (struct record){ type, size };
	return record + 1;
}

static void put(struct answer_buffer *b, enum record_type type, const void *what, size_t size)
{
	void *at = add_record(b, type, size);

	if (at)
		memcpy(at, what, size);
}

static void put_kernel(struct answer_buffer *b)
{
	struct kernel_record k = {
		.page_shift = PAGE_SHIFT,
		.va_bits = vabits_actual,
		.va_bits_config = VA_BITS,
		.max_swapfiles = MAX_SWAPFILES,
		.zero_pfn = page_to_pfn(ZERO_PAGE(0)),
		.huge_zero_pfn = kc.huge_zero_pfn ? READ_ONCE(*(u64 *)kc.huge_zero_pfn) : 0,
	};

	if (k.huge_zero_pfn == ~0ULL)
		k.huge_zero_pfn = 0;
	put(b, RECORD_KERNEL, &k, sizeof(k));
}

/* The folio that a page frame is part of, if it has a struct page. */
static void put_folio(struct answer_buffer *b, unsigned long pfn)
{
	struct folio_record *last = &b->last;
	struct folio *folio;

	if (!pfn_valid(pfn) || !pfn_is_map_memory(pfn))
		return;
	folio = page_folio(pfn_to_page(pfn));
	if (last->pfn == folio_pfn(folio) && last->nr_pages == folio_nr_pages(folio))
		return;
	*last = (struct folio_record){ folio_pfn(folio), folio_nr_pages(folio) };
	put(b, RECORD_FOLIO, last, sizeof(*last));
}

/* A table and those below it. @level counts from the last one. */
static void put_table(struct answer_buffer *b, enum record_type type, phys_addr_t pa, int level,
		      unsigned int entries)
{
	u64 *table = __va(pa), *at;

	at = add_record(b, type, sizeof(u64) + entries * sizeof(u64));
	if (!at)
		return;
	at[0] = pa;
	memcpy(at + 1, table, entries * sizeof(u64));
	for (unsigned int i = 0; i < entries; i++) {
		pte_t entry = __pte(table[i]);

		if (level && (table[i] & 3) == 3)
			put_table(b, type, __pte_to_phys(entry), level - 1, PTRS_PER_PTE);
		else if (type == RECORD_TABLE && pte_present(entry))
			put_folio(b, pte_pfn(entry));
	}
}

static void put_vma(struct answer_buffer *b, struct vm_area_struct *vma, bool locked)
{
	struct vma_record v = {
		.id = (unsigned long)vma,
		.start = vma->vm_start,
		.end = vma->vm_end,
		.flags = vma->vm_flags,
		.pgoff = vma->vm_pgoff,
		.prot = pgprot_val(vma->vm_page_prot),
		.has_ops = !!vma->vm_ops,
		.locked = locked,
	};

	if (is_vm_hugetlb_page(vma))
		v.order = ilog2(vma->vm_ops->pagesize(vma)) - PAGE_SHIFT;
	put(b, RECORD_VMA, &v, sizeof(v));
}

static void put_tables(struct answer_buffer *b, enum record_type type, const struct mm_struct *mm)
{
	unsigned int va_bits = vabits_actual, table_bits = PAGE_SHIFT - 3;
	unsigned int levels = DIV_ROUND_UP(va_bits - PAGE_SHIFT, table_bits);
	unsigned int root_bits = va_bits - PAGE_SHIFT - (levels - 1) * table_bits;

	put_table(b, type, virt_to_phys(mm->pgd), levels - 1, 1 << root_bits);
}

static void put_mm(struct answer_buffer *b, struct mm_struct *mm, bool locked)
{
	struct mm_record *record = add_record(b, RECORD_MM, sizeof(*record));
	struct vm_area_struct *vma;
	u64 nr = 0;

	for (vma = find_vma(mm, 0); vma; vma = find_vma(mm, vma->vm_end)) {
		put_vma(b, vma, locked);
		nr++;
	}
	if (record)
		*record = (struct mm_record){ virt_to_phys(mm->pgd), nr };
	put_tables(b, RECORD_TABLE, mm);
}

#define for_each_mapping_vma(vma, node, mapping)                                     \
	for (node = rb_first_cached(&(mapping)->i_mmap);                             \
	     node && (vma = rb_entry(node, struct vm_area_struct, shared.rb), true); \
	     node = rb_next(node))

static void put_mapping(struct answer_buffer *b, struct address_space *mapping)
{
	struct record *record = room_for(b, sizeof(*record));
	struct vm_area_struct *vma;
	struct rb_node *node;
	u32 nr = 0;

	for_each_mapping_vma(vma, node, mapping)
	{
		u64 *id = room_for(b, sizeof(*id));

		if (id)
			*id = (unsigned long)vma;
		nr++;
	}
	if (record)
		*record = (struct record){ RECORD_MAPPING, nr * sizeof(u64) };
}

static void put_snapshot(struct answer_buffer *b, const struct target *t, bool locked)
{
	put_kernel(b);
	put_folio(b, page_to_pfn(ZERO_PAGE(0)));
	put_folio(b, page_to_pfn(memory));
	if (kc.huge_zero_pfn)
		put_folio(b, READ_ONCE(*(u64 *)kc.huge_zero_pfn));
	for (unsigned int i = 0; i < t->nr_mms; i++)
		put_mm(b, t->mms[i], locked && !i);
	if (t->mapping)
		put_mapping(b, t->mapping);
}

/*
 * Migration entries, without moving anything.
 */

static void freeze(struct target *t, const struct batch *batch)
{
	struct page *pages[BATCH_FROZEN] = {};

	if (!kc.try_to_migrate || !kc.remove_migration_ptes)
		return;
	/* all of them first: whoever looks for a frozen one waits for its thaw */
	for (int i = 0; i < BATCH_FROZEN; i++)
		if (batch->frozen[i] && get_user_pages_fast(batch->frozen[i], 1, 0, &pages[i]) != 1)
			pages[i] = NULL;
	for (int i = 0; i < BATCH_FROZEN; i++) {
		struct folio *folio = pages[i] ? page_folio(pages[i]) : NULL;

		if (!folio)
			continue;
		if (!folio_trylock(folio)) { /* two in one folio */
			folio_put(folio);
			continue;
		}
		kc.try_to_migrate(folio, 0);
		t->frozen[i] = folio;
	}
}

static void thaw(struct target *t)
{
	for (int i = 0; i < BATCH_FROZEN; i++) {
		if (!t->frozen[i])
			continue;
		kc.remove_migration_ptes(t->frozen[i], t->frozen[i], 0);
		folio_unlock(t->frozen[i]);
		folio_put(t->frozen[i]);
	}
}

/*
 * Whose tables, and their locks.
 */

static int add_mm(struct target *t, struct mm_struct *mm)
{
	for (unsigned int i = 0; i < t->nr_mms; i++)
		if (t->mms[i] == mm)
			return 0;
	if (t->nr_mms == MAX_MMS || !mmget_not_zero(mm))
		return -EBUSY;
	t->mms[t->nr_mms++] = mm;
	return 0;
}

static int add_mm_of(struct target *t, pid_t pid)
{
	struct task_struct *task = pid ? get_pid_task(find_vpid(pid), PIDTYPE_PID) : current;
	struct mm_struct *mm;
	int err = -ESRCH;

	if (!task)
		return err;
	mm = get_task_mm(task);
	if (mm) {
		err = add_mm(t, mm);
		mmput(mm);
	}
	if (pid)
		put_task_struct(task);
	return err;
}

/* The process that asks is alone in changing what is looked at, so this is all of them. */
static int add_mapping(struct target *t, int fd)
{
	struct file *file = fget(fd);
	struct vm_area_struct *vma;
	struct rb_node *node;
	int err = 0;

	if (!file)
		return -EBADF;
	t->mapping = file->f_mapping;
	i_mmap_lock_read(t->mapping);
	for_each_mapping_vma(vma, node, t->mapping) err = err ?: add_mm(t, vma->vm_mm);
	i_mmap_unlock_read(t->mapping);
	fput(file);
	return err;
}

static void lock_target(const struct target *t, bool vmas)
{
	struct vm_area_struct *vma;

	for (unsigned int i = 0; i < t->nr_mms; i++)
		mmap_write_lock(t->mms[i]);
	if (t->mapping)
		i_mmap_lock_write(t->mapping);
	for (vma = find_vma(t->mms[0], 0); vma && vmas; vma = find_vma(t->mms[0], vma->vm_end))
		vma_start_write(vma);
}

static void unlock_target(const struct target *t)
{
	if (t->mapping)
		i_mmap_unlock_write(t->mapping);
	for (unsigned int i = t->nr_mms; i--;)
		mmap_write_unlock(t->mms[i]);
}

/*
 * Walks.
 */

static u64 number_of(const struct vm_area_struct *vma)
{
	return (unsigned long)vma;
}

static u64 place_of(const struct oracle *o, const void *entry)
{
	return virt_to_phys((void *)entry);
}

static void put_walk(struct answer_buffer *b, const struct walk_request *r, const struct target *t)
{
	struct oracle o = {
		.limit = r->limit,
		.max = r->limit + 1000,
		.agains = r->agains,
		.random = r->seed,
		.odds = r->odds,
		.install = r->install,
		.install_span = 1,
		.where = place_of,
		.area = number_of,
	};
	struct record *record = room_for(b, sizeof(*record));
	struct walk_record *walk = room_for(b, sizeof(*walk));

	if (!walk || r->limit > 1 << 20 || ROOM - b->len < o.max * sizeof(*o.log)) {
		b->full = true;
		return;
	}
	if (!r->install) {
		o.install = pte_val(pfn_pte(page_to_pfn(memory),
					    vm_get_page_prot(VM_READ | VM_WRITE | VM_SHARED)));
		o.install_span = PAGE_SIZE << memory_order;
	}
	o.log = (void *)(b->data + b->len);
	walk->request = *r;
	walk->install = o.install;
	walk->install_span = o.install_span;
	walk->ret = oracle_walk(r, &o, t->mms[0], t->mapping);
	b->len += o.nr * sizeof(*o.log);
	if (o.overflow)
		b->full = true;
	*record = (struct record){ RECORD_WALK, sizeof(*walk) + o.nr * sizeof(*o.log) };
}

static bool is_ours(pte_t pte)
{
	return pte_valid(pte) && pte_pfn(pte) - page_to_pfn(memory) < 1UL << memory_order;
}

/*
 * Nobody counts the pages that a walk has installed, and nobody shall see them. Nothing but them
 * can be in a contiguous run with one of them.
 */
static void uninstall(struct mm_struct *mm, const struct walk_request *r)
{
	unsigned long addr, next;

	if (r->install || (r->kind != WALK_RANGE_UNSAFE && r->kind != WALK_VMA_UNSAFE))
		return;
	for (addr = r->start; addr < r->end; addr = next) {
		pgd_t *pgd = pgd_offset(mm, addr);
		p4d_t *p4d = pgd_none(*pgd) ? NULL : p4d_offset(pgd, addr);
		pud_t *pud = !p4d || p4d_none(*p4d) ? NULL : pud_offset(p4d, addr);
		pmd_t *pmd = !pud || !pud_table(*pud) ? NULL : pmd_offset(pud, addr);
		pte_t *pte;

		next = pmd && pmd_table(*pmd) ? addr + PAGE_SIZE : pmd_addr_end(addr, r->end);
		if (!pmd || !pmd_table(*pmd))
			continue;
		pte = pte_offset_kernel(pmd, addr);
		if (is_ours(__ptep_get(pte)))
			__set_pte(pte, __pte(0));
	}
	flush_tlb_everything();
}

static int run_batch(struct answer_buffer *b, const struct batch *batch)
{
	struct target t = {};
	int err = add_mm_of(&t, batch->pid);

	b->len = 0;
	b->full = false;
	b->last = (struct folio_record){};
	if (!err && batch->fd >= 0)
		err = add_mapping(&t, batch->fd);
	if (!err) {
		freeze(&t, batch);
		lock_target(&t, batch->lock_vmas);
		put_snapshot(b, &t, batch->lock_vmas);
		for (u32 i = 0; i < batch->nr; i++)
			put_walk(b, &batch->walk[i], &t);
		for (unsigned int i = 0; i < t.nr_mms; i++)
			put_tables(b, RECORD_AFTER, t.mms[i]);
		for (u32 i = 0; i < batch->nr; i++)
			uninstall(t.mms[0], &batch->walk[i]);
		unlock_target(&t);
		thaw(&t);
		err = b->full ? -E2BIG : 0;
	}
	while (t.nr_mms)
		mmput(t.mms[--t.nr_mms]);
	return err;
}

/*
 * The file.
 */

static ssize_t mm_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct answer_buffer *b = file->private_data;
	struct batch batch;
	int err;

	if (len != sizeof(batch))
		return -EINVAL;
	if (copy_from_user(&batch, buf, len))
		return -EFAULT;
	if (batch.nr > BATCH_WALKS)
		return -EINVAL;
	if (!b->data)
		b->data = vmalloc(ROOM);
	if (!b->data)
		return -ENOMEM;
	err = run_batch(b, &batch);
	*pos = 0;
	return err ?: len;
}

static ssize_t mm_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct answer_buffer *b = file->private_data;

	return simple_read_from_buffer(buf, len, pos, b->data, b->len);
}

static int mm_open(struct inode *inode, struct file *file)
{
	file->private_data = kzalloc(sizeof(struct answer_buffer), GFP_KERNEL);
	return file->private_data ? 0 : -ENOMEM;
}

static int mm_release(struct inode *inode, struct file *file)
{
	struct answer_buffer *b = file->private_data;

	vfree(b->data);
	kfree(b);
	return 0;
}

/*
 * What drivers map: by the page of the file that the mapping begins with, page frames (0), pages
 * (1), or huge page frames (2).
 */

static vm_fault_t huge_fault(struct vm_fault *vmf, unsigned int order)
{
	if (order != PMD_SHIFT - PAGE_SHIFT || !kc.vmf_insert_pfn_pmd ||
	    memory_order < PMD_SHIFT - PAGE_SHIFT)
		return VM_FAULT_FALLBACK;
	return kc.vmf_insert_pfn_pmd(vmf, page_to_pfn(memory), vmf->flags & FAULT_FLAG_WRITE);
}

static vm_fault_t small_fault(struct vm_fault *vmf)
{
	return vmf_insert_pfn(vmf->vma, vmf->address, page_to_pfn(memory));
}

static const struct vm_operations_struct huge_ops = {
	.fault = small_fault,
	.huge_fault = huge_fault,
};

static int mm_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long size = vma->vm_end - vma->vm_start;
	int err = 0;

	if (vma->vm_pgoff == 2) {
		vm_flags_set(vma, VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP);
		vma->vm_ops = &huge_ops;
		return 0;
	}
	if (size > PAGE_SIZE << memory_order)
		return -EINVAL;
	if (!vma->vm_pgoff)
		return remap_pfn_range(vma, vma->vm_start, page_to_pfn(memory), size,
				       vma->vm_page_prot);
	for (unsigned long i = 0; i < size && !err; i += PAGE_SIZE)
		err = vm_insert_page(vma, vma->vm_start + i, memory + i / PAGE_SIZE);
	return err;
}

static const struct proc_ops mm_ops = {
	.proc_open = mm_open,
	.proc_release = mm_release,
	.proc_read = mm_read,
	.proc_write = mm_write,
	.proc_lseek = default_llseek,
	.proc_mmap = mm_mmap,
};

int mm_init_file(void)
{
	/* with 64K pages a block is half of a guest: that is done without */
	memory_order = min3(PMD_SHIFT, ilog2(SZ_32M), MAX_PAGE_ORDER + PAGE_SHIFT) - PAGE_SHIFT;
	memory = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_COMP, memory_order);
	if (!memory)
		return -ENOMEM;
	if (!proc_create("pwt_mm", 0600, NULL, &mm_ops)) {
		__free_pages(memory, memory_order);
		return -ENOMEM;
	}
	return 0;
}

void mm_remove_file(void)
{
	remove_proc_entry("pwt_mm", NULL);
	__free_pages(memory, memory_order);
}
