// SPDX-License-Identifier: GPL-2.0-only
#include "kernel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/cleanup.h"
#include "kernel/iomem.h"
#include "kernel/kcore.h"

int problem(struct problem *why, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return err;
}

static int number(const char *info, const char *key, int base, uint64_t *value, struct problem *why)
{
	int err = vmcoreinfo_number(info, key, base, value);

	if (err)
		return problem(why, err,
			       "VMCOREINFO of this kernel has no usable %s: is it an arm64 "
			       "kernel with CONFIG_VMCORE_INFO (CONFIG_CRASH_CORE)?",
			       key);
	return 0;
}

/* kernel/vmcore_info.c and arch/arm64/kernel/vmcore_info.c write these. */
int kernel_parse_vmcoreinfo(struct kernel *kernel, const char *info, struct problem *why)
{
	uint64_t page_size = 0, va_bits = 0, t1sz = 0, phys_offset = 0, voffset = 0;
	struct zone_range *range = kernel->zones.range;
	const struct {
		const char *key;
		int base;
		uint64_t *value;
	} wanted[] = {
		{ "PAGESIZE", 10, &page_size },
		{ "NUMBER(VA_BITS)", 10, &va_bits },
		{ "NUMBER(TCR_EL1_T1SZ)", 0, &t1sz },
		{ "NUMBER(PHYS_OFFSET)", 0, &phys_offset },
		{ "NUMBER(kimage_voffset)", 0, &voffset },
		{ "SYMBOL(swapper_pg_dir)", 16, &kernel->root_va },
		{ "NUMBER(MODULES_VADDR)", 0, &range[ZONE_MODULES].start },
		{ "NUMBER(MODULES_END)", 0, &range[ZONE_MODULES].end },
		{ "NUMBER(VMALLOC_START)", 0, &range[ZONE_VMALLOC].start },
		{ "NUMBER(VMALLOC_END)", 0, &range[ZONE_VMALLOC].end },
		{ "NUMBER(VMEMMAP_START)", 0, &range[ZONE_VMEMMAP].start },
		{ "NUMBER(VMEMMAP_END)", 0, &range[ZONE_VMEMMAP].end },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		int err = number(info, wanted[i].key, wanted[i].base, wanted[i].value, why);

		if (err)
			return err;
	}
	if (page_size & (page_size - 1) || page_size < 4096 || t1sz > 39 || va_bits > 52 ||
	    geometry_init(&kernel->geo, __builtin_ctzll(page_size), 64 - t1sz, va_bits))
		return problem(why, -EINVAL,
			       "VMCOREINFO tells of %llu byte pages, VA_BITS %llu and "
			       "T1SZ %llu, which no arm64 Linux has",
			       (unsigned long long)page_size, (unsigned long long)va_bits,
			       (unsigned long long)t1sz);

	if ((kernel->root_va | voffset) & (page_size - 1))
		return problem(why, -EINVAL,
			       "VMCOREINFO has swapper_pg_dir at 0x%llx, less 0x%llx: that is no "
			       "table's address",
			       (unsigned long long)kernel->root_va, (unsigned long long)voffset);

	/* __phys_to_virt(): (pa - PHYS_OFFSET) | PAGE_OFFSET. The two have no bit in common. */
	kernel->phys_to_virt = -(1ULL << va_bits) - phys_offset;
	kernel->root_pa = kernel->root_va - voffset;
	kernel->phys_offset = phys_offset;
	vmcoreinfo_number(info, "SIZE(page)", 10, &kernel->struct_page);
	vmcoreinfo_number(info, "SYMBOL(_stext)", 16, &kernel->stext);
	/* _PAGE_OFFSET(vabits_actual) to PAGE_END, which is where the modules begin */
	range[ZONE_LINEAR].start = -(1ULL << kernel->geo.va_bits);
	range[ZONE_LINEAR].end = range[ZONE_MODULES].start;
	return 0;
}

void kernel_use_symbols(struct kernel *kernel, struct kallsyms *syms)
{
	kernel->syms = syms;
	kernel->pageattr_ops = kallsyms_find(syms, "pageattr_ops");
	kernel->zones.range[ZONE_IMAGE].start = kallsyms_find(syms, "_text");
	kernel->zones.range[ZONE_IMAGE].end = kallsyms_find(syms, "_end");
	/*
	 * Up to fa93b45fd397 (v6.18, as the pageattr callbacks) CONFIG_PTDUMP_DEBUGFS forbids
	 * blocks.
	 */
	kernel->no_blocks = !kernel->pageattr_ops && kallsyms_find(syms, "ptdump_show");
}

