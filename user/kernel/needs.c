// SPDX-License-Identifier: GPL-2.0-only
#include "needs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"

#define BTF_PATH      "/sys/kernel/btf/vmlinux"
#define LOCKDOWN_PATH "/sys/kernel/security/lockdown"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

static int check_machine(struct problem *why)
{
	struct utsname uts;

	uname(&uts);
	if (!strcmp(uts.machine, "aarch64"))
		return 0;
	return problem(why, -ENOTSUP,
		       "this machine is %s: pwtrace watches arm64 kernels; run it on "
		       "an arm64 machine, or in an arm64 guest (tests/vm/run)",
		       uts.machine);
}

static bool effective(const struct __user_cap_data_struct data[2], unsigned int cap)
{
	return data[cap / 32].effective & (1U << (cap % 32));
}

static int check_capabilities(struct problem *why)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};
	bool admin;

	if (syscall(SYS_capget, &header, data))
		return problem(why, -errno, "cannot read the capabilities of this process: %s",
			       strerror(errno));
	admin = effective(data, CAP_SYS_ADMIN);
	if (!admin && (!effective(data, CAP_BPF) || !effective(data, CAP_PERFMON)))
		return problem(why, -EPERM,
			       "no permission to load BPF programs: run as root, or give "
			       "CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN)");
	if (!effective(data, CAP_SYS_RAWIO))
		return problem(why, -EPERM,
			       "no permission to read /proc/kcore: run as root, or give "
			       "CAP_SYS_RAWIO");
	return 0;
}

/* The state in brackets is the one in force: "none [integrity] confidentiality". */
static int check_lockdown(struct problem *why)
{
	int fd __close = open(LOCKDOWN_PATH, O_RDONLY | O_CLOEXEC);
	char text[128] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	if (!strstr(text, "[confidentiality]"))
		return 0;
	return problem(why, -EPERM,
		       "kernel lockdown is in confidentiality mode, which forbids BPF "
		       "programs to read kernel memory: boot with lockdown=integrity or without "
		       "lockdown=, or with Secure Boot off");
}

static int check_btf(struct problem *why)
{
	if (!access(BTF_PATH, R_OK))
		return 0;
	return problem(why, -errno,
		       "no type information at " BTF_PATH " (%s): the kernel needs "
		       "CONFIG_DEBUG_INFO_BTF",
		       strerror(errno));
}

static int check_kernel(struct problem *why)
{
	struct kernel kernel;
	int err = kernel_open(&kernel, why);

	if (!err)
		kernel_close(&kernel);
	return err;
}

const struct need needs[] = {
	{ "arm64", "the page tables that it knows", check_machine },
	{ "capabilities", "loading programs, reading /proc/kcore", check_capabilities },
	{ "lockdown", "programs that read kernel memory", check_lockdown },
	{ "btf", "programs that fit this kernel", check_btf },
	{ "address-space", "/proc/kallsyms with addresses, VMCOREINFO", check_kernel },
};

const size_t nr_needs = sizeof(needs) / sizeof(*needs);

/* All but the last, which kernel_open() finds out again where it is called. */
int needs_check(struct problem *why)
{
	for (size_t i = 0; i + 1 < nr_needs; i++) {
		int err = needs[i].check(why);

		if (err)
			return err;
	}
	return 0;
}
