// SPDX-License-Identifier: GPL-2.0-only
#include "reader.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define MOST_BTF (64U << 20)

/* CONFIG_DEBUG_INFO_BTF has it in the image. */
static int types_of_dump(struct types **out, const struct kernel *kernel)
{
	uint64_t start = kallsyms_find(kernel->syms, "__start_BTF");
	uint64_t stop = kallsyms_find(kernel->syms, "__stop_BTF");
	void *data __free = NULL;
	int err;

	if (!start || stop <= start || stop - start > MOST_BTF)
		return -ENOENT;
	data = malloc(stop - start);
	if (!data)
		return -ENOMEM;
	err = kcore_get(kernel->memory, start, data, stop - start);
	return err ? err : types_open_data(out, data, stop - start);
}

static int open_dump(struct reader *reader, struct problem *why)
{
	int err;

	reader->kcore = reader->kernel->memory;
	reader->borrowed = true;
	err = types_of_dump(&reader->types, reader->kernel);
	return err ? problem(why, err,
			     "cannot read the kernel's BTF, which --symbols helps to find: %s",
			     strerror(-err)) :
		     0;
}

int reader_open(struct reader *reader, const struct kernel *kernel, struct problem *why)
{
	int err;

	*reader = (struct reader){ .kernel = kernel };
	if (kernel->memory)
		return open_dump(reader, why);
	err = kcore_open(&reader->kcore, "/proc/kcore");
	if (err) {
		reader->kcore = NULL;
		return problem(why, err, "cannot open /proc/kcore: %s", strerror(-err));
	}
	err = types_open(&reader->types, NULL);
	if (err) {
		reader->types = NULL;
		return problem(why, err,
			       "cannot read the kernel's BTF: %s; it takes CONFIG_DEBUG_INFO_BTF",
			       strerror(-err));
	}
	return 0;
}

void reader_close(struct reader *reader)
{
	types_close(reader->types);
	if (!reader->borrowed)
		kcore_close(reader->kcore);
	*reader = (struct reader){};
}

int reader_members(const struct reader *reader, const struct wanted *wanted, size_t nr,
		   struct member *members, struct problem *why)
{
	for (size_t i = 0; i < nr; i++) {
		if (!types_member(reader->types, wanted[i].type, wanted[i].path, &members[i]))
			continue;
		if (!wanted[i].optional)
			return problem(why, -ENOENT,
				       "the type information of this kernel has no usable %s.%s",
				       wanted[i].type, wanted[i].path);
		members[i] = (struct member){};
	}
	return 0;
}

bool reader_pointer(const struct reader *reader, uint64_t addr)
{
	return !(addr & 7) && addr >= -(1ULL << reader->kernel->geo.va_bits);
}

static int get(const struct reader *reader, uint64_t addr, void *buf, size_t size)
{
	int err = kcore_get(reader->kcore, addr, buf, size);

	return err == -ENOENT ? -EFAULT : err;
}

int reader_get(const struct reader *reader, uint64_t addr, void *buf, size_t size)
{
	addr = geometry_untag(addr);
	return reader_pointer(reader, addr) ? get(reader, addr, buf, size) : -EFAULT;
}

int reader_field(const struct reader *reader, uint64_t addr, const struct member *member,
		 uint64_t *value)
{
	addr = geometry_untag(addr);
	*value = 0;
	if (!reader_pointer(reader, addr) || !member->size || member->size > sizeof(*value))
		return -EFAULT;
	return get(reader, addr + member->offset, value, member->size);
}

uint64_t reader_value(const void *buf, uint32_t from, const struct member *member)
{
	uint64_t value = 0;

	if (member->size <= sizeof(value))
		memcpy(&value, (const char *)buf + (member->offset - from), member->size);
	return value;
}

int reader_string(const struct reader *reader, uint64_t addr, char *buf, size_t size)
{
	size_t len = 0;

	addr = geometry_untag(addr);
	if (!reader_pointer(reader, addr & ~7ULL))
		return -EFAULT;
	for (; len + 1 < size; len++) {
		if (get(reader, addr + len, &buf[len], 1))
			return -EFAULT;
		if (!buf[len])
			return len ? 0 : -EFAULT;
		if (!isprint((unsigned char)buf[len]))
			return -EFAULT;
	}
	buf[len] = '\0';
	return 0;
}
