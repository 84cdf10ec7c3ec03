// SPDX-License-Identifier: GPL-2.0-only
#include "vmas.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "pwtrace/pagewalk.h"

#define MOST_VMAS   (16 << 20)
#define NAME_ROOM   4096
#define ALL_ADDRESS (1ULL << 55)

/* linux/fs.h of v6.11, which older systems have not got. */
struct procmap_query {
	uint64_t size, query_flags, query_addr;
	uint64_t vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
	uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
	uint64_t vma_name_addr, build_id_addr;
};

struct pm_scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

struct page_region {
	uint64_t start, end, categories;
};

#define PAGEMAP_SCAN	       _IOWR('f', 16, struct pm_scan_arg)
#define PROCMAP_QUERY	       _IOWR('f', 17, struct procmap_query)
#define QUERY_COVERING_OR_NEXT 0x10

/* A path may have anything in it, a name is one line. */
static char *name_of(const char *text)
{
	char *name = strdup(text);

	for (char *c = name; c && *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	return name;
}

static int add(struct vmas *vmas, const struct vma *vma, const char *name)
{
	if (vmas->nr == vmas->room) {
		size_t room = vmas->room ? vmas->room * 2 : 64;
		struct vma *bigger = room > MOST_VMAS ? NULL :
							realloc(vmas->vma, room * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		vmas->vma = bigger;
		vmas->room = room;
	}
	vmas->vma[vmas->nr] = *vma;
	vmas->vma[vmas->nr].name = name_of(name);
	return vmas->vma[vmas->nr].name ? vmas->nr++, 0 : -ENOMEM;
}

static uint64_t flags_of(uint64_t query_flags)
{
	static const uint64_t flags[] = { VM_READ, VM_WRITE, VM_EXEC, VM_SHARED | VM_MAYSHARE };
	uint64_t all = 0;

	for (int i = 0; i < 4; i++)
		if (query_flags >> i & 1)
			all |= flags[i];
	return all;
}

/* The area at @addr, or the next one. 0, -ENOENT: none, or what the ioctl says. */
static int query(int fd, uint64_t addr, struct procmap_query *query, char name[NAME_ROOM])
{
	for (int with_name = 1; with_name >= 0; with_name--) {
		*query = (struct procmap_query){
			.size = sizeof(*query),
			.query_flags = QUERY_COVERING_OR_NEXT,
			.query_addr = addr,
			.vma_name_size = with_name ? NAME_ROOM : 0,
			.vma_name_addr = with_name ? (uintptr_t)name : 0,
		};
		if (!ioctl(fd, PROCMAP_QUERY, query)) {
			if (!query->vma_name_size)
				strcpy(name, with_name ? "" : "?");
			return 0;
		}
		/* of a path that is too long the rest is told all the same */
		if (errno != ENAMETOOLONG && errno != E2BIG)
			break;
	}
	return -errno;
}

/* What may be VM_PFNMAP has a name: a device's file, or "[vvar]". */
static bool may_be_passed_over(const struct vma *vma, const char *name)
{
	return *name && strcmp(name, "[heap]") && strncmp(name, "[stack", 6) &&
	       strncmp(name, "[anon", 5) && !(vma->flags & VM_HUGETLB);
}

/*
 * With no condition PAGEMAP_SCAN gives a region for each page, mapped or not, but of areas that
 * walk_page_range() passes over.
 */
static bool is_passed_over(int pagemap, const struct vma *vma, uint64_t page_size)
{
	struct page_region region;
	struct pm_scan_arg arg = {
		.size = sizeof(arg),
		.start = vma->start,
		.end = vma->start + page_size,
		.vec = (uintptr_t)&region,
		.vec_len = 1,
		.return_mask = 1,
	};

	return ioctl(pagemap, PAGEMAP_SCAN, &arg) == 0;
}

static int read_by_query(struct vmas *vmas, int pid, uint64_t page_size)
{
	char path[64], name[NAME_ROOM];
	struct procmap_query found;
	uint64_t addr = 0;
	int pagemap __close = -1;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		return -errno;
	while (!(err = query(vmas->fd, addr, &found, name))) {
		struct vma vma = {
			.start = found.vma_start < addr ? addr : found.vma_start,
			.end = found.vma_end,
			.flags = flags_of(found.vma_flags),
			.page_size = found.vma_page_size,
			.offset = found.vma_offset,
			.inode = found.inode,
			.major = found.dev_major,
			.minor = found.dev_minor,
		};

		if (vma.start >= vma.end || vma.end > ALL_ADDRESS)
			return -EINVAL;
		/* device DAX has large pages, too, but no hugetlb entries */
		if (vma.page_size > page_size && strncmp(name, "/dev/dax", 8))
			vma.flags |= VM_HUGETLB;
		if (may_be_passed_over(&vma, name) && is_passed_over(pagemap, &vma, page_size))
			vma.flags |= VM_PFNMAP;
		err = add(vmas, &vma, name);
		if (err)
			return err;
		addr = vma.end;
	}
	return err == -ENOENT ? 0 : err;
}

/* "aaaac000-aaaac1000 rw-p 00001000 fe:01 123    /a path"; false: it is another kind of line. */
static bool parse_area(const char *line, struct vma *vma, const char **name)
{
	unsigned long long start, end, offset, inode;
	unsigned int major, minor;
	char permissions[5];
	int path = 0;

	if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &start, &end, permissions, &offset,
		   &major, &minor, &inode, &path) != 7 ||
	    strlen(permissions) != 4)
		return false;
	*vma = (struct vma){
		.start = start,
		.end = end,
		.flags = flags_of((permissions[0] == 'r') | (permissions[1] == 'w') << 1 |
				  (permissions[2] == 'x') << 2 | (permissions[3] == 's') << 3),
		.offset = offset,
		.inode = inode,
		.major = major,
		.minor = minor,
	};
	*name = line + path;
	return start < end && end <= ALL_ADDRESS;
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += len)
		if (at > words && at[-1] == ' ' && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

int vmas_parse_smaps(struct vmas *vmas, FILE *file)
{
	char *line __free = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, file)) > 0) {
		struct vma *last = vmas->nr ? &vmas->vma[vmas->nr - 1] : NULL, vma;
		unsigned long long kilobytes;
		const char *name;

		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (parse_area(line, &vma, &name)) {
			if (last && vma.start < last->end)
				vma.start = last->end;
			if (vma.start < vma.end && add(vmas, &vma, name))
				return -ENOMEM;
		} else if (last && sscanf(line, "KernelPageSize: %llu kB", &kilobytes) == 1) {
			last->page_size = kilobytes << 10;
		} else if (last && !strncmp(line, "VmFlags:", 8)) {
			if (has_word(line, "ht"))
				last->flags |= VM_HUGETLB;
			if (has_word(line, "pf"))
				last->flags |= VM_PFNMAP;
		}
	}
	return 0;
}

