// SPDX-License-Identifier: GPL-2.0-only
#include "kernel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/kcore.h"

#ifndef PWTRACE_VERSION
#define PWTRACE_VERSION "0.1"
#endif

/* Asked for by name, when a recording is looked at; what is not among them is not in the kernel. */
static const char *const needed[] = {
	"_text",
	"_stext",
	"_etext",
	"_end",
	"swapper_pg_dir",
	"pageattr_ops",
	"update_range_prot",
	"__change_memory_common",
	"change_memory_common",
	"set_memory_valid",
	"__set_memory_enc_dec",
	"__set_memory_enc_dec.part.0",
	"split_kernel_leaf_mapping",
	"ptdump_show",
	"vmap",
	"vm_map_ram",
	"vm_area_map_pages",
	"pcpu_populate_chunk",
	"pcpu_map_pages",
	"ioremap_page_range",
	"generic_ioremap_prot",
	"vmap_page_range",
	"__vmalloc_area_node",
	"__vmalloc_node_range_noprof",
	"__vmalloc_node_range",
	"set_direct_map_invalid_noflush",
	"set_direct_map_default_noflush",
	"set_direct_map_valid_noflush",
};

/* Lines that grow. */
struct text {
	FILE *file;
	char *buf;
	size_t size;
};

static int text_begin(struct text *text)
{
	text->buf = NULL;
	text->file = open_memstream(&text->buf, &text->size);
	return text->file ? 0 : -ENOMEM;
}

/* Becomes a record, if there is any. */
static int text_end(struct text *text, struct recorder *recorder, enum pwt_record_type type)
{
	int err = fclose(text->file) ? -ENOMEM : 0;

	if (!err && text->size)
		err = recorder_add(recorder, type, text->buf, text->size);
	free(text->buf);
	return err;
}