int kernel_join_symbols(struct kernel *kernel, const struct kernel *other)
{
	int err = kallsyms_join(kernel->syms, other->syms);

	kernel_use_symbols(kernel, kernel->syms);
	return err;
}

static int load_symbols(struct kernel *kernel, struct problem *why)
{
	struct kallsyms *syms;
	int err = kallsyms_load(&syms, "/proc/kallsyms");

	if (err == -EPERM)
		return problem(why, err,
			       "/proc/kallsyms shows no addresses: run as root (with "
			       "CAP_SYSLOG), or set kernel.kptr_restrict to 0 or 1");
	if (err)
		return problem(why, err, "cannot read /proc/kallsyms: %s", strerror(-err));
	kernel_use_symbols(kernel, syms);
	return 0;
}

static int load_vmcoreinfo(struct kernel *kernel, struct problem *why)
{
	char *info __free = NULL;
	int err = vmcoreinfo_read_elf("/proc/kcore", &info);

	if (err == -EPERM || err == -EACCES)
		return problem(why, err,
			       "cannot open /proc/kcore: run as root (with CAP_SYS_RAWIO); "
			       "kernel lockdown in confidentiality mode forbids it, see "
			       "/sys/kernel/security/lockdown");
	if (err)
		return problem(why, err,
			       "cannot read VMCOREINFO from /proc/kcore: %s "
			       "(the kernel needs CONFIG_PROC_KCORE and CONFIG_VMCORE_INFO)",
			       strerror(-err));
	return kernel_parse_vmcoreinfo(kernel, info, why);
}

static int read_memory(const struct kernel *kernel, uint64_t addr, void *buf, size_t size)
{
	return kernel->memory ? kcore_get(kernel->memory, addr, buf, size) :
				kcore_read("/proc/kcore", addr, buf, size);
}

int kernel_variable(const struct kernel *kernel, const char *name, size_t size, uint64_t *value)
{
	uint64_t addr = kallsyms_find(kernel->syms, name);

	*value = 0;
	return addr ? read_memory(kernel, addr, value, size) : -ENOENT;
}

bool kernel_symbol(const struct kernel *kernel, uint64_t addr, char *buf, size_t size)
{
	uint64_t offset;
	const char *name = kallsyms_name(kernel->syms, addr, &offset);

	if (!name || offset >= 1 << 20)
		return false;
	snprintf(buf, size, "%s+%#llx", name, (unsigned long long)offset);
	return true;
}

int kernel_code(const struct kernel *kernel, const char *name, uint64_t *start, uint64_t *end)
{
	*start = kallsyms_find(kernel->syms, name);
	if (!*start)
		return -ENOENT;
	*end = kallsyms_next(kernel->syms, *start);
	return 0;
}

static bool in_init_data(const struct kernel *kernel, uint64_t addr)
{
	return addr >= kallsyms_find(kernel->syms, "__init_begin") &&
	       addr < kallsyms_find(kernel->syms, "__init_end");
}

/* Is this struct arm64_cpu_capabilities the one whose matches() is @matches? */
static bool matches_by(const struct kernel *kernel, uint64_t capability, uint64_t matches)
{
	uint64_t words[4];

	if (!capability || read_memory(kernel, capability, words, sizeof(words)))
		return false;
	for (int i = 0; i < 4; i++)
		if (words[i] == matches)
			return true;
	return false;
}

/*
 * Does the kernel have the CPU capability whose matches() is named @matches? The number of a
 * capability differs from build to build: cpucap_ptrs[] is indexed by it
 * (arch/arm64/kernel/cpufeature.c).
 */
static int has_capability(const struct kernel *kernel, const char *matches, bool *has)
{
	uint64_t caps = kallsyms_find(kernel->syms, "cpucap_ptrs");
	uint64_t function = kallsyms_find(kernel->syms, matches);
	uint64_t bits = kallsyms_find(kernel->syms, "system_cpucaps");
	uint64_t capability, word;

	if (!caps || !function || !bits)
		return -ENOENT;
	for (unsigned int nr = 0; caps + nr * 8 < kallsyms_next(kernel->syms, caps); nr++) {
		if (read_memory(kernel, caps + nr * 8, &capability, 8))
			return -EIO;
		if (!matches_by(kernel, capability, function))
			continue;
		if (read_memory(kernel, bits + nr / 64 * 8, &word, 8))
			return -EIO;
		*has = word >> (nr % 64) & 1;
		return 0;
	}
	return -ENOENT;
}