static int read_by_smaps(struct vmas *vmas, int pid)
{
	FILE *file __fclose = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	file = fopen(path, "re");
	return file ? vmas_parse_smaps(vmas, file) : -errno;
}

int vmas_read(struct vmas *vmas, int pid, uint64_t page_size, struct problem *why)
{
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	vmas->fd = open(path, O_RDONLY | O_CLOEXEC);
	err = vmas->fd < 0 ? -errno : read_by_query(vmas, pid, page_size);
	if (err == -ENOTTY)
		err = read_by_smaps(vmas, pid);
	if (err == -ENOENT || err == -ESRCH)
		return problem(why, -ESRCH, "process %d has ended", pid);
	return err ? problem(why, err, "the areas of process %d cannot be read from %s: %s", pid,
			     path, strerror(-err)) :
		     0;
}

void vmas_free(struct vmas *vmas)
{
	for (size_t i = 0; i < vmas->nr; i++)
		free(vmas->vma[i].name);
	free(vmas->vma);
	if (vmas->fd >= 0)
		close(vmas->fd);
	*vmas = NO_VMAS;
}

const struct vma *vmas_next(const struct vmas *vmas, uint64_t addr)
{
	size_t low = 0, high = vmas->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (vmas->vma[middle].end <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low < vmas->nr ? &vmas->vma[low] : NULL;
}

const struct vma *vmas_at(const struct vmas *vmas, uint64_t addr)
{
	const struct vma *vma = vmas_next(vmas, addr);

	return vma && vma->start <= addr ? vma : NULL;
}

void vma_permissions(const struct vma *vma, char text[5])
{
	text[0] = vma->flags & VM_READ ? 'r' : '-';
	text[1] = vma->flags & VM_WRITE ? 'w' : '-';
	text[2] = vma->flags & VM_EXEC ? 'x' : '-';
	text[3] = vma->flags & VM_MAYSHARE ? 's' : 'p';
	text[4] = '\0';
}
