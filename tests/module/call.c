// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ktime.h>
#include <linux/preempt.h>

#include "pwt_test.h"

enum call_kind {
	BY_ADDRESS,	   /* f(addr, pages), inside one vm area or refused by the kernel */
	BY_ADDRESS_SWITCH, /* f(addr, pages, enable), refused nowhere */
	BY_PAGE,	   /* f(page), once for each page */
	BY_PAGE_SWITCH,	   /* f(page, pages, enable) */
	BY_MASKS,	   /* f(addr, bytes, set, clear), refused nowhere */
};

static const struct call {
	const char *name;
	enum call_kind kind;
	size_t offset;
} calls[] = {
#define CALL(member, kind)                                           \
	{                                                            \
#member, kind, offsetof(struct kernel_calls, member) \
	}
	CALL(set_memory_ro, BY_ADDRESS),
	CALL(set_memory_rw, BY_ADDRESS),
	CALL(set_memory_nx, BY_ADDRESS),
	CALL(set_memory_x, BY_ADDRESS),
	CALL(set_memory_rox, BY_ADDRESS),
	CALL(set_memory_valid, BY_ADDRESS_SWITCH),
	CALL(set_direct_map_invalid_noflush, BY_PAGE),
	CALL(set_direct_map_default_noflush, BY_PAGE),
	CALL(set_direct_map_valid_noflush, BY_PAGE_SWITCH),
	CALL(change_range, BY_MASKS),
};

static const struct call *call_find(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (!strcmp(calls[i].name, name))
			return &calls[i];
	return NULL;
}

bool call_known(const char *name)
{
	return call_find(name);
}

/* Ranges that reach into somebody else's memory take the guest down: they want "force". */
static bool span_is_ours(const struct call *call, const struct span *r)
{
	long limit = r->area->pages;

	if (r->count < 0 || r->first < 0)
		return false;
	/* Neighbours in a vm area are no neighbours in the linear map. */
	if (r->area->kind != AREA_LINEAR && (r->alias || call->kind == BY_PAGE_SWITCH))
		return r->count <= 1;
	if (call->kind == BY_ADDRESS)
		return r->first <= limit;
	return r->first + r->count <= limit;
}

static int call_pages(int (*call)(struct page *), const struct span *r, long *done)
{
	int ret = 0;

	for (*done = 0; *done < r->count && !ret; ++*done)
		ret = call(virt_to_page((void *)r->area->linear[r->first + *done]));
	return ret;
}

static int call_make(const struct call *call, const struct span *r, unsigned long addr, int enable,
		     const u64 *masks, long *done)
{
	void *fn = *(void **)((void *)&kc + call->offset);

	*done = 1;
	switch (call->kind) {
	case BY_ADDRESS:
		return ((typeof(kc.set_memory_ro))fn)(addr, r->count);
	case BY_ADDRESS_SWITCH:
		return ((typeof(kc.set_memory_valid))fn)(addr, r->count, enable);
	case BY_PAGE:
		return call_pages(fn, r, done);
	case BY_PAGE_SWITCH:
		return ((typeof(kc.set_direct_map_valid_noflush))
				fn)(virt_to_page((void *)r->area->linear[r->first]), r->count,
				    enable);
	case BY_MASKS:
		return ((typeof(kc.change_range))fn)(addr, r->count * PAGE_SIZE, __pgprot(masks[0]),
						     __pgprot(masks[1]));
	}
	return -EINVAL;
}

/* As call_make(), where nothing may sleep: sleeping brings a report, and not more, in a guest. */
static int call_make_atomic(const struct call *call, const struct span *r, unsigned long addr,
			    int enable, const u64 *masks, long *done)
{
	int ret;

	preempt_disable();
	ret = call_make(call, r, addr, enable, masks, done);
	preempt_enable();
	return ret;
}

/* FUNCTION [alias:]SLOT FIRST COUNT [0|1] [+BYTES] [force] [atomic] */
int call_run(int argc, char **argv, struct answer *a)
{
	const struct call *call = call_find(argv[0]);
	long offset = 0, done;
	bool force = false, atomic = false;
	int enable = -1;
	u64 masks[2] = {};
	struct span r;
	u64 begin;
	int i, ret;

	if (argc < 4) {
		say(a, "error=usage: %s SLOT FIRST COUNT [0|1] [+BYTES] [force] [atomic]\n",
		    argv[0]);
		return -EINVAL;
	}
	if (call->kind == BY_MASKS) {
		if (argc != 6 || kstrtou64(argv[4], 0, &masks[0]) ||
		    kstrtou64(argv[5], 0, &masks[1])) {
			say(a, "error=usage: %s SLOT FIRST COUNT SET CLEAR\n", argv[0]);
			return -EINVAL;
		}
		argc = 4;
	}
	for (i = 4; i < argc; i++) {
		if (!strcmp(argv[i], "force")) {
			force = true;
		} else if (!strcmp(argv[i], "atomic")) {
			atomic = true;
		} else if (argv[i][0] == '+' && !kstrtol(argv[i] + 1, 0, &offset)) {
			continue;
		} else if (enable < 0 && !kstrtoint(argv[i], 0, &enable) && enable >= 0) {
			continue;
		} else {
			say(a, "error=not understood: %s\n", argv[i]);
			return -EINVAL;
		}
	}
	if ((enable >= 0) != (call->kind == BY_ADDRESS_SWITCH || call->kind == BY_PAGE_SWITCH)) {
		say(a, "error=%s\n", enable < 0 ? "enable, 0 or 1?" : "takes no 0 or 1");
		return -EINVAL;
	}
	if (!*(void **)((void *)&kc + call->offset)) {
		say(a, "error=this kernel has no %s\n", call->name);
		return -EOPNOTSUPP;
	}

	ret = span_parse(&r, &argv[1], a);
	if (ret)
		return ret;
	if (call->kind == BY_PAGE || call->kind == BY_PAGE_SWITCH) {
		if (r.area->kind == AREA_HOLE || r.first < 0 || r.first >= r.area->pages ||
		    (call->kind == BY_PAGE && r.first + r.count > r.area->pages)) {
			say(a, "error=no such page\n");
			return -ERANGE;
		}
		r.addr = r.area->linear[r.first];
		offset = 0;
	}
	if (!force && !span_is_ours(call, &r)) {
		say(a, "error=not the slot's own memory, say force to do it all the same\n");
		return -EPERM;
	}

	begin = ktime_get_ns();
	ret = (atomic ? call_make_atomic : call_make)(call, &r, r.addr + offset, enable, masks,
						      &done);
	say(a, "ret=%d addr=0x%lx pages=%ld calls=%ld ns=%llu\n", ret, r.addr + offset, r.count,
	    done, ktime_get_ns() - begin);
	return 0;
}
