// SPDX-License-Identifier: GPL-2.0-only
#include "process.h"

#include <inttypes.h>

#include "dump/softleaf.h"
#include "emit/emit.h"
#include "geometry/descriptor.h"
#include "source/stream.h"

/* Those that ptdump knows, and what Linux marks pages of user space with. */
#define MOST_WORDS (DESC_MAX_WORDS + 3)

static size_t words_of(const struct process_printer *printer, const struct leaf_run *leaf,
		       const char *words[MOST_WORDS])
{
	size_t nr = desc_words(printer->mm->geo, leaf->level, leaf->desc, leaf->table_bits, words);

	if (leaf->desc & PTE_DIRTY)
		words[nr++] = "DIRTY";
	if (leaf->desc & PTE_SPECIAL)
		words[nr++] = "SPECIAL";
	if (leaf->desc & PTE_UFFD)
		words[nr++] = "UFFD";
	return nr;
}

static bool is_softleaf(const struct leaf_run *leaf)
{
	return leaf->desc && !desc_present(leaf->desc);
}

static uint64_t pa_of(const struct mm_struct *mm, softleaf_t entry)
{
	return (uint64_t)pagewalk_softleaf_pfn(mm, entry) << mm->geo->page_shift;
}

static bool has_pfn(enum softleaf_type type)
{
	return type > SOFTLEAF_SWAP && type < SOFTLEAF_MARKER;
}

/* Text */

void process_area_text(const struct vma *vma, char *buf, size_t size)
{
	char permissions[5], pages[16] = "";

	vma_permissions(vma, permissions);
	if (vma->flags & VM_HUGETLB)
		emit_size(vma->page_size, pages, sizeof(pages));
	snprintf(buf, size, "0x%016" PRIx64 "-0x%016" PRIx64 " %s %s%s%s%s", vma->start, vma->end,
		 permissions, *vma->name ? vma->name : "anonymous", *pages ? ", hugetlb " : "",
		 pages, vma->flags & VM_PFNMAP ? ", VM_PFNMAP" : "");
}

void process_softleaf_text(const struct mm_struct *mm, uint64_t desc, char *buf, size_t size)
{
	softleaf_t entry = softleaf_from_pte(__pte(desc));
	enum softleaf_type type = pagewalk_softleaf_type(mm, entry);
	const char *flag = desc & PTE_SWP_UFFD ? " uffd-wp" : "";

	if (type == SOFTLEAF_SWAP)
		snprintf(buf, size, "swap %u:0x%lx%s%s", __swp_type(entry), __swp_offset(entry),
			 desc & PTE_SWP_EXCLUSIVE ? " exclusive" : "", flag);
	else if (has_pfn(type))
		snprintf(buf, size, "%s pa 0x%" PRIx64 "%s", softleaf_name(type), pa_of(mm, entry),
			 flag);
	else if (type == SOFTLEAF_MARKER)
		snprintf(buf, size, "marker %s", marker_name(entry));
	else
		snprintf(buf, size, "bad:0x%016" PRIx64, desc);
}

static void text_leaf(struct process_printer *printer, const struct leaf_run *leaf)
{
	const char *words[MOST_WORDS];
	size_t nr = words_of(printer, leaf, words);

	fprintf(printer->out, " 0x%012" PRIx64 " %c%c%c",
		desc_address(printer->mm->geo, leaf->desc),
		desc_user_readable(leaf->desc, leaf->table_bits) ? 'r' : '-',
		desc_user_writable(leaf->desc, leaf->table_bits) ? 'w' : '-',
		desc_user_executable(leaf->desc, leaf->table_bits) ? 'x' : '-');
	for (size_t i = 0; i < nr; i++)
		fprintf(printer->out, " %s", words[i]);
}

static const char *level_word(const struct leaf_run *leaf)
{
	static const char *const words[] = { "PTE", "PMD", "PUD", "P4D", "PGD" };

	return leaf->desc || leaf->depth >= 0 ? words[leaf->level] : "-";
}

static void text_run(struct process_printer *printer, const struct process_run *run)
{
	const struct leaf_run *leaf = &run->leaf;
	char text[96];

	emit_size(leaf->size, text, sizeof(text));
	fprintf(printer->out, "0x%016" PRIx64 "-0x%016" PRIx64 " %9s %-3s ", leaf->start,
		leaf->start + leaf->size, text, level_word(leaf));
	if (is_softleaf(leaf)) {
		process_softleaf_text(printer->mm, leaf->desc, text, sizeof(text));
		fprintf(printer->out, " - %s", text);
	} else if (leaf->desc) {
		text_leaf(printer, leaf);
	} else {
		fputs(" -", printer->out);
	}
	if (run->hugetlb) {
		emit_size(run->each, text, sizeof(text));
		fprintf(printer->out, " hugetlb:%s", text);
	}
	if (run->passed_over)
		fputs(" not walked", printer->out);
	if (run->fault)
		fprintf(printer->out, " <%s>", pagewalk_fault_name(run->fault));
	if (leaf->marks & STREAM_TORN)
		fputs(" <torn>", printer->out);
	if (leaf->marks & STREAM_UNREADABLE)
		fputs(" <unreadable>", printer->out);
	fputc('\n', printer->out);
}

