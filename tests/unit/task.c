// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tasks of a running kernel, out of a core file made up for it, as they are and as a list that
 * is changed may look; and the areas of a process, out of smaps.
 */
#include "kernel/task.h"

#include <bpf/btf.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/vmas.h"
#include "pwtrace/pagewalk.h"
#include "test.h"

/* One segment at the bottom of the linear map. */
#define MEMORY	    0xffff000000000000ULL
#define MEMORY_SIZE 0x20000
#define PA	    0x40000000ULL

/* Where the members of the structs that were made up lie. */
enum {
	TASKS = 16,
	PID = 40,
	TGID = 44,
	FLAGS = 48,
	MM = 56,
	SIGNAL = 64,
	THREAD_NODE = 72,
	START = 88,
	COMM = 96,
	EXEC_ID = 112,
	TASK_SIZE = 128,
	PGD = 8,
	THREAD_HEAD = 24,
};

#define TASK(n)	  (MEMORY + 0x1000 + (n)*256ULL)
#define MM_OF(n)  (MEMORY + 0x8000 + (n)*64ULL)
#define SIG_OF(n) (MEMORY + 0xc000 + (n)*64ULL)
#define PGD_OF(n) (MEMORY + 0x10000 + (n)*4096ULL)

struct world {
	char core[32], symbols[32], btf[32];
	uint8_t memory[MEMORY_SIZE];
	struct kernel kernel;
	struct reader reader;
	struct tasks *tasks;
};

