// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module for kernels that there are no headers for: loaded with fn=ADDRESS a=.. b=.. c=.., it
 * calls that function, whatever it is, and logs what it returned. For guests only.
 *
 * tests/call/build puts it into Debian's dummy.ko of that kernel, whose struct module and version
 * magic are then right. So what is here may use nothing of the kernel's headers; a parameter's
 * description is the one struct it needs.
 */
typedef unsigned long ulong;

struct kernel_param {
	const char *name;
	void *mod;
	const void *ops;
	unsigned short perm;
	signed char level;
	unsigned char flags;
	void *arg;
};

extern const char param_ops_ulong[];
int _printk(const char *fmt, ...);
int init_module(void);
void cleanup_module(void);

static ulong fn, a, b, c;

#define PARAM(variable)                                                    \
	static const struct kernel_param param_##variable                  \
		__attribute__((used, section("__param"), aligned(8))) = {  \
			#variable, 0, param_ops_ulong, 0, -1, 0, &variable \
		}

PARAM(fn);
PARAM(a);
PARAM(b);
PARAM(c);

int init_module(void)
{
	long (*call)(ulong, ulong, ulong) = (void *)fn;

	_printk("pwt_call: 0x%lx\n", call(a, b, c));
	return 0;
}

void cleanup_module(void) {}