static uint64_t clock_of(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void print_boot_id(FILE *out)
{
	FILE *file __fclose = fopen("/proc/sys/kernel/random/boot_id", "re");
	char id[40];

	if (file && fscanf(file, "%39s", id) == 1)
		fprintf(out, "boot_id=%s\n", id);
}

static int write_info(struct recorder *recorder, const struct kernel *kernel, bool redacted)
{
	uint64_t monotonic;
	struct text text;
	int err = text_begin(&text);

	if (err)
		return err;
	fprintf(text.file, "pwtrace=%s\nrelease=%s\n", PWTRACE_VERSION, kernel->release);
	print_boot_id(text.file);
	fprintf(text.file,
		"page_size=%" PRIu64 "\nva_bits=%u\nva_bits_config=%u\nlevels=%u\n"
		"splits_leaves=%d\nsplits_unknown=%d\nrodata_full=%d\nrodata_full_unknown=%d\n"
		"ioremap_shift=%u\nvmalloc_pages=%d\nfixed_pages=%" PRIu64 "\n",
		geometry_page_size(&kernel->geo), kernel->geo.va_bits, kernel->geo.va_bits_config,
		kernel->geo.levels, kernel->splits_leaves, kernel->splits_unknown,
		kernel->rodata_full, kernel->rodata_full_unknown, kernel->ioremap_shift,
		kernel->vmalloc_pages, kernel->fixed_pages);
	monotonic = clock_of(CLOCK_MONOTONIC);
	fprintf(text.file, "monotonic=%" PRIu64 "\nrealtime=%" PRIu64 "\ntgid=%d\nredacted=%d\n",
		monotonic, monotonic + kernel->realtime_offset, getpid(), redacted);
	return text_end(&text, recorder, PWT_REC_INFO);
}

struct symbol_writer {
	struct recorder *recorder;
	const struct kernel *kernel;
	const struct redaction *redaction;
	uint64_t *written; /* addresses, sorted */
	size_t nr, room;
};

int symbol_writer_new(struct symbol_writer **out, struct recorder *recorder,
		      const struct kernel *kernel, const struct redaction *redaction)
{
	struct symbol_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return -ENOMEM;
	writer->recorder = recorder;
	writer->kernel = kernel;
	writer->redaction = redaction;
	*out = writer;
	return 0;
}

void symbol_writer_free(struct symbol_writer *writer)
{
	if (!writer)
		return;
	free(writer->written);
	free(writer);
}

/* Where @addr is, or would be. */
static size_t place_of(const struct symbol_writer *writer, uint64_t addr)
{
	size_t low = 0, high = writer->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (writer->written[mid] < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* 1: it is new. */
static int remember(struct symbol_writer *writer, uint64_t addr)
{
	size_t at = place_of(writer, addr);

	if (at < writer->nr && writer->written[at] == addr)
		return 0;
	if (writer->nr == writer->room) {
		size_t room = writer->room ? writer->room * 2 : 128;
		uint64_t *more = realloc(writer->written, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		writer->written = more;
		writer->room = room;
	}
	memmove(writer->written + at + 1, writer->written + at,
		(writer->nr - at) * sizeof(*writer->written));
	writer->written[at] = addr;
	writer->nr++;
	return 1;
}

/* It ends where the next one begins, which may lie in another zone. */
static void print_symbol(FILE *out, const struct kallsyms *syms, uint64_t addr, const char *name,
			 const struct redaction *redaction)
{
	uint64_t end = kallsyms_next(syms, addr);
	uint64_t shift = redaction ? redact_address(redaction, addr) - addr : 0;

	fprintf(out, "%016" PRIx64 " ? %s\n", addr + shift, name);
	if (end)
		fprintf(out, "%016" PRIx64 " ? \n", end + shift);
}

int symbol_writer_add(struct symbol_writer *writer, uint64_t addr)
{
	uint64_t offset;
	const char *name = kallsyms_name(writer->kernel->syms, addr, &offset);
	struct text text;
	int is_new = name ? remember(writer, addr - offset) : 0;

	if (is_new <= 0)
		return is_new;
	if (text_begin(&text))
		return -ENOMEM;
	print_symbol(text.file, writer->kernel->syms, addr - offset, name, writer->redaction);
	return text_end(&text, writer->recorder, PWT_REC_SYMBOLS);
}

int symbol_writer_again(struct symbol_writer *writer)
{
	const struct kallsyms *syms = writer->kernel->syms;
	struct text text;

	if (text_begin(&text))
		return -ENOMEM;
	for (size_t i = 0; i < writer->nr; i++) {
		const char *name = kallsyms_name(syms, writer->written[i], NULL);

		if (name)
			print_symbol(text.file, syms, writer->written[i], name, writer->redaction);
	}
	return text_end(&text, writer->recorder, PWT_REC_SYMBOLS);
}

static int write_needed(struct recorder *recorder, const struct kernel *kernel,
			const struct redaction *redaction)
{
	struct text text;

	if (text_begin(&text))
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		uint64_t addr = kallsyms_find(kernel->syms, needed[i]);

		if (addr)
			print_symbol(text.file, kernel->syms, addr, needed[i], redaction);
	}
	return text_end(&text, recorder, PWT_REC_SYMBOLS);
}

/* All of them take more than one record. */
struct all_symbols {
	struct recorder *recorder;
	struct text text;
	int err;
};

static void write_symbol(void *ctx, uint64_t addr, const char *name)
{
	struct all_symbols *all = ctx;

	if (all->err)
		return;
	fprintf(all->text.file, "%016" PRIx64 " ? %s\n", addr, name);
	if (ftell(all->text.file) < (long)(PWT_CHUNK_MAX / 8))
		return;
	all->err = text_end(&all->text, all->recorder, PWT_REC_SYMBOLS);
	if (text_begin(&all->text))
		all->err = -ENOMEM;
}

static int write_all(struct recorder *recorder, const struct kernel *kernel)
{
	struct all_symbols all = { .recorder = recorder };
	int err;

	if (text_begin(&all.text))
		return -ENOMEM;
	kallsyms_each(kernel->syms, write_symbol, &all);
	if (!all.text.file)
		return -ENOMEM;
	err = text_end(&all.text, recorder, PWT_REC_SYMBOLS);
	return all.err ? all.err : err;
}

static int write_vmcoreinfo(struct recorder *recorder, const struct redaction *redaction,
			    struct problem *why)
{
	char *info __free = NULL, *redacted __free = NULL;
	int err = vmcoreinfo_read_elf("/proc/kcore", &info);

	if (err)
		return problem(why, err, "cannot read VMCOREINFO from /proc/kcore: %s",
			       strerror(-err));
	redacted = redaction ? redact_vmcoreinfo(redaction, info) : strdup(info);
	err = redacted ? recorder_add(recorder, PWT_REC_VMCOREINFO, redacted, strlen(redacted)) :
			 -ENOMEM;
	return err ? problem(why, err, "cannot write the recording: %s", strerror(-err)) : 0;
}

int recorder_kernel(struct recorder *recorder, const struct kernel *kernel,
		    const struct redaction *redaction, bool all, struct problem *why)
{
	int err = write_info(recorder, kernel, redaction);

	if (err)
		return problem(why, err, "cannot write the recording: %s", strerror(-err));
	err = write_vmcoreinfo(recorder, redaction, why);
	if (err)
		return err;
	/* they are many: what comes behind them is the first to be cut off */
	err = all ? write_all(recorder, kernel) : write_needed(recorder, kernel, redaction);
	return err ? problem(why, err, "cannot write the recording: %s", strerror(-err)) : 0;
}

/* Reading */

const char *text_value(const char *text, size_t size, const char *key, size_t *len)
{
	size_t key_len = strlen(key);
	const char *end = text + size;

	while (text < end) {
		const char *nl = memchr(text, '\n', end - text);
		size_t line = (nl ? nl : end) - text;

		if (line > key_len && !memcmp(text, key, key_len) && text[key_len] == '=') {
			*len = line - key_len - 1;
			return text + key_len + 1;
		}
		text += line + 1;
	}
	return NULL;
}

uint64_t text_number(const char *text, size_t size, const char *key)
{
	size_t len;
	const char *value = text_value(text, size, key, &len);
	char digits[24];

	if (!value || len >= sizeof(digits))
		return 0;
	memcpy(digits, value, len);
	digits[len] = 0;
	return strtoull(digits, NULL, 10);
}

static void get_string(const struct recorded *info, const char *key, char *buf, size_t size)
{
	size_t len;
	const char *value = text_value(info->data, info->size, key, &len);

	snprintf(buf, size, "%.*s", value ? (int)(len < size ? len : size - 1) : 0,
		 value ? value : "");
	/* it is shown: what a terminal would obey is not */
	for (char *c = buf; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c == 127)
			*c = '?';
}

static uint64_t get_number(const struct recorded *info, const char *key)
{
	return text_number(info->data, info->size, key);
}

static void take_info(struct kernel *kernel, struct recorded_info *info,
		      const struct recorded *record)
{
	get_string(record, "release", kernel->release, sizeof(kernel->release));
	kernel->splits_leaves = get_number(record, "splits_leaves");
	kernel->splits_unknown = get_number(record, "splits_unknown");
	kernel->rodata_full = get_number(record, "rodata_full");
	kernel->rodata_full_unknown = get_number(record, "rodata_full_unknown");
	kernel->ioremap_shift = get_number(record, "ioremap_shift");
	kernel->vmalloc_pages = get_number(record, "vmalloc_pages");
	kernel->fixed_pages = get_number(record, "fixed_pages");
	get_string(record, "boot_id", info->boot_id, sizeof(info->boot_id));
	get_string(record, "pwtrace", info->version, sizeof(info->version));
	info->monotonic = get_number(record, "monotonic");
	info->realtime = get_number(record, "realtime");
	info->tgid = get_number(record, "tgid");
	info->redacted = get_number(record, "redacted");
	kernel->realtime_offset = info->realtime - info->monotonic;
}

static int take_vmcoreinfo(struct kernel *kernel, struct recorded_info *info,
			   const struct recorded *record, struct problem *why)
{
	char *text __free = strndup(record->data, record->size);

	if (!text)
		return problem(why, -ENOMEM, "out of memory");
	get_string(record, "BUILD-ID", info->build_id, sizeof(info->build_id));
	return kernel_parse_vmcoreinfo(kernel, text, why);
}

struct found {
	bool info, vmcoreinfo;
	struct kallsyms *syms;
};

static int take(struct found *found, struct kernel *kernel, struct recorded_info *info,
		const struct recorded *record, struct problem *why)
{
	int err = 0;

	switch (record->type) {
	case PWT_REC_INFO:
		if (!found->info)
			take_info(kernel, info, record);
		found->info = true;
		break;
	case PWT_REC_VMCOREINFO:
		if (!found->vmcoreinfo)
			err = take_vmcoreinfo(kernel, info, record, why);
		found->vmcoreinfo = true;
		break;
	case PWT_REC_SYMBOLS:
		err = kallsyms_add(found->syms, record->data, record->size);
		/* names are missing then, and nothing else */
		if (err == -EINVAL || err == -E2BIG)
			err = 0;
		if (err)
			problem(why, err, "out of memory");
		break;
	default:
		break;
	}
	return err;
}

int recording_kernel(struct recording *recording, struct kernel *kernel, struct recorded_info *info,
		     struct problem *why)
{
	struct recorded_info unused;
	struct found found = {};
	struct recorded record;
	int err, more = 0;

	if (!info)
		info = &unused;
	*info = (struct recorded_info){};
	memset(kernel, 0, sizeof(*kernel));
	err = kallsyms_new(&found.syms);
	if (err)
		return problem(why, err, "out of memory");
	recording_begin(recording, 1ULL << PWT_REC_INFO | 1ULL << PWT_REC_VMCOREINFO |
					   1ULL << PWT_REC_SYMBOLS);
	while (!err && (more = recording_next(recording, &record)) > 0)
		err = take(&found, kernel, info, &record, why);
	if (more < 0)
		err = problem(why, more, "cannot read the recording: %s", strerror(-more));
	if (!err && (!found.info || !found.vmcoreinfo))
		err = problem(why, -ENODATA,
			      "the recording was cut off or damaged before it told of its kernel");
	kallsyms_finish(found.syms);
	if (err) {
		kallsyms_free(found.syms);
		return err;
	}
	kernel_use_symbols(kernel, found.syms);
	return 0;
}