static void write_file(char path[32], const void *data, size_t size)
{
	int fd;

	strcpy(path, "/tmp/pwtrace-task.XXXXXX");
	fd = mkstemp(path);
	EXPECT(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void put(struct world *world, uint64_t addr, size_t size, uint64_t value)
{
	memcpy(world->memory + (addr - MEMORY), &value, size);
}

/* The same file, as a kernel that went on has it. */
static void write_core(struct world *world)
{
	struct {
		Elf64_Ehdr ehdr;
		Elf64_Phdr phdr;
		uint8_t memory[MEMORY_SIZE];
	} *core = calloc(1, sizeof(*core));
	FILE *file;

	memcpy(core->ehdr.e_ident, ELFMAG, SELFMAG);
	core->ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	core->ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	core->ehdr.e_phoff = offsetof(__typeof__(*core), phdr);
	core->ehdr.e_phentsize = sizeof(Elf64_Phdr);
	core->ehdr.e_phnum = 1;
	core->phdr = (Elf64_Phdr){ .p_type = PT_LOAD,
				   .p_vaddr = MEMORY,
				   .p_filesz = MEMORY_SIZE,
				   .p_offset = offsetof(__typeof__(*core), memory) };
	memcpy(core->memory, world->memory, MEMORY_SIZE);
	if (!*world->core) {
		write_file(world->core, core, sizeof(*core));
	} else {
		file = fopen(world->core, "r+");
		EXPECT(file && fwrite(core, sizeof(*core), 1, file) == 1);
		fclose(file);
	}
	free(core);
}

static void write_btf(struct world *world, bool exec_id)
{
	struct btf *btf = btf__new_empty();
	int u32 = btf__add_int(btf, "unsigned int", 4, 0),
	    u64 = btf__add_int(btf, "unsigned long", 8, 0);
	int c = btf__add_int(btf, "char", 1, 0), ptr = btf__add_ptr(btf, 0), list, name;
	const void *raw;
	uint32_t size;

	name = btf__add_array(btf, u32, c, 16);
	list = btf__add_struct(btf, "list_head", 16);
	btf__add_field(btf, "next", ptr, 0, 0);
	btf__add_field(btf, "prev", ptr, 64, 0);
	btf__add_struct(btf, "task_struct", TASK_SIZE);
	btf__add_field(btf, "tasks", list, TASKS * 8, 0);
	btf__add_field(btf, "pid", u32, PID * 8, 0);
	btf__add_field(btf, "tgid", u32, TGID * 8, 0);
	btf__add_field(btf, "flags", u32, FLAGS * 8, 0);
	btf__add_field(btf, "mm", ptr, MM * 8, 0);
	btf__add_field(btf, "signal", ptr, SIGNAL * 8, 0);
	btf__add_field(btf, "thread_node", list, THREAD_NODE * 8, 0);
	btf__add_field(btf, "start_boottime", u64, START * 8, 0);
	btf__add_field(btf, "comm", name, COMM * 8, 0);
	if (exec_id)
		btf__add_field(btf, "self_exec_id", u64, EXEC_ID * 8, 0);
	btf__add_struct(btf, "mm_struct", 64);
	btf__add_field(btf, "pgd", ptr, PGD * 8, 0);
	btf__add_struct(btf, "signal_struct", 64);
	btf__add_field(btf, "thread_head", list, THREAD_HEAD * 8, 0);
	raw = btf__raw_data(btf, &size);
	write_file(world->btf, raw, size);
	btf__free(btf);
}

static void link_tasks(struct world *world, uint64_t a, uint64_t b)
{
	put(world, a + TASKS, 8, b + TASKS);
	put(world, b + TASKS + 8, 8, a + TASKS);
}

/* Task @n, alone in its process. */
static void put_task(struct world *world, unsigned int n, int pid, bool has_mm)
{
	put(world, TASK(n) + PID, 4, pid);
	put(world, TASK(n) + TGID, 4, pid);
	put(world, TASK(n) + SIGNAL, 8, SIG_OF(n));
	put(world, TASK(n) + MM, 8, has_mm ? MM_OF(n) : 0);
	put(world, TASK(n) + START, 8, 1000 + n);
	put(world, TASK(n) + COMM, 4, 'a' + n);
	put(world, TASK(n) + EXEC_ID, 8, 3);
	put(world, MM_OF(n) + PGD, 8, PGD_OF(n));
	put(world, SIG_OF(n) + THREAD_HEAD, 8, TASK(n) + THREAD_NODE);
	put(world, TASK(n) + THREAD_NODE, 8, SIG_OF(n) + THREAD_HEAD);
}

/* init_task and three others: a process, a kernel thread, a process. */
static void world_open(struct world *world, bool exec_id)
{
	static const char symbol[] = "ffff000000001000 D init_task\nffff000000002000 D make_device_"
				     "exclusive\n";
	struct problem why;

	memset(world, 0, sizeof(*world));
	put_task(world, 0, 0, false);
	put_task(world, 1, 300, true);
	put_task(world, 2, 2, false);
	put(world, TASK(2) + FLAGS, 4, 0x00200000);
	put_task(world, 3, 40, true);
	for (unsigned int i = 0; i < 4; i++)
		link_tasks(world, TASK(i), TASK((i + 1) % 4));
	write_core(world);
	write_btf(world, exec_id);
	write_file(world->symbols, symbol, strlen(symbol));
	EXPECT_EQ(geometry_init(&world->kernel.geo, 12, 48, 48), 0);
	world->kernel.phys_to_virt = MEMORY - PA;
	world->kernel.zones.range[ZONE_LINEAR] = (struct zone_range){ MEMORY,
								      MEMORY + (1ULL << 47) };
	EXPECT_EQ(kallsyms_load(&world->kernel.syms, world->symbols), 0);
	world->reader.kernel = &world->kernel;
	EXPECT_EQ(kcore_open(&world->reader.kcore, world->core), 0);
	EXPECT_EQ(types_open(&world->reader.types, world->btf), 0);
	EXPECT_EQ(tasks_open(&world->tasks, &world->reader, &why), 0);
	unlink(world->symbols);
	unlink(world->btf);
}

static void world_close(struct world *world)
{
	tasks_close(world->tasks);
	reader_close(&world->reader);
	kallsyms_free(world->kernel.syms);
	unlink(world->core);
}

TEST(a_list)
{
	static struct world world;
	struct task_list list;

	world_open(&world, true);
	EXPECT_EQ(tasks_list(world.tasks, &list), 0);
	EXPECT_EQ(list.nr, 3);
	/* by PID, and without init_task */
	EXPECT_EQ(list.task[0].pid, 2);
	EXPECT(task_is_kernel_thread(&list.task[0]));
	EXPECT_EQ(list.task[0].mm, 0);
	EXPECT_EQ(list.task[1].pid, 40);
	EXPECT_EQ(list.task[1].pgd, PGD_OF(3));
	EXPECT_EQ(task_root(&world.kernel, &list.task[1]), PA + (PGD_OF(3) - MEMORY));
	EXPECT_STR(list.task[1].comm, "d");
	EXPECT(!task_is_kernel_thread(&list.task[1]));
	EXPECT_EQ(list.task[2].pid, 300);
	EXPECT_EQ(tasks_max_swapfiles(world.tasks), 24);
	free(list.task);
	world_close(&world);
}

/* As a list may look that is changed while it is gone through, or was never one. */
TEST(a_bent_list)
{
	static const struct {
		const char *what;
		uint64_t addr, value;
		size_t size;
		int ret;
	} cases[] = {
		{ "leads nowhere", TASK(2) + TASKS, 0x1234567, 8, -EAGAIN },
		{ "leads to nothing", TASK(2) + TASKS, 0, 8, -EAGAIN },
		{ "leads out of memory", TASK(2) + TASKS, MEMORY + (1ULL << 40), 8, -EAGAIN },
		{ "is not aligned", TASK(2) + TASKS, TASK(3) + TASKS + 4, 8, -EAGAIN },
		{ "a ring without its head", TASK(2) + TASKS, TASK(1) + TASKS, 8, -EAGAIN },
		{ "of one", TASK(2) + TASKS, TASK(2) + TASKS, 8, -EAGAIN },
		{ "to what is no task", TASK(2) + TASKS, MEMORY + 0x1f000, 8, -EAGAIN },
		{ "a PID that is none", TASK(2) + PID, 0x7fffffff, 4, -EAGAIN },
		{ "no signal_struct", TASK(2) + SIGNAL, 0x17, 8, -EAGAIN },
		/* one that is gone is not missed, and one that comes is not waited for */
		{ "goes on behind the next one", TASK(1) + TASKS, TASK(3) + TASKS, 8, 0 },
		{ "does not lead back", TASK(2) + TASKS + 8, TASK(3) + TASKS, 8, 0 },
		/* an mm that goes away is none */
		{ "a pgd elsewhere", MM_OF(1) + PGD, 0xffff800080000000, 8, 0 },
		{ "a pgd that is not aligned", MM_OF(1) + PGD, PGD_OF(1) + 8, 8, 0 },
		{ "an mm elsewhere", TASK(1) + MM, 0x4141414141414141, 8, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		static struct world world;
		struct task_list list;

		test_case("%s", cases[i].what);
		world_open(&world, true);
		put(&world, cases[i].addr, cases[i].size, cases[i].value);
		write_core(&world);
		EXPECT_EQ(tasks_list(world.tasks, &list), cases[i].ret);
		if (!cases[i].ret &&
		    (cases[i].addr == MM_OF(1) + PGD || cases[i].addr == TASK(1) + MM))
			EXPECT_EQ(list.task[2].mm, 0);
		free(list.task);
		world_close(&world);
	}
}

TEST(the_same_again)
{
	static const struct {
		const char *what;
		uint64_t addr, value;
		size_t size;
		int ret;
	} cases[] = {
		{ "nothing", TASK(0), 0, 1, 0 },
		{ "its name", TASK(1) + COMM, 'z', 1, 0 },
		{ "its mm is given up", TASK(1) + MM, 0, 8, -ESRCH },
		{ "it is another task", TASK(1) + PID, 301, 4, -ESRCH },
		{ "of the same number", TASK(1) + START, 9999, 8, -ESRCH },
		{ "it is no task", TASK(1) + SIGNAL, 1, 8, -ESRCH },
		{ "another program", TASK(1) + MM, MM_OF(3), 8, -ESTALE },
		{ "at the same address", TASK(1) + EXEC_ID, 4, 8, -ESTALE },
		{ "another pgd", MM_OF(1) + PGD, PGD_OF(3), 8, -ESTALE },
		{ "none", MM_OF(1) + PGD, 0, 8, -ESTALE },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		static struct world world;
		struct task_list list;

		test_case("%s", cases[i].what);
		world_open(&world, true);
		EXPECT_EQ(tasks_list(world.tasks, &list), 0);
		put(&world, cases[i].addr, cases[i].size, cases[i].value);
		write_core(&world);
		EXPECT_EQ(tasks_same(world.tasks, &list.task[2]), cases[i].ret);
		free(list.task);
		world_close(&world);
	}
}

/* Task 1 is the first of three threads, 4 and 5 the others. */
static void put_threads(struct world *world)
{
	put_task(world, 4, 301, true);
	put_task(world, 5, 302, true);
	for (unsigned int n = 4; n < 6; n++) {
		put(world, TASK(n) + TGID, 4, 300);
		put(world, TASK(n) + SIGNAL, 8, SIG_OF(1));
		put(world, TASK(n) + MM, 8, MM_OF(1));
	}
	put(world, TASK(1) + THREAD_NODE, 8, TASK(4) + THREAD_NODE);
	put(world, TASK(4) + THREAD_NODE, 8, TASK(5) + THREAD_NODE);
	put(world, TASK(5) + THREAD_NODE, 8, SIG_OF(1) + THREAD_HEAD);
}

TEST(threads)
{
	static struct world world;
	struct task_list list;
	struct task found;

	world_open(&world, false);
	put_threads(&world);
	write_core(&world);
	EXPECT_EQ(tasks_list(world.tasks, &list), 0);
	EXPECT_EQ(list.nr, 3);
	EXPECT_EQ(tasks_thread(world.tasks, &list.task[2], 302, &found), 0);
	EXPECT_EQ(found.pid, 302);
	EXPECT_EQ(found.mm, MM_OF(1));
	EXPECT_EQ(tasks_thread(world.tasks, &list.task[2], 300, &found), 0);
	EXPECT_EQ(found.pid, 300);
	test_case("the first has given up its mm");
	put(&world, TASK(1) + MM, 8, 0);
	write_core(&world);
	EXPECT_EQ(tasks_thread(world.tasks, &list.task[2], 300, &found), 0);
	EXPECT_EQ(found.pid, 301);
	test_case("all have");
	put(&world, TASK(4) + MM, 8, 0);
	put(&world, TASK(5) + MM, 8, 0);
	write_core(&world);
	EXPECT_EQ(tasks_thread(world.tasks, &list.task[2], 300, &found), -ESRCH);
	test_case("a ring");
	put(&world, TASK(5) + THREAD_NODE, 8, TASK(4) + THREAD_NODE);
	write_core(&world);
	EXPECT_EQ(tasks_thread(world.tasks, &list.task[2], 300, &found), -EAGAIN);
	test_case("another process's thread");
	put(&world, TASK(5) + THREAD_NODE, 8, SIG_OF(1) + THREAD_HEAD);
	put(&world, TASK(5) + TGID, 4, 40);
	write_core(&world);
	EXPECT_EQ(tasks_thread(world.tasks, &list.task[2], 300, &found), -EAGAIN);
	free(list.task);
	world_close(&world);
}

TEST(smaps)
{
	static const char text[] =
		"00400000-00452000 r-xp 00001000 fe:01 2097181                            /bin/cat\n"
		"Size:                328 kB\n"
		"KernelPageSize:        4 kB\n"
		"MMUPageSize:           4 kB\n"
		"VmFlags: rd ex mr mw me dw \n"
		"aaaac0000000-aaaac0200000 rw-s 00000000 00:0f 9                          /anon_hugepage (deleted)\n"
		"KernelPageSize:     2048 kB\n"
		"VmFlags: rd wr sh mr mw me ms de ht \n"
		"nonsense\n"
		"ffff90000000-ffff90004000 r--p 00000000 00:00 0                          [vvar]\n"
		"KernelPageSize:        4 kB\n"
		"VmFlags: rd mr pf de\n"
		/* what is told of it overlaps with the one before, as when it has grown since */
		"ffff90003000-ffff90006000 rw-p 00000000 00:00 0 \n"
		"ffff90002000-ffff90003000 rw-p 00000000 00:00 0 \n"
		"5000-4000 rw-p 00000000 00:00 0 \n"
		"KernelPageSize:        4 kB\n"
		"VmFlags: rd xpf pfx";
	struct vmas vmas = NO_VMAS;
	FILE *file = fmemopen((void *)text, sizeof(text) - 1, "r");
	char permissions[5];

	EXPECT_EQ(vmas_parse_smaps(&vmas, file), 0);
	fclose(file);
	EXPECT_EQ(vmas.nr, 4);
	EXPECT_EQ(vmas.vma[0].start, 0x400000);
	EXPECT_EQ(vmas.vma[0].end, 0x452000);
	EXPECT_EQ(vmas.vma[0].flags, VM_READ | VM_EXEC);
	EXPECT_EQ(vmas.vma[0].page_size, 4096);
	EXPECT_EQ(vmas.vma[0].offset, 4096);
	EXPECT_EQ(vmas.vma[0].inode, 2097181);
	EXPECT_EQ(vmas.vma[0].major, 0xfe);
	EXPECT_STR(vmas.vma[0].name, "/bin/cat");
	EXPECT_EQ(vmas.vma[1].flags, VM_READ | VM_WRITE | VM_SHARED | VM_MAYSHARE | VM_HUGETLB);
	EXPECT_EQ(vmas.vma[1].page_size, 2 << 20);
	EXPECT_STR(vmas.vma[1].name, "/anon_hugepage (deleted)");
	vma_permissions(&vmas.vma[1], permissions);
	EXPECT_STR(permissions, "rw-s");
	EXPECT_EQ(vmas.vma[2].flags, VM_READ | VM_PFNMAP);
	EXPECT_EQ(vmas.vma[3].start, 0xffff90004000);
	EXPECT_STR(vmas.vma[3].name, "");
	EXPECT_EQ(vmas.vma[3].flags, VM_READ | VM_WRITE);

	EXPECT(vmas_at(&vmas, 0x400000) == &vmas.vma[0]);
	EXPECT(vmas_at(&vmas, 0x451fff) == &vmas.vma[0]);
	EXPECT(!vmas_at(&vmas, 0x452000));
	EXPECT(vmas_next(&vmas, 0x452000) == &vmas.vma[1]);
	EXPECT(vmas_next(&vmas, 0) == &vmas.vma[0]);
	EXPECT(!vmas_next(&vmas, 0xffff90006000));
	vmas_free(&vmas);
	EXPECT_EQ(vmas.nr, 0);
}