/* JSON */

void process_area_put(json *object, const struct vma *vma)
{
	char text[32];

	put_hex(object, "start", vma->start);
	put_number(object, "size", vma->end - vma->start);
	vma_permissions(vma, text);
	put_string(object, "permissions", text);
	put_string(object, "name", *vma->name ? vma->name : NULL);
	put_hex(object, "offset", vma->offset);
	put_number(object, "inode", vma->inode);
	snprintf(text, sizeof(text), "%02x:%02x", vma->major, vma->minor);
	put_string(object, "device", text);
	put_number(object, "page_size", vma->page_size);
	put_bool(object, "hugetlb", vma->flags & VM_HUGETLB);
	put_bool(object, "pfnmap", vma->flags & VM_PFNMAP);
}

void process_softleaf_put(json *object, const struct mm_struct *mm, uint64_t desc)
{
	softleaf_t entry = softleaf_from_pte(__pte(desc));
	enum softleaf_type type = pagewalk_softleaf_type(mm, entry);

	put_string(object, "kind", type == SOFTLEAF_NONE ? "bad" : softleaf_name(type));
	put_hex(object, "entry", desc);
	put_number(object, "swap_type", __swp_type(entry));
	put_hex(object, "swap_offset", __swp_offset(entry));
	if (has_pfn(type))
		put_hex(object, "pa", pa_of(mm, entry));
	if (type == SOFTLEAF_MARKER)
		put_string(object, "marker", marker_name(entry));
	put_bool(object, "uffd_wp", desc & PTE_SWP_UFFD);
}

static const char *kind_of(const struct process_run *run)
{
	if (run->fault)
		return "unknown";
	if (run->passed_over)
		return "passed-over";
	if (!run->leaf.desc)
		return "hole";
	if (!desc_valid(run->leaf.desc))
		return "invalid";
	if (run->hugetlb)
		return "hugetlb";
	return run->leaf.level == PGTABLE_LEVEL_PTE ? "page" : "block";
}

static void put_leaf(struct process_printer *printer, json *object, const struct leaf_run *leaf)
{
	const char *words[MOST_WORDS];
	size_t nr = words_of(printer, leaf, words);
	json *array = json_object_new_array();

	put_hex(object, "pa", desc_address(printer->mm->geo, leaf->desc));
	put_hex(object, "entry", leaf->desc);
	for (size_t i = 0; i < nr; i++)
		json_object_array_add(array, json_object_new_string(words[i]));
	put(object, "attributes", array);
	put_bool(object, "contiguous", leaf->desc & PTE_CONT);
	put_bool(object, "readable", desc_user_readable(leaf->desc, leaf->table_bits));
	put_bool(object, "writable", desc_user_writable(leaf->desc, leaf->table_bits));
	put_bool(object, "executable", desc_user_executable(leaf->desc, leaf->table_bits));
}

static void json_run(struct process_printer *printer, const struct process_run *run)
{
	json *object = object_of(printer->entries ? "entry" : "run");
	const struct leaf_run *leaf = &run->leaf;
	bool has_level = leaf->desc || leaf->depth >= 0;

	put_hex(object, "start", leaf->start);
	put_number(object, "size", leaf->size);
	put_string(object, "level", has_level ? geometry_level_name(leaf->level) : NULL);
	if (is_softleaf(leaf)) {
		process_softleaf_put(object, printer->mm, leaf->desc);
	} else {
		put_string(object, "kind", kind_of(run));
		if (leaf->desc)
			put_leaf(printer, object, leaf);
	}
	put_bool(object, "hugetlb", run->hugetlb);
	if (leaf->desc)
		put_number(object, "each", run->each);
	if (run->fault)
		put_string(object, "fault", pagewalk_fault_name(run->fault));
	put_bool(object, "torn", leaf->marks & STREAM_TORN);
	put_bool(object, "unreadable", leaf->marks & STREAM_UNREADABLE);
	print_object(printer->out, object, printer->pretty);
}

void process_print_area(void *ctx, const struct vma *vma, uint64_t start, uint64_t end)
{
	struct process_printer *printer = ctx;
	char text[4200];
	json *object;

	if (printer->json && vma) {
		object = object_of("area");
		process_area_put(object, vma);
		print_object(printer->out, object, printer->pretty);
	} else if (!printer->json) {
		if (vma)
			process_area_text(vma, text, sizeof(text));
		else
			snprintf(text, sizeof(text), "0x%016" PRIx64 "-0x%016" PRIx64 " no area",
				 start, end);
		fprintf(printer->out, "---[ %s ]---\n", text);
	}
}

void process_print(void *ctx, const struct process_run *run)
{
	struct process_printer *printer = ctx;

	/* of a gap its headline has said all */
	if (printer->json)
		json_run(printer, run);
	else if (run->vma)
		text_run(printer, run);
}
