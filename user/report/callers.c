// SPDX-License-Identifier: GPL-2.0-only
#include "callers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS	      4096
#define MOST_CALLERS  16384
#define MOST_FRAMES   20000
#define MOST_CHILDREN 256

/* Calls that came the same way. */
struct caller {
	struct caller *next; /* in the bucket */
	char comm[PWT_COMM_LEN + 1];
	const char *op;
	int32_t stack_id; /* negative: none */
	uint64_t callers[PWT_NR_CALLERS];
	uint64_t nr;
	size_t depth;
	uint64_t addrs[]; /* innermost first */
};

static bool came_so(const struct caller *caller, const struct change *change, bool stack)
{
	if (caller->op != change->op || strcmp(caller->comm, change->comm))
		return false;
	if (stack)
		return caller->stack_id == change->stack_id;
	return caller->stack_id < 0 &&
	       !memcmp(caller->callers, change->callers, sizeof(caller->callers));
}

static uint64_t hash(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x9e3779b97f4a7c15ULL;
}

static struct caller **bucket(const struct callers *callers, const struct change *change,
			      bool stack)
{
	uint64_t sum = stack ? (uint32_t)change->stack_id : hash(1, change->callers[0]);

	if (!stack)
		sum = hash(sum, change->callers[1]);
	for (const char *c = change->comm; *c; c++)
		sum = hash(sum, *c);
	return &callers->buckets[hash(sum, 0) >> 52];
}

static struct caller *make(const struct change *change, const struct stack *stack, size_t depth)
{
	struct caller *caller = calloc(1, sizeof(*caller) + depth * sizeof(uint64_t));

	if (!caller)
		return NULL;
	memcpy(caller->comm, change->comm, sizeof(caller->comm));
	memcpy(caller->callers, change->callers, sizeof(caller->callers));
	caller->op = change->op;
	caller->stack_id = depth ? change->stack_id : -1;
	caller->depth = depth;
	if (depth)
		memcpy(caller->addrs, stack->addrs, depth * sizeof(uint64_t));
	return caller;
}

int callers_add(struct callers *callers, const struct change *change, const struct stack *stack)
{
	size_t depth = stack && change->stack_id >= 0 ? stack->nr : 0;
	struct caller *caller, **head;

	if (!callers->buckets)
		callers->buckets = calloc(BUCKETS, sizeof(*callers->buckets));
	if (!callers->buckets)
		return -ENOMEM;
	head = bucket(callers, change, depth);
	for (caller = *head; caller && !came_so(caller, change, depth);)
		caller = caller->next;
	if (!caller && callers->nr == MOST_CALLERS) {
		callers->left_out++;
		return 0;
	}
	if (!caller) {
		caller = make(change, stack, depth);
		if (!caller)
			return -ENOMEM;
		caller->next = *head;
		*head = caller;
		callers->nr++;
	}
	caller->nr++;
	callers->counted++;
	callers->stacks |= depth;
	return 0;
}

void callers_release(struct callers *callers)
{
	for (size_t i = 0; callers->buckets && i < BUCKETS; i++) {
		struct caller *caller = callers->buckets[i], *next;

		for (; caller; caller = next) {
			next = caller->next;
			free(caller);
		}
	}
	free(callers->buckets);
}

static bool same_name(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* The child of that name, which is made if there is room; 0: there is none. */
static uint32_t child_of(struct frames *frames, uint32_t parent, const char *name)
{
	uint32_t *link = &frames->frame[parent].child;
	unsigned int children = 0;

	for (; *link; link = &frames->frame[*link].sibling, children++)
		if (same_name(frames->frame[*link].name, name))
			return *link;
	if (frames->nr == MOST_FRAMES || children == MOST_CHILDREN)
		return 0;
	*link = frames->nr;
	frames->frame[frames->nr] = (struct frame){ .name = name, .parent = parent };
	return frames->nr++;
}

/* False: there was no room. */
static bool step(struct frames *frames, uint32_t *at, const char *name, uint64_t nr)
{
	uint32_t child = child_of(frames, *at, name);

	if (!child)
		return false;
	frames->frame[child].nr += nr;
	*at = child;
	return true;
}

static const char *name_of(const struct kernel *kernel, uint64_t addr)
{
	uint64_t offset;
	const char *name = kallsyms_name(kernel->syms, addr, &offset);

	/* as kernel_symbol() has it */
	return name && offset < 1 << 20 ? name : NULL;
}

/* The tracer's own, between a function and its caller: both of them are there without it. */
static bool is_tracer(const char *name)
{
	return name && !strncmp(name, "bpf_trampoline_", 15);
}

static bool add_stack(struct frames *frames, uint32_t at, const struct caller *caller,
		      const struct kernel *kernel)
{
	for (size_t i = caller->depth; i--;) {
		const char *name = name_of(kernel, caller->addrs[i]);

		if (is_tracer(name)) {
			/* what is inside it comes once more, at the call of the trampoline */
			if (i && same_name(name_of(kernel, caller->addrs[i - 1]),
					   frames->frame[at].name))
				i--;
			continue;
		}
		if (!step(frames, &at, name, caller->nr))
			return false;
	}
	return true;
}

static bool add_callers(struct frames *frames, uint32_t at, const struct caller *caller,
			const struct kernel *kernel)
{
	for (int i = PWT_NR_CALLERS; i--;) {
		uint64_t addr = geometry_strip_pac(&kernel->geo, caller->callers[i]);

		if (addr && !step(frames, &at, name_of(kernel, addr), caller->nr))
			return false;
	}
	/* a function that jumped on at its end is on no stack; it is known all the same */
	return same_name(frames->frame[at].name, caller->op) ||
	       step(frames, &at, caller->op, caller->nr);
}

static bool add_caller(struct frames *frames, const struct caller *caller,
		       const struct kernel *kernel)
{
	uint32_t at = 0;

	frames->frame[0].nr += caller->nr;
	if (!step(frames, &at, caller->comm, caller->nr))
		return false;
	return caller->depth ? add_stack(frames, at, caller, kernel) :
			       add_callers(frames, at, caller, kernel);
}

int frames_build(struct frames *frames, const struct callers *callers, const struct kernel *kernel)
{
	*frames = (struct frames){ .frame = calloc(MOST_FRAMES, sizeof(struct frame)), .nr = 1 };
	if (!frames->frame)
		return -ENOMEM;
	for (size_t i = 0; callers->buckets && i < BUCKETS; i++)
		for (const struct caller *caller = callers->buckets[i]; caller;
		     caller = caller->next)
			if (!add_caller(frames, caller, kernel))
				frames->left_out += caller->nr;
	return 0;
}

void frames_release(struct frames *frames)
{
	free(frames->frame);
}