/*
 * Does split_kernel_leaf_mapping() split? Since f12b435de2f2 (v7.1) a variable that stays tells;
 * before, it is dropped after boot and the CPU capability decides.
 */
static int find_splits(const struct kernel *kernel, bool *splits)
{
	static const struct {
		const char *variable;
		const char *matches;
	} kinds[] = {
		{ "linear_map_requires_bbml3", "has_bbml3" },
		{ "linear_map_requires_bbml2", "has_bbml2_noabort" },
	};

	*splits = false;
	if (!kallsyms_find(kernel->syms, "split_kernel_leaf_mapping"))
		return 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		uint64_t addr = kallsyms_find(kernel->syms, kinds[i].variable), value;
		bool supported;
		int err;

		if (!addr)
			continue;
		if (in_init_data(kernel, addr))
			return has_capability(kernel, kinds[i].matches, splits);
		err = kernel_variable(kernel, kinds[i].variable, 1, &value);
		*splits = !err && value;
		/* a CPU that came up later cannot: the linear map was made of pages for it */
		if (*splits && !has_capability(kernel, kinds[i].matches, &supported))
			*splits = supported;
		return err;
	}
	return -ENOENT;
}

/* What decides how the kernel treats leaves and aliases; none of it changes after boot. */
void kernel_load_state(struct kernel *kernel)
{
	uint64_t value;
	int err;

	kernel->splits_unknown = find_splits(kernel, &kernel->splits_leaves);
	err = kernel_variable(kernel, "rodata_full", 1, &value);
	kernel->rodata_full = !err && value;
	kernel->rodata_full_unknown = err;
	if (!kernel_variable(kernel, "ioremap_max_page_shift", 4, &value))
		kernel->ioremap_shift = value;
	kernel->vmalloc_pages = !kernel_variable(kernel, "vmap_allow_huge", 1, &value) && !value;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int begin(struct kernel *kernel, struct problem *why)
{
	struct utsname uts;

	memset(kernel, 0, sizeof(*kernel));
	kernel->realtime_offset = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	uname(&uts);
	snprintf(kernel->release, sizeof(kernel->release), "%s", uts.release);
	if (strcmp(uts.machine, "aarch64"))
		return problem(why, -ENOTSUP,
			       "this machine is %s: pwtrace watches arm64 kernels, run "
			       "it on an arm64 machine or in an arm64 guest",
			       uts.machine);
	return 0;
}

int kernel_open(struct kernel *kernel, struct problem *why)
{
	int err = begin(kernel, why);

	if (!err)
		err = load_symbols(kernel, why);
	if (!err)
		err = load_vmcoreinfo(kernel, why);
	if (err)
		kernel_close(kernel);
	else
		kernel_load_state(kernel);
	return err;
}

/* It begins at _text. Where the code is said to begin at _stext, a part of it is not told of. */
static bool find_image(struct kernel *kernel)
{
	uint64_t start, end, voffset = kernel->root_va - kernel->root_pa;

	if (iomem_image("/proc/iomem", &start, &end) || kernel->root_pa < start ||
	    kernel->root_pa >= end || start + voffset >= kernel->stext)
		return false;
	kernel->zones.range[ZONE_IMAGE] = (struct zone_range){ start + voffset, end + voffset };
	return true;
}

int kernel_open_tables(struct kernel *kernel, struct problem *why)
{
	int err = begin(kernel, why);

	if (!err)
		err = load_vmcoreinfo(kernel, why);
	if (!err && !find_image(kernel))
		err = load_symbols(kernel, why);
	return err;
}

int kernel_reload_symbols(struct kernel *kernel, struct problem *why)
{
	kallsyms_free(kernel->syms);
	kernel->syms = NULL;
	return load_symbols(kernel, why);
}

void kernel_close(struct kernel *kernel)
{
	kallsyms_free(kernel->syms);
	kernel->syms = NULL;
	kcore_close(kernel->memory);
	kernel->memory = NULL;
}
